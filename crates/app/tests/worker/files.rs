//! Files: whole or not at all, what the sender states must hold, the same file once, no row lost.

use crate::script::Bench;
use app::command::Command;
use app::{AppFault, Refusal};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PAYMENTS: &str = "customer,amount,currency,entity,idempotency_key\n\
                        cus_acme,12.50,USD,US,bank-1\n\
                        cus_acme,7.25,USD,US,bank-2\n\
                        cus_bolt,100.00,USD,US,bank-3\n";

fn customers(bench: &Bench) {
    let file = "id,legal_name,payment_terms_days\ncus_acme,\"Acme, Inc.\",30\ncus_bolt,Bolt,0\n";
    let answer = import(
        bench,
        "import_customers",
        json!({ "name": "c.csv", "content": file }),
    );
    assert_eq!(answer.unwrap()["accepted"], 2);
    assert_eq!(bench.take_in().processed, 2);
}

fn import(bench: &Bench, command: &str, body: Value) -> Result<Value, AppFault> {
    let command = Command::read(command, body).unwrap();
    bench.app.act("clerk", command)
}

fn refusals(outcome: Result<Value, AppFault>) -> Vec<Refusal> {
    match outcome {
        Err(AppFault::Refused(refusals)) => refusals,
        other => panic!("not refused: {other:?}"),
    }
}

fn files(bench: &Bench) -> usize {
    bench.app.files(None, 100).unwrap().items.len()
}

#[test]
fn a_file_is_taken_in_with_its_control_totals_and_worked_off_row_by_row() {
    let bench = Bench::new();
    customers(&bench);
    let checksum = hex::encode(Sha256::digest(PAYMENTS.as_bytes()));
    let body = json!({
        "name": "bank.csv", "content": PAYMENTS, "checksum": checksum, "rows": 3,
        "totals": [{ "column": "amount", "currency": "USD", "amount": "119.75" }]
    });
    let answer = import(&bench, "import_payments", body.clone()).unwrap();
    assert_eq!(
        (&answer["rows"], &answer["accepted"]),
        (&json!(3), &json!(3))
    );
    let file = answer["file"].as_str().unwrap().to_owned();
    let before = bench.app.file(&file).unwrap().unwrap();
    assert_eq!((before.open, before.confirmed), (3, 0));
    assert_eq!(bench.take_in().processed, 3);
    let after = bench.app.file(&file).unwrap().unwrap();
    assert_eq!((after.open, after.confirmed, after.rejected), (0, 3, 0));
    assert_eq!(
        bench
            .app
            .payments(&app::query::ListFilter::default(), None)
            .unwrap()
            .items
            .len(),
        3
    );

    let again = import(&bench, "import_payments", body).unwrap();
    assert_eq!(
        (again["file"].as_str(), &again["taken_in_before"]),
        (Some(&*file), &json!(true))
    );
    // Another file with one of the same rows: its own key says that it is the same payment.
    let part = "customer,amount,currency,entity,idempotency_key\ncus_acme,12.50,USD,US,bank-1\n";
    import(
        &bench,
        "import_payments",
        json!({ "name": "again.csv", "content": part }),
    )
    .unwrap();
    assert_eq!(bench.take_in().processed, 1);
    assert_eq!(
        bench
            .app
            .payments(&app::query::ListFilter::default(), None)
            .unwrap()
            .items
            .len(),
        3
    );
}

#[test]
fn what_its_sender_states_about_a_file_must_hold() {
    let bench = Bench::new();
    customers(&bench);
    let with = |extra: Value| {
        let mut body = json!({ "name": "bank.csv", "content": PAYMENTS });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        let all = refusals(import(&bench, "import_payments", body));
        assert_eq!(all.len(), 1, "{all:?}");
        (all[0].code.clone(), all[0].message.clone())
    };
    let (code, said) = with(json!({ "checksum": "00" }));
    assert_eq!(code, "checksum_differs");
    assert!(said.contains("changed or cut off"), "{said}");
    let (code, said) = with(json!({ "rows": 4 }));
    assert_eq!(code, "rows_differ");
    assert!(said.contains("has 3 rows and 4 were stated"), "{said}");
    let total =
        json!({ "totals": [{ "column": "amount", "currency": "USD", "amount": "119.76" }] });
    let (code, said) = with(total);
    assert_eq!(code, "totals_differ");
    assert!(said.contains("119.75") && said.contains("119.76"), "{said}");
    let euros =
        json!({ "totals": [{ "column": "amount", "currency": "EUR", "amount": "119.75" }] });
    let (code, _) = with(euros);
    assert_eq!(code, "totals_differ");
    assert_eq!(files(&bench), 1, "only the customers");
    assert_eq!(bench.take_in().processed, 0);
}

