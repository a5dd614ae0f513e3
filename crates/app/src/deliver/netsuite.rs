//! Customers and journals for the outside ledger. Journals are loaded from our books when they are
//! sent: a posted journal never changes, so what is sent is what was posted.

use super::Taken;
use super::perform::{
    Answer, Done, FollowUp, Mode, books_unread, not_configured, refused, request,
};
use crate::connections::{Connections, NETSUITE, NetSuiteIds, OutsideLedger};
use crate::governance::mappings;
use crate::{App, AppFault};
use commerce::Customer;
use connect::netsuite::{CustomerRecord, JournalEntry, JournalLine, Side, says_absent};
use connect::{Fault, FaultClass, ReadBack};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::journals::{self, JournalLineRow, JournalRow};
use store::{Tx, catalogue};
use values::{Currency, CustomerId, Date, JournalId, Money};

/// Kind of a customer there.
const CUSTOMER: &str = "customer";

/// Request of `netsuite.customer`.
#[derive(Debug, Deserialize)]
struct SendCustomer {
    customer: CustomerId,
    name: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    entity: Option<String>,
    #[serde(default)]
    currency: Option<Currency>,
}

/// Request of `netsuite.journal_entry`.
#[derive(Debug, Deserialize)]
struct SendJournal {
    journal: JournalId,
}

pub(super) fn customer(
    app: &App,
    connections: &Connections,
    taken: &Taken,
) -> Result<Answer, Fault> {
    let ledger = connections.netsuite.as_ref().ok_or_else(not_configured)?;
    let asked: SendCustomer = request(&taken.effect)?;
    if taken.mode == Mode::ReadBack {
        return match ledger.api.customer(asked.customer.as_str()) {
            Ok(stored) => Ok(done(CUSTOMER, stored.id)),
            Err(fault) if says_absent(&fault) => Ok(Answer::Absent),
            Err(fault) => Err(fault),
        };
    }
    let record = customer_record(app, ledger, &asked)?;
    Ok(done(CUSTOMER, ledger.api.upsert_customer(&record)?))
}

/// A customer without a legal entity of its own goes to the first subsidiary that is configured, in
/// its own currency, else in that of the entity.
fn customer_record(
    app: &App,
    ledger: &OutsideLedger,
    asked: &SendCustomer,
) -> Result<CustomerRecord, Fault> {
    let ids = &ids_of(app, ledger);
    let entity = asked
        .entity
        .as_ref()
        .or_else(|| ids.subsidiaries.keys().next());
    let entity = entity.ok_or_else(|| not_mapped("legal entity", "any", "subsidiaries"))?;
    let books = app.books();
    let of_entity = books
        .entities
        .values()
        .find(|known| known.id.as_str() == entity)
        .map(|known| known.currency);
    let currency = asked
        .currency
        .or(own_currency(app, &asked.customer)?)
        .or(of_entity);
    let currency = currency.ok_or_else(|| {
        refused(
            "currency_missing",
            format!("customer {} has no currency", asked.customer),
        )
    })?;
    Ok(CustomerRecord {
        external_id: asked.customer.as_str().to_owned(),
        company_name: asked.name.clone(),
        email: asked.email.clone(),
        subsidiary: mapped(&ids.subsidiaries, "legal entity", entity, "subsidiaries")?,
        currency: mapped(&ids.currencies, "currency", currency.code(), "currencies")?,
    })
}

fn own_currency(app: &App, id: &CustomerId) -> Result<Option<Currency>, Fault> {
    let id = id.clone();
    let row = app
        .store()
        .read(move |tx| catalogue::customer(tx, id.as_str()));
    let row = row.map_err(|fault| books_unread(AppFault::Store(fault)))?;
    Ok(row
        .and_then(|row| serde_json::from_str::<Customer>(&row.body).ok())
        .and_then(|known| known.currency))
}

pub(super) fn journal_entry(
    app: &App,
    connections: &Connections,
    taken: &Taken,
) -> Result<Answer, Fault> {
    let ledger = connections.netsuite.as_ref().ok_or_else(not_configured)?;
    let asked: SendJournal = request(&taken.effect)?;
    let posted = load(app, asked.journal)?;
    let ids = ids_of(app, ledger);
    if taken.mode == Mode::ReadBack {
        return find(ledger, &ids, &posted);
    }
    let entry = entry_of(&ids, &posted)?;
    ledger.api.create_journal_entry(&entry)?;
    // The answer only names an entry, and it may be the answer to another call. What counts is
    // what is there under our id.
    match find(ledger, &ids, &posted) {
        Ok(Answer::Absent) => Err(not_shown("it is not shown yet")),
        Err(fault) if fault.class != FaultClass::Data => Err(not_shown(&fault.message)),
        found => found,
    }
}

