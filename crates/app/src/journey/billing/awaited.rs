//! What waits for a tax engine: an invoice whose amounts are known and whose tax is not.

use crate::fault::{AppFault, stored};
use ::billing::{EngineQuestion, TaxedLine};
use store::{Tx, tax_decisions};
use values::Money;

/// An invoice that waits for the answer to a question.
pub(crate) struct Awaited {
    /// The contract that it bills.
    pub(crate) contract: String,
    /// What it comes to before tax.
    pub(crate) net: Money,
    /// The document that was issued by the answer meanwhile, or empty.
    pub(crate) document: String,
    /// Keys of the exceptions that may be open about the question.
    pub(crate) exceptions: [String; 3],
    engine: String,
    is_answered: bool,
}

impl Awaited {
    /// What waits for whom, in words.
    pub(crate) fn words(&self) -> String {
        let (net, engine) = (self.net, &self.engine);
        if self.is_answered {
            return format!(
                "invoice of {net} before tax waits until the answer of the tax engine {engine} is taken"
            );
        }
        format!("invoice of {net} before tax waits for the tax engine {engine}")
    }
}

/// What waits for the answer to a question to a tax engine.
///
/// # Errors
/// When the store fails or what is stored cannot be read.
pub(crate) fn awaited(tx: &mut Tx<'_>, question: &str) -> Result<Option<Awaited>, AppFault> {
    let Some(row) = tax_decisions::decision(tx, question)? else {
        return Ok(None);
    };
    let asked: EngineQuestion = stored("question to a tax engine", &row.question)?;
    // The question tells the charges alone; our own lines have what is given back on the invoice too.
    let net = match row.ours.as_str() {
        "" => asked.lines.iter().map(|line| line.net.minor).sum(),
        ours => stored::<Vec<TaxedLine>>("own tax", ours)?
            .iter()
            .map(|taxed| taxed.line.net.minor)
            .sum(),
    };
    let about = |what: &str| format!("{what}/{}", row.id);
    Ok(Some(Awaited {
        net: Money::from_minor(net, asked.currency),
        exceptions: [about("tax"), about("tax-away"), about("tax-refused")],
        is_answered: row.answered != 0,
        engine: row.engine,
        contract: row.contract,
        document: row.document,
    }))
}
