//! Which taxes a sale bears, and their amounts.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use billing::{
    Abroad, BillingRefusal, DraftLine, EngineAnswer, EngineLine, EngineTax, LocalTax,
    REVERSE_CHARGE, TaxMismatch, TaxRounding, TaxSeller, TaxTable, Taxation, Untaxed, compare_tax,
    expected_lines,
};
use commerce::{
    BillingFrequency, Charge, Contract, ExemptionCertificate, InclusivePrice, TaxProfile,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use support::{date, entity, taxes};
use values::{Currency, Decimal, Money, Rate, TaxCategory, UnitPrice};

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

fn profile(country: &str) -> TaxProfile {
    TaxProfile {
        country: country.to_owned(),
        region: None,
        locality: None,
        vat_id: None,
        certificates: Vec::new(),
    }
}

fn local(country: &str, region: Option<&str>, authority: &str, percent: &str) -> LocalTax {
    LocalTax {
        country: country.to_owned(),
        region: region.map(str::to_owned),
        locality: None,
        tax_code: "saas".to_owned(),
        authority: authority.to_owned(),
        name: format!("{authority} tax"),
        rate: rate(percent),
        from: date("2020-01-01"),
    }
}

/// A German seller with 19 % at home.
fn table() -> TaxTable {
    let mut table = taxes("0.19");
    table.sellers.push(TaxSeller {
        entity: entity(),
        country: "DE".to_owned(),
        vat_id: Some("DE123456789".to_owned()),
        rounding: TaxRounding::PerLine,
        abroad: None,
        engine: None,
    });
    table
}

fn decided(
    table: &TaxTable,
    buyer: &TaxProfile,
    on: &str,
) -> Result<(TaxCategory, Rate), BillingRefusal> {
    let found = billing::determine(table, &entity(), Some(buyer), "saas", date(on))?;
    Ok((found.category, found.rate()))
}

#[test]
fn the_first_rule_that_answers_decides() {
    let mut table = table();
    let on = "2026-05-01";
    assert_eq!(
        decided(&table, &profile("DE"), on),
        Ok((TaxCategory::S, rate("0.19")))
    );
    // Business across a border of the Union; without registration the rate where the buyer is.
    let mut french = profile("FR");
    assert!(matches!(
        decided(&table, &french, on),
        Err(BillingRefusal::NoTaxRate { .. })
    ));
    table.local.push(local("FR", None, "France", "0.20"));
    assert_eq!(
        decided(&table, &french, on),
        Ok((TaxCategory::S, rate("0.20")))
    );
    french.vat_id = Some("FR40303265045".to_owned());
    assert_eq!(
        decided(&table, &french, on),
        Ok((TaxCategory::AE, rate("0")))
    );
    let reversed = billing::determine(&table, &entity(), Some(&french), "saas", date(on)).unwrap();
    assert_eq!(reversed.reason, REVERSE_CHARGE);
    // At home a registration changes nothing, and a seller without one cannot reverse the charge.
    let mut german = profile("DE");
    german.vat_id = Some("DE999999999".to_owned());
    assert_eq!(
        decided(&table, &german, on),
        Ok((TaxCategory::S, rate("0.19")))
    );
    table.sellers[0].vat_id = None;
    assert_eq!(
        decided(&table, &french, on),
        Ok((TaxCategory::S, rate("0.20")))
    );
    // Abroad outside the Union.
    assert!(decided(&table, &profile("US"), on).is_err());
    table.sellers[0].abroad = Some(Abroad {
        category: TaxCategory::O,
        reason: "Not taxable in Germany".to_owned(),
    });
    assert_eq!(
        decided(&table, &profile("US"), on),
        Ok((TaxCategory::O, rate("0")))
    );
    // What bears no tax bears none wherever it goes.
    table.untaxed.push(Untaxed {
        entity: entity(),
        tax_code: "saas".to_owned(),
        category: TaxCategory::Z,
        reason: String::new(),
        from: date("2026-06-01"),
        until: Some(date("2026-06-30")),
    });
    assert_eq!(
        decided(&table, &profile("DE"), "2026-06-30"),
        Ok((TaxCategory::Z, rate("0")))
    );
    assert_eq!(
        decided(&table, &profile("DE"), "2026-07-01"),
        Ok((TaxCategory::S, rate("0.19")))
    );
}

#[test]
fn a_certificate_holds_from_its_first_to_its_last_day() {
    let mut buyer = profile("DE");
    buyer.certificates.push(ExemptionCertificate {
        number: "E-77".to_owned(),
        country: "DE".to_owned(),
        region: None,
        tax_codes: vec!["saas".to_owned()],
        from: date("2026-02-01"),
        until: Some(date("2026-02-28")),
        reason: "Public body".to_owned(),
    });
    let table = table();
    let category = |on: &str| decided(&table, &buyer, on).unwrap().0;
    assert_eq!(category("2026-01-31"), TaxCategory::S);
    assert_eq!(category("2026-02-01"), TaxCategory::E);
    assert_eq!(category("2026-02-28"), TaxCategory::E);
    assert_eq!(category("2026-03-01"), TaxCategory::S);
    let found =
        billing::determine(&table, &entity(), Some(&buyer), "saas", date("2026-02-10")).unwrap();
    assert_eq!(found.reason, "Public body (certificate E-77)");
    assert!(buyer.problems().is_empty());
    buyer.certificates[0].until = Some(date("2026-01-01"));
    buyer.vat_id = Some("FR1".to_owned());
    let told: Vec<String> = buyer.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "\"FR1\" is no VAT id of DE; write it with its prefix and without spaces, such as \"DE123456789\"",
            "certificate \"E-77\": it ends before it begins",
        ]
    );
}

