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

/// The text as a reader takes it that heeds `ActualText`, which stands where one letter is drawn by
/// several glyphs; then once more from the end of each page, because what is written from right to left
/// is drawn from left to right.
const LETTERS: &str = r#"
import re, sys, pypdf
from pypdf.generic import ContentStream
reader = pypdf.PdfReader(sys.argv[1])

def letters(font):
    known, table = {}, font["/ToUnicode"].get_data().decode()
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.S):
        for code, text in re.findall(r"<(\w+)>\s*<(\w*)>", block):
            known[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    return known

for page in reader.pages:
    fonts = {name: letters(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    known, inside, shown = {}, [], []
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"Tf":
            known = fonts[operands[0]]
        elif operator in (b"BDC", b"BMC"):
            said = operands[1].get("/ActualText") if operator == b"BDC" else None
            shown += [] if said is None else [str(said)]
            inside.append(said is not None)
        elif operator == b"EMC":
            inside.pop()
        elif operator in (b"Tj", b"TJ") and not any(inside):
            for part in operands[0] if operator == b"TJ" else operands[:1]:
                codes = getattr(part, "original_bytes", b"")
                for at in range(0, len(codes), 2):
                    shown.append(known.get(codes[at] << 8 | codes[at + 1], "?"))
    print("".join(shown))
    print("".join(reversed(shown)))
"#;

pub fn read(pdf: &[u8]) -> String {
    read_with(READER, pdf)
}

/// The letters of every page, in the order in which they were written.
pub fn letters(pdf: &[u8]) -> String {
    read_with(LETTERS, pdf)
}

fn read_with(program: &str, pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("paper.pdf");
    std::fs::write(&path, pdf).expect("written");
    let output = Command::new(python())
        .args(["-c", program])
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
    // What was paid before stands under the total, each with its day.
    let paid = told.replace('\n', " ");
    assert!(
        paid.contains("Paid: Prepaid credit, 15 Jan 2026 −5,000.00"),
        "{told}"
    );
}

#[test]
fn every_script_can_be_read_back() {
    let told = letters(&printed(&samples::scripts()).0);
    for words in [
        "年間プラットフォーム利用料",
        "云平台年度订阅服务费",
        "연간 플랫폼 구독료",
        "Ετήσια συνδρομή",
        "Годовая подписка",
        "Český",
        "اشتراك المنصة",
        "مستخدمًا",
        "شركة الخليج للتجارة والتقنية",
        "מנוי שנתי לפלטפורמה",
        "כולל תמיכה",
        "वार्षिक प्लेटफ़ॉर्म सदस्यता",
        "ค่าบริการแพลตฟอร์มรายปี รวมการสนับสนุน",
        "პლატფორმის წლიური გამოწერა",
        "Հարթակի տարեկան",
        "Gói dịch vụ hằng năm",
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

/// A font with a single letter, which looks like one of a shipped font: that font with a table of letters
/// that knows no other.
fn font_of(letter: char) -> Vec<u8> {
    let mut font = include_bytes!("../../fonts/NotoSansHebrew-Regular.ttf").to_vec();
    let code = u32::from(letter).to_be_bytes();
    // One subtable of format 12 for Windows and all of Unicode, with one group: the letter is glyph 5.
    let mut cmap: Vec<u8> = [0_u16, 1, 3, 10]
        .iter()
        .flat_map(|it| it.to_be_bytes())
        .collect();
    cmap.extend(12_u32.to_be_bytes());
    cmap.extend([12_u16, 0].iter().flat_map(|it| it.to_be_bytes()));
    cmap.extend([28_u32, 0, 1].iter().flat_map(|it| it.to_be_bytes()));
    cmap.extend(code);
    cmap.extend(code);
    cmap.extend(5_u32.to_be_bytes());
    let tables = usize::from(u16::from_be_bytes([font[4], font[5]]));
    let records = (0..tables).map(|table| 12 + 16 * table);
    let at = records
        .into_iter()
        .find(|at| &font[*at..at + 4] == b"cmap")
        .expect("a table of letters");
    let place = u32::try_from(font.len()).expect("fits").to_be_bytes();
    let length = u32::try_from(cmap.len()).expect("fits").to_be_bytes();
    font[at + 8..at + 12].copy_from_slice(&place);
    font[at + 12..at + 16].copy_from_slice(&length);
    font.extend(cmap);
    font
}

#[test]
fn a_font_of_the_folder_is_asked_when_the_shipped_ones_have_no_letter() {
    let net = samples::money("1.00", "EUR");
    let line = samples::line("Rune ᚠ", "1", "1", net, &samples::standard());
    let paper = samples::draft("EUR", vec![line]).finish();
    let paper = paper.expect("a document");
    let refused = render_pdf(&paper, &Fonts::shipped(), None).expect_err("no font");
    let told = refused.to_string();
    assert!(told.contains("'ᚠ' (U+16A0, Runic)"), "{told}");
    // A font that has another letter is no help.
    let mut fonts = Fonts::shipped();
    fonts.add("other.ttf", font_of('ᚢ')).expect("a font");
    assert!(render_pdf(&paper, &fonts, None).is_err());
    fonts.add("runes.ttf", font_of('ᚠ')).expect("a font");
    let told = read(&render_pdf(&paper, &fonts, None).expect("pdf"));
    assert!(told.contains("Rune ᚠ"), "{told}");
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
