//! Figures worked out by hand: months of 28 to 31 days, leap years, clocks that change, and every way
//! of counting days.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

#[path = "../support/mod.rs"]
mod support;

mod inclusive;
mod limits;

use billing::next_due;
use commerce::{
    BillingFrequency::{self, *},
    Change, Contract, CycleAnchor, DayCount, Discount, FirstPart, NewComponent, Phase, PhaseStep,
    Policy, RampStep, Reduction, RenewalMode, RenewalPrice, RenewalTerms, Timing, amend, coverage,
    renewal, renewed_through, total_value, window_at,
};
use support::{Account, cancel, change, component, contract, date, flat, nets, per_unit, table};
use values::{Instant, Rate};

fn ways() -> Vec<(&'static str, DayCount)> {
    vec![
        ("actual", DayCount::ActualOverPeriod),
        ("30 days", DayCount::FixedDays(30.try_into().unwrap())),
        ("actual/360", DayCount::Actual360),
        ("30/360", DayCount::Thirty360),
        ("seconds", DayCount::Seconds),
        ("inclusive", DayCount::InclusiveDays),
        ("month first", DayCount::MonthFirst),
        ("none", DayCount::None),
    ]
}

fn sold(proration: DayCount, amount: &str, billing: BillingFrequency) -> NewComponent {
    NewComponent {
        policy: Policy {
            proration,
            zone: Some("Europe/Berlin".parse().unwrap()),
            ..Policy::default()
        },
        ..component("seats", "1", flat(amount), billing)
    }
}

/// What 1,000.00 a period costs from one day to before another, by each way of counting.
fn priced(billing: BillingFrequency, anchor: i8, from: &str, until: &str) -> Vec<String> {
    let price = |(name, way): (&str, DayCount)| {
        let mut made = contract("EUR", from, until, &[sold(way, "1000", billing)]);
        made.billing_anchor_day = commerce::AnchorDay::try_from(anchor).unwrap();
        format!("{name} {}", total_value(&made).unwrap().decimal())
    };
    ways().into_iter().map(price).collect()
}

#[test]
fn half_of_april() {
    assert_eq!(
        priced(Monthly, 1, "2026-04-01", "2026-04-16"),
        [
            "actual 500.00",
            "30 days 500.00",
            "actual/360 500.00",
            "30/360 500.00",
            "seconds 500.00",
            "inclusive 500.00",
            "month first 500.00",
            "none 1000.00",
        ]
    );
}

#[test]
fn ten_days_of_february_in_a_common_year_and_in_a_leap_year() {
    assert_eq!(
        priced(Monthly, 1, "2026-02-01", "2026-02-11"),
        [
            "actual 357.14",
            "30 days 333.33",
            "actual/360 333.33",
            "30/360 333.33",
            "seconds 357.14",
            "inclusive 357.14",
            "month first 357.14",
            "none 1000.00",
        ]
    );
    assert_eq!(
        priced(Monthly, 1, "2024-02-01", "2024-02-11"),
        [
            "actual 344.83",
            "30 days 333.33",
            "actual/360 333.33",
            "30/360 333.33",
            "seconds 344.83",
            "inclusive 344.83",
            "month first 344.83",
            "none 1000.00",
        ]
    );
}

#[test]
fn the_last_day_of_months_of_28_to_31_days() {
    let last = |from: &str, until: &str| priced(Monthly, 1, from, until);
    assert_eq!(
        last("2026-02-28", "2026-03-01"),
        [
            "actual 35.71",
            "30 days 100.00",
            "actual/360 33.33",
            "30/360 100.00",
            "seconds 35.71",
            "inclusive 35.71",
            "month first 35.71",
            "none 1000.00",
        ]
    );
    assert_eq!(
        last("2026-04-30", "2026-05-01"),
        [
            "actual 33.33",
            "30 days 33.33",
            "actual/360 33.33",
            "30/360 33.33",
            "seconds 33.33",
            "inclusive 33.33",
            "month first 33.33",
            "none 1000.00",
        ]
    );
    assert_eq!(
        last("2026-01-31", "2026-02-01"),
        [
            "actual 32.26",
            "30 days 0.00",
            "actual/360 33.33",
            "30/360 0.00",
            "seconds 32.26",
            "inclusive 32.26",
            "month first 32.26",
            "none 1000.00",
        ]
    );
}

