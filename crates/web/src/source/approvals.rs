//! Approvals, replays and amendments from the books.

use super::{AppSource, Asked, told};
use crate::console::{
    AmendForm, AmendSource, ApprovalsSource, Lending, PlanForm, ReplaysSource, SourceFault, Steer,
    Verdict,
};
use app::approval::{ApprovalDetail, ApprovalRow, DelegationRow, is_waiting};
use app::command::{Answer, Command, CommandUnreadable, Envelope};
use app::preview::AmendmentPreview;
use app::replay::{ReplayDetail, ReplayRow};
use app::view::Page;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub(super) fn command(name: &str, body: Value) -> Asked<Command> {
    Command::read(name, body).map_err(|fault| SourceFault::Refused {
        reason: match fault {
            CommandUnreadable::Body { field, error, .. } if !field.is_empty() => {
                format!("{field}: {error}")
            }
            other => other.to_string(),
        },
    })
}

/// The request that an answer says to wait for.
fn waiting(answer: &Answer) -> Option<String> {
    is_waiting(answer)
        .then(|| answer["approval"].as_str().map(str::to_owned))
        .flatten()
}

impl AppSource {
    /// Does a command under a key of its own, so that a form sent twice has one effect.
    pub(super) fn once(&self, actor: &str, key: String, command: Command) -> Asked<Answer> {
        let envelope = Envelope {
            client: actor.to_owned(),
            key,
            actor: actor.to_owned(),
            command,
        };
        let done = self.app.execute(envelope).map_err(told)?;
        Ok(done.into_answer())
    }
}

impl ApprovalsSource for AppSource {
    fn approvals(&self, status: &str, cursor: Option<&str>) -> Asked<Page<ApprovalRow>> {
        self.app.approvals(status, cursor).map_err(told)
    }

    fn approval(&self, id: &str) -> Asked<Option<ApprovalDetail>> {
        self.app.approval(id).map_err(told)
    }

    fn decide(&self, id: &str, verdict: &Verdict, reason: &str, actor: &str) -> Asked<()> {
        let (name, body) = match verdict {
            Verdict::Grant { evidence } => (
                "grant_approval",
                json!({ "approval": id, "evidence": evidence, "reason": reason }),
            ),
            Verdict::Deny => ("deny_approval", json!({ "approval": id, "reason": reason })),
            Verdict::Withdraw => (
                "withdraw_approval",
                json!({ "approval": id, "reason": reason }),
            ),
        };
        let command = command(name, body)?;
        self.app.act(actor, command).map(drop).map_err(told)
    }

    fn delegations(&self) -> Asked<Vec<DelegationRow>> {
        self.app.delegations().map_err(told)
    }

    fn delegate(&self, lending: &Lending, actor: &str) -> Asked<()> {
        let body = json!({
            "to": lending.to.trim(), "permission": lending.permission, "from": lending.from.trim(),
            "until": lending.until.trim(), "reason": lending.reason.trim(),
        });
        let command = command("delegate_permission", body)?;
        self.app.act(actor, command).map(drop).map_err(told)
    }

    fn revoke_delegation(&self, id: &str, actor: &str) -> Asked<()> {
        let command = command("revoke_delegation", json!({ "delegation": id }))?;
        self.app.act(actor, command).map(drop).map_err(told)
    }
}

/// A field of a form, where something stands in it.
fn put(body: &mut Map<String, Value>, name: &str, text: &str) {
    if !text.trim().is_empty() {
        body.insert(name.to_owned(), Value::String(text.trim().to_owned()));
    }
}

/// A day stands for its first moment.
fn moment(text: &str) -> String {
    let text = text.trim();
    if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    }
}

impl ReplaysSource for AppSource {
    fn replays(&self, cursor: Option<&str>) -> Asked<Page<ReplayRow>> {
        self.app.replays(cursor).map_err(told)
    }

    fn replay(&self, id: &str) -> Asked<Option<ReplayDetail>> {
        self.app.replay(id).map_err(told)
    }

    fn plan_replay(&self, form: &PlanForm, actor: &str) -> Asked<String> {
        let mut filter = Map::new();
        put(&mut filter, "over", &form.over);
        put(&mut filter, "source", &form.source);
        put(&mut filter, "kind", &form.kind);
        put(&mut filter, "class", &form.class);
        put(&mut filter, "from", &moment(&form.from));
        put(&mut filter, "until", &moment(&form.until));
        let ids: Vec<&str> = form
            .ids
            .split([' ', ',', '\n', '\r', '\t'])
            .filter(|id| !id.is_empty())
            .collect();
        filter.insert("ids".to_owned(), json!(ids));
        let mut body = Map::new();
        body.insert("filter".to_owned(), Value::Object(filter));
        put(&mut body, "closed_months", &form.closed_months);
        put(&mut body, "reason", &form.reason);
        body.entry("reason").or_insert_with(|| json!(""));
        let pace: u32 = form.per_second.trim().parse().unwrap_or(10);
        body.insert("per_second".to_owned(), json!(pace));
        let command = command("plan_replay", Value::Object(body))?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(answer["replay"].as_str().unwrap_or_default().to_owned())
    }

    fn steer_replay(
        &self,
        id: &str,
        steer: Steer,
        reason: &str,
        actor: &str,
    ) -> Asked<Option<String>> {
        let action = match steer {
            Steer::Run => {
                let command = command("request_replay", json!({ "replay": id, "reason": reason }))?;
                let answer = self.app.act(actor, command).map_err(told)?;
                return Ok(waiting(&answer));
            }
            Steer::Pause => "pause",
            Steer::Resume => "resume",
            Steer::Cancel => "cancel",
        };
        let command = command("steer_replay", json!({ "replay": id, "action": action }))?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(waiting(&answer))
    }
}

/// The amendment that a form states.
fn amendment(contract: &str, form: &AmendForm) -> Asked<Command> {
    let mut change = Map::new();
    put(&mut change, "kind", &form.kind);
    if matches!(form.kind.as_str(), "quantity" | "price" | "remove") {
        put(&mut change, "component", &form.component);
    }
    let field = match form.kind.as_str() {
        "quantity" => "quantity",
        "price" => "unit_price",
        "extend" => "end",
        _ => "",
    };
    if !field.is_empty() {
        put(&mut change, field, &form.value);
    }
    let body = json!({
        "contract": contract, "effective": form.effective.trim(), "change": change,
        "reason": form.reason.trim(),
    });
    command("amend_contract", body)
}

impl AmendSource for AppSource {
    fn preview(&self, contract: &str, form: &AmendForm, actor: &str) -> Asked<AmendmentPreview> {
        let Command::AmendContract(body) = amendment(contract, form)? else {
            return Err(SourceFault::Refused {
                reason: "This is no amendment.".to_owned(),
            });
        };
        self.app.preview_amendment(actor, body).map_err(told)
    }

    fn amend(&self, contract: &str, form: &AmendForm, actor: &str) -> Asked<Option<String>> {
        let command = amendment(contract, form)?;
        // The same form sent twice on one day is one amendment.
        let content = command.content().unwrap_or_default();
        let day = self.app.clock().now().to_string();
        let stamp = format!("{content} {}", day.get(..10).unwrap_or_default());
        let key: String = Sha256::digest(stamp)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let answer = self.once(actor, format!("amend/{key}"), command)?;
        Ok(waiting(&answer))
    }
}
