//! Legal entities, the chart of accounts, posting rules as data, journals, periods, statements and
//! the exports that outside programs verify.
//!
//! A reader starts at [`facts`] (what an event offers to be posted), then [`RuleBook::post`] (how a
//! rule makes a balanced journal of it), then [`PeriodBook`] (when it may be posted).
//!
//! **Invariant**: a [`JournalDraft`] balances per currency once it exists and holds no zero line.
//! **Invariant**: nothing here reads a clock, does I/O or holds a float; amounts are whole minor units.

pub mod export;

mod catalogue;
mod chart;
mod entity;
mod entry;
mod facts;
mod journal;
mod period;
mod posting;
mod rules;
mod rules_text;
mod statement;

pub use catalogue::{Attribute, Each, POSTING_EVENTS, PartShape, PostingEvent};
pub use chart::{Account, AccountKind, Chart, ChartProblem, ChartRefusal};
pub use entity::Entity;
pub use entry::{EntryProblem, EntryRefusal, MANUAL_RULE, enter};
pub use facts::{Facts, Part, facts};
pub use journal::{
    Dimension, Dimensions, DimensionsOf, JournalDraft, JournalLine, REVERSAL_RULE, reverse,
};
pub use period::{PeriodBook, PeriodRefusal, Placement};
pub use posting::PostingRefusal;
pub use rules::{
    AccountChoice, Condition, Rule, RuleBook, RuleBookRefusal, RuleLine, RuleProblem, Side,
};
pub use statement::{
    BalanceRow, StatementRefusal, TrialBalance, TrialBalanceRow, TrialBalanceTotal, natural,
    trial_balance,
};
