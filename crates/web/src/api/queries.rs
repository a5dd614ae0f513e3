//! The questions of the API: each asks one read model.

use super::Asked;
use super::paged::paged;
use crate::problem::{Code, Problem};
use app::query::AccountKey;
use app::view::InvoiceRow;
use app::{App, AppFault};
use serde::Serialize;
use serde_json::{Value, json};

pub(super) type Answered = Result<Value, Problem>;

pub(super) fn written(value: &impl Serialize) -> Answered {
    serde_json::to_value(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal, "The answer cannot be written.")
    })
}

/// The one thing with the `{id}` of the path.
pub(super) fn one<T: Serialize>(
    kind: &str,
    asked: &Asked,
    read: impl Fn(&str) -> Result<Option<T>, AppFault>,
) -> Answered {
    let id = asked.path("id");
    match read(id)? {
        Some(found) => written(&found),
        None => Err(Problem::no_such(kind, id)),
    }
}

pub(super) fn whole<T: Serialize>(items: &[T]) -> Answered {
    Ok(json!({ "items": written(&items)? }))
}

pub(super) fn entities(app: &App, _: &Asked) -> Answered {
    let rows = app.entities()?.into_iter().map(|(id, name)| {
        let months = app.months(&id)?;
        Ok(super::answers::EntityRow { id, name, months })
    });
    whole(&rows.collect::<Result<Vec<_>, AppFault>>()?)
}

pub(super) fn customers(app: &App, asked: &Asked) -> Answered {
    paged(asked, |_| true, |cursor| app.customers(cursor))
}

pub(super) fn customer(app: &App, asked: &Asked) -> Answered {
    one("customer", asked, |id| app.customer(id))
}

pub(super) fn contracts(app: &App, asked: &Asked) -> Answered {
    let filter = asked.list_filter()?;
    paged(asked, |_| true, |cursor| app.contracts(&filter, cursor))
}

pub(super) fn contract(app: &App, asked: &Asked) -> Answered {
    one("contract", asked, |id| app.contract(id))
}

fn documents(app: &App, asked: &Asked, kind: &str) -> Answered {
    let filter = asked.list_filter()?;
    paged(
        asked,
        |row: &InvoiceRow| row.kind == kind,
        |cursor| app.invoices(&filter, cursor),
    )
}

fn document(app: &App, asked: &Asked, kind: &str, word: &str) -> Answered {
    one(word, asked, |id| {
        Ok(app.invoice(id)?.filter(|found| found.row.kind == kind))
    })
}

pub(super) fn invoices(app: &App, asked: &Asked) -> Answered {
    documents(app, asked, "invoice")
}

pub(super) fn invoice(app: &App, asked: &Asked) -> Answered {
    document(app, asked, "invoice", "invoice")
}

pub(super) fn credit_notes(app: &App, asked: &Asked) -> Answered {
    documents(app, asked, "credit_note")
}

pub(super) fn credit_note(app: &App, asked: &Asked) -> Answered {
    document(app, asked, "credit_note", "credit note")
}

pub(super) fn payments(app: &App, asked: &Asked) -> Answered {
    let filter = asked.list_filter()?;
    paged(asked, |_| true, |cursor| app.payments(&filter, cursor))
}

pub(super) fn payment(app: &App, asked: &Asked) -> Answered {
    one("payment", asked, |id| app.payment(id))
}

pub(super) fn journals(app: &App, asked: &Asked) -> Answered {
    let filter = asked.list_filter()?;
    paged(asked, |_| true, |cursor| app.journals(&filter, cursor))
}

pub(super) fn journal(app: &App, asked: &Asked) -> Answered {
    one("journal", asked, |id| app.journal(id))
}

pub(super) fn trial_balance(app: &App, asked: &Asked) -> Answered {
    let entity = asked.text("entity");
    match app.trial_balance(entity, asked.value("month")?)? {
        Some(found) => written(&found),
        None => Err(Problem::no_such("legal entity", entity.unwrap_or_default())),
    }
}

pub(super) fn account_lines(app: &App, asked: &Asked) -> Answered {
    let missing = |name: &str| {
        Problem::new(
            Code::InvalidParameter,
            format!("the parameter {name:?} is needed"),
        )
    };
    let key = AccountKey {
        entity: asked.path("entity").to_owned(),
        month: asked.value("month")?.ok_or_else(|| missing("month"))?,
        account: asked.path("account").to_owned(),
        currency: asked
            .value("currency")?
            .ok_or_else(|| missing("currency"))?,
    };
    if app.account(&key, None)?.is_none() {
        return Err(Problem::no_such(
            "account with lines in that month",
            &key.account,
        ));
    }
    paged(
        asked,
        |_| true,
        |cursor| {
            app.account(&key, cursor)?
                .map(|found| found.lines)
                .ok_or_else(|| AppFault::NotFound {
                    kind: "account",
                    id: key.account.clone(),
                })
        },
    )
}

pub(super) fn tie_outs(app: &App, _: &Asked) -> Answered {
    whole(&app.tie_outs()?)
}

pub(super) fn exceptions(app: &App, asked: &Asked) -> Answered {
    let filter = asked.exception_filter();
    paged(asked, |_| true, |cursor| app.exceptions(&filter, cursor))
}

pub(super) fn exception(app: &App, asked: &Asked) -> Answered {
    one("exception", asked, |id| app.exception(id))
}

pub(super) fn intake(app: &App, _: &Asked) -> Answered {
    whole(&app.intake()?)
}

pub(super) fn connections(app: &App, _: &Asked) -> Answered {
    whole(&app.connections()?)
}

pub(super) fn trace(app: &App, asked: &Asked) -> Answered {
    one("object", asked, |id| app.chain(id))
}

pub(super) fn search(app: &App, asked: &Asked) -> Answered {
    whole(&app.search(asked.text("q").unwrap_or_default())?)
}

pub(super) fn events(app: &App, asked: &Asked) -> Answered {
    written(&app.events(asked.cursor(), asked.limit()?)?)
}
