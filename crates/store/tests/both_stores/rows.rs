//! Rows to begin with; a test changes the fields that it is about.

use events::{EnteredLine, Envelope, Event, JournalEntered, Origin};
use store::catalogue::CustomerRow;
use store::contracts::ContractRow;
use store::documents::{DocumentRow, LineRow};
use store::effects::EffectRow;
use store::exceptions::ExceptionRow;
use store::inbox::InboxRow;
use store::journals::{JournalLineRow, JournalRow};
use store::obligations::ObligationRow;
use store::payments::{ApplicationRow, PaymentRow, RefundRow};
use values::{Currency, Instant, Money, parse_date};

pub fn text(words: &str) -> String {
    words.to_owned()
}

pub fn customer(id: &str, name: &str) -> CustomerRow {
    CustomerRow {
        id: text(id),
        name: text(name),
        standing: text("good"),
        correlation: format!("chn_{id}"),
        created: 1_000,
        body: text("{}"),
    }
}

pub fn contract(id: &str, customer: &str) -> ContractRow {
    ContractRow {
        id: text(id),
        customer: text(customer),
        entity: text("US"),
        currency: text("USD"),
        status: text("active"),
        term_from: text("2026-01-01"),
        term_until: text("2027-01-01"),
        version: 1,
        value: 120_000,
        bill_from: text("2026-01-01"),
        correlation: format!("chn_{id}"),
        created: 1_000,
        body: text("{\"version\":1}"),
    }
}

pub fn obligation(id: &str, contract: &str) -> ObligationRow {
    ObligationRow {
        id: text(id),
        contract: text(contract),
        component: text("cmp_1"),
        customer: text("cus_1"),
        entity: text("US"),
        currency: text("USD"),
        product: text("PLATFORM"),
        revenue_class: text("subscription"),
        allocated: 120_000,
        billed: 0,
        recognised: 0,
        recognised_through: String::new(),
        ends: text("2027-01-01"),
        correlation: text("chn_1"),
        body: text("[]"),
    }
}

pub fn invoice(id: &str, number: &str) -> DocumentRow {
    DocumentRow {
        id: text(id),
        kind: text("invoice"),
        number: text(number),
        entity: text("US"),
        customer: text("cus_1"),
        contract: text("con_1"),
        currency: text("USD"),
        issued: text("2026-01-31"),
        due: text("2026-03-02"),
        net: 10_000,
        tax: 900,
        total: 10_900,
        remaining: 10_900,
        status: text("open"),
        source: String::new(),
        reason: String::new(),
        correlation: text("chn_1"),
        created: 1_000,
    }
}

pub fn document_line(id: &str, document: &str) -> LineRow {
    LineRow {
        id: text(id),
        document: text(document),
        contract: text("con_1"),
        component: text("cmp_1"),
        obligation: text("obl_1"),
        product: text("PLATFORM"),
        description: text("Platform, January"),
        arithmetic: text("1 × 100.00"),
        period_from: text("2026-01-01"),
        period_until: text("2026-02-01"),
        net: 10_000,
        tax_code: text("standard"),
        tax_rate: text("0.09"),
        tax: 900,
        covers: text(id),
        source_line: String::new(),
        credited_net: 0,
        credited_tax: 0,
        body: text("{}"),
    }
}

pub fn payment(id: &str, invoice: &str) -> PaymentRow {
    PaymentRow {
        id: text(id),
        customer: text("cus_1"),
        invoice: text(invoice),
        entity: text("US"),
        currency: text("USD"),
        status: text("settled"),
        method: text("card"),
        amount: 10_900,
        fee: 346,
        unapplied: 0,
        refunded: 0,
        attempts: 1,
        next_attempt: String::new(),
        external_id: String::new(),
        correlation: text("chn_1"),
        time: 2_000,
    }
}

pub fn application(payment: &str, document: &str, position: i64, amount: i64) -> ApplicationRow {
    ApplicationRow {
        payment: text(payment),
        document: text(document),
        position,
        amount,
        time: 2_000 + position,
        event: text("evt_1"),
    }
}

pub fn refund(id: &str, payment: &str) -> RefundRow {
    RefundRow {
        id: text(id),
        payment: text(payment),
        customer: text("cus_1"),
        entity: text("US"),
        currency: text("USD"),
        amount: 500,
        reason: text("goodwill"),
        status: text("requested"),
        external_id: String::new(),
        correlation: text("chn_1"),
        time: 3_000,
    }
}

