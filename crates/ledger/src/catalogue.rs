//! What every event that posts offers to the posting rules: attributes to choose by, amounts to
//! post. Rules that name anything else are refused when they are read.

/// How often a rule line is posted for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Each {
    /// Once for the whole event.
    Document,
    /// Once for every line of it.
    Line,
}

/// Something that rules can choose by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// All values that it can have, where they are known beforehand.
    pub values: Option<&'static [&'static str]>,
    /// Whether every event of the type has it.
    pub always: bool,
}

/// What one part of an event offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartShape {
    /// To choose by.
    pub attributes: &'static [Attribute],
    /// To post, in whole minor units.
    pub amounts: &'static [&'static str],
}

/// An event type that must be posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostingEvent {
    /// The CloudEvents type.
    pub event_type: &'static str,
    /// What the event as a whole offers.
    pub document: PartShape,
    /// What each of its lines offers, besides the attributes of the document. Without amounts when
    /// the event has no lines.
    pub line: PartShape,
}

const fn open(name: &'static str) -> Attribute {
    Attribute {
        name,
        values: None,
        always: true,
    }
}

const fn closed(name: &'static str, values: &'static [&'static str]) -> Attribute {
    Attribute {
        name,
        values: Some(values),
        always: true,
    }
}

const NO_LINES: PartShape = PartShape {
    attributes: &[],
    amounts: &[],
};

const BILLING_DOCUMENT: PartShape = PartShape {
    attributes: &[
        open("entity"),
        open("currency"),
        open("customer"),
        open("contract"),
    ],
    amounts: &["total", "net", "tax", "rounding"],
};

const BILLING_LINE: PartShape = PartShape {
    attributes: &[
        open("product"),
        open("component"),
        open("obligation"),
        open("tax_code"),
    ],
    amounts: &["gross", "net", "tax", "deferred", "unbilled"],
};

const WRITTEN_OFF: PartShape = PartShape {
    attributes: &[
        open("entity"),
        open("currency"),
        open("customer"),
        open("contract"),
        closed("given_up", &["bad_debt", "allowance", "small_difference"]),
    ],
    amounts: &["amount", "loss", "tax"],
};

/// Every event type that must be posted, with what it offers.
pub const POSTING_EVENTS: &[PostingEvent] = &[
    PostingEvent {
        event_type: "com.tieout.billing.invoice.issued.v1",
        document: BILLING_DOCUMENT,
        line: BILLING_LINE,
    },
    PostingEvent {
        event_type: "com.tieout.billing.credit_memo.issued.v1",
        document: BILLING_DOCUMENT,
        line: BILLING_LINE,
    },
    PostingEvent {
        event_type: "com.tieout.billing.invoice.voided.v1",
        document: BILLING_DOCUMENT,
        line: BILLING_LINE,
    },
    PostingEvent {
        event_type: "com.tieout.billing.credit_memo.voided.v1",
        document: BILLING_DOCUMENT,
        line: BILLING_LINE,
    },
    PostingEvent {
        event_type: "com.tieout.payment.payment.settled.v1",
        document: PartShape {
            attributes: &[
                open("entity"),
                open("currency"),
                closed("method", &["card", "transfer"]),
                closed("customer_known", &["yes", "no"]),
                Attribute {
                    name: "customer",
                    values: None,
                    always: false,
                },
            ],
            amounts: &["gross", "fee", "net"],
        },
        line: NO_LINES,
    },
    PostingEvent {
        event_type: "com.tieout.payment.payment.refunded.v1",
        document: PartShape {
            attributes: &[
                open("entity"),
                open("currency"),
                closed("method", &["card", "transfer"]),
                open("customer"),
            ],
            amounts: &["amount"],
        },
        line: NO_LINES,
    },
    PostingEvent {
        event_type: "com.tieout.cash.cash.applied.v1",
        document: PartShape {
            attributes: &[open("entity"), open("currency"), open("customer")],
            amounts: &["applied", "unapplied"],
        },
        line: PartShape {
            attributes: &[open("invoice")],
            amounts: &["applied"],
        },
    },
    PostingEvent {
        event_type: "com.tieout.billing.invoice.written_off.v1",
        document: WRITTEN_OFF,
        line: NO_LINES,
    },
    PostingEvent {
        event_type: "com.tieout.billing.invoice.recovered.v1",
        document: WRITTEN_OFF,
        line: NO_LINES,
    },
    PostingEvent {
        event_type: "com.tieout.cash.prepaid.moved.v1",
        document: PartShape {
            attributes: &[
                open("entity"),
                open("currency"),
                open("customer"),
                closed("movement", &["granted", "used", "returned", "expired"]),
            ],
            amounts: &["amount", "owed", "given"],
        },
        line: NO_LINES,
    },
    PostingEvent {
        event_type: "com.tieout.ledger.intercompany.billed.v1",
        document: PartShape {
            attributes: &[
                open("entity"),
                open("currency"),
                closed("side", &["seller", "buyer"]),
                open("counterparty"),
            ],
            amounts: &["amount", "cost", "markup"],
        },
        line: NO_LINES,
    },
    PostingEvent {
        event_type: "com.tieout.revenue.revenue.recognized.v1",
        document: PartShape {
            attributes: &[
                open("entity"),
                open("currency"),
                open("customer"),
                open("contract"),
                open("product"),
                open("obligation"),
                open("revenue_class"),
            ],
            amounts: &["amount", "deferred", "unbilled"],
        },
        line: NO_LINES,
    },
];

impl PostingEvent {
    /// The entry of the catalogue for a type, where events of that type post.
    #[must_use]
    pub fn find(event_type: &str) -> Option<&'static PostingEvent> {
        POSTING_EVENTS
            .iter()
            .find(|event| event.event_type == event_type)
    }

    /// The attribute of that name as a rule line sees it: lines also have those of their document.
    #[must_use]
    pub fn attribute(&self, each: Each, name: &str) -> Option<&'static Attribute> {
        let own = match each {
            Each::Document => None,
            Each::Line => self.line.attributes.iter().find(|a| a.name == name),
        };
        own.or_else(|| self.document.attributes.iter().find(|a| a.name == name))
    }

    /// The amount of that name.
    #[must_use]
    pub fn amount(&self, each: Each, name: &str) -> Option<&'static str> {
        let shape = match each {
            Each::Document => &self.document,
            Each::Line => &self.line,
        };
        shape
            .amounts
            .iter()
            .find(|amount| **amount == name)
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_posting_event_is_an_event_of_the_log() {
        for event in POSTING_EVENTS {
            assert!(
                events::Event::TYPE_NAMES.contains(&event.event_type),
                "{}",
                event.event_type
            );
        }
    }

    #[test]
    fn the_rule_file_documents_every_attribute_and_amount() {
        let text = crate::RuleBook::STANDARD;
        for event in POSTING_EVENTS {
            for shape in [event.document, event.line] {
                let names = shape.attributes.iter().map(|a| a.name);
                for name in names.chain(shape.amounts.iter().copied()) {
                    assert!(text.contains(name), "{} {name}", event.event_type);
                }
            }
        }
    }
}
