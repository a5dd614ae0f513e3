//! The lines, over as many pages as they need: heads repeated, sums carried over.

use super::closing::totals_height;
use super::{BODY, Composer, LEADING, LEFT, SMALL, SMALL_STRONG, STRONG, Side, WIDTH, points};
use crate::figures;
use crate::sheet::{Meaning, Role};
use crate::text::{Ink, Line, Style};
use crate::value::PaperLine;
use values::{Decimal, Money, TaxCategory};

const PLACE: f32 = 22.0;
const QUANTITY: f32 = 58.0;
const PRICE: f32 = 74.0;
const TAX: f32 = 44.0;
const NET: f32 = 86.0;
const DESCRIPTION: f32 = WIDTH - PLACE - QUANTITY - PRICE - TAX - NET;
/// Left edges of the columns.
const AT_QUANTITY: f32 = LEFT + PLACE + DESCRIPTION;
const AT_PRICE: f32 = AT_QUANTITY + QUANTITY;
const AT_TAX: f32 = AT_PRICE + PRICE;
const AT_NET: f32 = AT_TAX + TAX;
const PADDING: f32 = 4.0;
/// Height of the row that carries a sum.
const CARRY: f32 = 19.0;
/// Height of the head of a group of lines.
const GROUP: f32 = 20.0;

/// A row ready to be placed.
struct Row {
    lines: Vec<(Line, Style)>,
    figures: [(String, f32, f32); 5],
    height: f32,
}

