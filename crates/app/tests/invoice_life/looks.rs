//! A second look at the tie-outs reads only what has changed, and shows what a first one would show.

use super::company::{Company, company};
use app::query::{self, TieOutMemory};
use app::view::TieOutRow;
use serde_json::json;
use std::sync::Arc;
use store::Effort;

const AT_ONCE: &str = "{ draft_days: 0 }";

struct Look {
    rows: Vec<TieOutRow>,
    effort: Effort,
}

fn look(company: &Company, memory: &Arc<TieOutMemory>) -> Look {
    let app = &company.ending.app;
    let (books, now, memory) = (app.books(), app.now(), memory.clone());
    let found = app.store().read(move |tx| {
        let before = tx.effort();
        let rows = query::tie_outs(tx, (&books, now), &memory)?;
        Ok::<_, app::AppFault>(Look {
            rows,
            effort: tx.effort().since(before),
        })
    });
    found.unwrap()
}

fn looks_the_same(company: &Company, kept: &Arc<TieOutMemory>, when: &str) {
    let (again, anew) = (look(company, kept), look(company, &Arc::default()));
    assert_eq!(again.rows, anew.rows, "{when}");
}

#[test]
fn what_is_kept_shows_what_the_books_say_after_every_change() {
    let company = company(AT_ONCE, 2, "");
    let kept = Arc::new(TieOutMemory::default());
    looks_the_same(&company, &kept, "before anything is billed");
    company.ending.app.daily_work("story", true).unwrap();
    looks_the_same(&company, &kept, "billed");
    company.seats(3);
    looks_the_same(&company, &kept, "amended and not billed yet");
    company.ending.app.daily_work("story", true).unwrap();
    looks_the_same(&company, &kept, "the amendment billed");
    let newest = company.invoices()[1].0.clone();
    let void = json!({ "invoice": newest, "reason": "wrong" });
    company.act("void_invoice", void).unwrap();
    looks_the_same(&company, &kept, "voided");
    let number = company.invoices()[0].0.clone();
    let credit = json!({ "invoice": number, "amount": "10.00", "reason": "goodwill" });
    company.act("issue_credit_note", credit).unwrap();
    looks_the_same(&company, &kept, "credited");
    let another = json!({ "id": "C-2", "customer": "nord", "entity": "DE", "start": "2026-01-01",
        "end": "2026-12-31", "lines": [{ "product": "SEAT", "component": "seats", "quantity": 1 }] });
    company.act("activate_contract", another).unwrap();
    looks_the_same(&company, &kept, "another sold");
}

#[test]
fn a_second_look_rates_only_the_contracts_that_have_changed() {
    let company = company(AT_ONCE, 2, "");
    let kept = Arc::new(TieOutMemory::default());
    let first = look(&company, &kept).effort;
    let second = look(&company, &kept).effort;
    // The event that sold the contract, the contract, and its lines.
    assert_eq!(first.queries - second.queries, 3);
    company.seats(3);
    let third = look(&company, &kept).effort;
    // The same three, whether a bill run is open that is to bill what is more, and whether an exception
    // says why it is not billed.
    assert_eq!(third.queries - second.queries, 5);
}
