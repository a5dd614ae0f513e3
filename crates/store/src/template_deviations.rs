//! The contracts of a legal entity by how they stand to the billing templates, with the quote that
//! they were and who approved it.

use crate::{StoreFault, Tx, params};

/// A contract and how it stands to the billing templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateStandRow {
    /// The contract.
    pub contract: String,
    /// Its customer.
    pub customer: String,
    /// What the customer is called.
    pub name: String,
    /// Where it stands itself, such as `active`.
    pub status: String,
    /// The template that it names, or empty.
    pub template: String,
    /// Where it deviates, one a line.
    pub deviates_in: String,
    /// The quote that it was, or empty.
    pub quote: String,
    /// The request by which that was approved, or empty.
    pub approval: String,
    /// Who granted it, or empty.
    pub checker: String,
}

/// Contracts of an entity (of all for an empty text) that stand to the templates in one way, by id after
/// `after`: `standard`, `deviating`, `without`, or all for an empty text.
///
/// # Errors
/// When the database refuses.
pub fn contracts(
    tx: &mut Tx<'_>,
    (entity, stand): (&str, &str),
    after: &str,
    limit: i64,
) -> Result<Vec<TemplateStandRow>, StoreFault> {
    tx.query(
        "SELECT c.id, c.customer, coalesce(b.name, ''), c.status, coalesce(o.template, ''), \
         coalesce(o.deviates_in, ''), coalesce(o.quote, ''), coalesce(v.approval, ''), coalesce(a.checker, '') \
         FROM contract c \
         LEFT JOIN customer b ON b.id = c.customer \
         LEFT JOIN contract_origin o ON o.contract = c.id \
         LEFT JOIN quote q ON q.id = o.quote \
         LEFT JOIN quote_version v ON v.quote = q.id AND v.version = q.version \
         LEFT JOIN approval a ON a.id = v.approval \
         WHERE (?1 = '' OR c.entity = ?1) AND c.id > ?3 \
         AND (?2 = '' OR ?2 = CASE WHEN coalesce(o.template, '') = '' THEN 'without' \
           WHEN o.deviations > 0 THEN 'deviating' ELSE 'standard' END) \
         ORDER BY c.id LIMIT ?4",
        params![entity, stand, after, limit],
        |mut row| {
            Ok(TemplateStandRow {
                contract: row.text(0)?,
                customer: row.text(1)?,
                name: row.text(2)?,
                status: row.text(3)?,
                template: row.text(4)?,
                deviates_in: row.text(5)?,
                quote: row.text(6)?,
                approval: row.text(7)?,
                checker: row.text(8)?,
            })
        },
    )
}
