//! The official schemas of UBL 2.1 and the official Schematron of EN 16931 over samples and over
//! documents made by chance, and over broken ones, to see that they look.

use super::official_rules::findings;
use super::{rules, samples};
use paper::{
    Allowance, InvoicePaper, PaperKind, Party, PaymentMeans, Prepayment, TaxTreatment, render_ubl,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use values::{CashRounding, CashUnit, Money, Rounding, TaxCategory, round_to_minor};

fn treatment(category: TaxCategory) -> TaxTreatment {
    let (rate, reason) = match category {
        TaxCategory::S => ("0.19", ""),
        TaxCategory::Z => ("0", ""),
        TaxCategory::E => ("0", "Education, Article 132 of Directive 2006/112/EC"),
        TaxCategory::AE => ("0", "Reverse charge"),
        TaxCategory::K => ("0", "Intra-Community supply"),
        TaxCategory::G => ("0", "Export"),
        TaxCategory::O => ("0", "Not subject to VAT"),
    };
    samples::rate(category, rate, "VAT", reason)
}

fn every_sample() -> Vec<InvoicePaper> {
    let mut papers = vec![
        samples::simple(),
        samples::long(),
        samples::scripts(),
        samples::credit_note(),
        samples::yen(),
    ];
    for category in [
        TaxCategory::S,
        TaxCategory::Z,
        TaxCategory::E,
        TaxCategory::AE,
        TaxCategory::K,
        TaxCategory::G,
        TaxCategory::O,
    ] {
        for kind in [PaperKind::Invoice, PaperKind::CreditNote] {
            let net = samples::money("1500.00", "EUR");
            let line = samples::line("A & B <Services>", "10", "150", net, &treatment(category));
            let mut draft = samples::draft("EUR", vec![line]);
            draft.kind = kind;
            draft.number = format!("{}-{kind:?}", category.code());
            draft.order = "PO 12".to_owned();
            papers.push(draft.finish().expect("a document"));
        }
    }
    papers
}

fn written(papers: &[InvoicePaper]) -> Vec<(String, Vec<u8>)> {
    let write = |(index, paper): (usize, &InvoicePaper)| {
        let ubl = render_ubl(paper).unwrap_or_else(|refused| panic!("{refused}"));
        (format!("{index}-{}.xml", paper.number), ubl)
    };
    papers.iter().enumerate().map(write).collect()
}

#[test]
fn the_official_rules_find_nothing_in_the_samples() {
    let documents = written(&every_sample());
    assert_eq!(findings(&documents), Vec::<String>::new());
    for (name, bytes) in &documents {
        assert_eq!(rules::broken(bytes), Vec::<String>::new(), "{name}");
    }
}

/// Documents by chance: any category, signs, allowances, charges, prepayments and means.
fn any_paper() -> impl Strategy<Value = InvoicePaper> {
    let category = prop_oneof![
        Just(vec![TaxCategory::S, TaxCategory::Z, TaxCategory::E]),
        Just(vec![TaxCategory::S, TaxCategory::AE]),
        Just(vec![TaxCategory::K]),
        Just(vec![TaxCategory::G, TaxCategory::Z]),
        Just(vec![TaxCategory::O]),
    ];
    let line = (0_usize..3, 0_i64..500_000, 1_i64..400, any::<bool>());
    (
        category,
        prop::collection::vec(line, 1..12),
        prop::sample::select(vec!["EUR", "USD", "JPY", "SEK"]),
        any::<bool>(),
        any::<bool>(),
        0_i64..90,
        "[ -~]{0,20}[äß<&\"'中]{0,3}",
    )
        .prop_map(|(categories, lines, code, credit, card, part, words)| {
            chance(&categories, &lines, code, (credit, card), part, &words)
        })
}

fn chance(
    categories: &[TaxCategory],
    lines: &[(usize, i64, i64, bool)],
    code: &str,
    (credit, card): (bool, bool),
    part: i64,
    words: &str,
) -> InvoicePaper {
    let currency = samples::currency(code);
    let money = |minor| Money::from_minor(minor, currency);
    let tax = |money: Money, tax: &TaxTreatment| {
        let exact = money.decimal() * tax.rate.decimal();
        let minor = round_to_minor(exact, currency, Rounding::HalfUp).expect("fits");
        Money::from_minor(minor, currency)
    };
    let mut sum = 0;
    let mut made = Vec::new();
    for (index, (place, minor, quantity, back)) in lines.iter().enumerate() {
        let treated = treatment(categories[place % categories.len()]);
        let minor = if *back && sum > *minor {
            -*minor
        } else {
            *minor
        };
        sum += minor;
        let mut line = samples::line("x", &quantity.to_string(), "3.5", money(minor), &treated);
        line.description = format!("Line {index} {words}");
        line.arithmetic = words.to_owned();
        made.push(line);
    }
    let first = made[0].tax.clone();
    let off = money(sum * part / 1000);
    let mut draft = samples::draft(code, made);
    // Whole units of a currency without places drift sooner than the rules allow: one line each.
    if code == "JPY" {
        draft.lines.truncate(1);
    }
    if sum > 0 && code != "JPY" {
        draft.allowances = vec![Allowance {
            reason: "Volume".to_owned(),
            amount: off,
            tax: first.clone(),
            tax_amount: tax(off, &first),
        }];
        let on = money(-250);
        draft.allowances.push(Allowance {
            reason: "Express".to_owned(),
            amount: on,
            tax: first.clone(),
            tax_amount: tax(on, &first),
        });
        draft.prepayments = vec![Prepayment {
            date: samples::date("2026-01-02"),
            words: "Prepaid credit".to_owned(),
            amount: money(sum / 7),
        }];
    }
    draft.kind = if credit {
        PaperKind::CreditNote
    } else {
        PaperKind::Invoice
    };
    draft.means = if card {
        PaymentMeans::Card
    } else {
        PaymentMeans::Transfer
    };
    draft.note = words.to_owned();
    let paper = draft.clone().finish().expect("a document");
    if paper.totals.total.minor >= 0 {
        // Whole crowns are paid.
        if code == "SEK" {
            let rule = CashUnit {
                to: money(100),
                mode: CashRounding::HalfUp,
            };
            draft.rounding = Some(rule.line(paper.totals.total).expect("fits"));
            return draft.finish().expect("a document");
        }
        return paper;
    }
    // Below zero it would be a credit note.
    draft.lines.retain(|line| line.net.minor >= 0);
    draft.allowances.clear();
    draft.finish().expect("a document")
}

#[test]
fn the_official_rules_find_nothing_in_documents_made_by_chance() {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let strategy = any_paper();
    let papers: Vec<InvoicePaper> = (0..300)
        .map(|_| {
            strategy
                .new_tree(&mut runner)
                .expect("a document")
                .current()
        })
        .collect();
    let documents = written(&papers);
    for (index, (name, bytes)) in documents.iter().enumerate() {
        let broken = rules::broken(bytes);
        assert_eq!(broken, Vec::<String>::new(), "{name}: {:#?}", papers[index]);
    }
    assert_eq!(findings(&documents), Vec::<String>::new());
}

#[test]
fn the_official_rules_find_what_is_broken() {
    let whole = String::from_utf8(render_ubl(&samples::simple()).expect("ubl")).expect("text");
    let documents: Vec<(String, Vec<u8>)> = rules::BREAKS
        .iter()
        .map(|(rule, from, to)| {
            assert!(whole.contains(from), "{rule}: {from}");
            (
                format!("{rule}.xml"),
                whole.replacen(from, to, 1).into_bytes(),
            )
        })
        .collect();
    let found = findings(&documents);
    for (name, bytes) in &documents {
        let rule = name.trim_end_matches(".xml");
        let official = found
            .iter()
            .any(|line| line.contains(name.as_str()) && line.contains(&format!("[{rule}]")));
        assert!(
            official,
            "the official rules do not tell {rule}: {found:#?}"
        );
        let own = rules::broken(bytes);
        assert!(
            own.iter().any(|told| told.starts_with(&format!("{rule}:"))),
            "our rules do not tell {rule}: {own:?}"
        );
    }
}

#[test]
fn what_is_written_is_the_same_every_time_and_escaped() {
    let paper = samples::simple();
    let once = render_ubl(&paper).expect("ubl");
    assert_eq!(once, render_ubl(&paper).expect("ubl"));
    let mut draft = samples::draft(
        "EUR",
        vec![samples::line(
            "a",
            "1",
            "1",
            samples::money("1.00", "EUR"),
            &samples::standard(),
        )],
    );
    draft.buyer = Party {
        name: "Müller & <Söhne> \u{1}\"K\" ]]>".to_owned(),
        ..samples::buyer()
    };
    let text = String::from_utf8(render_ubl(&draft.finish().expect("a document")).expect("ubl"));
    let text = text.expect("text");
    assert!(text.contains("Müller &amp; &lt;Söhne&gt;"), "{text}");
    assert!(!text.contains('\u{1}'));
}
