//! Issuing: an invoice or credit note with its number, lines, position and journal in one go.

mod lines;
mod places;

use crate::fault::{AppFault, stored, stored_value, to_store};
use crate::journey::numbering::series;
use crate::journey::{rounding, standing};
use crate::parallel;
use crate::record::{Context, Fact, Recorder};
use billing::{BilledLine, InvoiceBalance, KeptLine, TaxedLine};
use commerce::{Contract, Customer};
use events::{BillingDocument, DocumentLine, Event, Reference};
use lines::{Lines, Written};
pub(crate) use places::Places;
use std::collections::{BTreeMap, BTreeSet};
use store::bill_pages::{self, Moved, NextDue, Position};
use store::document_roundings::RoundingRow;
use store::documents::{self, DocumentRow, LineRow};
use store::routing::PartRow;
use store::{StoreFault, Tx, settings};
use values::{
    ContractId, CorrelationId, CreditNoteId, CustomerId, Date, InvoiceId, Money, RoundingLine,
    amount_to_pay,
};

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

/// A document that another system issued, as it has it.
pub(crate) struct Outside {
    /// The system.
    pub(crate) system: String,
    /// Its id there.
    pub(crate) id: String,
    /// The number printed on it.
    pub(crate) number: String,
    /// When it is to be paid, where it says so.
    pub(crate) due: Option<Date>,
}

impl Kind {
    /// The stored word.
    fn word(&self) -> &'static str {
        match self {
            Kind::Invoice => "invoice",
            Kind::CreditNote { .. } => "credit_note",
        }
    }

    /// What turns amounts as on the customer's account into amounts as on the document.
    fn sign(&self) -> i64 {
        match self {
            Kind::Invoice => 1,
            Kind::CreditNote { .. } => -1,
        }
    }

    /// The ids of a document that is begun: its own, that of its invoice, and that of a credit note.
    fn ids(&self, context: &Context) -> (String, InvoiceId, Option<CreditNoteId>) {
        match self {
            Kind::Invoice => {
                let invoice = InvoiceId::mint(&*context.ids, context.now);
                (invoice.as_str().to_owned(), invoice, None)
            }
            Kind::CreditNote { id, invoice, .. } => {
                (id.as_str().to_owned(), invoice.clone(), Some(id.clone()))
            }
        }
    }
}

/// A document to be issued. Lines are signed as on the customer's account.
pub(crate) struct Draft<'a> {
    /// The contract billed; the first of several.
    pub(crate) contract: &'a Contract,
    /// Who is billed.
    pub(crate) customer: &'a Customer,
    /// Invoice or credit note.
    pub(crate) kind: Kind,
    /// Its lines.
    pub(crate) lines: &'a [TaxedLine],
    /// What rounds it as a whole, with the sign of the total.
    pub(crate) rounding: Option<RoundingLine>,
    /// Date of issue.
    pub(crate) issued: Date,
    /// The document in the system that issued it, when that is another one.
    pub(crate) outside: Option<Outside>,
}

/// To whom the contracts on a document were sold, where it spans several or somebody else is billed;
/// otherwise empty.
pub(crate) type SoldTo = BTreeMap<ContractId, CustomerId>;

/// Every line ever billed on a contract.
pub(crate) fn billed_lines(tx: &mut Tx<'_>, contract: &str) -> Result<Vec<BilledLine>, AppFault> {
    let rows = documents::lines_of_contract(tx, contract)?;
    issued_lines(rows.iter().map(|row| &row.body))
}

/// Lines as they were issued, from how they are kept.
pub(crate) fn issued_lines<'k>(
    kept: impl IntoIterator<Item = &'k String>,
) -> Result<Vec<BilledLine>, AppFault> {
    kept.into_iter().map(|kept| issued_line(kept)).collect()
}

/// A line as it was issued, from how it is kept. Those of before are kept with long names.
pub(crate) fn issued_line(kept: &str) -> Result<BilledLine, AppFault> {
    match kept.starts_with(r#"{"i":"#) {
        true => stored::<KeptLine<'_>>("line", kept).map(KeptLine::issued),
        false => stored("line", kept),
    }
}

