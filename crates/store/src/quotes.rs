//! Quotes with their versions and steps, what the catalogue offers above products, and how contracts
//! came to be.

use crate::{StoreFault, Tx, params};

table! {
    /// A version of an offer of the catalogue.
    OfferRow in "catalogue_offer" {
        /// `plan`, `bundle`, `add_on`, `template` or `standalone`.
        kind: text,
        /// Its code.
        code: text,
        /// From 1.
        version: int,
        /// Its name.
        name: text,
        /// The offer as JSON.
        body: text,
        /// Who published it.
        maker: text,
        /// When, microseconds.
        recorded: int,
    }
}

table! {
    /// A version of a product.
    ProductVersionRow in "product_version" {
        /// Its code.
        product: text,
        /// From 1.
        version: int,
        /// The product as JSON.
        body: text,
        /// Who published it.
        maker: text,
        /// When, microseconds.
        recorded: int,
    }
}

table! {
    /// A quote.
    QuoteRow in "quote" {
        /// Id.
        id: text,
        /// Who is to buy.
        customer: text,
        /// Who sells.
        entity: text,
        /// Currency.
        currency: text,
        /// The id of the contract that it becomes.
        contract: text,
        /// Its latest version.
        version: int,
        /// Where that stands.
        status: text,
        /// Last day on which it can be accepted, or empty.
        valid_until: text,
        /// Who wrote it.
        seller: text,
        /// Total contract value of the latest version, minor units.
        tcv: int,
        /// Chain.
        correlation: text,
        /// When it was written, microseconds.
        created: int,
        /// When it last moved, microseconds.
        changed: int,
    }
}

table! {
    /// A version of a quote.
    QuoteVersionRow in "quote_version" {
        /// The quote.
        quote: text,
        /// From 1.
        version: int,
        /// Where it stands.
        status: text,
        /// `draft`, `converted` or `withdrawn`; empty before it is accepted.
        order_status: text,
        /// The request for its approval, or empty.
        approval: text,
        /// Who wrote it.
        maker: text,
        /// Why it was written, or what became of it.
        reason: text,
        /// What was asked, as JSON.
        content: text,
        /// The contract that it is, as JSON.
        contract: text,
        /// What it comes to, as JSON.
        figures: text,
        /// Where it deviates from its template, one a line.
        deviations: text,
        /// When the customer signed, or empty.
        signed: text,
        /// The day by which the contract is to be in force, or empty.
        activate_by: text,
        /// When it was written, microseconds.
        recorded: int,
    }
}

table! {
    /// Something that happened to a quote.
    QuoteStepRow in "quote_step" {
        /// The quote.
        quote: text,
        /// From 1.
        number: int,
        /// The version it happened to.
        version: int,
        /// When, microseconds.
        at: int,
        /// Who did it.
        actor: text,
        /// The status after it, or `order_withdrawn`.
        step: text,
        /// In words.
        words: text,
    }
}

table! {
    /// How a contract came to be.
    ContractOriginRow in "contract_origin" {
        /// The contract.
        contract: text,
        /// Who sells.
        entity: text,
        /// The quote that it was, or empty.
        quote: text,
        /// The billing template, or empty.
        template: text,
        /// In how many places it deviates from the template.
        deviations: int,
        /// In which, one a line.
        deviates_in: text,
        /// When it was signed, or empty.
        signed: text,
        /// The day by which it was to be in force, or empty.
        due: text,
        /// The day on which it was put in force.
        activated: text,
        /// Days from signature to then.
        lag_days: int,
    }
}

/// Every offer in its latest version, by kind and code.
///
/// # Errors
/// When the database refuses.
pub fn offers(tx: &mut Tx<'_>) -> Result<Vec<OfferRow>, StoreFault> {
    let columns = OfferRow::columns("o.");
    tx.query(
        &format!(
            "SELECT {columns} FROM catalogue_offer o WHERE o.version = \
             (SELECT max(n.version) FROM catalogue_offer n WHERE n.kind = o.kind AND n.code = o.code) \
             ORDER BY o.kind, o.code"
        ),
        &[],
        OfferRow::read,
    )
}

