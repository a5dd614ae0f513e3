//! Sending what is due: lane by lane and in order, each endpoint on its own thread, so that one which
//! hangs delays nobody else.

use super::fan_out::ACTOR;
use super::{OutwardConfig, endpoint};
use crate::App;
use crate::fault::AppFault;
use crate::journey::exception::{self, NewException};
use crate::record::{Context, read_envelope};
use connect::standard_webhooks;
use connect::{Secret, Transport, TransportFault};
use serde_json::json;
use store::outward::{self, AttemptRow, EndpointRow, MessageRow};
use store::{Tx, log};
use values::Instant;

/// The type of a test message.
pub(super) const TEST_TYPE: &str = "com.tieout.test";
/// Endpoints served at the same time.
const AT_ONCE: usize = 8;
/// Lanes of an endpoint served in one round, and messages of each.
const LANES: i64 = 32;
const MESSAGES: i64 = 16;
/// Pauses after the first, second … attempt that failed, in seconds. After the last one the message
/// is given up: three days after the first.
const PAUSES: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How long nothing is sent to an endpoint that does not answer, in seconds.
const HOLD: i64 = 15;
/// Longest pause that an endpoint can ask for with `retry-after`, in seconds.
const LONGEST_RETRY_AFTER: i64 = 3_600;

/// What an attempt came to.
enum Outcome {
    Taken(u16),
    /// Refused or failed; the status where there was an answer, the pause it asks for, what it said.
    NotTaken {
        code: u16,
        pause: i64,
        error: String,
    },
    /// The receiver wants nothing more.
    Gone,
}

/// Sends what is due. Messages delivered and attempts failed.
pub(super) fn work(app: &App, transport: &dyn Transport, config: OutwardConfig) -> (u64, u64) {
    let endpoints = match app.store().read(outward::endpoints) {
        Ok(endpoints) => endpoints,
        Err(fault) => {
            tracing::warn!(%fault, "endpoints cannot be read just now");
            return (0, 0);
        }
    };
    let now = app.clock().now().microseconds();
    let ready: Vec<EndpointRow> = endpoints
        .into_iter()
        .filter(|row| row.status == "enabled" && row.hold_until <= now)
        .collect();
    let (mut delivered, mut failed) = (0, 0);
    for group in ready.chunks(AT_ONCE) {
        let counts: Vec<(u64, u64)> = std::thread::scope(|scope| {
            let threads: Vec<_> = group
                .iter()
                .map(|row| scope.spawn(|| serve(app, transport, config, row)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_default())
                .collect()
        });
        for (sent, not_sent) in counts {
            delivered += sent;
            failed += not_sent;
        }
    }
    (delivered, failed)
}

/// Serves one endpoint until nothing is due or it does not answer.
fn serve(
    app: &App,
    transport: &dyn Transport,
    config: OutwardConfig,
    row: &EndpointRow,
) -> (u64, u64) {
    let mut counts = (0, 0);
    let served = serve_lanes(app, transport, config, row, &mut counts);
    if let Err(fault) = served {
        tracing::warn!(endpoint = row.id, %fault, "an endpoint could not be served and is tried again");
    }
    counts
}

fn serve_lanes(
    app: &App,
    transport: &dyn Transport,
    config: OutwardConfig,
    row: &EndpointRow,
    counts: &mut (u64, u64),
) -> Result<(), AppFault> {
    let now = app.clock().now();
    let id = row.id.clone();
    let lanes = app
        .store()
        .read(move |tx| outward::due_lanes(tx, &id, now.microseconds(), LANES))?;
    if lanes.is_empty() {
        return Ok(());
    }
    let secrets = secrets(app, row, now)?;
    let seconds = i64::from(config.call_seconds.max(1)) * MESSAGES + 60;
    for lane in lanes {
        let lease = now.plus_seconds(seconds).microseconds();
        let (id, name) = (row.id.clone(), lane.clone());
        let waiting = app.run(ACTOR, move |tx, context| {
            let now = context.now.microseconds();
            if !outward::take_lane(tx, &id, &name, now, lease)? {
                return Ok(None);
            }
            Ok(Some(outward::waiting_in(tx, &id, &name, MESSAGES)?))
        })?;
        let Some(waiting) = waiting else { continue };
        if !serve_lane(
            app, transport, config, row, &lane, waiting, &secrets, counts,
        )? {
            break;
        }
    }
    Ok(())
}

/// The secrets that sign now, newest first.
fn secrets(app: &App, row: &EndpointRow, now: Instant) -> Result<Vec<Secret>, AppFault> {
    let sealer = app.sealer()?;
    let row = row.clone();
    app.store().read(move |tx| {
        let mut secrets = vec![endpoint::secret(tx, &sealer, &row.id, row.secret_number)?];
        if row.previous_until > now.microseconds() && row.secret_number > 1 {
            secrets.push(endpoint::secret(
                tx,
                &sealer,
                &row.id,
                row.secret_number - 1,
            )?);
        }
        Ok(secrets)
    })
}

/// Sends what waits in a lane, in order, until one does not get through. Whether the endpoint answers.
#[expect(
    clippy::too_many_arguments,
    reason = "one call site; what one round of a lane needs"
)]
fn serve_lane(
    app: &App,
    transport: &dyn Transport,
    config: OutwardConfig,
    row: &EndpointRow,
    lane: &str,
    waiting: Vec<MessageRow>,
    secrets: &[Secret],
    counts: &mut (u64, u64),
) -> Result<bool, AppFault> {
    for message in waiting {
        let Some(body) = body_of(app, &message)? else {
            pass_over(app, message)?;
            continue;
        };
        let begun = app.clock().now();
        let outcome = attempt(transport, row, &message, begun, body, secrets);
        let took_ms = (app.clock().now().microseconds() - begun.microseconds()) / 1_000;
        let taken = matches!(outcome, Outcome::Taken(_));
        if taken {
            counts.0 += 1;
        } else {
            counts.1 += 1;
        }
        let (endpoint, lane) = (row.clone(), lane.to_owned());
        let goes_on = app.run(ACTOR, move |tx, context| {
            conclude(
                tx, context, config, &endpoint, &lane, message, begun, took_ms, &outcome,
            )
        })?;
        if !goes_on {
            return Ok(false);
        }
        if !taken {
            return Ok(true);
        }
    }
    let (id, name) = (row.id.clone(), lane.to_owned());
    app.run(ACTOR, move |tx, context| {
        outward::give_back(tx, &id, &name, context.now.microseconds())?;
        outward::forget_empty_lane(tx, &id, &name)?;
        Ok(())
    })?;
    Ok(true)
}

