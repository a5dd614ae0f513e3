//! Bugs of what is computed again: previews, drafts, and what is billed over what was billed before. Each
//! in the circumstances in which it was reported.

use crate::support::{
    Account, cancel, change, component, contract, date, entity, flat, nets, per_unit, quantity,
    table,
};
use billing::{CreditAmount, CreditRequest, Document, InvoiceBalance, InvoiceDraft, credit, owed};
use commerce::{
    BillingFrequency::*, Change, Contract, Discount, Phase, PhaseStep, Reduction, total_value,
};
use values::{Date, Money};

fn total_of(lines: &[billing::BilledLine]) -> i64 {
    lines
        .iter()
        .map(|line| line.line.net.minor + line.tax.minor)
        .sum()
}

/// The figures of killbill#877, which is the same: from nothing to 30,000 on the day of signing.
#[test]
fn killbill_783_a_paid_plan_over_the_very_interval_of_a_free_one_is_no_double_bill() {
    let free = [component("plan", "1", flat("0"), Monthly)];
    let made = contract("KRW", "2018-02-26", "2019-02-26", &free);
    let signed = "2018-02-26";
    let dearer = crate::support::price("plan", flat("30000"), signed);
    let swap = Change::Swap {
        component: "plan".parse().unwrap(),
        replacement: Box::new(component("pro", "1", flat("30000"), Monthly)),
        effective: date(signed),
    };
    for paid in [dearer, swap] {
        let mut account = Account::default();
        assert_eq!(
            table(&account.bill(&made, signed)),
            ["2018-02-26 to 2018-03-25 | 0 KRW | 0"]
        );
        let (paid, _) = change(&made, paid);
        let lines = account.bill(&paid, signed);
        assert_eq!(nets(&lines), [0, 30_000], "{lines:?}");
        assert_eq!(lines[0].corrects.as_ref(), Some(&account.lines[0].id));
        for day in [signed, "2018-03-25"] {
            assert_eq!(account.bill(&paid, day), [], "{day}");
        }
        assert_eq!(nets(&account.bill(&paid, "2018-03-26")), [30_000]);
    }
}

/// 10 seats at 1,200 a year from 2026, with a discount.
fn discounted(rate: &str) -> Contract {
    let sold = [component("seats", "10", per_unit("1200"), Annual)];
    let made = contract("EUR", "2026-01-01", "2027-01-01", &sold);
    let discount = Discount {
        code: "SPRING".to_owned(),
        name: "Spring offer".to_owned(),
        component: None,
        off: Reduction::Percent {
            rate: rate.parse().unwrap(),
            cap: None,
        },
        from: date("2026-01-01"),
        until: None,
        cycles: None,
        limit: None,
        order: 0,
    };
    change(&made, Change::AddDiscount { discount }).0
}

/// The draft of what is owed; nothing is issued.
fn draft(account: &Account, contract: &Contract, on: &str) -> InvoiceDraft {
    let lines = owed(contract, &account.lines, date(on)).unwrap();
    match account.drafted(contract, &lines, date(on)) {
        Document::Invoice(draft) => draft,
        other => panic!("{other:?} is no invoice of {}", entity()),
    }
}

#[test]
fn openmeter_2703_a_draft_computed_again_and_again_has_its_discount_once() {
    for (rate, net, net_of_more) in [("1", 0, 0), ("0.2", 960_000, 1_920_000)] {
        let made = discounted(rate);
        let mut account = Account::default();
        let first = draft(&account, &made, "2026-01-01");
        assert_eq!(first.net.minor, net);
        for _ in 0..3 {
            assert_eq!(draft(&account, &made, "2026-01-01"), first);
        }
        // The contract changes while the draft stands.
        let (more, _) = change(&made, quantity("seats", "20", "2026-01-01"));
        let second = draft(&account, &more, "2026-01-01");
        assert_eq!(second.net.minor, net_of_more);
        for line in &second.lines {
            let codes: Vec<&str> = line
                .line
                .discounts
                .iter()
                .map(|it| it.code.as_str())
                .collect();
            assert_eq!(codes, ["SPRING"]);
        }
        account.issue(&second.lines);
        assert_eq!(account.bill(&more, "2026-12-31"), []);
        assert_eq!(total_of(&account.lines), second.total.minor);
        // And once more over what was issued: back to ten seats at the price of ten.
        let (fewer, _) = change(&more, quantity("seats", "10", "2026-01-01"));
        account.bill(&fewer, "2026-12-31");
        assert_eq!(account.net(), net);
    }
}

