//! The discount policy: how far below list a quote may go, and who must approve what goes further. It
//! is configuration in levels, read from a documented TOML file; every problem of it is named at once.

use crate::approval_policy::Demand;
use crate::{Permission, Role};
use serde::Deserialize;
use std::collections::BTreeMap;
use values::{Currency, Decimal, Money, Rate};

/// Who may approve, and how long the request waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvers {
    /// What a checker must have.
    pub permission: Permission,
    /// Only these of the roles that have it.
    pub checkers: Vec<Role>,
    /// Days until the request expires.
    pub expires_days: u16,
}

/// A level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Who it goes to, in words.
    pub name: String,
    /// The largest part of list that is not over.
    pub over_percent: Option<Rate>,
    /// The largest amount by currency that is not over; none at all when there is no limit of amount.
    pub over_amount: BTreeMap<Currency, Money>,
    /// Who may approve.
    pub approvers: Approvers,
}

/// The policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscountPolicy {
    /// Which version of the policy this is.
    pub version: u32,
    /// Its levels, lowest first.
    pub levels: Vec<Level>,
    /// The least margin against standalone selling prices, and who approves less.
    pub below_standalone: Option<(Rate, Approvers)>,
    /// Who approves a quote that follows no billing template or deviates from it.
    pub outside_template: Option<Approvers>,
}

/// What a quote gives away.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// List less total; negative when it is dearer than list.
    pub discount: Money,
    /// The same as a part of list.
    pub rate: Rate,
    /// Margin as a part of standalone selling prices, where any of its products has one.
    pub margin: Option<Rate>,
    /// Where it deviates from its billing template, in words.
    pub deviations: &'a [String],
}

