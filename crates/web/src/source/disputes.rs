//! Disputes from the books.

use super::{AppSource, Asked, told};
use crate::console::DisputeSource;
use app::query::DisputeLine;

impl DisputeSource for AppSource {
    fn dispute_lines(&self) -> Asked<Vec<DisputeLine>> {
        self.app.dispute_lines().map_err(told)
    }
}
