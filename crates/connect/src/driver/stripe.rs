//! Stripe, performed.

use std::sync::Arc;

use values::Instant;

use super::Driver;
use crate::fault::Fault;
use crate::request::{Operation, ReadBack, Reply, Request};
use crate::stripe::{
    self as wire, BalanceTransaction, Charge, Charging, Connection, CreditNote, Customer, Dispute,
    Event, Filter, Invoice, NewCustomer, NewPayment, NewRefund, Page, PaymentIntent, Refund,
    SYSTEM,
};

/// Seconds before the moment of sending from which a read-back looks, so that a difference
/// between the two clocks hides nothing.
const LOOK_BACK_S: i64 = 86_400;

/// One Stripe account.
pub struct Stripe {
    driver: Arc<Driver>,
    connection: Connection,
}

impl Stripe {
    /// The account behind this connection.
    pub fn new(driver: Arc<Driver>, connection: Connection) -> Stripe {
        Stripe { driver, connection }
    }

    /// Creates a customer.
    ///
    /// # Errors
    /// When it was not created, or nobody knows.
    pub fn create_customer(&self, new: &NewCustomer) -> Result<Customer, Fault> {
        self.driver
            .call(|| self.connection.create_customer(new), wire::read_customer)
    }

    /// Takes a payment. A decline is an outcome, not a fault.
    ///
    /// # Errors
    /// When Stripe did not try, or nobody knows.
    pub fn create_payment(&self, new: &NewPayment) -> Result<Charging, Fault> {
        self.driver.call(
            || self.connection.create_payment(new),
            |operation, reply| {
                let charging = wire::read_charging(operation, reply)?;
                let key = &new.idempotency_key;
                about(operation, key, charging, |charging| {
                    payment_of(charging).is_none_or(|it| wire::has_key(&it.metadata, key))
                })
            },
        )
    }

    /// Tries a payment again, with another method if one is given.
    ///
    /// # Errors
    /// When Stripe did not try, or nobody knows: then retrieve the payment.
    pub fn confirm_payment(
        &self,
        payment_intent: &str,
        payment_method: Option<&str>,
        idempotency_key: &str,
    ) -> Result<Charging, Fault> {
        self.driver.call(
            || {
                self.connection
                    .confirm_payment(payment_intent, payment_method, idempotency_key)
            },
            |operation, reply| {
                let charging = wire::read_charging(operation, reply)?;
                about(operation, payment_intent, charging, |charging| {
                    payment_of(charging).is_none_or(|it| it.id == payment_intent)
                })
            },
        )
    }

    /// Gives money back.
    ///
    /// # Errors
    /// When it was not given back, or nobody knows.
    pub fn create_refund(&self, new: &NewRefund) -> Result<Refund, Fault> {
        self.driver.call(
            || self.connection.create_refund(new),
            |operation, reply| {
                let refund = wire::read_refund(operation, reply)?;
                let key = &new.idempotency_key;
                about(operation, key, refund, |refund| {
                    wire::has_key(&refund.metadata, key)
                })
            },
        )
    }

