//! Answers for callers who wait: what something costs, what tax it bears, whether an account may be
//! sold to. Prices and taxes are computed from the configuration in memory by the same functions that
//! bill; the database is only asked whether that configuration is still the newest, and an answer
//! that it does not give in time says so and is given all the same.

use crate::App;
use crate::books::Books;
use crate::fault::{AppFault, Refusal};
use commerce::{BillingFrequency, Charge, Price, Product};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use store::{catalogue, documents, exceptions};
use values::{
    Currency, CustomerId, Date, Decimal, EntityId, Money, ProductCode, Quantity, Rate, Rounding,
    round_to_minor,
};

/// How long an answer waits to learn whether the configuration is the newest.
pub const BUDGET: Duration = Duration::from_millis(250);

/// Askers that may wait for the database at once; beyond it nobody asks, and answers say so.
const MOST_ASKERS: usize = 8;

static ASKERS: AtomicUsize = AtomicUsize::new(0);

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Basis {
    /// The number of the configuration; it grows with every change.
    pub configuration: i64,
    /// Why it is not known to be the newest; absent when it is.
    pub degraded: Option<String>,
}

/// What something costs, once for each way in which it is sold.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PriceAnswer {
    /// The product.
    pub product: ProductCode,
    /// Its name.
    pub name: String,
    /// What kind of thing it is for tax.
    pub tax_code: String,
    /// How many.
    pub quantity: Quantity,
    /// On which day.
    pub date: Date,
    /// The prices in force then, by billing period.
    pub prices: Vec<PricedOffer>,
    /// What the answer rests on.
    pub basis: Basis,
}

/// One way in which it is sold.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PricedOffer {
    /// How long a billing period is.
    pub billing: BillingFrequency,
    /// The charge of the catalogue.
    pub charge: Charge,
    /// First day of this price; always, when absent.
    pub from: Option<Date>,
    /// The price of the quantity for one whole billing period, rounded half up, without tax.
    pub amount: Money,
    /// The same before rounding, in major units.
    pub exact: String,
    /// How it came about.
    pub arithmetic: String,
}

/// What tax lines bear.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxAnswer {
    /// Who sells.
    pub entity: EntityId,
    /// The day of the document.
    pub date: Date,
    /// The lines, in the order in which they were asked for.
    pub lines: Vec<TaxedAmount>,
    /// Sum without tax.
    pub net: Money,
    /// Sum of the tax.
    pub tax: Money,
    /// Both.
    pub total: Money,
    /// What the answer rests on.
    pub basis: Basis,
}

/// One line with its tax.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TaxedAmount {
    /// What was asked for: a tax code or a product.
    pub of: String,
    /// The tax code.
    pub tax_code: String,
    /// Words for the tax.
    pub name: String,
    /// The rate.
    pub rate: Rate,
    /// Without tax.
    pub net: Money,
    /// The tax, rounded half up once.
    pub tax: Money,
    /// How it came about.
    pub arithmetic: String,
}

/// Whether an account may be sold to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccountAnswer {
    /// The account.
    pub customer: CustomerId,
    /// Its name.
    pub name: String,
    /// Whether nothing stands against selling to it.
    pub valid: bool,
    /// What stands against it, in words.
    pub obstacles: Vec<String>,
    /// What is open on its invoices, one sum a currency.
    pub open: Vec<Money>,
    /// Its open disputes.
    pub disputes: i64,
}

impl App {
    /// What a product costs on a day. Without a day, today in UTC.
    ///
    /// # Errors
    /// When there is no such product, it is not sold like that, or it cannot be priced.
    pub fn look_up_price(
        &self,
        product: &ProductCode,
        currency: Currency,
        quantity: Quantity,
        date: Option<Date>,
        billing: Option<BillingFrequency>,
    ) -> Result<PriceAnswer, AppFault> {
        let (books, basis) = self.configuration_within(BUDGET);
        let date = date.unwrap_or_else(|| values::Zone::utc().date_at(self.clock().now()));
        let found = sold(&books, product)?;
        let mut newest: BTreeMap<String, &Price> = BTreeMap::new();
        let fits = |price: &&Price| {
            price.currency == currency
                && billing.is_none_or(|billing| price.billing == billing)
                && price.from.is_none_or(|from| from <= date)
        };
        for price in found.prices.iter().filter(fits) {
            let kind = format!("{:?}", price.billing);
            let later = newest
                .get(&kind)
                .is_none_or(|known| known.from <= price.from);
            if later {
                newest.insert(kind, price);
            }
        }
        if newest.is_empty() {
            let message = format!(
                "{product} has no price in {currency} on {date}{}; publish one in the catalogue",
                if billing.is_some() {
                    " for that billing period"
                } else {
                    ""
                }
            );
            return Err(Refusal::field("not_sold_in_currency", "currency", message).into());
        }
        let offers = newest.into_values().map(|price| offer(price, quantity));
        Ok(PriceAnswer {
            product: product.clone(),
            name: found.name.clone(),
            tax_code: found.tax_code.clone(),
            quantity,
            date,
            prices: offers.collect::<Result<_, _>>()?,
            basis,
        })
    }

