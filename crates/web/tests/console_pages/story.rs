//! A contract over time and the arithmetic of an invoice, as pages show them.

use super::{CONTRACT, CREDIT_NOTE, INVOICE, get, text};

#[tokio::test]
async fn a_contract_is_drawn_over_time_and_told_as_a_table() {
    let html = get(&format!("/contracts/{CONTRACT}")).await.html;
    assert!(html.contains("<svg class=\"timeline\""));
    for part in html.split("<a href=\"#").skip(1) {
        let id = part.split('"').next().unwrap();
        assert!(
            html.contains(&format!(" id=\"{id}\"")),
            "nothing is at #{id}"
        );
    }
    let text = text(&html);
    assert!(
        text.contains("Platform: 40 → 55 from 14 May 2026"),
        "{text}"
    );
    assert!(text.contains("Trial, not charged") && text.contains("Paused"));
    assert!(text.contains("Comes due on 1 Jul 2026") && text.contains("400.00 × 19/31"));
}

#[tokio::test]
async fn the_arithmetic_of_a_line_can_be_followed() {
    let html = get(&format!("/invoices/{INVOICE}")).await.html;
    let told = text(&html);
    assert!(
        told.contains("Share of the period, 262 of 365 18,000.00 × 262 / 365 12,920.547945…"),
        "{told}"
    );
    assert!(told.contains("Policy version 3: actual days"));
    let plain = get(&format!("/invoices/{CREDIT_NOTE}")).await.html;
    assert!(
        !plain.contains("class=\"sums\""),
        "another system computed it"
    );
}