/// An event that the version asked for has no words for is passed over, with the reason.
fn pass_over(app: &App, mut message: MessageRow) -> Result<(), AppFault> {
    app.run(ACTOR, move |tx, context| {
        let now = context.now.microseconds();
        message.status = "skipped".to_owned();
        message.error = format!("{} has no words for this event", message.event_type);
        message.attempts += 1;
        message.changed = now;
        let attempt = AttemptRow {
            endpoint: message.endpoint.clone(),
            message: message.id.clone(),
            number: message.attempts,
            at: now,
            took_ms: 0,
            code: 0,
            error: message.error.clone(),
        };
        Ok(outward::attempted(tx, &message, &attempt)?)
    })
}

/// The document that is sent; nothing when the event has no words in the version asked for.
fn body_of(app: &App, message: &MessageRow) -> Result<Option<Vec<u8>>, AppFault> {
    let unwritable = |error: serde_json::Error| AppFault::Unreadable {
        what: "event",
        error: error.to_string(),
    };
    if message.event.is_empty() {
        let document = json!({
            "specversion": "1.0",
            "id": message.id,
            "source": "/webhooks",
            "type": TEST_TYPE,
            "time": Instant::from_microseconds(message.created),
            "datacontenttype": "application/json",
            "data": { "message": "This endpoint can be reached." },
        });
        return Ok(Some(document.to_string().into_bytes()));
    }
    let id = message.event.clone();
    let stored = app.store().read(move |tx| log::by_id(tx, &id))?;
    let Some(stored) = stored else {
        return Err(AppFault::NotFound {
            kind: "event",
            id: message.event.clone(),
        });
    };
    let document = read_envelope(stored)?
        .to_cloud_event_as(&message.event_type)
        .map_err(unwritable)?;
    Ok(document.map(|document| document.to_string().into_bytes()))
}

fn attempt(
    transport: &dyn Transport,
    row: &EndpointRow,
    message: &MessageRow,
    at: Instant,
    body: Vec<u8>,
    secrets: &[Secret],
) -> Outcome {
    let not_taken = |code: u16, pause: i64, error: String| Outcome::NotTaken { code, pause, error };
    let request = match standard_webhooks::request(&row.url, &message.id, at, body, secrets) {
        Ok(request) => request,
        Err(refused) => return not_taken(0, 0, refused.to_string()),
    };
    match transport.perform(&request) {
        // A body that is too large came with an answer whose status we do not know.
        Err(fault @ TransportFault::AnswerTooLarge { .. }) => not_taken(0, 0, fault.to_string()),
        Err(fault) => not_taken(0, HOLD, fault.to_string()),
        Ok(reply) => match reply.status {
            200..=299 => Outcome::Taken(reply.status),
            410 => Outcome::Gone,
            429 | 500.. => {
                let asked = reply
                    .header("retry-after")
                    .and_then(|text| text.trim().parse::<i64>().ok())
                    .map_or(HOLD, |seconds| seconds.clamp(HOLD, LONGEST_RETRY_AFTER));
                not_taken(reply.status, asked, format!("answered {}", reply.status))
            }
            300..=399 => not_taken(
                reply.status,
                0,
                format!("answered {}: redirects are not followed", reply.status),
            ),
            status => not_taken(status, 0, format!("answered {status}")),
        },
    }
}

