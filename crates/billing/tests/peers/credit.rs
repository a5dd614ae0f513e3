//! Bugs of credit notes that other billing systems have shipped, each named by where it was reported.

use crate::support::{Account, component, contract, flat, per_unit};
use billing::{BilledLine, CreditAmount, CreditRequest, LineAmount, credit};
use commerce::BillingFrequency::Monthly;
use values::Money;

/// One invoice of three lines whose taxes all had to be rounded.
fn invoice(prices: [&str; 3]) -> Account {
    let sold = [
        component("one", "1", flat(prices[0]), Monthly),
        component("two", "3", per_unit(prices[1]), Monthly),
        component("three", "7", per_unit(prices[2]), Monthly),
    ];
    let made = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    account
}

/// Net and tax of these lines.
fn sums(lines: &[BilledLine]) -> (i64, i64) {
    lines.iter().fold((0, 0), |(net, tax), line| {
        (net + line.line.net.minor, tax + line.tax.minor)
    })
}

fn ask(amount: CreditAmount) -> CreditRequest {
    CreditRequest {
        amount,
        reason: "goodwill".to_owned(),
    }
}

/// Prices that leave a half cent of tax on every line, above it, below it, and none.
const PRICES: [[&str; 3]; 4] = [
    ["0.05", "0.03", "0.01"],
    ["33.33", "11.11", "0.07"],
    ["9.99", "0.33", "1.01"],
    ["100", "50", "25"],
];

#[test]
fn lago_api_2643_a_full_credit_is_the_invoice_to_the_cent() {
    for prices in PRICES {
        let mut account = invoice(prices);
        let billed = account.lines.clone();
        let note = credit(&billed, &billed, &ask(CreditAmount::Full)).unwrap();
        let (net, tax) = sums(&billed);
        assert_eq!((note.net.minor, note.tax.minor), (net, tax), "{prices:?}");
        account.issue(&note.lines);
        assert_eq!(sums(&account.lines), (0, 0));
        let again = credit(&billed, &account.lines, &ask(CreditAmount::Full));
        assert_eq!(
            again.unwrap_err().to_string(),
            "nothing remains to be credited"
        );
    }
}

#[test]
fn lago_api_4553_credits_in_parts_add_up_to_the_invoice_and_not_to_a_cent_more() {
    for prices in PRICES {
        for parts in [2_u32, 3, 6, 7] {
            let mut account = invoice(prices);
            let billed = account.lines.clone();
            for _ in 0..parts {
                let fraction = (part_of(parts)).parse().unwrap();
                let request = ask(CreditAmount::Fraction { fraction });
                // The last parts may find a line used up; the rest is then asked for whole.
                let Ok(note) = credit(&billed, &account.lines, &request) else {
                    break;
                };
                account.issue(&note.lines);
                let (net, tax) = sums(&account.lines);
                assert!(net >= 0 && tax >= 0, "{prices:?} in {parts}: {net} {tax}");
                for line in &billed {
                    let left = account.left(&line.id);
                    assert!(
                        left.0 >= 0 && left.1 >= 0,
                        "{prices:?} in {parts}: {left:?}"
                    );
                }
            }
            if let Ok(rest) = credit(&billed, &account.lines, &ask(CreditAmount::Full)) {
                account.issue(&rest.lines);
            }
            assert_eq!(sums(&account.lines), (0, 0), "{prices:?} in {parts}");
        }
    }
}

/// A part of the whole as decimal text, cut off so that the parts are never more than the whole.
fn part_of(parts: u32) -> String {
    format!("0.{:06}", 1_000_000 / parts)
}

#[test]
fn lago_api_4553_a_line_credited_cent_by_cent_gives_back_its_tax_and_no_more() {
    let mut account = invoice(["0.05", "0.03", "0.01"]);
    let billed = account.lines.clone();
    let source = &billed[0];
    for cent in 1..=5 {
        let lines = vec![LineAmount {
            line: source.id.clone(),
            amount: Money::from_minor(1, source.line.net.currency),
        }];
        let note = credit(&billed, &account.lines, &ask(CreditAmount::Lines { lines })).unwrap();
        account.issue(&note.lines);
        let (net, tax) = account.left(&source.id);
        assert_eq!(net, 5 - cent);
        assert!(tax >= 0, "{tax}");
    }
    assert_eq!(account.left(&source.id), (0, 0));
    let lines = vec![LineAmount {
        line: source.id.clone(),
        amount: Money::from_minor(1, source.line.net.currency),
    }];
    let more = credit(&billed, &account.lines, &ask(CreditAmount::Lines { lines }));
    assert_eq!(
        more.unwrap_err().to_string(),
        format!(
            "0.01 EUR of line {} cannot be credited: 0.00 EUR of it remains",
            source.id
        )
    );
}
