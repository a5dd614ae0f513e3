//! Legal entities: whose books.

use serde::{Deserialize, Serialize};
use values::{Currency, EntityId, Zone};

/// A legal entity: one set of books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Its id, such as `US`.
    pub id: EntityId,
    /// Its registered name.
    pub name: String,
    /// Functional currency: the one that its statements are read in.
    pub currency: Currency,
    /// The zone whose clocks decide on which day a fact counts.
    pub zone: Zone,
}
