//! The parts of a document in the order of the schema. The comments name the business terms.

use super::writer::{Writer, Written};
use super::{CUSTOMIZATION, Words, is_european};
use crate::letterhead::split_electronic;
use crate::value::{Allowance, InvoicePaper, PaperKind, PaperLine, PaymentMeans, TaxTreatment};
use crate::{Address, BankAccount, Letterhead, Party};
use values::{Decimal, Money, Period, TaxCategory};

pub(super) fn document(w: &mut Writer, paper: &InvoicePaper, words: &Words) -> Written {
    let code = paper.currency.code();
    let invoice = paper.kind == PaperKind::Invoice;
    if is_european(paper) {
        w.text("cbc:CustomizationID", CUSTOMIZATION)?; // BT-24
    }
    w.text("cbc:ID", &paper.number)?; // BT-1
    w.text("cbc:IssueDate", &paper.issued.to_string())?; // BT-2
    if let Some(due) = paper.due_date.filter(|_| invoice) {
        w.text("cbc:DueDate", &due.to_string())?; // BT-9
    }
    w.text(words.type_element, words.type_code)?; // BT-3
    w.text("cbc:Note", &paper.note)?; // BT-22
    w.text("cbc:DocumentCurrencyCode", code)?; // BT-5
    w.text("cbc:BuyerReference", &paper.buyer.reference)?; // BT-10
    if let Some(period) = paper.period {
        invoice_period(w, period)?; // BG-14
    }
    if !paper.order.trim().is_empty() {
        w.group("cac:OrderReference", |w| w.text("cbc:ID", &paper.order))?; // BT-13
    }
    if let Some(credited) = &paper.credited {
        w.group("cac:BillingReference", |w| {
            w.group("cac:InvoiceDocumentReference", |w| {
                w.text("cbc:ID", &credited.number)?; // BT-25
                let issued = credited.issued.map(|date| date.to_string());
                w.text("cbc:IssueDate", &issued.unwrap_or_default()) // BT-26
            })
        })?;
    }
    if !paper.contract.trim().is_empty() {
        w.group("cac:ContractDocumentReference", |w| {
            w.text("cbc:ID", &paper.contract) // BT-12
        })?;
    }
    let outside = paper
        .taxes
        .iter()
        .any(|part| part.tax.category == TaxCategory::O);
    w.group("cac:AccountingSupplierParty", |w| {
        seller(w, &paper.seller, outside)
    })?;
    w.group("cac:AccountingCustomerParty", |w| {
        buyer(w, &paper.buyer, outside)
    })?;
    delivery(w, paper)?;
    payment_means(w, paper)?;
    if invoice && !paper.seller.terms.trim().is_empty() {
        w.group("cac:PaymentTerms", |w| {
            w.text("cbc:Note", &paper.seller.terms)
        })?; // BT-20
    }
    for given in &paper.allowances {
        w.group("cac:AllowanceCharge", |w| allowance(w, given))?; // BG-20, BG-21
    }
    w.group("cac:TaxTotal", |w| {
        w.amount("cbc:TaxAmount", paper.totals.tax)?; // BT-110
        for part in &paper.taxes {
            w.group("cac:TaxSubtotal", |w| {
                w.amount("cbc:TaxableAmount", part.taxable)?; // BT-116
                w.amount("cbc:TaxAmount", part.amount)?; // BT-117
                w.group("cac:TaxCategory", |w| category(w, &part.tax, true))
            })?;
        }
        Ok(())
    })?;
    totals(w, paper)?;
    for (index, line) in paper.lines.iter().enumerate() {
        w.group(words.line, |w| invoice_line(w, index, line, words))?;
    }
    Ok(())
}

fn invoice_period(w: &mut Writer, period: Period) -> Written {
    w.group("cac:InvoicePeriod", |w| {
        w.text("cbc:StartDate", &period.from().to_string())?; // BT-73, BT-134
        w.text("cbc:EndDate", &period.last().to_string()) // BT-74, BT-135
    })
}

