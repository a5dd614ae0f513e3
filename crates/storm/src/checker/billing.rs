//! The independent bill: what a deal to which nothing happened must have been billed by now, by
//! counting its billing periods.

use super::books::Books;
use super::{Finding, Known};
use sim::world::Deal;
use std::collections::BTreeMap;
use values::{Date, add_months, parse_date};

pub(super) fn check(books: &Books, known: &Known<'_>, findings: &mut Vec<Finding>) {
    let Some(through) = known.billed_through else {
        return;
    };
    let contracts: BTreeMap<&str, &str> = books
        .table("reference")
        .iter()
        .filter(|row| row.text("kind") == "Opportunity")
        .filter_map(|row| {
            Some((
                row.text("id"),
                row.text("object").strip_prefix("contract/")?,
            ))
        })
        .collect();
    let mut billed: BTreeMap<&str, i64> = BTreeMap::new();
    for row in books.table("document") {
        let sign = if row.text("kind") == "invoice" { 1 } else { -1 };
        *billed.entry(row.text("contract")).or_default() += sign * row.int("net");
    }
    for deal in known.plain {
        let Some(contract) = contracts.get(deal.opportunity_id.as_str()) else {
            continue;
        };
        let expected = owed(deal, through);
        let actual = billed.get(contract).copied().unwrap_or(0);
        if expected != actual {
            let what = format!(
                "{} from {} to {}: {expected} owed through {through}, {actual} billed",
                deal.opportunity_id, deal.start_day, deal.end_day
            );
            findings.push(Finding::new("independent bill", what));
        }
    }
}

/// Every billing period that has begun costs its price, in advance.
fn owed(deal: &Deal, through: Date) -> i64 {
    let (Ok(start), Ok(end)) = (parse_date(&deal.start_day), parse_date(&deal.end_day)) else {
        return 0;
    };
    let months = i32::try_from(deal.frequency.months()).unwrap_or(1);
    let price: i64 = deal
        .lines
        .iter()
        .map(|line| line.quantity * line.unit_price_minor)
        .sum();
    let mut periods = 0;
    for number in 0..12 {
        let first = add_months(start, number * months);
        if first <= end && first <= through {
            periods += 1;
        }
    }
    periods * price
}
