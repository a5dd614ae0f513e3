//! The cash desk, prepaid credit and the commands of forms, from the books.

use super::approvals::command;
use super::{AppSource, Asked, told};
use crate::console::{CashDeskSource, EntrySource, PrepaidSource};
use app::query::{CreditGrantView, PaymentPage};
use app::view::Page;
use serde_json::Value;

impl EntrySource for AppSource {
    fn carry_out(&self, name: &str, body: Value, key: &str, actor: &str) -> Asked<Value> {
        self.once(actor, format!("form/{key}"), command(name, body)?)
    }
}

impl CashDeskSource for AppSource {
    fn payment_page(&self, id: &str) -> Asked<Option<PaymentPage>> {
        self.app.payment_page(id).map_err(told)
    }
}

impl PrepaidSource for AppSource {
    fn credit_grants(&self, customer: &str, cursor: Option<&str>) -> Asked<Page<CreditGrantView>> {
        self.app.credit_grants(Some(customer), cursor).map_err(told)
    }
}
