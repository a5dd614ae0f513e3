//! The values that every other room speaks in: exact money, decimals, typed ids, civil dates and
//! instants, and the two sources of what is not a fact (the clock and new ids), which are always
//! passed in. A value is valid once it exists. Nothing here does I/O or holds a float.

mod cash_unit;
mod clock;
mod currency;
mod decimal;
mod id;
mod money;
mod rounding_line;
mod schema;
mod tax_category;
mod time;
mod toml_text;

pub use cash_unit::{CashRounding, CashUnit};
pub use clock::{Clock, IdSource};
pub use currency::{Currency, UnknownCurrency};
pub use decimal::{DecimalRefused, Quantity, Rate, UnitPrice, parse_decimal};
pub use id::*;
pub use jiff::civil::Date;
pub use money::{Money, MoneyRefused, Rounding, round_places, round_to_minor, split_minor};
pub use rounding_line::{Credited, RoundingLine, amount_to_pay};
pub use rust_decimal::{Decimal, RoundingStrategy};
pub use tax_category::TaxCategory;
pub use time::{
    DateRefused, Instant, Month, Period, PeriodRefused, Zone, add_months, anchored_month,
    days_between, parse_date,
};
pub use toml_text::{TomlRefused, read_toml};
