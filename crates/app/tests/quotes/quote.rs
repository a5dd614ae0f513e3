//! From the first version to the contract.

use crate::company::{Company, state};
use crate::seller::{
    accept, act, company, contracts, convert, create, detail, grant, said, seats, submit,
};
use app::approval::is_waiting;
use serde_json::{Value, json};

fn steps(company: &Company, id: &str) -> Vec<(i64, String)> {
    let steps = detail(company, id).steps;
    steps.into_iter().map(|it| (it.version, it.step)).collect()
}

#[test]
fn a_quote_says_what_it_comes_to_against_list() {
    let company = company();
    let answer = create(&company, "Q1", seats("10", "0.1"));
    let figures = &answer["figures"];
    assert_eq!(figures["list"]["amount"], "1200.00");
    assert_eq!(figures["tcv"]["amount"], "1080.00");
    assert_eq!(figures["discount"]["amount"], "120.00");
    assert_eq!(figures["discount_rate"], "0.1");
    assert_eq!(figures["mrr"]["amount"], "90.00");
    assert_eq!(figures["acv"]["amount"], "1080.00");
    assert_eq!(figures["without_standalone"], json!(["SEAT"]));
}

#[test]
fn within_the_policy_a_quote_is_approved_at_once_and_becomes_a_contract_once() {
    let company = company();
    create(&company, "Q1", seats("10", "0.1"));
    let before = contracts(&company);
    assert_eq!(submit(&company, "Q1", 1).unwrap()["status"], "approved");
    let accepted = accept(&company, "Q1", 1).unwrap();
    assert_eq!(accepted["order"], "draft");
    assert_eq!(accepted["activate_by"], "2026-01-22");
    assert_eq!(contracts(&company), before, "a draft order is no contract");
    let first = convert(&company, "Q1", 1).unwrap();
    let again = convert(&company, "Q1", 1).unwrap();
    assert_eq!(first, again, "the same contract, once");
    assert_eq!(contracts(&company), before + 1);
    let id = first["contract"].as_str().unwrap().to_owned();
    let asked = id.clone();
    let row = company
        .app
        .store()
        .read(move |tx| store::contracts::contract(tx, &asked));
    assert_eq!(row.unwrap().unwrap().value, 108_000);
    // What was approved is what is billed.
    company
        .clock
        .move_to("2026-02-01T12:00:00Z".parse().unwrap());
    company.done(
        "run_billing",
        json!({ "through": "2026-02-01", "contract": id }),
    );
    let owed = company.app.store().read(move |tx| {
        let all = store::documents::DocumentFilter {
            contract: id,
            ..Default::default()
        };
        store::documents::documents(tx, &all, "", 10)
    });
    assert_eq!(owed.unwrap().iter().map(|it| it.net).sum::<i64>(), 108_000);
}

#[test]
fn a_discount_over_policy_goes_to_the_level_of_its_size_and_never_to_its_maker() {
    let company = company();
    create(&company, "Q1", seats("10", "0.2"));
    let waiting = submit(&company, "Q1", 1).unwrap();
    assert!(is_waiting(&waiting), "{waiting}");
    assert_eq!(
        waiting["why"],
        "a discount of 240.00 EUR, 20 % of list, is over 10 %, so it goes to a colleague in revenue operations"
    );
    assert_eq!(detail(&company, "Q1").quote.status, "submitted");
    assert!(said(grant(&company, "rita", &waiting))[0].contains("cannot approve"));
    assert!(said(grant(&company, "kim", &waiting))[0].contains("needs approve_master_data"));
    assert_eq!(
        said(accept(&company, "Q1", 1)),
        [
            "quote: a quote that is submitted cannot become accepted; wait for the decision, or revise it"
        ]
    );
    assert_eq!(
        said(submit(&company, "Q1", 1)),
        [
            "quote: a quote that is submitted cannot become submitted; wait for the decision, or revise it"
        ]
    );
    grant(&company, "omar", &waiting).unwrap();
    assert_eq!(detail(&company, "Q1").quote.status, "approved");

    create(&company, "Q2", seats("10", "0.31"));
    let waiting = submit(&company, "Q2", 1).unwrap();
    let refused = said(grant(&company, "omar", &waiting));
    assert!(
        refused[0]
            .contains("omar (revops) may not check this: nobody approves what he cannot read"),
        "{refused:?}"
    );
    grant(&company, "dana", &waiting).unwrap();

    // By amount: 5 % of a large deal.
    create(&company, "Q3", seats("1000", "0.05"));
    let waiting = submit(&company, "Q3", 1).unwrap();
    assert!(
        waiting["why"]
            .as_str()
            .unwrap()
            .contains("is over 5,000.00 EUR")
    );
}

