//! An account, a catalogue, tax that differs, work in parts, a letterhead.

use super::quotes::QUOTE;
use super::*;
use app::journey::taxation::{TaxCallView, TaxDecisionView, TaxLineView};
use app::preview::TypedQuote;
use app::printing::Printed;
use app::query::{
    AccountEntry, AccountStanding, BillingDocument, CatalogueVersion, CatalogueView, OfferDetail,
    OfferFact, OfferView, PriceView, ProductDetail, ProductView, ProgressPartView,
    ProgressPlanView, TaxDecisionCount, TaxDecisionLine, TaxDecisionPage,
};
use serde_json::{Value, json};
use web::console::{
    AccountTimelineSource, CatalogueSource, EntitySource, EntityView, ProgressSource,
    QuoteDeskSource, TaxDecisionSource,
};

/// A decision on tax that differs.
pub const TAX_DECISION: &str = "txd_01JZ5N8R5A7C9E1G3J5M7P9R1T";

fn refused(reason: &str) -> SourceFault {
    SourceFault::Refused {
        reason: reason.to_owned(),
    }
}

fn entry(at_: &str, room: &str, kind: &str, title: &str, object: Option<&str>) -> AccountEntry {
    AccountEntry {
        id: format!("{kind}/{at_}"),
        time: at(at_),
        room: room.to_owned(),
        kind: kind.to_owned(),
        title: title.to_owned(),
        note: None,
        object: object.map(str::to_owned),
        status: None,
        amount: None,
        actor: None,
        entity: Some("US".to_owned()),
        contract: Some(CONTRACT.to_owned()),
    }
}

fn entries() -> Vec<AccountEntry> {
    let said = |entry: AccountEntry, status: &str, amount: &str, note: &str| AccountEntry {
        status: Some(status.to_owned()).filter(|status| !status.is_empty()),
        amount: Some(amount).filter(|amount| !amount.is_empty()).map(money),
        note: Some(note.to_owned()).filter(|note| !note.is_empty()),
        ..entry
    };
    vec![
        said(
            entry(
                "2026-06-28T10:00:00Z",
                "disputes",
                "dispute_opened",
                "Invoice NA-2026-00041 disputed: wrong quantity",
                Some(INVOICE),
            ),
            "",
            "USD 4800.00",
            "Nine of the seats were never used <b>",
        ),
        said(
            entry(
                "2026-06-20T08:00:00Z",
                "payments",
                "payment",
                "Payment received",
                Some(PAYMENT),
            ),
            "settled",
            "USD 48000.00",
            "by card",
        ),
        said(
            entry(
                "2026-06-15T08:00:00Z",
                "collection",
                "collection",
                "Reminder about invoice NA-2026-00039 sent",
                Some(super::collection::CASE),
            ),
            "",
            "USD 990.00",
            "Dear Sir or Madam",
        ),
        said(
            entry(
                "2026-06-01T09:12:00Z",
                "quotes",
                "quote",
                "Quote Q-1, version 1: approved",
                Some(QUOTE),
            ),
            "",
            "USD 42720.00",
            "approved by request",
        ),
        said(
            entry(
                "2026-06-01T08:00:00Z",
                "billing",
                "invoice",
                "Invoice NA-2026-00041 issued",
                Some(INVOICE),
            ),
            "open",
            "USD 48000.00",
            "due 2026-07-01",
        ),
        entry(
            "2026-05-20T08:00:00Z",
            "contracts",
            "contract",
            "Contract changed: quantity changed",
            Some(CONTRACT),
        ),
        AccountEntry {
            actor: Some("Ava Morel".to_owned()),
            contract: None,
            ..entry(
                "2026-05-01T08:00:00Z",
                "account",
                "customer_added",
                "Customer added",
                Some(CUSTOMER),
            )
        },
    ]
}

impl AccountTimelineSource for SampleSource {
    fn account_timeline(
        &self,
        customer: &str,
        room: &str,
        _cursor: Option<&str>,
    ) -> Result<Option<Page<AccountEntry>>, SourceFault> {
        let mut rows = entries();
        rows.retain(|row| room.is_empty() || row.room == room);
        let page = self.list(rows)?;
        Ok((customer == CUSTOMER).then_some(page))
    }

    fn account_standing(&self, customer: &str) -> Result<Option<AccountStanding>, SourceFault> {
        self.unless_empty(vec![()])?;
        Ok((customer == CUSTOMER).then(|| AccountStanding {
            customer: CUSTOMER.to_owned(),
            name: "Harbor & Sons <Freight>".to_owned(),
            standing: "past_due".to_owned(),
            today: date("2026-06-30"),
            open: vec![money("USD 52800.00")],
            overdue: vec![money("USD 990.00")],
            disputed: vec![money("USD 4800.00")],
            unapplied: Vec::new(),
            prepaid: vec![money("USD 500.00")],
        }))
    }
}

