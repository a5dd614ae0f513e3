//! What a recorded event offers to be posted, in the terms that posting rules use.

use crate::catalogue::Each;
use crate::{DimensionsOf, PostingRefusal};
use events::{
    BillingDocument, CashApplied, Envelope, Event, IntercompanyBilled, IntercompanySide,
    PaymentRefunded, PaymentSettled, PrepaidMoved, ReceivableWrittenOff, RevenueRecognised,
};
use values::{Currency, Money};

/// One part of an event: the whole of it, or one of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part<'e> {
    /// What its journal lines can be kept apart by.
    pub dimensions: DimensionsOf<'e>,
    /// What rules choose by: name and value. Names are those of the catalogue.
    pub attributes: Vec<(&'static str, &'e str)>,
    /// What rules post: name and whole minor units of [`Facts::currency`], signed.
    pub amounts: Vec<(&'static str, i64)>,
}

/// An event in the terms that posting rules use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts<'e> {
    /// The CloudEvents type.
    pub event_type: &'static str,
    /// The one currency of all its amounts.
    pub currency: Currency,
    /// The event as a whole.
    pub document: Part<'e>,
    /// Its lines, where it has any.
    pub lines: Vec<Part<'e>>,
}

impl<'e> Part<'e> {
    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'e str> {
        self.attributes
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    /// An amount, in minor units; absent amounts are not offered by this event.
    #[must_use]
    pub fn amount(&self, name: &str) -> Option<i64> {
        self.amounts
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, minor)| *minor)
    }
}

impl<'e> Facts<'e> {
    /// The parts that a rule line with this `each` is posted for.
    #[must_use]
    pub fn parts(&self, each: Each) -> &[Part<'e>] {
        match each {
            Each::Document => std::slice::from_ref(&self.document),
            Each::Line => &self.lines,
        }
    }

    /// Whether every amount is zero, so that there is nothing to post.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        std::iter::once(&self.document)
            .chain(&self.lines)
            .flat_map(|part| &part.amounts)
            .all(|(_, minor)| *minor == 0)
    }

    /// The attributes of the document as people read them: `method = card, customer = acme`.
    #[must_use]
    pub fn describe(&self) -> String {
        let pairs: Vec<_> = self
            .document
            .attributes
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        pairs.join(", ")
    }
}

