//! Who sells and who buys, as they stand on paper.

use crate::countries;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use values::TaxCategory;

/// A postal address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Street and house number, then anything more, one line each.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Post code.
    #[serde(default)]
    pub postcode: String,
    /// City.
    #[serde(default)]
    pub city: String,
    /// State, province or region.
    #[serde(default)]
    pub region: String,
    /// Country as two letters of ISO 3166-1, such as `DE`.
    #[serde(default)]
    pub country: String,
}

/// A buyer, or a seller's side that is shared with buyers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Registered name.
    #[serde(default)]
    pub name: String,
    /// Where it is.
    #[serde(default)]
    pub address: Address,
    /// VAT identifier with its country prefix, such as `DE123456789`.
    #[serde(default)]
    pub vat_id: String,
    /// Number in a register of companies.
    #[serde(default)]
    pub registration: String,
    /// A person or department.
    #[serde(default)]
    pub contact: String,
    /// Address for electronic documents: scheme of the EAS list and identifier, such as
    /// `0204:991-12345-67`.
    #[serde(default)]
    pub electronic_address: String,
    /// What the buyer wants to see on documents: BT-10.
    #[serde(default)]
    pub reference: String,
    /// The buyer's number in the seller's books.
    #[serde(default)]
    pub number: String,
}

/// A number in a register of companies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The number, such as `HRB 123456`.
    pub number: String,
    /// The register, such as `Amtsgericht Hamburg`.
    #[serde(default)]
    pub register: String,
}

/// Where customers pay.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BankAccount {
    /// Name of the bank.
    #[serde(default)]
    pub bank: String,
    /// IBAN, or the account number where there are none.
    pub account: String,
    /// BIC of the bank.
    #[serde(default)]
    pub bic: String,
    /// Currency in which it takes payments; every one when empty.
    #[serde(default)]
    pub currency: String,
}

/// A picture, PNG or JPEG, as base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Logo(pub String);

/// The paper of a legal entity: what stands on every document that it issues.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Letterhead {
    /// Registered name.
    pub name: String,
    /// Name that it trades under, when another.
    #[serde(default)]
    pub trading_name: String,
    /// Where it is.
    #[serde(default)]
    pub address: Address,
    /// VAT identifier with its country prefix, such as `DE123456789`.
    #[serde(default)]
    pub vat_id: String,
    /// Number of its tax registration that is no VAT identifier.
    #[serde(default)]
    pub tax_number: String,
    /// Its entry in a register of companies.
    #[serde(default)]
    pub registration: Option<Registration>,
    /// Person or department to ask.
    #[serde(default)]
    pub contact: String,
    /// Telephone.
    #[serde(default)]
    pub phone: String,
    /// Electronic mail.
    #[serde(default)]
    pub email: String,
    /// Web site.
    #[serde(default)]
    pub website: String,
    /// Address for electronic documents, such as `0204:991-12345-67`.
    #[serde(default)]
    pub electronic_address: String,
    /// Where customers pay, the preferred one first.
    #[serde(default)]
    pub bank_accounts: Vec<BankAccount>,
    /// Its logo: PNG or JPEG as base64, up to 512 KiB.
    #[serde(default)]
    pub logo: Option<Logo>,
    /// Words under every document, such as managing directors or a licence.
    #[serde(default)]
    pub footer: String,
    /// How tax codes whose rate is zero stand towards VAT; `Z` when a code is not here.
    #[serde(default)]
    pub zero_rates: Vec<ZeroRate>,
    /// Words on payment, such as `Payable without deduction.`
    #[serde(default)]
    pub terms: String,
    /// Language of the labels: `en`, `de`, `fr`, `es`, `nl` or `it`.
    #[serde(default)]
    pub language: crate::Language,
}

/// How a tax code whose rate is zero stands towards VAT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZeroRate {
    /// The tax code.
    pub tax_code: String,
    /// Its category: `Z`, `E` (exempt), `AE` (reverse charge), `K` (within the European Union), `G`
    /// (export) or `O` (outside the scope of VAT).
    pub category: TaxCategory,
    /// Why nothing is charged, as it stands on documents.
    #[serde(default)]
    pub reason: String,
}

/// What is wrong with a letterhead or a party: the field, its value and the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {value:?}: {mend}")]
pub struct LetterheadRefused {
    /// Which field.
    pub field: String,
    /// What it says.
    pub value: String,
    /// What to do.
    pub mend: &'static str,
}

const LARGEST_LOGO: usize = 512 * 1024;

impl Logo {
    /// The picture.
    ///
    /// # Errors
    /// When it is not base64, too large, or neither PNG nor JPEG.
    pub fn bytes(&self) -> Result<Vec<u8>, LetterheadRefused> {
        let told = |mend| LetterheadRefused {
            field: "logo".to_owned(),
            value: self.0.chars().take(12).collect(),
            mend,
        };
        let bytes = STANDARD
            .decode(self.0.trim())
            .map_err(|_| told("send the picture's bytes as base64"))?;
        if bytes.len() > LARGEST_LOGO {
            return Err(told("make the picture smaller than 512 KiB"));
        }
        if !(is_png(&bytes) || is_jpeg(&bytes)) {
            return Err(told("send a PNG or a JPEG picture"));
        }
        Ok(bytes)
    }
}

