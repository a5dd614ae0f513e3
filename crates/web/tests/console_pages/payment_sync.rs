//! How payments reach the other systems: exact counts, and lists that go on.

use super::*;

#[tokio::test]
async fn what_is_not_confirmed_is_counted_and_goes_on_behind_the_first_page() {
    let first = get("/payment-sync?days=7").await;
    let shown = text(&first.html);
    assert!(shown.contains("1204, the oldest first"), "{shown}");
    let next = "/payment-sync?days=7&#38;waiting=behind-50#waiting";
    assert!(
        first.html.contains(next) || first.html.contains(&next.replace("&#38;", "&amp;")),
        "{}",
        first.html
    );
    let last = get("/payment-sync?days=7&waiting=behind-50").await;
    assert!(!last.html.contains("rel=\"next\""), "{}", last.html);
}