    /// The tax on lines of (tax code or product, net amount) that an entity sells on a day. Without a
    /// day, today in the zone of the entity.
    ///
    /// # Errors
    /// When the entity is unknown, or no rate is stated: there is no silent zero.
    pub fn calculate_tax(
        &self,
        entity: &EntityId,
        date: Option<Date>,
        lines: &[(String, Money)],
    ) -> Result<TaxAnswer, AppFault> {
        let (books, basis) = self.configuration_within(BUDGET);
        let known = books.entity(entity)?;
        let date = date.unwrap_or_else(|| known.zone.date_at(self.clock().now()));
        let Some((_, first)) = lines.first() else {
            return Err(Refusal::field("no_lines", "lines", "name at least one line").into());
        };
        let zero = Money::zero(first.currency);
        let (mut net, mut tax, mut taxed) = (zero, zero, Vec::new());
        for (of, amount) in lines {
            let product = books
                .catalogue
                .products
                .iter()
                .find(|product| product.code.as_str() == of);
            let code = product.map_or(of.as_str(), |product| product.tax_code.as_str());
            let rate = books
                .taxes
                .rate(entity, code, date)
                .map_err(|refusal| Refusal::field(refusal.code(), "lines", refusal.to_string()))?;
            let borne = billing::tax_of(*amount, rate.rate)?;
            net = net.plus(*amount)?;
            tax = tax.plus(borne)?;
            taxed.push(TaxedAmount {
                of: of.clone(),
                tax_code: code.to_owned(),
                name: rate.name.clone(),
                rate: rate.rate,
                net: *amount,
                tax: borne,
                arithmetic: format!("{} × {} = {}", amount.grouped(), rate.rate, borne.grouped()),
            });
        }
        Ok(TaxAnswer {
            entity: entity.clone(),
            date,
            lines: taxed,
            net,
            tax,
            total: net.plus(tax)?,
            basis,
        })
    }

    /// Whether an account exists and may be sold to. Standing changes by the minute, so there is no
    /// answer from memory: without the database the caller is told to ask again.
    ///
    /// # Errors
    /// When there is no such customer or the store fails.
    pub fn validate_account(&self, customer: &str) -> Result<AccountAnswer, AppFault> {
        let id = customer.to_owned();
        self.store().read(move |tx| {
            let row = catalogue::customer(tx, &id)?.ok_or_else(|| AppFault::NotFound {
                kind: "customer",
                id: id.clone(),
            })?;
            let mut open = Vec::new();
            for (currency, minor) in documents::open_of_customer(tx, &row.id)? {
                let sum = super::money(minor, &currency)?;
                if !sum.is_zero() {
                    open.push(sum);
                }
            }
            let disputes = exceptions::cases::open_disputes_of(tx, &row.id)?;
            let (failing, given_up) = exceptions::cases::failing_payments(tx, &row.id)?;
            let mut obstacles = Vec::new();
            if row.standing == "suspended" {
                obstacles.push("the service is suspended until what is late is paid".to_owned());
            }
            if row.standing == "written_off" {
                obstacles.push(
                    "what was owed is written off, and the service is withheld until it is paid after all".to_owned(),
                );
            }
            if given_up > 0 {
                obstacles.push(format!(
                    "{given_up} payments failed for good; collections has it"
                ));
            } else if failing > 0 {
                obstacles.push(format!("{failing} payments failed and are tried again"));
            }
            Ok(AccountAnswer {
                customer: crate::fault::stored_value("customer id", &row.id)?,
                name: row.name,
                valid: obstacles.is_empty(),
                obstacles,
                open,
                disputes,
            })
        })
    }