fn endpoint(w: &mut Writer, electronic: &str) -> Written {
    match split_electronic(electronic) {
        Some((scheme, id)) => w.with("cbc:EndpointID", &[("schemeID", scheme)], id),
        None => Ok(()),
    }
}

fn seller(w: &mut Writer, seller: &Letterhead, outside: bool) -> Written {
    w.group("cac:Party", |w| {
        endpoint(w, &seller.electronic_address)?; // BT-34
        if !seller.trading_name.trim().is_empty() {
            w.group("cac:PartyName", |w| {
                w.text("cbc:Name", &seller.trading_name)
            })?; // BT-28
        }
        w.group("cac:PostalAddress", |w| address(w, &seller.address))?; // BG-5
        // Outside the scope of VAT nobody's VAT identifier may stand (BR-O-02).
        if !outside {
            tax_scheme(w, &seller.vat_id, "VAT")?; // BT-31
        }
        tax_scheme(w, &seller.tax_number, "TAX")?; // BT-32
        let registration = seller.registration.as_ref();
        w.group("cac:PartyLegalEntity", |w| {
            w.text("cbc:RegistrationName", &seller.name)?; // BT-27
            w.text("cbc:CompanyID", registration.map_or("", |r| &r.number))?; // BT-30
            w.text(
                "cbc:CompanyLegalForm",
                registration.map_or("", |r| &r.register),
            ) // BT-33
        })?;
        let reach = [&seller.contact, &seller.phone, &seller.email];
        if reach.iter().all(|text| text.trim().is_empty()) {
            return Ok(());
        }
        w.group("cac:Contact", |w| {
            w.text("cbc:Name", &seller.contact)?; // BT-41
            w.text("cbc:Telephone", &seller.phone)?; // BT-42
            w.text("cbc:ElectronicMail", &seller.email) // BT-43
        })
    })
}

fn buyer(w: &mut Writer, buyer: &Party, outside: bool) -> Written {
    w.group("cac:Party", |w| {
        endpoint(w, &buyer.electronic_address)?; // BT-49
        if !buyer.number.trim().is_empty() {
            w.group("cac:PartyIdentification", |w| {
                w.text("cbc:ID", &buyer.number)
            })?; // BT-46
        }
        w.group("cac:PostalAddress", |w| address(w, &buyer.address))?; // BG-8
        if !outside {
            tax_scheme(w, &buyer.vat_id, "VAT")?; // BT-48
        }
        w.group("cac:PartyLegalEntity", |w| {
            w.text("cbc:RegistrationName", &buyer.name)?; // BT-44
            w.text("cbc:CompanyID", &buyer.registration) // BT-47
        })?;
        if buyer.contact.trim().is_empty() {
            return Ok(());
        }
        w.group("cac:Contact", |w| w.text("cbc:Name", &buyer.contact)) // BT-56
    })
}

fn tax_scheme(w: &mut Writer, id: &str, scheme: &str) -> Written {
    if id.trim().is_empty() {
        return Ok(());
    }
    w.group("cac:PartyTaxScheme", |w| {
        w.text("cbc:CompanyID", id)?;
        w.group("cac:TaxScheme", |w| w.text("cbc:ID", scheme))
    })
}

fn address(w: &mut Writer, address: &Address) -> Written {
    let mut lines = address.lines.iter().filter(|line| !line.trim().is_empty());
    w.text("cbc:StreetName", lines.next().map_or("", String::as_str))?;
    w.text(
        "cbc:AdditionalStreetName",
        lines.next().map_or("", String::as_str),
    )?;
    w.text("cbc:CityName", &address.city)?;
    w.text("cbc:PostalZone", &address.postcode)?;
    w.text("cbc:CountrySubentity", &address.region)?;
    let rest: Vec<&str> = lines.map(String::as_str).collect();
    if !rest.is_empty() {
        w.group("cac:AddressLine", |w| w.text("cbc:Line", &rest.join(", ")))?;
    }
    if address.country.is_empty() {
        return Ok(());
    }
    w.group("cac:Country", |w| {
        w.text("cbc:IdentificationCode", &address.country)
    })
}

