//! A discount with a limit for its life: taken off until the limit is reached, whatever was billed and
//! changed meanwhile.

use super::support::{Account, change, component, contract, date, flat, nets, per_unit, quantity};
use billing::owed_since;
use commerce::{
    Amendment, BillingFrequency::Monthly, Change, Charge, Contract, Discount, Reduction,
    SeatDowngrade, SeatUpgrade, Seats, amend, total_value,
};
use values::{Date, Instant, UnitPrice};

fn limited(code: &str, off: Reduction, limit: &str, order: u16) -> Change {
    Change::AddDiscount {
        discount: Discount {
            code: code.to_owned(),
            name: String::new(),
            component: None,
            off,
            from: date("2026-01-01"),
            until: None,
            cycles: None,
            limit: Some(limit.parse().unwrap()),
            order,
        },
    }
}

fn a_fifth() -> Reduction {
    Reduction::Percent {
        rate: "0.2".parse().unwrap(),
        cap: None,
    }
}

/// One seat at 100.00 a month for half a year, 20 % off and at most 50.00 in all.
fn half_a_year() -> Contract {
    let new = component("seats", "1", per_unit("100"), Monthly);
    let made = contract("EUR", "2026-01-01", "2026-07-01", &[new]);
    change(&made, limited("WELCOME", a_fifth(), "50", 0)).0
}

#[test]
fn the_month_that_reaches_the_limit_gets_what_is_left_and_later_ones_nothing() {
    let made = half_a_year();
    assert_eq!(total_value(&made).unwrap().minor, 60_000 - 5_000);
    let mut account = Account::default();
    let mut billed = Vec::new();
    for month in 1..=6 {
        let day = format!("2026-0{month}-01");
        billed.extend(nets(&account.bill(&made, &day)));
        assert!(account.bill(&made, &day).is_empty(), "{day}");
    }
    assert_eq!(billed, [8_000, 8_000, 9_000, 10_000, 10_000, 10_000]);
    // Looking at the last month alone knows what was taken off before it.
    let fresh = owed_since(&made, &[], date("2026-03-01"), date("2026-03-31")).unwrap();
    assert_eq!(nets(&fresh), [9_000]);
    let after = owed_since(&made, &[], date("2026-07-01"), Date::MAX).unwrap();
    assert!(after.is_empty());
}

#[test]
fn a_change_in_the_past_moves_what_is_left_for_later_months() {
    let made = half_a_year();
    let mut account = Account::default();
    for day in ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"] {
        account.bill(&made, day);
    }
    assert_eq!(account.net(), 8_000 + 8_000 + 9_000 + 10_000);
    // From February on two seats: the limit is reached in February already.
    let (more, delta) = change(&made, quantity("seats", "2", "2026-02-01"));
    assert_eq!(delta.value_after.minor, 8_000 + 17_000 + 4 * 20_000);
    account.bill(&more, "2026-04-01");
    assert_eq!(account.net(), 8_000 + 17_000 + 20_000 + 20_000);
    assert!(account.bill(&more, "2026-04-01").is_empty());
    for day in ["2026-05-01", "2026-06-01"] {
        account.bill(&more, day);
    }
    assert_eq!(account.net(), delta.value_after.minor);
}

#[test]
fn parts_of_a_month_share_what_is_left_in_the_order_of_time() {
    let new = component("seats", "1", flat("100"), Monthly);
    let made = contract("EUR", "2026-04-01", "2026-06-01", &[new]);
    // It runs from the first day of the contract.
    let amount = Reduction::Amount {
        amount: UnitPrice::from(30),
    };
    let mut money = limited("MONEY", amount, "20", 0);
    if let Change::AddDiscount { discount } = &mut money {
        discount.from = date("2026-04-01");
    }
    let (made, _) = change(&made, money);
    assert_eq!(total_value(&made).unwrap().minor, 20_000 - 2_000);
    // Half of April at another price: 15.00 are taken off the first half, 5.00 are left for the second.
    let (made, _) = change(
        &made,
        super::support::price("seats", flat("200"), "2026-04-16"),
    );
    let mut account = Account::default();
    assert_eq!(nets(&account.bill(&made, "2026-04-01")), [3_500, 9_500]);
    assert_eq!(nets(&account.bill(&made, "2026-05-01")), [20_000]);
}

#[test]
fn each_of_several_has_its_own_limit_and_the_next_is_taken_off_what_remains() {
    let new = component("seats", "1", flat("100"), Monthly);
    let made = contract("EUR", "2026-01-01", "2026-04-01", &[new]);
    let (made, _) = change(&made, limited("ONE", a_fifth(), "25", 1));
    let (made, _) = change(&made, limited("TWO", a_fifth(), "1000", 2));
    let mut account = Account::default();
    let mut billed = Vec::new();
    for day in ["2026-01-01", "2026-02-01", "2026-03-01"] {
        billed.extend(nets(&account.bill(&made, day)));
    }
    // 100 - 20 - 16, then 100 - 5 - 19, then 100 - 20.
    assert_eq!(billed, [6_400, 7_600, 8_000]);
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let new = component("seats", "1", flat("100"), Monthly);
    let made = contract("EUR", "2026-01-01", "2026-04-01", &[new]);
    let amendment = Amendment {
        change: limited("ZERO", a_fifth(), "0", 0),
        reason: "asked for".to_owned(),
    };
    let refused = amend(&made, &amendment, Instant::default());
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("its limit must lie above zero"), "{told}");
}

/// Ten seats at 10.00 that are paid from the first day of the month, or until its last one, whatever
/// their own day; half off, but 20.00 at most.
#[test]
fn seats_that_are_paid_for_the_whole_month_count_towards_the_limit() {
    for (before, after) in [("1", "10"), ("10", "1")] {
        let rules = Seats {
            unit_price: "10".parse().unwrap(),
            included: 0.into(),
            upgrade: SeatUpgrade::WholePeriod,
            downgrade: SeatDowngrade::NextPeriod,
        };
        let new = component("seats", before, Charge::Seats(rules), Monthly);
        let made = contract("EUR", "2026-01-01", "2026-03-01", &[new]);
        let half = Reduction::Percent {
            rate: "0.5".parse().unwrap(),
            cap: None,
        };
        let (made, _) = change(&made, limited("HALF", half, "20", 0));
        let (made, _) = change(&made, quantity("seats", after, "2026-01-16"));
        // January 100.00 less 20.00; nothing is left for February.
        let mut account = Account::default();
        account.bill(&made, "2026-01-01");
        assert_eq!(account.net(), 8_000, "{before} to {after}");
        account.bill(&made, "2026-02-01");
        let february = 1_000 * i64::from(after == "10") * 9 + 1_000;
        assert_eq!(account.net(), 8_000 + february, "{before} to {after}");
    }
}
