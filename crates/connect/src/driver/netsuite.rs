//! NetSuite, performed.

use std::sync::Arc;

use super::Driver;
use crate::fault::{Fault, FaultClass};
use crate::netsuite::{
    self as wire, Connection, CustomerRecord, Job, JournalEntry, QueryRow, SYSTEM, Stamp,
    StoredCustomer, StoredJournal, Submission,
};
use crate::request::ReadBack;

/// Most external ids in one look-up, so that the statement stays short.
const LOOK_UP_MAX: usize = 100;

/// One NetSuite account.
pub struct NetSuite {
    driver: Arc<Driver>,
    connection: Connection,
}

impl NetSuite {
    /// The account behind this connection.
    pub fn new(driver: Arc<Driver>, connection: Connection) -> NetSuite {
        NetSuite { driver, connection }
    }

    /// Creates a customer or brings it up to date; answers its internal id.
    ///
    /// # Errors
    /// When NetSuite refused it, or nobody knows; doing it again does no harm.
    pub fn upsert_customer(&self, customer: &CustomerRecord) -> Result<String, Fault> {
        self.driver.call(
            || self.connection.upsert_customer(customer, &self.stamp()),
            wire::read_created,
        )?;
        // The answer only names a record. That it is this one is shown by reading it.
        match self.customer(&customer.external_id) {
            Ok(held) => Ok(held.id),
            Err(fault) if wire::says_absent(&fault) => Err(Fault::new(
                SYSTEM,
                FaultClass::Transient,
                "not_shown_yet",
                "the customer was answered to be there and is not shown",
            )),
            Err(fault) => Err(fault),
        }
    }

    /// Reads a customer by its external id.
    ///
    /// # Errors
    /// When it does not exist or could not be read.
    pub fn customer(&self, external_id: &str) -> Result<StoredCustomer, Fault> {
        self.driver.call(
            || self.connection.find_customer(external_id, &self.stamp()),
            |operation, reply| {
                let held = wire::read_customer(operation, reply)?;
                if held.external_id.as_deref() == Some(external_id) {
                    Ok(held)
                } else {
                    Err(Fault::of_another(operation, external_id))
                }
            },
        )
    }

    /// Creates a journal entry; answers the internal id that NetSuite names, if it names one. Call it
    /// only after [`NetSuite::find_journal_entry`] has shown it absent, and find it afterwards: the
    /// answer does not say which entry it is about.
    ///
    /// # Errors
    /// When NetSuite refused it, or nobody knows: then find it.
    pub fn create_journal_entry(&self, entry: &JournalEntry) -> Result<Option<String>, Fault> {
        self.driver.call(
            || self.connection.create_journal_entry(entry, &self.stamp()),
            wire::read_created,
        )
    }

    /// Hands a journal entry in to be created by a job.
    ///
    /// # Errors
    /// When NetSuite refused it, or nobody knows: the same key may be handed in again.
    pub fn submit_journal_entry(
        &self,
        entry: &JournalEntry,
        idempotency_key: &str,
    ) -> Result<Submission, Fault> {
        self.driver.call(
            || {
                self.connection
                    .submit_journal_entry(entry, idempotency_key, &self.stamp())
            },
            wire::read_submission,
        )
    }

    /// Reads a job. Whether an entry exists is shown by [`NetSuite::find_journal_entry`].
    ///
    /// # Errors
    /// When it could not be read.
    pub fn job(&self, job: &str) -> Result<Job, Fault> {
        self.driver.call(
            || Ok(self.connection.read_job(job, &self.stamp())),
            wire::read_job,
        )
    }

    /// Finds a journal entry by its external id: before creating it, and after a call without
    /// an answer. What is found must still be compared with
    /// [`StoredJournal::difference_from`].
    ///
    /// # Errors
    /// When NetSuite could not be asked: it stays ambiguous.
    pub fn find_journal_entry(&self, external_id: &str) -> Result<ReadBack<StoredJournal>, Fault> {
        let outcome = self.driver.call(
            || {
                self.connection
                    .find_journal_entry(external_id, &self.stamp())
            },
            |operation, reply| {
                let held = wire::read_journal(operation, reply)?;
                if held.external_id.as_deref() == Some(external_id) {
                    Ok(held)
                } else {
                    Err(Fault::of_another(operation, external_id))
                }
            },
        );
        match outcome {
            Ok(journal) => Ok(ReadBack::Found(journal)),
            Err(fault) if wire::says_absent(&fault) => Ok(ReadBack::Absent),
            Err(fault) => Err(fault),
        }
    }

    /// Which of these external ids exist as transactions: pairs of external and internal id.
    ///
    /// # Errors
    /// When NetSuite could not be asked.
    pub fn existing_transactions(
        &self,
        external_ids: &[&str],
    ) -> Result<Vec<(String, String)>, Fault> {
        let mut found = Vec::new();
        for chunk in external_ids.chunks(LOOK_UP_MAX) {
            let rows = self.query(&wire::transactions_by_external_id(chunk))?;
            found.extend(
                rows.into_iter()
                    .filter_map(|mut row| Some((row.remove("externalid")?, row.remove("id")?))),
            );
        }
        Ok(found)
    }

    /// All rows of a SuiteQL query.
    ///
    /// # Errors
    /// When a page could not be read.
    pub fn query(&self, suiteql: &str) -> Result<Vec<QueryRow>, Fault> {
        self.driver.all_pages(SYSTEM, |cursor: Option<&u64>| {
            let offset = cursor.copied().unwrap_or(0);
            let page = self.driver.call(
                || Ok(self.connection.query(suiteql, offset, &self.stamp())),
                wire::read_rows,
            )?;
            Ok((page.rows, page.next_offset))
        })
    }

    fn stamp(&self) -> Stamp {
        let present = self.driver.present();
        Stamp {
            nonce: present.nonce(),
            at: present.now(),
        }
    }
}
