//! Bill runs from the books.

use super::approvals::command;
use super::{AppSource, Asked, told};
use crate::console::{BillRunForm, BillRunSource};
use app::AppFault;
use app::bill_run::{BillRunDetail, BillRunResultView, BillRunView};
use app::view::Page;
use serde_json::{Map, Value, json};

impl BillRunSource for AppSource {
    fn bill_runs(&self, cursor: Option<&str>) -> Asked<Page<BillRunView>> {
        self.app.bill_runs(cursor).map_err(told)
    }

    fn bill_run(&self, id: &str) -> Asked<Option<BillRunDetail>> {
        match self.app.bill_run(id) {
            Ok(found) => Ok(Some(found)),
            Err(AppFault::NotFound { .. }) => Ok(None),
            Err(fault) => Err(told(fault)),
        }
    }

    fn bill_run_results(&self, id: &str, cursor: Option<&str>) -> Asked<Page<BillRunResultView>> {
        self.app.bill_run_results(id, cursor).map_err(told)
    }

    fn plan_bill_run(&self, form: &BillRunForm, actor: &str) -> Asked<String> {
        let mut body = Map::new();
        for (name, value) in [
            ("through", &form.through),
            ("entity", &form.entity),
            ("customer", &form.customer),
            ("contract", &form.contract),
        ] {
            if !value.trim().is_empty() {
                body.insert(name.to_owned(), json!(value.trim()));
            }
        }
        let command = command("create_bill_run", Value::Object(body))?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(answer["bill_run"].as_str().unwrap_or_default().to_owned())
    }

    fn steer_bill_run(&self, id: &str, action: &str, reason: &str, actor: &str) -> Asked<()> {
        let command = match action {
            "approve" => command("approve_bill_run", json!({ "run": id }))?,
            _ => command(
                "steer_bill_run",
                json!({ "run": id, "action": action, "reason": reason }),
            )?,
        };
        self.app.act(actor, command).map_err(told)?;
        Ok(())
    }
}
