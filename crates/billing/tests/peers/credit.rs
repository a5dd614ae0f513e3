//! Bugs of credit notes that other billing systems have shipped, each named by where it was reported.

use crate::support::{Account, component, contract, date, flat, per_unit, rounded_once, taxes};
use billing::{
    BilledLine, CreditAmount, CreditRequest, Grant, GrantSource, InvoiceBalance, LineAmount,
    consume, credit, give_back,
};
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
fn a_full_credit_is_the_invoice_to_the_cent() {
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

/// An invoice of one flat amount for each price, in this account.
fn flats(mut account: Account, prices: &[&str]) -> Account {
    let sold: Vec<_> = prices
        .iter()
        .enumerate()
        .map(|(index, price)| component(&format!("item-{index}"), "1", flat(price), Monthly))
        .collect();
    let made = contract("EUR", "2026-01-01", "2026-02-01", &sold);
    account.bill(&made, "2026-01-01");
    account
}

/// 20 % on the sum of 279.16 is 55.832; item by item it is 13.67, 13.67, 11.50 and 17.00, a cent more.
#[test]
fn lago_api_2643_tax_rounded_once_on_the_sum_goes_back_item_by_item_and_no_cent_more() {
    let prices = ["68.33", "68.33", "57.50", "85.00"];
    for order in [[0, 2, 3, 1], [3, 2, 1, 0], [1, 0, 2, 3]] {
        let mut account = flats(Account::taxed(rounded_once(taxes("0.2"))), &prices);
        let billed = account.lines.clone();
        assert_eq!(sums(&billed), (27_916, 5_583));
        let mut credited = 0;
        for index in order {
            let source = &billed[index];
            let lines = vec![LineAmount {
                line: source.id.clone(),
                amount: source.line.net,
            }];
            let request = ask(CreditAmount::Lines { lines });
            let note = credit(&billed, &account.lines, &request).unwrap();
            credited += note.total.minor;
            assert!(credited <= 33_499, "{credited} in {order:?}");
            account.issue(&note.lines);
            assert_eq!(account.left(&source.id), (0, 0));
        }
        assert_eq!(credited, 33_499);
        assert_eq!(sums(&account.lines), (0, 0));
    }
}

/// Pull requests 4273 and 4794: six items of 0.4 cents and two of one, at 40 % tax. By the exact amounts
/// they come to more than the invoice, whose items are rounded.
#[test]
fn lago_api_4273_prepaid_credit_pays_what_the_invoice_came_to_and_never_more() {
    let items = [["0.004"; 6].as_slice(), &["0.01"; 2]].concat();
    let fees = ["14.29", "14.27"];
    let by_line = || Account::taxed(taxes("0.4"));
    let once = || Account::taxed(rounded_once(taxes("0.4")));
    for (account, prices, total) in [
        (by_line(), items.as_slice(), 2),
        (once(), items.as_slice(), 3),
        (by_line(), fees.as_slice(), 3_999),
        (once(), fees.as_slice(), 3_998),
    ] {
        let account = flats(account, prices);
        let (net, tax) = sums(&account.lines);
        assert_eq!(net + tax, total, "{prices:?}");
        let eur = account.lines[0].line.net.currency;
        let money = |minor| Money::from_minor(minor, eur);
        let grant = Grant {
            id: "wallet".to_owned(),
            priority: 0,
            source: GrantSource::Paid,
            from: date("2026-01-01"),
            until: None,
            left: money(10_000),
        };
        let mut balance = InvoiceBalance::issued(money(total));
        let open = balance.open().unwrap();
        let uses = consume(open, std::slice::from_ref(&grant), date("2026-01-01")).unwrap();
        let used: Vec<i64> = uses.iter().map(|used| used.amount.minor).collect();
        assert_eq!(used, [total]);
        balance.paid = money(total);
        assert_eq!(balance.open().unwrap().minor, 0);
        let note = credit(&account.lines, &account.lines, &ask(CreditAmount::Full)).unwrap();
        let back = give_back(note.total, &uses).unwrap();
        assert_eq!(back[0].amount.minor, total);
    }
}
