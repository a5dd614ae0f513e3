//! Who is billed for whom: one invoice for an account and those below it, with the lines of each kept;
//! what a move in the hierarchy changes, and what stays as it was issued.

use crate::company::Company;
use crate::seller::{act, company, grant, said};
use serde_json::{Value, json};
use store::documents::{DocumentFilter, DocumentRow, LineRow};
use values::CustomerId;

fn moved(company: &Company, customer: &str, parent: &str) {
    let body = json!({ "customer": customer, "parent": parent, "reason": "they were bought" });
    let waiting = act(company, "rita", "change_customer", body).unwrap();
    grant(company, "dana", &waiting).unwrap();
}

/// Acme with two companies below it, each with a contract that is due today.
fn group() -> Company {
    let company = company();
    for (id, name) in [("EU", "Acme Europe"), ("UK", "Acme UK")] {
        company.done("create_customer", json!({ "id": id, "legal_name": name }));
    }
    moved(&company, "EU", "ACME");
    moved(&company, "UK", "EU");
    for (id, customer, quantity) in [("C2", "EU", "3"), ("C3", "UK", "1")] {
        sold(&company, id, customer, quantity);
    }
    company
}

fn sold(company: &Company, id: &str, customer: &str, quantity: &str) {
    company.done(
        "activate_contract",
        json!({ "id": id, "customer": customer, "entity": "DE", "start": "2026-01-15", "end": "2027-01-14",
            "lines": [{ "component": "seats", "product": "SEAT", "quantity": quantity }] }),
    );
}

fn pays(company: &Company, customer: &str, policy: &str) {
    let body = json!({ "customer": customer, "policy": policy, "reason": "agreed" });
    agreed(company, "set_consolidation", body);
}

/// Sent by one and granted by another person.
fn agreed(company: &Company, name: &str, body: Value) {
    let waiting = act(company, "rita", name, body).unwrap();
    assert_eq!(waiting["status"], "waiting", "{name} needs a second person");
    grant(company, "dana", &waiting).unwrap();
}

fn bill(company: &Company, through: &str) -> Vec<Value> {
    let answer = company.done("run_billing", json!({ "through": through }));
    answer["documents"].as_array().unwrap().clone()
}

fn documents(company: &Company, customer: &str) -> Vec<DocumentRow> {
    let filter = DocumentFilter {
        customer: customer.to_owned(),
        ..DocumentFilter::default()
    };
    company
        .app
        .store()
        .read(move |tx| store::documents::documents(tx, &filter, "", 50))
        .unwrap()
}

fn lines(company: &Company, document: &str) -> Vec<LineRow> {
    let id = document.to_owned();
    company
        .app
        .store()
        .read(move |tx| store::documents::lines_of(tx, &id))
        .unwrap()
}

fn no_break(company: &Company) {
    for measured in company.app.tie_outs().unwrap() {
        assert!(
            measured.difference.minor == 0,
            "{} does not tie out: {:?}",
            measured.measure,
            measured.difference
        );
    }
}

#[test]
fn a_parent_is_billed_once_for_the_contracts_of_its_children() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    assert_eq!(bill(&company, "2026-01-15").len(), 1);
    let row = documents(&company, "ACME").remove(0);
    // Three seats and one of 120.00; the contract of ACME itself was billed before.
    assert_eq!(
        (row.net, row.tax, row.customer.as_str()),
        (48_000, 9_120, "ACME")
    );
    let of: Vec<_> = lines(&company, &row.id)
        .into_iter()
        .map(|line| (line.contract, line.net))
        .collect();
    assert_eq!(of, [("C2".to_owned(), 36_000), ("C3".to_owned(), 12_000)]);
    assert!(documents(&company, "EU").is_empty());
    assert!(
        bill(&company, "2026-01-15").is_empty(),
        "nothing the second time"
    );
    // Both contracts lead to the document.
    for contract in ["C2", "C3"] {
        let filter = DocumentFilter {
            contract: contract.to_owned(),
            ..DocumentFilter::default()
        };
        let found = company
            .app
            .store()
            .read(move |tx| store::documents::documents(tx, &filter, "", 5))
            .unwrap();
        assert_eq!(found.len(), 1, "{contract}");
    }
    no_break(&company);
}