#[test]
fn every_bad_row_is_named_and_nothing_is_taken_in_unless_the_good_rows_are_wanted() {
    let bench = Bench::new();
    customers(&bench);
    let content = "customer,amount,currency,entity\n\
                   cus_acme,12.50,USD,US\n\
                   cus_acme,12.5O,USD,US\n\
                   cus_gone,1.00,USD,US\n\
                   cus_acme,1.00\n\
                   cus_acme,-5.00,USD,US\n";
    let body = json!({ "name": "bank.csv", "content": content });
    let all = refusals(import(&bench, "import_payments", body.clone()));
    let places: Vec<_> = all.iter().map(|one| one.field.clone().unwrap()).collect();
    assert_eq!(
        places,
        ["line 3, amount", "line 4", "line 5", "line 6, amount"],
        "{all:#?}"
    );
    assert!(all[0].message.contains("12.5O"), "{}", all[0].message);
    assert!(all[1].message.contains("cus_gone"), "{}", all[1].message);
    assert_eq!(files(&bench), 1);

    let mut wanted = body;
    wanted["bad_rows"] = json!("set_aside");
    let answer = import(&bench, "import_payments", wanted).unwrap();
    assert_eq!(
        (&answer["accepted"], &answer["rejected"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(answer["problems"].as_array().unwrap().len(), 4);
    assert_eq!(bench.take_in().processed, 1);
    let file = bench
        .app
        .file(answer["file"].as_str().unwrap())
        .unwrap()
        .unwrap();
    assert_eq!(
        (file.rows, file.confirmed, file.open, file.rejected),
        (5, 1, 0, 4)
    );
    let lines: Vec<_> = file.problems.iter().map(|one| one.line).collect();
    assert_eq!(lines, [3, 4, 5, 6]);
    assert!(file.problems.iter().all(|one| !one.reason.is_empty()));
}

#[test]
fn a_row_refused_later_is_an_exception_with_an_owner() {
    let bench = Bench::new();
    let body = json!({ "name": "c.csv", "content": "id,legal_name\ncus_acme,Acme\n" });
    let answer = import(&bench, "import_customers", body).unwrap();
    // Somebody else is faster before the row is worked off.
    let same = json!({ "id": "cus_acme", "legal_name": "Acme of another kind" });
    bench
        .app
        .act("revops", Command::read("create_customer", same).unwrap())
        .unwrap();
    bench.take_in();
    let file = bench.app.file(answer["file"].as_str().unwrap()).unwrap();
    let file = file.unwrap();
    assert_eq!((file.open, file.confirmed), (1, 0), "{:?}", file.problems);
    let open = bench.app.store().read(store::exceptions::open_count);
    assert_eq!(open.unwrap(), 1);
}

#[test]
fn a_file_of_journals_waits_for_a_second_person_once_and_not_row_by_row() {
    let bench = Bench::new();
    let controller = control::Role::Controller;
    bench
        .app
        .put_user("controller", controller, "hash")
        .unwrap();
    let content = "entity,date,reason,lines[0].account,lines[0].debit,lines[1].account,lines[1].credit\n\
                   US,2026-01-15,opening,1000,5.00,2100,5.00\n\
                   US,2026-01-16,opening,1000,7.00,2100,7.00\n";
    let body = json!({ "name": "journals.csv", "content": content });
    let held = import(&bench, "import_journals", body).unwrap();
    let approval = held["approval"].as_str().unwrap();
    assert_eq!(files(&bench), 0);
    let granted = bench.app.grant(approval, "controller").unwrap();
    let file = granted["file"].as_str().unwrap().to_owned();
    assert_eq!(bench.take_in().processed, 2);
    let file = bench.app.file(&file).unwrap().unwrap();
    assert_eq!((file.open, file.confirmed), (0, 2), "{:?}", file.problems);
    let waiting = bench.app.waiting_approvals().unwrap();
    assert_eq!(waiting, 0, "the rows were granted with the file");
}
