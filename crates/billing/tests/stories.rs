//! Stories with figures worked out by hand, and the mistakes that other billing systems have shipped.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod support;

use billing::{
    CreditAmount, CreditRequest, Document, LineAmount, credit, draft_document, expected_lines,
    value_changes,
};
use commerce::{
    AnchorDay, BillingFrequency::*, Change, Charge, DayCount, NewComponent, Tier, Timing,
    total_value,
};
use std::num::NonZeroU16;
use support::{
    Account, cancel, change, component, contract, date, entity, euros, flat, nets, per_unit,
    policy, price, quantity, table, taxes, units,
};
use values::Date;

/// 10 seats at 1,200 a year, billed yearly in advance, for 2026.
fn seats() -> commerce::Contract {
    let sold = [component("seats", "10", per_unit("1200"), Annual)];
    contract("EUR", "2026-01-01", "2027-01-01", &sold)
}

#[test]
fn a_mid_term_upgrade_bills_the_rest_of_the_year_once() {
    let mut account = Account::default();
    let first = account.bill(&seats(), "2026-01-01");
    assert_eq!(
        table(&first),
        ["2026-01-01 to 2026-12-31 | 12,000.00 EUR | 10 × 1,200.00"]
    );
    let (upgraded, delta) = change(&seats(), quantity("seats", "25", "2026-03-31"));
    let second = account.bill(&upgraded, "2026-03-31");
    assert_eq!(
        table(&second),
        ["2026-03-31 to 2026-12-31 | 13,610.96 EUR | 15 × 1,200.00 × 276/365"]
    );
    assert_eq!(delta.value_delta, euros(1_361_096));
    assert_eq!(account.bill(&upgraded, "2026-12-31"), []);
}

#[test]
fn a_downgrade_gives_back_on_the_line_that_billed_it() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let (fewer, _) = change(&seats(), quantity("seats", "4", "2026-07-01"));
    let lines = account.bill(&fewer, "2026-07-01");
    assert_eq!(
        table(&lines),
        ["2026-07-01 to 2026-12-31 | -3,629.59 EUR | -6 × 1,200.00 × 184/365"]
    );
    assert_eq!(lines[0].corrects.as_ref().unwrap().as_str(), "line-1");
    assert_eq!(account.left(&account.lines[0].id), (837_041, 159_038));
}

#[test]
fn a_new_price_takes_back_the_rest_and_charges_it_anew() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let (dearer, delta) = change(&seats(), price("seats", per_unit("1500"), "2026-10-01"));
    let lines = account.bill(&dearer, "2026-10-01");
    assert_eq!(
        table(&lines),
        [
            "2026-10-01 to 2026-12-31 | -3,024.66 EUR | -10 × 1,200.00 × 92/365",
            "2026-10-01 to 2026-12-31 | 3,780.82 EUR | 10 × 1,500.00 × 92/365",
        ]
    );
    assert_eq!(delta.value_delta, euros(378_082 - 302_466));
}

#[test]
fn a_backdated_change_is_no_special_case() {
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let (later, _) = change(&seats(), quantity("seats", "12", "2026-07-01"));
    account.bill(&later, "2026-07-01");
    let (both, _) = change(&later, quantity("seats", "11", "2026-02-01"));
    let lines = account.bill(&both, "2026-09-01");
    assert_eq!(
        table(&lines),
        ["2026-02-01 to 2026-06-30 | 493.15 EUR | 1 × 1,200.00 × 150/365"]
    );
    assert_eq!(account.net(), total_value(&both).unwrap().minor);
}

#[test]
fn the_cent_of_two_roundings_is_carried_and_said() {
    let (one, _) = change(&seats(), quantity("seats", "11", "2026-01-02"));
    let lines = expected_lines(&one, date("2026-01-01")).unwrap();
    assert_eq!(
        table(&lines),
        [
            "2026-01-01 to 2026-01-01 | 32.88 EUR | 10 × 1,200.00 × 1/365",
            "2026-01-02 to 2026-12-31 | 13,163.83 EUR | 11 × 1,200.00 × 364/365, \
             rounded with the fraction carried within the billing period",
        ]
    );
    assert_eq!(total_value(&one).unwrap(), euros(3_288 + 1_316_383));
}

