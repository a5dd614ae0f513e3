//! What stands on every page: the running head from the second on, the foot with the letterhead,
//! and the number of the page.

use super::{
    Composer, LEADING, LEFT, PAGE_HEIGHT, RIGHT, SMALL, SMALL_STRONG, Side, TINY, TOP, WIDTH,
    points,
};
use crate::sheet::{Meaning, Shape};
use crate::text::{Ink, Line, Style};
use crate::{countries, figures};

/// One line at the foot.
pub(super) struct FootLine {
    x: f32,
    /// From the upper edge of the foot.
    down: f32,
    width: f32,
    style: Style,
    line: Line,
}

const FOOT_STRONG: Style = Style {
    weight: crate::fonts::Weight::Bold,
    ..TINY
};
const GAP: f32 = 12.0;
/// From the lower edge of the paper to that of the foot.
const EDGE: f32 = 30.0;

impl Composer<'_> {
    /// Sets the foot once; it is the same on every page.
    pub(super) fn prepare_foot(&mut self) {
        let columns = self.foot_columns();
        let count = points(columns.len().max(1));
        let width = (WIDTH - GAP * (count - 1.0)) / count;
        let step = TINY.size * LEADING;
        let (mut foot, mut deepest) = (Vec::new(), 0.0_f32);
        for (index, column) in columns.iter().enumerate() {
            let x = LEFT + points(index) * (width + GAP);
            let mut down = 7.0;
            for (place, text) in column.iter().enumerate() {
                let style = if place == 0 && index == 0 {
                    FOOT_STRONG
                } else {
                    TINY
                };
                for line in self.setter.lines(text, style, width) {
                    foot.push(FootLine {
                        x,
                        down,
                        width,
                        style,
                        line,
                    });
                    down += step;
                }
            }
            deepest = deepest.max(down);
        }
        let words = self.paper.seller.footer.clone();
        // The number of the page stands in the last line, on the right.
        let room = WIDTH - 70.0;
        let lines = self.setter.lines(&words, TINY, room);
        let mut down = deepest + if lines.is_empty() { 0.0 } else { 3.0 };
        for line in lines {
            foot.push(FootLine {
                x: LEFT,
                down,
                width: room,
                style: TINY,
                line,
            });
            down += step;
        }
        let height = down.max(deepest + step);
        self.bottom = PAGE_HEIGHT - EDGE - height - 12.0;
        self.foot = foot;
    }

    fn foot_columns(&self) -> Vec<Vec<String>> {
        let seller = &self.paper.seller;
        let labels = self.labels;
        let mut house = vec![seller.name.clone()];
        house.extend(address_lines(&seller.address, true));
        let mut register = Vec::new();
        if let Some(registration) = &seller.registration {
            register.push(registration.register.clone());
            register.push(registration.number.clone());
        }
        if !seller.vat_id.is_empty() {
            register.push(format!("{} {}", labels.vat_id, seller.vat_id));
        }
        if !seller.tax_number.is_empty() {
            register.push(format!("{} {}", labels.tax_number, seller.tax_number));
        }
        let reach = vec![
            seller.contact.clone(),
            seller.phone.clone(),
            seller.email.clone(),
            seller.website.clone(),
        ];
        let mut bank = Vec::new();
        for account in self.accounts().into_iter().take(2) {
            bank.push(account.bank.clone());
            bank.push(account.printed());
            if !account.bic.is_empty() {
                bank.push(format!("BIC {}", account.bic));
            }
        }
        [house, register, reach, bank]
            .into_iter()
            .map(|column| column.into_iter().filter(|text| !text.is_empty()).collect())
            .filter(|column: &Vec<String>| !column.is_empty())
            .collect()
    }

    /// Begins a page: from the second on with a line that says of what document it is.
    pub(super) fn new_page(&mut self) {
        self.sheets.pages.push(Vec::new());
        self.y = TOP;
        if self.sheets.pages.len() > 1 {
            let head = format!("{}\u{a0}{}", self.title_word(), self.paper.number);
            let head = self.setter.line(&head, SMALL_STRONG);
            self.put(
                Meaning::Head,
                head,
                (LEFT, TOP - 14.0),
                WIDTH,
                (SMALL_STRONG, Side::Start),
            );
            let when = figures::date(self.paper.issued, self.language);
            let when = self.setter.line(&when, SMALL);
            self.put(
                Meaning::Head,
                when,
                (LEFT, TOP - 14.0),
                WIDTH,
                (SMALL, Side::Right),
            );
            self.y = TOP + 8.0;
        }
    }

    /// The foot and the number on every page, once it is known how many there are.
    pub(super) fn number_pages(&mut self) {
        let top = self.bottom + 12.0;
        let count = self.sheets.pages.len();
        for page in 0..count {
            let label = format!(
                "{} {} {} {count}",
                self.labels.page,
                page + 1,
                self.labels.of
            );
            let number = self.setter.line(&label, TINY);
            let base = PAGE_HEIGHT - EDGE - TINY.size * LEADING + self.setter.ascent(TINY);
            let Some(marks) = self.sheets.pages.get_mut(page) else {
                continue;
            };
            let mut add = |shape| {
                marks.push(crate::sheet::Mark {
                    meaning: Meaning::Foot,
                    shape,
                });
            };
            add(Shape::Bar {
                x: LEFT,
                y: top,
                width: WIDTH,
                height: 0.5,
                ink: Ink::Rule,
            });
            for foot in &self.foot {
                let x = if foot.line.right_to_left {
                    foot.x + foot.width - foot.line.width
                } else {
                    foot.x
                };
                add(Shape::Text {
                    x,
                    y: top + foot.down + self.setter.ascent(foot.style),
                    size: foot.style.size,
                    ink: foot.style.ink,
                    line: foot.line.clone(),
                });
            }
            add(Shape::Text {
                x: RIGHT - number.width,
                y: base,
                size: TINY.size,
                ink: TINY.ink,
                line: number,
            });
        }
    }

    /// The word for the document.
    pub(super) fn title_word(&self) -> &'static str {
        match self.paper.kind {
            crate::PaperKind::Invoice => self.labels.invoice,
            crate::PaperKind::CreditNote => self.labels.credit_note,
        }
    }

    /// The accounts that take the currency of the document; all when none names it.
    pub(super) fn accounts(&self) -> Vec<crate::BankAccount> {
        let accounts = &self.paper.seller.bank_accounts;
        let code = self.paper.currency.code();
        let named: Vec<_> = accounts
            .iter()
            .filter(|a| a.currency == code)
            .cloned()
            .collect();
        if named.is_empty() {
            let open = accounts.iter().filter(|a| a.currency.is_empty());
            return open.cloned().collect();
        }
        named
    }
}

/// The lines of an address, with the country when it is for `abroad`.
pub(super) fn address_lines(address: &crate::Address, abroad: bool) -> Vec<String> {
    let mut lines: Vec<String> = address.lines.clone();
    let place = [&address.postcode, &address.city, &address.region];
    let place: Vec<&str> = place
        .into_iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    lines.push(place.join(" "));
    if abroad {
        lines.push(countries::name(&address.country).to_owned());
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}
