//! The commands about endpoints: add, change, change the secret, test, recover.

use super::fan_out::{day_of, messages, wanted};
use super::subscription::{Subscription, newest_version};
use super::{
    AddWebhookEndpoint, ChangeWebhookEndpoint, RecoverWebhooks, ResendWebhook, RotateWebhookSecret,
    TestWebhook, WEBHOOKS, readers,
};
use crate::command::Answer;
use crate::fault::{AppFault, Refusal, stored, to_store};
use crate::record::{Context, read_envelope};
use crate::seal::{self, Entropy, SystemEntropy};
use crate::{App, seal::Sealer};
use connect::Secret;
use connect::guarded::AddressPolicy;
use connect::standard_webhooks::{SECRET_BYTES, secret_of};
use serde_json::json;
use store::outward::{self, EndpointRow, MessageRow};
use store::{Tx, log, settings};

/// What the secrets of endpoints are sealed for.
pub const ENDPOINTS: &str = "webhook_endpoint";
/// The setting that lets endpoints stand at addresses that are not public.
const PRIVATE: &str = "outward/private_addresses";
/// Longest overlap of two secrets, in hours.
const OVERLAP_LONGEST: u16 = 168;
/// Events looked at in one step of a recovery.
const STEP: i64 = 500;

/// The name under which a secret of an endpoint is kept.
pub(super) fn secret_name(endpoint: &str, number: i64) -> String {
    format!("{endpoint}/{number}")
}

/// Opens a secret of an endpoint.
pub(super) fn secret(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    endpoint: &str,
    number: i64,
) -> Result<Secret, AppFault> {
    seal::kept(tx, sealer, ENDPOINTS, &secret_name(endpoint, number))
}

pub(super) fn found(tx: &mut Tx<'_>, id: &str) -> Result<EndpointRow, AppFault> {
    outward::endpoint(tx, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "webhook endpoint",
        id: id.to_owned(),
    })
}

fn check_address(tx: &mut Tx<'_>, url: &str) -> Result<(), AppFault> {
    let private = settings::setting(tx, PRIVATE)?.as_deref() == Some("yes");
    AddressPolicy { private }
        .check(url)
        .map_err(|refused| Refusal::field("address_refused", "url", refused.to_string()).into())
}

fn new_secret(
    tx: &mut Tx<'_>,
    context: &Context,
    endpoint: &str,
    number: i64,
) -> Result<(), AppFault> {
    let mut bytes = [0_u8; SECRET_BYTES];
    SystemEntropy.fill(&mut bytes)?;
    let name = secret_name(endpoint, number);
    seal::keep(tx, context, ENDPOINTS, &name, &secret_of(&bytes))
}

/// Adds an endpoint. It is sent what is recorded from now on.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &AddWebhookEndpoint,
) -> Result<Answer, AppFault> {
    check_address(tx, &body.url)?;
    let version = body.version.unwrap_or_else(newest_version);
    Subscription::read(&body.types, version, day_of(context.now)).map_err(AppFault::Refused)?;
    let id = context.ids.mint("whe", context.now);
    let first = !outward::endpoints(tx)?
        .iter()
        .any(|row| row.status == "enabled");
    let now = context.now.microseconds();
    let row = EndpointRow {
        id: id.clone(),
        url: body.url.clone(),
        description: body.description.clone(),
        types: to_store("event types", &body.types)?,
        version: i64::from(version),
        status: "enabled".to_owned(),
        reason: String::new(),
        secret_number: 1,
        secret_shown: 0,
        previous_until: 0,
        failing_since: 0,
        hold_until: 0,
        created: now,
        changed: now,
        actor: context.actor.clone(),
    };
    EndpointRow::insert(tx, &[row])?;
    new_secret(tx, context, &id, 1)?;
    if first {
        awake(tx)?;
    }
    Ok(json!({ "endpoint": id, "status": "enabled" }))
}