#[test]
fn tiers_are_charged_whole_after_a_change() {
    let tiers = vec![
        Tier {
            up_to: Some(units("10")),
            unit_price: "100".parse().unwrap(),
            flat_fee: 0.into(),
        },
        Tier {
            up_to: None,
            unit_price: "80".parse().unwrap(),
            flat_fee: 0.into(),
        },
    ];
    let sold = [component(
        "seats",
        "10",
        Charge::Volume { tiers },
        Quarterly,
    )];
    let start = contract("EUR", "2026-01-01", "2026-04-01", &sold);
    let mut account = Account::default();
    account.bill(&start, "2026-01-01");
    let (more, _) = change(&start, quantity("seats", "20", "2026-02-15"));
    let lines = account.bill(&more, "2026-02-15");
    assert_eq!(nets(&lines), [-50_000, 80_000]);
    assert!(
        lines[1]
            .arithmetic
            .starts_with("1,600.00 for 20 by tiers × 45/90")
    );
}

#[test]
fn arrears_wait_until_the_period_has_ended() {
    let sold = NewComponent {
        timing: Timing::Arrears,
        ..component("m", "1", per_unit("31"), Monthly)
    };
    let monthly = contract("EUR", "2026-01-01", "2026-03-01", &[sold]);
    let mut account = Account::default();
    assert_eq!(account.bill(&monthly, "2026-01-30"), []);
    assert_eq!(nets(&account.bill(&monthly, "2026-01-31")), [3_100]);
    // Change, then cancel: the last part is still billed.
    let (changed, _) = change(&monthly, quantity("m", "2", "2026-02-08"));
    let (over, _) = change(&changed, cancel("2026-02-15", true));
    assert_eq!(nets(&account.bill(&over, "2026-02-14")), [775, 1_550]);
}

#[test]
fn a_preview_is_the_invoice() {
    let mut account = Account::default();
    let preview = expected_lines(&seats(), date("2026-06-01")).unwrap();
    assert_eq!(account.bill(&seats(), "2026-06-01"), preview);
}

#[test]
fn what_was_billed_ahead_is_not_taken_back_by_an_earlier_date() {
    let sold = [component("m", "1", per_unit("31"), Monthly)];
    let monthly = contract("EUR", "2026-01-01", "2026-07-01", &sold);
    let mut account = Account::default();
    assert_eq!(account.bill(&monthly, "2026-05-01").len(), 5);
    assert_eq!(account.bill(&monthly, "2026-02-01"), []);
}

#[test]
fn cancelling_without_credit_lets_the_paid_period_run_out() {
    let sold = [component("m", "1", per_unit("31"), Monthly)];
    let monthly = contract("EUR", "2026-01-01", "2026-07-01", &sold);
    let mut account = Account::default();
    account.bill(&monthly, "2026-02-01");
    let (kept, _) = change(&monthly, cancel("2026-02-10", false));
    assert_eq!(account.bill(&kept, "2026-12-31"), []);
    let (credited, _) = change(&monthly, cancel("2026-02-15", true));
    assert_eq!(nets(&account.bill(&credited, "2026-12-31")), [-1_550]);
}

#[test]
fn an_extension_bills_on_in_the_same_periods() {
    let sold = [component("y", "1", per_unit("365"), Annual)];
    let short = contract("EUR", "2026-01-01", "2026-04-11", &sold);
    let mut account = Account::default();
    assert_eq!(nets(&account.bill(&short, "2026-01-01")), [10_000]);
    let (longer, delta) = change(
        &short,
        Change::Extend {
            until: date("2027-01-01"),
        },
    );
    assert_eq!(nets(&account.bill(&longer, "2026-04-01")), [26_500]);
    assert_eq!(delta.value_after, euros(36_500));
}

#[test]
fn a_price_per_term_is_billed_once_and_one_off_fees_on_their_day() {
    let sold = [
        component("term", "2", per_unit("900"), TermUpFront),
        component("setup", "1", flat("250"), OneOff),
    ];
    let deal = contract("EUR", "2026-03-15", "2029-03-15", &sold);
    let lines = expected_lines(&deal, Date::MAX).unwrap();
    assert_eq!(nets(&lines), [180_000, 25_000]);
    assert_eq!(lines[1].service, deal.term);
    let (_, delta) = change(&deal, cancel("2027-03-15", true));
    // 731 of 1,096 days are given back; the fee has been earned.
    assert_eq!(delta.value_delta, euros(-120_055));
}

#[test]
fn value_changes_say_which_days_gain_and_lose() {
    let (upgraded, _) = change(&seats(), quantity("seats", "25", "2026-03-31"));
    let gained = value_changes(Some(&seats()), &upgraded).unwrap();
    assert_eq!(nets(&gained), [1_361_096]);
    assert_eq!(gained[0].period.from(), date("2026-03-31"));
    let all = value_changes(None, &seats()).unwrap();
    assert_eq!(nets(&all), [1_200_000]);
}

