//! Who is behind a name, what role they have, and what was lent to whom.

use crate::command::{Answer, DelegatePermission, Envelope, RevokeDelegation};
use crate::fault::stored_value;
use crate::{AppFault, Context, Refusal};
use control::delegation::{self, Delegation};
use control::{Permission, Role};
use serde_json::json;
use store::approvals::{self, DelegationRow};
use store::{Tx, access};
use values::{Date, Zone};

/// Clients of API tokens are named so; everybody else is a user of the console or a program inside.
const TOKEN: &str = "token/";

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Their user name: that of the owner when a token acts.
    pub(crate) name: String,
    /// The role of the user or token; none for a program inside that is neither.
    pub(crate) role: Option<Role>,
}

/// The person behind what sent a command.
pub(crate) fn behind(tx: &mut Tx<'_>, client: &str, actor: &str) -> Result<Person, AppFault> {
    let word = match client.strip_prefix(TOKEN) {
        Some(token) => approvals::role_of_token(tx, token)?,
        None => access::user(tx, actor)?.map(|user| user.role),
    };
    let owner = match client.strip_prefix(TOKEN) {
        Some(token) => approvals::owner(tx, token)?,
        None => None,
    };
    Ok(Person {
        name: owner.unwrap_or_else(|| actor.to_owned()),
        role: word.as_deref().and_then(Role::from_word),
    })
}

/// The role that a person has by name: as a user, else as a token.
fn role_by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Role>, AppFault> {
    let word = match access::user(tx, name)? {
        Some(user) => Some(user.role),
        None => approvals::role_of_token(tx, name)?,
    };
    Ok(word.as_deref().and_then(Role::from_word))
}

/// All delegations that were not taken back.
pub(crate) fn in_force(tx: &mut Tx<'_>) -> Result<Vec<Delegation>, AppFault> {
    let mut found = Vec::new();
    for row in approvals::delegations(tx)? {
        if row.revoked == 0
            && let Some(permission) = Permission::from_word(&row.permission)
        {
            found.push(Delegation {
                role: role_by_name(tx, &row.from_person)?,
                from: row.from_person,
                to: row.to_person,
                permission,
                first: stored_value("date", &row.first_day)?,
                last: stored_value("date", &row.last_day)?,
            });
        }
    }
    Ok(found)
}

/// The day that delegations are measured by.
pub(crate) fn today(context: &Context) -> Date {
    Zone::utc().date_at(context.now)
}

/// The permission to send a command, for rules that let anyone else check who may send it himself.
pub(crate) fn to_send(command: &str) -> Option<Permission> {
    Some(match command {
        "publish_product" | "publish_meter" | "set_billing_policy" | "set_invoice_policy" => {
            Permission::ChangeCatalogue
        }
        "record_usage" | "release_usage" => Permission::RunBilling,
        "set_tax_rate" | "accept_tax" => Permission::ChangeTax,
        "set_tax_profile" => Permission::ChangeMasterData,
        "plan_progress" | "bill_progress" | "undo_progress" => Permission::ChangeContracts,
        "bill_entity" | "undo_entity_bill" => Permission::EnterJournal,
        "publish_posting_rules" => Permission::ChangePostingRules,
        "publish_approval_policy" => Permission::ChangeApprovalPolicy,
        "create_quote" | "revise_quote" | "submit_quote" | "accept_quote" | "convert_quote"
        | "close_quote" => Permission::ChangeContracts,
        "set_price" | "import_prices" | "import_products" | "import_catalogue"
        | "publish_offer" => Permission::ChangeCatalogue,
        "publish_discount_policy" => Permission::ChangeApprovalPolicy,
        "create_customer"
        | "activate_contract"
        | "amend_contract"
        | "set_provisioning"
        | "plan_price_change"
        | "cancel_price_change"
        | "confirm_provisioning" => Permission::ChangeContracts,
        "change_customer"
        | "set_billing_details"
        | "set_bill_to"
        | "set_consolidation"
        | "set_collections_owner" => Permission::ChangeMasterData,
        "set_letterhead" | "set_payment_routes" => Permission::ManageTopology,
        "approve_bill_run" | "approve_price_change" => Permission::ApproveFinance,
        "create_bill_run"
        | "steer_bill_run"
        | "void_invoice"
        | "finalise_invoice"
        | "refresh_invoice_draft" => Permission::RunBilling,
        "run_billing" | "record_outside_invoice" | "verify_billing" => Permission::RunBilling,
        "issue_credit_note" => Permission::IssueCredit,
        "record_payment" | "apply_payment" | "match_payment" | "unapply_payment" | "set_payer"
        | "record_promise" | "assign_collection" => Permission::ApplyCash,
        "write_off_invoice" | "grant_credit" | "resume_service" | "resolve_dispute" => {
            Permission::IssueCredit
        }
        "publish_collection_policy" => Permission::ChangePostingRules,
        "refund_payment" => Permission::RequestRefund,
        "recognise_revenue" | "record_outside_revenue" => Permission::RunRecognition,
        "post_journal" => Permission::EnterJournal,
        "reverse_journal" => Permission::ReverseJournal,
        "close_period" => Permission::ClosePeriod,
        "reopen_period" => Permission::ReopenPeriod,
        "resolve_exception" => Permission::ResolveException,
        "assign_exception" => Permission::AssignException,
        "request_replay" => Permission::RequestReplay,
        _ => return None,
    })
}

