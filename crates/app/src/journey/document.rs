//! Issuing: an invoice or credit note with its number, lines, position and journal in one go.

use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::journey::{schedule, standing};
use crate::record::{Context, Fact, Recorder};
use billing::{BilledLine, InvoiceBalance, TaxedLine};
use commerce::{Contract, Customer};
use events::{BillingDocument, DocumentLine, Event};
use store::documents::{self, DocumentRow, LineRow};
use store::{Tx, obligations, settings};
use values::{CreditNoteId, Date, InvoiceId, LineId, Money};

/// Which document is issued.
pub(crate) enum Kind {
    /// An invoice.
    Invoice,
    /// A credit note for this invoice.
    CreditNote {
        /// The credit note's id.
        id: CreditNoteId,
        /// The invoice credited.
        invoice: InvoiceId,
        /// Why.
        reason: String,
    },
}

/// A document to be issued. Lines are signed as on the customer's account.
pub(crate) struct Draft<'a> {
    /// The contract billed.
    pub(crate) contract: &'a Contract,
    /// Its buyer.
    pub(crate) customer: &'a Customer,
    /// Invoice or credit note.
    pub(crate) kind: Kind,
    /// Its lines.
    pub(crate) lines: &'a [TaxedLine],
    /// Date of issue.
    pub(crate) issued: Date,
}

