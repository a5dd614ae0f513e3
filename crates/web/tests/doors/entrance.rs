//! The console's entrance: sign-in, session, forged forms, roles.

use crate::support::{House, Reply};
use axum::body::Body;
use axum::http::Request;
use control::Role;
use std::time::Duration;
use web::server::{Doors, ServerOptions};

const PASSWORD: &str = "correct horse battery";

async fn page(house: &House, session: &str, path: &str) -> Reply {
    let request = Request::get(path).header("cookie", format!("tieout_session={session}"));
    house.send(request.body(Body::empty()).unwrap()).await
}

async fn form(house: &House, cookie: &str, path: &str, body: &str) -> Reply {
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap();
    house.send(request).await
}

async fn try_to_sign_in(house: &House, name: &str, password: &str) -> Reply {
    let shown = house
        .send(
            Request::get("/login?next=/invoices")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    let secret = shown.cookie("tieout_form").unwrap();
    assert!(
        shown.text.contains(&format!("value=\"{secret}\"")),
        "the form carries its secret"
    );
    let password = password.replace(' ', "+");
    let body = format!("name={name}&password={password}&next=%2Finvoices&csrf={secret}");
    form(house, &format!("tieout_form={secret}"), "/login", &body).await
}

async fn sign_in(house: &House, role: Role) -> String {
    web::auth::add_user(&house.app, "ada", role, PASSWORD).unwrap();
    let reply = try_to_sign_in(house, "ada", PASSWORD).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    assert_eq!(reply.header("location"), "/invoices");
    reply.cookie("tieout_session").unwrap()
}

#[tokio::test]
async fn nobody_sees_a_page_without_signing_in() {
    let house = House::new();
    let reply = house
        .send(
            Request::get("/invoices?month=2026-01")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(reply.status, 303);
    assert_eq!(
        reply.header("location"),
        "/login?next=/invoices%3Fmonth%3D2026-01"
    );
    for path in ["/", "/api/reference", "/no-such-page", "/exceptions/exc_1"] {
        let reply = house
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(reply.status, 303, "{path}");
    }
    let reply = form(
        &house,
        "tieout_session=made-up",
        "/exceptions/exc_1/resolve",
        "outcome=settle",
    )
    .await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("location")),
        (303, "/login")
    );
}

#[tokio::test]
async fn signing_in_opens_the_console_and_signing_out_closes_it() {
    let house = House::new();
    let session = sign_in(&house, Role::Controller).await;
    let today = page(&house, &session, "/").await;
    assert_eq!(today.status, 200, "{}", today.text);
    assert!(today.text.contains("ada"));
    assert!(
        today
            .header("content-security-policy")
            .contains("script-src 'self'")
    );
    assert_eq!(page(&house, &session, "/no-such-page").await.status, 404);
    // Only a form of this session signs out.
    let cookie = format!("tieout_session={session}");
    assert_eq!(
        form(&house, &cookie, "/logout", "csrf=forged").await.status,
        403
    );
    assert_eq!(page(&house, &session, "/").await.status, 200);
    let csrf = today
        .text
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(
        form(&house, &cookie, "/logout", &format!("csrf={csrf}"))
            .await
            .status,
        303
    );
    assert_eq!(page(&house, &session, "/").await.status, 303);
}

#[tokio::test]
async fn a_session_ends_by_the_clock() {
    let house = House::with(Doors {
        session_seconds: 600,
        ..Doors::default()
    });
    let session = sign_in(&house, Role::Controller).await;
    let start = house.app.clock().now();
    house.clock.move_to(start.plus_seconds(599));
    assert_eq!(page(&house, &session, "/").await.status, 200);
    house.clock.move_to(start.plus_seconds(600));
    assert_eq!(page(&house, &session, "/").await.status, 303);
}

#[tokio::test]
async fn the_session_cookie_is_kept_from_scripts_and_other_sites() {
    let house = House::with(Doors {
        https: true,
        ..Doors::default()
    });
    web::auth::add_user(&house.app, "ada", Role::Controller, PASSWORD).unwrap();
    let reply = try_to_sign_in(&house, "ada", PASSWORD).await;
    let set: Vec<&str> = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    let session = set
        .iter()
        .find(|value| value.starts_with("tieout_session="))
        .unwrap();
    for part in [
        "HttpOnly",
        "SameSite=Lax",
        "Secure",
        "Path=/",
        "Max-Age=43200",
    ] {
        assert!(session.contains(part), "{session}");
    }
    assert!(
        reply
            .header("strict-transport-security")
            .starts_with("max-age=")
    );
}