/// `delegate_permission`.
///
/// # Errors
/// When the permission is not theirs to lend, or the other one is unknown.
pub(crate) fn delegate(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &DelegatePermission,
) -> Result<Answer, AppFault> {
    let giver = behind(tx, &envelope.client, &envelope.actor)?;
    let permission = Permission::from_word(&body.permission).ok_or_else(|| {
        let message = format!(
            "there is no permission {:?}; those to be delegated are {}",
            body.permission,
            delegation::approving().join(", ")
        );
        Refusal::field("unknown_permission", "permission", message)
    })?;
    if body.reason.trim().is_empty() {
        return Err(Refusal::field("reason_missing", "reason", "say why it is delegated").into());
    }
    let to = body.to.trim();
    if role_by_name(tx, to)?.is_none() {
        let message = format!("there is no user {to:?}");
        return Err(Refusal::field("unknown_person", "to", message).into());
    }
    let new = Delegation {
        from: giver.name.clone(),
        role: giver.role,
        to: to.to_owned(),
        permission,
        first: body.from,
        last: body.until,
    };
    let known = in_force(tx)?;
    delegation::check(&new, &known)
        .map_err(|refusal| Refusal::whole("cannot_delegate", refusal.to_string()))?;
    if body.until < today(context) {
        let message = format!("{} is over already", body.until);
        return Err(Refusal::field("cannot_delegate", "until", message).into());
    }
    let id = context.ids.mint("dlg", context.now);
    let row = DelegationRow {
        id: id.clone(),
        from_person: giver.name,
        to_person: to.to_owned(),
        permission: permission.as_str().to_owned(),
        first_day: body.from.to_string(),
        last_day: body.until.to_string(),
        reason: body.reason.trim().to_owned(),
        created: context.now.microseconds(),
        revoked: 0,
        revoked_by: String::new(),
    };
    DelegationRow::insert(tx, &[row])?;
    Ok(json!({ "delegation": id }))
}

/// `revoke_delegation`: by who lent it, or by an administrator.
///
/// # Errors
/// When there is none in force, or it is somebody else's.
pub(crate) fn revoke(
    tx: &mut Tx<'_>,
    context: &Context,
    envelope: &Envelope,
    body: &RevokeDelegation,
) -> Result<Answer, AppFault> {
    let caller = behind(tx, &envelope.client, &envelope.actor)?;
    let not_found = || AppFault::NotFound {
        kind: "delegation",
        id: body.delegation.clone(),
    };
    let row = approvals::delegations(tx)?
        .into_iter()
        .find(|row| row.id == body.delegation)
        .ok_or_else(not_found)?;
    let is_theirs = control::approval::four_eyes(&row.from_person, &caller.name).is_err();
    if !is_theirs && caller.role != Some(Role::Administrator) {
        let message = format!(
            "this delegation is of {}; they or an administrator can take it back",
            row.from_person
        );
        return Err(Refusal::whole("not_yours", message).into());
    }
    let now = context.now.microseconds();
    if !approvals::revoke_delegation(tx, &row.id, &caller.name, now)? {
        return Err(Refusal::whole("revoked_already", "it was taken back already").into());
    }
    Ok(json!({ "delegation": row.id, "status": "revoked" }))
}
