//! A client that keeps its promises: it sends a command under one key until it is answered, and now
//! and then sends it again although it was.

use super::{Year, is_weather};
use crate::StormFault;
use crate::chance::Chance;
use crate::house::{ACTOR, CHECKER};
use crate::plan::{Errand, Wish};
use app::command::{Answer, Command, Envelope, GrantApproval};
use app::{AppFault, Outcome};
use std::collections::BTreeSet;
use values::ApprovalId;

/// Days for which what a wish is about is waited for.
const DAYS_OF_PATIENCE: u32 = 12;

/// What people want done and what was acknowledged.
#[derive(Debug)]
pub(super) struct Errands {
    chance: Chance,
    waiting: Vec<Waiting>,
    /// Bank references of transfers that were acknowledged.
    pub(super) transfers: BTreeSet<String>,
    /// Contracts that were acknowledged.
    pub(super) direct_contracts: usize,
    pub(super) done: u64,
    pub(super) refused: u64,
    pub(super) doubled: u64,
}

#[derive(Debug)]
struct Waiting {
    errand: Errand,
    /// Worded once, so that a repeat is the same command.
    command: Option<Command>,
    /// The request for a second person, once the command waits for one, and what that person saw.
    approval: Option<(ApprovalId, Option<String>)>,
    days: u32,
}

/// What became of an errand for now.
enum Came {
    ToAnEnd,
    ToNothingYet,
}

impl Errands {
    pub(super) fn new(chance: Chance) -> Errands {
        Errands {
            chance,
            waiting: Vec::new(),
            transfers: BTreeSet::new(),
            direct_contracts: 0,
            done: 0,
            refused: 0,
            doubled: 0,
        }
    }

    pub(super) fn take(&mut self, errand: Errand) {
        self.waiting.push(Waiting {
            errand,
            command: None,
            approval: None,
            days: 0,
        });
    }
}

impl Year {
    /// Tries everything that is wanted and not acknowledged.
    pub(super) fn do_errands(&mut self) -> Result<(), StormFault> {
        let mut waiting = std::mem::take(&mut self.errands.waiting);
        let mut left = Vec::new();
        for mut one in waiting.drain(..) {
            self.sky.tempt_fate(&self.ground.fate);
            let came = self.try_errand(&mut one);
            self.ground.fate.arm(None);
            if matches!(came, Came::ToNothingYet) {
                one.days += 1;
                left.push(one);
            }
        }
        self.errands.waiting = left;
        Ok(())
    }

    fn try_errand(&mut self, one: &mut Waiting) -> Came {
        if one.command.is_none() {
            let wish = one.errand.wish.clone();
            match self.with(|house| wish.command(&house.app)) {
                None => return Came::ToNothingYet,
                Some(Ok(Some(command))) => one.command = Some(command),
                Some(Ok(None)) if one.days >= DAYS_OF_PATIENCE => return Came::ToAnEnd,
                Some(Ok(None)) => return Came::ToNothingYet,
                Some(Err(StormFault::Store(fault))) if is_weather(&fault) => {
                    return Came::ToNothingYet;
                }
                Some(Err(fault)) => {
                    self.find("command", format!("{}: {fault}", one.errand.key));
                    return Came::ToAnEnd;
                }
            }
        }
        let Some(command) = one.command.clone() else {
            return Came::ToNothingYet;
        };
        match one.approval.clone() {
            None => self.send(one, command),
            Some((approval, evidence)) => self.decide(one, &command, approval, evidence),
        }
    }

    /// A second person grants what waits for one, under a key of their own.
    fn decide(
        &mut self,
        one: &mut Waiting,
        command: &Command,
        approval: ApprovalId,
        evidence: Option<String>,
    ) -> Came {
        let grant = Command::GrantApproval(GrantApproval {
            approval,
            reason: "looked at".to_owned(),
            evidence: evidence.clone(),
        });
        let envelope = Envelope {
            client: CHECKER.to_owned(),
            key: format!("{}/grant/{}", one.errand.key, evidence.unwrap_or_default()),
            actor: CHECKER.to_owned(),
            command: grant,
        };
        match self.with(|house| house.app.execute(envelope)) {
            None => Came::ToNothingYet,
            Some(Ok(_)) => {
                self.acknowledged(&one.errand, command.name());
                Came::ToAnEnd
            }
            Some(Err(AppFault::Store(fault))) if is_weather(&fault) => Came::ToNothingYet,
            Some(Err(AppFault::Refused(refusals))) => {
                // What it would do has changed meanwhile: look again and grant that.
                let changed = refusals.iter().find(|it| it.code == "evidence_changed");
                let seen = changed.and_then(|it| it.message.rsplit(' ').next());
                if let (Some(seen), Some((_, evidence))) = (seen, &mut one.approval)
                    && one.days < DAYS_OF_PATIENCE
                {
                    *evidence = Some(seen.to_owned());
                    return Came::ToNothingYet;
                }
                self.errands.refused += 1;
                Came::ToAnEnd
            }
            Some(Err(fault)) => {
                self.find("approval", format!("{}: {fault}", one.errand.key));
                Came::ToAnEnd
            }
        }
    }