/// What `envelope` offers to be posted; nothing for an event that posts no journal by rule.
///
/// # Errors
/// When the amounts of the event are not all of one currency, or do not fit 64 bits.
pub fn facts(envelope: &Envelope) -> Result<Option<Facts<'_>>, PostingRefusal> {
    let read = match &envelope.event {
        Event::InvoiceIssued(document)
        | Event::CreditNoteIssued(document)
        | Event::InvoiceVoided(document)
        | Event::CreditNoteVoided(document) => billing(envelope, document)?,
        Event::PaymentSettled(payment) => settled(envelope, payment)?,
        Event::PaymentRefunded(refund) => refunded(envelope, refund),
        Event::CashApplied(cash) => applied(envelope, cash)?,
        Event::InvoiceWrittenOff(written) | Event::InvoiceRecovered(written) => {
            written_off(envelope, written)?
        }
        Event::PrepaidMoved(moved) => prepaid(envelope, moved),
        Event::IntercompanyBilled(billed) => intercompany(envelope, billed)?,
        Event::RevenueRecognised(revenue) => recognised(envelope, revenue),
        Event::CustomerCreated(_)
        | Event::StandingChanged(_)
        | Event::DunningStepped(_)
        | Event::QuoteRevised(_)
        | Event::QuoteApproved(_)
        | Event::QuoteAccepted(_)
        | Event::QuoteConverted(_)
        | Event::QuoteClosed(_)
        | Event::PriceChangeApproved(_)
        | Event::PriceChangeEnded(_)
        | Event::BillRunStarted(_)
        | Event::BillRunEnded(_)
        | Event::InvoiceDraftOpened(_)
        | Event::InvoiceDraftRefreshed(_)
        | Event::InvoiceDraftEnded(_)
        | Event::ProductPublished(_)
        | Event::OfferPublished(_)
        | Event::OrderAccepted(_)
        | Event::ContractActivated(_)
        | Event::ContractAmended(_)
        | Event::ContractCancelled(_)
        | Event::SubscriptionActivated(_)
        | Event::SubscriptionProvisioned(_)
        | Event::PaymentInitiated(_)
        | Event::PaymentFailed(_)
        | Event::ScheduleCreated(_)
        | Event::ScheduleRevised(_)
        | Event::JournalEntered(_)
        | Event::JournalReversed(_)
        | Event::PeriodClosed(_)
        | Event::PeriodReopened(_)
        | Event::EffectConfirmed(_)
        | Event::ExceptionOpened(_)
        | Event::ExceptionResolved(_)
        | Event::CustomerUpdated(_)
        | Event::DisputeOpened(_)
        | Event::DisputeResolved(_)
        | Event::ReconciliationCompleted(_)
        | Event::BreakOpened(_)
        | Event::BreakCleared(_)
        | Event::ExceptionAssigned(_)
        | Event::ExceptionEscalated(_)
        | Event::ApprovalRequested(_)
        | Event::ApprovalGranted(_)
        | Event::ApprovalDenied(_)
        | Event::ApprovalExpired(_)
        | Event::ReplayRequested(_)
        | Event::ReplayCompleted(_)
        | Event::ProcessStarted(_)
        | Event::ProcessCompleted(_)
        | Event::ProcessCancelled(_)
        | Event::ProcessOverdue(_)
        | Event::FileReceived(_)
        | Event::ConnectionDegraded(_)
        | Event::ConnectionPaused(_)
        | Event::ConnectionRecovered(_)
        | Event::CredentialExpiring(_)
        | Event::RuleChanged(_)
        | Event::MappingChanged(_)
        | Event::TopologyChanged(_)
        | Event::SchemaPublished(_)
        | Event::DeviationRecorded(_) => return Ok(None),
    };
    Ok(Some(read))
}

fn billing<'e>(
    envelope: &'e Envelope,
    document: &'e BillingDocument,
) -> Result<Facts<'e>, PostingRefusal> {
    let currency = document.total.currency;
    let minor = |field, money| same(envelope, currency, field, money);
    let mut lines = Vec::with_capacity(document.lines.len());
    for line in &document.lines {
        let (net, tax) = (minor("line net", line.net)?, minor("line tax", line.tax)?);
        let gross = net.checked_add(tax).ok_or(PostingRefusal::TooLarge)?;
        lines.push(Part {
            dimensions: DimensionsOf {
                customer: Some(&document.customer),
                contract: Some(line.contract.as_ref().unwrap_or(&document.contract)),
                product: Some(&line.product),
            },
            attributes: vec![
                ("product", line.product.as_str()),
                ("component", line.component.as_str()),
                ("obligation", line.obligation.as_str()),
                ("tax_code", line.tax_code.as_str()),
            ],
            amounts: vec![
                ("gross", gross),
                ("net", net),
                ("tax", tax),
                ("deferred", line.deferred),
                ("unbilled", line.unbilled),
            ],
        });
    }
    let mut attributes = shared(envelope, &document.total.currency);
    attributes.push(("customer", document.customer.as_str()));
    attributes.push(("contract", document.contract.as_str()));
    Ok(Facts {
        event_type: envelope.event.type_name(),
        currency,
        document: Part {
            dimensions: DimensionsOf {
                customer: Some(&document.customer),
                contract: Some(&document.contract),
                product: None,
            },
            attributes,
            amounts: vec![
                ("total", document.total.minor),
                ("net", minor("net", document.net)?),
                ("tax", minor("tax", document.tax)?),
                (
                    "rounding",
                    match &document.rounding {
                        Some(line) => minor("rounding", line.amount)?,
                        None => 0,
                    },
                ),
            ],
        },
        lines,
    })
}

