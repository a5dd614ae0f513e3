//! Everything that is due of one billed account on one invoice, or one contract that somebody else is
//! billed for: by currency, entity and invoice group, in one transaction. The lines name the contract
//! that they follow from and to whom it was sold; what is given back of an earlier invoice goes to
//! whoever was billed by it.

use super::apart::{self, Ready};
use super::case::{Others, excepted};
use super::given_back::total;
use super::owing::{Drafts, Owing, owing};
use super::{Asked, Billed, given_back, open_runs};
use crate::Refusal;
use crate::collection::prepaid;
use crate::fault::{AppFault, stored_value};
use crate::journey::document::{self, Draft, Kind, Known, SoldTo};
use crate::journey::invoice_draft::{self, Stand};
use crate::journey::routing::{Group, Routes};
use crate::journey::{
    contract as contracts_journey, credit, credit_form, customer, payment, rounding, taxation,
};
use crate::parallel;
use crate::record::{Context, Recorder};
use crate::usage::rate::is_measured;
use ::billing::{Document, LESS_OWED, TaxedLine, document_of};
use commerce::{Contract, Customer};
use std::collections::BTreeMap;
use store::bill_pages::NextDue;
use store::contracts::ContractRow;
use store::documents::DocumentRow;
use store::invoice_drafts;
use store::{Tx, documents, routing, settings};
use values::{ContractId, CreditNoteId, Date};

/// Bills a contract with what else goes to the same account, and answers what it and the others came
/// to; nothing when it is billed by itself to its own customer.
///
/// # Errors
/// When the store fails or there is no such contract.
pub(super) fn bill(
    tx: &mut Tx<'_>,
    context: &Context,
    id: &ContractId,
    through: Date,
    asked: Asked,
) -> Result<Option<(Billed, Others)>, AppFault> {
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
            return Ok(Some((held, Others::new())));
        }
    };
    let is_plain = !group.together && group.bill_to == contract.customer;
    if is_plain && routing::routed(tx, &[id.as_str()])?.is_empty() {
        return Ok(None);
    }
    // One account is billed at once, whoever asks for it.
    settings::take_turn(tx, &format!("bill-to/{}", group.bill_to))?;
    let members = members(tx, &mut routes, &group, row, through)?;
    if asked == Asked::BesideRuns
        && let Some(run) = open_runs::covering(tx, &members)?
    {
        // It goes onto one invoice with what that run is to bill.
        let left = Billed::Left(run.run);
        let all = members.into_iter().map(|row| (row.id, left.clone()));
        let others = all.filter(|(other, _)| other != id.as_str()).collect();
        return Ok(Some((left, others)));
    }
    let drafts = drafts(tx, &members)?;
    let mut owing = owing(tx, context, (members, &drafts), through)?;
    let held = std::mem::take(&mut owing.others);
    let ids: Vec<String> = owing.ready.iter().map(|part| part.row.id.clone()).collect();
    let outcome = match owing.waits.take() {
        Some(question) => Billed::Waits(question),
        None => issue(tx, context, (&group, owing, drafts), through, asked)?,
    };
    let beside = match &outcome {
        // They stand on the document of the one that was asked for.
        Billed::Issued(_) => Billed::Nothing,
        outcome => outcome.clone(),
    };
    let mut others: Others = ids.into_iter().map(|id| (id, beside.clone())).collect();
    others.extend(held);
    let own = others.remove(id.as_str()).unwrap_or(Billed::Nothing);
    Ok(Some(match outcome {
        Billed::Nothing | Billed::Waits(_) => (own, others),
        outcome => (outcome, others),
    }))
}

/// Issues what is owed together, unless it stands as a draft.
fn issue(
    tx: &mut Tx<'_>,
    context: &Context,
    (group, owing, drafts): (&Group, Owing, Drafts),
    through: Date,
    asked: Asked,
) -> Result<Billed, AppFault> {
    let draft = match stand(tx, context, (&owing.ready, drafts), through, asked)? {
        Stand::Issue(draft) => draft,
        Stand::Waits(billed) => return Ok(billed),
    };
    let together = Together {
        context,
        buyer: customer::load(tx, &group.bill_to)?,
    };
    let documents = together.bill(tx, owing)?;
    let Some(document) = documents.first() else {
        return Ok(Billed::Nothing);
    };
    invoice_draft::became(tx, context, draft, document)?;
    Ok(Billed::Issued(documents))
}

