//! Our books against what the other systems hold.

use super::books::{Books, Sum, add, differences};
use super::{Finding, Known};
use serde_json::Value;
use sim::Simulators;
use sim::world::Company;
use std::collections::{BTreeMap, BTreeSet};
use store::proof::Record;

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

pub(super) fn always(
    books: &Books,
    sims: &Simulators,
    company: &Company,
    findings: &mut Vec<Finding>,
) {
    charges(sims, findings);
    refunds_given(sims, findings);
    journals(books, sims, company, findings);
    confirmed_effects(books, sims, findings);
    order_of_lanes(books, sims, findings);
    deals_once(books, findings);
}

pub(super) fn at_rest(
    books: &Books,
    sims: &Simulators,
    company: &Company,
    known: &Known<'_>,
    findings: &mut Vec<Finding>,
) {
    payments(books, sims, findings);
    refunds(books, sims, findings);
    all_journals(books, sims, company, findings);
    deals(books, sims, known, findings);
    transfers(books, known, findings);
}

/// No invoice is charged twice, and no charge is more than its invoice.
fn charges(sims: &Simulators, findings: &mut Vec<Finding>) {
    let mut invoices = BTreeSet::new();
    for intent in sims.stripe.objects("payment_intents") {
        let invoice = text(&intent["metadata"], "tieout_invoice");
        if intent["status"] == "succeeded"
            && !invoice.is_empty()
            && !invoices.insert(invoice.to_owned())
        {
            let what = format!("invoice {invoice} was charged twice");
            findings.push(Finding::new("doubled charge", what));
        }
    }
}

/// No refund of ours is given twice, and nothing is given back that was not received.
fn refunds_given(sims: &Simulators, findings: &mut Vec<Finding>) {
    let mut ours = BTreeSet::new();
    let mut given: BTreeMap<String, i64> = BTreeMap::new();
    for refund in sims.stripe.objects("refunds") {
        let key = text(&refund["metadata"], "tieout_credit_note");
        if !key.is_empty() && !ours.insert(key.to_owned()) {
            findings.push(Finding::new(
                "doubled refund",
                format!("refund {key} was given twice"),
            ));
        }
        *given
            .entry(text(&refund, "payment_intent").to_owned())
            .or_default() += refund["amount"].as_i64().unwrap_or(0);
    }
    for (intent, amount) in given {
        let received = sims.stripe.object("payment_intents", &intent);
        let received = received.map_or(0, |intent| intent["amount_received"].as_i64().unwrap_or(0));
        if amount > received {
            let what = format!("{amount} of {received} of {intent} were given back");
            findings.push(Finding::new("doubled refund", what));
        }
    }
}

/// A journal there stands once and has the lines that it has here.
fn journals(books: &Books, sims: &Simulators, company: &Company, findings: &mut Vec<Finding>) {
    let lines = books.lines_by_journal();
    let mut seen = BTreeSet::new();
    for entry in sims.netsuite.records("journalEntry") {
        let id = text(&entry, "externalId").to_owned();
        if !seen.insert(id.clone()) {
            let what = format!("journal {id} stands twice in the outside ledger");
            findings.push(Finding::new("doubled journal outside", what));
        }
        let Some(ours) = lines.get(id.as_str()) else {
            let what = format!("journal {id} of the outside ledger is not ours");
            findings.push(Finding::new("journal outside only", what));
            continue;
        };
        let differences = differences(&lines_here(ours), &lines_there(&entry, company));
        if !differences.is_empty() {
            let what = format!("{id}: {}", differences.join("; "));
            findings.push(Finding::new("journal differs outside", what));
        }
    }
}