/// The versions of an offer, newest first.
///
/// # Errors
/// When the database refuses.
pub fn offer_versions(
    tx: &mut Tx<'_>,
    kind: &str,
    code: &str,
) -> Result<Vec<OfferRow>, StoreFault> {
    let columns = OfferRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM catalogue_offer WHERE kind = ?1 AND code = ?2 ORDER BY version DESC"
        ),
        params![kind, code],
        OfferRow::read,
    )
}

/// The versions of a product, newest first.
///
/// # Errors
/// When the database refuses.
pub fn product_versions(
    tx: &mut Tx<'_>,
    product: &str,
) -> Result<Vec<ProductVersionRow>, StoreFault> {
    let columns = ProductVersionRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM product_version WHERE product = ?1 ORDER BY version DESC"),
        params![product],
        ProductVersionRow::read,
    )
}

/// A quote.
///
/// # Errors
/// When the database refuses.
pub fn quote(tx: &mut Tx<'_>, id: &str) -> Result<Option<QuoteRow>, StoreFault> {
    let columns = QuoteRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM quote WHERE id = ?1"),
        params![id],
        QuoteRow::read,
    )
}

/// Quotes before `before` (exclusive; empty for the newest), newest first; of one status and one
/// customer where they are named.
///
/// # Errors
/// When the database refuses.
pub fn quotes(
    tx: &mut Tx<'_>,
    (status, customer): (&str, &str),
    before: &str,
    limit: i64,
) -> Result<Vec<QuoteRow>, StoreFault> {
    let columns = QuoteRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM quote WHERE (?1 = '' OR status = ?1) AND (?2 = '' OR customer = ?2) \
             AND (?3 = '' OR id < ?3) ORDER BY id DESC LIMIT ?4"
        ),
        params![status, customer, before, limit],
        QuoteRow::read,
    )
}

/// Open quotes whose last day lies before `day`.
///
/// # Errors
/// When the database refuses.
pub fn run_out(tx: &mut Tx<'_>, day: &str, limit: i64) -> Result<Vec<QuoteRow>, StoreFault> {
    let columns = QuoteRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM quote WHERE status IN ('draft', 'submitted', 'approved') \
             AND valid_until <> '' AND valid_until < ?1 ORDER BY valid_until, id LIMIT ?2"
        ),
        params![day, limit],
        QuoteRow::read,
    )
}

/// Moves a quote.
///
/// # Errors
/// When the database refuses.
pub fn put_quote(tx: &mut Tx<'_>, row: &QuoteRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE quote SET version = ?2, status = ?3, valid_until = ?4, tcv = ?5, changed = ?6, \
         customer = ?7, entity = ?8, currency = ?9 WHERE id = ?1",
        params![
            &row.id,
            row.version,
            &row.status,
            &row.valid_until,
            row.tcv,
            row.changed,
            &row.customer,
            &row.entity,
            &row.currency
        ],
    )?;
    Ok(())
}

/// A version of a quote.
///
/// # Errors
/// When the database refuses.
pub fn version(
    tx: &mut Tx<'_>,
    quote: &str,
    version: i64,
) -> Result<Option<QuoteVersionRow>, StoreFault> {
    let columns = QuoteVersionRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM quote_version WHERE quote = ?1 AND version = ?2"),
        params![quote, version],
        QuoteVersionRow::read,
    )
}

/// All versions of a quote, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn versions(tx: &mut Tx<'_>, quote: &str) -> Result<Vec<QuoteVersionRow>, StoreFault> {
    let columns = QuoteVersionRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM quote_version WHERE quote = ?1 ORDER BY version"),
        params![quote],
        QuoteVersionRow::read,
    )
}

/// Moves a version of a quote; what it says is never changed.
///
/// # Errors
/// When the database refuses.
pub fn put_version(tx: &mut Tx<'_>, row: &QuoteVersionRow) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE quote_version SET status = ?3, order_status = ?4, approval = ?5, reason = ?6, \
         signed = ?7, activate_by = ?8 WHERE quote = ?1 AND version = ?2",
        params![
            &row.quote,
            row.version,
            &row.status,
            &row.order_status,
            &row.approval,
            &row.reason,
            &row.signed,
            &row.activate_by
        ],
    )?;
    Ok(())
}

