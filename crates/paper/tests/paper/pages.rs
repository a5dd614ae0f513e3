//! The PDF: the same every time, with the text in it, over as many pages as it needs.

use super::samples;
use paper::{Fonts, InvoicePaper, render_pdf, render_ubl};
use std::path::{Path, PathBuf};
use std::process::Command;

fn python() -> PathBuf {
    match std::env::var_os("TIEOUT_PYTHON") {
        Some(named) => PathBuf::from(named),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/python"),
    }
}

/// Pages, text of each, metadata and attachments, as another program reads them.
const READER: &str = r#"
import sys, pypdf
reader = pypdf.PdfReader(sys.argv[1])
print("pages", len(reader.pages))
print("title", reader.metadata.title)
root = reader.trailer["/Root"]
print("tagged", root["/MarkInfo"]["/Marked"], "lang", root["/Lang"])
xmp = root["/Metadata"].get_object().get_data().decode()
print("pdfa", "<pdfaid:part>3</pdfaid:part>" in xmp, "ua", "pdfuaid:part" in xmp)
for name, data in reader.attachments.items():
    print("attached", name, len(data[0]))
for page in reader.pages:
    print("----")
    print(page.extract_text())
"#;

pub fn read(pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("paper.pdf");
    std::fs::write(&path, pdf).expect("written");
    let output = Command::new(python())
        .args(["-c", READER])
        .arg(&path)
        .output();
    let output = output.expect("python is there: `cargo xtask setup` makes it");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).replace('\u{a0}', " ")
}

fn printed(paper: &InvoicePaper) -> (Vec<u8>, Vec<u8>) {
    let ubl = render_ubl(paper).expect("ubl");
    let fonts = Fonts::shipped();
    (render_pdf(paper, &fonts, Some(&ubl)).expect("pdf"), ubl)
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let paper = samples::scripts();
    let (one, other) = (printed(&paper).0, printed(&paper).0);
    assert!(one == other, "two printings differ");
}

#[test]
fn another_program_reads_text_marks_and_the_attached_document() {
    let (pdf, ubl) = printed(&samples::simple());
    let told = read(&pdf);
    for words in [
        "pages 1",
        "title Invoice DE-2026-00042",
        "tagged True lang en",
        "pdfa True ua True",
        &format!("attached invoice.xml {}", ubl.len()),
        "Nordlicht Software GmbH",
        "Société Générale de Café S.A.",
        "15 × 1,200.00 × 276/365",
        "13,611.29",
        "−420.00",
        "VAT 19 % on 54,091.29",
        "EUR 64,368.64",
        "DE89 3704 0044 0532 0130 00",
        "Page 1 of 1",
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
}

#[test]
fn a_long_table_repeats_its_head_and_carries_its_sum() {
    let paper = samples::long();
    let told = read(&printed(&paper).0);
    let pages: Vec<&str> = told.split("----").skip(1).collect();
    assert!(pages.len() > 3, "{} pages", pages.len());
    let count = pages.len();
    for (index, page) in pages.iter().enumerate() {
        assert!(
            page.contains(&format!("Page {} of {count}", index + 1)),
            "{page}"
        );
        assert!(
            page.contains("Nordlicht Software GmbH"),
            "no letterhead: {page}"
        );
    }
    // What one page carries forward the next brings forward, and it is the sum of the lines above.
    let mut lines = 0_usize;
    for pair in pages.windows(2) {
        let (above, below) = (pair[0], pair[1]);
        let figure = |page: &str, words: &str| {
            let after = page.lines().skip_while(|line| !line.contains(words));
            let text: String = after.take(2).collect::<Vec<_>>().join(" ");
            text.replace(words, "")
                .trim()
                .split(' ')
                .next()
                .unwrap_or("")
                .to_owned()
        };
        if !above.contains("Carried forward") {
            continue;
        }
        let carried = figure(above, "Carried forward");
        assert_eq!(carried, figure(below, "Brought forward"));
        assert!(below.contains("Net amount (EUR)"), "no head: {below}");
        let mut sum = 0_i64;
        lines = 0;
        for line in &paper.lines {
            let text = format!("{}.{:02}", sum / 100, sum % 100);
            if text == carried.replace(',', "") {
                break;
            }
            sum += line.net.minor;
            lines += 1;
        }
        assert!(lines < paper.lines.len(), "{carried} is no sum of lines");
    }
    assert!(lines > 60, "only {lines} lines were carried");
}

#[test]
fn every_script_can_be_read_back() {
    let told = read(&printed(&samples::scripts()).0);
    for words in [
        "年間プラットフォーム利用料",
        "云平台年度订阅服务费",
        "연간 플랫폼 구독료",
        "Ετήσια συνδρομή",
        "Годовая подписка",
        "Český",
        "Platform Pro",
        "Export outside the European Union",
    ] {
        assert!(told.contains(words), "{words:?} is not in {told}");
    }
}

#[test]
fn currencies_have_their_own_places_and_languages_their_own_words() {
    let fonts = Fonts::shipped();
    let yen = read(&printed(&samples::yen()).0);
    assert!(yen.contains("JPY 5,866,666"), "{yen}");
    let dinar = read(&render_pdf(&samples::dinar(), &fonts, None).expect("pdf"));
    assert!(dinar.contains("KWD 1,262.457"), "{dinar}");
    let german = read(&printed(&samples::credit_note()).0);
    for words in [
        "Gutschrift DE-CN-2026-00003",
        "4.303,56",
        "Grund: Vertragsänderung",
        "31. Januar 2026",
    ] {
        assert!(german.contains(words), "{words:?} is not in {german}");
    }
}

#[test]
fn a_font_of_the_folder_is_asked_when_the_shipped_ones_have_no_letter() {
    let mut fonts = Fonts::shipped();
    let bytes = include_bytes!("../../fonts/NotoSans-Regular.ttf").to_vec();
    fonts.add("more.ttf", bytes).expect("a font");
    assert!(render_pdf(&samples::simple(), &fonts, None).is_ok());
}

#[test]
fn a_description_longer_than_a_page_runs_on_and_loses_nothing() {
    let mut lines = Vec::new();
    for place in 1..=3 {
        let words: Vec<String> = (0..900).map(|word| format!("word{place}x{word}")).collect();
        let net = samples::money("10.00", "EUR");
        lines.push(samples::line(
            &words.join(" "),
            "1",
            "10",
            net,
            &samples::standard(),
        ));
    }
    let paper = samples::draft("EUR", lines).finish().expect("a document");
    let told = read(&printed(&paper).0);
    for place in 1..=3 {
        for word in 0..900 {
            let word = format!("word{place}x{word}");
            assert!(told.contains(&word), "{word} is lost");
        }
    }
    assert!(told.contains("EUR 35.70"), "no total");
}

#[test]
fn empty_fields_and_a_foot_without_columns_print_too() {
    let line = samples::line(
        "",
        "1",
        "1",
        samples::money("0.00", "EUR"),
        &samples::standard(),
    );
    let mut draft = samples::draft("EUR", vec![line]);
    draft.seller = paper::Letterhead {
        name: "A".to_owned(),
        ..paper::Letterhead::default()
    };
    draft.buyer = paper::Party::default();
    let paper = draft.finish().expect("a document");
    let told = read(&render_pdf(&paper, &Fonts::shipped(), None).expect("pdf"));
    assert!(told.contains("Nothing is due."), "{told}");
    assert!(told.contains("Page 1 of 1"), "{told}");
}
