//! Change control: every configuration document changes by a proposal that another person approves,
//! from an effective date on. Older versions stay, and what they posted reproduces under them.

use crate::approval::{self, ApprovalRefusal};
use serde::{Deserialize, Serialize};
use std::fmt;
use values::Date;

macro_rules! kinds {
    ($( $(#[$doc:meta])* $variant:ident = $word:literal, $file:literal, $title:literal; )*) => {
        /// A configuration document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ConfigurationKind { $( $(#[$doc])* $variant, )* }

        impl ConfigurationKind {
            /// Every document.
            pub const ALL: &'static [ConfigurationKind] = &[$(ConfigurationKind::$variant),*];

            /// The word stored and published.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( ConfigurationKind::$variant => $word, )* }
            }

            /// The file of `tieout config`.
            #[must_use]
            pub fn file(self) -> &'static str {
                match self { $( ConfigurationKind::$variant => $file, )* }
            }

            /// What people call it.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $( ConfigurationKind::$variant => $title, )* }
            }
        }
    };
}

kinds! {
    /// Which system is the record of what.
    Topology = "topology", "topology.toml", "Topology and routes";
    /// Which journal each fact becomes.
    PostingRules = "posting_rules", "posting-rules.toml", "Posting rules";
    /// The accounts.
    Chart = "chart", "chart.toml", "Chart of accounts";
    /// Rates of tax.
    Tax = "tax", "tax.json", "Tax rates";
    /// Fields and values of the CRM.
    MappingSalesforce = "mapping_salesforce", "mapping-salesforce.toml", "Mapping: Salesforce";
    /// Codes of the outside ledger.
    MappingNetsuite = "mapping_netsuite", "mapping-netsuite.toml", "Mapping: NetSuite";
    /// What needs a second person.
    ApprovalPolicy = "approval_policy", "approval-policy.toml", "Approval policy";
    /// The global template, with the keys that may differ locally.
    Template = "template", "template.toml", "Global template";
}

impl ConfigurationKind {
    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<ConfigurationKind> {
        ConfigurationKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for ConfigurationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// Waits for another person.
    Proposed,
    /// In force from its effective date.
    Applied,
    /// Not to be applied.
    Denied,
}

impl ProposalState {
    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProposalState::Proposed => "proposed",
            ProposalState::Applied => "applied",
            ProposalState::Denied => "denied",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<ProposalState> {
        [
            ProposalState::Proposed,
            ProposalState::Applied,
            ProposalState::Denied,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
    }
}

/// Why a proposal cannot be decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefusal {
    /// Maker and checker are one person.
    #[error(transparent)]
    FourEyes(#[from] ApprovalRefusal),
    /// It was decided before.
    #[error("it is {} already; make a new proposal", state.as_str())]
    Decided {
        /// How.
        state: ProposalState,
    },
    /// The configuration has moved on since.
    #[error(
        "it was made on version {base}, but version {current} is in force now; make it again on that one, so that nothing of it is lost"
    )]
    Drifted {
        /// The version it was made on.
        base: i64,
        /// The newest one.
        current: i64,
    },
}

impl ChangeRefusal {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            ChangeRefusal::FourEyes(_) => "same_person",
            ChangeRefusal::Decided { .. } => "already_decided",
            ChangeRefusal::Drifted { .. } => "configuration_drifted",
        }
    }
}

/// What a decision about a proposal looks at.
#[derive(Debug, Clone, Copy)]
pub struct Deciding<'a> {
    /// Where it stands.
    pub state: ProposalState,
    /// Who made it.
    pub maker: &'a str,
    /// Who decides.
    pub checker: &'a str,
    /// The version it was made on; none for what has no versions.
    pub base: Option<i64>,
    /// The newest version.
    pub current: Option<i64>,
}

/// The state after the checker decided.
///
/// # Errors
/// When the checker made it, it was decided, or the configuration has moved on.
pub fn decide(of: &Deciding<'_>, grant: bool) -> Result<ProposalState, ChangeRefusal> {
    if of.state != ProposalState::Proposed {
        return Err(ChangeRefusal::Decided { state: of.state });
    }
    approval::four_eyes(of.maker, of.checker)?;
    if !grant {
        return Ok(ProposalState::Denied);
    }
    if let (Some(base), Some(current)) = (of.base, of.current)
        && base != current
    {
        return Err(ChangeRefusal::Drifted { base, current });
    }
    Ok(ProposalState::Applied)
}

/// The version in force on a day: the latest one whose effective date has come. Versions are given
/// with their effective dates, in any order; one without a date holds from the beginning.
#[must_use]
pub fn in_force(versions: &[(i64, Option<Date>)], on: Date) -> Option<i64> {
    versions
        .iter()
        .filter(|(_, from)| from.is_none_or(|from| from <= on))
        .map(|(version, _)| *version)
        .max()
}

