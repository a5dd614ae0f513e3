//! Who may do what. The whole matrix is compared with a file, so no role changes by accident.

use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};

/// What a person, or a program with a token, is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Revenue operations: orders, contracts, catalogue.
    #[serde(rename = "revops")]
    RevOps,
    /// Billing: invoices, credits, tax.
    BillingAnalyst,
    /// Receivables: payments and dunning.
    Collections,
    /// The books and the close.
    Controller,
    /// Connections and lanes.
    IntegrationEngineer,
    /// Reads the figures.
    Executive,
    /// Reads everything, changes nothing.
    Auditor,
    /// Users, connections and configuration; no say in finance.
    Administrator,
    /// Sells: sees what customers bought, were billed and paid.
    Sales,
    /// Customer service: sees the same, to answer customers.
    Support,
}

/// One thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See tie-outs, flow and totals.
    ViewFigures,
    /// See customers, contracts, invoices and payments.
    ViewCommerce,
    /// See journals, balances and statements.
    ViewBooks,
    /// See exceptions.
    ViewExceptions,
    /// See raw payloads of other systems, which may hold personal data.
    ViewPayloads,
    /// See who did what.
    ViewAudit,
    /// Export the books and the log.
    ExportBooks,
    /// Change products and prices.
    ChangeCatalogue,
    /// Take over orders and amend contracts.
    ChangeContracts,
    /// Run billing and issue invoices.
    RunBilling,
    /// Issue credit notes.
    IssueCredit,
    /// Change tax rates.
    ChangeTax,
    /// Set payments against invoices.
    ApplyCash,
    /// Ask for money to be given back.
    RequestRefund,
    /// Start an attempt to collect.
    Collect,
    /// Run revenue recognition.
    RunRecognition,
    /// Run the tie-outs.
    RunTieOut,
    /// Enter a journal by hand.
    EnterJournal,
    /// Reverse a journal.
    ReverseJournal,
    /// Close a month.
    ClosePeriod,
    /// Reopen a month.
    ReopenPeriod,
    /// Change accounts and posting rules.
    ChangePostingRules,
    /// Approve what somebody else made: refunds, journals, reopening, rules, edits.
    ApproveFinance,
    /// Change what is known of customers.
    ChangeMasterData,
    /// Approve what somebody else changed in customers and products.
    ApproveMasterData,
    /// Propose a change of the configuration, or a deviation; another person approves it.
    ProposeConfiguration,
    /// Approve what somebody else changed in the configuration outside finance.
    ApproveConfiguration,
    /// Say what needs approval.
    ChangeApprovalPolicy,
    /// See requests for approval, with their evidence.
    ViewApprovals,
    /// Grant, deny and withdraw requests and delegate; which ones, the policy says.
    DecideApproval,
    /// Make somebody the owner of an exception.
    AssignException,
    /// Retry, skip or settle an exception.
    ResolveException,
    /// Propose an edit of a parked item.
    EditParked,
    /// Approve or turn down an edit of a parked item that somebody else proposed.
    DecideFix,
    /// Let a parked effect run again.
    ReleaseEffect,
    /// Ask for a replay.
    RequestReplay,
    /// Approve a replay of somebody else.
    ApproveReplay,
    /// Change connections and credentials.
    ManageConnections,
    /// Change users, roles and tokens.
    ManageUsers,
    /// Change legal entities and the table of systems of record.
    ManageTopology,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 10] = [
        Role::RevOps,
        Role::BillingAnalyst,
        Role::Collections,
        Role::Controller,
        Role::IntegrationEngineer,
        Role::Executive,
        Role::Auditor,
        Role::Administrator,
        Role::Sales,
        Role::Support,
    ];

    /// Those who work on the flow of documents, or govern it. Sales and customer service only look
    /// at the accounts of customers.
    const DESK: [Role; 8] = [
        Role::RevOps,
        Role::BillingAnalyst,
        Role::Collections,
        Role::Controller,
        Role::IntegrationEngineer,
        Role::Executive,
        Role::Auditor,
        Role::Administrator,
    ];

    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::RevOps => "revops",
            Role::BillingAnalyst => "billing_analyst",
            Role::Collections => "collections",
            Role::Controller => "controller",
            Role::IntegrationEngineer => "integration_engineer",
            Role::Executive => "executive",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
            Role::Sales => "sales",
            Role::Support => "support",
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Role::RevOps => "Revenue operations",
            Role::BillingAnalyst => "Billing analyst",
            Role::Collections => "Collections",
            Role::Controller => "Controller",
            Role::IntegrationEngineer => "Integration engineer",
            Role::Executive => "Executive",
            Role::Auditor => "Auditor",
            Role::Administrator => "Administrator",
            Role::Sales => "Sales",
            Role::Support => "Customer service",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether this role may do that.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Permission {
    /// Every permission.
    pub const ALL: [Permission; 40] = [
        Permission::ViewFigures,
        Permission::ViewCommerce,
        Permission::ViewBooks,
        Permission::ViewExceptions,
        Permission::ViewPayloads,
        Permission::ViewAudit,
        Permission::ExportBooks,
        Permission::ChangeCatalogue,
        Permission::ChangeContracts,
        Permission::RunBilling,
        Permission::IssueCredit,
        Permission::ChangeTax,
        Permission::ApplyCash,
        Permission::RequestRefund,
        Permission::Collect,
        Permission::RunRecognition,
        Permission::RunTieOut,
        Permission::EnterJournal,
        Permission::ReverseJournal,
        Permission::ClosePeriod,
        Permission::ReopenPeriod,
        Permission::ChangePostingRules,
        Permission::ApproveFinance,
        Permission::ChangeMasterData,
        Permission::ApproveMasterData,
        Permission::ProposeConfiguration,
        Permission::ApproveConfiguration,
        Permission::ChangeApprovalPolicy,
        Permission::ViewApprovals,
        Permission::DecideApproval,
        Permission::AssignException,
        Permission::ResolveException,
        Permission::EditParked,
        Permission::DecideFix,
        Permission::ReleaseEffect,
        Permission::RequestReplay,
        Permission::ApproveReplay,
        Permission::ManageConnections,
        Permission::ManageUsers,
        Permission::ManageTopology,
    ];

    /// The word published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Permission::ViewFigures => "view_figures",
            Permission::ViewCommerce => "view_commerce",
            Permission::ViewBooks => "view_books",
            Permission::ViewExceptions => "view_exceptions",
            Permission::ViewPayloads => "view_payloads",
            Permission::ViewAudit => "view_audit",
            Permission::ExportBooks => "export_books",
            Permission::ChangeCatalogue => "change_catalogue",
            Permission::ChangeContracts => "change_contracts",
            Permission::RunBilling => "run_billing",
            Permission::IssueCredit => "issue_credit",
            Permission::ChangeTax => "change_tax",
            Permission::ApplyCash => "apply_cash",
            Permission::RequestRefund => "request_refund",
            Permission::Collect => "collect",
            Permission::RunRecognition => "run_recognition",
            Permission::RunTieOut => "run_tie_out",
            Permission::EnterJournal => "enter_journal",
            Permission::ReverseJournal => "reverse_journal",
            Permission::ClosePeriod => "close_period",
            Permission::ReopenPeriod => "reopen_period",
            Permission::ChangePostingRules => "change_posting_rules",
            Permission::ApproveFinance => "approve_finance",
            Permission::ChangeMasterData => "change_master_data",
            Permission::ApproveMasterData => "approve_master_data",
            Permission::ProposeConfiguration => "propose_configuration",
            Permission::ApproveConfiguration => "approve_configuration",
            Permission::ChangeApprovalPolicy => "change_approval_policy",
            Permission::ViewApprovals => "view_approvals",
            Permission::DecideApproval => "decide_approval",
            Permission::AssignException => "assign_exception",
            Permission::ResolveException => "resolve_exception",
            Permission::EditParked => "edit_parked",
            Permission::DecideFix => "decide_fix",
            Permission::ReleaseEffect => "release_effect",
            Permission::RequestReplay => "request_replay",
            Permission::ApproveReplay => "approve_replay",
            Permission::ManageConnections => "manage_connections",
            Permission::ManageUsers => "manage_users",
            Permission::ManageTopology => "manage_topology",
        }
    }

    /// Reads the published word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Permission> {
        Permission::ALL
            .into_iter()
            .find(|permission| permission.as_str() == word)
    }

    /// The roles that have it. No role both manages users and approves in finance.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        use Role::{
            Administrator, Auditor, BillingAnalyst, Collections, Controller, Executive,
            IntegrationEngineer, RevOps, Sales, Support,
        };
        match self {
            Permission::ViewFigures | Permission::ViewExceptions => &Role::DESK,
            Permission::ViewCommerce => &[
                RevOps,
                BillingAnalyst,
                Collections,
                Controller,
                IntegrationEngineer,
                Executive,
                Auditor,
                Sales,
                Support,
            ],
            Permission::ViewBooks => &[BillingAnalyst, Collections, Controller, Executive, Auditor],
            Permission::ViewPayloads => &[RevOps, IntegrationEngineer, Controller, Auditor],
            Permission::ViewAudit => &[Controller, Auditor, Administrator],
            Permission::ExportBooks => &[Controller, Auditor],
            Permission::ChangeCatalogue | Permission::ChangeContracts => &[RevOps],
            Permission::RunBilling | Permission::IssueCredit | Permission::ChangeTax => {
                &[BillingAnalyst, Controller]
            }
            Permission::ApplyCash | Permission::Collect => &[BillingAnalyst, Collections],
            Permission::RequestRefund => &[BillingAnalyst, Collections, Controller],
            Permission::RunRecognition
            | Permission::EnterJournal
            | Permission::ReverseJournal
            | Permission::ClosePeriod
            | Permission::ReopenPeriod
            | Permission::ChangePostingRules
            | Permission::ChangeApprovalPolicy
            | Permission::ApproveFinance
            | Permission::ApproveReplay => &[Controller],
            Permission::RunTieOut => &[RevOps, BillingAnalyst, Collections, Controller, Auditor],
            Permission::AssignException | Permission::ResolveException => &[
                RevOps,
                BillingAnalyst,
                Collections,
                Controller,
                IntegrationEngineer,
                Administrator,
            ],
            Permission::ChangeMasterData => &[RevOps, BillingAnalyst],
            Permission::ApproveMasterData => &[RevOps, Controller],
            Permission::ProposeConfiguration => &[
                RevOps,
                BillingAnalyst,
                Controller,
                IntegrationEngineer,
                Administrator,
            ],
            Permission::ApproveConfiguration => &[Controller, Administrator],
            Permission::ViewApprovals => &[
                RevOps,
                BillingAnalyst,
                Collections,
                Controller,
                IntegrationEngineer,
                Auditor,
                Administrator,
            ],
            Permission::DecideApproval => &[
                RevOps,
                BillingAnalyst,
                Collections,
                Controller,
                IntegrationEngineer,
                Administrator,
            ],
            Permission::EditParked => &[RevOps, BillingAnalyst, Collections, IntegrationEngineer],
            Permission::DecideFix => &[RevOps, Controller, IntegrationEngineer],
            Permission::ReleaseEffect => &[Controller, IntegrationEngineer],
            Permission::RequestReplay => &[IntegrationEngineer],
            Permission::ManageConnections => &[IntegrationEngineer, Administrator],
            Permission::ManageUsers | Permission::ManageTopology => &[Administrator],
        }
    }
}

