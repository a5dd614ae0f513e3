//! Bugs of the timeline, of proration and of rounding that other billing systems have shipped, each
//! named by where it was reported.

use crate::support::{
    Account, cancel, change, component, contract, date, flat, nets, per_unit, policy, price,
    quantity, table, units,
};
use billing::{CreditAmount, CreditRequest, credit, expected_lines, next_due, owed};
use commerce::{
    AnchorDay, BillingFrequency::*, CancelAt, Change, Contract, CycleAnchor, DayCount, Discount,
    NewComponent, Policy, Reduction, Timing, coverage, total_value, windows,
};
use values::{Date, Zone};

fn days(contract: &Contract) -> Vec<String> {
    let parts = coverage(contract, &contract.components[0]).unwrap();
    parts
        .iter()
        .map(|part| part.period.from().to_string())
        .collect()
}

fn monthly(from: &str, until: &str, anchor: i8) -> Contract {
    let mut made = contract(
        "EUR",
        from,
        until,
        &[component("seats", "1", flat("31"), Monthly)],
    );
    made.billing_anchor_day = AnchorDay::try_from(anchor).unwrap();
    made
}

fn yearly(from: &str, until: &str) -> Contract {
    contract(
        "EUR",
        from,
        until,
        &[component("seats", "10", per_unit("1200"), Annual)],
    )
}

fn pause(from: &str, until: Option<&str>) -> Change {
    Change::Pause {
        component: None,
        effective: date(from),
        until: until.map(date),
    }
}

#[test]
fn killbill_127_month_end_anchor_returns() {
    let begun = days(&monthly("2026-01-31", "2026-06-30", 31));
    assert_eq!(
        begun,
        [
            "2026-01-31",
            "2026-02-28",
            "2026-03-31",
            "2026-04-30",
            "2026-05-31"
        ]
    );
}

#[test]
fn an_anchor_of_30_returns_after_february() {
    let begun = days(&monthly("2024-01-30", "2024-04-30", 30));
    assert_eq!(begun, ["2024-01-30", "2024-02-29", "2024-03-30"]);
}

#[test]
fn lago_1567_1569_1840_a_quarter_from_the_end_of_november_ends_with_february_and_returns() {
    let sold = [component("seats", "1", flat("90"), Quarterly)];
    let begun = days(&contract("EUR", "2025-11-30", "2026-11-30", &sold));
    assert_eq!(
        begun,
        ["2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30"]
    );
}

#[test]
fn lago_6173_yearly_from_29_february_returns_in_leap_years() {
    let begun = days(&yearly("2024-02-29", "2029-02-28"));
    assert_eq!(
        begun,
        [
            "2024-02-29",
            "2025-02-28",
            "2026-02-28",
            "2027-02-28",
            "2028-02-29"
        ]
    );
}

#[test]
fn lago_6194_a_stub_is_a_share_of_the_whole_period_not_of_itself() {
    let mut account = Account::default();
    let lines = account.bill(&monthly("2026-01-20", "2026-03-01", 1), "2026-02-01");
    assert_eq!(
        table(&lines),
        [
            "2026-01-20 to 2026-01-31 | 12.00 EUR | 31.00 × 12/31",
            "2026-02-01 to 2026-02-28 | 31.00 EUR | 31.00",
        ]
    );
}

#[test]
fn lago_157_a_third_of_a_month_keeps_no_binary_fraction() {
    let sold = NewComponent {
        policy: policy(DayCount::FixedDays(30.try_into().unwrap())),
        ..component("seats", "3", per_unit("0.1"), Monthly)
    };
    let made = contract("EUR", "2026-04-01", "2026-04-11", &[sold]);
    let parts = coverage(&made, &made.components[0]).unwrap();
    assert_eq!(parts[0].price.to_string(), "0.3");
    assert_eq!((parts[0].numerator, parts[0].denominator), (10, 30));
    assert_eq!(total_value(&made).unwrap().minor, 10);
}

#[test]
fn lago_3407_rounded_lines_of_a_period_add_up_to_its_price() {
    let made = monthly("2026-01-01", "2026-02-01", 1);
    let mut now = made.clone();
    for day in 2..=31 {
        let turn = if day % 2 == 0 { "31" } else { "31.0001" };
        now = change(
            &now,
            price("seats", flat(turn), &format!("2026-01-{day:02}")),
        )
        .0;
    }
    let mut account = Account::default();
    for day in 1..=31 {
        account.bill(&now, &format!("2026-01-{day:02}"));
    }
    assert_eq!(account.net(), total_value(&now).unwrap().minor);
    assert_eq!(account.net(), 3_100);
}

#[test]
fn a_tiny_price_for_a_record_is_not_rounded_to_zero() {
    let sold = [component("calls", "1234567", per_unit("0.000004"), Monthly)];
    let made = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    assert_eq!(total_value(&made).unwrap().minor, 494);
}

