//! Names and words in every script of the world that is in use, and what is in none of them.

use super::pages::letters;
use super::{names, samples};
use paper::{Fonts, InvoicePaper, render_pdf};

fn bought_by(name: &str) -> InvoicePaper {
    let net = samples::money("1.00", "EUR");
    let line = samples::line("Platform", "1", "1", net, &samples::standard());
    let mut draft = samples::draft("EUR", vec![line]);
    draft.buyer.name = name.to_owned();
    draft.finish().expect("a document")
}

#[test]
fn names_in_every_script_are_printed_and_can_be_read_back() {
    let pdf = render_pdf(
        &names::in_every_script("เชียงใหม่ ခရီးသွား"),
        &Fonts::shipped(),
        None,
    );
    let told = letters(&pdf.expect("every letter has a font"));
    for (script, words) in names::NAMES {
        // A line may end at a space.
        for word in words.split(' ') {
            assert!(told.contains(word), "{script}: {word:?} is not in {told}");
        }
    }
}

/// Code points from the first to the last that are assigned: all but those listed.
fn block(first: u32, last: u32, but: &[u32]) -> impl Iterator<Item = char> {
    let codes = (first..=last).filter(|code| !but.contains(code));
    codes.filter_map(char::from_u32)
}

#[test]
fn every_letter_of_the_great_blocks_has_a_font() {
    let fonts = Fonts::shipped();
    for (block, letters) in [
        ("Han", block(0x4e00, 0x9fef, &[])),
        ("Han, extension A", block(0x3400, 0x4db5, &[])),
        ("Hangul", block(0xac00, 0xd7a3, &[])),
        ("kana", block(0x3041, 0x30ff, &[0x3097, 0x3098])),
        ("Ethiopic", block(0x1200, 0x1248, &[])),
        ("Tibetan", block(0x0f40, 0x0f6c, &[0x0f48])),
        ("Myanmar", block(0x1000, 0x109f, &[])),
        ("Khmer", block(0x1780, 0x17dd, &[])),
        ("Canadian syllabics", block(0x1400, 0x167f, &[])),
        ("Yi", block(0xa000, 0xa48c, &[])),
        ("Arabic of Africa", block(0x08a0, 0x08ff, &[])),
    ] {
        // Shaping all of them says nothing that every eleventh does not; first and last are asked too.
        let letters: Vec<char> = letters.collect();
        let chosen = letters.iter().step_by(11).chain(letters.last());
        let words: String = chosen.flat_map(|letter| [*letter, ' ']).collect();
        let paper = bought_by(words.trim());
        let printed = render_pdf(&paper, &fonts, None);
        assert!(printed.is_ok(), "{block}: {:?}", printed.err());
    }
}

#[test]
fn letters_that_nobody_writes_any_more_are_refused_by_name() {
    let refused = render_pdf(&bought_by("𒀭 𓀀 Ltd"), &Fonts::shipped(), None);
    let told = refused.expect_err("no font").to_string();
    assert!(told.contains("'𒀭' (U+1202D, Cuneiform)"), "{told}");
    assert!(
        told.contains("'𓀀' (U+13000, Egyptian_Hieroglyphs)"),
        "{told}"
    );
}

#[test]
fn a_selector_of_a_variant_leaves_the_ordinary_shape() {
    // As Japanese registers write the name Katsuragi.
    let pdf = render_pdf(
        &bought_by("葛\u{e0100}城商店 ✔\u{fe0f}"),
        &Fonts::shipped(),
        None,
    );
    let told = letters(&pdf.expect("printed"));
    let told: String = told
        .chars()
        .filter(|letter| !matches!(letter, '\u{e0100}' | '\u{fe0f}'))
        .collect();
    assert!(told.contains("葛城商店 ✔"), "{told}");
}
