//! How the documents of a legal entity come to be issued: at once or as drafts that stand for some
//! days, from which total on a second person decides, under which numbers, whether their lines are rounded
//! once for all of them, and to which cash units their amounts to pay are.

use crate::numbering::NumberPattern;
use crate::rounding::{InvoiceRounding, NetRounding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::{CashUnit, Currency, Money};

/// Longest time that a draft stands.
const MOST_DRAFT_DAYS: u16 = 90;

/// Longest time that a request for approval waits.
const MOST_EXPIRY_DAYS: u16 = 366;

/// Largest cash unit, in major units: more than any currency has, so more is a slip of the pen.
const MOST_UNIT: i64 = 1_000;

fn largest_unit(currency: Currency) -> Money {
    Money::from_minor(MOST_UNIT * 10_i64.pow(currency.exponent()), currency)
}

/// How the documents of a legal entity come to be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoicePolicy {
    /// Days that a document of a bill run stands as a draft, before it is issued by itself; with 0
    /// it is issued at once.
    #[serde(default)]
    pub draft_days: u16,
    /// No invoice is issued before a second person has approved it.
    #[serde(default)]
    pub until_approved: bool,
    /// The largest total with tax, one for each currency, that an invoice may have without a second
    /// person. Where any is stated, an invoice in another currency waits as well.
    #[serde(default)]
    pub approve_over: Vec<Money>,
    /// Days until a request for approval expires.
    #[serde(default = "two_weeks")]
    pub expires_days: u16,
    /// Numbers of invoices; `{entity}-{year}-{number:5}` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_numbers: Option<NumberSeries>,
    /// Numbers of credit notes; `{entity}-CN-{year}-{number:5}` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_note_numbers: Option<NumberSeries>,
    /// Whether the net amounts of an invoice are rounded on each line alone, or the exact ones once for the
    /// whole invoice. What that comes to more or less stands as a line of its own beside net and tax.
    #[serde(default, skip_serializing_if = "NetRounding::is_per_line")]
    pub net_rounding: NetRounding,
    /// The cash units to which amounts to pay are rounded, one for each currency; amounts in other
    /// currencies stay as they are. The rounding stands as a line of its own beside net and tax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounding: Vec<CashUnit>,
    /// What becomes of money that was paid for what is credited.
    #[serde(default, skip_serializing_if = "CreditForm::is_usual")]
    pub credits: CreditForm,
}

/// What becomes of money that was paid for what is credited. A credit note is issued in any case, and
/// what was not paid of its invoice is owed no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CreditForm {
    /// It is the customer's, set against nothing, until somebody says what it is for.
    #[default]
    Unapplied,
    /// It becomes prepaid credit, which pays the next invoices.
    AccountCredit,
    /// It goes back to the payer, as soon as whoever has to approve the refund has.
    Refund,
}

impl CreditForm {
    fn is_usual(&self) -> bool {
        *self == Self::Unapplied
    }
}

fn two_weeks() -> u16 {
    14
}

impl Default for InvoicePolicy {
    fn default() -> Self {
        Self {
            draft_days: 0,
            until_approved: false,
            approve_over: Vec::new(),
            expires_days: two_weeks(),
            invoice_numbers: None,
            credit_note_numbers: None,
            net_rounding: NetRounding::default(),
            rounding: Vec::new(),
            credits: CreditForm::default(),
        }
    }
}

/// A series of numbers without gaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberSeries {
    /// How its numbers are printed.
    pub pattern: NumberPattern,
    /// Whether it goes on at the end of a year; it begins again at 1 when not.
    #[serde(default)]
    pub continuous: bool,
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvoicePolicyProblem {
    /// A draft would stand too long.
    #[error("a draft stands for 0 to {MOST_DRAFT_DAYS} days, not {days}")]
    DraftDays {
        /// How long.
        days: u16,
    },
    /// A request would expire at once or never.
    #[error("a request for approval expires after 1 to {MOST_EXPIRY_DAYS} days, not {days}")]
    ExpiresDays {
        /// After how many.
        days: u16,
    },
    /// A limit below nothing.
    #[error("the limit {limit} is negative; use 0 where every invoice needs a second person")]
    NegativeLimit {
        /// Which.
        limit: Money,
    },
    /// Two limits in one currency.
    #[error("there are two limits in {currency}; state one")]
    TwoLimits {
        /// Which.
        currency: Currency,
    },
    /// A unit that rounds nothing, or that no currency has.
    #[error(
        "{unit} is no cash unit; state more than {} and at most {}",
        Money::from_minor(1, unit.currency), largest_unit(unit.currency)
    )]
    NoCashUnit {
        /// The unit stated.
        unit: Money,
    },
    /// Two units in one currency.
    #[error("there are two cash units in {currency}; state one")]
    TwoUnits {
        /// Which.
        currency: Currency,
    },
    /// The same numbers would come every year.
    #[error(
        "{pattern} would print the same numbers again each year; put {{year}} into it, or set continuous to true"
    )]
    Restarts {
        /// `invoice_numbers` or `credit_note_numbers`.
        field: &'static str,
        /// The pattern.
        pattern: NumberPattern,
    },
}

