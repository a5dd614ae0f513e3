//! The pages of connections and lanes, and how flow is steered.

use super::*;

#[tokio::test]
async fn connections_show_what_holds_them_and_lanes_what_waits_behind() {
    let shown = text(&get("/connections").await.html);
    for wanted in [
        "held by Noor since",
        "keys are being changed",
        "one call probes at",
        "250 / 1,000 ms",
        "18,204 of the vendor's 100,000 used",
        "21 days left",
        "2 parked",
        "912,204.50",
    ] {
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
    let shown = text(&get("/lanes?list=parked").await.html);
    for wanted in ["PERIOD_CLOSED", "48,200.00", "641 deliveries wait"] {
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
    let refused = get("/lanes?list=lost").await;
    assert!(refused.status.is_client_error());
}

#[tokio::test]
async fn flow_is_steered_with_a_reason_and_from_a_page_of_ours() {
    let source = Arc::new(SampleSource::default());
    let post =
        async |body: &str| send(console(&source, Some("Ada")), form("/flow/steer", body)).await;
    let done = post("csrf=s3cret&connection=netsuite&action=pause&reason=close").await;
    assert_eq!(
        (done.status, done.location.as_str()),
        (StatusCode::SEE_OTHER, "/connections")
    );
    let done =
        post("csrf=s3cret&lane=ledger/a&effect=eff_1&list=parked&action=release&reason=mended")
            .await;
    assert_eq!(done.location, "/lanes?list=parked");
    let silent = post("csrf=s3cret&connection=netsuite&action=pause&reason=+").await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.html.contains("Give the reason"));
    let refused = post("csrf=s3cret&lane=nowhere&action=prioritise&priority=5&reason=x").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("nothing waits in that lane"));
    let forged = post("csrf=other&connection=netsuite&action=pause&reason=close").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
}
