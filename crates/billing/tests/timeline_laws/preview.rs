//! What is foreseen is what is issued. Both sides are reached by other ways: one from a contract of which
//! nothing was ever billed, the other run by run over what was kept of the runs before.

use crate::random::{Act, acts, at, contracts, facts};
use crate::support::Account;
use crate::{cases, try_change};
use billing::{BilledLine, Document, DraftLine, LineKind, expected_lines, next_due, owed};
use commerce::{Contract, Timing};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use values::{ComponentId, Date, Period};

type ByPeriod = BTreeMap<(ComponentId, Period), i64>;

/// Net amounts by component and billing period.
pub fn by_period<'a>(lines: impl Iterator<Item = &'a DraftLine>) -> ByPeriod {
    let mut sums = ByPeriod::new();
    for line in lines {
        let key = (line.component.clone(), line.window);
        *sums.entry(key).or_default() += line.net.minor;
    }
    sums
}

fn issued(account: &Account) -> ByPeriod {
    by_period(account.lines.iter().map(|line| &line.line))
}

fn foreseen(contract: &Contract, through: Date) -> ByPeriod {
    by_period(expected_lines(contract, through).unwrap().iter())
}

fn timing_of(contract: &Contract, component: &ComponentId) -> Timing {
    contract.component(component).unwrap().timing
}

/// When the runs are until a day.
#[derive(Debug, Clone)]
enum Rhythm {
    /// On these days, as shares of the term.
    On(Vec<u32>),
    /// On each day on which something comes due, as the program does.
    WhenDue,
    /// On every day.
    Daily,
}

fn rhythms() -> impl Strategy<Value = Rhythm> {
    prop_oneof![
        2 => prop::collection::vec(0_u32..1_200, 1..6).prop_map(Rhythm::On),
        2 => Just(Rhythm::WhenDue),
        1 => Just(Rhythm::Daily),
    ]
}

/// Most days that are billed one by one.
const DAILY: usize = 40;

impl Rhythm {
    /// The days of the runs, rising, none after `last`.
    fn days(&self, contract: &Contract, last: Date) -> Vec<Date> {
        let eve = contract.term.from().yesterday().unwrap();
        let mut days: Vec<Date> = match self {
            Rhythm::On(shares) => shares.iter().map(|share| at(contract, *share)).collect(),
            Rhythm::WhenDue => {
                let later = |day: &Date| next_due(contract, *day);
                std::iter::successors(next_due(contract, eve), later)
                    .take_while(|day| *day <= last)
                    .collect()
            }
            Rhythm::Daily => {
                let each = std::iter::successors(Some(eve), |day| day.tomorrow().ok());
                return each.take_while(|day| *day <= last).take(DAILY).collect();
            }
        };
        days.retain(|day| *day < last);
        days.push(last);
        days.sort_unstable();
        days
    }
}

/// A line with its tax, without the name under which it was issued.
type Taxed = (DraftLine, i64);

fn sorted(mut lines: Vec<Taxed>) -> Vec<Taxed> {
    lines.sort_by(|(one, _), (other, _)| {
        let key = |line: &DraftLine| (line.component.clone(), line.period.from());
        key(one).cmp(&key(other))
    });
    lines
}

fn with_tax(document: Document) -> Vec<Taxed> {
    let lines = match document {
        Document::Nothing => Vec::new(),
        Document::Invoice(draft) => draft.lines,
        Document::CreditNote(draft) => panic!("a preview of a new contract gives back: {draft:?}"),
    };
    let taxed = lines.into_iter().map(|line| (line.line, line.tax.minor));
    taxed.collect()
}

/// What every billing period must come to after a run through a day, from contracts of which nothing was
/// ever billed: what is due by then, and the whole of whatever was billed ahead.
fn wanted(contract: &Contract, lines: &[BilledLine], through: Date) -> ByPeriod {
    let mut wanted = foreseen(contract, through);
    let whole = foreseen(contract, Date::MAX);
    let mut run_until: BTreeMap<Date, ByPeriod> = BTreeMap::new();
    let covering = lines
        .iter()
        .map(|line| &line.line)
        .filter(|line| line.kind != LineKind::Concession);
    let billed: BTreeSet<(ComponentId, Period)> = covering
        .clone()
        .map(|line| (line.component.clone(), line.window))
        .collect();
    for key in billed {
        let sums = match timing_of(contract, &key.0) {
            Timing::Advance | Timing::Arrears => &whole,
            // Of what is billed as it runs, only the days through the last one billed.
            Timing::ArrearsWithRunning => {
                let of_period = covering
                    .clone()
                    .filter(|line| (&line.component, line.window) == (&key.0, key.1));
                let last = of_period.map(|line| line.period.last()).max().unwrap();
                let last = last.max(through);
                run_until
                    .entry(last)
                    .or_insert_with(|| foreseen(contract, last))
            }
        };
        let sum = sums.get(&key).copied().unwrap_or_default();
        wanted.insert(key, sum);
    }
    wanted
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn runs_in_any_rhythm_issue_what_was_foreseen_before_the_first(
        start in contracts(),
        agreed in prop::collection::vec(facts(), 0..6),
        rhythm in rhythms(),
        last in 0_u32..1_200,
    ) {
        let change = |now: Contract, act: &Act| try_change(&now, act).unwrap_or(now);
        let now = agreed.iter().fold(start, change);
        let days = rhythm.days(&now, at(&now, last));
        let last = *days.last().unwrap();
        let lines = expected_lines(&now, last).unwrap();
        let preview = with_tax(Account::default().drafted(&now, &lines, last));
        let mut account = Account::default();
        for day in days {
            account.bill_through(&now, day);
        }
        prop_assert_eq!(issued(&account), by_period(lines.iter()));
        // What is billed only as it runs comes in other parts, so there the sums alone agree.
        let in_parts = |line: &DraftLine| {
            timing_of(&now, &line.component) == Timing::ArrearsWithRunning
        };
        let mut whole = preview;
        whole.retain(|(line, _)| !in_parts(line));
        let kept = account.lines.into_iter().map(|line| (line.line, line.tax.minor));
        let kept: Vec<Taxed> = kept.filter(|(line, _)| !in_parts(line)).collect();
        prop_assert_eq!(sorted(kept), sorted(whole));
    }

    #[test]
    fn after_any_bills_and_changes_a_run_brings_each_period_to_what_a_fresh_preview_says(
        start in contracts(),
        acts in prop::collection::vec(acts(), 1..12),
        last in 0_u32..1_400,
    ) {
        let mut now = start;
        let mut account = Account::default();
        for act in acts.iter().chain([&Act::Bill(last)]) {
            let Act::Bill(share) = act else {
                now = try_change(&now, act).unwrap_or(now);
                continue;
            };
            let through = at(&now, *share);
            let wanted = wanted(&now, &account.lines, through);
            let before = issued(&account);
            let lines = owed(&now, &account.lines, through).unwrap();
            account.bill_through(&now, through);
            prop_assert_eq!(&issued(&account), &wanted);
            // The preview of the invoice is what was missing of each period, and nothing else.
            let mut brought = by_period(lines.iter());
            for (key, sum) in before {
                *brought.entry(key).or_default() += sum;
            }
            prop_assert_eq!(brought, wanted);
        }
    }
}
