//! A held journal, a delegation, a finished replay and the preview of an amendment.

use super::{CONTRACT, SampleSource, at, date, money};
use app::approval::{ApprovalDetail, ApprovalRow, DelegationRow, Difference, Evidence, Standing};
use app::command::{ReplayFilter, ReplayOver};
use app::preview::{AmendmentPreview, LaterLine, RevenueMonth};
use app::replay::{DryRun, ReplayCount, ReplayDetail, ReplayItem, ReplayRow};
use app::shadow::{
    AccountChange, Impact, ImpactDocument, ImpactEffect, ImpactJournal, ImpactJournalLine,
    ImpactLine, ImpactSchedule,
};
use app::view::Page;
use web::console::{
    AmendForm, AmendSource, ApprovalsSource, Lending, PlanForm, ReplaysSource, SourceFault, Steer,
    Verdict,
};

pub const APPROVAL: &str = "apr_01JZ7T4X6Z8B0D2F4H6K8N0Q2S";
pub const REPLAY: &str = "rpl_01JZ7V4X6Z8B0D2F4H6K8N0Q2S";

fn text(words: &str) -> String {
    words.to_owned()
}

fn account(account: &str, name: &str, change: &str) -> AccountChange {
    AccountChange {
        entity: text("US"),
        month: text("2026-06"),
        account: text(account),
        name: text(name),
        change: money(change),
    }
}

fn impact() -> Impact {
    let line = |account: &str, name: &str, amount: &str| ImpactJournalLine {
        account: text(account),
        name: text(name),
        amount: money(amount),
    };
    Impact {
        documents: vec![ImpactDocument {
            rounding: None,
            kind: text("invoice"),
            number: text("US-2026-00019"),
            customer: text("Meridian Labs Inc."),
            contract: text(CONTRACT),
            due: text("2026-07-30"),
            net: money("USD 12000.00"),
            tax: money("USD 0.00"),
            total: money("USD 12000.00"),
            lines: vec![ImpactLine {
                product: text("PLATFORM"),
                description: text("Platform seat"),
                arithmetic: text("15 seats, 245 of 365 days of 1,200.00"),
                from: text("2026-06-01"),
                until: text("2027-02-01"),
                net: money("USD 12000.00"),
                tax: money("USD 0.00"),
            }],
        }],
        schedules: vec![ImpactSchedule {
            contract: text(CONTRACT),
            component: text("seats"),
            product: text("PLATFORM"),
            from: text("2026-06-01"),
            until: text("2027-02-01"),
            change: money("USD 12000.00"),
            allocated: money("USD 60000.00"),
            cause: text("amendment of version 2"),
        }],
        journals: vec![ImpactJournal {
            entity: text("US"),
            date: text("2026-06-30"),
            rule: text("invoice-issued"),
            narration: text("Invoice US-2026-00019 issued"),
            total: money("USD 12000.00"),
            lines: vec![
                line("1100", "Trade receivables", "USD 12000.00"),
                line("2400", "Deferred revenue", "USD -12000.00"),
            ],
        }],
        accounts: vec![
            account("1100", "Trade receivables", "USD 12000.00"),
            account("2400", "Deferred revenue", "USD -12000.00"),
        ],
        effects: vec![ImpactEffect {
            connection: text("netsuite"),
            operation: text("netsuite.journal_entry"),
            value: Some(money("USD 12000.00")),
        }],
        ..Impact::default()
    }
}

pub fn approval() -> ApprovalDetail {
    ApprovalDetail {
        row: ApprovalRow {
            id: text(APPROVAL),
            command: text("post_journal"),
            subject: text("entity/US"),
            summary: text("Journal by hand on 2026-06-30 in US: accrual of June"),
            maker: text("Dana Reyes"),
            value: Some(money("USD 12000.00")),
            why: text("every post_journal needs a second person"),
            permission: text("approve_finance"),
            checkers: vec![text("controller")],
            status: text("requested"),
            impact: impact().in_words(),
            requested: at("2026-06-30T08:12:00Z"),
            expires: at("2026-07-14T08:12:00Z"),
            decided: None,
            checker: None,
            on_behalf_of: None,
            reason: String::new(),
        },
        content: serde_json::json!({ "entity": "US", "date": "2026-06-30", "reason": "accrual of June" }),
        evidence: Evidence {
            impact: impact(),
            differences: vec![Difference {
                field: text("payment_terms_days"),
                before: text("30"),
                after: text("45"),
            }],
            items: 0,
        },
        digest: text("7b1f6b2e54a3d6e0f1c29a8877665544332211ffeeddccbbaa99887766554433"),
        standing: Standing::Unchanged,
        result: None,
        correlation: text(super::CHAIN),
    }
}

impl ApprovalsSource for SampleSource {
    fn approvals(&self, status: &str, _: Option<&str>) -> Result<Page<ApprovalRow>, SourceFault> {
        let shown = matches!(status, "" | "waiting");
        self.list(if shown {
            vec![approval().row]
        } else {
            Vec::new()
        })
    }

    fn approval(&self, id: &str) -> Result<Option<ApprovalDetail>, SourceFault> {
        self.one(id == APPROVAL, approval)
    }

    fn decide(
        &self,
        id: &str,
        verdict: &Verdict,
        reason: &str,
        actor: &str,
    ) -> Result<(), SourceFault> {
        if *verdict == Verdict::Deny && reason.is_empty() {
            return Err(SourceFault::Refused {
                reason: text("say why it is denied"),
            });
        }
        self.decided.lock().unwrap().push((
            text(id),
            format!("{verdict:?}"),
            text(reason),
            text(actor),
        ));
        Ok(())
    }

