//! Who answers for each event: who makes it, whom it is for, who owns it and how long it is kept.

/// A room or a kind of outside system that an event is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consumer {
    /// Expected less billed, invoices, dunning.
    Billing,
    /// The general ledger, ours and the ERP's.
    Ledger,
    /// Obligations, schedules, recognition.
    Revenue,
    /// Payment processors.
    Payments,
    /// Tax engines.
    Tax,
    /// The seller's view of the customer.
    Crm,
    /// The helpers of the customer, and what switches the product on and off.
    Support,
    /// The data warehouse.
    Warehouse,
    /// Reconciliation and exceptions. Reads every event.
    Control,
}

impl Consumer {
    /// Every one of them.
    pub const ALL: &'static [Consumer] = &[
        Consumer::Billing,
        Consumer::Ledger,
        Consumer::Revenue,
        Consumer::Payments,
        Consumer::Tax,
        Consumer::Crm,
        Consumer::Support,
        Consumer::Warehouse,
        Consumer::Control,
    ];

    /// Its name in the catalogue.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Consumer::Billing => "billing",
            Consumer::Ledger => "ledger",
            Consumer::Revenue => "revenue",
            Consumer::Payments => "payments",
            Consumer::Tax => "tax",
            Consumer::Crm => "CRM",
            Consumer::Support => "support",
            Consumer::Warehouse => "warehouse",
            Consumer::Control => "control",
        }
    }
}

/// The least time for which an event is kept. The log itself deletes nothing; this is what an
/// archive beside it must not fall short of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Evidence of the books.
    Books,
    /// Evidence of what was agreed.
    Agreement,
    /// Evidence of how the system ran.
    Operation,
}

impl Retention {
    /// Every one of them.
    pub const ALL: &'static [Retention] =
        &[Retention::Books, Retention::Agreement, Retention::Operation];

    /// Its word in the catalogue.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Retention::Books => "books",
            Retention::Agreement => "agreement",
            Retention::Operation => "operation",
        }
    }

    /// How long that is, in words.
    #[must_use]
    pub fn least(self) -> &'static str {
        match self {
            Retention::Books => "10 years after the end of the fiscal year in which it counts",
            Retention::Agreement => "10 years after the end of the last contract with the customer",
            Retention::Operation => "2 years after it was recorded",
        }
    }
}

/// One event of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// The CloudEvents `type`.
    pub type_name: &'static str,
    /// What makes it.
    pub producer: &'static str,
    /// For whom it is meant.
    pub consumers: &'static [Consumer],
    /// The role that answers for its meaning and agrees to a new version.
    pub owner: &'static str,
    /// How long it is kept at least.
    pub retention: Retention,
    /// How often its schema has grown without breaking anybody: the second figure of its version.
    pub growths: u32,
    /// The end of it, where it is coming.
    pub deprecation: Option<Deprecation>,
}

/// The end of a version of an event: announced, and then no longer sent. What was recorded in it is
/// read for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecation {
    /// The day on which it was announced, ISO.
    pub announced: &'static str,
    /// The first day on which it is no longer sent, ISO. At least a year after the announcement.
    pub retired: &'static str,
    /// The type to read instead.
    pub instead: &'static str,
}

impl CatalogueEntry {
    /// The name of the event without its version: `com.tieout.billing.invoice.issued`.
    #[must_use]
    pub fn stem(&self) -> &'static str {
        self.type_name
            .rsplit_once(".v")
            .map_or(self.type_name, |(stem, _)| stem)
    }

    /// The major version, as the type name has it.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.type_name
            .rsplit_once(".v")
            .and_then(|(_, major)| major.parse().ok())
            .unwrap_or(1)
    }

    /// The semantic version of the schema, such as `1.2.0`.
    #[must_use]
    pub fn version(&self) -> String {
        format!("{}.{}.0", self.major(), self.growths)
    }

    /// What stands in `dataschema`: the name of the schema with its semantic version.
    #[must_use]
    pub fn data_schema(&self) -> String {
        format!("{SCHEMA_NAMES}{}:{}", self.stem(), self.version())
    }

    /// Whether it is still sent to those who ask for it on this day.
    #[must_use]
    pub fn is_sent_on(&self, day: values::Date) -> bool {
        self.deprecation
            .is_none_or(|end| day.to_string().as_str() < end.retired)
    }

    /// The entry of a published type.
    #[must_use]
    pub fn of(type_name: &str) -> Option<&'static CatalogueEntry> {
        CATALOGUE.iter().find(|entry| entry.type_name == type_name)
    }

    const fn replaced(
        self,
        announced: &'static str,
        retired: &'static str,
        instead: &'static str,
    ) -> Self {
        Self {
            deprecation: Some(Deprecation {
                announced,
                retired,
                instead,
            }),
            ..self
        }
    }
}

/// What every `dataschema` begins with. A name, not an address: `/api/v1/schemas` of every
/// installation has the schemas themselves.
pub const SCHEMA_NAMES: &str = "urn:tieout:event-schema:";

