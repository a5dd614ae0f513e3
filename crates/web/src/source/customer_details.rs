//! What customers are set up with, from the books.

use super::{AppSource, Asked, told};
use crate::console::CustomerDetailsSource;
use app::query::CustomerSetup;

impl CustomerDetailsSource for AppSource {
    fn customer_setup(&self, id: &str) -> Asked<Option<CustomerSetup>> {
        self.app.customer_setup(id).map_err(told)
    }
}
