//! Laws of the books, over random events and periods.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

mod support;

use events::Event;
use ledger::{
    BalanceRow, Chart, Dimensions, JournalDraft, JournalLine, PeriodBook, TrialBalanceTotal,
    reverse, trial_balance,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use support::{applied, date, document, post, recognised, refunded, rounded, settled};
use values::{AccountCode, Currency, Month, ProductCode};

fn amount() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![Just(0), -100_i64..100, -10_i64.pow(12)..10_i64.pow(12)]
}

fn event() -> impl Strategy<Value = Event> {
    let product = prop::sample::select(vec!["platform", "usage", "support"]);
    let line = (product, amount(), amount(), amount());
    let lines = prop::collection::vec(line, 0..12);
    prop_oneof![
        lines
            .clone()
            .prop_map(|lines| Event::InvoiceIssued(document(&lines))),
        (lines.clone(), -4_i64..5)
            .prop_map(|(lines, minor)| Event::InvoiceVoided(rounded(&lines, minor))),
        (lines, -4_i64..5)
            .prop_map(|(lines, minor)| Event::CreditNoteIssued(rounded(&lines, minor))),
        (
            amount(),
            amount(),
            prop::sample::select(vec!["card", "transfer"]),
            any::<bool>()
        )
            .prop_map(|(gross, fee, method, known)| settled(
                gross,
                fee,
                method,
                known.then_some("acme")
            )),
        prop::collection::vec(amount(), 0..6).prop_map(|amounts| applied(&amounts, 0)),
        amount().prop_map(refunded),
        (
            prop::sample::select(vec!["subscription", "usage", "services"]),
            amount(),
            amount()
        )
            .prop_map(|(class, deferred, unbilled)| recognised(class, deferred, unbilled)),
    ]
}

/// Balances per account, currency and month, as the store keeps them.
fn add(
    balances: &mut BTreeMap<(AccountCode, Month), (i64, i64)>,
    draft: &JournalDraft,
    month: Month,
) {
    for line in &draft.lines {
        let sums = balances.entry((line.account.clone(), month)).or_default();
        if line.amount > 0 {
            sums.0 += line.amount;
        } else {
            sums.1 -= line.amount;
        }
    }
}

fn rows(balances: &BTreeMap<(AccountCode, Month), (i64, i64)>) -> Vec<BalanceRow> {
    balances
        .iter()
        .map(|((account, month), (debit, credit))| BalanceRow {
            account: account.clone(),
            currency: Currency::USD,
            month: *month,
            debit: *debit,
            credit: *credit,
        })
        .collect()
}