/// Signed versions whose contract was to be in force before `day` and is not.
///
/// # Errors
/// When the database refuses.
pub fn late_orders(
    tx: &mut Tx<'_>,
    day: &str,
    limit: i64,
) -> Result<Vec<QuoteVersionRow>, StoreFault> {
    let columns = QuoteVersionRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM quote_version WHERE order_status = 'draft' AND activate_by < ?1 \
             ORDER BY activate_by, quote LIMIT ?2"
        ),
        params![day, limit],
        QuoteVersionRow::read,
    )
}

/// What happened to a quote, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn steps(tx: &mut Tx<'_>, quote: &str) -> Result<Vec<QuoteStepRow>, StoreFault> {
    let columns = QuoteStepRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM quote_step WHERE quote = ?1 ORDER BY number"),
        params![quote],
        QuoteStepRow::read,
    )
}

/// How a contract came to be, if that is known.
///
/// # Errors
/// When the database refuses.
pub fn origin(tx: &mut Tx<'_>, contract: &str) -> Result<Option<ContractOriginRow>, StoreFault> {
    let columns = ContractOriginRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM contract_origin WHERE contract = ?1"),
        params![contract],
        ContractOriginRow::read,
    )
}

/// How the contracts of an entity stand to the billing templates, and how late they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginCount {
    /// Legal entity.
    pub entity: String,
    /// All its contracts.
    pub contracts: i64,
    /// Those that follow a template to the letter.
    pub standard: i64,
    /// Those that name a template and deviate from it.
    pub deviating: i64,
    /// In how many places they do.
    pub deviations: i64,
    /// Those of which the day of signature is known.
    pub measured: i64,
    /// The days from signature to force, of all of them.
    pub lag_days: i64,
    /// The most of them.
    pub longest: i64,
    /// Those that were late.
    pub late: i64,
}

/// How contracts stand to the billing templates, by entity.
///
/// # Errors
/// When the database refuses.
pub fn origin_counts(tx: &mut Tx<'_>) -> Result<Vec<OriginCount>, StoreFault> {
    tx.query(
        "SELECT c.entity, CAST(count(*) AS BIGINT), \
         CAST(sum(CASE WHEN o.template <> '' AND o.deviations = 0 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(sum(CASE WHEN o.template <> '' AND o.deviations > 0 THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(sum(coalesce(o.deviations, 0)) AS BIGINT), \
         CAST(sum(CASE WHEN o.signed <> '' THEN 1 ELSE 0 END) AS BIGINT), \
         CAST(sum(coalesce(o.lag_days, 0)) AS BIGINT), \
         CAST(max(coalesce(o.lag_days, 0)) AS BIGINT), \
         CAST(sum(CASE WHEN o.due <> '' AND o.activated > o.due THEN 1 ELSE 0 END) AS BIGINT) \
         FROM contract c LEFT JOIN contract_origin o ON o.contract = c.id \
         GROUP BY c.entity ORDER BY c.entity",
        &[],
        |mut row| {
            Ok(OriginCount {
                entity: row.text(0)?,
                contracts: row.int(1)?,
                standard: row.int(2)?,
                deviating: row.int(3)?,
                deviations: row.int(4)?,
                measured: row.int(5)?,
                lag_days: row.int(6)?,
                longest: row.int(7)?,
                late: row.int(8)?,
            })
        },
    )
}

/// How long the contracts of an entity took from signature to force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationLag {
    /// Legal entity.
    pub entity: String,
    /// Contracts of which the day of signature is known.
    pub measured: i64,
    /// The days of all of them.
    pub days: i64,
    /// The most of them.
    pub longest: i64,
    /// Those that were late.
    pub late: i64,
}

/// How long contracts took from signature to force, by entity.
///
/// # Errors
/// When the database refuses.
pub fn activation_lags(tx: &mut Tx<'_>) -> Result<Vec<ActivationLag>, StoreFault> {
    tx.query(
        "SELECT entity, CAST(count(*) AS BIGINT), CAST(sum(lag_days) AS BIGINT), \
         CAST(max(lag_days) AS BIGINT), \
         CAST(sum(CASE WHEN activated > due THEN 1 ELSE 0 END) AS BIGINT) \
         FROM contract_origin WHERE signed <> '' GROUP BY entity ORDER BY entity",
        &[],
        |mut row| {
            Ok(ActivationLag {
                entity: row.text(0)?,
                measured: row.int(1)?,
                days: row.int(2)?,
                longest: row.int(3)?,
                late: row.int(4)?,
            })
        },
    )
}
