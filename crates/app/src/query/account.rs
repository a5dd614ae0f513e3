//! The account of a customer as one stream: what was billed, paid, agreed, quoted, chased and
//! disputed, newest first, and what it comes to today.

use super::cursor::{self, Key, ROWS_TO_ASK};
use super::timeline::change_word;
use super::words::plain;
use super::{customer_name, money, some};
use crate::App;
use crate::fault::{AppFault, Refusal, stored};
use crate::view::Page;
use commerce::Contract;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use store::account::{self, AccountEntryRow};
use store::{Tx, catalogue, contracts};
use values::{Date, Instant, Money};

const LIST: &str = "account";

/// What the stream can be narrowed to.
pub const ACCOUNT_ROOMS: [&str; 7] = [
    "billing",
    "payments",
    "contracts",
    "quotes",
    "collection",
    "disputes",
    "account",
];

/// Longest note in the stream; the page of the object has all of it.
const NOTE_MOST: usize = 180;

/// One thing that happened on an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountEntry {
    /// What tells it from every other one of the stream.
    pub id: String,
    /// When it was recorded.
    pub time: Instant,
    /// `billing`, `payments`, `contracts`, `quotes`, `collection`, `disputes` or `account`.
    pub room: String,
    /// What it is, such as `invoice`, `payment` or `dispute_opened`.
    pub kind: String,
    /// What happened, in one sentence.
    pub title: String,
    /// Why, or what was written with it.
    pub note: Option<String>,
    /// The object that it is about, where it has one.
    pub object: Option<String>,
    /// Where that stands now.
    pub status: Option<String>,
    /// How much.
    pub amount: Option<Money>,
    /// Who did it, where that is kept.
    pub actor: Option<String>,
    /// Legal entity.
    pub entity: Option<String>,
    /// Contract.
    pub contract: Option<String>,
}

/// What an account comes to. Each sum has one amount a currency and is empty where there is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccountStanding {
    /// The customer.
    pub customer: String,
    /// Its name.
    pub name: String,
    /// `good`, `past_due`, `grace`, `suspended`, `in_collection` …
    pub standing: String,
    /// The day as of which it is overdue.
    pub today: Date,
    /// Open on its invoices.
    pub open: Vec<Money>,
    /// Of it past its due date.
    pub overdue: Vec<Money>,
    /// Disputed and not decided.
    pub disputed: Vec<Money>,
    /// Paid and set against nothing.
    pub unapplied: Vec<Money>,
    /// Prepaid credit that is left.
    pub prepaid: Vec<Money>,
}

/// What happened on an account, newest first; of one room where `room` is not empty.
///
/// # Errors
/// When there is no such room, the cursor is not one of this list, or the store fails.
pub fn account_timeline(
    tx: &mut Tx<'_>,
    customer: &str,
    room: &str,
    cursor: Option<&str>,
) -> Result<Page<AccountEntry>, AppFault> {
    if !room.is_empty() && !ACCOUNT_ROOMS.contains(&room) {
        let message = format!(
            "{room:?} is no part of an account; use one of {}",
            ACCOUNT_ROOMS.join(", ")
        );
        return Err(Refusal::field("unknown_room", "room", message).into());
    }
    let (time, item) = cursor::newest(LIST, cursor)?;
    let found = account::entries(tx, customer, room, (time, &item), ROWS_TO_ASK)?;
    let mut deals = BTreeMap::new();
    cursor::page(
        found,
        |row| {
            let texts = [row.item.clone(), String::new()];
            cursor::write(
                LIST,
                &Key {
                    numbers: [row.time, 0],
                    texts,
                },
            )
        },
        |row| show(tx, &mut deals, row),
    )
}

/// What an account comes to; nothing when there is no such customer.
///
/// # Errors
/// When the store fails.
pub fn account_standing(
    tx: &mut Tx<'_>,
    customer: &str,
    today: Date,
) -> Result<Option<AccountStanding>, AppFault> {
    let Some(row) = catalogue::customer(tx, customer)? else {
        return Ok(None);
    };
    let mut sums: BTreeMap<String, Vec<Money>> = BTreeMap::new();
    for sum in account::sums(tx, customer, &today.to_string())? {
        let amount = money(sum.amount, &sum.currency)?;
        sums.entry(sum.what).or_default().push(amount);
    }
    let mut of = |what: &str| sums.remove(what).unwrap_or_default();
    Ok(Some(AccountStanding {
        open: of("open"),
        overdue: of("overdue"),
        disputed: of("disputed"),
        unapplied: of("unapplied"),
        prepaid: of("prepaid"),
        customer: row.id,
        name: row.name,
        standing: row.standing,
        today,
    }))
}

impl App {
    /// As [`account_timeline`]; nothing when there is no such customer.
    ///
    /// # Errors
    /// As [`account_timeline`].
    pub fn account_timeline(
        &self,
        customer: &str,
        room: &str,
        cursor: Option<&str>,
    ) -> Result<Option<Page<AccountEntry>>, AppFault> {
        let (customer, room) = (customer.to_owned(), room.to_owned());
        let cursor = cursor.map(str::to_owned);
        self.store().read(move |tx| {
            if catalogue::customer(tx, &customer)?.is_none() {
                return Ok(None);
            }
            account_timeline(tx, &customer, &room, cursor.as_deref()).map(Some)
        })
    }

    /// As [`account_standing`], today in the zone of the legal entity that is furthest on.
    ///
    /// # Errors
    /// As [`account_standing`].
    pub fn account_standing(&self, customer: &str) -> Result<Option<AccountStanding>, AppFault> {
        let (books, now, customer) = (self.books(), self.clock().now(), customer.to_owned());
        let days = books
            .entities
            .values()
            .map(|entity| entity.zone.date_at(now));
        let today = days
            .max()
            .unwrap_or_else(|| values::Zone::utc().date_at(now));
        self.store()
            .read(move |tx| account_standing(tx, &customer, today))
    }
}