/// Lines of several contracts, customers and products; nothing adds up to zero here.
fn lines() -> impl Strategy<Value = Vec<JournalLine>> {
    let account = prop::sample::select(vec!["1200", "2100", "2400"]);
    let of = |codes: [&'static str; 3]| prop::option::of(prop::sample::select(codes.to_vec()));
    let (products, contracts) = (of(["SEAT", "CARE", "USE"]), of(["con_1", "con_2", "con_3"]));
    let currency = prop::sample::select(vec![Currency::USD, Currency::EUR]);
    let amount = prop_oneof![1_i64..1_000_000, -1_000_000_i64..0];
    let line = (account, products, contracts, currency, amount);
    let line = line.prop_map(
        |(account, product, contract, currency, amount)| JournalLine {
            account: account.parse().unwrap(),
            amount,
            currency,
            dimensions: Dimensions {
                customer: None,
                contract: contract.map(|id| id.parse().unwrap()),
                product: product.map(|code| code.parse().unwrap()),
            },
        },
    );
    prop::collection::vec(line, 0..40)
}

/// What is debited and credited of each account, currency and product.
fn turnovers(
    lines: &[JournalLine],
) -> BTreeMap<(AccountCode, Currency, Option<ProductCode>, bool), i64> {
    let mut turnovers = BTreeMap::new();
    for line in lines {
        let product = line.dimensions.product.clone();
        let key = (
            line.account.clone(),
            line.currency,
            product,
            line.amount > 0,
        );
        *turnovers.entry(key).or_insert(0) += line.amount;
    }
    turnovers
}

proptest! {
    #[test]
    fn a_summarised_journal_keeps_every_turnover_on_one_line(lines in lines()) {
        let draft = JournalDraft {
            entity: "US".parse().unwrap(),
            date: date("2026-01-31"),
            rule: "invoice".to_owned(),
            rule_version: 1,
            lines,
        };
        let summarised = draft.clone().summarised().unwrap().lines;
        let turnovers = turnovers(&draft.lines);
        prop_assert_eq!(summarised.len(), turnovers.len());
        prop_assert_eq!(self::turnovers(&summarised), turnovers);
        for line in &summarised {
            let same = |other: &&JournalLine| {
                (&other.account, other.currency, &other.dimensions.product, other.amount > 0)
                    == (&line.account, line.currency, &line.dimensions.product, line.amount > 0)
            };
            let contracts: BTreeSet<_> = draft.lines.iter().filter(same).map(|it| &it.dimensions.contract).collect();
            let named = line.dimensions.contract.as_ref();
            prop_assert_eq!(named.is_some(), contracts.len() == 1 && !contracts.contains(&None));
            prop_assert!(named.is_none_or(|_| contracts.contains(&line.dimensions.contract)));
        }
    }

    #[test]
    fn every_journal_balances_and_has_no_zero_line(event in event()) {
        if let Some(draft) = post(event).unwrap() {
            prop_assert!(draft.lines.len() >= 2);
            prop_assert!(draft.lines.iter().all(|line| line.amount != 0));
            prop_assert_eq!(draft.lines.iter().map(|line| i128::from(line.amount)).sum::<i128>(), 0);
            let keys: Vec<_> = draft.lines.iter().map(|line| (&line.account, &line.dimensions)).collect();
            for (index, key) in keys.iter().enumerate() {
                prop_assert!(!keys[..index].contains(key), "not merged: {:?}", key);
            }
        }
    }

    #[test]
    fn a_reversal_restores_every_balance(event in event()) {
        if let Some(draft) = post(event).unwrap() {
            let reversal = reverse(&draft, date("2026-03-01")).unwrap();
            let mut sums = BTreeMap::new();
            for line in draft.lines.iter().chain(&reversal.lines) {
                *sums.entry((line.account.clone(), line.dimensions.clone())).or_insert(0_i64) += line.amount;
            }
            prop_assert!(sums.values().all(|sum| *sum == 0));
            prop_assert_eq!(reverse(&reversal, draft.date).unwrap().lines, draft.lines);
        }
    }

    #[test]
    fn the_trial_balance_adds_up_to_zero_in_every_month(events in prop::collection::vec((event(), 1_i8..=6), 0..30)) {
        let mut balances = BTreeMap::new();
        for (event, month) in events {
            if let Some(draft) = post(event).unwrap() {
                let month = Month::of(date(&format!("2026-{month:02}-01")));
                add(&mut balances, &draft, month);
            }
        }
        let (rows, chart) = (rows(&balances), Chart::standard().unwrap());
        let mut closing_before: BTreeMap<AccountCode, i64> = BTreeMap::new();
        for month in 1..=6 {
            let month = Month::of(date(&format!("2026-{month:02}-01")));
            let statement = trial_balance(&rows, &chart, month).unwrap();
            prop_assert!(statement.totals.iter().all(TrialBalanceTotal::balances));
            for row in &statement.rows {
                let before = closing_before.insert(row.account.clone(), row.closing).unwrap_or(0);
                prop_assert_eq!(row.opening, before);
                prop_assert_eq!(row.closing, row.opening + row.debit - row.credit);
            }
        }
    }

    #[test]
    fn an_entry_never_lands_in_a_closed_month(closed in 0_usize..12, reopened in 0_usize..12, day in 0_i32..400) {
        let entity = "US".parse().unwrap();
        let mut book = PeriodBook::default();
        let mut month: Month = "2026-01".parse().unwrap();
        for _ in 0..closed {
            book.close(&entity, month).unwrap();
            month = month.next();
        }
        for _ in 0..reopened.min(closed) {
            month = month.previous();
            book.reopen(&entity, month).unwrap();
        }
        let wanted = values::add_months(date("2026-01-01"), day / 31);
        let placed = book.place(&entity, wanted);
        book.check_open(&entity, placed.date).unwrap();
        prop_assert_eq!(placed.origin.is_some(), book.check_open(&entity, wanted).is_err());
        prop_assert!(placed.origin.is_none() || placed.date == month.first());
        prop_assert!(placed.origin.is_some() || placed.date == wanted);
    }
}
