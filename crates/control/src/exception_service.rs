//! How soon each class of exception is looked at and settled, who answers for it, and to whom it is
//! escalated. The table is closed over the classes: one without an owner does not compile.

use crate::Role::{
    Administrator, BillingAnalyst, Collections, Controller, Executive, IntegrationEngineer, RevOps,
};
use crate::{ExceptionClass, Role, Severity};
use std::fmt::Write;
use values::Instant;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The terms of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceLevel {
    /// Seconds until somebody has looked at it.
    pub respond_seconds: i64,
    /// Seconds until it is settled.
    pub resolve_seconds: i64,
    /// Who is told when a term passes, one after the other.
    pub chain: &'static [Role],
    /// Who answers for the outcome.
    pub accountable: Role,
    /// Who is asked.
    pub consulted: &'static [Role],
    /// Who is told.
    pub informed: &'static [Role],
}

impl ExceptionClass {
    /// Its terms: times by severity, people by class.
    #[must_use]
    pub fn service(self) -> ServiceLevel {
        let (respond_seconds, resolve_seconds) = match self.severity() {
            Severity::BlocksClose => (2 * HOUR, DAY),
            Severity::High => (4 * HOUR, 2 * DAY),
            Severity::Normal => (8 * HOUR, 5 * DAY),
            Severity::Low => (DAY, 10 * DAY),
        };
        let (chain, accountable, consulted, informed) = self.people();
        ServiceLevel {
            respond_seconds,
            resolve_seconds,
            chain,
            accountable,
            consulted,
            informed,
        }
    }

    /// Escalation chain, accountable, consulted, informed. The responsible role is
    /// [`ExceptionClass::owner`].
    fn people(self) -> (&'static [Role], Role, &'static [Role], &'static [Role]) {
        use ExceptionClass as C;
        match self {
            C::InvoiceDisputed => (
                &[BillingAnalyst, Controller, Executive],
                Controller,
                &[BillingAnalyst, RevOps],
                &[RevOps],
            ),
            C::AmendmentInvalid => (
                &[BillingAnalyst, Controller],
                RevOps,
                &[BillingAnalyst, Controller],
                &[Collections],
            ),
            C::EffectForbidden => (
                &[IntegrationEngineer, Executive],
                Controller,
                &[IntegrationEngineer],
                &[BillingAnalyst],
            ),
            C::OwnershipConflict | C::CatalogueDrift => (
                &[Administrator, Controller],
                RevOps,
                &[IntegrationEngineer],
                &[BillingAnalyst],
            ),
            _ => of_owner(self.owner()),
        }
    }
}

/// Escalation chain, accountable, consulted and informed for what a role owns, unless its class says
/// otherwise. Closed over the roles, so that no class can be without.
fn of_owner(owner: Role) -> (&'static [Role], Role, &'static [Role], &'static [Role]) {
    match owner {
        RevOps => (
            &[BillingAnalyst, Controller],
            RevOps,
            &[BillingAnalyst],
            &[Controller],
        ),
        BillingAnalyst => (
            &[Controller, Executive],
            Controller,
            &[RevOps],
            &[Collections],
        ),
        Collections => (
            &[BillingAnalyst, Controller],
            Controller,
            &[BillingAnalyst],
            &[RevOps],
        ),
        Controller | Role::Auditor | Executive | Role::Sales | Role::Support => (
            &[Executive],
            Controller,
            &[BillingAnalyst, IntegrationEngineer],
            &[Executive],
        ),
        IntegrationEngineer => (
            &[Administrator, Controller],
            IntegrationEngineer,
            &[Controller],
            &[BillingAnalyst],
        ),
        Administrator => (
            &[IntegrationEngineer, Controller],
            Administrator,
            &[IntegrationEngineer],
            &[Controller],
        ),
    }
}

/// The terms of an exception that was opened at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// When somebody should have looked at it.
    pub respond_due: Instant,
    /// When it should be settled.
    pub due: Instant,
}

/// The terms that begin at `opened`.
#[must_use]
pub fn terms(service: &ServiceLevel, opened: Instant) -> Terms {
    Terms {
        respond_due: opened.plus_seconds(service.respond_seconds),
        due: opened.plus_seconds(service.resolve_seconds),
    }
}

/// One escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// The new level, from 1.
    pub level: u32,
    /// Who is told.
    pub to: Role,
    /// When it goes to the next level; nothing when the chain ends here.
    pub next: Option<Instant>,
}

