//! Invoices whose lines are rounded once: the sum of the exact amounts, by worked figures and by chance.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

use billing::{InvoiceRounding, LineKind, NetRounding, TaxedLine};
use proptest::prelude::*;
use values::{CashRounding, CashUnit, Currency, Money, MoneyRefused, Rounding, UnitPrice};

fn money(minor: i64, currency: &str) -> Money {
    Money::from_minor(minor, currency.parse().unwrap())
}

/// A line of `net` minor units, whose price for a whole period is `price` and of which it bills a part.
fn line(currency: &str, price: &str, (numerator, denominator): (i64, i64), net: i64) -> TaxedLine {
    let amount = serde_json::to_value(money(net, currency)).unwrap();
    let days = serde_json::json!({ "from": "2026-01-01", "until": "2026-02-01" });
    let text = serde_json::json!({
        "line": { "kind": "charge", "corrects": null, "contract": "con_1", "component": "calls",
            "product": "CALLS", "description": "Calls", "tax_code": "standard",
            "revenue_account_class": "usage", "recognition": "straight_line_daily", "period": days,
            "window": days, "service": days, "quantity": "1",
            "charge": { "model": "per_unit", "unit_price": "1" }, "price": price,
            "numerator": numerator, "denominator": denominator, "by_rule": amount, "net": amount,
            "arithmetic": "", "policy_version": 1 },
        "tax_name": "", "tax_rate": "0", "tax": money(0, currency),
    });
    serde_json::from_value(text).unwrap()
}

fn once(way: Rounding) -> InvoiceRounding {
    InvoiceRounding {
        net: NetRounding::PerInvoice(way),
        unit: None,
    }
}

/// The amount of the rounding line, minor units, with the rule in words.
fn rounding(rule: InvoiceRounding, lines: &[TaxedLine]) -> (i64, String) {
    let line = rule.line(lines).unwrap().unwrap();
    (line.amount.minor, line.words())
}

fn euro(price: &str, net: i64) -> TaxedLine {
    line("EUR", price, (1, 1), net)
}

#[test]
fn three_thirds_of_a_cent_are_a_cent_and_the_lines_stay() {
    let lines = [euro("0.334", 33), euro("0.334", 33), euro("0.334", 33)];
    let (amount, words) = rounding(once(Rounding::HalfUp), &lines);
    assert_eq!(
        (amount, words.as_str()),
        (1, "lines rounded once per invoice, half up")
    );
    let per_line = InvoiceRounding {
        net: NetRounding::PerLine,
        unit: None,
    };
    assert_eq!(per_line.line(&lines), Ok(None));
    assert_eq!(once(Rounding::HalfUp).line(&[]), Ok(None));
}

#[test]
fn half_a_cent_goes_up_or_to_the_even_neighbour() {
    let lines = [euro("0.10", 10), euro("0.025", 3)];
    assert_eq!(rounding(once(Rounding::HalfUp), &lines).0, 0);
    assert_eq!(rounding(once(Rounding::HalfEven), &lines).0, -1);
    // The half is made of parts that no decimal holds: a third, a twelfth, a 48th and a 16th of 0.01.
    let parts = [3, 12, 48, 16].map(|of| line("EUR", "0.01", (1, of), 0));
    assert_eq!(rounding(once(Rounding::HalfUp), &parts).0, 1);
    assert_eq!(rounding(once(Rounding::HalfEven), &parts).0, 0);
    // What only nearly is a half of it is none, for a whole period too.
    let nearly = [line("EUR", "0.00499999999999", (31, 31), 0)];
    assert_eq!(rounding(once(Rounding::HalfUp), &nearly).0, 0);
}

#[test]
fn every_currency_has_its_own_smallest_unit() {
    let yen = [0, 1].map(|_| line("JPY", "100.4", (1, 1), 100));
    assert_eq!(rounding(once(Rounding::HalfUp), &yen).0, 1);
    let dinars = [0, 1, 2].map(|_| line("KWD", "0.3334", (1, 1), 333));
    let found = once(Rounding::HalfUp).line(&dinars).unwrap().unwrap();
    assert_eq!(found.amount, money(1, "KWD"));
    assert_eq!(found.rule.to, money(1, "KWD"));
    assert!(!found.is_in_cash_units());
    let mixed = [yen[0].clone(), dinars[0].clone()];
    let refused = once(Rounding::HalfUp).line(&mixed).unwrap_err();
    assert!(matches!(refused, MoneyRefused::CurrenciesDiffer { .. }));
}

#[test]
fn the_amount_to_pay_comes_to_cash_units_after_the_lines() {
    let francs = [0, 1, 2].map(|_| line("CHF", "0.334", (1, 1), 33));
    let both = |to: i64| InvoiceRounding {
        net: NetRounding::PerInvoice(Rounding::HalfUp),
        unit: Some(CashUnit {
            to: money(to, "CHF"),
            mode: CashRounding::Down,
        }),
    };
    // 0.99 is 1.00 by its lines, which no coin has to change; per line it would have come down to 0.95.
    let (amount, words) = rounding(both(5), &francs);
    assert_eq!(amount, 1);
    assert_eq!(
        words,
        "lines rounded once per invoice, half up; then rounded to 0.05 CHF, down"
    );
    assert_eq!(rounding(both(30), &francs).0, -9);
}