impl InvoicePolicyProblem {
    /// The field at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            InvoicePolicyProblem::DraftDays { .. } => "draft_days",
            InvoicePolicyProblem::ExpiresDays { .. } => "expires_days",
            InvoicePolicyProblem::NegativeLimit { .. } | InvoicePolicyProblem::TwoLimits { .. } => {
                "approve_over"
            }
            InvoicePolicyProblem::NoCashUnit { .. } | InvoicePolicyProblem::TwoUnits { .. } => {
                "rounding"
            }
            InvoicePolicyProblem::Restarts { field, .. } => field,
        }
    }
}

impl InvoicePolicy {
    /// Everything that is wrong with it by itself.
    #[must_use]
    pub fn problems(&self) -> Vec<InvoicePolicyProblem> {
        let mut found = Vec::new();
        if self.draft_days > MOST_DRAFT_DAYS {
            found.push(InvoicePolicyProblem::DraftDays {
                days: self.draft_days,
            });
        }
        if !(1..=MOST_EXPIRY_DAYS).contains(&self.expires_days) {
            found.push(InvoicePolicyProblem::ExpiresDays {
                days: self.expires_days,
            });
        }
        for (index, limit) in self.approve_over.iter().enumerate() {
            if limit.minor < 0 {
                found.push(InvoicePolicyProblem::NegativeLimit { limit: *limit });
            }
            let before = &self.approve_over[..index];
            if before.iter().any(|known| known.currency == limit.currency) {
                found.push(InvoicePolicyProblem::TwoLimits {
                    currency: limit.currency,
                });
            }
        }
        self.check_units(&mut found);
        for (field, series) in [
            ("invoice_numbers", &self.invoice_numbers),
            ("credit_note_numbers", &self.credit_note_numbers),
        ] {
            if let Some(series) = series
                && !series.continuous
                && !series.pattern.has_year()
            {
                found.push(InvoicePolicyProblem::Restarts {
                    field,
                    pattern: series.pattern.clone(),
                });
            }
        }
        found
    }

    fn check_units(&self, found: &mut Vec<InvoicePolicyProblem>) {
        for (index, CashUnit { to, .. }) in self.rounding.iter().enumerate() {
            if to.minor <= 1 || to.minor > largest_unit(to.currency).minor {
                found.push(InvoicePolicyProblem::NoCashUnit { unit: *to });
            }
            let mut before = self.rounding[..index].iter();
            if before.any(|known| known.to.currency == to.currency) {
                found.push(InvoicePolicyProblem::TwoUnits {
                    currency: to.currency,
                });
            }
        }
    }

    /// What rounds an invoice in a currency as a whole; nothing where nothing does.
    #[must_use]
    pub fn rounding_in(&self, currency: Currency) -> Option<InvoiceRounding> {
        let mut units = self.rounding.iter();
        let unit = units.find(|unit| unit.to.currency == currency).copied();
        let net = self.net_rounding;
        (unit.is_some() || !net.is_per_line()).then_some(InvoiceRounding { net, unit })
    }

    /// Whether there is an invoice that bears a rounding.
    #[must_use]
    pub fn rounds(&self) -> bool {
        !self.net_rounding.is_per_line() || !self.rounding.is_empty()
    }

    /// Whether any document may have to stand as a draft before it is issued.
    #[must_use]
    pub fn drafts(&self) -> bool {
        self.draft_days > 0 || self.until_approved || !self.approve_over.is_empty()
    }