/// The escalation that follows at `now`: to the next role of the chain, and again when the term of
/// settlement passes, or has passed once more. Nothing when the chain has ended.
#[must_use]
pub fn escalate(
    service: &ServiceLevel,
    level: u32,
    due: Instant,
    now: Instant,
) -> Option<Escalation> {
    let to = *service.chain.get(level as usize)?;
    let is_last = level as usize + 1 >= service.chain.len();
    let next = if now < due {
        due
    } else {
        now.plus_seconds(service.resolve_seconds)
    };
    Some(Escalation {
        level: level + 1,
        to,
        next: (!is_last).then_some(next),
    })
}

/// Who does what about each class, as the table of the manual.
#[must_use]
pub fn responsibilities() -> String {
    let mut text = String::from(
        "| Class | Severity | Responsible | Accountable | Consulted | Informed | Look at it within | Settle it within | Escalated to, in turn |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for class in ExceptionClass::ALL {
        let service = class.service();
        let _ = writeln!(
            text,
            "| `{class}` {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            class.title(),
            class.severity().as_str().replace('_', " "),
            class.owner().title(),
            service.accountable.title(),
            titles(service.consulted, ", "),
            titles(service.informed, ", "),
            span(service.respond_seconds),
            span(service.resolve_seconds),
            titles(service.chain, ", then "),
        );
    }
    text
}

fn titles(roles: &[Role], between: &str) -> String {
    let titles: Vec<&str> = roles.iter().map(|role| role.title()).collect();
    titles.join(between)
}

fn span(seconds: i64) -> String {
    if seconds % DAY == 0 {
        format!("{} d", seconds / DAY)
    } else {
        format!("{} h", seconds / HOUR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Permission;

    #[test]
    fn every_class_has_people_who_may_act_and_a_chain_that_leads_away_from_its_owner() {
        for class in ExceptionClass::ALL {
            let service = class.service();
            assert!(
                0 < service.respond_seconds && service.respond_seconds < service.resolve_seconds,
                "{class}"
            );
            assert!(!service.chain.is_empty(), "{class}");
            assert!(
                !service.chain.contains(&class.owner()),
                "{class} is escalated to its own owner"
            );
            let mut chain = service.chain.to_vec();
            chain.sort();
            chain.dedup();
            assert_eq!(chain.len(), service.chain.len(), "{class}");
            for role in service.chain.iter().chain([&service.accountable]) {
                assert!(role.may(Permission::ViewExceptions), "{class}");
            }
        }
    }

    /// `UPDATE_MANUAL=1` writes the table into the manual anew.
    #[test]
    fn the_table_of_the_manual_is_the_one_in_force() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/exceptions.md");
        let manual = std::fs::read_to_string(path).unwrap();
        let table = responsibilities();
        let start = manual.find("| Class |").expect("the manual has the table");
        let length = manual[start..].find("\n\n").expect("the table ends") + 1;
        if std::env::var_os("UPDATE_MANUAL").is_some() {
            let whole = [&manual[..start], &table, &manual[start + length..]].concat();
            std::fs::write(path, whole).unwrap();
        } else {
            let written = &manual[start..start + length];
            assert_eq!(
                written, table,
                "run UPDATE_MANUAL=1 cargo test -p control --lib manual"
            );
        }
    }

    #[test]
    fn what_is_late_goes_up_one_level_at_a_time() {
        let service = ExceptionClass::InvoiceDisputed.service();
        let opened: Instant = "2026-03-02T08:00:00Z".parse().unwrap();
        let terms = terms(&service, opened);
        assert_eq!(terms.respond_due, opened.plus_seconds(4 * HOUR));
        let first = escalate(&service, 0, terms.due, terms.respond_due).unwrap();
        assert_eq!(
            (first.level, first.to, first.next),
            (1, BillingAnalyst, Some(terms.due))
        );
        let second = escalate(&service, 1, terms.due, terms.due).unwrap();
        assert_eq!((second.level, second.to), (2, Controller));
        assert_eq!(
            second.next,
            Some(terms.due.plus_seconds(service.resolve_seconds))
        );
        let third = escalate(&service, 2, terms.due, second.next.unwrap()).unwrap();
        assert_eq!((third.level, third.to, third.next), (3, Executive, None));
        assert_eq!(
            escalate(&service, 3, terms.due, opened.plus_seconds(90 * DAY)),
            None
        );
    }
}
