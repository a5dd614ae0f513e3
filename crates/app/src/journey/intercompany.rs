//! What one legal entity bills to another: an invoice in the books of one and a bill in those of the
//! other, in one transaction, so that both net to zero when the group is added up.

use crate::Refusal;
use crate::command::{
    Answer, BillEntity, PostJournal, PostJournalLine, ReverseJournal, UndoEntityBill,
};
use crate::fault::{AppFault, stored_value, to_store};
use crate::journey::journal;
use crate::record::Context;
use serde_json::json;
use store::intercompany::{self, IntercompanyPairRow};
use store::{Tx, settings};
use values::{AccountCode, Decimal, EntityId, JournalId, Money, Rounding, round_to_minor};

/// Due from group companies, and what the seller earns.
const SELLER: (&str, &str) = ("1900", "4800");
/// What the buyer spends, and due to group companies.
const BUYER: (&str, &str) = ("6800", "2900");

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
    let number = settings::next_number(tx, &format!("number/IC-{}", body.seller))?;
    let number = format!("IC-{}-{number:05}", body.seller);
    let sides = [
        (&body.seller, SELLER, "seller"),
        (&body.buyer, BUYER, "buyer"),
    ];
    let mut posted = Vec::new();
    for (entity, accounts, side) in sides {
        let journal = JournalId::mint(&*context.ids, context.now);
        let entry = entry(body, entity, accounts, &journal, amount, &number)?;
        journal::post(tx, context, &format!("{key}/{side}"), &entry)?;
        posted.push(journal.as_str().to_owned());
    }
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

fn shown(row: &IntercompanyPairRow, amount: Money) -> Answer {
    json!({
        "pair": row.id, "amount": amount, "status": row.status,
        "seller_journal": row.seller_journal, "buyer_journal": row.buyer_journal,
    })
}

/// The journal of one side: the first account is debited.
fn entry(
    body: &BillEntity,
    entity: &EntityId,
    (debited, credited): (&str, &str),
    journal: &JournalId,
    amount: Money,
    number: &str,
) -> Result<PostJournal, AppFault> {
    let account = |code: &str| stored_value::<AccountCode>("account", code);
    let text = amount.decimal().to_string();
    let text =
        serde_json::from_str(&to_store("amount", &text)?).map_err(|error| AppFault::Unreadable {
            what: "amount",
            error: error.to_string(),
        });
    let text: crate::command::Amount = text?;
    let line = |code: &str, is_debit: bool| -> Result<PostJournalLine, AppFault> {
        Ok(PostJournalLine {
            account: account(code)?,
            debit: is_debit.then(|| text.clone()),
            credit: (!is_debit).then(|| text.clone()),
            currency: Some(amount.currency),
        })
    };
    Ok(PostJournal {
        id: Some(journal.clone()),
        entity: entity.clone(),
        date: body.on,
        reason: format!(
            "{number}: {} bills {} for {}",
            body.seller,
            body.buyer,
            body.description.trim()
        ),
        lines: vec![line(debited, true)?, line(credited, false)?],
    })
}

/// `undo_entity_bill`: both journals are reversed in one transaction.
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
    Ok(json!({ "pair": row.id, "status": "undone" }))
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
        for row in rows {
            let owed = [SELLER.0, BUYER.1].contains(&row.account.as_str());
            let earned = [SELLER.1, BUYER.0].contains(&row.account.as_str());
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
