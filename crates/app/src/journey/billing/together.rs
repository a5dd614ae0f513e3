//! Everything that is due of one billed account on one invoice, or one contract that somebody else is
//! billed for: by currency, entity and invoice group, in one transaction. The lines name the contract
//! that they follow from and to whom it was sold; what is given back of an earlier invoice goes to
//! whoever was billed by it.

use super::apart::{self, Looked, Ready};
use super::{Asked, Billed, page};
use crate::Refusal;
use crate::collection::prepaid;
use crate::fault::{AppFault, stored_value};
use crate::journey::document::{self, Draft, Kind, SoldTo};
use crate::journey::invoice_draft::{self, Stand};
use crate::journey::routing::{Group, Routes};
use crate::journey::{contract as contracts_journey, credit, customer, payment, taxation};
use crate::record::{Context, Recorder};
use ::billing::{Document, LESS_OWED, TaxedLine, document_of};
use commerce::{Contract, Customer};
use std::collections::BTreeMap;
use store::documents::DocumentRow;
use store::{Tx, documents, routing, settings};
use values::{ContractId, CreditNoteId, Date};

/// Bills a contract with what else goes to the same account; nothing when it is billed by itself to
/// its own customer.
///
/// # Errors
/// When the store fails or there is no such contract.
pub(super) fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
    asked: Asked,
) -> Result<Option<Billed>, AppFault> {
    if !routing::is_used(tx)? {
        return Ok(None);
    }
    let (row, contract) = contracts_journey::load(tx, id)?;
    let on = through.min(context.today(&contract.entity)?);
    let mut routes = Routes::on(on);
    let group = match routes.of_contract(tx, &row)? {
        Ok(group) => group,
        Err(refusal) => {
            let why = refusal.to_string();
            let held = apart::hold(tx, context, &row, &contract, refusal.code(), &why)?;
            return Ok(Some(held));
        }
    };
    let is_plain = !group.together && group.bill_to == contract.customer;
    if is_plain && routing::routed(tx, &[id.as_str()])?.is_empty() {
        return Ok(None);
    }
    // One account is billed at once, whoever asks for it.
    settings::take_turn(tx, &format!("bill-to/{}", group.bill_to))?;
    let members = members(tx, &mut routes, &group, id, through)?;
    let (parts, mut outcome) = parts(tx, context, &members, through)?;
    if let Some(parts) = parts {
        let draft = match stand(tx, context, &parts, through, asked)? {
            Stand::Issue(draft) => draft,
            Stand::Waits(billed) => return Ok(Some(billed)),
        };
        let issued = Together {
            context,
            buyer: customer::load(tx, &group.bill_to)?,
            parts,
        };
        if let Some(document) = issued.bill(tx)? {
            invoice_draft::became(tx, context, draft, &document)?;
            outcome = Billed::Issued(document);
        }
    }
    Ok(Some(outcome))
}

/// The contracts that are billed together with `id`, those of the billed account first.
fn members(
    tx: &mut Tx<'_>,
    routes: &mut Routes,
    group: &Group,
    id: &ContractId,
    through: Date,
) -> Result<Vec<ContractId>, AppFault> {
    if !group.together {
        return Ok(vec![id.clone()]);
    }
    let mut rows = routes.due(tx, group, through)?;
    let billed = group.bill_to.as_str();
    rows.sort_by_cached_key(|row| {
        let others = row.customer != billed;
        (others, row.customer.clone(), row.id.clone())
    });
    let mut ids: Vec<ContractId> = rows
        .iter()
        .map(|row| stored_value("contract id", &row.id))
        .collect::<Result<_, AppFault>>()?;
    if !ids.contains(id) {
        ids.push(id.clone());
    }
    Ok(ids)
}

/// What each contract owes. One that cannot be billed is held and the others go on; nothing when the
/// tax of one is still being asked for, because it belongs on the same invoice.
fn parts(
    tx: &mut Tx<'_>,
    context: &Context,
    members: &[ContractId],
    through: Date,
) -> Result<(Option<Vec<Ready>>, Billed), AppFault> {
    let (mut ready, mut outcome, mut waits) = (Vec::new(), Billed::Nothing, false);
    for id in members {
        let looked = tx.attempt(|tx| apart::look(tx, context, id, through));
        match looked {
            Ok(Looked::Ready(part)) => ready.push(*part),
            Ok(Looked::Waits) => waits = true,
            Ok(Looked::Done(done)) => {
                if done != Billed::Nothing {
                    outcome = done;
                }
            }
            Err(fault) => outcome = page::held(tx, context, id, fault)?,
        }
    }
    if waits {
        return Ok((None, Billed::Held));
    }
    Ok((Some(ready), outcome))
}