#[test]
fn a_denied_quote_leaves_no_order_and_is_revised() {
    let company = company();
    create(&company, "Q1", seats("10", "0.2"));
    let before = contracts(&company);
    let waiting = submit(&company, "Q1", 1).unwrap();
    let body = json!({ "approval": waiting["approval"], "reason": "too cheap" });
    act(&company, "omar", "deny_approval", body).unwrap();
    let quote = detail(&company, "Q1");
    assert_eq!(quote.quote.status, "rejected");
    assert_eq!(quote.versions[0].order_status, "");
    assert_eq!(
        said(accept(&company, "Q1", 1)),
        [
            "quote: a quote that is rejected cannot become accepted; revise it and submit the new version"
        ]
    );
    assert_eq!(contracts(&company), before);
    let body = json!({ "quote": "Q1", "reason": "less", "content": seats("10", "0.1") });
    act(&company, "rita", "revise_quote", body).unwrap();
    assert_eq!(submit(&company, "Q1", 2).unwrap()["status"], "approved");
}

#[test]
fn a_change_after_approval_voids_it_and_withdraws_the_draft_order() {
    let company = company();
    create(&company, "Q1", seats("10", "0.2"));
    let waiting = submit(&company, "Q1", 1).unwrap();
    grant(&company, "omar", &waiting).unwrap();
    accept(&company, "Q1", 1).unwrap();
    let body = json!({ "quote": "Q1", "reason": "two seats more", "content": seats("12", "0.2") });
    act(&company, "rita", "revise_quote", body).unwrap();
    let quote = detail(&company, "Q1");
    assert_eq!(quote.quote.status, "draft");
    assert_eq!(quote.versions[1].status, commerce::QuoteStatus::Void);
    assert_eq!(quote.versions[1].order_status, "withdrawn");
    assert_eq!(
        said(convert(&company, "Q1", 1)),
        ["version: version 1 of quote Q1 is not its latest, that is 2; read it again"]
    );
    assert_eq!(
        said(convert(&company, "Q1", 2)),
        ["quote: a quote that is draft cannot become converted; submit it, so that it is approved"]
    );
    let waiting = submit(&company, "Q1", 2).unwrap();
    grant(&company, "dana", &waiting).unwrap();
    accept(&company, "Q1", 2).unwrap();
    convert(&company, "Q1", 2).unwrap();
    assert_eq!(
        steps(&company, "Q1"),
        [
            (1, "draft"),
            (1, "submitted"),
            (1, "approved"),
            (1, "accepted"),
            (1, "order_withdrawn"),
            (1, "void"),
            (2, "draft"),
            (2, "submitted"),
            (2, "approved"),
            (2, "accepted"),
            (2, "converted"),
        ]
        .map(|(version, step)| (version, step.to_owned()))
    );
    let body = json!({ "quote": "Q1", "reason": "late", "content": seats("1", "0") });
    assert_eq!(
        said(act(&company, "rita", "revise_quote", body)),
        [
            "quote: a quote that is converted cannot become void; change the contract by an amendment"
        ]
    );
}

#[test]
fn a_change_while_it_waits_withdraws_the_request() {
    let company = company();
    create(&company, "Q1", seats("10", "0.2"));
    let waiting = submit(&company, "Q1", 1).unwrap();
    let body = json!({ "quote": "Q1", "reason": "more", "content": seats("10", "0.25") });
    act(&company, "rita", "revise_quote", body).unwrap();
    assert!(said(grant(&company, "omar", &waiting))[0].contains("withdrawn already"));
    assert_eq!(detail(&company, "Q1").quote.status, "draft");
    // The maker may take the request back; the version is a draft again.
    let waiting = submit(&company, "Q1", 2).unwrap();
    let body = json!({ "approval": waiting["approval"], "reason": "not yet" });
    act(&company, "rita", "withdraw_approval", body).unwrap();
    assert_eq!(detail(&company, "Q1").quote.status, "draft");
}

#[test]
fn concurrent_conversions_give_one_contract() {
    let company = company();
    create(&company, "Q1", seats("10", "0"));
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    let before = contracts(&company);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| convert(&company, "Q1", 1).unwrap()))
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(contracts(&company), before + 1);
}

