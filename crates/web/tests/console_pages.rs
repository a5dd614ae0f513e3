//! Every page of the console, drawn from sample data through the real router.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "console_pages/account.rs"]
mod account_page;
#[path = "console_pages/approvals.rs"]
mod approval_pages;
#[path = "console_pages/cash_desk.rs"]
mod cash_desk_pages;
#[path = "console_pages/customer_details.rs"]
mod customer_details_page;
#[path = "console_pages/desk.rs"]
mod desk_pages;
#[path = "console_pages/exception_forms.rs"]
mod exception_forms;
#[path = "console_pages/exceptions.rs"]
mod exceptions;
#[path = "console_pages/flow.rs"]
mod flow_pages;
#[path = "console_pages/invoice_life.rs"]
mod invoice_life_pages;
#[path = "console_pages/payment_sync.rs"]
mod payment_sync_page;
#[path = "console_pages/rules.rs"]
mod rules_pages;
mod sample;
#[path = "console_pages/story.rs"]
mod story_pages;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::{Extension, Router};
use sample::*;
use std::sync::Arc;
use tower::ServiceExt;
use web::console::{ConsoleState, LoginForm, Viewer, login_page, not_found, router};

struct Reply {
    status: StatusCode,
    location: String,
    policy: String,
    html: String,
}

fn console(source: &Arc<SampleSource>, name: Option<&str>) -> Router {
    match name {
        None => bare(source),
        Some(name) => console_as(source, name, "controller"),
    }
}

fn bare(source: &Arc<SampleSource>) -> Router {
    let state = ConsoleState::new(Arc::clone(source) as Arc<dyn web::console::Source>);
    router(state.clone()).fallback_service(Router::new().fallback(not_found).with_state(state))
}

fn console_as(source: &Arc<SampleSource>, name: &str, role: &str) -> Router {
    bare(source).layer(Extension(Viewer {
        name: name.to_owned(),
        role: role.to_owned(),
        csrf: "s3cret".to_owned(),
    }))
}

async fn send(app: Router, request: Request<Body>) -> Reply {
    let response = app.oneshot(request).await.unwrap();
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    let (status, location, policy) = (
        response.status(),
        header("location"),
        header("content-security-policy"),
    );
    let body = to_bytes(response.into_body(), 4_000_000).await.unwrap();
    Reply {
        status,
        location,
        policy,
        html: String::from_utf8(body.to_vec()).unwrap(),
    }
}

async fn get(path: &str) -> Reply {
    let request = Request::get(path).body(Body::empty()).unwrap();
    send(
        console(&Arc::new(SampleSource::default()), Some("Ines Vidal")),
        request,
    )
    .await
}

async fn get_from(source: SampleSource, path: &str) -> Reply {
    let request = Request::get(path).body(Body::empty()).unwrap();
    send(console(&Arc::new(source), None), request).await
}

fn form(path: &str, body: &str) -> Request<Body> {
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap()
}

fn lists() -> Vec<&'static str> {
    vec![
        "/",
        "/tie-outs",
        "/exceptions",
        "/exception-batches",
        "/incidents",
        "/outstanding/payments",
        "/disputes",
        "/disputes?list=closed",
        "/customers",
        "/contracts",
        "/invoices",
        "/meters",
        "/payments",
        "/payment-sync",
        "/cash",
        "/receivables",
        "/receivables?as_of=2026-02-28",
        "/collections",
        "/journals",
        "/trial-balance",
        "/connections",
        "/lanes",
        "/approvals",
        "/rules",
        "/rules?view=changes",
        "/rules?view=deviations",
        "/replays",
        "/bill-runs",
        "/price-changes",
        "/template-deviations",
        "/invoice-drafts",
        "/quotes",
        "/catalogue",
        "/tax-decisions",
        "/tax-decisions?status=agreed",
        "/intercompany",
        "/progress",
        "/entities",
        "/events",
        "/endpoints",
    ]
}

