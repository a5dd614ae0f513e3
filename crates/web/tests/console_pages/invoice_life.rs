//! Drafts of invoices, the trail of an invoice, and what is done to one.

use super::{console_as, form, send};
use crate::sample::invoice_life::DRAFT;
use crate::sample::{INVOICE, SampleSource, approvals};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::sync::Arc;

const ANALYST: &str = "billing_analyst";

async fn seen(path: &str, role: &str) -> (StatusCode, String) {
    let source = Arc::new(SampleSource::default());
    let request = Request::get(path).body(Body::empty()).unwrap();
    let reply = send(console_as(&source, "Mara", role), request).await;
    (reply.status, reply.html)
}

#[tokio::test]
async fn drafts_have_a_list_of_their_own_that_the_list_of_invoices_leads_to() {
    let source = Arc::new(SampleSource::default());
    let request = Request::get("/invoices?status=draft").body(Body::empty());
    let reply = send(console_as(&source, "Mara", ANALYST), request.unwrap()).await;
    assert_eq!(reply.location, "/invoice-drafts");
    let (_, html) = seen("/invoice-drafts", ANALYST).await;
    assert!(html.contains("over the limit of USD 25,000.00"), "{html}");
    assert!(html.contains(&format!("/approvals/{}", approvals::APPROVAL)));
    let (_, html) = seen("/invoice-drafts?status=denied", ANALYST).await;
    assert!(html.contains("No draft of that kind"), "{html}");
}

#[tokio::test]
async fn a_draft_shows_its_approvals_and_is_issued_by_the_version_that_was_seen() {
    let path = format!("/invoice-drafts/{DRAFT}");
    let (_, html) = seen(&path, ANALYST).await;
    assert!(
        html.contains("version 2 waits for a second person"),
        "{html}"
    );
    assert!(html.contains("name=\"version\" value=\"2\""), "{html}");
    // Who only reads is not shown what billing would do, nor a button.
    let (_, html) = seen(&path, "auditor").await;
    assert!(!html.contains("Compute it anew"), "{html}");
    assert!(!html.contains("What issuing it now would do"), "{html}");
    let source = Arc::new(SampleSource::default());
    let request = form(
        &format!("{path}/act"),
        "csrf=s3cret&action=finalise&version=2",
    );
    let reply = send(console_as(&source, "Mara", ANALYST), request).await;
    assert_eq!(reply.location, path);
    let moved = source.decided.lock().unwrap().clone();
    let told = (DRAFT, "finalise", "2", "Mara");
    let told = (
        told.0.to_owned(),
        told.1.to_owned(),
        told.2.to_owned(),
        told.3.to_owned(),
    );
    assert_eq!(moved, [told]);
    let forged = form(
        &format!("{path}/act"),
        "csrf=wrong&action=finalise&version=2",
    );
    let reply = send(console_as(&source, "Mara", ANALYST), forged).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_invoice_tells_what_became_of_it_and_offers_what_the_role_may_do() {
    let path = format!("/invoices/{INVOICE}");
    let (_, html) = seen(&path, ANALYST).await;
    assert!(html.contains("asked by Mara Lindqvist"), "{html}");
    assert!(html.contains(&format!("{path}/credit")), "{html}");
    let (_, html) = seen(&path, "auditor").await;
    assert!(!html.contains(&format!("{path}/credit")), "{html}");
}

#[tokio::test]
async fn what_is_done_to_an_invoice_is_seen_first_and_refused_in_words() {
    let path = format!("/invoices/{INVOICE}/credit");
    let (status, html) = seen(&format!("{path}?reason=Outage&amount=999999"), ANALYST).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("no more than USD 13,610.96"), "{html}");
    let (status, html) = seen(&format!("{path}?reason=Outage"), ANALYST).await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("Credit it</button>"), "{html}");
    let (_, html) = seen(&path, "auditor").await;
    assert!(html.contains("Your role may not do this"), "{html}");
    let source = Arc::new(SampleSource::default());
    let request = form(&path, "csrf=s3cret&reason=Outage");
    let reply = send(console_as(&source, "Mara", ANALYST), request).await;
    assert_eq!(reply.location, format!("/invoices/{INVOICE}"));
    let done = source.decided.lock().unwrap().clone();
    assert_eq!(done[0].1, "Credit");
}

#[tokio::test]
async fn the_policy_of_an_entity_is_shown_as_it_is_and_set_with_words_for_what_is_wrong() {
    let path = "/entities/US/invoice-policy";
    let (_, html) = seen(path, "revops").await;
    assert!(html.contains("value=\"25,000.00 USD\""), "{html}");
    assert!(html.contains("value=\"INV-{year}-{number}\""), "{html}");
    assert!(html.contains("value=\"0.05 CHF half up\""), "{html}");
    let chosen = "value=\"half_even\" selected>once per invoice, half to even";
    assert!(html.contains(chosen), "{html}");
    let (_, html) = seen(path, "auditor").await;
    assert!(!html.contains("Set it</button>"), "{html}");
    assert!(html.contains("rounded to 0.05 CHF half up"), "{html}");
    assert!(
        html.contains("rounded once per invoice, half to even"),
        "{html}"
    );
    let (status, _) = seen("/entities/XX/invoice-policy", "revops").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let source = Arc::new(SampleSource::default());
    let request = form(path, "csrf=s3cret&draft_days=120");
    let reply = send(console_as(&source, "Mara", "revops"), request).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        reply.html.contains("0 to 90 days, not 120"),
        "{}",
        reply.html
    );
    let request = form(path, "csrf=s3cret&draft_days=3&limits=10+EUR");
    let reply = send(console_as(&source, "Mara", "revops"), request).await;
    assert_eq!(
        reply.location,
        format!("/approvals/{}", approvals::APPROVAL)
    );
}
