//! Rules, proposals and deviations.

use super::{console_as, send};
use crate::sample::SampleSource;
use crate::sample::governance::PROPOSAL;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use std::sync::Arc;

async fn seen(path: &str, name: &str, role: &str) -> String {
    let source = Arc::new(SampleSource::default());
    let request = Request::get(path).body(Body::empty()).unwrap();
    let reply = send(console_as(&source, name, role), request).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.html);
    reply.html
}

async fn sent(path: &str, role: &str, form: &str) -> (StatusCode, String, String) {
    let source = Arc::new(SampleSource::default());
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap();
    let reply = send(console_as(&source, "dana", role), request).await;
    (reply.status, reply.location, reply.html)
}

#[tokio::test]
async fn every_part_says_who_decides_and_what_waits() {
    for (path, parts) in [
        (
            "/rules",
            &[
                "Posting rules",
                "1 waiting",
                "31 journals differ",
                "one account for all liabilities",
            ][..],
        ),
        (
            "/rules?view=changes",
            &["product/SEAT", "Platform seat", "Revenue operations"][..],
        ),
        (
            "/rules?view=topology",
            &[
                "product line B",
                "contract.quantity",
                "Revenue operations",
                "tieout config preset",
            ][..],
        ),
        (
            "/rules?view=mappings",
            &["Fortnightly (2)", "/rules/mapping_salesforce"][..],
        ),
        (
            "/rules?view=deviations",
            &[
                "60 days in Germany",
                "30 → 60",
                "Overdue",
                "Ask for a deviation",
            ][..],
        ),
    ] {
        let html = seen(path, "dana", "controller").await;
        for part in parts {
            assert!(html.contains(part), "{path}: {part} in {html}");
        }
        assert!(
            !html.contains("style=") && !html.contains("<style"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_proposal_shows_its_impact_and_only_another_person_decides() {
    let path = format!("/proposals/{PROPOSAL}");
    let checker = seen(&path, "li", "controller").await;
    for part in [
        "61,610.96",
        "no posting rule takes it",
        "Approve and apply",
        "account = &quot;2100&quot;",
    ] {
        let plain = checker.replace("&#34;", "&quot;");
        assert!(plain.contains(part), "{part} in {plain}");
    }
    let maker = seen(&path, "Ana", "controller").await;
    assert!(maker.contains("another person decides") && !maker.contains("Approve and apply"));
    let reader = seen(&path, "max", "auditor").await;
    assert!(!reader.contains("Approve and apply"));
    let (status, _, _) = sent(
        &format!("{path}/decide"),
        "auditor",
        "csrf=s3cret&decision=approve&reason=x",
    )
    .await;
    assert_ne!(status, StatusCode::SEE_OTHER);
    let (status, location, _) = sent(
        &format!("{path}/decide"),
        "controller",
        "csrf=s3cret&decision=approve&reason=x",
    )
    .await;
    assert_eq!((status, location), (StatusCode::SEE_OTHER, path));
}

#[tokio::test]
async fn a_document_is_tried_before_it_is_proposed() {
    let path = "/rules/topology/propose";
    let (status, _, html) = sent(path, "controller", "csrf=s3cret&act=try&body=version").await;
    assert_eq!(status, StatusCode::OK);
    assert!(html.contains("31 journals differ"), "{html}");
    let (status, _, html) = sent(path, "controller", "csrf=s3cret&act=try&body=nonsense").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        html.contains("domain tax") && html.contains("nonsense"),
        "what was typed stays: {html}"
    );
    let (status, location, _) = sent(
        path,
        "controller",
        "csrf=s3cret&act=propose&body=x&reason=y",
    )
    .await;
    assert_eq!(
        (status, location),
        (StatusCode::SEE_OTHER, format!("/proposals/{PROPOSAL}"))
    );
    let (status, _, _) = sent(path, "controller", "csrf=wrong&act=propose&body=x&reason=y").await;
    assert_ne!(status, StatusCode::SEE_OTHER);
    let (status, _, html) = sent(
        "/deviations",
        "controller",
        "csrf=s3cret&class=legacy&title=x&reason=y",
    )
    .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("end date"));
}