    /// The configuration, and whether it is known to be the newest within a time.
    fn configuration_within(&self, budget: Duration) -> (Arc<Books>, Basis) {
        let app = self.clone();
        let degraded = within(budget, move || app.refresh_books());
        let books = self.books();
        let basis = Basis {
            configuration: books.version,
            degraded,
        };
        (books, basis)
    }
}

/// Does work beside the caller and waits so long for it: why it is not known to have succeeded, or
/// nothing when it did.
fn within(
    budget: Duration,
    work: impl FnOnce() -> Result<(), AppFault> + Send + 'static,
) -> Option<String> {
    if ASKERS.fetch_add(1, Ordering::AcqRel) >= MOST_ASKERS {
        ASKERS.fetch_sub(1, Ordering::AcqRel);
        return Some("too many are waiting for the database; from memory".to_owned());
    }
    let (told, hear) = mpsc::sync_channel(1);
    let asked = std::thread::Builder::new()
        .name("configuration".to_owned())
        .spawn(move || {
            let done = work();
            ASKERS.fetch_sub(1, Ordering::AcqRel);
            // Whoever asked may have stopped waiting.
            told.send(done.is_ok()).ok();
        });
    if asked.is_err() {
        ASKERS.fetch_sub(1, Ordering::AcqRel);
        return Some("the database could not be asked; from memory".to_owned());
    }
    match hear.recv_timeout(budget) {
        Ok(true) => None,
        Ok(false) => Some("the database cannot be read just now; from memory".to_owned()),
        Err(_) => Some(format!(
            "the database did not answer within {} ms; from memory",
            budget.as_millis()
        )),
    }
}

fn sold<'b>(books: &'b Books, code: &ProductCode) -> Result<&'b Product, AppFault> {
    let products = &books.catalogue.products;
    products
        .iter()
        .find(|product| product.code == *code)
        .ok_or_else(|| AppFault::NotFound {
            kind: "product",
            id: code.to_string(),
        })
}

fn offer(price: &Price, quantity: Quantity) -> Result<PricedOffer, AppFault> {
    let exact = price
        .charge
        .price(quantity)
        .map_err(|refusal| Refusal::field(refusal.code(), "quantity", refusal.to_string()))?;
    let minor = round_to_minor(exact, price.currency, Rounding::HalfUp)?;
    Ok(PricedOffer {
        billing: price.billing,
        charge: price.charge.clone(),
        from: price.from,
        amount: Money::from_minor(minor, price.currency),
        exact: exact.normalize().to_string(),
        arithmetic: arithmetic(&price.charge, quantity, exact),
    })
}

/// How a price came about, for people.
fn arithmetic(charge: &Charge, quantity: Quantity, exact: Decimal) -> String {
    let steps = charge.priced(&commerce::Measured::of(quantity), 0);
    let steps = steps.map_or_else(|_| Vec::new(), |priced| priced.steps);
    let figures: Vec<&str> = steps.iter().map(|step| step.figures.as_str()).collect();
    format!("{} = {}", figures.join(" + "), exact.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_in_time_is_said_and_not_waited_for() {
        let budget = Duration::from_millis(20);
        let (_keep, never) = mpsc::channel::<()>();
        let begun = std::time::Instant::now();
        let told = within(budget, move || {
            never.recv().ok();
            Ok(())
        });
        assert_eq!(
            told.as_deref(),
            Some("the database did not answer within 20 ms; from memory")
        );
        assert!(begun.elapsed() < Duration::from_secs(2));
        assert_eq!(within(Duration::from_secs(5), || Ok(())), None);
        let failed = within(Duration::from_secs(5), || {
            Err(AppFault::Store(store::StoreFault::Closed))
        });
        assert!(failed.unwrap().contains("cannot be read"));
    }

    #[test]
    fn tiers_are_told_as_they_are_priced() {
        let text =
            r#"[{"up_to":10,"unit_price":5,"flat_fee":1},{"up_to":null,"unit_price":"3.5"}]"#;
        let tiers: Vec<commerce::Tier> = serde_json::from_str(text).unwrap();
        let told = |charge: Charge, quantity: &str| {
            let quantity: Quantity = quantity.parse().unwrap();
            arithmetic(&charge, quantity, charge.price(quantity).unwrap())
        };
        let graduated = Charge::Graduated {
            tiers: tiers.clone(),
        };
        assert_eq!(told(graduated, "12"), "10 × 5 + 1 + 2 × 3.5 = 58");
        assert_eq!(told(Charge::Volume { tiers }, "12"), "12 × 3.5 = 42");
    }
}