/// Writes the document, moves the positions of its obligations and records the event.
pub(crate) fn issue(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    draft: &Draft<'_>,
) -> Result<DocumentRow, AppFault> {
    issue_sold(tx, context, recorder, draft, &SoldTo::new())
}

/// As [`issue`] for a document that spans contracts, or that somebody else is billed by.
pub(crate) fn issue_sold(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    draft: &Draft<'_>,
    sold: &SoldTo,
) -> Result<DocumentRow, AppFault> {
    issue_knowing(tx, context, recorder, (draft, sold), Known::default())
}

/// What is known of the contracts of a document before it is issued.
#[derive(Default)]
pub(crate) struct Known {
    /// From when they are to be looked at again, where that has not been written.
    pub(crate) due: Vec<NextDue>,
    /// Where their obligations stand, if nothing has moved since that was read.
    pub(crate) positions: Option<Vec<Position>>,
}

impl Known {
    /// Writes from when the contracts are to be looked at again.
    pub(crate) fn write_due(&self, tx: &mut Tx<'_>) -> Result<(), AppFault> {
        if self.due.is_empty() || bill_pages::set_next_due(tx, &self.due)? {
            return Ok(());
        }
        let message = "contracts billed together have changed".to_owned();
        Err(StoreFault::Contended(message).into())
    }
}

/// As [`issue_sold`], with what is known of its contracts. What is due of them next is written before the
/// number is taken, because contracts are locked before series everywhere; for a long document while its
/// lines are put into rows.
pub(crate) fn issue_knowing(
    tx: &mut Tx<'_>,
    context: &Context,
    recorder: &mut Recorder<'_>,
    (draft, sold): (&Draft<'_>, &SoldTo),
    mut known: Known,
) -> Result<DocumentRow, AppFault> {
    let contracts: BTreeSet<&str> = draft
        .lines
        .iter()
        .map(|taxed| taxed.line.contract.as_str())
        .collect();
    let named: Vec<&str> = contracts.iter().copied().collect();
    let positions = known.positions.take();
    let mut positions = positions.map_or_else(|| bill_pages::positions(tx, &named), Ok)?;
    let ids = draft.kind.ids(context);
    let document = ids.0.clone();
    let begin = |tx: &mut Tx<'_>| {
        known.write_due(tx)?;
        let number = number(tx, context, draft)?;
        PartRow::insert(tx, &parts(&document, &contracts, sold))?;
        Ok(number)
    };
    let lines = Lines::of(context, draft, sold, &document, &mut positions);
    let rendered = lines.write(tx, begin, |written, number| {
        let rendered = whole(
            context,
            recorder.correlation(),
            draft,
            (ids, number),
            written,
        )?;
        recorder.event(rendered.fact, rendered.event);
        recorder.work_out()?;
        Ok((rendered.row, rendered.rounding, rendered.credited))
    });
    let (row, rounding, credited) = rendered?;
    DocumentRow::insert(tx, std::slice::from_ref(&row))?;
    RoundingRow::insert(tx, rounding.as_slice())?;
    bill_pages::add_credited(tx, &credited)?;
    parallel::let_go(positions);
    parallel::let_go(known.due);
    Ok(row)
}

/// The number of a document: the next one of its series, or the one that another system gave it.
fn number(tx: &mut Tx<'_>, context: &Context, draft: &Draft<'_>) -> Result<String, AppFault> {
    if let Some(outside) = &draft.outside {
        return Ok(outside.number.clone());
    }
    let entity = draft.contract.entity.as_str();
    let series = series(&context.books, entity, draft.kind.word(), draft.issued);
    Ok(series.text(settings::next_number(tx, &series.counter)?))
}

/// What is kept of a document that spans contracts, or that somebody else is billed by.
fn parts(document: &str, contracts: &BTreeSet<&str>, sold: &SoldTo) -> Vec<PartRow> {
    sold.iter()
        .filter(|(contract, _)| contracts.contains(contract.as_str()))
        .map(|(contract, customer)| PartRow {
            document: document.to_owned(),
            contract: contract.as_str().to_owned(),
            customer: customer.as_str().to_owned(),
        })
        .collect()
}

