//! Terms that are followed by another by themselves.

use super::change::renewed;
use super::{apply, load};
use crate::fault::stored_value;
use crate::record::{Context, Recorder};
use crate::{App, AppFault};
use commerce::{Amendment, Contract};
use store::{Tx, renewals};
use values::{ContractId, Date};

/// Contracts looked at in one read.
const A_PAGE: i64 = 200;

impl App {
    /// Renews every contract whose next term is agreed by itself on the date of its entity, one
    /// transaction a contract. Returns how many terms were agreed.
    ///
    /// # Errors
    /// When the store fails.
    pub fn renew_due(&self, actor: &str) -> Result<usize, AppFault> {
        let context = self.context(actor);
        let entities = context.books.entities.values();
        let last_today = entities
            .map(|entity| entity.zone.date_at(context.now))
            .max();
        let Some(last_today) = last_today else {
            return Ok(0);
        };
        let (mut agreed, mut after) = (0, String::new());
        loop {
            let (through, from) = (last_today.to_string(), after.clone());
            let page = self.store().read(move |tx| {
                renewals::due(tx, &through, &from, A_PAGE).map_err(AppFault::from)
            })?;
            let Some(last) = page.last() else {
                return Ok(agreed);
            };
            after.clone_from(last);
            for id in page {
                let id: ContractId = stored_value("contract id", &id)?;
                agreed += self.run(actor, move |tx, context| renew(tx, context, &id))?;
            }
        }
    }
}

/// Agrees on the terms of one contract that are due by themselves; how many.
fn renew(tx: &mut Tx<'_>, context: &Context, id: &ContractId) -> Result<usize, AppFault> {
    let mut agreed = 0;
    loop {
        let (row, contract) = load(tx, id)?;
        let today = context.today(&contract.entity)?;
        let Some(until) = contract.renewal_due(today) else {
            return Ok(agreed);
        };
        let terms = contract.renewal.clone();
        let price = terms.as_ref().map(|terms| terms.price).unwrap_or_default();
        let amendment = Amendment {
            change: renewed(context, &contract, until, price),
            reason: format!("the term from {} was renewed", contract.current_term_from()),
        };
        let key = format!("renewal/{id}/{}", contract.term.until());
        let chain = stored_value("chain id", &row.correlation)?;
        let mut recorder = Recorder::new(context, chain, "/contracts", &key);
        apply(tx, context, &mut recorder, row, &contract, &amendment, &[])?;
        recorder.finish(tx)?;
        agreed += 1;
    }
}

/// Notes when the next term of a contract is agreed by itself.
pub(super) fn note(tx: &mut Tx<'_>, contract: &Contract) -> Result<(), AppFault> {
    let day: Option<Date> = contract.renewal_day();
    let day = day.map_or_else(String::new, |day| day.to_string());
    renewals::note(tx, contract.id.as_str(), &day)?;
    Ok(())
}
