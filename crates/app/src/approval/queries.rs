//! Requests for approval and delegations as people see them.

use super::evidence::{self, Evidence};
use super::{held, people, worth};
use crate::command::Envelope;
use crate::fault::stored;
use crate::view::Page;
use crate::{App, AppFault, Context, Refusal};
use control::approval_policy::Demand;
use schemars::JsonSchema;
use serde::Serialize;
use store::Tx;
use store::approvals::{self, ApprovalRow as Row};
use values::{Date, Instant, Money};

/// Rows a page.
const PAGE: i64 = 50;

/// A request in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovalRow {
    /// Its id.
    pub id: String,
    /// The command that waits.
    pub command: String,
    /// What it is about, such as `invoice/inv_01J…`, or empty.
    pub subject: String,
    /// What is asked.
    pub summary: String,
    /// Who made it.
    pub maker: String,
    /// What it is worth.
    pub value: Option<Money>,
    /// Why a second person is needed.
    pub why: String,
    /// The permission that a checker needs.
    pub permission: String,
    /// The roles that may check; empty when anyone else may who can send the command.
    pub checkers: Vec<String>,
    /// `requested`, `granted`, `denied`, `expired` or `withdrawn`.
    pub status: String,
    /// What it would record, in a line.
    pub impact: String,
    /// When it was asked.
    pub requested: Instant,
    /// Until when it can be decided.
    pub expires: Instant,
    /// When it was decided.
    pub decided: Option<Instant>,
    /// Who decided.
    pub checker: Option<String>,
    /// Whose permission the checker used.
    pub on_behalf_of: Option<String>,
    /// Why.
    pub reason: String,
}

/// Whether what a request would do is still what it was.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// It would do what it would have done when it was asked.
    Unchanged,
    /// It would do something else now.
    Changed {
        /// What it would do now.
        evidence: Box<Evidence>,
        /// The digest to grant it with.
        digest: String,
    },
    /// It would be refused now.
    Refused {
        /// Why.
        reason: String,
    },
    /// It has ended.
    Ended,
}

/// One request with its evidence.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovalDetail {
    /// The request.
    pub row: ApprovalRow,
    /// The content of the command, as it will be done.
    pub content: serde_json::Value,
    /// What it would have done when it was asked.
    pub evidence: Evidence,
    /// The digest over content and evidence.
    pub digest: String,
    /// How it stands now.
    pub standing: Standing,
    /// What the command answered, once granted.
    pub result: Option<serde_json::Value>,
    /// The chain of evidence.
    pub correlation: String,
}

/// A permission that was lent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DelegationRow {
    /// Its id.
    pub id: String,
    /// Who lends it.
    pub from: String,
    /// Who may use it.
    pub to: String,
    /// What is lent.
    pub permission: String,
    /// From this day.
    pub first: Date,
    /// Through this day.
    pub last: Date,
    /// Why.
    pub reason: String,
    /// When.
    pub created: Instant,
    /// `in force`, `to come`, `over` or `revoked`.
    pub status: String,
    /// Who took it back.
    pub revoked_by: Option<String>,
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn row(row: &Row) -> Result<ApprovalRow, AppFault> {
    let demand: Demand = stored("demand", &row.demand)?;
    let evidence: Evidence = stored("evidence", &row.shown)?;
    Ok(ApprovalRow {
        id: row.id.clone(),
        command: row.command.clone(),
        subject: row.subject.clone(),
        summary: row.summary.clone(),
        maker: row.maker.clone(),
        value: worth(row)?,
        why: demand.why,
        permission: demand.permission.as_str().to_owned(),
        checkers: demand
            .checkers
            .iter()
            .map(|role| role.as_str().to_owned())
            .collect(),
        status: row.status.clone(),
        impact: evidence.impact.in_words(),
        requested: Instant::from_microseconds(row.requested),
        expires: Instant::from_microseconds(row.expires),
        decided: (row.decided > 0).then(|| Instant::from_microseconds(row.decided)),
        checker: filled(&row.checker),
        on_behalf_of: filled(&row.on_behalf_of),
        reason: row.reason.clone(),
    })
}