#[test]
fn the_event_names_the_contract_and_customer_of_each_line() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    bill(&company, "2026-01-15");
    let events = company
        .app
        .store()
        .read(|tx| store::log::of_partition(tx, "contract/C2", 0, 100))
        .unwrap();
    let issued = events
        .iter()
        .find(|event| event.type_name == "com.tieout.billing.invoice.issued.v1")
        .unwrap();
    let data: Value = serde_json::from_str(&issued.data).unwrap();
    let told: Vec<_> = data["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["contract"].clone(), line["sold_to"].clone()))
        .collect();
    assert_eq!(
        told,
        [(Value::Null, json!("EU")), (json!("C3"), json!("UK")),],
        "the first contract stands in the head"
    );
    assert_eq!(data["customer"], "ACME");
}

#[test]
fn a_credit_for_the_line_of_a_child_goes_back_to_that_invoice() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    bill(&company, "2026-01-15");
    let row = documents(&company, "ACME").remove(0);
    let line = lines(&company, &row.id).remove(1);
    company.done(
        "issue_credit_note",
        json!({ "invoice": row.number, "reason": "never used",
            "lines": [{ "line": line.id, "amount": "60.00" }] }),
    );
    let all = documents(&company, "ACME");
    let note = all.iter().find(|row| row.kind == "credit_note").unwrap();
    assert_eq!(
        (note.contract.as_str(), note.source.as_str()),
        ("C3", row.id.as_str())
    );
    assert_eq!((note.total, note.remaining), (7_140, 0));
    let invoice = all.iter().find(|known| known.id == row.id).unwrap();
    assert_eq!(invoice.remaining, 57_120 - 7_140);
    no_break(&company);
    // The whole of the rest, over both contracts.
    let body = json!({ "invoice": row.number, "reason": "all of it", "full": true });
    company.done("issue_credit_note", body);
    let all = documents(&company, "ACME");
    assert_eq!(
        all.iter()
            .find(|known| known.id == row.id)
            .unwrap()
            .remaining,
        0
    );
    no_break(&company);
}

#[test]
fn a_voided_invoice_of_a_group_is_billed_again_as_it_was() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    bill(&company, "2026-01-15");
    let first = documents(&company, "ACME").remove(0);
    company.done(
        "void_invoice",
        json!({ "invoice": first.number, "reason": "the wrong address" }),
    );
    assert_eq!(bill(&company, "2026-01-15").len(), 1);
    let again = documents(&company, "ACME").remove(0);
    assert_ne!(again.id, first.id);
    assert_eq!((again.net, again.tax), (first.net, first.tax));
    no_break(&company);
}

#[test]
fn what_a_child_was_billed_itself_is_given_back_to_the_child() {
    let company = group();
    // Billed to UK itself, before its parent pays.
    assert_eq!(bill(&company, "2026-01-15").len(), 2);
    pays(&company, "ACME", "parent_pays");
    company.done(
        "amend_contract",
        json!({ "contract": "C3", "effective": "2026-01-15", "reason": "wound up",
            "change": { "kind": "cancel" } }),
    );
    sold(&company, "C4", "UK", "2");
    bill(&company, "2026-01-15");
    let of_child = documents(&company, "UK");
    let note = of_child
        .iter()
        .find(|row| row.kind == "credit_note")
        .unwrap();
    assert_eq!(note.total, 14_280);
    let first = of_child.iter().find(|row| row.kind == "invoice").unwrap();
    assert_eq!(
        (note.source.as_str(), first.remaining),
        (first.id.as_str(), 0)
    );
    let of_parent = documents(&company, "ACME");
    assert_eq!(
        of_parent[0].net, 24_000,
        "only what is new goes to the parent"
    );
    no_break(&company);
}

