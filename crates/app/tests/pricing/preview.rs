//! What the preview of an amendment says is what then happens, for every kind of amendment.

use crate::company::Company;
use app::command::{AmendContract, Command};
use app::journey::{billing, contract, revenue};
use app::preview::AmendmentPreview;
use app::shadow::Impact;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A day in May on which the amendment is asked for.
const TODAY: &str = "2026-05-10";

/// Ten seats at 120 a year and care for 31 a month from 15 January on, of which April is recognised; and
/// another contract that ends in September.
fn in_may() -> Company {
    let company = Company::new();
    let seat = json!({ "model": "per_unit", "unit_price": 120 });
    company.product("SEAT", "annual", seat);
    company.product("CARE", "monthly", json!({ "model": "flat", "amount": 31 }));
    let other = json!([{ "component": "other", "product": "CARE" }]);
    company.contract("C-2", ("2026-01-01", "2026-09-30"), other);
    company.contract(
        "C-1",
        ("2026-01-15", "2027-01-14"),
        json!([
            { "component": "seats", "product": "SEAT", "quantity": 10 },
            { "component": "care", "product": "CARE" },
        ]),
    );
    company.bill(TODAY);
    company.act("recognise_revenue", json!({ "through": "2026-04-30" }));
    company
}

fn amendment(effective: &str, change: &Value) -> AmendContract {
    let body = json!({ "contract": "C-1", "effective": effective, "change": change, "reason": "asked for" });
    match Command::read("amend_contract", body).unwrap() {
        Command::AmendContract(body) => body,
        other => panic!("{other:?}"),
    }
}

/// Bills contract C-1 through a day, for real.
fn bill(company: &Company, through: &str) -> Impact {
    let body = json!({ "through": through, "contract": "C-1" });
    let Command::RunBilling(run) = Command::read("run_billing", body).unwrap() else {
        panic!("no bill run");
    };
    let billed = company
        .app
        .watched_run("rita", move |tx, context| billing::run(tx, context, &run));
    billed.unwrap().1
}

fn recognise(company: &Company) -> Impact {
    let body = json!({ "through": "2026-04-30", "contract": "C-1" });
    let Command::RecogniseRevenue(run) = Command::read("recognise_revenue", body).unwrap() else {
        panic!("no recognition");
    };
    let recognised = company
        .app
        .watched_run("rita", move |tx, context| revenue::run(tx, context, &run));
    recognised.unwrap().1
}