/// A contract of one component that comes to `price` a month without tax.
fn sold(currency: &str, price: Decimal) -> Contract {
    let charge = Charge::flat(UnitPrice::new(price));
    let sold = support::component("c1", "1", charge, BillingFrequency::Monthly);
    support::contract(currency, "2026-01-01", "2027-01-01", &[sold])
}

fn first_line(contract: &Contract) -> DraftLine {
    let lines = expected_lines(contract, contract.term.from()).unwrap();
    lines.into_iter().next().unwrap()
}

fn lines_of(nets: &[i64]) -> Vec<DraftLine> {
    let line = first_line(&sold("EUR", Decimal::ONE));
    let with = |net: &i64| DraftLine {
        net: Money::from_minor(*net, line.net.currency),
        ..line.clone()
    };
    nets.iter().map(with).collect()
}

fn taxation<'a>(
    table: &'a TaxTable,
    seller: &'a values::EntityId,
    buyer: &'a TaxProfile,
) -> Taxation<'a> {
    Taxation {
        table,
        entity: seller,
        buyer: Some(buyer),
        contract: None,
        on: date("2026-05-01"),
        answer: None,
    }
}

#[test]
fn state_and_county_add_up_on_one_line() {
    let mut table = table();
    table.local.push(local("US", Some("CA"), "State", "0.0725"));
    table
        .local
        .push(local("US", Some("CA"), "County", "0.0225"));
    table
        .local
        .push(local("US", Some("NY"), "New York", "0.04"));
    let mut buyer = profile("US");
    buyer.region = Some("CA".to_owned());
    let seller = entity();
    let taxed = taxation(&table, &seller, &buyer)
        .tax(&lines_of(&[3_333]), &[])
        .unwrap();
    assert_eq!(taxed[0].tax.minor, 317); // 33.33 × 9.5 % = 3.166
    assert_eq!(taxed[0].tax_name, "State tax + County tax");
    let detail = taxed[0].detail.as_ref().unwrap();
    let parts: Vec<i64> = detail.parts.iter().map(|part| part.amount.minor).collect();
    assert_eq!(parts, [242, 75]);
    assert_eq!(detail.category.code(), "S");
    // A later rate of one authority follows its earlier one.
    let mut next = local("US", Some("CA"), "County", "0.03");
    next.from = date("2026-05-01");
    table.local.push(next);
    let taxed = taxation(&table, &seller, &buyer)
        .tax(&lines_of(&[10_000]), &[])
        .unwrap();
    assert_eq!(taxed[0].tax.minor, 1_025);
}

