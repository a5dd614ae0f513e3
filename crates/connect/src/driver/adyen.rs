//! Adyen, performed.

use std::sync::Arc;

use super::Driver;
use crate::adyen::{
    self as wire, Connection, NewPayment, NewRefund, PaymentResult, RefundReceived, key_on_the_wire,
};
use crate::fault::Fault;
use crate::request::{Operation, Reply};

/// One merchant account at Adyen.
pub struct Adyen {
    driver: Arc<Driver>,
    connection: Connection,
}

impl Adyen {
    /// The merchant account behind this connection.
    pub fn new(driver: Arc<Driver>, connection: Connection) -> Adyen {
        Adyen { driver, connection }
    }

    /// Name of the merchant account.
    pub fn merchant_account(&self) -> &str {
        &self.connection.merchant_account
    }

    /// Takes a payment. A refusal is an outcome, not a fault. The same content under the same key
    /// may be asked for again while Adyen keeps the key, and is answered as the first time.
    ///
    /// # Errors
    /// When Adyen did not try, or nobody knows.
    pub fn create_payment(&self, new: &NewPayment) -> Result<PaymentResult, Fault> {
        self.driver.call(
            || self.connection.create_payment(new),
            |operation, reply| {
                let result = wire::read_payment(operation, reply)?;
                let (ours, key) = (&new.reference, &new.idempotency_key);
                let repeated = result.reference.as_deref();
                let fits = result
                    .amount
                    .is_none_or(|amount| amount.currency == new.amount.currency);
                about(operation, reply, (ours, key), repeated, fits)?;
                Ok(result)
            },
        )
    }

    /// Asks for money to be given back. The same content under the same key may be asked for again.
    ///
    /// # Errors
    /// When Adyen did not take it on, or nobody knows.
    pub fn create_refund(&self, new: &NewRefund) -> Result<RefundReceived, Fault> {
        self.driver.call(
            || self.connection.create_refund(new),
            |operation, reply| {
                let refund = wire::read_refund(operation, reply)?;
                let (ours, key) = (&new.reference, &new.idempotency_key);
                let fits = refund.payment == new.payment
                    && refund.amount.is_none_or(|amount| amount == new.amount);
                about(
                    operation,
                    reply,
                    (ours, key),
                    refund.reference.as_deref(),
                    fits,
                )?;
                Ok(refund)
            },
        )
    }

    /// Asks something harmless.
    ///
    /// # Errors
    /// When Adyen does not answer it.
    pub fn list_methods(&self) -> Result<(), Fault> {
        self.driver
            .call(|| self.connection.list_methods(), wire::read_methods)
    }
}

/// An answer is believed when it repeats our reference or, where it repeats none, our key.
fn about(
    operation: &Operation,
    reply: &Reply,
    (ours, key): (&str, &str),
    repeated: Option<&str>,
    fits: bool,
) -> Result<(), Fault> {
    let is_ours = match repeated {
        Some(reference) => reference == ours,
        None => reply.header("Idempotency-Key") == Some(key_on_the_wire(key)?.as_str()),
    };
    if is_ours && fits {
        Ok(())
    } else {
        Err(Fault::of_another(operation, ours))
    }
}
