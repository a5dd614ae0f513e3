//! Meters and events from the books.

use super::{AppSource, Asked, told};
use crate::console::UsageSource;
use app::query::{LineUsage, MeterDetail, MeterView};

impl UsageSource for AppSource {
    fn meters(&self) -> Asked<Vec<MeterView>> {
        self.app.meters().map_err(told)
    }

    fn meter(&self, code: &str) -> Asked<Option<MeterDetail>> {
        self.app.meter(code).map_err(told)
    }

    fn line_usage(&self, line: &str, cursor: Option<&str>) -> Asked<Option<LineUsage>> {
        self.app.line_usage(line, cursor).map_err(told)
    }
}
