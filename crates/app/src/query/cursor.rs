//! Opaque cursors: the list and the key of the last row seen, as base64url of a JSON array.

use super::ROWS_A_PAGE;
use crate::fault::{AppFault, Refusal};
use crate::view::Page;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The key of a row, by which a list is ordered: a number (an instant or a value) and two texts, of
/// which a list may leave some empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) numbers: [i64; 2],
    pub(super) texts: [String; 2],
}

/// Writes the cursor that goes on after `key` in `list`.
pub(super) fn write(list: &str, key: &Key) -> String {
    let [first, second] = &key.numbers;
    let [one, two] = &key.texts;
    let text = serde_json::json!([list, first, second, one, two]).to_string();
    URL_SAFE_NO_PAD.encode(text)
}

/// Reads a cursor of `list`; nothing for the first page.
pub(super) fn read(list: &str, cursor: Option<&str>) -> Result<Option<Key>, AppFault> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    decode(list, cursor).map(Some).ok_or_else(|| {
        let message = "this cursor is not one of this list; start again without a cursor";
        Refusal::field("bad_cursor", "cursor", message).into()
    })
}

fn decode(list: &str, cursor: &str) -> Option<Key> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (word, first, second, one, two): (String, i64, i64, String, String) =
        serde_json::from_slice(&bytes).ok()?;
    (word == list).then_some(Key {
        numbers: [first, second],
        texts: [one, two],
    })
}

/// Reads a cursor of a list that is ordered by an instant and an id, newest first: the key to go on
/// before, past every row for the first page.
pub(super) fn newest(list: &str, cursor: Option<&str>) -> Result<(i64, String), AppFault> {
    Ok(match read(list, cursor)? {
        Some(Key {
            numbers: [time, _],
            texts: [id, _],
        }) => (time, id),
        None => (i64::MAX, String::new()),
    })
}

/// The cursor of a row in a list that is ordered by an instant and an id.
pub(super) fn of_newest(list: &str, time: i64, id: &str) -> String {
    write(
        list,
        &Key {
            numbers: [time, 0],
            texts: [id.to_owned(), String::new()],
        },
    )
}

/// How many rows to ask for to fill a page and to know whether there is another.
pub(super) const ROWS_TO_ASK: i64 = ROWS_A_PAGE + 1;

/// Cuts rows that were asked for with [`ROWS_TO_ASK`] to one page, and tells where it goes on.
pub(super) fn cut<R>(
    mut rows: Vec<R>,
    cursor_of: impl Fn(&R) -> String,
) -> (Vec<R>, Option<String>) {
    let full = usize::try_from(ROWS_A_PAGE).unwrap_or(usize::MAX);
    if rows.len() <= full {
        return (rows, None);
    }
    rows.truncate(full);
    let next = rows.last().map(cursor_of);
    (rows, next)
}

/// Makes a page of stored rows.
pub(super) fn page<R, T>(
    rows: Vec<R>,
    cursor_of: impl Fn(&R) -> String,
    mut show: impl FnMut(R) -> Result<T, AppFault>,
) -> Result<Page<T>, AppFault> {
    let (rows, next) = cut(rows, cursor_of);
    let items = rows.into_iter().map(&mut show).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_for_its_own_list_only() {
        let cursor = of_newest("contracts", 7, "con_1");
        assert_eq!(
            newest("contracts", Some(&cursor)).unwrap(),
            (7, "con_1".to_owned())
        );
        for (list, bad) in [
            ("invoices", cursor.as_str()),
            ("contracts", "no!"),
            ("contracts", ""),
        ] {
            let AppFault::Refused(refusals) = newest(list, Some(bad)).unwrap_err() else {
                panic!("not refused")
            };
            assert_eq!(refusals[0].code, "bad_cursor");
        }
    }
}
