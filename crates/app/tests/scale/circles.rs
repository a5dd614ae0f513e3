//! No account stands above itself and none pays for itself, whoever says so and whenever.

use crate::seed;
use app::query::ExceptionFilter;
use app::{App, AppFault, SimulatedClock};
use serde_json::{Value, json};
use std::sync::Arc;

fn family() -> (App, Arc<SimulatedClock>) {
    let (app, clock) = seed::company_and_clock();
    for id in ["A", "B", "C", "D"] {
        let name = format!("Account {id}");
        seed::act(
            &app,
            "create_customer",
            json!({"id": id, "legal_name": name}),
        );
    }
    (app, clock)
}

fn said(done: Result<Value, AppFault>) -> Vec<(String, String)> {
    match done {
        Err(AppFault::Refused(refusals)) => refusals
            .into_iter()
            .map(|it| (it.code, it.message))
            .collect(),
        other => panic!("not refused: {other:?}"),
    }
}

fn pays(app: &App, customer: &str, payer: Option<&str>) -> Result<Value, AppFault> {
    seed::try_act(
        app,
        "set_payer",
        json!({"customer": customer, "payer": payer}),
    )
}

#[test]
fn no_account_pays_for_itself_over_others() {
    let (app, _) = family();
    pays(&app, "A", Some("B")).unwrap();
    pays(&app, "B", Some("C")).unwrap();
    pays(&app, "D", Some("C")).unwrap();
    let refused = |message: &str| vec![("payer_cycle".to_owned(), message.to_owned())];
    assert_eq!(
        said(pays(&app, "B", Some("A"))),
        refused("B pays for A already (A is paid for by B); take that back first")
    );
    assert_eq!(
        said(pays(&app, "C", Some("A"))),
        refused("C pays for A already (A is paid for by B is paid for by C); take that back first")
    );
    // Once it is taken back the other way round is fine.
    pays(&app, "A", None).unwrap();
    pays(&app, "C", Some("A")).unwrap();
    assert_eq!(
        said(pays(&app, "A", Some("D"))),
        refused("A pays for D already (D is paid for by C is paid for by A); take that back first")
    );
}

fn parent_of(app: &App, id: &'static str) -> Value {
    let row = app
        .store()
        .read(move |tx| store::catalogue::customer(tx, id))
        .unwrap()
        .unwrap();
    serde_json::from_str::<Value>(&row.body).unwrap()["parent"].clone()
}

#[test]
fn of_two_agreed_moves_that_close_a_circle_the_second_is_left_undone_and_raised() {
    let (app, clock) = family();
    for (customer, parent) in [("A", "B"), ("B", "C"), ("C", "A"), ("D", "C")] {
        let body = json!({"customer": customer, "parent": parent, "effective": "2026-04-01",
            "reason": "the group is put in order"});
        seed::act(&app, "change_customer", body);
    }
    clock.move_to("2026-04-01T00:00:01Z".parse().unwrap());
    assert_eq!(app.apply_customer_changes().unwrap(), 4);
    assert_eq!(app.apply_customer_changes().unwrap(), 0);
    assert_eq!(parent_of(&app, "A"), "B");
    assert_eq!(parent_of(&app, "B"), "C");
    assert_eq!(parent_of(&app, "C"), Value::Null);
    assert_eq!(
        parent_of(&app, "D"),
        "C",
        "what is possible is done all the same"
    );
    let open = ExceptionFilter {
        status: Some("open".to_owned()),
        ..ExceptionFilter::default()
    };
    let raised = app.exceptions(&open, None).unwrap().items;
    let words: Vec<&str> = raised.iter().map(|row| row.summary.as_str()).collect();
    assert_eq!(
        words,
        [
            "the change of C agreed for 2026-04-01 could not be made: A stands below C already \
             (A below B below C); move it out of there first"
        ]
    );
}