#[test]
fn no_day_is_missing_where_clocks_change_and_none_where_a_day_was_left_out() {
    for zone in [
        "Europe/Berlin",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Pacific/Apia",
    ] {
        let sold = NewComponent {
            policy: Policy {
                proration: DayCount::Seconds,
                zone: Some(zone.parse().unwrap()),
                ..Policy::default()
            },
            ..component("seats", "1", flat("1000"), Weekly)
        };
        let made = contract("EUR", "2011-01-01", "2012-12-29", &[sold]);
        let parts = coverage(&made, &made.components[0]).unwrap();
        assert_eq!(parts.len(), 104, "{zone}");
        let covered: i64 = parts.iter().map(|part| part.period.days()).sum();
        assert_eq!(covered, made.term.days(), "{zone}");
        assert_eq!(total_value(&made).unwrap().minor, 104 * 100_000, "{zone}");
    }
}

#[test]
fn the_day_on_which_clocks_go_forward_costs_23_hours() {
    let sold = NewComponent {
        policy: Policy {
            proration: DayCount::Seconds,
            zone: Some("Europe/Berlin".parse().unwrap()),
            ..Policy::default()
        },
        ..component("seats", "1", flat("743"), Monthly)
    };
    let made = contract("EUR", "2026-03-01", "2026-04-01", &[sold]);
    let (cut, _) = change(&made, cancel("2026-03-30", true));
    let parts = coverage(&cut, &cut.components[0]).unwrap();
    assert_eq!(
        (parts[0].numerator, parts[0].denominator),
        (695 * 3_600, 743 * 3_600)
    );
    assert_eq!(total_value(&cut).unwrap().minor, 69_500);
}

#[test]
fn a_cycle_day_of_31_is_never_the_first() {
    let made = monthly("2026-01-15", "2026-07-01", 31);
    let begun: Vec<String> = windows(&made, &made.components[0])
        .iter()
        .map(|window| window.period.from().to_string())
        .collect();
    assert_eq!(
        begun,
        [
            "2025-12-31",
            "2026-01-31",
            "2026-02-28",
            "2026-03-31",
            "2026-04-30",
            "2026-05-31",
            "2026-06-30"
        ]
    );
}

#[test]
fn a_contract_begins_on_the_day_that_its_entity_reads_on_the_calendar() {
    let signed = "2026-02-01T03:30:00Z".parse().unwrap();
    let begins = |zone: &str| zone.parse::<Zone>().unwrap().date_at(signed).to_string();
    assert_eq!(begins("America/New_York"), "2026-01-31");
    assert_eq!(begins("Asia/Tokyo"), "2026-02-01");
    let made = monthly(&begins("America/New_York"), "2026-04-01", 31);
    assert_eq!(days(&made), ["2026-01-31", "2026-02-28", "2026-03-31"]);
}

#[test]
fn killbill_1934_a_cut_off_does_not_move_with_the_season() {
    let zone: Zone = "America/New_York".parse().unwrap();
    for (winter, summer) in [("2026-01-31", "2026-07-31"), ("2026-02-28", "2026-06-30")] {
        for day in [winter, summer] {
            let midnight = zone.start_of(date(day));
            assert_eq!(zone.date_at(midnight).to_string(), day);
            assert_ne!(zone.date_at(midnight.plus_seconds(-1)).to_string(), day);
        }
    }
}

#[test]
fn a_cancellation_backdated_over_a_full_adjustment_gives_nothing_back_twice() {
    let made = yearly("2026-01-01", "2027-01-01");
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    let request = CreditRequest {
        amount: CreditAmount::Full,
        reason: "goodwill".to_owned(),
    };
    let note = credit(&account.lines.clone(), &account.lines, &request).unwrap();
    account.issue(&note.lines);
    assert_eq!(account.net(), 0);
    let (over, _) = change(&made, cancel("2026-03-01", true));
    let lines = account.bill(&over, "2026-06-01");
    assert_eq!(nets(&lines), [0]);
    assert_eq!(account.net(), 0);
    assert_eq!(account.bill(&over, "2026-12-31"), []);
}

#[test]
fn killbill_654_an_adjusted_line_is_not_billed_again() {
    let made = yearly("2026-01-01", "2027-01-01");
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    let fraction = "0.3".parse().unwrap();
    let request = CreditRequest {
        amount: CreditAmount::Fraction { fraction },
        reason: "an outage".to_owned(),
    };
    let note = credit(&account.lines.clone(), &account.lines, &request).unwrap();
    account.issue(&note.lines);
    assert_eq!(account.bill(&made, "2026-12-31"), []);
    assert_eq!(account.net(), 840_000);
}