fn price(currency: &str, words: &str, from: Option<&str>, state: &str) -> PriceView {
    PriceView {
        currency: currency.parse().unwrap(),
        words: words.to_owned(),
        per: "month".to_owned(),
        timing: "advance".to_owned(),
        from: from.map(date),
        until: (state == "past").then(|| date("2026-06-30")),
        state: state.to_owned(),
        measure: None,
    }
}

fn product() -> ProductView {
    ProductView {
        code: "PLATFORM".to_owned(),
        name: "Platform".to_owned(),
        tax_code: "standard".to_owned(),
        revenue_class: "subscription".to_owned(),
        recognition: "straight_line_daily".to_owned(),
        prices: vec![price(
            "USD",
            "110.00 per unit",
            Some("2026-07-01"),
            "in force",
        )],
        all_prices: 2,
        standalone: vec![price("USD", "120.00", None, "in force")],
    }
}

fn offer(kind: &str, code: &str, name: &str, words: &str) -> OfferView {
    OfferView {
        kind: kind.to_owned(),
        code: code.to_owned(),
        name: name.to_owned(),
        words: words.to_owned(),
        version: 2,
        maker: "Ava Morel".to_owned(),
        recorded: at("2026-06-01T09:12:00Z"),
    }
}

fn versions() -> Vec<CatalogueVersion> {
    let version = |version: i64, changed: &str| CatalogueVersion {
        version,
        maker: "Ava Morel".to_owned(),
        recorded: at("2026-06-01T09:12:00Z"),
        changed: changed.to_owned(),
    };
    vec![version(2, "prices"), version(1, "first")]
}

impl SampleSource {
    fn noted(&self, name: &str) -> Result<Option<String>, SourceFault> {
        self.told.lock().unwrap().push(name.to_owned());
        Ok(None)
    }
}

impl CatalogueSource for SampleSource {
    fn catalogue(&self) -> Result<CatalogueView, SourceFault> {
        Ok(CatalogueView {
            products: self.unless_empty(vec![product()])?,
            offers: self.unless_empty(vec![
                offer("plan", "PRO", "Pro", "PLATFORM for 12 months"),
                offer(
                    "template",
                    "YEARLY",
                    "Yearly",
                    "billed per month, 12 months",
                ),
            ])?,
        })
    }

    fn product(&self, code: &str) -> Result<Option<ProductDetail>, SourceFault> {
        self.one(code == "PLATFORM", || ProductDetail {
            row: product(),
            prices: vec![
                price("USD", "100.00 per unit", None, "past"),
                price("USD", "110.00 per unit", Some("2026-07-01"), "in force"),
            ],
            standalone: vec![price("USD", "120.00", None, "in force")],
            offers: vec![offer("plan", "PRO", "Pro", "PLATFORM for 12 months")],
            versions: versions(),
        })
    }

    fn offer(&self, kind: &str, code: &str) -> Result<Option<OfferDetail>, SourceFault> {
        let fact = |label: &str, text: &str, names: Option<(&str, &str)>| OfferFact {
            label: label.to_owned(),
            text: text.to_owned(),
            names: names.map(|(kind, code)| (kind.to_owned(), code.to_owned())),
        };
        let known = [("plan", "PRO"), ("template", "YEARLY")];
        self.one(known.contains(&(kind, code)), || OfferDetail {
            row: offer(kind, code, "Pro", "PLATFORM for 12 months"),
            facts: vec![fact("Product", "PLATFORM", Some(("product", "PLATFORM")))],
            parts: vec![fact("Phase 1", "trial of 1 months", None)],
            prices: Vec::new(),
            versions: versions(),
            document: "{ \"kind\": \"plan\" }".to_owned(),
        })
    }

    fn catalogue_file(&self) -> Result<Printed, SourceFault> {
        Ok(Printed {
            name: "catalogue.json".to_owned(),
            media_type: "application/json",
            bytes: b"{}".to_vec(),
        })
    }

    fn price_book_file(&self) -> Result<Printed, SourceFault> {
        Ok(Printed {
            name: "price-book.csv".to_owned(),
            media_type: "text/csv; charset=utf-8",
            bytes: b"product\n".to_vec(),
        })
    }

    fn set_price(&self, body: Value, _: &str) -> Result<Option<String>, SourceFault> {
        if body["unit_price"].as_str() == Some("-1") {
            return Err(refused("unit_price: -1 is below zero"));
        }
        self.noted(&format!("set_price {body}"))
    }

