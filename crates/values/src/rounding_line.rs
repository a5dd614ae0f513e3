//! The line that makes the amount to pay of a document out of its lines and their tax, with its rule.

use crate::{CashRounding, CashUnit, Money, MoneyRefused, Rounding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands between net and tax of a document and its amount to pay: the lines rounded once for the
/// whole invoice, a whole number of cash units, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RoundingLine {
    /// Added to net and tax; below zero when less is paid.
    pub amount: Money,
    /// To which unit the amount to pay is rounded: the smallest one of the currency where only the lines
    /// are.
    pub rule: CashUnit,
    /// By which rule the exact net amounts of all lines were rounded once, before the amount to pay was;
    /// absent where each line is rounded by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_invoice: Option<Rounding>,
}

/// What was credited of an invoice so far, with the sign of what is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credited {
    /// Of its lines, with their tax.
    pub lines: Money,
    /// The roundings of its credit notes.
    pub rounding: Money,
}

impl RoundingLine {
    /// The line with the other sign, under the same rule.
    ///
    /// # Errors
    /// Only for the one amount that has no opposite in 64 bits.
    pub fn negated(&self) -> Result<RoundingLine, MoneyRefused> {
        Ok(RoundingLine {
            amount: self.amount.negated()?,
            ..*self
        })
    }

    /// The rule in words, such as `lines rounded once per invoice, half up`.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(way) = self.per_invoice else {
            return self.rule.to_string();
        };
        let lines = format!(
            "lines rounded once per invoice, {}",
            CashRounding::from(way).words()
        );
        match self.is_in_cash_units() {
            true => format!("{lines}; then {}", self.rule),
            false => lines,
        }
    }

    /// Whether the amount to pay is a multiple of more than the smallest unit of the currency.
    #[must_use]
    pub fn is_in_cash_units(&self) -> bool {
        self.rule.to.minor > 1
    }

    /// The rounding line of the next credit note of an invoice that bears this one. `whole` is what the
    /// lines of the invoice come to with their tax, `part` what is credited of them now.
    ///
    /// By cash units alone, all credits together come to what their sum rounds to. Where the lines were
    /// rounded once, the part of this line that is due is in proportion to what is credited in all of
    /// `whole`, rounded half up and then to the cash unit; the next credit note gives what is due less
    /// what was given before, and never less than nothing. Either way credits in parts never come to more
    /// than the invoice, and when all of it is credited nothing of its rounding is left.
    ///
    /// # Errors
    /// When currencies differ, or an amount is too large.
    pub fn next_credit(
        &self,
        whole: Money,
        before: Credited,
        part: Money,
    ) -> Result<RoundingLine, MoneyRefused> {
        if self.per_invoice.is_none() {
            return self.rule.next_line(before.lines, part);
        }
        let credited = before.lines.plus(part)?;
        let due = credited.plus(self.share(whole, credited)?)?;
        let given = before.lines.plus(before.rounding)?;
        let next = self.rule.round(due.minus(given)?)?;
        let next = Money::from_minor(next.minor.max(0), next.currency);
        Ok(RoundingLine {
            amount: next.minus(part)?,
            ..*self
        })
    }

    /// The part of the line that belongs to what is credited of the whole: all of it from the whole on.
    fn share(&self, whole: Money, credited: Money) -> Result<Money, MoneyRefused> {
        whole.plus(Money::zero(credited.currency))?;
        let part = match credited.minor {
            credited if credited >= whole.minor => self.amount.minor,
            credited if credited <= 0 => 0,
            credited => {
                // Between nothing and the whole, which is above zero then.
                let doubled = i128::from(self.amount.minor) * i128::from(credited) * 2;
                let whole = i128::from(whole.minor);
                let half = whole * doubled.signum();
                i64::try_from((doubled + half) / (whole * 2)).map_err(|_| MoneyRefused::TooLarge)?
            }
        };
        Ok(Money::from_minor(part, self.amount.currency))
    }
}

