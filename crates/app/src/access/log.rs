//! The log of access: who came in, what was refused, what was seen or taken out. What was changed is
//! in the events. Entries form one chain of seals, so a missing or edited one is found.

use crate::view::Page;
use crate::{App, AppFault, Refusal};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::access_log::{self as rows, AccessFilter, AccessRow};
use store::{Tx, settings};
use values::Instant;

/// Entries of a page.
const ENTRIES_A_PAGE: i64 = 50;
/// The counter of the entries.
pub(crate) const SERIES: &str = "access_entry";
/// Most letters of a text in an entry.
const LETTERS: usize = 300;

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessKind {
    /// Somebody signed in.
    SignedIn,
    /// A sign-in failed.
    SignInRefused,
    /// Somebody signed out.
    SignedOut,
    /// A session was ended by somebody.
    SessionEnded,
    /// A role did not allow what was asked.
    PermissionRefused,
    /// A token was not valid.
    TokenRefused,
    /// A caller asked too often.
    QuotaExceeded,
    /// An API token was made.
    TokenMade,
    /// API tokens were revoked.
    TokenRevoked,
    /// A user was added or changed.
    UserChanged,
    /// A user was removed.
    UserRemoved,
    /// The payload of another system was seen unmasked.
    PayloadViewed,
    /// Books or log were taken out.
    ExportMade,
    /// The keys of sealed secrets were changed.
    KeysRotated,
}

impl AccessKind {
    /// Every kind.
    pub const ALL: [AccessKind; 14] = [
        AccessKind::SignedIn,
        AccessKind::SignInRefused,
        AccessKind::SignedOut,
        AccessKind::SessionEnded,
        AccessKind::PermissionRefused,
        AccessKind::TokenRefused,
        AccessKind::QuotaExceeded,
        AccessKind::TokenMade,
        AccessKind::TokenRevoked,
        AccessKind::UserChanged,
        AccessKind::UserRemoved,
        AccessKind::PayloadViewed,
        AccessKind::ExportMade,
        AccessKind::KeysRotated,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AccessKind::SignedIn => "signed_in",
            AccessKind::SignInRefused => "sign_in_refused",
            AccessKind::SignedOut => "signed_out",
            AccessKind::SessionEnded => "session_ended",
            AccessKind::PermissionRefused => "permission_refused",
            AccessKind::TokenRefused => "token_refused",
            AccessKind::QuotaExceeded => "quota_exceeded",
            AccessKind::TokenMade => "token_made",
            AccessKind::TokenRevoked => "token_revoked",
            AccessKind::UserChanged => "user_changed",
            AccessKind::UserRemoved => "user_removed",
            AccessKind::PayloadViewed => "payload_viewed",
            AccessKind::ExportMade => "export_made",
            AccessKind::KeysRotated => "keys_rotated",
        }
    }
}

/// What is to be written into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessNote {
    /// What kind of thing happened.
    pub kind: AccessKind,
    /// Who; empty when nobody is known.
    pub actor: String,
    /// As what; empty when nobody is known.
    pub role: String,
    /// What was seen, taken out or refused.
    pub object: String,
    /// In words; never a secret.
    pub detail: String,
    /// Where from.
    pub address: String,
    /// Id of the request.
    pub request: String,
}

impl AccessNote {
    /// A note of a kind about an object, of nobody yet.
    #[must_use]
    pub fn about(kind: AccessKind, object: &str) -> AccessNote {
        AccessNote {
            kind,
            actor: String::new(),
            role: String::new(),
            object: object.to_owned(),
            detail: String::new(),
            address: String::new(),
            request: String::new(),
        }
    }

    /// By whom.
    #[must_use]
    pub fn by(mut self, actor: &str, role: &str) -> AccessNote {
        (self.actor, self.role) = (actor.to_owned(), role.to_owned());
        self
    }