fn all_pages() -> Vec<String> {
    let mut pages: Vec<String> = lists().into_iter().map(str::to_owned).collect();
    pages.extend([
        format!("/exceptions/{EXCEPTION}"),
        format!("/collections/{}", sample::collection::CASE),
        "/rules?view=topology".to_owned(),
        "/rules?view=mappings".to_owned(),
        "/rules/topology".to_owned(),
        "/proposals/prp_01JZ8A4X6Z8B0D2F4H6K8N0Q2S".to_owned(),
        "/audit".to_owned(),
        "/flow".to_owned(),
        "/flow/invoice".to_owned(),
        "/processes".to_owned(),
        "/processes/order_to_invoice".to_owned(),
        format!("/process/{PROCESS}"),
        "/lanes?list=parked".to_owned(),
        "/lanes?list=retrying&connection=netsuite".to_owned(),
        "/exceptions?view=each".to_owned(),
        format!("/exceptions?group={}", sample::exceptions::GROUP),
        format!("/exception-batches/new?group={}", sample::exceptions::GROUP),
        format!("/exception-batches/{}", sample::exceptions::BATCH),
        format!("/incidents/{}", sample::exceptions::INCIDENT),
        "/events/com.tieout.payment.payment.failed.v1".to_owned(),
        "/events/com.tieout.payment.payment.failed.v2".to_owned(),
        format!("/endpoints/{}", sample::outward::ENDPOINT),
        format!("/approvals/{}", approvals::APPROVAL),
        format!("/replays/{}", approvals::REPLAY),
        format!("/bill-runs/{}", sample::bill_runs::BILL_RUN),
        format!("/price-changes/{}", sample::price_changes::PRICE_CHANGE),
        format!(
            "/price-changes/{}?outcome=excluded",
            sample::price_changes::PRICE_CHANGE
        ),
        "/template-deviations?entity=US&stand=without".to_owned(),
        format!("/quotes/{}", sample::quotes::QUOTE),
        format!("/quotes/{}?preview=yes", sample::quotes::QUOTE),
        format!("/contracts/{CONTRACT}/amend?kind=quantity&value=15&effective=2026-06-01"),
        format!("/trace/{PAYMENT}"),
        format!("/payments/{PAYMENT}"),
        format!("/customers/{CUSTOMER}"),
        format!("/customers/{CUSTOMER}/prepaid"),
        format!("/customers/{CUSTOMER}/details"),
        format!("/payments/{}", sample::cash_desk::RESTED),
        format!("/payments/{}", sample::cash_desk::UNKNOWN),
        format!("/invoices/{INVOICE}/dispute"),
        format!("/customers/{CUSTOMER}/timeline"),
        format!("/customers/{CUSTOMER}/timeline?room=disputes"),
        "/quotes/new".to_owned(),
        format!("/quotes/{}/edit", sample::quotes::QUOTE),
        "/catalogue/products/PLATFORM".to_owned(),
        "/catalogue/offers/plan/PRO".to_owned(),
        format!("/tax-decisions/{}", sample::desk::TAX_DECISION),
        "/progress/build".to_owned(),
        "/entities/US".to_owned(),
        format!("/customers/{CUSTOMER}/structure"),
        format!("/customers/{CUSTOMER}/structure?parent=none&as_of=2026-07-01"),
        format!("/contracts/{CONTRACT}"),
        format!("/invoices/{INVOICE}"),
        format!("/invoices/{CREDIT_NOTE}"),
        format!("/invoice-drafts/{}", sample::invoice_life::DRAFT),
        format!("/invoices/{INVOICE}/credit?amount=100&reason=Outage"),
        format!("/invoices/{INVOICE}/void"),
        "/entities/US/invoice-policy".to_owned(),
        format!("/invoices/{INVOICE}/write-off?reason=Insolvent"),
        "/meters/calls".to_owned(),
        "/invoice-lines/lin_use/usage".to_owned(),
        format!("/journals/{JOURNAL}"),
        "/trial-balance?entity=DE&month=2026-05".to_owned(),
        "/trial-balance/US/2026-06/1100?currency=USD".to_owned(),
        "/trial-balance/US/2026-06/2400".to_owned(),
        "/search?q=meridian".to_owned(),
        "/search".to_owned(),
    ]);
    pages
}

/// The values of one attribute, wherever it stands.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.match_indices(&start)
        .map(|(at, _)| {
            let rest = &html[at + start.len()..];
            &rest[..rest.find('"').unwrap()]
        })
        .collect()
}

/// What stands between the tags, for reading as a person does.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            other if !inside => out.push(other),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_page_is_drawn_whole_and_needs_nothing_inline() {
    for path in all_pages() {
        let reply = get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.html.trim_end().ends_with("</html>"), "{path}");
        assert_eq!(reply.html.matches("<h1").count(), 1, "{path}: one h1");
        assert!(reply.policy.contains("default-src 'none'"), "{path}");
        assert!(!reply.html.contains(" style=\""), "{path}: inline style");
        assert!(!reply.html.contains("<style"), "{path}: inline style");
        assert!(!reply.html.contains(" onclick"), "{path}: inline script");
        let scripts = reply.html.matches("<script").count();
        assert_eq!(
            scripts,
            reply.html.matches("<script src=\"/static/").count(),
            "{path}"
        );
        for landmark in [
            "<main id=\"content\"",
            "<nav ",
            "role=\"search\"",
            "class=\"skip\"",
        ] {
            assert!(reply.html.contains(landmark), "{path}: {landmark}");
        }
        let mut ids = attributes(&reply.html, "id");
        ids.sort_unstable();
        assert!(
            ids.windows(2).all(|pair| pair[0] != pair[1]),
            "{path}: {ids:?}"
        );
        for address in attributes(&reply.html, "href") {
            assert!(
                address.starts_with('/') || address.starts_with('#'),
                "{path}: {address} leaves the console"
            );
        }
    }
}