impl Permission {
    /// What somebody must be able to see who uses this permission to approve what another person
    /// made: nobody approves what he cannot read. Nothing for permissions that approve nothing.
    #[must_use]
    pub fn reads(self) -> &'static [Permission] {
        match self {
            Permission::ApproveFinance => &[Permission::ViewCommerce, Permission::ViewBooks],
            Permission::ApproveMasterData => &[Permission::ViewCommerce],
            Permission::ApproveReplay => &[Permission::ViewExceptions, Permission::ViewBooks],
            Permission::ApproveConfiguration => &[Permission::ViewFigures],
            Permission::DecideFix => &[Permission::ViewExceptions, Permission::ViewPayloads],
            Permission::DecideApproval => &[Permission::ViewApprovals],
            _ => &[],
        }
    }
}

impl Role {
    /// The first permission that this role lacks to read what it would approve with `permission`.
    #[must_use]
    pub fn cannot_read(self, permission: Permission) -> Option<Permission> {
        let mut needed = permission.reads().iter().copied();
        needed.find(|needed| !self.may(*needed))
    }
}

/// The whole matrix as text, one permission a line.
#[must_use]
pub fn matrix() -> String {
    let mut text = format!("{:<22}", "");
    for role in Role::ALL {
        let _ = write!(text, " {role}");
    }
    text.push('\n');
    for permission in Permission::ALL {
        let _ = write!(text, "{:<22}", permission.as_str());
        for role in Role::ALL {
            let mark = if role.may(permission) { "yes" } else { "-" };
            let width = role.as_str().len();
            let _ = write!(text, " {mark:<width$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_the_one_that_was_agreed() {
        assert_eq!(matrix(), include_str!("../tests/role_matrix.txt"));
    }

    #[test]
    fn nobody_approves_what_he_cannot_read() {
        for permission in Permission::ALL {
            let approves = permission.as_str().starts_with("approve_")
                || permission.as_str().starts_with("decide_");
            assert_eq!(approves, !permission.reads().is_empty(), "{permission:?}");
            for role in permission.roles() {
                assert_eq!(role.cannot_read(permission), None, "{role} {permission:?}");
            }
        }
        let lacks = Role::Collections.cannot_read(Permission::DecideFix);
        assert_eq!(lacks, Some(Permission::ViewPayloads));
    }

    #[test]
    fn duties_are_kept_apart() {
        for role in Role::ALL {
            assert!(
                !(role.may(Permission::ManageUsers) && role.may(Permission::ApproveFinance)),
                "{role}"
            );
            assert!(
                !(role.may(Permission::RequestReplay) && role.may(Permission::ApproveReplay)),
                "{role}"
            );
            assert_eq!(Role::from_word(role.as_str()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        for permission in Permission::ALL {
            let name = permission.as_str();
            let reads = ["view_", "export_"]
                .iter()
                .any(|start| name.starts_with(start));
            let changes = !reads && permission != Permission::RunTieOut;
            for reader in [Role::Auditor, Role::Executive, Role::Sales, Role::Support] {
                assert!(!(changes && reader.may(permission)), "{reader} {name}");
            }
        }
    }
}
