//! Amendments change a contract by effective date, and refuse what makes no sense.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use commerce::{
    Amendment, AnchorDay, BillingFrequency, CancelAt, Change, Charge, Contract, ContractRefusal,
    ContractStatus, DayCount, DayWeights, NewComponent, Pattern, Phase, PhaseStep, Policy, Timing,
    VersionKind, amend, coverage, total_value, undo, windows,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::num::NonZeroU16;
use values::{Date, Instant, Period, Quantity, days_between, parse_date};

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn sold(id: &str, billing: BillingFrequency) -> NewComponent {
    NewComponent {
        id: id.parse().unwrap(),
        product: "SEAT".parse().unwrap(),
        description: "Seats".to_owned(),
        tax_code: "saas".to_owned(),
        revenue_account_class: "subscription".to_owned(),
        billing,
        timing: Timing::Advance,
        policy: Policy::default(),
        recognition: Pattern::StraightLineDaily,
        quantity: 10.into(),
        charge: Charge::PerUnit {
            unit_price: 100.into(),
        },
        measure: None,
    }
}

fn contract_over(term: Period, sold: &[NewComponent]) -> Contract {
    Contract {
        id: "C1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        entity: "DE".parse().unwrap(),
        currency: values::Currency::EUR,
        term,
        signed_term: term,
        billing_anchor_day: AnchorDay::of(term.from()),
        components: sold.iter().map(|new| new.over(term).unwrap()).collect(),
        versions: Vec::new(),
        refs: Vec::new(),
        status: ContractStatus::Active,
        cancelled_from: None,
        ended_by_cancellation: Vec::new(),
        discounts: Vec::new(),
        renewal: None,
        renewed_on: Vec::new(),
        inclusive_prices: Vec::new(),
        partner: None,
    }
}

fn contract() -> Contract {
    let term = Period::new(date("2026-01-01"), date("2027-01-01")).unwrap();
    let sold = [
        sold("seats", BillingFrequency::Monthly),
        sold("setup", BillingFrequency::OneOff),
    ];
    contract_over(term, &sold)
}

fn change(contract: &Contract, change: Change) -> Result<Contract, ContractRefusal> {
    let amendment = Amendment {
        change,
        reason: "asked for".to_owned(),
    };
    amend(contract, &amendment, Instant::default()).map(|(next, _)| next)
}

fn quantity(component: &str, quantity: i64, effective: &str) -> Change {
    Change::ChangeQuantity {
        component: component.parse().unwrap(),
        quantity: Quantity::from(quantity),
        effective: date(effective),
    }
}

fn spans(contract: &Contract) -> Vec<String> {
    let spans = contract.components[0].spans();
    spans
        .iter()
        .map(|span| format!("{}: {}", span.period, span.quantity))
        .collect()
}

