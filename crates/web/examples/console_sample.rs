//! Serves the console over sample data on a loopback port, to look at it:
//! `cargo run -p web --example console_sample -- 4010`, then open the address that it prints.
//! A second argument `empty` shows a fresh installation, `broken` a store that cannot be read, and a
//! third one the console of another role than the controller, such as `billing_analyst`.

#[path = "../tests/sample/mod.rs"]
mod sample;

use axum::Extension;
use std::net::Ipv4Addr;
use std::sync::Arc;
use web::console::{ConsoleState, LoginForm, Viewer, login_page, not_found, router};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments
        .next()
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let mode = arguments.next().unwrap_or_default();
    let state = ConsoleState::new(Arc::new(sample::SampleSource {
        empty: mode == "empty",
        broken: mode == "broken",
        ..sample::SampleSource::default()
    }));
    let viewer = Viewer {
        name: "Ines Vidal".to_owned(),
        role: arguments.next().unwrap_or_else(|| "controller".to_owned()),
        csrf: "sample".to_owned(),
    };
    let login = || async {
        login_page(&LoginForm {
            refusal: Some("That name and password do not belong together.".to_owned()),
            name: "ines".to_owned(),
            ..LoginForm::default()
        })
        .await
    };
    let app = router(state.clone())
        .route("/login", axum::routing::get(login))
        .fallback_service(axum::Router::new().fallback(not_found).with_state(state))
        .layer(Extension(viewer));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, app).await
}