// Mistakes of others; those of which the circumstances matter stand in `peers`.

#[test]
fn the_anchor_day_returns_after_a_short_month() {
    // killbill#127
    let sold = [component("m", "1", per_unit("10"), Monthly)];
    let monthly = contract("EUR", "2026-01-31", "2026-05-31", &sold);
    let lines = expected_lines(&monthly, Date::MAX).unwrap();
    let begins: Vec<String> = lines.iter().map(|l| l.period.from().to_string()).collect();
    assert_eq!(
        begins,
        ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
    );
    assert_eq!(nets(&lines), [1_000; 4]);
}

#[test]
fn a_year_from_the_leap_day_is_one_period_a_year() {
    // lago-api PR 6173
    let sold = [component("y", "1", per_unit("100"), Annual)];
    let yearly = contract("EUR", "2024-02-29", "2029-02-28", &sold);
    let lines = expected_lines(&yearly, Date::MAX).unwrap();
    let begins: Vec<String> = lines.iter().map(|l| l.period.from().to_string()).collect();
    assert_eq!(
        begins,
        [
            "2024-02-29",
            "2025-02-28",
            "2026-02-28",
            "2027-02-28",
            "2028-02-29"
        ]
    );
    // From 2028-02-29 until 2029-02-28 is a whole period too.
    assert_eq!(nets(&lines), [10_000; 5]);
}

#[test]
fn a_stub_is_prorated_over_the_whole_period_and_not_over_itself() {
    // lago-api PR 6194
    let sold = [component("m", "1", per_unit("31"), Monthly)];
    let mut stub = contract("EUR", "2026-01-22", "2026-02-15", &sold);
    stub.billing_anchor_day = AnchorDay::try_from(1).unwrap();
    let lines = expected_lines(&stub, Date::MAX).unwrap();
    assert_eq!(
        table(&lines),
        [
            "2026-01-22 to 2026-01-31 | 10.00 EUR | 1 × 31.00 × 10/31",
            "2026-02-01 to 2026-02-14 | 15.50 EUR | 1 × 31.00 × 14/28",
        ]
    );
}

#[test]
fn an_anchor_later_in_the_month_begins_with_a_stub() {
    let sold = [component("q", "1", per_unit("92"), Quarterly)];
    let mut stub = contract("EUR", "2026-01-10", "2026-04-15", &sold);
    stub.billing_anchor_day = AnchorDay::try_from(15).unwrap();
    let lines = expected_lines(&stub, Date::MAX).unwrap();
    // 2025-10-15 until 2026-01-15 has 92 days, of which 5 are served; then a whole quarter.
    assert_eq!(nets(&lines), [500, 9_200]);
}

#[test]
fn each_day_count_prices_half_of_february() {
    let priced = |rule| {
        let sold = NewComponent {
            policy: policy(rule),
            ..component("m", "1", per_unit("30"), Monthly)
        };
        let part = contract("EUR", "2026-02-01", "2026-02-15", &[sold]);
        total_value(&part).unwrap().minor
    };
    assert_eq!(priced(DayCount::ActualOverPeriod), 1_500);
    assert_eq!(
        priced(DayCount::FixedDays(NonZeroU16::new(30).unwrap())),
        1_400
    );
    assert_eq!(priced(DayCount::Actual360), 1_400);
    assert_eq!(priced(DayCount::None), 3_000);
}

#[test]
fn thirty_fixed_days_make_every_whole_month_cost_its_price() {
    let sold = NewComponent {
        policy: policy(DayCount::FixedDays(NonZeroU16::new(30).unwrap())),
        ..component("m", "1", per_unit("30"), Monthly)
    };
    let months = contract("EUR", "2026-01-01", "2026-04-01", &[sold]);
    let (changed, _) = change(&months, quantity("m", "2", "2026-02-11"));
    assert_eq!(
        nets(&expected_lines(&changed, Date::MAX).unwrap()),
        [3_000, 1_000, 4_000, 6_000]
    );
}

#[test]
fn a_credit_note_is_never_a_cent_over_its_invoice() {
    // lago-api PR 4553: three thirds of a line that does not divide by three.
    let sold = [component("m", "1", flat("0.10"), Monthly)];
    let dime = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    let mut account = Account::default();
    account.bill(&dime, "2026-01-01");
    let invoice = account.lines.clone();
    let third = |amount| CreditRequest {
        amount: CreditAmount::Lines {
            lines: vec![LineAmount {
                line: "line-1".parse().unwrap(),
                amount: euros(amount),
            }],
        },
        reason: "goodwill".to_owned(),
    };
    for amount in [3, 3, 4] {
        let note = credit(&invoice, &account.lines, &third(amount)).unwrap();
        account.issue(&note.lines);
    }
    assert_eq!(account.left(&invoice[0].id), (0, 0));
    let refusal = credit(&invoice, &account.lines, &third(1)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "0.01 EUR of line line-1 cannot be credited: 0.00 EUR of it remains"
    );
    assert_eq!(refusal.code(), "credit_exceeds_line");
}