/// One line of a difference between two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffLine {
    /// `+`, `-` or a space.
    pub mark: char,
    /// The line.
    pub text: String,
}

/// Lines beside a change that are shown with it.
const AROUND: usize = 2;
/// Beyond this many lines a middle part is shown as removed and added as a whole.
const MOST_COMPARED: usize = 4_000;

/// What changed between two texts: changed lines with two lines around them, nothing when they are
/// the same.
#[must_use]
pub fn difference(before: &str, after: &str) -> Vec<DiffLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = (0..rest)
        .take_while(|back| old[old.len() - 1 - back] == new[new.len() - 1 - back])
        .count();
    let (old_middle, new_middle) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    if old_middle.is_empty() && new_middle.is_empty() {
        return Vec::new();
    }
    let line = |mark: char, text: &&str| DiffLine {
        mark,
        text: (*text).to_owned(),
    };
    let mut lines: Vec<DiffLine> = old[start.saturating_sub(AROUND)..start]
        .iter()
        .map(|text| line(' ', text))
        .collect();
    lines.extend(compare(old_middle, new_middle));
    let after_end = &old[old.len() - end..];
    lines.extend(after_end.iter().take(AROUND).map(|text| line(' ', text)));
    near_changes(lines)
}

/// The longest common subsequence decides what stayed.
fn compare(old: &[&str], new: &[&str]) -> Vec<DiffLine> {
    let line = |mark: char, text: &str| DiffLine {
        mark,
        text: text.to_owned(),
    };
    if old.len().saturating_mul(new.len()) > MOST_COMPARED * MOST_COMPARED / 4 {
        let gone = old.iter().map(|text| line('-', text));
        return gone.chain(new.iter().map(|text| line('+', text))).collect();
    }
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            lines.push(line(' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            lines.push(line('-', old[i]));
            i += 1;
        } else {
            lines.push(line('+', new[j]));
            j += 1;
        }
    }
    lines.extend(old[i..].iter().map(|text| line('-', text)));
    lines.extend(new[j..].iter().map(|text| line('+', text)));
    lines
}

/// Leaves out unchanged lines that are far from every change.
fn near_changes(lines: Vec<DiffLine>) -> Vec<DiffLine> {
    let changed: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.mark != ' ')
        .map(|(index, _)| index)
        .collect();
    lines
        .into_iter()
        .enumerate()
        .filter(|(index, _)| changed.iter().any(|at| at.abs_diff(*index) <= AROUND))
        .map(|(_, line)| line)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deciding<'a>(maker: &'a str, checker: &'a str, base: i64) -> Deciding<'a> {
        Deciding {
            state: ProposalState::Proposed,
            maker,
            checker,
            base: Some(base),
            current: Some(2),
        }
    }

    #[test]
    fn a_change_needs_another_person_and_the_version_that_it_was_made_on() {
        assert_eq!(
            decide(&deciding("ana", "li", 2), true),
            Ok(ProposalState::Applied)
        );
        assert_eq!(
            decide(&deciding("ana", "Ana ", 2), true)
                .unwrap_err()
                .code(),
            "same_person"
        );
        assert_eq!(
            decide(&deciding("ana", "li", 1), true).unwrap_err().code(),
            "configuration_drifted"
        );
        assert_eq!(
            decide(&deciding("ana", "li", 1), false),
            Ok(ProposalState::Denied)
        );
    }

    #[test]
    fn the_latest_version_whose_day_has_come_is_in_force() {
        let june = Date::constant(2026, 6, 1);
        let versions = [
            (1, None),
            (2, Some(june)),
            (3, Some(Date::constant(2026, 9, 1))),
        ];
        assert_eq!(in_force(&versions, Date::constant(2026, 5, 31)), Some(1));
        assert_eq!(in_force(&versions, june), Some(2));
        assert_eq!(in_force(&versions, Date::constant(2027, 1, 1)), Some(3));
        assert_eq!(in_force(&versions[1..], Date::constant(2026, 1, 1)), None);
    }

    #[test]
    fn a_difference_shows_what_changed_and_little_else() {
        let before = "a\nb\nc\nd\ne\nf\ng";
        let after = "a\nb\nc\nD\ne\nf\ng\nh";
        let shown: Vec<String> = difference(before, after)
            .iter()
            .map(|line| format!("{}{}", line.mark, line.text))
            .collect();
        assert_eq!(shown, [" b", " c", "-d", "+D", " e", " f", " g", "+h"]);
        assert!(difference(before, before).is_empty());
        assert_eq!(difference("", "x").len(), 1);
    }

    #[test]
    fn every_document_has_its_own_word_and_file() {
        for kind in ConfigurationKind::ALL {
            assert_eq!(ConfigurationKind::from_word(kind.as_str()), Some(*kind));
            let files = ConfigurationKind::ALL
                .iter()
                .filter(|it| it.file() == kind.file());
            assert_eq!(files.count(), 1);
        }
    }
}
