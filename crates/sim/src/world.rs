//! The seeded world: a company with two legal entities, and half a year of what happens to it.
//!
//! [`World::seeded`] is a pure function of its seed. [`World::prepare`] sets the stage in the
//! simulators (products, price book, custom fields, the books of the ERP), [`World::happenings`]
//! says what happens on a day, and [`World::apply`] makes it happen where it happens in a
//! simulated system. All may be repeated: the second time changes nothing.

mod company;
mod deals;
mod stage;

use serde::{Deserialize, Serialize};

pub use stage::declare_fields;

pub use company::{Company, ErpAccount, Frequency, LegalEntity, Price, Product};

use crate::stripe::CardBehaviour;
use crate::{SimFault, Simulators};

/// First day on which something happens.
pub const FIRST_DAY: &str = "2026-01-01";
/// Last day on which something happens.
pub const LAST_DAY: &str = "2026-06-30";

/// A company and what happens to it from [`FIRST_DAY`] to [`LAST_DAY`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    company: Company,
    happenings: Vec<(String, Happening)>,
}

/// Something that happens on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "happening", rename_all = "snake_case")]
pub enum Happening {
    /// An opportunity is won in the CRM.
    DealWon(Deal),
    /// More seats of a running contract are won; [`Deal::upgrades`] names its opportunity.
    SeatsAdded(Deal),
    /// The customer is promised a credit note. This happens in Tieout, not in a simulated system.
    CreditRequested(Request),
    /// The customer wants money back. This happens in Tieout, not in a simulated system.
    RefundRequested(Request),
    /// A payment arrives that names no invoice.
    StrayPayment(StrayPayment),
}

/// A won opportunity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deal {
    /// Salesforce id, 18 characters.
    pub opportunity_id: String,
    /// Name in the CRM.
    pub name: String,
    /// The customer.
    pub customer: Customer,
    /// Id of the legal entity that sells.
    pub entity_id: String,
    /// ISO 4217; the one of the legal entity even where [`Flaw::MissingCurrency`] hides it in the CRM.
    pub currency: String,
    /// The day on which it is won, `YYYY-MM-DD`.
    pub close_day: String,
    /// First day of service.
    pub start_day: String,
    /// Last day of service, inclusive.
    pub end_day: String,
    /// How often it is billed.
    pub frequency: Frequency,
    /// What is sold.
    pub lines: Vec<DealLine>,
    /// Salesforce id of the opportunity whose contract gets more seats.
    pub upgrades: Option<String>,
    /// How the customer's card behaves.
    pub card: CardHabit,
    /// What is wrong with it, if anything.
    pub flaw: Option<Flaw>,
}

/// A line of a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealLine {
    /// Salesforce id, 18 characters.
    pub line_id: String,
    /// Code of the product.
    pub product_code: String,
    /// How many; below zero with [`Flaw::NegativeQuantity`].
    pub quantity: i64,
    /// Price of one unit for one billing period, in minor units.
    pub unit_price_minor: i64,
}

/// A customer as the CRM and the payment system know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Salesforce id of the account, 18 characters.
    pub account_id: String,
    /// Name.
    pub name: String,
    /// Where invoices go.
    pub email: String,
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: String,
    /// ISO 3166 code of the country.
    pub country: String,
    /// `cus_…`.
    pub stripe_customer_id: String,
    /// `pm_…`.
    pub payment_method_id: String,
}

/// How a customer's card behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardHabit {
    /// Pays at once.
    Pays,
    /// Declines this many times, then pays.
    DeclinesTimes(u32),
    /// Never pays.
    NeverPays,
}

/// What is deliberately wrong with a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// A line names a product that is not in the company's catalogue.
    UnknownProduct,
    /// The CRM has no currency for it.
    MissingCurrency,
    /// A line has a quantity below zero.
    NegativeQuantity,
    /// It ends before it starts.
    EndBeforeStart,
}

/// A wish about an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Identity of the wish, for idempotency.
    pub id: String,
    /// The opportunity whose contract was invoiced.
    pub opportunity_id: String,
    /// Which of its invoices, from 1.
    pub invoice: u32,
    /// The part of the invoice: `numerator / denominator`.
    pub numerator: u32,
    /// See `numerator`.
    pub denominator: u32,
    /// In words.
    pub reason: String,
}

/// A payment that names no invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrayPayment {
    /// `pi_…`.
    pub payment_intent_id: String,
    /// In minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// In words.
    pub description: String,
}

impl Deal {
    /// What the seller's quote adds up to over the term, in minor units: the price of each billing
    /// period of twelve months; for added seats the days that are left of the year that is billed,
    /// over the days of that year, rounded half up.
    pub fn total_contract_value_minor(&self) -> i64 {
        let period: i64 = self
            .lines
            .iter()
            .map(|line| line.quantity * line.unit_price_minor)
            .sum();
        let year = period * (12 / self.frequency.months());
        let days = |text: &str| crate::civil::parse_date(text).unwrap_or(0);
        if self.upgrades.is_none() {
            return year;
        }
        let until = days(&self.end_day) + 1;
        let whole = until - crate::civil::add_months(until, -12);
        let left = until - days(&self.start_day);
        (2 * year * left + whole) / (2 * whole)
    }
}

impl World {
    /// The world of this seed; the same seed gives the same world.
    pub fn seeded(seed: u64) -> World {
        let company = Company::standard();
        let happenings = deals::half_a_year(seed, &company);
        World {
            company,
            happenings,
        }
    }

    /// The company.
    pub fn company(&self) -> Company {
        self.company.clone()
    }

    /// What happens on this day (`YYYY-MM-DD`), in order.
    pub fn happenings(&self, day: &str) -> Vec<Happening> {
        let today = self.happenings.iter().filter(|(when, _)| when == day);
        today.map(|(_, happening)| happening.clone()).collect()
    }

    /// Everything that happens, with its day, in order.
    pub fn all_happenings(&self) -> &[(String, Happening)] {
        &self.happenings
    }

    /// Every day from [`FIRST_DAY`] to [`LAST_DAY`].
    pub fn days() -> Vec<String> {
        deals::days().map(crate::civil::date_text).collect()
    }

    /// Sets the stage: custom fields, products and prices in the CRM; currencies, subsidiaries and
    /// accounts in the ERP.
    pub fn prepare(&self, sims: &Simulators) -> Result<(), SimFault> {
        stage::prepare(&self.company, sims)
    }

    /// Makes a happening happen in the simulated systems. A request happens in Tieout, so nothing is
    /// done for it here.
    pub fn apply(&self, happening: &Happening, sims: &Simulators) -> Result<(), SimFault> {
        match happening {
            Happening::DealWon(deal) | Happening::SeatsAdded(deal) => stage::win(deal, sims),
            Happening::StrayPayment(payment) => sims.stripe.create_stray_charge(
                &payment.payment_intent_id,
                payment.amount_minor,
                &payment.currency,
                &payment.description,
            ),
            Happening::CreditRequested(_) | Happening::RefundRequested(_) => Ok(()),
        }
    }
}

impl CardHabit {
    /// As the Stripe simulator calls it.
    pub fn behaviour(self) -> CardBehaviour {
        match self {
            CardHabit::Pays => CardBehaviour::AlwaysSucceeds,
            CardHabit::DeclinesTimes(times) => CardBehaviour::DeclinesTimes(times),
            CardHabit::NeverPays => CardBehaviour::AlwaysDeclines,
        }
    }
}
