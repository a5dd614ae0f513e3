//! Entities, products, customers, references, contracts.

use crate::rows::{contract, customer, text};
use crate::support::Fixture;
use store::bill_pages;
use store::catalogue::{self, CustomerRow, ReferenceRow};
use store::contracts::{self, ContractFilter, ContractRow, ContractSum};
use store::{StoreFault, params};

on_every_store![
    entities_and_products_are_put_and_listed,
    customers_are_found_paged_and_changed,
    a_reference_stays_as_it_was_first_given,
    a_contract_goes_from_version_to_version,
    contracts_are_paged_once_each,
    contracts_to_bill_are_those_that_are_due,
    contracts_are_counted_and_summed,
];

fn entities_and_products_are_put_and_listed(books: &Fixture) {
    books.write(|tx| {
        catalogue::put_entity(tx, "US", "{}")?;
        catalogue::put_entity(tx, "DE", "{\"name\":\"Acme GmbH\"}")?;
        catalogue::put_entity(tx, "US", "{\"name\":\"Acme Inc\"}")?;
        catalogue::put_product(tx, "b", "1")?;
        catalogue::put_product(tx, "B", "2")?;
        catalogue::put_product(tx, "a", "3")?;
        catalogue::put_product(tx, "a", "4")
    });
    let pairs = |rows: Vec<(String, String)>| {
        let joined: Vec<_> = rows
            .into_iter()
            .map(|(id, body)| format!("{id}={body}"))
            .collect();
        joined.join(" ")
    };
    let entities = pairs(books.read(catalogue::entities));
    assert_eq!(
        entities,
        "DE={\"name\":\"Acme GmbH\"} US={\"name\":\"Acme Inc\"}"
    );
    // Capitals sort before small letters on both databases.
    assert_eq!(pairs(books.read(catalogue::products)), "B=2 a=4 b=1");
}

fn customers_are_found_paged_and_changed(books: &Fixture) {
    books.write(|tx| {
        let rows = [
            customer("cus_3", "Ärzte & Söhne"),
            customer("cus_1", "zeta"),
            customer("cus_2", "Acme"),
            customer("cus_4", "Acme"),
        ];
        CustomerRow::insert(tx, &rows)
    });
    let one = books.read(|tx| catalogue::customer(tx, "cus_3"));
    assert_eq!(one, Some(customer("cus_3", "Ärzte & Söhne")));
    assert_eq!(books.read(|tx| catalogue::customer(tx, "cus_9")), None);
    let ids = |rows: Vec<CustomerRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(
        ids(books.read(|tx| catalogue::customers(tx, "", 3))),
        ["cus_1", "cus_2", "cus_3"]
    );
    assert_eq!(
        ids(books.read(|tx| catalogue::customers(tx, "cus_3", 3))),
        ["cus_4"]
    );
    let by_name = |name: &'static str, id: &'static str| {
        ids(books.read(move |tx| catalogue::customers_by_name(tx, (name, id), 2)))
    };
    assert_eq!(by_name("", ""), ["cus_2", "cus_4"]);
    assert_eq!(by_name("Acme", "cus_2"), ["cus_4", "cus_1"]);
    assert_eq!(by_name("zeta", "cus_1"), ["cus_3"]);
    books.write(|tx| catalogue::update_customer(tx, "cus_1", "Zeta", "past_due", "[]"));
    let changed = CustomerRow {
        standing: text("past_due"),
        body: text("[]"),
        ..customer("cus_1", "Zeta")
    };
    assert_eq!(
        books.read(|tx| catalogue::customer(tx, "cus_1")),
        Some(changed)
    );
    let twice = books.try_write(|tx| CustomerRow::insert(tx, &[customer("cus_1", "again")]));
    assert!(matches!(twice, Err(StoreFault::Duplicate(_))), "{twice:?}");
}

fn a_reference_stays_as_it_was_first_given(books: &Fixture) {
    let reference = |system: &str, id: &str, object: &str| ReferenceRow {
        system: text(system),
        kind: text("Account"),
        id: text(id),
        object: text(object),
        correlation: text("chn_1"),
    };
    let given = [
        reference("salesforce", "001A", "customer/cus_1"),
        reference("netsuite", "77", "customer/cus_1"),
        reference("salesforce", "001A", "customer/cus_2"),
        // Ids of Salesforce differ by case alone.
        reference("salesforce", "001a", "customer/cus_3"),
    ];
    books.write(move |tx| given.iter().try_for_each(|row| catalogue::refer(tx, row)));
    let object = |id: &'static str| {
        books.read(move |tx| catalogue::referred(tx, "salesforce", "Account", id))
    };
    assert_eq!(
        object("001A"),
        Some((text("customer/cus_1"), text("chn_1")))
    );
    assert_eq!(
        object("001a"),
        Some((text("customer/cus_3"), text("chn_1")))
    );
    assert_eq!(object("001B"), None);
    let known = books.read(|tx| catalogue::references_of(tx, "customer/cus_1"));
    let known: Vec<_> = known.iter().map(|row| row.system.as_str()).collect();
    assert_eq!(known, ["netsuite", "salesforce"]);
}