#[test]
fn what_is_no_rounding_of_an_exact_amount_counts_as_it_stands() {
    let way = once(Rounding::HalfUp);
    let part = euro("0.334", 33);
    let mut conceded = euro("0.334", 33);
    conceded.line.kind = LineKind::Concession;
    let mut limited = euro("0.334", 33);
    limited.line.by_rule = money(34, "EUR");
    let mut only_moved = line("EUR", "0", (0, 1), -1);
    only_moved.line.kind = LineKind::Reduction;
    let mut with_tax = euro("0.334", 33);
    with_tax.detail = Some(Box::new(
        serde_json::from_value(
            serde_json::json!({ "category": "S", "basis": "", "price": money(40, "EUR") }),
        )
        .unwrap(),
    ));
    for odd in [conceded, limited, only_moved, with_tax, euro("9.99", 33)] {
        let lines = [part.clone(), part.clone(), odd];
        // 0.668 of the two others is 0.67 with anything whole beside it.
        assert_eq!(rounding(way, &lines).0, 1, "{lines:?}");
        let alone = [lines[2].clone(), lines[2].clone()];
        assert_eq!(rounding(way, &alone).0, 0, "{alone:?}");
    }
    // What takes back an exact amount counts with it: all three are charged and two are gone.
    let back = line("EUR", "-0.334", (1, 1), -33);
    let lines = [part.clone(), part.clone(), part.clone(), back.clone(), back];
    assert_eq!(rounding(way, &lines).0, 0);
}

#[test]
fn an_invoice_never_comes_to_less_than_nothing_and_never_leaves_64_bits() {
    let lines = [euro("0.006", 1), euro("-0.014", -1)];
    assert_eq!(rounding(once(Rounding::HalfUp), &lines).0, 0);
    let paid = [euro("0.006", 1), euro("0.006", 1), euro("-0.014", -1)];
    assert_eq!(rounding(once(Rounding::HalfUp), &paid).0, -1);
    let huge = [0, 1].map(|_| euro("0", i64::MAX));
    assert_eq!(
        once(Rounding::HalfUp).line(&huge),
        Err(MoneyRefused::TooLarge)
    );
    let mut fine = euro("0", 0);
    fine.line.price = UnitPrice::new(values::Decimal::MAX);
    fine.line.numerator = i64::MAX;
    assert_eq!(rounding(once(Rounding::HalfUp), &[fine]).0, 0);
}

/// The nearest whole number of minor units to a fraction of them, by the rule, in whole numbers only.
fn nearest(numerator: i128, denominator: i128, way: Rounding) -> i64 {
    let (size, sign) = (numerator.abs(), numerator.signum());
    let (whole, rest) = (size / denominator, size % denominator);
    let up = match way {
        Rounding::HalfUp => rest * 2 >= denominator,
        Rounding::HalfEven => rest * 2 > denominator || (rest * 2 == denominator && whole % 2 == 1),
    };
    i64::try_from(sign * (whole + i128::from(up))).unwrap()
}

/// Thousandths of a minor unit, days and denominator, whether the rounding of an earlier line is carried.
type Part = (i64, i64, i64, i64);

fn any_part() -> impl Strategy<Value = Part> {
    let denominators = prop::sample::select(vec![1_i64, 3, 7, 28, 30, 31, 365, 377_580]);
    // Many of them end on half a minor unit.
    let prices = prop_oneof![
        1_i64..5_000_000,
        (1_i64..40_000).prop_map(|eighths| eighths * 125)
    ];
    (prices, 0_i64..40, denominators, -1_i64..=1).prop_map(|(price, days, denominator, carried)| {
        (price, days.min(denominator), denominator, carried)
    })
}

proptest! {
    #[test]
    fn lines_rounded_once_are_the_exact_sum_rounded(
        parts in prop::collection::vec(any_part(), 1..40),
        code in prop::sample::select(vec!["EUR", "JPY", "KWD"]),
        way in prop::sample::select(vec![Rounding::HalfUp, Rounding::HalfEven]),
    ) {
        let currency: Currency = code.parse().unwrap();
        // A multiple of every denominator.
        let common = 377_580_i128 * 365;
        let (mut lines, mut exact) = (Vec::new(), 0_i128);
        for (price, days, denominator, carried) in parts {
            let share = i128::from(price) * i128::from(days) * (common / i128::from(denominator));
            exact += share;
            let alone = nearest(share, common * 1_000, Rounding::HalfUp);
            // The rounding that is carried never makes a charge negative, nor moves it by a whole unit.
            let away = (i128::from(alone + carried) * common * 1_000 - share).abs();
            let net = if alone + carried >= 0 && away < common * 1_000 { alone + carried } else { alone };
            let places = currency.exponent() + 3;
            let major = values::Decimal::new(price, places).to_string();
            lines.push(line(code, &major, (days, denominator), net));
        }
        let found = once(way).line(&lines).unwrap().unwrap();
        let sum: i64 = lines.iter().map(|taxed| taxed.line.net.minor).sum();
        prop_assert_eq!(sum + found.amount.minor, nearest(exact, common * 1_000, way));
        prop_assert!(found.amount.minor.unsigned_abs() <= lines.len() as u64);
        // In the opposite direction it is the opposite.
        let turned: Vec<TaxedLine> = lines.into_iter().map(|mut taxed| {
            taxed.line.price = UnitPrice::new(-taxed.line.price.decimal());
            taxed.line.net = taxed.line.net.negated().unwrap();
            taxed.line.by_rule = taxed.line.net;
            taxed
        }).collect();
        if sum > 0 {
            let opposite = once(way).line(&turned).unwrap().unwrap();
            prop_assert_eq!(opposite.amount.minor, -found.amount.minor);
        }
    }
}
