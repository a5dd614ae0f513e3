//! What one legal entity bills to another: an invoice in the books of one and a bill in those of the
//! other, in one transaction, so that both net to zero when the group is added up.

use crate::Refusal;
use crate::command::{Answer, BillEntity, ReverseJournal, UndoEntityBill};
use crate::fault::{AppFault, stored_value};
use crate::journey::journal;
use crate::journey::numbering::{self, BILL, BILL_CREDIT};
use crate::record::{Context, Fact, Recorder};
use events::{Event, IntercompanyBilled, IntercompanySide};
use recon::Measure;
use serde_json::json;
use store::intercompany::{self, IntercompanyCreditRow, IntercompanyPairRow};
use store::{Tx, replays, settings};
use values::{AccountCode, Decimal, EntityId, Money, Month, Rounding, round_to_minor};

/// `bill_entity`.
///
/// # Errors
/// When the entities are the same or unknown, the amount is not above zero, or a month is closed in
/// one of the two books; then nothing is posted in either.
pub fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &BillEntity,
) -> Result<Answer, AppFault> {
    let seller = context.books.entity(&body.seller)?;
    context
        .books
        .entity(&body.buyer)
        .map_err(|refusal| Refusal {
            field: Some("buyer".to_owned()),
            ..refusal
        })?;
    let currency = body.currency.unwrap_or(seller.currency);
    let mut wrong = Vec::new();
    if body.seller == body.buyer {
        let message = "an entity bills another one; name two";
        wrong.push(Refusal::field("same_entity", "buyer", message));
    }
    if body.description.trim().is_empty() {
        let message = "say for what the entity is billed";
        wrong.push(Refusal::field(
            "description_missing",
            "description",
            message,
        ));
    }
    if body.markup.decimal().is_sign_negative() {
        let message = format!("{} is below zero; write 5 % as \"0.05\"", body.markup);
        wrong.push(Refusal::field("bad_markup", "markup", message));
    }
    let cost = Money::parse(&body.cost, currency).unwrap_or_else(|refused| {
        wrong.push(Refusal::field("bad_amount", "cost", refused.to_string()));
        Money::from_minor(1, currency)
    });
    if cost.minor <= 0 {
        let message = format!("{cost} is not above zero; undo a bill with undo_entity_bill");
        wrong.push(Refusal::field("bad_amount", "cost", message));
    }
    if !wrong.is_empty() {
        return Err(AppFault::Refused(wrong));
    }
    let factor = Decimal::ONE.checked_add(body.markup.decimal());
    let exact = factor.and_then(|factor| cost.decimal().checked_mul(factor));
    let exact = exact.ok_or(values::MoneyRefused::TooLarge)?;
    let amount = Money::from_minor(round_to_minor(exact, currency, Rounding::HalfUp)?, currency);
    let number = next(tx, body.seller.as_str(), BILL)?;
    let billed = IntercompanyBilled {
        pair: number.clone(),
        number: number.clone(),
        side: IntercompanySide::Seller,
        seller: body.seller.clone(),
        buyer: body.buyer.clone(),
        description: body.description.trim().to_owned(),
        cost,
        markup: body.markup,
        amount,
    };
    let posted = post(tx, context, key, body, &billed)?;
    let row = IntercompanyPairRow {
        id: number.clone(),
        number,
        seller: body.seller.as_str().to_owned(),
        buyer: body.buyer.as_str().to_owned(),
        description: body.description.trim().to_owned(),
        currency: currency.code().to_owned(),
        cost: cost.minor,
        markup: body.markup.to_string(),
        amount: amount.minor,
        dated: body.on.to_string(),
        seller_journal: posted.first().cloned().unwrap_or_default(),
        buyer_journal: posted.last().cloned().unwrap_or_default(),
        status: "billed".to_owned(),
        actor: context.actor.clone(),
        created: context.now.microseconds(),
    };
    IntercompanyPairRow::insert(tx, std::slice::from_ref(&row))?;
    Ok(shown(&row, amount))
}

/// The next number of a series of what an entity bills others, or takes back.
fn next(tx: &mut Tx<'_>, entity: &str, word: &str) -> Result<String, AppFault> {
    let series = numbering::between_entities(entity, word);
    Ok(series.text(settings::next_number(tx, &series.counter)?))
}

fn shown(row: &IntercompanyPairRow, amount: Money) -> Answer {
    json!({
        "pair": row.id, "amount": amount, "status": row.status,
        "seller_journal": row.seller_journal, "buyer_journal": row.buyer_journal,
    })
}

