//! A company with one contract to bill, told as a story so far.

use app::AppFault;
use app::command::Command;
use app::journey::invoice_draft::{DraftFilter, InvoiceDraftDetail};
use app::query::{ExceptionFilter, ListFilter};
use app::story::{Ending, run};
use app::view::{InvoiceDetail, TieOutRow};
use serde_json::{Value, json};
use store::contracts;

/// What was told, with what is asked of it.
pub struct Company {
    pub ending: Ending,
}

/// A company whose documents come to be issued by `policy`, with a contract of `seats` at 50.00 a
/// month from the first of January on, as it stands at the end of that day after `more` steps.
pub fn company(policy: &str, seats: u32, more: &str) -> Company {
    let text = format!(
        "entities: [ {{ id: DE, name: Beispiel, currency: EUR, time_zone: Europe/Berlin }} ]
taxes: [ {{ entity: DE, rate: 0.19, name: VAT 19 % }} ]
catalogue:
  - {{ code: SEAT, name: Seats, prices: [ {{ currency: EUR, billing: monthly, charge: {{ model: per_unit, unit_price: 50.00 }} }} ] }}
customers: [ {{ id: nord, legal_name: Nord AG }} ]
steps:
  - on: 2026-01-01
    set_invoice_policy: {{ entity: DE, policy: {policy} }}
  - activate_contract: {{ id: C-1, customer: nord, entity: DE, start: 2026-01-01, end: 2026-12-31, lines: [ {{ product: SEAT, component: seats, quantity: {seats} }} ] }}
{more}"
    );
    let ending = run(&text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    Company { ending }
}

impl Company {
    pub fn act(&self, name: &str, body: Value) -> Result<Value, AppFault> {
        self.act_as("story", name, body)
    }

    pub fn act_as(&self, who: &str, name: &str, body: Value) -> Result<Value, AppFault> {
        let command = Command::read(name, body).unwrap();
        self.ending.app.act(who, command)
    }

    /// Sends a command that is to be refused; answers the code and the words.
    pub fn refused(&self, name: &str, body: Value) -> (String, String) {
        match self.act(name, body) {
            Err(AppFault::Refused(refusals)) => {
                (refusals[0].code.clone(), refusals[0].message.clone())
            }
            other => panic!("{name} was not refused: {other:?}"),
        }
    }

    pub fn seats(&self, quantity: u32) {
        self.act(
            "amend_contract",
            json!({ "contract": "C-1", "effective": "2026-01-01", "reason": "another count",
                "change": { "kind": "quantity", "quantity": quantity.to_string() } }),
        )
        .unwrap();
    }

    /// Numbers and totals of the invoices, oldest first.
    pub fn invoices(&self) -> Vec<(String, String)> {
        let rows = self.ending.app.invoices(&ListFilter::default(), None);
        let mut all: Vec<(String, String)> = rows
            .unwrap()
            .items
            .into_iter()
            .map(|row| (row.number, row.total.to_string()))
            .collect();
        all.reverse();
        all
    }

    pub fn invoice(&self, number: &str) -> InvoiceDetail {
        self.ending.app.invoice(number).unwrap().unwrap()
    }

    /// The newest draft.
    pub fn draft(&self) -> InvoiceDraftDetail {
        let rows = self
            .ending
            .app
            .invoice_drafts(&DraftFilter::default(), None);
        let id = rows.unwrap().items[0].id.clone();
        self.ending.app.invoice_draft(&id).unwrap()
    }

    /// Steps of the newest draft, in order.
    pub fn steps(&self) -> Vec<String> {
        self.draft().steps.into_iter().map(|it| it.step).collect()
    }

    pub fn billings(&self) -> TieOutRow {
        let rows = self.ending.app.tie_outs().unwrap();
        rows.into_iter()
            .find(|row| row.measure == "billings")
            .unwrap()
    }

    /// Class, words and owner of the open exceptions.
    pub fn exceptions(&self) -> Vec<(String, String, String)> {
        let filter = ExceptionFilter {
            status: Some("open".to_owned()),
            ..ExceptionFilter::default()
        };
        let rows = self.ending.app.exceptions(&filter, None).unwrap().items;
        rows.into_iter()
            .map(|row| (row.class, row.summary, row.owner))
            .collect()
    }

    /// The next day on which something comes due of the contract.
    pub fn bill_from(&self) -> String {
        let row = self
            .ending
            .app
            .store()
            .read(|tx| contracts::contract(tx, "C-1"));
        row.unwrap().unwrap().bill_from
    }

    /// Somebody who may approve for finance.
    pub fn controller(&self, name: &str) {
        self.ending
            .app
            .put_user(name, control::Role::Controller, "")
            .unwrap();
    }

    /// What daily work does about drafts.
    pub fn day(&self) {
        self.ending.app.bill_due("story").unwrap();
        self.ending.app.finalise_drafts("story").unwrap();
    }
}
