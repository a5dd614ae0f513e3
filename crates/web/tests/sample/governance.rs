//! Sample governance: a topology, two documents, a proposal with impact, a waiting write, a
//! deviation.

use super::{SampleSource, at, date, money};
use app::governance::view::{
    ChangeRow, ConfigurationDetail, ConfigurationRow, CoverageRow, DeviationView, FieldChange,
    FieldRow, Impact, ImpactPark, ImpactRow, Line, ProposalDetail, ProposalRow, RouteRow,
    SystemRow, TopologyRow, TopologyView, UnmappedValue, VersionRow,
};
use web::console::{DeviationForm, GovernanceSource, ProposeForm, Settled, SourceFault};

pub const PROPOSAL: &str = "prp_01JZ8A4X6Z8B0D2F4H6K8N0Q2S";

fn text(text: &str) -> String {
    text.to_owned()
}

fn proposal() -> ProposalRow {
    ProposalRow {
        id: text(PROPOSAL),
        kind: text("posting_rules"),
        title: text("Posting rules"),
        state: text("proposed"),
        reason: text("one account for all liabilities"),
        maker: text("ana"),
        checker: None,
        base: 3,
        version: None,
        effective: Some(date("2026-07-01")),
        created: at("2026-06-12T09:00:00Z"),
        summary: text("412 events of 90 days, 31 journals differ, 1 would be held"),
    }
}

fn impact() -> Impact {
    let row = |account: &str, before: &str, after: &str, difference: &str| ImpactRow {
        entity: text("US"),
        account: text(account),
        month: text("2026-05"),
        before: money(before),
        after: money(after),
        difference: money(difference),
    };
    Impact {
        days: 90,
        events: 412,
        journals_changed: 31,
        rows: vec![
            row("2100", "USD 0.00", "USD -61610.96", "USD -61610.96"),
            row("2400", "USD -61610.96", "USD 0.00", "USD 61610.96"),
        ],
        would_park: vec![ImpactPark {
            id: text(super::EVENT),
            kind: text("com.tieout.billing.invoice.issued.v1"),
            why: text("no posting rule takes it"),
        }],
        ..Impact::default()
    }
}

fn documents() -> Vec<ConfigurationRow> {
    let version = |number: i64, maker: &str, checker: Option<&str>| VersionRow {
        version: number,
        recorded: at("2026-05-02T10:00:00Z"),
        maker: text(maker),
        checker: checker.map(text),
        effective: None,
        proposal: checker.map(|_| text(PROPOSAL)),
        in_force: number > 1,
    };
    vec![
        ConfigurationRow {
            kind: text("topology"),
            title: text("Topology and routes"),
            version: 2,
            digest: text("9f2c"),
            versions: vec![version(2, "ana", Some("li")), version(1, "tieout", None)],
            waiting: 0,
        },
        ConfigurationRow {
            kind: text("posting_rules"),
            title: text("Posting rules"),
            version: 3,
            digest: text("77aa"),
            versions: vec![version(3, "ana", Some("li"))],
            waiting: 1,
        },
    ]
}

impl GovernanceSource for SampleSource {
    fn configurations(&self) -> Result<Vec<ConfigurationRow>, SourceFault> {
        Ok(documents())
    }

    fn configuration(&self, kind: &str) -> Result<Option<ConfigurationDetail>, SourceFault> {
        let found = documents().into_iter().find(|row| row.kind == kind);
        Ok(found.map(|row| ConfigurationDetail {
            row,
            text: text("version = 1\nname = \"standard\"\n"),
        }))
    }

    fn try_configuration(&self, _: &str, body: &str) -> Result<(Impact, String), SourceFault> {
        if body.contains("nonsense") {
            return Err(SourceFault::Refused {
                reason: text("domain tax has no system of record everywhere"),
            });
        }
        Ok((impact(), proposal().summary))
    }

    fn propose(&self, form: &ProposeForm, _: &str, _: &str) -> Result<String, SourceFault> {
        if form.reason.is_empty() {
            return Err(SourceFault::Refused {
                reason: text("say why the configuration is to change"),
            });
        }
        Ok(text(PROPOSAL))
    }