#[test]
fn the_preview_of_a_quote_is_what_then_happens_and_leaves_no_trace() {
    let company = company();
    let mut content = seats("10", "0.1");
    content["start"] = json!("2026-01-15");
    create(&company, "Q1", content);
    let before = state(&company.app);
    let preview = company
        .app
        .preview_quote("rita", "Q1".parse().unwrap())
        .unwrap();
    assert_eq!(state(&company.app), before);
    assert_eq!(preview.billed.documents.len(), 1);
    assert_eq!(preview.billed.documents[0].net.minor, 108_000);
    assert_eq!(preview.saved.schedules.len(), 1);
    assert!(!preview.billed.journals.is_empty());
    let earned: i64 = preview.revenue.iter().map(|month| month.after.minor).sum();
    assert_eq!(earned, 108_000);
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    let contract = convert(&company, "Q1", 1).unwrap()["contract"].clone();
    let run = json!({ "through": "2026-01-15", "contract": contract });
    let app::command::Command::RunBilling(run) = crate::company::command("run_billing", run) else {
        unreachable!()
    };
    let (_, billed) = company
        .app
        .watched_run("rita", move |tx, context| {
            app::journey::billing::run(tx, context, &run)
        })
        .unwrap();
    assert_eq!(billed, preview.billed);
}

#[test]
fn a_quote_runs_out_and_says_so() {
    let company = company();
    let mut content = seats("10", "0");
    content["valid_until"] = json!("2026-01-20");
    create(&company, "Q1", content);
    submit(&company, "Q1", 1).unwrap();
    company
        .clock
        .move_to("2026-01-21T12:00:00Z".parse().unwrap());
    assert_eq!(
        said(accept(&company, "Q1", 1)),
        [
            "signed: quote Q1 could be accepted until 2026-01-20, and was signed on 2026-01-21; revise it"
        ]
    );
    assert_eq!(company.app.tend_quotes().unwrap(), 1);
    assert_eq!(company.app.tend_quotes().unwrap(), 0);
    assert_eq!(detail(&company, "Q1").quote.status, "expired");
    create(&company, "Q2", seats("10", "0"));
    submit(&company, "Q2", 1).unwrap();
    let early = json!({ "quote": "Q2", "version": 1, "signed": "2026-02-01" });
    assert_eq!(
        said(act(&company, "rita", "accept_quote", early)),
        ["signed: 2026-02-01 lies after today, 2026-01-21; state the day of the signature"]
    );
}

#[test]
fn a_signed_quote_that_is_not_in_force_in_time_is_raised_and_its_lag_is_measured() {
    let company = company();
    create(&company, "Q1", seats("10", "0"));
    submit(&company, "Q1", 1).unwrap();
    accept(&company, "Q1", 1).unwrap();
    assert_eq!(company.app.tend_quotes().unwrap(), 0);
    company
        .clock
        .move_to("2026-01-23T12:00:00Z".parse().unwrap());
    assert_eq!(company.app.tend_quotes().unwrap(), 1);
    assert_eq!(company.app.tend_quotes().unwrap(), 0, "once");
    let open = |company: &Company| {
        let found = company
            .app
            .store()
            .read(|tx| store::exceptions::open_about(tx, "activation/Q1"));
        found.unwrap()
    };
    let raised = open(&company).unwrap();
    assert_eq!(raised.class, "activation_late");
    assert_eq!(
        raised.summary,
        "Quote Q1 was signed on 2026-01-15 and is not in force, which it was to be by 2026-01-22"
    );
    let contract = convert(&company, "Q1", 1).unwrap()["contract"].clone();
    assert!(
        open(&company).is_none(),
        "converting it closes the exception"
    );
    let contract = contract.as_str().unwrap().to_owned();
    let origin = company
        .app
        .store()
        .read(move |tx| store::quotes::origin(tx, &contract));
    assert_eq!(origin.unwrap().unwrap().lag_days, 8);
    let counts = company
        .app
        .store()
        .read(app::journey::quote::template_counts)
        .unwrap();
    assert_eq!((counts[0].late, counts[0].longest_lag_days), (1, 8));
}

