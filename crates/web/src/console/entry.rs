//! Forms that make something: what was typed and why it was refused, to be drawn again, and the key
//! under which a form is done once, however often it is sent.

use super::respond::{Answer, Stop};
use super::source::{Source, SourceFault};
use super::typed::Typed;
use crate::auth::random_text;
use crate::source::ungrouped;
use serde_json::{Map, Value};

/// Most customers that a refusal names.
const NAMED_MOST: usize = 3;

/// Where the commands of forms go.
pub trait EntrySource {
    /// Does a command once under the key of its form; answers as the command does.
    fn carry_out(
        &self,
        name: &str,
        body: Value,
        key: &str,
        actor: &str,
    ) -> Result<Value, SourceFault>;
}

/// What stands in the forms of a page.
pub(super) struct Entry {
    typed: Typed,
    /// The form that it was typed into, where a page has several.
    form: String,
    /// Why it was refused.
    pub(super) refusal: Option<String>,
    /// What the form sends back, so that it has one effect.
    pub(super) key: String,
}

impl Entry {
    /// A form with what its address says beforehand.
    pub(super) fn begun(typed: Typed) -> Result<Self, Stop> {
        Ok(Self {
            typed,
            form: String::new(),
            refusal: None,
            key: fresh_key()?,
        })
    }

    /// A form that was refused. Its key is a new one: what is sent next may be something else.
    pub(super) fn refused(typed: Typed, form: &str, reason: String) -> Result<Self, Stop> {
        Ok(Self {
            form: form.to_owned(),
            refusal: Some(reason),
            ..Self::begun(typed)?
        })
    }

    /// What was typed into a field of a form; empty in every other form.
    pub(super) fn of(&self, form: &str, field: &str) -> &str {
        if self.form == form {
            self.typed.get(field)
        } else {
            ""
        }
    }

    /// What was typed into a field of the only form of a page.
    pub(super) fn get(&self, field: &str) -> &str {
        self.typed.get(field)
    }

    /// Whether a field of the only form of a page holds this.
    pub(super) fn holds(&self, field: &str, value: &str) -> bool {
        self.typed.get(field) == value
    }
}

fn fresh_key() -> Result<String, Stop> {
    random_text().map_err(|fault| {
        let detail = fault.to_string();
        Stop::Fault(SourceFault::Unavailable { detail })
    })
}

/// The key that a form sends back; a new one for a form that has none.
pub(super) fn key_of(typed: &Typed) -> Result<String, Stop> {
    match typed.get("form") {
        "" => fresh_key(),
        key => Ok(key.to_owned()),
    }
}

pub(super) fn refused(reason: String) -> SourceFault {
    SourceFault::Refused { reason }
}

/// Sets an amount as it was typed, thousands grouped or not; an empty one is left out.
pub(super) fn put_amount(
    body: &mut Map<String, Value>,
    name: &str,
    text: &str,
) -> Result<(), SourceFault> {
    if text.is_empty() {
        return Ok(());
    }
    body.insert(name.to_owned(), Value::String(plain_amount(name, text)?));
    Ok(())
}

/// Sets a currency in capital letters; an empty one is left out.
pub(super) fn put_currency(body: &mut Map<String, Value>, typed: &Typed) {
    let currency = typed.get("currency").to_uppercase();
    super::typed::put(body, "currency", &currency);
}

/// An amount without the commas of its thousands; `field` says of what, when it is none.
pub(super) fn plain_amount(field: &str, text: &str) -> Result<String, SourceFault> {
    ungrouped(text).ok_or_else(|| {
        refused(format!(
            "{field}: “{text}” is no amount; write it as 12.50, or as 1,250.00 with thousands grouped"
        ))
    })
}

/// Sets a whole number as it was typed; an empty one is left out.
pub(super) fn put_count(
    body: &mut Map<String, Value>,
    (name, title): (&str, &str),
    text: &str,
) -> Result<(), SourceFault> {
    if text.is_empty() {
        return Ok(());
    }
    let count: u32 = text.parse().map_err(|_| {
        refused(format!(
            "{title}: “{text}” is no whole number; write digits"
        ))
    })?;
    body.insert(name.to_owned(), Value::from(count));
    Ok(())
}

/// The id of the customer that was typed: by its id, or by a name that only one has.
pub(super) fn customer_named(source: &dyn Source, text: &str) -> Result<String, SourceFault> {
    if source.customer(text)?.is_some() {
        return Ok(text.to_owned());
    }
    let mut hits = source.search(text)?;
    hits.retain(|hit| hit.kind == "customer");
    match hits.as_slice() {
        [only] => Ok(only.id.clone()),
        [] => Err(refused(format!(
            "There is no customer “{text}”; type the id, or the name as it stands on the list of customers"
        ))),
        many => {
            let shown: Vec<String> = many
                .iter()
                .take(NAMED_MOST)
                .map(|hit| format!("{} ({})", hit.title, hit.id))
                .collect();
            Err(refused(format!(
                "“{text}” may be any of several customers, such as {}; type the id",
                shown.join(", ")
            )))
        }
    }
}

/// Where a command is seen: at the request that it waits for, else where it was to lead.
pub(super) fn led_to(answer: &Value, to: String) -> Answer {
    let waits = app::approval::is_waiting(answer);
    let approval = answer["approval"].as_str().filter(|_| waits);
    Answer::Go(match approval {
        Some(approval) => format!("/approvals/{}", super::paths::segment(approval)),
        None => to,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_comma_is_not_taken_for_thousands() {
        let mut body = Map::new();
        put_amount(&mut body, "amount", "1,250.00").unwrap();
        assert_eq!(body["amount"], "1250.00");
        let Err(SourceFault::Refused { reason }) = put_amount(&mut body, "amount", "12,50") else {
            panic!("12,50 is refused")
        };
        assert!(reason.contains("amount: “12,50” is no amount"), "{reason}");
    }
}
