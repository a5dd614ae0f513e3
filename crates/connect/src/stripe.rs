//! Stripe: customers, payments, refunds, the balance, and events. Pure.
//!
//! Wire facts: form-encoded bodies with bracketed names, `Authorization: Bearer`, amounts in whole
//! minor units, `Idempotency-Key` on every POST, lists paged by `starting_after` and `has_more`,
//! errors as `{"error": {type, code, decline_code, message, param}}`, a declined card as 402.

mod credit_note;
mod dispute;
mod invoice;
pub(crate) mod reply;
mod shapes;
pub mod webhook;

use values::{Instant, Money};

pub use credit_note::{CreditNote, CreditNoteLine, read_credit_note, read_credit_note_lines};
pub use dispute::{Dispute, read_dispute, read_disputes};
pub use invoice::{
    COMPONENT_METADATA, CONTRACT_METADATA, Invoice, InvoiceLine, InvoicePayment, does_not_add_up,
    read_invoice, read_invoice_lines, read_invoice_payments,
};
pub(crate) use reply::has_key;
pub use reply::{
    Charging, Decline, customer_with_reference, payment_with_key, read_balance_transactions,
    read_charge, read_charging, read_customer, read_customers, read_delivered_event, read_event,
    read_events, read_fault, read_payment, read_payments, read_refund, read_refunds,
    refund_with_key, says_absent,
};
pub use shapes::{
    BalanceTransaction, Charge, Customer, Event, Expandable, Page, PaymentError, PaymentIntent,
    PaymentStatus, Refund, RefundStatus,
};

use crate::encoding;
use crate::fault::{Fault, FaultClass};
use crate::request::{Body, Method, Operation, Request, Safety};
use crate::secret::Secret;

/// Name of the system in faults and metrics.
pub const SYSTEM: &str = "stripe";

/// API version whose shapes this module was written against.
pub const API_VERSION: &str = "2026-10-28.endive";

/// Metadata name under which a payment or refund carries our idempotency key, so that it can be
/// found again after a call without an answer.
pub const KEY_METADATA: &str = "tieout_key";

/// Metadata name of the invoice a payment settles.
pub const INVOICE_METADATA: &str = "tieout_invoice";

/// Metadata name of the legal entity a payment belongs to.
pub const ENTITY_METADATA: &str = "tieout_entity";

/// Metadata name of our customer id.
pub const CUSTOMER_METADATA: &str = "tieout_customer";

const fn operation(name: &'static str, safety: Safety) -> Operation {
    Operation {
        system: SYSTEM,
        name,
        safety,
    }
}

/// Creates a customer.
pub static CREATE_CUSTOMER: Operation = operation("create_customer", Safety::NativeKey);
/// Creates and confirms a PaymentIntent: moves money.
pub static CREATE_PAYMENT: Operation = operation("create_payment", Safety::NativeKey);
/// Confirms a PaymentIntent: moves money.
pub static CONFIRM_PAYMENT: Operation = operation("confirm_payment", Safety::NativeKey);
/// Gives money back.
pub static CREATE_REFUND: Operation = operation("create_refund", Safety::NativeKey);
/// Reads one object.
pub static RETRIEVE: Operation = operation("retrieve", Safety::ReadOnly);
/// Reads one page of a list.
pub static LIST: Operation = operation("list", Safety::ReadOnly);

/// Everything this connector can do.
pub static OPERATIONS: [&Operation; 6] = [
    &CREATE_CUSTOMER,
    &CREATE_PAYMENT,
    &CONFIRM_PAYMENT,
    &CREATE_REFUND,
    &RETRIEVE,
    &LIST,
];

/// Largest page Stripe gives.
const PAGE_LIMIT: &str = "100";

/// Longest idempotency key Stripe takes, in characters.
const KEY_MAX_CHARS: usize = 255;

/// A PaymentIntent is read together with its charge and the fee on it.
const INTENT_EXPAND: &str = "latest_charge.balance_transaction";

/// Where Stripe is and with which key.
#[derive(Debug, Clone)]
pub struct Connection {
    /// `https://api.stripe.com`, without a slash at the end.
    pub base_url: String,
    /// `sk_…` or `rk_…`
    pub api_key: Secret,
    /// Value of `Stripe-Version`.
    pub api_version: String,
}

/// A customer to be created.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// Name on receipts.
    pub name: String,
    /// Address for receipts.
    pub email: Option<String>,
    /// Our id, kept in the metadata.
    pub reference: String,
    /// Same key, same customer.
    pub idempotency_key: String,
}

/// A payment to be taken now, with the payer absent.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// What to collect; more than zero.
    pub amount: Money,
    /// `cus_…`
    pub customer: String,
    /// `pm_…`
    pub payment_method: String,
    /// The invoice it settles, kept in the metadata.
    pub invoice: String,
    /// The legal entity it belongs to, kept in the metadata.
    pub legal_entity: String,
    /// Same key, same payment; also kept in the metadata for finding it again.
    pub idempotency_key: String,
}