fn a_contract_goes_from_version_to_version(books: &Fixture) {
    books.write(|tx| {
        let first = contract("con_1", "cus_1");
        ContractRow::insert(tx, std::slice::from_ref(&first))?;
        contracts::keep_version(tx, &first, &first.body, 100)
    });
    let second = ContractRow {
        version: 2,
        status: text("amended"),
        term_until: text("2028-01-01"),
        value: 240_000,
        bill_from: text("2026-02-01"),
        body: text("{\"version\":2}"),
        ..contract("con_1", "cus_1")
    };
    let put = second.clone();
    books.write(move |tx| contracts::put_version(tx, &put, "{\"kept\":2}", 200));
    assert_eq!(
        books.read(|tx| contracts::contract(tx, "con_1")),
        Some(second.clone())
    );
    // Somebody who read version 1 comes too late.
    let late = books.try_write(move |tx| contracts::put_version(tx, &second, "{}", 300));
    assert!(matches!(late, Err(StoreFault::Contended(_))), "{late:?}");
    let history = books.read(|tx| {
        let text =
            "SELECT version, body FROM contract_version WHERE contract = ?1 ORDER BY version";
        tx.query(text, params!["con_1"], |mut row| {
            Ok((row.int(0)?, row.text(1)?))
        })
    });
    assert_eq!(
        history,
        [(1, text("{\"version\":1}")), (2, text("{\"kept\":2}"))]
    );
    let from_the_second = books.read(|tx| contracts::versions_from(tx, "con_1", 2));
    assert_eq!(from_the_second, ["{\"kept\":2}"]);
    books.write(|tx| contracts::set_bill_from(tx, "con_1", ""));
    assert_eq!(
        books
            .read(|tx| contracts::contract(tx, "con_1"))
            .unwrap()
            .bill_from,
        ""
    );
    assert_eq!(books.read(|tx| contracts::contract(tx, "con_2")), None);
}

/// Twenty-three contracts of two customers, five of one instant at a time.
fn add_many(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<ContractRow> = (0..23)
            .map(|n| ContractRow {
                created: i64::from(n / 5),
                entity: text(if n % 3 == 0 { "DE" } else { "US" }),
                value: i64::from(n),
                ..contract(
                    &format!("con_{n:02}"),
                    if n % 2 == 0 { "cus_even" } else { "cus_odd" },
                )
            })
            .collect();
        ContractRow::insert(tx, &rows)
    });
}

fn contracts_are_paged_once_each(books: &Fixture) {
    add_many(books);
    let ids = |rows: &[ContractRow]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let all: Vec<String> = (0..23).map(|n| format!("con_{n:02}")).collect();
    let downward: Vec<String> = all.iter().rev().cloned().collect();

    let (mut seen, mut before) = (Vec::new(), String::new());
    loop {
        let from = before.clone();
        let page = books.read(move |tx| contracts::contracts(tx, "", &from, 4));
        let Some(last) = page.last() else { break };
        before = last.id.clone();
        seen.extend(ids(&page));
    }
    assert_eq!(seen, downward);

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let from = after.clone();
        let page = books.read(move |tx| contracts::all_after(tx, &from, 4));
        let Some(last) = page.last() else { break };
        after = last.id.clone();
        seen.extend(ids(&page));
    }
    assert_eq!(seen, all);

    let (mut seen, mut before) = (Vec::new(), (i64::MAX, String::new()));
    loop {
        let (created, id) = before.clone();
        let page = books
            .read(move |tx| contracts::newest(tx, &ContractFilter::default(), (created, &id), 4));
        let Some(last) = page.last() else { break };
        before = (last.created, last.id.clone());
        seen.extend(ids(&page));
    }
    assert_eq!(seen, downward);

    let of_odd = books.read(|tx| contracts::contracts(tx, "cus_odd", "con_10", 3));
    assert_eq!(ids(&of_odd), ["con_09", "con_07", "con_05"]);
    let filter = ContractFilter {
        entity: text("DE"),
        customer: text("cus_even"),
        status: text("active"),
    };
    let narrowed = books.read(move |tx| contracts::newest(tx, &filter, (i64::MAX, ""), 50));
    assert_eq!(ids(&narrowed), ["con_18", "con_12", "con_06", "con_00"]);
}

fn contracts_to_bill_are_those_that_are_due(books: &Fixture) {
    books.write(|tx| {
        let rows: Vec<_> = ["2026-01-31", "", "2026-02-01", "2026-02-02", "2025-12-31"]
            .into_iter()
            .zip(1..)
            .map(|(from, n)| ContractRow {
                bill_from: text(from),
                ..contract(&format!("con_{n}"), "cus_1")
            })
            .collect();
        ContractRow::insert(tx, &rows)
    });
    let due = |after: &'static str, limit| {
        let rows = books.read(move |tx| {
            let all = bill_pages::DueFilter::default();
            bill_pages::due(tx, "2026-02-01", &all, ("cus_1", after), limit)
        });
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(due("", 10), ["con_1", "con_3", "con_5"]);
    assert_eq!(due("con_1", 1), ["con_3"]);
}

fn contracts_are_counted_and_summed(books: &Fixture) {
    assert_eq!(books.read(contracts::sums), []);
    add_many(books);
    let odd = books.read(|tx| contracts::count_of_customer(tx, "cus_odd"));
    assert_eq!(odd, 11);
    let sum = |entity: &str, of: fn(&i64) -> bool| {
        let values: Vec<i64> = (0..23).filter(of).collect();
        ContractSum {
            entity: text(entity),
            currency: text("USD"),
            count: values.len() as i64,
            value: values.iter().sum(),
        }
    };
    let wanted = [sum("DE", |n| n % 3 == 0), sum("US", |n| n % 3 != 0)];
    assert_eq!(books.read(contracts::sums), wanted);
}
