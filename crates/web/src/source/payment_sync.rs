//! How payments reach the other systems, from the books.

use super::{AppSource, Asked, told};
use crate::console::PaymentSyncSource;
use app::collection::sync::{PaymentSync, SyncPlaces};

impl PaymentSyncSource for AppSource {
    fn payment_sync(&self, days: u16, places: &SyncPlaces) -> Asked<PaymentSync> {
        self.app.payment_sync_from(days, places).map_err(told)
    }
}