    fn delegations(&self) -> Result<Vec<DelegationRow>, SourceFault> {
        self.unless_empty(vec![DelegationRow {
            id: text("dlg_01JZ7T4X6Z8B0D2F4H6K8N0Q2S"),
            from: text("Li Chen"),
            to: text("Noor Haddad"),
            permission: text("approve_finance"),
            first: date("2026-06-29"),
            last: date("2026-07-10"),
            reason: text("annual leave"),
            created: at("2026-06-26T16:00:00Z"),
            status: text("in force"),
            revoked_by: None,
        }])
    }

    fn delegate(&self, lending: &Lending, actor: &str) -> Result<(), SourceFault> {
        let what = format!("delegate {} to {}", lending.permission, lending.to);
        self.decided.lock().unwrap().push((
            what,
            text("delegate"),
            lending.reason.clone(),
            text(actor),
        ));
        Ok(())
    }

    fn revoke_delegation(&self, id: &str, actor: &str) -> Result<(), SourceFault> {
        self.decided
            .lock()
            .unwrap()
            .push((text(id), text("revoke"), String::new(), text(actor)));
        Ok(())
    }
}

pub fn replay() -> ReplayDetail {
    let item = |position: i64, status: &str, result: &str| ReplayItem {
        position,
        kind: text("posting"),
        item: format!("evt_01JZ5N8R3Z5B7D9F1H3K5N7Q9{position}"),
        about: text("Payment of 4,000.00 USD settled is recorded but not posted"),
        month: Some(text("2026-05")),
        value: Some(money("USD 4000.00")),
        expected: text("effect"),
        status: text(status),
        result: text(result),
        changed: at("2026-06-30T09:40:00Z"),
    };
    ReplayDetail {
        row: ReplayRow {
            id: text(REPLAY),
            status: text("running"),
            filter: ReplayFilter {
                over: ReplayOver::Postings,
                source: None,
                kind: None,
                class: Some(text("posting_parked")),
                fingerprint: None,
                from: None,
                until: None,
                ids: Vec::new(),
                confirmed: false,
            },
            closed_months: text("adjust"),
            per_second: 10,
            reason: text("May was closed before the last payouts came in"),
            maker: text("Ines Vogel"),
            approval: Some(text(APPROVAL)),
            approved_by: Some(text("Li Chen")),
            dry_run: DryRun {
                items: 3,
                effects: 2,
                stopped: 1,
                value: vec![money("USD 12000.00")],
                months: vec![text("US 2026-06")],
                accounting: vec![
                    account("1000", "Cash", "USD 8000.00"),
                    account("2100", "Unapplied cash", "USD -8000.00"),
                ],
                messages: 2,
                ..DryRun::default()
            },
            created: at("2026-06-30T09:00:00Z"),
            started: Some(at("2026-06-30T09:38:00Z")),
            finished: None,
        },
        counts: vec![
            ReplayCount {
                status: text("done"),
                count: 1,
                value: Some(money("USD 4000.00")),
            },
            ReplayCount {
                status: text("failed"),
                count: 1,
                value: Some(money("USD 4000.00")),
            },
            ReplayCount {
                status: text("waiting"),
                count: 1,
                value: Some(money("USD 4000.00")),
            },
        ],
        items: vec![
            item(
                1,
                "done",
                "posted as jrn_01JZ5N8R5A7C9E1G3J5M7P9R1T; confirmed by netsuite as 9041",
            ),
            item(
                2,
                "failed",
                "it stopped again: no rule posts a payment by cheque",
            ),
            item(3, "waiting", ""),
        ],
        reopened: Vec::new(),
        correlation: text(super::CHAIN),
    }
}

impl ReplaysSource for SampleSource {
    fn replays(&self, _: Option<&str>) -> Result<Page<ReplayRow>, SourceFault> {
        self.list(vec![replay().row])
    }

    fn replay(&self, id: &str) -> Result<Option<ReplayDetail>, SourceFault> {
        self.one(id == REPLAY, replay)
    }

    fn plan_replay(&self, form: &PlanForm, _: &str) -> Result<String, SourceFault> {
        if form.reason.is_empty() {
            return Err(SourceFault::Refused {
                reason: text("say why, and which cause was mended"),
            });
        }
        Ok(text(REPLAY))
    }

    fn steer_replay(
        &self,
        _: &str,
        steer: Steer,
        _: &str,
        _: &str,
    ) -> Result<Option<String>, SourceFault> {
        Ok((steer == Steer::Run).then(|| text(APPROVAL)))
    }
}

impl AmendSource for SampleSource {
    fn preview(&self, _: &str, form: &AmendForm, _: &str) -> Result<AmendmentPreview, SourceFault> {
        if form.value.is_empty() {
            return Err(SourceFault::Refused {
                reason: text("change: missing field `quantity`"),
            });
        }
        Ok(AmendmentPreview {
            answer: serde_json::json!({}),
            saved: Impact::default(),
            billed: impact(),
            recognised: Impact::default(),
            total: impact(),
            later: vec![LaterLine {
                description: text("Platform seat"),
                from: text("2027-02-01"),
                until: text("2028-02-01"),
                before: money("USD 48000.00"),
                after: money("USD 66000.00"),
            }],
            revenue: vec![RevenueMonth {
                month: text("2026-06"),
                before: money("USD 3945.21"),
                after: money("USD 5424.66"),
            }],
        })
    }

    fn amend(&self, _: &str, _: &AmendForm, _: &str) -> Result<Option<String>, SourceFault> {
        Ok(None)
    }
}