/// Records both sides on one chain, each posted in its books by the rules in force there, and answers the
/// journal of each. Where one of them cannot be posted neither is kept.
fn post(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &BillEntity,
    billed: &IntercompanyBilled,
) -> Result<Vec<String>, AppFault> {
    let sides = [
        (IntercompanySide::Seller, &body.seller),
        (IntercompanySide::Buyer, &body.buyer),
    ];
    let mut recorder = Recorder::new(context, context.new_chain(), "/commands", key);
    let mut events = Vec::new();
    for (side, entity) in sides {
        journal::check_open(tx, entity, body.on)?;
        let fact = Fact {
            subject: format!("intercompany/{}", billed.pair),
            partition: format!("batch/{entity}/{}", Month::of(body.on)),
            entity: Some(entity.clone()),
            effective: body.on,
            happened: context.now,
        };
        let told = IntercompanyBilled {
            side,
            ..billed.clone()
        };
        events.push((
            entity,
            recorder.event(fact, Event::IntercompanyBilled(told)),
        ));
    }
    let chain = recorder.correlation().clone();
    recorder.finish(tx)?;
    let mut posted = Vec::new();
    for (entity, event) in events {
        let journals = replays::journals_of_event(tx, chain.as_str(), event.as_str())?;
        let journal = journals.into_iter().next();
        posted.push(journal.ok_or_else(|| not_posted(entity, billed))?);
    }
    Ok(posted)
}

fn not_posted(entity: &EntityId, billed: &IntercompanyBilled) -> Refusal {
    let message = format!(
        "no posting rule puts {} on {} into the books of {entity}; publish posting rules with one for com.tieout.ledger.intercompany.billed.v1, for the seller and for the buyer",
        billed.amount, billed.number
    );
    Refusal::field("no_posting_rule", "seller", message)
}

/// `undo_entity_bill`: both journals are reversed in one transaction, and the seller takes the bill
/// back by a credit note.
///
/// # Errors
/// When there is no such pair, it was undone before, or a month is closed in one of the two books.
pub fn undo(
    tx: &mut Tx<'_>,
    context: &Context,
    key: &str,
    body: &UndoEntityBill,
) -> Result<Answer, AppFault> {
    let row = intercompany::pair(tx, &body.pair)?.ok_or_else(|| AppFault::NotFound {
        kind: "intercompany pair",
        id: body.pair.clone(),
    })?;
    if !intercompany::undo(tx, &row.id, &context.actor)? {
        let message = format!("{} was undone before", row.id);
        return Err(Refusal::field("already_undone", "pair", message).into());
    }
    for (side, posted) in [
        ("seller", &row.seller_journal),
        ("buyer", &row.buyer_journal),
    ] {
        let reversal = ReverseJournal {
            journal: stored_value("journal id", posted)?,
            date: None,
            reason: body.reason.clone(),
        };
        journal::reverse(tx, context, &format!("{key}/{side}"), &reversal)?;
    }
    let credit = IntercompanyCreditRow {
        number: next(tx, &row.seller, BILL_CREDIT)?,
        pair: row.id,
        // The journals above are reversed on the day on which they were posted.
        issued: row.dated,
        reason: body.reason.trim().to_owned(),
        created: context.now.microseconds(),
    };
    IntercompanyCreditRow::insert(tx, std::slice::from_ref(&credit))?;
    Ok(json!({ "pair": credit.pair, "status": "undone", "credit_note": credit.number }))
}

impl crate::App {
    /// What legal entities billed each other, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn intercompany(&self, before: &str) -> Result<Vec<IntercompanyPairRow>, AppFault> {
        let before = before.to_owned();
        self.store()
            .read(move |tx| intercompany::newest(tx, &before, 200).map_err(AppFault::from))
    }
}

/// What entities owe each other in one currency, over the whole group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupNet {
    /// The currency.
    pub currency: String,
    /// Due from group companies and due to them, debits less credits, minor units.
    pub difference: i64,
    /// What they charged each other less what they were charged, debits less credits.
    pub earned: i64,
}

impl crate::App {
    /// What the accounts between entities come to when the group is added up: zero in every currency,
    /// or something was posted on one side alone.
    ///
    /// # Errors
    /// When the store fails or a sum leaves 64 bits.
    pub fn intercompany_nets(&self) -> Result<Vec<GroupNet>, AppFault> {
        let rows = self
            .store()
            .read(|tx| store::journals::balances(tx, "").map_err(AppFault::from))?;
        let mut nets = std::collections::BTreeMap::<String, (i64, i64)>::new();
        let chart = &self.books().chart;
        for row in rows {
            let code: AccountCode = stored_value("account", &row.account)?;
            let proves = chart
                .account(&code)
                .and_then(|account| account.ties_out_with.as_deref())
                .and_then(Measure::from_word);
            let owed = proves == Some(Measure::Intercompany);
            let earned = proves == Some(Measure::IntercompanyCharged);
            if !owed && !earned {
                continue;
            }
            let net = nets.entry(row.currency).or_default();
            let sum = if owed { &mut net.0 } else { &mut net.1 };
            let moved = row.debit.checked_sub(row.credit);
            *sum = moved
                .and_then(|moved| sum.checked_add(moved))
                .ok_or(values::MoneyRefused::TooLarge)?;
        }
        let nets = nets
            .into_iter()
            .map(|(currency, (difference, earned))| GroupNet {
                currency,
                difference,
                earned,
            });
        Ok(nets.collect())
    }
}
