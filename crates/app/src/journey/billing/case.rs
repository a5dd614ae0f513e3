//! What billing needs to know of a page of contracts, read by one statement a table.

use super::{Billed, Through};
use crate::fault::{AppFault, stored, stored_value};
use crate::journey::document;
use crate::journey::numbering::series;
use crate::journey::payment;
use crate::record::Context;
use crate::record::sealed::Ground;
use crate::usage::rate::is_measured;
use ::billing::BilledLine;
use commerce::{Contract, Customer};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use store::bill_pages::{self, Position};
use store::contracts::ContractRow;
use store::{Tx, settings};
use values::{Date, EntityId};

/// One contract with everything that billing needs to know of it.
pub(super) struct Case {
    /// Its row.
    pub(super) row: ContractRow,
    /// The contract; nothing when what is stored cannot be read.
    pub(super) contract: Option<Contract>,
    /// Every line billed on it.
    pub(super) billed: Vec<BilledLine>,
    /// Where its obligations stand.
    pub(super) positions: Vec<Position>,
    /// Who is billed.
    pub(super) buyer: Option<Arc<Customer>>,
    /// An exception is open about it: it is billed by itself.
    pub(super) is_apart: bool,
    /// What is said of where its invoices go may put others on the same one.
    pub(super) is_routed: bool,
    /// A process waits for what happens to it.
    pub(super) is_awaited: bool,
}

impl Case {
    /// What its document follows from beside the contract: every line billed on it, and who bought.
    pub(super) fn owing(&self) -> (&[BilledLine], Option<&Customer>) {
        (&self.billed, self.buyer.as_deref())
    }
}

/// The numbers of the series that a page takes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// The last number as it was read, by counter.
    read: BTreeMap<String, i64>,
    /// The last number given.
    last: BTreeMap<String, i64>,
}

impl Numbers {
    /// The next number of a series; nothing when the series was not read.
    pub(super) fn next(&mut self, counter: &str) -> Option<i64> {
        let last = self.last.get_mut(counter)?;
        *last += 1;
        Some(*last)
    }

    /// Gives the last number back, because nothing came of it.
    pub(super) fn give_back(&mut self, counter: &str) {
        if let Some(last) = self.last.get_mut(counter) {
            *last -= 1;
        }
    }

    /// The series of which numbers were given: (counter, before, after).
    pub(super) fn moves(&self) -> impl Iterator<Item = (&str, i64, i64)> {
        self.last.iter().filter_map(|(counter, last)| {
            let read = self.read.get(counter).copied().unwrap_or_default();
            (*last != read).then_some((counter.as_str(), read, *last))
        })
    }

    /// The numbers as they will stand once these are written.
    pub(super) fn afterwards(&self) -> Numbers {
        Numbers {
            read: self.last.clone(),
            last: self.last.clone(),
        }
    }

    /// Reads the series that are not known yet.
    fn read(&mut self, tx: &mut Tx<'_>, counters: &BTreeSet<String>) -> Result<(), AppFault> {
        for counter in counters {
            if !self.last.contains_key(counter) {
                let last = settings::last_number(tx, counter)?;
                self.read.insert(counter.clone(), last);
                self.last.insert(counter.clone(), last);
            }
        }
        Ok(())
    }
}

/// A page of contracts as it was read.
pub(super) struct View {
    /// The contracts in the order of the run.
    pub(super) cases: Vec<Case>,
    /// What their events are sealed over.
    pub(super) ground: Ground,
    /// The numbers.
    pub(super) numbers: Numbers,
    /// What contracts came to that were billed on the invoice of another one of the page.
    pub(super) others: Others,
    counters: BTreeSet<String>,
}

/// What contracts came to beside the one that was asked for, because they go to the same account.
pub(super) type Others = BTreeMap<String, Billed>;

