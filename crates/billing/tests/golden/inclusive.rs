//! Prices that were agreed with 19 % tax in them, where a line has a cent from the rounding of its billing
//! period.

use super::support::{Account, change, component, contract, date, flat, price};
use commerce::{BillingFrequency::Monthly, Contract, InclusivePrice};
use values::Decimal;

/// A price with tax in it, for two days of a month of thirty, and another from the second of them on.
fn two_days(one: &str, other: &str) -> Contract {
    let net = |price: &str| {
        let price: Decimal = price.parse().unwrap();
        flat(&(price / Decimal::new(119, 2)).to_string())
    };
    let sold = component("core", "1", net(one), Monthly);
    let mut made = contract("EUR", "2026-04-01", "2026-04-03", &[sold]);
    made.inclusive_prices.push(InclusivePrice {
        component: "core".parse().unwrap(),
        from: None,
        rate: Some("0.19".parse().unwrap()),
    });
    change(&made, price("core", net(other), "2026-04-02")).0
}

fn billed(contract: &Contract) -> Vec<(i64, i64)> {
    let mut account = Account::default();
    account.bill_through(contract, date("2026-04-02"));
    let lines = account.lines.iter();
    lines
        .map(|line| (line.line.net.minor, line.tax.minor))
        .collect()
}

#[test]
fn the_tax_never_bears_the_cent_that_a_line_has_from_its_period() {
    // 0.149/30 and 0.148/30 with tax are 0.0042 and 0.0041 without: together a cent, with no tax on it.
    assert_eq!(billed(&two_days("0.149", "0.148")), [(0, 0), (1, 0)]);
    // 149.85/30 twice: 4.1975 without tax. The second line has a cent less, in net and in all.
    assert_eq!(
        billed(&two_days("149.85", "149.8500001")),
        [(420, 80), (419, 80)]
    );
}

#[test]
fn what_is_rounded_to_nothing_bears_no_tax_that_could_never_be_given_back() {
    // 0.16/30 is 0.0053 with tax and 0.0045 without.
    assert_eq!(billed(&two_days("0.16", "0")), [(0, 0), (0, 0)]);
}
