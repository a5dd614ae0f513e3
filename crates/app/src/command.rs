//! Everything that can be asked of the program, in the shape of the REST bodies. The API, the
//! stories, the demo and the workers all speak these.

mod approval;
mod bill_run;
mod body;
mod change;
mod collection;
mod governance;
mod invoice_life;
mod outside;
mod outside_revenue;
mod price_change;
mod printing;
mod provisioning;
mod quote;
mod replay;
mod routing;
mod taxation;
mod usage;

pub use approval::*;
mod delivery;
mod exceptions;

pub use crate::outward::{
    AddWebhookEndpoint, ChangeWebhookEndpoint, RecoverWebhooks, ResendWebhook, RotateWebhookSecret,
    ShowWebhookSecret, TestWebhook,
};
pub use bill_run::*;
pub use body::*;
pub use change::*;
pub use collection::*;
pub use delivery::*;
pub use exceptions::*;
pub use governance::*;
pub use invoice_life::*;
pub use outside::*;
pub use outside_revenue::*;
pub use price_change::*;
pub use printing::*;
pub use provisioning::*;
pub use quote::*;
pub use replay::*;
pub use routing::*;
pub use taxation::*;
pub use usage::*;

use serde::{Deserialize, Serialize};

/// A command with who sends it and the key that makes sending it twice harmless.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Whose keys these are: the API token or user.
    pub client: String,
    /// The idempotency key, chosen by the client.
    pub key: String,
    /// Who acts.
    pub actor: String,
    /// What is asked.
    pub command: Command,
}

/// What a command answers: the ids and figures that it made.
pub type Answer = serde_json::Value;