pub fn journal(id: &str, date: &str, total: i64) -> JournalRow {
    JournalRow {
        id: text(id),
        entity: text("US"),
        date: text(date),
        month: text(&date[..7]),
        event: format!("evt_{id}"),
        event_type: text("com.tieout.ledger.journal.entered.v1"),
        rule: text("manual"),
        rule_version: 0,
        narration: text("Entered by hand"),
        document: String::new(),
        contract: String::new(),
        customer: String::new(),
        correlation: text("chn_1"),
        currency: text("USD"),
        total,
        reverses: String::new(),
        recorded: 1_000,
    }
}

/// The lines of a journal: (account, minor units).
pub fn lines(of: &JournalRow, amounts: &[(&str, i64)]) -> Vec<JournalLineRow> {
    let numbered = amounts.iter().zip(1..);
    numbered
        .map(|((account, amount), line)| JournalLineRow {
            journal: of.id.clone(),
            line,
            entity: of.entity.clone(),
            account: text(account),
            currency: of.currency.clone(),
            month: of.month.clone(),
            amount: *amount,
            product: String::new(),
        })
        .collect()
}

pub fn effect(id: &str, lane: &str) -> EffectRow {
    EffectRow {
        id: text(id),
        lane: text(lane),
        connection: text("netsuite"),
        operation: text("netsuite.journal_entry"),
        subject: format!("journal/{id}"),
        key: format!("netsuite/{id}"),
        request: text("{}"),
        status: text("intended"),
        attempts: 0,
        next_attempt: 100,
        error_class: String::new(),
        error: String::new(),
        external_id: String::new(),
        read_back: 0,
        entity: text("US"),
        amount: 10_900,
        currency: text("USD"),
        correlation: text("chn_1"),
        created: 100,
        changed: 100,
        fence: 0,
        lease: 0,
        priority: 0,
        fallback: 0,
        first_sent: 0,
        last_sent: 0,
    }
}

pub fn exception(id: &str, key: &str, amount: i64) -> ExceptionRow {
    ExceptionRow {
        id: text(id),
        key: text(key),
        class: text("posting_parked"),
        summary: text("It is recorded but not posted"),
        detail: text("no rule"),
        payload: String::new(),
        customer: text("cus_1"),
        document: text("inv_1"),
        entity: text("US"),
        measure: text("posting"),
        amount,
        currency: text("USD"),
        owner: text("controller"),
        status: text("open"),
        resolution: String::new(),
        correlation: text("chn_1"),
        opened: 1_000,
        resolved: 0,
        fingerprint: text("posting_parked-1"),
        connection: text("books"),
        operation: text("posting"),
        cause: text("no rule"),
        period: text("2026-01"),
        severity: text("blocks_close"),
        assignee: String::new(),
        respond_due: 2_000,
        due: 3_000,
        responded: 0,
        level: 0,
        escalated_to: String::new(),
        escalate_at: 2_000,
        incident: String::new(),
        outcome_code: String::new(),
        resolved_by: String::new(),
    }
}

pub fn received(source_id: &str) -> InboxRow {
    InboxRow {
        source: text("stripe"),
        source_id: text(source_id),
        kind: text("payment_intent.succeeded"),
        received: 1_000,
        digest: vec![7; 32],
        raw: b"{\"id\":\"evt_1\"}".to_vec(),
        status: text("open"),
        reason: String::new(),
        attempts: 0,
        next_attempt: 1_000,
        deliveries: 1,
        correlation: String::new(),
    }
}

/// An event of a partition, with `id` in its every part.
pub fn event(id: &str, partition: &str, reason: &str) -> Envelope {
    let line = |account: &str, minor| EnteredLine {
        account: account.parse().unwrap(),
        amount: Money::from_minor(minor, Currency::USD),
    };
    Envelope {
        id: id.parse().unwrap(),
        source: text("/commands"),
        subject: format!("journal/jrn_{id}"),
        time: Instant::from_microseconds(1_000),
        recorded: Instant::from_microseconds(2_000),
        effective: parse_date("2026-03-31").unwrap(),
        entity: Some("US".parse().unwrap()),
        partition: text(partition),
        sequence: 0,
        correlation: "chn_1".parse().unwrap(),
        causation: None,
        idempotency_key: format!("key_{id}"),
        origin: Origin::Live,
        actor: text("ada"),
        event: Event::JournalEntered(JournalEntered {
            journal: format!("jrn_{id}").parse().unwrap(),
            reason: text(reason),
            lines: vec![line("1000", 500), line("6100", -500)],
        }),
    }
}