    fn take_catalogue(&self, document: Value, _: &str) -> Result<Option<String>, SourceFault> {
        self.noted(&format!("import_catalogue {document}"))
    }

    fn publish_offer(&self, document: Value, _: &str) -> Result<Option<String>, SourceFault> {
        self.noted(&format!("publish_offer {document}"))
    }
}

impl QuoteDeskSource for SampleSource {
    fn typed_quote(
        &self,
        _: Option<&str>,
        typed: Value,
        _: &str,
    ) -> Result<TypedQuote, SourceFault> {
        if typed["customer"].as_str() == Some("nobody") {
            return Err(refused("customer: there is no customer nobody"));
        }
        let nothing = serde_json::to_value(app::shadow::Impact::default()).unwrap();
        let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
        Ok(serde_json::from_value(json!({
            "figures": { "tcv": usd("42720.00"), "acv": usd("42720.00"), "mrr": usd("3560.00"),
                "one_off": usd("0.00"), "list": usd("53400.00"), "discount": usd("10680.00"),
                "discount_rate": "0.2", "standalone": usd("0.00"), "margin": usd("0.00"),
                "margin_rate": "0", "without_standalone": [] },
            "deviations": ["the term ends on 2027-11-30"],
            "approval": "a discount of 20 % is over 10 %",
            "billed": { "billed": { "customer": "harbor", "together": false }, "because": "harbor says so" },
            "preview": { "answer": {}, "saved": nothing, "billed": nothing, "recognised": nothing,
                "total": nothing,
                "later": [{ "description": "Platform", "from": "2026-07-01", "until": "2027-07-01",
                    "before": usd("0.00"), "after": usd("42720.00") }],
                "revenue": [{ "month": "2026-07", "before": usd("0.00"), "after": usd("3560.00") }] },
        }))
        .unwrap())
    }

    fn write_quote(
        &self,
        quote: Option<&str>,
        typed: Value,
        reason: &str,
        _: &str,
    ) -> Result<String, SourceFault> {
        self.noted(&format!("{} {reason:?} {typed}", quote.unwrap_or("new")))?;
        Ok(QUOTE.to_owned())
    }

    fn move_quote(
        &self,
        action: &str,
        body: Value,
        _: &str,
    ) -> Result<Option<String>, SourceFault> {
        if action == "close" && body["reason"].as_str() == Some("") {
            return Err(refused("say why it is taken back"));
        }
        self.noted(&format!("{action} {body}"))?;
        Ok((action == "convert").then(|| CONTRACT.to_owned()))
    }
}

fn tax_line() -> TaxDecisionLine {
    TaxDecisionLine {
        decision: TaxDecisionView {
            id: TAX_DECISION.to_owned(),
            contract: CONTRACT.to_owned(),
            entity: "US".to_owned(),
            customer: CUSTOMER.to_owned(),
            engine: "taxworks".to_owned(),
            status: "mismatch".to_owned(),
            taken: None,
            own_tax: Some(money("USD 80.00")),
            engine_tax: Some(money("USD 95.00")),
            reason: None,
            decided_by: None,
            document: None,
            on: date("2026-06-01"),
            asked: at("2026-06-01T09:12:00Z"),
            answered: Some(at("2026-06-01T09:13:00Z")),
        },
        customer_name: "Harbor & Sons <Freight>".to_owned(),
        number: None,
        difference: Some(money("USD 15.00")),
    }
}

impl TaxDecisionSource for SampleSource {
    fn tax_decisions(
        &self,
        status: &str,
        _: Option<&str>,
    ) -> Result<Page<TaxDecisionLine>, SourceFault> {
        let mut rows = vec![tax_line()];
        rows.retain(|row| status.is_empty() || row.decision.status == status);
        self.list(rows)
    }

    fn tax_decision(&self, id: &str) -> Result<Option<TaxDecisionPage>, SourceFault> {
        self.one(id == TAX_DECISION, || TaxDecisionPage {
            line: tax_line(),
            net: Some(money("USD 1000.00")),
            lines: vec![TaxLineView {
                description: "Platform".to_owned(),
                tax_code: "standard".to_owned(),
                net: money("USD 1000.00"),
                own_tax: Some(money("USD 80.00")),
                own_basis: Some("rate of the state".to_owned()),
                engine_tax: Some(money("USD 95.00")),
                engine_taxes: vec!["CA STATE TAX (CALIFORNIA) at 0.095: 95.00 USD".to_owned()],
            }],
            calls: vec![TaxCallView {
                outcome: "answered".to_owned(),
                detail: None,
                request_line: Some("POST https://tax.example/api/v2/transactions".to_owned()),
                request: "{}".to_owned(),
                status: Some(201),
                response: "{ \"totalTax\": 95.0 }".to_owned(),
                times: 1,
                first_asked: at("2026-06-01T09:12:30Z"),
                last_asked: at("2026-06-01T09:12:30Z"),
            }],
        })
    }