#[test]
fn march_with_its_short_day() {
    // From the 16th, in Berlin: 16 days of which the 29th has 23 hours, of 743 hours.
    let prices = priced(Monthly, 1, "2026-03-16", "2026-04-01");
    assert_eq!(prices[4], "seconds 515.48");
    assert_eq!(prices[0], "actual 516.13");
}

#[test]
fn three_months_and_ten_days_of_a_year() {
    assert_eq!(
        priced(Annual, 1, "2026-01-01", "2026-04-11"),
        [
            "actual 273.97",
            "30 days 277.78",
            "actual/360 277.78",
            "30/360 277.78",
            "seconds 273.86",
            "inclusive 273.97",
            "month first 277.78",
            "none 1000.00",
        ]
    );
    assert_eq!(
        priced(Annual, 1, "2024-01-01", "2024-04-11"),
        [
            "actual 275.96",
            "30 days 280.56",
            "actual/360 280.56",
            "30/360 277.78",
            "seconds 275.84",
            "inclusive 275.96",
            "month first 277.78",
            "none 1000.00",
        ]
    );
}

#[test]
fn a_whole_period_costs_its_price_wherever_it_lies() {
    for (name, way) in ways() {
        if way == DayCount::Actual360 {
            continue;
        }
        for anchor in [1, 15, 28, 29, 30, 31] {
            for month in 0..24 {
                let from = values::anchored_month(date("2023-11-01"), month, anchor);
                let until = values::anchored_month(date("2023-11-01"), month + 1, anchor);
                let (from, until) = (from.to_string(), until.to_string());
                let mut made = contract("EUR", &from, &until, &[sold(way, "1000", Monthly)]);
                made.billing_anchor_day = commerce::AnchorDay::try_from(anchor).unwrap();
                let value = total_value(&made).unwrap().minor;
                assert_eq!(value, 100_000, "{name} from {from} on day {anchor}");
            }
        }
    }
}

#[test]
fn the_first_part_is_a_share_of_the_cycle_or_of_a_period_from_the_start() {
    let priced = |first_part| {
        let new = NewComponent {
            policy: Policy {
                first_part,
                ..Policy::default()
            },
            ..component("seats", "1", flat("280"), Monthly)
        };
        let mut made = contract("EUR", "2026-02-20", "2026-04-01", &[new]);
        made.billing_anchor_day = commerce::AnchorDay::try_from(1).unwrap();
        let mut account = Account::default();
        nets(&account.bill(&made, "2026-03-01"))
    };
    assert_eq!(priced(FirstPart::OfTheCycle), [9_000, 28_000]);
    // From 20 February to 20 March are 28 days too; from 20 January they are 31.
    assert_eq!(priced(FirstPart::FromTheStart), [9_000, 28_000]);
    let from_january = |first_part| {
        let new = NewComponent {
            policy: Policy {
                first_part,
                ..Policy::default()
            },
            ..component("seats", "1", flat("868"), Monthly)
        };
        let mut made = contract("EUR", "2026-01-31", "2026-03-15", &[new]);
        made.billing_anchor_day = commerce::AnchorDay::try_from(15).unwrap();
        let mut account = Account::default();
        nets(&account.bill(&made, "2026-02-15"))
    };
    // 15 of the 31 days from 15 January, or of the 28 from 31 January.
    assert_eq!(from_january(FirstPart::OfTheCycle), [42_000, 86_800]);
    assert_eq!(from_january(FirstPart::FromTheStart), [46_500, 86_800]);
}

