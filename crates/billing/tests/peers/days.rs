//! Bugs of time zones and of clocks that go forward and back, each in the circumstances in which it was
//! reported.

use crate::support::{Account, change, component, contract, date, flat, nets, per_unit, table};
use billing::next_due;
use commerce::{
    AnchorDay, BillingFrequency::*, CancelAt, Change, DayCount, Measure, NewComponent, Phase,
    PhaseStep, Policy, Timing, coverage,
};
use std::num::NonZeroU16;
use values::{Date, Instant, Zone};

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Seconds are counted between the midnights of the zone.
fn counted_in(zone: &Zone) -> Policy {
    Policy {
        proration: DayCount::Seconds,
        zone: Some(zone.clone()),
        ..Policy::default()
    }
}

fn phases(component: &str, effective: &str, first: PhaseStep) -> Change {
    let evergreen = PhaseStep {
        phase: Phase::Evergreen,
        months: None,
        days: None,
        charge: None,
        off: None,
    };
    Change::SetPhases {
        component: component.parse().unwrap(),
        effective: date(effective),
        phases: vec![first, evergreen],
    }
}

#[test]
fn killbill_743_a_trial_of_30_days_begun_in_the_last_hour_makes_a_cycle_day_of_31() {
    let zone = zone("America/Los_Angeles");
    for time in ["07:00:00", "07:30:00", "07:59:59"] {
        let signed = instant(&format!("2017-03-02T{time}Z"));
        // Thirty times 24 hours later it is April there: an hour was lost on 12 March.
        let by_hours = zone.date_at(signed.plus_seconds(30 * 86_400));
        assert_eq!(by_hours, date("2017-04-01"));
        let begins = zone.date_at(signed).to_string();
        let sold = NewComponent {
            policy: counted_in(&zone),
            ..component("seats", "1", flat("31"), Monthly)
        };
        let made = contract("USD", &begins, "2018-03-01", &[sold]);
        let trial = PhaseStep {
            phase: Phase::Trial,
            months: None,
            days: NonZeroU16::new(30),
            charge: None,
            off: None,
        };
        let (mut made, _) = change(&made, phases("seats", &begins, trial));
        let paid = coverage(&made, &made.components[0]).unwrap()[0]
            .period
            .from();
        made.billing_anchor_day = AnchorDay::of(paid);
        assert_eq!(made.billing_anchor_day.day(), 31, "{time}");
        let mut account = Account::default();
        assert_eq!(account.bill(&made, "2017-03-30"), []);
        assert_eq!(
            table(&account.bill(&made, "2017-05-31")),
            [
                "2017-03-31 to 2017-04-29 | 31.00 USD | 31.00",
                "2017-04-30 to 2017-05-30 | 31.00 USD | 31.00",
                "2017-05-31 to 2017-06-29 | 31.00 USD | 31.00",
            ]
        );
    }
}

#[test]
fn killbill_139_a_cancellation_at_the_end_of_the_term_late_in_the_evening_gives_no_day_back() {
    let zone = zone("America/Los_Angeles");
    let begins = zone.date_at(instant("2013-01-20T07:30:42Z")).to_string();
    assert_eq!(begins, "2013-01-19");
    let asked = zone.date_at(instant("2013-12-05T07:30:42Z"));
    assert_eq!(asked, date("2013-12-04"));
    // The year under way ends with its billing period where more was agreed, and with the term where not.
    for (until, at) in [
        ("2015-01-19", CancelAt::EndOfPeriod),
        ("2014-01-19", CancelAt::EndOfTerm),
    ] {
        let sold = NewComponent {
            policy: counted_in(&zone),
            ..component("plus", "1", flat("239.90"), Annual)
        };
        let made = contract("USD", &begins, until, &[sold]);
        let mut account = Account::default();
        assert_eq!(
            table(&account.bill(&made, &begins)),
            ["2013-01-19 to 2014-01-18 | 239.90 USD | 239.90"]
        );
        let cancel = Change::Cancel {
            effective: asked,
            credit_unused: true,
            at,
        };
        let (over, _) = change(&made, cancel);
        assert_eq!(over.cancelled_from, Some(date("2014-01-19")));
        for day in ["2013-12-04", "2014-01-18", "2014-01-19", "2015-01-19"] {
            assert_eq!(account.bill(&over, day), [], "{day}");
        }
        assert_eq!(account.net(), 23_990);
    }
}

