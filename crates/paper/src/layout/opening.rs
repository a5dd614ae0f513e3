//! The head of the first page: logo, sender, buyer, the facts of the document and what it asks for.

use super::frame::address_lines;
use super::{
    ADDRESS, ADDRESS_STRONG, BODY, Composer, HOUSE, LARGE, LEADING, LEFT, RIGHT, SMALL, STRONG,
    Side, TINY, TITLE, TOP, WIDTH,
};
use crate::figures;
use crate::sheet::{Meaning, Role, Shape};
use crate::text::Ink;
use crate::value::PaperKind;

const FACTS_LEFT: f32 = LEFT + 282.0;
const FACTS_LABEL: f32 = 92.0;
const LOGO_WIDTH: f32 = 170.0;
const LOGO_HEIGHT: f32 = 46.0;
/// Where the window of an envelope shows the buyer.
const WINDOW: f32 = 128.0;

impl Composer<'_> {
    pub(super) fn opening(&mut self) {
        let after_house = self.house();
        self.y = WINDOW.max(after_house + 18.0);
        let top = self.y;
        self.buyer();
        let after_buyer = self.y;
        self.y = top;
        self.facts();
        self.y = after_buyer.max(self.y).max(top + 92.0) + 22.0;
        self.title();
        self.summary();
    }

    /// Logo or name on the left, the seller's address on the right.
    fn house(&mut self) -> f32 {
        let seller = &self.paper.seller;
        let name = if seller.trading_name.is_empty() {
            seller.name.clone()
        } else {
            seller.trading_name.clone()
        };
        let mut left_bottom = TOP;
        if let Some((across, down)) = self.picture {
            #[expect(clippy::cast_precision_loss, reason = "dots of a small picture")]
            let (across, down) = (across.max(1) as f32, down.max(1) as f32);
            let scale = (LOGO_WIDTH / across).min(LOGO_HEIGHT / down);
            let part = self.sheets.part(Role::Figure(name), None);
            let shape = Shape::Picture {
                x: LEFT,
                y: TOP,
                width: across * scale,
                height: down * scale,
            };
            self.sheets.mark(Meaning::Part(part), shape);
            left_bottom += down * scale;
        } else {
            let part = self.sheets.part(Role::Paragraph, None);
            self.y = TOP - 3.0;
            self.paragraph(Meaning::Part(part), &name, LEFT, 260.0, HOUSE);
            left_bottom = self.y;
        }
        let mut lines = vec![seller.name.clone()];
        lines.extend(address_lines(&seller.address, true));
        lines.extend([seller.email.clone(), seller.website.clone()]);
        let part = self.sheets.part(Role::Paragraph, None);
        let mut y = TOP;
        for text in lines.iter().filter(|text| !text.is_empty()) {
            for line in self.setter.lines(text, SMALL, 200.0) {
                let at = (RIGHT - 200.0, y);
                self.put(Meaning::Part(part), line, at, 200.0, (SMALL, Side::Right));
                y += SMALL.size * LEADING;
            }
        }
        left_bottom.max(y)
    }

    /// The buyer, under the sender in one small line.
    fn buyer(&mut self) {
        let seller = &self.paper.seller;
        let mut sender = vec![seller.name.clone()];
        sender.extend(address_lines(&seller.address, false));
        let sender = sender.join(" \u{b7} ");
        let part = self.sheets.part(Role::Paragraph, None);
        for line in self.setter.lines(&sender, TINY, 236.0).into_iter().take(1) {
            let wide = line.width;
            let at = (LEFT, self.y);
            self.put(Meaning::Part(part), line, at, 236.0, (TINY, Side::Start));
            self.y += TINY.size * LEADING;
            self.bar(LEFT, self.y + 0.5, wide, 0.4, Ink::Hair);
        }
        self.y += 7.0;
        let buyer = &self.paper.buyer;
        let abroad = buyer.address.country != seller.address.country;
        let mut lines = vec![(buyer.name.clone(), ADDRESS_STRONG)];
        lines.push((buyer.contact.clone(), ADDRESS));
        lines.extend(
            address_lines(&buyer.address, abroad)
                .into_iter()
                .map(|l| (l, ADDRESS)),
        );
        let part = self.sheets.part(Role::Paragraph, None);
        // An address stands on one side, whatever its figures and codes would do alone.
        let name = self.setter.line(&buyer.name, ADDRESS_STRONG);
        let right = name.right_to_left;
        for (text, style) in lines {
            for mut line in self.setter.lines(&text, style, 236.0) {
                line.right_to_left |= right;
                let at = (LEFT, self.y);
                self.put(Meaning::Part(part), line, at, 236.0, (style, Side::Start));
                self.y += style.size * LEADING;
            }
        }
    }

    fn facts(&mut self) {
        let (paper, labels, language) = (self.paper, self.labels, self.language);
        let mut facts: Vec<(&str, String)> = vec![
            (labels.number, paper.number.clone()),
            (labels.date, figures::date(paper.issued, language)),
        ];
        if let Some(credited) = &paper.credited {
            let mut text = credited.number.clone();
            if let Some(issued) = credited.issued {
                text = format!("{text}, {}", figures::date(issued, language));
            }
            facts.push((labels.credits_invoice, text));
        }
        if let Some(due) = paper.due_date.filter(|_| paper.kind == PaperKind::Invoice) {
            facts.push((labels.due, figures::date(due, language)));
        }
        if let Some(period) = paper.period {
            facts.push((labels.period, figures::period(period, language)));
        }
        facts.push((labels.contract, paper.contract.clone()));
        facts.push((labels.order, paper.order.clone()));
        facts.push((labels.reference, paper.buyer.reference.clone()));
        facts.push((labels.customer_number, paper.buyer.number.clone()));
        facts.push((labels.customer_vat, paper.buyer.vat_id.clone()));
        facts.retain(|(_, value)| !value.is_empty());
        let table = self
            .sheets
            .part(Role::Table(labels.number.to_owned()), None);
        let body = self.sheets.part(Role::TableBody, Some(table));
        for (label, value) in facts {
            let row = self.sheets.part(Role::Row, Some(body));
            let head = self.sheets.part(Role::HeadCell, Some(row));
            let cell = self.sheets.part(Role::Cell, Some(row));
            let label = self.setter.line(label, SMALL);
            let at = (FACTS_LEFT, self.y + 1.1);
            self.put(
                Meaning::Part(head),
                label,
                at,
                FACTS_LABEL,
                (SMALL, Side::Start),
            );
            let left = FACTS_LEFT + FACTS_LABEL;
            for line in self.setter.lines(&value, BODY, RIGHT - left) {
                let at = (left, self.y);
                self.put(
                    Meaning::Part(cell),
                    line,
                    at,
                    f32::INFINITY,
                    (BODY, Side::Start),
                );
                self.y += BODY.size * LEADING;
            }
            self.y += 1.4;
        }
    }

    fn title(&mut self) {
        let text = format!("{} {}", self.title_word(), self.paper.number);
        let part = self.sheets.part(Role::Title(text.clone()), None);
        self.paragraph(Meaning::Part(part), &text, LEFT, WIDTH, TITLE);
        self.y += 6.0;
    }

    /// What is asked for at a glance.
    fn summary(&mut self) {
        let (paper, labels, language) = (self.paper, self.labels, self.language);
        let asks = paper.kind == PaperKind::Invoice;
        let due = figures::with_code(paper.totals.due, language);
        let word = if asks { labels.to_pay } else { labels.credited };
        let mut columns = vec![(word, due)];
        match paper.due_date {
            Some(date) if asks && paper.totals.due.minor > 0 => {
                columns.push((labels.due, figures::date(date, language)));
            }
            _ => columns.push((labels.date, figures::date(paper.issued, language))),
        }
        match &paper.credited {
            Some(credited) => columns.push((labels.credits_invoice, credited.number.clone())),
            None => columns.push((labels.quote, paper.number.clone())),
        }
        let height = 42.0;
        self.bar(LEFT, self.y, WIDTH, height, Ink::Panel);
        let part = self.sheets.part(Role::Paragraph, None);
        let widths = [0.40, 0.28, 0.32];
        let mut x = LEFT + 12.0;
        for ((label, value), share) in columns.into_iter().zip(widths) {
            let width = WIDTH * share - 12.0;
            let style = if x < LEFT + 20.0 { LARGE } else { STRONG };
            let label = self.setter.line(label, SMALL);
            let at = (x, self.y + 6.5);
            self.put(Meaning::Part(part), label, at, width, (SMALL, Side::Start));
            let value = self.setter.line(&value, style);
            let at = (x, self.y + 33.0 - style.size * 1.06);
            self.put(Meaning::Part(part), value, at, width, (style, Side::Start));
            x += WIDTH * share;
        }
        self.y += height + 18.0;
    }
}
