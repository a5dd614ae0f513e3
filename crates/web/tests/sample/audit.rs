//! The evidence of the sample company.

use super::{SampleSource, at};
use app::access::{AccessEntry, AccessQuery, Audit, AuditCheck, Bypass, Deed, KindCount};
use app::view::Page;
use web::console::{AuditSource, SourceFault};

impl AuditSource for SampleSource {
    fn audit(&self, days: Option<u16>) -> Result<Audit, SourceFault> {
        let days = days.unwrap_or(30);
        if self.empty {
            return Ok(Audit {
                events: 0,
                partitions: 0,
                checked: None,
                days,
                deeds: vec![],
                access: vec![],
                bypasses: vec![],
            });
        }
        Ok(Audit {
            events: 12_408,
            partitions: 311,
            checked: Some(AuditCheck {
                time: at("2026-02-10T08:00:00Z"),
                by: "Ines Vidal".to_owned(),
                events: 12_408,
                partitions: 311,
                fingerprint: "5e".repeat(32),
                access_entries: 2,
                access_fingerprint: "a1".repeat(32),
                problem: None,
            }),
            days,
            deeds: vec![Deed {
                actor: "tieout/daily".to_owned(),
                event_type: "com.tieout.billing.invoice.issued.v1".to_owned(),
                count: 214,
                last: at("2026-02-10T07:59:00Z"),
            }],
            access: vec![KindCount {
                kind: "permission_refused".to_owned(),
                count: 1,
            }],
            bypasses: vec![Bypass {
                event: super::EVENT.to_owned(),
                title: "Journal entered by hand".to_owned(),
                object: super::JOURNAL.to_owned(),
                actor: "Ines Vidal".to_owned(),
                time: at("2026-02-09T15:00:00Z"),
                reason: Some("Accrual of the audit fee".to_owned()),
            }],
        })
    }

    fn access_log(
        &self,
        query: &AccessQuery,
        _: Option<&str>,
    ) -> Result<Page<AccessEntry>, SourceFault> {
        let entry = |number, kind: &str, actor: &str, object: &str| AccessEntry {
            number,
            time: at("2026-02-10T08:00:00Z"),
            kind: kind.to_owned(),
            actor: actor.to_owned(),
            role: "executive".to_owned(),
            object: object.to_owned(),
            detail: String::new(),
            address: "10.0.0.7".to_owned(),
            request: "req_1".to_owned(),
            seal: "a1".repeat(32),
        };
        let all = [
            entry(2, "permission_refused", "Paul Ito", "/journals"),
            entry(1, "signed_in", "Paul Ito", "console"),
        ];
        let items = all
            .into_iter()
            .filter(|row| !self.empty && query.kind.as_ref().is_none_or(|kind| *kind == row.kind));
        Ok(Page {
            items: items.collect(),
            next: None,
        })
    }

    fn verify_logs(&self, _: &str) -> Result<(), SourceFault> {
        Ok(())
    }

    fn audit_bundle(&self, _: &str) -> Result<Vec<u8>, SourceFault> {
        Ok(b"{}\n".to_vec())
    }
}
