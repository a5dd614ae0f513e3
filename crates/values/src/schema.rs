//! JSON Schemas of the values as they stand on the wire, for the published description of the API.

use crate::{
    AccountCode, ApprovalId, BillRunId, BreakId, ComponentId, ContractId, CorrelationId,
    CreditNoteId, Currency, CustomerId, DeviationId, DisputeId, EffectId, EntityId, EventId,
    ExceptionId, FileId, Instant, InvoiceDraftId, InvoiceId, JournalId, LineId, MeterCode, Money,
    Month, ObligationId, OfferCode, PaymentId, PriceChangeId, ProcessId, ProductCode, ProposalId,
    Quantity, QuoteId, Rate, ReconciliationRunId, RefundId, ReplayId, UnitPrice, Zone,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// A value that is one text on the wire.
macro_rules! text_schema {
    ($($type:ty, $name:literal, { $($schema:tt)* };)*) => { $(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ $($schema)* })
            }
        }
    )* };
}

/// An id that a caller may choose, or have minted.
macro_rules! id_schema {
    ($($type:ident, $kind:literal;)*) => { $(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($type))
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": concat!("Id of ", $kind, ": 1 to 80 letters, digits or any of _ - . : /"),
                    "pattern": "^[A-Za-z0-9_.:/-]{1,80}$"
                })
            }
        }
    )* };
}

id_schema! {
    EntityId, "a legal entity";
    CustomerId, "a customer";
    ProductCode, "a product: its code";
    OfferCode, "a plan, bundle, add-on or billing template: its code";
    QuoteId, "a quote";
    MeterCode, "a meter: its code";
    ContractId, "a contract";
    ComponentId, "a component of a contract";
    InvoiceId, "an invoice";
    LineId, "a line of an invoice or credit note";
    BillRunId, "a bill run";
    PriceChangeId, "a price change";
    InvoiceDraftId, "a draft of an invoice";
    CreditNoteId, "a credit note";
    PaymentId, "a payment";
    RefundId, "a refund";
    JournalId, "a journal entry";
    ObligationId, "a performance obligation";
    EventId, "an event of the log";
    EffectId, "an outward effect";
    ExceptionId, "an exception";
    CorrelationId, "a chain of evidence";
    ApprovalId, "an approval";
    ReplayId, "a replay";
    ProcessId, "a running process";
    FileId, "a file taken in";
    ReconciliationRunId, "a run of a reconciliation";
    BreakId, "a break";
    DisputeId, "a dispute";
    ProposalId, "a proposed change of the configuration";
    DeviationId, "a recorded deviation";
    AccountCode, "an account of the chart: its code";
}

text_schema! {
    Currency, "Currency", {
        "type": "string", "description": "ISO 4217 code", "pattern": "^[A-Z]{3}$", "examples": ["EUR"]
    };
    Month, "Month", {
        "type": "string", "description": "A month", "pattern": "^\\d{4}-(0[1-9]|1[0-2])$", "examples": ["2026-01"]
    };
    Instant, "Instant", {
        "type": "string", "format": "date-time", "description": "An instant in UTC, to the microsecond"
    };
    Zone, "Zone", {
        "type": "string", "description": "IANA time zone", "examples": ["Europe/Berlin"]
    };
    Quantity, "Quantity", {
        "type": ["string", "integer"], "description": "How many, exactly: a decimal in quotes or a whole number",
        "pattern": "^-?\\d+(\\.\\d+)?$", "examples": ["12.5", 3]
    };
    UnitPrice, "UnitPrice", {
        "type": ["string", "integer"],
        "description": "Price of one unit in major units of its currency, exactly; may be finer than the minor unit",
        "pattern": "^-?\\d+(\\.\\d+)?$", "examples": ["49.90"]
    };
    Rate, "Rate", {
        "type": ["string", "integer"], "description": "A proportion, exactly: 0.19 is 19 %",
        "pattern": "^-?\\d+(\\.\\d+)?$", "examples": ["0.19"]
    };
}

impl JsonSchema for Money {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("Money")
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let currency = generator.subschema_for::<Currency>();
        json_schema!({
            "type": "object",
            "description": "An exact amount: whole minor units of its currency, written in major units",
            "properties": {
                "amount": { "type": "string", "pattern": "^-?\\d+(\\.\\d+)?$", "examples": ["12.50"] },
                "currency": currency
            },
            "required": ["amount", "currency"],
            "additionalProperties": false
        })
    }
}
