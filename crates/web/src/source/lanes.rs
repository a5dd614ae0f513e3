//! Connections and lanes from the books.

use super::{AppSource, Asked, told};
use crate::console::{FlowAction, FlowSource, FlowTarget};
use app::command::{Command, PauseDelivery, PrioritiseLane, ReleaseEffect, ResumeDelivery};
use app::lanes::{ConnectionView, LaneList, LaneView};

impl FlowSource for AppSource {
    fn connection_views(&self) -> Asked<Vec<ConnectionView>> {
        self.app.connection_views().map_err(told)
    }

    fn lane_views(
        &self,
        connection: Option<&str>,
        list: LaneList,
        limit: u16,
    ) -> Asked<Vec<LaneView>> {
        self.app.lane_views(connection, list, limit).map_err(told)
    }

    fn steer_flow(
        &self,
        target: &FlowTarget,
        action: &FlowAction,
        reason: &str,
        actor: &str,
    ) -> Asked<()> {
        let (connection, lane) = match target {
            FlowTarget::Connection(name) => (Some(name.clone()), None),
            FlowTarget::Lane(name) => (None, Some(name.clone())),
        };
        let reason = reason.to_owned();
        let command = match action {
            FlowAction::Pause => Command::PauseDelivery(PauseDelivery {
                connection,
                lane,
                reason,
            }),
            FlowAction::Resume => Command::ResumeDelivery(ResumeDelivery {
                connection,
                lane,
                reason,
                ramp: true,
            }),
            FlowAction::Release { effect } => Command::ReleaseEffect(ReleaseEffect {
                effect: effect.clone(),
                reason,
            }),
            FlowAction::Prioritise { priority } => Command::PrioritiseLane(PrioritiseLane {
                lane: lane.unwrap_or_default(),
                priority: *priority,
                reason,
            }),
        };
        self.app.act(actor, command).map(drop).map_err(told)
    }
}