    /// Reads a payment with its newest charge and the fee on it.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn payment(&self, id: &str) -> Result<PaymentIntent, Fault> {
        self.driver.call(
            || Ok(self.connection.retrieve_payment(id)),
            |operation, reply| {
                let read = wire::read_payment(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )
    }

    /// Reads a charge with its balance transaction.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn charge(&self, id: &str) -> Result<Charge, Fault> {
        self.driver.call(
            || Ok(self.connection.retrieve_charge(id)),
            |operation, reply| {
                let read = wire::read_charge(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )
    }

    /// Reads a refund with its balance transaction.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn refund(&self, id: &str) -> Result<Refund, Fault> {
        self.driver.call(
            || Ok(self.connection.retrieve_refund(id)),
            |operation, reply| {
                let read = wire::read_refund(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )
    }

    /// Reads a dispute with what it moved.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn dispute(&self, id: &str) -> Result<Dispute, Fault> {
        self.driver.call(
            || Ok(self.connection.retrieve_dispute(id)),
            |operation, reply| {
                let read = wire::read_dispute(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )
    }

    /// Reads a customer.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn customer(&self, id: &str) -> Result<Customer, Fault> {
        self.driver.call(
            || Ok(self.connection.retrieve_customer(id)),
            |operation, reply| {
                let read = wire::read_customer(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )
    }

    /// Reads an invoice with all its lines.
    ///
    /// # Errors
    /// When it could not be read, or its lines do not add up to its total.
    pub fn invoice(&self, id: &str) -> Result<Invoice, Fault> {
        let mut invoice = self.driver.call(
            || Ok(self.connection.retrieve_invoice(id)),
            |operation, reply| {
                let read = wire::read_invoice(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )?;
        if invoice.has_more {
            invoice.lines = self.all(
                |after| self.connection.list_invoice_lines(id, after),
                wire::read_invoice_lines,
            )?;
            invoice.has_more = false;
        }
        if invoice.adds_up() {
            Ok(invoice)
        } else {
            Err(wire::does_not_add_up(
                &format!("invoice {}", invoice.id),
                invoice.total,
            ))
        }
    }

    /// The invoice that Stripe Billing collected with a payment; nothing when it is of none.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn invoice_of(&self, payment_intent: &str) -> Result<Option<String>, Fault> {
        let made = self.all(
            |after| self.connection.list_invoice_payments(payment_intent, after),
            wire::read_invoice_payments,
        )?;
        let mut of_it = made
            .into_iter()
            .filter(|made| made.payment_intent.as_deref() == Some(payment_intent));
        Ok(of_it.next().map(|made| made.invoice))
    }

    /// Reads a credit note with all its lines.
    ///
    /// # Errors
    /// When it could not be read, or its lines do not add up to its total.
    pub fn credit_note(&self, id: &str) -> Result<CreditNote, Fault> {
        let mut note = self.driver.call(
            || Ok(self.connection.retrieve_credit_note(id)),
            |operation, reply| {
                let read = wire::read_credit_note(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )?;
        if note.has_more {
            let currency = note.total.currency;
            note.lines = self.all(
                |after| self.connection.list_credit_note_lines(id, after),
                |operation, reply| wire::read_credit_note_lines(operation, reply, currency),
            )?;
            note.has_more = false;
        }
        if note.adds_up() {
            Ok(note)
        } else {
            Err(wire::does_not_add_up(
                &format!("credit note {}", note.id),
                note.total,
            ))
        }
    }

    /// Reads an event.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn event(&self, id: &str) -> Result<Event, Fault> {
        self.driver.call(
            || Ok(self.connection.retrieve_event(id)),
            |operation, reply| {
                let read = wire::read_event(operation, reply)?;
                about(operation, id, read, |read| read.id == id)
            },
        )
    }

    /// All events created at or after a moment, oldest first: the sweep that finds what no
    /// webhook told. `kind` narrows it, e.g. `payment_intent.succeeded`.
    ///
    /// # Errors
    /// When a page could not be read.
    pub fn events_since(&self, from: Instant, kind: Option<&str>) -> Result<Vec<Event>, Fault> {
        let filter = Filter {
            created_from: Some(from),
            kind: kind.map(str::to_owned),
            ..Filter::default()
        };
        let newest_first = self.all(
            |after| self.connection.list_events(&filter, after),
            wire::read_events,
        )?;
        Ok(oldest_first(newest_first))
    }

    /// All balance transactions that the filter lets through, oldest first.
    ///
    /// # Errors
    /// When a page could not be read.
    pub fn balance_transactions(&self, filter: &Filter) -> Result<Vec<BalanceTransaction>, Fault> {
        let newest_first = self.all(
            |after| self.connection.list_balance_transactions(filter, after),
            wire::read_balance_transactions,
        )?;
        Ok(oldest_first(newest_first))
    }

    /// All payments that the filter lets through, oldest first.
    ///
    /// # Errors
    /// When a page could not be read.
    pub fn payments(&self, filter: &Filter) -> Result<Vec<PaymentIntent>, Fault> {
        let newest_first = self.all(
            |after| self.connection.list_payments(filter, after),
            wire::read_payments,
        )?;
        Ok(oldest_first(newest_first))
    }

    /// All refunds that the filter lets through, oldest first.
    ///
    /// # Errors
    /// When a page could not be read.
    pub fn refunds(&self, filter: &Filter) -> Result<Vec<Refund>, Fault> {
        let newest_first = self.all(
            |after| self.connection.list_refunds(filter, after),
            wire::read_refunds,
        )?;
        Ok(oldest_first(newest_first))
    }

    /// All disputes that the filter lets through, oldest first.
    ///
    /// # Errors
    /// When a page could not be read.
    pub fn disputes(&self, filter: &Filter) -> Result<Vec<Dispute>, Fault> {
        let newest_first = self.all(
            |after| self.connection.list_disputes(filter, after),
            wire::read_disputes,
        )?;
        Ok(oldest_first(newest_first))
    }

    /// Looks whether a payment was made after a call without an answer. `sent` is a moment not
    /// later than the call by Stripe's clock; a day before it is looked through as well.
    ///
    /// # Errors
    /// When Stripe could not be asked: the payment stays ambiguous.
    pub fn read_back_payment(
        &self,
        new: &NewPayment,
        sent: Instant,
    ) -> Result<ReadBack<PaymentIntent>, Fault> {
        let payments = self.payments(&Filter {
            customer: Some(new.customer.clone()),
            created_from: Some(sent.plus_seconds(-LOOK_BACK_S)),
            ..Filter::default()
        })?;
        Ok(wire::payment_with_key(payments, &new.idempotency_key))
    }

    /// Looks whether a refund was made after a call without an answer.
    ///
    /// # Errors
    /// When Stripe could not be asked: the refund stays ambiguous.
    pub fn read_back_refund(&self, new: &NewRefund) -> Result<ReadBack<Refund>, Fault> {
        let refunds = self.refunds(&Filter {
            payment_intent: Some(new.payment_intent.clone()),
            ..Filter::default()
        })?;
        Ok(wire::refund_with_key(refunds, &new.idempotency_key))
    }

    /// Looks whether a customer was created after a call without an answer.
    ///
    /// # Errors
    /// When Stripe could not be asked: the customer stays ambiguous.
    pub fn read_back_customer(
        &self,
        new: &NewCustomer,
        sent: Instant,
    ) -> Result<ReadBack<Customer>, Fault> {
        let filter = Filter {
            email: new.email.clone(),
            created_from: Some(sent.plus_seconds(-LOOK_BACK_S)),
            ..Filter::default()
        };
        let customers = self.all(
            |after| self.connection.list_customers(&filter, after),
            wire::read_customers,
        )?;
        Ok(wire::customer_with_reference(customers, &new.reference))
    }

    fn all<T>(
        &self,
        build: impl Fn(Option<&str>) -> Request,
        read: impl Fn(&Operation, &Reply) -> Result<Page<T>, Fault>,
    ) -> Result<Vec<T>, Fault> {
        self.driver.all_pages(SYSTEM, |cursor: Option<&String>| {
            let after = cursor.map(String::as_str);
            let page = self.driver.call(
                || Ok(build(after)),
                |operation, reply| read(operation, reply),
            )?;
            Ok((page.items, page.next))
        })
    }
}

/// What was read, when it is about what was asked.
fn about<T>(
    operation: &Operation,
    asked: &str,
    read: T,
    is_it: impl Fn(&T) -> bool,
) -> Result<T, Fault> {
    if is_it(&read) {
        Ok(read)
    } else {
        Err(Fault::of_another(operation, asked))
    }
}

/// The payment that an answer to charging is about, where it names one.
fn payment_of(charging: &Charging) -> Option<&PaymentIntent> {
    match charging {
        Charging::Accepted(intent) => Some(intent),
        Charging::Declined(decline) => decline.payment_intent.as_deref(),
    }
}

fn oldest_first<T>(mut newest_first: Vec<T>) -> Vec<T> {
    newest_first.reverse();
    newest_first
}