/// The impact as text, without the id of an obligation that an amendment has made before.
fn without_obligation(impact: &Impact) -> String {
    let text = serde_json::to_string(impact).unwrap();
    let mut parts = text.split("obligation/obl_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, part| told + "obligation/" + &part[26..])
}

/// What is billed of C-1 by days of service and words, in cents.
fn by_days(impact: &Impact) -> BTreeMap<(String, String, String), i64> {
    let mut sums = BTreeMap::new();
    for document in &impact.documents {
        let sign = if document.kind == "credit_note" {
            -1
        } else {
            1
        };
        for line in &document.lines {
            let key = (
                line.from.clone(),
                line.until.clone(),
                line.description.clone(),
            );
            *sums.entry(key).or_default() += sign * line.net.minor;
        }
    }
    sums
}

/// Billed today, and billed after today to the end of everything, in euros.
struct Wanted {
    today: &'static str,
    later: &'static str,
}

/// Previews an amendment, makes it, bills, and compares each with what the preview said.
fn compared(before: &[(&str, Value)], effective: &str, change: &Value, wanted: &Wanted) {
    let company = in_may();
    for (effective, change) in before {
        company.amend(effective, change.clone());
    }
    let books = |company: &Company| {
        let read = company.app.store().read(|tx| {
            let heads = store::log::heads(tx)?;
            Ok::<_, store::StoreFault>(format!(
                "{heads:?} {:?}",
                store::journals::balances(tx, "DE")?
            ))
        });
        read.unwrap()
    };
    let state = books(&company);
    let preview: AmendmentPreview = company
        .app
        .preview_amendment("rita", amendment(effective, change))
        .unwrap();
    assert_eq!(
        books(&company),
        state,
        "a preview leaves no trace: {change}"
    );

    let body = amendment(effective, change);
    let saved = company.app.watched_run("rita", move |tx, context| {
        contract::amend(tx, context, "key", &body)
    });
    let (answer, saved) = saved.unwrap();
    assert_eq!(saved, preview.saved, "{change}");
    assert_eq!(answer, preview.answer, "{change}");
    let billed = bill(&company, TODAY);
    assert_eq!(billed, preview.billed, "{change}");
    assert_eq!(
        without_obligation(&recognise(&company)),
        without_obligation(&preview.recognised),
        "{change}"
    );

    let today: i64 = by_days(&billed).values().sum();
    assert_eq!(crate::company::amount(today), wanted.today, "{change}");
    let later = by_days(&bill(&company, "2028-12-31"));
    let sum: i64 = later.values().sum();
    assert_eq!(crate::company::amount(sum), wanted.later, "{change}");
    for line in &preview.later {
        let key = (
            line.from.clone(),
            line.until.clone(),
            line.description.clone(),
        );
        let really = later.get(&key).copied().unwrap_or_default();
        assert_eq!(really, line.after.minor, "{change}: {line:?}");
    }
    // What is not named is billed as it would have been.
    let unchanged = in_may();
    for (effective, change) in before {
        unchanged.amend(effective, change.clone());
    }
    bill(&unchanged, TODAY);
    let mut foreseen = by_days(&bill(&unchanged, "2028-12-31"));
    for line in &preview.later {
        let key = (
            line.from.clone(),
            line.until.clone(),
            line.description.clone(),
        );
        assert_eq!(
            foreseen.insert(key, line.after.minor).unwrap_or_default(),
            line.before.minor,
            "{change}: {line:?}"
        );
    }
    foreseen.retain(|_, net| *net != 0);
    let mut really = later;
    really.retain(|_, net| *net != 0);
    assert_eq!(really, foreseen, "{change}");
    company.must_tie_out();
}

fn seats(quantity: u32) -> Value {
    json!({ "kind": "quantity", "component": "seats", "quantity": quantity })
}

/// Care is due on the fifteenth: April's runs to 14 May, and eight are to come, 248 in all.
const CARE: &str = "248.00";

#[test]
fn the_preview_of_a_change_of_what_is_sold_is_what_is_then_billed() {
    let care = json!({ "component": "more-care", "product": "CARE" });
    for (before, effective, change, today, later) in [
        // 5 × 120 × 289/365 from 1 April on.
        (vec![], "2026-04-01", seats(15), "475.07", CARE),
        // 5 × 120 × 198/365 from 1 July on, of a year that is billed already.
        (vec![], "2026-07-01", seats(15), "325.48", CARE),
        // A seat is 60 more for 250 of 365 days: 10 × 60.
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "price", "component": "seats", "unit_price": 180 }),
            "410.96",
            CARE,
        ),
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "ramp", "component": "care", "steps": [
                { "effective": "2026-06-15", "unit_price": 40 }, { "effective": "2026-09-15", "unit_price": 50 }] }),
            "0.00",
            // One at 31, three at 40, four at 50.
            "351.00",
        ),
        (
            vec![],
            "2026-05-15",
            json!({ "kind": "phases", "component": "care", "phases": [
                { "phase": "discount", "months": 2, "off": "0.5" }, { "phase": "fixed_term", "unit_price": 20 }] }),
            "0.00",
            // Two at 15.50, six at 20.
            "151.00",
        ),
        // From 10 to 14 May five of thirty days: 5.17.
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "add", "line": care.clone() }),
            "5.17",
            "496.00",
        ),
        // A month from 15 April on is billed today, and its days in April are recognised with it.
        (
            vec![],
            "2026-04-15",
            json!({ "kind": "add", "line": care.clone() }),
            "31.00",
            "496.00",
        ),
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "remove", "component": "care" }),
            "-5.17",
            "0.00",
        ),
        (
            vec![],
            "2026-05-15",
            json!({ "kind": "swap", "component": "care", "line": { "component": "seat", "product": "SEAT", "quantity": 2 } }),
            "0.00",
            // Two at 120 for 245 of the 365 days of the contract's year.
            "161.10",
        ),
    ] {
        let before: Vec<(&str, Value)> = before;
        compared(&before, effective, &change, &Wanted { today, later });
    }
}

