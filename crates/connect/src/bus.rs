//! The event bus: NATS JetStream, for other systems that want to read along. It is never trusted for
//! exactly-once: a message may come again, and readers tell by its id. What is acknowledged is kept
//! by the stream; what is not is published again with the same id, which the stream recognises within
//! its window (`Nats-Msg-Id`, docs.nats.io).
//!
//! The client is asynchronous; a small runtime of its own is kept behind this synchronous face.

use crate::fault::{Fault, FaultClass};
use crate::secret::Secret;
use async_nats::jetstream::{self, stream};
use async_nats::{Client, ConnectOptions, HeaderMap, HeaderValue};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Name of the bus in faults and lists.
pub const SYSTEM: &str = "nats";

/// How the bus is reached.
#[derive(Debug, Clone)]
pub struct BusOptions {
    /// Such as `nats://127.0.0.1:4222` or `tls://…`.
    pub url: String,
    /// Token of the account, where the server asks for one.
    pub token: Option<Secret>,
    /// The stream; made when it is missing.
    pub stream: String,
    /// First word of every subject.
    pub prefix: String,
    /// How many servers keep the stream: 1, 3 or 5.
    pub replicas: u8,
    /// How long the stream recognises a message that comes again.
    pub duplicate_window: Duration,
    /// How long one call may take.
    pub patience: Duration,
}

impl BusOptions {
    /// One server at `url`, the stream `TIEOUT`, two hours in which repeats are recognised.
    #[must_use]
    pub fn at(url: &str) -> BusOptions {
        BusOptions {
            url: url.to_owned(),
            token: None,
            stream: "TIEOUT".to_owned(),
            prefix: "tieout".to_owned(),
            replicas: 1,
            duplicate_window: Duration::from_secs(7_200),
            patience: Duration::from_secs(5),
        }
    }
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusMessage {
    /// Recognises it when it comes again.
    pub id: String,
    /// Subject after the prefix.
    pub subject: String,
    /// Headers besides the id.
    pub headers: Vec<(&'static str, String)>,
    /// The content.
    pub payload: Vec<u8>,
}

/// The stream has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its place in the stream.
    pub sequence: u64,
    /// Whether it was there already.
    pub is_repeat: bool,
}

/// The bus. Nothing is connected before the first message.
pub struct Bus {
    options: BusOptions,
    runtime: tokio::runtime::Runtime,
    connected: Mutex<Option<jetstream::Context>>,
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Bus {
    /// A bus that is not connected yet.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(options: BusOptions) -> Result<Bus, std::io::Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("tieout-bus")
            .enable_all()
            .build()?;
        Ok(Bus {
            options,
            runtime,
            connected: Mutex::new(None),
        })
    }

    /// Publishes messages that do not depend on each other's order, all under way at once, and says
    /// of each what became of it.
    pub fn publish(&self, messages: Vec<BusMessage>) -> Vec<Result<Kept, Fault>> {
        let count = messages.len();
        let context = match self.context() {
            Ok(context) => context,
            Err(fault) => return vec![Err(fault); count],
        };
        let (patience, prefix) = (self.options.patience, self.options.prefix.clone());
        let outcomes: Vec<_> = self.runtime.block_on(async {
            let mut under_way = Vec::with_capacity(count);
            for message in messages {
                let (context, prefix) = (context.clone(), prefix.clone());
                let one = async move { publish(&context, &prefix, message, patience).await };
                under_way.push(tokio::spawn(one));
            }
            let mut outcomes = Vec::with_capacity(count);
            for one in under_way {
                let broke_off = |_| Err(ambiguous("the call broke off"));
                outcomes.push(one.await.unwrap_or_else(broke_off));
            }
            outcomes
        });
        if outcomes.iter().any(Result::is_err) {
            // The stream may be gone with the server that kept it: look at it anew next time.
            *self.lock() = None;
        }
        outcomes
    }

    /// The connection with the stream made sure of.
    fn context(&self) -> Result<jetstream::Context, Fault> {
        if let Some(context) = self.lock().as_ref() {
            return Ok(context.clone());
        }
        let context = self.runtime.block_on(connect(&self.options))?;
        *self.lock() = Some(context.clone());
        Ok(context)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<jetstream::Context>> {
        self.connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(options: &BusOptions) -> Result<jetstream::Context, Fault> {
    let patience = options.patience;
    let mut wishes = ConnectOptions::new()
        .name("tieout")
        .connection_timeout(patience)
        .request_timeout(Some(patience));
    if let Some(token) = &options.token {
        wishes = wishes.token(token.reveal().to_owned());
    }
    let connecting = wishes.connect(options.url.as_str());
    let client: Client = within(patience, "connect", connecting)
        .await?
        .map_err(|error| {
            let class = match error.kind() {
                async_nats::ConnectErrorKind::Authentication
                | async_nats::ConnectErrorKind::AuthorizationViolation => {
                    FaultClass::Authentication
                }
                _ => FaultClass::Transient,
            };
            Fault::new(SYSTEM, class, "not_connected", &error.to_string())
        })?;
    let context = jetstream::new(client);
    let wanted = stream::Config {
        name: options.stream.clone(),
        subjects: vec![format!("{}.>", options.prefix)],
        storage: stream::StorageType::File,
        num_replicas: usize::from(options.replicas),
        duplicate_window: options.duplicate_window,
        ..stream::Config::default()
    };
    let making = context.get_or_create_stream(wanted);
    within(patience, "stream", making).await?.map_err(|error| {
        Fault::new(
            SYSTEM,
            FaultClass::Transient,
            "no_stream",
            &error.to_string(),
        )
    })?;
    Ok(context)
}

async fn publish(
    context: &jetstream::Context,
    prefix: &str,
    message: BusMessage,
    patience: Duration,
) -> Result<Kept, Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(async_nats::header::NATS_MESSAGE_ID, message.id.as_str());
    for (name, value) in message.headers {
        headers.insert(name, HeaderValue::from(value));
    }
    let subject = format!("{prefix}.{}", message.subject);
    let sending = context.publish_with_headers(subject, headers, message.payload.into());
    let waiting = within(patience, "publish", sending)
        .await?
        .map_err(|error| ambiguous(&error.to_string()))?;
    let kept = within(patience, "publish", waiting.into_future())
        .await?
        .map_err(|error| ambiguous(&error.to_string()))?;
    Ok(Kept {
        sequence: kept.sequence,
        is_repeat: kept.duplicate,
    })
}

async fn within<T>(
    patience: Duration,
    what: &str,
    work: impl Future<Output = T>,
) -> Result<T, Fault> {
    tokio::time::timeout(patience, work).await.map_err(|_| {
        ambiguous(&format!(
            "{what}: no answer within {} ms",
            patience.as_millis()
        ))
    })
}

/// Whether the stream has it is unknown; publishing it again with its id is the way to find out.
fn ambiguous(message: &str) -> Fault {
    Fault::new(SYSTEM, FaultClass::Ambiguous, "no_answer", message)
}
