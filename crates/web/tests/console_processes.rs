//! The pages about processes, drawn from sample data through the real router.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail the test")]
#![allow(dead_code, reason = "the sample serves other pages as well")]

mod sample;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::{Extension, Router};
use sample::*;
use std::sync::Arc;
use tower::ServiceExt;
use web::console::{ConsoleState, Viewer, router};

fn console(source: SampleSource) -> Router {
    let source = Arc::new(source) as Arc<dyn web::console::Source>;
    router(ConsoleState::new(source)).layer(Extension(Viewer {
        name: "dana".to_owned(),
        role: "controller".to_owned(),
        csrf: "s3cret".to_owned(),
    }))
}

async fn ask(source: SampleSource, request: Request<Body>) -> (StatusCode, String, String) {
    let response = console(source).oneshot(request).await.unwrap();
    let status = response.status();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
    };
    let told = format!("{}{}", header("location"), header("content-disposition"));
    let body = to_bytes(response.into_body(), 4_000_000).await.unwrap();
    (status, told, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(path: &str) -> String {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (status, _, html) = ask(SampleSource::default(), request).await;
    assert_eq!(status, StatusCode::OK, "{path}: {html}");
    assert!(
        !html.contains("style=") && !html.contains("<style"),
        "{path}"
    );
    html
}

#[tokio::test]
async fn every_stage_says_what_waits_and_opens_its_rows() {
    let html = get("/flow").await;
    for part in [
        "17 waiting",
        "href=\"/flow/quote\"",
        "1 blocked: USD 48,000.00",
        "today 4, usually 3.1 a day",
        "90 min",
        "Gate: refund, approved",
        "4 h",
        "href=\"/flow/order\"",
        "/process/prc_",
    ] {
        assert!(html.contains(part), "{part} is missing:\n{html}");
    }
    let html = get("/flow/order").await;
    for part in [
        "due since 2026-06-27, not billed",
        "3 d",
        "Harbour &#38; Sons",
        "90 min",
    ] {
        assert!(html.contains(part), "{part} is missing:\n{html}");
    }
    let request = Request::get("/flow/nowhere").body(Body::empty()).unwrap();
    let (status, _, _) = ask(SampleSource::default(), request).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_empty_flow_says_what_would_stand_there() {
    let source = || SampleSource {
        empty: true,
        ..SampleSource::default()
    };
    let request = Request::get("/flow").body(Body::empty()).unwrap();
    let (status, _, html) = ask(source(), request).await;
    assert_eq!(status, StatusCode::OK, "{html}");
    assert!(
        html.contains("Every process is within its deadlines"),
        "{html}"
    );
}

#[tokio::test]
async fn a_process_is_drawn_from_its_data() {
    let html = get("/processes").await;
    assert!(
        html.contains("Order to invoice") && html.contains("1 late"),
        "{html}"
    );
    let html = get("/processes/order_to_invoice").await;
    for part in [
        "<svg",
        "1 waiting, 1 late, 40 done",
        "First invoice issued",
        "then run billing",
    ] {
        assert!(html.contains(part), "{part} is missing:\n{html}");
    }
    let html = get(&format!("/process/{PROCESS}")).await;
    for part in [
        "<svg",
        "due 2026-06-29 00:00",
        "Go on without it",
        "Ask to cancel",
        "the customer asked for one invoice",
        "name=\"csrf\" value=\"s3cret\"",
    ] {
        assert!(html.contains(part), "{part} is missing:\n{html}");
    }
}

#[tokio::test]
async fn the_timeline_sets_every_system_side_by_side_and_exports_the_evidence() {
    let html = get(&format!("/trace/{CONTRACT}")).await;
    for part in [
        "In each system",
        "NetSuite: 0 of 1 journal confirmed",
        "Missing",
        "Timing",
        "Export the evidence",
        "waits for first invoice issued",
    ] {
        assert!(html.contains(part), "{part} is missing:\n{html}");
    }
    let path = format!("/trace/{CONTRACT}/evidence");
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (status, told, text) = ask(SampleSource::default(), request).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        told.contains("attachment; filename=\"evidence-con_"),
        "{told}"
    );
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["asked"], CONTRACT);
    for part in ["chain", "systems", "processes"] {
        assert!(!document[part].is_null(), "{part}");
    }
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let send = |csrf: &str| {
        Request::post(format!("/process/{PROCESS}/act"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!(
                "csrf={csrf}&act=skip&step=invoiced&reason=billed"
            )))
            .unwrap()
    };
    let (status, _, _) = ask(SampleSource::default(), send("forged")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, told, html) = ask(SampleSource::default(), send("s3cret")).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
    assert!(told.contains(PROCESS), "{told}");
}