/// Whether what is owed together is issued now. It stands as one draft, that of one of its contracts;
/// what another of them had of its own is part of it.
fn stand(
    tx: &mut Tx<'_>,
    context: &Context,
    parts: &[Ready],
    through: Date,
    asked: Asked,
) -> Result<Stand, AppFault> {
    let (mut lead, mut open) = (None, None);
    for part in parts {
        match store::invoice_drafts::open_of(tx, &part.row.id)? {
            Some(found) if open.is_none() => (lead, open) = (Some(part), Some(found)),
            more => invoice_draft::billed_together(tx, context, more)?,
        }
    }
    let owes = |part: &&Ready| !lines(&part.drafted).is_empty();
    let lead = lead.or_else(|| parts.iter().find(owes)).or(parts.first());
    let Some(lead) = lead else {
        return Ok(Stand::Issue(None));
    };
    let owed = parts.iter().flat_map(|part| lines(&part.drafted)).cloned();
    let document = document_of(owed.collect())
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    let whose = (&lead.row, &lead.contract);
    invoice_draft::stand(tx, context, whose, open, (&document, through), asked)
}

/// What is billed to one account at once.
struct Together<'a> {
    context: &'a Context,
    buyer: Customer,
    parts: Vec<Ready>,
}

impl Together<'_> {
    /// Issues what is owed; answers the first document.
    fn bill(&self, tx: &mut Tx<'_>) -> Result<Option<String>, AppFault> {
        for part in &self.parts {
            part.carry_on(tx, self.context)?.finish(tx)?;
        }
        let mut own: Vec<(&Ready, Vec<TaxedLine>)> = Vec::new();
        let mut back: BTreeMap<String, Vec<(&Ready, TaxedLine)>> = BTreeMap::new();
        for part in &self.parts {
            let mut stays = Vec::new();
            for taxed in lines(&part.drafted) {
                match self.billed_elsewhere(tx, taxed)? {
                    None => stays.push(taxed.clone()),
                    Some(invoice) => {
                        let entry = back.entry(invoice).or_default();
                        entry.push((part, taxed.clone()));
                    }
                }
            }
            if !stays.is_empty() {
                own.push((part, stays));
            }
        }
        let mut issued = Vec::new();
        for (invoice, given) in &back {
            issued.push(self.give_back(tx, invoice, given)?);
        }
        let all = own.iter().flat_map(|(_, lines)| lines);
        if all.map(total).sum::<i64>() >= 0 {
            issued.extend(self.invoice(tx, &own)?);
        } else {
            // A credit note belongs to one invoice, so every contract has its own.
            for one in own.chunks(1) {
                let sum: i64 = one.iter().flat_map(|(_, lines)| lines).map(total).sum();
                issued.extend(match sum >= 0 {
                    true => self.invoice(tx, one)?,
                    false => self.credit_note(tx, one)?,
                });
            }
        }
        for (part, _) in &own {
            apart::could_be_billed(tx, self.context, &part.contract.id)?;
        }
        Ok(issued.into_iter().next())
    }

    /// The invoice that a line gives back from, when somebody else was billed by it.
    fn billed_elsewhere(
        &self,
        tx: &mut Tx<'_>,
        taxed: &TaxedLine,
    ) -> Result<Option<String>, AppFault> {
        let Some(corrected) = &taxed.line.corrects else {
            return Ok(None);
        };
        let Some(invoice) = apart::invoice_behind(tx, corrected.as_str())? else {
            return Ok(None);
        };
        let row = documents::document(tx, &invoice)?;
        Ok(row
            .filter(|row| row.customer != self.buyer.id.as_str())
            .map(|row| row.id))
    }

    /// A credit note to whoever was billed by an invoice.
    fn give_back(
        &self,
        tx: &mut Tx<'_>,
        invoice: &str,
        given: &[(&Ready, TaxedLine)],
    ) -> Result<String, AppFault> {
        let source = document::invoice(tx, invoice)?;
        let buyer = customer::load(tx, &stored_value("customer id", &source.customer)?)?;
        let lines: Vec<TaxedLine> = given.iter().map(|(_, taxed)| taxed.clone()).collect();
        let parts: Vec<&Ready> = given.iter().map(|(part, _)| *part).collect();
        self.credit(tx, &buyer, (&parts, &lines), &source)
    }

    fn credit_note(
        &self,
        tx: &mut Tx<'_>,
        own: &[(&Ready, Vec<TaxedLine>)],
    ) -> Result<Option<String>, AppFault> {
        let parts: Vec<&Ready> = own.iter().map(|(part, _)| *part).collect();
        let lines: Vec<TaxedLine> = own.iter().flat_map(|(_, lines)| lines).cloned().collect();
        let corrected = lines.iter().find_map(|taxed| taxed.line.corrects.as_ref());
        let Some(corrected) = corrected else {
            return Ok(None);
        };
        let Some(invoice) = apart::invoice_behind(tx, corrected.as_str())? else {
            return Ok(None);
        };
        let source = document::invoice(tx, &invoice)?;
        let note = self.credit(tx, &self.buyer, (&parts, &lines), &source)?;
        Ok(Some(note))
    }

    fn credit(
        &self,
        tx: &mut Tx<'_>,
        buyer: &Customer,
        (parts, lines): (&[&Ready], &[TaxedLine]),
        source: &DocumentRow,
    ) -> Result<String, AppFault> {
        let Some(lead) = parts.first() else {
            return Ok(String::new());
        };
        let kind = Kind::CreditNote {
            id: CreditNoteId::mint(&*self.context.ids, self.context.now),
            invoice: stored_value("invoice id", &source.id)?,
            reason: LESS_OWED.to_owned(),
        };
        let mut recorder = self.recorder(lead, &source.id)?;
        let draft = self.draft(lead, buyer, kind, lines);
        let sold = sold(parts.iter().copied(), buyer);
        let mut row = document::issue_sold(tx, self.context, &mut recorder, &draft, &sold)?;
        credit::set_off(tx, self.context, &mut recorder, &mut row)?;
        self.tell(tx, recorder, &row, parts)?;
        Ok(row.id)
    }

    fn invoice(
        &self,
        tx: &mut Tx<'_>,
        own: &[(&Ready, Vec<TaxedLine>)],
    ) -> Result<Option<String>, AppFault> {
        let Some((lead, _)) = own.first() else {
            return Ok(None);
        };
        let parts: Vec<&Ready> = own.iter().map(|(part, _)| *part).collect();
        let lines: Vec<TaxedLine> = own.iter().flat_map(|(_, lines)| lines).cloned().collect();
        let mut recorder = self.recorder(lead, "invoice")?;
        let draft = self.draft(lead, &self.buyer, Kind::Invoice, &lines);
        let sold = sold(parts.iter().copied(), &self.buyer);
        let mut row = document::issue_sold(tx, self.context, &mut recorder, &draft, &sold)?;
        prepaid::use_on(tx, self.context, &mut recorder, &mut row)?;
        payment::collect(tx, self.context, &mut recorder, &row, &self.buyer)?;
        for part in &parts {
            taxation::issued_by(tx, part.decision.as_deref(), &row.id)?;
        }
        self.tell(tx, recorder, &row, &parts)?;
        Ok(Some(row.id))
    }

    fn draft<'d>(
        &self,
        lead: &'d Ready,
        customer: &'d Customer,
        kind: Kind,
        lines: &'d [TaxedLine],
    ) -> Draft<'d> {
        Draft {
            contract: &lead.contract,
            customer,
            kind,
            lines,
            issued: lead.issued,
            outside: None,
        }
    }

    fn recorder(&self, lead: &Ready, what: &str) -> Result<Recorder<'_>, AppFault> {
        let (row, issued) = (&lead.row, lead.issued);
        let key = format!("bill/{}/{}/{issued}/{what}", row.id, row.version);
        let chain = stored_value("chain id", &row.correlation)?;
        Ok(Recorder::new(self.context, chain, "/billing", &key))
    }

    /// Says to the CRM how the accounts and the contracts stand, and writes what was recorded.
    fn tell(
        &self,
        tx: &mut Tx<'_>,
        mut recorder: Recorder<'_>,
        row: &DocumentRow,
        parts: &[&Ready],
    ) -> Result<(), AppFault> {
        if let Some(lead) = parts.first() {
            let contract = lead.row.id.as_str();
            document::tell(tx, self.context, &mut recorder, &row.customer, contract)?;
        }
        recorder.finish(tx)
    }
}

fn lines(document: &Document) -> &[TaxedLine] {
    match document {
        Document::Nothing => &[],
        Document::Invoice(draft) => &draft.lines,
        Document::CreditNote(draft) => &draft.lines,
    }
}

fn total(taxed: &TaxedLine) -> i64 {
    taxed.line.net.minor + taxed.tax.minor
}

/// To whom the contracts were sold; empty for one contract of the billed customer itself.
fn sold<'r>(parts: impl Iterator<Item = &'r Ready>, buyer: &Customer) -> SoldTo {
    let known = |contract: &Contract| (contract.id.clone(), contract.customer.clone());
    let sold: SoldTo = parts.map(|part| known(&part.contract)).collect();
    if sold.len() == 1 && sold.values().all(|customer| *customer == buyer.id) {
        return SoldTo::new();
    }
    sold
}
