//! What follows the lines: the sums, what must be said about tax, and how to pay.

use super::{
    BODY, Composer, LARGE, LEADING, LEFT, RIGHT, SMALL, SMALL_STRONG, STRONG, Side, WIDTH, points,
};
use crate::figures;
use crate::sheet::{Meaning, Role};
use crate::text::{Ink, Style};
use crate::value::{InvoicePaper, PaperKind, PaymentMeans};
use values::{RoundingLine, TaxCategory};

const SUMS: f32 = 262.0;
const ROW: f32 = 15.5;

/// Height of the sums of a document.
pub(super) fn totals_height(paper: &InvoicePaper) -> f32 {
    let adjusted = if paper.allowances.is_empty() {
        0
    } else {
        paper.allowances.len() + 1
    };
    let rounded = usize::from(paper.rounding.is_some());
    let rows = adjusted + paper.taxes.len() + rounded + 2 + paper.prepayments.len();
    points(rows) * ROW + 46.0
}

impl Composer<'_> {
    pub(super) fn closing(&mut self) {
        self.y += 9.0;
        self.need(totals_height(self.paper) - 9.0);
        self.sums();
        self.y += 14.0;
        let width = WIDTH;
        for part in self.paper.taxes.clone() {
            if part.tax.category.needs_reason() {
                let text = format!("{}: {}", part.tax.category.code(), part.tax.exemption);
                self.block(&text, width, BODY);
                self.y += 3.0;
            }
        }
        if !self.paper.note.is_empty() {
            let text = match self.paper.kind {
                PaperKind::Invoice => self.paper.note.clone(),
                PaperKind::CreditNote => format!("{}: {}", self.labels.reason, self.paper.note),
            };
            self.block(&text, width, BODY);
            self.y += 3.0;
        }
        self.payment();
    }

    fn sums(&mut self) {
        let (paper, labels, language) = (self.paper, self.labels, self.language);
        let totals = paper.totals;
        let table = self.sheets.part(Role::Table(labels.total.to_owned()), None);
        let body = self.sheets.part(Role::TableBody, Some(table));
        let amount = |money| figures::amount(money, language);
        if !paper.allowances.is_empty() {
            self.sum(body, labels.lines_total, &amount(totals.lines), BODY);
            for allowance in &paper.allowances {
                let off = allowance.amount.minor >= 0;
                let word = if off { labels.allowance } else { labels.charge };
                let shown = allowance.amount.negated().unwrap_or(allowance.amount);
                let label = format!("{word}: {}", allowance.reason);
                self.sum(body, &label, &amount(shown), BODY);
            }
        }
        self.sum(body, labels.net_total, &amount(totals.net), BODY);
        for part in &paper.taxes {
            let rate = match part.tax.category {
                TaxCategory::S | TaxCategory::Z => figures::percent(part.tax.rate, language),
                other => other.code().to_owned(),
            };
            let named = part.tax.name.trim();
            let word = if named.is_empty() {
                format!("{} {rate}", labels.tax)
            } else {
                named.to_owned()
            };
            let label = format!("{word} {} {}", labels.on, amount(part.taxable));
            self.sum(body, &label, &amount(part.amount), BODY);
        }
        if let Some(line) = paper.rounding {
            let label = self.rounding_label(line);
            self.sum(body, &label, &amount(line.amount), BODY);
        }
        self.bar(RIGHT - SUMS, self.y + 0.5, SUMS, 0.9, Ink::Black);
        self.y += 2.5;
        let total = totals.total.plus(totals.rounding).unwrap_or(totals.total);
        self.sum(body, labels.total, &amount(total), STRONG);
        for prepayment in &paper.prepayments {
            let when = figures::date(prepayment.date, language);
            let label = format!("{}: {}, {when}", labels.paid, prepayment.words);
            let off = prepayment.amount.negated().unwrap_or(prepayment.amount);
            self.sum(body, &label, &amount(off), BODY);
        }
        let word = match paper.kind {
            PaperKind::Invoice => labels.to_pay,
            PaperKind::CreditNote => labels.credited,
        };
        self.y += 2.0;
        self.bar(RIGHT - SUMS, self.y, SUMS, 25.0, Ink::Panel);
        self.y += 4.2;
        self.sum(body, word, &figures::with_code(totals.due, language), LARGE);
        self.y += 6.0;
    }

    /// The rule of a rounding in words.
    fn rounding_label(&self, line: RoundingLine) -> String {
        let (labels, language) = (self.labels, self.language);
        let unit = figures::with_code(line.rule.to, language);
        let way = labels.rounding_way(line.rule.mode);
        let in_units = format!("{} {unit}, {way}", labels.rounding);
        let Some(way) = line.per_invoice else {
            return in_units;
        };
        let once = format!(
            "{}, {}",
            labels.rounded_once,
            labels.rounding_way(way.into())
        );
        match line.is_in_cash_units() {
            true => format!("{once} · {in_units}"),
            false => once,
        }
    }

    fn sum(&mut self, body: usize, label: &str, value: &str, style: Style) {
        let row = self.sheets.part(Role::Row, Some(body));
        let head = self.sheets.part(Role::HeadCell, Some(row));
        let cell = self.sheets.part(Role::Cell, Some(row));
        let left = RIGHT - SUMS;
        let figure = self.setter.line(value, style);
        let room = SUMS - figure.width - 18.0;
        let words = if style.size > STRONG.size {
            STRONG
        } else {
            style
        };
        let words = self.fitting(label, words, room);
        let text = self.setter.line(label, words);
        let base = self.y + (style.size - words.size) * 1.05;
        self.put(
            Meaning::Part(head),
            text,
            (left + 8.0, base),
            f32::INFINITY,
            (words, Side::Start),
        );
        self.put(
            Meaning::Part(cell),
            figure,
            (left, self.y),
            SUMS - 4.0,
            (style, Side::Right),
        );
        self.y += ROW;
    }

    fn payment(&mut self) {
        let (paper, labels) = (self.paper, self.labels);
        let asks = paper.kind == PaperKind::Invoice && paper.totals.due.minor > 0;
        let accounts = self.accounts();
        let transfer = asks && paper.means == PaymentMeans::Transfer && !accounts.is_empty();
        let words = match (paper.kind, paper.means) {
            (PaperKind::CreditNote, _) => labels.credit_applied.to_owned(),
            _ if !asks => format!("{}.", labels.nothing_due),
            (_, PaymentMeans::Card) => labels.pay_by_card.to_owned(),
            _ if transfer => format!("{}:", labels.pay_by_transfer),
            _ => String::new(),
        };
        let terms = paper.seller.terms.clone();
        if words.is_empty() && terms.is_empty() {
            return;
        }
        let rows = if transfer { accounts.len() + 3 } else { 2 };
        self.need(24.0 + points(rows) * 15.0);
        self.y += 4.0;
        let part = self
            .sheets
            .part(Role::Heading(labels.payment.to_owned()), None);
        self.paragraph(Meaning::Part(part), labels.payment, LEFT, WIDTH, STRONG);
        self.y += 1.5;
        self.block(&words, WIDTH, BODY);
        if transfer {
            self.y += 3.0;
            self.bank(&accounts);
        }
        self.block(&terms, WIDTH, BODY);
    }

    fn bank(&mut self, accounts: &[crate::BankAccount]) {
        let labels = self.labels;
        let table = self
            .sheets
            .part(Role::Table(labels.account.to_owned()), None);
        let head = self.sheets.part(Role::TableHead, Some(table));
        let body = self.sheets.part(Role::TableBody, Some(table));
        let iban = accounts.iter().all(crate::BankAccount::is_iban);
        let number = if iban { "IBAN" } else { labels.account };
        let columns = [(0.0, 172.0), (176.0, 74.0), (254.0, 108.0), (366.0, 121.0)];
        let mut rows = vec![[
            labels_text(number),
            labels_text("BIC"),
            labels_text(labels.bank),
            labels_text(labels.quote),
        ]];
        for account in accounts {
            let quote = self.paper.number.clone();
            rows.push([
                account.printed(),
                account.bic.clone(),
                account.bank.clone(),
                quote,
            ]);
        }
        for (index, texts) in rows.iter().enumerate() {
            let (role, style, under) = match index {
                0 => (Role::HeadCell, SMALL_STRONG, head),
                _ => (Role::Cell, STRONG, body),
            };
            let row = self.sheets.part(Role::Row, Some(under));
            for (text, (x, width)) in texts.iter().zip(columns) {
                let cell = self.sheets.part(role.clone(), Some(row));
                let style = self.fitting(text, style, width);
                let line = self.setter.line(text, style);
                let at = (LEFT + x, self.y);
                self.put(Meaning::Part(cell), line, at, width, (style, Side::Start));
            }
            self.y += if index == 0 { SMALL.size } else { STRONG.size } * LEADING + 1.0;
        }
        self.y += 4.0;
    }
}

fn labels_text(text: &str) -> String {
    text.to_owned()
}
