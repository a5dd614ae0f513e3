//! The structure around accounts from the books.

use super::approvals::command;
use super::{AppSource, Asked, told};
use crate::console::{SourceFault, StructureForm, StructureSource};
use app::AppFault;
use app::journey::routing::preview::HierarchyPreview;
use app::journey::routing::structure::AccountStructure;
use serde_json::{Value, json};
use values::{CustomerId, Date};

fn customer(id: &str) -> Asked<CustomerId> {
    id.parse().map_err(|_| SourceFault::Refused {
        reason: format!("there is no customer {id}"),
    })
}

impl StructureSource for AppSource {
    fn structure(&self, id: &str) -> Asked<Option<AccountStructure>> {
        let Ok(customer) = id.parse::<CustomerId>() else {
            return Ok(None);
        };
        match self.app.account_structure(&customer) {
            Ok(found) => Ok(Some(found)),
            Err(AppFault::NotFound { .. }) => Ok(None),
            Err(fault) => Err(told(fault)),
        }
    }

    fn preview_move(&self, id: &str, parent: &str, as_of: Option<Date>) -> Asked<HierarchyPreview> {
        let preview = self.app.preview_move(&customer(id)?, Some(parent), as_of);
        preview.map_err(told)
    }

    fn arrange(&self, form: &StructureForm, actor: &str) -> Asked<Option<String>> {
        let (name, mut body) = match form.action.as_str() {
            "move" => {
                let parent = match form.parent.trim() {
                    "none" => "",
                    other => other,
                };
                let mut body =
                    json!({ "customer": form.customer, "parent": parent, "reason": form.reason });
                if !form.from.trim().is_empty() {
                    body["effective"] = json!(form.from.trim());
                }
                ("change_customer", body)
            }
            "consolidation" => {
                let policy = Some(form.policy.trim()).filter(|policy| !policy.is_empty());
                let body =
                    json!({ "customer": form.customer, "policy": policy, "reason": form.reason });
                ("set_consolidation", body)
            }
            "bill-to" => {
                let named = Some(form.named.trim()).filter(|named| !named.is_empty());
                let body = json!({ "contract": form.contract, "bill_to": form.bill_to, "customer": named,
                    "invoice_group": form.invoice_group, "reason": form.reason });
                ("set_bill_to", body)
            }
            "owner" => {
                let owner = Some(form.owner.trim()).filter(|owner| !owner.is_empty());
                let body = json!({ "customer": form.customer, "owner": owner });
                ("set_collections_owner", body)
            }
            other => {
                let reason = format!("there is no action {other:?} on this page");
                return Err(SourceFault::Refused { reason });
            }
        };
        let dated = matches!(name, "set_consolidation" | "set_bill_to");
        if dated && !form.from.trim().is_empty() {
            body["from"] = json!(form.from.trim());
        }
        let answer: Value = self.app.act(actor, command(name, body)?).map_err(told)?;
        Ok(answer["approval"].as_str().map(str::to_owned))
    }
}
