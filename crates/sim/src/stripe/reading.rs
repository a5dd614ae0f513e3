//! Reading: one object, lists with filters and paging, and `expand`.

use serde_json::{Value, json};

use super::invoices::shown;
use super::objects;
use super::parameters::Parameters;
use super::refusal::Refusal;
use crate::tables::Tables;

/// A list that can be asked for.
struct Listing {
    table: &'static str,
    kind: &'static str,
    /// Parameter and the field it must equal.
    filters: &'static [(&'static str, &'static str)],
}

fn listing(collection: &str) -> Option<Listing> {
    let (table, kind, filters): (_, _, &'static [(&str, &str)]) = match collection {
        "customers" => ("customers", "customer", &[("email", "email")]),
        "payment_methods" => (
            "payment_methods",
            "PaymentMethod",
            &[("customer", "customer"), ("type", "type")],
        ),
        "payment_intents" => (
            "payment_intents",
            "payment_intent",
            &[("customer", "customer")],
        ),
        "charges" => (
            "charges",
            "charge",
            &[
                ("customer", "customer"),
                ("payment_intent", "payment_intent"),
            ],
        ),
        "refunds" => (
            "refunds",
            "refund",
            &[("charge", "charge"), ("payment_intent", "payment_intent")],
        ),
        "disputes" => (
            "disputes",
            "dispute",
            &[("charge", "charge"), ("payment_intent", "payment_intent")],
        ),
        "balance_transactions" => (
            "balance_transactions",
            "balance_transaction",
            &[
                ("type", "type"),
                ("source", "source"),
                ("currency", "currency"),
            ],
        ),
        "events" => ("events", "event", &[("type", "type")]),
        "payouts" => ("payouts", "payout", &[("status", "status")]),
        "invoices" => (
            "invoices",
            "invoice",
            &[("customer", "customer"), ("status", "status")],
        ),
        "invoice_payments" => (
            "invoice_payments",
            "invoice_payment",
            &[("invoice", "invoice"), ("status", "status")],
        ),
        "credit_notes" => (
            "credit_notes",
            "credit note",
            &[("customer", "customer"), ("invoice", "invoice")],
        ),
        _ => return None,
    };
    Some(Listing {
        table,
        kind,
        filters,
    })
}

/// One object by its id.
pub(super) fn one(
    tables: &Tables,
    collection: &str,
    id: &str,
    given: &Parameters,
    now: i64,
    stale: bool,
) -> Option<Result<Value, Refusal>> {
    let listing = listing(collection)?;
    if let Err(refusal) = given.allow(&["expand[]"]) {
        return Some(Err(refusal));
    }
    let param = if collection == "payment_intents" {
        "intent"
    } else {
        "id"
    };
    let missing = || Refusal::missing(listing.kind, id, param);
    let found = tables
        .read(listing.table, id, stale)
        .cloned()
        .ok_or_else(missing);
    Some(found.and_then(|mut object| {
        present(tables, &mut object, now);
        expand(tables, &mut object, &given.list("expand"), now)?;
        Ok(object)
    }))
}

/// A page of objects, newest first.
pub(super) fn page(
    tables: &Tables,
    collection: &str,
    given: &Parameters,
    now: i64,
) -> Option<Result<Value, Refusal>> {
    listing(collection).map(|listing| page_of(tables, collection, &listing, given, now))
}

fn page_of(
    tables: &Tables,
    collection: &str,
    listing: &Listing,
    given: &Parameters,
    now: i64,
) -> Result<Value, Refusal> {
    let mut allowed = vec![
        "limit",
        "starting_after",
        "ending_before",
        "expand[]",
        "created",
    ];
    allowed.extend(["created[gt]", "created[gte]", "created[lt]", "created[lte]"]);
    allowed.extend(listing.filters.iter().map(|(param, _)| *param));
    match collection {
        "events" => allowed.extend(["types[]", "delivery_success"]),
        "balance_transactions" => allowed.push("payout"),
        "invoice_payments" => allowed.extend(["payment[type]", "payment[payment_intent]"]),
        _ => {}
    }
    given.allow(&allowed)?;
    let limit = given.integer("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        let message = "Invalid limit: it must be between 1 and 100.";
        return Err(Refusal::invalid(message)
            .code("parameter_invalid_integer")
            .param("limit"));
    }
    let mut matching = Vec::new();
    for (id, object) in tables.rows(listing.table).rev() {
        if admits(tables, listing, given, id, object)? {
            matching.push(object);
        }
    }
    let position = |name: &str| -> Result<Option<usize>, Refusal> {
        let Some(cursor) = given.given(name) else {
            return Ok(None);
        };
        if tables.get(listing.table, cursor).is_none() {
            return Err(Refusal::missing(listing.kind, cursor, name));
        }
        Ok(Some(
            matching
                .iter()
                .position(|object| object["id"] == cursor)
                .unwrap_or(matching.len()),
        ))
    };
    let limit = usize::try_from(limit).unwrap_or(10);
    let (slice, has_more) = match (position("starting_after")?, position("ending_before")?) {
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid(
                "Give either starting_after or ending_before, not both.",
            ));
        }
        (_, Some(end)) => {
            let start = end.saturating_sub(limit);
            (&matching[start..end], start > 0)
        }
        (after, None) => {
            let start = after.map_or(0, |at| (at + 1).min(matching.len()));
            let end = (start + limit).min(matching.len());
            (&matching[start..end], end < matching.len())
        }
    };
    let mut data: Vec<Value> = slice.iter().map(|object| (*object).clone()).collect();
    data.iter_mut()
        .for_each(|object| present(tables, object, now));
    let mut page = json!({ "object": "list", "data": data, "has_more": has_more, "url": format!("/v1/{collection}") });
    expand(tables, &mut page, &given.list("expand"), now)?;
    Ok(page)
}

