//! The tie-out as a table for the terminal.

use app::view::{ExceptionRow, TieOutRow, TieOutStatus};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// The tie-outs, and under them the exceptions that are open.
#[must_use]
pub fn render(rows: &[TieOutRow], exceptions: &[ExceptionRow]) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "What must agree",
        "Entity",
        "Currency",
        "Expected",
        "Actual",
        "Difference",
        "",
    ]);
    for row in rows {
        let word = match row.status {
            TieOutStatus::TiesOut => "ties out",
            TieOutStatus::Timing => "on its way",
            TieOutStatus::Explained => "explained",
            TieOutStatus::Break => "BREAK",
        };
        table.add_row([
            row.title.clone(),
            row.entity.clone(),
            row.expected.currency.to_string(),
            row.expected.grouped(),
            row.actual.grouped(),
            row.difference.grouped(),
            word.to_owned(),
        ]);
    }
    for index in 3..6 {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{table}\n");
    if exceptions.is_empty() {
        text.push_str("\nNo exception is open.\n");
        return text;
    }
    text.push_str(&format!(
        "\n{} open exceptions, the largest first:\n",
        exceptions.len()
    ));
    for row in exceptions {
        let value = row
            .value
            .map_or_else(|| "no value".to_owned(), |value| value.to_string());
        let customer = row
            .customer
            .as_ref()
            .map_or_else(String::new, |name| format!("{name}: "));
        let (what, owner, id) = (&row.summary, &row.owner, &row.id);
        text.push_str(&format!(
            "  {value:>16}  {customer}{what} ({owner}, {id})\n"
        ));
    }
    text
}

/// Whether every difference is zero or named by an open exception.
#[must_use]
pub fn is_explained(rows: &[TieOutRow]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.status != TieOutStatus::Break)
}
