//! However many processes of one contract wait, an event reads only those that it can move, and it
//! reads them together. What is read is counted, so no clock decides here.

use super::Company;
use serde_json::json;
use store::{Effort, StoreFault};

/// Amendments that wait for the bill of March when the first of them is counted, and when the last is.
const FEW: usize = 3;
const MANY: usize = 43;

impl Company {
    /// What the thread that writes has asked of the database so far.
    fn asked(&self) -> Effort {
        self.app
            .store()
            .write(|tx| Ok::<_, StoreFault>(tx.effort()))
            .unwrap()
    }

    /// What one command asks of the database.
    fn spent(&self, command: impl FnOnce()) -> Effort {
        let before = self.asked();
        command();
        self.asked().since(before)
    }

    /// Changes the seats from 15 March, which is billed in March.
    fn amended_from_march(&self, turn: usize) {
        self.act(
            "amend_contract",
            json!({"contract": "C-1", "effective": "2026-03-15", "reason": "self-service",
                "change": {"kind": "quantity", "quantity": 20 + turn}}),
        );
    }

    /// How many amendments wait for their bill.
    fn waiting(&self) -> usize {
        let all = (0..=MANY).map(|turn| format!("C-1/v{}", turn + 2));
        let of_them = all.filter(|subject| {
            self.app
                .store()
                .read({
                    let subject = subject.clone();
                    move |tx| store::processes::running_about(tx, "amendment", &subject)
                })
                .unwrap()
                .len()
                == 1
        });
        of_them.count()
    }
}

/// Books of one contract, billed for its first month, with so many amendments that wait.
fn with_waiting(amendments: usize) -> Company {
    let company = Company::new();
    company.contract("C-1", "acme");
    company.bill("C-1");
    for turn in 0..amendments {
        company.amended_from_march(turn);
    }
    assert_eq!(company.waiting(), amendments);
    company
}

#[test]
fn an_amendment_reads_as_much_beside_many_that_wait_as_beside_few() {
    let company = with_waiting(FEW);
    let beside_few = company.spent(|| company.amended_from_march(FEW));
    for turn in FEW + 1..MANY {
        company.amended_from_march(turn);
    }
    assert_eq!(company.waiting(), MANY);
    let beside_many = company.spent(|| company.amended_from_march(MANY));
    assert_eq!(beside_many, beside_few);
}

#[test]
fn a_bill_reads_all_that_wait_for_it_in_as_many_queries_as_one() {
    let billed = |company: &Company| {
        company.at("2026-03-15T09:00:00Z");
        company.spent(|| {
            company.act(
                "run_billing",
                json!({"through": "2026-03-15", "contract": "C-1"}),
            );
        })
    };
    let (few, many) = (with_waiting(FEW), with_waiting(MANY));
    let (of_few, of_many) = (billed(&few), billed(&many));
    // It is what each of them waited for.
    assert_eq!((few.waiting(), many.waiting()), (0, 0));
    assert_eq!(of_many.queries, of_few.queries);
    // An instance, its four steps and its keys.
    let each = (of_many.rows - of_few.rows) / (MANY - FEW) as u64;
    assert!((5..12).contains(&each), "{of_few:?}, {of_many:?}");
}

#[test]
fn taking_the_newest_amendment_back_reads_no_version_before_the_one_that_it_restores() {
    let undone = |amendments: usize| {
        let company = with_waiting(amendments);
        let undo = json!({"kind": "undo", "version": amendments + 1});
        let effort = company.spent(|| {
            company.act(
                "amend_contract",
                json!({"contract": "C-1", "effective": "2026-03-15", "reason": "a mistake", "change": undo}),
            );
        });
        let value = company.app.contract("C-1").unwrap().unwrap().row.value;
        (effort, value)
    };
    let restored = |amendments: usize| {
        let company = with_waiting(amendments - 1);
        company.app.contract("C-1").unwrap().unwrap().row.value
    };
    let (few, many) = (undone(FEW), undone(MANY));
    assert_eq!((few.1, many.1), (restored(FEW), restored(MANY)));
    assert_eq!(few.0, many.0);
}