#[test]
fn a_quantity_holds_until_the_next_stated_one() {
    let one = change(&contract(), quantity("seats", 30, "2026-04-01")).unwrap();
    let both = change(&one, quantity("seats", 20, "2026-02-01")).unwrap();
    assert_eq!(
        spans(&both),
        [
            "2026-01-01 to 2026-01-31: 10",
            "2026-02-01 to 2026-03-31: 20",
            "2026-04-01 to 2026-12-31: 30"
        ]
    );
    assert_eq!(both.status, ContractStatus::Amended);
    assert_eq!(
        both.versions
            .iter()
            .map(|note| note.version)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn stating_what_holds_already_changes_no_span() {
    let same = change(&contract(), quantity("seats", 10, "2026-04-01")).unwrap();
    assert_eq!(spans(&same), ["2026-01-01 to 2026-12-31: 10"]);
}

#[test]
fn each_refusal_says_what_to_do() {
    let refused = |asked: Change| {
        let refusal = change(&contract(), asked).unwrap_err();
        format!("{}: {refusal}", refusal.code())
    };
    assert_eq!(
        refused(quantity("seat", 5, "2026-04-01")),
        "unknown_component: contract C1 has no component seat; name one of: seats, setup"
    );
    assert_eq!(
        refused(quantity("seats", 0, "2026-04-01")),
        "quantity_not_positive: quantity 0 of component seats is not above zero; to end it, remove it"
    );
    assert_eq!(
        refused(quantity("seats", 5, "2027-01-01")),
        "effective_date_outside_service: effective 2027-01-01 lies outside component seats, \
         which runs from 2026-01-01 until before 2027-01-01"
    );
    assert_eq!(
        refused(quantity("setup", 5, "2026-04-01")),
        "charged_once: component setup is charged once on 2026-01-01; change it from that day or add another"
    );
    assert_eq!(
        refused(Change::Extend {
            until: date("2026-06-01")
        }),
        "extension_not_later: the term ends on 2026-12-31; to extend it, give a later last day than 2026-05-31"
    );
    assert_eq!(
        refused(Change::Cancel {
            effective: date("2025-12-31"),
            credit_unused: true,
            at: CancelAt::OnDate,
        }),
        "effective_date_outside_service: effective 2025-12-31 lies outside the term of contract C1, \
         which runs from 2026-01-01 until before 2027-01-01"
    );
    let twice = Change::AddComponent {
        component: sold("seats", BillingFrequency::Monthly),
        effective: date("2026-02-01"),
    };
    assert!(refused(twice).starts_with("duplicate_component"));
    let negative = Change::ChangePrice {
        component: "seats".parse().unwrap(),
        charge: Charge::Flat {
            amount: "-5".parse().unwrap(),
        },
        effective: date("2026-02-01"),
    };
    assert!(refused(negative).starts_with("negative_price"));
}

#[test]
fn what_has_ended_is_not_amended() {
    let cancel = |credit_unused| Change::Cancel {
        effective: date("2026-03-15"),
        credit_unused,
        at: CancelAt::OnDate,
    };
    let over = change(&contract(), cancel(true)).unwrap();
    assert_eq!(
        (over.status, over.cancelled_from),
        (ContractStatus::Cancelled, Some(date("2026-03-15")))
    );
    let refusal = change(&over, quantity("seats", 5, "2026-02-01")).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "a contract that is cancelled cannot become amended"
    );
    let early = contract()
        .expire(date("2026-12-31"), Instant::default())
        .unwrap_err();
    assert_eq!(early.code(), "term_not_expired");
    let expired = contract()
        .expire(date("2027-01-01"), Instant::default())
        .unwrap();
    assert_eq!(expired.status, ContractStatus::Expired);
    assert!(expired.status.to(ContractStatus::Active).is_err());
}

#[test]
fn without_credit_the_period_under_way_stands() {
    let cancel = |effective: &str| {
        let effective = date(effective);
        let over = change(
            &contract(),
            Change::Cancel {
                effective,
                credit_unused: false,
                at: CancelAt::OnDate,
            },
        )
        .unwrap();
        over.components[0].until.to_string()
    };
    assert_eq!(cancel("2026-03-15"), "2026-04-01");
    assert_eq!(cancel("2026-03-01"), "2026-03-01");
    assert_eq!(cancel("2026-01-01"), "2026-01-01");
}

#[test]
fn from_the_start_of_a_period_all_is_given_back_and_nothing_can_be_kept() {
    for (at, from) in [
        (CancelAt::StartOfPeriod, "2026-03-01"),
        (CancelAt::StartOfTerm, "2026-01-01"),
    ] {
        let cancel = |credit_unused| Change::Cancel {
            effective: date("2026-03-15"),
            credit_unused,
            at,
        };
        let over = change(&contract(), cancel(true)).unwrap();
        assert_eq!(over.cancelled_from, Some(date(from)));
        assert_eq!(over.components[0].until, date(from));
        let refusal = change(&contract(), cancel(false)).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            format!(
                "cancelled from {from}, the start of a period or term, nothing of it was used and all of it \
                 is given back; leave credit_unused out, or set at to on_date or end_of_period"
            )
        );
    }
}

#[test]
fn what_was_to_begin_later_never_does() {
    let added = change(
        &contract(),
        Change::AddComponent {
            component: sold("later", BillingFrequency::Monthly),
            effective: date("2026-09-10"),
        },
    )
    .unwrap();
    for credit_unused in [true, false] {
        let over = change(
            &added,
            Change::Cancel {
                effective: date("2026-09-05"),
                credit_unused,
                at: CancelAt::OnDate,
            },
        );
        assert_eq!(over.unwrap().components[2].service(), None);
    }
}