    fn send(&mut self, one: &mut Waiting, command: Command) -> Came {
        let errand = one.errand.clone();
        let errand = &errand;
        let name = command.name();
        let envelope = Envelope {
            client: ACTOR.to_owned(),
            key: errand.key.clone(),
            actor: ACTOR.to_owned(),
            command,
        };
        let again = envelope.clone();
        match self.with(|house| house.app.execute(envelope)) {
            // Nobody knows whether it was done: the same key tomorrow.
            None => Came::ToNothingYet,
            Some(Ok(outcome)) => {
                let answer = outcome.into_answer();
                self.once_more(again, &answer);
                let approval = answer["approval"].as_str().and_then(|id| id.parse().ok());
                if let (true, Some(approval)) = (app::approval::is_waiting(&answer), approval) {
                    one.approval = Some((approval, None));
                    return Came::ToNothingYet;
                }
                self.acknowledged(errand, name);
                Came::ToAnEnd
            }
            Some(Err(AppFault::Store(fault))) if is_weather(&fault) => {
                self.note(format!("{}: {fault}", errand.key));
                Came::ToNothingYet
            }
            Some(Err(fault @ (AppFault::Refused(_) | AppFault::NotFound { .. }))) => {
                self.errands.refused += 1;
                self.note(format!("{} {name} is refused: {fault}", errand.key));
                Came::ToAnEnd
            }
            Some(Err(fault)) => {
                self.find("command", format!("{} {name}: {fault}", errand.key));
                Came::ToAnEnd
            }
        }
    }

    fn acknowledged(&mut self, errand: &Errand, name: &str) {
        self.note(format!("{} {name} is done", errand.key));
        self.errands.done += 1;
        if name == "activate_contract" {
            self.errands.direct_contracts += 1;
        }
        if let Wish::Transfer { reference, .. } = &errand.wish {
            self.errands.transfers.insert(reference.clone());
        }
    }

    /// A double click: the same command has the same answer, another under its key is refused.
    fn once_more(&mut self, envelope: Envelope, answer: &Answer) {
        if !self.errands.chance.strikes(2_500) {
            return;
        }
        self.errands.doubled += 1;
        let key = envelope.key.clone();
        let other = Envelope {
            command: other_command(&envelope.command),
            ..envelope.clone()
        };
        match self.with(|house| (house.app.execute(envelope), house.app.execute(other))) {
            None => {}
            Some((Ok(Outcome::AlreadyDone(same)), refused)) => {
                if same != *answer {
                    self.find("command twice", format!("{key}: {same} after {answer}"));
                }
                match refused {
                    Err(AppFault::KeyReused { .. }) => {}
                    Err(AppFault::Store(fault)) if is_weather(&fault) => {}
                    other => self.find("key used twice", format!("{key}: {other:?}")),
                }
            }
            Some((Err(AppFault::Store(fault)), _)) if is_weather(&fault) => {}
            Some((other, _)) => self.find("command twice", format!("{key}: {other:?}")),
        }
    }

    /// In calm weather nothing that somebody wanted stays without an answer.
    pub(super) fn errands_must_be_done(&mut self) {
        let waiting: Vec<String> = self
            .errands
            .waiting
            .iter()
            .filter(|one| one.command.is_some())
            .map(|one| one.errand.key.clone())
            .collect();
        for key in waiting {
            self.find("command", format!("{key} was never answered"));
        }
    }
}

fn other_command(like: &Command) -> Command {
    // Any command with other content will do; a wish to assign an exception is never sent here.
    let body =
        serde_json::json!({ "exception": "exc_other", "owner": format!("not {}", like.name()) });
    Command::read("assign_exception", body).unwrap_or_else(|_| like.clone())
}