/// Where it went: a supply within the European Union must say so (BR-IC-11, BR-IC-12).
fn delivery(w: &mut Writer, paper: &InvoicePaper) -> Written {
    if !paper
        .taxes
        .iter()
        .any(|part| part.tax.category == TaxCategory::K)
    {
        return Ok(());
    }
    let date = paper.period.map_or(paper.issued, |period| period.last());
    w.group("cac:Delivery", |w| {
        w.text("cbc:ActualDeliveryDate", &date.to_string())?; // BT-72
        w.group("cac:DeliveryLocation", |w| {
            w.group("cac:Address", |w| {
                w.group("cac:Country", |w| {
                    w.text("cbc:IdentificationCode", &paper.buyer.address.country) // BT-80
                })
            })
        })
    })
}

fn payment_means(w: &mut Writer, paper: &InvoicePaper) -> Written {
    let mut means = |code: &str, account: Option<&BankAccount>| {
        w.group("cac:PaymentMeans", |w| {
            w.text("cbc:PaymentMeansCode", code)?; // BT-81
            w.text("cbc:PaymentID", &paper.number)?; // BT-83
            let Some(account) = account else {
                return Ok(());
            };
            w.group("cac:PayeeFinancialAccount", |w| {
                w.text("cbc:ID", &account.compact())?; // BT-84
                w.text("cbc:Name", &paper.seller.name)?; // BT-85
                if account.bic.trim().is_empty() {
                    return Ok(());
                }
                w.group("cac:FinancialInstitutionBranch", |w| {
                    w.text("cbc:ID", account.bic.trim()) // BT-86
                })
            })
        })
    };
    if paper.kind == PaperKind::Invoice && paper.means == PaymentMeans::Card {
        return means("48", None);
    }
    let code = paper.currency.code();
    let takes = |account: &&BankAccount| account.currency.is_empty() || account.currency == code;
    for account in paper.seller.bank_accounts.iter().filter(takes) {
        let sepa = code == "EUR" && account.is_iban();
        means(if sepa { "58" } else { "30" }, Some(account))?;
    }
    Ok(())
}

fn allowance(w: &mut Writer, allowance: &Allowance) -> Written {
    let charge = allowance.amount.minor < 0;
    let amount = Money::from_minor(allowance.amount.minor.abs(), allowance.amount.currency);
    w.text("cbc:ChargeIndicator", if charge { "true" } else { "false" })?;
    w.text("cbc:AllowanceChargeReason", &allowance.reason)?; // BT-97, BT-104
    w.amount("cbc:Amount", amount)?; // BT-92, BT-99
    w.group("cac:TaxCategory", |w| category(w, &allowance.tax, false))
}

fn category(w: &mut Writer, tax: &TaxTreatment, with_reason: bool) -> Written {
    w.text("cbc:ID", tax.category.code())?;
    if tax.category != TaxCategory::O {
        let hundred = Decimal::from(100);
        let percent = tax.rate.decimal().checked_mul(hundred).unwrap_or_default();
        w.text("cbc:Percent", &percent.normalize().to_string())?;
    }
    if with_reason && tax.category.needs_reason() {
        let known = match tax.category {
            TaxCategory::AE => "VATEX-EU-AE",
            TaxCategory::K => "VATEX-EU-IC",
            TaxCategory::G => "VATEX-EU-G",
            TaxCategory::O => "VATEX-EU-O",
            TaxCategory::E | TaxCategory::S | TaxCategory::Z => "",
        };
        w.text("cbc:TaxExemptionReasonCode", known)?; // BT-121
        w.text("cbc:TaxExemptionReason", &tax.exemption)?; // BT-120
    }
    w.group("cac:TaxScheme", |w| w.text("cbc:ID", "VAT"))
}