#[tokio::test]
async fn every_link_inside_the_console_opens() {
    let mut waiting = all_pages();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = waiting.pop() {
        let page = path.split('#').next().unwrap().replace("&amp;", "&");
        // What other systems own, and the page of the sign-in layer, are not drawn here.
        if page.is_empty() || page == "/login" || !seen.insert(page.clone()) {
            continue;
        }
        let reply = get(&page).await;
        let ours = reply.status == StatusCode::OK || reply.status == StatusCode::SEE_OTHER;
        let only_listed = reply.status == StatusCode::NOT_FOUND
            && [
                "/contracts/con_",
                "/exceptions/exc_",
                "/journals/jrn_",
                "/customers/cus_",
            ]
            .iter()
            .any(|start| page.starts_with(start));
        assert!(ours || only_listed, "{page} answers {}", reply.status);
        if seen.len() < 150 && page.starts_with('/') && !page.starts_with("/static") {
            waiting.extend(
                attributes(&reply.html, "href")
                    .into_iter()
                    .map(|href| href.replace("&#38;", "&"))
                    .filter(|href| href.starts_with('/')),
            );
        }
    }
    assert!(
        seen.len() > 60,
        "only {} addresses were reached",
        seen.len()
    );
}

#[tokio::test]
async fn tables_have_captions_and_scopes() {
    for path in all_pages() {
        let html = get(&path).await.html;
        assert_eq!(
            html.matches("<table").count(),
            html.matches("<caption").count(),
            "{path}: a caption a table"
        );
        assert_eq!(
            html.matches("<th ").count() + html.matches("<th>").count(),
            html.matches("scope=\"").count(),
            "{path}: a scope a heading"
        );
    }
}

#[tokio::test]
async fn today_answers_the_three_questions() {
    let html = get("/").await.html;
    let text = text(&html);
    assert!(text.contains("11 of 14 pairs agree; 3 differ"), "{text}");
    assert!(
        text.contains("USD 17,140.00 and EUR 4,052.50 in 7 open exceptions, the oldest for 2 d")
    );
    assert!(text.contains("Product PLAT-ENT-V3 is sold but not in the catalogue , USD 12,000.00 , for catalogue steward."));
    assert!(text.contains("Northgate Analytics Inc. USD"));
    assert!(text.contains("Tuesday 30 June 2026"));
    assert!(text.contains("09:41 UTC"));
    assert!(text.contains("From Accepted = Confirmed + Open + Rejected Salesforce 431 424 3 4"));
    assert!(html.contains("<span class=\"chip ok\">Ties out</span>"));
    assert!(html.contains(&format!("href=\"/exceptions/{EXCEPTION}\"")));
}

#[tokio::test]
async fn every_figure_of_the_trial_balance_is_a_link_and_sums_to_nothing() {
    let html = get("/trial-balance").await.html;
    let body = &html[html.find("<tbody>").unwrap()..html.find("</table>").unwrap()];
    let figures = body.matches("<span class=\"fig").count();
    let linked = body.matches("</span></a></td>").count();
    assert_eq!(figures, 14 * 4);
    assert_eq!(figures, linked);
    let text = text(&html);
    assert!(text.contains("2400 Deferred revenue USD (1,880,443.55) 604,218.00 842,115.00 USD (2,118,340.55) Ties out Schedules"), "{text}");
    assert!(text.contains("All accounts USD 0.00"), "{text}");
    assert!(html.contains("href=\"/trial-balance/US/2026-06/2400?currency=USD\""));
}

#[tokio::test]
async fn a_balance_opens_its_lines_and_those_their_journal_document_and_contract() {
    let html = get("/trial-balance/US/2026-06/1100?currency=USD")
        .await
        .html;
    for href in [
        format!("/journals/{JOURNAL}"),
        format!("/invoices/{INVOICE}"),
        format!("/contracts/{CONTRACT}"),
    ] {
        assert!(html.contains(&format!("href=\"{href}\"")), "{href}");
    }
    let journal = get(&format!("/journals/{JOURNAL}")).await.html;
    assert!(journal.contains(&format!("href=\"/trace/{EVENT}\"")));
    assert!(journal.contains("href=\"/trial-balance/US/2026-05/1100?currency=USD\""));
    assert!(text(&journal).contains("Sum USD 13,610.96 USD 13,610.96"));
}

