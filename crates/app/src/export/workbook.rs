//! The books as a workbook: the trial balance and every journal line. Ids and codes are text, so
//! that no spreadsheet turns `1E5` into a number or a leading zero into nothing; amounts are numbers
//! in the format of their currency, as long as that is exact.

use super::{Closings, ExportFault, Exported, each_journal, load_closings, title};
use crate::Books;
use ledger::export::ExportJournal;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};
use std::collections::BTreeMap;
use std::io::Write;
use store::Tx;
use values::{Currency, Date, EntityId, Instant, Money};

/// Rows that one sheet holds, by the file format.
const ROWS_A_SHEET: u32 = 1_048_576;
/// Characters that one cell holds, by the file format.
const CHARACTERS_A_CELL: usize = 32_767;
/// Decimal digits that a double, and so a spreadsheet, keeps of every number.
const EXACT_DIGITS: u64 = 1_000_000_000_000_000;

/// Heading and width in pixels of each column.
type Columns = &'static [(&'static str, u32)];

const BALANCE_COLUMNS: Columns = &[
    ("Entity", 80),
    ("Account", 80),
    ("Account name", 240),
    ("Kind", 80),
    ("Currency", 70),
    ("Debit", 130),
    ("Credit", 130),
    ("Balance", 130),
];

const LINE_COLUMNS: Columns = &[
    ("Journal", 230),
    ("Entity", 80),
    ("Date", 90),
    ("Narration", 320),
    ("Event", 230),
    ("Rule", 150),
    ("Rule version", 90),
    ("Account", 80),
    ("Account name", 240),
    ("Kind", 80),
    ("Debit", 130),
    ("Credit", 130),
    ("Currency", 70),
    ("Customer", 200),
    ("Contract", 200),
    ("Product", 120),
];

/// Writes the workbook and gives `out` back flushed.
pub(super) fn write<W: Write + Send>(
    tx: &mut Tx<'_>,
    books: &Books,
    now: Instant,
    mut out: W,
) -> Result<(W, Exported), ExportFault> {
    let mut workbook = Workbook::new();
    let properties = DocProperties::new()
        .set_title(title(books))
        .set_author("Tieout")
        .set_creation_datetime(&ExcelDateTime::from_timestamp(now.seconds())?);
    workbook.set_properties(&properties);
    let styles = Styles::new();
    let closings = load_closings(tx, &books.chart)?;
    let balance = balance_sheet(&mut workbook, &styles, &closings)?;
    workbook.push_worksheet(balance);
    let exported = line_sheets(tx, books, &mut workbook, &styles)?;
    workbook.save_to_writer(&mut out)?;
    out.flush()?;
    Ok((out, exported))
}

/// The looks of cells.
struct Styles {
    heading: Format,
    date: Format,
    amounts: BTreeMap<u32, Format>,
    sums: BTreeMap<u32, Format>,
    sum: Format,
}

impl Styles {
    fn new() -> Styles {
        let sum = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        // ISO 4217 has minor units of 0 to 4 decimal places.
        let amount = |style: &Format| -> BTreeMap<u32, Format> {
            (0..=4)
                .map(|places| {
                    let format = style
                        .clone()
                        .set_num_format(number_format(places))
                        .set_align(FormatAlign::Right);
                    (places, format)
                })
                .collect()
        };
        Styles {
            heading: Format::new()
                .set_bold()
                .set_border_bottom(FormatBorder::Thin),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            amounts: amount(&Format::new()),
            sums: amount(&sum),
            sum,
        }
    }
}

/// `#,##0.00` for two places.
fn number_format(places: u32) -> String {
    match places {
        0 => "#,##0".to_owned(),
        _ => format!("#,##0.{}", "0".repeat(places as usize)),
    }
}

/// A sheet that is written row by row and never held in memory.
struct Sheet {
    sheet: Worksheet,
    columns: Columns,
    next: u32,
}

