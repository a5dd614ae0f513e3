//! Laws of what is settled: credits to the last cent, payments whole.

use crate::cases;
use crate::random::{contracts, day};
use crate::support::{self, Account, rounded_once, taxes};
use billing::{CreditAmount, CreditRequest, OpenInvoice, apply, credit};
use proptest::prelude::*;
use values::{Date, Decimal, InvoiceId, Money, Rate};

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_full_credit_after_partial_ones_gives_back_exactly_net_and_tax(
        start in contracts(),
        percents in prop::collection::vec(1_i64..40, 0..4),
        once_for_the_document in any::<bool>(),
    ) {
        let mut account = Account::default();
        if once_for_the_document {
            account = Account::taxed(rounded_once(taxes("0.19")));
        }
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
