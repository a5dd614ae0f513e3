//! The company that sells: its legal entities, its products and its accounts in the ERP.

use serde::{Deserialize, Serialize};

/// A made-up software company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Who sells.
    pub entities: Vec<LegalEntity>,
    /// What is sold.
    pub products: Vec<Product>,
    /// Length of every contract, in months.
    pub service_term_months: u32,
    /// The accounts that the ERP starts with.
    pub erp_accounts: Vec<ErpAccount>,
}

/// A legal entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalEntity {
    /// Id, as opportunities name it.
    pub id: String,
    /// Name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
    /// ISO 3166 code of the country.
    pub country: String,
    /// Internal id of its subsidiary in the ERP.
    pub netsuite_subsidiary: String,
    /// Internal id of its currency in the ERP.
    pub netsuite_currency: String,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// `seat` products sell in dozens, `platform` products in ones and twos.
    pub family: String,
    /// What one unit costs for one billing period.
    pub prices: Vec<Price>,
}

/// A price of one unit for one billing period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// ISO 4217.
    pub currency: String,
    /// How long the billing period is.
    pub frequency: Frequency,
    /// In minor units.
    pub unit_price_minor: i64,
}

/// How often a contract is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every year.
    Annual,
}

impl Frequency {
    /// All of them.
    pub const ALL: [Frequency; 3] = [Frequency::Monthly, Frequency::Quarterly, Frequency::Annual];

    /// As the CRM writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Frequency::Monthly => "Monthly",
            Frequency::Quarterly => "Quarterly",
            Frequency::Annual => "Annual",
        }
    }

    /// Months in a billing period.
    pub fn months(self) -> i64 {
        match self {
            Frequency::Monthly => 1,
            Frequency::Quarterly => 3,
            Frequency::Annual => 12,
        }
    }

    /// The price of a period from the price of a month: a quarter costs 3 % less than three months,
    /// a year 15 % less than twelve, rounded down to ten minor units.
    fn price_of(self, monthly_minor: i64) -> i64 {
        match self {
            Frequency::Monthly => monthly_minor,
            Frequency::Quarterly => monthly_minor * 3 * 97 / 1_000 * 10,
            Frequency::Annual => monthly_minor * 12 * 85 / 1_000 * 10,
        }
    }
}

/// An account of the ERP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErpAccount {
    /// Internal id; the same as its number here.
    pub id: String,
    /// Name.
    pub name: String,
    /// Type, in the ERP's words.
    pub kind: String,
}

/// Code, name, family, and the price of a month in US dollars and in euros, in minor units.
const PRODUCTS: [(&str, &str, &str, i64, i64); 8] = [
    ("QM-CORE", "Quillmark Core seat", "seat", 4_900, 4_500),
    ("QM-PLUS", "Quillmark Plus seat", "seat", 9_900, 9_200),
    ("QM-VIEW", "Quillmark Viewer seat", "seat", 1_500, 1_400),
    ("QM-PIPE", "Data pipeline", "platform", 49_900, 45_900),
    ("QM-VAULT", "History vault", "platform", 19_900, 18_500),
    ("QM-ALERT", "Alerting pack", "platform", 7_900, 7_300),
    ("QM-EMBED", "Embedded boards", "platform", 89_900, 82_900),
    ("QM-CARE", "Priority support", "platform", 29_900, 27_900),
];

/// Number, name and type of the accounts, numbered as in the default chart of accounts.
const ACCOUNTS: [(&str, &str, &str); 27] = [
    ("1000", "Cash at bank, operating", "Bank"),
    ("1010", "Card receipts in transit", "OthCurrAsset"),
    ("1100", "Trade receivables", "AcctRec"),
    ("1150", "Allowance for doubtful accounts", "OthCurrAsset"),
    ("1250", "Contract assets (unbilled revenue)", "UnbilledRec"),
    ("1400", "Deferred contract costs", "DeferExpense"),
    ("1900", "Due from group companies", "OthCurrAsset"),
    ("2100", "Customer credit and unapplied cash", "OthCurrLiab"),
    ("2150", "Prepaid customer credits", "OthCurrLiab"),
    ("2200", "Sales tax payable", "OthCurrLiab"),
    ("2400", "Deferred revenue", "DeferRevenue"),
    ("2900", "Due to group companies", "OthCurrLiab"),
    ("3000", "Retained earnings", "Equity"),
    ("4000", "Subscription revenue", "Income"),
    ("4100", "Usage revenue", "Income"),
    ("4200", "Services revenue", "Income"),
    ("4300", "Commission revenue", "Income"),
    ("4800", "Charged to group companies", "Income"),
    ("4900", "Credits given to customers", "Income"),
    ("4950", "Prepaid credits that ended unused", "Income"),
    ("6100", "Payment processor fees", "Expense"),
    ("6400", "Amortisation of contract costs", "Expense"),
    ("6800", "Charged by group companies", "Expense"),
    ("6900", "Bad debt expense", "Expense"),
    ("6910", "Small differences written off", "Expense"),
    ("6920", "Rounding of amounts to pay", "Expense"),
    ("7900", "Exchange gains and losses", "OthExpense"),
];

impl Company {
    /// The company of every seeded world.
    pub fn standard() -> Company {
        let text = str::to_owned;
        let entity =
            |id, name, currency, time_zone, country, subsidiary, erp_currency| LegalEntity {
                id: text(id),
                name: text(name),
                currency: text(currency),
                time_zone: text(time_zone),
                country: text(country),
                netsuite_subsidiary: text(subsidiary),
                netsuite_currency: text(erp_currency),
            };
        let products = PRODUCTS.map(|(code, name, family, dollars, euros)| {
            let price = |currency: &str, monthly| {
                Frequency::ALL.map(|frequency| Price {
                    currency: text(currency),
                    frequency,
                    unit_price_minor: frequency.price_of(monthly),
                })
            };
            let prices = price("USD", dollars)
                .into_iter()
                .chain(price("EUR", euros))
                .collect();
            Product {
                code: text(code),
                name: text(name),
                family: text(family),
                prices,
            }
        });
        Company {
            entities: vec![
                entity(
                    "QM-US",
                    "Quillmark Metrics Inc.",
                    "USD",
                    "America/New_York",
                    "US",
                    "1",
                    "1",
                ),
                entity(
                    "QM-DE",
                    "Quillmark Metrics GmbH",
                    "EUR",
                    "Europe/Berlin",
                    "DE",
                    "2",
                    "4",
                ),
            ],
            products: products.to_vec(),
            service_term_months: 12,
            erp_accounts: ACCOUNTS
                .map(|(id, name, kind)| ErpAccount {
                    id: text(id),
                    name: text(name),
                    kind: text(kind),
                })
                .to_vec(),
        }
    }

    /// The price of one unit of a product for one billing period, in minor units.
    pub fn price(&self, code: &str, currency: &str, frequency: Frequency) -> Option<i64> {
        let product = self.products.iter().find(|product| product.code == code)?;
        let mut prices = product.prices.iter();
        let price =
            prices.find(|price| price.currency == currency && price.frequency == frequency)?;
        Some(price.unit_price_minor)
    }
}