#[test]
fn tax_is_rounded_by_line_or_once_for_the_document() {
    let mut table = table();
    let (seller, buyer) = (entity(), profile("DE"));
    let nets = [105, 105, 105];
    let sum = |table: &TaxTable| -> i64 {
        let taxed = taxation(table, &seller, &buyer)
            .tax(&lines_of(&nets), &[])
            .unwrap();
        taxed.iter().map(|line| line.tax.minor).sum()
    };
    assert_eq!(sum(&table), 60); // 3 × 19.95
    table.sellers[0].rounding = TaxRounding::PerDocument;
    let nets = [103, 103, 103];
    let taxed = taxation(&table, &seller, &buyer)
        .tax(&lines_of(&nets), &[])
        .unwrap();
    let each: Vec<i64> = taxed.iter().map(|line| line.tax.minor).collect();
    assert_eq!(each, [20, 19, 20]); // 19.57, 39.14, 58.71
}

/// The net price in a price with tax, as it is kept, with the note of the rate.
fn inclusive(currency: &str, price: &str, percent: &str) -> Contract {
    let price: Decimal = price.parse().unwrap();
    let factor = Decimal::ONE + rate(percent).decimal();
    let mut contract = sold(currency, price / factor);
    contract.inclusive_prices.push(InclusivePrice {
        component: contract.components[0].id.clone(),
        from: None,
        rate: Some(rate(percent)),
    });
    contract
}

fn net_and_tax(contract: &Contract, table: &TaxTable) -> Result<(i64, i64), BillingRefusal> {
    let (seller, buyer) = (entity(), profile("DE"));
    let taxation = Taxation {
        contract: Some(contract),
        ..taxation(table, &seller, &buyer)
    };
    let taxed = taxation.tax(&[first_line(contract)], &[])?;
    Ok((taxed[0].line.net.minor, taxed[0].tax.minor))
}

#[test]
fn an_inclusive_price_is_held_to_the_minor_unit() {
    let german = table();
    assert_eq!(
        net_and_tax(&inclusive("EUR", "9.99", "0.19"), &german),
        Ok((839, 160))
    );
    assert_eq!(
        net_and_tax(&inclusive("EUR", "0.01", "0.19"), &german),
        Ok((1, 0))
    );
    let mut japanese = taxes("0.10");
    japanese.sellers.clone_from(&german.sellers);
    assert_eq!(
        net_and_tax(&inclusive("JPY", "1000", "0.10"), &japanese),
        Ok((909, 91))
    );
    let changed = net_and_tax(&inclusive("EUR", "9.99", "0.16"), &german);
    let told = changed.unwrap_err().to_string();
    assert_eq!(
        told,
        "c1: its price was agreed with 0.16 tax in it and the rate is 0.19 now; agree the price again from 2026-01-01, the first day that waits to be billed"
    );
}

fn answer(taxes: &[i64]) -> EngineAnswer {
    let eur: Currency = "EUR".parse().unwrap();
    let line = |minor: &i64| EngineLine {
        category: TaxCategory::S,
        reason: String::new(),
        rate: rate("0.19"),
        tax: Money::from_minor(*minor, eur),
        taxes: vec![EngineTax {
            authority: "DE".to_owned(),
            name: "VAT".to_owned(),
            rate: rate("0.19"),
            amount: Money::from_minor(*minor, eur),
        }],
    };
    EngineAnswer {
        reference: "calc-1".to_owned(),
        lines: taxes.iter().map(line).collect(),
    }
}

