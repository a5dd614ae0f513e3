//! A draft that waits for a second person, and what is done to an invoice.

use super::{CONTRACT, CUSTOMER, SampleSource, approvals, at, date, money};
use app::journey::invoice_draft::{
    DraftFilter, DraftPreview, DraftStep, InvoiceDraftDetail, InvoiceDraftLine, InvoiceDraftView,
};
use app::journey::invoice_policy::PolicyInForce;
use app::shadow::Impact;
use app::view::Page;
use web::console::{
    InvoiceAct, InvoiceActForm, InvoiceActSource, InvoiceDraftSource, InvoicePolicyForm,
    InvoicePolicySource, SourceFault,
};

/// The draft.
pub const DRAFT: &str = "drf_01JZ5N8R5A7C9E1G3J5M7P9R1T";

fn row() -> InvoiceDraftView {
    InvoiceDraftView {
        id: DRAFT.to_owned(),
        status: "waiting".to_owned(),
        kind: "invoice".to_owned(),
        entity: "US".to_owned(),
        customer: CUSTOMER.to_owned(),
        customer_name: "Meridian Labs Inc.".to_owned(),
        contract: CONTRACT.to_owned(),
        through: date("2026-07-01"),
        ends: date("2026-07-06"),
        version: 2,
        total: money("USD 48000.00"),
        needs: "USD 48,000.00 is over the limit of USD 25,000.00".to_owned(),
        approval: approvals::APPROVAL.to_owned(),
        document: String::new(),
        number: String::new(),
        created: at("2026-07-01T06:00:00Z"),
        changed: at("2026-07-01T09:12:40Z"),
    }
}

fn steps() -> Vec<DraftStep> {
    let step = |when: &str, step: &str, words: &str, total: &str, object: &str| DraftStep {
        at: at(when),
        step: step.to_owned(),
        actor: "tieout/billing".to_owned(),
        words: words.to_owned(),
        total: Some(money(total)),
        object: object.to_owned(),
    };
    vec![
        step(
            "2026-07-01T06:00:00Z",
            "opened",
            "bills through 2026-07-01, issued by itself on 2026-07-06",
            "USD 44000.00",
            "",
        ),
        step(
            "2026-07-01T09:12:39Z",
            "refreshed",
            "version 2 says what is owed now",
            "USD 48000.00",
            "",
        ),
        step(
            "2026-07-01T09:12:40Z",
            "waiting",
            "version 2 waits for a second person: USD 48,000.00 is over the limit of USD 25,000.00",
            "USD 48000.00",
            approvals::APPROVAL,
        ),
    ]
}

impl InvoiceDraftSource for SampleSource {
    fn invoice_drafts(
        &self,
        filter: &DraftFilter,
        _: Option<&str>,
    ) -> Result<Page<InvoiceDraftView>, SourceFault> {
        let shown = ["", "open", "waiting"].contains(&filter.status.as_str());
        self.list(if shown { vec![row()] } else { Vec::new() })
    }

    fn invoice_draft(&self, id: &str) -> Result<Option<InvoiceDraftDetail>, SourceFault> {
        if id != DRAFT || self.empty {
            return Ok(None);
        }
        Ok(Some(InvoiceDraftDetail {
            rounding: None,
            row: row(),
            net: money("USD 48000.00"),
            tax: money("USD 0.00"),
            lines: vec![InvoiceDraftLine {
                product: "PLAT-SEAT".to_owned(),
                description: "Platform, 40 seats".to_owned(),
                arithmetic: "40 × 1,200.00".to_owned(),
                from: date("2026-07-01"),
                to: date("2027-06-30"),
                net: money("USD 48000.00"),
                tax_name: "not taxable 0 %".to_owned(),
                tax: money("USD 0.00"),
            }],
            maker: "tieout/billing".to_owned(),
            reason: String::new(),
            steps: steps(),
        }))
    }

    fn preview_invoice_draft(&self, _: &str) -> Result<DraftPreview, SourceFault> {
        Ok(DraftPreview {
            refreshed: false,
            before: money("USD 48000.00"),
            after: Some(money("USD 48000.00")),
            impact: Impact::default(),
        })
    }

    fn move_invoice_draft(
        &self,
        id: &str,
        action: &str,
        version: &str,
        actor: &str,
    ) -> Result<Option<String>, SourceFault> {
        let told = (
            id.to_owned(),
            action.to_owned(),
            version.to_owned(),
            actor.to_owned(),
        );
        self.decided.lock().unwrap().push(told);
        Ok(None)
    }
}

impl InvoiceActSource for SampleSource {
    fn preview_invoice_act(
        &self,
        _: &str,
        _: InvoiceAct,
        form: &InvoiceActForm,
        _: &str,
    ) -> Result<Impact, SourceFault> {
        if form.amount == "999999" {
            let reason = "no more than USD 13,610.96 is left to credit".to_owned();
            return Err(SourceFault::Refused { reason });
        }
        Ok(Impact::default())
    }

    fn act_on_invoice(
        &self,
        invoice: &str,
        act: InvoiceAct,
        form: &InvoiceActForm,
        actor: &str,
    ) -> Result<Option<String>, SourceFault> {
        let told = (
            invoice.to_owned(),
            format!("{act:?}"),
            form.reason.clone(),
            actor.to_owned(),
        );
        self.decided.lock().unwrap().push(told);
        Ok(None)
    }
}

impl InvoicePolicySource for SampleSource {
    fn invoice_policy(&self, entity: &str) -> Result<Option<PolicyInForce>, SourceFault> {
        let policy = serde_json::json!({
            "draft_days": 5, "approve_over": [{ "amount": "25000.00", "currency": "USD" }],
            "invoice_numbers": { "pattern": "INV-{year}-{number:5}" },
            "net_rounding": { "per_invoice": "half_even" },
            "rounding": [{ "to": { "amount": "0.05", "currency": "CHF" } }],
        });
        Ok((["US", "DE"].contains(&entity)).then(|| PolicyInForce {
            version: 3,
            policy: serde_json::from_value(policy).unwrap(),
        }))
    }

    fn set_invoice_policy(
        &self,
        entity: &str,
        form: &InvoicePolicyForm,
        actor: &str,
    ) -> Result<Option<String>, SourceFault> {
        if form.draft_days == "120" {
            let reason = "a draft stands for 0 to 90 days, not 120".to_owned();
            return Err(SourceFault::Refused { reason });
        }
        let told = (
            entity.to_owned(),
            form.limits.clone(),
            form.invoices.clone(),
            actor.to_owned(),
        );
        self.decided.lock().unwrap().push(told);
        Ok(Some(approvals::APPROVAL.to_owned()))
    }
}