#[test]
fn anchors_say_where_periods_begin() {
    let begun = |anchor, billing| {
        let new = NewComponent {
            policy: Policy {
                anchor,
                ..Policy::default()
            },
            ..component("seats", "1", flat("1"), billing)
        };
        let made = contract(
            "EUR",
            "2026-01-20",
            "2027-01-20",
            std::slice::from_ref(&new),
        );
        let add = Change::AddComponent {
            component: NewComponent {
                id: "later".parse().unwrap(),
                ..new
            },
            effective: date("2026-05-08"),
        };
        let (made, _) = change(&made, add);
        let window = window_at(&made, &made.components[1], date("2026-06-01")).unwrap();
        window.period.from().to_string()
    };
    assert_eq!(begun(CycleAnchor::Contract, Monthly), "2026-05-20");
    assert_eq!(begun(CycleAnchor::Contract, Quarterly), "2026-04-20");
    assert_eq!(begun(CycleAnchor::Anniversary, Quarterly), "2026-05-08");
    assert_eq!(begun(CycleAnchor::Calendar, Quarterly), "2026-04-01");
    assert_eq!(begun(CycleAnchor::Calendar, Annual), "2026-01-01");
    assert_eq!(begun(CycleAnchor::Calendar, Weekly), "2026-06-01");
    let third = commerce::AnchorDay::try_from(3).unwrap();
    assert_eq!(begun(CycleAnchor::Day(third), Monthly), "2026-05-03");
}

#[test]
fn what_runs_is_billed_with_what_has_ended_where_that_is_agreed() {
    let new = NewComponent {
        timing: Timing::ArrearsWithRunning,
        ..component("seats", "1", flat("30"), Monthly)
    };
    let made = contract("EUR", "2026-04-01", "2026-07-01", &[new]);
    let mut account = Account::default();
    assert_eq!(
        table(&account.bill(&made, "2026-04-10")),
        ["2026-04-01 to 2026-04-10 | 10.00 EUR | 30.00 × 10/30"]
    );
    assert_eq!(account.bill(&made, "2026-04-10"), []);
    assert_eq!(
        account.bill(&made, "2026-04-05"),
        [],
        "an earlier run takes nothing back"
    );
    assert_eq!(nets(&account.bill(&made, "2026-04-30")), [2_000]);
    assert_eq!(
        next_due(&made, date("2026-04-30")),
        Some(date("2026-05-31"))
    );
}

#[test]
fn discounts_stack_in_their_order_and_stop_at_their_cap() {
    let made = contract(
        "EUR",
        "2026-01-01",
        "2026-07-01",
        &[component("seats", "10", per_unit("100"), Monthly)],
    );
    let discount = |code: &str, off, order| Change::AddDiscount {
        discount: Discount {
            code: code.to_owned(),
            name: String::new(),
            component: None,
            off,
            from: date("2026-02-01"),
            until: None,
            cycles: None,
            limit: None,
            order,
        },
    };
    let percent = |rate: &str, cap: Option<i64>| Reduction::Percent {
        rate: rate.parse().unwrap(),
        cap: cap.map(Into::into),
    };
    let amount = Reduction::Amount { amount: 100.into() };
    let (one, _) = change(&made, discount("HALF", percent("0.5", None), 2));
    let (two, _) = change(&one, discount("HUNDRED", amount, 1));
    let mut account = Account::default();
    let lines = account.bill(&two, "2026-02-01");
    assert_eq!(
        lines[1].arithmetic,
        "10 × 100.00 − 100.00 HUNDRED − 50 % HALF"
    );
    assert_eq!(nets(&lines), [100_000, 45_000]);
    let (three, _) = change(&two, discount("CAPPED", percent("0.1", Some(20)), 3));
    let lines = account.bill(&three, "2026-02-01");
    assert_eq!(nets(&lines), [-45_000, 43_000]);
    assert_eq!(
        lines[1].arithmetic,
        "10 × 100.00 − 100.00 HUNDRED − 50 % HALF − 10 % CAPPED, at most 20.00"
    );
    let (over, _) = change(
        &three,
        Change::EndDiscount {
            code: "HUNDRED".to_owned(),
            effective: date("2026-03-01"),
        },
    );
    assert_eq!(nets(&account.bill(&over, "2026-03-01")), [48_000]);
    let refused = amend(
        &over,
        &commerce::Amendment {
            change: discount("HALF", percent("0.5", None), 0),
            reason: String::new(),
        },
        Instant::default(),
    );
    assert_eq!(refused.unwrap_err().code(), "duplicate_discount");
}

