//! Changes of customers: agreed by two people, with the fields before and after, from a day on.

use crate::approval::Difference;
use crate::collection;
use crate::command::{Answer, ChangeCustomer};
use crate::fault::{stored, stored_value, to_store};
use crate::journey::exception::{self, NewException};
use crate::journey::{customer, hierarchy, routing};
use crate::record::{Context, Fact, Recorder};
use crate::{App, AppFault, Refusal};
use commerce::Customer;
use control::ExceptionClass;
use events::{CustomerUpdated, Event, FieldChange};
use serde_json::json;
use store::approvals::{self, CustomerChangeRow};
use store::{Tx, catalogue, settings};
use values::{Date, Zone};

/// Moves in the hierarchy follow each other, so that two cannot close a circle together.
const HIERARCHY: &str = "hierarchy";

/// `change_customer`: at once when its day is here, else when it comes.
///
/// # Errors
/// When there is no such customer, nothing changes, or the day is past.
pub fn change(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ChangeCustomer,
) -> Result<Answer, AppFault> {
    let today = Zone::utc().date_at(context.now);
    let effective = body.effective.unwrap_or(today);
    if effective < today {
        let message = format!(
            "{effective} is past; what documents say is not changed afterwards, use {today} or later"
        );
        return Err(Refusal::field("effective_past", "effective", message).into());
    }
    if body.reason.trim().is_empty() {
        return Err(
            Refusal::field("reason_missing", "reason", "say why the customer changes").into(),
        );
    }
    if body
        .legal_name
        .as_ref()
        .is_some_and(|name| name.trim().is_empty())
    {
        let message = "a customer has a registered name";
        return Err(Refusal::field("name_missing", "legal_name", message).into());
    }
    if body.parent.is_some() {
        settings::take_turn(tx, HIERARCHY)?;
    }
    settings::take_turn(tx, &format!("customer/{}", body.customer))?;
    let before = customer::load(tx, &body.customer)?;
    let after = changed(&before, body)?;
    if let Some(class) = after.class.as_ref().filter(|_| after.class != before.class) {
        collection::policy::known_class(tx, class)?;
    }
    if let Some(parent) = after
        .parent
        .as_ref()
        .filter(|_| after.parent != before.parent)
    {
        hierarchy::may_stand_below(tx, &after, parent)?;
    }
    let diff = differences(tx, body)?;
    if diff.is_empty() {
        let message = "nothing changes: every field is as it is stated already";
        return Err(Refusal::whole("nothing_changes", message).into());
    }
    let row = CustomerChangeRow {
        id: context.ids.mint("chg", context.now),
        customer: body.customer.as_str().to_owned(),
        effective: effective.to_string(),
        change: to_store("customer change", body)?,
        diff: to_store("customer change", &diff)?,
        reason: body.reason.trim().to_owned(),
        maker: context.actor.clone(),
        status: "waiting".to_owned(),
        created: context.now.microseconds(),
        applied: 0,
    };
    CustomerChangeRow::insert(tx, std::slice::from_ref(&row))?;
    if effective == today {
        apply(tx, context, &row)?;
    }
    Ok(json!({
        "customer": body.customer,
        "change": row.id,
        "effective": effective,
        "status": if effective == today { "applied" } else { "waiting" },
    }))
}

/// What a change would change, field by field.
///
/// # Errors
/// When there is no such customer.
pub(crate) fn differences(
    tx: &mut Tx<'_>,
    body: &ChangeCustomer,
) -> Result<Vec<Difference>, AppFault> {
    let before = customer::load(tx, &body.customer)?;
    let after = changed(&before, body)?;
    let fields = |customer: &Customer| {
        [
            ("legal_name", customer.legal_name.clone()),
            (
                "currency",
                customer
                    .currency
                    .map_or_else(String::new, |currency| currency.to_string()),
            ),
            ("collection", word(customer)),
            (
                "payment_method",
                customer.payment_method.clone().unwrap_or_default(),
            ),
            (
                "payment_terms_days",
                customer.payment_terms_days.to_string(),
            ),
            (
                "parent",
                customer
                    .parent
                    .as_ref()
                    .map_or_else(String::new, |parent| parent.to_string()),
            ),
            ("class", customer.class.clone().unwrap_or_default()),
        ]
    };
    Ok(fields(&before)
        .into_iter()
        .zip(fields(&after))
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| Difference {
            field: field.to_owned(),
            before,
            after,
        })
        .collect())
}

fn word(customer: &Customer) -> String {
    match customer.collection {
        commerce::Collection::Card => "card",
        commerce::Collection::Transfer => "transfer",
    }
    .to_owned()
}

