//! Ages lose nothing; what is written off is never more than is open, and comes back as it went.

use super::{customer, date, day, eur};
use billing::{AgeBuckets, Receivable, aged, recover, write_off};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn item(who: &str, due: u16, open: i64) -> Receivable {
    Receivable {
        entity: "DE".parse().unwrap(),
        customer: customer(who),
        due: day(due),
        open: eur(open),
    }
}

#[test]
fn each_day_falls_into_one_bucket() {
    let buckets = AgeBuckets::default();
    assert_eq!(
        buckets.titles(),
        [
            "not due",
            "1–30 days",
            "31–60 days",
            "61–90 days",
            "over 90 days"
        ]
    );
    let of = |as_of: &str| buckets.bucket(date("2026-01-31"), date(as_of));
    let found: Vec<usize> = [
        "2026-01-01",
        "2026-01-31",
        "2026-02-01",
        "2026-03-02",
        "2026-03-03",
        "2026-04-01",
        "2026-04-02",
        "2026-05-01",
        "2026-05-02",
    ]
    .map(of)
    .to_vec();
    assert_eq!(found, [0, 0, 1, 1, 2, 2, 3, 3, 4]);
}

#[test]
fn tax_is_relieved_in_proportion_only_where_the_policy_says_so() {
    let parts = (eur(10_000), eur(1_900));
    let relieved = write_off(eur(11_900), eur(11_900), parts, true).unwrap();
    assert_eq!((relieved.loss, relieved.tax), (eur(10_000), eur(1_900)));
    let lost = write_off(eur(11_900), eur(11_900), parts, false).unwrap();
    assert_eq!((lost.loss, lost.tax), (eur(11_900), eur(0)));
    let refused = write_off(eur(5), eur(4), parts, true).unwrap_err();
    assert_eq!(refused.code(), "write_off_exceeds_open");
    let refused = recover(eur(11_901), relieved).unwrap_err();
    assert!(refused.to_string().contains("is written off"));
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(9), ..ProptestConfig::default() })]

    #[test]
    fn ages_add_up_to_what_is_open(items in prop::collection::vec((0_usize..3, 0_u16..400, -900_i64..9_000), 0..30), as_of in 0_u16..500) {
        let items: Vec<Receivable> = items.into_iter().map(|(who, due, open)| item(["a", "b", "c"][who], due, open)).collect();
        let found = aged(&items, &AgeBuckets::default(), day(as_of)).unwrap();
        let all: i64 = items.iter().map(|one| one.open.minor).sum();
        prop_assert_eq!(found.iter().map(|one| one.total).sum::<i64>(), all);
        for account in &found {
            prop_assert_eq!(account.by_age.iter().sum::<i64>(), account.total);
        }
    }

    #[test]
    fn recoveries_in_any_parts_leave_nothing_of_loss_and_tax(net in 0_i64..90_000, tax in 0_i64..20_000, cut in 1_u32..9, relief: bool) {
        prop_assume!(net + tax > 0);
        let total = eur(net + tax);
        let written = write_off(total, total, (eur(net), eur(tax)), relief).unwrap();
        prop_assert_eq!(written.loss.plus(written.tax).unwrap(), total);
        let mut left = written;
        let step = (total.minor / i64::from(cut)).max(1);
        while left.amount.minor > 0 {
            let back = recover(eur(step.min(left.amount.minor)), left).unwrap();
            prop_assert!(back.loss.minor <= 0 && back.tax.minor <= 0);
            left.amount = left.amount.plus(back.amount).unwrap();
            left.loss = left.loss.plus(back.loss).unwrap();
            left.tax = left.tax.plus(back.tax).unwrap();
            prop_assert!(left.loss.minor >= 0 && left.tax.minor >= 0);
        }
        prop_assert_eq!((left.loss.minor, left.tax.minor), (0, 0));
    }
}