#[test]
fn one_contract_that_cannot_be_billed_does_not_hold_up_its_group() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    let body = json!({ "contract": "C3", "bill_to": "parent", "reason": "EU takes this one" });
    agreed(&company, "set_bill_to", body);
    moved(&company, "UK", "");
    assert_eq!(bill(&company, "2026-01-15").len(), 1);
    let row = documents(&company, "ACME").remove(0);
    assert_eq!(row.net, 36_000);
    let open = company
        .app
        .store()
        .read(|tx| store::exceptions::open_about(tx, "billing/C3"))
        .unwrap();
    let said = format!("{open:?}");
    assert!(
        said.contains("UK has no account above it that could be billed"),
        "{said}"
    );
    let body = json!({ "contract": "C3", "bill_to": "own", "reason": "it pays itself" });
    agreed(&company, "set_bill_to", body);
    assert_eq!(bill(&company, "2026-01-15").len(), 1);
    assert_eq!(documents(&company, "UK").len(), 1);
    no_break(&company);
}

#[test]
fn invoices_of_different_groups_currencies_and_entities_are_kept_apart() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    let body = json!({ "contract": "C3", "bill_to": "as_account", "invoice_group": "plant 7", "reason": "cost centre" });
    agreed(&company, "set_bill_to", body);
    assert_eq!(bill(&company, "2026-01-15").len(), 2);
    let nets: Vec<_> = documents(&company, "ACME")
        .into_iter()
        .map(|row| row.net)
        .take(2)
        .collect();
    assert_eq!(nets, [12_000, 36_000]);
}

#[test]
fn what_is_said_of_routes_is_refused_in_words() {
    let company = group();
    let set = |body: Value| act(&company, "rita", "set_bill_to", body);
    let named = |contract: &str, customer: &str| {
        set(
            json!({ "contract": contract, "bill_to": "customer", "customer": customer, "reason": "agreed" }),
        )
    };
    assert_eq!(
        said(named("C2", "EU")),
        ["customer: contract C2 is sold to EU; to bill it there, say own"]
    );
    grant(&company, "omar", &named("C2", "UK").unwrap()).unwrap();
    assert_eq!(
        said(named("C3", "EU")),
        [
            "customer: contract C2 of EU is billed to UK, so EU cannot be billed for UK; take that back first"
        ]
    );
    assert_eq!(
        said(named("C2", "UK")),
        ["contract C2 says so already on 2026-01-15"]
    );
    assert_eq!(
        said(set(
            json!({ "contract": "C1", "bill_to": "parent", "reason": "agreed" })
        )),
        [
            "bill_to: ACME has no account above it that could be billed; name one with change_customer, or bill the customer itself"
        ]
    );
    assert_eq!(
        said(set(
            json!({ "contract": "C1", "bill_to": "own", "from": "2026-01-01", "reason": "agreed" })
        )),
        [
            "from: 2026-01-01 is past; documents that are issued stay as they are, use 2026-01-15 or later"
        ]
    );
    assert_eq!(
        said(act(
            &company,
            "rita",
            "set_consolidation",
            json!({ "policy": "per_customer", "reason": "agreed" })
        )),
        ["customer: name either a customer or an entity"]
    );
}

#[test]
fn a_bill_to_holds_from_its_day() {
    let company = group();
    sold(&company, "C5", "UK", "1");
    let body = json!({ "contract": "C3", "bill_to": "customer", "customer": "EU", "from": "2026-02-01", "reason": "agreed" });
    agreed(&company, "set_bill_to", body);
    bill(&company, "2026-01-15");
    assert_eq!(documents(&company, "UK").len(), 2, "not yet");
    company
        .clock
        .move_to("2026-02-03T10:00:00Z".parse().unwrap());
    company.done(
        "amend_contract",
        json!({ "contract": "C3", "effective": "2026-02-01", "reason": "grows",
            "change": { "kind": "quantity", "component": "seats", "quantity": "2" } }),
    );
    bill(&company, "2026-02-03");
    let new: Vec<_> = documents(&company, "EU")
        .into_iter()
        .filter(|row| row.contract == "C3")
        .collect();
    assert_eq!(new.len(), 1);
    no_break(&company);
}