fn changed(before: &Customer, body: &ChangeCustomer) -> Result<Customer, AppFault> {
    let mut after = before.clone();
    if let Some(name) = &body.legal_name {
        name.trim().clone_into(&mut after.legal_name);
    }
    if body.currency.is_some() {
        after.currency = body.currency;
    }
    if let Some(collection) = body.collection {
        after.collection = collection;
    }
    if body.payment_method.is_some() {
        after.payment_method.clone_from(&body.payment_method);
    }
    if let Some(days) = body.payment_terms_days {
        after.payment_terms_days = days;
    }
    if let Some(parent) = &body.parent {
        after.parent = match parent.trim() {
            "" => None,
            id => Some(id.parse().map_err(|error: values::IdRefused| {
                Refusal::field("bad_id", "parent", error.to_string())
            })?),
        };
    }
    if let Some(class) = &body.class {
        after.class = Some(class.trim().to_owned()).filter(|class| !class.is_empty());
    }
    Ok(after)
}

/// Applies a change whose day has come. What was agreed when it was possible and is not possible any
/// more, because another move was made first, is left undone and raised.
fn apply_due(tx: &mut Tx<'_>, context: &Context, row: &CustomerChangeRow) -> Result<(), AppFault> {
    let body: ChangeCustomer = stored("customer change", &row.change)?;
    let before = customer::load(tx, &body.customer)?;
    let after = changed(&before, &body)?;
    let moved = after
        .parent
        .as_ref()
        .filter(|_| after.parent != before.parent);
    let verdict = moved.map_or(Ok(()), |parent| {
        hierarchy::may_stand_below(tx, &after, parent)
    });
    let refusals = match verdict {
        Ok(()) => return apply(tx, context, row),
        Err(AppFault::Refused(refusals)) => refusals,
        Err(fault) => return Err(fault),
    };
    if !approvals::change_refused(tx, &row.id, context.now.microseconds())? {
        return Ok(());
    }
    let reasons: Vec<String> = refusals.into_iter().map(|it| it.message).collect();
    let new = NewException {
        key: format!("customer_change/{}", row.id),
        class: ExceptionClass::IllegalStep.code(),
        summary: format!(
            "the change of {} agreed for {} could not be made: {}",
            row.customer,
            row.effective,
            reasons.join("; ")
        ),
        detail: format!(
            "customer change {} by {}: {}",
            row.id, row.maker, row.reason
        ),
        payload: row.change.clone(),
        customer: row.customer.clone(),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

fn apply(tx: &mut Tx<'_>, context: &Context, row: &CustomerChangeRow) -> Result<(), AppFault> {
    let body: ChangeCustomer = stored("customer change", &row.change)?;
    settings::take_turn(tx, &format!("customer/{}", body.customer))?;
    let diff = differences(tx, &body)?;
    let now = context.now.microseconds();
    if !approvals::change_applied(tx, &row.id, &to_store("customer change", &diff)?, now)? {
        return Ok(());
    }
    let known = catalogue::customer(tx, &row.customer)?.ok_or_else(|| AppFault::NotFound {
        kind: "customer",
        id: row.customer.clone(),
    })?;
    let before: Customer = stored("customer", &known.body)?;
    let after = changed(&before, &body)?;
    let text = to_store("customer", &after)?;
    catalogue::update_customer(tx, &row.customer, &after.legal_name, &known.standing, &text)?;
    let today = Zone::utc().date_at(context.now);
    let above = (before.parent.as_ref(), after.parent.as_ref());
    routing::moved(tx, today, &after.id, above)?;
    let maker = Context {
        actor: row.maker.clone(),
        ..context.clone()
    };
    let correlation = stored_value("chain id", &known.correlation)?;
    let key = format!("customer_change/{}", row.id);
    let mut recorder = Recorder::new(&maker, correlation, "/commands", &key);
    let effective: Date = stored_value("date", &row.effective)?;
    let fact = Fact {
        subject: format!("customer/{}", after.id),
        partition: format!("customer/{}", after.id),
        entity: None,
        effective,
        happened: context.now,
    };
    let set = |text: String| (!text.is_empty()).then_some(text);
    let event = CustomerUpdated {
        customer: after.id.clone(),
        legal_name: after.legal_name.clone(),
        currency: after.currency,
        changes: diff
            .into_iter()
            .map(|difference| FieldChange {
                field: difference.field,
                before: set(difference.before),
                after: set(difference.after),
                owner: "tieout".to_owned(),
            })
            .collect(),
        references: customer::references(&after.refs),
    };
    recorder.event(fact, Event::CustomerUpdated(event));
    recorder.finish(tx)
}

impl App {
    /// Applies the agreed changes of customers whose day has come. Returns how many there were.
    ///
    /// # Errors
    /// When the store fails.
    pub fn apply_customer_changes(&self) -> Result<u64, AppFault> {
        let day = Zone::utc().date_at(self.clock().now()).to_string();
        let due = self
            .store()
            .read(move |tx| approvals::changes_due(tx, &day))?;
        if due.is_empty() {
            return Ok(0);
        }
        self.run("tieout/approvals", |tx, context| {
            let today = Zone::utc().date_at(context.now).to_string();
            let due = approvals::changes_due(tx, &today)?;
            if !due.is_empty() {
                settings::take_turn(tx, HIERARCHY)?;
            }
            for row in &due {
                apply_due(tx, context, row)?;
            }
            Ok(due.len() as u64)
        })
    }
}
