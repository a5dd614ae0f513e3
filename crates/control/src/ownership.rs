//! Who may write a field. Every canonical field has an owning domain and a steward; the topology
//! says which system that domain is kept in, at the place that the write is about.

use crate::Role;
use crate::topology::{Domain, ForeignWrite, OURSELVES, OwnWrite, Place, SystemRole, Topology};

/// Owners of every canonical field, as shipped.
pub(crate) const STANDARD_OWNERS: &str = include_str!("../data/ownership.toml");

/// Every canonical field that can be written from outside. A topology in which one of them has no
/// owner cannot be activated.
pub const CANONICAL_FIELDS: &[&str] = &[
    "customer.legal_name",
    "customer.currency",
    "customer.collection",
    "customer.payment_method",
    "customer.payment_terms",
    "customer.references",
    "product.code",
    "product.name",
    "product.tax_code",
    "product.revenue_class",
    "product.recognition",
    "price.charge",
    "price.currency",
    "price.frequency",
    "quote.booked_value",
    "contract.customer",
    "contract.entity",
    "contract.currency",
    "contract.term",
    "contract.product",
    "contract.quantity",
    "contract.unit_price",
    "contract.billing_frequency",
    "amendment.effective",
    "amendment.change",
    "invoice.lines",
    "invoice.due",
    "invoice.credit",
    "tax.rate",
    "tax.amount",
    "payment.status",
    "payment.amount",
    "payment.fee",
    "payment.application",
    "payment.refund",
    "revenue.schedule",
    "ledger.entity",
    "ledger.account",
    "ledger.dimension",
    "ledger.period",
    "ledger.journal",
];

/// What may become of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The writer owns the field: it takes effect.
    Allowed,
    /// It is kept as a proposed change for the steward.
    Proposed(ProposedWrite),
    /// It takes no effect, with the reason and the mend.
    Refused(WriteRefusal),
}

/// A write that waits for its steward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedWrite {
    /// The field.
    pub field: String,
    /// Who wants to write it.
    pub source: String,
    /// Whose it is.
    pub owner: String,
    /// Who decides.
    pub steward: Role,
}

/// Why a write takes no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteRefusal {
    /// The field does not exist.
    #[error("{field} is not a canonical field")]
    UnknownField {
        /// The field.
        field: String,
    },
    /// The writer is not in the topology.
    #[error(
        "{source_id} writes {field} but is not a system of the topology; add it there with its role"
    )]
    UnknownSystem {
        /// The field.
        field: String,
        /// The writer.
        source_id: String,
    },
    /// The writer only reads.
    #[error(
        "{source_id} is a system of insight and only reads; it cannot write {field}, which {owner} owns"
    )]
    OnlyReads {
        /// The field.
        field: String,
        /// The writer.
        source_id: String,
        /// The owner.
        owner: String,
    },
    /// Another system owns the field.
    #[error(
        "{field} is owned by {owner} here; {source_id} cannot write it. Make the change in {owner}, or ask the steward ({}) to change the topology", steward.title()
    )]
    NotOwner {
        /// The field.
        field: String,
        /// The writer.
        source_id: String,
        /// The owner.
        owner: String,
        /// Who decides.
        steward: Role,
    },
    /// Nobody owns it at this place.
    #[error("{field} has no system of record here; add a row for the domain {domain}")]
    NoOwner {
        /// The field.
        field: String,
        /// The domain.
        domain: Domain,
    },
}

impl WriteRefusal {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            WriteRefusal::UnknownField { .. } => "field_unknown",
            WriteRefusal::UnknownSystem { .. } => "system_unknown",
            WriteRefusal::OnlyReads { .. } => "system_only_reads",
            WriteRefusal::NotOwner { .. } => "not_the_owner",
            WriteRefusal::NoOwner { .. } => "field_without_owner",
        }
    }

    /// The field that could not be written.
    #[must_use]
    pub fn field(&self) -> &str {
        match self {
            WriteRefusal::UnknownField { field }
            | WriteRefusal::UnknownSystem { field, .. }
            | WriteRefusal::OnlyReads { field, .. }
            | WriteRefusal::NotOwner { field, .. }
            | WriteRefusal::NoOwner { field, .. } => field,
        }
    }
}

/// Whether `source` may write `field` at `place`.
#[must_use]
pub fn may_write(topology: &Topology, source: &str, field: &str, place: &Place) -> Verdict {
    let Some(owned) = topology.fields.get(field) else {
        return Verdict::Refused(WriteRefusal::UnknownField {
            field: field.to_owned(),
        });
    };
    let Some(row) = topology.row(owned.domain, place) else {
        return Verdict::Refused(WriteRefusal::NoOwner {
            field: field.to_owned(),
            domain: owned.domain,
        });
    };
    let Some(system) = topology.system(source) else {
        return Verdict::Refused(WriteRefusal::UnknownSystem {
            field: field.to_owned(),
            source_id: source.to_owned(),
        });
    };
    if system.role == SystemRole::Insight {
        return Verdict::Refused(WriteRefusal::OnlyReads {
            field: field.to_owned(),
            source_id: source.to_owned(),
            owner: row.system.clone(),
        });
    }
    let proposed = || {
        Verdict::Proposed(ProposedWrite {
            field: field.to_owned(),
            source: source.to_owned(),
            owner: row.system.clone(),
            steward: owned.steward,
        })
    };
    let by_hand = source == OURSELVES;
    if source == row.system || (by_hand && row.hand_entry) {
        return match row.entry {
            OwnWrite::SecondPerson if by_hand => proposed(),
            OwnWrite::SecondPerson | OwnWrite::Direct => Verdict::Allowed,
        };
    }
    match row.others {
        ForeignWrite::Propose => proposed(),
        ForeignWrite::Refuse => Verdict::Refused(WriteRefusal::NotOwner {
            field: field.to_owned(),
            source_id: source.to_owned(),
            owner: row.system.clone(),
            steward: owned.steward,
        }),
    }
}
