//! The approval policy: which commands need a second person, above which amount, and who that may
//! be. It is configuration, read from a documented TOML file; every problem of it is named at once.

use crate::{Permission, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Currency, Money};

/// When a rule applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// To every such command.
    Always,
    /// Where it changes something that exists already.
    Changes,
    /// Where it bills by terms of its own, otherwise than the catalogue says.
    OwnTerms,
    /// Where it moves more than a limit.
    Over,
    /// Written down, and not in force.
    Never,
}

/// What holds up to the limit of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Below {
    /// Nobody need approve.
    #[default]
    Free,
    /// Another person who may send the command himself.
    AnyoneElse,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// The command.
    pub command: String,
    /// When it applies.
    pub when: When,
    /// The largest amount by currency that is not over.
    pub limits: BTreeMap<Currency, Money>,
    /// What holds up to the limit.
    pub below: Below,
    /// What a checker must have; the word of a [`Permission`].
    pub permission: Permission,
    /// Only these of the roles that have it.
    pub checkers: Vec<Role>,
    /// Days until a request expires.
    pub expires_days: u16,
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ApprovalPolicy {
    /// Which version of the policy this is.
    pub version: u32,
    /// Its rules.
    pub rules: Vec<ApprovalRule>,
}

/// What a command needs before it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The version of the policy.
    pub policy: u32,
    /// What a checker must have.
    pub permission: Permission,
    /// The roles that may check; empty when everybody may who could send the command himself.
    pub checkers: Vec<Role>,
    /// Why a second person is needed, in words.
    pub why: String,
    /// Days until the request expires.
    pub expires_days: u16,
}

/// What a command would do, as far as the policy asks.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// Its name.
    pub command: &'a str,
    /// Whether it changes something that exists already.
    pub changes_existing: bool,
    /// The terms of its own by which it bills, in words.
    pub own_terms: &'a [String],
    /// What it moves, at most one amount a currency.
    pub moved: &'a [Money],
}

/// A policy that cannot be one, with everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("; "))]
pub struct PolicyRefusal {
    /// What is wrong, each with its rule.
    pub problems: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: u32,
    #[serde(default)]
    rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    command: String,
    when: When,
    #[serde(default)]
    limits: BTreeMap<String, String>,
    #[serde(default)]
    below: Below,
    permission: String,
    #[serde(default)]
    checkers: Vec<String>,
    expires_days: u16,
}

impl ApprovalPolicy {
    /// The policy that ships with the program.
    pub const STANDARD: &'static str = include_str!("../data/approval-policy.toml");

    /// Reads a policy. `commands` are the names of all commands.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(text: &str, commands: &[&str]) -> Result<ApprovalPolicy, PolicyRefusal> {
        let file: PolicyFile = values::read_toml(text).map_err(|error| PolicyRefusal {
            problems: vec![error.to_string()],
        })?;
        let mut problems = Vec::new();
        let rules = file
            .rules
            .into_iter()
            .enumerate()
            .filter_map(|(index, rule)| {
                let at = format!("rule {} ({})", index + 1, rule.command);
                read_rule(rule, commands)
                    .map_err(|found| {
                        problems
                            .extend(found.into_iter().map(|problem| format!("{at}: {problem}")));
                    })
                    .ok()
            })
            .collect();
        if problems.is_empty() {
            Ok(ApprovalPolicy {
                version: file.version,
                rules,
            })
        } else {
            Err(PolicyRefusal { problems })
        }
    }

    /// Whether a rule asks by which terms of its own the command would bill; most policies have none.
    #[must_use]
    pub fn asks_for_own_terms(&self, command: &str) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| rule.command == command && rule.when == When::OwnTerms)
    }

    /// Whether any rule in force is about the command, so that it is worth while to measure it.
    #[must_use]
    pub fn concerns(&self, command: &str, changes_existing: bool, own_terms: &[String]) -> bool {
        self.rules.iter().any(|rule| {
            rule.command == command
                && match rule.when {
                    When::Always | When::Over => true,
                    When::Changes => changes_existing,
                    When::OwnTerms => !own_terms.is_empty(),
                    When::Never => false,
                }
        })
    }

    /// What a command needs, or nothing. Of the rules that apply the one with the highest limit
    /// counts.
    #[must_use]
    pub fn demand(&self, measured: Measured<'_>) -> Option<Demand> {
        self.rules
            .iter()
            .filter(|rule| rule.command == measured.command)
            .filter_map(|rule| rule.demand(self.version, measured))
            .max_by_key(|(rank, _)| *rank)
            .map(|(_, demand)| demand)
    }
}

