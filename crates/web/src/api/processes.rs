//! Questions about processes and the health of the flow.

use super::Asked;
use super::paged::paged;
use super::queries::{Answered, one, whole, written};
use app::App;
use app::process::ProcessSelection;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::ProcessId;

/// The instance, and where it stands now.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProcessChanged {
    /// The instance.
    pub process: ProcessId,
    /// Where it stands.
    pub status: String,
}

/// The process, and the version that takes new instances.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProcessPublished {
    /// Its name.
    pub process: String,
    /// The version.
    pub version: u32,
}

pub(super) fn kinds(app: &App, _: &Asked) -> Answered {
    whole(&app.process_kinds()?)
}

pub(super) fn processes(app: &App, asked: &Asked) -> Answered {
    let text = |name: &str| asked.text(name).map(str::to_owned);
    let selection = ProcessSelection {
        name: text("process"),
        status: text("status"),
        step: text("step"),
        trouble: asked.text("trouble") == Some("true"),
    };
    paged(
        asked,
        |_| true,
        |cursor| app.process_list(&selection, cursor),
    )
}

pub(super) fn process(app: &App, asked: &Asked) -> Answered {
    one("process", asked, |id| app.process(id))
}

pub(super) fn flow(app: &App, _: &Asked) -> Answered {
    written(&app.flow_health()?)
}

pub(super) fn lane(app: &App, asked: &Asked) -> Answered {
    one("stage of the flow", asked, |id| app.flow_lane(id))
}

pub(super) fn systems(app: &App, asked: &Asked) -> Answered {
    let id = asked.path("id");
    match app.chain(id)? {
        Some(chain) => whole(&app.side_by_side(&chain.correlation)?),
        None => Err(crate::problem::Problem::no_such("object", id)),
    }
}