/// Money to be given back.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// `pi_…`
    pub payment_intent: String,
    /// How much; more than zero.
    pub amount: Money,
    /// The document that allows it, kept in the metadata.
    pub credit_note: String,
    /// Same key, same refund; also kept in the metadata for finding it again.
    pub idempotency_key: String,
}

/// Which rows of a list are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this customer (payments).
    pub customer: Option<String>,
    /// Only those of this payment (refunds).
    pub payment_intent: Option<String>,
    /// Only those created at or after this moment; whole seconds, rounded down.
    pub created_from: Option<Instant>,
    /// Only rows of this kind (events, balance transactions).
    pub kind: Option<String>,
    /// Only rows that this payout paid out (balance transactions).
    pub payout: Option<String>,
    /// Only rows that this charge or refund made (balance transactions).
    pub source: Option<String>,
    /// Only customers with this address.
    pub email: Option<String>,
}

impl Connection {
    /// A connection with the API version this module was written against.
    pub fn new(base_url: impl Into<String>, api_key: Secret) -> Connection {
        Connection {
            base_url: base_url.into(),
            api_key,
            api_version: API_VERSION.to_owned(),
        }
    }

    /// Creates a customer.
    ///
    /// # Errors
    /// When the idempotency key is empty or too long.
    pub fn create_customer(&self, new: &NewCustomer) -> Result<Request, Fault> {
        let mut fields = vec![
            ("name", new.name.as_str()),
            (METADATA_CUSTOMER, new.reference.as_str()),
        ];
        if let Some(email) = &new.email {
            fields.push(("email", email));
        }
        self.post(
            &CREATE_CUSTOMER,
            "/v1/customers",
            &fields,
            &new.idempotency_key,
        )
    }

    /// Creates a PaymentIntent and confirms it in the same call, off session.
    ///
    /// # Errors
    /// When the amount is not positive, its currency is not supported, or the key is bad.
    pub fn create_payment(&self, new: &NewPayment) -> Result<Request, Fault> {
        let amount = payable(new.amount)?;
        let currency = new.amount.currency.code().to_ascii_lowercase();
        let fields = [
            ("amount", amount.as_str()),
            ("currency", &currency),
            ("customer", &new.customer),
            ("payment_method", &new.payment_method),
            ("confirm", "true"),
            ("off_session", "true"),
            // The payer is absent, so methods that send them elsewhere are of no use; without
            // this Stripe may ask for a `return_url`.
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            (METADATA_INVOICE, &new.invoice),
            (METADATA_ENTITY, &new.legal_entity),
            (METADATA_KEY, &new.idempotency_key),
            ("expand[0]", INTENT_EXPAND),
        ];
        self.post(
            &CREATE_PAYMENT,
            "/v1/payment_intents",
            &fields,
            &new.idempotency_key,
        )
    }

    /// Confirms a PaymentIntent, with another payment method if one is given.
    ///
    /// # Errors
    /// When the key is bad.
    pub fn confirm_payment(
        &self,
        payment_intent: &str,
        payment_method: Option<&str>,
        idempotency_key: &str,
    ) -> Result<Request, Fault> {
        let mut fields = vec![("off_session", "true"), ("expand[0]", INTENT_EXPAND)];
        if let Some(method) = payment_method {
            fields.push(("payment_method", method));
        }
        let path = format!(
            "/v1/payment_intents/{}/confirm",
            encoding::percent(payment_intent)
        );
        self.post(&CONFIRM_PAYMENT, &path, &fields, idempotency_key)
    }

    /// Reads a PaymentIntent with its newest charge and the fee on it.
    pub fn retrieve_payment(&self, id: &str) -> Request {
        self.retrieve("payment_intents", id, &[INTENT_EXPAND])
    }

    /// Reads a charge with its balance transaction.
    pub fn retrieve_charge(&self, id: &str) -> Request {
        self.retrieve("charges", id, &["balance_transaction"])
    }

    /// Reads a refund with its balance transaction.
    pub fn retrieve_refund(&self, id: &str) -> Request {
        self.retrieve("refunds", id, &["balance_transaction"])
    }

    /// Reads a customer.
    pub fn retrieve_customer(&self, id: &str) -> Request {
        self.retrieve("customers", id, &[])
    }

    /// Reads an event; Stripe keeps them 30 days.
    pub fn retrieve_event(&self, id: &str) -> Request {
        self.retrieve("events", id, &[])
    }

    /// Gives money back on a payment.
    ///
    /// # Errors
    /// When the amount is not positive, its currency is not supported, or the key is bad.
    pub fn create_refund(&self, new: &NewRefund) -> Result<Request, Fault> {
        let amount = payable(new.amount)?;
        let fields = [
            ("payment_intent", new.payment_intent.as_str()),
            ("amount", &amount),
            ("metadata[tieout_credit_note]", &new.credit_note),
            (METADATA_KEY, &new.idempotency_key),
            ("expand[0]", "balance_transaction"),
        ];
        self.post(&CREATE_REFUND, "/v1/refunds", &fields, &new.idempotency_key)
    }