    fn tax_decision_counts(&self) -> Result<Vec<TaxDecisionCount>, SourceFault> {
        self.unless_empty(vec![TaxDecisionCount {
            status: "mismatch".to_owned(),
            count: 1,
        }])
    }

    fn accept_tax(
        &self,
        id: &str,
        take: &str,
        reason: &str,
        _: &str,
    ) -> Result<Option<String>, SourceFault> {
        if reason.is_empty() {
            return Err(refused("say why"));
        }
        self.noted(&format!("accept_tax {id} {take} {reason}"))
    }
}

fn plan() -> ProgressPlanView {
    let part = |name: &str, status: &str, amount: &str, on: Option<&str>| ProgressPartView {
        name: name.to_owned(),
        status: status.to_owned(),
        arithmetic: "milestone".to_owned(),
        amount: money(amount),
        on: on.map(date),
        actor: Some("Ava Morel".to_owned()),
        documents: on
            .map(|_| BillingDocument {
                id: INVOICE.to_owned(),
                number: "NA-2026-00041".to_owned(),
            })
            .into_iter()
            .collect(),
    };
    ProgressPlanView {
        id: "build".to_owned(),
        description: "Onboarding <project>".to_owned(),
        product: "PLATFORM".to_owned(),
        contract: CONTRACT.to_owned(),
        customer: CUSTOMER.to_owned(),
        customer_name: "Harbor & Sons <Freight>".to_owned(),
        value: money("USD 10000.00"),
        accepted: money("USD 3000.00"),
        remaining: money("USD 7000.00"),
        percent: 30,
        agreed: at("2026-05-01T08:00:00Z"),
        parts: vec![
            part("Design", "accepted", "USD 3000.00", Some("2026-05-20")),
            part("Go-live", "planned", "USD 7000.00", None),
        ],
    }
}

impl ProgressSource for SampleSource {
    fn progress_plans(
        &self,
        _: &str,
        _: Option<&str>,
    ) -> Result<Page<ProgressPlanView>, SourceFault> {
        self.list(vec![plan()])
    }

    fn progress_plan(&self, id: &str) -> Result<Option<ProgressPlanView>, SourceFault> {
        self.one(id == "build", plan)
    }

    fn bill_part(&self, body: Value, _: &str) -> Result<Option<String>, SourceFault> {
        self.noted(&format!("bill_progress {body}"))
    }

    fn take_part_back(&self, body: Value, _: &str) -> Result<Option<String>, SourceFault> {
        if body["reason"].as_str() == Some("") {
            return Err(refused("say why the acceptance is taken back"));
        }
        self.noted(&format!("undo_progress {body}"))
    }
}

impl EntitySource for SampleSource {
    fn entity(&self, id: &str) -> Result<Option<EntityView>, SourceFault> {
        self.one(id == "US" || id == "DE", || EntityView {
            id: id.to_owned(),
            name: "Northgate Analytics Inc.".to_owned(),
            currency: "USD".to_owned(),
            zone: "America/New_York".to_owned(),
            letterhead: json!({ "name": "Northgate Analytics Inc.", "logo": "iVBORw0KGgo=",
                "address": { "lines": ["1 Harbor Way"], "city": "Boston", "country": "US" } }),
            letterhead_version: 3,
            letterhead_by: "Ines Vidal".to_owned(),
            policy: json!({ "proration": { "fixed_days": 30 }, "rounding": "half_even", "version": 2 }),
            policy_version: 2,
        })
    }

    fn specimen(&self, _: &str, letterhead: Value) -> Result<Option<Printed>, SourceFault> {
        if letterhead["name"].as_str() == Some("") {
            return Err(refused("letterhead.name \"\": state the registered name"));
        }
        Ok(Some(Printed {
            name: "SPECIMEN.pdf".to_owned(),
            media_type: "application/pdf",
            bytes: letterhead["logo"].to_string().into_bytes(),
        }))
    }

    fn set_letterhead(
        &self,
        entity: &str,
        letterhead: Value,
        _: &str,
    ) -> Result<Option<String>, SourceFault> {
        self.noted(&format!("set_letterhead {entity} {letterhead}"))
    }

    fn set_billing_policy(
        &self,
        entity: &str,
        policy: Value,
        _: &str,
    ) -> Result<Option<String>, SourceFault> {
        self.noted(&format!("set_billing_policy {entity} {policy}"))
    }
}