fn standing(tx: &mut Tx<'_>, context: &Context, row: &Row) -> Result<Standing, AppFault> {
    if row.status != "requested" {
        return Ok(Standing::Ended);
    }
    let maker = Context {
        actor: row.maker.clone(),
        ..context.clone()
    };
    let envelope = Envelope {
        client: row.client.clone(),
        key: row.id.clone(),
        actor: row.maker.clone(),
        command: held(row)?,
    };
    match evidence::of(tx, &maker, &envelope) {
        Ok(evidence) => {
            let digest = evidence.digest(&row.digest)?;
            Ok(if digest == row.evidence {
                Standing::Unchanged
            } else {
                Standing::Changed {
                    evidence: Box::new(evidence),
                    digest,
                }
            })
        }
        Err(fault @ (AppFault::Refused(_) | AppFault::NotFound { .. })) => Ok(Standing::Refused {
            reason: fault.to_string(),
        }),
        Err(fault) => Err(fault),
    }
}

impl App {
    /// Requests of a status (`waiting` means those to be decided; all when empty), newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn approvals(
        &self,
        status: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ApprovalRow>, AppFault> {
        let status = if status == "waiting" {
            "requested"
        } else {
            status
        }
        .to_owned();
        if cursor.is_some_and(|cursor| !cursor.starts_with("apr_")) {
            let message = "this cursor is not one of this list; start again without a cursor";
            return Err(Refusal::field("bad_cursor", "cursor", message).into());
        }
        let before = cursor.unwrap_or_default().to_owned();
        let rows = self
            .store()
            .read(move |tx| approvals::approvals(tx, &status, &before, PAGE + 1))?;
        let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
        let more = rows.len() > full;
        let items: Vec<ApprovalRow> = rows
            .iter()
            .take(full)
            .map(row)
            .collect::<Result<_, AppFault>>()?;
        let next = more
            .then(|| items.last().map(|last| last.id.clone()))
            .flatten();
        Ok(Page { items, next })
    }

    /// One request with its evidence, and whether that is still so: found by trying it again in
    /// the shadow.
    ///
    /// # Errors
    /// When the store fails.
    pub fn approval(&self, id: &str) -> Result<Option<ApprovalDetail>, AppFault> {
        let id = id.to_owned();
        self.run("tieout/approvals", move |tx, context| {
            let Some(found) = approvals::approval(tx, &id)? else {
                return Ok(None);
            };
            Ok(Some(ApprovalDetail {
                row: row(&found)?,
                content: stored("command", &found.content)?,
                evidence: stored("evidence", &found.shown)?,
                digest: found.evidence.clone(),
                standing: standing(tx, context, &found)?,
                result: match found.result.as_str() {
                    "" => None,
                    text => Some(stored("answer", text)?),
                },
                correlation: found.correlation.clone(),
            }))
        })
    }

    /// Every delegation, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn delegations(&self) -> Result<Vec<DelegationRow>, AppFault> {
        let today = people::today(&self.context("tieout/approvals"));
        let rows = self.store().read(approvals::delegations)?;
        rows.into_iter()
            .map(|row| {
                let first = crate::fault::stored_value("date", &row.first_day)?;
                let last = crate::fault::stored_value("date", &row.last_day)?;
                let status = if row.revoked > 0 {
                    "revoked"
                } else if today < first {
                    "to come"
                } else if today > last {
                    "over"
                } else {
                    "in force"
                };
                Ok(DelegationRow {
                    id: row.id,
                    from: row.from_person,
                    to: row.to_person,
                    permission: row.permission,
                    first,
                    last,
                    reason: row.reason,
                    created: Instant::from_microseconds(row.created),
                    status: status.to_owned(),
                    revoked_by: filled(&row.revoked_by),
                })
            })
            .collect()
    }
}
