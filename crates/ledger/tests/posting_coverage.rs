//! No event is without an answer: it is posted by a rule, whatever it says, or stands on the list of those
//! that move no money; and what bills moves the position from which revenue is earned.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the helpers of a test may fail it"
)]

mod support;

use events::Event;
use ledger::{Chart, Facts, JournalDraft, POSTING_EVENTS, PostingEvent, RuleBook, facts};
use std::collections::BTreeSet;
use support::{date, envelope};

/// Events that post nothing by a rule, and why. A new event stands here or has a rule.
const NOT_POSTED: [(&str, &[&str]); 6] = [
    (
        "what is agreed: money moves when it is billed",
        &[
            "customer.account.created",
            "customer.account.updated",
            "customer.account.standing_changed",
            "catalog.product.published",
            "catalog.offer.published",
            "catalog.price_change.approved",
            "catalog.price_change.ended",
            "quote.quote.revised",
            "quote.quote.approved",
            "quote.quote.accepted",
            "quote.quote.converted",
            "quote.quote.closed",
            "order.order.accepted",
            "contract.contract.activated",
            "contract.contract.amended",
            "contract.contract.cancelled",
            "subscription.subscription.activated",
            "subscription.subscription.provisioned",
        ],
    ),
    (
        "billing that is not yet an invoice, and what is asked of the customer",
        &[
            "billing.run.started",
            "billing.run.ended",
            "billing.invoice_draft.opened",
            "billing.invoice_draft.refreshed",
            "billing.invoice_draft.ended",
            "billing.dunning.stepped",
            "billing.dispute.opened",
            "billing.dispute.resolved",
            "payment.payment.initiated",
            "payment.payment.failed",
        ],
    ),
    (
        "a plan: revenue moves when it is recognised",
        &["revenue.schedule.created", "revenue.schedule.revised"],
    ),
    (
        "the entry carries its journal itself",
        &["ledger.journal.entered", "ledger.journal.reversed"],
    ),
    (
        "whether months take entries",
        &["ledger.period.closed", "ledger.period.reopened"],
    ),
    (
        "how the program is run",
        &[
            "connection.connection.degraded",
            "connection.connection.paused",
            "connection.connection.recovered",
            "connection.credential.expiring",
            "connection.effect.confirmed",
            "control.approval.denied",
            "control.approval.expired",
            "control.approval.granted",
            "control.approval.requested",
            "control.exception.assigned",
            "control.exception.escalated",
            "control.exception.opened",
            "control.exception.resolved",
            "control.file.received",
            "control.process.cancelled",
            "control.process.completed",
            "control.process.overdue",
            "control.process.started",
            "control.replay.completed",
            "control.replay.requested",
            "governance.deviation.recorded",
            "governance.mapping.changed",
            "governance.rule.changed",
            "governance.schema.published",
            "governance.topology.changed",
            "recon.break.cleared",
            "recon.break.opened",
            "recon.run.completed",
        ],
    ),
];

fn short(type_name: &str) -> &str {
    let stem = type_name.rsplit_once(".v").unwrap().0;
    stem.strip_prefix("com.tieout.").unwrap()
}

/// Why an event posts nothing; nothing when it is not on the list.
fn not_posted(type_name: &str) -> Option<&'static str> {
    let name = short(type_name);
    let mut found = NOT_POSTED.iter().filter(|(_, names)| names.contains(&name));
    let (why, _) = found.next()?;
    assert!(found.next().is_none(), "{name} stands on the list twice");
    Some(why)
}

fn sample(type_name: &str) -> Event {
    let (_, text) = Event::SAMPLES
        .iter()
        .find(|(name, _)| *name == type_name)
        .unwrap();
    let whole: serde_json::Value = serde_json::from_str(text).unwrap();
    Event::read(type_name, &whole["data"].to_string()).unwrap()
}

#[test]
fn every_event_is_posted_or_stands_on_the_list_of_those_that_are_not() {
    let mut listed = BTreeSet::new();
    for type_name in Event::TYPE_NAMES {
        let posts = PostingEvent::find(type_name).is_some();
        let why = not_posted(type_name);
        assert_eq!(
            posts,
            why.is_none(),
            "{type_name} needs a posting rule, or a reason why it has none: {why:?}"
        );
        let told = envelope(sample(type_name));
        assert_eq!(
            facts(&told).unwrap().is_some(),
            posts,
            "{type_name}: what is offered to the rules"
        );
        listed.insert(short(type_name));
    }
    for (_, names) in NOT_POSTED {
        for name in names {
            assert!(listed.contains(name), "there is no event {name} any more");
        }
    }
}

