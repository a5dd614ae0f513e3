//! Which payment processor collects what: rows of configuration by legal entity, country of the payer
//! and currency. The most specific row that fits holds.

use crate::command::{Answer, SetPaymentRoutes};
use crate::connections::{ADYEN, STRIPE};
use crate::fault::{stored, to_store};
use crate::record::Context;
use crate::{AppFault, Refusal};
use control::topology::Topology;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use store::{Tx, settings};
use values::{Currency, EntityId};

/// Name of the setting that holds the rows.
const ROUTES: &str = "payment_routes";

/// One row: what is absent fits everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentRoute {
    /// The legal entity that is owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
    /// The country of the payer by its tax profile, two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The currency of the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The connection that collects, such as `stripe`, `stripe_eu` or `adyen`.
    pub connection: String,
}

/// The rows in force; none sends everything to the one processor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRoutes(pub Vec<PaymentRoute>);

/// What is to be collected.
#[derive(Debug, Clone, Copy)]
pub struct Collected<'a> {
    /// The legal entity that is owed.
    pub entity: &'a str,
    /// The country of the payer, where it is known.
    pub country: Option<&'a str>,
    /// The currency of the invoice.
    pub currency: &'a str,
}

impl PaymentRoute {
    fn fits(&self, what: &Collected<'_>) -> bool {
        self.entity
            .as_ref()
            .is_none_or(|entity| entity.as_str() == what.entity)
            && self
                .country
                .as_deref()
                .is_none_or(|country| Some(country) == what.country)
            && self
                .currency
                .is_none_or(|currency| currency.code() == what.currency)
    }

    /// The entity weighs more than the country, and the country more than the currency.
    fn weight(&self) -> u8 {
        u8::from(self.entity.is_some()) * 4
            + u8::from(self.country.is_some()) * 2
            + u8::from(self.currency.is_some())
    }

    fn about(&self) -> (Option<&EntityId>, Option<&str>, Option<Currency>) {
        (self.entity.as_ref(), self.country.as_deref(), self.currency)
    }
}

impl PaymentRoutes {
    /// The connection that collects this; nothing when there are rows and none fits.
    #[must_use]
    pub fn of(&self, what: &Collected<'_>) -> Option<&'static str> {
        if self.0.is_empty() {
            return Some(STRIPE);
        }
        let fitting = self.0.iter().filter(|row| row.fits(what));
        let row = fitting.max_by_key(|row| row.weight())?;
        connection(&row.connection)
    }

    /// Loads the rows in force.
    ///
    /// # Errors
    /// When the store fails or what is stored cannot be read.
    pub fn load(tx: &mut Tx<'_>) -> Result<PaymentRoutes, AppFault> {
        match settings::setting(tx, ROUTES)? {
            Some(text) => stored("payment routes", &text),
            None => Ok(PaymentRoutes::default()),
        }
    }
}

/// Whether a connection is an account at Stripe: the first, or one beside it.
#[must_use]
pub fn is_stripe(name: &str) -> bool {
    is_account_of(STRIPE, name)
}

/// Whether a connection is a merchant account at Adyen: the first, or one beside it.
#[must_use]
pub fn is_adyen(name: &str) -> bool {
    is_account_of(ADYEN, name)
}

/// Whether a connection collects payments.
#[must_use]
pub fn is_processor(name: &str) -> bool {
    is_stripe(name) || is_adyen(name)
}

fn is_account_of(system: &str, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(system) else {
        return false;
    };
    rest.is_empty()
        || rest.strip_prefix('_').is_some_and(|account| {
            let letters = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
            (1..=20).contains(&account.len()) && account.bytes().all(letters)
        })
}

/// What a topology calls the system at the other end of a connection. Every account of a processor is
/// that processor to it, and a processor that it does not name is the one that it names: which of them
/// collects what is the matter of the payment routes.
pub(crate) fn in_topology<'s>(topology: &Topology, source: &'s str) -> &'s str {
    if is_adyen(source) && topology.system(ADYEN).is_some() {
        ADYEN
    } else if is_processor(source) {
        STRIPE
    } else {
        source
    }
}

/// The operation by which a connection collects.
#[must_use]
pub fn collecting(connection: &str) -> &'static str {
    if is_adyen(connection) {
        crate::deliver::ADYEN_COLLECT
    } else {
        crate::intake::processor::COLLECT
    }
}

/// The operation by which a connection gives money back.
#[must_use]
pub fn giving_back(connection: &str) -> &'static str {
    if is_adyen(connection) {
        crate::deliver::ADYEN_REFUND
    } else {
        "stripe.refund"
    }
}

/// The processor's word for a payment.
#[must_use]
pub fn payment_word(connection: &str) -> &'static str {
    if is_adyen(connection) {
        "Payment"
    } else {
        "PaymentIntent"
    }
}

/// The name of a connection to the processor, kept for the life of the program; nothing for any other
/// name. There are as many as the configuration names, so what is kept stays small.
#[must_use]
pub fn connection(name: &str) -> Option<&'static str> {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    if name == STRIPE {
        return Some(STRIPE);
    }
    if name == ADYEN {
        return Some(ADYEN);
    }
    if !is_processor(name) {
        return None;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(name) {
        return Some(known);
    }
    let new: &'static str = Box::leak(name.to_owned().into_boxed_str());
    kept.insert(new);
    Some(new)
}

