//! What people who bill look at and enter, from the books: accounts, the catalogue, quotes, tax,
//! bills between entities, work in parts, letterheads.

use super::approvals::command;
use super::{AppSource, Asked, told};
use crate::console::{
    AccountTimelineSource, CatalogueSource, EntitySource, EntityView, IntercompanySource,
    ProgressSource, QuoteDeskSource, SourceFault, TaxDecisionSource,
};
use app::approval::is_waiting;
use app::command::{Answer, Command, QuoteContent};
use app::preview::TypedQuote;
use app::printing::{PaperForm, Printed};
use app::query::{
    AccountEntry, AccountStanding, CatalogueView, IntercompanyNet, IntercompanyView, OfferDetail,
    ProductDetail, ProgressPlanView, TaxDecisionCount, TaxDecisionLine, TaxDecisionPage,
};
use app::view::Page;
use serde_json::{Value, json};
use values::QuoteId;

impl AccountTimelineSource for AppSource {
    fn account_timeline(
        &self,
        customer: &str,
        room: &str,
        cursor: Option<&str>,
    ) -> Asked<Option<Page<AccountEntry>>> {
        self.app
            .account_timeline(customer, room, cursor)
            .map_err(told)
    }

    fn account_standing(&self, customer: &str) -> Asked<Option<AccountStanding>> {
        self.app.account_standing(customer).map_err(told)
    }
}

impl AppSource {
    /// Does a command; answers the request for approval that it waits for, where it waits.
    fn done(&self, name: &str, body: Value, actor: &str) -> Asked<(Answer, Option<String>)> {
        let answer = self.app.act(actor, command(name, body)?).map_err(told)?;
        let waits = is_waiting(&answer)
            .then(|| answer["approval"].as_str().map(str::to_owned))
            .flatten();
        Ok((answer, waits))
    }

    fn do_it(&self, name: &str, body: Value, actor: &str) -> Asked<Option<String>> {
        Ok(self.done(name, body, actor)?.1)
    }
}

impl CatalogueSource for AppSource {
    fn catalogue(&self) -> Asked<CatalogueView> {
        self.app.catalogue_view().map_err(told)
    }

    fn product(&self, code: &str) -> Asked<Option<ProductDetail>> {
        self.app.product_detail(code).map_err(told)
    }

    fn offer(&self, kind: &str, code: &str) -> Asked<Option<OfferDetail>> {
        self.app.offer_detail(kind, code).map_err(told)
    }

    fn catalogue_file(&self) -> Asked<Printed> {
        let document = self.app.export_catalogue().map_err(told)?;
        let text =
            serde_json::to_string_pretty(&document).map_err(|error| SourceFault::Unavailable {
                detail: error.to_string(),
            })?;
        Ok(Printed {
            name: "catalogue.json".to_owned(),
            media_type: "application/json",
            bytes: text.into_bytes(),
        })
    }

    fn price_book_file(&self) -> Asked<Printed> {
        Ok(Printed {
            name: "price-book.csv".to_owned(),
            media_type: "text/csv; charset=utf-8",
            bytes: self.app.export_prices().map_err(told)?.into_bytes(),
        })
    }

    fn set_price(&self, body: Value, actor: &str) -> Asked<Option<String>> {
        self.do_it("set_price", body, actor)
    }

    fn take_catalogue(&self, document: Value, actor: &str) -> Asked<Option<String>> {
        self.do_it("import_catalogue", document, actor)
    }

    fn publish_offer(&self, document: Value, actor: &str) -> Asked<Option<String>> {
        self.do_it("publish_offer", document, actor)
    }
}

fn quote_id(id: &str) -> Asked<QuoteId> {
    id.parse().map_err(|_| SourceFault::Refused {
        reason: format!("{id:?} is no id of a quote"),
    })
}

fn content(value: Value) -> Asked<QuoteContent> {
    match command("create_quote", json!({ "content": value }))? {
        Command::CreateQuote(body) => Ok(body.content),
        _ => Err(SourceFault::Refused {
            reason: "this is no quote".to_owned(),
        }),
    }
}

impl QuoteDeskSource for AppSource {
    fn typed_quote(&self, quote: Option<&str>, typed: Value, actor: &str) -> Asked<TypedQuote> {
        let quote = quote.map(quote_id).transpose()?;
        self.app
            .preview_typed_quote(actor, quote, content(typed)?)
            .map_err(told)
    }

    fn write_quote(
        &self,
        quote: Option<&str>,
        typed: Value,
        reason: &str,
        actor: &str,
    ) -> Asked<String> {
        let (answer, _) = match quote {
            Some(id) => self.done(
                "revise_quote",
                json!({ "quote": id, "reason": reason, "content": typed }),
                actor,
            )?,
            None => self.done("create_quote", json!({ "content": typed }), actor)?,
        };
        Ok(answer["quote"]
            .as_str()
            .or(quote)
            .unwrap_or_default()
            .to_owned())
    }