#[test]
fn a_trial_then_a_reduced_price_then_the_list_price() {
    let made = contract(
        "EUR",
        "2026-01-01",
        "2027-01-01",
        &[component("seats", "2", per_unit("50"), Monthly)],
    );
    let phases = vec![
        PhaseStep {
            phase: Phase::Trial,
            months: None,
            days: Some(14.try_into().unwrap()),
            charge: None,
            off: None,
        },
        PhaseStep {
            phase: Phase::Discount,
            months: Some(2.try_into().unwrap()),
            days: None,
            charge: None,
            off: Some("0.5".parse().unwrap()),
        },
        PhaseStep {
            phase: Phase::Evergreen,
            months: None,
            days: None,
            charge: None,
            off: None,
        },
    ];
    let change_to = Change::SetPhases {
        component: "seats".parse().unwrap(),
        effective: date("2026-01-01"),
        phases,
    };
    let (phased, _) = change(&made, change_to.clone());
    let mut account = Account::default();
    assert_eq!(account.bill(&phased, "2026-01-14"), []);
    assert_eq!(
        table(&account.bill(&phased, "2026-04-01")),
        [
            "2026-01-15 to 2026-01-31 | 27.42 EUR | (2 × 50.00 − 50 % introductory price) × 17/31",
            "2026-02-01 to 2026-02-28 | 50.00 EUR | 2 × 50.00 − 50 % introductory price",
            "2026-03-01 to 2026-03-14 | 22.58 EUR | (2 × 50.00 − 50 % introductory price) × 14/31",
            "2026-03-15 to 2026-03-31 | 54.84 EUR | 2 × 50.00 × 17/31",
            "2026-04-01 to 2026-04-30 | 100.00 EUR | 2 × 50.00",
        ]
    );
    let (again, delta) = change(&phased, change_to);
    assert_eq!(
        delta.value_delta.minor, 0,
        "stating the same phases again changes nothing"
    );
    assert_eq!(again.discounts, phased.discounts);
}

#[test]
fn a_ramp_is_one_amendment() {
    let made = contract(
        "EUR",
        "2026-01-01",
        "2029-01-01",
        &[component("seats", "10", per_unit("1200"), Annual)],
    );
    let step = |day: &str, quantity: i64, price: &str| RampStep {
        effective: date(day),
        quantity: Some(quantity.into()),
        charge: Some(per_unit(price)),
    };
    let ramp = Change::Ramp {
        component: "seats".parse().unwrap(),
        steps: vec![
            step("2027-01-01", 20, "1100"),
            step("2028-01-01", 40, "1000"),
        ],
    };
    let (ramped, delta) = change(&made, ramp);
    assert_eq!(delta.value_after.minor, 100 * (12_000 + 22_000 + 40_000));
    assert_eq!(ramped.version(), 1);
    let mut account = Account::default();
    assert_eq!(
        nets(&account.bill(&ramped, "2028-01-01")),
        [1_200_000, 2_200_000, 4_000_000]
    );
}