impl ApprovalRule {
    /// What this rule demands, with how high it ranks among the rules that apply.
    fn demand(&self, policy: u32, measured: Measured<'_>) -> Option<(i64, Demand)> {
        let of = |checkers: Vec<Role>, why: String| Demand {
            policy,
            permission: self.permission,
            checkers,
            why,
            expires_days: self.expires_days,
        };
        let command = &self.command;
        match self.when {
            When::Never => None,
            When::Always => Some((
                0,
                of(
                    self.checkers.clone(),
                    format!("every {command} needs a second person"),
                ),
            )),
            When::Changes if measured.changes_existing => Some((
                0,
                of(
                    self.checkers.clone(),
                    format!("{command} changes something that exists already"),
                ),
            )),
            When::Changes => None,
            When::OwnTerms if measured.own_terms.is_empty() => None,
            When::OwnTerms => Some((
                0,
                of(
                    self.checkers.clone(),
                    format!(
                        "{command} bills otherwise than the catalogue says: {}",
                        measured.own_terms.join(", ")
                    ),
                ),
            )),
            When::Over => match measured
                .moved
                .iter()
                .filter_map(|moved| self.excess(*moved))
                .max_by_key(|(rank, _)| *rank)
            {
                Some((rank, why)) => Some((rank, of(self.checkers.clone(), why))),
                None if self.below == Below::AnyoneElse => Some((
                    -1,
                    of(
                        Vec::new(),
                        format!("{command} within the limit needs anyone else who may send it"),
                    ),
                )),
                None => None,
            },
        }
    }

    /// Why an amount is over the limit, with the limit.
    fn excess(&self, moved: Money) -> Option<(i64, String)> {
        match self.limits.get(&moved.currency) {
            Some(limit) if moved.minor.saturating_abs() <= limit.minor => None,
            Some(limit) => Some((
                limit.minor,
                format!("{} moves {moved}, over the limit of {limit}", self.command),
            )),
            None => Some((
                0,
                format!(
                    "{} moves {moved}, and there is no limit in {}",
                    self.command, moved.currency
                ),
            )),
        }
    }
}

