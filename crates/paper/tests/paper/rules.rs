//! Our own reading of the business rules of EN 16931, over the XML and not over the writer's value.
//! It needs no other program, so it also guards where the official rules cannot run.

use quick_xml::Reader;
use quick_xml::events::Event;
use values::Decimal;

/// What to break in the sample, and the rule that must tell it.
pub const BREAKS: &[(&str, &str, &str)] = &[
    (
        "BR-01",
        "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>",
        "",
    ),
    ("BR-02", "<cbc:ID>DE-2026-00042</cbc:ID>", ""),
    ("BR-03", "<cbc:IssueDate>2026-01-31</cbc:IssueDate>", ""),
    (
        "BR-05",
        "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>",
        "",
    ),
    (
        "BR-06",
        "<cbc:RegistrationName>Nordlicht Software GmbH</cbc:RegistrationName>",
        "",
    ),
    (
        "BR-07",
        "<cbc:RegistrationName>Société Générale de Café S.A.</cbc:RegistrationName>",
        "",
    ),
    (
        "BR-09",
        "<cbc:IdentificationCode>DE</cbc:IdentificationCode>",
        "",
    ),
    (
        "BR-11",
        "<cbc:IdentificationCode>FR</cbc:IdentificationCode>",
        "",
    ),
    (
        "BR-12",
        "<cbc:LineExtensionAmount currencyID=\"EUR\">54091.29</cbc:LineExtensionAmount>",
        "",
    ),
    (
        "BR-13",
        "<cbc:TaxExclusiveAmount currencyID=\"EUR\">54091.29</cbc:TaxExclusiveAmount>",
        "",
    ),
    (
        "BR-14",
        "<cbc:TaxInclusiveAmount currencyID=\"EUR\">64368.64</cbc:TaxInclusiveAmount>",
        "",
    ),
    (
        "BR-15",
        "<cbc:PayableAmount currencyID=\"EUR\">64368.64</cbc:PayableAmount>",
        "",
    ),
    ("BR-21", "<cbc:ID>1</cbc:ID>", ""),
    (
        "BR-24",
        "<cbc:LineExtensionAmount currencyID=\"EUR\">38400.00</cbc:LineExtensionAmount>",
        "",
    ),
    ("BR-25", "<cbc:Name>Platform, 40 seats</cbc:Name>", ""),
    (
        "BR-27",
        "<cbc:PriceAmount currencyID=\"EUR\">420</cbc:PriceAmount>",
        "<cbc:PriceAmount currencyID=\"EUR\">-420</cbc:PriceAmount>",
    ),
    (
        "BR-49",
        "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>",
        "",
    ),
    ("BR-61", "<cbc:ID>DE89370400440532013000</cbc:ID>", ""),
    (
        "BR-CO-10",
        ">54091.29</cbc:LineExtensionAmount>",
        ">54091.30</cbc:LineExtensionAmount>",
    ),
    (
        "BR-CO-15",
        ">64368.64</cbc:TaxInclusiveAmount>",
        ">64368.65</cbc:TaxInclusiveAmount>",
    ),
    (
        "BR-CO-16",
        ">64368.64</cbc:PayableAmount>",
        ">64368.60</cbc:PayableAmount>",
    ),
    (
        "BR-CO-17",
        "<cbc:Percent>19</cbc:Percent>",
        "<cbc:Percent>20</cbc:Percent>",
    ),
    (
        "BR-S-08",
        ">54091.29</cbc:TaxableAmount>",
        ">54000.29</cbc:TaxableAmount>",
    ),
    ("BR-S-02", "<cbc:CompanyID>DE123456789</cbc:CompanyID>", ""),
    (
        "BR-DEC-09",
        ">54091.29</cbc:LineExtensionAmount>",
        ">54091.290</cbc:LineExtensionAmount>",
    ),
];

/// An element with its text and what is inside.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    inside: Vec<Element>,
}

impl Element {
    /// Elements at a path of names.
    fn all(&self, path: &str) -> Vec<&Element> {
        let mut found = vec![self];
        for name in path.split('/') {
            found = found
                .into_iter()
                .flat_map(|element| element.inside.iter().filter(|inside| inside.name == name))
                .collect();
        }
        found
    }

