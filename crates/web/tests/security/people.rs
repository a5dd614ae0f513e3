//! People: sessions, sign-in, forms, roles, and what a hostile name can do to a page.

use crate::support::{House, Reply};
use axum::body::Body;
use axum::http::Request;
use control::Role;
use serde_json::json;
use web::Web;
use web::server::{Doors, router};

pub(super) const PASSWORD: &str = "correct horse battery";
/// The table of the console's routes, as it is written.
const ROUTES: &str = include_str!("../../src/console.rs");

/// The paths of the console that take a form.
fn form_paths() -> Vec<String> {
    let text: String = ROUTES.split_whitespace().collect();
    let paths = text
        .split(".route(\"")
        .skip(1)
        .filter_map(|rest| {
            let (path, rest) = rest.split_once('"')?;
            let handler = rest.split(".route(\"").next()?;
            handler.contains("post(").then(|| path.to_owned())
        })
        .map(|path| {
            let parts = path
                .split('/')
                .map(|part| if part.starts_with('{') { "x1" } else { part });
            parts.collect::<Vec<_>>().join("/")
        })
        .collect::<Vec<_>>();
    assert!(paths.len() > 10, "{paths:?}");
    paths
}

pub(super) async fn form(house: &House, cookie: &str, path: &str, body: &str) -> Reply {
    let request = Request::post(path)
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap();
    house.send(request).await
}

pub(super) async fn page(house: &House, session: &str, path: &str) -> Reply {
    let request = Request::get(path).header("cookie", format!("tieout_session={session}"));
    house.send(request.body(Body::empty()).unwrap()).await
}

pub(super) async fn attempt(house: &House, name: &str, password: &str, extra: &str) -> Reply {
    let shown = house
        .send(Request::get("/login").body(Body::empty()).unwrap())
        .await;
    let secret = shown.cookie("tieout_form").unwrap();
    let body = format!(
        "name={name}&password={}&next=%2F&csrf={secret}",
        password.replace(' ', "+")
    );
    form(
        house,
        &format!("tieout_form={secret}{extra}"),
        "/login",
        &body,
    )
    .await
}

pub(super) async fn session_of(house: &House, name: &str, role: Role) -> String {
    web::auth::add_user(&house.app, name, role, PASSWORD).unwrap();
    let reply = attempt(house, name, PASSWORD, "").await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.cookie("tieout_session").unwrap()
}

pub(super) fn csrf_in(page: &Reply) -> String {
    let rest = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn events(house: &House) -> usize {
    house.app.events(None, 200).unwrap().items.len()
}

#[tokio::test]
async fn no_form_works_without_a_session_or_without_its_secret() {
    let house = House::new();
    house.with_contract().await;
    let before = events(&house);
    for path in form_paths() {
        let reply = form(&house, "", &path, "reason=x").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("location")),
            (303, "/login"),
            "{path}"
        );
    }
    for role in Role::ALL {
        let session = session_of(&house, role.as_str(), role).await;
        for path in form_paths() {
            for body in ["", "csrf=forged"] {
                let reply = form(&house, &format!("tieout_session={session}"), &path, body).await;
                assert!(
                    reply.status.is_client_error(),
                    "{role} {path} {body}: {}",
                    reply.status
                );
            }
        }
    }
    assert_eq!(events(&house), before, "nothing was changed");
}

#[tokio::test]
async fn roles_that_only_look_change_nothing_by_any_form() {
    let house = House::new();
    house.with_contract().await;
    let session = session_of(&house, "ellen", Role::Executive).await;
    let csrf = csrf_in(&page(&house, &session, "/").await);
    let before = events(&house);
    // What people do about their own sessions is theirs in every role.
    let own = |path: &String| path.starts_with("/account/");
    for path in form_paths().into_iter().filter(|path| !own(path)) {
        let body =
            format!("csrf={csrf}&reason=because&outcome=settle&action=skip&decision=approve");
        let reply = form(&house, &format!("tieout_session={session}"), &path, &body).await;
        assert!(
            reply.status.is_client_error(),
            "{path}: {} {}",
            reply.status,
            reply.text
        );
    }
    assert_eq!(events(&house), before);
}