fn settled<'e>(
    envelope: &'e Envelope,
    payment: &'e PaymentSettled,
) -> Result<Facts<'e>, PostingRefusal> {
    let currency = payment.gross.currency;
    let known = if payment.customer.is_some() {
        "yes"
    } else {
        "no"
    };
    let mut attributes = shared(envelope, &payment.gross.currency);
    attributes.push(("method", payment.method.as_str()));
    attributes.push(("customer_known", known));
    if let Some(customer) = &payment.customer {
        attributes.push(("customer", customer.as_str()));
    }
    let document = Part {
        dimensions: DimensionsOf {
            customer: payment.customer.as_ref(),
            ..DimensionsOf::default()
        },
        attributes,
        amounts: vec![
            ("gross", payment.gross.minor),
            ("fee", same(envelope, currency, "fee", payment.fee)?),
            ("net", same(envelope, currency, "net", payment.net)?),
        ],
    };
    Ok(whole(envelope, currency, document))
}

fn refunded<'e>(envelope: &'e Envelope, refund: &'e PaymentRefunded) -> Facts<'e> {
    let currency = refund.amount.currency;
    let mut attributes = shared(envelope, &refund.amount.currency);
    attributes.push(("method", refund.method.as_str()));
    attributes.push(("customer", refund.customer.as_str()));
    let document = Part {
        dimensions: DimensionsOf {
            customer: Some(&refund.customer),
            ..DimensionsOf::default()
        },
        attributes,
        amounts: vec![("amount", refund.amount.minor)],
    };
    whole(envelope, currency, document)
}

fn applied<'e>(envelope: &'e Envelope, cash: &'e CashApplied) -> Result<Facts<'e>, PostingRefusal> {
    let currency = cash.unapplied.currency;
    let dimensions = DimensionsOf {
        customer: Some(&cash.customer),
        ..DimensionsOf::default()
    };
    let (mut lines, mut total) = (Vec::with_capacity(cash.applications.len()), 0_i64);
    for application in &cash.applications {
        let minor = same(envelope, currency, "applied amount", application.amount)?;
        total = total.checked_add(minor).ok_or(PostingRefusal::TooLarge)?;
        let owed_by = application.customer.as_ref().unwrap_or(&cash.customer);
        lines.push(Part {
            dimensions: DimensionsOf {
                customer: Some(owed_by),
                ..DimensionsOf::default()
            },
            attributes: vec![("invoice", application.invoice.as_str())],
            amounts: vec![("applied", minor)],
        });
    }
    let mut attributes = shared(envelope, &cash.unapplied.currency);
    attributes.push(("customer", cash.customer.as_str()));
    Ok(Facts {
        event_type: envelope.event.type_name(),
        currency,
        document: Part {
            dimensions,
            attributes,
            amounts: vec![("applied", total), ("unapplied", cash.unapplied.minor)],
        },
        lines,
    })
}

fn written_off<'e>(
    envelope: &'e Envelope,
    written: &'e ReceivableWrittenOff,
) -> Result<Facts<'e>, PostingRefusal> {
    let currency = written.amount.currency;
    let mut attributes = shared(envelope, &written.amount.currency);
    attributes.push(("customer", written.customer.as_str()));
    attributes.push(("contract", written.contract.as_str()));
    attributes.push(("given_up", written.given_up.as_str()));
    let document = Part {
        dimensions: DimensionsOf {
            customer: Some(&written.customer),
            contract: Some(&written.contract),
            product: None,
        },
        attributes,
        amounts: vec![
            ("amount", written.amount.minor),
            ("loss", same(envelope, currency, "loss", written.loss)?),
            ("tax", same(envelope, currency, "tax", written.tax)?),
        ],
    };
    Ok(whole(envelope, currency, document))
}