fn read_rule(rule: RuleText, commands: &[&str]) -> Result<ApprovalRule, Vec<String>> {
    let mut problems = Vec::new();
    if !commands.contains(&rule.command.as_str()) {
        problems.push(format!(
            "there is no command {:?}; commands are {}",
            rule.command,
            commands.join(", ")
        ));
    }
    let permission = Permission::from_word(&rule.permission);
    if permission.is_none() {
        problems.push(format!("there is no permission {:?}", rule.permission));
    }
    let mut limits = BTreeMap::new();
    for (code, amount) in &rule.limits {
        let limit = code
            .parse::<Currency>()
            .map_err(|error| error.to_string())
            .and_then(|currency| Money::parse(amount, currency).map_err(|error| error.to_string()));
        match limit {
            Ok(limit) if limit.minor >= 0 => {
                limits.insert(limit.currency, limit);
            }
            Ok(limit) => problems.push(format!("the limit {limit} is negative")),
            Err(error) => problems.push(format!("limits.{code}: {error}")),
        }
    }
    if (rule.when == When::Over) == limits.is_empty() {
        problems.push("limits stand with when = \"over\", and only there".to_owned());
    }
    if rule.expires_days == 0 || rule.expires_days > 366 {
        problems.push(format!(
            "expires_days is 1 to 366, not {}",
            rule.expires_days
        ));
    }
    let holders = permission.map_or(&[][..], Permission::roles);
    let mut checkers = Vec::new();
    for word in &rule.checkers {
        match Role::from_word(word) {
            Some(role) if holders.contains(&role) => checkers.push(role),
            Some(role) => problems.push(format!("the role {role} may not {}", rule.permission)),
            None => problems.push(format!("there is no role {word:?}")),
        }
    }
    if checkers.is_empty() {
        checkers = holders.to_vec();
    }
    match permission {
        Some(permission) if problems.is_empty() => Ok(ApprovalRule {
            command: rule.command,
            when: rule.when,
            limits,
            below: rule.below,
            permission,
            checkers,
            expires_days: rule.expires_days,
        }),
        _ => Err(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMANDS: &[&str] = &["issue_credit_note", "set_tax_rate", "post_journal"];

    fn policy(text: &str) -> ApprovalPolicy {
        ApprovalPolicy::read(&format!("version = 3\n{text}"), COMMANDS).unwrap()
    }

    fn euros(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn measured(command: &str, moved: &[Money], changes_existing: bool) -> Option<Demand> {
        policy(
            r#"
            [[rules]]
            command = "issue_credit_note"
            when = "over"
            limits = { EUR = "100.00" }
            below = "anyone_else"
            permission = "approve_finance"
            expires_days = 14
            [[rules]]
            command = "issue_credit_note"
            when = "over"
            limits = { EUR = "1000.00" }
            permission = "approve_replay"
            expires_days = 3
            [[rules]]
            command = "set_tax_rate"
            when = "changes"
            permission = "approve_finance"
            expires_days = 14
            [[rules]]
            command = "post_journal"
            when = "never"
            permission = "approve_finance"
            expires_days = 14
            "#,
        )
        .demand(Measured {
            command,
            changes_existing,
            own_terms: &[],
            moved,
        })
    }

    #[test]
    fn the_highest_limit_that_is_exceeded_counts() {
        let credit = |minor| measured("issue_credit_note", &[euros(minor)], false).unwrap();
        assert_eq!(credit(10_000).checkers, [], "within the limit anyone else");
        assert_eq!(credit(10_001).permission, Permission::ApproveFinance);
        assert_eq!(credit(-100_000).permission, Permission::ApproveFinance);
        let large = credit(100_001);
        assert_eq!(
            (large.permission, large.expires_days),
            (Permission::ApproveReplay, 3)
        );
        assert_eq!(
            large.why,
            "issue_credit_note moves 1,000.01 EUR, over the limit of 1,000.00 EUR"
        );
        let yen = [Money::from_minor(1, "JPY".parse().unwrap())];
        let foreign = measured("issue_credit_note", &yen, false).unwrap();
        assert!(foreign.why.contains("no limit in JPY"), "{}", foreign.why);
    }

    #[test]
    fn a_change_is_told_from_a_first_statement_and_never_means_never() {
        assert_eq!(measured("set_tax_rate", &[], false), None);
        assert!(measured("set_tax_rate", &[], true).is_some());
        assert_eq!(measured("post_journal", &[euros(1)], true), None);
        assert_eq!(measured("run_billing", &[euros(1)], true), None);
    }

    #[test]
    fn everything_wrong_with_a_policy_is_named_at_once() {
        let text = r#"version = 1
            [[rules]]
            command = "fly"
            when = "over"
            permission = "approve_everything"
            expires_days = 0
            [[rules]]
            command = "post_journal"
            when = "always"
            permission = "approve_finance"
            checkers = ["administrator", "boss"]
            expires_days = 1
        "#;
        let said = ApprovalPolicy::read(text, COMMANDS)
            .unwrap_err()
            .to_string();
        for part in [
            "rule 1 (fly): there is no command \"fly\"",
            "no permission \"approve_everything\"",
            "limits stand with when = \"over\"",
            "expires_days is 1 to 366, not 0",
            "rule 2 (post_journal): the role administrator may not approve_finance",
            "there is no role \"boss\"",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
