//! The evidence, from the books.

use super::{AppSource, Asked, told};
use crate::console::AuditSource;
use app::access::{AccessEntry, AccessKind, AccessNote, AccessQuery, Audit};
use app::view::Page;

impl AuditSource for AppSource {
    fn audit(&self, days: Option<u16>) -> Asked<Audit> {
        self.app.audit(days).map_err(told)
    }

    fn access_log(&self, query: &AccessQuery, cursor: Option<&str>) -> Asked<Page<AccessEntry>> {
        self.app.access_log(query, cursor).map_err(told)
    }

    fn verify_logs(&self, actor: &str) -> Asked<()> {
        self.app.audit_verify_now(actor).map(|_| ()).map_err(told)
    }

    fn audit_bundle(&self, actor: &str) -> Asked<Vec<u8>> {
        let note = AccessNote::about(AccessKind::ExportMade, "audit bundle").by(actor, "");
        self.app.note_access(note).map_err(told)?;
        let (bytes, _) = self.app.audit_export(Vec::new()).map_err(told)?;
        Ok(bytes)
    }
}