#[test]
fn killbill_1923_a_discount_of_three_months_west_of_utc_ends_on_the_cycle_day() {
    let zone = zone("America/New_York");
    let begins = zone.date_at(instant("2023-03-01T03:47:56Z")).to_string();
    assert_eq!(begins, "2023-02-28");
    let sold = NewComponent {
        policy: counted_in(&zone),
        ..component("plan", "1", flat("30"), Monthly)
    };
    let made = contract("USD", &begins, "2024-02-28", &[sold]);
    let discount = PhaseStep {
        phase: Phase::Discount,
        months: NonZeroU16::new(3),
        days: None,
        charge: None,
        off: Some("0.5".parse().unwrap()),
    };
    let (made, _) = change(&made, phases("plan", &begins, discount));
    let mut account = Account::default();
    let mut billed = Vec::new();
    for day in ["2023-02-28", "2023-03-28", "2023-04-28", "2023-05-28"] {
        billed.extend(table(&account.bill(&made, day)));
    }
    assert_eq!(
        billed,
        [
            "2023-02-28 to 2023-03-27 | 15.00 USD | 30.00 − 50 % introductory price",
            "2023-03-28 to 2023-04-27 | 15.00 USD | 30.00 − 50 % introductory price",
            "2023-04-28 to 2023-05-27 | 15.00 USD | 30.00 − 50 % introductory price",
            "2023-05-28 to 2023-06-27 | 30.00 USD | 30.00",
        ]
    );
    assert_eq!(account.bill(&made, "2023-06-01"), []);
}

/// The days on which something comes due, at most `most` of them.
fn due(contract: &commerce::Contract, most: usize) -> Vec<Date> {
    let eve = contract.term.from().yesterday().unwrap();
    let later = |day: &Date| next_due(contract, *day);
    std::iter::successors(next_due(contract, eve), later)
        .take(most)
        .collect()
}

#[test]
fn killbill_445_use_and_arrears_in_juneau_come_due_once_a_month_though_clocks_go_back() {
    let zone = zone("America/Juneau");
    let begins = zone.date_at(instant("2015-10-01T08:09:02Z")).to_string();
    assert_eq!(begins, "2015-10-01");
    let arrears = NewComponent {
        timing: Timing::Arrears,
        policy: counted_in(&zone),
        ..component("plan", "1", per_unit("100"), Monthly)
    };
    let metered = NewComponent {
        measure: Some(Measure::Meter {
            meter: "bullets".parse().unwrap(),
            only: Default::default(),
        }),
        ..arrears.clone()
    };
    let ends: Vec<Date> = [
        "2015-10-31",
        "2015-11-30",
        "2015-12-31",
        "2016-01-31",
        "2016-02-29",
        "2016-03-31",
    ]
    .map(date)
    .to_vec();
    for sold in [arrears.clone(), metered] {
        // One day more than there is would be seen: it ends by itself.
        let made = contract("USD", &begins, "2016-04-01", &[sold]);
        assert_eq!(due(&made, 7), ends);
    }
    // The same instant of each month: after the clocks went back it is still the day before.
    let made = contract("USD", &begins, "2016-04-01", &[arrears]);
    let mut account = Account::default();
    for (wakes, local) in [
        ("2015-11-01T08:09:02Z", "2015-11-01"),
        ("2015-12-01T08:09:02Z", "2015-11-30"),
        ("2016-01-01T08:09:02Z", "2015-12-31"),
    ] {
        let today = zone.date_at(instant(wakes));
        assert_eq!(today, date(local));
        assert_eq!(nets(&account.bill_through(&made, today)), [10_000]);
        assert_eq!(account.bill_through(&made, today), []);
        let next = next_due(&made, today).unwrap();
        assert!(next > today, "{next} is not after {today}");
    }
}
