//! Governance from the books.

use super::{AppSource, Asked, told};
use crate::console::{DeviationForm, GovernanceSource, ProposeForm, Settled, SourceFault};
use app::command::Command;
use app::governance::view::{
    ChangeRow, ConfigurationDetail, ConfigurationRow, CoverageRow, DeviationView, Impact,
    ProposalDetail, ProposalRow, TopologyView,
};
use control::change::ConfigurationKind;
use serde_json::{Map, Value, json};

/// Days that the console looks back.
const DAYS: u32 = 90;

fn command(name: &str, body: Value) -> Asked<Command> {
    Command::read(name, body).map_err(|fault| SourceFault::Refused {
        reason: fault.to_string(),
    })
}

/// A field of a form, where something stands in it.
fn put(body: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.trim().is_empty() {
        body.insert(name.to_owned(), Value::String(text.trim().to_owned()));
    }
}

impl GovernanceSource for AppSource {
    fn configurations(&self) -> Asked<Vec<ConfigurationRow>> {
        self.app.configurations().map_err(told)
    }

    fn configuration(&self, kind: &str) -> Asked<Option<ConfigurationDetail>> {
        let found = self.app.configuration(kind).map_err(told)?;
        Ok(found.map(|mut found| {
            if let Some(kind) = ConfigurationKind::from_word(kind) {
                found.text = app::governance::readable(kind, &found.text);
            }
            found
        }))
    }

    fn try_configuration(&self, kind: &str, text: &str) -> Asked<(Impact, String)> {
        let kind = ConfigurationKind::from_word(kind).ok_or_else(|| SourceFault::Refused {
            reason: format!("There is no document {kind}."),
        })?;
        self.app
            .configuration_impact(kind, text, DAYS)
            .map_err(told)
    }

    fn propose(&self, form: &ProposeForm, kind: &str, actor: &str) -> Asked<String> {
        let mut body = Map::new();
        put(&mut body, "effective", &form.effective);
        body.insert("kind".to_owned(), json!(kind));
        body.insert("body".to_owned(), json!(form.body));
        body.insert("reason".to_owned(), json!(form.reason.trim()));
        let command = command("propose_configuration", Value::Object(body))?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(answer["proposal"].as_str().unwrap_or_default().to_owned())
    }

    fn proposals(&self) -> Asked<Vec<ProposalRow>> {
        self.app.proposals().map_err(told)
    }

    fn proposal(&self, id: &str) -> Asked<Option<ProposalDetail>> {
        self.app.proposal(id).map_err(told)
    }

    fn proposed_changes(&self) -> Asked<Vec<ChangeRow>> {
        self.app.proposed_changes().map_err(told)
    }

    fn topology(&self) -> Asked<TopologyView> {
        self.app.topology().map_err(told)
    }

    fn mapping_coverage(&self) -> Asked<Vec<CoverageRow>> {
        self.app.mapping_coverage(DAYS).map_err(told)
    }

    fn deviations(&self) -> Asked<Vec<DeviationView>> {
        self.app.deviations().map_err(told)
    }

    fn record_deviation(&self, form: &DeviationForm, actor: &str) -> Asked<()> {
        let mut body = Map::new();
        for (name, text) in [
            ("class", &form.class),
            ("entity", &form.entity),
            ("key", &form.key),
            ("value", &form.value),
            ("until", &form.until),
        ] {
            put(&mut body, name, text);
        }
        body.insert("title".to_owned(), json!(form.title.trim()));
        body.insert("reason".to_owned(), json!(form.reason.trim()));
        let command = command("record_deviation", Value::Object(body))?;
        self.app.act(actor, command).map(drop).map_err(told)
    }

    fn settle(&self, what: &Settled<'_>, reason: &str, actor: &str) -> Asked<()> {
        let word = |approved: bool| if approved { "approve" } else { "deny" };
        let (name, body) = match what {
            Settled::Proposal(id, approved) => (
                "decide_configuration",
                json!({ "proposal": id, "decision": word(*approved), "reason": reason }),
            ),
            Settled::Change(id, approved) => (
                "decide_change",
                json!({ "change": id, "decision": word(*approved), "reason": reason }),
            ),
            Settled::Deviation(id, approved) => (
                "decide_deviation",
                json!({ "deviation": id, "decision": word(*approved), "reason": reason }),
            ),
            Settled::End(id) => (
                "end_deviation",
                json!({ "deviation": id, "reason": reason }),
            ),
        };
        let command = command(name, body)?;
        self.app.act(actor, command).map(drop).map_err(told)
    }
}
