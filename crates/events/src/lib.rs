//! The business events of Tieout: a CloudEvents 1.0 envelope around a closed enum that only grows,
//! and the hash chain that makes the log tamper-evident. What is published is whole: a consumer
//! needs no history. No domain rule lives here. Each event has a catalogue entry, a JSON Schema and
//! a golden sample; `docs/events.md` lists them.

mod asyncapi;
mod catalogue;
mod chain;
mod envelope;
mod payload;
mod schema;

pub use asyncapi::async_api;
pub use catalogue::{CATALOGUE, CatalogueEntry, Consumer, Deprecation, Retention, SCHEMA_NAMES};
pub use chain::{ChainBreak, GENESIS, Hash, Link, link};
pub use envelope::{Envelope, Origin};
pub use payload::*;

#[cfg(test)]
mod tests;
