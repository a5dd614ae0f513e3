//! Delegation: a person lends a permission that his role gives him to another person, for some days.
//! What was lent cannot be lent on, and nobody approves his own change on a way round.

use crate::approval::{ApprovalRefusal, four_eyes};
use crate::approval_policy::Demand;
use crate::{Permission, Role};
use values::Date;

/// A permission that was lent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Who lends it.
    pub from: String,
    /// The role of who lends it, as it is now; none when there is no such person any more.
    pub role: Option<Role>,
    /// Who may use it.
    pub to: String,
    /// What is lent.
    pub permission: Permission,
    /// From this day.
    pub first: Date,
    /// Through this day.
    pub last: Date,
}

/// Why a permission cannot be lent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DelegationRefusal {
    /// To oneself.
    #[error("{name} cannot delegate to themselves")]
    Oneself {
        /// The name.
        name: String,
    },
    /// The role does not give it, or it was lent itself.
    #[error("{name} does not hold {} by role, and what was delegated cannot be delegated on", permission.as_str())]
    NotHeld {
        /// The name.
        name: String,
        /// What was to be lent.
        permission: Permission,
    },
    /// The other one lends it in the other direction.
    #[error("{to} delegates {} to {from} already; two people cannot stand in for each other", permission.as_str())]
    Loop {
        /// Who would lend.
        from: String,
        /// Who would get it.
        to: String,
        /// What.
        permission: Permission,
    },
    /// Not something that approves.
    #[error("{} cannot be delegated; only permissions to approve can: {}", permission.as_str(), approving().join(", "))]
    NotApproving {
        /// What was to be lent.
        permission: Permission,
    },
    /// The days are none.
    #[error("the last day {last} lies before the first day {first} or more than 366 days after it")]
    Days {
        /// First day.
        first: Date,
        /// Last day.
        last: Date,
    },
}

/// What can be delegated: permissions to approve.
#[must_use]
pub fn approving() -> Vec<&'static str> {
    Permission::ALL
        .into_iter()
        .map(Permission::as_str)
        .filter(|word| word.starts_with("approve_"))
        .collect()
}

fn same(left: &str, right: &str) -> bool {
    four_eyes(left, right).is_err()
}

/// Whether `new` may be lent by somebody whose role is `new.role`, beside those in force.
///
/// # Errors
/// Why not.
pub fn check(new: &Delegation, in_force: &[Delegation]) -> Result<(), DelegationRefusal> {
    let permission = new.permission;
    if !approving().contains(&permission.as_str()) {
        return Err(DelegationRefusal::NotApproving { permission });
    }
    if same(&new.from, &new.to) {
        return Err(DelegationRefusal::Oneself {
            name: new.from.clone(),
        });
    }
    if !new.role.is_some_and(|role| role.may(permission)) {
        return Err(DelegationRefusal::NotHeld {
            name: new.from.clone(),
            permission,
        });
    }
    let back = in_force.iter().any(|known| {
        known.permission == permission
            && same(&known.from, &new.to)
            && same(&known.to, &new.from)
            && known.first <= new.last
            && new.first <= known.last
    });
    if back {
        return Err(DelegationRefusal::Loop {
            from: new.from.clone(),
            to: new.to.clone(),
            permission,
        });
    }
    let (first, last) = (new.first, new.last);
    let days = (last - first).get_days();
    if last < first || days > 366 {
        return Err(DelegationRefusal::Days { first, last });
    }
    Ok(())
}

/// By what a person may check a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Title {
    /// By their own role.
    Own,
    /// By what this person lent them.
    Delegated {
        /// Who lent it.
        from: String,
    },
}

/// Who decides.
#[derive(Debug, Clone, Copy)]
pub struct Checker<'a> {
    /// The person: the owner of a token, not the token.
    pub person: &'a str,
    /// Their role.
    pub role: Role,
    /// Whether the role may send the command itself.
    pub may_send: bool,
}

