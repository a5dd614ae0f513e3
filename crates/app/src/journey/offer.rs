//! What the catalogue offers above products: plans, bundles, add-ons, billing templates and standalone
//! selling prices, in versions; and the policy that says how far below list a quote may go.

use crate::command::{Answer, PublishDiscountPolicy, PublishOffer};
use crate::fault::{stored, to_store};
use crate::record::{Context, Fact, Recorder};
use crate::{AppFault, Refusal};
use commerce::{Offer, Offers};
use control::discount_policy::DiscountPolicy;
use events::{Event, OfferPublished};
use serde_json::json;
use store::quotes::{self, OfferRow};
use store::{Tx, settings};
use values::Zone;

/// Kind of the configuration that holds the discount policy.
pub const DISCOUNT_POLICY: &str = "discount_policy";

/// Every offer in force.
pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Offers, AppFault> {
    quotes::offers(tx)?
        .into_iter()
        .map(|row| stored::<Offer>("offer", &row.body))
        .collect()
}

/// The discount policy in force, or the one that ships with the program.
pub(crate) fn discount_policy(tx: &mut Tx<'_>) -> Result<DiscountPolicy, AppFault> {
    let stated = settings::configuration(tx, DISCOUNT_POLICY)?.map(|(_, text)| text);
    let text = stated.as_deref().unwrap_or(DiscountPolicy::STANDARD);
    DiscountPolicy::read(text).map_err(|error| AppFault::Unreadable {
        what: "discount policy",
        error: error.to_string(),
    })
}

/// `publish_offer`.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn publish(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &PublishOffer,
) -> Result<Answer, AppFault> {
    let offer = &body.0;
    let refused = refusals(tx, offer)?;
    if !refused.is_empty() {
        return Err(AppFault::Refused(refused));
    }
    let versions = quotes::offer_versions(tx, offer.kind(), offer.code())?;
    let text = to_store("offer", offer)?;
    // The same again makes no version.
    if let Some(newest) = versions.first().filter(|newest| newest.body == text) {
        return Ok(
            json!({ "kind": offer.kind(), "code": offer.code(), "version": newest.version }),
        );
    }
    let version = versions.first().map_or(0, |newest| newest.version) + 1;
    let row = OfferRow {
        kind: offer.kind().to_owned(),
        code: offer.code().to_owned(),
        version,
        name: offer.name().to_owned(),
        body: text,
        maker: context.actor.clone(),
        recorded: context.now.microseconds(),
    };
    let subject = format!("offer/{}/{}", row.kind, row.code);
    let mut recorder = Recorder::new(context, context.new_chain(), "/catalogue", key);
    let fact = Fact {
        subject: subject.clone(),
        partition: subject,
        entity: None,
        effective: Zone::utc().date_at(context.now),
        happened: context.now,
    };
    let event = OfferPublished {
        kind: row.kind.clone(),
        code: row.code.clone(),
        name: row.name.clone(),
        version,
        content: stored("offer", &row.body)?,
    };
    OfferRow::insert(tx, &[row])?;
    recorder.event(fact, Event::OfferPublished(event));
    recorder.finish(tx)?;
    Ok(json!({ "kind": offer.kind(), "code": offer.code(), "version": version }))
}

/// Everything that is wrong with an offer beside the catalogue as it is in this transaction.
fn refusals(tx: &mut Tx<'_>, offer: &Offer) -> Result<Vec<Refusal>, AppFault> {
    let known = load(tx)?;
    let mut products = Vec::new();
    for (_, text) in store::catalogue::products(tx)? {
        products.push(stored("product", &text)?);
    }
    let refused = offer.check(&products, &known);
    Ok(refused
        .into_iter()
        .map(|refusal| Refusal::field("bad_offer", &refusal.field, refusal.message))
        .collect())
}

/// `publish_discount_policy`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn publish_policy(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &PublishDiscountPolicy,
) -> Result<Answer, AppFault> {
    let policy = DiscountPolicy::read(&body.toml)
        .map_err(|refusal| Refusal::field("bad_discount_policy", "toml", refusal.to_string()))?;
    let before = settings::configuration(tx, DISCOUNT_POLICY)?.map_or(0, |(version, _)| version);
    settings::add_configuration(
        tx,
        DISCOUNT_POLICY,
        before + 1,
        context.now.microseconds(),
        &context.actor,
        &body.toml,
    )?;
    Ok(json!({ "discount_policy_version": before + 1, "levels": policy.levels.len() }))
}
