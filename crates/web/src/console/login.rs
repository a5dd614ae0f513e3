//! The page where people sign in. The layer that checks passwords draws it through
//! [`login_page`]; the console only knows how it looks.

use super::assets;
use super::respond::{Answer, guard};
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// What the sign-in page shows. It posts `name`, `password` and `next` to `/login`.
#[derive(Debug, Clone, Default)]
pub struct LoginForm {
    /// The name typed before, to be kept after a refusal.
    pub name: String,
    /// The path to go to afterwards. The layer that signs people in must check that it is local.
    pub next: String,
    /// Why the last attempt was refused, in words that do not say which half was wrong.
    pub refusal: Option<String>,
    /// The secret against forged sign-ins, where the layer uses one.
    pub csrf: String,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    form: &'a LoginForm,
    style_href: String,
}

/// Draws the sign-in page: 200, or 401 after a refusal.
pub async fn login_page(form: &LoginForm) -> Response {
    let status = if form.refusal.is_some() {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    let page = LoginPage {
        form,
        style_href: assets::style_href(),
    };
    let response = match page.render() {
        Ok(html) => Answer::Page(status, html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the sign-in page could not be drawn");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    guard(response).await
}