#[test]
fn a_move_is_previewed_as_of_a_day_and_then_does_what_was_shown() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    for (account, owner) in [("ACME", "olga"), ("EU", "emil")] {
        let body = json!({ "customer": account, "owner": owner });
        act(&company, "rita", "set_collections_owner", body).unwrap();
    }
    let uk: CustomerId = "UK".parse().unwrap();
    let shown = company
        .app
        .preview_move(&uk, Some(""), Some("2026-01-20".parse().unwrap()))
        .unwrap();
    assert_eq!(shown.parent_now.as_deref(), Some("EU"));
    assert_eq!(shown.parent_then, None);
    let next = &shown.next_invoices[0];
    assert_eq!(
        (next.contract.as_str(), next.moves, next.net.minor),
        ("C3", true, 12_000)
    );
    assert_eq!(next.bill_to_now.customer.as_deref(), Some("ACME"));
    assert_eq!(next.bill_to_then.customer.as_deref(), Some("UK"));
    let owners = &shown.collections[0];
    assert_eq!(
        (owners.now.as_deref(), owners.then.as_deref()),
        (Some("emil"), None)
    );
    // Nothing has changed by looking.
    bill(&company, "2026-01-15");
    assert_eq!(documents(&company, "ACME")[0].net, 48_000);
    moved(&company, "UK", "");
    sold(&company, "C6", "UK", "1");
    bill(&company, "2026-01-15");
    assert_eq!(documents(&company, "UK")[0].contract, "C6");
    // What was issued stays where it was issued.
    assert_eq!(documents(&company, "ACME")[0].net, 48_000);
    let refused = company
        .app
        .preview_move(&"ACME".parse().unwrap(), Some("EU"), None);
    assert_eq!(
        said(refused.map(|_| Value::Null)),
        ["parent: EU stands below ACME already (EU below ACME); move it out of there first"]
    );
}

#[test]
fn the_next_invoice_of_a_moved_contract_goes_where_the_preview_said() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    company.done(
        "activate_contract",
        json!({ "id": "C7", "customer": "UK", "entity": "DE", "start": "2026-01-15", "end": "2026-12-14",
            "lines": [{ "component": "seats", "product": "SEAT", "billing": "monthly", "unit_price": "120", "quantity": "2" }] }),
    );
    assert_eq!(bill(&company, "2026-01-15").len(), 1);
    let january = documents(&company, "ACME").remove(0);
    assert_eq!(january.net, 72_000, "C2, C3 and C7 on one invoice");

    let day = "2026-02-20T10:00:00Z".parse().unwrap();
    company.clock.move_to(day);
    let uk: CustomerId = "UK".parse().unwrap();
    let shown = company.app.preview_move(&uk, Some(""), None).unwrap();
    let next: Vec<_> = shown
        .next_invoices
        .iter()
        .filter(|next| next.net.minor != 0)
        .map(|next| {
            let said = (next.contract.as_str(), next.net.minor, next.moves);
            let (now, then) = (&next.bill_to_now.customer, &next.bill_to_then.customer);
            (said, now.as_deref(), then.as_deref())
        })
        .collect();
    assert_eq!(next, [(("C7", 24_000, true), Some("ACME"), Some("UK"))]);

    moved(&company, "UK", "");
    assert_eq!(bill(&company, "2026-02-20").len(), 1);
    let of_uk = documents(&company, "UK");
    assert_eq!(of_uk.len(), 1);
    assert_eq!(
        (
            of_uk[0].contract.as_str(),
            of_uk[0].net,
            of_uk[0].customer.as_str()
        ),
        ("C7", 24_000, "UK")
    );
    let of: Vec<_> = lines(&company, &of_uk[0].id)
        .into_iter()
        .map(|line| (line.contract, line.period_from, line.net))
        .collect();
    assert_eq!(of, [("C7".to_owned(), "2026-02-15".to_owned(), 24_000)]);
    // Nothing new at the old parent, and what was issued there stays.
    let of_parent = documents(&company, "ACME");
    assert_eq!(
        of_parent.iter().map(|row| row.net).collect::<Vec<_>>(),
        [72_000, 120_000]
    );
    assert_eq!(bill(&company, "2026-02-20").len(), 0);
    no_break(&company);
}