    fn proposals(&self) -> Result<Vec<ProposalRow>, SourceFault> {
        self.unless_empty(vec![proposal()])
    }

    fn proposal(&self, id: &str) -> Result<Option<ProposalDetail>, SourceFault> {
        let line = |mark: &str, words: &str| Line {
            mark: text(mark),
            text: text(words),
        };
        Ok((id == PROPOSAL).then(|| ProposalDetail {
            row: proposal(),
            difference: vec![
                line(" ", "side = \"credit\""),
                line("-", "account = \"2400\""),
                line("+", "account = \"2100\""),
            ],
            impact: impact(),
            decision: String::new(),
        }))
    }

    fn proposed_changes(&self) -> Result<Vec<ChangeRow>, SourceFault> {
        self.unless_empty(vec![ChangeRow {
            id: text("chg_01JZ8B4X6Z8B0D2F4H6K8N0Q2S"),
            origin: text("command"),
            source: text("tieout"),
            owner: text("salesforce"),
            steward: text("revops"),
            object: text("product/SEAT"),
            fields: vec![text("price.charge")],
            diff: vec![FieldChange {
                field: text("name"),
                before: text("Seat"),
                after: text("Platform seat"),
            }],
            state: text("proposed"),
            maker: text("ana"),
            checker: None,
            reason: String::new(),
            created: at("2026-06-12T09:00:00Z"),
        }])
    }

    fn topology(&self) -> Result<TopologyView, SourceFault> {
        Ok(TopologyView {
            name: text("crm_led"),
            summary: text("A deal won in the CRM makes the contract."),
            version: 2,
            systems: vec![SystemRow {
                id: text("salesforce"),
                role: text("engagement"),
                interface: text("api"),
                owns: vec![text("customer"), text("contract")],
            }],
            rows: vec![TopologyRow {
                domain: text("contract"),
                scope: text("product line B"),
                system: text("tieout"),
                mode: text("act"),
                writes: text("others are refused"),
            }],
            routes: vec![RouteRow {
                fact: text("journals"),
                scope: text("everywhere"),
                to: text("netsuite"),
            }],
            fields: vec![FieldRow {
                field: text("contract.quantity"),
                domain: text("contract"),
                system: text("salesforce"),
                steward: text("Revenue operations"),
            }],
            presets: vec![text("standard"), text("suite")],
        })
    }

    fn mapping_coverage(&self) -> Result<Vec<CoverageRow>, SourceFault> {
        Ok(vec![CoverageRow {
            system: text("salesforce"),
            field: text("order.billing_frequency"),
            values: 4,
            mapped: 3,
            unmapped: vec![UnmappedValue {
                value: text("Fortnightly"),
                count: 2,
            }],
            how: text("12 values mapped"),
        }])
    }

    fn deviations(&self) -> Result<Vec<DeviationView>, SourceFault> {
        self.unless_empty(vec![DeviationView {
            id: text("dev_01JZ8C4X6Z8B0D2F4H6K8N0Q2S"),
            class: text("legacy"),
            title: text("60 days in Germany"),
            reason: text("contracts of the acquired company"),
            entity: Some(text("DE")),
            key: Some(text("payment_terms_days")),
            template: Some(text("30")),
            value: Some(text("60")),
            until: Some(date("2026-05-31")),
            standing: text("overdue"),
            maker: text("ana"),
            approver: Some(text("li")),
        }])
    }

    fn record_deviation(&self, _: &DeviationForm, _: &str) -> Result<(), SourceFault> {
        Err(SourceFault::Refused {
            reason: text("a legacy deviation has an end date"),
        })
    }

    fn settle(&self, what: &Settled<'_>, reason: &str, _: &str) -> Result<(), SourceFault> {
        if reason.is_empty() && matches!(what, Settled::End(_)) {
            return Err(SourceFault::Refused {
                reason: text("say why it ends"),
            });
        }
        Ok(())
    }
}
