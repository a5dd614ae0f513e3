//! The closed list of what can go wrong: who owns it, how bad it is, and what to do, step by step.

use crate::Role;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much an exception matters before anybody has looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Can wait for a quiet hour.
    Low,
    /// To be settled within the working day.
    Normal,
    /// Money or a customer is affected now.
    High,
    /// The month cannot be closed while it is open.
    BlocksClose,
}

impl Severity {
    /// The word stored and published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Normal => "normal",
            Severity::High => "high",
            Severity::BlocksClose => "blocks_close",
        }
    }
}

/// What one class is.
struct Profile {
    code: &'static str,
    title: &'static str,
    owner: Role,
    severity: Severity,
    playbook: &'static [&'static str],
}

macro_rules! classes {
    ($( $(#[$doc:meta])* $variant:ident = $code:literal, $title:literal, $owner:ident, $severity:ident, [$($step:literal),+ $(,)?]; )*) => {
        /// What went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ExceptionClass { $( $(#[$doc])* $variant, )* }

        impl ExceptionClass {
            /// Every class.
            pub const ALL: &'static [ExceptionClass] = &[$(ExceptionClass::$variant),*];

            fn profile(self) -> &'static Profile {
                match self { $( ExceptionClass::$variant => &Profile {
                    code: $code,
                    title: $title,
                    owner: Role::$owner,
                    severity: Severity::$severity,
                    playbook: &[$($step),+],
                }, )* }
            }
        }
    };
}

classes! {
    /// An order names a product that the catalogue does not have.
    UnknownProduct = "unknown_product", "Unknown product on an order", RevOps, High, [
        "Compare the product code of the order line with the catalogue; look for a renamed or mistyped code.",
        "If the code is wrong, correct the order line in the CRM; the change is taken over by itself.",
        "If the product is new, publish it with its prices in the catalogue.",
        "Retry the order and check that the exception closes and bookings tie out.",
    ];
    /// An order sells a product in a way that the catalogue does not offer.
    ProductNotSold = "product_not_sold", "Product is not sold like that", RevOps, High, [
        "Read the currency, frequency and price of the order line and compare them with the product's prices.",
        "If the deal was approved like that, add the price to the catalogue with its first day.",
        "Otherwise correct the order line in the CRM with the seller.",
        "Retry the order.",
    ];
    /// An order has no currency, or one that does not exist.
    MissingCurrency = "missing_currency", "Order without a currency", RevOps, High, [
        "Ask the seller for the currency of the signed order form.",
        "Set it on the opportunity in the CRM; a currency is never guessed here.",
        "Retry the order.",
    ];
    /// An order has no legal entity, or an unknown one.
    MissingEntity = "missing_entity", "Order without a legal entity", RevOps, High, [
        "Find the contracting party on our side of the signed order form.",
        "Set it on the opportunity in the CRM, or add the entity to the configuration when it is new.",
        "Retry the order.",
    ];
    /// An order line has a quantity of zero or less.
    NegativeQuantity = "negative_quantity", "Quantity is not positive", RevOps, High, [
        "Check the order form: a reduction is an amendment of the contract, not an order line below zero.",
        "Correct the quantity in the CRM, or enter the reduction as an amendment.",
        "Retry the order.",
    ];
    /// The dates of an order are missing or in the wrong order.
    EndBeforeStart = "end_before_start", "Term dates do not make a term", RevOps, High, [
        "Compare start and end with the signed order form; look for swapped or missing dates.",
        "Correct the dates in the CRM.",
        "Retry the order.",
    ];
    /// An order was refused for another reason, or for several.
    OrderInvalid = "order_invalid", "Order cannot become a contract", RevOps, High, [
        "Work through the reasons in the detail one by one; each names the field, its value and the mend.",
        "Correct the opportunity in the CRM.",
        "Retry the order.",
    ];
    /// A change of a contract could not be taken over.
    AmendmentInvalid = "amendment_invalid", "Contract change cannot be taken over", RevOps, High, [
        "Read which step was refused and compare the contract timeline with what was agreed.",
        "Correct the change in the CRM, or enter the amendment here with its effective date.",
        "Retry the change and check that both systems show the same contract value.",
    ];
    /// A signed quote is not in force in time.
    ActivationLate = "activation_late", "Signed, and not in force in time", RevOps, High, [
        "Open the quote and read when it was signed and by when its contract was to be in force.",
        "If nothing is missing, convert the quote: its draft order becomes the contract that was approved.",
        "If the customer wants something else, revise the quote; its draft order is withdrawn and the new version is approved again.",
        "Check that the exception closes and that bookings tie out.",
    ];
    /// A system wrote a field that another one owns.
    OwnershipConflict = "ownership_conflict", "Written by a system that does not own it", RevOps, Normal, [
        "Compare both values and decide which is right with the owner of the field.",
        "If the new value is right, make the change in the system of record.",
        "Otherwise skip the proposal with the reason; the other system is set back.",
    ];
    /// A record of another system has a value that the mapping does not know.
    UnmappedValue = "unmapped_value", "Value without a mapping", RevOps, High, [
        "Read which field holds which value; look for a new or mistyped entry of a pick list.",
        "If the value is wrong, correct the record in the other system; it is taken over by itself.",
        "If it is new, propose it in the mapping; another person approves it with the impact shown.",
        "Retry the record and check that the exception closes.",
    ];
    /// A deviation is past its last day and still there.
    DeviationExpired = "deviation_expired", "Deviation is past its end", Controller, Normal, [
        "Read what differs, who approved it and why it was to end.",
        "If it is over, end it in the register with the reason.",
        "If it is still needed, have a new one approved with a new end and end this one.",
    ];
    /// Product or price differ between systems.
    CatalogueDrift = "catalogue_drift", "Catalogue differs between systems", RevOps, Normal, [
        "Compare the field in both systems and decide with the catalogue owner which is right.",
        "Correct the other system; orders that used the wrong price are listed in the detail.",
        "Check the orders since the drift began.",
    ];
    /// Money arrived that belongs to no known customer or invoice.
    PaymentUnmatched = "payment_unmatched", "Payment without an invoice", Collections, High, [
        "Search for the payer's name, the amount and the reference among open invoices.",
        "Ask the customer for a remittance advice when nothing fits.",
        "Apply the payment to the invoices, or leave it as customer credit with the reason.",
        "If it was paid by mistake, ask for approval to refund it.",
    ];
    /// The last attempt to collect failed.
    PaymentFailed = "payment_failed", "Payment failed for good", Collections, High, [
        "Read the processor's reason: an expired card needs a new one, a block needs a call.",
        "Contact the customer and agree on a new payment method or date.",
        "Start a new attempt, or note the promise to pay.",
    ];
    /// A customer objects to an invoice.
    InvoiceDisputed = "invoice_disputed", "Customer disputes an invoice", Collections, High, [
        "Read what the customer says and open the disputed lines with their arithmetic and contract.",
        "Ask the owner of the contract or of the delivery whether the customer is right.",
        "Accept it in whole or in part, which issues the credit note, or reject it with the reason.",
        "Tell the customer; what stays due is collected again from here on.",
    ];
    /// Money went back that nobody here asked for.
    RefundUnmatched = "refund_unmatched", "Refund without a payment", Collections, High, [
        "Find out who gave the refund at the processor and why.",
        "Match it with the payment; credit the invoice when the service was not delivered.",
        "If it is a chargeback, follow the dispute until its deadline.",
    ];
    /// The processor kept a fee for a dispute, which no event of ours has booked.
    DisputeFee = "dispute_fee", "Fee of a dispute", Collections, Normal, [
        "Open the dispute at the processor and see what its fee is for.",
        "Enter the fee as a cost by a journal on the day on which it was taken.",
        "Resolve this with the journal as the reason; the tie-out of cash then agrees.",
    ];
    /// Events of use say that they happened after the service had ended.
    UsageHeld = "usage_held", "Use after the end of a service", BillingAnalyst, Normal, [
        "Open the contract and see when its service ended, and the events with their times.",
        "If the service goes on after all, extend the contract; what is held is taken by itself.",
        "If the events belong to another contract, have them sent again with that contract and a key of their own.",
        "Otherwise give the events up with a reason; they stay on record as rejected.",
    ];
    /// A line cannot be taxed.
    TaxRateMissing = "tax_rate_missing", "No tax rate for a line", BillingAnalyst, BlocksClose, [
        "Check the tax code of the product and whether the entity is registered where the customer is.",
        "Add the rate with its first day to the tax table; zero must be stated, it is never assumed.",
        "Run billing again for the contract.",
    ];
    /// A tax engine and our own rows come to different figures.
    TaxMismatch = "tax_mismatch", "Tax is not what our own rows say", BillingAnalyst, BlocksClose, [
        "Compare both figures; the decision has what the engine was asked, what it answered and each line as our own rows tax it.",
        "If our rows are wrong, state the rate from its first day; if the engine is, correct the customer's place or the tax code there.",
        "Take one of the two with accept_tax and a reason; the document is then issued by it.",
    ];
    /// A tax engine cannot be reached and a document waits for it.
    TaxEngineAway = "tax_engine_away", "Tax engine away", IntegrationEngineer, High, [
        "See whether the engine can be reached and whether its credentials still hold.",
        "The document is issued by itself once the engine answers.",
        "To bill meanwhile by our own rows, set offline to table for the entity in the tax table.",
    ];
    /// A tax engine will not answer a question as it stands.
    TaxQuestionRefused = "tax_question_refused", "Question refused by the tax engine", BillingAnalyst, BlocksClose, [
        "Read what the engine says; the decision has the call word for word.",
        "Mend what it names: the customer's place, the tax code, or the company and address of the seller in the connection.",
        "The question is asked again by itself and the document is issued by the answer.",
    ];
    /// A billing run could not bill a contract.
    BillingParked = "billing_parked", "Contract could not be billed", BillingAnalyst, BlocksClose, [
        "Read which rule refused the contract and with which facts.",
        "Mend the price, the policy or the contract timeline.",
        "Run billing again for the contract; a second run never bills twice.",
    ];
    /// A bill run has been open for days, and nothing else bills what it covers.
    BillRunOpen = "bill_run_open", "Bill run left open", BillingAnalyst, High, [
        "Open the bill run and read what it waits for: a second person, its start, or somebody to go on after a pause.",
        "Have it approved and start it, or resume it.",
        "If it is not to issue, cancel it with the reason; daily work then bills what is due of what it covers.",
        "The exception closes by itself when the run is done or cancelled.",
    ];
    /// A second person did not approve an invoice.
    InvoiceDenied = "invoice_denied", "Invoice not approved", BillingAnalyst, BlocksClose, [
        "Read why it was denied, and compare the draft with what was agreed.",
        "Amend the contract, its price or the use behind it; the draft follows by itself and asks again.",
        "If the draft is right as it is, issue it again: another person is asked once more.",
    ];
    /// A contract refused a new price that others took.
    PriceChangeHeld = "price_change_held", "Contract keeps its price in a price change", RevOps, Normal, [
        "Read why: most often the contract was changed after the preview, or another system owns its price.",
        "Plan another price change for it, amend it by itself, or leave its price and say so.",
    ];
    /// Another system was to make something run and has not confirmed it.
    NotProvisioned = "not_provisioned", "In force and not provisioned", IntegrationEngineer, High, [
        "Ask the system that provisions it whether it runs; the contract and the component are in the detail.",
        "If it was not told, look at its webhook endpoint and send it the event again.",
        "Once it runs, have it confirm the component; this closes by itself.",
    ];
    /// What another system billed is not what it should have billed.
    BillingDiffers = "billing_differs", "Billed elsewhere, and differently", BillingAnalyst, High, [
        "Open the contract and its documents; the detail has both figures and the arithmetic of the lines.",
        "Ask who changed the contract or the price on one side only, and correct that side.",
        "If the other system is wrong, have it issue the missing invoice or a credit note; this closes by itself when that arrives.",
    ];
    /// What another system recognised is not what the schedules have earned.
    RevenueDiffers = "revenue_differs", "Recognised elsewhere, and differently", Controller, High, [
        "Open the contract: the detail has what its schedule has earned and what the other system recognised, with the days.",
        "Ask which side knows of a change of contract, price or start that the other does not, and correct that side.",
        "Have the other system state its revenue again; this closes by itself when both figures agree.",
    ];
    /// A document of another system is recorded and cannot be posted.
    OutsideDocumentParked = "outside_document_parked", "Document of another system not posted", BillingAnalyst, BlocksClose, [
        "Read what is missing: often a component that the contract does not have here.",
        "Amend the contract, or have the other system credit the document.",
        "The document is posted by itself when it can be.",
    ];
    /// A recorded fact could not be posted.
    PostingParked = "posting_parked", "Fact could not be posted", Controller, BlocksClose, [
        "Read what is missing: a rule, an account, a value in a map, or an open period.",
        "Propose the change to the rules or the chart; another person approves it.",
        "Redo the posting and check that the journal balances.",
    ];
    /// A pair of figures does not tie out and nothing explains it.
    TieOutBreak = "tie_out_break", "Figures do not tie out", Controller, BlocksClose, [
        "Open the rows behind both figures and sort them by difference.",
        "Look for facts recorded on one side only since the last time that they tied out.",
        "Correct by reversal or by redoing the missing step, never by a plug.",
    ];
    /// Another system refused what we sent because of its content.
    EffectRefused = "effect_refused", "Another system refused our data", IntegrationEngineer, High, [
        "Read the field that was refused and compare what was sent with what the other system expects.",
        "Correct the reference data or the mapping; somebody else approves a changed mapping.",
        "Release the effect: it is read back first, so it cannot happen twice.",
    ];
    /// A rule of another system forbids what we sent, such as a closed period.
    EffectForbidden = "effect_forbidden", "A rule of another system forbids it", Controller, BlocksClose, [
        "Read which rule forbids it: often the period is closed there, or the user lacks a permission.",
        "Reopen the period there, or decide to post into the next one.",
        "Release the effect.",
    ];
    /// It is unknown whether another system did what we asked, and reading back did not tell.
    EffectAmbiguous = "effect_ambiguous", "Unknown whether it happened", IntegrationEngineer, BlocksClose, [
        "Look for the document in the other system by the key in the detail.",
        "If it is there, release the effect: reading back will find and confirm it.",
        "If it is not there, release the effect: it is sent only after an absence is proven.",
        "Never enter it there by hand while the effect is open.",
    ];
    /// All attempts were used up.
    EffectExhausted = "effect_exhausted", "Gave up after many attempts", IntegrationEngineer, High, [
        "Check the state of the connection and of the other system.",
        "Release the effect when the other system works again; it is read back first.",
    ];
    /// Our request was malformed, or the answer is unknown to this version.
    EffectFault = "effect_fault", "Our own mistake towards another system", IntegrationEngineer, High, [
        "Keep request and answer from the detail and report them to the makers of the connector.",
        "Check whether other effects of the same operation fail.",
        "Release the effect after the update.",
    ];
    /// Another system refused our credentials.
    CredentialsRefused = "credentials_refused", "Credentials were refused", Administrator, BlocksClose, [
        "Check whether the credential expired, was rotated or lost a permission.",
        "Store the new credential; nothing was lost, the lanes hold their work.",
        "Release the connection and watch the lanes drain.",
    ];
    /// An inbound message could not be read.
    WebhookUnreadable = "webhook_unreadable", "Message could not be read", IntegrationEngineer, Normal, [
        "Compare the kept payload with the documentation of the sender; look for a new API version.",
        "Fetch the object itself: the message is only a hint.",
        "Retry it after the mapping is mended.",
    ];
    /// The event bus does not take events.
    BusUnreachable = "bus_unreachable", "Event bus out of reach", IntegrationEngineer, High, [
        "Look whether the NATS server runs and JetStream has a leader and room for the stream.",
        "Compare address, token and stream with the settings; other work goes on meanwhile.",
        "Nothing is to be sent again by hand: what waits in the log is published when the bus is back.",
    ];
    /// A row of a file was refused when it was worked off.
    FileRowRefused = "file_row_refused", "Row of a file is refused", RevOps, Normal, [
        "Read the line and the reason; compare the row with its source.",
        "Correct what the row needs here (an unknown customer, a closed period), or ask the sender for a corrected row.",
        "Retry the row when it is right as it stands; otherwise skip it with the reason and take in the corrected one.",
    ];
    /// An object was asked to do what its lifecycle does not allow.
    IllegalStep = "illegal_step", "Step that the lifecycle does not allow", IntegrationEngineer, Normal, [
        "Compare the state of the object in both systems; look for a message that came late or twice.",
        "Correct the state in the system of record.",
        "Resolve this once both systems agree.",
    ];
    /// A step of a process was not done in time.
    StepOverdue = "step_overdue", "Step of a process is overdue", Controller, Normal, [
        "Open the process and read which event or system it waits for.",
        "Find out whether it happened and was not recorded, or did not happen.",
        "Bring it about; the exception closes by itself when the event comes.",
        "If it takes longer for a good reason, extend the deadline and say why.",
    ];
    /// An order did not become an active contract or subscription in time.
    NotActivated = "not_activated", "Not activated in time", RevOps, High, [
        "Open the process and see what the order waits for.",
        "Look for an exception of the same order and settle it first.",
        "The exception closes by itself when the subscription runs.",
    ];
    /// Something in force was not billed in time.
    NotInvoiced = "not_invoiced", "In force and not invoiced", BillingAnalyst, BlocksClose, [
        "Open the contract and look for a parked bill with its reason.",
        "Run billing for the contract; a second run never bills twice.",
        "If it is to be billed later, correct the dates of the contract.",
    ];
    /// Another system did not confirm in time.
    NotConfirmed = "not_confirmed", "Other system has not confirmed", IntegrationEngineer, High, [
        "Open the connection and see whether it is held, throttled or refused.",
        "Look for the parked head of the lane and settle its exception.",
        "The exception closes by itself when the other system confirms.",
    ];
    /// A collection or refund has no outcome in time.
    NoOutcome = "no_outcome", "No outcome of a payment", Collections, High, [
        "Look the payment up at the processor by the id in the detail.",
        "If it is settled or failed there, let the sweep fetch it; it is taken in by itself.",
        "If the processor does not know it, start a new attempt.",
    ];
    /// Nobody decided in time.
    ApprovalOverdue = "approval_overdue", "Approval is overdue", Controller, Normal, [
        "Open the process and read what is asked for and why.",
        "Approve or deny it, or find the person who can: never the one who asked.",
        "If it needs more time, extend the deadline and say why.",
    ];
    /// A process cannot do its next step.
    ProcessStuck = "process_stuck", "Process cannot go on", Controller, High, [
        "Read why the command of the step was refused.",
        "Mend the cause; the process tries again by itself.",
        "Otherwise skip the step with the reason, or cancel the process, which takes back what was done.",
    ];
    /// The log of a partition has a hole.
    SequenceGap = "sequence_gap", "Gap in the event log", IntegrationEngineer, BlocksClose, [
        "Stop and keep a copy of the books: events are never deleted by the program.",
        "Run `tieout audit verify` on an export to find what is missing and what was changed.",
        "Restore the missing events from a backup or an export; never number them anew.",
    ];
}

impl ExceptionClass {
    /// The stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.profile().code
    }

    /// Reads the stable word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<ExceptionClass> {
        ExceptionClass::ALL
            .iter()
            .copied()
            .find(|class| class.code() == code)
    }

    /// What it is, for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.profile().title
    }

    /// Who is to act.
    #[must_use]
    pub fn owner(self) -> Role {
        self.profile().owner
    }

    /// How much it matters.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.profile().severity
    }

    /// What to do, step by step.
    #[must_use]
    pub fn playbook(self) -> &'static [&'static str] {
        self.profile().playbook
    }

    /// The class of an order that was refused with these codes: that of the one kind of reason, or
    /// [`ExceptionClass::OrderInvalid`] when there are several kinds.
    #[must_use]
    pub fn of_order_refusals<'a>(codes: impl IntoIterator<Item = &'a str>) -> ExceptionClass {
        let mut classes: Vec<_> = codes
            .into_iter()
            .map(ExceptionClass::of_order_refusal)
            .collect();
        classes.dedup();
        match classes.as_slice() {
            [one] => *one,
            _ => ExceptionClass::OrderInvalid,
        }
    }

    fn of_order_refusal(code: &str) -> ExceptionClass {
        match code {
            "unknown_product" => ExceptionClass::UnknownProduct,
            "not_sold_in_currency" | "frequency_not_sold" => ExceptionClass::ProductNotSold,
            "missing_currency" | "unknown_currency" => ExceptionClass::MissingCurrency,
            "missing_entity" | "unknown_entity" => ExceptionClass::MissingEntity,
            "quantity_not_positive" | "negative_quantity" => ExceptionClass::NegativeQuantity,
            "end_before_start" | "missing_start" | "missing_end" => ExceptionClass::EndBeforeStart,
            _ => ExceptionClass::OrderInvalid,
        }
    }
}

