//! Sample customers, contracts, exceptions and chains.

use super::{
    CHAIN, CONTRACT, CUSTOMER, CUSTOMER_DE, EVENT, EXCEPTION, INVOICE, JOURNAL, PAYMENT, at,
    billing, date, money,
};
use app::view::*;

#[rustfmt::skip]
/// Id, class, summary, customer, document, value, owner, opened, age.
const EXCEPTIONS: &[[&str; 9]] = &[
    [EXCEPTION, "unknown_product", "Product PLAT-ENT-V3 is sold but not in the catalogue", "Alder Robotics", "0065g00000Xk2AAE", "USD 12000.00", "catalogue_steward", "2026-06-28T08:12:00Z", "2 d"],
    ["exc_01K0C2D4F6H8K0N2Q4S6V8X0Z1", "delivery_refused", "NetSuite refuses journal: account 2410 is inactive", "Harrow & Pike LLC", JOURNAL, "USD 4650.00", "integration_engineer", "2026-06-29T10:20:00Z", "23 h"],
    ["exc_01K0C2D4F6H8K0N2Q4S6V8X0Z2", "unmatched_payment", "Payment has no invoice: reference “INV 20611” is not ours", "Brightwater GmbH", "pay_01K0B1B3D5F7H9K1N3Q5S7V9X1", "EUR 3990.00", "billing_analyst", "2026-06-29T14:03:00Z", "19 h"],
    ["exc_01K0C2D4F6H8K0N2Q4S6V8X0Z3", "tax_mismatch", "Tax differs by 62.50: billed 19 %, the rule says 7 %", "Brightwater GmbH", "inv_01K0A1B4E6G8J0M2P4R6T8W0Y2", "EUR 62.50", "billing_analyst", "2026-06-30T06:30:00Z", "3 h"],
    ["exc_01K0C2D4F6H8K0N2Q4S6V8X0Z4", "bad_field", "Opportunity ends on 2026-01-31, before it starts on 2026-02-01", "Kestrel Freight", "0065g00000Yp7AAE", "USD 490.00", "catalogue_steward", "2026-06-30T07:00:00Z", "2 h"],
    ["exc_01K0C2D4F6H8K0N2Q4S6V8X0Z5", "unmatched_payment", "Two payments for one invoice; the second is held unapplied", "", "pay_01JZ9X1Z3B5D7F9H1K3N5Q7S9V", "", "billing_analyst", "2026-06-30T08:10:00Z", "1 h"],
    ["exc_01K0C2D4F6H8K0N2Q4S6V8X0Z6", "unsigned_webhook", "Webhook without a valid signature was refused", "", "", "", "integration_engineer", "2026-06-30T09:30:00Z", "11 min"],
];

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub fn exceptions() -> Vec<ExceptionRow> {
    EXCEPTIONS
        .iter()
        .map(|row| ExceptionRow {
            id: row[0].to_owned(),
            class: row[1].to_owned(),
            summary: row[2].to_owned(),
            customer: some(row[3]),
            document: some(row[4]),
            value: some(row[5]).map(|value| money(&value)),
            owner: row[6].to_owned(),
            status: "open".to_owned(),
            opened: at(row[7]),
            age: row[8].to_owned(),
            severity: if row[1] == "delivery_refused" {
                "blocks_close"
            } else {
                "high"
            }
            .to_owned(),
            period: some("2026-06"),
            due: Some(at("2026-06-30T08:12:00Z")),
            overdue: row[0] == EXCEPTION,
            level: i64::from(row[0] == EXCEPTION),
        })
        .collect()
}