/// The first endpoint wakes the reader: what was recorded while nobody wanted it is passed over.
fn awake(tx: &mut Tx<'_>) -> Result<(), AppFault> {
    readers::activate(tx, WEBHOOKS, readers::Start::Now)?;
    Ok(store::readers::start_at_the_end(tx, WEBHOOKS)?)
}

/// Changes an endpoint.
pub(crate) fn change(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ChangeWebhookEndpoint,
) -> Result<Answer, AppFault> {
    let mut row = found(tx, &body.endpoint)?;
    if let Some(url) = &body.url {
        check_address(tx, url)?;
        row.url.clone_from(url);
    }
    if let Some(description) = &body.description {
        row.description.clone_from(description);
    }
    let mut types: Vec<String> = stored("event types of an endpoint", &row.types)?;
    if body.types.is_some() || body.version.is_some() {
        types = body.types.clone().unwrap_or(types);
        let version = match body.version {
            Some(version) => version,
            None => u32::try_from(row.version).unwrap_or(1),
        };
        Subscription::read(&types, version, day_of(context.now)).map_err(AppFault::Refused)?;
        row.types = to_store("event types", &types)?;
        row.version = i64::from(version);
    }
    row.changed = context.now.microseconds();
    if let Some(enabled) = body.enabled {
        switch(tx, context, &mut row, enabled)?;
    }
    outward::update_endpoint(tx, &row)?;
    rest_when_nobody_listens(tx)?;
    Ok(json!({ "endpoint": row.id, "status": row.status }))
}

fn switch(
    tx: &mut Tx<'_>,
    context: &Context,
    row: &mut EndpointRow,
    enabled: bool,
) -> Result<(), AppFault> {
    let was = row.status == "enabled";
    if enabled && !was {
        let first = !outward::endpoints(tx)?
            .iter()
            .any(|other| other.status == "enabled");
        row.status = "enabled".to_owned();
        row.reason.clear();
        (row.failing_since, row.hold_until) = (0, 0);
        if first {
            awake(tx)?;
        }
    }
    if !enabled && was {
        row.status = "disabled".to_owned();
        row.reason = format!("disabled by {}", context.actor);
        let reason = "the endpoint was disabled before it was sent";
        outward::skip_all(tx, &row.id, reason, context.now.microseconds())?;
    }
    Ok(())
}

/// Without an endpoint that is enabled, appends mark nothing.
pub(super) fn rest_when_nobody_listens(tx: &mut Tx<'_>) -> Result<(), AppFault> {
    let anybody = outward::endpoints(tx)?
        .iter()
        .any(|row| row.status == "enabled");
    if anybody {
        Ok(())
    } else {
        readers::rest(tx, WEBHOOKS)
    }
}

/// Gives an endpoint a new secret. The one before it signs too until the overlap ends.
pub(crate) fn rotate(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RotateWebhookSecret,
) -> Result<Answer, AppFault> {
    if body.overlap_hours > OVERLAP_LONGEST {
        let message = format!(
            "{} hours are too long: two secrets are in force for at most {OVERLAP_LONGEST} hours",
            body.overlap_hours
        );
        return Err(Refusal::field("overlap_too_long", "overlap_hours", message).into());
    }
    let mut row = found(tx, &body.endpoint)?;
    let before = secret_name(&row.id, row.secret_number - 1);
    seal::forget(tx, ENDPOINTS, &before)?;
    row.secret_number += 1;
    row.secret_shown = 0;
    let until = context
        .now
        .plus_seconds(i64::from(body.overlap_hours) * 3_600);
    row.previous_until = until.microseconds();
    row.changed = context.now.microseconds();
    new_secret(tx, context, &row.id, row.secret_number)?;
    outward::update_endpoint(tx, &row)?;
    Ok(json!({ "endpoint": row.id, "previous_until": until }))
}

