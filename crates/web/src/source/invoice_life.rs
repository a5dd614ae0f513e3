//! Drafts of invoices, and what is done to invoices, from the books.

use super::approvals::command;
use super::typed_amounts::{cash_units, limits, net_rounding};
use super::{AppSource, Asked, told};
use crate::console::{
    InvoiceAct, InvoiceActForm, InvoiceActSource, InvoiceDraftSource, InvoicePolicyForm,
    InvoicePolicySource, SourceFault,
};
use app::AppFault;
use app::command::{Command, Envelope};
use app::journey::invoice_draft::{
    DraftFilter, DraftPreview, InvoiceDraftDetail, InvoiceDraftView,
};
use app::journey::invoice_policy::PolicyInForce;
use app::shadow::Impact;
use app::view::Page;
use serde_json::{Map, Value, json};

impl InvoiceDraftSource for AppSource {
    fn invoice_drafts(
        &self,
        filter: &DraftFilter,
        cursor: Option<&str>,
    ) -> Asked<Page<InvoiceDraftView>> {
        self.app.invoice_drafts(filter, cursor).map_err(told)
    }

    fn invoice_draft(&self, id: &str) -> Asked<Option<InvoiceDraftDetail>> {
        match self.app.invoice_draft(id) {
            Ok(found) => Ok(Some(found)),
            Err(AppFault::NotFound { .. }) => Ok(None),
            Err(fault) => Err(told(fault)),
        }
    }

    fn preview_invoice_draft(&self, id: &str) -> Asked<DraftPreview> {
        self.app.preview_invoice_draft(id).map_err(told)
    }

    fn move_invoice_draft(
        &self,
        id: &str,
        action: &str,
        version: &str,
        actor: &str,
    ) -> Asked<Option<String>> {
        let command = match action {
            "finalise" => {
                let version: u32 = version.parse().map_err(|_| SourceFault::Refused {
                    reason: format!("{version:?} is no version of a draft"),
                })?;
                command(
                    "finalise_invoice",
                    json!({ "draft": id, "version": version }),
                )?
            }
            _ => command("refresh_invoice_draft", json!({ "draft": id }))?,
        };
        let answer = self.app.act(actor, command).map_err(told)?;
        let next = answer["approval"].as_str().or(answer["document"].as_str());
        Ok(next.map(str::to_owned))
    }
}

impl InvoiceActSource for AppSource {
    fn preview_invoice_act(
        &self,
        invoice: &str,
        act: InvoiceAct,
        form: &InvoiceActForm,
        actor: &str,
    ) -> Asked<Impact> {
        let envelope = Envelope {
            client: actor.to_owned(),
            key: "preview".to_owned(),
            actor: actor.to_owned(),
            command: act_command(invoice, act, form)?,
        };
        self.app.shadow(envelope).map_err(told)
    }

    fn act_on_invoice(
        &self,
        invoice: &str,
        act: InvoiceAct,
        form: &InvoiceActForm,
        actor: &str,
    ) -> Asked<Option<String>> {
        let answer = self
            .app
            .act(actor, act_command(invoice, act, form)?)
            .map_err(told)?;
        Ok(answer["approval"].as_str().map(str::to_owned))
    }
}

fn act_command(invoice: &str, act: InvoiceAct, form: &InvoiceActForm) -> Asked<Command> {
    let mut body = Map::new();
    body.insert("invoice".to_owned(), json!(invoice));
    body.insert("reason".to_owned(), json!(form.reason.trim()));
    let amount = form.amount.trim();
    let name = match act {
        InvoiceAct::Void => "void_invoice",
        InvoiceAct::Credit if amount.is_empty() => {
            body.insert("full".to_owned(), json!(true));
            "issue_credit_note"
        }
        InvoiceAct::Credit => "issue_credit_note",
        InvoiceAct::WriteOff => "write_off_invoice",
    };
    if act != InvoiceAct::Void && !amount.is_empty() {
        body.insert("amount".to_owned(), json!(amount));
    }
    command(name, Value::Object(body))
}

impl InvoicePolicySource for AppSource {
    fn invoice_policy(&self, entity: &str) -> Asked<Option<PolicyInForce>> {
        match self.app.invoice_policy(entity) {
            Ok(found) => Ok(Some(found)),
            Err(AppFault::NotFound { .. }) => Ok(None),
            Err(fault) => Err(told(fault)),
        }
    }

    fn set_invoice_policy(
        &self,
        entity: &str,
        form: &InvoicePolicyForm,
        actor: &str,
    ) -> Asked<Option<String>> {
        let mut policy = Map::new();
        for (name, text) in [
            ("draft_days", &form.draft_days),
            ("expires_days", &form.expires_days),
        ] {
            if !text.trim().is_empty() {
                let days: u16 = text.trim().parse().map_err(|_| SourceFault::Refused {
                    reason: format!("{name}: {text:?} is no number of days"),
                })?;
                policy.insert(name.to_owned(), json!(days));
            }
        }
        policy.insert(
            "until_approved".to_owned(),
            json!(form.until_approved == "yes"),
        );
        policy.insert("approve_over".to_owned(), limits(&form.limits)?);
        if let Some(net) = net_rounding(&form.net_rounding) {
            policy.insert("net_rounding".to_owned(), net);
        }
        policy.insert("rounding".to_owned(), cash_units(&form.rounding)?);
        if !form.credits.is_empty() {
            policy.insert("credits".to_owned(), json!(form.credits));
        }
        for (name, pattern, goes_on) in [
            ("invoice_numbers", &form.invoices, &form.invoices_go_on),
            (
                "credit_note_numbers",
                &form.credit_notes,
                &form.credit_notes_go_on,
            ),
        ] {
            if !pattern.trim().is_empty() {
                let series = json!({ "pattern": pattern.trim(), "continuous": goes_on == "yes" });
                policy.insert(name.to_owned(), series);
            }
        }
        let body = json!({ "entity": entity, "policy": policy });
        let command = command("set_invoice_policy", body)?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(answer["approval"].as_str().map(str::to_owned))
    }
}
