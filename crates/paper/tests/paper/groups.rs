//! A document over several contracts: its lines stand under the contract and company that they are
//! for, on paper and in UBL.

use super::pages::read;
use super::{rules, samples};
use paper::{Fonts, InvoicePaper, LineGroup, render_pdf, render_ubl};

fn grouped(lines_each: usize) -> InvoicePaper {
    let tax = samples::standard();
    let mut lines = Vec::new();
    for (contract, sold_to) in [("K-1", "Hafen Logistik GmbH"), ("K-2", "Werft GmbH")] {
        for place in 0..lines_each {
            let net = samples::money("12.50", "EUR");
            let mut line =
                samples::line(&format!("Seats of team {place}"), "1", "12.50", net, &tax);
            line.group = Some(LineGroup {
                contract: contract.to_owned(),
                sold_to: sold_to.to_owned(),
            });
            lines.push(line);
        }
    }
    let mut draft = samples::draft("EUR", lines);
    draft.contract = String::new();
    draft.finish().expect("a document")
}

#[test]
fn lines_stand_under_their_contract_and_company_with_what_they_come_to() {
    let paper = grouped(2);
    let ubl = render_ubl(&paper).expect("ubl");
    let told = read(&render_pdf(&paper, &Fonts::shipped(), Some(&ubl)).expect("pdf"));
    for (words, times) in [
        ("Contract K-1 · Hafen Logistik GmbH", 1),
        ("Contract K-2 · Werft GmbH", 1),
        ("25.00", 2),
    ] {
        let found = told.matches(words).count();
        assert!(found >= times, "{words:?} stands {found} times in {told}");
    }
    let first = told.find("Hafen Logistik").unwrap();
    assert!(first < told.find("Seats of team 0").unwrap());
}

#[test]
fn the_head_of_a_group_goes_with_its_first_line_to_the_next_page() {
    let tax = samples::standard();
    let mut lines = Vec::new();
    // Groups of one to four lines, so that one begins wherever a page may end.
    for number in 0..60 {
        for place in 0..=number % 4 {
            let net = samples::money("12.50", "EUR");
            let words = format!("Team {number} seat {place}");
            let mut line = samples::line(&words, "1", "12.50", net, &tax);
            line.group = Some(LineGroup {
                contract: format!("K-{number}."),
                sold_to: "Werft GmbH".to_owned(),
            });
            lines.push(line);
        }
    }
    let paper = samples::draft("EUR", lines).finish().expect("a document");
    let told = read(&render_pdf(&paper, &Fonts::shipped(), None).expect("pdf"));
    let pages: Vec<&str> = told.split("----\n").skip(1).collect();
    assert!(pages.len() > 3, "{} pages", pages.len());
    let mut heads = 0;
    for page in pages {
        for number in 0..60 {
            if page.contains(&format!("K-{number}.")) {
                heads += 1;
                let first = format!("Team {number} seat 0");
                assert!(
                    page.contains(&first),
                    "{first} is not with its head: {page}"
                );
            }
        }
    }
    assert_eq!(heads, 60);
}

#[test]
fn the_note_of_a_line_in_ubl_names_contract_and_company() {
    let ubl = String::from_utf8(render_ubl(&grouped(1)).expect("ubl")).expect("text");
    assert!(
        ubl.contains("<cbc:Note>K-1 · Hafen Logistik GmbH · 1 × 12.50</cbc:Note>"),
        "{ubl}"
    );
    assert!(!ubl.contains("ContractDocumentReference"));
    let broken = rules::broken(ubl.as_bytes());
    assert!(broken.is_empty(), "{broken:?}");
}