pub fn exception(row: ExceptionRow) -> ExceptionDetail {
    ExceptionDetail {
        playbook: vec![
            "Find out from the deal desk whether PLAT-ENT-V3 is a new product or a misspelt PLAT-ENT-V2.".to_owned(),
            "If it is new, add it to the catalogue with its price, tax code and revenue rule.".to_owned(),
            "If it is misspelt, correct the line item in Salesforce; the next sweep reads it back.".to_owned(),
            "Then end this exception with “Try again”: the contract, its invoice and its journals follow.".to_owned(),
        ],
        detail: "Line item 1 of opportunity 0065g00000Xk2AAE names product code PLAT-ENT-V3. The catalogue of Northgate Analytics Inc. has no product of that code, so no contract was made and nothing was billed.".to_owned(),
        payload: Some("{\n  \"Id\": \"0065g00000Xk2AAE\",\n  \"StageName\": \"Closed Won\",\n  \"Amount\": 12000.00,\n  \"note\": \"<script>alert('x')</script>\",\n  \"OpportunityLineItems\": {\n    \"records\": [\n      { \"ProductCode\": \"PLAT-ENT-V3\", \"Quantity\": 10, \"UnitPrice\": 1200.00 }\n    ]\n  }\n}".to_owned()),
        explains: vec!["bookings".to_owned()],
        chain: Some("0065g00000Xk2AAE".to_owned()),
        similar: vec![SimilarFix {
            id: "exc_01JZ2A4C6E8G0J2M4P6R8T0W2Y".to_owned(),
            summary: "Product API-CALLS-B is sold but not in the catalogue".to_owned(),
            resolution: "Added to the catalogue by J. Okafor, tried again, invoiced the same day".to_owned(),
            resolved: at("2026-03-04T15:20:00Z"),
            code: some("cause_mended"),
            by: some("J. Okafor"),
            took: "3 h".to_owned(),
            same_cause: true,
        }],
        resolution: None,
        work: super::exceptions::work(),
        row,
    }
}

pub fn customers() -> Vec<CustomerRow> {
    let row = |id: &str, name: &str, standing: &str, open: Vec<&str>, contracts| CustomerRow {
        id: id.to_owned(),
        name: name.to_owned(),
        standing: standing.to_owned(),
        open: open.into_iter().map(money).collect(),
        contracts,
    };
    vec![
        row(
            "cus_01JZ4M6C5D7E9F1G3H5J7K9M1N",
            "Alder Robotics",
            "good",
            vec![],
            1,
        ),
        row(
            CUSTOMER_DE,
            "Brightwater GmbH",
            "good",
            vec!["EUR 5530.00"],
            1,
        ),
        row(
            "cus_01JZ4M6D8F0H2K4N6Q8S0V2X4Z",
            "Harrow & Pike LLC",
            "good",
            vec!["USD 18600.00", "EUR 240.00"],
            2,
        ),
        row(
            CUSTOMER,
            "Meridian Labs Inc.",
            "past_due",
            vec!["USD 13610.96"],
            1,
        ),
    ]
}

pub fn customer(row: CustomerRow) -> CustomerDetail {
    let anchor = |label: &str, text: &str, href: Option<&str>| Anchor {
        label: label.to_owned(),
        text: text.to_owned(),
        href: href.map(str::to_owned),
    };
    CustomerDetail {
        anchors: vec![
            anchor("Billing country", "United States", None),
            anchor(
                "Salesforce account",
                "0015g00000Qm4AAC",
                Some("/trace/0015g00000Qm4AAC"),
            ),
            anchor(
                "Stripe customer",
                "cus_RhT5kXw2VbN8yQ",
                Some("/trace/cus_RhT5kXw2VbN8yQ"),
            ),
        ],
        contracts: contracts()
            .into_iter()
            .filter(|contract| contract.customer == row.id)
            .collect(),
        invoices: billing::invoices()
            .into_iter()
            .filter(|invoice| invoice.customer == row.id)
            .collect(),
        exceptions: exceptions()
            .into_iter()
            .filter(|exception| exception.customer.as_deref() == Some(&row.name))
            .collect(),
        row,
    }
}