fn lines_here(lines: &[&Record]) -> Sum {
    let mut sums = Sum::new();
    for line in lines {
        add(
            &mut sums,
            line.text("entity"),
            line.text("currency"),
            line.text("account"),
            line.int("amount"),
        );
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}

/// The entry in our words: what the ids there mean is known to the company.
fn lines_there(entry: &Value, company: &Company) -> Sum {
    let entity = company
        .entities
        .iter()
        .find(|entity| entity.netsuite_subsidiary == text(entry, "subsidiary"));
    let currency = company
        .entities
        .iter()
        .find(|entity| entity.netsuite_currency == text(entry, "currency"));
    let entity = entity.map_or("?", |entity| entity.id.as_str());
    let currency = currency.map_or("?", |entity| entity.currency.as_str());
    let mut sums = Sum::new();
    for line in entry["lines"].as_array().into_iter().flatten() {
        let amount = line["debit"].as_i64().unwrap_or(0) - line["credit"].as_i64().unwrap_or(0);
        add(&mut sums, entity, currency, text(line, "account"), amount);
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}

/// What we believe to be confirmed is there, and is the thing that we meant.
fn confirmed_effects(books: &Books, sims: &Simulators, findings: &mut Vec<Finding>) {
    let entries = by_id(sims.netsuite.records("journalEntry"));
    let customers = by_id(sims.netsuite.records("customer"));
    for row in books
        .table("effect")
        .iter()
        .filter(|row| row.text("status") == "confirmed")
    {
        let request: Value = serde_json::from_str(row.text("request")).unwrap_or_default();
        let (id, subject) = (row.text("external_id"), row.text("subject"));
        let held = match row.text("operation") {
            "stripe.collect" => sims
                .stripe
                .object("payment_intents", id)
                .is_some_and(|there| {
                    text(&there["metadata"], "tieout_invoice") == text(&request, "invoice")
                }),
            "stripe.refund" => sims.stripe.object("refunds", id).is_some_and(|there| {
                there["amount"] == request["amount_minor"]
                    && there["payment_intent"] == request["payment_external_id"]
            }),
            "netsuite.journal_entry" => is_named(entries.get(id), subject, "journal/"),
            "netsuite.customer" => is_named(customers.get(id), subject, "customer/"),
            _ => true,
        };
        if !held {
            let what = format!(
                "{} of {subject} is confirmed as {id:?}, which is not it",
                row.text("operation")
            );
            findings.push(Finding::new("believed and not there", what));
        }
    }
}

fn by_id(records: Vec<Value>) -> BTreeMap<String, Value> {
    records
        .into_iter()
        .map(|record| (text(&record, "id").to_owned(), record))
        .collect()
}

fn is_named(record: Option<&Value>, subject: &str, prefix: &str) -> bool {
    let ours = subject.strip_prefix(prefix).unwrap_or(subject);
    record.is_some_and(|record| text(record, "externalId") == ours)
}

/// The journals of one lane came to be there in the order of the lane.
fn order_of_lanes(books: &Books, sims: &Simulators, findings: &mut Vec<Finding>) {
    let place: BTreeMap<String, usize> = sims
        .netsuite
        .records("journalEntry")
        .iter()
        .enumerate()
        .map(|(place, entry)| (text(entry, "externalId").to_owned(), place))
        .collect();
    let mut last: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    // Effects come in the order of their ids, which is the order of each lane.
    for row in books.table("effect") {
        let journal = row.text("subject").strip_prefix("journal/");
        let Some((journal, place)) =
            journal.and_then(|journal| Some((journal, *place.get(journal)?)))
        else {
            continue;
        };
        let before = last.insert(row.text("lane"), (place, journal));
        if let Some((earlier, other)) = before
            && earlier > place
        {
            let what = format!("{}: {journal} overtook {other}", row.text("lane"));
            findings.push(Finding::new("order of a lane", what));
        }
    }
}

/// An opportunity became one contract, once.
fn deals_once(books: &Books, findings: &mut Vec<Finding>) {
    let mut taken = BTreeSet::new();
    for event in books.table("event") {
        if !event
            .text("type")
            .starts_with("com.tieout.order.order.accepted.")
        {
            continue;
        }
        let data: Value = serde_json::from_str(event.text("data")).unwrap_or_default();
        let id = text(&data["reference"], "id").to_owned();
        if !taken.insert(id.clone()) {
            findings.push(Finding::new(
                "doubled contract",
                format!("opportunity {id} was taken twice"),
            ));
        }
    }
}

/// Every payment that succeeded there is recorded here with the same amount, and the other way round.
fn payments(books: &Books, sims: &Simulators, findings: &mut Vec<Finding>) {
    let (mut there, mut here) = (Sum::new(), Sum::new());
    for intent in sims.stripe.objects("payment_intents") {
        if intent["status"] == "succeeded" {
            let currency = text(&intent, "currency").to_uppercase();
            let amount = intent["amount_received"].as_i64().unwrap_or(0);
            add(
                &mut there,
                text(&intent, "id"),
                &currency,
                "received",
                amount,
            );
        }
    }
    for row in books.table("payment") {
        let is_card = row.text("method") == "card" && row.text("status") == "settled";
        if is_card && !row.text("external_id").is_empty() {
            add(
                &mut here,
                row.text("external_id"),
                row.text("currency"),
                "received",
                row.int("amount"),
            );
        }
    }
    for difference in differences(&there, &here) {
        findings.push(Finding::new("payments here and there", difference));
    }
    let mut fees = Sum::new();
    for moved in sims.stripe.objects("balance_transactions") {
        if moved["type"] == "charge" {
            let currency = text(&moved, "currency").to_uppercase();
            add(
                &mut fees,
                "all",
                &currency,
                "fees",
                moved["fee"].as_i64().unwrap_or(0),
            );
        }
    }
    let mut kept = Sum::new();
    for row in books
        .table("payment")
        .iter()
        .filter(|row| row.text("status") == "settled")
    {
        add(
            &mut kept,
            "all",
            row.text("currency"),
            "fees",
            row.int("fee"),
        );
    }
    for difference in differences(&fees, &kept) {
        findings.push(Finding::new("fees here and there", difference));
    }
}

fn refunds(books: &Books, sims: &Simulators, findings: &mut Vec<Finding>) {
    let (mut there, mut here) = (Sum::new(), Sum::new());
    for refund in sims.stripe.objects("refunds") {
        let currency = text(&refund, "currency").to_uppercase();
        add(
            &mut there,
            text(&refund, "id"),
            &currency,
            "given back",
            refund["amount"].as_i64().unwrap_or(0),
        );
    }
    for row in books
        .table("refund")
        .iter()
        .filter(|row| row.text("status") == "settled")
    {
        if !row.text("external_id").is_empty() {
            add(
                &mut here,
                row.text("external_id"),
                row.text("currency"),
                "given back",
                row.int("amount"),
            );
        }
    }
    for difference in differences(&there, &here) {
        findings.push(Finding::new("refunds here and there", difference));
    }
}

/// Every journal of ours is there, and the balances are the same.
fn all_journals(books: &Books, sims: &Simulators, company: &Company, findings: &mut Vec<Finding>) {
    let there: BTreeSet<String> = sims
        .netsuite
        .records("journalEntry")
        .iter()
        .map(|entry| text(entry, "externalId").to_owned())
        .collect();
    let given_up: BTreeSet<&str> = books
        .table("effect")
        .iter()
        .filter(|row| row.text("status") == "skipped")
        .filter_map(|row| row.text("subject").strip_prefix("journal/"))
        .collect();
    for journal in books.table("journal") {
        let id = journal.text("id");
        if !there.contains(id) && !given_up.contains(id) {
            findings.push(Finding::new(
                "lost journal",
                format!("journal {id} never reached the outside ledger"),
            ));
        }
    }
    let (mut expected, mut actual) = (Sum::new(), Sum::new());
    for line in books
        .table("journal_line")
        .iter()
        .filter(|line| !given_up.contains(line.text("journal")))
    {
        add(
            &mut expected,
            line.text("entity"),
            line.text("currency"),
            line.text("account"),
            line.int("amount"),
        );
    }
    for entry in sims.netsuite.records("journalEntry") {
        for ((entity, currency, account), amount) in lines_there(&entry, company) {
            add(&mut actual, &entity, &currency, &account, amount);
        }
    }
    for difference in differences(&expected, &actual) {
        findings.push(Finding::new("balances here and there", difference));
    }
}

/// Every won opportunity is a contract or an open exception, and the CRM knows its contract.
fn deals(books: &Books, sims: &Simulators, known: &Known<'_>, findings: &mut Vec<Finding>) {
    let held: BTreeSet<&str> = books.open_exceptions().map(|row| row.text("key")).collect();
    let taken: BTreeMap<&str, &str> = books
        .table("reference")
        .iter()
        .filter(|row| row.text("kind") == "Opportunity")
        .map(|row| (row.text("id"), row.text("object")))
        .collect();
    let mut from_crm = BTreeSet::new();
    for won in sims.salesforce.records("Opportunity") {
        let id = text(&won, "Id");
        let is_held = held.iter().any(|key| key.ends_with(id));
        match taken.get(id) {
            None if !is_held => {
                findings.push(Finding::new(
                    "lost deal",
                    format!("opportunity {id} is neither taken nor held"),
                ));
            }
            None => {}
            Some(object) => {
                from_crm.insert(*object);
                let contract = object.strip_prefix("contract/").unwrap_or(object);
                let told = text(&won, "Tieout_Contract__c");
                if !told.is_empty() && told != contract {
                    let what = format!("opportunity {id} is told of {told} and became {contract}");
                    findings.push(Finding::new("write-back", what));
                }
            }
        }
    }
    let contracts = books.table("contract").len();
    if contracts != from_crm.len() + known.direct_contracts {
        let what = format!(
            "{contracts} contracts; {} came of opportunities and {} were entered by hand",
            from_crm.len(),
            known.direct_contracts
        );
        findings.push(Finding::new("doubled contract", what));
    }
}

/// Every transfer that was acknowledged is one payment.
fn transfers(books: &Books, known: &Known<'_>, findings: &mut Vec<Finding>) {
    let mut recorded: BTreeMap<&str, usize> = BTreeMap::new();
    for row in books
        .table("reference")
        .iter()
        .filter(|row| row.text("system") == "bank")
    {
        *recorded.entry(row.text("id")).or_default() += 1;
    }
    for reference in &known.transfers {
        if recorded.get(reference.as_str()) != Some(&1) {
            findings.push(Finding::new(
                "lost transfer",
                format!("transfer {reference} is not one payment"),
            ));
        }
    }
    let by_hand = books
        .table("payment")
        .iter()
        .filter(|row| row.text("method") == "transfer" && row.text("status") == "settled")
        .count();
    if by_hand != known.transfers.len() {
        let what = format!(
            "{by_hand} payments by transfer of {} transfers",
            known.transfers.len()
        );
        findings.push(Finding::new("doubled transfer", what));
    }
}