/// `set_payment_routes`: all rows at once.
///
/// # Errors
/// Everything that is wrong with the rows.
pub fn set(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &SetPaymentRoutes,
) -> Result<Answer, AppFault> {
    let mut wrong = Vec::new();
    for (index, row) in body.routes.iter().enumerate() {
        wrong.extend(problems(context, body, index, row));
    }
    if body.reason.trim().is_empty() {
        let message = "say why payments go another way";
        wrong.push(Refusal::field("reason_missing", "reason", message));
    }
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let routes = PaymentRoutes(body.routes.clone());
    let text = to_store("payment routes", &routes)?;
    settings::set_setting(tx, ROUTES, &text)?;
    // Kept in versions beside it, so that it can be told who sent money where, and when.
    let version = settings::configuration(tx, ROUTES)?.map_or(0, |(version, _)| version) + 1;
    settings::add_configuration(
        tx,
        ROUTES,
        version,
        context.now.microseconds(),
        &context.actor,
        &text,
    )?;
    Ok(json!({ "routes": routes }))
}

fn problems(
    context: &Context,
    body: &SetPaymentRoutes,
    index: usize,
    row: &PaymentRoute,
) -> Vec<Refusal> {
    let field = |name: &str| format!("routes[{index}].{name}");
    let mut wrong = Vec::new();
    if !is_processor(&row.connection) {
        let message = format!(
            "there is no processor {:?}; a route goes to stripe, to adyen or to an account beside them, such as stripe_eu",
            row.connection
        );
        let place = field("connection");
        wrong.push(Refusal::field("unknown_processor", &place, message));
    }
    if let Some(Err(fault)) = row.entity.as_ref().map(|id| context.books.entity(id)) {
        wrong.push(Refusal::field(
            "unknown_entity",
            &field("entity"),
            fault.to_string(),
        ));
    }
    let two_letters =
        |text: &String| text.len() == 2 && text.bytes().all(|c| c.is_ascii_uppercase());
    if let Some(country) = row.country.as_ref().filter(|text| !two_letters(text)) {
        let message = format!("{country:?} is no country; write two letters, such as DE");
        wrong.push(Refusal::field("bad_country", &field("country"), message));
    }
    let earlier = body.routes.iter().take(index);
    if let Some(at) = earlier
        .clone()
        .position(|other| other.about() == row.about())
    {
        let message = format!("it is about the same as routes[{at}]; keep one of the two");
        wrong.push(Refusal::field(
            "route_twice",
            &format!("routes[{index}]"),
            message,
        ));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(entity: &str, country: &str, currency: &str, connection: &str) -> PaymentRoute {
        let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        PaymentRoute {
            entity: set(entity).map(|text| text.parse().unwrap()),
            country: set(country),
            currency: set(currency).map(|text| text.parse().unwrap()),
            connection: connection.to_owned(),
        }
    }

    fn goes(routes: &PaymentRoutes, what: (&str, &str, &str)) -> Option<&'static str> {
        routes.of(&Collected {
            entity: what.0,
            country: Some(what.1).filter(|text| !text.is_empty()),
            currency: what.2,
        })
    }

    #[test]
    fn the_most_specific_row_holds() {
        let routes = PaymentRoutes(vec![
            route("", "", "EUR", "stripe_eu"),
            route("DE", "", "", "stripe_de"),
            route("DE", "FR", "", "stripe_fr"),
            route("", "FR", "USD", "stripe"),
        ]);
        assert_eq!(goes(&routes, ("DE", "DE", "EUR")), Some("stripe_de"));
        assert_eq!(goes(&routes, ("DE", "FR", "EUR")), Some("stripe_fr"));
        assert_eq!(goes(&routes, ("US", "FR", "EUR")), Some("stripe_eu"));
        assert_eq!(goes(&routes, ("US", "FR", "USD")), Some("stripe"));
        assert_eq!(goes(&routes, ("US", "", "USD")), None, "no row fits");
        let none = PaymentRoutes::default();
        assert_eq!(goes(&none, ("US", "", "USD")), Some("stripe"));
    }

    #[test]
    fn the_name_of_an_account_is_small_letters_and_digits() {
        for (name, is) in [
            ("stripe", true),
            ("stripe_eu2", true),
            ("stripe_", false),
            ("stripe_EU", false),
            ("stripe_a/b", false),
            ("netsuite", false),
        ] {
            assert_eq!(is_stripe(name), is, "{name}");
            assert_eq!(connection(name).is_some(), is, "{name}");
            let there = name.replace("stripe", "adyen");
            assert_eq!(is_adyen(&there), is, "{there}");
            assert!(!is_stripe(&there), "{there}");
        }
        assert_eq!(connection("adyen"), Some("adyen"));
        assert_eq!(connection("adyenx"), None);
        assert_eq!(connection("stripe_eu2"), Some("stripe_eu2"));
    }
}
