//! Quotes: where one stands, and what it comes to against list and standalone prices. What is quoted
//! is a contract that is not in force yet, so a quote, its preview and its contract cannot disagree.

use crate::contract::{Component, Contract};
use crate::rating::{RatingRefusal, component_value, total_value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use values::{
    Decimal, Money, MoneyRefused, ProductCode, Rate, Rounding, days_between, round_places,
    round_to_minor,
};

/// Where a version of a quote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuoteStatus {
    /// In the hands of the seller.
    Draft,
    /// Waits for somebody to approve it.
    Submitted,
    /// May be shown to the customer and accepted.
    Approved,
    /// Somebody did not approve it.
    Rejected,
    /// The customer has signed; its order is a draft.
    Accepted,
    /// Its order has become a contract.
    Converted,
    /// Nobody accepted it in time.
    Expired,
    /// Taken back, or replaced by a later version.
    Void,
}

/// A step that a quote cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quote that is {from} cannot become {to}; {}", .from.mend())]
pub struct QuoteRefusal {
    /// Where it stands.
    pub from: QuoteStatus,
    /// Where it was to go.
    pub to: QuoteStatus,
}

impl QuoteStatus {
    const ALL: [QuoteStatus; 8] = [
        QuoteStatus::Draft,
        QuoteStatus::Submitted,
        QuoteStatus::Approved,
        QuoteStatus::Rejected,
        QuoteStatus::Accepted,
        QuoteStatus::Converted,
        QuoteStatus::Expired,
        QuoteStatus::Void,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            QuoteStatus::Draft => "draft",
            QuoteStatus::Submitted => "submitted",
            QuoteStatus::Approved => "approved",
            QuoteStatus::Rejected => "rejected",
            QuoteStatus::Accepted => "accepted",
            QuoteStatus::Converted => "converted",
            QuoteStatus::Expired => "expired",
            QuoteStatus::Void => "void",
        }
    }

    /// The status of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<QuoteStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The step to `next`.
    ///
    /// # Errors
    /// When this is no step of a quote.
    pub fn to(self, next: QuoteStatus) -> Result<QuoteStatus, QuoteRefusal> {
        use QuoteStatus::{
            Accepted, Approved, Converted, Draft, Expired, Rejected, Submitted, Void,
        };
        let possible = match self {
            Draft => matches!(next, Submitted | Approved | Expired | Void),
            Submitted => matches!(next, Approved | Rejected | Draft | Expired | Void),
            Approved => matches!(next, Accepted | Expired | Void),
            Accepted => matches!(next, Converted | Void),
            Rejected | Expired => next == Void,
            Converted | Void => false,
        };
        if possible {
            Ok(next)
        } else {
            Err(QuoteRefusal {
                from: self,
                to: next,
            })
        }
    }

    fn mend(self) -> &'static str {
        match self {
            QuoteStatus::Draft => "submit it, so that it is approved",
            QuoteStatus::Submitted => "wait for the decision, or revise it",
            QuoteStatus::Approved => "accept it once the customer has signed, or revise it",
            QuoteStatus::Rejected | QuoteStatus::Expired => "revise it and submit the new version",
            QuoteStatus::Accepted => "convert it, or revise it, which withdraws its draft order",
            QuoteStatus::Converted => "change the contract by an amendment",
            QuoteStatus::Void => "work with its latest version, or write a new quote",
        }
    }
}

impl fmt::Display for QuoteStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a quote comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuoteFigures {
    /// Total contract value: everything that is billed over the term, without tax and use.
    pub tcv: Money,
    /// What recurs, over twelve months of the term.
    pub acv: Money,
    /// What recurs, over one month of the term.
    pub mrr: Money,
    /// What is charged once.
    pub one_off: Money,
    /// The total at list prices.
    pub list: Money,
    /// List less total.
    pub discount: Money,
    /// The discount as a part of list, to four places: `"0.2"` is 20 %.
    pub discount_rate: Rate,
    /// What is given away: how far lines are below list, added up, and nothing set off for lines that
    /// are dearer than list. It is what the discount policy measures, so that neither a dearer line
    /// beside a cheap one nor a line parted in two needs less approval. Absent in versions that were
    /// written before it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_away: Option<Money>,
    /// The total at standalone selling prices, of the products that have one.
    pub standalone: Money,
    /// What is quoted for those products less their standalone selling prices.
    pub margin: Money,
    /// The margin as a part of the standalone selling prices, to four places.
    pub margin_rate: Rate,
    /// Products without a standalone selling price.
    pub without_standalone: Vec<ProductCode>,
}

