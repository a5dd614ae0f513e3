//! Sample tie-outs, journals and balances.

use super::{CONTRACT, EVENT, INVOICE, JOURNAL, at, date, money};
use app::view::*;
use values::{Money, Month};
use web::console::AccountKey;

/// Measure, title, expected from, actual in, then expected and actual of each book.
#[rustfmt::skip]
const TIE_OUTS: &[[&str; 8]] = &[
    ["bookings", "Contract value", "Closed-won deals in Salesforce", "Contracts", "1284600.00", "1272110.00", "402118.40", "402118.40"],
    ["billings", "Billed", "Contract timelines", "Invoices less credit notes", "842115.00", "842115.00", "311870.25", "311870.25"],
    ["receivable", "Receivable", "Open invoices", "Account 1100", "311402.18", "311402.18", "88210.75", "88210.75"],
    ["cash", "Cash received", "Stripe balance and bank lines", "Cash applied", "799870.00", "799870.00", "240104.50", "236114.50"],
    ["deferred", "Deferred revenue", "Obligation schedules", "Account 2400", "2118340.55", "2118340.55", "640880.10", "640880.10"],
    ["recognised", "Recognised revenue", "Obligation schedules", "Accounts 4000 to 4900", "604218.00", "604218.00", "198422.15", "198422.15"],
    ["delivered", "Journals delivered", "Tieout's ledger", "NetSuite", "9114772.31", "9110122.31", "2780119.04", "2780119.04"],
];

pub fn tie_outs() -> Vec<TieOutRow> {
    let mut rows = Vec::new();
    for row in TIE_OUTS {
        for (entity, currency, at) in [("US", "USD", 4), ("DE", "EUR", 6)] {
            let expected = money(&format!("{currency} {}", row[at]));
            let actual = money(&format!("{currency} {}", row[at + 1]));
            let difference = expected.minus(actual).unwrap();
            let ties = difference.is_zero();
            rows.push(TieOutRow {
                measure: row[0].to_owned(),
                title: row[1].to_owned(),
                expected_from: row[2].to_owned(),
                actual_in: row[3].to_owned(),
                entity: entity.to_owned(),
                expected,
                actual,
                difference,
                under_way: Money::zero(expected.currency),
                exceptions: if ties {
                    Vec::new()
                } else {
                    vec![super::EXCEPTION.to_owned()]
                },
                exceptions_count: u64::from(!ties),
                status: if ties {
                    TieOutStatus::TiesOut
                } else {
                    TieOutStatus::Explained
                },
                href: format!("/trial-balance?entity={entity}&month=2026-06"),
            });
        }
    }
    rows
}

pub fn flow() -> Vec<FlowStage> {
    let stage =
        |title: &str, values: [&str; 2], count, note: &str, stuck: Option<&str>, href: &str| {
            FlowStage {
                title: title.to_owned(),
                values: values.map(money).to_vec(),
                count,
                note: note.to_owned(),
                stuck: stuck.map(str::to_owned),
                href: href.to_owned(),
            }
        };
    vec![
        stage(
            "Won",
            ["USD 1284600.00", "EUR 402118.40"],
            58,
            "deals",
            None,
            "/contracts",
        ),
        stage(
            "Contracted",
            ["USD 1272110.00", "EUR 402118.40"],
            56,
            "",
            Some("USD 12,490.00 held, 2 deals"),
            "/contracts",
        ),
        stage(
            "Invoiced",
            ["USD 842115.00", "EUR 311870.25"],
            312,
            "invoices less credits",
            None,
            "/invoices",
        ),
        stage(
            "Collected",
            ["USD 799870.00", "EUR 236114.50"],
            288,
            "",
            Some("EUR 3,990.00 unmatched"),
            "/payments",
        ),
        stage(
            "Recognised",
            ["USD 604218.00", "EUR 198422.15"],
            340,
            "through 31 May",
            None,
            "/journals",
        ),
        stage(
            "Posted",
            ["USD 9114772.31", "EUR 2780119.04"],
            3_918,
            "",
            Some("1 journal refused"),
            "/journals",
        ),
    ]
}

#[rustfmt::skip]
/// Id, entity, date, narration, rule, amount, delivery.
const JOURNALS: &[[&str; 7]] = &[
    ["jrn_01K0D1F3H5K7N9Q1S3V5X7Z9B1", "US", "2026-06-28", "Invoice US-2026-01702 issued to Harrow & Pike LLC", "invoice-issued 3", "USD 18600.00", "parked"],
    ["jrn_01K0D1F3H5K7N9Q1S3V5X7Z9B2", "DE", "2026-06-29", "Transfer of Brightwater GmbH applied to DE-2026-00631", "payment-applied 2", "EUR 3990.00", "waiting"],
    ["jrn_01K0D1F3H5K7N9Q1S3V5X7Z9B3", "DE", "2026-06-15", "Invoice DE-2026-00631 issued to Brightwater GmbH", "invoice-issued 3", "EUR 9520.00", "confirmed"],
    ["jrn_01JZ9A1C3E5G7J9M1P3R5T7W9Y", "US", "2026-05-31", "Revenue recognised for May, Meridian Labs Inc.", "recognition 2", "USD 5011.75", "confirmed"],
    [JOURNAL, "US", "2026-05-14", "Invoice US-2026-01377 issued to Meridian Labs Inc.", "invoice-issued 3", "USD 13610.96", "confirmed"],
    ["jrn_01JZ2F4H6K8N0Q2S4V6X8Z0B2D", "US", "2026-03-31", "Accrued audit fee, first quarter", "manual", "USD 2500.00", ""],
];

