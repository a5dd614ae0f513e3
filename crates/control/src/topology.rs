//! Who is the system of record for what: one table of rows, domain and scope to system and mode.
//! The deployment and workflow models are presets of this table, and a hybrid is a row more in it.
//!
//! **Invariant**: for every domain and every scope the table gives one row or refuses to be loaded.

mod check;
mod presets;
mod refusal;
mod text;

pub use presets::{PRESETS, Preset, preset};
pub use refusal::{TopologyProblem, TopologyRefusal};

use crate::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The system that this program is.
pub const OURSELVES: &str = "tieout";
/// What stands for "every one" in a scope.
pub const ANY: &str = "*";

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $( $(#[$variant_doc:meta])* $variant:ident = $word:literal, )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $( $(#[$variant_doc])* $variant, )* }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word stored and published.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }

            /// Reads the stored word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// A part of the business that one system is the record of.
    Domain {
        /// Who buys.
        Customer = "customer",
        /// What is sold and at which price.
        Product = "product",
        /// What was offered.
        Quote = "quote",
        /// What was agreed, and its changes.
        Contract = "contract",
        /// What is invoiced.
        Billing = "billing",
        /// What was paid.
        Payment = "payment",
        /// What is owed to the authorities.
        Tax = "tax",
        /// What was earned.
        Revenue = "revenue",
        /// The books.
        Ledger = "ledger",
    }
}

words! {
    /// What this program does in a domain and scope.
    Mode {
        /// It is the system of record: it computes and issues.
        Act = "act",
        /// Another system is; this program recomputes what that one should have said.
        Verify = "verify",
        /// Another system is; this program records its facts and reports on them.
        Mirror = "mirror",
    }
}

words! {
    /// What a connected system is there for.
    SystemRole {
        /// People meet customers in it: a CRM, a shop.
        Engagement = "engagement",
        /// Money is asked for and taken in it: billing, payments, tax.
        Monetization = "monetization",
        /// The books are kept in it: an ERP.
        Record = "record",
        /// It only reads: a warehouse, analytics.
        Insight = "insight",
        /// This program.
        Control = "control",
    }
}

words! {
    /// How facts pass between this program and a system. A shared database is no such way.
    Interface {
        /// Calls and webhooks.
        Api = "api",
        /// Files with control totals.
        File = "file",
        /// Tables that a legacy system fills; needs an approved deviation.
        Staging = "staging",
        /// No way out of this program.
        Internal = "internal",
    }
}

words! {
    /// A kind of fact that is passed on to another system.
    RoutedFact {
        /// Posted journals.
        Journals = "journals",
        /// Customer accounts for the ledger.
        Customers = "customers",
        /// Invoices to be collected by card.
        Collections = "collections",
        /// Billing and payment state for the seller.
        WriteBack = "write_back",
    }
}

/// A system of the landscape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// What rows call it, such as `salesforce`.
    pub id: String,
    /// What it is there for.
    pub role: SystemRole,
    /// How facts pass.
    #[serde(default = "by_api")]
    pub interface: Interface,
    /// The approved deviation that allows a staging interface.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waiver: String,
    /// Names of API tokens that this system writes with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<String>,
}

fn by_api() -> Interface {
    Interface::Api
}

/// Where a row holds. Each part is an id or `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Legal entity.
    #[serde(default = "any")]
    pub entity: String,
    /// Product line.
    #[serde(default = "any")]
    pub product_line: String,
    /// Region.
    #[serde(default = "any")]
    pub region: String,
}

fn any() -> String {
    ANY.to_owned()
}

/// What a fact is about, as far as it is known: the place at which the table is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Legal entity, or empty.
    pub entity: String,
    /// Product line, or empty.
    pub product_line: String,
    /// Region, or empty.
    pub region: String,
}

/// What becomes of a write by a system that does not own the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignWrite {
    /// It is refused, with an exception.
    Refuse,
    /// It is kept as a proposed change, which the steward applies or denies.
    Propose,
}

/// Whether a write by the owner itself needs a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnWrite {
    /// It takes effect.
    Direct,
    /// What people enter by hand is a proposed change until another person applies it.
    SecondPerson,
}

/// One row: the system of record of a domain in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Of what.
    pub domain: Domain,
    /// Where.
    #[serde(flatten)]
    pub scope: Scope,
    /// Which system.
    pub system: String,
    /// What this program does.
    pub mode: Mode,
    /// Whether people may enter facts of this domain here in the name of the system of record.
    #[serde(default)]
    pub hand_entry: bool,
    /// What becomes of writes by other systems.
    #[serde(default = "refuse")]
    pub others: ForeignWrite,
    /// Whether what people enter needs a second person.
    #[serde(default = "direct")]
    pub entry: OwnWrite,
}

fn refuse() -> ForeignWrite {
    ForeignWrite::Refuse
}

fn direct() -> OwnWrite {
    OwnWrite::Direct
}

/// One row of the route table: which system is told of a kind of fact in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Which facts.
    pub fact: RoutedFact,
    /// Where.
    #[serde(flatten)]
    pub scope: Scope,
    /// To which system; `none` tells nobody.
    pub to: String,
}

/// A direct way between two systems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// From which system.
    pub from: String,
    /// To which.
    pub to: String,
    /// What passes.
    pub what: String,
}

/// A group of products that rows can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductLine {
    /// What rows call it.
    pub id: String,
    /// Product codes in it.
    pub products: Vec<String>,
}

/// A group of legal entities that rows can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// What rows call it.
    pub id: String,
    /// Legal entities in it.
    pub entities: Vec<String>,
}

