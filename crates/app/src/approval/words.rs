//! What a command is about and what it asks, for a list.

use crate::command::Command;

/// The object and a line for people.
pub(super) fn of(command: &Command) -> (String, String) {
    match command {
        Command::PostJournal(body) => (
            format!("entity/{}", body.entity),
            format!(
                "Journal by hand on {} in {}: {}",
                body.date, body.entity, body.reason
            ),
        ),
        Command::BillEntity(body) => (
            format!("entity/{}", body.seller),
            format!(
                "{} bills {} on {} for {}",
                body.seller, body.buyer, body.on, body.description
            ),
        ),
        Command::UndoEntityBill(body) => (
            format!("intercompany/{}", body.pair),
            format!("Take {} back in both books: {}", body.pair, body.reason),
        ),
        Command::ReverseJournal(body) => (
            format!("journal/{}", body.journal),
            format!("Reverse journal {}: {}", body.journal, body.reason),
        ),
        Command::RefundPayment(body) => (
            format!("payment/{}", body.payment),
            format!(
                "Give back money of payment {}: {}",
                body.payment, body.reason
            ),
        ),
        Command::IssueCreditNote(body) => (
            format!("invoice/{}", body.invoice),
            format!("Credit invoice {}: {}", body.invoice, body.reason),
        ),
        Command::ResolveDispute(body) => (
            format!("dispute/{}", body.dispute),
            format!(
                "End dispute {} with a credit ({}): {}",
                body.dispute,
                body.outcome.replace('_', " "),
                body.reason
            ),
        ),
        Command::ReopenPeriod(body) => (
            format!("period/{}/{}", body.entity, body.month),
            format!(
                "Open {} of {} again: {}",
                body.month, body.entity, body.reason
            ),
        ),
        Command::ClosePeriod(body) => (
            format!("period/{}/{}", body.entity, body.month),
            format!("Close {} of {}", body.month, body.entity),
        ),
        Command::PublishPostingRules(_) => (
            "configuration/posting_rules".to_owned(),
            "New version of the posting rules".to_owned(),
        ),
        Command::PublishApprovalPolicy(_) => (
            "configuration/approval_policy".to_owned(),
            "New version of the approval policy".to_owned(),
        ),
        Command::SetTaxRate(body) => (
            "configuration/tax".to_owned(),
            format!(
                "Tax {} of {} becomes {}",
                body.tax_code, body.entity, body.rate
            ),
        ),
        Command::PublishProduct(body) => (
            format!("product/{}", body.code),
            format!("Change product {}", body.code),
        ),
        Command::ChangeCustomer(body) => (
            format!("customer/{}", body.customer),
            format!("Change customer {}: {}", body.customer, body.reason),
        ),
        Command::SetBillTo(body) => (
            format!("contract/{}", body.contract),
            format!(
                "Who is billed for contract {}: {}",
                body.contract, body.reason
            ),
        ),
        Command::SetConsolidation(body) => {
            let (scope, id) = match (&body.customer, &body.entity) {
                (Some(id), _) => ("customer", id.as_str()),
                (None, Some(id)) => ("entity", id.as_str()),
                (None, None) => ("", ""),
            };
            (
                format!("{scope}/{id}"),
                format!(
                    "How invoices of {scope} {id} are put together: {}",
                    body.reason
                ),
            )
        }
        Command::SetPayer(body) => {
            let payer = match &body.payer {
                Some(payer) => format!("{payer} pays for {}", body.customer),
                None => format!("{} pays for itself", body.customer),
            };
            let why = match body.reason.trim() {
                "" => String::new(),
                reason => format!(": {reason}"),
            };
            (
                format!("customer/{}", body.customer),
                format!("{payer}{why}"),
            )
        }
        Command::SetPaymentRoutes(body) => (
            "configuration/payment_routes".to_owned(),
            format!("{}: {}", super::account::routes_in_words(body), body.reason),
        ),
        Command::AmendContract(body) => (
            format!("contract/{}", body.contract),
            format!("Amend contract {} from {}", body.contract, body.effective),
        ),
        Command::ActivateContract(body) => (
            format!("customer/{}", body.customer),
            format!("New contract of {} from {}", body.customer, body.start),
        ),
        Command::SubmitQuote(body) => (
            format!("quote/{}", body.quote),
            format!("Approve version {} of quote {}", body.version, body.quote),
        ),
        Command::FinaliseInvoice(body) => (
            format!("invoice_draft/{}", body.draft),
            format!("Issue the invoice that stands as draft {}", body.draft),
        ),
        Command::SetInvoicePolicy(body) => (
            format!("entity/{}", body.entity),
            format!("How the documents of {} come to be issued", body.entity),
        ),
        Command::PublishDiscountPolicy(_) => (
            "configuration/discount_policy".to_owned(),
            "New version of the discount policy".to_owned(),
        ),
        Command::RequestReplay(body) => (
            format!("replay/{}", body.replay),
            format!("Run replay {}: {}", body.replay, body.reason),
        ),
        other => (String::new(), other.name().replace('_', " ")),
    }
}