/// Every line ever billed on a contract.
pub(crate) fn billed_lines(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<BilledLine>, AppFault> {
    documents::lines_of_contract(tx, contract)?
        .iter()
        .map(|row| stored("line", &row.body))
        .collect()
}

/// Writes the document, moves the positions of its obligations and records the event.
pub(crate) fn issue(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    draft: &Draft<'_>,
) -> Result<DocumentRow, AppFault> {
    let contract = draft.contract;
    let (id, word, source, reason, credit_note) = match &draft.kind {
        Kind::Invoice => {
            let id = InvoiceId::mint(&*context.ids, context.now);
            (
                id.as_str().to_owned(),
                "invoice",
                String::new(),
                String::new(),
                None,
            )
        }
        Kind::CreditNote {
            id,
            invoice,
            reason,
        } => (
            id.as_str().to_owned(),
            "credit_note",
            invoice.as_str().to_owned(),
            reason.clone(),
            Some(id.clone()),
        ),
    };
    let number = next_number(tx, contract.entity.as_str(), word, draft.issued)?;
    let sign = if word == "invoice" { 1 } else { -1 };
    let (rows, lines) = write_lines(tx, context, draft, &id, sign)?;
    LineRow::insert(tx, &rows)?;
    let currency = contract.currency;
    let net: i64 = lines.iter().map(|line| line.net.minor).sum();
    let tax: i64 = lines.iter().map(|line| line.tax.minor).sum();
    let total = Money::from_minor(net, currency).plus(Money::from_minor(tax, currency))?;
    let due = match word {
        "invoice" => draft
            .issued
            .saturating_add(jiff::Span::new().days(i64::from(draft.customer.payment_terms_days))),
        _ => draft.issued,
    };
    let row = DocumentRow {
        id: id.clone(),
        kind: word.to_owned(),
        number: number.clone(),
        entity: contract.entity.as_str().to_owned(),
        customer: contract.customer.as_str().to_owned(),
        contract: contract.id.as_str().to_owned(),
        currency: currency.code().to_owned(),
        issued: draft.issued.to_string(),
        due: due.to_string(),
        net,
        tax,
        total: total.minor,
        remaining: total.minor,
        status: if total.minor == 0 { "paid" } else { "open" }.to_owned(),
        source: source.clone(),
        reason: reason.clone(),
        correlation: recorder.correlation().as_str().to_owned(),
        created: context.now.microseconds(),
    };
    DocumentRow::insert(tx, std::slice::from_ref(&row))?;
    let published = BillingDocument {
        invoice: if source.is_empty() {
            stored_value("invoice id", &id)?
        } else {
            stored_value("invoice id", &source)?
        },
        credit_note,
        number,
        customer: contract.customer.clone(),
        contract: contract.id.clone(),
        reason: if reason.is_empty() {
            None
        } else {
            Some(reason)
        },
        due,
        lines,
        net: Money::from_minor(net, currency),
        tax: Money::from_minor(tax, currency),
        total,
    };
    let fact = Fact {
        subject: format!("{word}/{id}"),
        partition: format!("contract/{}", contract.id),
        entity: Some(contract.entity.clone()),
        effective: draft.issued,
        happened: context.now,
    };
    let event = if word == "invoice" {
        Event::InvoiceIssued(published)
    } else {
        Event::CreditNoteIssued(published)
    };
    recorder.event(fact, event);
    Ok(row)
}

/// `US-2026-00001`, `US-CN-2026-00001`: gapless per entity, kind and year of issue.
fn next_number(
    tx: &mut Tx<'_>,
    entity: &str,
    word: &str,
    issued: Date,
) -> Result<String, AppFault> {
    let series = if word == "invoice" {
        entity.to_owned()
    } else {
        format!("{entity}-CN")
    };
    let year = issued.year();
    let number = settings::next_number(tx, &format!("number/{series}/{year}"))?;
    Ok(format!("{series}-{year}-{number:05}"))
}

fn write_lines(
    tx: &mut Tx<'_>,
    context: &Context,
    draft: &Draft<'_>,
    document: &str,
    sign: i64,
) -> Result<(Vec<LineRow>, Vec<DocumentLine>), AppFault> {
    let mut scheduled = schedule::load(tx, draft.contract.id.as_str())?;
    let (mut rows, mut published) = (Vec::new(), Vec::new());
    for taxed in draft.lines {
        let line = &taxed.line;
        let id = LineId::mint(&*context.ids, context.now);
        let obligation = scheduled
            .iter_mut()
            .find(|known| known.obligation.component == line.component)
            .ok_or_else(|| AppFault::NotFound {
                kind: "obligation of component",
                id: line.component.to_string(),
            })?;
        let position = obligation.row.billed - obligation.row.recognised;
        let moved = revenue::move_position(position, line.net.minor)
            .ok_or(values::MoneyRefused::TooLarge)?;
        obligation.row.billed += line.net.minor;
        obligations::update(tx, &obligation.row)?;
        published.push(DocumentLine {
            line: id.clone(),
            product: line.product.clone(),
            component: line.component.clone(),
            obligation: obligation.obligation.id.clone(),
            description: line.description.clone(),
            arithmetic: line.arithmetic.clone(),
            period: line.period,
            net: Money::from_minor(sign * line.net.minor, line.net.currency),
            tax_code: line.tax_code.clone(),
            tax_rate: taxed.tax_rate,
            tax: Money::from_minor(sign * taxed.tax.minor, taxed.tax.currency),
            deferred: sign * moved.deferred,
            unbilled: -sign * moved.unbilled,
        });
        rows.push(LineRow {
            id: id.as_str().to_owned(),
            document: document.to_owned(),
            contract: draft.contract.id.as_str().to_owned(),
            component: line.component.as_str().to_owned(),
            obligation: obligation.obligation.id.as_str().to_owned(),
            product: line.product.as_str().to_owned(),
            description: line.description.clone(),
            arithmetic: line.arithmetic.clone(),
            period_from: line.period.from().to_string(),
            period_until: line.period.until().to_string(),
            net: sign * line.net.minor,
            tax_code: line.tax_code.clone(),
            tax_rate: taxed.tax_rate.to_string(),
            tax: sign * taxed.tax.minor,
            source_line: line
                .corrects
                .as_ref()
                .map_or_else(String::new, |source| source.as_str().to_owned()),
            credited_net: 0,
            credited_tax: 0,
            body: to_store("line", &taxed.issued(id))?,
        });
        if let Some(source) = &line.corrects {
            documents::add_credited(tx, source.as_str(), -line.net.minor, -taxed.tax.minor)?;
        }
    }
    Ok((rows, published))
}

/// What is left of an invoice after payments and credits, from its balance; writes it down.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    invoice: &mut DocumentRow,
    paid: i64,
    credited: i64,
) -> Result<(), AppFault> {
    let currency = stored_value("currency", &invoice.currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    let balance = InvoiceBalance {
        total: money(invoice.total),
        paid: money(paid),
        credited: money(credited),
        written_off: money(0),
    };
    invoice.remaining = balance.open()?.minor;
    let status = to_store("status", &balance.status()?)?
        .trim_matches('"')
        .to_owned();
    let lifecycle = &control::lifecycle::INVOICE;
    crate::lifecycle::go(lifecycle, &invoice.number, &invoice.status, &status)?;
    invoice.status = status;
    documents::set_remaining(tx, &invoice.id, invoice.remaining, &invoice.status)?;
    Ok(())
}

/// What is paid and what is credited of an invoice: (paid, credited), minor units.
pub(crate) fn settled(tx: &mut Tx<'_>, invoice: &str) -> Result<(i64, i64), AppFault> {
    let paid = store::payments::applications_to(tx, invoice)?
        .iter()
        .map(|row| row.amount)
        .sum();
    let credited = documents::credit_notes_of(tx, invoice)?
        .iter()
        .map(|row| row.total - row.remaining)
        .sum();
    Ok((paid, credited))
}

/// Tells the CRM how the invoices of a contract stand.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    customer: &str,
    contract: &str,
) -> Result<(), AppFault> {
    standing::tell_crm(tx, context, recorder, customer, contract)
}

/// An invoice by id or printed number.
pub(crate) fn invoice(tx: &mut Tx<'_>, text: &str) -> Result<DocumentRow, AppFault> {
    let found = match documents::document(tx, text)? {
        Some(row) => Some(row),
        None => documents::by_number(tx, text)?,
    };
    found
        .filter(|row| row.kind == "invoice")
        .ok_or_else(|| AppFault::NotFound {
            kind: "invoice",
            id: text.to_owned(),
        })
}