/// Sends a message that says nothing but that it arrived.
pub(crate) fn test(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &TestWebhook,
) -> Result<Answer, AppFault> {
    let row = found(tx, &body.endpoint)?;
    if row.status != "enabled" {
        let message = "the endpoint is disabled: enable it first";
        return Err(Refusal::field("endpoint_disabled", "endpoint", message).into());
    }
    let id = context.ids.mint("msg", context.now);
    let now = context.now.microseconds();
    let message = MessageRow {
        endpoint: row.id.clone(),
        id: id.clone(),
        event: String::new(),
        event_type: super::send::TEST_TYPE.to_owned(),
        lane: format!("test/{id}"),
        sequence: 1,
        status: "waiting".to_owned(),
        attempts: 0,
        code: 0,
        error: String::new(),
        created: now,
        changed: now,
    };
    outward::queue(tx, &[message], now)?;
    Ok(json!({ "endpoint": row.id, "message": id }))
}

/// Queues everything recorded since a moment that the endpoint wants and has not taken.
pub(crate) fn recover(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &RecoverWebhooks,
) -> Result<Answer, AppFault> {
    let row = found(tx, &body.endpoint)?;
    if row.status != "enabled" {
        let message = "the endpoint is disabled: enable it first";
        return Err(Refusal::field("endpoint_disabled", "endpoint", message).into());
    }
    let endpoints = [(row.clone(), wanted(&row)?)];
    let (mut after, mut queued, mut looked_at) = (String::new(), 0_u64, 0_u64);
    loop {
        let page = log::since(tx, body.since.microseconds(), &after, STEP)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for event in page {
            looked_at += 1;
            let event = read_envelope(event)?;
            for message in messages(context, &endpoints, &event)? {
                queued += queue_again(tx, context, message)?;
            }
        }
    }
    Ok(json!({ "endpoint": row.id, "events": looked_at, "queued": queued }))
}

fn queue_again(tx: &mut Tx<'_>, context: &Context, message: MessageRow) -> Result<u64, AppFault> {
    let now = context.now.microseconds();
    let (endpoint, id, lane) = (
        message.endpoint.clone(),
        message.id.clone(),
        message.lane.clone(),
    );
    let waits = message.status == "waiting";
    let queued = outward::queue(tx, &[message], now)?;
    if queued == 1 {
        return Ok(u64::from(waits));
    }
    if waits && outward::requeue(tx, &endpoint, &id, &lane, now)? {
        return Ok(1);
    }
    Ok(0)
}

/// Sends one message again that was given up or passed over.
pub(crate) fn resend(
    tx: &mut Tx<'_>,
    context: &Context,
    body: &ResendWebhook,
) -> Result<Answer, AppFault> {
    let (endpoint, id) = (&body.endpoint, &body.message);
    let row = outward::message(tx, endpoint, id)?.ok_or_else(|| AppFault::NotFound {
        kind: "webhook message",
        id: id.clone(),
    })?;
    if !outward::requeue(tx, endpoint, id, &row.lane, context.now.microseconds())? {
        let told = format!("the message is {} and is not sent again", row.status);
        return Err(Refusal::field("not_resent", "message", told).into());
    }
    Ok(json!({ "endpoint": endpoint, "message": id }))
}

impl App {
    /// Says which addresses endpoints may have.
    pub fn allow_endpoints(&self, policy: AddressPolicy) {
        let word = if policy.private { "yes" } else { "no" };
        let kept = self
            .store()
            .write(move |tx| settings::set_setting(tx, PRIVATE, word));
        if let Err(fault) = kept {
            tracing::warn!(%fault, "which addresses endpoints may have could not be kept");
        }
    }

    /// The newest secret of an endpoint, the one time that it is shown.
    ///
    /// # Errors
    /// When it was shown before, or there is no such endpoint.
    pub fn show_webhook_secret(&self, actor: &str, endpoint: &str) -> Result<Secret, AppFault> {
        let id = endpoint.to_owned();
        self.run(actor, move |tx, context| {
            let row = found(tx, &id)?;
            if !outward::show_secret(tx, &row.id)? {
                let message = "this secret was shown before and is shown once: rotate it to get a new one; the old one signs too for a day";
                return Err(Refusal::whole("secret_shown", message).into());
            }
            secret(tx, context.sealer()?, &row.id, row.secret_number)
        })
    }
}