/// The contracts that are billed together with one, those of the billed account first.
fn members(
    tx: &mut Tx<'_>,
    routes: &mut Routes,
    group: &Group,
    asked: ContractRow,
    through: Date,
) -> Result<Vec<ContractRow>, AppFault> {
    if !group.together {
        return Ok(vec![asked]);
    }
    let mut rows = routes.due(tx, group, through)?;
    let billed = group.bill_to.as_str();
    rows.sort_by(|one, other| {
        let place = |row: &ContractRow| row.customer != billed;
        let named = (&one.customer, &one.id).cmp(&(&other.customer, &other.id));
        place(one).cmp(&place(other)).then(named)
    });
    if rows.iter().all(|row| row.id != asked.id) {
        rows.push(asked);
    }
    Ok(rows)
}

/// The drafts that stand of these contracts.
fn drafts(tx: &mut Tx<'_>, members: &[ContractRow]) -> Result<Drafts, AppFault> {
    let ids: Vec<&str> = members.iter().map(|row| row.id.as_str()).collect();
    let open = invoice_drafts::open_of_any(tx, &ids)?.into_iter();
    Ok(open.map(|draft| (draft.contract.clone(), draft)).collect())
}

/// Whether what is owed together is issued now. It stands as one draft, that of one of its contracts;
/// what another of them had of its own is part of it.
fn stand(
    tx: &mut Tx<'_>,
    context: &Context,
    (parts, mut drafts): (&[Ready], Drafts),
    through: Date,
    asked: Asked,
) -> Result<Stand, AppFault> {
    let (mut lead, mut open) = (None, None);
    for part in parts {
        match drafts.remove(&part.row.id) {
            Some(found) if open.is_none() => (lead, open) = (Some(part), Some(found)),
            more => invoice_draft::billed_together(tx, context, more)?,
        }
    }
    let owes = |part: &&Ready| !lines(&part.drafted).is_empty();
    let lead = lead.or_else(|| parts.iter().find(owes)).or(parts.first());
    let Some(lead) = lead else {
        return Ok(Stand::Issue(None));
    };
    if open.is_none() && !invoice_draft::may_stand(context, &lead.contract.entity) {
        return Ok(Stand::Issue(None));
    }
    let owed = parts.iter().flat_map(|part| lines(&part.drafted)).cloned();
    let document = document_of(owed.collect())
        .map_err(|refusal| Refusal::whole(refusal.code(), refusal.to_string()))?;
    let document = rounding::rounded(tx, context, &lead.contract.entity, document)?;
    let whose = (&lead.row, &lead.contract);
    invoice_draft::stand(tx, context, whose, open, (&document, through), asked)
}

/// What is billed to one account at once.
struct Together<'a> {
    context: &'a Context,
    buyer: Customer,
}

/// A contract with its lines on a document.
type Share<'p> = (&'p Ready, Vec<TaxedLine>);

