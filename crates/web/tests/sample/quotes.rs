//! A quote that was changed after its approval.

use super::{CUSTOMER, SampleSource};
use app::journey::quote::{QuoteDetail, QuoteView};
use app::preview::AmendmentPreview;
use app::view::Page;
use serde_json::{Value, json};
use web::console::{QuoteSource, SourceFault};

/// The quote.
pub const QUOTE: &str = "quo_01JZ5N8R5A7C9E1G3J5M7P9R1T";

fn money(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

fn row() -> Value {
    json!({ "id": QUOTE, "customer": CUSTOMER, "customer_name": "Harbor & Sons", "entity": "US", "version": 2, "status": "submitted",
        "value": money("42720.00"), "valid_until": "2026-06-30", "seller": "Ava Morel",
        "contract": "con_01JZ5N8R5A7C9E1G3J5M7P9R1T", "correlation": "chn_01JZ5N8R5A7C9E1G3J5M7P9R1T",
        "changed": "2026-06-02T09:12:00Z" })
}

fn version(number: i64, status: &str, quantity: &str, tcv: &str, approval: &str) -> Value {
    json!({ "version": number, "status": status, "order_status": if number == 1 { "withdrawn" } else { "" },
        "approval": approval, "maker": "Ava Morel", "reason": "", "signed": "", "activate_by": "",
        "recorded": "2026-06-01T09:12:00Z",
        "figures": { "tcv": money(tcv), "acv": money(tcv), "mrr": money("3560.00"), "one_off": money("0.00"),
            "list": money("53400.00"), "discount": money("10680.00"), "discount_rate": "0.2",
            "standalone": money("0.00"), "margin": money("0.00"), "margin_rate": "0",
            "without_standalone": ["PLATFORM"] },
        "deviations": ["the term ends on 2027-11-30, and YEARLY says 12 months"],
        "content": { "customer": CUSTOMER, "entity": "US", "start": "2026-07-01", "months": 12, "template": "YEARLY",
            "lines": [{ "plan": "PRO", "quantity": quantity, "discount": "0.2", "unit_price": "119",
                "price_includes_tax": number == 2,
                "ramp": [{ "effective": "2027-01-01", "quantity": "50" }] }] } })
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

impl QuoteSource for SampleSource {
    fn quotes(&self, _: &str, _: Option<&str>) -> Result<Page<QuoteView>, SourceFault> {
        self.list(vec![read(row())])
    }

    fn quote(&self, id: &str) -> Result<Option<QuoteDetail>, SourceFault> {
        let step = |version: i64, step: &str, actor: &str, words: &str| json!({ "version": version, "at": "2026-06-01T09:12:00Z", "actor": actor, "step": step, "words": words });
        self.one(id == QUOTE, || {
            read(json!({ "quote": row(),
                "versions": [
                    version(2, "submitted", "44", "42720.00", "apr_01JZ7T4X6Z8B0D2F4H6K8N0Q2S"),
                    version(1, "void", "40", "38400.00", "apr_01JZ7T4X6Z8B0D2F4H6K8N0Q2S"),
                ],
                "billed": { "billed": { "customer": CUSTOMER, "together": false },
                    "because": "as the legal entity bills where nothing else is said",
                    "partner": "Rowan Schools uses it; the partner buys it from us as principal, and the whole price is revenue" },
                "steps": [
                    step(1, "draft", "Ava Morel", "written"),
                    step(1, "approved", "Ava Morel", "approved by request apr_01JZ7T4X6Z8B0D2F4H6K8N0Q2S"),
                    step(1, "order_withdrawn", "Ava Morel", "its draft order is withdrawn"),
                    step(1, "void", "Ava Morel", "revised: four more; its approval is void"),
                    step(2, "submitted", "Ava Morel", "a discount of 10680.00 USD, 20 % of list, is over 10 %"),
                ] }))
        })
    }

    fn quote_preview(&self, _: &str, _: &str) -> Result<AmendmentPreview, SourceFault> {
        let nothing = serde_json::to_value(app::shadow::Impact::default()).unwrap();
        Ok(read(
            json!({ "answer": {}, "saved": nothing, "billed": nothing, "recognised": nothing, "total": nothing,
            "later": [{ "description": "PRO", "from": "2026-07-01", "until": "2027-07-01",
                "before": money("0.00"), "after": money("42720.00") }],
            "revenue": [{ "month": "2026-07", "before": money("0.00"), "after": money("3560.00") }] }),
        ))
    }
}