#[tokio::test]
async fn a_sign_in_that_no_page_of_ours_sent_is_refused() {
    let house = House::new();
    web::auth::add_user(&house.app, "ada", Role::Controller, PASSWORD).unwrap();
    let body = format!(
        "name=ada&password={}&csrf=guess",
        PASSWORD.replace(' ', "+")
    );
    for cookie in ["", "tieout_form=other"] {
        let reply = form(&house, cookie, "/login", &body).await;
        assert_eq!(reply.status, 401);
        assert_eq!(reply.cookie("tieout_session"), None);
    }
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let house = House::new();
    web::auth::add_user(&house.app, "ada", Role::Controller, PASSWORD).unwrap();
    for _ in 0..5 {
        let reply = try_to_sign_in(&house, "ada", "a wrong password").await;
        assert_eq!(reply.status, 401);
        assert!(
            reply
                .text
                .contains("The name or the password is not right.")
        );
    }
    let reply = try_to_sign_in(&house, "ada", PASSWORD).await;
    assert_eq!(reply.status, 429, "the right password waits as well");
    assert_eq!(reply.header("retry-after"), "300");
    house
        .clock
        .move_to(house.app.clock().now().plus_seconds(301));
    assert_eq!(try_to_sign_in(&house, "ada", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn an_unknown_name_is_told_the_same_as_a_wrong_password() {
    let house = House::new();
    let reply = try_to_sign_in(&house, "nobody", PASSWORD).await;
    assert_eq!(reply.status, 401);
    assert!(
        reply
            .text
            .contains("The name or the password is not right.")
    );
}

#[tokio::test]
async fn a_role_sees_its_own_pages_only() {
    let house = House::new();
    let session = sign_in(&house, Role::Administrator).await;
    assert_eq!(page(&house, &session, "/").await.status, 200);
    let reply = page(&house, &session, "/trial-balance").await;
    assert_eq!(reply.status, 403);
    assert!(reply.text.contains("Controller"), "{}", reply.text);
}

#[tokio::test]
async fn the_first_administrator_is_made_once() {
    let house = House::new();
    let made = web::auth::first_administrator(&house.app, None)
        .unwrap()
        .unwrap();
    assert_eq!(made.len(), 43);
    assert_eq!(try_to_sign_in(&house, "admin", &made).await.status, 303);
    assert_eq!(
        web::auth::first_administrator(&house.app, None).unwrap(),
        None
    );
    let other = House::new();
    assert_eq!(
        web::auth::first_administrator(&other.app, Some(PASSWORD)).unwrap(),
        None
    );
    assert_eq!(try_to_sign_in(&other, "admin", PASSWORD).await.status, 303);
    let short = web::auth::add_user(&other.app, "bob", Role::Auditor, "short").unwrap_err();
    assert_eq!(short, web::auth::AccessFault::Password);
}

#[tokio::test]
async fn an_open_console_is_for_the_own_machine_only() {
    let viewer = app::access::Admitted {
        name: "demo".to_owned(),
        role: Role::Controller,
        csrf: "s".to_owned(),
    };
    let doors = Doors {
        open_console: Some(viewer),
        request_limit: Duration::from_secs(5),
        ..Doors::default()
    };
    let house = House::with(doors.clone());
    let today = house
        .send(Request::get("/").body(Body::empty()).unwrap())
        .await;
    assert_eq!(today.status, 200);
    let api = house
        .send(
            Request::get("/api/v1/contracts")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    api.problem(401, "unauthorised");
    let options = ServerOptions {
        address: "0.0.0.0:0".parse().unwrap(),
        doors,
        ..ServerOptions::loopback(0)
    };
    let refused = web::server::start(house.app.clone(), None, options).unwrap_err();
    assert!(refused.to_string().contains("loopback"), "{refused}");
}
