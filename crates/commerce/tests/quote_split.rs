//! What a quote gives away does not depend on how its lines are cut: a line parted in two, or set off
//! against one that is dearer than list, needs no less approval.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use commerce::{
    AnchorDay, BillingFrequency, Change, Charge, Contract, ContractStatus, Discount, NewComponent,
    Pattern, Policy, QuoteFigures, Reduction, Timing, VersionKind, VersionNote, agree,
    quote_figures,
};
use proptest::prelude::*;
use values::{Date, Decimal, Instant, Period, Rate, UnitPrice, parse_date};

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

/// A line: how many, at what list price and at what price it is quoted, in minor units.
#[derive(Debug, Clone, Copy)]
struct Line {
    quantity: i64,
    list: i64,
    quoted: i64,
}

fn sold(number: usize, quantity: i64, minor: i64) -> NewComponent {
    NewComponent {
        id: format!("line-{number}").parse().unwrap(),
        product: "SEAT".parse().unwrap(),
        description: "Seats".to_owned(),
        tax_code: "saas".to_owned(),
        revenue_account_class: "subscription".to_owned(),
        billing: BillingFrequency::Monthly,
        timing: Timing::Advance,
        policy: Policy::default(),
        recognition: Pattern::StraightLineDaily,
        quantity: quantity.into(),
        charge: Charge::PerUnit {
            unit_price: UnitPrice::new(Decimal::new(minor, 2)),
        },
        measure: None,
    }
}

fn contract(lines: impl Iterator<Item = (i64, i64)>) -> Contract {
    let term = Period::new(date("2026-01-01"), date("2027-01-01")).unwrap();
    Contract {
        id: "C1".parse().unwrap(),
        customer: "acme".parse().unwrap(),
        entity: "DE".parse().unwrap(),
        currency: values::Currency::EUR,
        term,
        signed_term: term,
        billing_anchor_day: AnchorDay::of(term.from()),
        components: lines
            .enumerate()
            .map(|(number, (quantity, price))| sold(number, quantity, price).over(term).unwrap())
            .collect(),
        versions: vec![VersionNote {
            version: 1,
            recorded: Instant::default(),
            effective: term.from(),
            kind: VersionKind::Signed,
            reason: "quoted".to_owned(),
            undoes: None,
        }],
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

/// What a quote of these lines comes to, with a percentage off every line.
fn figures(lines: &[Line], off: Option<Rate>) -> QuoteFigures {
    let list = contract(lines.iter().map(|line| (line.quantity, line.list)));
    let mut quoted = contract(lines.iter().map(|line| (line.quantity, line.quoted)));
    if let Some(rate) = off {
        for (number, component) in quoted.components.clone().into_iter().enumerate() {
            let discount = Discount {
                code: format!("quoted-{number}"),
                name: "Discount".to_owned(),
                component: Some(component.id),
                off: Reduction::Percent { rate, cap: None },
                from: component.from,
                until: None,
                cycles: None,
                limit: None,
                order: 0,
            };
            quoted = agree(&quoted, &Change::AddDiscount { discount }).unwrap();
        }
    }
    let mut alone = quoted.clone();
    alone.components.clear();
    alone.discounts.clear();
    quote_figures(&quoted, &list, &alone).unwrap()
}

fn line() -> impl Strategy<Value = Line> {
    (2_i64..60, 1_i64..20_000, 0_i64..25_000).prop_map(|(quantity, list, quoted)| Line {
        quantity,
        list,
        quoted,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// However a line is parted, and however its parts are priced as long as together they are no
    /// dearer, the discount that the policy measures is never smaller, as an amount or as a part of list.
    #[test]
    fn parting_a_line_never_lowers_what_the_discount_policy_measures(
        lines in proptest::collection::vec(line(), 1..5),
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        first_price in 0_i64..25_000,
    ) {
        let at = which.index(lines.len());
        let whole = lines[at];
        let one = 1 + i64::try_from(cut.index(usize::try_from(whole.quantity - 1).unwrap())).unwrap();
        let other = whole.quantity - one;
        let pays = whole.quantity * whole.quoted;
        let first = first_price.min(pays / one);
        let second = (pays - first * one) / other;
        for (first, second) in [(whole.quoted, whole.quoted), (first, second)] {
            let mut parted = lines.clone();
            parted[at] = Line { quantity: one, quoted: first, ..whole };
            parted.push(Line { quantity: other, quoted: second, ..whole });
            let (before, after) = (figures(&lines, None), figures(&parted, None));
            prop_assert_eq!(before.list, after.list);
            let ((lower, low), (higher, high)) = (before.conceded(), after.conceded());
            prop_assert!(higher.minor >= lower.minor, "{} then {}", lower, higher);
            prop_assert!(high.decimal() >= low.decimal());
        }
    }

    /// What a line is dearer than list is set off against nothing: beside it, another line needs the
    /// same approval as alone.
    #[test]
    fn a_dearer_line_hides_no_discount(
        cheap in line(), dear in line(), above in 0_i64..5_000,
    ) {
        let dear = Line { quoted: dear.list + above, ..dear };
        let (alone, beside) = (figures(&[cheap], None), figures(&[cheap, dear], None));
        prop_assert_eq!(alone.conceded().0, beside.conceded().0);
        let net = beside.list.minor - beside.tcv.minor;
        prop_assert!(beside.conceded().0.minor >= net, "never less than what the whole quote is below list");
    }

    /// A percentage is rounded once a part and billing period, so parting a line with one moves what is
    /// measured by no more than that, and never below what the customer saves.
    #[test]
    fn a_percentage_on_parts_is_what_it_is_on_the_whole_but_for_rounding(
        whole in line(), cut in any::<prop::sample::Index>(), off in 1_i64..101,
    ) {
        let whole = Line { quoted: whole.list, ..whole };
        let one = 1 + i64::try_from(cut.index(usize::try_from(whole.quantity - 1).unwrap())).unwrap();
        let parts = [
            Line { quantity: one, ..whole },
            Line { quantity: whole.quantity - one, ..whole },
        ];
        let rate = Rate::new(Decimal::new(off, 2));
        let (before, after) = (figures(&[whole], Some(rate)), figures(&parts, Some(rate)));
        let moved = (before.conceded().0.minor - after.conceded().0.minor).abs();
        prop_assert!(moved <= 2 * 12, "{moved} over two parts and twelve months");
        prop_assert!(after.conceded().0.minor >= after.list.minor - after.tcv.minor);
    }
}