/// A policy that cannot be one, with everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.join("; "))]
pub struct DiscountPolicyRefusal {
    /// What is wrong, each with its level.
    pub problems: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    version: u32,
    #[serde(default)]
    levels: Vec<LevelText>,
    below_standalone: Option<MarginText>,
    outside_template: Option<ApproversText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelText {
    name: String,
    over_percent: Option<Rate>,
    #[serde(default)]
    over_amount: BTreeMap<String, String>,
    permission: String,
    #[serde(default)]
    checkers: Vec<String>,
    expires_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarginText {
    percent: Rate,
    permission: String,
    #[serde(default)]
    checkers: Vec<String>,
    expires_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproversText {
    permission: String,
    #[serde(default)]
    checkers: Vec<String>,
    expires_days: u16,
}

impl DiscountPolicy {
    /// The policy that ships with the program.
    pub const STANDARD: &'static str = include_str!("../data/discount-policy.toml");

    /// Reads a policy.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(text: &str) -> Result<DiscountPolicy, DiscountPolicyRefusal> {
        let file: PolicyFile = values::read_toml(text).map_err(|error| DiscountPolicyRefusal {
            problems: vec![error.to_string()],
        })?;
        let mut problems = Vec::new();
        let levels: Vec<Level> = file
            .levels
            .into_iter()
            .enumerate()
            .filter_map(|(index, level)| {
                let at = format!("level {} ({})", index + 1, level.name);
                read_level(level, &at, &mut problems)
            })
            .collect();
        for pair in levels.windows(2) {
            if let [lower, higher] = pair
                && let (Some(low), Some(high)) = (lower.over_percent, higher.over_percent)
                && low.decimal() >= high.decimal()
            {
                problems.push(format!(
                    "level {} begins over {high}, which is not above the {low} of {}; put the levels in rising order",
                    higher.name, lower.name
                ));
            }
        }
        let below_standalone = file.below_standalone.and_then(|it| {
            let (days, at) = (it.expires_days, "below_standalone");
            let read = read_approvers(&it.permission, &it.checkers, days, at, &mut problems)?;
            Some((it.percent, read))
        });
        let outside_template = file.outside_template.and_then(|it| {
            let (days, at) = (it.expires_days, "outside_template");
            read_approvers(&it.permission, &it.checkers, days, at, &mut problems)
        });
        if !problems.is_empty() {
            return Err(DiscountPolicyRefusal { problems });
        }
        Ok(DiscountPolicy {
            version: file.version,
            levels,
            below_standalone,
            outside_template,
        })
    }

    /// What a quote needs before it is approved; nothing when it is within what everybody may give.
    /// The highest level that applies counts; the reasons of all that apply are told.
    #[must_use]
    pub fn demand(&self, given: &Given<'_>) -> Option<Demand> {
        let mut why = Vec::new();
        let mut by: Option<&Approvers> = None;
        if let Some(approvers) = &self.outside_template
            && !given.deviations.is_empty()
        {
            why.push(given.deviations.join(", "));
            by = Some(approvers);
        }
        let over = self.levels.iter().rev().find_map(|level| {
            let why = level.excess(given)?;
            Some((level, why))
        });
        if let Some((level, reason)) = over {
            why.push(format!("{reason}, so it goes to {}", level.name));
            by = Some(higher(by, &level.approvers));
        }
        if let Some((least, approvers)) = &self.below_standalone
            && let Some(margin) = given.margin
            && margin.decimal() < least.decimal()
        {
            why.push(format!(
                "the margin against standalone selling prices is {}, under {}",
                percent(margin),
                percent(*least)
            ));
            by = Some(higher(by, approvers));
        }
        by.map(|approvers| Demand {
            policy: self.version,
            permission: approvers.permission,
            checkers: approvers.checkers.clone(),
            why: why.join("; "),
            expires_days: approvers.expires_days,
        })
    }
}

/// Of two, the one that asks for fewer roles; the later one when they ask for as many.
fn higher<'a>(known: Option<&'a Approvers>, other: &'a Approvers) -> &'a Approvers {
    match known {
        Some(known) if known.checkers.len() < other.checkers.len() => known,
        _ => other,
    }
}

fn percent(rate: Rate) -> String {
    format!("{} %", (rate.decimal() * Decimal::ONE_HUNDRED).normalize())
}

impl Level {
    /// Why a discount is over this level.
    fn excess(&self, given: &Given<'_>) -> Option<String> {
        if given.discount.minor <= 0 {
            return None;
        }
        let told = format!(
            "a discount of {}, {} of list",
            given.discount,
            percent(given.rate)
        );
        if let Some(limit) = self.over_percent
            && given.rate.decimal() > limit.decimal()
        {
            return Some(format!("{told}, is over {}", percent(limit)));
        }
        if self.over_amount.is_empty() {
            return None;
        }
        match self.over_amount.get(&given.discount.currency) {
            Some(limit) if given.discount.minor <= limit.minor => None,
            Some(limit) => Some(format!("{told}, is over {limit}")),
            None => Some(format!(
                "{told}, has no limit in {}",
                given.discount.currency
            )),
        }
    }
}

fn read_level(level: LevelText, at: &str, problems: &mut Vec<String>) -> Option<Level> {
    let before = problems.len();
    let approvers = read_approvers(
        &level.permission,
        &level.checkers,
        level.expires_days,
        at,
        problems,
    );
    if let Some(limit) = level.over_percent
        && (limit.decimal().is_sign_negative() || limit.decimal() > Decimal::ONE)
    {
        problems.push(format!(
            "{at}: over_percent {limit} is no part of list; write 10 % as \"0.10\""
        ));
    }
    if level.over_percent.is_none() && level.over_amount.is_empty() {
        problems.push(format!(
            "{at}: it has no limit; state over_percent or over_amount"
        ));
    }
    let mut over_amount = BTreeMap::new();
    for (code, amount) in &level.over_amount {
        let limit = code
            .parse::<Currency>()
            .map_err(|error| error.to_string())
            .and_then(|currency| Money::parse(amount, currency).map_err(|error| error.to_string()));
        match limit {
            Ok(limit) if limit.minor >= 0 => {
                over_amount.insert(limit.currency, limit);
            }
            Ok(limit) => problems.push(format!("{at}: over_amount.{code}: {limit} is negative")),
            Err(error) => problems.push(format!("{at}: over_amount.{code}: {error}")),
        }
    }
    let approvers = approvers?;
    (problems.len() == before).then_some(Level {
        name: level.name,
        over_percent: level.over_percent,
        over_amount,
        approvers,
    })
}

fn read_approvers(
    permission: &str,
    checkers: &[String],
    expires_days: u16,
    at: &str,
    problems: &mut Vec<String>,
) -> Option<Approvers> {
    if expires_days == 0 || expires_days > 366 {
        problems.push(format!(
            "{at}: expires_days is 1 to 366, not {expires_days}"
        ));
    }
    let Some(permission) = Permission::from_word(permission) else {
        problems.push(format!("{at}: there is no permission {permission:?}"));
        return None;
    };
    let holders = permission.roles();
    let mut found = Vec::new();
    for word in checkers {
        match Role::from_word(word) {
            Some(role) if holders.contains(&role) => found.push(role),
            Some(role) => problems.push(format!(
                "{at}: the role {role} may not {permission}",
                permission = permission.as_str()
            )),
            None => problems.push(format!("{at}: there is no role {word:?}")),
        }
    }
    if found.is_empty() {
        found = holders.to_vec();
    }
    Some(Approvers {
        permission,
        checkers: found,
        expires_days,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Who gives away more needs no less: what asks for approval goes on asking, and never a lower
        /// level. With what `commerce` shows of parted lines, cutting a line never lowers the approval.
        #[test]
        fn a_larger_discount_never_needs_a_lower_level(
            less in 0_i64..6_000_000, more in 0_i64..6_000_000, low in 0_i64..10_001, higher in 0_i64..10_001,
        ) {
            let policy = DiscountPolicy::read(DiscountPolicy::STANDARD).unwrap();
            let level = |minor: i64, rate: i64| {
                let rate = Rate::new(Decimal::new(rate, 4));
                let asked = policy.demand(&Given {
                    discount: Money::from_minor(minor, Currency::EUR),
                    rate,
                    margin: None,
                    deviations: &[],
                });
                asked.map_or(0, |demand| {
                    let at = policy.levels.iter().position(|level| demand.why.ends_with(&level.name));
                    at.unwrap() + 1
                })
            };
            let (less, more) = (less.min(more), less.max(more));
            let (low, high) = (low.min(higher), low.max(higher));
            prop_assert!(level(less, low) <= level(more, high));
        }
    }

    fn given(minor: i64, rate: &str) -> Given<'static> {
        Given {
            discount: Money::from_minor(minor, Currency::EUR),
            rate: rate.parse().unwrap(),
            margin: None,
            deviations: &[],
        }
    }

    #[test]
    fn a_discount_goes_to_the_highest_level_that_it_is_over_by_percent_or_by_amount() {
        let policy = DiscountPolicy::read(DiscountPolicy::STANDARD).unwrap();
        assert_eq!(policy.demand(&given(500_000, "0.1")), None);
        assert_eq!(policy.demand(&given(-1, "-0.5")), None, "dearer than list");
        let colleague = policy.demand(&given(100_000, "0.11")).unwrap();
        assert_eq!(colleague.permission, Permission::ApproveMasterData);
        assert_eq!(
            colleague.why,
            "a discount of 1,000.00 EUR, 11 % of list, is over 10 %, so it goes to a colleague in revenue operations"
        );
        let by_amount = policy.demand(&given(2_500_001, "0.02")).unwrap();
        assert_eq!(by_amount.permission, Permission::ApproveFinance);
        assert_eq!(
            by_amount.why,
            "a discount of 25,000.01 EUR, 2 % of list, is over 25,000.00 EUR, so it goes to the controller"
        );
        let by_percent = policy.demand(&given(100, "0.31")).unwrap();
        assert_eq!(by_percent.checkers, vec![Role::Controller]);
        let unlisted = Given {
            discount: Money::from_minor(100, "SEK".parse().unwrap()),
            ..given(0, "0.01")
        };
        assert!(
            policy
                .demand(&unlisted)
                .unwrap()
                .why
                .contains("has no limit in SEK")
        );
    }

    #[test]
    fn a_thin_margin_and_a_deviation_need_somebody_too() {
        let policy = DiscountPolicy::read(DiscountPolicy::STANDARD).unwrap();
        let thin = Given {
            margin: Some("-0.41".parse().unwrap()),
            ..given(0, "0")
        };
        let demand = policy.demand(&thin).unwrap();
        assert_eq!(
            demand.why,
            "the margin against standalone selling prices is -41 %, under -40 %"
        );
        let deviations = ["it follows no billing template".to_owned()];
        let outside = Given {
            deviations: &deviations,
            ..given(0, "0")
        };
        assert_eq!(
            policy.demand(&outside).unwrap().why,
            "it follows no billing template"
        );
    }

    #[test]
    fn everything_wrong_with_a_policy_is_named_at_once() {
        let refused = DiscountPolicy::read(
            r#"
            version = 1
            [[levels]]
            name = "one"
            permission = "approve_everything"
            over_percent = "12"
            over_amount = { EURO = "1" }
            expires_days = 0
            [[levels]]
            name = "two"
            permission = "approve_finance"
            checkers = ["revops"]
            expires_days = 3
            "#,
        )
        .unwrap_err();
        let text = refused.to_string();
        for part in [
            "level 1 (one): there is no permission \"approve_everything\"",
            "level 1 (one): over_percent 12 is no part of list; write 10 % as \"0.10\"",
            "level 1 (one): over_amount.EURO:",
            "level 1 (one): expires_days is 1 to 366, not 0",
            "level 2 (two): the role revops may not approve_finance",
            "level 2 (two): it has no limit; state over_percent or over_amount",
        ] {
            assert!(text.contains(part), "{part}\nin {text}");
        }
    }
}