/// What `quoted` comes to against the same contract at list prices and at standalone selling prices;
/// `standalone` holds only the components whose product has one.
///
/// # Errors
/// When an amount cannot be kept.
pub fn quote_figures(
    quoted: &Contract,
    list: &Contract,
    standalone: &Contract,
) -> Result<QuoteFigures, RatingRefusal> {
    let tcv = total_value(quoted)?;
    let given_away = given_away(quoted, list)?;
    let list = total_value(list)?;
    let mut recurring = Money::zero(quoted.currency);
    let mut compared = Money::zero(quoted.currency);
    let mut without = Vec::new();
    for component in &quoted.components {
        let value = component_value(quoted, component)?;
        if component.billing.recurs() {
            recurring = recurring.plus(value)?;
        }
        if standalone
            .components
            .iter()
            .any(|it: &Component| it.id == component.id)
        {
            compared = compared.plus(value)?;
        } else if !without.contains(&component.product) {
            without.push(component.product.clone());
        }
    }
    let months = months_of(quoted);
    let standalone = total_value(standalone)?;
    let discount = list.minus(tcv)?;
    let margin = compared.minus(standalone)?;
    Ok(QuoteFigures {
        tcv,
        acv: over(recurring, Decimal::from(12), months)?,
        mrr: over(recurring, Decimal::ONE, months)?,
        one_off: tcv.minus(recurring)?,
        list,
        discount,
        discount_rate: share(discount, list),
        given_away: Some(given_away),
        standalone,
        margin,
        margin_rate: share(margin, standalone),
        without_standalone: without,
    })
}

impl QuoteFigures {
    /// What the discount policy measures, with the part of list that it is.
    #[must_use]
    pub fn conceded(&self) -> (Money, Rate) {
        match self.given_away {
            Some(given) => (given, share(given, self.list)),
            None => (self.discount, self.discount_rate),
        }
    }
}

/// How far components are below list, added up; those at or above list count nothing.
fn given_away(quoted: &Contract, list: &Contract) -> Result<Money, RatingRefusal> {
    let mut given = Money::zero(quoted.currency);
    for component in &quoted.components {
        let listed = list.components.iter().find(|it| it.id == component.id);
        let Some(listed) = listed else { continue };
        let at_list = component_value(list, listed)?;
        let below = at_list.minus(component_value(quoted, component)?)?;
        if below.minor > 0 {
            given = given.plus(below)?;
        }
    }
    Ok(given)
}

/// Months of the term: whole ones where it is whole months, otherwise its days by 365 a year.
fn months_of(contract: &Contract) -> Decimal {
    let (from, until) = (contract.term.from(), contract.term.until());
    let days = days_between(from, until);
    let about = i32::try_from(days / 30).unwrap_or(i32::MAX);
    let whole = (about.saturating_sub(12).max(1)..=about.saturating_add(1))
        .rev()
        .find(|months| values::add_months(from, *months) == until);
    match whole {
        Some(months) => Decimal::from(months),
        None => Decimal::from(days.max(1)) * Decimal::from(12) / Decimal::from(365),
    }
}

fn over(amount: Money, times: Decimal, months: Decimal) -> Result<Money, MoneyRefused> {
    let exact = amount
        .decimal()
        .checked_mul(times)
        .and_then(|product| product.checked_div(months))
        .ok_or(MoneyRefused::TooLarge)?;
    let minor = round_to_minor(exact, amount.currency, Rounding::HalfUp)?;
    Ok(Money::from_minor(minor, amount.currency))
}

fn share(part: Money, whole: Money) -> Rate {
    let exact = part.decimal().checked_div(whole.decimal());
    Rate::new(round_places(exact.unwrap_or_default(), 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_takes_no_step_that_it_does_not_have_and_says_the_mend() {
        let refused = QuoteStatus::Draft.to(QuoteStatus::Accepted).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a quote that is draft cannot become accepted; submit it, so that it is approved"
        );
        let refused = QuoteStatus::Converted.to(QuoteStatus::Void).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a quote that is converted cannot become void; change the contract by an amendment"
        );
        for status in QuoteStatus::ALL {
            assert_eq!(QuoteStatus::from_word(status.as_str()), Some(status));
            assert!(!status.mend().is_empty());
        }
    }
}
