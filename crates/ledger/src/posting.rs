//! The posting kernel: a pure function from facts and rules to a balanced journal.

use crate::journal::differences;
use crate::rules::{AccountChoice, Rule, RuleBook, RuleLine, Side};
use crate::{Chart, DimensionsOf, Facts, JournalDraft, JournalLine, Part};
use std::collections::HashMap;
use values::{AccountCode, Currency, Date, Decimal, EntityId, Month};

/// Why a recorded fact could not be posted. The fact stays recorded; the posting is parked and is
/// redone when this is mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostingRefusal {
    /// No rule of the book takes this event on that date.
    #[error("no posting rule takes {event_type} with {attributes} on {date}; add a rule for it")]
    NoRule {
        /// The CloudEvents type.
        event_type: &'static str,
        /// The attributes of the document: `method = card, …`.
        attributes: String,
        /// The accounting date.
        date: Date,
    },
    /// A rule posts to an account that the chart does not have.
    #[error(
        "rule {rule} posts to account {account}, which is not in the chart; add the account or change the rule"
    )]
    UnknownAccount {
        /// The rule.
        rule: String,
        /// The account.
        account: AccountCode,
    },
    /// A rule chooses an account by an attribute whose value it does not map.
    #[error("rule {rule} has no account for {attribute} {value:?}; add it to the map of the rule")]
    UnmappedAttribute {
        /// The rule.
        rule: String,
        /// The attribute.
        attribute: &'static str,
        /// Its value; empty when the event has none.
        value: String,
    },
    /// What the rule makes of the event does not add up to zero.
    #[error(
        "rule {rule} leaves {difference} {currency} out of balance for entity {entity}; the amounts of the event do not add up or the rule leaves one out"
    )]
    OutOfBalance {
        /// The rule.
        rule: String,
        /// Whose books.
        entity: EntityId,
        /// The currency.
        currency: Currency,
        /// Debits less credits in major units.
        difference: Decimal,
    },
    /// The accounting date lies in a month that takes no more entries.
    #[error("month {month} of entity {entity} is closed; post into an open month or reopen it")]
    PeriodClosed {
        /// Whose books.
        entity: EntityId,
        /// The month.
        month: Month,
    },
    /// The amounts of an event are not all of one currency.
    #[error(
        "{event_type}: the {field} is in {found} but the event is in {expected}; convert it at a stated rate first"
    )]
    CurrenciesDiffer {
        /// The CloudEvents type.
        event_type: &'static str,
        /// Which amount.
        field: &'static str,
        /// The currency of the event.
        expected: Currency,
        /// The currency of the amount.
        found: Currency,
    },
    /// A sum does not fit 64 bits of minor units.
    #[error("the amounts add up to more than 92 quadrillion minor units")]
    TooLarge,
}

impl PostingRefusal {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            PostingRefusal::NoRule { .. } => "no_rule",
            PostingRefusal::UnknownAccount { .. } => "unknown_account",
            PostingRefusal::UnmappedAttribute { .. } => "unmapped_attribute",
            PostingRefusal::OutOfBalance { .. } => "out_of_balance",
            PostingRefusal::PeriodClosed { .. } => "period_closed",
            PostingRefusal::CurrenciesDiffer { .. } => "currencies_differ",
            PostingRefusal::TooLarge => "amount_too_large",
        }
    }
}

