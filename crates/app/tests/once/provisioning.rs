//! What is provisioned elsewhere is asked for once when it comes into force, confirmed once, and missed
//! by an exception that closes by itself.

use super::{ACTOR, company};
use app::command::{Answer, Command};
use app::{App, AppFault};
use serde_json::{Value, json};
use store::{StoreFault, exceptions, log, provisioning};

fn send(app: &App, name: &str, body: Value) -> Result<Answer, AppFault> {
    app.act(ACTOR, Command::read(name, body).unwrap())
}

fn act(app: &App, name: &str, body: Value) -> Answer {
    send(app, name, body).unwrap()
}

fn refusal(app: &App, name: &str, body: Value) -> (String, String) {
    match send(app, name, body) {
        Err(AppFault::Refused(refused)) => (refused[0].code.clone(), refused[0].message.clone()),
        other => panic!("{other:?}"),
    }
}

fn sell(app: &App) {
    act(
        app,
        "publish_product",
        json!({ "code": "TENANT", "name": "Tenant", "prices": [
            { "currency": "EUR", "billing": "monthly", "charge": { "model": "flat", "amount": "100" } } ] }),
    );
    act(
        app,
        "create_customer",
        json!({ "id": "acme", "legal_name": "Acme GmbH", "currency": "EUR" }),
    );
    act(
        app,
        "set_provisioning",
        json!({ "product": "TENANT", "within_hours": 4 }),
    );
    act(
        app,
        "activate_contract",
        json!({ "id": "C-1", "customer": "acme", "entity": "DE", "start": "2026-01-15", "end": "2026-12-31",
            "lines": [{ "product": "TENANT", "component": "tenant" },
                      { "product": "SEAT", "component": "seats", "quantity": "5" }] }),
    );
}

fn rows(app: &App) -> Vec<(String, String)> {
    let rows = app
        .store()
        .read(|tx| provisioning::of_contract(tx, "C-1"))
        .unwrap();
    rows.into_iter()
        .map(|row| (row.component, row.status))
        .collect()
}

fn row(component: &str, status: &str) -> (String, String) {
    (component.to_owned(), status.to_owned())
}

/// How often an event of this type was recorded.
fn told(app: &App, type_name: &str) -> usize {
    let wanted = format!("com.tieout.subscription.subscription.{type_name}.v1");
    app.store()
        .read(move |tx| -> Result<_, StoreFault> {
            let mut count = 0;
            log::each_in_order(tx, |event| {
                count += usize::from(event.type_name == wanted);
                Ok(())
            })?;
            Ok(count)
        })
        .unwrap()
}

fn open(app: &App) -> Vec<String> {
    app.store()
        .read(|tx| exceptions::open_about(tx, "provisioning/C-1/tenant"))
        .unwrap()
        .into_iter()
        .map(|row| format!("{} {}", row.class, row.summary))
        .collect()
}

fn confirm(reference: &str) -> Value {
    json!({ "contract": "C-1", "component": "tenant", "reference": reference })
}

#[test]
fn a_component_is_asked_for_once_and_confirmed_once() {
    let (app, clock) = company();
    sell(&app);
    // Only the product that another system provisions, and one request however much is amended.
    assert_eq!(rows(&app), [row("tenant", "asked")]);
    assert_eq!(told(&app, "activated"), 2);
    act(
        &app,
        "amend_contract",
        json!({ "contract": "C-1", "effective": "2026-01-20", "reason": "more",
            "change": { "kind": "quantity", "component": "seats", "quantity": "9" } }),
    );
    assert_eq!(rows(&app), [row("tenant", "asked")]);
    assert_eq!(told(&app, "activated"), 2);
    clock.move_to("2026-01-15T16:00:00Z".parse().unwrap());
    assert_eq!(app.raise_unprovisioned().unwrap(), 0);
    let first = act(&app, "confirm_provisioning", confirm("tenant-8842"));
    assert_eq!(first["in_time"], true);
    // The same again, under whatever key, is the same answer and no second fact.
    for reference in ["tenant-8842", ""] {
        let again = act(&app, "confirm_provisioning", confirm(reference));
        assert_eq!(again, first);
    }
    assert_eq!(told(&app, "provisioned"), 1);
    assert_eq!(rows(&app), [row("tenant", "confirmed")]);
    clock.move_to("2026-02-15T16:00:00Z".parse().unwrap());
    assert_eq!(app.raise_unprovisioned().unwrap(), 0);
    assert_eq!(
        refusal(&app, "confirm_provisioning", confirm("tenant-9000")),
        (
            "provisioned_already".to_owned(),
            "it was confirmed as \"tenant-8842\" before and cannot be \"tenant-9000\" too; one of them runs for nobody".to_owned()
        )
    );
    assert_eq!(
        refusal(
            &app,
            "confirm_provisioning",
            json!({ "contract": "C-1", "component": "seats" })
        )
        .0,
        "not_asked_for"
    );
}

#[test]
fn what_is_in_force_and_not_provisioned_is_raised_once_and_closes_when_it_runs() {
    let (app, clock) = company();
    sell(&app);
    clock.move_to("2026-01-15T18:30:00Z".parse().unwrap());
    assert_eq!(app.raise_unprovisioned().unwrap(), 1);
    assert_eq!(app.raise_unprovisioned().unwrap(), 0);
    assert_eq!(
        open(&app),
        [
            "not_provisioned TENANT of contract C-1 is in force and nobody has confirmed that it runs"
        ]
    );
    let late = act(&app, "confirm_provisioning", confirm("tenant-8842"));
    assert_eq!(late["in_time"], false);
    assert_eq!(open(&app), Vec::<String>::new());
    let page = app.provisioning(Some("confirmed"), None).unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].reference.as_deref(), Some("tenant-8842"));
    assert!(
        app.provisioning(Some("late"), None)
            .unwrap()
            .items
            .is_empty()
    );
}

#[test]
fn what_comes_in_later_is_asked_for_and_what_goes_is_not_waited_for() {
    let (app, clock) = company();
    sell(&app);
    act(
        &app,
        "amend_contract",
        json!({ "contract": "C-1", "effective": "2026-02-01", "reason": "a second one",
            "change": { "kind": "add", "line": { "product": "TENANT", "component": "second" } } }),
    );
    assert_eq!(rows(&app), [row("second", "asked"), row("tenant", "asked")]);
    assert_eq!(told(&app, "activated"), 3);
    // The first is late now; the second begins in two weeks and is not.
    clock.move_to("2026-01-16T18:30:00Z".parse().unwrap());
    assert_eq!(app.raise_unprovisioned().unwrap(), 1);
    assert_eq!(rows(&app), [row("second", "asked"), row("tenant", "late")]);
    act(
        &app,
        "amend_contract",
        json!({ "contract": "C-1", "effective": "2026-01-15", "reason": "bought by mistake",
            "change": { "kind": "cancel" } }),
    );
    assert_eq!(
        rows(&app),
        [row("second", "withdrawn"), row("tenant", "withdrawn")]
    );
    assert_eq!(open(&app), Vec::<String>::new());
    clock.move_to("2026-03-16T18:30:00Z".parse().unwrap());
    assert_eq!(app.raise_unprovisioned().unwrap(), 0);
    assert_eq!(
        refusal(&app, "confirm_provisioning", confirm("tenant-8842")).0,
        "provisioning_withdrawn"
    );
    for (hours, code) in [(0, "bad_hours"), (9_000, "bad_hours")] {
        let body = json!({ "product": "TENANT", "within_hours": hours });
        assert_eq!(refusal(&app, "set_provisioning", body).0, code);
    }
}