#[test]
fn open_cases_move_to_whoever_looks_after_the_new_parent() {
    let company = group();
    for (account, owner) in [("ACME", "olga"), ("EU", "emil")] {
        let body = json!({ "customer": account, "owner": owner });
        act(&company, "rita", "set_collections_owner", body).unwrap();
    }
    bill(&company, "2026-01-15");
    company
        .clock
        .move_to("2026-03-01T10:00:00Z".parse().unwrap());
    company.app.work_dunning("worker").unwrap();
    let owner = |customer: &str| {
        let cases = company.app.collection_worklist(None).unwrap();
        let case = cases
            .page
            .items
            .into_iter()
            .find(|case| case.customer == customer);
        case.map(|case| case.owner)
    };
    assert_eq!(owner("UK").as_deref(), Some("emil"));
    moved(&company, "UK", "ACME");
    assert_eq!(owner("UK").as_deref(), Some("olga"));
    assert_eq!(owner("EU").as_deref(), Some("emil"), "where it was");
}

#[test]
fn the_structure_says_why_an_invoice_goes_where_it_goes() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    let shown = company
        .app
        .account_structure(&"ACME".parse().unwrap())
        .unwrap();
    let below: Vec<_> = shown
        .below
        .iter()
        .map(|place| (place.customer.as_str(), place.level))
        .collect();
    assert_eq!(below, [("EU", 1), ("UK", 2)]);
    let paid: Vec<_> = shown
        .paid_for
        .iter()
        .map(|route| (route.contract.as_str(), route.why.as_str()))
        .collect();
    let why = "account ACME takes what is due of it on one invoice; one invoice for everything due";
    assert_eq!(paid, [("C2", why), ("C3", why)]);
}

#[test]
fn the_paper_of_a_group_names_the_contract_and_company_of_its_lines() {
    let company = group();
    pays(&company, "ACME", "parent_pays");
    bill(&company, "2026-01-15");
    let row = documents(&company, "ACME").remove(0);
    for (account, street) in [
        ("ACME", "Ring 1"),
        ("EU", "Allee 2"),
        ("UK", "High Street 3"),
    ] {
        company.done(
            "set_billing_details",
            json!({ "customer": account, "details": { "address": { "lines": [street], "postcode": "20457",
                "city": "Hamburg", "country": "DE" } } }),
        );
    }
    company.done(
        "set_letterhead",
        json!({ "entity": "DE", "letterhead": { "name": "Beispiel GmbH", "vat_id": "DE123456789",
            "address": { "lines": ["Weg 1"], "postcode": "20457", "city": "Hamburg", "country": "DE" } } }),
    );
    let printed = |form| {
        let printed = company.app.print(&row.id, Some("invoice"), form).unwrap();
        printed.unwrap().bytes
    };
    let ubl = String::from_utf8(printed(app::printing::PaperForm::Ubl)).unwrap();
    assert!(ubl.contains("<cbc:Note>C2 · Acme Europe · "), "{ubl}");
    assert!(ubl.contains("<cbc:Note>C3 · Acme UK · "), "{ubl}");
    assert!(ubl.contains("<cbc:RegistrationName>Acme GmbH</cbc:RegistrationName>"));
    assert!(printed(app::printing::PaperForm::Pdf).starts_with(b"%PDF-"));
}