impl Sheet {
    fn new(
        workbook: &mut Workbook,
        styles: &Styles,
        name: &str,
        columns: Columns,
    ) -> Result<Sheet, ExportFault> {
        let mut sheet = workbook.new_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, (heading, width)) in (0_u16..).zip(columns) {
            sheet.set_column_width_pixels(column, *width)?;
            sheet.write_string_with_format(0, column, *heading, &styles.heading)?;
        }
        Ok(Sheet {
            sheet,
            columns,
            next: 1,
        })
    }

    fn is_full(&self) -> bool {
        self.next >= ROWS_A_SHEET
    }

    fn text(&mut self, column: u16, text: &str) -> Result<(), ExportFault> {
        if !text.is_empty() {
            self.sheet
                .write_string(self.next, column, cell_text(text))?;
        }
        Ok(())
    }

    fn amount(
        &mut self,
        column: u16,
        amount: Money,
        formats: &BTreeMap<u32, Format>,
    ) -> Result<(), ExportFault> {
        let plain = Format::default();
        let format = formats.get(&amount.currency.exponent()).unwrap_or(&plain);
        match exact_number(amount) {
            Some(number) => self
                .sheet
                .write_number_with_format(self.next, column, number, format)?,
            None => {
                let text = amount.decimal().to_string();
                self.sheet
                    .write_string_with_format(self.next, column, text, format)?
            }
        };
        Ok(())
    }

    fn date(&mut self, column: u16, date: Date, format: &Format) -> Result<(), ExportFault> {
        match spreadsheet_date(date) {
            Some(day) => self
                .sheet
                .write_datetime_with_format(self.next, column, day, format)?,
            None => self
                .sheet
                .write_string(self.next, column, date.to_string())?,
        };
        Ok(())
    }

    /// The sheet with a filter over the rows from the heading to the last of `rows`.
    fn finish(mut self, rows: u32) -> Result<Worksheet, ExportFault> {
        let last = (self.columns.len() as u16).saturating_sub(1);
        self.sheet.autofilter(0, 0, rows, last)?;
        Ok(self.sheet)
    }
}

/// The number that a spreadsheet keeps for an amount, or nothing when it would not be the amount.
///
/// This is the one place in the program's own code where an amount meets a float: the file format
/// knows no other number. It is a way out, never in; a number is given only when it prints back to
/// the very same decimal and is within the 15 digits that spreadsheets show. Anything longer is
/// written as text, which no program rounds.
fn exact_number(amount: Money) -> Option<f64> {
    let text = amount.decimal().to_string();
    let places = usize::try_from(amount.currency.exponent()).ok()?;
    let number: f64 = text.parse().ok()?;
    let exact = amount.minor.unsigned_abs() < EXACT_DIGITS && format!("{number:.places$}") == text;
    exact.then_some(number)
}

/// A day as spreadsheets know it; they begin in 1900.
fn spreadsheet_date(date: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    let month = u8::try_from(date.month()).ok()?;
    let day = u8::try_from(date.day()).ok()?;
    ExcelDateTime::from_ymd(year, month, day).ok()
}

/// A text that fits a cell and holds only what XML can carry. Longer ones end in `…`.
fn cell_text(text: &str) -> String {
    let keep = |c: char| {
        if c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{fffe}' | '\u{ffff}') {
            ' '
        } else {
            c
        }
    };
    // The format counts UTF-16 units.
    let units: usize = text.chars().map(char::len_utf16).sum();
    if units <= CHARACTERS_A_CELL {
        return text.chars().map(keep).collect();
    }
    let mut taken = 1;
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            taken += c.len_utf16();
            taken <= CHARACTERS_A_CELL
        })
        .map(keep)
        .collect();
    cut.push('…');
    cut
}

fn balance_sheet(
    workbook: &mut Workbook,
    styles: &Styles,
    closings: &Closings,
) -> Result<Worksheet, ExportFault> {
    let mut sheet = Sheet::new(workbook, styles, "Trial balance", BALANCE_COLUMNS)?;
    let mut sums: BTreeMap<(&EntityId, Currency), [Money; 3]> = BTreeMap::new();
    for closing in &closings.all {
        let row = &closing.balance;
        let figures = [closing.debit, closing.credit, row.balance];
        let texts = [row.entity.as_str(), row.account.as_str(), &row.name];
        for (column, text) in (0..).zip(texts) {
            sheet.text(column, text)?;
        }
        sheet.text(3, row.kind.as_str())?;
        sheet.text(4, row.balance.currency.code())?;
        for (column, figure) in (5..).zip(figures) {
            sheet.amount(column, figure, &styles.amounts)?;
        }
        sheet.next += 1;
        let zero = Money::zero(row.balance.currency);
        let sum = sums
            .entry((&row.entity, row.balance.currency))
            .or_insert([zero; 3]);
        for (sum, figure) in sum.iter_mut().zip(figures) {
            *sum = sum.plus(figure)?;
        }
    }
    let rows = sheet.next - 1;
    for ((entity, currency), figures) in sums {
        let texts = [entity.as_str(), "", "Total", "", currency.code()];
        for (column, text) in (0..).zip(texts) {
            let row = sheet.next;
            sheet
                .sheet
                .write_string_with_format(row, column, text, &styles.sum)?;
        }
        for (column, figure) in (5..).zip(figures) {
            sheet.amount(column, figure, &styles.sums)?;
        }
        sheet.next += 1;
    }
    sheet.finish(rows)
}