fn prepaid<'e>(envelope: &'e Envelope, moved: &'e PrepaidMoved) -> Facts<'e> {
    let currency = moved.amount.currency;
    let mut attributes = shared(envelope, &moved.amount.currency);
    attributes.push(("customer", moved.customer.as_str()));
    attributes.push(("movement", moved.movement.as_str()));
    let minor = moved.amount.minor;
    let (owed, given) = if moved.paid { (minor, 0) } else { (0, minor) };
    let document = Part {
        dimensions: DimensionsOf {
            customer: Some(&moved.customer),
            ..DimensionsOf::default()
        },
        attributes,
        amounts: vec![("amount", minor), ("owed", owed), ("given", given)],
    };
    whole(envelope, currency, document)
}

fn intercompany<'e>(
    envelope: &'e Envelope,
    billed: &'e IntercompanyBilled,
) -> Result<Facts<'e>, PostingRefusal> {
    let currency = billed.amount.currency;
    let counterparty = match billed.side {
        IntercompanySide::Seller => &billed.buyer,
        IntercompanySide::Buyer => &billed.seller,
    };
    let cost = same(envelope, currency, "cost", billed.cost)?;
    let markup = billed.amount.minor.checked_sub(cost);
    let mut attributes = shared(envelope, &billed.amount.currency);
    attributes.push(("side", billed.side.as_str()));
    attributes.push(("counterparty", counterparty.as_str()));
    let document = Part {
        dimensions: DimensionsOf::default(),
        attributes,
        amounts: vec![
            ("amount", billed.amount.minor),
            ("cost", cost),
            ("markup", markup.ok_or(PostingRefusal::TooLarge)?),
        ],
    };
    Ok(whole(envelope, currency, document))
}

fn recognised<'e>(envelope: &'e Envelope, revenue: &'e RevenueRecognised) -> Facts<'e> {
    let currency = revenue.amount.currency;
    let mut attributes = shared(envelope, &revenue.amount.currency);
    attributes.push(("customer", revenue.customer.as_str()));
    attributes.push(("contract", revenue.contract.as_str()));
    attributes.push(("product", revenue.product.as_str()));
    attributes.push(("obligation", revenue.obligation.as_str()));
    attributes.push(("revenue_class", revenue.revenue_class.as_str()));
    let document = Part {
        dimensions: DimensionsOf {
            customer: Some(&revenue.customer),
            contract: Some(&revenue.contract),
            product: Some(&revenue.product),
        },
        attributes,
        amounts: vec![
            ("amount", revenue.amount.minor),
            ("deferred", revenue.deferred),
            ("unbilled", revenue.unbilled),
        ],
    };
    whole(envelope, currency, document)
}

/// An event without lines.
fn whole<'e>(envelope: &Envelope, currency: Currency, document: Part<'e>) -> Facts<'e> {
    Facts {
        event_type: envelope.event.type_name(),
        currency,
        document,
        lines: Vec::new(),
    }
}

/// The attributes that every event has.
fn shared<'e>(envelope: &'e Envelope, currency: &'e Currency) -> Vec<(&'static str, &'e str)> {
    let mut attributes = Vec::with_capacity(8);
    if let Some(entity) = &envelope.entity {
        attributes.push(("entity", entity.as_str()));
    }
    attributes.push(("currency", currency.code()));
    attributes
}

/// The minor units of `money`, which must be of the event's currency: a fee in another currency
/// than the payment is never added up with it.
fn same(
    envelope: &Envelope,
    currency: Currency,
    field: &'static str,
    money: Money,
) -> Result<i64, PostingRefusal> {
    if money.currency == currency {
        Ok(money.minor)
    } else {
        Err(PostingRefusal::CurrenciesDiffer {
            event_type: envelope.event.type_name(),
            field,
            expected: currency,
            found: money.currency,
        })
    }
}