#[test]
fn an_engine_is_compared_with_our_own_rows() {
    let (table, seller, buyer) = (table(), entity(), profile("DE"));
    let eur: Currency = "EUR".parse().unwrap();
    let ours = taxation(&table, &seller, &buyer)
        .tax(&lines_of(&[10_000, 100]), &[])
        .unwrap();
    let found = |taxes: &[i64], tolerance| compare_tax(&ours, &answer(taxes), eur, tolerance);
    assert_eq!(found(&[1_900, 19], 0), Ok(None));
    assert_eq!(found(&[1_900, 20], 1), Ok(None));
    let apart = found(&[1_600, 19], 1).unwrap().unwrap();
    assert_eq!(
        apart.to_string(),
        "our own rows come to 19.19 EUR tax and the engine to 16.19 EUR"
    );
    assert!(matches!(
        found(&[1_919], 5),
        Ok(Some(TaxMismatch::Lines { .. }))
    ));
    let mut wrong = answer(&[1_900, 19]);
    wrong.lines[1].taxes[0].amount = Money::from_minor(18, eur);
    let wrong = compare_tax(&ours, &wrong, eur, 100).unwrap().unwrap();
    assert!(matches!(wrong, TaxMismatch::Sum { line: 2, .. }));
    // The answer taxes the lines when it is taken.
    let taken = answer(&[1_600, 16]);
    let taxation = Taxation {
        answer: Some(&taken),
        ..taxation(&table, &seller, &buyer)
    };
    let taxed = taxation.tax(&lines_of(&[10_000, 100]), &[]).unwrap();
    assert_eq!((taxed[0].tax.minor, taxed[1].tax.minor), (1_600, 16));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(19),
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    /// Whatever the price, rate and currency: net and tax are the price.
    #[test]
    fn inclusive_net_and_tax_are_the_price(
        minor in 1_i64..10_000_000,
        percent in 1_i64..3_000,
        currency in prop::sample::select(vec![("EUR", 2_u32), ("JPY", 0), ("KWD", 3)]),
    ) {
        let (code, places) = currency;
        let percent = Decimal::new(percent, 4).to_string();
        let price = Decimal::new(minor, places).to_string();
        let mut table = taxes(&percent);
        table.sellers = self::table().sellers;
        let (net, tax) = net_and_tax(&inclusive(code, &price, &percent), &table).unwrap();
        prop_assert_eq!(net + tax, minor);
        prop_assert!(net >= 0 && tax >= 0);
    }

    /// Rounded once, the taxes of the lines are the tax of their sum, each within a cent of its own;
    /// and the taxes of each line add up to its tax.
    #[test]
    fn document_rounding_is_the_tax_of_the_sum(
        nets in prop::collection::vec(1_i64..100_000, 1..30),
        state in 0_i64..900,
        county in 0_i64..900,
    ) {
        let mut table = table();
        table.sellers[0].rounding = TaxRounding::PerDocument;
        let percent = |value: i64| Decimal::new(value, 4).to_string();
        table.local.push(local("US", None, "State", &percent(state)));
        table.local.push(local("US", None, "County", &percent(county)));
        let (seller, buyer) = (entity(), profile("US"));
        let taxed = taxation(&table, &seller, &buyer).tax(&lines_of(&nets), &[]).unwrap();
        let both = Rate::new(Decimal::new(state + county, 4));
        let eur = taxed[0].tax.currency;
        let whole = billing::tax_of(Money::from_minor(nets.iter().sum(), eur), both).unwrap();
        prop_assert_eq!(taxed.iter().map(|line| line.tax.minor).sum::<i64>(), whole.minor);
        for line in &taxed {
            let own = billing::tax_of(line.line.net, both).unwrap();
            prop_assert!((own.minor - line.tax.minor).abs() <= 1);
            let parts = &line.detail.as_ref().unwrap().parts;
            prop_assert_eq!(parts.iter().map(|part| part.amount.minor).sum::<i64>(), line.tax.minor);
        }
    }
}