#[tokio::test]
async fn the_chain_tells_time_cause_rule_and_amount_of_every_hop() {
    let reply = get(&format!("/trace/{PAYMENT}")).await;
    let text = text(&reply.html);
    assert!(text.contains("3 Feb 2026 09:17 UTC"), "{text}");
    assert!(text.contains("rule payment-settled 2 by Stripe"), "{text}");
    assert!(text.contains("counts on 31 May 2026"), "{text}");
    assert!(text.contains("Stopped"), "{text}");
    assert_eq!(reply.html.matches("<li class=\"books asked\"").count(), 1);
    assert!(
        reply
            .html
            .contains(&format!("href=\"/invoices/{INVOICE}\""))
    );
}

#[tokio::test]
async fn an_invoice_shows_its_arithmetic_and_is_overdue_by_the_clock_of_the_books() {
    let text = text(&get(&format!("/invoices/{INVOICE}")).await.html);
    assert!(
        text.contains("15 seats × 1,200.00 × 262/365 days = 12,920.547…, rounded half up once")
    );
    assert!(text.contains("Overdue"));
    assert!(
        text.contains("Sum of 2 lines USD 13,610.96 USD 0.00"),
        "{text}"
    );
}

#[tokio::test]
async fn one_hit_opens_at_once_and_none_teaches() {
    let one = get("/search?q=US-2026-00412").await;
    assert_eq!(one.status, StatusCode::SEE_OTHER);
    assert_eq!(one.location, format!("/invoices/{INVOICE}"));
    let none = get("/search?q=%3Cb%3E").await;
    assert!(
        none.html.contains("Nothing is called “&#60;b&#62;”")
            || none.html.contains("Nothing is called “&lt;b&gt;”")
    );
}

#[tokio::test]
async fn payloads_and_filters_are_escaped() {
    let html = get(&format!("/exceptions/{EXCEPTION}")).await.html;
    assert!(!html.contains("<script>alert"));
    assert!(html.contains("script&#62;") || html.contains("script&gt;"));
    let html = get("/exceptions?class=%22%3E%3Cb%3E").await.html;
    assert!(!html.contains("\"><b>"));
    assert!(html.contains("No exception of that kind"));
}

#[tokio::test]
async fn a_fresh_installation_teaches_on_every_page() {
    for path in lists() {
        let source = SampleSource {
            empty: true,
            ..SampleSource::default()
        };
        let reply = get_from(source, path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(
            reply.html.contains("class=\"empty\""),
            "{path} is empty without a word"
        );
        assert!(reply.html.contains("Not signed in"), "{path}");
    }
}

#[tokio::test]
async fn troubles_are_told_in_words_and_leak_nothing() {
    let missing = get("/invoices/inv_nowhere").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.html.contains("There is no invoice inv_nowhere"));
    assert_eq!(get("/no/such/page").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get("/trace/nowhere").await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        get("/trial-balance?entity=FR").await.status,
        StatusCode::NOT_FOUND
    );
    let month = get("/trial-balance?month=soon").await;
    assert_eq!(month.status, StatusCode::BAD_REQUEST);
    assert!(month.html.contains("such as 2026-02"));
    let broken = SampleSource {
        broken: true,
        ..SampleSource::default()
    };
    let reply = get_from(broken, "/").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.html.contains("The books cannot be read just now"));
    assert!(!reply.html.contains("page 77"), "the cause is for the log");
}

#[tokio::test]
async fn the_next_page_keeps_the_filters() {
    let html = get("/exceptions?class=unknown_product").await.html;
    assert!(
        html.contains("/exceptions?class=unknown_product&#38;cursor=7%20%26%20more")
            || html.contains("/exceptions?class=unknown_product&amp;cursor=7%20%26%20more")
    );
}

#[tokio::test]
async fn the_sign_in_page_keeps_the_name_and_never_the_password() {
    let form = LoginForm {
        name: "ines".to_owned(),
        next: "/invoices".to_owned(),
        refusal: Some("That name and password do not belong together.".to_owned()),
        csrf: "x".to_owned(),
    };
    let response = login_page(&form).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let body = to_bytes(response.into_body(), 100_000).await.unwrap();
    let html = String::from_utf8(body.to_vec()).unwrap();
    assert!(html.contains("value=\"ines\"") && html.contains("value=\"/invoices\""));
    assert!(html.contains("role=\"alert\""));
}

#[tokio::test]
async fn the_script_and_the_style_are_served_by_the_binary() {
    for path in [
        "/static/style.css",
        "/static/script.js",
        "/static/favicon.svg",
    ] {
        let reply = get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert!(reply.html.len() > 100, "{path}");
        assert!(
            !reply.html.contains("https://"),
            "{path} loads from outside"
        );
    }
}
