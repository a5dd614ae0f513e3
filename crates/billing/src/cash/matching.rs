//! Which open invoices a payment is for: what its text names, what its amount says, and how sure that
//! is. A suggestion never sets more against an invoice than is open, nor more than was paid.

use super::{Application, CashRefusal, OpenInvoice, apply};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use values::{Currency, CustomerId, Date, InvoiceId, Money};

/// How payments are matched, and which small differences are let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchPolicy {
    /// Raised with every change.
    pub version: u32,
    /// From this confidence on a payment is set against invoices without a person; 101 never.
    pub by_itself_from: u8,
    /// By currency: up to how many minor units a payment may fall short and still settle, the rest
    /// being written off. A currency that is not named has no tolerance.
    #[serde(default)]
    pub tolerance: BTreeMap<Currency, i64>,
    /// Of how many invoices sums are tried.
    pub most_in_a_sum: usize,
}

impl Default for MatchPolicy {
    fn default() -> Self {
        Self {
            version: 1,
            by_itself_from: 95,
            tolerance: BTreeMap::new(),
            most_in_a_sum: 10,
        }
    }
}

impl MatchPolicy {
    /// What may be written off on a payment in `currency`.
    #[must_use]
    pub fn tolerance_in(&self, currency: Currency) -> Money {
        let minor = self.tolerance.get(&currency).copied().unwrap_or(0);
        Money::from_minor(minor.max(0), currency)
    }
}

/// A payment, or what of it is unapplied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remittance {
    /// What is to be set against invoices, above zero.
    pub amount: Money,
    /// Who paid, when that is known.
    pub payer: Option<CustomerId>,
    /// What the payer wrote: remittance text and references.
    pub text: String,
}

/// An open invoice that a payment may be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The invoice.
    pub open: OpenInvoice,
    /// Its printed number.
    pub number: String,
    /// Who owes it.
    pub customer: CustomerId,
    /// Who pays for that customer, when somebody else does.
    #[serde(default)]
    pub payer: Option<CustomerId>,
}

/// Why a payment is thought to be for what is suggested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MatchReason {
    /// The text names these invoices.
    Named {
        /// Their printed numbers.
        numbers: Vec<String>,
    },
    /// The amount is exactly what is open on what it is for.
    ExactAmount,
    /// One invoice alone has this amount.
    OnlyOneOfThatAmount,
    /// Several invoices have this amount; the one due first is taken.
    SeveralOfThatAmount {
        /// How many.
        count: usize,
    },
    /// It is all that the payer owes.
    WholeBalance,
    /// One set of invoices alone adds up to it.
    OnlySumOfThatAmount {
        /// How many invoices.
        count: usize,
    },
    /// The payer pays for the customer.
    PaidByParent {
        /// The customer.
        customer: CustomerId,
    },
    /// The payer is somebody else and is not known to pay for the customer.
    OtherPayer {
        /// The customer.
        customer: CustomerId,
    },
    /// Less was paid, within what is let go.
    WithinTolerance {
        /// By how much it falls short.
        short: Money,
    },
    /// Less was paid than is open on what it is for.
    ShortPaid {
        /// By how much it falls short.
        short: Money,
    },
    /// More was paid than is open on what it is for.
    OverPaid {
        /// What stays unapplied.
        over: Money,
    },
    /// Nothing speaks for any invoice: the oldest due is paid first.
    OldestFirst,
}

impl MatchReason {
    /// In words, for people.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Named { numbers } => format!("the text names {}", numbers.join(", ")),
            Self::ExactAmount => "the amount is exactly what is open".to_owned(),
            Self::OnlyOneOfThatAmount => "one open invoice alone has this amount".to_owned(),
            Self::SeveralOfThatAmount { count } => {
                format!("{count} open invoices have this amount; the one due first is taken")
            }
            Self::WholeBalance => "it is all that the payer owes".to_owned(),
            Self::OnlySumOfThatAmount { count } => {
                format!("only these {count} invoices add up to it")
            }
            Self::PaidByParent { customer } => format!("the payer pays for {customer}"),
            Self::OtherPayer { customer } => {
                format!("the payer is not known to pay for {customer}")
            }
            Self::WithinTolerance { short } => {
                format!("{short} short, within what is let go")
            }
            Self::ShortPaid { short } => format!("{short} short; it stays open"),
            Self::OverPaid { over } => {
                format!("{over} more than is open; it stays unapplied")
            }
            Self::OldestFirst => "nothing names an invoice; the oldest due first".to_owned(),
        }
    }
}

