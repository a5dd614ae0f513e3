//! Processes and the health of the flow, from the books.

use super::{AppSource, Asked, told};
use crate::console::ProcessSource;
use app::process::{GateWait, ProcessDetail, ProcessKind, ProcessRow, ProcessSelection};
use app::view::{FlowHealth, FlowLaneDetail, Page, SideBySide};

/// Seconds of the window over which gates are measured.
const WINDOW: i64 = 28 * 86_400;

impl ProcessSource for AppSource {
    fn flow_health(&self) -> Asked<FlowHealth> {
        self.app.flow_health().map_err(told)
    }

    fn flow_lane(&self, key: &str) -> Asked<Option<FlowLaneDetail>> {
        self.app.flow_lane(key).map_err(told)
    }

    fn process_kinds(&self) -> Asked<Vec<ProcessKind>> {
        self.app.process_kinds().map_err(told)
    }

    fn process_list(
        &self,
        selection: &ProcessSelection,
        cursor: Option<&str>,
    ) -> Asked<Page<ProcessRow>> {
        self.app.process_list(selection, cursor).map_err(told)
    }

    fn process(&self, id: &str) -> Asked<Option<ProcessDetail>> {
        self.app.process(id).map_err(told)
    }

    fn processes_of_chain(&self, correlation: &str) -> Asked<Vec<ProcessDetail>> {
        self.app.processes_of_chain(correlation).map_err(told)
    }

    fn gate_waits(&self) -> Asked<Vec<GateWait>> {
        let since = self.app.clock().now().plus_seconds(-WINDOW);
        self.app.gate_waits(since).map_err(told)
    }

    fn side_by_side(&self, correlation: &str) -> Asked<Vec<SideBySide>> {
        self.app.side_by_side(correlation).map_err(told)
    }
}
