//! Salesforce, performed: with the token kept until it is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use values::Instant;

use super::{Driver, lock};
use crate::fault::Fault;
use crate::request::{Operation, ReadBack, Reply, Request};
use crate::salesforce::{
    self as wire, BadRow, Connection, FieldNames, FieldValue, OpportunityLine, QueryPage, SYSTEM,
    Session, WonOpportunity, WonRow,
};

/// Everything a sweep for won opportunities brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WonSweep {
    /// Opportunities that were read, oldest change first, each with all its lines.
    pub won: Vec<WonOpportunity>,
    /// Rows that could not be read, with their reason.
    pub bad: Vec<BadRow>,
}

/// One Salesforce org.
pub struct Salesforce {
    driver: Arc<Driver>,
    connection: Connection,
    session: Mutex<Option<Session>>,
}

impl Salesforce {
    /// The org behind this connection.
    pub fn new(driver: Arc<Driver>, connection: Connection) -> Salesforce {
        Salesforce {
            driver,
            connection,
            session: Mutex::new(None),
        }
    }

    /// All won opportunities changed at or after `since`, with all their lines.
    ///
    /// # Errors
    /// When a page could not be read; single bad rows are in the sweep.
    pub fn won_opportunities(&self, since: Option<Instant>) -> Result<WonSweep, Fault> {
        self.won_opportunities_named(since, &FieldNames::default())
    }

    /// As [`Salesforce::won_opportunities`], with the names that the fields have in this org.
    ///
    /// # Errors
    /// As [`Salesforce::won_opportunities`].
    pub fn won_opportunities_named(
        &self,
        since: Option<Instant>,
        names: &FieldNames,
    ) -> Result<WonSweep, Fault> {
        let soql = wire::won_opportunities_soql_named(since, names);
        let (rows, bad) = self.pages(&soql, |operation, reply| {
            wire::read_won_page_named(operation, reply, names)
        })?;
        let mut sweep = WonSweep {
            won: Vec::with_capacity(rows.len()),
            bad,
        };
        for row in rows {
            self.complete(row, &mut sweep)?;
        }
        Ok(sweep)
    }

    /// One opportunity with all its lines, won or not.
    ///
    /// # Errors
    /// When it could not be asked for; a bad row is in the sweep.
    pub fn opportunity(&self, id: &str) -> Result<WonSweep, Fault> {
        let (rows, bad) = self.pages(&wire::opportunity_soql(id), wire::read_won_page)?;
        let mut sweep = WonSweep {
            won: Vec::new(),
            bad,
        };
        for row in rows {
            self.complete(row, &mut sweep)?;
        }
        Ok(sweep)
    }

    /// All rows of any query, each row's own fields by their text.
    ///
    /// # Errors
    /// When a page, or any row in it, could not be read.
    pub fn query(&self, soql: &str) -> Result<Vec<BTreeMap<String, String>>, Fault> {
        let (rows, bad) = self.pages(soql, wire::read_text_page)?;
        match bad.first() {
            None => Ok(rows),
            Some(row) => Err(Fault::unreadable(&wire::QUERY, &row.fault)),
        }
    }

    /// Fields of one record by their text; empty ones are absent.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn record(
        &self,
        kind: &str,
        id: &str,
        fields: &[&str],
    ) -> Result<BTreeMap<String, String>, Fault> {
        self.with_session(
            |session| Ok(self.connection.read_record(session, kind, id, fields)),
            wire::read_record,
        )
    }

    /// Sets fields of one record.
    ///
    /// # Errors
    /// When Salesforce refused, or nobody knows; doing it again does no harm.
    pub fn update(&self, kind: &str, id: &str, fields: &[(&str, FieldValue)]) -> Result<(), Fault> {
        self.with_session(
            |session| self.connection.update_record(session, kind, id, fields),
            wire::read_updated,
        )
    }

    /// Looks whether fields were set after a call without an answer.
    ///
    /// # Errors
    /// When Salesforce could not be asked: it stays ambiguous.
    pub fn read_back_update(
        &self,
        kind: &str,
        id: &str,
        fields: &[(&str, FieldValue)],
    ) -> Result<ReadBack<()>, Fault> {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let held = self.record(kind, id, &names)?;
        Ok(if wire::holds(&held, fields) {
            ReadBack::Found(())
        } else {
            ReadBack::Absent
        })
    }

    /// Reads the further pages of an opportunity's lines. A bad line makes the opportunity bad.
    fn complete(&self, row: WonRow, sweep: &mut WonSweep) -> Result<(), Fault> {
        let mut opportunity = row.opportunity;
        if let Some(first) = row.more_lines {
            let (lines, bad): (Vec<OpportunityLine>, _) =
                self.pages_from(Some(first), "", wire::read_line_page)?;
            if let Some(bad) = bad.into_iter().next() {
                sweep.bad.push(BadRow {
                    position: sweep.won.len(),
                    id: Some(opportunity.id),
                    fault: bad.fault,
                });
                return Ok(());
            }
            opportunity.lines.extend(lines);
        }
        sweep.won.push(opportunity);
        Ok(())
    }

    fn pages<T>(
        &self,
        soql: &str,
        read: impl Fn(&Operation, &Reply) -> Result<QueryPage<T>, Fault>,
    ) -> Result<(Vec<T>, Vec<BadRow>), Fault> {
        self.pages_from(None, soql, read)
    }

    fn pages_from<T>(
        &self,
        first: Option<String>,
        soql: &str,
        read: impl Fn(&Operation, &Reply) -> Result<QueryPage<T>, Fault>,
    ) -> Result<(Vec<T>, Vec<BadRow>), Fault> {
        let pages = self.driver.all_pages(SYSTEM, |cursor: Option<&String>| {
            let address = cursor.or(first.as_ref());
            let mut page = self.with_session(
                |session| {
                    Ok(match address {
                        Some(next) => self.connection.next_page(session, next),
                        None => self.connection.query(session, soql),
                    })
                },
                |operation, reply| read(operation, reply),
            )?;
            let next = page.next.take();
            Ok((vec![page], next))
        })?;
        let (mut rows, mut bad) = (Vec::new(), Vec::new());
        for page in pages {
            let before = rows.len().saturating_add(bad.len());
            rows.extend(page.rows);
            bad.extend(page.bad.into_iter().map(|row| BadRow {
                position: row.position.saturating_add(before),
                ..row
            }));
        }
        Ok((rows, bad))
    }

    /// Performs a call with the kept token. A call refused because the session is over was not
    /// carried out, so it goes once more with a new token, be it a write.
    fn with_session<T>(
        &self,
        build: impl Fn(&Session) -> Result<Request, Fault>,
        read: impl Fn(&'static Operation, &Reply) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let session = self.session()?;
        match self.driver.call(|| build(&session), &read) {
            Err(fault) if wire::session_is_over(&fault) => {
                self.forget(&session);
                let session = self.session()?;
                self.driver.call(|| build(&session), &read)
            }
            outcome => outcome,
        }
    }

    fn session(&self) -> Result<Session, Fault> {
        let kept = lock(&self.session).clone();
        if let Some(session) = kept {
            return Ok(session);
        }
        let present = self.driver.present();
        let session = self
            .driver
            .call(|| self.connection.token(present.now()), wire::read_token)?;
        *lock(&self.session) = Some(session.clone());
        Ok(session)
    }

    /// Drops the kept token, unless another thread has already replaced it.
    fn forget(&self, refused: &Session) {
        let mut kept = lock(&self.session);
        if kept.as_ref() == Some(refused) {
            *kept = None;
        }
    }
}