fn not_shown(why: &str) -> Fault {
    let message = format!("the entry was answered to be there and could not be read back: {why}");
    Fault::new(NETSUITE, FaultClass::Ambiguous, "not_read_back", &message)
}

/// Kind of a journal there.
const JOURNAL: &str = "journalEntry";

/// Our codes in the words of the other side: the mapping before the settings file.
fn ids_of(app: &App, ledger: &OutsideLedger) -> NetSuiteIds {
    mappings::netsuite_ids(&app.books().governance.netsuite, &ledger.ids)
}

fn find(ledger: &OutsideLedger, ids: &NetSuiteIds, posted: &Posted) -> Result<Answer, Fault> {
    let ReadBack::Found(stored) = ledger.api.find_journal_entry(&posted.journal.id)? else {
        return Ok(Answer::Absent);
    };
    match stored.difference_from(&entry_of(ids, posted)?) {
        None => Ok(done(JOURNAL, stored.id)),
        Some(difference) => {
            let message = format!(
                "journal {} is there as {} with {difference}",
                posted.journal.id, stored.id
            );
            Err(Fault::new(NETSUITE, FaultClass::Data, "differs", &message))
        }
    }
}

/// A journal of ours with what it needs there.
struct Posted {
    journal: JournalRow,
    lines: Vec<JournalLineRow>,
    /// Internal id of its customer there, once that is known.
    customer: Option<String>,
}

fn load(app: &App, id: JournalId) -> Result<Posted, Fault> {
    app.store()
        .read(move |tx| {
            let journal =
                journals::journal(tx, id.as_str())?.ok_or_else(|| AppFault::NotFound {
                    kind: "journal",
                    id: id.to_string(),
                })?;
            let lines = journals::lines_of(tx, id.as_str())?;
            let customer = customer_there(tx, &journal.customer)?;
            Ok(Posted {
                journal,
                lines,
                customer,
            })
        })
        .map_err(books_unread)
}

fn customer_there(tx: &mut Tx<'_>, customer: &str) -> Result<Option<String>, AppFault> {
    if customer.is_empty() {
        return Ok(None);
    }
    let known = catalogue::references_of(tx, &format!("customer/{customer}"))?;
    Ok(known
        .into_iter()
        .find(|it| it.system == NETSUITE && it.kind == CUSTOMER)
        .map(|it| it.id))
}

fn entry_of(ids: &NetSuiteIds, posted: &Posted) -> Result<JournalEntry, Fault> {
    let journal = &posted.journal;
    let unreadable = |what: &str| {
        refused(
            "journal_unreadable",
            format!("journal {} has no readable {what}", journal.id),
        )
    };
    let date: Date = journal.date.parse().map_err(|_| unreadable("date"))?;
    let currency: Currency = journal
        .currency
        .parse()
        .map_err(|_| unreadable("currency"))?;
    let lines = posted
        .lines
        .iter()
        .filter(|line| line.amount != 0)
        .map(|line| line_of(ids, posted, line, currency))
        .collect::<Result<_, _>>()?;
    Ok(JournalEntry {
        external_id: journal.id.clone(),
        date,
        subsidiary: mapped(
            &ids.subsidiaries,
            "legal entity",
            &journal.entity,
            "subsidiaries",
        )?,
        currency: mapped(&ids.currencies, "currency", &journal.currency, "currencies")?,
        exchange_rate: None,
        memo: journal.narration.clone(),
        approved: true,
        lines,
    })
}

fn line_of(
    ids: &NetSuiteIds,
    posted: &Posted,
    line: &JournalLineRow,
    currency: Currency,
) -> Result<JournalLine, Fault> {
    let side = if line.amount > 0 {
        Side::Debit
    } else {
        Side::Credit
    };
    let amount = line
        .amount
        .checked_abs()
        .ok_or_else(|| refused("amount_too_large", "a line is beyond 64 bits"))?;
    Ok(JournalLine {
        account: mapped(&ids.accounts, "account", &line.account, "accounts")?,
        side,
        amount: Money::from_minor(amount, currency),
        memo: (!line.product.is_empty()).then(|| line.product.clone()),
        entity: posted.customer.clone(),
        department: None,
        class: None,
        location: None,
    })
}

fn mapped(
    ids: &BTreeMap<String, String>,
    what: &str,
    code: &str,
    map: &str,
) -> Result<String, Fault> {
    ids.get(code)
        .cloned()
        .ok_or_else(|| not_mapped(what, code, map))
}

fn not_mapped(what: &str, code: &str, map: &str) -> Fault {
    refused(
        "not_mapped",
        format!(
            "{what} {code} has no NetSuite id; propose it in the mapping of NetSuite, or add it under netsuite.ids.{map} of the settings"
        ),
    )
}

fn done(kind: &str, id: String) -> Answer {
    Answer::Done(Done {
        kind: kind.to_owned(),
        id,
        is_same: true,
        fact: Box::new(FollowUp::Nothing),
    })
}