#[test]
fn every_refusal_of_a_quote_names_field_value_and_mend() {
    let company = company();
    let line = |line: serde_json::Value| {
        json!({ "content": { "customer": "ACME", "entity": "DE", "start": "2026-02-01",
            "months": 12, "lines": [line] } })
    };
    let refused = |body| said(act(&company, "rita", "create_quote", body));
    for (body, expected) in [
        (
            line(json!({ "product": "SEAT", "quantity": "0" })),
            "content.lines[0].quantity: 0 is not above zero; write how many",
        ),
        (
            line(json!({ "product": "SEAT", "discount": "20" })),
            "content.lines[0].discount: 20 is no discount; write 20 % as \"0.2\"",
        ),
        (
            line(json!({ "quantity": "1" })),
            "content.lines[0]: a line names exactly one of product, plan, bundle and add_on",
        ),
        (
            line(json!({ "product": "CHAIR" })),
            "content.lines[0].product: product CHAIR is not in the catalogue; publish it or correct the code",
        ),
        (
            line(json!({ "plan": "PRO" })),
            "content.lines[0].plan: there is no plan PRO; there are: none yet",
        ),
        (
            line(json!({ "product": "SEAT", "options": ["X"] })),
            "content.lines[0].options: options are parts of a bundle, and this line names none; leave them out",
        ),
    ] {
        assert_eq!(refused(body), [expected]);
    }
    let mut open_end = seats("1", "0");
    open_end.as_object_mut().unwrap().remove("months");
    assert_eq!(
        refused(json!({ "content": open_end })),
        [
            "content.end: the term has no end; state end or months, or a plan or template that has a term"
        ]
    );
    let mut twice = seats("1", "0");
    twice["end"] = json!("2027-01-31");
    assert_eq!(
        refused(json!({ "content": twice })),
        ["content.months: the term ends on 2027-01-31 and is 12 months; state one of them"]
    );
    create(&company, "Q1", seats("1", "0"));
    assert_eq!(
        refused(json!({ "id": "Q1", "content": seats("1", "0") })),
        ["id: there is a quote Q1 already; leave the id out to get a new one"]
    );
    let body = json!({ "quote": "Q1", "reason": " ", "content": seats("1", "0") });
    assert_eq!(
        said(act(&company, "rita", "revise_quote", body)),
        ["reason: say why it is revised"]
    );
}

/// A year of 1,000 seats at 120.00: 120,000.00 list, so that amounts pass the policy before percents do.
fn large(unit_price: &str) -> Value {
    json!({ "customer": "ACME", "entity": "DE", "start": "2026-02-01", "months": 12,
        "lines": [{ "product": "SEAT", "quantity": "1000", "unit_price": unit_price }] })
}

#[test]
fn a_discount_over_policy_by_its_amount_goes_to_whoever_may_approve_that_amount() {
    let company = company();
    let before = contracts(&company);
    // Exactly 5,000.00 is not over 5,000.00.
    create(&company, "Q0", large("115"));
    assert_eq!(submit(&company, "Q0", 1).unwrap()["status"], "approved");

    // 5,010.00 is 4.18 % of list: over the first amount only.
    create(&company, "Q1", large("114.99"));
    let waiting = submit(&company, "Q1", 1).unwrap();
    assert_eq!(
        waiting["why"],
        "a discount of 5,010.00 EUR, 4.18 % of list, is over 5,000.00 EUR, so it goes to a colleague in revenue operations"
    );
    let refused = said(grant(&company, "kim", &waiting));
    assert!(
        refused[0].contains("needs approve_master_data"),
        "{refused:?}"
    );
    let refused = said(grant(&company, "rita", &waiting));
    assert!(refused[0].contains("cannot approve"), "{refused:?}");
    assert_eq!(detail(&company, "Q1").quote.status, "submitted");
    grant(&company, "omar", &waiting).unwrap();
    assert_eq!(detail(&company, "Q1").quote.status, "approved");

    // 25,000.00 is 20 % of list, still for a colleague; a cent a seat more is for the controller.
    create(&company, "Q2", large("95"));
    let waiting = submit(&company, "Q2", 1).unwrap();
    let why = waiting["why"].as_str().unwrap();
    assert!(
        why.ends_with("so it goes to a colleague in revenue operations"),
        "{why}"
    );
    create(&company, "Q3", large("94.99"));
    let waiting = submit(&company, "Q3", 1).unwrap();
    assert_eq!(
        waiting["why"],
        "a discount of 25,010.00 EUR, 20.84 % of list, is over 25,000.00 EUR, so it goes to the controller"
    );
    for who in ["omar", "kim", "rita"] {
        let refused = said(grant(&company, who, &waiting));
        let of_his = match who {
            "rita" => "cannot approve",
            "kim" => "needs approve_finance",
            _ => "omar (revops) may not check this",
        };
        assert!(refused[0].contains(of_his), "{who}: {refused:?}");
        assert_eq!(detail(&company, "Q3").quote.status, "submitted");
    }
    // The controller denies it: there is no order and nothing to make one of.
    let body = json!({ "approval": waiting["approval"], "reason": "a fifth is too much" });
    act(&company, "dana", "deny_approval", body).unwrap();
    let quote = detail(&company, "Q3");
    assert_eq!(quote.quote.status, "rejected");
    assert_eq!(quote.versions[0].order_status, "");
    for outcome in [accept(&company, "Q3", 1), convert(&company, "Q3", 1)] {
        let refused = said(outcome);
        assert!(
            refused[0].contains("a quote that is rejected cannot become"),
            "{refused:?}"
        );
        assert!(
            refused[0].ends_with("revise it and submit the new version"),
            "{refused:?}"
        );
    }
    assert_eq!(contracts(&company), before);
    assert!(said(grant(&company, "dana", &waiting))[0].contains("denied"));
}
