//! Legal entities, products, customers, and what they are called in other systems.

use crate::{StoreFault, Tx, params};

table! {
    /// A customer.
    CustomerRow in "customer" {
        /// Id.
        id: text,
        /// Registered name.
        name: text,
        /// `good`, `past_due` or `in_collection`.
        standing: text,
        /// The chain that its creation started.
        correlation: text,
        /// When, microseconds.
        created: int,
        /// The whole customer as JSON.
        body: text,
    }
}

table! {
    /// The name of one of our objects in another system.
    ReferenceRow in "reference" {
        /// The system.
        system: text,
        /// Its word for the kind of object.
        kind: text,
        /// Its id.
        id: text,
        /// Our object, such as `contract/con_01J…`.
        object: text,
        /// Its chain.
        correlation: text,
    }
}

/// Adds or replaces a legal entity.
///
/// # Errors
/// When the database refuses.
pub fn put_entity(tx: &mut Tx<'_>, id: &str, body: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO entity (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        params![id, body],
    )?;
    Ok(())
}

/// All legal entities: (id, body).
///
/// # Errors
/// When the database refuses.
pub fn entities(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query("SELECT id, body FROM entity ORDER BY id", &[], |mut row| {
        Ok((row.text(0)?, row.text(1)?))
    })
}

/// Adds or replaces a product.
///
/// # Errors
/// When the database refuses.
pub fn put_product(tx: &mut Tx<'_>, code: &str, body: &str) -> Result<(), StoreFault> {
    tx.execute(
        "INSERT INTO product (code, body) VALUES (?1, ?2) ON CONFLICT (code) DO UPDATE SET body = excluded.body",
        params![code, body],
    )?;
    Ok(())
}

/// All products: (code, body).
///
/// # Errors
/// When the database refuses.
pub fn products(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>, StoreFault> {
    tx.query(
        "SELECT code, body FROM product ORDER BY code",
        &[],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// A customer.
///
/// # Errors
/// When the database refuses.
pub fn customer(tx: &mut Tx<'_>, id: &str) -> Result<Option<CustomerRow>, StoreFault> {
    let columns = CustomerRow::columns("");
    tx.query_one(
        &format!("SELECT {columns} FROM customer WHERE id = ?1"),
        params![id],
        CustomerRow::read,
    )
}

/// Customers after `after` by id.
///
/// # Errors
/// When the database refuses.
pub fn customers(tx: &mut Tx<'_>, after: &str, limit: i64) -> Result<Vec<CustomerRow>, StoreFault> {
    let columns = CustomerRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM customer WHERE id > ?1 ORDER BY id LIMIT ?2"),
        params![after, limit],
        CustomerRow::read,
    )
}

/// Changes what we know of a customer.
///
/// # Errors
/// When the database refuses.
pub fn update_customer(
    tx: &mut Tx<'_>,
    id: &str,
    name: &str,
    standing: &str,
    body: &str,
) -> Result<(), StoreFault> {
    tx.execute(
        "UPDATE customer SET name = ?2, standing = ?3, body = ?4 WHERE id = ?1",
        params![id, name, standing, body],
    )?;
    Ok(())
}

/// Our object behind an id of another system: (object, chain).
///
/// # Errors
/// When the database refuses.
pub fn referred(
    tx: &mut Tx<'_>,
    system: &str,
    kind: &str,
    id: &str,
) -> Result<Option<(String, String)>, StoreFault> {
    tx.query_one(
        "SELECT object, correlation FROM reference WHERE system = ?1 AND kind = ?2 AND id = ?3",
        params![system, kind, id],
        |mut row| Ok((row.text(0)?, row.text(1)?)),
    )
}

/// The names of one of our objects in other systems.
///
/// # Errors
/// When the database refuses.
pub fn references_of(tx: &mut Tx<'_>, object: &str) -> Result<Vec<ReferenceRow>, StoreFault> {
    let columns = ReferenceRow::columns("");
    tx.query(
        &format!("SELECT {columns} FROM reference WHERE object = ?1 ORDER BY system, kind, id"),
        params![object],
        ReferenceRow::read,
    )
}

/// Notes the name of one of our objects in another system; a name that is there stays.
///
/// # Errors
/// When the database refuses.
pub fn refer(tx: &mut Tx<'_>, row: &ReferenceRow) -> Result<(), StoreFault> {
    tx.execute(
        &ReferenceRow::insert_text("ON CONFLICT (system, kind, id) DO NOTHING"),
        &row.params(),
    )?;
    Ok(())
}

/// Customers by name, after (name, id), exclusive.
///
/// # Errors
/// When the database refuses.
pub fn customers_by_name(
    tx: &mut Tx<'_>,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<CustomerRow>, StoreFault> {
    let columns = CustomerRow::columns("");
    tx.query(
        &format!(
            "SELECT {columns} FROM customer WHERE (name, id) > (?1, ?2) ORDER BY name, id LIMIT ?3"
        ),
        params![after.0, after.1, limit],
        CustomerRow::read,
    )
}
