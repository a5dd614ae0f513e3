//! Disputes from the books.

use super::{AppSource, Asked, told};
use crate::console::DisputeSource;
use app::query::DisputeSheet;

impl DisputeSource for AppSource {
    fn dispute_lines(&self, decided: bool, cursor: Option<&str>) -> Asked<DisputeSheet> {
        self.app.dispute_lines(decided, cursor).map_err(told)
    }
}