impl RuleBook {
    /// The journal that the rules make of `facts` in the books of `entity` on `date`; nothing when
    /// every amount is zero. Lines of the same account and dimensions are merged, in the order of
    /// the rule; a negative amount goes to the other side.
    ///
    /// # Errors
    /// When no rule takes the event, a rule does not fit the chart or the event, or the result does
    /// not balance.
    pub fn post(
        &self,
        facts: &Facts<'_>,
        chart: &Chart,
        entity: &EntityId,
        date: Date,
    ) -> Result<Option<JournalDraft>, PostingRefusal> {
        if facts.is_nothing() {
            return Ok(None);
        }
        let rule = self
            .select(facts, date)
            .ok_or_else(|| PostingRefusal::NoRule {
                event_type: facts.event_type,
                attributes: facts.describe(),
                date,
            })?;
        let mut merged = Merged::default();
        for rule_line in &rule.lines {
            for part in facts.parts(rule_line.each) {
                merged.add(rule, rule_line, part, facts, chart)?;
            }
        }
        let mut lines = merged.lines;
        lines.retain(|line: &JournalLine| line.amount != 0);
        check_balance(rule, entity, &lines)?;
        if lines.is_empty() {
            return Ok(None);
        }
        Ok(Some(JournalDraft {
            entity: entity.clone(),
            date,
            rule: rule.id.clone(),
            rule_version: rule.version,
            lines,
        }))
    }
}

/// Journal lines in the order of the rule, those of the same account and dimensions merged.
#[derive(Default)]
struct Merged<'e> {
    lines: Vec<JournalLine>,
    /// Where the line of an account and dimensions is: one document may have tens of thousands.
    places: HashMap<(&'e AccountCode, DimensionsOf<'e>), usize>,
}

impl<'e> Merged<'e> {
    /// Adds what one rule line makes of one part.
    fn add(
        &mut self,
        rule: &Rule,
        rule_line: &'e RuleLine,
        part: &Part<'e>,
        facts: &Facts<'_>,
        chart: &Chart,
    ) -> Result<(), PostingRefusal> {
        let minor = part.amount(rule_line.amount).unwrap_or(0);
        if minor == 0 {
            return Ok(());
        }
        let account = choose(rule, rule_line, part, facts)?;
        if chart.account(account).is_none() {
            return Err(PostingRefusal::UnknownAccount {
                rule: rule.id.clone(),
                account: account.clone(),
            });
        }
        let amount = match rule_line.side {
            Side::Debit => minor,
            Side::Credit => minor.checked_neg().ok_or(PostingRefusal::TooLarge)?,
        };
        let dimensions = part.dimensions.only(&rule_line.dimensions);
        let next = self.lines.len();
        let at = *self.places.entry((account, dimensions)).or_insert(next);
        match self.lines.get_mut(at) {
            Some(line) => {
                line.amount = line
                    .amount
                    .checked_add(amount)
                    .ok_or(PostingRefusal::TooLarge)?;
            }
            None => self.lines.push(JournalLine {
                account: account.clone(),
                amount,
                currency: facts.currency,
                dimensions: dimensions.cloned(),
            }),
        }
        Ok(())
    }
}

/// The account of a rule line for one part: a line may be chosen by an attribute of its document.
fn choose<'a>(
    rule: &Rule,
    line: &'a RuleLine,
    part: &Part<'_>,
    facts: &Facts<'_>,
) -> Result<&'a AccountCode, PostingRefusal> {
    match &line.account {
        AccountChoice::One(account) => Ok(account),
        AccountChoice::By { attribute, map } => {
            let value = part
                .attribute(attribute)
                .or_else(|| facts.document.attribute(attribute))
                .unwrap_or("");
            map.get(value)
                .ok_or_else(|| PostingRefusal::UnmappedAttribute {
                    rule: rule.id.clone(),
                    attribute,
                    value: value.to_owned(),
                })
        }
    }
}

fn check_balance(
    rule: &Rule,
    entity: &EntityId,
    lines: &[JournalLine],
) -> Result<(), PostingRefusal> {
    match differences(lines).first() {
        None => Ok(()),
        Some((currency, difference)) => Err(
            match Decimal::try_from_i128_with_scale(*difference, currency.exponent()) {
                Ok(difference) => PostingRefusal::OutOfBalance {
                    rule: rule.id.clone(),
                    entity: entity.clone(),
                    currency: *currency,
                    difference,
                },
                Err(_) => PostingRefusal::TooLarge,
            },
        ),
    }
}