#[test]
fn amendments_are_read_from_the_text_that_users_send() {
    let text = r#"{"change":{"kind":"change_quantity","component":"seats","quantity":25,"effective":"2026-03-31"},"reason":"grew"}"#;
    let amendment: Amendment = serde_json::from_str(text).unwrap();
    assert_eq!(amendment.change, quantity("seats", 25, "2026-03-31"));
    let typo = text.replace("quantity\":25", "quantitty\":25");
    assert!(serde_json::from_str::<Amendment>(&typo).is_err());
    let policy = r#"{"proration":{"fixed_days":30},"version":2}"#;
    let policy: Policy = serde_json::from_str(policy).unwrap();
    assert_eq!(
        policy.proration,
        DayCount::FixedDays(NonZeroU16::new(30).unwrap())
    );
    assert!(
        serde_json::from_str::<Policy>(r#"{"proration":{"fixed_days":0},"version":2}"#).is_err()
    );
    assert!(serde_json::from_str::<AnchorDay>("32").is_err());
}

fn day(offset: u64) -> Date {
    let seconds = std::time::Duration::from_secs(offset * 86_400);
    date("2023-06-01").checked_add(seconds).unwrap()
}

fn frequencies() -> impl Strategy<Value = BillingFrequency> {
    prop::sample::select(vec![
        BillingFrequency::Monthly,
        BillingFrequency::Quarterly,
        BillingFrequency::SemiAnnual,
        BillingFrequency::Annual,
        BillingFrequency::TermUpFront,
    ])
}

/// The same cases in every run.
fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(17),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn windows_adjoin_and_hold_every_day_of_service(
        from in 0_u64..1000, length in 1_u64..2000, anchor in 1_i8..=31, billing in frequencies(),
    ) {
        let term = Period::new(day(from), day(from + length)).unwrap();
        let mut contract = contract_over(term, &[sold("seats", billing)]);
        contract.billing_anchor_day = AnchorDay::try_from(anchor).unwrap();
        let windows = windows(&contract, &contract.components[0]);
        for pair in windows.windows(2) {
            prop_assert_eq!(pair[0].period.until(), pair[1].period.from());
        }
        prop_assert!(windows[0].period.contains(term.from()));
        prop_assert!(windows[windows.len() - 1].period.contains(term.last()));
        let parts = coverage(&contract, &contract.components[0]).unwrap();
        let covered: i64 = parts.iter().map(|part| part.period.days()).sum();
        prop_assert_eq!(covered, term.days());
    }

    #[test]
    fn the_parts_of_a_window_add_up_to_it(
        cut in 0_i64..=28, whole in 0_usize..4, start in 0_u64..800,
    ) {
        let term = Period::new(day(start), day(start + 2000)).unwrap();
        let contract = contract_over(term, &[sold("seats", BillingFrequency::Monthly)]);
        let window = windows(&contract, &contract.components[0])[3];
        let rules = [
            DayCount::ActualOverPeriod,
            DayCount::FixedDays(NonZeroU16::new(30).unwrap()),
            DayCount::Actual360,
            DayCount::None,
        ];
        let policy = Policy { proration: rules[whole], ..Policy::default() };
        let weights = DayWeights::under(&policy, window, window.period.from());
        let middle = window.period.from().checked_add(
            std::time::Duration::from_secs(u64::try_from(cut).unwrap() * 86_400),
        ).unwrap();
        let part = |from, until| Period::new(from, until).map_or(0, |p| weights.between(p));
        let (from, until) = (window.period.from(), window.period.until());
        let sum = part(from, middle) + part(middle, until);
        let actual_360 = rules[whole] == DayCount::Actual360;
        let wanted = if actual_360 { days_between(from, until) } else { weights.denominator() };
        prop_assert_eq!(sum, wanted);
    }

    #[test]
    fn a_whole_number_of_periods_costs_that_many_prices(
        start in 0_u64..1500, periods in 1_i32..24, billing in frequencies(),
    ) {
        let from = day(start);
        let months = billing.months().unwrap_or(1) * periods;
        // The end that returns to the anchor day, as billing periods do.
        let until = values::anchored_month(from, months, from.day());
        let term = Period::new(from, until).unwrap();
        let contract = contract_over(term, &[sold("seats", billing)]);
        let count = if billing.months().is_some() { i64::from(periods) } else { 1 };
        prop_assert_eq!(total_value(&contract).unwrap().minor, 100_000 * count);
    }
}

#[test]
fn what_comes_in_later_goes_through_phases_of_its_own_and_goes_with_them() {
    let term = Period::new(date("2026-01-01"), date("2027-01-01")).unwrap();
    let signed = contract_over(term, &[sold("seats", BillingFrequency::Monthly)]);
    let in_phases = |sale: Change| Change::SoldInPhases {
        sale: Box::new(sale),
        phases: vec![
            PhaseStep {
                phase: Phase::Trial,
                months: NonZeroU16::new(1),
                days: None,
                charge: None,
                off: None,
            },
            PhaseStep {
                phase: Phase::Evergreen,
                months: None,
                days: None,
                charge: None,
                off: None,
            },
        ],
    };
    let added = in_phases(Change::AddComponent {
        component: sold("extra", BillingFrequency::Monthly),
        effective: date("2026-03-01"),
    });
    let amended = |contract: &Contract, change: Change| {
        let reason = "asked for".to_owned();
        amend(contract, &Amendment { change, reason }, Instant::default())
    };
    let (grown, delta) = amended(&signed, added.clone()).unwrap();
    assert_eq!(delta.kind, VersionKind::ComponentAdded);
    // Ten months of service, the first of them free.
    assert_eq!(delta.value_delta.minor, 9 * 100_000);
    let swapped = in_phases(Change::Swap {
        component: "seats".parse().unwrap(),
        replacement: Box::new(sold("desks", BillingFrequency::Monthly)),
        effective: date("2026-07-01"),
    });
    let (next, delta) = amended(&grown, swapped).unwrap();
    assert_eq!(delta.kind, VersionKind::Swapped);
    assert_eq!(delta.value_delta.minor, -100_000);
    // What cannot have phases is refused whole.
    let nothing = Change::SoldInPhases {
        sale: Box::new(Change::ChangeQuantity {
            component: "seats".parse().unwrap(),
            quantity: 2.into(),
            effective: date("2026-03-01"),
        }),
        phases: Vec::new(),
    };
    assert_eq!(amended(&signed, nothing).unwrap_err().code(), "bad_step");
    // Undoing the swap, which was the second amendment, takes the component with its phases.
    let value = total_value(&grown).unwrap();
    let (back, _) = undo(&[signed, grown, next], 2, "a mistake", Instant::default()).unwrap();
    assert_eq!(total_value(&back).unwrap(), value);
}
