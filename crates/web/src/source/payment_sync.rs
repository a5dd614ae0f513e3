//! How payments reach the other systems, from the books.

use super::{AppSource, Asked, told};
use crate::console::PaymentSyncSource;
use app::collection::sync::PaymentSync;

impl PaymentSyncSource for AppSource {
    fn payment_sync(&self, days: u16) -> Asked<PaymentSync> {
        self.app.payment_sync(days).map_err(told)
    }
}
