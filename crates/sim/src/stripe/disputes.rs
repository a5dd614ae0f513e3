//! Disputes: the payer's bank asks about a charge or takes its money back, and we win or lose.

use serde_json::{Value, json};

use super::control::Handle;
use super::objects::{self, Birth, Movement};
use super::work::Work;
use crate::SimFault;

/// What Stripe keeps for a dispute that takes money, minor units.
const DISPUTE_FEE: i64 = 1_500;
/// How long a dispute can be answered.
const ANSWER_SECONDS: i64 = 14 * 86_400;

fn unknown(kind: &'static str, id: &str) -> SimFault {
    SimFault::Unknown {
        system: "stripe",
        kind,
        id: id.to_owned(),
    }
}

impl Handle {
    /// The payer's bank takes the money of a payment back. Answers the id of the dispute.
    ///
    /// # Errors
    /// When there is no such payment, or it has no charge.
    pub fn charge_back(&self, payment_intent: &str, reason: &str) -> Result<String, SimFault> {
        self.dispute(payment_intent, reason, "needs_response")
    }

    /// The payer's bank asks about a payment and takes nothing. Answers the id of the dispute.
    ///
    /// # Errors
    /// When there is no such payment, or it has no charge.
    pub fn inquire(&self, payment_intent: &str, reason: &str) -> Result<String, SimFault> {
        self.dispute(payment_intent, reason, "warning_needs_response")
    }

    fn dispute(
        &self,
        payment_intent: &str,
        reason: &str,
        status: &'static str,
    ) -> Result<String, SimFault> {
        let intent = self.object("payment_intents", payment_intent);
        let charge = intent
            .and_then(|intent| self.object("charges", intent["latest_charge"].as_str()?))
            .ok_or_else(|| unknown("charge of", payment_intent))?;
        self.change(|work| open(work, charge, reason, status))
    }

    /// Ends a dispute: `won` gives the money again, else it is lost; an inquiry is closed either way.
    ///
    /// # Errors
    /// When there is no such dispute.
    pub fn close_dispute(&self, id: &str, won: bool) -> Result<(), SimFault> {
        let dispute = self
            .object("disputes", id)
            .ok_or_else(|| unknown("dispute", id))?;
        self.change(|work| close(work, dispute, won))
    }
}

fn open(work: &mut Work<'_, '_>, mut charge: Value, reason: &str, status: &str) -> String {
    let id = work.new_id("dp");
    let birth = Birth {
        id: &id,
        created: work.now,
    };
    let asks = status.starts_with("warning_");
    let mut dispute = objects::dispute(birth, &charge, (reason, status), work.now + ANSWER_SECONDS);
    charge["disputed"] = json!(true);
    work.keep("charges", &charge);
    work.keep("disputes", &dispute);
    work.tell("charge.dispute.created", &dispute, None);
    if asks {
        return id;
    }
    let amount = -dispute["amount"].as_i64().unwrap_or(0);
    let words = format!(
        "Chargeback withdrawal for {}",
        charge["id"].as_str().unwrap_or_default()
    );
    moved(
        work,
        &mut dispute,
        (amount, DISPUTE_FEE),
        ("dispute", &words),
    );
    dispute["is_charge_refundable"] = json!(false);
    work.keep("disputes", &dispute);
    work.tell("charge.dispute.funds_withdrawn", &dispute, None);
    id
}

fn close(work: &mut Work<'_, '_>, mut dispute: Value, won: bool) {
    let status = match (&dispute["status"], won) {
        (Value::String(status), _) if status.starts_with("warning_") => "warning_closed",
        (_, true) => "won",
        (_, false) => "lost",
    };
    dispute["status"] = json!(status);
    work.keep("disputes", &dispute);
    work.tell("charge.dispute.closed", &dispute, None);
    if status != "won" {
        return;
    }
    let amount = dispute["amount"].as_i64().unwrap_or(0);
    let words = format!(
        "Chargeback reversal for {}",
        dispute["charge"].as_str().unwrap_or_default()
    );
    moved(
        work,
        &mut dispute,
        (amount, 0),
        ("dispute_reversal", &words),
    );
    work.keep("disputes", &dispute);
    work.tell("charge.dispute.funds_reinstated", &dispute, None);
}

/// Moves money on the balance; the dispute carries the whole transaction.
fn moved(
    work: &mut Work<'_, '_>,
    dispute: &mut Value,
    (amount, fee): (i64, i64),
    (category, words): (&str, &str),
) {
    let transaction_id = work.new_id("txn");
    let birth = Birth {
        id: &transaction_id,
        created: work.now,
    };
    let mut transaction = objects::balance_transaction(
        birth,
        &Movement {
            kind: "adjustment",
            amount,
            fee,
            currency: &dispute["currency"],
            source: dispute["id"].as_str().unwrap_or_default(),
            description: &json!(words),
        },
    );
    transaction["reporting_category"] = json!(category);
    if fee != 0 {
        transaction["fee_details"][0]["description"] = json!("Dispute fee");
    }
    work.keep("balance_transactions", &transaction);
    if let Some(known) = dispute["balance_transactions"].as_array_mut() {
        known.push(transaction);
    }
}
