//! A contract with a long history is drawn from its newest versions.

use app::command::Command;
use app::story::run;
use serde_json::json;

#[test]
fn of_a_long_history_the_newest_versions_say_what_changed() {
    let ending = run("entities: [ { id: US, name: Example, currency: USD, time_zone: America/New_York } ]
catalogue:
  - { code: SEAT, name: Seat, prices: [ { currency: USD, billing: monthly, charge: { model: per_unit, unit_price: 1.00 } } ] }
customers: [ { id: acme, legal_name: Acme } ]
automatic: { billing: false, recognition: false }
steps:
  - on: 2026-01-01
    activate_contract: { id: C-1, customer: acme, entity: US, start: 2026-01-01, end: 2026-12-31, lines: [ { product: SEAT, quantity: 1, component: seats } ] }
")
    .unwrap();
    for quantity in 2..=56 {
        let change = json!({ "kind": "quantity", "quantity": quantity });
        let body = json!({ "contract": "C-1", "effective": "2026-01-01", "change": change, "reason": "one more" });
        let command = Command::read("amend_contract", body).unwrap();
        ending.app.act("ana", command).unwrap();
    }
    let drawn = ending.app.contract_timeline("C-1").unwrap().unwrap();
    assert_eq!(drawn.versions.len(), 56, "all are listed");
    let told: Vec<u32> = drawn
        .versions
        .iter()
        .filter(|version| !version.changes.is_empty())
        .map(|version| version.version)
        .collect();
    assert_eq!(
        told,
        (7..=56).collect::<Vec<u32>>(),
        "what the newest fifty changed"
    );
    let newest = &drawn.versions[55].changes[0];
    assert_eq!(
        (newest.before.as_str(), newest.after.as_str()),
        ("55", "56")
    );
}
