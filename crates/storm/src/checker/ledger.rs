//! The books in themselves: balanced, the same from lines, from balances and from the events, and
//! numbered without gaps.

use super::Finding;
use super::books::{Books, Sum, add, differences};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::proof::Record;

/// Deferred revenue and contract assets together: the events say how much moves between billed and
/// earned, and which of the two accounts it is in is for the program to know.
const POSITION: &str = "2400+1250";

pub(super) fn always(books: &Books, findings: &mut Vec<Finding>) {
    balanced(books, findings);
    balances(books, findings);
    one_journal_a_cause(books, findings);
    numbers(books, findings);
    documents(books, findings);
}

pub(super) fn at_rest(books: &Books, findings: &mut Vec<Finding>) {
    from_events(books, findings);
    open_items(books, findings);
}

/// Every journal and every entity balances in every currency.
fn balanced(books: &Books, findings: &mut Vec<Finding>) {
    let mut by_journal: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
    let mut trial = Sum::new();
    for line in books.table("journal_line") {
        let (entity, currency) = (line.text("entity"), line.text("currency"));
        *by_journal
            .entry((line.text("journal"), entity, currency))
            .or_default() += line.int("amount");
        add(
            &mut trial,
            entity,
            currency,
            "all accounts",
            line.int("amount"),
        );
    }
    for ((journal, entity, currency), sum) in by_journal {
        if sum != 0 {
            let what = format!("journal {journal} of {entity} is out by {sum} {currency}");
            findings.push(Finding::new("unbalanced journal", what));
        }
    }
    for difference in differences(&Sum::new(), &trial) {
        findings.push(Finding::new("trial balance", difference));
    }
    let with_lines: BTreeSet<&str> = books
        .table("journal_line")
        .iter()
        .map(|line| line.text("journal"))
        .collect();
    for journal in books.table("journal") {
        if !with_lines.contains(journal.text("id")) {
            let what = format!("journal {} has no lines", journal.text("id"));
            findings.push(Finding::new("unbalanced journal", what));
        }
    }
}

/// The kept balances are the sums of the lines.
fn balances(books: &Books, findings: &mut Vec<Finding>) {
    let (mut expected, mut actual) = (Sum::new(), Sum::new());
    for line in books.table("journal_line") {
        let of = format!("{} {}", line.text("account"), line.text("month"));
        let (entity, currency) = (line.text("entity"), line.text("currency"));
        add(&mut expected, entity, currency, &of, line.int("amount"));
    }
    for row in books.table("balance") {
        let of = format!("{} {}", row.text("account"), row.text("month"));
        let amount = row.int("debit") - row.int("credit");
        add(
            &mut actual,
            row.text("entity"),
            row.text("currency"),
            &of,
            amount,
        );
    }
    for difference in differences(&expected, &actual) {
        findings.push(Finding::new("kept balance", difference));
    }
}

/// No event is posted twice.
fn one_journal_a_cause(books: &Books, findings: &mut Vec<Finding>) {
    let events: BTreeSet<&str> = books
        .table("event")
        .iter()
        .map(|row| row.text("id"))
        .collect();
    let mut causes = BTreeSet::new();
    for journal in books.table("journal") {
        let event = journal.text("event");
        if !causes.insert(event) {
            let what = format!("event {event} was posted twice");
            findings.push(Finding::new("doubled journal", what));
        }
        if !events.contains(event) {
            let what = format!("journal {} names no event of the log", journal.text("id"));
            findings.push(Finding::new("journal without a cause", what));
        }
    }
}

/// Document numbers run from 1 without gaps, for each entity and series.
fn numbers(books: &Books, findings: &mut Vec<Finding>) {
    let mut series: BTreeMap<(&str, &str), BTreeSet<i64>> = BTreeMap::new();
    for row in books.table("document") {
        let (stem, number) = row.text("number").rsplit_once('-').unwrap_or_default();
        let number = number.parse().unwrap_or(0);
        if !series
            .entry((row.text("entity"), stem))
            .or_default()
            .insert(number)
        {
            let what = format!("number {} was given twice", row.text("number"));
            findings.push(Finding::new("document numbers", what));
        }
    }
    for ((entity, stem), numbers) in series {
        let count = i64::try_from(numbers.len()).unwrap_or(0);
        let (first, last) = (numbers.first().copied(), numbers.last().copied());
        if first != Some(1) || last != Some(count) {
            let what = format!("{entity} {stem}: {count} documents numbered {first:?} to {last:?}");
            findings.push(Finding::new("document numbers", what));
        }
    }
}

