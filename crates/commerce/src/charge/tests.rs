use super::*;
use values::Quantity;

fn charge(text: &str) -> Charge {
    serde_json::from_str(text).unwrap()
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn price(charge: &Charge, units: &str) -> String {
    charge.price(quantity(units)).map_or_else(
        |refusal| refusal.code().to_owned(),
        |p| p.normalize().to_string(),
    )
}

/// The price with its steps as `words: figures = amount`, whose amounts must add up to it.
fn told(charge: &Charge, measured: &Measured) -> (String, Vec<String>) {
    let priced = charge.priced(measured, 2).unwrap();
    let sum: Decimal = priced.steps.iter().map(|step| step.amount.decimal()).sum();
    assert_eq!(sum, priced.amount.decimal(), "{:?}", priced.steps);
    let steps = priced
        .steps
        .iter()
        .map(|step| format!("{}: {} = {}", step.words, step.figures, step.amount));
    (priced.amount.to_string(), steps.collect())
}

fn of(units: &str) -> Measured {
    Measured::of(quantity(units))
}

fn items(amounts: &[&str]) -> Measured {
    let items: Vec<Quantity> = amounts.iter().map(|text| quantity(text)).collect();
    Measured {
        quantity: Quantity::new(items.iter().map(|item| item.decimal()).sum()),
        events: items.len() as u64,
        items,
        ..Measured::of(Quantity::default())
    }
}

#[test]
fn each_model_prices_a_quantity() {
    let flat = charge(r#"{"model":"flat","amount":"99.90"}"#);
    let per_unit = charge(r#"{"model":"per_unit","unit_price":"0.0004"}"#);
    let tiers =
        r#""tiers":[{"up_to":10,"unit_price":5,"flat_fee":1},{"up_to":null,"unit_price":"3.5"}]}"#;
    let graduated = charge(&format!(r#"{{"model":"graduated",{tiers}"#));
    let volume = charge(&format!(r#"{{"model":"volume",{tiers}"#));
    assert_eq!(price(&flat, "7"), "99.9");
    assert_eq!(price(&per_unit, "1234567"), "493.8268");
    assert_eq!(price(&graduated, "10"), "51");
    assert_eq!(price(&graduated, "12"), "58");
    assert_eq!(price(&graduated, "0"), "0");
    assert_eq!(price(&volume, "10"), "51");
    assert_eq!(price(&volume, "12"), "42");
    assert_eq!(price(&per_unit, "-1"), "negative_quantity");
}

#[test]
fn tiers_that_cannot_price_are_refused() {
    let bounded = charge(r#"{"model":"volume","tiers":[{"up_to":10,"unit_price":5}]}"#);
    assert_eq!(price(&bounded, "11"), "above_all_tiers");
    assert_eq!(
        price(&charge(r#"{"model":"graduated","tiers":[]}"#), "1"),
        "no_tiers"
    );
    let shuffled =
        charge(r#"{"model":"graduated","tiers":[{"unit_price":5},{"up_to":10,"unit_price":4}]}"#);
    assert_eq!(price(&shuffled, "1"), "tiers_out_of_order");
    let vast = charge(r#"{"model":"per_unit","unit_price":"9999999999999999999999999999"}"#);
    assert_eq!(price(&vast, "1000000"), "price_too_large");
}

#[test]
fn a_misspelt_field_is_refused() {
    let typo = serde_json::from_str::<Charge>(r#"{"model":"per_unit","unit_pirce":"1"}"#);
    assert!(typo.unwrap_err().to_string().contains("unit_pirce"));
    let typo =
        serde_json::from_str::<Charge>(r#"{"model":"package","size":10,"price":1,"free_unit":2}"#);
    assert!(typo.unwrap_err().to_string().contains("free_unit"));
}

/// Per-record prices far below a cent stay exact through every tier: nothing is rounded to zero.
#[test]
fn tiny_prices_of_single_records_stay_exact() {
    let graduated = charge(
        r#"{"model":"graduated","tiers":[
            {"up_to":1000000,"unit_price":"0.0000004"},
            {"up_to":null,"unit_price":"0.00000025"}]}"#,
    );
    let (amount, steps) = told(&graduated, &of("1000003"));
    assert_eq!(amount, "0.40000075");
    assert_eq!(
        steps,
        [
            "the first 1,000,000 units: 1,000,000 × 0.0000004 = 0.4",
            "the next 3 units: 3 × 0.00000025 = 0.00000075",
        ]
    );
    assert_eq!(price(&graduated, "1"), "0.0000004");
}

#[test]
fn packages_are_begun_whole_after_the_free_units() {
    let package = charge(r#"{"model":"package","size":1000,"price":"2.50","free_units":500}"#);
    let prices = ["0", "500", "500.001", "1500", "1501"].map(|units| price(&package, units));
    assert_eq!(prices, ["0", "0", "2.5", "2.5", "5"]);
    let (amount, steps) = told(&package, &of("1501"));
    assert_eq!(amount, "5");
    assert_eq!(
        steps,
        ["1,501 units, 500 of them free, in packages of 1,000: 2 × 2.50 = 5"]
    );
    let thirds = charge(r#"{"model":"package","size":3,"price":1}"#);
    assert_eq!(
        price(&thirds, "9999999999999999999999"),
        "3333333333333333333333"
    );
}

#[test]
fn a_percentage_frees_items_first_and_holds_each_item_within_its_bounds() {
    let fee = charge(
        r#"{"model":"percentage","rate":"0.029","fixed":"0.30","free_events":1,
            "free_amount":50,"minimum":"0.50","maximum":"5.00"}"#,
    );
    // The first is free; of the second 50 bear no percentage; the third is too small, the fourth too large.
    let (amount, steps) = told(&fee, &items(&["900", "100", "1", "10000"]));
    assert_eq!(amount, "7.25");
    assert_eq!(
        steps,
        [
            "the first 1 items are free: 1 × 0 = 0",
            "1 items at 2.9 %: 2.9 % of 50.00 + 1 × 0.30 = 1.75",
            "1 items raised to the least amount: 1 × 0.50 = 0.5",
            "1 items held at the most: 1 × 5.00 = 5",
        ]
    );
    assert!(fee.wants_items());
}

#[test]
fn a_graduated_percentage_takes_each_tier_by_its_rate() {
    let fee = charge(
        r#"{"model":"graduated_percentage","tiers":[
            {"up_to":1000,"rate":"0.05","flat_fee":1},{"up_to":null,"rate":"0.02"}]}"#,
    );
    let (amount, steps) = told(&fee, &of("1500"));
    assert_eq!(amount, "61");
    assert_eq!(steps[1], "the next 500: 2 % of 500.00 = 10");
}

fn by_region(region: &str, units: &str) -> (Cell, Quantity) {
    let cell = Cell::from([("region".to_owned(), region.to_owned())]);
    (cell, quantity(units))
}

#[test]
fn a_matrix_prices_each_cell_and_refuses_the_unknown_where_nothing_is_stated_for_it() {
    let text = |otherwise: &str| {
        format!(
            r#"{{"model":"matrix","dimensions":["region"],"cells":[
                {{"when":{{"region":"eu"}},"unit_price":"0.02"}}]{otherwise}}}"#
        )
    };
    let measured = Measured {
        cells: [by_region("eu", "10"), by_region("us", "5")].into(),
        ..of("15")
    };
    let with_default = charge(&text(r#","otherwise":"0.05""#));
    let (amount, steps) = told(&with_default, &measured);
    assert_eq!(amount, "0.45");
    assert_eq!(steps[1], "region us: 5 × 0.05 = 0.25");
    let refused = charge(&text("")).priced(&measured, 2).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "matrix: no price for region us, of which 5 were used; add a cell for it or state otherwise, the price of all other cells"
    );
}

#[test]
fn the_highest_reading_picks_a_block_and_blocks_are_paid_all_or_the_top_one() {
    let blocks = r#""blocks":[{"up_to":100,"price":10},{"up_to":500,"price":40}]"#;
    let capacity = charge(&format!(
        r#"{{"model":"capacity",{blocks},"overage":"0.2"}}"#
    ));
    let prices = ["0", "100", "100.5", "510"].map(|units| price(&capacity, units));
    assert_eq!(prices, ["0", "10", "40", "42"]);
    let strict = charge(&format!(r#"{{"model":"capacity",{blocks}}}"#));
    assert_eq!(price(&strict, "501"), "above_all_tiers");
    let all = charge(&format!(
        r#"{{"model":"blocks",{blocks},"counts":"all_tiers"}}"#
    ));
    let top = charge(&format!(
        r#"{{"model":"blocks",{blocks},"counts":"top_tier"}}"#
    ));
    assert_eq!([price(&all, "300"), price(&top, "300")], ["50", "40"]);
}

#[test]
fn a_commitment_trues_up_and_holds_at_the_most_prorated_with_its_period() {
    let committed = charge(
        r#"{"model":"commitment","minimum":100,"maximum":250,
            "charge":{"model":"per_unit","unit_price":"0.5"}}"#,
    );
    let (amount, steps) = told(&committed, &of("120"));
    assert_eq!(amount, "100");
    assert_eq!(
        steps,
        [
            "units: 120 × 0.50 = 60",
            "true-up to the minimum commitment: 100.00 − 60.00 = 40"
        ]
    );
    assert_eq!(price(&committed, "1000"), "250");
    let half = Measured {
        share: (15, 30),
        ..of("40")
    };
    let (amount, steps) = told(&committed, &half);
    assert_eq!(amount, "50");
    assert_eq!(
        steps[1],
        "true-up to the minimum commitment: 50.00 (15/30 of a period) − 20.00 = 30"
    );
    let plan = charge(r#"{"model":"minimum_spend","minimum":12000}"#);
    assert_eq!(
        [price(&plan, "9000.5"), price(&plan, "12001")],
        ["2999.5", "0"]
    );
}

#[test]
fn milestones_seats_and_packs_of_credits() {
    let milestones = charge(
        r#"{"model":"milestones","milestones":[
            {"name":"design","amount":3000},{"name":"go-live","amount":7000}]}"#,
    );
    let prices = ["0", "1", "2", "3", "1.5"].map(|units| price(&milestones, units));
    assert_eq!(
        prices,
        [
            "0",
            "3000",
            "10000",
            "no_such_milestone",
            "no_such_milestone"
        ]
    );
    let seats = charge(r#"{"model":"seats","unit_price":12,"included":5}"#);
    assert_eq!([price(&seats, "3"), price(&seats, "8")], ["0", "36"]);
    let pack = charge(r#"{"model":"credit_pack","credits":1000,"bonus":50,"price":"80"}"#);
    let (amount, steps) = told(&pack, &of("3"));
    assert_eq!(amount, "240");
    assert_eq!(steps, ["packs, granting 3,150 credits: 3 × 80.00 = 240"]);
    assert_eq!(price(&pack, "1.5"), "part_of_a_pack");
}

#[test]
fn every_refused_setting_names_field_value_and_mend() {
    let refused = |text: &str| charge(text).check().unwrap_err().to_string();
    for (text, words) in [
        (
            r#"{"model":"package","size":0,"price":1}"#,
            "package: size is 0; say how many units a package holds, above zero",
        ),
        (
            r#"{"model":"percentage","rate":"2.9"}"#,
            "percentage: rate is 2.9; write a part between 0 and 1, such as \"0.029\" for 2.9 %",
        ),
        (
            r#"{"model":"matrix","dimensions":["region","size"],"cells":[{"when":{"region":"eu"},"unit_price":1}]}"#,
            "matrix: cells[0].when is region eu; give one value for each of the matrix's dimensions and no other",
        ),
        (
            r#"{"model":"commitment","minimum":10,"maximum":5,"charge":{"model":"flat","amount":1}}"#,
            "commitment: minimum is 10; write a minimum that is not above the maximum",
        ),
        (
            r#"{"model":"minimum_spend","minimum":0}"#,
            "minimum_spend: minimum is 0; say what is to be spent at least, above zero",
        ),
        (
            r#"{"model":"seats","unit_price":1,"included":-1}"#,
            "seats: included is -1; give the seats that cost nothing, zero or more",
        ),
        (
            r#"{"model":"credit_pack","credits":0,"price":1}"#,
            "credit_pack: credits is 0; say how many credits a pack holds, above zero",
        ),
    ] {
        assert_eq!(refused(text), words);
    }
}

#[test]
fn a_price_of_a_unit_keeps_the_rules_of_what_has_units_and_is_refused_of_what_has_none() {
    let at_three = |text: &str| {
        let agreed = charge(text).repriced("3".parse().unwrap());
        match agreed {
            Ok(charge) => serde_json::to_string(&charge).unwrap(),
            Err(refusal) => refusal.to_string(),
        }
    };
    let kept = [
        (
            r#"{"model":"flat","amount":"9"}"#,
            r#"{"model":"flat","amount":"3"}"#,
        ),
        (
            r#"{"model":"graduated","tiers":[{"unit_price":"9"}]}"#,
            r#"{"model":"per_unit","unit_price":"3"}"#,
        ),
        (
            r#"{"model":"credit_pack","credits":"1000","bonus":"50","price":"9"}"#,
            r#"{"model":"credit_pack","credits":"1000","bonus":"50","price":"3"}"#,
        ),
        (
            r#"{"model":"commitment","minimum":"100","charge":{"model":"per_unit","unit_price":"9"}}"#,
            r#"{"model":"commitment","minimum":"100","maximum":null,"charge":{"model":"per_unit","unit_price":"3"}}"#,
        ),
    ];
    for (before, after) in kept {
        assert_eq!(at_three(before), after);
    }
    for (text, how) in [
        (r#"{"model":"percentage","rate":"0.02"}"#, "by percentage"),
        (
            r#"{"model":"graduated_percentage","tiers":[{"rate":"0.02"}]}"#,
            "by graduated percentage",
        ),
        (
            r#"{"model":"milestones","milestones":[{"name":"go-live","amount":"5"}]}"#,
            "by milestones",
        ),
        (
            r#"{"model":"minimum_spend","minimum":"100"}"#,
            "as a least spend",
        ),
        (
            r#"{"model":"commitment","minimum":"100","charge":{"model":"percentage","rate":"0.02"}}"#,
            "by percentage",
        ),
    ] {
        assert_eq!(
            at_three(text),
            format!(
                "3 cannot be the price of a unit where it is charged {how}; state the whole charge"
            )
        );
    }
}
