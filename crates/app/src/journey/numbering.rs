//! The series from which documents take their numbers, as the policy of the legal entity says.

use crate::books::Books;
use billing::{NumberPattern, NumberSeries};
use values::Date;

/// A series of numbers without gaps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series {
    /// The counter that gives the numbers.
    pub(crate) counter: String,
    before: String,
    digits: usize,
    after: String,
}

impl Series {
    /// The printed number.
    pub(crate) fn text(&self, number: i64) -> String {
        let width = self.digits;
        format!("{}{number:0width$}{}", self.before, self.after)
    }
}

/// How numbers are printed where the policy does not say.
pub(super) fn standard(word: &str) -> &'static str {
    match word {
        "invoice" => "{entity}-{year}-{number:5}",
        BILL => "IC-{entity}-{number:5}",
        BILL_CREDIT => "IC-{entity}-CN-{number:5}",
        _ => "{entity}-CN-{year}-{number:5}",
    }
}

/// What legal entities bill each other.
pub(super) const BILL: &str = "intercompany_bill";

/// What takes such a bill back.
pub(super) const BILL_CREDIT: &str = "intercompany_credit_note";

/// The series of what a legal entity bills others of its group, or takes back: gapless, and the same
/// through all years. No policy states another one.
pub(super) fn between_entities(entity: &str, word: &str) -> Series {
    let (counter, before) = match word {
        BILL => (format!("number/IC-{entity}"), format!("IC-{entity}-")),
        _ => (
            format!("number/{entity}/{word}"),
            format!("IC-{entity}-CN-"),
        ),
    };
    Series {
        counter,
        before,
        digits: 5,
        after: String::new(),
    }
}

/// The series of a kind of document of a legal entity on a day: gapless, and begun anew each year
/// unless the policy says that it goes on. `US-2026-00001`, `US-CN-2026-00001` where it says nothing.
pub(crate) fn series(books: &Books, entity: &str, word: &str, issued: Date) -> Series {
    let year = issued.year();
    if let Some(stated) = stated(books, entity, word) {
        let frame = stated.pattern.frame(entity, year);
        return Series {
            counter: counter(stated, entity, word, year),
            before: frame.before,
            digits: frame.digits,
            after: frame.after,
        };
    }
    let lead = lead(entity, word);
    Series {
        counter: format!("number/{lead}/{year}"),
        before: format!("{lead}-{year}-"),
        digits: 5,
        after: String::new(),
    }
}

/// What numbers begin with where the policy does not say.
fn lead(entity: &str, word: &str) -> String {
    if word == "invoice" {
        entity.to_owned()
    } else {
        format!("{entity}-CN")
    }
}

fn stated<'b>(books: &'b Books, entity: &str, word: &str) -> Option<&'b NumberSeries> {
    if books.invoices.is_empty() {
        return None;
    }
    let policy = &books.invoices.get(&entity.parse().ok()?)?.policy;
    if word == "invoice" {
        policy.invoice_numbers.as_ref()
    } else {
        policy.credit_note_numbers.as_ref()
    }
}

/// The counter of a series. A series that was left and is taken up again goes on where it stopped.
fn counter(series: &NumberSeries, entity: &str, word: &str, year: i16) -> String {
    let pattern = &series.pattern;
    if !series.continuous && is_standard(pattern, word) {
        return format!("number/{}/{year}", lead(entity, word));
    }
    if series.continuous {
        format!("number/{entity}/{word}/{pattern}")
    } else {
        format!("number/{entity}/{word}/{pattern}/{year}")
    }
}

fn is_standard(pattern: &NumberPattern, word: &str) -> bool {
    standard(word)
        .parse::<NumberPattern>()
        .is_ok_and(|standard| standard == *pattern)
}
