//! Pages of any length over lists that come in pages of their own.

use super::Asked;
use crate::problem::{Code, Problem};
use app::AppFault;
use app::view::Page;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

/// Stands between the cursor of the list below and the row that was last seen on its page.
const SEEN: char = '~';

/// Most pages of the list below that one question walks through; what is left goes on with `next`.
const PAGES_MOST: usize = 20;

/// One page of a list: at most `limit` rows for which `keep` holds. A cursor is where the list
/// below goes on and, when a page of it was cut, the last row seen on it; so rows that arrive
/// meanwhile neither repeat nor hide others.
pub(super) fn paged<T: Serialize>(
    asked: &Asked,
    keep: impl Fn(&T) -> bool,
    read: impl Fn(Option<&str>) -> Result<Page<T>, AppFault>,
) -> Result<Value, Problem> {
    let limit = usize::from(asked.limit()?);
    let (mut at, mut seen) = place(asked.cursor())?;
    let mut items: Vec<Value> = Vec::new();
    for _ in 0..PAGES_MOST {
        let page = read(at.as_deref())?;
        let rows = page
            .items
            .iter()
            .map(|row| Ok((keep(row), serde_json::to_value(row)?)))
            .collect::<Result<Vec<_>, serde_json::Error>>()
            .map_err(|_| Problem::new(Code::Internal, "A row cannot be written."))?;
        let first = match seen.take() {
            None => 0,
            Some(last) => match rows.iter().rposition(|(_, row)| key(row) == last) {
                Some(found) => found + 1,
                None if page.next.is_none() => return Err(bad_cursor()),
                // Newer rows have pushed it on to the next page.
                None => {
                    seen = Some(last);
                    rows.len()
                }
            },
        };
        for (index, (kept, row)) in rows.iter().enumerate().skip(first) {
            if !kept {
                continue;
            }
            items.push(row.clone());
            if items.len() == limit {
                let cut = index + 1 < rows.len();
                let next = if cut {
                    Some(compose(at.as_deref(), &key(row)))
                } else {
                    page.next
                };
                return Ok(json!({ "items": items, "next": next }));
            }
        }
        if page.next.is_none() {
            return Ok(json!({ "items": items, "next": null }));
        }
        at = page.next;
    }
    let next = seen.map_or_else(|| at.clone(), |seen| Some(compose(at.as_deref(), &seen)));
    Ok(json!({ "items": items, "next": next }))
}

/// What tells a row from the others of its list.
fn key(row: &Value) -> String {
    let named = ["id", "dispute", "case"]
        .into_iter()
        .find_map(|name| row.get(name).and_then(Value::as_str));
    match (named, row.get("journal").and_then(Value::as_str)) {
        (Some(id), _) => id.to_owned(),
        (None, Some(journal)) => {
            let amount = row.get("amount").map(Value::to_string).unwrap_or_default();
            format!("{journal} {amount}")
        }
        (None, None) => row.to_string(),
    }
}

fn compose(at: Option<&str>, last: &str) -> String {
    format!(
        "{}{SEEN}{}",
        at.unwrap_or_default(),
        URL_SAFE_NO_PAD.encode(last)
    )
}

fn place(cursor: Option<&str>) -> Result<(Option<String>, Option<String>), Problem> {
    let Some(cursor) = cursor else {
        return Ok((None, None));
    };
    let Some((at, seen)) = cursor.split_once(SEEN) else {
        return Ok((Some(cursor.to_owned()), None));
    };
    let bytes = URL_SAFE_NO_PAD.decode(seen).map_err(|_| bad_cursor())?;
    let seen = String::from_utf8(bytes).map_err(|_| bad_cursor())?;
    Ok(((!at.is_empty()).then(|| at.to_owned()), Some(seen)))
}

fn bad_cursor() -> Problem {
    let message = "this cursor is not one of this list; start again without a cursor";
    Problem::new(Code::InvalidParameter, message).with_field("cursor", message)
}
