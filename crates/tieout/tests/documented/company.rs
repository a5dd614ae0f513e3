//! What the reader of a page has in the books before the page begins.

/// A legal entity with its tax.
pub const COMPANY: &str = r#"
TOKEN=$ADMINISTRATOR
post /entities '{"id":"DE","name":"Nordlicht Software GmbH","currency":"EUR","time_zone":"Europe/Berlin"}'
TOKEN=$BILLING
post /tax-rates '{"entity":"DE","rate":"0.19","name":"VAT 19 %"}'
"#;

/// A product by the seat.
pub const SEAT: &str = r#"
TOKEN=$REVOPS
post /products '{"code":"SEAT","name":"Seat","prices":[{"currency":"EUR","billing":"monthly","charge":{"model":"per_unit","unit_price":"100"}}]}'
"#;

/// The same product, agreed in contract C-1 from the first of January of this year.
pub const AGREED: &str = r#"
TOKEN=$REVOPS
post /products '{"code":"SEAT","name":"Seat","prices":[{"currency":"EUR","billing":"monthly","charge":{"model":"per_unit","unit_price":"100"}}]}'
post /customers '{"id":"acme","legal_name":"Acme GmbH","payment_terms_days":14}'
post /contracts '{"id":"C-1","customer":"acme","entity":"DE","start":"2026-01-01","end":"2026-12-31","lines":[{"product":"SEAT","quantity":3}]}'
"#;

/// What is due of its first month.
pub const BILLED: &str = r#"
TOKEN=$BILLING
post /billing-runs '{"through":"2026-01-01"}'
"#;

/// A customer of the demo.
pub const LAKESIDE: &str = r#"
TOKEN=$REVOPS
post /customers '{"id":"lakeside","legal_name":"Lakeside Studio LLC"}'
"#;