macro_rules! commands {
    ($( $(#[$doc:meta])* $variant:ident($body:ty) = $name:literal, changes_books: $books:literal; )*) => {
        /// Everything that can be asked.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(tag = "command", rename_all = "snake_case")]
        #[allow(clippy::large_enum_variant)] // One at a time is read and done; a box for each would help nobody.
        pub enum Command { $( $(#[$doc])* $variant($body), )* }

        impl Command {
            /// The words that name commands in stories and logs.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The word that names this command.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Command::$variant(_) => $name, )* }
            }

            /// Whether it changes the configuration that journeys work with.
            #[must_use]
            pub fn changes_books(&self) -> bool {
                match self { $( Command::$variant(_) => $books, )* }
            }

            /// The content as JSON text, for the digest that tells a repeated command from another.
            ///
            /// # Errors
            /// Never for the bodies we have.
            pub fn content(&self) -> Result<String, serde_json::Error> {
                match self { $( Command::$variant(body) => serde_json::to_string(&($name, body)), )* }
            }

            /// Reads the command called `name` with `body`.
            ///
            /// # Errors
            /// When there is no such command, or the body is not one of it; the text says which
            /// field, where the reader knows.
            pub fn read(name: &str, body: serde_json::Value) -> Result<Command, CommandUnreadable> {
                match name {
                    $( $name => serde_path_to_error::deserialize::<_, $body>(body).map(Command::$variant)
                        .map_err(|error| CommandUnreadable::body($name, &error)), )*
                    _ => Err(CommandUnreadable::Name { name: name.to_owned() }),
                }
            }
        }
    };
}

/// A command that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandUnreadable {
    /// The name is not one of ours.
    #[error("there is no command {name:?}; commands are {}", Command::NAMES.join(", "))]
    Name {
        /// What was given.
        name: String,
    },
    /// The body is not what the command takes.
    #[error("{name}: {}{error}", at(.field))]
    Body {
        /// The command.
        name: String,
        /// Path of the field at fault, such as `lines[0].quantity`; empty for the whole body.
        field: String,
        /// What the reader said.
        error: String,
    },
}

/// The field before a colon, where one is known.
fn at(field: &str) -> String {
    if field.is_empty() {
        String::new()
    } else {
        format!("{field}: ")
    }
}

impl CommandUnreadable {
    fn body(name: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        CommandUnreadable::Body {
            name: name.to_owned(),
            field: if path == "." { String::new() } else { path },
            error: error.inner().to_string(),
        }
    }
}

commands! {
    /// Adds an endpoint for webhooks.
    AddWebhookEndpoint(AddWebhookEndpoint) = "add_webhook_endpoint", changes_books: false;
    /// Changes an endpoint for webhooks.
    ChangeWebhookEndpoint(ChangeWebhookEndpoint) = "change_webhook_endpoint", changes_books: false;
    /// Gives an endpoint a new secret.
    RotateWebhookSecret(RotateWebhookSecret) = "rotate_webhook_secret", changes_books: false;
    /// Sends an endpoint a test.
    TestWebhook(TestWebhook) = "test_webhook", changes_books: false;
    /// Shows the newest secret of an endpoint, once. Its answer is kept nowhere.
    ShowWebhookSecret(ShowWebhookSecret) = "show_webhook_secret", changes_books: false;
    /// Sends one message again.
    ResendWebhook(ResendWebhook) = "resend_webhook", changes_books: false;
    /// Sends an endpoint again what it missed.
    RecoverWebhooks(RecoverWebhooks) = "recover_webhooks", changes_books: false;
    /// Adds a legal entity.
    CreateEntity(CreateEntity) = "create_entity", changes_books: true;
    /// Adds or replaces a product of the catalogue.
    PublishProduct(PublishProduct) = "publish_product", changes_books: true;
    /// Sets what stands on the documents of an entity.
    SetLetterhead(SetLetterhead) = "set_letterhead", changes_books: false;
    /// Sets what stands on documents for a customer.
    SetBillingDetails(SetBillingDetails) = "set_billing_details", changes_books: false;
    /// States how a legal entity prices parts of billing periods.
    SetBillingPolicy(SetBillingPolicy) = "set_billing_policy", changes_books: true;
    /// States how the documents of a legal entity come to be issued, and under which numbers.
    SetInvoicePolicy(SetInvoicePolicy) = "set_invoice_policy", changes_books: true;
    /// States a tax rate.
    SetTaxRate(SetTaxRate) = "set_tax_rate", changes_books: true;
    /// States how a customer stands towards tax.
    SetTaxProfile(SetTaxProfile) = "set_tax_profile", changes_books: false;
    /// Takes one of two figures of tax that differ.
    AcceptTax(AcceptTax) = "accept_tax", changes_books: false;
    /// Agrees the value of work that is billed in parts.
    PlanProgress(PlanProgress) = "plan_progress", changes_books: false;
    /// Bills a milestone or another part of work.
    BillProgress(BillProgress) = "bill_progress", changes_books: false;
    /// Takes an accepted part back.
    UndoProgress(UndoProgress) = "undo_progress", changes_books: false;
    /// Bills one legal entity for another.
    BillEntity(BillEntity) = "bill_entity", changes_books: false;
    /// Takes a bill between legal entities back.
    UndoEntityBill(UndoEntityBill) = "undo_entity_bill", changes_books: false;
    /// Puts a new version of the posting rules in force.
    PublishPostingRules(PublishPostingRules) = "publish_posting_rules", changes_books: true;
    /// Adds a customer.
    CreateCustomer(CreateCustomer) = "create_customer", changes_books: false;
    /// Takes in a file of customers.
    ImportCustomers(ImportFile) = "import_customers", changes_books: false;
    /// Takes in a file of contracts.
    ImportContracts(ImportFile) = "import_contracts", changes_books: false;
    /// Takes in a file of payments.
    ImportPayments(ImportFile) = "import_payments", changes_books: false;
    /// Takes in a file of invoices and credit notes that another system issued.
    ImportOutsideInvoices(ImportFile) = "import_outside_invoices", changes_books: false;
    /// Takes in a file of journals.
    ImportJournals(ImportFile) = "import_journals", changes_books: false;
    /// Adds a meter or changes its rules.
    PublishMeter(PublishMeter) = "publish_meter", changes_books: true;
    /// Takes in one event of use.
    RecordUsage(RecordUsage) = "record_usage", changes_books: false;
    /// Takes in a file of events of use.
    ImportUsage(ImportFile) = "import_usage", changes_books: false;
    /// Tries events of use again that are held, or gives them up.
    ReleaseUsage(ReleaseUsage) = "release_usage", changes_books: false;
    /// Puts a contract in force.
    ActivateContract(ActivateContract) = "activate_contract", changes_books: false;
    /// Changes a contract from a date on.
    AmendContract(AmendContract) = "amend_contract", changes_books: false;
    /// Plans a new price for contracts that run.
    PlanPriceChange(PlanPriceChange) = "plan_price_change", changes_books: false;
    /// Approves a price change of somebody else, which runs then.
    ApprovePriceChange(ApprovePriceChange) = "approve_price_change", changes_books: false;
    /// Cancels a price change.
    CancelPriceChange(CancelPriceChange) = "cancel_price_change", changes_books: false;
    /// States that another system provisions a product.
    SetProvisioning(SetProvisioning) = "set_provisioning", changes_books: false;
    /// Confirms that a component runs in another system.
    ConfirmProvisioning(ConfirmProvisioning) = "confirm_provisioning", changes_books: false;
    /// Publishes a plan, bundle, add-on, billing template or standalone prices.
    PublishOffer(PublishOffer) = "publish_offer", changes_books: false;
    /// Sets a price of the price book.
    SetPrice(SetPrice) = "set_price", changes_books: true;
    /// Takes in a file of products.
    ImportProducts(ImportFile) = "import_products", changes_books: false;
    /// Takes in a file of prices.
    ImportPrices(ImportFile) = "import_prices", changes_books: false;
    /// Takes in a catalogue as one document.
    ImportCatalogue(ImportCatalogue) = "import_catalogue", changes_books: true;
    /// Puts a new version of the discount policy in force.
    PublishDiscountPolicy(PublishDiscountPolicy) = "publish_discount_policy", changes_books: false;
    /// Writes a quote.
    CreateQuote(CreateQuote) = "create_quote", changes_books: false;
    /// Writes the next version of a quote.
    ReviseQuote(ReviseQuote) = "revise_quote", changes_books: false;
    /// Asks for the approval of a quote, or approves it where nobody else need.
    SubmitQuote(SubmitQuote) = "submit_quote", changes_books: false;
    /// Notes that the customer has signed a quote.
    AcceptQuote(AcceptQuote) = "accept_quote", changes_books: false;
    /// Makes a contract of a signed quote, once.
    ConvertQuote(ConvertQuote) = "convert_quote", changes_books: false;
    /// Takes a quote back.
    CloseQuote(CloseQuote) = "close_quote", changes_books: false;
    /// Bills what is owed through a date and not billed.
    RunBilling(RunBilling) = "run_billing", changes_books: false;
    /// Plans a bill run.
    CreateBillRun(CreateBillRun) = "create_bill_run", changes_books: false;
    /// Approves a bill run of somebody else.
    ApproveBillRun(ApproveBillRun) = "approve_bill_run", changes_books: false;
    /// Starts, pauses, resumes or cancels a bill run.
    SteerBillRun(SteerBillRun) = "steer_bill_run", changes_books: false;
    /// Issues a draft before its days are over.
    FinaliseInvoice(FinaliseInvoice) = "finalise_invoice", changes_books: false;
    /// Computes a draft anew.
    RefreshInvoiceDraft(RefreshInvoiceDraft) = "refresh_invoice_draft", changes_books: false;
    /// Voids an invoice of which nothing is paid or credited.
    VoidInvoice(VoidInvoice) = "void_invoice", changes_books: false;
    /// Records an invoice or credit note that another system issued.
    RecordOutsideInvoice(RecordOutsideInvoice) = "record_outside_invoice", changes_books: false;
    /// Records what another system recognised of a contract.
    RecordOutsideRevenue(RecordOutsideRevenue) = "record_outside_revenue", changes_books: false;
    /// Compares what another system billed with what it should have billed.
    VerifyBilling(VerifyBilling) = "verify_billing", changes_books: false;
    /// Credits an invoice, wholly or in part.
    IssueCreditNote(IssueCreditNote) = "issue_credit_note", changes_books: false;
    /// Records money that arrived.
    RecordPayment(RecordPayment) = "record_payment", changes_books: false;
    /// Sets money that was set against nothing against invoices.
    ApplyPayment(ApplyPayment) = "apply_payment", changes_books: false;
    /// Sets a payment against invoices as a person says.
    MatchPayment(MatchPayment) = "match_payment", changes_books: false;
    /// Takes a payment back from an invoice.
    UnapplyPayment(UnapplyPayment) = "unapply_payment", changes_books: false;
    /// Gives up what is open of an invoice.
    WriteOffInvoice(WriteOffInvoice) = "write_off_invoice", changes_books: false;
    /// Grants prepaid credit, bought or given.
    GrantCredit(GrantCredit) = "grant_credit", changes_books: false;
    /// Says who pays for a customer.
    SetPayer(SetPayer) = "set_payer", changes_books: false;
    /// Says who is billed for a contract.
    SetBillTo(SetBillTo) = "set_bill_to", changes_books: false;
    /// Says how invoices of an account or entity are put together.
    SetConsolidation(SetConsolidation) = "set_consolidation", changes_books: false;
    /// Says who looks after what an account owes.
    SetCollectionsOwner(SetCollectionsOwner) = "set_collections_owner", changes_books: false;
    /// Says which processor collects what.
    SetPaymentRoutes(SetPaymentRoutes) = "set_payment_routes", changes_books: true;
    /// Records that a customer promised to pay.
    RecordPromise(RecordPromise) = "record_promise", changes_books: false;
    /// Gives a late invoice to somebody.
    AssignCollection(AssignCollection) = "assign_collection", changes_books: false;
    /// Gives back a service that is withheld for a debt which was written off.
    ResumeService(ResumeService) = "resume_service", changes_books: false;
    /// Puts a new policy of receivables in force.
    PublishCollectionPolicy(PublishCollectionPolicy) = "publish_collection_policy", changes_books: false;
    /// Gives money back.
    RefundPayment(RefundPayment) = "refund_payment", changes_books: false;
    /// Recognises what is earned through a date and not recognised.
    RecogniseRevenue(RecogniseRevenue) = "recognise_revenue", changes_books: false;
    /// Enters a journal by hand.
    PostJournal(PostJournal) = "post_journal", changes_books: false;
    /// Undoes a journal by its mirror image.
    ReverseJournal(ReverseJournal) = "reverse_journal", changes_books: false;
    /// Closes a month of an entity's books.
    ClosePeriod(ChangePeriod) = "close_period", changes_books: false;
    /// Opens a closed month again.
    ReopenPeriod(ReopenPeriod) = "reopen_period", changes_books: false;
    /// Resolves an exception with a reason.
    ResolveException(ResolveException) = "resolve_exception", changes_books: false;
    /// Gives an exception to somebody.
    AssignException(AssignException) = "assign_exception", changes_books: false;
    /// Starts a process by hand.
    StartProcess(crate::process::StartProcess) = "start_process", changes_books: false;
    /// Approves or denies a step of a process.
    DecideProcess(crate::process::DecideProcess) = "decide_process", changes_books: false;
    /// Gives a step of a process more time.
    ExtendProcess(crate::process::ExtendProcess) = "extend_process", changes_books: false;
    /// Goes on without a step of a process.
    SkipProcessStep(crate::process::SkipProcessStep) = "skip_process_step", changes_books: false;
    /// Cancels a process and takes back what it did.
    CancelProcess(crate::process::CancelProcess) = "cancel_process", changes_books: false;
    /// Puts a new version of a process in force for new instances.
    PublishProcess(crate::process::PublishProcess) = "publish_process", changes_books: true;
    /// Says that somebody has seen an exception.
    AcknowledgeException(AcknowledgeException) = "acknowledge_exception", changes_books: false;
    /// Tries again what an exception stopped.
    RetryException(RetryException) = "retry_exception", changes_books: false;
    /// Takes an exception to the next role of its chain.
    EscalateException(EscalateException) = "escalate_exception", changes_books: false;
    /// Takes an exception out of its group, or an item out of an exception.
    SplitException(SplitException) = "split_exception", changes_books: false;
    /// Notes that a step of a playbook is done.
    CompletePlaybookStep(CompletePlaybookStep) = "complete_playbook_step", changes_books: false;
    /// Proposes an edit of what an exception parks.
    ProposeFix(ProposeFix) = "propose_fix", changes_books: false;
    /// Approves a proposed edit and runs it.
    ApplyFix(ApplyFix) = "apply_fix", changes_books: false;
    /// Turns a proposed edit down.
    RejectFix(RejectFix) = "reject_fix", changes_books: false;
    /// Does one thing to many exceptions.
    ActOnExceptions(ActOnExceptions) = "act_on_exceptions", changes_books: false;
    /// Stops an action over many exceptions.
    StopExceptionBatch(StopExceptionBatch) = "stop_exception_batch", changes_books: false;
    /// Gathers groups of exceptions in an incident.
    OpenIncident(OpenIncident) = "open_incident", changes_books: false;
    /// Says what is new about an incident.
    UpdateIncident(UpdateIncident) = "update_incident", changes_books: false;
    /// Ends an incident.
    CloseIncident(CloseIncident) = "close_incident", changes_books: false;
    /// Records that a customer objects to an invoice.
    OpenDispute(OpenDispute) = "open_dispute", changes_books: false;
    /// Decides a dispute.
    ResolveDispute(ResolveDispute) = "resolve_dispute", changes_books: false;
    /// Grants what waits for a second person, and does it.
    GrantApproval(GrantApproval) = "grant_approval", changes_books: true;
    /// Denies what waits for a second person.
    DenyApproval(DenyApproval) = "deny_approval", changes_books: false;
    /// Takes back what one has asked.
    WithdrawApproval(WithdrawApproval) = "withdraw_approval", changes_books: false;
    /// Lends a permission to approve to another person for some days.
    DelegatePermission(DelegatePermission) = "delegate_permission", changes_books: false;
    /// Takes a delegation back.
    RevokeDelegation(RevokeDelegation) = "revoke_delegation", changes_books: false;
    /// Puts a new version of the approval policy in force.
    PublishApprovalPolicy(PublishApprovalPolicy) = "publish_approval_policy", changes_books: true;
    /// Holds deliveries of a connection or a lane.
    PauseDelivery(PauseDelivery) = "pause_delivery", changes_books: false;
    /// Lets held deliveries go on.
    ResumeDelivery(ResumeDelivery) = "resume_delivery", changes_books: false;
    /// Lets a parked effect run again.
    ReleaseEffect(ReleaseEffect) = "release_effect", changes_books: false;
    /// Moves a lane forward or back.
    PrioritiseLane(PrioritiseLane) = "prioritise_lane", changes_books: false;
    /// Says when the facts of a flow go out.
    SetFlowMode(SetFlowMode) = "set_flow_mode", changes_books: true;
    /// Changes a customer from a day on.
    ChangeCustomer(ChangeCustomer) = "change_customer", changes_books: false;
    /// Selects parked work to be replayed, and tries it without effect.
    PlanReplay(PlanReplay) = "plan_replay", changes_books: false;
    /// Runs a planned replay, once another person has approved it.
    RequestReplay(RequestReplay) = "request_replay", changes_books: false;
    /// Pauses, resumes or cancels a replay.
    SteerReplay(SteerReplay) = "steer_replay", changes_books: false;
    /// Proposes a new version of a configuration document, with its impact.
    ProposeConfiguration(ProposeConfiguration) = "propose_configuration", changes_books: false;
    /// Approves or denies a proposed configuration.
    DecideConfiguration(DecideConfiguration) = "decide_configuration", changes_books: true;
    /// Applies or denies a write that waits for its steward.
    DecideChange(DecideChange) = "decide_change", changes_books: true;
    /// Asks for a deviation from the global template.
    RecordDeviation(RecordDeviation) = "record_deviation", changes_books: false;
    /// Approves or denies a deviation.
    DecideDeviation(DecideDeviation) = "decide_deviation", changes_books: true;
    /// Ends a deviation.
    EndDeviation(EndDeviation) = "end_deviation", changes_books: true;
    /// Says whether billing could carry out a deal, before it is won.
    CheckOrder(CheckOrder) = "check_order", changes_books: false;
    /// Asks to win a deal that billing cannot carry out yet.
    RequestOrderBypass(RequestOrderBypass) = "request_order_bypass", changes_books: false;
}