impl View {
    /// Reads everything about these contracts. `numbers` are those that earlier pages leave, when
    /// they are not written yet.
    pub(super) fn read(
        tx: &mut Tx<'_>,
        context: &Context,
        rows: Vec<ContractRow>,
        through: Through,
        numbers: Option<Numbers>,
    ) -> Result<View, AppFault> {
        let cases = cases(tx, rows)?;
        let mut counters = BTreeSet::new();
        for case in &cases {
            let entity: EntityId = stored_value("entity id", &case.row.entity)?;
            let issued = through.issued(context, &entity)?;
            let series = series(&context.books, &case.row.entity, "invoice", issued);
            counters.insert(series.counter);
        }
        let mut view = View {
            ground: Ground::default(),
            numbers: numbers.unwrap_or_default(),
            cases,
            others: Others::new(),
            counters,
        };
        view.numbers.read(tx, &view.counters)?;
        let partitions = view.partitions(context, &view.cases);
        let partitions: Vec<&str> = partitions.iter().map(String::as_str).collect();
        view.ground = Ground::read(tx, &partitions)?;
        Ok(view)
    }

    fn partitions(&self, context: &Context, cases: &[Case]) -> BTreeSet<String> {
        let mut partitions = BTreeSet::new();
        for case in cases {
            partitions.insert(format!("contract/{}", case.row.id));
            let payer = case.buyer.as_deref();
            if payer.is_some_and(|payer| payment::is_collected(context, &case.row.entity, payer)) {
                partitions.insert(format!(
                    "customer/{}/{}",
                    case.row.entity, case.row.customer
                ));
            }
        }
        partitions
    }

    /// Reads the cases from `from` on again.
    pub(super) fn read_again(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        from: usize,
        through: Through,
    ) -> Result<(), AppFault> {
        let ids: Vec<&str> = self.cases[from..]
            .iter()
            .map(|case| case.row.id.as_str())
            .collect();
        let rows = store::contracts::by_ids(tx, &ids)?;
        let mut again = View::read(tx, context, rows, through, None)?;
        self.cases.truncate(from);
        self.cases.append(&mut again.cases);
        self.ground = again.ground;
        self.numbers = again.numbers;
        Ok(())
    }

    /// Reads again what billing the case at `index` by itself may have moved for the others.
    pub(super) fn after_one_apart(
        &mut self,
        tx: &mut Tx<'_>,
        context: &Context,
        index: usize,
    ) -> Result<(), AppFault> {
        self.numbers = Numbers::default();
        self.numbers.read(tx, &self.counters)?;
        let Some(case) = self.cases.get(index) else {
            return Ok(());
        };
        let partitions = self.partitions(context, std::slice::from_ref(case));
        let partitions: Vec<&str> = partitions.iter().map(String::as_str).collect();
        let ground = Ground::read(tx, &partitions)?;
        self.ground.closed = ground.closed;
        self.ground.ends.extend(ground.ends);
        Ok(())
    }
}

/// Everything about these contracts, in their order.
pub(super) fn cases(tx: &mut Tx<'_>, rows: Vec<ContractRow>) -> Result<Vec<Case>, AppFault> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut billed = BilledOn::read(tx, &ids)?;
    let mut positions: HashMap<String, Vec<Position>> = HashMap::with_capacity(rows.len());
    for position in bill_pages::positions(tx, &ids)? {
        let of = positions.entry(position.contract.clone()).or_default();
        of.push(position);
    }
    let buyers = buyers(tx, &rows)?;
    let mut apart = excepted(tx, &ids)?;
    let routed: BTreeSet<String> = crate::journey::routing::apart(tx, &rows, &buyers)?
        .into_iter()
        .collect();
    // Whoever has prepaid credit uses it before anything is collected.
    let customers: BTreeSet<&str> = rows.iter().map(|row| row.customer.as_str()).collect();
    let customers: Vec<&str> = customers.into_iter().collect();
    let with_credit: BTreeSet<String> = store::collection::customers_with_credit(tx, &customers)?
        .into_iter()
        .collect();
    let uses_credit = rows
        .iter()
        .filter(|row| with_credit.contains(&row.customer));
    apart.extend(uses_credit.map(|row| row.id.clone()));
    let awaited: BTreeSet<String> = bill_pages::with_process(tx, &ids)?.into_iter().collect();
    let mut cases = Vec::with_capacity(rows.len());
    for row in rows {
        let lines = billed.take(&row.id);
        let contract = stored::<Contract>("contract", &row.body).ok();
        let by_itself = contract.as_ref().is_some_and(is_measured);
        cases.push(Case {
            // What cannot be read is held by itself and does not stop the others.
            contract: contract.filter(|_| lines.is_ok()),
            billed: lines.unwrap_or_default(),
            positions: positions.remove(&row.id).unwrap_or_default(),
            buyer: buyers.get(&row.customer).cloned(),
            is_apart: by_itself || apart.contains(&row.id) || routed.contains(&row.id),
            is_routed: routed.contains(&row.id),
            is_awaited: awaited.contains(&row.id),
            row,
        });
    }
    Ok(cases)
}