/// A document is the sum of its lines, its tax and its rounding line are part of it, and a credit note is
/// no more than what it credits.
fn documents(books: &Books, findings: &mut Vec<Finding>) {
    let mut lines: BTreeMap<&str, (i64, i64, i64)> = BTreeMap::new();
    for line in books.table("document_line") {
        let sums = lines.entry(line.text("document")).or_default();
        sums.0 += line.int("net");
        sums.1 += line.int("tax");
        sums.2 += 1;
    }
    let roundings = books.table("document_rounding").iter();
    let roundings: BTreeMap<&str, &Record> =
        roundings.map(|row| (row.text("document"), row)).collect();
    for row in books.table("document") {
        let (net, tax, count) = lines.get(row.text("id")).copied().unwrap_or_default();
        let rounding = roundings.get(row.text("id"));
        let rounded = rounding.map_or(0, |rounding| rounding.int("amount"));
        let is_sum = row.int("net") == net && row.int("tax") == tax;
        if !is_sum || row.int("total") != net + tax + rounded {
            let what = format!("{} is not the sum of its lines", row.text("number"));
            findings.push(Finding::new("document sums", what));
        }
        if let Some(rounding) = rounding {
            rounded_by_rule((row, count), rounding, findings);
        }
    }
    credited(books, findings);
}

/// An invoice under a rule is paid in whole units of it, and is rounded by less than one; where its lines
/// are rounded once, by a minor unit more for each line at most.
fn rounded_by_rule(
    (document, lines): (&Record, i64),
    rounding: &Record,
    findings: &mut Vec<Finding>,
) {
    let rule: Value = serde_json::from_str(rounding.text("rule")).unwrap_or_default();
    let unit = minor(&rule, "to");
    let (least, more) = match rule["per_invoice"].is_string() {
        true => (1, lines),
        false => (2, 0),
    };
    let is_whole = unit >= least && document.int("total") % unit == 0;
    let is_small = rounding.int("amount").abs() < unit + more;
    if document.text("kind") == "invoice" && !(is_whole && is_small) {
        let what = format!(
            "{} of {} is rounded by {} to units of {unit}",
            document.text("number"),
            document.int("total"),
            rounding.int("amount")
        );
        findings.push(Finding::new("document roundings", what));
    }
}

/// No line is credited by more than it is. A credit note may credit lines of several invoices.
fn credited(books: &Books, findings: &mut Vec<Finding>) {
    let notes: BTreeSet<&str> = books
        .table("document")
        .iter()
        .filter(|row| row.text("kind") == "credit_note")
        .map(|row| row.text("id"))
        .collect();
    let mut credited: BTreeMap<&str, i64> = BTreeMap::new();
    for line in books.table("document_line") {
        if !line.text("source_line").is_empty() {
            let is_note = notes.contains(line.text("document"));
            let given = if is_note {
                line.int("net")
            } else {
                -line.int("net")
            };
            *credited.entry(line.text("source_line")).or_default() += given;
        }
    }
    for line in books.table("document_line") {
        let credited = credited.get(line.text("id")).copied().unwrap_or(0);
        // A line that takes back an earlier one is no claim; correcting it gives nothing away.
        if line.int("net") > 0 && credited > line.int("net") {
            let what = format!(
                "line {} of {} is credited by {credited}",
                line.text("id"),
                line.int("net")
            );
            findings.push(Finding::new("credited twice", what));
        }
    }
}

/// Every account but the two of the contract position, recomputed from the text of the events.
fn from_events(books: &Books, findings: &mut Vec<Finding>) {
    let (mut expected, mut actual) = (Sum::new(), Sum::new());
    let lines = books.lines_by_journal();
    for event in books.table("event") {
        post(event, &lines, &mut expected);
    }
    for line in books.table("journal_line") {
        let account = match line.text("account") {
            "2400" | "1250" => POSITION,
            account => account,
        };
        let (entity, currency) = (line.text("entity"), line.text("currency"));
        add(&mut actual, entity, currency, account, line.int("amount"));
    }
    for difference in differences(&expected, &actual) {
        findings.push(Finding::new("accounts from events", difference));
    }
}

/// An amount of an event in minor units; it is written as decimal text in major units.
fn minor(data: &Value, field: &str) -> i64 {
    let money = &data[field];
    let currency = money["currency"].as_str().unwrap_or_default();
    let places = match currency {
        "JPY" => 0,
        _ => 2,
    };
    let amount = money["amount"].as_str().unwrap_or_default();
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let digits = format!("{whole}{part:0<places$}");
    digits.parse().unwrap_or(i64::MAX / 4)
}