/// What a payment is thought to be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What is set against which invoice.
    pub applications: Vec<Application>,
    /// What of these invoices is let go; it closes them.
    pub written_off: Vec<Application>,
    /// What stays unapplied.
    pub unapplied: Money,
    /// 0 (a guess) to 100 (certain).
    pub confidence: u8,
    /// Why.
    pub reasons: Vec<MatchReason>,
}

impl Suggestion {
    fn nothing(payment: Money) -> Self {
        Self {
            applications: Vec::new(),
            written_off: Vec::new(),
            unapplied: payment,
            confidence: 0,
            reasons: Vec::new(),
        }
    }

    /// The reasons in words.
    #[must_use]
    pub fn because(&self) -> String {
        let words: Vec<String> = self.reasons.iter().map(MatchReason::words).collect();
        words.join("; ")
    }
}

/// What a payment is for. It is never for an invoice in another currency: one that is named is
/// refused, because somebody has to say at which rate.
///
/// # Errors
/// When the payment is not above zero or names an invoice in another currency.
pub fn suggest(
    payment: &Remittance,
    candidates: &[Candidate],
    policy: &MatchPolicy,
) -> Result<Suggestion, CashRefusal> {
    if payment.amount.minor <= 0 {
        return Err(CashRefusal::NotPositive {
            amount: payment.amount,
        });
    }
    let named: Vec<&Candidate> = candidates
        .iter()
        .filter(|candidate| candidate.open.open.minor > 0)
        .filter(|candidate| {
            names(&payment.text, &candidate.number)
                || names(&payment.text, candidate.open.id.as_str())
        })
        .collect();
    let foreign = named
        .iter()
        .find(|candidate| candidate.open.open.currency != payment.amount.currency);
    if let Some(foreign) = foreign {
        return Err(CashRefusal::OtherCurrency {
            payment: payment.amount,
            invoice: foreign.number.clone(),
            open: foreign.open.open,
        });
    }
    if !named.is_empty() {
        let numbers = named.iter().map(|one| one.number.clone()).collect();
        return settle(
            payment,
            &named,
            85,
            vec![MatchReason::Named { numbers }],
            policy,
        );
    }
    by_amount(payment, candidates, policy)
}

/// Whether a text names an invoice by its number, however it is spaced or hyphenated.
fn names(text: &str, number: &str) -> bool {
    let wanted: Vec<char> = number
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if wanted.len() < 4 {
        return false;
    }
    let letters: Vec<char> = text.chars().map(|c| c.to_ascii_uppercase()).collect();
    (0..letters.len()).any(|start| {
        (start == 0 || !letters[start - 1].is_alphanumeric())
            && matches_at(&letters[start..], &wanted)
    })
}

fn matches_at(letters: &[char], wanted: &[char]) -> bool {
    let mut next = wanted.iter();
    let mut expected = next.next();
    for letter in letters {
        match expected {
            Some(want) if letter == want => expected = next.next(),
            Some(_) if matches!(letter, '-' | '/' | ' ' | '.' | '_') => {}
            Some(_) => return false,
            // The number ends here; another digit would make it another number.
            None => return !letter.is_alphanumeric(),
        }
    }
    expected.is_none()
}