/// A document as it is to be written, and what it does.
pub(crate) struct Rendered {
    /// The document.
    pub(crate) row: DocumentRow,
    /// Its rounding line, where a rule holds for it.
    pub(crate) rounding: Option<RoundingRow>,
    /// What it credits of earlier lines: (line, net, tax).
    pub(crate) credited: Vec<(String, i64, i64)>,
    /// What its event is about.
    pub(crate) fact: Fact,
    /// The event that says so.
    pub(crate) event: Event,
}

/// Puts a draft with its number into the shape in which it is stored and told, with its lines and
/// what they move. Nothing is read or written; `positions` move.
pub(crate) fn render(
    context: &Context,
    correlation: &CorrelationId,
    draft: &Draft<'_>,
    positions: &mut [Position],
    number: String,
) -> Result<(Rendered, Vec<LineRow>, Vec<Moved>), AppFault> {
    let (sold, ids) = (SoldTo::new(), draft.kind.ids(context));
    let lines = Lines::of(context, draft, &sold, &ids.0, positions);
    let (rows, moved, written) = lines.rows()?;
    let rendered = whole(context, correlation, draft, (ids, number), written)?;
    Ok((rendered, rows, moved))
}

/// A document of lines that are put into rows.
fn whole(
    context: &Context,
    correlation: &CorrelationId,
    draft: &Draft<'_>,
    ((id, invoice, credit_note), number): ((String, InvoiceId, Option<CreditNoteId>), String),
    written: Written,
) -> Result<Rendered, AppFault> {
    let contract = draft.contract;
    let word = draft.kind.word();
    let (source, reason) = match &draft.kind {
        Kind::Invoice => (String::new(), String::new()),
        Kind::CreditNote { reason, .. } => (invoice.as_str().to_owned(), reason.clone()),
    };
    let currency = contract.currency;
    let sum = |of: fn(&DocumentLine) -> Money| {
        let minor = written.published.iter().map(|line| of(line).minor).sum();
        Money::from_minor(minor, currency)
    };
    let (net, tax) = (sum(|line| line.net), sum(|line| line.tax));
    let total = amount_to_pay(net, tax, draft.rounding.as_ref())?;
    let rounded = draft.rounding.as_ref().map(|line| rounding::row(&id, line));
    let stated = draft.outside.as_ref().and_then(|outside| outside.due);
    let due = stated.unwrap_or_else(|| match &draft.kind {
        Kind::Invoice => {
            let terms = i64::from(draft.customer.payment_terms_days);
            draft.issued.saturating_add(jiff::Span::new().days(terms))
        }
        Kind::CreditNote { .. } => draft.issued,
    });
    let row = DocumentRow {
        id: id.clone(),
        kind: word.to_owned(),
        number: number.clone(),
        entity: contract.entity.as_str().to_owned(),
        customer: draft.customer.id.as_str().to_owned(),
        contract: contract.id.as_str().to_owned(),
        currency: currency.code().to_owned(),
        issued: draft.issued.to_string(),
        due: due.to_string(),
        net: net.minor,
        tax: tax.minor,
        total: total.minor,
        remaining: total.minor,
        status: if total.minor == 0 { "paid" } else { "open" }.to_owned(),
        source,
        reason: reason.clone(),
        correlation: correlation.as_str().to_owned(),
        created: context.now.microseconds(),
    };
    let published = BillingDocument {
        invoice,
        credit_note,
        number,
        customer: draft.customer.id.clone(),
        contract: contract.id.clone(),
        issued_in: draft.outside.as_ref().map(|outside| Reference {
            system: outside.system.clone(),
            kind: word.to_owned(),
            id: outside.id.clone(),
        }),
        reason: if reason.is_empty() {
            None
        } else {
            Some(reason)
        },
        due,
        lines: written.published,
        net,
        tax,
        rounding: draft.rounding,
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
    Ok(Rendered {
        row,
        rounding: rounded.transpose()?,
        credited: written.credited,
        fact,
        event,
    })
}

/// To whom the contracts on a document were sold, where that was kept.
pub(crate) fn sold_of(tx: &mut Tx<'_>, document: &str) -> Result<SoldTo, AppFault> {
    let mut sold = SoldTo::new();
    for part in store::routing::parts_of(tx, document)? {
        sold.insert(
            stored_value("contract id", &part.contract)?,
            stored_value("customer id", &part.customer)?,
        );
    }
    Ok(sold)
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
    // A small difference that was let go leaves a paid invoice, not one that was given up.
    let (small, given_up) = crate::collection::write_off::given_up(tx, &invoice.id)?;
    let balance = InvoiceBalance {
        total: money(invoice.total),
        paid: money(paid + small),
        credited: money(credited),
        written_off: money(given_up),
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

/// What is paid, by money or prepaid credit, and what is credited of an invoice: (paid, credited),
/// minor units.
pub(crate) fn settled(tx: &mut Tx<'_>, invoice: &str) -> Result<(i64, i64), AppFault> {
    let applied: i64 = store::payments::applications_to(tx, invoice)?
        .iter()
        .map(|row| row.amount)
        .sum();
    let paid = applied + crate::collection::prepaid::used_on(tx, invoice)?;
    let credited = documents::credit_notes_of(tx, invoice)?
        .iter()
        .filter(|row| row.status != "void")
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

#[cfg(test)]
mod tests {
    use super::issued_line;

    const BEFORE: &str = r#"{"id":"lin_1","line":{"kind":"charge","corrects":null,"contract":"con_1",
        "component":"seats","product":"SEAT","description":"Seat","tax_code":"standard",
        "revenue_account_class":"subscription","recognition":"straight_line_daily",
        "period":{"from":"2026-01-01","until":"2026-02-01"},"window":{"from":"2026-01-01","until":"2026-02-01"},
        "service":{"from":"2026-01-01","until":"2026-02-01"},"quantity":"7",
        "charge":{"model":"per_unit","unit_price":"12.5"},"price":"87.5","numerator":31,"denominator":31,
        "by_rule":{"amount":"87.50","currency":"EUR"},"net":{"amount":"87.50","currency":"EUR"},
        "arithmetic":"7 × 12.50","policy_version":1},"tax_rate":"0.19","tax":{"amount":"16.63","currency":"EUR"},
        "detail":{"category":"S","basis":"rate of DE from 1970-01-01","parts":[{"authority":"","name":"VAT 19 %",
        "rate":"0.19","amount":{"amount":"16.63","currency":"EUR"}}]}}"#;
    const NOW: &str = r#"{"i":"lin_1","k":"charge","c":"con_1","m":"seats","p":"SEAT","d":"Seat","tc":"standard",
        "rc":"subscription","rp":"straight_line_daily","f":{"from":"2026-01-01","until":"2026-02-01"},"q":"7",
        "h":{"model":"per_unit","unit_price":"12.5"},"u":"87.5","n":31,"z":8750,"y":"EUR","a":"7 × 12.50","v":1,
        "r":"0.19","t":1663,"td":{"category":"S","basis":"rate of DE from 1970-01-01","parts":[{"authority":"",
        "name":"VAT 19 %","rate":"0.19","amount":{"amount":"16.63","currency":"EUR"}}]}}"#;

    #[test]
    fn a_line_reads_the_same_whether_it_was_kept_before_or_now() {
        let now = issued_line(NOW).unwrap();
        assert_eq!(issued_line(BEFORE).unwrap(), now);
        assert_eq!(now.line.window, now.line.period);
        assert_eq!(now.line.by_rule, now.line.net);
        assert_eq!((now.line.denominator, now.tax.minor), (31, 1_663));
    }

    #[test]
    fn a_line_that_is_neither_is_unreadable() {
        for text in [
            "",
            "{}",
            r#"{"i":"lin_1"}"#,
            &NOW.replace("\"n\":31", "\"n\":31,\"nn\":1"),
        ] {
            assert!(issued_line(text).is_err(), "{text}");
        }
    }
}