#[rustfmt::skip]
/// Id, customer, name, entity, from, to, version, status, value.
const CONTRACTS: &[[&str; 9]] = &[
    ["con_01K0A1A2C4E6G8J0M2P4R6T8W0", "cus_01JZ4M6D8F0H2K4N6Q8S0V2X4Z", "Harrow & Pike LLC", "US", "2026-07-01", "2027-06-30", "1", "active", "USD 18600.00"],
    ["con_01JZ4M8R3W9MY4P6V7X0Z2BDFG", CUSTOMER_DE, "Brightwater GmbH", "DE", "2026-03-15", "2027-03-14", "1", "active", "EUR 32000.00"],
    [CONTRACT, CUSTOMER, "Meridian Labs Inc.", "US", "2026-02-01", "2027-01-31", "2", "amended", "USD 61610.96"],
    ["con_01JZ4M9S4XAMZ5Q7W8Y1A3CEGH", "cus_01JZ4M6C5D7E9F1G3H5J7K9M1N", "Alder Robotics", "US", "2025-02-01", "2026-01-31", "1", "expired", "USD 7200.00"],
];

pub fn contracts() -> Vec<ContractRow> {
    CONTRACTS
        .iter()
        .map(|row| ContractRow {
            id: row[0].to_owned(),
            customer: row[1].to_owned(),
            customer_name: row[2].to_owned(),
            entity: row[3].to_owned(),
            from: date(row[4]),
            to: date(row[5]),
            version: row[6].parse().unwrap(),
            status: row[7].to_owned(),
            value: money(row[8]),
        })
        .collect()
}

pub fn contract() -> ContractDetail {
    ContractDetail {
        row: contracts().remove(2),
        summary: "Platform, 55 seats, annual in advance".to_owned(),
        partner: Some(PartnerRow {
            role: "agent".to_owned(),
            end_customer: "Harbour Trust".to_owned(),
            commission: Some("20 %".to_owned()),
            sold: money("USD 308054.80"),
        }),
        position: Position {
            value: money("USD 61610.96"),
            billed: money("USD 61610.96"),
            collected: money("USD 48000.00"),
            recognised: money("USD 22158.47"),
            deferred: money("USD 39452.49"),
            unbilled: money("USD 0.00"),
            receivable: money("USD 13610.96"),
        },
        components: vec![
            ComponentRow {
                product: "PLAT-SEAT".to_owned(),
                description: "Platform".to_owned(),
                quantity: "55 seats".to_owned(),
                terms: "1,200.00 USD per seat and year, in advance".to_owned(),
            },
            ComponentRow {
                product: "ONB-STD".to_owned(),
                description: "Onboarding".to_owned(),
                quantity: "1".to_owned(),
                terms: "690.41 USD once, when seats are added".to_owned(),
            },
        ],
        elsewhere: vec![
            elsewhere("salesforce", "version 9 agrees", true),
            elsewhere("stripe", "agrees", true),
            elsewhere("netsuite", "1 waiting", false),
        ],
        chain: chain(CONTRACT),
        invoices: billing::invoices()
            .into_iter()
            .filter(|invoice| invoice.contract == CONTRACT)
            .collect(),
    }
}

fn elsewhere(system: &str, state: &str, agrees: bool) -> Elsewhere {
    Elsewhere {
        system: system.to_owned(),
        state: state.to_owned(),
        agrees,
    }
}