#[test]
fn the_preview_of_a_pause_and_of_a_discount_is_what_is_then_billed() {
    let pause = json!({ "kind": "pause", "component": "care" });
    let discount =
        json!({ "kind": "discount", "code": "FRIEND", "component": "care", "percent": "0.5" });
    for (before, effective, change, today, later) in [
        // 10 to 14 May, five of thirty days, are given back; from 15 May to 14 June nothing.
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "pause", "component": "care", "resume_on": "2026-06-15" }),
            "-5.17",
            "217.00",
        ),
        (vec![], "2026-05-10", pause.clone(), "-5.17", "0.00"),
        (
            vec![("2026-05-15", pause)],
            "2026-07-15",
            json!({ "kind": "resume", "component": "care" }),
            "0.00",
            // From 15 July to 14 January.
            "186.00",
        ),
        (vec![], "2026-05-15", discount.clone(), "0.00", "124.00"),
        (
            vec![("2026-05-15", discount)],
            "2026-07-15",
            json!({ "kind": "end_discount", "code": "FRIEND" }),
            "0.00",
            // Two at one half.
            "217.00",
        ),
    ] {
        compared(&before, effective, &change, &Wanted { today, later });
    }
}

#[test]
fn the_preview_of_an_end_that_moves_is_what_is_then_billed() {
    let cancel = json!({ "kind": "cancel" });
    for (before, effective, change, today, later) in [
        // 1,200 × 250/365, and 5.17 of care.
        (vec![], "2026-05-10", cancel.clone(), "-827.09", "0.00"),
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "cancel", "at": "end_of_period" }),
            "0.00",
            "0.00",
        ),
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "cancel", "at": "start_of_term" }),
            // All that was billed: 1,200 and four times 31.
            "-1324.00",
            "0.00",
        ),
        (
            vec![("2026-06-15", cancel)],
            "2026-06-15",
            json!({ "kind": "uncancel" }),
            // What was to be given back from June on is not: nothing was given yet.
            "0.00",
            CARE,
        ),
        // Two weeks more: 10 × 120 × 17/365, and care of 15 to 31 January, 17 of 31 days.
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "extend", "end": "2027-01-31" }),
            "0.00",
            "320.89",
        ),
        // With the other contract on 30 September: 106 of 365 days less.
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "co_term", "with_contract": "C-2" }),
            "-348.49",
            // Four months from 15 May, and 15 to 30 September, sixteen of thirty days.
            "140.53",
        ),
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "renew", "months": 12, "price": { "rule": "uplift", "rate": "0.1" } }),
            "0.00",
            // 248, and a year of 1,320 and of twelve times 34.10.
            "1977.20",
        ),
        (
            vec![],
            "2026-05-10",
            json!({ "kind": "renewal", "terms": { "mode": "by_notice", "months": 12 } }),
            "0.00",
            CARE,
        ),
        (
            vec![("2026-07-01", seats(15))],
            "2026-07-01",
            json!({ "kind": "undo", "version": 2 }),
            "0.00",
            CARE,
        ),
    ] {
        compared(&before, effective, &change, &Wanted { today, later });
    }
}
