//! What is refused says which field, what it is and how to mend it.

use super::samples;
use paper::{Address, FontRefused, Fonts, PaperRefused, render_pdf, render_ubl};
use values::TaxCategory;

#[test]
fn a_document_without_lines_or_number_is_refused() {
    let empty = samples::draft("EUR", Vec::new());
    let refused = empty.clone().finish().expect_err("no lines");
    assert_eq!(
        refused.to_string(),
        "document \"DE-2026-00042\" has no line; a document needs at least one"
    );
    let mut nameless = empty;
    nameless.number = " ".to_owned();
    assert_eq!(
        nameless.finish().expect_err("no number"),
        PaperRefused::NoNumber
    );
}

#[test]
fn amounts_of_two_currencies_are_refused() {
    let line = samples::line(
        "a",
        "1",
        "1",
        samples::money("1.00", "USD"),
        &samples::standard(),
    );
    let refused = samples::draft("EUR", vec![line])
        .finish()
        .expect_err("two currencies");
    assert!(refused.to_string().contains("USD"), "{refused}");
}

#[test]
fn ubl_says_everything_that_is_missing_at_once() {
    let export = samples::rate(TaxCategory::AE, "0", "", "");
    let line = samples::line("a", "1", "1", samples::money("1.00", "EUR"), &export);
    let mut draft = samples::draft("EUR", vec![line]);
    draft.seller.address = Address::default();
    draft.seller.vat_id = String::new();
    draft.seller.registration = None;
    draft.seller.terms = String::new();
    draft.due_date = None;
    draft.buyer.address.country = String::new();
    draft.buyer.vat_id = String::new();
    let refused = render_ubl(&draft.finish().expect("a document")).expect_err("refused");
    let told = refused.to_string();
    for words in [
        "document DE-2026-00042 cannot be written as EN 16931",
        "the seller's country is missing (BR-09): set `address.country` on the letterhead",
        "the buyer's country is missing (BR-11): set `address.country` in the billing details",
        "nothing identifies the seller (BR-CO-26)",
        "neither a due date nor terms of payment (BR-CO-25)",
        "nothing says why no tax is charged under category AE (BR-AE-10)",
        "the seller has no VAT identifier, which category AE needs (BR-AE-02)",
        "the buyer has no VAT identifier, which category AE needs (BR-AE-02)",
    ] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
}

#[test]
fn three_places_are_written_to_the_last_one_and_claim_no_european_norm() {
    for (code, line, total) in [("KWD", "17.457", "1262.457"), ("BHD", "17.457", "1262.457")] {
        let paper = samples::of_three_places(code);
        let xml = render_ubl(&paper).expect("plain UBL");
        let text = String::from_utf8(xml).expect("text");
        assert!(!text.contains("CustomizationID"), "{text}");
        for amount in [
            format!("<cbc:LineExtensionAmount currencyID=\"{code}\">{line}<"),
            format!("<cbc:LineExtensionAmount currencyID=\"{code}\">1245.000<"),
            format!("<cbc:PayableAmount currencyID=\"{code}\">{total}<"),
        ] {
            assert!(text.contains(&amount), "{amount} is not in {text}");
        }
        assert!(render_pdf(&paper, &Fonts::shipped(), None).is_ok());
    }
    let euro = render_ubl(&samples::simple()).expect("EN 16931");
    assert!(
        String::from_utf8(euro)
            .expect("text")
            .contains("urn:cen.eu:en16931:2017")
    );
}

#[test]
fn tax_that_drifts_from_its_rate_is_refused() {
    let mut lines = Vec::new();
    for _ in 0..400 {
        let net = samples::money("0.03", "EUR");
        lines.push(samples::line(
            "Call",
            "1",
            "0.03",
            net,
            &samples::standard(),
        ));
    }
    let paper = samples::draft("EUR", lines).finish().expect("a document");
    let refused = render_ubl(&paper).expect_err("drift").to_string();
    assert!(
        refused.contains("(BR-CO-17): lines were rounded one by one"),
        "{refused}"
    );
}

#[test]
fn a_letter_without_a_font_is_named_and_never_a_box() {
    let words = "𒀭𒂗 and 😀";
    let line = samples::line(
        words,
        "1",
        "1",
        samples::money("1.00", "EUR"),
        &samples::standard(),
    );
    let paper = samples::draft("EUR", vec![line])
        .finish()
        .expect("a document");
    let refused = render_pdf(&paper, &Fonts::shipped(), None)
        .expect_err("no font")
        .to_string();
    assert!(refused.contains("'𒀭' (U+1202D, Cuneiform)"), "{refused}");
    assert!(refused.contains("'😀' (U+1F600"), "{refused}");
    assert!(
        refused.contains("into the folder that `[paper] fonts` names"),
        "{refused}"
    );
}

#[test]
fn what_is_no_font_is_refused_by_name() {
    let refused = Fonts::shipped().add("broken.ttf", b"no font".to_vec());
    let expected = FontRefused {
        name: "broken.ttf".to_owned(),
    };
    assert_eq!(refused, Err(expected));
}