/// A page of the lines of an invoice or credit note, in their order.
pub(super) fn lines(
    tables: &Tables,
    (collection, id): (&str, &str),
    given: &Parameters,
) -> Option<Result<Value, Refusal>> {
    if !matches!(collection, "invoices" | "credit_notes") {
        return None;
    }
    let listing = listing(collection)?;
    Some(match tables.get(listing.table, id) {
        Some(object) => lines_of(object, given),
        None => Err(Refusal::missing(listing.kind, id, "id")),
    })
}

fn lines_of(object: &Value, given: &Parameters) -> Result<Value, Refusal> {
    given.allow(&["limit", "starting_after"])?;
    let limit = given.integer("limit")?.unwrap_or(10);
    let limit = usize::try_from(limit).unwrap_or(0);
    if !(1..=100).contains(&limit) {
        let message = "Invalid limit: it must be between 1 and 100.";
        return Err(Refusal::invalid(message)
            .code("parameter_invalid_integer")
            .param("limit"));
    }
    let all = object["lines"]["data"].as_array();
    let all = all.map_or(&[][..], Vec::as_slice);
    let start = match given.given("starting_after") {
        None => 0,
        Some(after) => {
            let at = all.iter().position(|line| line["id"] == after);
            let missing = || Refusal::missing("line item", after, "starting_after");
            at.ok_or_else(missing)? + 1
        }
    };
    let end = (start + limit).min(all.len());
    Ok(json!({
        "object": "list", "data": &all[start..end], "has_more": end < all.len(), "url": object["lines"]["url"]
    }))
}

fn admits(
    tables: &Tables,
    listing: &Listing,
    given: &Parameters,
    id: &str,
    object: &Value,
) -> Result<bool, Refusal> {
    for (param, field) in listing.filters {
        if let Some(wanted) = given.given(param) {
            let wildcard = listing.table == "events"
                && wanted.strip_suffix('*').is_some_and(|start| {
                    object[*field]
                        .as_str()
                        .is_some_and(|text| text.starts_with(start))
                });
            if object[*field] != wanted && !wildcard {
                return Ok(false);
            }
        }
    }
    for field in ["type", "payment_intent"] {
        let wanted = given.at(&["payment", field]);
        if wanted.is_some_and(|wanted| object["payment"][field] != wanted) {
            return Ok(false);
        }
    }
    let types = given.list("types");
    if !types.is_empty() && !types.iter().any(|kind| object["type"] == *kind) {
        return Ok(false);
    }
    if let Some(payout) = given.given("payout")
        && tables
            .get("payout_members", id)
            .is_none_or(|member| member["payout"] != payout)
    {
        return Ok(false);
    }
    if let Some(success) = given.given("delivery_success") {
        let delivered = tables
            .get("deliveries", id)
            .is_some_and(|delivery| delivery["state"] == "delivered");
        if delivered != (success == "true") {
            return Ok(false);
        }
    }
    given.within_created(object["created"].as_i64().unwrap_or(0))
}

/// What depends on when the object is read.
fn present(tables: &Tables, object: &mut Value, now: i64) {
    match object["object"].as_str() {
        Some("balance_transaction") => {
            let available = object["available_on"].as_i64().is_some_and(|at| at <= now);
            object["status"] = json!(if available { "available" } else { "pending" });
        }
        Some("invoice" | "credit_note") => *object = shown(object),
        Some("event") => {
            let pending = object["id"]
                .as_str()
                .and_then(|id| tables.get("deliveries", id))
                .is_some_and(|delivery| delivery["state"] == "pending");
            object["pending_webhooks"] = json!(i64::from(pending));
        }
        _ => {}
    }
}

/// Replaces the ids at these paths by their objects.
pub(super) fn expand(
    tables: &Tables,
    object: &mut Value,
    paths: &[&str],
    now: i64,
) -> Result<(), Refusal> {
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        if parts.len() > 5 {
            let message = format!("Property expansion is limited to 4 levels ({path}).");
            return Err(Refusal::invalid(message).param("expand"));
        }
        expand_path(tables, object, &parts, path, now)?;
    }
    Ok(())
}

fn expand_path(
    tables: &Tables,
    object: &mut Value,
    parts: &[&str],
    path: &str,
    now: i64,
) -> Result<(), Refusal> {
    let Some((first, rest)) = parts.split_first() else {
        return Ok(());
    };
    if let Some(items) = object.as_array_mut() {
        return items
            .iter_mut()
            .try_for_each(|item| expand_path(tables, item, parts, path, now));
    }
    let refused =
        || Refusal::invalid(format!("This property cannot be expanded ({path}).")).param("expand");
    let field = object.get_mut(*first).ok_or_else(refused)?;
    if let Some(id) = field.as_str() {
        let (table, _) = objects::table_of(id).ok_or_else(refused)?;
        let mut whole = tables.get(table, id).cloned().ok_or_else(refused)?;
        present(tables, &mut whole, now);
        *field = whole;
    } else if !field.is_object() && !field.is_array() && !field.is_null() {
        return Err(refused());
    }
    if rest.is_empty() || field.is_null() {
        Ok(())
    } else {
        expand_path(tables, field, rest, path, now)
    }
}