/// By what `checker` may decide about a change of `maker`, today. The maker never may, not under
/// another name, and not with what the maker lent.
///
/// # Errors
/// Why they may not.
pub fn title(
    demand: &Demand,
    maker: &str,
    checker: Checker<'_>,
    delegations: &[Delegation],
    today: Date,
) -> Result<Title, ApprovalRefusal> {
    four_eyes(maker, checker.person)?;
    if let Some(needed) = checker.role.cannot_read(demand.permission) {
        return Err(ApprovalRefusal::CannotRead {
            name: checker.person.trim().to_owned(),
            role: checker.role.as_str().to_owned(),
            needed: needed.as_str(),
        });
    }
    let role_fits = if demand.checkers.is_empty() {
        checker.may_send
    } else {
        demand.checkers.contains(&checker.role)
    };
    if role_fits {
        return Ok(Title::Own);
    }
    let lent: Vec<&Delegation> = delegations
        .iter()
        .filter(|lent| {
            same(&lent.to, checker.person)
                && lent.permission == demand.permission
                && lent.first <= today
                && today <= lent.last
                && lent.role.is_some_and(|role| {
                    role.may(lent.permission)
                        && (demand.checkers.is_empty() || demand.checkers.contains(&role))
                })
        })
        .collect();
    match lent.iter().find(|lent| !same(&lent.from, maker)) {
        Some(lent) => Ok(Title::Delegated {
            from: lent.from.clone(),
        }),
        None if !lent.is_empty() => Err(ApprovalRefusal::LentByMaker {
            maker: maker.trim().to_owned(),
        }),
        None => Err(ApprovalRefusal::NoChecker {
            name: checker.person.trim().to_owned(),
            role: checker.role.as_str().to_owned(),
            permission: demand.permission.as_str(),
            checkers: demand
                .checkers
                .iter()
                .map(|role| role.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        values::parse_date(text).unwrap()
    }

    fn lent(from: &str, to: &str, role: Role) -> Delegation {
        Delegation {
            from: from.to_owned(),
            role: Some(role),
            to: to.to_owned(),
            permission: Permission::ApproveFinance,
            first: date("2026-02-01"),
            last: date("2026-02-14"),
        }
    }

    fn demand() -> Demand {
        Demand {
            policy: 1,
            permission: Permission::ApproveFinance,
            checkers: vec![Role::Controller],
            why: String::new(),
            expires_days: 14,
        }
    }

    fn by(
        person: &str,
        role: Role,
        delegations: &[Delegation],
        today: &str,
    ) -> Result<Title, ApprovalRefusal> {
        let checker = Checker {
            person,
            role,
            may_send: false,
        };
        title(&demand(), "dana", checker, delegations, date(today))
    }

    #[test]
    fn a_lent_permission_counts_on_its_days_and_never_for_its_lender() {
        let from_li = [lent("li", "kim", Role::Controller)];
        assert_eq!(
            by("li", Role::Controller, &[], "2026-02-01"),
            Ok(Title::Own)
        );
        for (today, counts) in [
            ("2026-01-31", false),
            ("2026-02-01", true),
            ("2026-02-14", true),
            ("2026-02-15", false),
        ] {
            let outcome = by("Kim", Role::Auditor, &from_li, today);
            assert_eq!(outcome.is_ok(), counts, "{today}");
        }
        let from_dana = [lent("Dana", "kim", Role::Controller)];
        assert_eq!(
            by("kim", Role::Auditor, &from_dana, "2026-02-02"),
            Err(ApprovalRefusal::LentByMaker {
                maker: "dana".to_owned()
            })
        );
        assert!(matches!(
            by("DANA", Role::Controller, &from_li, "2026-02-02"),
            Err(ApprovalRefusal::SamePerson { .. })
        ));
        let demoted = [lent("li", "kim", Role::RevOps)];
        assert!(by("kim", Role::Auditor, &demoted, "2026-02-02").is_err());
    }

    #[test]
    fn nobody_approves_on_behalf_what_he_cannot_read_himself() {
        let from_li = [lent("li", "kim", Role::Controller)];
        for (role, needed) in [
            (Role::Administrator, "view_commerce"),
            (Role::RevOps, "view_books"),
            (Role::IntegrationEngineer, "view_books"),
        ] {
            assert_eq!(
                by("kim", role, &from_li, "2026-02-02"),
                Err(ApprovalRefusal::CannotRead {
                    name: "kim".to_owned(),
                    role: role.as_str().to_owned(),
                    needed,
                })
            );
        }
    }

    #[test]
    fn below_the_limit_anyone_else_who_may_send_it_will_do() {
        let peer = Demand {
            checkers: Vec::new(),
            ..demand()
        };
        let checker = |may_send| Checker {
            person: "kim",
            role: Role::BillingAnalyst,
            may_send,
        };
        let today = date("2026-02-01");
        assert_eq!(
            title(&peer, "dana", checker(true), &[], today),
            Ok(Title::Own)
        );
        assert!(title(&peer, "dana", checker(false), &[], today).is_err());
    }

    #[test]
    fn what_was_lent_is_not_lent_on_and_not_in_a_ring() {
        let known = [lent("li", "kim", Role::Controller)];
        assert_eq!(check(&lent("li", "kim", Role::Controller), &[]), Ok(()));
        assert!(matches!(
            check(&lent("kim", "noor", Role::Auditor), &known),
            Err(DelegationRefusal::NotHeld { .. })
        ));
        assert!(matches!(
            check(&lent("kim", "li", Role::Controller), &known),
            Err(DelegationRefusal::Loop { .. })
        ));
        assert!(matches!(
            check(&lent("li", " LI", Role::Controller), &[]),
            Err(DelegationRefusal::Oneself { .. })
        ));
        let backwards = Delegation {
            last: date("2026-01-01"),
            ..lent("li", "kim", Role::Controller)
        };
        assert!(matches!(
            check(&backwards, &[]),
            Err(DelegationRefusal::Days { .. })
        ));
        let other = Delegation {
            permission: Permission::EnterJournal,
            ..lent("li", "kim", Role::Controller)
        };
        let said = check(&other, &[]).unwrap_err().to_string();
        assert!(
            said.contains("approve_finance, approve_master_data"),
            "{said}"
        );
    }
}