pub fn journals() -> Vec<JournalRow> {
    JOURNALS
        .iter()
        .map(|row| JournalRow {
            id: row[0].to_owned(),
            entity: row[1].to_owned(),
            date: date(row[2]),
            narration: row[3].to_owned(),
            rule: row[4].to_owned(),
            amount: money(row[5]),
            delivery: (!row[6].is_empty()).then(|| row[6].to_owned()),
        })
        .collect()
}

pub fn journal(row: JournalRow) -> JournalDetail {
    let line = |account: &str, name: &str, amount: Money, product: Option<&str>| JournalLine {
        account: account.to_owned(),
        name: name.to_owned(),
        amount,
        product: product.map(str::to_owned),
    };
    JournalDetail {
        recorded: at("2026-05-14T11:40:04Z"),
        event: EVENT.to_owned(),
        event_type: "com.tieout.billing.invoice.issued.v1".to_owned(),
        document: Some(INVOICE.to_owned()),
        contract: Some(CONTRACT.to_owned()),
        external: Some("TIEOUT-118204".to_owned()),
        lines: vec![
            line("1100", "Trade receivables", row.amount, None),
            line(
                "2400",
                "Deferred revenue",
                row.amount.negated().unwrap(),
                Some("PLAT-SEAT"),
            ),
        ],
        row,
    }
}

/// Account, name, kind, opening, debit, credit, what it ties out with.
#[rustfmt::skip]
const BALANCES: &[[&str; 7]] = &[
    ["1000", "Cash, operating", "asset", "412880.40", "799870.00", "302114.06", "Bank statement"],
    ["1010", "Card receipts in transit", "asset", "18204.00", "799870.00", "806120.00", "Stripe balance"],
    ["1100", "Trade receivables", "asset", "269157.18", "842115.00", "799870.00", "Open invoices"],
    ["1150", "Unbilled receivables", "asset", "0.00", "0.00", "0.00", ""],
    ["2100", "Unapplied cash", "liability", "0.00", "0.00", "4990.00", "2 payments"],
    ["2200", "Sales tax payable", "liability", "-31004.11", "31004.11", "38220.70", "Tax by jurisdiction"],
    ["2400", "Deferred revenue", "liability", "-1880443.55", "604218.00", "842115.00", "Schedules"],
    ["3000", "Retained earnings", "equity", "4056712.20", "0.00", "0.00", ""],
    ["4000", "Subscription revenue", "income", "-2702110.00", "0.00", "571006.40", "Recognition run"],
    ["4100", "Usage revenue", "income", "-144602.30", "0.00", "33211.60", "Rated usage"],
    ["5100", "Processor fees", "expense", "0.00", "23196.23", "0.00", "Stripe fees"],
    ["6100", "Bad debt", "expense", "0.00", "297066.32", "0.00", ""],
    ["7100", "Exchange difference, realised", "expense", "1206.18", "396.20", "88.10", ""],
];

pub fn trial_balance(entity: &str, month: Month) -> TrialBalance {
    let currency = if entity == "DE" { "EUR" } else { "USD" };
    let rows: Vec<BalanceRow> = BALANCES.iter().map(|row| balance(row, currency)).collect();
    let sum = |pick: fn(&BalanceRow) -> Money| {
        rows.iter()
            .fold(money(&format!("{currency} 0.00")), |sum, row| {
                sum.plus(pick(row)).unwrap()
            })
    };
    TrialBalance {
        entity: entity.to_owned(),
        entity_name: format!(
            "Northgate Analytics {}",
            if entity == "DE" { "GmbH" } else { "Inc." }
        ),
        month,
        state: "open".to_owned(),
        totals: vec![BalanceRow {
            account: String::new(),
            name: "All accounts".to_owned(),
            kind: String::new(),
            opening: sum(|row| row.opening),
            debit: sum(|row| row.debit),
            credit: sum(|row| row.credit),
            closing: sum(|row| row.closing),
            ties_out: None,
        }],
        rows,
    }
}

fn balance(row: &[&str; 7], currency: &str) -> BalanceRow {
    let of = |text: &str| money(&format!("{currency} {text}"));
    let (opening, debit, credit) = (of(row[3]), of(row[4]), of(row[5]));
    let status = match row[0] {
        "2100" => TieOutStatus::Explained,
        _ => TieOutStatus::TiesOut,
    };
    BalanceRow {
        account: row[0].to_owned(),
        name: row[1].to_owned(),
        kind: row[2].to_owned(),
        opening,
        debit,
        credit,
        closing: opening.plus(debit).unwrap().minus(credit).unwrap(),
        ties_out: (!row[6].is_empty()).then(|| (row[6].to_owned(), status)),
    }
}

pub fn account(key: &AccountKey, row: BalanceRow) -> AccountDetail {
    let posted = [
        (
            "2026-06-02",
            "Invoice US-2026-01591 issued to Kestrel Freight",
            row.debit,
        ),
        (
            "2026-06-30",
            "Card payments of June applied",
            row.credit.negated().unwrap(),
        ),
    ];
    let mut running = row.opening;
    let lines = posted
        .into_iter()
        .filter(|(_, _, amount)| !amount.is_zero())
        .map(|(day, narration, amount)| {
            running = running.plus(amount).unwrap();
            PostedLine {
                journal: JOURNAL.to_owned(),
                date: date(day),
                narration: narration.to_owned(),
                document: Some(INVOICE.to_owned()),
                contract: Some(CONTRACT.to_owned()),
                customer: Some("Meridian Labs Inc.".to_owned()),
                amount,
                running,
            }
        })
        .collect();
    AccountDetail {
        entity: key.entity.clone(),
        month: key.month,
        lines: Page {
            items: lines,
            next: None,
        },
        row,
    }
}
