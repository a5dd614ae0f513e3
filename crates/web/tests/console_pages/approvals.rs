//! Approvals, replays and the preview of an amendment, as people use them.

use crate::sample::SampleSource;
use crate::sample::approvals::{APPROVAL, REPLAY};
use crate::{console, form, get, get_from, send};
use axum::http::StatusCode;
use std::sync::Arc;

#[tokio::test]
async fn the_queue_says_what_is_mine_and_an_empty_one_what_it_is_for() {
    let html = get("/approvals").await.html;
    assert!(html.contains("Yours to decide"), "a controller may decide");
    assert!(html.contains("Noor Haddad"), "who stands in for whom");
    let empty = SampleSource {
        empty: true,
        ..SampleSource::default()
    };
    let html = get_from(empty, "/approvals").await.html;
    assert!(html.contains("Nothing waits."), "{html}");
}

#[tokio::test]
async fn a_decision_is_bound_to_the_evidence_that_was_shown() {
    let source = Arc::new(SampleSource::default());
    let page = get(&format!("/approvals/{APPROVAL}")).await.html;
    let digest = "7b1f6b2e54a3d6e0f1c29a8877665544332211ffeeddccbbaa99887766554433";
    assert!(page.contains(&format!("name=\"evidence\" value=\"{digest}\"")));
    assert!(page.contains("Deferred revenue") && page.contains("US-2026-00019"));
    let path = format!("/approvals/{APPROVAL}/decide");
    let body = format!("csrf=s3cret&verdict=grant&evidence={digest}");
    let done = send(console(&source, Some("Li Chen")), form(&path, &body)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let decided = source.decided.lock().unwrap().clone();
    assert_eq!(decided[0].0, APPROVAL);
    assert!(
        decided[0].1.contains(digest) && decided[0].3 == "Li Chen",
        "{decided:?}"
    );

    let forged = send(
        console(&source, Some("Li Chen")),
        form(&path, "csrf=x&verdict=grant"),
    )
    .await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let bare = send(
        console(&source, Some("Li Chen")),
        form(&path, "csrf=s3cret&verdict=deny"),
    )
    .await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bare.html.contains("say why it is denied"));
}

#[tokio::test]
async fn the_maker_is_offered_to_take_it_back_and_not_to_decide() {
    let source = Arc::new(SampleSource::default());
    let request = axum::http::Request::get(format!("/approvals/{APPROVAL}"))
        .body(axum::body::Body::empty())
        .unwrap();
    let page = send(console(&source, Some("Dana Reyes")), request)
        .await
        .html;
    assert!(page.contains("Take it back") && !page.contains("value=\"grant\""));
}

#[tokio::test]
async fn a_replay_shows_every_item_and_asks_for_approval() {
    let page = get(&format!("/replays/{REPLAY}")).await.html;
    for part in [
        "it stopped again",
        "confirmed by netsuite as 9041",
        "Unapplied cash",
        "10 a second",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_change_is_shown_before_it_is_saved() {
    let contract = crate::sample::CONTRACT;
    let page = get(&format!(
        "/contracts/{contract}/amend?kind=quantity&value=15&effective=2026-06-01"
    ))
    .await;
    for part in [
        "Save this amendment",
        "Revenue by month",
        "Billed after today",
        "US-2026-00019",
    ] {
        assert!(page.html.contains(part), "{part}");
    }
    let wrong = get(&format!(
        "/contracts/{contract}/amend?kind=quantity&effective=2026-06-01"
    ))
    .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!wrong.html.contains("Save this amendment"));
}