#[test]
fn a_period_at_no_price_is_no_double_bill() {
    let made = monthly("2026-01-01", "2026-04-01", 1);
    let (free, _) = change(&made, price("seats", flat("0"), "2026-01-01"));
    let (dear, _) = change(&free, price("seats", flat("31"), "2026-02-01"));
    let mut account = Account::default();
    assert_eq!(nets(&account.bill(&dear, "2026-01-01")), [0]);
    assert_eq!(account.bill(&dear, "2026-01-15"), []);
    assert_eq!(nets(&account.bill(&dear, "2026-02-01")), [3_100]);
    assert_eq!(account.bill(&dear, "2026-02-28"), []);
}

#[test]
fn killbill_2306_two_pauses_on_an_annual_plan() {
    let made = yearly("2026-01-01", "2027-01-01");
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    let (first, _) = change(&made, pause("2026-03-01", None));
    assert_eq!(
        table(&account.bill(&first, "2026-03-01")),
        ["2026-03-01 to 2026-12-31 | -10,060.27 EUR | -10 × 1,200.00 × 306/365"]
    );
    let resumed = Change::Resume {
        component: None,
        effective: date("2026-04-01"),
    };
    let (runs, _) = change(&first, resumed);
    assert_eq!(
        table(&account.bill(&runs, "2026-04-01")),
        [
            "2026-04-01 to 2026-12-31 | 9,041.09 EUR | 10 × 1,200.00 × 275/365, rounded with the fraction carried within the billing period"
        ]
    );
    let (second, delta) = change(&runs, pause("2026-08-01", Some("2026-10-01")));
    assert_eq!(delta.value_delta.minor, -200_548);
    assert_eq!(
        table(&account.bill(&second, "2026-08-01")),
        ["2026-08-01 to 2026-09-30 | -2,005.48 EUR | -10 × 1,200.00 × 61/365"]
    );
    assert_eq!(account.bill(&second, "2026-12-31"), []);
    // 365 days less 31 of March and 61 of August and September.
    assert_eq!(account.net(), 897_534);
    assert_eq!(account.net(), total_value(&second).unwrap().minor);
}

#[test]
fn two_pauses_stated_at_once_are_billed_as_two_pauses_recorded_late() {
    let made = yearly("2026-01-01", "2027-01-01");
    let (early, _) = change(&made, pause("2026-03-01", Some("2026-04-01")));
    let (early, _) = change(&early, pause("2026-08-01", Some("2026-10-01")));
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    account.bill(&early, "2026-12-31");
    let mut fresh = Account::default();
    fresh.bill(&early, "2026-12-31");
    assert_eq!((account.net(), fresh.net()), (897_534, 897_534));
}

#[test]
fn the_last_invoice_comes_after_a_change_and_a_cancellation_in_arrears() {
    let sold = NewComponent {
        timing: Timing::Arrears,
        ..component("seats", "10", per_unit("30"), Monthly)
    };
    let made = contract("EUR", "2026-04-01", "2027-04-01", &[sold]);
    let mut account = Account::default();
    assert_eq!(nets(&account.bill(&made, "2026-04-30")), [30_000]);
    let (more, _) = change(&made, quantity("seats", "20", "2026-05-11"));
    let (over, _) = change(&more, cancel("2026-05-21", true));
    assert_eq!(
        next_due(&over, date("2026-04-30")),
        Some(date("2026-05-20"))
    );
    assert_eq!(
        table(&account.bill(&over, "2026-05-20")),
        [
            "2026-05-01 to 2026-05-10 | 96.77 EUR | 10 × 30.00 × 10/31",
            "2026-05-11 to 2026-05-20 | 193.55 EUR | 20 × 30.00 × 10/31",
        ]
    );
    assert_eq!(account.bill(&over, "2027-04-01"), []);
    assert_eq!(next_due(&over, date("2026-05-20")), None);
}

#[test]
fn cancelled_on_its_first_day_nothing_is_owed() {
    let made = yearly("2026-01-01", "2027-01-01");
    for credit_unused in [true, false] {
        let mut account = Account::default();
        account.bill(&made, "2026-01-01");
        let (over, _) = change(&made, cancel("2026-01-01", credit_unused));
        account.bill(&over, "2026-12-31");
        assert_eq!(account.net(), 0);
        assert_eq!(expected_lines(&over, Date::MAX).unwrap(), []);
    }
}