    /// In which words.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> AccessNote {
        self.detail = detail.into();
        self
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessEntry {
    /// Dense, from one.
    pub number: i64,
    /// When.
    pub time: Instant,
    /// What kind of thing happened.
    pub kind: String,
    /// Who; empty when nobody is known.
    pub actor: String,
    /// As what.
    pub role: String,
    /// What was seen, taken out or refused.
    pub object: String,
    /// In words.
    pub detail: String,
    /// Where from.
    pub address: String,
    /// Id of the request.
    pub request: String,
    /// Seal over this entry and the one before, in hexadecimal.
    pub seal: String,
}

/// What to list. Empty fields do not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessQuery {
    /// Only of this actor.
    pub actor: Option<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only about this object.
    pub object: Option<String>,
}

impl App {
    /// Writes an entry and waits until it is durable.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note_access(&self, note: AccessNote) -> Result<(), AppFault> {
        let now = self.clock().now();
        self.store().write(move |tx| write(tx, note, now))
    }

    /// Writes an entry while the caller goes on. What is refused or seen does not wait for it.
    pub fn note_access_later(&self, note: AccessNote) {
        let now = self.clock().now();
        self.store().enqueue(
            move |tx| write(tx, note, now),
            |written: Result<(), AppFault>| {
                if let Err(fault) = written {
                    tracing::error!(%fault, "an entry of the log of access was not written");
                }
            },
        );
    }

    /// Entries of the log, the newest first. The cursor is the number of the last one seen.
    ///
    /// # Errors
    /// When the store fails or the cursor is none.
    pub fn access_log(
        &self,
        query: &AccessQuery,
        cursor: Option<&str>,
    ) -> Result<Page<AccessEntry>, AppFault> {
        let before = cursor
            .map(|text| {
                let message = "this cursor is not one of this list; start again without a cursor";
                text.parse::<i64>()
                    .map_err(|_| Refusal::field("bad_cursor", "cursor", message))
            })
            .transpose()?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let filter = AccessFilter {
            actor: text(&query.actor),
            kind: text(&query.kind),
            object: text(&query.object),
            before,
        };
        let mut found = self
            .store()
            .read(move |tx| rows::entries(tx, &filter, ENTRIES_A_PAGE + 1))?;
        let most = usize::try_from(ENTRIES_A_PAGE).unwrap_or(usize::MAX);
        let more = found.len() > most;
        found.truncate(most);
        let next = found
            .last()
            .filter(|_| more)
            .map(|last| last.number.to_string());
        let items = found.into_iter().map(entry).collect();
        Ok(Page { items, next })
    }
}

fn write(tx: &mut Tx<'_>, note: AccessNote, now: Instant) -> Result<(), AppFault> {
    // The row of the counter makes writers of other processes follow each other.
    let number = settings::next_number(tx, SERIES)?;
    let before = rows::seal_of(tx, number - 1)?.unwrap_or_default();
    let mut row = AccessRow {
        number,
        time: now.microseconds(),
        kind: note.kind.as_str().to_owned(),
        actor: plain(&note.actor, LETTERS),
        role: note.role,
        object: plain(&note.object, LETTERS),
        detail: plain(&note.detail, LETTERS),
        address: plain(&note.address, LETTERS),
        request: plain(&note.request, LETTERS),
        hash: Vec::new(),
    };
    row.hash = seal(&before, &row)?;
    Ok(rows::add(tx, &row)?)
}

/// One line of bounded length: what comes from outside cannot forge a second entry or steer a terminal.
pub(super) fn plain(text: &str, most: usize) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(most)
        .collect()
}

/// The seal of an entry: over the seal before it and all that it says.
pub(crate) fn seal(before: &[u8], row: &AccessRow) -> Result<Vec<u8>, AppFault> {
    let text = serde_json::to_string(&(
        hex::encode(before),
        row.number,
        row.time,
        &row.kind,
        &row.actor,
        &row.role,
        &row.object,
        &row.detail,
        &row.address,
        &row.request,
    ))
    .map_err(|error| AppFault::Unreadable {
        what: "entry of the log of access",
        error: error.to_string(),
    })?;
    Ok(Sha256::digest(text.as_bytes()).to_vec())
}

fn entry(row: AccessRow) -> AccessEntry {
    AccessEntry {
        number: row.number,
        time: Instant::from_microseconds(row.time),
        kind: row.kind,
        actor: row.actor,
        role: row.role,
        object: row.object,
        detail: row.detail,
        address: row.address,
        request: row.request,
        seal: hex::encode(row.hash),
    }
}