    fn text(&self, path: &str) -> Option<&str> {
        let first = self.all(path).into_iter().next()?;
        (!first.text.trim().is_empty()).then_some(first.text.trim())
    }

    fn amount(&self, path: &str) -> Decimal {
        self.text(path)
            .map_or(Decimal::ZERO, |text| text.parse().expect("a decimal"))
    }
}

fn parsed(bytes: &[u8]) -> Element {
    let mut reader = Reader::from_reader(bytes);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().expect("well formed") {
            Event::Start(start) => open.push(Element {
                name: start.local_name().as_ref().to_owned(),
                ..Element::default()
            }),
            Event::End(_) => {
                let done = open.pop().expect("balanced");
                open.last_mut().expect("a parent").inside.push(done);
            }
            Event::Text(text) => {
                let last = open.last_mut().expect("an element");
                last.text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    open.pop()
        .expect("a root")
        .inside
        .pop()
        .expect("a document")
}

/// Every rule that a document breaks, with what was found.
pub fn broken(bytes: &[u8]) -> Vec<String> {
    let document = parsed(bytes);
    let mut told = Vec::new();
    present(&document, &mut told);
    lines(&document, &mut told);
    sums(&document, &mut told);
    taxes(&document, &mut told);
    payment(&document, &mut told);
    places(&document, &mut told);
    told
}

fn want(told: &mut Vec<String>, holds: bool, rule: &str, words: &str) {
    if !holds {
        told.push(format!("{rule}: {words}"));
    }
}

const SELLER: &str = "AccountingSupplierParty/Party";
const BUYER: &str = "AccountingCustomerParty/Party";
const TOTAL: &str = "LegalMonetaryTotal";

fn present(document: &Element, told: &mut Vec<String>) {
    let code = format!("{}TypeCode", document.name);
    for (rule, path) in [
        ("BR-01", "CustomizationID".to_owned()),
        ("BR-02", "ID".to_owned()),
        ("BR-03", "IssueDate".to_owned()),
        ("BR-04", code),
        ("BR-05", "DocumentCurrencyCode".to_owned()),
        (
            "BR-06",
            format!("{SELLER}/PartyLegalEntity/RegistrationName"),
        ),
        (
            "BR-07",
            format!("{BUYER}/PartyLegalEntity/RegistrationName"),
        ),
        (
            "BR-09",
            format!("{SELLER}/PostalAddress/Country/IdentificationCode"),
        ),
        (
            "BR-11",
            format!("{BUYER}/PostalAddress/Country/IdentificationCode"),
        ),
        ("BR-12", format!("{TOTAL}/LineExtensionAmount")),
        ("BR-13", format!("{TOTAL}/TaxExclusiveAmount")),
        ("BR-14", format!("{TOTAL}/TaxInclusiveAmount")),
        ("BR-15", format!("{TOTAL}/PayableAmount")),
    ] {
        want(told, document.text(&path).is_some(), rule, &path);
    }
    for (rule, part) in [("BR-08", SELLER), ("BR-10", BUYER)] {
        let there = !document.all(&format!("{part}/PostalAddress")).is_empty();
        want(told, there, rule, "no postal address");
    }
    let identified = [
        "PartyIdentification/ID",
        "PartyLegalEntity/CompanyID",
        "PartyTaxScheme/CompanyID",
    ];
    let identified = identified
        .iter()
        .any(|path| document.text(&format!("{SELLER}/{path}")).is_some());
    want(
        told,
        identified,
        "BR-CO-26",
        "nothing identifies the seller",
    );
    let due = document.amount(&format!("{TOTAL}/PayableAmount"));
    let when = document.text("DueDate").is_some() || document.text("PaymentTerms/Note").is_some();
    let invoice = document.name == "Invoice";
    want(
        told,
        due <= Decimal::ZERO || when || !invoice,
        "BR-CO-25",
        "no due date or terms",
    );
}

fn line_name(document: &Element) -> String {
    format!("{}Line", document.name)
}

fn lines(document: &Element, told: &mut Vec<String>) {
    let lines = document.all(&line_name(document));
    want(told, !lines.is_empty(), "BR-16", "no line");
    for line in lines {
        let quantity = line
            .text("InvoicedQuantity")
            .or(line.text("CreditedQuantity"));
        want(
            told,
            line.text("ID").is_some(),
            "BR-21",
            "line without an id",
        );
        want(told, quantity.is_some(), "BR-22", "line without a quantity");
        want(
            told,
            line.text("LineExtensionAmount").is_some(),
            "BR-24",
            "line without an amount",
        );
        want(
            told,
            line.text("Item/Name").is_some(),
            "BR-25",
            "line without a name",
        );
        want(
            told,
            line.text("Price/PriceAmount").is_some(),
            "BR-26",
            "line without a price",
        );
        let price = line.amount("Price/PriceAmount");
        want(told, price >= Decimal::ZERO, "BR-27", "price below zero");
        let category = line.text("Item/ClassifiedTaxCategory/ID");
        want(
            told,
            category.is_some(),
            "BR-CO-04",
            "line without a category",
        );
        if let (Some(start), Some(end)) = (
            line.text("InvoicePeriod/StartDate"),
            line.text("InvoicePeriod/EndDate"),
        ) {
            want(
                told,
                start <= end,
                "BR-30",
                "a period that ends before it begins",
            );
        }
        // Not a rule of the model but of those who build on it: quantity times price is the net.
        let quantity: Decimal =
            quantity.map_or(Decimal::ZERO, |text| text.parse().expect("decimal"));
        let base = match line.text("Price/BaseQuantity") {
            Some(text) => text.parse().expect("decimal"),
            None => Decimal::ONE,
        };
        let net = line.amount("LineExtensionAmount");
        let product = (quantity * price / base).round_dp(2);
        want(
            told,
            (product - net).abs() < Decimal::new(1, 2) || price < Decimal::ZERO || net.is_zero(),
            "R120",
            &format!("{product} is not {net}"),
        );
    }
}

fn sums(document: &Element, told: &mut Vec<String>) {
    let total = |name: &str| document.amount(&format!("{TOTAL}/{name}"));
    let lines: Decimal = document
        .all(&line_name(document))
        .iter()
        .map(|line| line.amount("LineExtensionAmount"))
        .sum();
    let (mut allowances, mut charges) = (Decimal::ZERO, Decimal::ZERO);
    for given in document.all("AllowanceCharge") {
        match given.text("ChargeIndicator") {
            Some("true") => charges += given.amount("Amount"),
            _ => allowances += given.amount("Amount"),
        }
        let reason = given.text("AllowanceChargeReason").is_some();
        want(told, reason, "BR-33", "an allowance without a reason");
        want(
            told,
            given.text("TaxCategory/ID").is_some(),
            "BR-32",
            "an allowance without category",
        );
    }
    let same = |told: &mut Vec<String>, rule: &str, one: Decimal, other: Decimal| {
        want(told, one == other, rule, &format!("{one} is not {other}"));
    };
    same(told, "BR-CO-10", total("LineExtensionAmount"), lines);
    same(told, "BR-CO-11", total("AllowanceTotalAmount"), allowances);
    same(told, "BR-CO-12", total("ChargeTotalAmount"), charges);
    let net = total("TaxExclusiveAmount");
    same(
        told,
        "BR-CO-13",
        net,
        total("LineExtensionAmount") - allowances + charges,
    );
    let tax = document.amount("TaxTotal/TaxAmount");
    let parts: Decimal = document
        .all("TaxTotal/TaxSubtotal")
        .iter()
        .map(|part| part.amount("TaxAmount"))
        .sum();
    same(told, "BR-CO-14", tax, parts);
    same(told, "BR-CO-15", total("TaxInclusiveAmount"), net + tax);
    same(
        told,
        "BR-CO-16",
        total("PayableAmount"),
        total("TaxInclusiveAmount") - total("PrepaidAmount") + total("PayableRoundingAmount"),
    );
}

fn taxes(document: &Element, told: &mut Vec<String>) {
    let parts = document.all("TaxTotal/TaxSubtotal");
    want(told, !parts.is_empty(), "BR-CO-18", "no breakdown");
    let seller_vat = document
        .text(&format!("{SELLER}/PartyTaxScheme/CompanyID"))
        .is_some();
    let buyer_vat = document
        .text(&format!("{BUYER}/PartyTaxScheme/CompanyID"))
        .is_some();
    for part in &parts {
        let code = part.text("TaxCategory/ID").unwrap_or("");
        let name = if code == "K" { "IC" } else { code };
        let percent = part.amount("TaxCategory/Percent");
        let (base, tax) = (part.amount("TaxableAmount"), part.amount("TaxAmount"));
        let exact = (base * percent / Decimal::from(100)).round_dp(2);
        want(
            told,
            (exact - tax).abs() < Decimal::ONE,
            "BR-CO-17",
            &format!("{exact} is not {tax}"),
        );
        want(
            told,
            based(document, code, percent) == base,
            &format!("BR-{name}-08"),
            &format!("{base}"),
        );
        let reasoned = part.text("TaxCategory/TaxExemptionReason").is_some();
        let needs = !matches!(code, "S" | "Z");
        want(
            told,
            reasoned == needs,
            &format!("BR-{name}-10"),
            "the reason of exemption",
        );
        want(
            told,
            (code == "S") == (percent > Decimal::ZERO),
            &format!("BR-{name}-05"),
            "the rate",
        );
        want(
            told,
            code == "S" || tax.is_zero(),
            &format!("BR-{name}-09"),
            "tax on what is not taxed",
        );
        let seller = if code == "O" { !seller_vat } else { seller_vat };
        want(
            told,
            seller,
            &format!("BR-{name}-02"),
            "the seller's VAT identifier",
        );
        if matches!(code, "AE" | "K") {
            want(
                told,
                buyer_vat,
                &format!("BR-{name}-02"),
                "the buyer's VAT identifier",
            );
        }
        if code == "K" {
            let country = "Delivery/DeliveryLocation/Address/Country/IdentificationCode";
            want(
                told,
                document.text(country).is_some(),
                "BR-IC-12",
                "where it went",
            );
        }
        want(
            told,
            code != "O" || parts.len() == 1,
            "BR-O-11",
            "others beside O",
        );
    }
}

fn based(document: &Element, code: &str, percent: Decimal) -> Decimal {
    let mut base = Decimal::ZERO;
    for line in document.all(&line_name(document)) {
        let category = "Item/ClassifiedTaxCategory";
        let same = line.text(&format!("{category}/ID")) == Some(code)
            && line.amount(&format!("{category}/Percent")) == percent;
        if same {
            base += line.amount("LineExtensionAmount");
        }
    }
    for given in document.all("AllowanceCharge") {
        let same = given.text("TaxCategory/ID") == Some(code)
            && given.amount("TaxCategory/Percent") == percent;
        match (same, given.text("ChargeIndicator")) {
            (true, Some("true")) => base += given.amount("Amount"),
            (true, _) => base -= given.amount("Amount"),
            (false, _) => {}
        }
    }
    base
}

fn payment(document: &Element, told: &mut Vec<String>) {
    for means in document.all("PaymentMeans") {
        let code = means.text("PaymentMeansCode");
        want(told, code.is_some(), "BR-49", "means without a code");
        if matches!(code, Some("30" | "58")) {
            let account = means.text("PayeeFinancialAccount/ID").is_some();
            want(told, account, "BR-61", "a transfer without an account");
        }
    }
}

/// Amounts have two places at most.
fn places(document: &Element, told: &mut Vec<String>) {
    for inside in &document.inside {
        if inside.name.ends_with("Amount") && inside.name != "PriceAmount" {
            let places = inside
                .text
                .split_once('.')
                .map_or(0, |(_, places)| places.len());
            let rule = match inside.name.as_str() {
                "LineExtensionAmount" => "BR-DEC-09",
                _ => "BR-DEC",
            };
            want(told, places <= 2, rule, &inside.text);
        }
        places(inside, told);
    }
}
