//! What the pages about exceptions ask for beyond the common source.

use crate::console::{ExceptionFilter, SourceFault};
use app::command::{Command, WhichExceptions};
use app::query::Outstanding;
use app::view::{
    BatchItem, BatchPreview, BatchRow, ExceptionGroup, IncidentDetail, IncidentRow, OutstandingRow,
    Page,
};
use serde_json::Value;

/// Exceptions as work.
pub trait ExceptionDesk: Send + Sync + 'static {
    /// Open exceptions by root cause.
    fn exception_groups(
        &self,
        filter: &ExceptionFilter,
        cursor: Option<&str>,
    ) -> Result<Page<ExceptionGroup>, SourceFault>;
    /// What an action over many would be done to.
    fn preview_exceptions(&self, which: &WhichExceptions) -> Result<BatchPreview, SourceFault>;
    /// Actions over many, the newest first.
    fn exception_batches(&self) -> Result<Vec<BatchRow>, SourceFault>;
    /// One of them.
    fn exception_batch(&self, id: &str) -> Result<Option<BatchRow>, SourceFault>;
    /// What came of each of its exceptions.
    fn exception_batch_items(
        &self,
        id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<BatchItem>, SourceFault>;
    /// Incidents, the open ones first.
    fn incidents(&self) -> Result<Vec<IncidentRow>, SourceFault>;
    /// One of them.
    fn incident(&self, id: &str) -> Result<Option<IncidentDetail>, SourceFault>;
    /// What has not happened.
    fn outstanding(&self, list: Outstanding) -> Result<Vec<OutstandingRow>, SourceFault>;
    /// Does a command about exceptions in the name of somebody.
    fn handle(&self, command: Command, actor: &str) -> Result<Value, SourceFault>;
}