#[test]
fn a_discount_is_taken_off_once_however_often_it_is_computed() {
    let made = monthly("2026-01-01", "2026-07-01", 1);
    let discount = Discount {
        code: "SPRING".to_owned(),
        name: "Spring offer".to_owned(),
        component: None,
        off: Reduction::Percent {
            rate: "0.2".parse().unwrap(),
            cap: None,
        },
        from: date("2026-02-01"),
        until: None,
        cycles: Some(2.try_into().unwrap()),
        limit: None,
        order: 0,
    };
    let (off, delta) = change(&made, Change::AddDiscount { discount });
    assert_eq!(delta.value_delta.minor, -2 * 620);
    let mut account = Account::default();
    for day in [
        "2026-01-01",
        "2026-02-01",
        "2026-02-01",
        "2026-03-01",
        "2026-04-01",
        "2026-06-30",
    ] {
        account.bill(&off, day);
        assert_eq!(owed(&off, &account.lines, date(day)).unwrap(), []);
    }
    assert_eq!(account.net(), 6 * 3_100 - 2 * 620);
    let shown: Vec<&str> = account
        .lines
        .iter()
        .map(|line| line.line.arithmetic.as_str())
        .collect();
    assert_eq!(shown[1], "31.00 − 20 % Spring offer");
    assert_eq!(shown[3], "31.00");
}

#[test]
fn the_day_of_a_swap_belongs_to_the_new_product() {
    for proration in [DayCount::ActualOverPeriod, DayCount::InclusiveDays] {
        let sold = |id: &str, amount: &str| NewComponent {
            policy: policy(proration),
            ..component(id, "1", flat(amount), Monthly)
        };
        let made = contract("EUR", "2026-04-01", "2026-05-01", &[sold("basic", "30")]);
        let mut account = Account::default();
        account.bill(&made, "2026-04-01");
        let swap = Change::Swap {
            component: "basic".parse().unwrap(),
            replacement: Box::new(sold("pro", "60")),
            effective: date("2026-04-16"),
        };
        let (swapped, _) = change(&made, swap);
        assert_eq!(
            table(&account.bill(&swapped, "2026-04-16")),
            [
                "2026-04-16 to 2026-04-30 | -15.00 EUR | -30.00 × 15/30",
                "2026-04-16 to 2026-04-30 | 30.00 EUR | 60.00 × 15/30",
            ]
        );
        let replaced = swapped.components[1].replaces.as_ref().unwrap();
        assert_eq!(replaced.as_str(), "basic");
    }
}

#[test]
fn the_day_of_leaving_is_charged_where_days_are_inclusive() {
    let sold = NewComponent {
        policy: policy(DayCount::InclusiveDays),
        ..component("seats", "1", flat("30"), Monthly)
    };
    let made = contract("EUR", "2026-04-01", "2026-05-01", &[sold]);
    let (over, _) = change(&made, cancel("2026-04-15", true));
    assert_eq!(total_value(&over).unwrap().minor, 1_500);
    let (usual, _) = change(
        &monthly("2026-04-01", "2026-05-01", 1),
        cancel("2026-04-15", true),
    );
    assert_eq!(total_value(&usual).unwrap().minor, 1_447);
}

#[test]
fn two_changes_of_one_day_leave_the_last_word() {
    let made = yearly("2026-01-01", "2027-01-01");
    let (one, _) = change(&made, quantity("seats", "20", "2026-07-01"));
    let (other, _) = change(&one, quantity("seats", "15", "2026-07-01"));
    assert_eq!(
        other.components[0].quantity_on(date("2026-07-01")),
        Some(units("15"))
    );
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    account.bill(&one, "2026-07-01");
    account.bill(&other, "2026-07-02");
    assert_eq!(account.net(), total_value(&other).unwrap().minor);
}

#[test]
fn a_cancellation_at_the_end_of_the_term_changes_nothing_until_then_and_is_taken_back() {
    let made = yearly("2026-01-01", "2027-01-01");
    let at_the_end = Change::Cancel {
        effective: date("2026-05-01"),
        credit_unused: true,
        at: CancelAt::EndOfTerm,
    };
    let (over, delta) = change(&made, at_the_end);
    assert_eq!(delta.value_delta.minor, 0);
    assert_eq!(over.cancelled_from, Some(date("2027-01-01")));
    let (back, _) = change(&over, Change::Uncancel {});
    assert_eq!(
        (back.components, back.cancelled_from),
        (made.components, None)
    );
}

#[test]
fn a_week_begins_on_its_weekday() {
    let sold = NewComponent {
        policy: Policy {
            anchor: CycleAnchor::Weekday(commerce::Weekday::Monday),
            ..Policy::default()
        },
        ..component("seats", "1", flat("7"), Weekly)
    };
    // 1 January 2026 is a Thursday.
    let made = contract("EUR", "2026-01-01", "2026-01-15", &[sold]);
    let mut account = Account::default();
    assert_eq!(
        table(&account.bill(&made, "2026-01-12")),
        [
            "2026-01-01 to 2026-01-04 | 4.00 EUR | 7.00 × 4/7",
            "2026-01-05 to 2026-01-11 | 7.00 EUR | 7.00",
            "2026-01-12 to 2026-01-14 | 3.00 EUR | 7.00 × 3/7",
        ]
    );
}
