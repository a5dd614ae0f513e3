//! The stylesheet, the script and the mark, built into the binary.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

const STYLE: &str = include_str!("../../static/style.css");
const SCRIPT: &str = include_str!("../../static/script.js");
const MARK: &str = include_str!("../../static/favicon.svg");

/// FNV-1a over the content, so that a new build is a new address and caches may keep the old one.
const fn fingerprint(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let (mut hash, mut index) = (0x811c_9dc5_u32, 0);
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u32).wrapping_mul(0x0100_0193);
        index += 1;
    }
    hash
}

const STYLE_PRINT: u32 = fingerprint(STYLE);
const SCRIPT_PRINT: u32 = fingerprint(SCRIPT);

pub(super) fn style_href() -> String {
    format!("/static/style.css?v={STYLE_PRINT:08x}")
}

pub(super) fn script_href() -> String {
    format!("/static/script.js?v={SCRIPT_PRINT:08x}")
}

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    (
        [
            (CONTENT_TYPE, kind),
            (CACHE_CONTROL, "public, max-age=86400"),
        ],
        text,
    )
}

pub(super) fn router() -> Router {
    Router::new()
        .route(
            "/static/style.css",
            get(|| async { asset("text/css; charset=utf-8", STYLE) }),
        )
        .route(
            "/static/script.js",
            get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }),
        )
        .route(
            "/static/favicon.svg",
            get(|| async { asset("image/svg+xml", MARK) }),
        )
        .route(
            "/favicon.ico",
            get(|| async { asset("image/svg+xml", MARK) }),
        )
}
