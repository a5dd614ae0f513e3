//! AvaTax, performed.

use std::cell::RefCell;
use std::sync::Arc;

use super::Driver;
use crate::avatax::{self as wire, Calculation, Connection, Engine, Sale};
use crate::fault::Fault;

/// One AvaTax account.
pub struct AvaTax {
    driver: Arc<Driver>,
    connection: Connection,
}

/// One call as it went over the wire, without credentials: they are in headers, which are not kept,
/// and are taken out of every answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WireCall {
    /// `POST https://…`
    pub request_line: String,
    /// The body that was sent.
    pub request: String,
    /// The status of the answer; 0 when there was none.
    pub status: u16,
    /// The body of the answer.
    pub response: String,
}

impl AvaTax {
    /// The account behind this connection.
    pub fn new(driver: Arc<Driver>, connection: Connection) -> AvaTax {
        AvaTax { driver, connection }
    }

    /// Asks for the tax of a sale, and gives the last call that was made for it along, whatever became
    /// of it. Nothing is recorded at AvaTax, so it is asked again when the world stumbles.
    pub fn calculate_tax(&self, sale: &Sale) -> (Result<Calculation, Fault>, WireCall) {
        let seen = RefCell::new(WireCall::default());
        let outcome = self.driver.call(
            || {
                let request = self.connection.calculate_tax(sale)?;
                *seen.borrow_mut() = WireCall {
                    request_line: format!("{} {}", request.method.as_str(), request.url),
                    request: request.body_text().to_owned(),
                    ..WireCall::default()
                };
                Ok(request)
            },
            |operation, reply| {
                {
                    let mut seen = seen.borrow_mut();
                    seen.status = reply.status;
                    seen.response = String::from_utf8_lossy(&reply.body).into_owned();
                }
                let calculation = wire::read_calculation(operation, reply)?;
                if wire::answers(&calculation, sale) {
                    Ok(calculation)
                } else {
                    Err(Fault::of_another(operation, &sale.code))
                }
            },
        );
        (outcome, seen.into_inner())
    }

    /// Asks whether the credentials are good.
    ///
    /// # Errors
    /// When AvaTax could not be asked.
    pub fn ping(&self) -> Result<Engine, Fault> {
        self.driver
            .call(|| Ok(self.connection.ping()), wire::read_engine)
    }
}