fn show(
    tx: &mut Tx<'_>,
    deals: &mut BTreeMap<String, Option<Contract>>,
    row: AccountEntryRow,
) -> Result<AccountEntry, AppFault> {
    let amount = match row.currency.as_str() {
        "" => None,
        currency => Some(money(row.amount, currency)?),
    };
    let (title, note) = match row.kind.as_str() {
        "contract" => agreed(tx, deals, &row)?,
        "paid_by_other" => {
            let payer = match row.note.as_str() {
                "" => "somebody we do not know".to_owned(),
                payer => customer_name(tx, payer)?,
            };
            (format!("Invoice {} paid by {payer}", row.number), None)
        }
        _ => words(&row),
    };
    Ok(AccountEntry {
        id: row.item,
        time: Instant::from_microseconds(row.time),
        title,
        note: note.as_deref().and_then(first_line),
        status: status(&row.kind, row.status),
        room: row.room,
        kind: row.kind,
        object: some(row.object),
        amount,
        actor: some(row.actor),
        entity: some(row.entity),
        contract: some(row.contract),
    })
}

/// The first line that says something, cut where it is long.
fn first_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    if line.chars().count() <= NOTE_MOST {
        return Some(line.to_owned());
    }
    let mut cut: String = line.chars().take(NOTE_MOST).collect();
    cut.push('…');
    Some(cut)
}

/// The status of what has one; a step that the title tells already is none.
fn status(kind: &str, status: String) -> Option<String> {
    let stands = [
        "invoice",
        "credit_note",
        "payment",
        "refund",
        "paid_by_other",
        "dispute_closed",
    ];
    stands
        .contains(&kind)
        .then_some(status)
        .filter(|status| !status.is_empty())
}

/// What happened, and what was written with it.
fn words(row: &AccountEntryRow) -> (String, Option<String>) {
    let number = &row.number;
    let note = some(row.note.clone());
    match row.kind.as_str() {
        "invoice" => (
            format!("Invoice {number} issued"),
            Some(format!("due {}", row.note)),
        ),
        "credit_note" => (format!("Credit note {number} issued"), note),
        "payment" => (
            match row.status.as_str() {
                "settled" => "Payment received",
                "failed" => "Payment failed",
                _ => "Payment under way",
            }
            .to_owned(),
            Some(format!("by {}", plain(&row.note))),
        ),
        "refund" => ("Money given back".to_owned(), note),
        "write_off" if row.amount < 0 => (
            format!("Written-off amount of invoice {number} came in"),
            note,
        ),
        "write_off" => (
            format!("Invoice {number} written off as {}", plain(&row.status)),
            note,
        ),
        "prepaid_credit" if row.status == "paid" => ("Prepaid credit bought".to_owned(), note),
        "prepaid_credit" => ("Prepaid credit given".to_owned(), note),
        "quote" => (
            format!(
                "Quote {}, version {number}: {}",
                row.object,
                plain(&row.status)
            ),
            note,
        ),
        "collection" => (collection_words(row), note),
        "dispute_opened" => (
            format!("Invoice {number} disputed: {}", plain(&row.status)),
            note,
        ),
        "dispute_closed" => (format!("Dispute about invoice {number} decided"), note),
        "customer_changed" => ("Customer changed".to_owned(), note),
        "customer_added" => ("Customer added".to_owned(), note),
        other => (plain(other), note),
    }
}

fn collection_words(row: &AccountEntryRow) -> String {
    let number = &row.number;
    match row.status.as_str() {
        "entered" => format!("Invoice {number} is collected from now on"),
        "retry" => format!("Payment of invoice {number} tried again"),
        "notice" => format!("Reminder about invoice {number} sent"),
        "task" => format!("Task about invoice {number}"),
        "assigned" => format!("Invoice {number} given to somebody to collect"),
        "suspended" => format!("Service suspended over invoice {number}"),
        "cancel_proposed" => format!("Cancellation proposed over invoice {number}"),
        "promised" => format!("Payment of invoice {number} promised"),
        "promise_kept" => format!("Promise about invoice {number} kept"),
        "promise_broken" => format!("Promise about invoice {number} broken"),
        "written_off" => format!("Invoice {number} given up; a suspended service stays so"),
        "resumed" => format!("Service resumed after invoice {number}"),
        "closed" => format!("Collection of invoice {number} ended"),
        other => format!("Collection of invoice {number}: {}", plain(other)),
    }
}

/// What a version of a contract changed and why. Each contract is read once a page.
fn agreed(
    tx: &mut Tx<'_>,
    deals: &mut BTreeMap<String, Option<Contract>>,
    row: &AccountEntryRow,
) -> Result<(String, Option<String>), AppFault> {
    if !deals.contains_key(&row.object) {
        let found = contracts::contract(tx, &row.object)?;
        let read = found.map(|found| stored::<Contract>("contract", &found.body));
        deals.insert(row.object.clone(), read.transpose()?);
    }
    let notes = deals
        .get(&row.object)
        .and_then(Option::as_ref)
        .map(|deal| deal.versions.as_slice())
        .unwrap_or_default();
    let note = notes
        .iter()
        .find(|note| note.version.to_string() == row.number);
    Ok(match note {
        Some(note) if note.version == 1 => (
            "Contract in force".to_owned(),
            Some(format!("from {}; {}", note.effective, note.reason)),
        ),
        Some(note) => (
            format!("Contract changed: {}", plain(change_word(note.kind))),
            Some(format!("from {}; {}", note.effective, note.reason)),
        ),
        None => (format!("Contract version {}", row.number), None),
    })
}
