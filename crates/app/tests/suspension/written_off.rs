//! A debt that is given up was not paid: what was withheld for it stays withheld until it is paid
//! after all, or a person gives it back.

use crate::Company;
use serde_json::json;

/// A consumer who is suspended over January; February's bill is paid.
fn suspended() -> Company {
    let company = Company::new("consumer");
    company.until("2026-02-06");
    company.pay("P-0", "DE-2026-00002");
    assert_eq!(company.standing(), "suspended");
    assert_eq!(company.pauses().len(), 2, "both parts pause");
    company
}

fn give_up(company: &Company) {
    company.act(
        "write_off_invoice",
        json!({ "invoice": "DE-2026-00001", "reason": "insolvent" }),
    );
}

fn status(company: &Company) -> String {
    let row = company
        .app
        .store()
        .read(|tx| -> Result<_, store::StoreFault> {
            let invoice = store::documents::by_number(tx, "DE-2026-00001")?.unwrap();
            store::collection::running_case(tx, &invoice.id)
        });
    row.unwrap()
        .map_or_else(|| "closed".to_owned(), |row| row.status)
}

/// Both parts were stopped on the day of the suspension and run again since.
fn both_run_again(company: &Company) {
    assert_eq!(company.standing(), "good");
    assert_eq!(status(company), "closed");
    assert_eq!(
        company.pauses(),
        [
            "films 2026-02-05 true",
            "films 2026-02-10 false",
            "sport 2026-02-05 true",
            "sport 2026-02-10 false",
        ]
    );
}

#[test]
fn a_write_off_gives_no_service_back_and_the_account_says_so() {
    let company = suspended();
    assert_eq!(company.app.collection_worklist(None).unwrap().count, 1);
    give_up(&company);
    assert_eq!(company.standing(), "written_off");
    assert_eq!(status(&company), "written_off");
    let acts = company.acts("DE-2026-00001");
    assert_eq!(
        acts[3..],
        ["2026-02-05 suspended", "2026-02-06 written_off"]
    );
    let answer = company.app.validate_account("hansen").unwrap();
    assert!(!answer.valid);
    assert_eq!(
        answer.obstacles,
        ["what was owed is written off, and the service is withheld until it is paid after all"]
    );
    // Nobody collects it any more, and months later nothing has come back by itself.
    assert_eq!(company.app.collection_worklist(None).unwrap().count, 0);
    company.until("2026-04-10");
    assert_eq!(company.standing(), "written_off");
    assert_eq!(company.pauses().len(), 2);
    assert_eq!(company.acts("DE-2026-00001").len(), acts.len());
}

#[test]
fn what_is_recovered_in_full_gives_the_service_back_and_a_part_does_not() {
    let company = suspended();
    give_up(&company);
    company.until("2026-02-10");
    let pay = |id: &str, amount: &str| {
        company.act(
            "record_payment",
            json!({ "id": id, "invoice": "DE-2026-00001", "amount": amount }),
        );
    };
    pay("P-1", "30.00");
    assert_eq!(company.standing(), "written_off");
    assert_eq!(company.pauses().len(), 2);
    pay("P-2", "32.00");
    both_run_again(&company);
}

#[test]
fn who_pays_all_that_was_not_given_up_has_paid() {
    let company = suspended();
    company.act(
        "write_off_invoice",
        json!({ "invoice": "DE-2026-00001", "amount": "10.00", "given_up": "allowance",
            "reason": "an accommodation" }),
    );
    assert_eq!(company.standing(), "suspended");
    let open = company.open_of("DE-2026-00001");
    company.act(
        "record_payment",
        json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": open }),
    );
    assert_eq!(company.open_of("DE-2026-00001"), "0.00");
    assert_eq!(status(&company), "closed");
    assert_eq!(company.standing(), "good");
}

#[test]
fn a_payment_that_is_taken_back_lets_the_invoice_be_collected_again() {
    let company = suspended();
    give_up(&company);
    company.act(
        "record_payment",
        json!({ "id": "P-1", "invoice": "DE-2026-00001", "amount": "30.00" }),
    );
    company.act(
        "unapply_payment",
        json!({ "payment": "P-1", "invoice": "DE-2026-00001", "reason": "it was another's" }),
    );
    assert_eq!(company.open_of("DE-2026-00001"), "30.00");
    assert_eq!(company.standing(), "suspended");
    assert_eq!(status(&company), "suspended");
    assert_eq!(company.app.collection_worklist(None).unwrap().count, 1);
}

#[test]
fn a_person_gives_the_service_back_with_a_reason() {
    let company = suspended();
    let ask = |reason: &str| {
        let body = json!({ "invoice": "DE-2026-00001", "reason": reason });
        let command = app::command::Command::read("resume_service", body).unwrap();
        company.app.act("dana", command)
    };
    let said = ask("they asked nicely").unwrap_err().to_string();
    assert!(
        said.contains("invoice DE-2026-00001: nothing is withheld for a debt that was written off; a service that is suspended returns when the invoice is paid"),
        "{said}"
    );
    give_up(&company);
    let said = ask(" ").unwrap_err().to_string();
    assert!(said.contains("say why"), "{said}");
    company.until("2026-02-08");
    let answer = ask("the new owner starts afresh").unwrap();
    assert_eq!(answer["status"], "closed");
    assert_eq!(company.standing(), "good");
    assert_eq!(company.pauses().len(), 4, "both parts run again");
    assert_eq!(
        company.open_of("DE-2026-00001"),
        "0.00",
        "the debt stays given up"
    );
    let said = ask("again").unwrap_err().to_string();
    assert!(said.contains("is not being collected"), "{said}");
}

#[test]
fn a_contract_that_a_person_resumes_is_served_again() {
    let company = suspended();
    give_up(&company);
    company.until("2026-02-08");
    let resume = |component: &str| {
        company.act(
            "amend_contract",
            json!({ "contract": "C-1", "effective": "2026-02-10", "reason": "a new owner",
                "change": { "kind": "resume", "component": component } }),
        );
    };
    resume("films");
    assert_eq!(
        company.standing(),
        "written_off",
        "a part of it is still stopped"
    );
    resume("sport");
    both_run_again(&company);
}

#[test]
fn a_write_off_before_the_suspension_ends_the_case_as_given_up() {
    let company = Company::new("consumer");
    company.until("2026-01-15");
    assert_eq!(company.standing(), "past_due");
    let case = company.app.collection_worklist(None).unwrap().page.items[0]
        .case
        .clone();
    give_up(&company);
    let case = company.app.collection_case(&case).unwrap().unwrap();
    assert_eq!(case.row.status, "closed");
    let last = case.acts.last().unwrap();
    assert_eq!(
        (last.act.as_str(), last.text.as_str()),
        ("written_off", "what was owed is written off and not paid")
    );
    assert_eq!(company.standing(), "good", "nothing was withheld");
}

#[test]
fn a_credit_of_what_is_owed_gives_the_service_back_at_once() {
    let company = suspended();
    company.act(
        "issue_credit_note",
        json!({ "invoice": "DE-2026-00001", "reason": "it was never delivered", "full": true }),
    );
    assert_eq!(company.standing(), "good");
    assert_eq!(company.pauses().len(), 4);
}
