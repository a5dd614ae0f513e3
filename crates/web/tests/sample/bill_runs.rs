//! A bill run that is under way, with an invoice and a contract that is held.

use super::{CONTRACT, CUSTOMER, EXCEPTION, INVOICE, SampleSource, at, money};
use app::bill_run::{BillRunDetail, BillRunResultView, BillRunTotals, BillRunView};
use app::view::Page;
use web::console::{BillRunForm, BillRunSource, SourceFault};

/// The run.
pub const BILL_RUN: &str = "brn_01JZ5N8R5A7C9E1G3J5M7P9R1T";

fn row() -> BillRunView {
    BillRunView {
        id: BILL_RUN.to_owned(),
        status: "running".to_owned(),
        through: "2026-06-01".to_owned(),
        scope: "entity US".to_owned(),
        maker: "Mara Lindqvist".to_owned(),
        checker: "Chidi Okafor".to_owned(),
        needs: "create_bill_run moves USD 1,402,118.20, over the limit of USD 1,000,000.00"
            .to_owned(),
        reason: String::new(),
        due: 1_204,
        done: 1_000,
        issued: 998,
        held: 1,
        created: at("2026-06-01T06:00:00Z"),
        changed: at("2026-06-01T06:04:12Z"),
    }
}

fn result(held: bool) -> BillRunResultView {
    BillRunResultView {
        customer: CUSTOMER.to_owned(),
        name: "Northwind Traders".to_owned(),
        contract: CONTRACT.to_owned(),
        outcome: if held { "held" } else { "issued" }.to_owned(),
        document: if held { "" } else { INVOICE }.to_owned(),
        kind: if held { "" } else { "invoice" }.to_owned(),
        number: if held { "" } else { "US-2026-00412" }.to_owned(),
        total: (!held).then(|| money("USD 48000.00")),
        exception: if held { EXCEPTION } else { "" }.to_owned(),
        why: if held {
            "no tax rate is in force for entity US, tax code \"reduced\" on 2026-06-01; state one, if only 0"
        } else {
            ""
        }
        .to_owned(),
    }
}

fn sums(documents: i64, net: &str, tax: &str, total: &str) -> BillRunTotals {
    BillRunTotals {
        kind: "invoice".to_owned(),
        documents,
        net: money(net),
        tax: money(tax),
        total: money(total),
    }
}

impl BillRunSource for SampleSource {
    fn bill_runs(&self, _: Option<&str>) -> Result<Page<BillRunView>, SourceFault> {
        self.list(vec![row()])
    }

    fn bill_run(&self, id: &str) -> Result<Option<BillRunDetail>, SourceFault> {
        self.one(id == BILL_RUN, || BillRunDetail {
            run: row(),
            expected: vec![sums(
                1_203,
                "USD 1288000.00",
                "USD 114118.20",
                "USD 1402118.20",
            )],
            issued: vec![sums(
                998,
                "USD 1070000.00",
                "USD 94800.00",
                "USD 1164800.00",
            )],
            held: vec![result(true)],
        })
    }

    fn bill_run_results(
        &self,
        _: &str,
        _: Option<&str>,
    ) -> Result<Page<BillRunResultView>, SourceFault> {
        self.list(vec![result(false), result(true)])
    }

    fn plan_bill_run(&self, form: &BillRunForm, _: &str) -> Result<String, SourceFault> {
        if form.entity == "XX" {
            return Err(SourceFault::Refused {
                reason: "\"XX\" is not a legal entity here; use one of: DE, US".to_owned(),
            });
        }
        Ok(BILL_RUN.to_owned())
    }

    fn steer_bill_run(&self, _: &str, _: &str, _: &str, _: &str) -> Result<(), SourceFault> {
        Ok(())
    }
}
