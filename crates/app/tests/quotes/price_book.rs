//! What is exported is imported again and comes out equal; a bad file is refused whole, row by row.

use crate::company::Company;
use crate::seller::{act, company, said};
use serde_json::{Value, json};

fn priced() -> Company {
    let company = company();
    for body in [
        json!({ "product": "SEAT", "currency": "USD", "billing": "annual", "unit_price": "130", "from": "2026-07-01" }),
        json!({ "product": "SEAT", "currency": "USD", "billing": "annual", "unit_price": "125" }),
        json!({ "product": "SEAT", "currency": "JPY", "billing": "monthly", "timing": "arrears",
            "charge": { "model": "flat", "amount": "1500" } }),
        json!({ "product": "SEAT", "currency": "CHF", "billing": "monthly", "timing": "arrears",
            "unit_price": "0.02", "measure": { "by": "meter", "meter": "calls" } }),
    ] {
        act(&company, "rita", "set_price", body).unwrap();
    }
    act(
        &company,
        "rita",
        "publish_offer",
        json!({ "kind": "plan", "code": "PRO", "name": "Pro", "product": "SEAT", "months": 12 }),
    )
    .unwrap();
    company
}

#[test]
fn the_price_book_is_rows_and_comes_back_equal() {
    let company = priced();
    let file = company.app.export_prices().unwrap();
    assert_eq!(
        file,
        "product,currency,billing,timing,from,unit_price,charge_json,measure_json\n\
         SEAT,CHF,monthly,arrears,,0.02,,\"{\"\"by\"\":\"\"meter\"\",\"\"meter\"\":\"\"calls\"\"}\"\n\
         SEAT,EUR,annual,advance,,120,,\n\
         SEAT,JPY,monthly,arrears,,,\"{\"\"amount\"\":\"\"1500\"\",\"\"model\"\":\"\"flat\"\"}\",\n\
         SEAT,USD,annual,advance,,125,,\n\
         SEAT,USD,annual,advance,2026-07-01,130,,\n"
    );
    let other = self::company();
    for row in csv::Reader::from_reader(file.as_bytes())
        .deserialize::<std::collections::BTreeMap<String, String>>()
    {
        let row: serde_json::Map<String, Value> = row
            .unwrap()
            .into_iter()
            .filter(|(_, cell)| !cell.is_empty())
            .map(|(column, cell)| (column, json!(cell)))
            .collect();
        act(&other, "rita", "set_price", Value::Object(row)).unwrap();
    }
    assert_eq!(other.app.export_prices().unwrap(), file);
}

#[test]
fn a_new_price_of_what_is_measured_is_for_what_is_measured() {
    let company = priced();
    for body in [
        json!({ "product": "SEAT", "currency": "CHF", "billing": "monthly", "unit_price": "0.03",
            "from": "2026-07-01" }),
        json!({ "product": "SEAT", "currency": "CHF", "billing": "annual", "unit_price": "200" }),
    ] {
        act(&company, "rita", "set_price", body).unwrap();
    }
    let document = serde_json::to_value(company.app.export_catalogue().unwrap()).unwrap();
    let prices = document["products"][0]["prices"].as_array().unwrap();
    let told: Vec<(String, Value, Value)> = prices
        .iter()
        .filter(|price| price["currency"] == "CHF")
        .map(|price| {
            let amount = price["charge"]["unit_price"].to_string();
            (
                amount,
                price["timing"].clone(),
                price["measure"]["meter"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("\"0.02\"".to_owned(), json!("arrears"), json!("calls")),
            ("\"0.03\"".to_owned(), json!("arrears"), json!("calls")),
            ("\"200\"".to_owned(), json!("advance"), Value::Null),
        ]
    );
    let both = json!({ "product": "SEAT", "currency": "CHF", "billing": "monthly", "unit_price": "1",
        "measure": { "by": "meter", "meter": "calls" }, "measure_json": "{}" });
    assert_eq!(
        said(act(&company, "rita", "set_price", both)),
        ["measure_json: state one of measure and measure_json, and leave the other out"]
    );
}

#[test]
fn a_catalogue_comes_back_equal_and_a_bad_one_is_refused_whole() {
    let company = priced();
    let document = company.app.export_catalogue().unwrap();
    let text = serde_json::to_value(&document).unwrap();
    let other = self::company();
    act(&other, "rita", "import_catalogue", text.clone()).unwrap();
    let back = serde_json::to_value(other.app.export_catalogue().unwrap()).unwrap();
    assert_eq!(back, text);

    let mut bad = text;
    bad["products"][0]["prices"] = json!([]);
    bad["offers"][0]["product"] = json!("NONE");
    let before = serde_json::to_value(other.app.export_catalogue().unwrap()).unwrap();
    assert_eq!(
        said(act(&other, "rita", "import_catalogue", bad)),
        [
            "products[0].prices: SEAT has no price; state at least one",
            "offers[0].product: product NONE is not in the catalogue; publish it first or correct the code",
        ]
    );
    let after = serde_json::to_value(other.app.export_catalogue().unwrap()).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_file_of_prices_names_every_bad_row() {
    let company = company();
    let body = json!({ "name": "prices.csv", "content":
        "product,currency,billing,unit_price,charge_json\n\
         SEAT,EUR,annual,110,\n\
         CHAIR,EUR,annual,5,\n\
         SEAT,EUR,annual,,\n\
         SEAT,EUR,annual,,nonsense\n" });
    let told = said(act(&company, "rita", "import_prices", body));
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains(
            "line 3, product: product CHAIR is not in the catalogue; publish it or correct the code"
        ),
        "{told:?}"
    );
    assert!(
        told[1].contains(
            "line 4, unit_price: state exactly one of unit_price, charge and charge_json"
        ),
        "{told:?}"
    );
    assert!(
        told[2].contains("line 5, charge_json: nonsense is no charge"),
        "{told:?}"
    );
    let versions = company
        .app
        .store()
        .read(|tx| store::quotes::product_versions(tx, "SEAT"));
    assert_eq!(versions.unwrap().len(), 1, "nothing of it was taken in");
}