    /// Why an invoice of this total needs a second person; nothing when it does not.
    #[must_use]
    pub fn needs(&self, total: Money) -> Option<String> {
        if self.until_approved {
            return Some("every invoice needs a second person".to_owned());
        }
        let mut limits = self.approve_over.iter();
        match limits.find(|limit| limit.currency == total.currency) {
            Some(limit) if total.minor <= limit.minor => None,
            Some(limit) => Some(format!("{total} is over the limit of {limit}")),
            None if self.approve_over.is_empty() => None,
            None => Some(format!("there is no limit in {}", total.currency)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use values::CashRounding;

    fn euros(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    #[test]
    fn an_invoice_over_the_limit_of_its_currency_needs_a_second_person() {
        let policy = InvoicePolicy {
            approve_over: vec![euros(1_000_000)],
            ..InvoicePolicy::default()
        };
        assert!(policy.drafts());
        assert_eq!(policy.needs(euros(1_000_000)), None);
        let why = policy.needs(euros(1_000_001)).unwrap();
        assert_eq!(why, "10,000.01 EUR is over the limit of 10,000.00 EUR");
        let dollars = Money::from_minor(1, Currency::USD);
        assert_eq!(policy.needs(dollars).unwrap(), "there is no limit in USD");
        assert_eq!(InvoicePolicy::default().needs(euros(i64::MAX)), None);
        assert!(!InvoicePolicy::default().drafts());
    }

    fn unit(minor: i64) -> CashUnit {
        CashUnit {
            to: euros(minor),
            mode: CashRounding::HalfUp,
        }
    }

    #[test]
    fn only_stated_currencies_are_rounded_and_nothing_stated_reads_and_writes_as_before() {
        let policy = InvoicePolicy {
            rounding: vec![unit(5)],
            ..InvoicePolicy::default()
        };
        assert_eq!(policy.problems(), []);
        let known = policy.rounding_in(Currency::EUR).unwrap();
        assert_eq!(known.unit, Some(unit(5)));
        assert_eq!(policy.rounding_in(Currency::USD), None);
        assert!(policy.rounds() && !InvoicePolicy::default().rounds());
        let text = serde_json::to_string(&InvoicePolicy::default()).unwrap();
        assert!(!text.contains("rounding"), "{text}");
        let read: InvoicePolicy = serde_json::from_str(&text).unwrap();
        assert_eq!(read, InvoicePolicy::default());
    }

    #[test]
    fn lines_are_rounded_once_in_every_currency_where_the_policy_says_so() {
        let read = |text: &str| serde_json::from_str::<InvoicePolicy>(text);
        let policy = read(r#"{ "net_rounding": { "per_invoice": "half_even" } }"#).unwrap();
        assert!(policy.rounds());
        let once = NetRounding::PerInvoice(values::Rounding::HalfEven);
        for currency in [Currency::EUR, Currency::USD] {
            let known = policy.rounding_in(currency).unwrap();
            assert_eq!((known.net, known.unit), (once, None));
        }
        let plain = read(r#"{ "net_rounding": "per_line" }"#).unwrap();
        assert_eq!(plain, InvoicePolicy::default());
        assert!(read(r#"{ "net_rounding": { "per_invoice": "up" } }"#).is_err());
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let policy = InvoicePolicy {
            draft_days: 91,
            expires_days: 0,
            approve_over: vec![euros(-1), euros(5)],
            rounding: [1, 5, 100_001].map(unit).to_vec(),
            invoice_numbers: Some(NumberSeries {
                pattern: "INV-{number}".parse().unwrap(),
                continuous: false,
            }),
            ..InvoicePolicy::default()
        };
        let told: Vec<String> = policy
            .problems()
            .iter()
            .map(|problem| format!("{}: {problem}", problem.field()))
            .collect();
        assert_eq!(
            told,
            [
                "draft_days: a draft stands for 0 to 90 days, not 91",
                "expires_days: a request for approval expires after 1 to 366 days, not 0",
                "approve_over: the limit -0.01 EUR is negative; use 0 where every invoice needs a second person",
                "approve_over: there are two limits in EUR; state one",
                "rounding: 0.01 EUR is no cash unit; state more than 0.01 EUR and at most 1,000.00 EUR",
                "rounding: there are two cash units in EUR; state one",
                "rounding: 1,000.01 EUR is no cash unit; state more than 0.01 EUR and at most 1,000.00 EUR",
                "rounding: there are two cash units in EUR; state one",
                "invoice_numbers: INV-{number} would print the same numbers again each year; put {year} into it, or set continuous to true",
            ]
        );
    }
}
