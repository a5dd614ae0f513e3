//! Journals, the trial balance, and the way from a balance down to its lines.

use super::billing::month_of;
use super::commercial::Picked;
use super::frame::{Frame, Place};
use super::money::{Sides, sides};
use super::paths::{Asked, segment};
use super::respond::{Seat, Stop, draw, page};
use super::source::{AccountKey, ListFilter, Source};
use super::{ConsoleState, filters};
use app::view::{AccountDetail, BalanceRow, JournalDetail, JournalRow, Page, TrialBalance};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use std::collections::BTreeMap;
use values::{Currency, Money, Month};

#[derive(Template)]
#[template(path = "journals.html")]
struct JournalsPage {
    frame: Frame,
    rows: Page<JournalRow>,
    picked: Picked,
    months: Vec<Month>,
    older: Option<String>,
}

pub(super) async fn journals(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::Journals, move |source, frame| {
        let asked = Asked::new(pairs);
        let filter = ListFilter {
            entity: asked.text("entity"),
            month: month_of(&asked)?,
            ..ListFilter::default()
        };
        let rows = source.journals(&filter, asked.get("cursor"))?;
        let entities = source.entities()?;
        let mut months = Vec::new();
        for (id, _) in &entities {
            months.extend(source.months(id)?);
        }
        months.sort_unstable();
        months.dedup();
        months.reverse();
        draw(&JournalsPage {
            frame,
            older: rows
                .next
                .as_deref()
                .map(|next| asked.with("/journals", "cursor", next)),
            rows,
            months,
            picked: Picked {
                entities,
                statuses: &[],
                filter,
                action: "/journals",
            },
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage {
    frame: Frame,
    found: JournalDetail,
    sums: Vec<Sides>,
}

impl JournalPage {
    fn account_href(&self, account: &str, currency: &Currency) -> String {
        account_href(
            &self.found.row.entity,
            Month::of(self.found.row.date),
            account,
            *currency,
        )
    }
}

pub(super) async fn journal(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path(id): Path<String>,
) -> Response {
    page(state, seat, Place::Journals, move |source, frame| {
        let found = source.journal(&id)?.ok_or(Stop::Missing {
            what: "journal",
            id,
        })?;
        draw(&JournalPage {
            frame,
            sums: sides(found.lines.iter().map(|line| line.amount)),
            found,
        })
    })
    .await
}

fn account_href(entity: &str, month: Month, account: &str, currency: Currency) -> String {
    format!(
        "/trial-balance/{}/{month}/{}?currency={currency}",
        segment(entity),
        segment(account)
    )
}

/// The rows of one currency with their sum.
struct Book {
    currency: Currency,
    rows: Vec<BalanceRow>,
    total: Option<BalanceRow>,
}

#[derive(Template)]
#[template(path = "trial-balance.html")]
struct TrialBalancePage {
    frame: Frame,
    found: Option<TrialBalance>,
    books: Vec<Book>,
    entities: Vec<(String, String)>,
    months: Vec<Month>,
}

impl TrialBalancePage {
    fn href(&self, row: &BalanceRow) -> String {
        match &self.found {
            Some(found) => account_href(
                &found.entity,
                found.month,
                &row.account,
                row.closing.currency,
            ),
            None => "/trial-balance".to_owned(),
        }
    }

    fn is_entity(&self, id: &str) -> bool {
        self.found.as_ref().is_some_and(|found| found.entity == id)
    }

    fn is_month(&self, month: &Month) -> bool {
        self.found
            .as_ref()
            .is_some_and(|found| found.month == *month)
    }

    fn journals_href(&self) -> String {
        match &self.found {
            Some(found) => format!(
                "/journals?entity={}&month={}",
                segment(&found.entity),
                found.month
            ),
            None => "/journals".to_owned(),
        }
    }

    /// The months beside the one shown, as far as there are books: (earlier, later).
    fn beside(&self) -> (Option<Month>, Option<Month>) {
        let Some(found) = &self.found else {
            return (None, None);
        };
        let known = |month: Month| self.months.contains(&month).then_some(month);
        (known(found.month.previous()), known(found.month.next()))
    }

    fn month_href(&self, month: &Month) -> String {
        let entity = self.found.as_ref().map_or("", |found| &found.entity);
        format!("/trial-balance?entity={}&month={month}", segment(entity))
    }

    /// Whether a heavier line goes above this row, because another kind of account begins.
    fn begins_kind(book: &Book, index: &usize) -> bool {
        *index > 0
            && book.rows.get(*index).map(|row| &row.kind)
                != book.rows.get(*index - 1).map(|row| &row.kind)
    }
}

pub(super) async fn trial_balance(
    State(state): State<ConsoleState>,
    seat: Seat,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::TrialBalance, move |source, frame| {
        let asked = Asked::new(pairs);
        let (entity, month) = (asked.get("entity"), month_of(&asked)?);
        let entities = source.entities()?;
        let found = source.trial_balance(entity, month)?;
        if found.is_none()
            && let Some(entity) = entity
        {
            return Err(Stop::Missing {
                what: "legal entity",
                id: entity.to_owned(),
            });
        }
        let months = match &found {
            Some(found) => source.months(&found.entity)?,
            None => Vec::new(),
        };
        draw(&TrialBalancePage {
            frame,
            books: found.as_ref().map(books).unwrap_or_default(),
            found,
            entities,
            months,
        })
    })
    .await
}

fn books(found: &TrialBalance) -> Vec<Book> {
    let mut books: Vec<Book> = Vec::new();
    for row in &found.rows {
        let currency = row.closing.currency;
        match books.iter_mut().find(|book| book.currency == currency) {
            Some(book) => book.rows.push(row.clone()),
            None => books.push(Book {
                currency,
                rows: vec![row.clone()],
                total: found
                    .totals
                    .iter()
                    .find(|total| total.closing.currency == currency)
                    .cloned(),
            }),
        }
    }
    books
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    found: AccountDetail,
    entity_name: String,
    first_page: bool,
    older: Option<String>,
    /// The same account in the month before, where there are books for it.
    before: Option<String>,
}

impl AccountPage {
    fn back(&self) -> String {
        format!(
            "/trial-balance?entity={}&month={}",
            segment(&self.found.entity),
            self.found.month
        )
    }

    fn last_page(&self) -> bool {
        self.older.is_none()
    }
}

/// A signed amount seen from one side of an account.
pub(super) trait OneSide {
    /// The amount, when it is a debit.
    fn debit(&self) -> Option<Money>;
    /// The amount made positive, when it is a credit.
    fn credit(&self) -> Option<Money>;
}

impl OneSide for Money {
    fn debit(&self) -> Option<Money> {
        (self.minor >= 0).then_some(*self)
    }

    fn credit(&self) -> Option<Money> {
        (self.minor < 0).then(|| Money::from_minor(self.minor.saturating_abs(), self.currency))
    }
}

pub(super) async fn account(
    State(state): State<ConsoleState>,
    seat: Seat,
    Path((entity, month, account)): Path<(String, String, String)>,
    Query(pairs): Query<BTreeMap<String, String>>,
) -> Response {
    page(state, seat, Place::TrialBalance, move |source, frame| {
        let asked = Asked::new(pairs);
        let no_month = || Stop::Missing {
            what: "month",
            id: month.clone(),
        };
        let month: Month = month.parse().map_err(|_| no_month())?;
        let missing = || Stop::Missing {
            what: "account",
            id: format!("{account} of {entity} in {month}"),
        };
        let currency = match currency_of(&asked, source, &entity, month, &account)? {
            Some(currency) => currency,
            None => return Err(missing()),
        };
        let key = AccountKey {
            entity: entity.clone(),
            month,
            account: account.clone(),
            currency,
        };
        let found = source
            .account(&key, asked.get("cursor"))?
            .ok_or_else(missing)?;
        draw(&read_account(source, frame, found, &key, &asked)?)
    })
    .await
}

fn read_account(
    source: &dyn Source,
    frame: Frame,
    found: AccountDetail,
    key: &AccountKey,
    asked: &Asked,
) -> Result<AccountPage, Stop> {
    let before = key.month.previous();
    let here = format!(
        "/trial-balance/{}/{}/{}",
        segment(&key.entity),
        key.month,
        segment(&key.account)
    );
    Ok(AccountPage {
        frame,
        entity_name: source
            .entities()?
            .into_iter()
            .find(|(id, _)| *id == key.entity)
            .map_or_else(|| key.entity.clone(), |(_, name)| name),
        first_page: asked.get("cursor").is_none(),
        older: found
            .lines
            .next
            .as_deref()
            .map(|next| asked.with(&here, "cursor", next)),
        before: source
            .months(&key.entity)?
            .contains(&before)
            .then(|| account_href(&key.entity, before, &key.account, key.currency)),
        found,
    })
}

/// The currency that the address names, else the one of the account's first row.
fn currency_of(
    asked: &Asked,
    source: &dyn Source,
    entity: &str,
    month: Month,
    account: &str,
) -> Result<Option<Currency>, Stop> {
    if let Some(code) = asked.get("currency") {
        return Ok(code.parse().ok());
    }
    let balance = source.trial_balance(Some(entity), Some(month))?;
    Ok(balance.and_then(|balance| {
        balance
            .rows
            .iter()
            .find(|row| row.account == account)
            .map(|row| row.closing.currency)
    }))
}
