//! Bugs of what is billed when it has been served, each in the circumstances in which it was reported.

use crate::support::{Account, change, component, contract, date, flat, nets, price, table};
use billing::next_due;
use commerce::{BillingFrequency::Monthly, Change, NewComponent, Timing};

fn in_arrears(id: &str) -> NewComponent {
    NewComponent {
        timing: Timing::Arrears,
        ..component(id, "1", flat("31"), Monthly)
    }
}

fn add(id: &str, effective: &str) -> Change {
    Change::AddComponent {
        component: in_arrears(id),
        effective: date(effective),
    }
}

/// Here a period is billed on its last day: the one from 30 April to before 31 May on 30 May.
#[test]
fn killbill_2133_something_added_before_the_last_day_bills_no_day_early_from_the_31st() {
    let sold = [in_arrears("base"), in_arrears("one")];
    let made = contract("EUR", "2025-03-31", "2026-03-31", &sold);
    let mut account = Account::default();
    assert_eq!(account.bill(&made, "2025-04-28"), []);
    assert_eq!(
        table(&account.bill(&made, "2025-04-30")),
        ["2025-03-31 to 2025-04-29 | 31.00 EUR | 31.00"; 2]
    );
    assert_eq!(
        next_due(&made, date("2025-04-30")),
        Some(date("2025-05-30"))
    );
    let (more, _) = change(&made, add("two", "2025-05-29"));
    assert_eq!(account.bill(&more, "2025-05-29"), []);
    let (planned, _) = change(&more, price("one", flat("62"), "2025-05-31"));
    assert_eq!(account.bill(&planned, "2025-05-29"), []);
    let (both, _) = change(&planned, add("three", "2025-05-30"));
    assert_eq!(
        table(&account.bill(&both, "2025-05-30")),
        [
            "2025-04-30 to 2025-05-30 | 31.00 EUR | 31.00",
            "2025-04-30 to 2025-05-30 | 31.00 EUR | 31.00",
            "2025-05-29 to 2025-05-30 | 2.00 EUR | 31.00 × 2/31",
            "2025-05-30 to 2025-05-30 | 1.00 EUR | 31.00 × 1/31",
        ]
    );
    assert_eq!(account.bill(&both, "2025-05-31"), []);
    assert_eq!(
        next_due(&both, date("2025-05-31")),
        Some(date("2025-06-29"))
    );
    assert_eq!(
        nets(&account.bill(&both, "2025-06-29")),
        [3_100, 6_200, 3_100, 3_100]
    );
}

#[test]
fn killbill_1907_what_was_swapped_in_and_billed_is_billed_to_its_end_when_it_is_cancelled() {
    let sold = [in_arrears("base"), in_arrears("addon")];
    let made = contract("USD", "2023-08-11", "2024-08-11", &sold);
    let mut account = Account::default();
    let swap = Change::Swap {
        component: "addon".parse().unwrap(),
        replacement: Box::new(in_arrears("addon2")),
        effective: date("2023-08-15"),
    };
    let (swapped, _) = change(&made, swap);
    // The change is billed on its day, before anybody knows of the cancellation.
    assert_eq!(
        table(&account.bill(&swapped, "2023-08-15")),
        ["2023-08-11 to 2023-08-14 | 4.00 USD | 31.00 × 4/31"]
    );
    assert_eq!(
        next_due(&swapped, date("2023-08-15")),
        Some(date("2023-09-10"))
    );
    let remove = Change::RemoveComponent {
        component: "addon2".parse().unwrap(),
        effective: date("2023-08-20"),
    };
    let (over, _) = change(&swapped, remove);
    assert_eq!(
        next_due(&over, date("2023-08-15")),
        Some(date("2023-08-19"))
    );
    assert_eq!(
        table(&account.bill(&over, "2023-08-20")),
        ["2023-08-15 to 2023-08-19 | 5.00 USD | 31.00 × 5/31"]
    );
    assert_eq!(
        table(&account.bill(&over, "2023-09-10")),
        ["2023-08-11 to 2023-09-10 | 31.00 USD | 31.00"]
    );
}