fn renewing(price: RenewalPrice, mode: RenewalMode, notice_days: u16) -> Contract {
    let new = component("seats", "10", per_unit("1200"), Annual);
    let mut made = contract("EUR", "2024-02-29", "2025-02-28", &[new]);
    made.renewal = Some(RenewalTerms {
        mode,
        months: 12.try_into().unwrap(),
        notice_days,
        price,
    });
    made
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

#[test]
fn a_term_renews_at_its_price_with_a_capped_uplift_and_returns_to_its_day() {
    let uplift = RenewalPrice::Uplift {
        rate: rate("0.08"),
        cap: Some(rate("0.05")),
    };
    let made = renewing(uplift, RenewalMode::Automatic, 30);
    assert_eq!(made.renewal_day(), Some(date("2025-01-29")));
    assert_eq!(made.renewal_due(date("2025-01-28")), None);
    assert_eq!(
        made.renewal_due(date("2025-01-29")),
        Some(date("2026-02-28"))
    );
    let later =
        renewed_through(&made, date("2027-12-31"), Instant::default(), |_, _| None).unwrap();
    let begun: Vec<String> = later.renewed_on.iter().map(ToString::to_string).collect();
    assert_eq!(begun, ["2025-02-28", "2026-02-28", "2027-02-28"]);
    assert_eq!(later.term.until(), date("2028-02-29"));
    let mut account = Account::default();
    assert_eq!(
        nets(&account.bill(&later, "2027-12-31")),
        [1_200_000, 1_260_000, 1_323_000, 1_389_150]
    );
}

#[test]
fn a_term_renews_by_itself_only_where_that_is_agreed_and_it_was_not_cancelled() {
    let by_notice = renewing(RenewalPrice::Same, RenewalMode::ByNotice, 30);
    assert_eq!(by_notice.renewal_due(date("2030-01-01")), None);
    let until = by_notice.term_after(12.try_into().unwrap());
    let list = |_: &commerce::Component, _| Some(per_unit("1500"));
    let (renewed, delta) = change(
        &by_notice,
        renewal(&by_notice, until, RenewalPrice::List, list),
    );
    assert_eq!(delta.value_delta.minor, 1_500_000);
    assert_eq!(renewed.current_term_from(), date("2025-02-28"));
    let automatic = renewing(RenewalPrice::Same, RenewalMode::Automatic, 0);
    let (over, _) = change(&automatic, cancel("2024-08-01", true));
    assert_eq!(over.renewal_due(date("2030-01-01")), None);
}

#[test]
fn an_evergreen_contract_ends_with_its_billing_period_and_is_bounded_by_the_day_asked_for() {
    let made = {
        let mut made = renewing(RenewalPrice::Same, RenewalMode::Evergreen, 0);
        made.components[0].billing = Monthly;
        made
    };
    let on = date("2034-03-10");
    let later = renewed_through(&made, on, Instant::default(), |_, _| None).unwrap();
    assert!(later.term.contains(on));
    assert!(later.term.until() <= date("2035-02-28"));
    let parts = coverage(&later, &later.components[0]).unwrap();
    assert_eq!(parts.len(), 132);
    let end = Change::Cancel {
        effective: on,
        credit_unused: true,
        at: commerce::CancelAt::EndOfTerm,
    };
    let (over, _) = change(&later, end);
    assert_eq!(over.cancelled_from, Some(date("2034-03-29")));
}

#[test]
fn ends_are_aligned_to_another() {
    let made = contract(
        "EUR",
        "2026-01-01",
        "2027-01-01",
        &[
            component("seats", "1", flat("365"), Annual),
            component("more", "1", flat("365"), Annual),
        ],
    );
    let align = |component: Option<&str>, until: &str| Change::CoTerm {
        component: component.map(|id| id.parse().unwrap()),
        until: date(until),
    };
    let (one, delta) = change(&made, align(Some("more"), "2026-07-01"));
    assert_eq!(delta.value_delta.minor, -18_400);
    let (all, delta) = change(&one, align(None, "2026-10-01"));
    assert_eq!(delta.value_delta.minor, -9_200);
    assert_eq!(all.term.until(), date("2026-10-01"));
    let (longer, delta) = change(&all, align(None, "2027-01-01"));
    assert_eq!(delta.value_delta.minor, 9_200);
    assert_eq!(longer.components[1].until, date("2026-07-01"));
    let beyond = amend(
        &made,
        &commerce::Amendment {
            change: align(Some("more"), "2027-02-01"),
            reason: String::new(),
        },
        Instant::default(),
    );
    assert_eq!(beyond.unwrap_err().code(), "effective_date_outside_service");
}

#[test]
fn a_capped_discount_or_an_amount_is_taken_off_once_when_seats_are_added() {
    let offs = [
        Reduction::Percent {
            rate: rate("0.5"),
            cap: Some(100.into()),
        },
        Reduction::Amount { amount: 100.into() },
    ];
    for off in offs {
        let new = component("seats", "10", per_unit("100"), Monthly);
        let made = contract("EUR", "2026-04-01", "2026-05-01", &[new]);
        let discount = Discount {
            code: "CAPPED".to_owned(),
            name: String::new(),
            component: Some("seats".parse().unwrap()),
            off,
            from: date("2026-04-01"),
            until: None,
            cycles: None,
            limit: None,
            order: 0,
        };
        let (made, _) = change(&made, Change::AddDiscount { discount });
        let mut account = Account::default();
        assert_eq!(nets(&account.bill(&made, "2026-04-01")), [90_000]);
        let (more, _) = change(&made, support::quantity("seats", "20", "2026-04-16"));
        assert_eq!(nets(&account.bill(&more, "2026-04-16")), [-45_000, 95_000]);
    }
}