fn by_amount(
    payment: &Remittance,
    candidates: &[Candidate],
    policy: &MatchPolicy,
) -> Result<Suggestion, CashRefusal> {
    let mut payable: Vec<&Candidate> = candidates
        .iter()
        .filter(|one| one.open.open.minor > 0 && one.open.open.currency == payment.amount.currency)
        .filter(|one| payment.payer.is_none() || pays(payment, one))
        .collect();
    payable
        .sort_by(|one, other| (one.open.due, &one.open.id).cmp(&(other.open.due, &other.open.id)));
    let same: Vec<&Candidate> = payable
        .iter()
        .copied()
        .filter(|one| one.open.open == payment.amount)
        .collect();
    // Nobody is known to have paid: the amount alone is a weak hint.
    let known = if payment.payer.is_some() { 0 } else { 35 };
    match same.as_slice() {
        [one] => {
            let reasons = vec![MatchReason::OnlyOneOfThatAmount];
            return settle(payment, &[*one], 85 - known, reasons, policy);
        }
        [first, ..] => {
            let reasons = vec![MatchReason::SeveralOfThatAmount { count: same.len() }];
            return settle(payment, &[*first], 60 - known, reasons, policy);
        }
        [] => {}
    }
    if payment.payer.is_none() {
        return Ok(Suggestion::nothing(payment.amount));
    }
    let whole: i128 = payable
        .iter()
        .map(|one| i128::from(one.open.open.minor))
        .sum();
    if whole == i128::from(payment.amount.minor) {
        return settle(
            payment,
            &payable,
            85,
            vec![MatchReason::WholeBalance],
            policy,
        );
    }
    if let Some(sum) = only_sum(payment.amount.minor, &payable, policy.most_in_a_sum) {
        let reasons = vec![MatchReason::OnlySumOfThatAmount { count: sum.len() }];
        return settle(payment, &sum, 75, reasons, policy);
    }
    if payable.is_empty() {
        return Ok(Suggestion::nothing(payment.amount));
    }
    // A payment just short of one invoice means that invoice.
    let near: Vec<&Candidate> = payable
        .iter()
        .copied()
        .filter(|one| {
            let short = one.open.open.minor - payment.amount.minor;
            short > 0 && short <= policy.tolerance_in(payment.amount.currency).minor
        })
        .collect();
    if let [one] = near.as_slice() {
        return settle(payment, &[*one], 70, Vec::new(), policy);
    }
    settle(
        payment,
        &payable,
        40,
        vec![MatchReason::OldestFirst],
        &no_tolerance(policy),
    )
}

fn no_tolerance(policy: &MatchPolicy) -> MatchPolicy {
    MatchPolicy {
        tolerance: BTreeMap::new(),
        ..policy.clone()
    }
}

fn pays(payment: &Remittance, candidate: &Candidate) -> bool {
    let payer = payment.payer.as_ref();
    payer == Some(&candidate.customer) || (payer.is_some() && payer == candidate.payer.as_ref())
}

/// The only set of two or more invoices that adds up to `amount`; nothing when there is none or more
/// than one, or too many invoices to try.
fn only_sum<'a>(amount: i64, payable: &[&'a Candidate], most: usize) -> Option<Vec<&'a Candidate>> {
    if payable.len() > most.min(16) {
        return None;
    }
    let mut found: Option<u32> = None;
    for set in 1_u32..(1 << payable.len()) {
        if set.count_ones() < 2 {
            continue;
        }
        let sum: i128 = payable
            .iter()
            .enumerate()
            .filter(|(index, _)| set & (1 << index) != 0)
            .map(|(_, one)| i128::from(one.open.open.minor))
            .sum();
        if sum == i128::from(amount) && found.replace(set).is_some() {
            return None;
        }
    }
    found.map(|set| {
        payable
            .iter()
            .enumerate()
            .filter(|(index, _)| set & (1 << index) != 0)
            .map(|(_, one)| *one)
            .collect()
    })
}

/// Sets the payment against these invoices, oldest due first, and says how it comes out.
fn settle(
    payment: &Remittance,
    meant: &[&Candidate],
    sure: u8,
    mut reasons: Vec<MatchReason>,
    policy: &MatchPolicy,
) -> Result<Suggestion, CashRefusal> {
    let open: Vec<OpenInvoice> = meant.iter().map(|one| one.open.clone()).collect();
    let spread = apply(payment.amount, &open, None)?;
    let currency = payment.amount.currency;
    let mut left: BTreeMap<&InvoiceId, i64> =
        open.iter().map(|one| (&one.id, one.open.minor)).collect();
    for one in &spread.applications {
        if let Some(rest) = left.get_mut(&one.invoice) {
            *rest -= one.amount.minor;
        }
    }
    let missing: i128 = left.values().map(|rest| i128::from(*rest)).sum();
    let short = Money::from_minor(i64::try_from(missing).unwrap_or(i64::MAX), currency);
    let mut written_off = Vec::new();
    let mut confidence = i32::from(sure);
    let by_hope = reasons.contains(&MatchReason::OldestFirst);
    if short.is_zero() && spread.unapplied.is_zero() {
        confidence += 15;
        reasons.push(MatchReason::ExactAmount);
    } else if short.minor > 0 && short.minor <= policy.tolerance_in(currency).minor {
        confidence += 10;
        reasons.push(MatchReason::WithinTolerance { short });
        for (invoice, rest) in left.iter().filter(|(_, rest)| **rest > 0) {
            written_off.push(Application {
                invoice: (*invoice).clone(),
                amount: Money::from_minor(*rest, currency),
            });
        }
    } else if short.minor > 0 && !by_hope {
        reasons.push(MatchReason::ShortPaid { short });
    } else if spread.unapplied.minor > 0 {
        reasons.push(MatchReason::OverPaid {
            over: spread.unapplied,
        });
    }
    confidence -= foreign_payers(payment, meant, &mut reasons);
    Ok(Suggestion {
        applications: spread.applications,
        written_off,
        unapplied: spread.unapplied,
        confidence: u8::try_from(confidence.clamp(0, 100)).unwrap_or(0),
        reasons,
    })
}