/// Time, effective, kind, title, object, why, rule, actor, amount.
#[rustfmt::skip]
const HOPS: &[[&str; 9]] = &[
    ["2026-01-28T16:02:11Z", "", "fact", "Opportunity closed won in Salesforce", "0065g00000Wq1AAE", "webhook verified, object read back at version 7", "", "Salesforce", "USD 48000.00"],
    ["2026-01-28T16:02:12Z", "2026-02-01", "fact", "Contract activated, version 1", CONTRACT, "product, price, entity and tax code resolved", "order-to-contract 4", "Tieout", "USD 48000.00"],
    ["2026-02-01T05:00:00Z", "2026-02-01", "money", "Invoice US-2026-00412 issued", "inv_01JZ5N7Q3V5X7Z9B1D3F5H7K9N", "40 seats × 1,200.00 × 12/12 months, tax 0 %", "", "bill run", "USD 48000.00"],
    ["2026-02-01T05:00:00Z", "2026-02-01", "money", "Receivable to deferred revenue", JOURNAL, "posted with the invoice", "invoice-issued 3", "Tieout", "USD 48000.00"],
    ["2026-02-03T09:17:44Z", "2026-02-03", "money", "Payment settled in Stripe, applied in full", PAYMENT, "second delivery at 09:18 and third at 09:31 recognised as duplicates", "payment-settled 2", "Stripe", "USD 48000.00"],
    ["2026-05-14T11:40:03Z", "2026-05-14", "fact", "Amended: 40 to 55 seats from 14 May 2026, version 2", CONTRACT, "approved by the controller; the effect was previewed and equals what was posted", "", "J. Okafor", "USD 13610.96"],
    ["2026-05-14T11:40:04Z", "2026-05-14", "money", "Invoice US-2026-01377 issued", INVOICE, "15 seats × 1,200.00 × 262/365 days, rounded half up once", "", "amendment", "USD 13610.96"],
    ["2026-05-14T11:41:09Z", "", "stop", "NetSuite timed out; the outcome was ambiguous", "jrn_01JZ8V3X5Z7B9D1F3H5K7N9Q1S", "read back by external id at 11:43: it was there, so it was not sent again", "", "NetSuite", ""],
    ["2026-06-01T04:00:00Z", "2026-05-31", "money", "Revenue recognised for May", "jrn_01JZ9A1C3E5G7J9M1P3R5T7W9Y", "31/365 of 48,000.00 and 18/262 of 13,610.96", "recognition 2", "recognition run", "USD 5011.75"],
];

pub fn chain(asked: &str) -> Chain {
    let anchor = |label: &str, text: &str, href: &str| Anchor {
        label: label.to_owned(),
        text: text.to_owned(),
        href: Some(href.to_owned()),
    };
    Chain {
        asked: asked.to_owned(),
        correlation: CHAIN.to_owned(),
        title: "Meridian Labs Inc., Platform, 55 seats".to_owned(),
        anchors: vec![
            anchor(
                "Customer",
                "Meridian Labs Inc.",
                &format!("/customers/{CUSTOMER}"),
            ),
            anchor("Contract", CONTRACT, &format!("/contracts/{CONTRACT}")),
            anchor("Opportunity", "0065g00000Wq1AAE", "/trace/0065g00000Wq1AAE"),
        ],
        hops: HOPS.iter().enumerate().map(hop).collect(),
    }
}

fn hop((index, row): (usize, &[&str; 9])) -> Hop {
    Hop {
        time: at(row[0]),
        effective: some(row[1]).map(|text| date(&text)),
        kind: match row[2] {
            "money" => HopKind::Money,
            "stop" => HopKind::Stop,
            _ => HopKind::Fact,
        },
        title: row[3].to_owned(),
        object: some(row[4]),
        why: row[5].to_owned(),
        rule: some(row[6]),
        actor: row[7].to_owned(),
        amount: some(row[8]).map(|text| money(&text)),
        event: Some(format!("{}{index}", &EVENT[..29])),
    }
}

pub fn hits() -> Vec<SearchHit> {
    let hit = |kind: &str, id: &str, title: &str, href: String| SearchHit {
        kind: kind.to_owned(),
        id: id.to_owned(),
        title: title.to_owned(),
        href,
    };
    vec![
        hit(
            "invoice",
            INVOICE,
            "Invoice US-2026-01377, Meridian Labs Inc.",
            format!("/invoices/{INVOICE}"),
        ),
        hit(
            "customer",
            CUSTOMER,
            "Meridian Labs Inc.",
            format!("/customers/{CUSTOMER}"),
        ),
        hit(
            "contract",
            CONTRACT,
            "Platform, 55 seats, annual in advance",
            format!("/contracts/{CONTRACT}"),
        ),
    ]
}