fn totals(w: &mut Writer, paper: &InvoicePaper) -> Written {
    let totals = paper.totals;
    w.group("cac:LegalMonetaryTotal", |w| {
        w.amount("cbc:LineExtensionAmount", totals.lines)?; // BT-106
        w.amount("cbc:TaxExclusiveAmount", totals.net)?; // BT-109
        w.amount("cbc:TaxInclusiveAmount", totals.total)?; // BT-112
        if !totals.allowances.is_zero() {
            w.amount("cbc:AllowanceTotalAmount", totals.allowances)?; // BT-107
        }
        if !totals.charges.is_zero() {
            w.amount("cbc:ChargeTotalAmount", totals.charges)?; // BT-108
        }
        if !totals.prepaid.is_zero() {
            w.amount("cbc:PrepaidAmount", totals.prepaid)?; // BT-113
        }
        if !totals.rounding.is_zero() {
            w.amount("cbc:PayableRoundingAmount", totals.rounding)?; // BT-114
        }
        w.amount("cbc:PayableAmount", totals.due) // BT-115
    })
}

fn invoice_line(w: &mut Writer, index: usize, line: &PaperLine, words: &Words) -> Written {
    let Priced {
        quantity,
        price,
        base,
    } = priced(line);
    let unit = [("unitCode", line.unit.as_str())];
    w.text("cbc:ID", &(index + 1).to_string())?; // BT-126
    w.text("cbc:Note", &line_note(line))?; // BT-127
    w.with(words.quantity, &unit, &quantity.normalize().to_string())?; // BT-129, BT-130
    w.amount("cbc:LineExtensionAmount", line.net)?; // BT-131
    if let Some(period) = line.period {
        invoice_period(w, period)?; // BG-26
    }
    w.group("cac:Item", |w| {
        let (name, rest) = short(&line.description);
        w.text("cbc:Description", rest)?; // BT-154
        w.text("cbc:Name", name)?; // BT-153
        if !line.product.trim().is_empty() {
            w.group("cac:SellersItemIdentification", |w| {
                w.text("cbc:ID", &line.product)
            })?; // BT-155
        }
        w.group("cac:ClassifiedTaxCategory", |w| {
            category(w, &line.tax, false)
        }) // BG-30
    })?;
    w.group("cac:Price", |w| {
        let code = line.net.currency;
        let currency = [("currencyID", code.code())];
        w.with("cbc:PriceAmount", &currency, &price.normalize().to_string())?; // BT-146
        match base {
            Some(base) => w.with("cbc:BaseQuantity", &unit, &base.normalize().to_string()), // BT-149
            None => Ok(()),
        }
    })
}

/// How the amount came about, after the contract and customer where the document spans several.
fn line_note(line: &PaperLine) -> String {
    let Some(group) = &line.group else {
        return line.arithmetic.clone();
    };
    let told = [&group.contract, &group.sold_to, &line.arithmetic];
    let told: Vec<&str> = told
        .into_iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    told.join(" · ")
}

/// The first line of a description as the name of the item, all of it as the description when there
/// is more.
fn short(description: &str) -> (&str, &str) {
    let name = description.lines().next().unwrap_or(description);
    if name.len() == description.len() {
        (name, "")
    } else {
        (name, description)
    }
}

struct Priced {
    quantity: Decimal,
    price: Decimal,
    base: Option<Decimal>,
}

/// Quantity and price whose product is the net amount, exactly. Where the price of one does not give
/// it (a part of a period, tiers, a rounded sum), the price is that of the whole quantity. A price is
/// never below zero (BR-27): the quantity takes the sign.
fn priced(line: &PaperLine) -> Priced {
    let net = line.net.decimal();
    if let Some(price) = line.unit_price.filter(|price| *price >= Decimal::ZERO) {
        let exact = line.quantity.checked_mul(price);
        if exact.is_some_and(|amount| amount == net) && !line.quantity.is_zero() {
            return Priced {
                quantity: line.quantity,
                price,
                base: None,
            };
        }
    }
    let many = if line.quantity.is_zero() {
        Decimal::ONE
    } else {
        line.quantity.abs()
    };
    let negative = net.is_sign_negative() && !net.is_zero();
    Priced {
        quantity: if negative { -many } else { many },
        price: net.abs(),
        base: (many != Decimal::ONE).then_some(many),
    }
}