    fn move_quote(&self, action: &str, body: Value, actor: &str) -> Asked<Option<String>> {
        let name = match action {
            "submit" => "submit_quote",
            "accept" => "accept_quote",
            "convert" => "convert_quote",
            _ => "close_quote",
        };
        let (answer, _) = self.done(name, body, actor)?;
        Ok(answer["contract"]
            .as_str()
            .filter(|_| name == "convert_quote")
            .map(str::to_owned))
    }
}

impl TaxDecisionSource for AppSource {
    fn tax_decisions(&self, status: &str, cursor: Option<&str>) -> Asked<Page<TaxDecisionLine>> {
        self.app.tax_decision_lines(status, cursor).map_err(told)
    }

    fn tax_decision(&self, id: &str) -> Asked<Option<TaxDecisionPage>> {
        self.app.tax_decision_page(id).map_err(told)
    }

    fn tax_decision_counts(&self) -> Asked<Vec<TaxDecisionCount>> {
        self.app.tax_decision_counts().map_err(told)
    }

    fn accept_tax(&self, id: &str, take: &str, reason: &str, actor: &str) -> Asked<Option<String>> {
        let body = json!({ "decision": id, "take": take, "reason": reason });
        self.do_it("accept_tax", body, actor)
    }
}

impl IntercompanySource for AppSource {
    fn intercompany_pairs(&self, cursor: Option<&str>) -> Asked<Page<IntercompanyView>> {
        self.app.intercompany_pairs(cursor).map_err(told)
    }

    fn intercompany_paper(&self, number: &str) -> Asked<Option<Printed>> {
        let printed = self.app.print_between_entities(number, PaperForm::Pdf);
        printed.map_err(told)
    }

    fn intercompany_position(&self) -> Asked<Vec<IntercompanyNet>> {
        self.app.intercompany_position().map_err(told)
    }
}

impl ProgressSource for AppSource {
    fn progress_plans(
        &self,
        contract: &str,
        cursor: Option<&str>,
    ) -> Asked<Page<ProgressPlanView>> {
        self.app.progress_plans(contract, cursor).map_err(told)
    }

    fn progress_plan(&self, id: &str) -> Asked<Option<ProgressPlanView>> {
        self.app.progress_plan(id).map_err(told)
    }

    fn bill_part(&self, body: Value, actor: &str) -> Asked<Option<String>> {
        self.do_it("bill_progress", body, actor)
    }

    fn take_part_back(&self, body: Value, actor: &str) -> Asked<Option<String>> {
        self.do_it("undo_progress", body, actor)
    }
}

fn plain(value: &impl serde::Serialize) -> Asked<Value> {
    serde_json::to_value(value).map_err(|error| SourceFault::Unavailable {
        detail: error.to_string(),
    })
}

impl EntitySource for AppSource {
    fn entity(&self, id: &str) -> Asked<Option<EntityView>> {
        let Some(found) = self.app.letterhead(id).map_err(told)? else {
            return Ok(None);
        };
        let books = self.app.books();
        let mut entities = books.entities.values();
        let Some(known) = entities.find(|known| known.id.as_str() == id) else {
            return Ok(None);
        };
        let policy = self.app.billing_policy(id);
        let stated = policy.as_ref().filter(|policy| policy.stated);
        Ok(Some(EntityView {
            id: known.id.as_str().to_owned(),
            name: known.name.clone(),
            currency: known.currency.code().to_owned(),
            zone: plain(&known.zone)?.as_str().unwrap_or_default().to_owned(),
            policy_version: stated.map_or(0, |stated| i64::from(stated.policy.version)),
            policy: plain(&policy.as_ref().map(|policy| &policy.policy))?,
            letterhead: plain(&found.letterhead)?,
            letterhead_version: found.version,
            letterhead_by: found.by,
        }))
    }

    fn specimen(&self, entity: &str, letterhead: Value) -> Asked<Option<Printed>> {
        let body = json!({ "entity": entity, "letterhead": letterhead });
        match command("set_letterhead", body)? {
            Command::SetLetterhead(body) => self
                .app
                .letterhead_specimen(entity, body.letterhead)
                .map_err(told),
            _ => Ok(None),
        }
    }

    fn set_letterhead(
        &self,
        entity: &str,
        letterhead: Value,
        actor: &str,
    ) -> Asked<Option<String>> {
        let body = json!({ "entity": entity, "letterhead": letterhead });
        self.do_it("set_letterhead", body, actor)
    }

    fn set_billing_policy(
        &self,
        entity: &str,
        policy: Value,
        actor: &str,
    ) -> Asked<Option<String>> {
        let body = json!({ "entity": entity, "policy": policy });
        self.do_it("set_billing_policy", body, actor)
    }
}