impl Together<'_> {
    /// Issues what is owed; answers the documents, what is given back of earlier invoices first.
    fn bill(&self, tx: &mut Tx<'_>, owing: Owing) -> Result<Vec<String>, AppFault> {
        let mut parts = owing.ready;
        let mut known = Known {
            due: self.carry_on(tx, &parts)?,
            positions: owing.positions,
        };
        let taken: Vec<Vec<TaxedLine>> = parts.iter_mut().map(Ready::take_lines).collect();
        let mut own: Vec<Share<'_>> = Vec::with_capacity(parts.len());
        let mut back: BTreeMap<String, Vec<(&Ready, TaxedLine)>> = BTreeMap::new();
        for (part, mut lines) in parts.iter().zip(taken) {
            // Few lines correct an earlier one: the others stay where they are.
            if lines.iter().any(|taxed| taxed.line.corrects.is_some()) {
                for taxed in std::mem::take(&mut lines) {
                    match self.billed_elsewhere(tx, &taxed)? {
                        None => lines.push(taxed),
                        Some(invoice) => back.entry(invoice).or_default().push((part, taxed)),
                    }
                }
            }
            if !lines.is_empty() {
                own.push((part, lines));
            }
        }
        let billed: Vec<&ContractId> = own.iter().map(|(part, _)| &part.contract.id).collect();
        let sum = |share: &Share<'_>| share.1.iter().map(total).sum::<i64>();
        let is_owed = own.iter().map(sum).sum::<i64>() >= 0;
        // One invoice by itself writes it while its lines are put into rows.
        let is_one_invoice = is_owed && back.is_empty() && !own.is_empty();
        if !is_one_invoice {
            std::mem::take(&mut known).write_due(tx)?;
        }
        let mut issued = Vec::new();
        for (invoice, given) in &back {
            issued.push(self.give_back(tx, invoice, given)?);
        }
        if is_owed {
            issued.extend(self.invoice(tx, own, known)?);
        } else {
            // A credit note belongs to one invoice, so every contract has its own.
            for one in own {
                match sum(&one) >= 0 {
                    true => issued.extend(self.invoice(tx, vec![one], Known::default())?),
                    false => issued.extend(self.credit_notes(tx, one)?),
                }
            }
        }
        self.could_be_billed(tx, &billed)?;
        parallel::let_go(parts);
        Ok(issued)
    }

    /// How far the contracts are looked at then; what is measured is written at once.
    fn carry_on(&self, tx: &mut Tx<'_>, parts: &[Ready]) -> Result<Vec<NextDue>, AppFault> {
        let mut due = Vec::new();
        for part in parts {
            if is_measured(&part.contract) {
                part.carry_on(tx, self.context)?.finish(tx)?;
                continue;
            }
            let after = part.next();
            if after != part.row.bill_from {
                due.push(NextDue {
                    contract: part.row.id.clone(),
                    version: part.row.version,
                    before: part.row.bill_from.clone(),
                    after,
                });
            }
        }
        Ok(due)
    }

    /// Clears what held the contracts.
    fn could_be_billed(&self, tx: &mut Tx<'_>, billed: &[&ContractId]) -> Result<(), AppFault> {
        let ids: Vec<&str> = billed.iter().map(|id| id.as_str()).collect();
        for held in excepted(tx, &ids)? {
            let id = stored_value("contract id", &held)?;
            apart::could_be_billed(tx, self.context, &id)?;
        }
        Ok(())
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
        let Some(invoice) = given_back::invoice_behind(tx, corrected.as_str())? else {
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

    /// What a contract is given back: a credit note for each invoice that it was billed on.
    fn credit_notes(
        &self,
        tx: &mut Tx<'_>,
        (part, lines): Share<'_>,
    ) -> Result<Vec<String>, AppFault> {
        let mut issued = Vec::new();
        for given in given_back::by_invoice(tx, lines)? {
            let Some(invoice) = given.invoice else {
                continue;
            };
            let source = document::invoice(tx, &invoice)?;
            issued.push(self.credit(tx, &self.buyer, (&[part], &given.lines), &source)?);
        }
        Ok(issued)
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
        let entity = &lead.contract.entity;
        let draft = Draft {
            rounding: rounding::of_credit_note(tx, self.context, entity, lines)?,
            ..self.draft(lead, buyer, kind, lines)
        };
        let sold = sold(parts.iter().copied(), buyer);
        let mut row = document::issue_sold(tx, self.context, &mut recorder, &draft, &sold)?;
        let released = credit::set_off(tx, self.context, &mut recorder, &mut row)?;
        credit_form::follow(tx, self.context, &row, &released)?;
        self.tell(tx, recorder, &row, parts)?;
        Ok(row.id)
    }

    fn invoice(
        &self,
        tx: &mut Tx<'_>,
        own: Vec<Share<'_>>,
        known: Known,
    ) -> Result<Option<String>, AppFault> {
        let parts: Vec<&Ready> = own.iter().map(|(part, _)| *part).collect();
        let Some(lead) = parts.first() else {
            return Ok(None);
        };
        let count = own.iter().map(|(_, lines)| lines.len()).sum();
        let mut lines: Vec<TaxedLine> = Vec::with_capacity(count);
        for (_, share) in own {
            lines.extend(share);
        }
        let mut recorder = self.recorder(lead, "invoice")?;
        let draft = Draft {
            rounding: rounding::of_invoice(self.context, &lead.contract.entity, &lines)?,
            ..self.draft(lead, &self.buyer, Kind::Invoice, &lines)
        };
        let sold = sold(parts.iter().copied(), &self.buyer);
        let what = (&draft, &sold);
        let mut row = document::issue_knowing(tx, self.context, &mut recorder, what, known)?;
        // Before the event is written, which takes as much room again.
        parallel::let_go(lines);
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
            rounding: None,
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

impl Ready {
    /// Its lines, which go onto a document.
    fn take_lines(&mut self) -> Vec<TaxedLine> {
        match std::mem::replace(&mut self.drafted, Document::Nothing) {
            Document::Nothing => Vec::new(),
            Document::Invoice(draft) => draft.lines,
            Document::CreditNote(draft) => draft.lines,
        }
    }
}

fn lines(document: &Document) -> &[TaxedLine] {
    match document {
        Document::Nothing => &[],
        Document::Invoice(draft) => &draft.lines,
        Document::CreditNote(draft) => &draft.lines,
    }
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