impl fmt::Display for ExceptionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl Serialize for ExceptionClass {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for ExceptionClass {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        ExceptionClass::from_code(&code).ok_or_else(|| {
            serde::de::Error::custom(format!("{code:?} is not a class of exception"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Permission;

    #[test]
    fn every_class_has_its_own_code_an_owner_who_may_act_and_a_playbook() {
        for class in ExceptionClass::ALL {
            assert_eq!(ExceptionClass::from_code(class.code()), Some(*class));
            assert!(class.owner().may(Permission::ResolveException), "{class}");
            assert!(class.playbook().len() >= 2, "{class}");
            assert!(
                class.playbook().iter().all(|step| step.ends_with('.')),
                "{class}"
            );
            let json = serde_json::to_string(class).unwrap();
            assert_eq!(
                serde_json::from_str::<ExceptionClass>(&json).unwrap(),
                *class
            );
        }
    }

    #[test]
    fn an_order_with_several_kinds_of_problems_is_invalid_as_a_whole() {
        let of = |codes: &[&'static str]| ExceptionClass::of_order_refusals(codes.iter().copied());
        assert_eq!(
            of(&["unknown_product", "unknown_product"]),
            ExceptionClass::UnknownProduct
        );
        assert_eq!(
            of(&["missing_start", "end_before_start"]),
            ExceptionClass::EndBeforeStart
        );
        assert_eq!(
            of(&["unknown_product", "missing_currency"]),
            ExceptionClass::OrderInvalid
        );
        assert_eq!(of(&["no_lines"]), ExceptionClass::OrderInvalid);
        assert_eq!(of(&[]), ExceptionClass::OrderInvalid);
    }
}
