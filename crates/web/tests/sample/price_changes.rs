//! A price change that waits for approval, with contracts that keep their price.

use super::{CONTRACT, CUSTOMER, SampleSource, at, date, money};
use app::query::{PriceChangeDetail, PriceChangeLine, PriceChangeSums, PriceChangeView};
use app::view::Page;
use web::console::{PriceChangeForm, PriceChangeSource, SourceFault};

/// The price change.
pub const PRICE_CHANGE: &str = "prx_01JZ5N8R5A7C9E1G3J5M7P9R2V";

fn row() -> PriceChangeView {
    PriceChangeView {
        id: PRICE_CHANGE.to_owned(),
        status: "waiting".to_owned(),
        product: "PLAT-SEAT".to_owned(),
        entity: Some("US".to_owned()),
        effective: date("2027-01-01"),
        price: "5 % on every price".to_owned(),
        why: "price list of 2027".to_owned(),
        maker: "Mara Lindqvist".to_owned(),
        checker: None,
        reason: None,
        created: at("2026-06-01T06:00:00Z"),
        changed: at("2026-06-01T06:04:12Z"),
    }
}

fn sum(outcome: &str, code: Option<&str>, contracts: i64, figures: [&str; 4]) -> PriceChangeSums {
    PriceChangeSums {
        outcome: outcome.to_owned(),
        code: code.map(str::to_owned),
        contracts,
        monthly_before: money(figures[0]),
        monthly_after: money(figures[1]),
        value_before: money(figures[2]),
        value_after: money(figures[3]),
    }
}

fn line(kept: bool) -> PriceChangeLine {
    PriceChangeLine {
        contract: CONTRACT.to_owned(),
        customer: CUSTOMER.to_owned(),
        outcome: if kept { "excluded" } else { "expected" }.to_owned(),
        code: kept.then(|| "agreed_later".to_owned()),
        why: kept.then(|| "seats has a price agreed for 2027-03-01; amend it by itself".to_owned()),
        monthly_before: money("USD 5500.00"),
        monthly_after: money(if kept { "USD 5500.00" } else { "USD 5775.00" }),
        value_before: money("USD 61610.96"),
        value_after: money("USD 61889.04"),
    }
}

impl PriceChangeSource for SampleSource {
    fn price_changes(&self, _: Option<&str>) -> Result<Page<PriceChangeView>, SourceFault> {
        self.list(vec![row()])
    }

    fn price_change(&self, id: &str) -> Result<Option<PriceChangeDetail>, SourceFault> {
        self.one(id == PRICE_CHANGE, || PriceChangeDetail {
            price_change: row(),
            sums: vec![
                sum(
                    "excluded",
                    Some("agreed_later"),
                    3,
                    ["USD 0.00", "USD 0.00", "USD 120000.00", "USD 120000.00"],
                ),
                sum(
                    "expected",
                    None,
                    412,
                    [
                        "USD 188400.00",
                        "USD 197820.00",
                        "USD 2260800.00",
                        "USD 2373840.00",
                    ],
                ),
            ],
        })
    }

    fn price_change_lines(
        &self,
        _: &str,
        _: Option<&str>,
        _: Option<&str>,
    ) -> Result<Page<PriceChangeLine>, SourceFault> {
        self.list(vec![line(false), line(true)])
    }

    fn plan_price_change(&self, _: &PriceChangeForm, _: &str) -> Result<String, SourceFault> {
        Ok(PRICE_CHANGE.to_owned())
    }

    fn steer_price_change(&self, _: &str, _: &str, _: &str, _: &str) -> Result<(), SourceFault> {
        Ok(())
    }
}