#[tokio::test]
async fn a_sign_in_makes_a_new_session_and_ends_the_one_before() {
    let house = House::new();
    let first = session_of(&house, "ada", Role::Controller).await;
    let planted = format!("; tieout_session={first}");
    let reply = attempt(&house, "ada", PASSWORD, &planted).await;
    let second = reply.cookie("tieout_session").unwrap();
    assert_ne!(first, second);
    assert_eq!(
        page(&house, &first, "/").await.status,
        303,
        "the earlier one is over"
    );
    assert_eq!(page(&house, &second, "/").await.status, 200);
    // A secret that the server did not make opens nothing.
    assert_eq!(
        page(&house, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/")
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_its_longest_time() {
    let house = House::with(Doors {
        idle_seconds: 600,
        session_seconds: 3_600,
        ..Doors::default()
    });
    let session = session_of(&house, "ada", Role::Controller).await;
    for _ in 0..5 {
        house
            .clock
            .move_to(values::Clock::now(&*house.clock).plus_seconds(500));
        assert_eq!(
            page(&house, &session, "/").await.status,
            200,
            "it is in use"
        );
        // The use is written beside the answer.
        house
            .app
            .note_access(app::access::AccessNote::about(
                app::access::AccessKind::SignedOut,
                "x",
            ))
            .unwrap();
    }
    house
        .clock
        .move_to(values::Clock::now(&*house.clock).plus_seconds(700));
    assert_eq!(page(&house, &session, "/").await.status, 303, "idle");
    let reply = attempt(&house, "ada", PASSWORD, "").await;
    let session = reply.cookie("tieout_session").unwrap();
    for _ in 0..8 {
        house
            .clock
            .move_to(values::Clock::now(&*house.clock).plus_seconds(500));
        page(&house, &session, "/").await;
        house
            .app
            .note_access(app::access::AccessNote::about(
                app::access::AccessKind::SignedOut,
                "x",
            ))
            .unwrap();
    }
    assert_eq!(
        page(&house, &session, "/").await.status,
        303,
        "used all the time, and over"
    );
}

#[tokio::test]
async fn all_sessions_end_at_once_and_with_a_new_password() {
    let house = House::new();
    let one = session_of(&house, "ada", Role::Controller).await;
    let other = attempt(&house, "ada", PASSWORD, "")
        .await
        .cookie("tieout_session")
        .unwrap();
    let listed = house.app.sessions(Some("ada")).unwrap();
    assert_eq!(listed.len(), 2);
    assert!(!format!("{listed:?}").contains(&one));
    assert_eq!(house.app.end_all_sessions("ada").unwrap(), 2);
    for session in [&one, &other] {
        assert_eq!(page(&house, session, "/").await.status, 303);
    }
    let third = attempt(&house, "ada", PASSWORD, "")
        .await
        .cookie("tieout_session")
        .unwrap();
    web::auth::add_user(&house.app, "ada", Role::Auditor, "a password of some words").unwrap();
    assert_eq!(
        page(&house, &third, "/").await.status,
        303,
        "the password was changed"
    );
    let fourth = attempt(&house, "ada", "a password of some words", "")
        .await
        .cookie("tieout_session")
        .unwrap();
    assert!(house.app.remove_user("ada").unwrap());
    assert_eq!(
        page(&house, &fourth, "/").await.status,
        303,
        "the user is gone"
    );
}

#[tokio::test]
async fn cookies_are_kept_from_scripts_other_sites_and_plain_http() {
    for https in [false, true] {
        let house = House::with(Doors {
            https,
            ..Doors::default()
        });
        web::auth::add_user(&house.app, "ada", Role::Auditor, PASSWORD).unwrap();
        let reply = attempt(&house, "ada", PASSWORD, "").await;
        let cookies: Vec<&str> = reply
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(cookies.len(), 2);
        for cookie in cookies {
            assert!(
                cookie.contains("; HttpOnly")
                    && cookie.contains("; SameSite=Lax")
                    && cookie.contains("Path=/;"),
                "{cookie}"
            );
            assert_eq!(cookie.contains("; Secure"), https, "{cookie}");
            assert!(!cookie.contains("Domain="), "{cookie}");
        }
    }
}

#[tokio::test]
async fn guessing_is_slowed_for_all_processes_together() {
    let house = House::new();
    web::auth::add_user(&house.app, "ada", Role::Auditor, PASSWORD).unwrap();
    // Another process on the same books.
    let twin = House {
        app: house.app.clone(),
        clock: house.clock.clone(),
        router: router(Web::new(house.app.clone(), None, Doors::default())),
    };
    for turn in 0..5 {
        let door = if turn % 2 == 0 { &house } else { &twin };
        assert_eq!(
            attempt(door, "ada", "wrong wrong wrong", "").await.status,
            401
        );
    }
    for door in [&house, &twin] {
        let reply = attempt(door, "ada", PASSWORD, "").await;
        assert_eq!(reply.status, 429, "even with the right password");
        assert!(reply.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    house
        .clock
        .move_to(values::Clock::now(&*house.clock).plus_seconds(301));
    assert_eq!(attempt(&twin, "ada", PASSWORD, "").await.status, 303);
}

#[tokio::test]
async fn a_hostile_name_is_text_on_every_page() {
    const HOSTILE: &str =
        "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}=cmd|' /C calc'!A0";
    let house = House::new();
    house.with_contract().await;
    let customer = json!({ "id": "evil", "legal_name": HOSTILE });
    house
        .does(Role::RevOps, "/api/v1/customers", customer)
        .await;
    let contract = json!({
        "customer": "evil", "entity": "US", "start": "2026-01-01", "end": "2026-12-31",
        "lines": [{ "product": "PLATFORM", "quantity": 3 }]
    });
    let made = house
        .does(Role::RevOps, "/api/v1/contracts", contract)
        .await;
    house
        .does(
            Role::Controller,
            "/api/v1/billing-runs",
            json!({ "through": "2026-02-10" }),
        )
        .await;
    let contract = made["contract"].as_str().unwrap();
    let session = session_of(&house, "ada", Role::Controller).await;
    let trace = format!("/trace/{contract}");
    let of_contract = format!("/contracts/{contract}");
    let paths = [
        "/",
        "/tie-outs",
        "/exceptions",
        "/approvals",
        "/customers",
        "/customers/evil",
        "/contracts",
        "/invoices",
        "/payments",
        "/journals",
        "/trial-balance",
        "/processes",
        "/flow",
        "/audit",
        "/search?q=%3Cscript%3E",
        "/search?q=evil",
        "/trace/%3Cscript%3Ealert(1)",
        "/customers/%3Cscript%3E",
        "/no-such-%3Cscript%3E",
        &trace,
        &of_contract,
    ];
    let mut shown = 0;
    for path in paths {
        let reply = page(&house, &session, path).await;
        assert!(reply.status.as_u16() < 500, "{path}: {}", reply.text);
        for raw in ["<script>alert", "<img src=x", "onerror=alert(2)>"] {
            assert!(!reply.text.contains(raw), "{path} lets {raw} through");
        }
        shown += usize::from(
            reply.text.contains("&#60;script&#62;") || reply.text.contains("&lt;script&gt;"),
        );
        assert!(
            reply
                .header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
    }
    assert!(shown >= 4, "the name is shown as text on {shown} pages");
    let (csv, _) = house
        .app
        .export_text(app::export::TextFormat::Csv, Vec::new())
        .unwrap();
    let csv = String::from_utf8(csv).unwrap();
    for cell in csv.lines().flat_map(|line| line.split(',')) {
        let cell = cell.trim_matches('"');
        assert!(!cell.starts_with(['=', '@', '+']), "{cell}");
    }
}

#[tokio::test]
async fn who_came_in_and_who_was_refused_is_written_and_sealed() {
    let house = House::new();
    let session = session_of(&house, "ada", Role::Executive).await;
    attempt(&house, "ada", "wrong wrong wrong", "").await;
    attempt(&house, "not a user but a password", "x", "").await;
    assert_eq!(page(&house, &session, "/audit").await.status, 403);
    let token = house.token(Role::Auditor);
    house
        .post(
            &token,
            "k",
            "/api/v1/customers",
            &json!({ "legal_name": "x" }),
        )
        .await
        .problem(403, "forbidden");
    let answer = house.get(&token, "/api/v1/audit/access").await;
    let kinds: Vec<String> = answer.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!(
                "{} {}",
                row["kind"].as_str().unwrap(),
                row["actor"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "permission_refused token/auditor",
            "permission_refused ada",
            "sign_in_refused ",
            "sign_in_refused ada",
            "signed_in ada",
        ]
    );
    assert!(
        !answer.text.contains("not a user"),
        "what was typed is not kept"
    );
    let check = house.get(&token, "/api/v1/audit/verification").await.json();
    assert_eq!(
        (&check["problem"], &check["access_entries"]),
        (&json!(null), &json!(5))
    );
    // The evidence verifies offline, and an edited entry is found.
    let (bytes, _) = house.app.audit_export(Vec::new()).unwrap();
    assert_eq!(
        app::query::audit_verify(bytes.as_slice())
            .unwrap()
            .access_entries,
        5
    );
    let edited = String::from_utf8(bytes)
        .unwrap()
        .replace("sign_in_refused", "signed_in");
    let refused = app::query::audit_verify(edited.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(refused.contains("log of access"), "{refused}");
}