    /// One page of customers; looks at `email` and `created_from`.
    pub fn list_customers(&self, filter: &Filter, after: Option<&str>) -> Request {
        let pairs = [("email", filter.email.as_deref())];
        self.list("customers", &pairs, filter, after, None)
    }

    /// One page of payments; looks at `customer` and `created_from`.
    pub fn list_payments(&self, filter: &Filter, after: Option<&str>) -> Request {
        let pairs = [("customer", filter.customer.as_deref())];
        let expand = "data.latest_charge.balance_transaction";
        self.list("payment_intents", &pairs, filter, after, Some(expand))
    }

    /// One page of refunds; looks at `payment_intent` and `created_from`.
    pub fn list_refunds(&self, filter: &Filter, after: Option<&str>) -> Request {
        let pairs = [("payment_intent", filter.payment_intent.as_deref())];
        let expand = "data.balance_transaction";
        self.list("refunds", &pairs, filter, after, Some(expand))
    }

    /// One page of events, for finding what no webhook told; looks at `kind` and `created_from`.
    pub fn list_events(&self, filter: &Filter, after: Option<&str>) -> Request {
        let pairs = [("type", filter.kind.as_deref())];
        self.list("events", &pairs, filter, after, None)
    }

    /// One page of balance transactions; looks at `kind`, `payout`, `source` and `created_from`.
    pub fn list_balance_transactions(&self, filter: &Filter, after: Option<&str>) -> Request {
        let pairs = [
            ("type", filter.kind.as_deref()),
            ("payout", filter.payout.as_deref()),
            ("source", filter.source.as_deref()),
        ];
        self.list("balance_transactions", &pairs, filter, after, None)
    }

    fn post(
        &self,
        operation: &'static Operation,
        path: &str,
        fields: &[(&str, &str)],
        idempotency_key: &str,
    ) -> Result<Request, Fault> {
        let length = idempotency_key.chars().count();
        if length == 0 || length > KEY_MAX_CHARS || idempotency_key.chars().any(char::is_control) {
            return Err(cannot_ask(
                "the idempotency key must have 1 to 255 printable characters",
            ));
        }
        let mut headers = self.headers();
        headers.push(("Idempotency-Key".to_owned(), idempotency_key.to_owned()));
        Ok(Request {
            method: Method::Post,
            url: format!("{}{path}", self.base_url),
            headers,
            body: Some(Body {
                content_type: "application/x-www-form-urlencoded",
                bytes: encoding::form(fields.iter().copied()).into_bytes(),
            }),
            operation,
        })
    }

    fn retrieve(&self, kind: &str, id: &str, expand: &[&str]) -> Request {
        let path = format!("/v1/{kind}/{}", encoding::percent(id));
        let pairs: Vec<_> = expand.iter().map(|path| ("expand[0]", *path)).collect();
        self.get(&RETRIEVE, &path, &pairs)
    }

    fn list(
        &self,
        kind: &str,
        filters: &[(&str, Option<&str>)],
        filter: &Filter,
        after: Option<&str>,
        expand: Option<&str>,
    ) -> Request {
        let from = filter.created_from.map(|from| from.seconds().to_string());
        let pairs: Vec<(&str, &str)> = filters
            .iter()
            .copied()
            .chain([
                ("created[gte]", from.as_deref()),
                ("limit", Some(PAGE_LIMIT)),
                ("starting_after", after),
                ("expand[0]", expand),
            ])
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        self.get(&LIST, &format!("/v1/{kind}"), &pairs)
    }

    fn get(&self, operation: &'static Operation, path: &str, pairs: &[(&str, &str)]) -> Request {
        let query = encoding::query(pairs.iter().copied());
        let separator = if query.is_empty() { "" } else { "?" };
        Request {
            method: Method::Get,
            url: format!("{}{path}{separator}{query}", self.base_url),
            headers: self.headers(),
            body: None,
            operation,
        }
    }

    fn headers(&self) -> Vec<(String, String)> {
        vec![
            (
                "Authorization".to_owned(),
                format!("Bearer {}", self.api_key.reveal()),
            ),
            ("Stripe-Version".to_owned(), self.api_version.clone()),
        ]
    }
}

const METADATA_CUSTOMER: &str = "metadata[tieout_customer]";
const METADATA_INVOICE: &str = "metadata[tieout_invoice]";
const METADATA_ENTITY: &str = "metadata[tieout_entity]";
const METADATA_KEY: &str = "metadata[tieout_key]";

/// The amount as Stripe takes it, in text.
fn payable(amount: Money) -> Result<String, Fault> {
    if amount.minor <= 0 {
        return Err(cannot_ask("the amount must be more than zero"));
    }
    if !shapes::counts_in_minor_units(amount.currency) {
        return Err(cannot_ask(
            "Stripe counts this currency in another unit than ISO 4217; it is not supported",
        ));
    }
    Ok(amount.minor.to_string())
}

fn cannot_ask(why: &str) -> Fault {
    Fault::new(SYSTEM, FaultClass::Data, "cannot_be_asked", why)
}
