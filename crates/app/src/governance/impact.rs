//! What a proposed configuration would have changed: real events of the last days are decided again
//! under it, in memory, beside the configuration in force. Nothing is recorded.

use super::document::Document;
use super::view::{Impact, ImpactPark, ImpactRow};
use super::{gate, mappings};
use crate::fault::{AppFault, stored};
use crate::record::{Context, read_envelope};
use billing::TaxTable;
use commerce::Contract;
use control::deviation::Template;
use control::mapping::Mapping;
use control::topology::{Domain, Mode, RoutedFact, Topology};
use events::{Envelope, Event};
use ledger::{Chart, JournalDraft, POSTING_EVENTS, PostingRefusal, RuleBook};
use std::collections::BTreeMap;
use store::{StoreFault, Tx, contracts, governance, log};
use values::{Currency, Money, Month, Rounding, round_to_minor};

/// Most parked events that are listed one by one.
const LISTED: usize = 50;
/// Most rows of differences that are kept.
const ROWS: usize = 500;
/// Contracts looked at in one step.
const PAGE: i64 = 500;
/// The account under which differences of tax are shown.
const TAX: &str = "tax";

/// Decides the last `days` days again under a proposed document.
///
/// # Errors
/// When the store fails or an event cannot be read.
pub(super) fn of(
    tx: &mut Tx<'_>,
    context: &Context,
    proposed: &Document,
    days: u32,
) -> Result<Impact, AppFault> {
    let mut run = Run::new(context, days);
    match proposed {
        Document::PostingRules(rules) => run.journals(tx, Some(rules), &context.books.chart)?,
        Document::Chart(chart) => run.journals(tx, None, chart)?,
        Document::Tax(table) => run.taxes(tx, table)?,
        Document::Topology(topology) => run.topology(tx, topology)?,
        Document::Salesforce(mapping) => run.crm(tx, mapping)?,
        Document::Netsuite(mapping) => run.codes(mapping),
        Document::Template(template) => run.template(template),
        Document::ApprovalPolicy => run.impact.notes.push(
            "What waits for a second person changes; the difference of the text says how."
                .to_owned(),
        ),
    }
    Ok(run.finished())
}

/// Entity, account, month and currency.
type Key = (String, String, String, Currency);

struct Run<'c> {
    context: &'c Context,
    since: i64,
    impact: Impact,
    sums: BTreeMap<Key, (i64, i64)>,
}

impl<'c> Run<'c> {
    fn new(context: &'c Context, days: u32) -> Self {
        Run {
            context,
            since: context
                .now
                .plus_seconds(-i64::from(days) * 86_400)
                .microseconds(),
            impact: Impact {
                days,
                ..Impact::default()
            },
            sums: BTreeMap::new(),
        }
    }

    fn finished(mut self) -> Impact {
        for ((entity, account, month, currency), (before, after)) in self.sums {
            let difference = after.saturating_sub(before);
            if difference != 0 && self.impact.rows.len() < ROWS {
                let money = |minor| Money::from_minor(minor, currency);
                self.impact.rows.push(ImpactRow {
                    entity,
                    account,
                    month,
                    before: money(before),
                    after: money(after),
                    difference: money(difference),
                });
            }
        }
        self.impact
    }

    fn would_park(&mut self, id: String, kind: &str, why: String) {
        if self.impact.would_park.len() < LISTED {
            let kind = kind.to_owned();
            self.impact.would_park.push(ImpactPark { id, kind, why });
        } else {
            self.impact.would_park_more += 1;
        }
    }