/// How a bill run's own preview keeps to what it issues is in the tests of bill runs.
#[test]
fn lago_545_what_an_amendment_is_said_to_bring_is_what_is_billed() {
    let sold = [component("seats", "10", per_unit("1200"), Annual)];
    let made = contract("EUR", "2026-01-01", "2027-01-01", &sold);
    let mut account = Account::default();
    account.bill(&made, "2026-01-01");
    // 15 × 1,200 × 276/365, then 25 × 1,200 × 25/365 of a pause, of 25,610.96 and 23,556.16 in all.
    let (more, first) = change(&made, quantity("seats", "25", "2026-03-31"));
    assert_eq!(first.value_delta.minor, 1_361_096);
    let pause = Change::Pause {
        component: None,
        effective: date("2026-06-10"),
        until: Some(date("2026-07-05")),
    };
    let (paused, second) = change(&more, pause);
    assert_eq!(second.value_delta.minor, -205_480);
    let lines = account.bill(&paused, "2026-07-05");
    assert_eq!(
        table(&lines),
        [
            "2026-06-10 to 2026-07-04 | -821.92 EUR | -10 × 1,200.00 × 25/365",
            "2026-03-31 to 2026-06-09 | 3,501.37 EUR | 15 × 1,200.00 × 71/365",
            "2026-07-05 to 2026-12-31 | 8,876.71 EUR | 15 × 1,200.00 × 180/365",
        ]
    );
    let foreseen = first.value_delta.plus(second.value_delta).unwrap();
    assert_eq!(nets(&lines).iter().sum::<i64>(), foreseen.minor);
    assert_eq!(account.net(), total_value(&paused).unwrap().minor);
}

#[test]
fn killbill_467_cancelled_on_its_first_day_a_fixed_price_goes_back_too() {
    let sold = [
        component("setup", "1", flat("250"), OneOff),
        component("seats", "10", per_unit("30"), Monthly),
    ];
    let made = contract("USD", "2016-01-07", "2017-01-07", &sold);
    let step = |phase, days| PhaseStep {
        phase,
        months: None,
        days,
        charge: None,
        off: None,
    };
    let trial = Change::SetPhases {
        component: "seats".parse().unwrap(),
        effective: date("2016-01-07"),
        phases: vec![
            step(Phase::Trial, 30.try_into().ok()),
            step(Phase::Evergreen, None),
        ],
    };
    let (made, _) = change(&made, trial);
    for credit_unused in [true, false] {
        let (over, delta) = change(&made, cancel("2016-01-07", credit_unused));
        assert_eq!(delta.value_after.minor, 0);
        let mut billed = Account::default();
        assert_eq!(nets(&billed.bill(&made, "2016-01-07")), [25_000]);
        assert_eq!(nets(&billed.bill(&over, "2016-01-07")), [-25_000]);
        let mut unbilled = Account::default();
        assert_eq!(unbilled.bill(&over, "2016-01-07"), []);
        for account in [&mut billed, &mut unbilled] {
            assert_eq!(account.bill_through(&over, Date::MAX), []);
            assert_eq!(total_of(&account.lines), 0);
        }
    }
}

#[test]
fn killbill_1505_the_second_month_adjusted_in_full_and_cancelled_from_its_first_day() {
    let sold = [component("plan", "1", flat("10"), Monthly)];
    let made = contract("USD", "2021-08-10", "2022-08-10", &sold);
    let mut account = Account::default();
    account.bill(&made, "2021-08-10");
    account.bill(&made, "2021-09-10");
    let second = account.lines[1..].to_vec();
    let total = Money::from_minor(total_of(&second), made.currency);
    assert_eq!(total.minor, 1_190);
    let mut balance = InvoiceBalance::issued(total);
    balance.paid = total;
    // On 20 September all of the second month is given back, which was paid.
    let request = CreditRequest {
        amount: CreditAmount::Full,
        reason: "goodwill".to_owned(),
    };
    let note = credit(&second, &account.lines, &request).unwrap();
    balance.credited = note.total;
    assert_eq!(balance.open().unwrap().minor, -1_190);
    account.issue(&note.lines);
    // Then it is cancelled from the first day of that month: there is nothing more to give.
    for credit_unused in [true, false] {
        let (over, _) = change(&made, cancel("2021-09-10", credit_unused));
        let lines = owed(&over, &account.lines, date("2021-09-20")).unwrap();
        assert_eq!(
            table(&lines),
            ["2021-09-10 to 2021-10-09 | 0.00 USD | -10.00, limited to what remains of the line"]
        );
        assert_eq!(lines[0].corrects.as_ref(), Some(&second[0].id));
    }
    let (over, _) = change(&made, cancel("2021-09-10", true));
    account.bill(&over, "2021-09-20");
    assert_eq!(account.bill_through(&over, Date::MAX), []);
    assert_eq!((account.net(), total_of(&account.lines)), (1_000, 1_190));
    let again = credit(&second, &account.lines, &request).unwrap_err();
    assert_eq!(again.to_string(), "nothing remains to be credited");
}