/// Notes who else owes what is paid; what a stranger pays is less sure.
fn foreign_payers(
    payment: &Remittance,
    meant: &[&Candidate],
    reasons: &mut Vec<MatchReason>,
) -> i32 {
    let mut less = 0;
    let Some(payer) = &payment.payer else {
        return less;
    };
    let mut seen: Vec<&CustomerId> = Vec::new();
    for one in meant.iter().filter(|one| one.customer != *payer) {
        if seen.contains(&&one.customer) {
            continue;
        }
        seen.push(&one.customer);
        let customer = one.customer.clone();
        if one.payer.as_ref() == Some(payer) {
            reasons.push(MatchReason::PaidByParent { customer });
        } else {
            less = 45;
            reasons.push(MatchReason::OtherPayer { customer });
        }
    }
    less
}

/// What a person says that a payment is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// The invoice.
    pub invoice: InvoiceId,
    /// How much of the payment.
    pub amount: Money,
    /// Whether what is then still open is let go, within the tolerance.
    pub write_off_rest: bool,
}

/// Does what a person says, or refuses it: never more than is unapplied, never more than is open,
/// never another currency, never more let go than the policy allows.
///
/// # Errors
/// The first instruction that cannot be followed, with the mend.
pub fn instruct(
    unapplied: Money,
    open: &[OpenInvoice],
    instructions: &[Instruction],
    policy: &MatchPolicy,
) -> Result<Suggestion, CashRefusal> {
    if instructions.is_empty() {
        return Err(CashRefusal::NothingSaid);
    }
    let mut suggestion = Suggestion::nothing(unapplied);
    suggestion.confidence = 100;
    let mut let_go = Money::zero(unapplied.currency);
    for (index, one) in instructions.iter().enumerate() {
        let unknown = || CashRefusal::NotOpen {
            invoice: one.invoice.clone(),
        };
        let known = open
            .iter()
            .find(|known| known.id == one.invoice)
            .ok_or_else(unknown)?;
        if known.open.currency != unapplied.currency || one.amount.currency != unapplied.currency {
            return Err(CashRefusal::OtherCurrency {
                payment: unapplied,
                invoice: one.invoice.to_string(),
                open: known.open,
            });
        }
        if one.amount.minor <= 0 {
            return Err(CashRefusal::NotPositive { amount: one.amount });
        }
        if instructions[..index]
            .iter()
            .any(|before| before.invoice == one.invoice)
        {
            return Err(CashRefusal::NamedTwice {
                invoice: one.invoice.clone(),
            });
        }
        if one.amount.minor > known.open.minor {
            return Err(CashRefusal::MoreThanOpen {
                invoice: one.invoice.clone(),
                asked: one.amount,
                open: known.open,
            });
        }
        if one.amount.minor > suggestion.unapplied.minor {
            return Err(CashRefusal::MoreThanUnapplied {
                asked: one.amount,
                unapplied: suggestion.unapplied,
            });
        }
        suggestion.unapplied = suggestion.unapplied.minus(one.amount)?;
        suggestion.applications.push(Application {
            invoice: one.invoice.clone(),
            amount: one.amount,
        });
        let rest = known.open.minus(one.amount)?;
        if one.write_off_rest && rest.minor > 0 {
            let_go = let_go.plus(rest)?;
            suggestion.written_off.push(Application {
                invoice: one.invoice.clone(),
                amount: rest,
            });
        }
    }
    let tolerance = policy.tolerance_in(unapplied.currency);
    if let_go.minor > tolerance.minor {
        return Err(CashRefusal::BeyondTolerance { let_go, tolerance });
    }
    Ok(suggestion)
}

/// How many days a payment has waited for somebody to say what it is for.
#[must_use]
pub fn days_unmatched(received: Date, today: Date) -> i64 {
    i64::from(today.since(received).map_or(0, |span| span.get_days())).max(0)
}