    /// Every recorded event of these types since the first day, in order.
    fn each_event(
        &mut self,
        tx: &mut Tx<'_>,
        types: &[&'static str],
        mut each: impl FnMut(&mut Self, &Envelope) -> Result<(), AppFault>,
    ) -> Result<(), AppFault> {
        let mut fault = None;
        log::each_of_types(tx, types, "", |stored| {
            if stored.recorded < self.since || fault.is_some() {
                return Ok(());
            }
            let done = read_envelope(stored).and_then(|envelope| {
                self.impact.events += 1;
                each(self, &envelope)
            });
            fault = done.err();
            Ok::<(), StoreFault>(())
        })?;
        fault.map_or(Ok(()), Err)
    }

    /// Journals under other rules (those in force when absent) and another chart.
    fn journals(
        &mut self,
        tx: &mut Tx<'_>,
        rules: Option<&RuleBook>,
        chart: &Chart,
    ) -> Result<(), AppFault> {
        let types: Vec<&str> = POSTING_EVENTS.iter().map(|it| it.event_type).collect();
        let books = self.context.books.clone();
        self.each_event(tx, &types, |run, envelope| {
            let Some(entity) = &envelope.entity else {
                return Ok(());
            };
            let Ok(Some(facts)) = ledger::facts(envelope) else {
                return Ok(());
            };
            let in_force = books.governance.rules_on(&books.rules, envelope.effective);
            let post = |rules: &RuleBook, chart: &Chart| {
                rules.post(&facts, chart, entity, envelope.effective)
            };
            let before = post(in_force, &books.chart);
            let after = post(rules.unwrap_or(in_force), chart);
            run.compare(envelope, before, after);
            Ok(())
        })
    }

    fn compare(
        &mut self,
        envelope: &Envelope,
        before: Result<Option<JournalDraft>, PostingRefusal>,
        after: Result<Option<JournalDraft>, PostingRefusal>,
    ) {
        let lines = |drafted: &Result<Option<JournalDraft>, PostingRefusal>| match drafted {
            Ok(Some(draft)) => draft.lines.clone(),
            Ok(None) | Err(_) => Vec::new(),
        };
        let (old, new) = (lines(&before), lines(&after));
        if old != new {
            self.impact.journals_changed += 1;
        }
        match (&before, &after) {
            (Ok(_), Err(refusal)) => self.would_park(
                envelope.id.as_str().to_owned(),
                envelope.event.type_name(),
                refusal.to_string(),
            ),
            (Err(_), Ok(_)) => self.impact.would_go_on += 1,
            (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
        }
        let entity = envelope.entity.as_ref().map_or("", |it| it.as_str());
        let month = Month::of(envelope.effective).to_string();
        for (line, is_new) in old
            .iter()
            .map(|it| (it, false))
            .chain(new.iter().map(|it| (it, true)))
        {
            let key = (
                entity.to_owned(),
                line.account.as_str().to_owned(),
                month.clone(),
                line.currency,
            );
            self.add(key, line.amount, is_new);
        }
    }

    fn add(&mut self, key: Key, amount: i64, is_new: bool) {
        let sums = self.sums.entry(key).or_default();
        let sum = if is_new { &mut sums.1 } else { &mut sums.0 };
        *sum = sum.saturating_add(amount);
    }

    /// Tax of the documents issued, at other rates.
    fn taxes(&mut self, tx: &mut Tx<'_>, table: &TaxTable) -> Result<(), AppFault> {
        let types = ["com.tieout.billing.invoice.issued.v1"];
        self.each_event(tx, &types, |run, envelope| {
            let (Event::InvoiceIssued(document), Some(entity)) =
                (&envelope.event, &envelope.entity)
            else {
                return Ok(());
            };
            let mut changed = false;
            for line in &document.lines {
                match table.rate(entity, &line.tax_code, envelope.effective) {
                    Ok(rate) => {
                        let exact = line.net.decimal() * rate.rate.decimal();
                        let currency = line.net.currency;
                        let minor = round_to_minor(exact, currency, Rounding::HalfUp).unwrap_or(0);
                        let month = Month::of(envelope.effective).to_string();
                        let key = (entity.as_str().to_owned(), TAX.to_owned(), month, currency);
                        run.add(key.clone(), line.tax.minor, false);
                        run.add(key, minor, true);
                        changed |= minor != line.tax.minor;
                    }
                    Err(refusal) => {
                        let id = envelope.id.as_str().to_owned();
                        run.would_park(id, envelope.event.type_name(), refusal.to_string());
                    }
                }
            }
            run.impact.journals_changed += u64::from(changed);
            Ok(())
        })
    }

    /// Deals that another topology would have held, journals that would have gone elsewhere, and
    /// contracts that would be billed elsewhere.
    fn topology(&mut self, tx: &mut Tx<'_>, proposed: &Topology) -> Result<(), AppFault> {
        let books = self.context.books.clone();
        let (before, salesforce) = (&books.governance.topology, &books.governance.salesforce);
        for (id, order) in mappings::received(tx, self.since, salesforce)? {
            let Ok(order) = order else { continue };
            self.impact.events += 1;
            let told = |topology: &Topology| {
                let wanted = gate::order_writes(topology, &order);
                gate::obstacles(topology, &order.system, &wanted)
            };
            match (told(before).is_empty(), told(proposed)) {
                (true, after) if !after.is_empty() => {
                    let why: Vec<String> = after.into_iter().map(|(_, why)| why).collect();
                    self.would_park(id, "won deal", why.join("; "));
                }
                (false, after) if after.is_empty() => self.impact.would_go_on += 1,
                _ => {}
            }
        }
        let mut moved: BTreeMap<(String, String), u64> = BTreeMap::new();
        let types: Vec<&str> = POSTING_EVENTS.iter().map(|it| it.event_type).collect();
        self.each_event(tx, &types, |_, envelope| {
            let entity = envelope.entity.as_ref().map(|it| it.as_str());
            let to = |topology: &Topology| {
                let place = topology.place(entity, None);
                let to = topology.route(RoutedFact::Journals, &place);
                to.unwrap_or("nobody").to_owned()
            };
            let (old, new) = (to(before), to(proposed));
            if old != new {
                *moved.entry((old, new)).or_default() += 1;
            }
            Ok(())
        })?;
        for ((old, new), count) in moved {
            self.impact.notes.push(format!(
                "{count} journals would have gone to {new} instead of {old}"
            ));
        }
        self.billed(tx, before, proposed)
    }

    fn billed(
        &mut self,
        tx: &mut Tx<'_>,
        before: &Topology,
        proposed: &Topology,
    ) -> Result<(), AppFault> {
        let (mut away, mut here) = (0_u64, 0_u64);
        let mut after = String::new();
        loop {
            let page = contracts::all_after(tx, &after, PAGE)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for row in page {
                let contract: Contract = stored("contract", &row.body)?;
                let ours = |topology: &Topology| {
                    contract.components.iter().all(|component| {
                        let place =
                            topology.place(Some(&row.entity), Some(component.product.as_str()));
                        topology.mode(Domain::Billing, &place) == Mode::Act
                    })
                };
                match (ours(before), ours(proposed)) {
                    (true, false) => away += 1,
                    (false, true) => here += 1,
                    _ => {}
                }
            }
        }
        for (count, words) in [
            (away, "would be billed elsewhere"),
            (here, "would be billed here"),
        ] {
            if count > 0 {
                self.impact.notes.push(format!("{count} contracts {words}"));
            }
        }
        Ok(())
    }

    /// Deals of the CRM read by another mapping.
    fn crm(&mut self, tx: &mut Tx<'_>, proposed: &Mapping) -> Result<(), AppFault> {
        let books = self.context.books.clone();
        let mut changed = 0_u64;
        let old = mappings::received(tx, self.since, &books.governance.salesforce)?;
        let new = mappings::received(tx, self.since, proposed)?;
        for ((id, before), (_, after)) in old.into_iter().zip(new) {
            self.impact.events += 1;
            match (before, after) {
                (Ok(before), Ok(after)) => changed += u64::from(before != after),
                (Ok(_), Err(unmapped)) => {
                    let why: Vec<String> = unmapped.iter().map(ToString::to_string).collect();
                    self.would_park(id, "won deal", why.join("; "));
                }
                (Err(_), Ok(_)) => self.impact.would_go_on += 1,
                (Err(_), Err(_)) => {}
            }
        }
        if changed > 0 {
            self.impact
                .notes
                .push(format!("{changed} deals would have been read differently"));
        }
        for (field, theirs) in &proposed.fields {
            let before = books.governance.salesforce.field(field);
            if before != Some(theirs.as_str()) {
                let before = before.unwrap_or("its standard name");
                self.impact
                    .notes
                    .push(format!("{field} is read from {theirs} instead of {before}"));
            }
        }
        Ok(())
    }

    /// Codes that go out by another id.
    fn codes(&mut self, proposed: &Mapping) {
        let before = &self.context.books.governance.netsuite;
        let map = |mapping: &Mapping, field: &str| {
            mapping
                .map(field)
                .map_or_else(BTreeMap::new, |it| it.map.clone())
        };
        for field in control::mapping::NETSUITE_VALUES {
            let (old, new) = (map(before, field), map(proposed, field));
            for (code, id) in &new {
                if old.get(code) != Some(id) {
                    let was = old.get(code).map_or("the settings file", String::as_str);
                    self.impact
                        .notes
                        .push(format!("{field} {code}: {was} → {id}"));
                }
            }
            for code in old.keys().filter(|code| !new.contains_key(*code)) {
                self.impact.notes.push(format!(
                    "{field} {code}: no map any more; the settings file holds"
                ));
            }
        }
    }

    fn template(&mut self, proposed: &Template) {
        let before = &self.context.books.governance.template;
        for key in &proposed.keys {
            let was = before.key(&key.key).map(|it| it.value.as_str());
            if was != Some(key.value.as_str()) {
                let was = was.unwrap_or("nothing");
                self.impact
                    .notes
                    .push(format!("{}: {was} → {}", key.key, key.value));
            }
        }
        let local = &self.context.books.governance.overrides;
        for ((entity, key), value) in local {
            if proposed.key(key).is_none_or(|it| !it.overridable) {
                self.impact.notes.push(format!(
                    "the local value {value} of {key} in {entity} would lose its key"
                ));
            }
        }
    }
}

/// The impact in one sentence.
pub(super) fn summary(impact: &Impact) -> String {
    let parked = impact.would_park.len() as u64 + impact.would_park_more;
    let nothing = impact.journals_changed == 0
        && parked == 0
        && impact.would_go_on == 0
        && impact.notes.is_empty();
    if nothing {
        return format!(
            "No difference over {} events of {} days",
            impact.events, impact.days
        );
    }
    let mut parts = vec![format!("{} events of {} days", impact.events, impact.days)];
    if impact.journals_changed > 0 {
        parts.push(format!("{} journals differ", impact.journals_changed));
    }
    if parked > 0 {
        parts.push(format!("{parked} would be held"));
    }
    if impact.would_go_on > 0 {
        parts.push(format!("{} could go on", impact.would_go_on));
    }
    if !impact.notes.is_empty() {
        parts.push(format!("{} other differences", impact.notes.len()));
    }
    parts.join(", ")
}

/// Raw records are read in `governance::mappings`; this keeps the store's reader in one place.
pub(super) fn each_raw(
    tx: &mut Tx<'_>,
    since: i64,
    mut each: impl FnMut(String, Vec<u8>),
) -> Result<(), AppFault> {
    governance::each_received(
        tx,
        crate::connections::SALESFORCE,
        since,
        |id, kind, raw| {
            if kind == crate::intake::salesforce::OPPORTUNITY {
                each(id, raw);
            }
            Ok(())
        },
    )?;
    Ok(())
}
