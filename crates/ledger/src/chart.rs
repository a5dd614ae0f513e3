//! The chart of accounts, read from a documented TOML file.

use serde::{Deserialize, Serialize};
use std::fmt;
use values::AccountCode;

/// What an account holds; decides on which side it grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// What is owned or is to be received.
    Asset,
    /// What is owed.
    Liability,
    /// What belongs to the owners.
    Equity,
    /// What was earned.
    Income,
    /// What was used up.
    Expense,
}

impl AccountKind {
    /// Every kind, in the order of statements.
    pub const ALL: [AccountKind; 5] = [
        AccountKind::Asset,
        AccountKind::Liability,
        AccountKind::Equity,
        AccountKind::Income,
        AccountKind::Expense,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKind::Asset => "asset",
            AccountKind::Liability => "liability",
            AccountKind::Equity => "equity",
            AccountKind::Income => "income",
            AccountKind::Expense => "expense",
        }
    }

    /// Whether debits make it grow.
    #[must_use]
    pub fn is_debit_natured(self) -> bool {
        match self {
            AccountKind::Asset | AccountKind::Expense => true,
            AccountKind::Liability | AccountKind::Equity | AccountKind::Income => false,
        }
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its code, unique in the chart.
    pub code: AccountCode,
    /// What people read.
    pub name: String,
    /// What it holds.
    pub kind: AccountKind,
    /// The measure of the tie-out that proves its balance, such as `receivable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ties_out_with: Option<String>,
}

/// All accounts, sorted by code, each code once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ChartFile")]
pub struct Chart {
    accounts: Vec<Account>,
}

/// The shape of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChartFile {
    accounts: Vec<Account>,
}

/// One thing wrong with a chart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartProblem {
    /// The text does not have the shape of a chart.
    #[error("the chart of accounts cannot be read: {message}")]
    Unreadable {
        /// What the reader said, with the line.
        message: String,
    },
    /// A code stands twice.
    #[error(
        "account {code} is declared twice ({first:?} and {second:?}); give one of them another code"
    )]
    Duplicate {
        /// The code.
        code: AccountCode,
        /// Name of the first.
        first: String,
        /// Name of the second.
        second: String,
    },
    /// A name is empty.
    #[error("account {code} has no name; write what people are to read on statements")]
    Nameless {
        /// The code.
        code: AccountCode,
    },
    /// There are no accounts at all.
    #[error("the chart has no accounts; start from the standard chart")]
    Empty,
}

/// A chart that cannot be used, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartRefusal {
    /// At least one.
    pub problems: Vec<ChartProblem>,
}

impl fmt::Display for ChartRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, &self.problems)
    }
}

impl std::error::Error for ChartRefusal {}

/// Writes problems one a line.
pub(crate) fn lines<T: fmt::Display>(f: &mut fmt::Formatter<'_>, problems: &[T]) -> fmt::Result {
    for (index, problem) in problems.iter().enumerate() {
        if index > 0 {
            f.write_str("\n")?;
        }
        write!(f, "{problem}")?;
    }
    Ok(())
}

impl Chart {
    /// The text of the standard chart, with its documentation.
    pub const STANDARD: &'static str = include_str!("../data/chart.toml");

    /// Reads a chart from its TOML file.
    ///
    /// # Errors
    /// When the text is no chart; every problem is named.
    pub fn read(text: &str) -> Result<Chart, ChartRefusal> {
        let file: ChartFile = values::read_toml(text).map_err(|error| ChartRefusal {
            problems: vec![ChartProblem::Unreadable {
                message: error.to_string().trim().to_owned(),
            }],
        })?;
        Chart::new(file.accounts)
    }

    /// The chart that ships with Tieout.
    ///
    /// # Errors
    /// Never for the file in this crate, which a test reads.
    pub fn standard() -> Result<Chart, ChartRefusal> {
        Chart::read(Chart::STANDARD)
    }

    /// A chart of these accounts, in any order.
    ///
    /// # Errors
    /// When a code stands twice, a name is empty, or there are none.
    pub fn new(mut accounts: Vec<Account>) -> Result<Chart, ChartRefusal> {
        accounts.sort_by(|a, b| a.code.cmp(&b.code));
        let mut problems = Vec::new();
        if accounts.is_empty() {
            problems.push(ChartProblem::Empty);
        }
        for pair in accounts.windows(2) {
            if let [first, second] = pair
                && first.code == second.code
            {
                problems.push(ChartProblem::Duplicate {
                    code: first.code.clone(),
                    first: first.name.clone(),
                    second: second.name.clone(),
                });
            }
        }
        for account in accounts.iter().filter(|a| a.name.trim().is_empty()) {
            problems.push(ChartProblem::Nameless {
                code: account.code.clone(),
            });
        }
        if problems.is_empty() {
            Ok(Chart { accounts })
        } else {
            Err(ChartRefusal { problems })
        }
    }

    /// All accounts, sorted by code.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account with this code.
    #[must_use]
    pub fn account(&self, code: &AccountCode) -> Option<&Account> {
        self.accounts
            .binary_search_by(|account| account.code.cmp(code))
            .ok()
            .and_then(|index| self.accounts.get(index))
    }

    /// The accounts whose balance a measure of the tie-out proves.
    pub fn proven_by<'a>(&'a self, measure: &'a str) -> impl Iterator<Item = &'a Account> {
        self.accounts
            .iter()
            .filter(move |account| account.ties_out_with.as_deref() == Some(measure))
    }
}

impl TryFrom<ChartFile> for Chart {
    type Error = ChartRefusal;
    fn try_from(file: ChartFile) -> Result<Chart, ChartRefusal> {
        Chart::new(file.accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_chart_reads_and_ties_out_by_account() {
        let chart = Chart::standard().unwrap();
        let receivable: Vec<_> = chart
            .proven_by("receivable")
            .map(|a| a.code.as_str())
            .collect();
        assert_eq!(receivable, ["1100"]);
        assert_eq!(
            chart.account(&"2400".parse().unwrap()).unwrap().kind,
            AccountKind::Liability
        );
        assert!(chart.account(&"9999".parse().unwrap()).is_none());
    }

    #[test]
    fn a_bad_chart_names_every_problem() {
        let text = r#"
            accounts = [
              { code = "1", name = "One", kind = "asset" },
              { code = "1", name = "Uno", kind = "asset" },
              { code = "2", name = " ", kind = "equity" },
            ]"#;
        assert_eq!(
            Chart::read(text).unwrap_err().to_string(),
            "account 1 is declared twice (\"One\" and \"Uno\"); give one of them another code\n\
             account 2 has no name; write what people are to read on statements"
        );
        let typo = "accounts = [{ code = \"1\", name = \"One\", kind = \"assets\" }]";
        let message = Chart::read(typo).unwrap_err().to_string();
        assert!(
            message.contains("assets") && message.contains("liability"),
            "{message}"
        );
        assert!(
            Chart::read("accounts = []")
                .unwrap_err()
                .to_string()
                .contains("no accounts")
        );
    }
}
