//! The first screen: does it tie out, what is stuck and worth how much, what comes next.

use super::frame::{Frame, Place};
use super::respond::{Answer, Seat, Stop, draw, page};
use super::{ConsoleState, filters, money};
use app::view::{ConnectionRow, ExceptionRow, Home, IntakeRow, TieOutRow, TieOutStatus};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use values::Currency;

/// How many exceptions fit beside the rest on a laptop.
const EXCEPTIONS_SHOWN: usize = 5;
/// With more books than this, the first screen shows differences only.
const BOOKS_IN_FULL: usize = 2;

/// One set of books: a column group of the tie-out table.
pub(super) struct Book {
    entity: String,
    currency: Currency,
    name: String,
}

/// One pair of figures over all books.
struct Measure {
    title: String,
    key: String,
    cells: Vec<Option<TieOutRow>>,
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    home: Home,
    books: Vec<Book>,
    measures: Vec<Measure>,
    verdict: Verdict,
    date: String,
}

/// The measures that stand on the first screen whatever they come to; the others stand there when
/// they differ, and always on the page of all tie-outs.
const ALWAYS_SHOWN: [&str; 7] = [
    "bookings",
    "billings",
    "deferred",
    "recognised",
    "receivable",
    "cash",
    "delivered",
];

impl Measure {
    fn is_for_today(&self) -> bool {
        let differs = |row: &TieOutRow| row.status != TieOutStatus::TiesOut;
        ALWAYS_SHOWN.contains(&self.key.as_str()) || self.cells.iter().flatten().any(differs)
    }
}

pub(super) async fn today(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(state, seat, Place::Today, |source, frame| {
        let home = source.home()?;
        let names = source.entities()?;
        let (books, mut measures) = pivot(&home.tie_outs, &names);
        measures.retain(Measure::is_for_today);
        draw(&TodayPage {
            verdict: Verdict::of(&home.tie_outs),
            date: money::day_in_full(money::utc_date(home.now)),
            frame,
            home,
            books,
            measures,
        })
    })
    .await
}

impl TodayPage {
    fn in_full(&self) -> bool {
        self.books.len() <= BOOKS_IN_FULL
    }

    fn shown(&self) -> &[ExceptionRow] {
        let end = self.home.exceptions.len().min(EXCEPTIONS_SHOWN);
        &self.home.exceptions[..end]
    }
}

#[derive(Template)]
#[template(path = "tie-outs.html")]
struct TieOutsPage {
    frame: Frame,
    verdict: Verdict,
    books: Vec<Book>,
    measures: Vec<Measure>,
}

pub(super) async fn tie_outs(State(state): State<ConsoleState>, seat: Seat) -> Response {
    page(
        state,
        seat,
        Place::TieOuts,
        |source, frame| -> Result<Answer, Stop> {
            let home = source.home()?;
            let names = source.entities()?;
            let (books, measures) = pivot(&home.tie_outs, &names);
            draw(&TieOutsPage {
                frame,
                verdict: Verdict::of(&home.tie_outs),
                books,
                measures,
            })
        },
    )
    .await
}

impl TieOutsPage {
    fn name_of<'a>(&'a self, row: &'a TieOutRow) -> &'a str {
        self.books
            .iter()
            .find(|book| book.holds(row))
            .map_or(&row.entity, |book| &book.name)
    }
}

/// The tie-outs in one sentence.
struct Verdict {
    /// Absent while there is nothing to compare.
    status: Option<TieOutStatus>,
    sentence: String,
}

impl Verdict {
    fn of(rows: &[TieOutRow]) -> Self {
        let count = |status| rows.iter().filter(|row| row.status == status).count();
        let (breaks, explained) = (count(TieOutStatus::Break), count(TieOutStatus::Explained));
        let total = rows.len();
        if breaks > 0 {
            let verb = if breaks == 1 { "differs" } else { "differ" };
            return Self {
                status: Some(TieOutStatus::Break),
                sentence: format!(
                    "{breaks} of {total} pairs of figures {verb} by an amount that nothing explains."
                ),
            };
        }
        if explained > 0 {
            let (verb, their) = if explained == 1 {
                ("differs", "its difference is")
            } else {
                ("differ", "their differences are")
            };
            return Self {
                status: Some(TieOutStatus::Explained),
                sentence: format!(
                    "{} of {total} pairs agree; {explained} {verb}, and {their} named by open exceptions to the cent.",
                    total - explained
                ),
            };
        }
        let timing = count(TieOutStatus::Timing);
        if timing > 0 {
            let verb = if timing == 1 { "differs" } else { "differ" };
            return Self {
                status: Some(TieOutStatus::Timing),
                sentence: format!(
                    "{} of {total} pairs agree to the cent; {timing} {verb} by what is on its way.",
                    total - timing
                ),
            };
        }
        let sentence = match total {
            0 => "Nothing to compare yet.".to_owned(),
            1 => "The only pair of figures agrees to the cent.".to_owned(),
            _ => format!("All {total} pairs of figures agree to the cent."),
        };
        Self {
            status: (total > 0).then_some(TieOutStatus::TiesOut),
            sentence,
        }
    }
}

