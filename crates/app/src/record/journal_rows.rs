//! Journals as they are written, and their delivery to the outside ledger.

use super::behind::{Behind, narrate};
use super::{Context, Intent};
use events::Envelope;
use ledger::JournalDraft;
use store::journals::{JournalLineRow, JournalRow};
use values::{Currency, JournalId, Money, Month};

/// Journals ready to be written.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) journals: Vec<JournalRow>,
    pub(super) lines: Vec<JournalLineRow>,
    pub(super) deliveries: Vec<Intent>,
}

impl Rows {
    pub(super) fn keep(
        &mut self,
        context: &Context,
        envelope: &Envelope,
        draft: &JournalDraft,
        id: Option<JournalId>,
    ) {
        let id = id.unwrap_or_else(|| JournalId::mint(&*context.ids, context.now));
        let month = Month::of(draft.date).to_string();
        let behind = Behind::of(&envelope.event);
        let currency = draft
            .lines
            .first()
            .map_or(Currency::USD, |line| line.currency);
        let total = draft.lines.iter().map(|line| line.amount.max(0)).sum();
        for (index, line) in draft.lines.iter().enumerate() {
            self.lines.push(JournalLineRow {
                journal: id.as_str().to_owned(),
                line: index as i64 + 1,
                entity: draft.entity.as_str().to_owned(),
                account: line.account.as_str().to_owned(),
                currency: line.currency.code().to_owned(),
                month: month.clone(),
                amount: line.amount,
                product: line
                    .dimensions
                    .product
                    .as_ref()
                    .map_or_else(String::new, |code| code.as_str().to_owned()),
            });
        }
        let told = context.books.governance.tells(
            control::topology::RoutedFact::Journals,
            "netsuite",
            Some(draft.entity.as_str()),
        );
        if context.books.routing.deliver_journals && told {
            self.deliveries.push(delivery(
                envelope,
                draft,
                &id,
                &behind,
                Money::from_minor(total, currency),
            ));
        }
        self.journals.push(JournalRow {
            id: id.as_str().to_owned(),
            entity: draft.entity.as_str().to_owned(),
            date: draft.date.to_string(),
            month,
            event: envelope.id.as_str().to_owned(),
            event_type: envelope.event.type_name().to_owned(),
            rule: draft.rule.clone(),
            rule_version: i64::from(draft.rule_version),
            narration: narrate(&envelope.event),
            document: behind.document,
            contract: behind.contract,
            customer: behind.customer,
            correlation: envelope.correlation.as_str().to_owned(),
            currency: currency.code().to_owned(),
            total,
            reverses: behind.reverses,
            recorded: context.now.microseconds(),
        });
    }
}

fn delivery(
    envelope: &Envelope,
    draft: &JournalDraft,
    id: &JournalId,
    behind: &Behind,
    value: Money,
) -> Intent {
    let key = if behind.contract.is_empty() {
        &behind.customer
    } else {
        &behind.contract
    };
    let lane = if key.is_empty() {
        format!("ledger/{}/{}", draft.entity, Month::of(envelope.effective))
    } else {
        format!("ledger/{key}")
    };
    Intent {
        lane,
        connection: "netsuite",
        operation: "netsuite.journal_entry",
        subject: format!("journal/{id}"),
        key: format!("netsuite/journal/{id}"),
        request: serde_json::json!({ "journal": id }),
        entity: Some(draft.entity.clone()),
        value: Some(value),
    }
}
