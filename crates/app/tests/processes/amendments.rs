//! An amendment is followed to its bill, and cancelling its process takes it back: by a version that
//! names the one it undoes, and by new documents and entries.

use super::{Company, MAKER, code};
use app::query::ListFilter;
use serde_json::{Value, json};

impl Company {
    /// Amends the contract and answers the process that follows the amendment.
    fn amended(&self, version: u32, effective: &str, change: Value) -> String {
        let answer = self.act(
            "amend_contract",
            json!({"contract": "C-1", "effective": effective, "change": change, "reason": "asked for"}),
        );
        assert_eq!(answer["version"], version);
        self.amendment(version)
    }

    fn amendment(&self, version: u32) -> String {
        let subject = format!("C-1/v{version}");
        let rows = self.of("amendment").into_iter();
        let mut rows = rows.filter(|row| row.subject == subject);
        rows.next().unwrap_or_else(|| panic!("{subject}")).id
    }

    fn run_billing(&self, through: &str) {
        self.act(
            "run_billing",
            json!({"through": through, "contract": "C-1"}),
        );
    }

    fn recognise(&self, through: &str) {
        self.app
            .recognise_through(MAKER, &"DE".parse().unwrap(), through.parse().unwrap())
            .unwrap();
    }

    fn cancel(&self, process: &str) {
        self.act(
            "cancel_process",
            json!({"process": process, "reason": "the customer meant another contract"}),
        );
        self.work();
    }
}

fn seats(number: u32) -> Value {
    json!({"kind": "quantity", "quantity": number})
}

#[test]
fn cancelling_an_amendment_after_any_step_leaves_the_books_as_before() {
    for (change, reached) in [12, 4]
        .into_iter()
        .flat_map(|off| (0..3).map(move |it| (off, it)))
    {
        let when = format!("{change} seats, undone after stage {reached}");
        let company = Company::new();
        company.contract("C-1", "acme");
        company.bill("C-1");
        company.recognise("2026-01-31");
        let before = company.balances();
        // Twelve more or four fewer from a day that is billed and partly recognised.
        let number = if change == 12 { 24 } else { 8 };
        let process = company.amended(2, "2026-01-20", seats(number));
        if reached >= 1 {
            company.run_billing("2026-01-31");
            assert_ne!(company.balances(), before, "{when}");
        }
        if reached >= 2 {
            company.recognise("2026-01-31");
        }
        company.cancel(&process);
        let detail = company.app.process(&process).unwrap().unwrap();
        assert_eq!(detail.row.status, "cancelled", "{when}: {detail:#?}");
        company.recognise("2026-01-31");
        assert_eq!(company.balances(), before, "{when}");
        company.must_tie_out(&when);
        assert_eq!(company.open(), Vec::<String>::new(), "{when}");
        // The version that took it back is followed like every other, and says what it undoes.
        let contract = company.app.contract("C-1").unwrap().unwrap();
        assert_eq!(contract.row.version, 3, "{when}");
        let kept = company
            .app
            .store()
            .read(|tx| store::contracts::versions_from(tx, "C-1", 1));
        let kept = kept.unwrap().pop().unwrap();
        let said = [
            "\"undoes\":2",
            "version 2 is taken back: the customer meant",
        ];
        assert!(
            said.iter().all(|part| kept.contains(part)),
            "{when}: {kept}"
        );
        let fault = company
            .try_act(
                MAKER,
                "cancel_process",
                json!({"process": process, "reason": "again"}),
            )
            .unwrap_err();
        assert_eq!(code(&fault), "process_ended");
    }
}

#[test]
fn nobody_waits_for_the_bill_of_an_amendment_that_was_taken_back_before_it_was_billed() {
    let company = Company::new();
    company.contract("C-1", "acme");
    company.bill("C-1");
    let process = company.amended(2, "2026-01-20", seats(24));
    company.cancel(&process);
    // Nothing is owed, so nothing comes, and nobody is told that it is late.
    company.at("2026-01-29T09:00:00Z");
    company.work();
    company.work();
    assert_eq!(company.open(), Vec::<String>::new());
    company.run_billing("2026-01-29");
    assert_eq!(
        company
            .app
            .invoices(&ListFilter::default(), None)
            .unwrap()
            .items
            .len(),
        1
    );
    // What an amendment does owe is still waited for.
    company.amended(4, "2026-01-29", seats(30));
    company.at("2026-01-31T09:00:00Z");
    company.work();
    company.work();
    assert_eq!(company.open(), ["not_invoiced Billing analyst"]);
    company.run_billing("2026-01-31");
    assert_eq!(company.open(), Vec::<String>::new());
}

#[test]
fn an_amendment_that_was_built_on_is_undone_after_the_later_one() {
    let company = Company::new();
    company.contract("C-1", "acme");
    company.bill("C-1");
    let before = company.balances();
    let first = company.amended(2, "2026-02-01", seats(20));
    let second = company.amended(3, "2026-03-01", seats(30));
    company.cancel(&first);
    assert_eq!(
        company.app.process(&first).unwrap().unwrap().row.status,
        "cancelling"
    );
    let open = company
        .app
        .store()
        .read(store::exceptions::all_open)
        .unwrap();
    let told: Vec<&str> = open.iter().map(|row| row.summary.as_str()).collect();
    assert!(
        told.iter()
            .any(|text| text.contains("undo version 3 first")),
        "{told:?}"
    );
    // By hand the same is refused in the same words.
    let undo = json!({"contract": "C-1", "effective": "2026-02-01", "change": {"kind": "undo", "version": 2}});
    let fault = company.try_act(MAKER, "amend_contract", undo).unwrap_err();
    assert_eq!(code(&fault), "amended_since");
    company.cancel(&second);
    assert_eq!(
        company.app.process(&second).unwrap().unwrap().row.status,
        "cancelled"
    );
    company.at("2026-01-15T14:20:00Z");
    company.work();
    assert_eq!(
        company.app.process(&first).unwrap().unwrap().row.status,
        "cancelled"
    );
    company.run_billing("2026-01-31");
    assert_eq!(company.balances(), before);
    assert_eq!(company.open(), Vec::<String>::new());
}

#[test]
fn an_undo_counts_from_the_day_of_what_it_undoes_and_can_be_undone() {
    let company = Company::new();
    company.contract("C-1", "acme");
    company.amended(2, "2026-02-01", seats(20));
    let undo = |effective: &str, version: u32| json!({"contract": "C-1", "effective": effective, "change": {"kind": "undo", "version": version}});
    let refused = |body: Value| {
        let fault = company.try_act(MAKER, "amend_contract", body).unwrap_err();
        (code(&fault), fault.to_string())
    };
    let (word, told) = refused(undo("2026-03-01", 2));
    assert_eq!(word, "undone_from_its_day");
    assert!(told.contains("2026-02-01"), "{told}");
    assert_eq!(refused(undo("2026-01-15", 1)).0, "not_an_amendment");
    assert_eq!(refused(undo("2026-01-15", 9)).0, "unknown_version");
    let answer = company.act("amend_contract", undo("2026-02-01", 2));
    assert_eq!(
        (&answer["version"], &answer["undoes"]),
        (&json!(3), &json!(2))
    );
    let again = company.act("amend_contract", undo("2026-02-01", 3));
    let amount = |answer: &Value| {
        answer["value_change"]["amount"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(format!("-{}", amount(&again)), amount(&answer));
}