/// What an event means for the accounts, written down apart from the program's rules.
fn post(event: &Record, lines: &BTreeMap<&str, Vec<&Record>>, sums: &mut Sum) {
    let data: Value = serde_json::from_str(event.text("data")).unwrap_or_default();
    let entity = event.text("entity");
    let kind = event.text("type");
    let name = kind.rsplit_once(".v").map_or(kind, |(name, _)| name);
    let currency = |field: &str| {
        data[field]["currency"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let mut book = |currency: &str, account: &str, amount: i64| {
        add(sums, entity, currency, account, amount);
    };
    match name {
        "com.tieout.billing.invoice.issued" | "com.tieout.billing.credit_memo.issued" => {
            let sign = if name.contains("credit_memo") { -1 } else { 1 };
            let currency = currency("total");
            book(&currency, "1100", sign * minor(&data, "total"));
            book(&currency, "2200", -sign * minor(&data, "tax"));
            book(&currency, POSITION, -sign * minor(&data, "net"));
            book(
                &currency,
                "6920",
                -sign * minor(&data["rounding"], "amount"),
            );
        }
        "com.tieout.payment.payment.settled" => {
            let currency = currency("gross");
            book(&currency, cash(&data), minor(&data, "net"));
            book(&currency, "6100", minor(&data, "fee"));
            book(&currency, "2100", -minor(&data, "gross"));
        }
        "com.tieout.cash.cash.applied" => {
            for part in data["applications"].as_array().into_iter().flatten() {
                let currency = part["amount"]["currency"].as_str().unwrap_or_default();
                let amount = minor(part, "amount");
                book(currency, "2100", amount);
                book(currency, "1100", -amount);
            }
        }
        "com.tieout.payment.payment.refunded" => {
            let currency = currency("amount");
            book(&currency, "2100", minor(&data, "amount"));
            book(&currency, cash(&data), -minor(&data, "amount"));
        }
        "com.tieout.revenue.revenue.recognized" => {
            let account = match data["revenue_class"].as_str() {
                Some("usage") => "4100",
                Some("services") => "4200",
                _ => "4000",
            };
            let currency = currency("amount");
            book(&currency, POSITION, minor(&data, "amount"));
            book(&currency, account, -minor(&data, "amount"));
        }
        "com.tieout.ledger.journal.entered" => {
            for line in data["lines"].as_array().into_iter().flatten() {
                let currency = line["amount"]["currency"].as_str().unwrap_or_default();
                let account = line["account"].as_str().unwrap_or_default();
                book(currency, account, minor(line, "amount"));
            }
        }
        "com.tieout.ledger.journal.reversed" => {
            let reversed = data["reverses"].as_str().unwrap_or_default();
            for line in lines.get(reversed).into_iter().flatten() {
                let account = match line.text("account") {
                    "2400" | "1250" => POSITION,
                    account => account,
                };
                book(line.text("currency"), account, -line.int("amount"));
            }
        }
        _ => {}
    }
}

fn cash(data: &Value) -> &'static str {
    if data["method"] == "card" {
        "1010"
    } else {
        "1000"
    }
}

/// What is open of the documents and free of the payments is what the accounts say.
fn open_items(books: &Books, findings: &mut Vec<Finding>) {
    let (mut expected, mut actual) = (Sum::new(), Sum::new());
    for row in books.table("document") {
        let sign = if row.text("kind") == "invoice" { 1 } else { -1 };
        let (entity, currency) = (row.text("entity"), row.text("currency"));
        add(
            &mut expected,
            entity,
            currency,
            "1100",
            sign * row.int("remaining"),
        );
    }
    let mut free: BTreeMap<&str, i64> = BTreeMap::new();
    for row in books
        .table("payment")
        .iter()
        .filter(|row| row.text("status") == "settled")
    {
        free.insert(row.text("id"), row.int("unapplied"));
        add(
            &mut expected,
            row.text("entity"),
            row.text("currency"),
            "2100",
            -row.int("unapplied"),
        );
    }
    // What is asked back and not yet given back is owed still.
    for row in books
        .table("refund")
        .iter()
        .filter(|row| row.text("status") == "requested")
    {
        add(
            &mut expected,
            row.text("entity"),
            row.text("currency"),
            "2100",
            -row.int("amount"),
        );
    }
    for line in books.table("journal_line") {
        let account = line.text("account");
        if matches!(account, "1100" | "2100") {
            let (entity, currency) = (line.text("entity"), line.text("currency"));
            add(&mut actual, entity, currency, account, line.int("amount"));
        }
    }
    for difference in differences(&expected, &actual) {
        findings.push(Finding::new("open items", difference));
    }
}