fn line_sheets(
    tx: &mut Tx<'_>,
    books: &Books,
    workbook: &mut Workbook,
    styles: &Styles,
) -> Result<Exported, ExportFault> {
    let mut exported = Exported::default();
    let mut sheet = Sheet::new(workbook, styles, "Journal lines", LINE_COLUMNS)?;
    let mut full: Vec<Worksheet> = Vec::new();
    each_journal(tx, &books.chart, |journal| {
        exported.journals += 1;
        for index in 0..journal.lines.len() {
            if sheet.is_full() {
                let name = format!("Journal lines {}", full.len() + 2);
                let another = Sheet::new(workbook, styles, &name, LINE_COLUMNS)?;
                let done = std::mem::replace(&mut sheet, another);
                full.push(done.finish(ROWS_A_SHEET - 1)?);
            }
            write_line(&mut sheet, styles, journal, index)?;
            exported.lines += 1;
        }
        Ok(())
    })?;
    let rows = sheet.next - 1;
    full.push(sheet.finish(rows)?);
    for sheet in full {
        workbook.push_worksheet(sheet);
    }
    Ok(exported)
}

fn write_line(
    sheet: &mut Sheet,
    styles: &Styles,
    journal: &ExportJournal,
    index: usize,
) -> Result<(), ExportFault> {
    let Some(line) = journal.lines.get(index) else {
        return Ok(());
    };
    let dimensions = &line.dimensions;
    sheet.text(0, journal.id.as_str())?;
    sheet.text(1, journal.entity.as_str())?;
    sheet.date(2, journal.date, &styles.date)?;
    sheet.text(3, &journal.narration)?;
    sheet.text(4, journal.event.as_str())?;
    sheet.text(5, &journal.rule)?;
    sheet
        .sheet
        .write_number(sheet.next, 6, journal.rule_version)?;
    sheet.text(7, line.account.as_str())?;
    sheet.text(8, &line.name)?;
    sheet.text(9, line.kind.as_str())?;
    if line.amount.minor < 0 {
        sheet.amount(11, line.amount.negated()?, &styles.amounts)?;
    } else {
        sheet.amount(10, line.amount, &styles.amounts)?;
    }
    sheet.text(12, line.amount.currency.code())?;
    sheet.text(
        13,
        dimensions.customer.as_ref().map_or("", |id| id.as_str()),
    )?;
    sheet.text(
        14,
        dimensions.contract.as_ref().map_or("", |id| id.as_str()),
    )?;
    sheet.text(15, dimensions.product.as_ref().map_or("", |id| id.as_str()))?;
    sheet.next += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number_only_while_that_is_exact() {
        let money = |minor, code: &str| Money::from_minor(minor, code.parse().unwrap());
        for (minor, code) in [
            (0, "EUR"),
            (1, "USD"),
            (-1, "USD"),
            (999_999_999_999_999, "USD"),
            (-999_999_999_999_999, "KWD"),
            (999_999_999_999_999, "JPY"),
            (123_456_789_012_345, "CLF"),
        ] {
            let amount = money(minor, code);
            let number = exact_number(amount).unwrap();
            // What the writer puts into the file is the shortest text of the number.
            assert_eq!(
                Money::parse(&number.to_string(), amount.currency),
                Ok(amount)
            );
        }
        for (minor, code) in [
            (1_000_000_000_000_001, "USD"),
            (9_007_199_254_740_993, "JPY"),
            (i64::MAX, "EUR"),
            (i64::MIN, "EUR"),
        ] {
            assert_eq!(exact_number(money(minor, code)), None, "{minor} {code}");
        }
    }

    #[test]
    fn a_number_format_has_the_places_of_the_currency() {
        let formats = [0, 2, 3].map(number_format);
        assert_eq!(formats, ["#,##0", "#,##0.00", "#,##0.000"]);
    }

    #[test]
    fn a_text_fits_its_cell() {
        assert_eq!(cell_text("a\u{1}b\nc"), "a b\nc");
        let long = cell_text(&"€😀".repeat(20_000));
        let units: usize = long.chars().map(char::len_utf16).sum();
        assert!(
            units <= CHARACTERS_A_CELL && units > CHARACTERS_A_CELL - 3,
            "{units}"
        );
        assert!(long.ends_with('…'));
    }
}
