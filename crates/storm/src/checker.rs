//! The independent checker: our books, read as bare tables, against what the other systems hold.
//! Nothing here uses the program's own tie-outs, posting rules, audit or row types; what a posting
//! should be is written down a second time, from the text of the events alone.

mod billing;
mod books;
mod flow;
mod ledger;
mod log;
mod outside;

pub use books::{Books, Sum};

use sim::Simulators;
use sim::world::{Company, Deal};
use std::collections::BTreeSet;
use std::fmt;
use values::Date;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check, such as `doubled charge`.
    pub check: &'static str,
    /// What was found.
    pub what: String,
}

impl Finding {
    /// A finding of a check.
    #[must_use]
    pub fn new(check: &'static str, what: impl Into<String>) -> Finding {
        Finding {
            check,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.check, self.what)
    }
}

/// What the checker is told besides the books and the other systems.
#[derive(Debug, Default)]
pub struct Known<'a> {
    /// Events of Stripe whose delivery we answered with a 2xx.
    pub accepted: BTreeSet<String>,
    /// References of transfers that were acknowledged, with the answer's payment.
    pub transfers: BTreeSet<String>,
    /// How many contracts were acknowledged that did not come from the CRM.
    pub direct_contracts: usize,
    /// Deals to which nothing happened besides.
    pub plain: &'a [Deal],
    /// Billed through this day; nothing leaves the independent bill out.
    pub billed_through: Option<Date>,
}

/// What must hold at every moment, storm or not: nothing is doubled, nothing is out of balance.
#[must_use]
pub fn always(books: &Books, sims: &Simulators, company: &Company) -> Vec<Finding> {
    let mut findings = Vec::new();
    ledger::always(books, &mut findings);
    log::check(books, &mut findings);
    flow::always(books, &mut findings);
    outside::always(books, sims, company, &mut findings);
    findings
}

/// What must hold once everything has come to rest: nothing is lost either.
#[must_use]
pub fn at_rest(
    books: &Books,
    sims: &Simulators,
    company: &Company,
    known: &Known<'_>,
) -> Vec<Finding> {
    let mut findings = always(books, sims, company);
    ledger::at_rest(books, &mut findings);
    flow::at_rest(books, known, &mut findings);
    outside::at_rest(books, sims, company, known, &mut findings);
    billing::check(books, known, &mut findings);
    findings
}
