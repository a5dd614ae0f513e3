//! Tax engines of stories: what they answer, and whether they can be reached.

use crate::journey::taxation::{SimulatedTaxEngine, TaxEngine};
use crate::{App, AppFault};
use serde::Deserialize;
use std::collections::BTreeMap;
use values::Rate;

/// A tax engine that a story has.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryTaxEngine {
    /// What the tax table calls it.
    pub name: String,
    /// The rate it charges, by `country` or `country-region`; zero elsewhere.
    #[serde(default)]
    pub rates: BTreeMap<String, Rate>,
}

/// The engines of a story.
pub(super) struct Engines(BTreeMap<String, SimulatedTaxEngine>);

impl Engines {
    pub(super) fn of(engines: &[StoryTaxEngine]) -> Engines {
        let known = engines.iter().map(|engine| {
            let rates: Vec<(&str, Rate)> = engine
                .rates
                .iter()
                .map(|(place, rate)| (place.as_str(), *rate))
                .collect();
            (engine.name.clone(), SimulatedTaxEngine::with(&rates))
        });
        Engines(known.collect())
    }

    /// Sends all of them away or brings them back.
    pub(super) fn set_away(&self, is_away: bool) {
        for engine in self.0.values() {
            engine.set_away(is_away);
        }
    }

    /// Asks everything that waits; nothing when the story has no engine.
    pub(super) fn ask(&self, app: &App, actor: &str) -> Result<(), AppFault> {
        if self.0.is_empty() {
            return Ok(());
        }
        let of = |name: &str| self.0.get(name).map(|engine| engine as &dyn TaxEngine);
        app.ask_tax_engines(actor, &of).map(|_| ())
    }
}
