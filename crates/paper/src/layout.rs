//! Where everything stands on an A4 page: the opening with the addresses, the table that runs over
//! as many pages as it needs, and the closing with sums and payment.

mod closing;
mod frame;
mod opening;
mod table;

use crate::InvoicePaper;
use crate::fonts::{Fonts, Weight};
use crate::labels::{Labels, Language};
use crate::sheet::{Meaning, Role, Shape, Sheets};
use crate::text::{Ink, Line, Setter, Style};
use std::collections::BTreeSet;

pub(crate) const PAGE_WIDTH: f32 = 595.28;
pub(crate) const PAGE_HEIGHT: f32 = 841.89;
const LEFT: f32 = 54.0;
const RIGHT: f32 = PAGE_WIDTH - 54.0;
const WIDTH: f32 = RIGHT - LEFT;
const TOP: f32 = 44.0;

pub(crate) const BODY: Style = style(9.2, Weight::Regular, Ink::Black);
const STRONG: Style = style(9.2, Weight::Bold, Ink::Black);
const SMALL: Style = style(7.6, Weight::Regular, Ink::Grey);
const SMALL_STRONG: Style = style(7.6, Weight::Bold, Ink::Grey);
const ADDRESS: Style = style(10.0, Weight::Regular, Ink::Black);
const ADDRESS_STRONG: Style = style(10.0, Weight::Bold, Ink::Black);
const TINY: Style = style(6.6, Weight::Regular, Ink::Grey);
const TITLE: Style = style(21.0, Weight::Bold, Ink::Black);
const HOUSE: Style = style(15.0, Weight::Bold, Ink::Black);
const LARGE: Style = style(12.5, Weight::Bold, Ink::Black);

/// Height of a line of text, as a part of its size.
const LEADING: f32 = 1.36;

const fn style(size: f32, weight: Weight, ink: Ink) -> Style {
    Style { size, weight, ink }
}

/// Towards which side of its box a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Where its script begins.
    Start,
    /// To the right, as figures do.
    Right,
}

/// A document as pages, and the letters that no font can show.
pub(crate) struct Composed {
    pub(crate) sheets: Sheets,
    pub(crate) missing: BTreeSet<char>,
}

/// Sets a document on as many pages as it needs.
pub(crate) fn compose(
    paper: &InvoicePaper,
    fonts: &Fonts,
    picture: Option<(u32, u32)>,
) -> Composed {
    let mut composer = Composer {
        paper,
        picture,
        language: paper.seller.language,
        labels: paper.seller.language.labels(),
        setter: Setter::new(fonts),
        sheets: Sheets::default(),
        y: TOP,
        bottom: 0.0,
        foot: Vec::new(),
    };
    composer.prepare_foot();
    composer.new_page();
    composer.opening();
    composer.table();
    composer.closing();
    composer.number_pages();
    Composed {
        sheets: composer.sheets,
        missing: composer.setter.missing,
    }
}

struct Composer<'a> {
    paper: &'a InvoicePaper,
    /// Width and height of the logo in dots.
    picture: Option<(u32, u32)>,
    language: Language,
    labels: &'static Labels,
    setter: Setter<'a>,
    sheets: Sheets,
    /// Where the next thing begins.
    y: f32,
    /// Where the body of a page ends.
    bottom: f32,
    /// The lines at the foot of every page: position, width and size of each.
    foot: Vec<frame::FootLine>,
}

impl Composer<'_> {
    /// Draws a shaped line whose box begins at `x` and is `width` wide; `top` is its upper edge.
    fn put(
        &mut self,
        meaning: Meaning,
        line: Line,
        at: (f32, f32),
        width: f32,
        how: (Style, Side),
    ) {
        let (style, side) = how;
        let (x, top) = at;
        let right = side == Side::Right || line.right_to_left;
        let x = if right && width.is_finite() {
            x + width - line.width
        } else {
            x
        };
        let y = top + self.setter.ascent(style);
        let shape = Shape::Text {
            x,
            y,
            size: style.size,
            ink: style.ink,
            line,
        };
        self.sheets.mark(meaning, shape);
    }

    /// Sets a text in lines from `self.y` down; moves `self.y`.
    fn paragraph(&mut self, meaning: Meaning, text: &str, x: f32, width: f32, style: Style) {
        for line in self.setter.lines(text, style, width) {
            let at = (x, self.y);
            self.put(meaning, line, at, width, (style, Side::Start));
            self.y += style.size * LEADING;
        }
    }

    /// A paragraph of its own in the text, on a new page when it does not fit.
    fn block(&mut self, text: &str, width: f32, style: Style) {
        if text.trim().is_empty() {
            return;
        }
        let height = self.setter.lines(text, style, width).len();
        let height = points(height) * style.size * LEADING;
        if height < self.page_room() {
            self.need(height);
        }
        let part = self.sheets.part(Role::Paragraph, None);
        for line in self.setter.lines(text, style, width) {
            self.need(style.size * LEADING);
            let at = (LEFT, self.y);
            self.put(Meaning::Part(part), line, at, width, (style, Side::Start));
            self.y += style.size * LEADING;
        }
    }

    fn bar(&mut self, x: f32, y: f32, width: f32, height: f32, ink: Ink) {
        let shape = Shape::Bar {
            x,
            y,
            width,
            height,
            ink,
        };
        self.sheets.mark(Meaning::Ornament, shape);
    }

    /// Room for the body on a page that is not the first.
    fn page_room(&self) -> f32 {
        self.bottom - TOP - 24.0
    }

    /// A new page unless so much room is left.
    fn need(&mut self, height: f32) {
        if self.y + height > self.bottom {
            self.new_page();
        }
    }
}

/// A count as a factor of lengths.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of lines on pages are far below the limit"
)]
fn points(count: usize) -> f32 {
    count as f32
}