/// Who owns a canonical field: the domain whose system of record writes it, and the person who
/// decides about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldOwner {
    /// The canonical field, such as `contract.quantity`.
    pub field: String,
    /// The owning domain.
    pub domain: Domain,
    /// Who decides.
    pub steward: Role,
}

/// The whole table, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) direct_edges: bool,
    pub(crate) systems: Vec<System>,
    pub(crate) rows: Vec<Row>,
    pub(crate) routes: Vec<Route>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) product_lines: Vec<ProductLine>,
    pub(crate) regions: Vec<Region>,
    pub(crate) fields: BTreeMap<String, FieldOwner>,
}

impl Scope {
    /// Every place.
    #[must_use]
    pub fn everywhere() -> Scope {
        Scope {
            entity: any(),
            product_line: any(),
            region: any(),
        }
    }

    fn parts(&self) -> [&str; 3] {
        [&self.entity, &self.product_line, &self.region]
    }

    /// How many of its parts are stated.
    #[must_use]
    pub fn specificity(&self) -> usize {
        self.parts().iter().filter(|part| **part != ANY).count()
    }

    /// Whether it holds at a place. What is not known of a place fits `*` only.
    #[must_use]
    pub fn holds_at(&self, place: &Place) -> bool {
        let known = [&place.entity, &place.product_line, &place.region];
        self.parts()
            .iter()
            .zip(known)
            .all(|(part, value)| *part == ANY || *part == value.as_str())
    }

    /// Where both hold, if anywhere.
    pub(crate) fn meet(&self, other: &Scope) -> Option<Scope> {
        let mut met = Vec::with_capacity(3);
        for (one, two) in self.parts().into_iter().zip(other.parts()) {
            if one != ANY && two != ANY && one != two {
                return None;
            }
            met.push(if one == ANY { two } else { one }.to_owned());
        }
        let mut met = met.into_iter();
        Some(Scope {
            entity: met.next()?,
            product_line: met.next()?,
            region: met.next()?,
        })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stated: Vec<String> = ["entity", "product line", "region"]
            .into_iter()
            .zip(self.parts())
            .filter(|(_, value)| *value != ANY)
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        if stated.is_empty() {
            f.write_str("everywhere")
        } else {
            f.write_str(&stated.join(", "))
        }
    }
}

fn most_specific<'a, T>(
    rows: impl Iterator<Item = &'a T>,
    scope: impl Fn(&T) -> &Scope,
    place: &Place,
) -> Option<&'a T> {
    rows.filter(|row| scope(row).holds_at(place))
        .max_by_key(|row| scope(row).specificity())
}

impl Topology {
    /// The text of the table that ships with the program: what it does when nobody says otherwise.
    pub const STANDARD: &'static str = include_str!("../data/topology/standard.toml");

    /// Reads and checks a table.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(text: &str) -> Result<Topology, TopologyRefusal> {
        text::read(text)
    }

    /// The table that ships with the program.
    ///
    /// # Errors
    /// Never for the file in this crate, which a test reads.
    pub fn standard() -> Result<Topology, TopologyRefusal> {
        Topology::read(Topology::STANDARD)
    }

    /// The version of the file.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for, in one sentence.
    #[must_use]
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The systems.
    #[must_use]
    pub fn systems(&self) -> &[System] {
        &self.systems
    }

    /// The rows, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The route table, in the order of the file.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Direct ways between systems.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The owners of fields, by field.
    pub fn fields(&self) -> impl Iterator<Item = &FieldOwner> {
        self.fields.values()
    }

    /// A system.
    #[must_use]
    pub fn system(&self, id: &str) -> Option<&System> {
        self.systems.iter().find(|system| system.id == id)
    }

    /// The system that writes with an API token of this name; ourselves when it is nobody's.
    #[must_use]
    pub fn system_of_token(&self, token: &str) -> &str {
        self.systems
            .iter()
            .find(|system| system.tokens.iter().any(|known| known == token))
            .map_or(OURSELVES, |system| system.id.as_str())
    }

    /// The place of a fact about a product of an entity, as far as both are known.
    #[must_use]
    pub fn place(&self, entity: Option<&str>, product: Option<&str>) -> Place {
        let region = entity.and_then(|entity| {
            self.regions
                .iter()
                .find(|region| region.entities.iter().any(|known| known == entity))
        });
        let line = product.and_then(|product| {
            self.product_lines
                .iter()
                .find(|line| line.products.iter().any(|known| known == product))
        });
        Place {
            entity: entity.unwrap_or_default().to_owned(),
            product_line: line.map_or_else(String::new, |line| line.id.clone()),
            region: region.map_or_else(String::new, |region| region.id.clone()),
        }
    }

    /// The row that holds for a domain at a place. There is one for every domain.
    #[must_use]
    pub fn row(&self, domain: Domain, place: &Place) -> Option<&Row> {
        let of_domain = self.rows.iter().filter(|row| row.domain == domain);
        most_specific(of_domain, |row| &row.scope, place)
    }

    /// What this program does in a domain at a place.
    #[must_use]
    pub fn mode(&self, domain: Domain, place: &Place) -> Mode {
        self.row(domain, place).map_or(Mode::Act, |row| row.mode)
    }

    /// Which system is told of a kind of fact at a place; nobody when no route says so.
    #[must_use]
    pub fn route(&self, fact: RoutedFact, place: &Place) -> Option<&str> {
        let of_fact = self.routes.iter().filter(|route| route.fact == fact);
        most_specific(of_fact, |route| &route.scope, place)
            .map(|route| route.to.as_str())
            .filter(|to| *to != "none")
    }

    /// Deviations that systems of this table rely on: system and deviation.
    pub fn waivers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.systems
            .iter()
            .filter(|system| system.interface == Interface::Staging)
            .map(|system| (system.id.as_str(), system.waiver.as_str()))
    }
}
