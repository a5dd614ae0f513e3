//! An amount to pay in whole cash units, on paper and in the XML.

use super::{pages, rules, samples};
use paper::{Fonts, InvoicePaper, PaperKind, render_pdf, render_ubl};
use values::{CashRounding, CashUnit, Money, Rounding, RoundingLine, TaxCategory};

/// 98.90 CHF with 8.01 of tax: 106.91, of which 106.90 is paid.
fn swiss(kind: PaperKind) -> InvoicePaper {
    let tax = samples::rate(TaxCategory::S, "0.081", "MWST 8.1 %", "");
    let mut line = samples::line("Core", "1", "98.90", samples::money("98.90", "CHF"), &tax);
    line.tax_amount = samples::money("8.01", "CHF");
    let mut draft = samples::draft("CHF", vec![line]);
    draft.kind = kind;
    let rule = CashUnit {
        to: samples::money("0.05", "CHF"),
        mode: CashRounding::HalfUp,
    };
    let sum = samples::money("106.91", "CHF");
    draft.rounding = Some(rule.line(sum).expect("fits"));
    draft.finish().expect("a document")
}

#[test]
fn the_xml_has_the_rounding_and_pays_the_rounded_amount() {
    for kind in [PaperKind::Invoice, PaperKind::CreditNote] {
        let bytes = render_ubl(&swiss(kind)).expect("EN 16931");
        let text = String::from_utf8(bytes.clone()).expect("text");
        for wanted in [
            "<cbc:TaxInclusiveAmount currencyID=\"CHF\">106.91</cbc:TaxInclusiveAmount>",
            "<cbc:PayableRoundingAmount currencyID=\"CHF\">-0.01</cbc:PayableRoundingAmount>",
            "<cbc:PayableAmount currencyID=\"CHF\">106.90</cbc:PayableAmount>",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in\n{text}");
        }
        assert_eq!(rules::broken(&bytes), Vec::<String>::new());
        // The rule that looks at it looks.
        let wrong = text.replace(">-0.01</cbc:PayableRounding", ">-0.02</cbc:PayableRounding");
        let told = rules::broken(wrong.as_bytes());
        assert!(
            told.iter().any(|told| told.contains("BR-CO-16")),
            "{told:?}"
        );
    }
}

#[test]
fn the_page_says_the_rule_between_tax_and_total() {
    let paper = swiss(PaperKind::Invoice);
    assert_eq!(paper.totals.due, samples::money("106.90", "CHF"));
    let pdf = render_pdf(&paper, &Fonts::shipped(), None).expect("pdf");
    let text = pages::read(&pdf);
    let at = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("{words}: {text}"))
    };
    let line = at("Rounding to CHF 0.05, half up −0.01");
    assert!(at("on 98.90 8.01") < line, "{text}");
    assert!(line < at("Total 106.90"), "{text}");
    assert!(!text.contains("106.91"), "{text}");
}

#[test]
fn what_needs_no_rounding_says_nothing_of_it() {
    let mut draft = samples::draft("CHF", swiss(PaperKind::Invoice).lines);
    let rule = CashUnit {
        to: samples::money("0.05", "CHF"),
        mode: CashRounding::HalfUp,
    };
    let even = Money::from_minor(10_000, rule.to.currency);
    draft.rounding = Some(rule.line(even).expect("fits"));
    let paper = draft.finish().expect("a document");
    assert_eq!(paper.rounding, None);
    let text = String::from_utf8(render_ubl(&paper).expect("EN 16931")).expect("text");
    assert!(!text.contains("PayableRounding"), "{text}");
}

/// Three lines of 0.33 whose exact amounts come to 1.00, by the rules of a line of 0.01.
fn rounded_once(unit: i64, amount: i64) -> InvoicePaper {
    let tax = samples::rate(TaxCategory::S, "0.081", "MWST 8.1 %", "");
    let one = || {
        let mut line = samples::line("Calls", "1", "0.33", samples::money("0.33", "CHF"), &tax);
        line.tax_amount = samples::money("0.03", "CHF");
        line
    };
    let mut draft = samples::draft("CHF", vec![one(), one(), one()]);
    let money = |minor| Money::from_minor(minor, samples::money("0.01", "CHF").currency);
    draft.rounding = Some(RoundingLine {
        amount: money(amount),
        rule: CashUnit {
            to: money(unit),
            mode: CashRounding::HalfUp,
        },
        per_invoice: Some(Rounding::HalfEven),
    });
    draft.finish().expect("a document")
}

#[test]
fn lines_that_are_rounded_once_say_so_on_the_page_and_in_the_xml() {
    for (unit, amount, words, due) in [
        (1, 1, "Lines rounded once, half to even 0.01", "1.09"),
        (
            5,
            2,
            "Lines rounded once, half to even · Rounding to CHF 0.05, half up 0.02",
            "1.10",
        ),
    ] {
        let paper = rounded_once(unit, amount);
        let pdf = render_pdf(&paper, &Fonts::shipped(), None).expect("pdf");
        let text = pages::read(&pdf);
        let at = |words: &str| {
            text.find(words)
                .unwrap_or_else(|| panic!("{words}: {text}"))
        };
        assert!(at("on 0.99 0.09") < at(words), "{text}");
        assert!(at(words) < at(&format!("Total {due}")), "{text}");
        let bytes = render_ubl(&paper).expect("EN 16931");
        let xml = String::from_utf8(bytes.clone()).expect("text");
        let rounding = format!("<cbc:PayableRoundingAmount currencyID=\"CHF\">0.0{amount}<");
        let payable = format!("<cbc:PayableAmount currencyID=\"CHF\">{due}<");
        assert!(xml.contains(&rounding) && xml.contains(&payable), "{xml}");
        assert_eq!(rules::broken(&bytes), Vec::<String>::new());
    }
}