/// Turns rows of (measure, book) into one row a measure with one cell a book.
fn pivot(rows: &[TieOutRow], names: &[(String, String)]) -> (Vec<Book>, Vec<Measure>) {
    let (mut books, mut measures): (Vec<Book>, Vec<Measure>) = (Vec::new(), Vec::new());
    for row in rows {
        if !books.iter().any(|book| book.holds(row)) {
            books.push(Book::of(row, names));
        }
    }
    for row in rows {
        let at = match measures.iter().position(|m| m.key == row.measure) {
            Some(at) => at,
            None => {
                measures.push(Measure {
                    title: row.title.clone(),
                    key: row.measure.clone(),
                    cells: books.iter().map(|_| None).collect(),
                });
                measures.len() - 1
            }
        };
        if let Some(column) = books.iter().position(|book| book.holds(row)) {
            measures[at].cells[column] = Some(row.clone());
        }
    }
    (books, measures)
}

impl Book {
    fn of(row: &TieOutRow, names: &[(String, String)]) -> Self {
        let name = names
            .iter()
            .find(|(id, _)| *id == row.entity)
            .map_or(&row.entity, |(_, name)| name);
        Self {
            entity: row.entity.clone(),
            currency: row.expected.currency,
            name: name.clone(),
        }
    }

    fn holds(&self, row: &TieOutRow) -> bool {
        self.entity == row.entity && self.currency == row.expected.currency
    }
}

impl Measure {
    /// The books that have it.
    fn rows(&self) -> Vec<&TieOutRow> {
        self.cells.iter().flatten().collect()
    }
}

/// `accepted = confirmed + open + rejected`, drawn in words.
pub(super) trait Proof {
    /// What is missing from the right side; zero when the proof holds.
    fn missing(&self) -> i64;
}

impl Proof for IntakeRow {
    fn missing(&self) -> i64 {
        self.accepted - self.confirmed - self.open - self.rejected
    }
}

/// One word for how deliveries to a system stand.
pub(super) trait Delivery {
    /// `parked`, `waiting` or `confirmed`, the worst that applies.
    fn standing(&self) -> &'static str;
}

impl Delivery for ConnectionRow {
    fn standing(&self) -> &'static str {
        if self.parked > 0 {
            "parked"
        } else if self.waiting > 0 {
            "waiting"
        } else {
            "confirmed"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use values::Money;

    fn row(measure: &str, entity: &str, currency: &str, status: TieOutStatus) -> TieOutRow {
        let money = Money::zero(currency.parse().unwrap());
        TieOutRow {
            measure: measure.to_owned(),
            title: measure.to_owned(),
            expected_from: String::new(),
            actual_in: String::new(),
            entity: entity.to_owned(),
            expected: money,
            actual: money,
            difference: money,
            under_way: money,
            exceptions: Vec::new(),
            exceptions_count: 0,
            status,
            href: "/".to_owned(),
        }
    }

    #[test]
    fn measures_become_rows_and_books_columns() {
        let rows = [
            row("billings", "US", "USD", TieOutStatus::TiesOut),
            row("billings", "DE", "EUR", TieOutStatus::TiesOut),
            row("cash", "DE", "EUR", TieOutStatus::TiesOut),
        ];
        let (books, measures) = pivot(&rows, &[("US".to_owned(), "Tieout US Inc.".to_owned())]);
        assert_eq!(books[0].name, "Tieout US Inc.");
        assert_eq!(books[1].name, "DE");
        assert!(measures[1].cells[0].is_none() && measures[1].cells[1].is_some());
    }

    #[test]
    fn the_verdict_is_the_worst_of_the_rows() {
        let ties = row("a", "US", "USD", TieOutStatus::TiesOut);
        let explained = row("b", "US", "USD", TieOutStatus::Explained);
        let broken = row("c", "US", "USD", TieOutStatus::Break);
        assert_eq!(
            Verdict::of(std::slice::from_ref(&ties)).sentence,
            "The only pair of figures agrees to the cent."
        );
        assert_eq!(Verdict::of(&[]).status, None);
        let verdict = Verdict::of(&[ties.clone(), explained.clone()]);
        assert_eq!(verdict.status, Some(TieOutStatus::Explained));
        assert!(
            verdict
                .sentence
                .starts_with("1 of 2 pairs agree; 1 differs")
        );
        let verdict = Verdict::of(&[ties, explained, broken]);
        assert_eq!(verdict.status, Some(TieOutStatus::Break));
        assert!(
            verdict
                .sentence
                .starts_with("1 of 3 pairs of figures differs")
        );
    }
}
