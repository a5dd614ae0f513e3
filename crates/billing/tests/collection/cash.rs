//! A payment is never set against more than is open, nor more than was paid.

use super::{currency, customer, date, day, eur, invoice};
use billing::{
    Candidate, CashRefusal, Instruction, MatchPolicy, MatchReason, OpenInvoice, Remittance,
    Suggestion, days_unmatched, instruct, suggest,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use values::Money;

fn candidate(number: usize, due: u16, open: i64) -> Candidate {
    Candidate {
        open: OpenInvoice {
            id: invoice(number),
            due: day(due),
            open: eur(open),
        },
        number: format!("DE-2026-{number:05}"),
        customer: customer("acme"),
        payer: None,
    }
}

fn paid(amount: i64, text: &str) -> Remittance {
    Remittance {
        amount: eur(amount),
        payer: Some(customer("acme")),
        text: text.to_owned(),
    }
}

fn policy() -> MatchPolicy {
    MatchPolicy {
        tolerance: [(currency("EUR"), 100)].into(),
        ..MatchPolicy::default()
    }
}

fn matched(payment: &Remittance, open: &[Candidate]) -> Suggestion {
    suggest(payment, open, &policy()).unwrap()
}

fn parts(suggestion: &Suggestion) -> Vec<(String, i64)> {
    suggestion
        .applications
        .iter()
        .map(|one| (one.invoice.to_string(), one.amount.minor))
        .collect()
}

#[test]
fn one_payment_pays_the_one_invoice_that_it_names() {
    let open = [candidate(1, 0, 5000), candidate(2, 5, 7000)];
    let found = matched(&paid(7000, "Invoice DE 2026/00002, thank you"), &open);
    assert_eq!(parts(&found), [("INV-2".to_owned(), 7000)]);
    assert_eq!(found.confidence, 100);
    assert_eq!(
        found.because(),
        "the text names DE-2026-00002; the amount is exactly what is open"
    );
}

#[test]
fn one_payment_pays_several_invoices_that_it_names() {
    let open = [
        candidate(1, 9, 5000),
        candidate(2, 5, 7000),
        candidate(3, 0, 100),
    ];
    let found = matched(&paid(12_000, "DE-2026-00001 DE-2026-00002"), &open);
    assert_eq!(
        parts(&found),
        [("INV-2".to_owned(), 7000), ("INV-1".to_owned(), 5000)]
    );
    assert_eq!(found.confidence, 100);
}

#[test]
fn several_payments_pay_one_invoice() {
    let mut open = [candidate(1, 0, 10_000)];
    for (paid_now, confidence) in [(3000, 85), (4000, 85), (3000, 100)] {
        let found = matched(&paid(paid_now, "de-2026-00001"), &open);
        assert_eq!((found.confidence, found.unapplied.minor), (confidence, 0));
        open[0].open.open = open[0]
            .open
            .open
            .minus(found.applications[0].amount)
            .unwrap();
    }
    assert!(open[0].open.open.is_zero());
}

#[test]
fn a_short_payment_within_the_tolerance_closes_the_invoice_and_a_shorter_one_leaves_it_open() {
    let open = [candidate(1, 0, 10_000)];
    let let_go = matched(&paid(9_900, "DE-2026-00001"), &open);
    assert_eq!(let_go.written_off[0].amount, eur(100));
    assert_eq!(
        let_go.reasons[1],
        MatchReason::WithinTolerance { short: eur(100) }
    );
    assert_eq!(let_go.confidence, 95);
    let short = matched(&paid(9_899, "DE-2026-00001"), &open);
    assert!(short.written_off.is_empty());
    assert_eq!(short.reasons[1], MatchReason::ShortPaid { short: eur(101) });
}

#[test]
fn what_is_paid_beyond_the_named_invoice_stays_unapplied() {
    let open = [candidate(1, 0, 10_000), candidate(2, 0, 500)];
    let found = matched(&paid(10_500, "DE-2026-00001"), &open);
    assert_eq!(parts(&found), [("INV-1".to_owned(), 10_000)]);
    assert_eq!(found.unapplied, eur(500));
    assert!(
        found
            .because()
            .ends_with("more than is open; it stays unapplied")
    );
}

#[test]
fn a_longer_number_is_another_invoice() {
    let open = [candidate(1, 0, 10_000)];
    let found = matched(&paid(10_000, "DE-2026-000011"), &open);
    assert_eq!(found.reasons[0], MatchReason::OnlyOneOfThatAmount);
}

#[test]
fn an_amount_alone_says_less_than_a_number_and_a_stranger_says_least() {
    let open = [
        candidate(1, 3, 5000),
        candidate(2, 0, 5000),
        candidate(3, 1, 7000),
    ];
    let twice = matched(&paid(5000, ""), &open);
    assert_eq!(
        twice.reasons[0],
        MatchReason::SeveralOfThatAmount { count: 2 }
    );
    assert_eq!(parts(&twice), [("INV-2".to_owned(), 5000)]);
    assert_eq!(twice.confidence, 75);
    let nobody = Remittance {
        payer: None,
        ..paid(7000, "")
    };
    assert_eq!(matched(&nobody, &open).confidence, 65);
    let nothing = Remittance {
        payer: None,
        ..paid(1, "")
    };
    assert_eq!(matched(&nothing, &open).confidence, 0);
    let whole = matched(&paid(17_000, ""), &open);
    assert_eq!(whole.reasons[0], MatchReason::WholeBalance);
    let sum = matched(&paid(10_000, ""), &open);
    assert_eq!(
        sum.reasons[0],
        MatchReason::OnlySumOfThatAmount { count: 2 }
    );
    let guess = matched(&paid(6_000, ""), &open);
    assert_eq!(guess.reasons[0], MatchReason::OldestFirst);
    assert!(guess.confidence < policy().by_itself_from);
}

#[test]
fn a_parent_pays_for_its_customer_and_a_stranger_is_left_to_a_person() {
    let mut open = [candidate(1, 0, 5000)];
    open[0].payer = Some(customer("group"));
    let payment = |payer: &str| Remittance {
        payer: Some(customer(payer)),
        ..paid(5000, "DE-2026-00001")
    };
    let parent = matched(&payment("group"), &open);
    assert_eq!(parent.confidence, 100);
    assert!(parent.because().contains("the payer pays for acme"));
    let stranger = matched(&payment("other"), &open);
    assert!(stranger.confidence < policy().by_itself_from);
    assert!(stranger.because().contains("not known to pay for acme"));
}

#[test]
fn another_currency_is_refused_with_the_mend() {
    let dollars = Remittance {
        amount: Money::from_minor(5000, currency("USD")),
        ..paid(5000, "DE-2026-00001")
    };
    let refused = suggest(&dollars, &[candidate(1, 0, 5000)], &policy()).unwrap_err();
    assert_eq!(refused.code(), "other_currency");
    assert!(
        refused
            .to_string()
            .contains("cannot pay invoice DE-2026-00001"),
        "{refused}"
    );
    assert!(refused.to_string().ends_with("or exchange it first"));
}

#[test]
fn what_a_person_says_is_done_or_refused_with_the_mend() {
    let open = [candidate(1, 0, 5000).open, candidate(2, 0, 7000).open];
    let say = |number, amount, write_off_rest| Instruction {
        invoice: invoice(number),
        amount: eur(amount),
        write_off_rest,
    };
    let done = instruct(
        eur(12_000),
        &open,
        &[say(1, 5000, false), say(2, 6950, true)],
        &policy(),
    )
    .unwrap();
    assert_eq!(
        (done.unapplied, done.written_off[0].amount),
        (eur(50), eur(50))
    );
    let refused = |unapplied, said: &[Instruction]| {
        instruct(eur(unapplied), &open, said, &policy())
            .unwrap_err()
            .code()
    };
    assert_eq!(refused(4999, &[say(1, 5000, false)]), "exceeds_unapplied");
    assert_eq!(refused(9000, &[say(1, 5001, false)]), "exceeds_open");
    assert_eq!(refused(9000, &[say(3, 1, false)]), "invoice_not_open");
    assert_eq!(refused(9000, &[say(1, 0, false)]), "bad_amount");
    assert_eq!(
        refused(9000, &[say(1, 1, false), say(1, 2, false)]),
        "invoice_named_twice"
    );
    assert_eq!(refused(9000, &[say(1, 4899, true)]), "beyond_tolerance");
    assert_eq!(refused(9000, &[]), "nothing_named");
    let words = CashRefusal::MoreThanUnapplied {
        asked: eur(5000),
        unapplied: eur(4999),
    };
    assert!(words.to_string().ends_with("lower an amount"));
    assert_eq!(days_unmatched(date("2026-02-01"), date("2026-02-11")), 10);
}

fn invoices() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec((0_u16..400, 1_i64..20_000), 1..9).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(index, (due, open))| candidate(index + 1, due, open))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn applied_and_unapplied_add_up_to_the_payment_and_nothing_exceeds_what_is_open(
        open in invoices(), amount in 1_i64..60_000, named in prop::collection::vec(0_usize..9, 0..4),
    ) {
        let text: Vec<String> = named.iter().map(|n| format!("DE-2026-{n:05}")).collect();
        let found = matched(&paid(amount, &text.join(" ")), &open);
        let applied: i64 = found.applications.iter().map(|one| one.amount.minor).sum();
        prop_assert_eq!(applied + found.unapplied.minor, amount);
        for known in &open {
            let of = |all: &[billing::Application]| -> i64 {
                all.iter().filter(|one| one.invoice == known.open.id).map(|one| one.amount.minor).sum()
            };
            let closed = of(&found.applications) + of(&found.written_off);
            prop_assert!(closed <= known.open.open.minor);
            prop_assert!(of(&found.applications) >= 0 && of(&found.written_off) >= 0);
        }
        let let_go: i64 = found.written_off.iter().map(|one| one.amount.minor).sum();
        prop_assert!(let_go <= 100);
        prop_assert!(let_go == 0 || found.unapplied.is_zero());
    }

    #[test]
    fn what_is_suggested_does_not_hang_on_the_order_of_the_list(open in invoices(), amount in 1_i64..60_000) {
        let mut turned = open.clone();
        turned.reverse();
        prop_assert_eq!(matched(&paid(amount, ""), &open), matched(&paid(amount, ""), &turned));
    }

    #[test]
    fn payments_in_any_order_pay_the_same_in_all(open in invoices(), amounts in prop::collection::vec(1_i64..9_000, 1..6)) {
        let run = |amounts: &[i64]| {
            let mut left = open.clone();
            let mut unapplied = 0;
            for amount in amounts {
                let found = suggest(&paid(*amount, ""), &left, &MatchPolicy::default()).unwrap();
                unapplied += found.unapplied.minor;
                for one in &found.applications {
                    let known = left.iter_mut().find(|known| known.open.id == one.invoice).unwrap();
                    known.open.open = known.open.open.minus(one.amount).unwrap();
                }
            }
            (left.iter().map(|one| one.open.open.minor).sum::<i64>(), unapplied)
        };
        let mut backwards = amounts.clone();
        backwards.reverse();
        prop_assert_eq!(run(&amounts), run(&backwards));
    }

    #[test]
    fn taking_an_application_back_restores_what_was_open(open in invoices(), amount in 1_i64..60_000) {
        let payment = paid(amount, "");
        let first = matched(&payment, &open);
        let mut after = open.clone();
        let mut unapplied = first.unapplied.minor;
        for one in first.applications.iter().chain(&first.written_off) {
            let known = after.iter_mut().find(|known| known.open.id == one.invoice).unwrap();
            known.open.open = known.open.open.minus(one.amount).unwrap();
        }
        for one in first.applications.iter().chain(&first.written_off) {
            let known = after.iter_mut().find(|known| known.open.id == one.invoice).unwrap();
            known.open.open = known.open.open.plus(one.amount).unwrap();
        }
        unapplied += first.applications.iter().map(|one| one.amount.minor).sum::<i64>();
        prop_assert_eq!(&after, &open);
        prop_assert_eq!(unapplied, amount);
        prop_assert_eq!(matched(&payment, &after), first);
    }
}
