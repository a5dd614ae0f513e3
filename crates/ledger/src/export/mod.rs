//! Books as text that outside programs read and verify: Beancount, hledger (and ledger), CSV.
//!
//! Each writer streams: a header, one call for each journal, and for the plain-text programs the
//! balances that they are to find. Journals are given in the order of their dates. The same books
//! give the same bytes.
//!
//! An account is named `Assets:US:A1100-Trade-receivables`: root, legal entity, code and name, so
//! the books of two entities never mix and two accounts never share a name.

pub mod beancount;
pub mod csv;
pub mod hledger;

use crate::{AccountKind, Dimensions};
use std::fmt::Write;
use values::{AccountCode, Currency, Date, EntityId, EventId, JournalId, Money};

/// A posted journal, with what a reader outside needs to follow it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportJournal {
    /// Its id.
    pub id: JournalId,
    /// Whose books.
    pub entity: EntityId,
    /// Accounting date.
    pub date: Date,
    /// What happened, in words.
    pub narration: String,
    /// The event that made it.
    pub event: EventId,
    /// The rule that made it, `manual` or `reversal`.
    pub rule: String,
    /// Version of the rule.
    pub rule_version: u32,
    /// Its lines.
    pub lines: Vec<ExportLine>,
}

/// A posted line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportLine {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: AccountKind,
    /// Debit positive, credit negative.
    pub amount: Money,
    /// What the line is kept apart by.
    pub dimensions: Dimensions,
}

/// An account that is used, with a balance that the reader is to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportBalance {
    /// Whose books.
    pub entity: EntityId,
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: AccountKind,
    /// Closing balance in one currency; debit positive.
    pub balance: Money,
}

/// `Assets:US:A1100-Trade-receivables`.
fn account_name(kind: AccountKind, entity: &EntityId, account: &AccountCode, name: &str) -> String {
    let root = match kind {
        AccountKind::Asset => "Assets",
        AccountKind::Liability => "Liabilities",
        AccountKind::Equity => "Equity",
        AccountKind::Income => "Income",
        AccountKind::Expense => "Expenses",
    };
    let mut text = format!("{root}:{}:A", component(entity.as_str()));
    escape(account.as_str(), &mut text);
    let words = words(name);
    if !words.is_empty() {
        text.push('-');
        text.push_str(&words);
    }
    text
}

/// An id as a component of an account name: it starts with a capital or a digit and holds only
/// letters, digits and dashes. Two different ids never become the same component.
fn component(id: &str) -> String {
    let mut text = String::with_capacity(id.len() + 4);
    if !id.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()) {
        text.push_str("X-");
    }
    escape(id, &mut text);
    text
}

/// Letters and digits stay, a dash is doubled, anything else becomes a dash and its byte in capital
/// hexadecimal digits.
fn escape(id: &str, text: &mut String) {
    for byte in id.bytes() {
        match byte {
            b'-' => text.push_str("--"),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            _ => {
                // Writing to a string cannot fail.
                let _ = write!(text, "-{byte:02X}");
            }
        }
    }
}

/// The ASCII words of a name, joined by dashes. The code before it already tells accounts apart.
fn words(name: &str) -> String {
    let words: Vec<_> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("-")
}

/// One line without control characters, so that a text cannot start a directive of its own.
fn one_line(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| {
            if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
                ' '
            } else {
                c
            }
        })
        .collect();
    cleaned.trim().to_owned()
}

/// Dimension names and values of a line that has any.
fn dimension_pairs(dimensions: &Dimensions) -> impl Iterator<Item = (&'static str, &str)> {
    let customer = dimensions
        .customer
        .as_ref()
        .map(|id| ("customer", id.as_str()));
    let contract = dimensions
        .contract
        .as_ref()
        .map(|id| ("contract", id.as_str()));
    let product = dimensions
        .product
        .as_ref()
        .map(|id| ("product", id.as_str()));
    [contract, customer, product].into_iter().flatten()
}

/// The currencies of these balances, each once, sorted.
fn currencies(accounts: &[ExportBalance]) -> Vec<Currency> {
    let mut currencies: Vec<_> = accounts.iter().map(|a| a.balance.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    currencies
}

/// The names of the accounts with their currencies, each account once, sorted by name.
fn declared(accounts: &[ExportBalance]) -> Vec<(String, Vec<Currency>)> {
    let mut declared: std::collections::BTreeMap<String, Vec<Currency>> = Default::default();
    for account in accounts {
        let name = account_name(
            account.kind,
            &account.entity,
            &account.account,
            &account.name,
        );
        declared
            .entry(name)
            .or_default()
            .push(account.balance.currency);
    }
    for currencies in declared.values_mut() {
        currencies.sort_unstable();
        currencies.dedup();
    }
    declared.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_ids_have_different_components() {
        let ids = [
            "US", "us", "U.S", "U-S", "U--S", "U-2ES", "X-us", "x-us", "X--us", "1", "_a", "-a",
            "U/S", "U:S",
        ];
        let mut components: Vec<_> = ids.iter().map(|id| component(id)).collect();
        for text in &components {
            assert!(
                text.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()),
                "{text}"
            );
            assert!(
                text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "{text}"
            );
        }
        components.sort();
        components.dedup();
        assert_eq!(components.len(), ids.len());
    }

    #[test]
    fn an_account_keeps_entity_code_and_name() {
        let name = account_name(
            AccountKind::Asset,
            &"US".parse().unwrap(),
            &"1250".parse().unwrap(),
            "Contract assets (unbilled revenue)",
        );
        assert_eq!(name, "Assets:US:A1250-Contract-assets-unbilled-revenue");
    }
}
