//! The exceptions from the house rules, each with its reason. A new line here needs a reason that
//! a reader will accept.

use super::{Offence, Rule};

struct Allowance {
    rule: Rule,
    /// A file, or the beginning of the paths of several.
    path: &'static str,
    reason: &'static str,
}

const ALLOWANCES: &[Allowance] = &[
    Allowance {
        rule: Rule::Sql,
        path: "crates/connect/src/salesforce",
        reason: "SOQL, the query language of Salesforce's API, begins with SELECT too",
    },
    Allowance {
        rule: Rule::Sql,
        path: "crates/connect/src/netsuite",
        reason: "SuiteQL, the query language of NetSuite's API, begins with SELECT too",
    },
    Allowance {
        rule: Rule::Sql,
        path: "crates/connect/tests/",
        reason: "the tests of the connectors send SOQL and SuiteQL",
    },
    Allowance {
        rule: Rule::Sql,
        path: "crates/sim/src/salesforce",
        reason: "the simulator of Salesforce reads SOQL",
    },
    Allowance {
        rule: Rule::Sql,
        path: "crates/sim/src/netsuite",
        reason: "the simulator of NetSuite reads SuiteQL",
    },
    Allowance {
        rule: Rule::Sql,
        path: "crates/sim/tests/",
        reason: "the tests of the simulators send SOQL and SuiteQL",
    },
    Allowance {
        rule: Rule::Sql,
        path: "xtask/src/tidy/sql.rs",
        reason: "it plants statements in order to find them",
    },
];

/// Why the offence is allowed, when it is.
pub fn reason(offence: &Offence) -> Option<&'static str> {
    ALLOWANCES
        .iter()
        .find(|allowance| {
            allowance.rule == offence.rule && offence.path.starts_with(allowance.path)
        })
        .map(|allowance| allowance.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offence(rule: Rule, path: &str) -> Offence {
        Offence {
            path: path.to_owned(),
            line: 1,
            rule,
            told: String::new(),
        }
    }

    #[test]
    fn an_allowance_covers_its_rule_and_its_paths_only() {
        assert!(reason(&offence(Rule::Sql, "crates/connect/src/salesforce/read.rs")).is_some());
        assert!(reason(&offence(Rule::Sql, "crates/connect/src/stripe.rs")).is_none());
        assert!(reason(&offence(Rule::Length, "crates/connect/src/salesforce.rs")).is_none());
    }

    #[test]
    fn every_allowance_gives_a_reason() {
        for allowance in ALLOWANCES {
            assert!(
                allowance.reason.split_whitespace().count() >= 4,
                "{}",
                allowance.path
            );
        }
    }

    #[test]
    fn no_allowance_covers_a_whole_crate() {
        for allowance in ALLOWANCES {
            assert!(allowance.path.split('/').count() >= 4, "{}", allowance.path);
        }
    }
}
