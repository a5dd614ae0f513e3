//! Laws of what is settled: facts of one day in any order, credits to the last cent, payments whole.

use crate::random::{Act, at, charges, contracts, day, quantities};
use crate::support::{self, Account};
use crate::{cases, try_change};
use billing::{CreditAmount, CreditRequest, OpenInvoice, apply, credit, owed};
use proptest::prelude::*;
use values::{Date, Decimal, InvoiceId, Money, Rate};

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn the_order_of_recording_does_not_change_what_is_owed(
        start in contracts(),
        acts in prop::collection::vec(
            prop_oneof![
                (quantities(), 0_u32..1000).prop_map(|(q, at)| Act::Quantity("a", q, at)),
                (charges(), 0_u32..1000).prop_map(|(c, at)| Act::Price("a", c, at)),
            ],
            2..7,
        ),
        turn in any::<prop::sample::Index>(),
    ) {
        // Statements about one day replace each other, so only one for each day is kept.
        let mut kept: Vec<&Act> = Vec::new();
        for act in &acts {
            let same = |known: &&Act| match (*known, act) {
                (Act::Quantity(_, _, one), Act::Quantity(_, _, other))
                | (Act::Price(_, _, one), Act::Price(_, _, other)) => {
                    at(&start, *one) == at(&start, *other)
                }
                _ => false,
            };
            if !kept.iter().any(same) {
                kept.push(act);
            }
        }
        let recorded = |order: &[&Act]| {
            order.iter().fold(start.clone(), |now, act| try_change(&now, act).unwrap_or(now))
        };
        let one = recorded(&kept);
        let turned = turn.index(kept.len());
        kept.rotate_left(turned);
        let other = recorded(&kept);
        prop_assert_eq!(
            owed(&one, &[], Date::MAX).unwrap(),
            owed(&other, &[], Date::MAX).unwrap()
        );
    }

    #[test]
    fn a_full_credit_after_partial_ones_gives_back_exactly_net_and_tax(
        start in contracts(),
        percents in prop::collection::vec(1_i64..40, 0..4),
    ) {
        let mut account = Account::default();
        account.bill_through(&start, Date::MAX);
        let invoice = account.lines.clone();
        let ask = |amount| CreditRequest { amount, reason: "return".to_owned() };
        for percent in percents {
            let fraction = Rate::new(Decimal::new(percent, 2));
            let request = ask(CreditAmount::Fraction { fraction });
            if let Ok(note) = credit(&invoice, &account.lines, &request) {
                prop_assert_eq!(note.net.plus(note.tax).unwrap(), note.total);
                account.issue(&note.lines);
            }
        }
        if let Ok(note) = credit(&invoice, &account.lines, &ask(CreditAmount::Full)) {
            account.issue(&note.lines);
        }
        let tax: i64 = account.lines.iter().map(|line| line.tax.minor).sum();
        prop_assert_eq!((account.net(), tax), (0, 0));
        prop_assert!(credit(&invoice, &account.lines, &ask(CreditAmount::Full)).is_err());
    }

    #[test]
    fn a_payment_goes_somewhere_whole(
        paid in 1_i64..100_000,
        open in prop::collection::vec((0_i64..40, 1_i64..30_000), 0..6),
        hinted in prop::option::of(0_usize..8),
    ) {
        let invoices: Vec<OpenInvoice> = open
            .iter()
            .enumerate()
            .map(|(index, (due, minor))| OpenInvoice {
                id: format!("inv-{index}").parse().unwrap(),
                due: day(*due),
                open: support::euros(*minor),
            })
            .collect();
        let hint: Option<InvoiceId> = hinted.map(|n| format!("inv-{n}").parse().unwrap());
        let outcome = apply(support::euros(paid), &invoices, hint.as_ref()).unwrap();
        let mut sum = outcome.unapplied;
        for application in &outcome.applications {
            let invoice = invoices.iter().find(|i| i.id == application.invoice).unwrap();
            prop_assert!(application.amount.minor > 0);
            prop_assert!(application.amount.minor <= invoice.open.minor);
            if let Some(hint) = &hint {
                prop_assert_eq!(hint, &application.invoice);
            }
            sum = sum.plus(application.amount).unwrap();
        }
        prop_assert_eq!(sum, Money::from_minor(paid, values::Currency::EUR));
        if hint.is_none() {
            let open_in_all: i64 = open.iter().map(|(_, minor)| minor).sum();
            prop_assert_eq!(outcome.unapplied.minor, (paid - open_in_all).max(0));
        }
    }
}