/// Facts with every combination of the values that an event can have.
fn combinations<'e>(event: &PostingEvent, facts: &Facts<'e>) -> Vec<Facts<'e>> {
    let mut all = vec![facts.clone()];
    for attribute in event.document.attributes {
        let Some(values) = attribute.values else {
            continue;
        };
        let mut more = Vec::new();
        for one in &all {
            for value in values {
                let mut next = one.clone();
                let attributes = &mut next.document.attributes;
                let place = attributes
                    .iter_mut()
                    .find(|(name, _)| *name == attribute.name);
                place.unwrap().1 = value;
                more.push(next);
            }
        }
        all = more;
    }
    all
}

fn posted(facts: &Facts<'_>) -> JournalDraft {
    let book = RuleBook::standard().unwrap();
    let entity = "US".parse().unwrap();
    let drafted = book.post(
        facts,
        &Chart::standard().unwrap(),
        &entity,
        date("2026-01-15"),
    );
    let told = facts.describe();
    let drafted =
        drafted.unwrap_or_else(|refused| panic!("{}, {told}: {refused}", facts.event_type));
    drafted.unwrap_or_else(|| panic!("{}, {told}: nothing is posted", facts.event_type))
}

#[test]
fn the_rules_that_ship_post_every_event_whatever_it_says() {
    let mut tried = 0;
    for event in POSTING_EVENTS {
        let told = envelope(sample(event.event_type));
        let offered = facts(&told).unwrap().unwrap();
        for combination in combinations(event, &offered) {
            let draft = posted(&combination);
            assert_eq!(draft.lines.iter().map(|line| line.amount).sum::<i64>(), 0);
            assert!(draft.lines.len() > 1, "{draft:?}");
            tried += 1;
        }
    }
    // Four documents, method by known payer, method of refunds, cash, three ways to give up and to
    // recover, four movements of credit, two sides of a group, revenue.
    assert_eq!(tried, 4 + 4 + 2 + 1 + 3 + 3 + 4 + 2 + 1);
}

/// What bills, or takes back what was billed, says of each line what it defers and what was earned before;
/// the rules move both, so that revenue is earned from nothing but what was billed.
#[test]
fn every_billing_document_moves_what_revenue_is_earned_from() {
    let documents: Vec<&PostingEvent> = POSTING_EVENTS
        .iter()
        .filter(|event| event.line.amounts.contains(&"deferred"))
        .collect();
    let names: Vec<&str> = documents
        .iter()
        .map(|event| short(event.event_type))
        .collect();
    assert_eq!(
        names,
        [
            "billing.invoice.issued",
            "billing.credit_memo.issued",
            "billing.invoice.voided",
            "billing.credit_memo.voided",
        ]
    );
    for event in documents {
        let told = envelope(sample(event.event_type));
        let mut offered = facts(&told).unwrap().unwrap();
        // 30.00 of what the line comes to was earned before it was billed.
        for line in &mut offered.lines {
            let net = line.amount("net").unwrap();
            for (name, minor) in &mut line.amounts {
                match *name {
                    "deferred" => *minor = net - 3_000,
                    "unbilled" => *minor = 3_000,
                    _ => {}
                }
            }
        }
        let lines = offered.lines.len() as i64;
        let deferred: i64 = offered
            .lines
            .iter()
            .map(|line| line.amount("deferred").unwrap())
            .sum();
        let draft = posted(&offered);
        let moved = |account: &str| -> i64 {
            let of = draft
                .lines
                .iter()
                .filter(|line| line.account.as_str() == account);
            of.map(|line| line.amount).sum()
        };
        assert_eq!(moved("2400").abs(), deferred.abs(), "{}", event.event_type);
        assert_eq!(moved("1250").abs(), 3_000 * lines, "{}", event.event_type);
        assert_eq!(
            moved("4000"),
            0,
            "{}: revenue is not billed",
            event.event_type
        );
    }
}

#[test]
fn revenue_of_every_class_that_a_product_can_be_of_has_an_account_of_its_own() {
    let told = envelope(sample("com.tieout.revenue.revenue.recognized.v1"));
    let offered = facts(&told).unwrap().unwrap();
    let mut accounts = BTreeSet::new();
    for (class, account) in [
        ("subscription", "4000"),
        ("usage", "4100"),
        ("services", "4200"),
        ("commission", "4300"),
    ] {
        let mut of_class = offered.clone();
        for (name, value) in &mut of_class.document.attributes {
            if *name == "revenue_class" {
                *value = class;
            }
        }
        let draft = posted(&of_class);
        let credited = draft.lines.iter().find(|line| line.amount < 0).unwrap();
        assert_eq!(credited.account.as_str(), account, "{class}");
        accounts.insert(account);
    }
    assert_eq!(accounts.len(), 4);
}
