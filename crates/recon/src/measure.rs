//! The measures that must tie out, with their words for people.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// What was sold is under contract.
    Bookings,
    /// What the contracts say is owed was billed.
    Billings,
    /// What another system billed is what it should have billed.
    BilledElsewhere,
    /// Billed and not yet earned.
    Deferred,
    /// Earned and not yet billed.
    Unbilled,
    /// What was earned is in the revenue accounts.
    Recognised,
    /// What customers owe on their invoices.
    Receivable,
    /// What customers paid beyond what is set against invoices.
    Unapplied,
    /// Credit that customers bought in advance and have not used.
    Prepaid,
    /// What is owed to tax authorities.
    Tax,
    /// What made amounts to pay whole numbers of cash units.
    Rounding,
    /// What entities of the group owe each other stands in both their books.
    Intercompany,
    /// What entities of the group charge each other is an expense here and income there.
    IntercompanyCharged,
    /// Money received.
    Cash,
    /// Our journals stand in the outside ledger.
    Delivered,
}

impl Measure {
    /// Every measure, in the order from deal to ledger.
    pub const ALL: [Measure; 15] = [
        Measure::Bookings,
        Measure::Billings,
        Measure::BilledElsewhere,
        Measure::Deferred,
        Measure::Unbilled,
        Measure::Recognised,
        Measure::Receivable,
        Measure::Unapplied,
        Measure::Prepaid,
        Measure::Tax,
        Measure::Rounding,
        Measure::Intercompany,
        Measure::IntercompanyCharged,
        Measure::Cash,
        Measure::Delivered,
    ];

    /// The stable word, also that of `ties_out_with` in the chart of accounts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Measure::Bookings => "bookings",
            Measure::Billings => "billings",
            Measure::BilledElsewhere => "billed_elsewhere",
            Measure::Deferred => "deferred",
            Measure::Unbilled => "unbilled",
            Measure::Recognised => "recognised",
            Measure::Receivable => "receivable",
            Measure::Unapplied => "unapplied",
            Measure::Prepaid => "prepaid",
            Measure::Tax => "tax",
            Measure::Rounding => "rounding",
            Measure::Intercompany => "intercompany",
            Measure::IntercompanyCharged => "intercompany_charged",
            Measure::Cash => "cash",
            Measure::Delivered => "delivered",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Measure> {
        Measure::ALL
            .into_iter()
            .find(|measure| measure.as_str() == word)
    }

    /// What must agree, for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Measure::Bookings => "Deals won are under contract",
            Measure::Billings => "What is owed was billed",
            Measure::BilledElsewhere => "Billing, ours against theirs",
            Measure::Deferred => "Deferred revenue",
            Measure::Unbilled => "Contract assets (unbilled revenue)",
            Measure::Recognised => "Revenue recognised",
            Measure::Receivable => "Trade receivables",
            Measure::Unapplied => "Customer credit and unapplied cash",
            Measure::Prepaid => "Prepaid customer credits",
            Measure::Tax => "Sales tax payable",
            Measure::Rounding => "Rounding of amounts to pay",
            Measure::Intercompany => "Owed between group companies",
            Measure::IntercompanyCharged => "Charged between group companies",
            Measure::Cash => "Money received",
            Measure::Delivered => "Journals in the outside ledger",
        }
    }

    /// Where the expected figure is computed from.
    #[must_use]
    pub fn expected_from(self) -> &'static str {
        match self {
            Measure::Bookings => "opportunities won in the CRM",
            Measure::Billings => "contract timelines, rated again through today",
            Measure::BilledElsewhere => {
                "timelines of contracts that another system bills, rated again"
            }
            Measure::Deferred => "obligations: billed less recognised, where positive",
            Measure::Unbilled => "obligations: recognised less billed, where positive",
            Measure::Recognised => "revenue schedules, earned through the last run",
            Measure::Receivable => "open amounts of all invoices",
            Measure::Unapplied => "payments less what is set against invoices and given back",
            Measure::Prepaid => "what is left of grants of credit that were bought",
            Measure::Tax => {
                "tax of all invoices less that of credit notes, and less what was relieved of bad debts"
            }
            Measure::Rounding => {
                "what credit notes round up less what invoices do: total less net and tax"
            }
            Measure::Intercompany => "pairs of bills between entities: due from, less due to",
            Measure::IntercompanyCharged => {
                "pairs of bills between entities: charged by others, less charged to them"
            }
            Measure::Cash => "settled payments at the processor, less fees and refunds",
            Measure::Delivered => "journals posted here",
        }
    }

    /// Where the actual figure is found.
    #[must_use]
    pub fn actual_in(self) -> &'static str {
        match self {
            Measure::Bookings => "contracts in force",
            Measure::Billings => "invoices less credit notes, without tax",
            Measure::BilledElsewhere => "invoices less credit notes of that system, without tax",
            Measure::Deferred => "the deferred revenue accounts",
            Measure::Unbilled => "the contract asset accounts",
            Measure::Recognised => "the revenue accounts",
            Measure::Receivable => "the trade receivable accounts",
            Measure::Unapplied => "the customer credit accounts",
            Measure::Prepaid => "the accounts of prepaid credits",
            Measure::Tax => "the sales tax accounts",
            Measure::Rounding => "the rounding accounts",
            Measure::Intercompany => "the accounts with group companies, debits less credits",
            Measure::IntercompanyCharged => {
                "income and expense with group companies, debits less credits"
            }
            Measure::Cash => "the cash accounts",
            Measure::Delivered => "journals confirmed there",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_is_read_back_from_its_word() {
        for measure in Measure::ALL {
            assert_eq!(Measure::from_word(measure.as_str()), Some(measure));
            let json = serde_json::to_string(&measure).unwrap();
            assert_eq!(json, format!("\"{measure}\""));
        }
        assert_eq!(Measure::from_word("revenue"), None);
    }
}