#[test]
fn totals_are_the_sums_of_the_rounded_lines() {
    // lago-api PR 3407
    let sold = ["a", "b", "c"].map(|id| component(id, "1", per_unit("0.333"), Monthly));
    let three = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    let lines = expected_lines(&three, Date::MAX).unwrap();
    let document = draft_document(&lines, &[], &taxes("0.19"), &entity(), date("2026-01-01"));
    let Document::Invoice(invoice) = document.unwrap() else {
        panic!("an invoice")
    };
    assert_eq!(
        (invoice.net, invoice.tax, invoice.total),
        (euros(99), euros(18), euros(117))
    );
    let sum: i64 = invoice
        .lines
        .iter()
        .map(|l| l.line.net.minor + l.tax.minor)
        .sum();
    assert_eq!(invoice.total, euros(sum));
}

#[test]
fn a_tiny_price_is_rounded_after_it_is_multiplied() {
    let sold = [component("calls", "123456", per_unit("0.0004"), Monthly)];
    let calls = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    assert_eq!(total_value(&calls).unwrap(), euros(4_938));
}

#[test]
fn cancelled_on_its_first_day_everything_goes_back() {
    for credit_unused in [true, false] {
        let mut account = Account::default();
        account.bill(&seats(), "2026-01-01");
        let (over, delta) = change(&seats(), cancel("2026-01-01", credit_unused));
        account.bill(&over, "2026-01-01");
        assert_eq!(account.net(), 0);
        assert_eq!(delta.value_after, euros(0));
        assert_eq!(account.bill(&over, "2027-01-01"), []);
    }
}

#[test]
fn a_free_period_is_no_double_bill() {
    // A price of zero for one month, then the real one.
    let sold = [component("m", "5", per_unit("0"), Monthly)];
    let trial = contract("EUR", "2026-01-01", "2026-03-01", &sold);
    let (trial, _) = change(&trial, price("m", per_unit("20"), "2026-02-01"));
    let mut account = Account::default();
    assert_eq!(nets(&account.bill(&trial, "2026-01-01")), [0]);
    assert_eq!(account.bill(&trial, "2026-01-31"), []);
    assert_eq!(nets(&account.bill(&trial, "2026-02-01")), [10_000]);
    assert_eq!(account.bill(&trial, "2026-12-31"), []);
}

#[test]
fn a_credited_line_is_not_billed_again_nor_given_back_twice() {
    // killbill#654
    let mut account = Account::default();
    account.bill(&seats(), "2026-01-01");
    let invoice = account.lines.clone();
    let all = CreditRequest {
        amount: CreditAmount::Full,
        reason: "goodwill".to_owned(),
    };
    let note = credit(&invoice, &account.lines, &all).unwrap();
    assert_eq!(
        (note.net, note.tax, note.total),
        (euros(1_200_000), euros(228_000), euros(1_428_000))
    );
    account.issue(&note.lines);
    assert_eq!(account.bill(&seats(), "2026-12-31"), []);
    let (over, _) = change(&seats(), cancel("2026-03-01", true));
    let lines = account.bill(&over, "2026-03-01");
    assert_eq!(nets(&lines), [0]);
    assert!(
        lines[0]
            .arithmetic
            .ends_with("limited to what remains of the line")
    );
    assert_eq!(account.net(), 0);
    assert_eq!(account.bill(&over, "2027-01-01"), []);
}

#[test]
fn on_the_day_of_a_change_the_new_plan_holds() {
    let sold = [component("m", "1", per_unit("31"), Monthly)];
    let month = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    let (changed, _) = change(&month, price("m", per_unit("62"), "2026-01-31"));
    assert_eq!(
        nets(&expected_lines(&changed, Date::MAX).unwrap()),
        [3_000, 200]
    );
}

#[test]
fn two_changes_on_one_day_leave_the_last() {
    let (one, _) = change(&seats(), quantity("seats", "11", "2026-05-01"));
    let (two, _) = change(&one, quantity("seats", "10", "2026-05-01"));
    assert_eq!(nets(&expected_lines(&two, Date::MAX).unwrap()), [1_200_000]);
}
