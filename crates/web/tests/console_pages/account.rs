//! The page of one's own account, drawn.

use super::{SampleSource, console_as, form, send};
use axum::Extension;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::sync::Arc;
use web::console::OwnSession;

async fn shown(source: SampleSource, role: &str) -> super::Reply {
    let app =
        console_as(&Arc::new(source), "Ines Vidal", role).layer(Extension(OwnSession([7; 32])));
    send(app, Request::get("/account").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn sessions_and_the_rules_of_passwords_are_said_plainly() {
    let reply = shown(SampleSource::default(), "controller").await;
    assert_eq!(reply.status, StatusCode::OK);
    let html = &reply.html;
    assert_eq!(
        html.matches("End this session").count(),
        1,
        "not for this one"
    );
    assert_eq!(html.matches(">End all others<").count(), 1);
    assert!(
        html.contains(">Firefox on Linux<") && html.contains(">iPhone<"),
        "{html}"
    );
    assert!(html.contains("12 characters or more") && html.contains("198.51.100.23"));
    assert!(
        html.contains("&#60;b&#62;Safari") && !html.contains("<b>Safari"),
        "{html}"
    );
    assert!(html.contains("href=\"/account\" data-key=\"8\" aria-current=\"page\""));
    assert!(!html.contains("Sessions of others"));
    let administrator = shown(SampleSource::default(), "administrator").await.html;
    assert!(administrator.contains("Sessions of others"));
    assert!(
        administrator.contains("name=\"user\" value=\"li\""),
        "{administrator}"
    );
}

#[tokio::test]
async fn a_console_without_sign_in_says_so() {
    let source = Arc::new(SampleSource {
        empty: true,
        ..SampleSource::default()
    });
    let app = console_as(&source, "Ines Vidal", "administrator");
    let page = Request::get("/account").body(Body::empty()).unwrap();
    let reply = send(app.clone(), page).await;
    assert!(reply.html.contains("has no sessions"), "{}", reply.html);
    assert!(reply.html.contains("Nobody else is signed in"));
    assert!(!reply.html.contains("Another password"));
    let reply = send(app, form("/account/others/end", "csrf=s3cret")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.html.contains("no sign-in"), "{}", reply.html);
}
