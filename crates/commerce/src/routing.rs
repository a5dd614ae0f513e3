//! Who is billed for what a contract sells, and with what else on one invoice. The contract says it
//! first, then the accounts from its customer upwards, then the legal entity.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use values::CustomerId;

/// Whom a contract says is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillTo {
    /// The customer to whom it was sold.
    Own,
    /// The account above that customer, whichever it is on the day.
    Parent,
    /// This customer.
    Customer(CustomerId),
    /// As the accounts say: what it said before is taken back.
    AsAccount,
}

/// How invoices are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consolidation {
    /// One invoice a contract.
    PerContract,
    /// One invoice for everything that is due of a customer.
    PerCustomer,
    /// As `per_customer`, with everything that is due of the accounts below it.
    ParentPays,
}

/// An account on the way up from the customer of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub id: CustomerId,
    /// What it says itself.
    pub says: Option<Consolidation>,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The contract says so.
    Contract,
    /// This account says so.
    Account(CustomerId),
    /// The legal entity says so, or nobody says anything.
    Entity,
}

/// Where the next invoice of a contract goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// Who is billed.
    pub bill_to: CustomerId,
    /// Whether everything that is due of the billed customer stands on one invoice.
    pub together: bool,
    /// What decided.
    pub because: Because,
}

/// Why nobody can be billed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingRefusal {
    /// The account above is to be billed and there is none.
    #[error(
        "{customer} has no account above it that could be billed; name one with change_customer, or bill the customer itself"
    )]
    NoParent {
        /// The customer.
        customer: CustomerId,
    },
    /// A route from no account at all.
    #[error("the contract has no customer")]
    NoCustomer,
}

impl RoutingRefusal {
    /// Stable name of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoParent { .. } => "no_parent_to_bill",
            Self::NoCustomer => "no_customer_to_bill",
        }
    }
}

impl fmt::Display for Consolidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Consolidation {
    /// Every value.
    pub const ALL: [Consolidation; 3] = [Self::PerContract, Self::PerCustomer, Self::ParentPays];

    /// The word in which it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PerContract => "per_contract",
            Self::PerCustomer => "per_customer",
            Self::ParentPays => "parent_pays",
        }
    }

    /// The value that a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }
}

/// Where the next invoice of a contract goes. `path` is its customer and the accounts above it,
/// upwards; `named` is the customer that the contract names, with what it says.
///
/// # Errors
/// When the account above is to be billed and there is none.
pub fn route(
    path: &[Account],
    contract: &BillTo,
    named: Option<&Account>,
    entity: Consolidation,
) -> Result<Route, RoutingRefusal> {
    let own = path.first().ok_or(RoutingRefusal::NoCustomer)?;
    let by_contract = |account: &Account| Route {
        bill_to: account.id.clone(),
        together: account.says.unwrap_or(entity) != Consolidation::PerContract,
        because: Because::Contract,
    };
    match (contract, named) {
        (BillTo::Own, _) => Ok(by_contract(own)),
        (BillTo::Parent, _) => {
            path.get(1)
                .map(by_contract)
                .ok_or_else(|| RoutingRefusal::NoParent {
                    customer: own.id.clone(),
                })
        }
        (BillTo::Customer(id), named) => Ok(by_contract(&Account {
            id: id.clone(),
            says: named.and_then(|named| named.says),
        })),
        (BillTo::AsAccount, _) => Ok(by_accounts(own, path, entity)),
    }
}

fn by_accounts(own: &Account, path: &[Account], entity: Consolidation) -> Route {
    // The nearest account that says anything decides: one that does not pay for those below it also
    // keeps them from the accounts above it.
    let deciding = path.iter().position(|account| account.says.is_some());
    let speaker = deciding.and_then(|at| path.get(at));
    if let Some((at, account)) = deciding.zip(speaker) {
        let pays = account.says == Some(Consolidation::ParentPays);
        if pays || at == 0 {
            return Route {
                bill_to: account.id.clone(),
                together: account.says != Some(Consolidation::PerContract),
                because: Because::Account(account.id.clone()),
            };
        }
    }
    let top = match (entity, deciding) {
        (Consolidation::ParentPays, Some(at)) => path.get(at.saturating_sub(1)),
        (Consolidation::ParentPays, None) => path.last(),
        _ => None,
    };
    Route {
        bill_to: top.unwrap_or(own).id.clone(),
        together: entity != Consolidation::PerContract,
        because: Because::Entity,
    }
}

#[cfg(test)]
mod tests {
    use super::Consolidation::{ParentPays, PerContract, PerCustomer};
    use super::*;

    fn account(id: &str, says: Option<Consolidation>) -> Account {
        Account {
            id: id.parse().unwrap(),
            says,
        }
    }

    fn goes(path: &[Account], contract: &BillTo, entity: Consolidation) -> (String, bool) {
        let route = route(path, contract, None, entity).unwrap();
        (route.bill_to.to_string(), route.together)
    }

    #[test]
    fn the_nearest_account_that_says_anything_decides() {
        let as_account = BillTo::AsAccount;
        let silent = [
            account("UK", None),
            account("EU", None),
            account("ACME", None),
        ];
        assert_eq!(
            goes(&silent, &as_account, PerContract),
            ("UK".into(), false)
        );
        assert_eq!(goes(&silent, &as_account, PerCustomer), ("UK".into(), true));
        assert_eq!(
            goes(&silent, &as_account, ParentPays),
            ("ACME".into(), true)
        );
        let mut paid = silent.clone();
        paid[2].says = Some(ParentPays);
        assert_eq!(goes(&paid, &as_account, PerContract), ("ACME".into(), true));
        // Europe keeps its accounts to themselves, although the top would pay.
        paid[1].says = Some(PerCustomer);
        assert_eq!(goes(&paid, &as_account, PerContract), ("UK".into(), false));
        assert_eq!(goes(&paid, &as_account, ParentPays), ("UK".into(), true));
        assert_eq!(
            goes(&paid[1..], &as_account, PerContract),
            ("EU".into(), true)
        );
        paid[0].says = Some(PerContract);
        assert_eq!(goes(&paid, &as_account, ParentPays), ("UK".into(), false));
    }

    #[test]
    fn what_the_contract_says_comes_first() {
        let path = [
            account("UK", Some(PerCustomer)),
            account("EU", Some(ParentPays)),
        ];
        assert_eq!(goes(&path, &BillTo::Own, PerContract), ("UK".into(), true));
        assert_eq!(
            goes(&path, &BillTo::Parent, PerContract),
            ("EU".into(), true)
        );
        let named = BillTo::Customer("SHARED".parse().unwrap());
        assert_eq!(goes(&path, &named, PerContract), ("SHARED".into(), false));
        assert_eq!(goes(&path, &named, PerCustomer), ("SHARED".into(), true));
        let refused = route(&path[1..], &BillTo::Parent, None, PerContract).unwrap_err();
        assert_eq!(refused.code(), "no_parent_to_bill");
        assert_eq!(
            refused.to_string(),
            "EU has no account above it that could be billed; name one with change_customer, or bill the customer itself"
        );
    }
}
