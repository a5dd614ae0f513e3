//! The stage gate of the CRM: whether billing could carry out a deal, asked before it is won. The
//! answer is what intake would say, by the same code; nothing is recorded. A deal that cannot be
//! carried out is won only with an approved bypass.

use super::change::{self, NewChange};
use super::gate;
use super::view::{OrderCheck, OrderProblem};
use crate::command::{Answer, CheckOrder, Envelope, RequestOrderBypass};
use crate::fault::AppFault;
use crate::journey::order::{self, OrderAccount, WonLine, WonOrder};
use crate::record::Context;
use crate::{Refusal, governance::mappings};
use control::Role;
use control::ownership::ProposedWrite;
use store::{Tx, governance};

/// `check_order`.
///
/// # Errors
/// When the store fails. What is wrong with the deal is the answer.
pub(crate) fn check(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &CheckOrder,
) -> Result<Answer, AppFault> {
    let topology = &context.books.governance.topology;
    let mut problems = Vec::new();
    let asked = won(body);
    let mut said_before = Vec::new();
    let order = match mappings::translated(&context.books.governance.salesforce, &asked) {
        Ok(order) => order,
        Err(unmapped) => {
            said_before.extend(unmapped.iter().filter_map(|it| refusal_of(&it.field)));
            problems.extend(unmapped.iter().map(|it| OrderProblem {
                code: "unmapped_value".to_owned(),
                message: it.to_string(),
            }));
            asked
        }
    };
    let wanted = gate::order_writes(topology, &order);
    let obstacles = gate::obstacles(topology, &order.system, &wanted);
    problems.extend(
        obstacles
            .into_iter()
            .map(|(code, message)| OrderProblem { code, message }),
    );
    if order.account.id.is_empty() {
        problems.push(OrderProblem {
            code: "no_account".to_owned(),
            message: "account: empty; set the account on the opportunity".to_owned(),
        });
    }
    let (refusals, value) = order::examined(tx, context, &order)?;
    for (code, message) in refusals {
        // What a map does not have is said once, in the words of the map.
        if !said_before.contains(&code.as_str()) {
            problems.push(OrderProblem { code, message });
        }
    }
    let bypass = governance::change_from(tx, "stage_gate", &key(&body.system, &body.opportunity))?
        .filter(|row| row.state == "applied");
    let check = OrderCheck {
        can_be_won: problems.is_empty() || bypass.is_some(),
        bypass: bypass.map(|row| format!("{} approved by {}: {}", row.id, row.checker, row.reason)),
        value: value.filter(|_| problems.is_empty()),
        problems,
    };
    serde_json::to_value(&check).map_err(|error| AppFault::Unreadable {
        what: "order check",
        error: error.to_string(),
    })
}

/// How intake refuses a value of a field that it does not know.
fn refusal_of(field: &str) -> Option<&'static str> {
    match field {
        "order.billing_frequency" => Some("unknown_frequency"),
        "order.currency" => Some("unknown_currency"),
        "order.entity" => Some("unknown_entity"),
        "order.product" => Some("unknown_product"),
        _ => None,
    }
}

fn key(system: &str, opportunity: &str) -> String {
    format!("{system}/{opportunity}")
}

fn won(body: &CheckOrder) -> WonOrder {
    WonOrder {
        system: body.system.clone(),
        opportunity: body.opportunity.clone(),
        name: body.opportunity.clone(),
        account: OrderAccount {
            id: body.account.clone().unwrap_or_default(),
            name: body.account.clone().unwrap_or_default(),
            currency: None,
            processor_customer: None,
            payment_method: None,
        },
        currency: body.currency.clone(),
        entity: body.entity.clone(),
        start: body.start,
        end: body.end,
        frequency: body.frequency.clone(),
        upgrades: body.upgrades.clone(),
        booked: None,
        lines: body
            .lines
            .iter()
            .map(|line| WonLine {
                product: line.product.clone(),
                quantity: line.quantity.map(|it| it.decimal()),
                unit_price: line.unit_price.map(|it| it.decimal()),
                description: None,
            })
            .collect(),
        payload: String::new(),
    }
}

/// `request_order_bypass`.
///
/// # Errors
/// When it was asked before, or no reason is given.
pub(crate) fn request_bypass(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &RequestOrderBypass,
) -> Result<Answer, AppFault> {
    if body.reason.trim().is_empty() {
        let message = "say why the deal must be won before billing can carry it out, and who mends it by when";
        return Err(Refusal::field("reason_missing", "reason", message).into());
    }
    let origin_key = key(&body.system, &body.opportunity);
    if let Some(known) = governance::change_from(tx, "stage_gate", &origin_key)? {
        let message = format!("{} was asked for before and is {}", known.id, known.state);
        return Err(Refusal::field("already_asked", "opportunity", message).into());
    }
    let write = ProposedWrite {
        field: "quote.booked_value".to_owned(),
        source: body.system.clone(),
        owner: "tieout".to_owned(),
        // The deal is billing's to carry out, so billing says whether it can wait.
        steward: Role::BillingAnalyst,
    };
    let person = crate::approval::people::behind(tx, &envelope.client, &envelope.actor)?;
    let new = NewChange {
        origin: "stage_gate",
        origin_key,
        source: body.system.clone(),
        object: format!("opportunity/{}", body.opportunity),
        entity: String::new(),
        writes: &[write],
        body: String::new(),
        diff: Vec::new(),
        maker: person.name,
        reason: body.reason.trim().to_owned(),
    };
    change::propose(tx, context, new)
}
