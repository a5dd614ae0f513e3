//! What customers ask for and people do in Tieout: a credit note, and money back.

use super::company::act;
use crate::fault::CliFault;
use app::{App, AppFault};
use serde_json::{Value, json};
use sim::world::{Happening, Request};
use store::documents::{self, DocumentFilter, DocumentRow};
use store::{catalogue, payments};

/// Answers a request; everything else happens in the simulated systems.
pub(super) fn answer(app: &App, happening: &Happening) -> Result<(), CliFault> {
    match happening {
        Happening::CreditRequested(request) => credit(app, request).map(drop),
        Happening::RefundRequested(request) => refund(app, request),
        Happening::DealWon(_) | Happening::SeatsAdded(_) | Happening::StrayPayment(_) => Ok(()),
    }
}

fn credit(app: &App, request: &Request) -> Result<Option<DocumentRow>, CliFault> {
    let Some(invoice) = invoice(app, request)? else {
        return Ok(None);
    };
    let fraction = values::Decimal::from(request.numerator)
        / values::Decimal::from(request.denominator.max(1));
    let body = json!({
        "invoice": invoice.id, "reason": request.reason, "fraction": fraction.round_dp(6).normalize().to_string(),
    });
    act(
        app,
        &format!("credit/{}", request.id),
        "issue_credit_note",
        body,
    )?;
    Ok(Some(invoice))
}

/// Money back: a credit note frees what was paid, and what is free goes back.
fn refund(app: &App, request: &Request) -> Result<(), CliFault> {
    let Some(invoice) = credit(app, request)? else {
        return Ok(());
    };
    let id = invoice.id.clone();
    let payment = app.store().read(move |tx| -> Result<_, AppFault> {
        let paid = payments::of_invoice(tx, &id)?;
        Ok(paid.into_iter().find(|payment| payment.status == "settled"))
    })?;
    let Some(payment) = payment else {
        return Ok(());
    };
    let body: Value = json!({ "payment": payment.id, "reason": request.reason });
    act(
        app,
        &format!("refund/{}", request.id),
        "refund_payment",
        body,
    )?;
    Ok(())
}

fn invoice(app: &App, request: &Request) -> Result<Option<DocumentRow>, CliFault> {
    let opportunity = request.opportunity_id.clone();
    let rows = app.store().read(move |tx| -> Result<_, AppFault> {
        let Some((object, _)) = catalogue::referred(tx, "salesforce", "Opportunity", &opportunity)?
        else {
            return Ok(Vec::new());
        };
        let contract = object
            .strip_prefix("contract/")
            .unwrap_or(&object)
            .to_owned();
        let filter = DocumentFilter {
            kind: "invoice".to_owned(),
            contract,
            ..DocumentFilter::default()
        };
        Ok(documents::documents(tx, &filter, "", 1_000)?)
    })?;
    let position = usize::try_from(request.invoice.saturating_sub(1)).unwrap_or(0);
    Ok(rows.into_iter().rev().nth(position))
}
