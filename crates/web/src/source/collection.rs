//! Receivables from the books.

use super::approvals::command;
use super::{AppSource, Asked, told, ungrouped};
use crate::console::{CollectionSource, SourceFault};
use app::collection::{AgedView, CaseView, UnmatchedPayment, WorkRow};
use app::query::WorkList;
use serde_json::{Value, json};
use values::Date;

impl CollectionSource for AppSource {
    fn unmatched(&self, cursor: Option<&str>) -> Asked<WorkList<UnmatchedPayment>> {
        self.app.unmatched_payments(cursor).map_err(told)
    }

    fn unmatched_payment(&self, id: &str) -> Asked<Option<UnmatchedPayment>> {
        self.app.unmatched_payment(id).map_err(told)
    }

    fn aged(&self, as_of: Option<Date>) -> Asked<AgedView> {
        self.app.aged_receivables(as_of, None).map_err(told)
    }

    fn worklist(&self, cursor: Option<&str>) -> Asked<WorkList<WorkRow>> {
        self.app.collection_worklist(cursor).map_err(told)
    }

    fn case(&self, id: &str) -> Asked<Option<CaseView>> {
        self.app.collection_case(id).map_err(told)
    }

    fn set_against(
        &self,
        payment: &str,
        invoices: &[(String, String, bool)],
        actor: &str,
    ) -> Asked<()> {
        let invoices: Vec<Value> = invoices
            .iter()
            .map(|(invoice, amount, rest)| {
                json!({ "invoice": invoice, "amount": amount, "write_off_rest": rest })
            })
            .collect();
        // Whoever looks at the page sees who owes each invoice; the choice is his word for it.
        let body = json!({ "payment": payment, "invoices": invoices, "on_behalf": true });
        self.app
            .act(actor, command("match_payment", body)?)
            .map_err(told)?;
        Ok(())
    }

    fn promise(&self, [invoice, until, amount, note]: [&str; 4], actor: &str) -> Asked<()> {
        let mut body = json!({ "invoice": invoice, "until": until, "note": note });
        if !amount.is_empty() {
            let plain = ungrouped(amount).ok_or_else(|| SourceFault::Refused {
                reason: format!("“{amount}” is no amount; write it as 12.50 or 1,250.00"),
            })?;
            body["amount"] = json!(plain);
        }
        self.app
            .act(actor, command("record_promise", body)?)
            .map_err(told)?;
        Ok(())
    }

    fn assign_case(&self, [invoice, owner, next]: [&str; 3], actor: &str) -> Asked<()> {
        let body = json!({ "invoice": invoice, "owner": owner, "next_action": next });
        self.app
            .act(actor, command("assign_collection", body)?)
            .map_err(told)?;
        Ok(())
    }
}