/// What is to be paid of a document: its net amount, its tax and what rounds it.
///
/// # Errors
/// When currencies differ, or the sum is too large.
pub fn amount_to_pay(
    net: Money,
    tax: Money,
    rounding: Option<&RoundingLine>,
) -> Result<Money, MoneyRefused> {
    let sum = net.plus(tax)?;
    match rounding {
        Some(line) => sum.plus(line.amount),
        None => Ok(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;
    use proptest::prelude::*;

    fn euros(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn line(unit: i64, amount: i64) -> RoundingLine {
        RoundingLine {
            amount: euros(amount),
            rule: CashUnit {
                to: euros(unit),
                mode: CashRounding::HalfUp,
            },
            per_invoice: Some(Rounding::HalfEven),
        }
    }

    #[test]
    fn the_words_name_every_rule_that_made_the_line() {
        assert_eq!(
            line(1, 0).words(),
            "lines rounded once per invoice, half to even"
        );
        assert_eq!(
            line(5, 0).words(),
            "lines rounded once per invoice, half to even; then rounded to 0.05 EUR, half up"
        );
        let cash = RoundingLine {
            per_invoice: None,
            ..line(5, 0)
        };
        assert_eq!(cash.words(), "rounded to 0.05 EUR, half up");
    }

    #[test]
    fn a_line_of_before_reads_and_writes_as_it_did() {
        let text = r#"{"amount":{"amount":"0.01","currency":"EUR"},"rule":{"to":{"amount":"0.05","currency":"EUR"},"mode":"half_up"}}"#;
        let read: RoundingLine = serde_json::from_str(text).unwrap();
        assert_eq!(read.per_invoice, None);
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn credits_give_the_rounding_back_in_proportion_and_then_all_of_it() {
        let invoice = line(1, 3);
        let mut before = Credited {
            lines: euros(0),
            rounding: euros(0),
        };
        let mut given = Vec::new();
        for part in [10, 20, 30, 40] {
            let next = invoice.next_credit(euros(100), before, euros(part));
            let rounding = next.unwrap().amount;
            given.push(rounding.minor);
            before = Credited {
                lines: before.lines.plus(euros(part)).unwrap(),
                rounding: before.rounding.plus(rounding).unwrap(),
            };
        }
        assert_eq!(given, [0, 1, 1, 1]);
    }

    #[test]
    fn what_is_taken_back_beyond_the_whole_has_no_more_of_its_rounding() {
        let nothing = Credited {
            lines: euros(0),
            rounding: euros(0),
        };
        // An invoice of 1.40 that itself took back 0.40 of an earlier one, or all that it charged.
        for whole in [100, 0] {
            let next = line(1, 3).next_credit(euros(whole), nothing, euros(140));
            assert_eq!(next.unwrap().amount, euros(3));
        }
        let dollars = Money::from_minor(1, Currency::USD);
        assert!(line(1, 3).next_credit(dollars, nothing, euros(1)).is_err());
        let part = euros(i64::MAX);
        let before = Credited {
            lines: part,
            ..nothing
        };
        assert!(line(1, 3).next_credit(part, before, part).is_err());
    }

    /// An invoice by both rules: what its lines come to, its rounding and the unit.
    fn any_invoice() -> impl Strategy<Value = (i64, RoundingLine)> {
        let units = prop::sample::select(vec![1, 5, 100]);
        let modes = prop::sample::select(CashRounding::ALL.to_vec());
        (units, modes, 0_i64..100_000, -30_i64..30).prop_map(|(unit, mode, whole, once)| {
            let once = once.max(-whole);
            let rule = CashUnit {
                to: euros(unit),
                mode,
            };
            let paid = rule.round(euros(whole + once)).unwrap();
            let amount = paid.minus(euros(whole)).unwrap();
            let bears = RoundingLine {
                amount,
                rule,
                per_invoice: Some(Rounding::HalfUp),
            };
            (whole, bears)
        })
    }

    proptest! {
        #[test]
        fn parts_give_back_what_the_whole_had(
            (whole, invoice) in any_invoice(),
            cuts in prop::collection::vec(0_i64..100_000, 0..8),
            voided in prop::collection::vec(any::<bool>(), 9),
        ) {
            let total = whole + invoice.amount.minor;
            let unit = invoice.rule.to.minor;
            // What stands: of the lines, and with the rounding.
            let mut standing: Vec<(i64, i64)> = Vec::new();
            let mut cuts: Vec<i64> = cuts.into_iter().map(|cut| cut.min(whole)).collect();
            cuts.push(whole);
            cuts.sort_unstable();
            let mut upto = 0;
            for (index, cut) in cuts.iter().enumerate() {
                let known: i64 = standing.iter().map(|(lines, _)| lines).sum();
                let given: i64 = standing.iter().map(|(_, total)| total).sum();
                let before = Credited { lines: euros(known), rounding: euros(given - known) };
                // The last credit is of all that is left.
                let is_last = index + 1 == cuts.len();
                let part = if is_last { whole - known } else { cut - upto };
                upto = *cut;
                let next = invoice.next_credit(euros(whole), before, euros(part)).unwrap();
                let credit = part + next.amount.minor;
                prop_assert!(credit >= 0, "a credit note of {credit}");
                prop_assert_eq!(credit % unit, 0);
                prop_assert!(given + credit <= total, "{} of {}", given + credit, total);
                standing.push((part, credit));
                // A credit note that is void credits nothing any more.
                if voided[index] && !is_last {
                    standing.remove(0);
                }
            }
            prop_assert_eq!(standing.iter().map(|(_, total)| total).sum::<i64>(), total);
        }
    }
}