/// Writes what became of an attempt. Whether the endpoint can be sent more now.
#[expect(
    clippy::too_many_arguments,
    reason = "one call site; what one attempt leaves"
)]
fn conclude(
    tx: &mut Tx<'_>,
    context: &Context,
    config: OutwardConfig,
    endpoint: &EndpointRow,
    lane: &str,
    mut message: MessageRow,
    begun: Instant,
    took_ms: i64,
    outcome: &Outcome,
) -> Result<bool, AppFault> {
    let now = context.now;
    message.attempts += 1;
    message.changed = now.microseconds();
    let (code, error) = match outcome {
        Outcome::Taken(code) => (*code, String::new()),
        Outcome::NotTaken { code, error, .. } => (*code, error.clone()),
        Outcome::Gone => (410, "answered 410: it wants nothing more".to_owned()),
    };
    (message.code, message.error) = (i64::from(code), error.clone());
    let attempt = AttemptRow {
        endpoint: endpoint.id.clone(),
        message: message.id.clone(),
        number: message.attempts,
        at: begun.microseconds(),
        took_ms,
        code: i64::from(code),
        error: error.clone(),
    };
    match outcome {
        Outcome::Taken(_) => {
            message.status = "delivered".to_owned();
            outward::attempted(tx, &message, &attempt)?;
            outward::answered(tx, &endpoint.id)?;
            Ok(true)
        }
        Outcome::Gone => {
            outward::attempted(tx, &message, &attempt)?;
            disable(tx, context, endpoint, "the receiver answered 410 Gone")?;
            Ok(false)
        }
        Outcome::NotTaken { pause, .. } => {
            let next = next_pause(message.attempts, *pause);
            if next.is_none() {
                message.status = "failed".to_owned();
            }
            outward::attempted(tx, &message, &attempt)?;
            let due = now.plus_seconds(next.unwrap_or(0));
            outward::give_back(tx, &endpoint.id, lane, due.microseconds())?;
            if next.is_none() {
                given_up(tx, context, endpoint, &message)?;
            }
            not_answered(tx, context, config, endpoint, *pause, &error)
        }
    }
}

/// The pause after an attempt; nothing when it was the last.
fn next_pause(attempts: i64, asked: i64) -> Option<i64> {
    let index = usize::try_from(attempts - 1).unwrap_or(usize::MAX);
    PAUSES.get(index).map(|pause| (*pause).max(asked))
}

/// Notes that nothing gets through. Whether other lanes can be tried now.
fn not_answered(
    tx: &mut Tx<'_>,
    context: &Context,
    config: OutwardConfig,
    endpoint: &EndpointRow,
    pause: i64,
    error: &str,
) -> Result<bool, AppFault> {
    let now = context.now;
    let hold = if pause == 0 {
        0
    } else {
        now.plus_seconds(pause).microseconds()
    };
    let since = outward::unanswered(tx, &endpoint.id, now.microseconds(), hold)?;
    let since = Instant::from_microseconds(since);
    if now >= since.plus_seconds(i64::from(config.disable_after_days) * 86_400) {
        let reason = format!(
            "nothing has got through since {since}, for {} days; last: {error}",
            config.disable_after_days
        );
        disable(tx, context, endpoint, &reason)?;
        return Ok(false);
    }
    Ok(pause == 0)
}

fn disable(
    tx: &mut Tx<'_>,
    context: &Context,
    endpoint: &EndpointRow,
    reason: &str,
) -> Result<(), AppFault> {
    let now = context.now.microseconds();
    if !outward::disable(tx, &endpoint.id, reason, now)? {
        return Ok(());
    }
    let why = format!("the endpoint was disabled: {reason}");
    let skipped = outward::skip_all(tx, &endpoint.id, &why, now)?;
    endpoint::rest_when_nobody_listens(tx)?;
    let detail = format!(
        "{reason}; {skipped} messages wait to be recovered: mend the receiver, enable the endpoint, and recover from that moment on"
    );
    tell(tx, context, endpoint, "was disabled", detail)
}

fn given_up(
    tx: &mut Tx<'_>,
    context: &Context,
    endpoint: &EndpointRow,
    message: &MessageRow,
) -> Result<(), AppFault> {
    let detail = format!(
        "{} {} was given up after {} attempts; last: {}",
        message.event_type, message.id, message.attempts, message.error
    );
    tell(tx, context, endpoint, "does not take an event", detail)
}

fn tell(
    tx: &mut Tx<'_>,
    context: &Context,
    endpoint: &EndpointRow,
    what: &str,
    detail: String,
) -> Result<(), AppFault> {
    let new = NewException {
        key: format!("webhook/{}", endpoint.id),
        class: "effect_exhausted",
        summary: format!("The webhook endpoint {} {what}", endpoint.url),
        detail,
        document: endpoint.id.clone(),
        ..NewException::default()
    };
    exception::open(tx, context, new)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PAUSES, next_pause};

    #[test]
    fn a_message_is_tried_ten_times_over_three_days() {
        let pauses: Vec<i64> = (1..).map_while(|attempt| next_pause(attempt, 0)).collect();
        assert_eq!(pauses, PAUSES);
        let total: i64 = pauses.iter().sum();
        assert_eq!((pauses.len() + 1, total / 3_600), (10, 75));
        assert_eq!(next_pause(1, 600), Some(600));
        assert_eq!(next_pause(10, 600), None);
    }
}
