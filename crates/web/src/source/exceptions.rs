//! Exceptions as work, from the books.

use super::{AppSource, Asked, told};
use crate::console::{ExceptionDesk, ExceptionFilter};
use app::command::{Command, WhichExceptions};
use app::query::Outstanding;
use app::view::{
    BatchItem, BatchPreview, BatchRow, ExceptionGroup, IncidentDetail, IncidentRow, OutstandingRow,
    Page,
};
use serde_json::Value;

impl ExceptionDesk for AppSource {
    fn exception_groups(
        &self,
        filter: &ExceptionFilter,
        cursor: Option<&str>,
    ) -> Asked<Page<ExceptionGroup>> {
        self.app.exception_groups(filter, cursor).map_err(told)
    }

    fn preview_exceptions(&self, which: &WhichExceptions) -> Asked<BatchPreview> {
        self.app.preview_exceptions(which).map_err(told)
    }

    fn exception_batches(&self) -> Asked<Vec<BatchRow>> {
        self.app.exception_batches().map_err(told)
    }

    fn exception_batch(&self, id: &str) -> Asked<Option<BatchRow>> {
        self.app.exception_batch(id).map_err(told)
    }

    fn exception_batch_items(&self, id: &str, cursor: Option<&str>) -> Asked<Page<BatchItem>> {
        self.app.exception_batch_items(id, cursor).map_err(told)
    }

    fn incidents(&self) -> Asked<Vec<IncidentRow>> {
        self.app.incidents().map_err(told)
    }

    fn incident(&self, id: &str) -> Asked<Option<IncidentDetail>> {
        self.app.incident(id).map_err(told)
    }

    fn outstanding(&self, list: Outstanding) -> Asked<Vec<OutstandingRow>> {
        self.app.outstanding(list).map_err(told)
    }

    fn handle(&self, command: Command, actor: &str) -> Asked<Value> {
        self.app.act(actor, command).map_err(told)
    }
}
