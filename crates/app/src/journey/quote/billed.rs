//! Who would be billed for what is quoted, and who uses it: said before anybody signs.

use crate::AppFault;
use crate::command::QuoteContent;
use crate::fault::stored_value;
use crate::journey::routing::Routes;
use crate::journey::routing::preview::Billed;
use commerce::{Because, BillTo, PartnerRole, PartnerSale, route};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use store::quotes::QuoteRow;
use values::{CustomerId, Date, Decimal};

/// Who is billed for a quote once it is a contract, as accounts and entity say today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteBilled {
    /// Who is billed.
    pub billed: Billed,
    /// Why, in words.
    pub because: String,
    /// In words, how it is sold through a partner; absent where the customer uses it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
}

/// Who would be billed on a day.
///
/// # Errors
/// When the store fails.
pub(super) fn billed(
    tx: &mut Tx<'_>,
    row: &QuoteRow,
    latest: Option<&QuoteContent>,
    day: Date,
) -> Result<QuoteBilled, AppFault> {
    let partner = latest.and_then(|it| it.partner.as_ref()).map(in_words);
    let mut routes = Routes::on(day);
    // A contract in force may say itself who is billed.
    let contract = store::contracts::contract(tx, &row.contract)?;
    let (billed, because) = match contract {
        Some(contract) => match routes.of_contract(tx, &contract)? {
            Ok(group) => (
                to(group.bill_to.as_str(), group.together),
                why(&group.because),
            ),
            Err(refusal) => nobody(&refusal),
        },
        None => {
            let customer: CustomerId = stored_value("customer id", &row.customer)?;
            let path = routes.path(tx, &customer)?;
            let entity = routes.entity(tx, &row.entity)?;
            match route(&path, &BillTo::AsAccount, None, entity) {
                Ok(found) => (
                    to(found.bill_to.as_str(), found.together),
                    why(&found.because),
                ),
                Err(refusal) => nobody(&refusal),
            }
        }
    };
    Ok(QuoteBilled {
        billed,
        because,
        partner,
    })
}

fn why(because: &Because) -> String {
    match because {
        Because::Contract => "the contract says so".to_owned(),
        Because::Account(id) => format!("{id} says so"),
        Because::Entity => "as the legal entity bills where nothing else is said".to_owned(),
    }
}

fn to(customer: &str, together: bool) -> Billed {
    Billed {
        customer: Some(customer.to_owned()),
        together,
        refused: None,
    }
}

fn nobody(refusal: &commerce::RoutingRefusal) -> (Billed, String) {
    let billed = Billed {
        customer: None,
        together: false,
        refused: Some(refusal.to_string()),
    };
    (billed, String::new())
}

/// How something is sold through a partner.
pub(super) fn in_words(sale: &PartnerSale) -> String {
    let user = &sale.end_customer;
    match (sale.role, sale.commission) {
        (PartnerRole::Agent, Some(rate)) => {
            let percent = (rate.decimal() * Decimal::ONE_HUNDRED).normalize();
            format!(
                "{user} uses it and pays the partner; we are the agent, bill the partner our commission of {percent} %, and only that is revenue"
            )
        }
        (PartnerRole::Agent, None) => {
            format!("{user} uses it and pays the partner; we are the agent")
        }
        (PartnerRole::Principal, _) => format!(
            "{user} uses it; the partner buys it from us as principal, and the whole price is revenue"
        ),
    }
}