/// Every line billed on a number of contracts, as it is stored.
pub(crate) struct BilledOn(HashMap<String, Vec<String>>);

impl BilledOn {
    /// Reads them by one statement.
    pub(crate) fn read(tx: &mut Tx<'_>, contracts: &[&str]) -> Result<BilledOn, AppFault> {
        let mut billed: HashMap<String, Vec<String>> = HashMap::new();
        for (contract, body) in bill_pages::lines_of(tx, contracts)? {
            billed.entry(contract).or_default().push(body);
        }
        Ok(BilledOn(billed))
    }

    /// Those of one contract.
    pub(super) fn take(&mut self, contract: &str) -> Result<Vec<BilledLine>, AppFault> {
        document::issued_lines(&self.bodies(contract))
    }

    /// Those of one contract, as they are stored.
    pub(crate) fn bodies(&mut self, contract: &str) -> Vec<String> {
        self.0.remove(contract).unwrap_or_default()
    }
}

/// Who bought, by customer.
pub(super) type Buyers = HashMap<String, Arc<Customer>>;

/// Who bought by these contracts.
pub(super) fn buyers(tx: &mut Tx<'_>, rows: &[ContractRow]) -> Result<Buyers, AppFault> {
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.customer.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let mut buyers = HashMap::with_capacity(ids.len());
    for (id, body) in bill_pages::customers(tx, &ids)? {
        if let Ok(buyer) = stored("customer", &body) {
            buyers.insert(id, Arc::new(buyer));
        }
    }
    Ok(buyers)
}

/// Which of these contracts have an open exception that keeps them from being billed.
pub(super) fn excepted(tx: &mut Tx<'_>, ids: &[&str]) -> Result<BTreeSet<String>, AppFault> {
    let mut apart = BTreeSet::new();
    let keys: Vec<String> = ids.iter().map(|id| format!("billing/{id}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    for key in bill_pages::excepted(tx, &keys)? {
        if let Some(id) = key.strip_prefix("billing/") {
            apart.insert(id.to_owned());
        }
    }
    Ok(apart)
}

impl Through {
    /// Through which day a contract of an entity is billed.
    pub(super) fn day(self, context: &Context, entity: &EntityId) -> Result<Date, AppFault> {
        match self {
            Through::Day(day) => Ok(day),
            Through::Today => context.today(entity),
        }
    }

    /// The date of its document. Billing ahead dates it today; catching up dates it on the day that
    /// was asked for.
    pub(super) fn issued(self, context: &Context, entity: &EntityId) -> Result<Date, AppFault> {
        Ok(self.day(context, entity)?.min(context.today(entity)?))
    }

    /// Whether a contract is not due yet where its entity is, although it is elsewhere.
    pub(super) fn comes_later(self, day: Date, row: &ContractRow) -> bool {
        self == Through::Today && row.bill_from > day.to_string()
    }
}