use Consumer::{Billing, Control, Crm, Ledger, Payments, Revenue, Support, Tax, Warehouse};
use Retention::{Agreement, Books, Operation};

const REVENUE_OPERATIONS: &str = "Revenue operations";
const BILLING_ANALYST: &str = "Billing analyst";
const COLLECTIONS: &str = "Collections";
const CONTROLLER: &str = "Controller";
const INTEGRATION_ENGINEER: &str = "Integration engineer";

const fn entry(
    type_name: &'static str,
    producer: &'static str,
    consumers: &'static [Consumer],
    owner: &'static str,
    retention: Retention,
) -> CatalogueEntry {
    CatalogueEntry {
        type_name,
        producer,
        consumers,
        owner,
        retention,
        growths: 0,
        deprecation: None,
    }
}

/// The same with a schema that has grown so often without breaking anybody.
const fn grown(growths: u32, entry: CatalogueEntry) -> CatalogueEntry {
    CatalogueEntry { growths, ..entry }
}

/// Every version of [`crate::Event::PUBLISHED`], in that order.
#[rustfmt::skip]
pub const CATALOGUE: &[CatalogueEntry] = &[
    entry("com.tieout.customer.account.created.v1", "CRM or a command",
        &[Billing, Ledger, Tax, Payments, Crm, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.customer.account.standing_changed.v1", "receivables",
        &[Crm, Support, Billing, Control], COLLECTIONS, Operation),
    entry("com.tieout.catalog.product.published.v1", "catalogue",
        &[Billing, Crm, Revenue, Ledger, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.catalog.offer.published.v1", "catalogue",
        &[Billing, Crm, Revenue, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.order.order.accepted.v1", "CRM",
        &[Billing, Revenue, Ledger, Tax, Control], REVENUE_OPERATIONS, Agreement),
    grown(1, entry("com.tieout.contract.contract.activated.v1", "contracts",
        &[Billing, Revenue, Crm, Warehouse, Control], REVENUE_OPERATIONS, Agreement)),
    entry("com.tieout.quote.quote.revised.v1", "quote",
        &[Crm, Warehouse, Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.quote.quote.approved.v1", "quote",
        &[Crm, Warehouse, Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.quote.quote.accepted.v1", "quote",
        &[Crm, Billing, Warehouse, Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.quote.quote.converted.v1", "quote",
        &[Crm, Billing, Revenue, Warehouse, Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.quote.quote.closed.v1", "quote",
        &[Crm, Warehouse, Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.catalog.price_change.approved.v1", "catalogue",
        &[Billing, Crm, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.catalog.price_change.ended.v1", "catalogue",
        &[Billing, Crm, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.contract.contract.amended.v1", "CRM or a command",
        &[Billing, Revenue, Crm, Ledger, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.contract.contract.cancelled.v1", "CRM or a command",
        &[Billing, Revenue, Crm, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.subscription.subscription.activated.v1", "contracts",
        &[Revenue, Crm, Support, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.subscription.subscription.provisioned.v1", "provisioning",
        &[Crm, Support, Warehouse, Control], REVENUE_OPERATIONS, Operation),
    grown(4, entry("com.tieout.billing.invoice.issued.v1", "billing",
        &[Ledger, Revenue, Crm, Support, Payments, Warehouse, Control], BILLING_ANALYST, Books)),
    grown(4, entry("com.tieout.billing.credit_memo.issued.v1", "billing",
        &[Ledger, Revenue, Crm, Tax, Warehouse, Control], BILLING_ANALYST, Books)),
    grown(3, entry("com.tieout.billing.invoice.voided.v1", "billing",
        &[Ledger, Revenue, Crm, Support, Payments, Warehouse, Control], BILLING_ANALYST, Books)),
    grown(1, entry("com.tieout.billing.credit_memo.voided.v1", "billing",
        &[Ledger, Revenue, Crm, Tax, Warehouse, Control], BILLING_ANALYST, Books)),
    entry("com.tieout.billing.run.started.v1", "billing",
        &[Warehouse, Control], BILLING_ANALYST, Operation),
    entry("com.tieout.billing.run.ended.v1", "billing",
        &[Warehouse, Control], BILLING_ANALYST, Operation),
    grown(1, entry("com.tieout.billing.invoice_draft.opened.v1", "billing",
        &[Crm, Warehouse, Control], BILLING_ANALYST, Operation)),
    grown(1, entry("com.tieout.billing.invoice_draft.refreshed.v1", "billing",
        &[Crm, Warehouse, Control], BILLING_ANALYST, Operation)),
    grown(1, entry("com.tieout.billing.invoice_draft.ended.v1", "billing",
        &[Crm, Warehouse, Control], BILLING_ANALYST, Operation)),
    entry("com.tieout.payment.payment.initiated.v1", "billing",
        &[Billing, Crm, Control], COLLECTIONS, Operation),
    entry("com.tieout.payment.payment.failed.v2", "payment processor",
        &[Billing, Crm, Control], COLLECTIONS, Operation),
    entry("com.tieout.payment.payment.failed.v1", "payment processor",
        &[Billing, Crm, Control], COLLECTIONS, Operation)
        .replaced("2026-12-01", "2028-01-01", "com.tieout.payment.payment.failed.v2"),
    entry("com.tieout.payment.payment.settled.v1", "payment processor or a command",
        &[Ledger, Billing, Crm, Warehouse, Control], COLLECTIONS, Books),
    entry("com.tieout.payment.payment.refunded.v1", "payment processor or a command",
        &[Ledger, Billing, Revenue, Crm, Control], COLLECTIONS, Books),
    grown(1, entry("com.tieout.cash.cash.applied.v1", "receivables",
        &[Ledger, Crm, Warehouse, Control], COLLECTIONS, Books)),
    entry("com.tieout.billing.invoice.written_off.v1", "receivables",
        &[Ledger, Tax, Crm, Warehouse, Control], COLLECTIONS, Books),
    entry("com.tieout.billing.invoice.recovered.v1", "receivables",
        &[Ledger, Tax, Crm, Warehouse, Control], COLLECTIONS, Books),
    entry("com.tieout.cash.prepaid.moved.v1", "receivables",
        &[Ledger, Crm, Warehouse, Control], COLLECTIONS, Books),
    grown(1, entry("com.tieout.billing.dunning.stepped.v1", "receivables",
        &[Crm, Support, Payments, Warehouse, Control], COLLECTIONS, Operation)),
    entry("com.tieout.revenue.schedule.created.v1", "revenue",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.revenue.schedule.revised.v1", "revenue",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.revenue.revenue.recognized.v1", "revenue",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.ledger.intercompany.billed.v1", "a command",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.ledger.journal.entered.v1", "a command",
        &[Ledger, Revenue, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.ledger.journal.reversed.v1", "a command",
        &[Ledger, Revenue, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.ledger.period.closed.v1", "ledger", Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.ledger.period.reopened.v1", "ledger", Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.connection.effect.confirmed.v1", "the connection to the other system",
        &[Control], INTEGRATION_ENGINEER, Operation),
    entry("com.tieout.control.exception.opened.v1", "control", Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.control.exception.resolved.v1", "control", Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.customer.account.updated.v1", "CRM or a command",
        &[Billing, Ledger, Tax, Payments, Crm, Warehouse, Control], REVENUE_OPERATIONS, Agreement),
    entry("com.tieout.billing.dispute.opened.v1", "receivables",
        &[Crm, Billing, Ledger, Support, Control], COLLECTIONS, Books),
    entry("com.tieout.billing.dispute.resolved.v1", "receivables",
        &[Crm, Billing, Ledger, Support, Control], COLLECTIONS, Books),
    entry("com.tieout.recon.run.completed.v1", "reconciliation",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.recon.break.opened.v1", "reconciliation",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.recon.break.cleared.v1", "reconciliation",
        &[Ledger, Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.control.exception.assigned.v1", "control",
        Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.control.exception.escalated.v1", "control",
        Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.control.approval.requested.v1", "control",
        &[Control], CONTROLLER, Books),
    entry("com.tieout.control.approval.granted.v1", "control",
        &[Control], CONTROLLER, Books),
    entry("com.tieout.control.approval.denied.v1", "control",
        &[Control], CONTROLLER, Books),
    entry("com.tieout.control.approval.expired.v1", "control",
        &[Control], CONTROLLER, Books),
    entry("com.tieout.control.replay.requested.v1", "control",
        &[Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.control.replay.completed.v1", "control",
        &[Warehouse, Control], CONTROLLER, Books),
    entry("com.tieout.control.process.started.v1", "control",
        &[Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.control.process.completed.v1", "control",
        &[Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.control.process.cancelled.v1", "control",
        &[Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.control.process.overdue.v1", "control",
        &[Control], REVENUE_OPERATIONS, Operation),
    entry("com.tieout.control.file.received.v1", "a file",
        &[Ledger, Billing, Warehouse, Control], INTEGRATION_ENGINEER, Books),
    entry("com.tieout.connection.connection.degraded.v1", "the connection to the other system",
        &[Control], INTEGRATION_ENGINEER, Operation),
    entry("com.tieout.connection.connection.paused.v1", "a command",
        &[Control], INTEGRATION_ENGINEER, Operation),
    entry("com.tieout.connection.connection.recovered.v1", "the connection to the other system or a command",
        &[Control], INTEGRATION_ENGINEER, Operation),
    entry("com.tieout.connection.credential.expiring.v1", "the connection to the other system",
        &[Control], INTEGRATION_ENGINEER, Operation),
    entry("com.tieout.governance.rule.changed.v1", "governance",
        &[Ledger, Control], CONTROLLER, Books),
    entry("com.tieout.governance.mapping.changed.v1", "governance",
        &[Control], INTEGRATION_ENGINEER, Books),
    entry("com.tieout.governance.topology.changed.v1", "governance",
        Consumer::ALL, CONTROLLER, Books),
    entry("com.tieout.governance.schema.published.v1", "governance",
        Consumer::ALL, INTEGRATION_ENGINEER, Books),
    entry("com.tieout.governance.deviation.recorded.v1", "governance",
        &[Control], CONTROLLER, Books),
];