pub(crate) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
}

fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\xff\xd8\xff")
}

impl Letterhead {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<LetterheadRefused> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push(told("name", "", "state the registered name"));
        }
        address_faults(&self.address, &mut faults);
        vat_fault(&self.vat_id, &mut faults);
        electronic_fault(&self.electronic_address, &mut faults);
        for (index, account) in self.bank_accounts.iter().enumerate() {
            let field = format!("bank_accounts[{index}].account");
            if account.account.trim().is_empty() {
                faults.push(told(&field, "", "state the IBAN or the account number"));
            } else if account.looks_like_iban() && !account.is_iban() {
                let mend = "the check digits of this IBAN are wrong: compare it with the bank's";
                faults.push(told(&field, &account.account, mend));
            }
        }
        for (index, zero) in self.zero_rates.iter().enumerate() {
            if zero.category == TaxCategory::S {
                let field = format!("zero_rates[{index}].category");
                faults.push(told(
                    &field,
                    "S",
                    "use Z, E, AE, K, G or O: S has a rate above zero",
                ));
            } else if zero.category.needs_reason() && zero.reason.trim().is_empty() {
                let field = format!("zero_rates[{index}].reason");
                faults.push(told(
                    &field,
                    "",
                    "say why nothing is charged; it stands on documents",
                ));
            }
        }
        if let Some(logo) = &self.logo {
            match logo.bytes() {
                Err(refused) => faults.push(refused),
                Ok(bytes) if crate::pdf::picture(&bytes).is_none() => {
                    let mend = "the picture is damaged: save it again as PNG";
                    faults.push(told("logo", "", mend));
                }
                Ok(_) => {}
            }
        }
        faults
    }
}

impl Party {
    /// Everything that is wrong with it.
    #[must_use]
    pub fn faults(&self) -> Vec<LetterheadRefused> {
        let mut faults = Vec::new();
        if self.name.trim().is_empty() {
            faults.push(told("name", "", "state the name that stands on invoices"));
        }
        address_faults(&self.address, &mut faults);
        vat_fault(&self.vat_id, &mut faults);
        electronic_fault(&self.electronic_address, &mut faults);
        faults
    }
}

fn told(field: &str, value: &str, mend: &'static str) -> LetterheadRefused {
    LetterheadRefused {
        field: field.to_owned(),
        value: value.to_owned(),
        mend,
    }
}

fn address_faults(address: &Address, faults: &mut Vec<LetterheadRefused>) {
    let country = &address.country;
    if !country.is_empty() && !countries::is_country(country) {
        let mend = "use the two letters of ISO 3166-1, such as DE or US";
        faults.push(told("address.country", country, mend));
    }
}

fn vat_fault(vat_id: &str, faults: &mut Vec<LetterheadRefused>) {
    if vat_id.is_empty() {
        return;
    }
    let prefix: String = vat_id.chars().take(2).collect();
    let prefixed = prefix == "EL" || countries::is_country(&prefix);
    if !prefixed || vat_id.chars().any(char::is_whitespace) {
        let mend = "begin with the country's two letters and leave out blanks, such as DE123456789";
        faults.push(told("vat_id", vat_id, mend));
    }
}

fn electronic_fault(address: &str, faults: &mut Vec<LetterheadRefused>) {
    if !address.is_empty() && split_electronic(address).is_none() {
        let mend =
            "write the scheme of the EAS list, a colon and the identifier, such as 0204:991-12345";
        faults.push(told("electronic_address", address, mend));
    }
}

/// `0204:991` as scheme and identifier.
pub(crate) fn split_electronic(address: &str) -> Option<(&str, &str)> {
    let (scheme, identifier) = address.split_once(':')?;
    let known = scheme == "EM" || (scheme.len() == 4 && scheme.bytes().all(|b| b.is_ascii_digit()));
    (known && !identifier.trim().is_empty()).then_some((scheme, identifier.trim()))
}

impl BankAccount {
    /// Without blanks, in capitals.
    #[must_use]
    pub fn compact(&self) -> String {
        self.account
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| c.to_ascii_uppercase())
            .collect()
    }

    /// In groups of four when it is an IBAN.
    #[must_use]
    pub fn printed(&self) -> String {
        if !self.is_iban() {
            return self.account.clone();
        }
        let mut printed = String::new();
        for (index, c) in self.compact().chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                printed.push('\u{a0}');
            }
            printed.push(c);
        }
        printed
    }

    fn looks_like_iban(&self) -> bool {
        let text = self.compact();
        let bytes = text.as_bytes();
        bytes.len() >= 15
            && bytes.iter().take(2).all(u8::is_ascii_uppercase)
            && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
    }

    /// Whether it is an IBAN with right check digits (ISO 7064, modulus 97).
    #[must_use]
    pub fn is_iban(&self) -> bool {
        let text = self.compact();
        if !self.looks_like_iban() || text.len() > 34 || !text.is_ascii() {
            return false;
        }
        let (head, tail) = text.split_at(4);
        let mut remainder: u32 = 0;
        for c in tail.chars().chain(head.chars()) {
            let Some(value) = c.to_digit(36) else {
                return false;
            };
            let shift = if value > 9 { 100 } else { 10 };
            remainder = (remainder * shift + value) % 97;
        }
        remainder == 1
    }
}
