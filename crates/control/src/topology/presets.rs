//! The deployment and workflow models that ship with the program, as files of the same table.

use super::{Topology, TopologyRefusal};

/// A model that can be taken as it is or as a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// `deployment` or `workflow`.
    pub kind: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal is $kind:literal,)*) => {
        /// Every model that ships with the program.
        pub const PRESETS: &[Preset] = &[$(Preset {
            name: $name,
            kind: $kind,
            text: include_str!(concat!("../../data/topology/", $name, ".toml")),
        }),*];
    };
}

presets! {
    "standard" is "deployment",
    "erp_centric" is "deployment",
    "crm_centric" is "deployment",
    "orchestrated" is "deployment",
    "suite" is "deployment",
    "crm_led" is "workflow",
    "billing_led" is "workflow",
    "erp_led" is "workflow",
    "event_driven" is "workflow",
}

/// A preset by its name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

impl Preset {
    /// The table of the preset.
    ///
    /// # Errors
    /// Never for the files in this crate, which a test reads.
    pub fn topology(&self) -> Result<Topology, TopologyRefusal> {
        Topology::read(self.text)
    }
}