impl Composer<'_> {
    pub(super) fn table(&mut self) {
        let table = self
            .sheets
            .part(Role::Table(self.labels.description.to_owned()), None);
        let head = self.sheets.part(Role::TableHead, Some(table));
        let body = self.sheets.part(Role::TableBody, Some(table));
        self.heads(Some(head));
        let closing = totals_height(self.paper);
        let mut sum = Money::zero(self.paper.currency);
        let count = self.paper.lines.len();
        for (index, line) in self.paper.lines.iter().enumerate() {
            let row = self.row(index, line);
            let before = index.checked_sub(1).and_then(|at| self.paper.lines.get(at));
            let begins =
                line.group.is_some() && before.is_none_or(|before| before.group != line.group);
            let last = index + 1 == count;
            // The last row stays with the sums, the others with the line that carries them on.
            let after = if last { closing } else { CARRY };
            let whole = row.height + after;
            let splits = row.height > self.page_room() / 3.0;
            let needed = if splits { 60.0 } else { whole };
            // The head of a group never stands alone at the foot of a page.
            let head = if begins { GROUP } else { 0.0 };
            if self.y + head + needed > self.bottom && index > 0 {
                self.turn(sum);
            }
            if begins {
                self.group(body, line);
            }
            self.place(body, &row, sum);
            // What a document of one currency adds up to was added before.
            sum = sum.plus(line.net).unwrap_or(sum);
        }
    }

    /// The head of the lines of one contract, with what they come to.
    fn group(&mut self, body: usize, line: &PaperLine) {
        let Some(group) = &line.group else { return };
        let part = self.sheets.part(Role::Row, Some(body));
        // As many cells as every row has.
        let cells: [usize; 6] = std::array::from_fn(|_| self.sheets.part(Role::Cell, Some(part)));
        let text = format!(
            "{} {} \u{b7} {}",
            self.labels.contract, group.contract, group.sold_to
        );
        let width = WIDTH - PLACE - NET - 8.0;
        let style = self.fitting(&text, SMALL_STRONG, width);
        let set = self.setter.line(&text, style);
        let at = (LEFT + PLACE, self.y + 6.0);
        self.put(
            Meaning::Part(cells[1]),
            set,
            at,
            width,
            (style, Side::Start),
        );
        let mut sum = Money::zero(self.paper.currency);
        let same = |other: &&PaperLine| other.group == line.group;
        for other in self.paper.lines.iter().filter(same) {
            // What a document of one currency adds up to was added before.
            sum = sum.plus(other.net).unwrap_or(sum);
        }
        let text = figures::amount(sum, self.language);
        let set = self.setter.line(&text, SMALL_STRONG);
        let at = (AT_NET, self.y + 6.0);
        self.put(
            Meaning::Part(cells[5]),
            set,
            at,
            NET,
            (SMALL_STRONG, Side::Right),
        );
        self.y += GROUP;
        self.bar(LEFT, self.y, WIDTH, 0.4, Ink::Hair);
    }

    /// Ends a page of the table and begins the next.
    fn turn(&mut self, sum: Money) {
        self.carry(self.labels.carried, sum);
        self.new_page();
        self.heads(None);
        self.carry(self.labels.brought, sum);
        self.bar(LEFT, self.y, WIDTH, 0.4, Ink::Hair);
    }

    fn carry(&mut self, word: &str, sum: Money) {
        let word = self.setter.line(word, SMALL_STRONG);
        let at = (LEFT + PLACE, self.y + 5.0);
        self.put(
            Meaning::Head,
            word,
            at,
            DESCRIPTION,
            (SMALL_STRONG, Side::Start),
        );
        let text = figures::amount(sum, self.language);
        let text = self.setter.line(&text, SMALL_STRONG);
        let at = (AT_NET, self.y + 5.0);
        self.put(Meaning::Head, text, at, NET, (SMALL_STRONG, Side::Right));
        self.y += CARRY;
    }

    /// The heads of the columns; those of later pages repeat the first and are not read again.
    fn heads(&mut self, part: Option<usize>) {
        let row = part.map(|part| self.sheets.part(Role::Row, Some(part)));
        let labels = self.labels;
        let net = format!("{} ({})", labels.net, self.paper.currency);
        let heads = [
            ("#", LEFT, PLACE, Side::Start),
            (labels.description, LEFT + PLACE, DESCRIPTION, Side::Start),
            (labels.quantity, AT_QUANTITY, QUANTITY, Side::Right),
            (labels.unit_price, AT_PRICE, PRICE, Side::Right),
            (labels.tax, AT_TAX, TAX, Side::Right),
            (net.as_str(), AT_NET - 20.0, NET + 20.0, Side::Right),
        ];
        for (text, x, width, side) in heads {
            let meaning = match row {
                Some(row) => Meaning::Part(self.sheets.part(Role::HeadCell, Some(row))),
                None => Meaning::Head,
            };
            let line = self.setter.line(text, SMALL_STRONG);
            let at = (x, self.y);
            self.put(meaning, line, at, width, (SMALL_STRONG, side));
        }
        self.y += SMALL.size * LEADING + 3.0;
        self.bar(LEFT, self.y, WIDTH, 0.9, Ink::Black);
        self.y += 0.9;
    }

    fn row(&mut self, index: usize, line: &PaperLine) -> Row {
        let width = DESCRIPTION - 8.0;
        let mut lines: Vec<(Line, Style)> = Vec::new();
        for set in self.setter.lines(&line.description, BODY, width) {
            lines.push((set, BODY));
        }
        // What the head or the figures of the row say already is not said again.
        let mut details = Vec::new();
        if let Some(period) = line
            .period
            .filter(|period| Some(*period) != self.paper.period)
        {
            details.push(figures::period(period, self.language));
        }
        if !line.arithmetic.is_empty() && !plain(line) {
            details.push(line.arithmetic.clone());
        }
        let right = lines.first().is_some_and(|(line, _)| line.right_to_left);
        for mut set in self.setter.lines(&details.join(" \u{b7} "), SMALL, width) {
            set.right_to_left |= right;
            lines.push((set, SMALL));
        }
        let language = self.language;
        let places = self.paper.currency.exponent();
        let price = line.unit_price;
        let price = price.map_or_else(String::new, |price| {
            figures::decimal(price, places, language)
        });
        let quantity = match line.quantity == Decimal::ZERO {
            true => String::new(),
            false => figures::decimal(line.quantity, 0, language),
        };
        let tax = match line.tax.category {
            TaxCategory::S | TaxCategory::Z => figures::percent(line.tax.rate, language),
            other => other.code().to_owned(),
        };
        let net = figures::amount(line.net, language);
        let height: f32 = lines.iter().map(|(_, style)| style.size * LEADING).sum();
        Row {
            lines,
            figures: [
                ((index + 1).to_string(), LEFT, PLACE),
                (quantity, AT_QUANTITY, QUANTITY),
                (price, AT_PRICE, PRICE),
                (tax, AT_TAX, TAX),
                (net, AT_NET, NET),
            ],
            height: height.max(BODY.size * LEADING) + 2.0 * PADDING,
        }
    }

    fn place(&mut self, body: usize, row: &Row, sum: Money) {
        let part = self.sheets.part(Role::Row, Some(body));
        let first = self.sheets.part(Role::Cell, Some(part));
        let words = self.sheets.part(Role::Cell, Some(part));
        let top = self.y + PADDING;
        for (index, (text, x, width)) in row.figures.iter().enumerate() {
            let cell = match index {
                0 => first,
                _ => self.sheets.part(Role::Cell, Some(part)),
            };
            let (style, side) = match index {
                0 => (SMALL, Side::Start),
                4 => (STRONG, Side::Right),
                _ => (BODY, Side::Right),
            };
            let down = if index == 0 { 1.2 } else { 0.0 };
            let style = self.fitting(text, style, *width - 4.0);
            let line = self.setter.line(text, style);
            self.put(
                Meaning::Part(cell),
                line,
                (*x, top + down),
                *width,
                (style, side),
            );
        }
        self.y = top;
        for (line, style) in &row.lines {
            let step = style.size * LEADING;
            if self.y + step + CARRY > self.bottom {
                self.turn(sum);
                self.y += PADDING;
            }
            let at = (LEFT + PLACE, self.y);
            let how = (*style, Side::Start);
            self.put(
                Meaning::Part(words),
                line.clone(),
                at,
                DESCRIPTION - 8.0,
                how,
            );
            self.y += step;
        }
        if row.lines.is_empty() {
            self.y += BODY.size * LEADING;
        }
        self.y += PADDING;
        self.bar(LEFT, self.y, WIDTH, 0.4, Ink::Hair);
    }

    /// The style, smaller when a figure is wider than its column.
    pub(super) fn fitting(&mut self, text: &str, style: Style, width: f32) -> Style {
        let wide = self.setter.width(text, style);
        if wide <= width || points(text.len()) < 1.0 {
            return style;
        }
        Style {
            size: (style.size * width / wide).max(4.5),
            ..style
        }
    }
}

/// Whether the amount is the quantity at the price and nothing else.
fn plain(line: &PaperLine) -> bool {
    let product = line
        .unit_price
        .and_then(|price| price.checked_mul(line.quantity));
    product.is_some_and(|product| product == line.net.decimal())
}
