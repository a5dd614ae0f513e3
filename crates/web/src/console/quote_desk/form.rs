//! The form of a quote: from a version to its fields, and from its fields to what a quote says. What
//! the form has no field for (ramps, options, renewal) stays as the version before had it.

use crate::console::typed::{Typed, percentage, proportion, put};
use app::command::{QuoteContent, QuoteLine};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Empty lines that a form offers.
const SPARE: usize = 3;
/// Most lines of a form.
const LINES_MOST: usize = 60;

/// A line as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypedLine {
    /// `plan:PRO`, `bundle:…`, `add_on:…` or `product:…`.
    pub(super) what: String,
    pub(super) quantity: String,
    /// In percent.
    pub(super) discount: String,
    pub(super) price: String,
    /// Whether the tax is in its prices.
    pub(super) with_tax: bool,
    pub(super) start: String,
    /// Which line of the version before it was.
    pub(super) kept: String,
}

/// The form as it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct TypedForm {
    pub(super) fields: Typed,
    pub(super) lines: Vec<TypedLine>,
}

/// The fields of a quote that are text in the form and in the body alike.
const FIELDS: [&str; 10] = [
    "customer",
    "entity",
    "currency",
    "start",
    "end",
    "months",
    "template",
    "billing_day",
    "valid_until",
    "reason",
];

impl TypedForm {
    /// An empty form that begins today, with what its address says.
    pub(super) fn begun(mut fields: BTreeMap<String, String>, today: &str) -> Self {
        fields
            .entry("start".to_owned())
            .or_insert_with(|| today.to_owned());
        Self {
            fields: Typed::new(fields),
            lines: vec![TypedLine::default(); SPARE],
        }
    }

    /// The form that a version of a quote came from.
    pub(super) fn of(content: &QuoteContent) -> Self {
        let mut fields = BTreeMap::new();
        if let Ok(Value::Object(said)) = serde_json::to_value(content) {
            for name in FIELDS {
                let text = match said.get(name) {
                    Some(Value::String(text)) => text.clone(),
                    Some(Value::Number(number)) => number.to_string(),
                    _ => continue,
                };
                fields.insert(name.to_owned(), text);
            }
        }
        fields.extend(sale_of(content));
        let mut form = Self {
            fields: Typed::new(fields),
            lines: content
                .lines
                .iter()
                .enumerate()
                .map(|(at, line)| line_of(at, line))
                .collect(),
        };
        form.lines.push(TypedLine::default());
        form
    }

    /// The form as it was sent.
    pub(super) fn sent(fields: BTreeMap<String, String>) -> Self {
        let typed = Typed::new(fields);
        let count = typed.get("lines").parse().unwrap_or(SPARE).min(LINES_MOST);
        let lines = (0..count)
            .map(|at| {
                let field = |name: &str| typed.get(&format!("{name}.{at}")).to_owned();
                TypedLine {
                    what: field("what"),
                    quantity: field("quantity"),
                    discount: field("discount"),
                    price: field("price"),
                    with_tax: !field("with_tax").is_empty(),
                    start: field("start"),
                    kept: field("kept"),
                }
            })
            .collect();
        Self {
            fields: typed,
            lines,
        }
    }

    /// Offers more lines.
    pub(super) fn add_lines(&mut self) {
        let more = (self.lines.len() + SPARE).min(LINES_MOST);
        self.lines.resize(more, TypedLine::default());
    }

    /// What the quote says, on top of the version before it.
    ///
    /// # Errors
    /// Which field cannot be read, and what to write.
    pub(super) fn content(&self, base: Option<&QuoteContent>) -> Result<Value, String> {
        let base = base.map(serde_json::to_value).transpose();
        let mut content = match base.map_err(|error| error.to_string())? {
            Some(Value::Object(said)) => said,
            _ => Map::new(),
        };
        let known = match content.remove("lines") {
            Some(Value::Array(lines)) => lines,
            _ => Vec::new(),
        };
        for name in FIELDS {
            match name {
                "reason" => {}
                "months" | "billing_day" => number(&mut content, name, self.fields.get(name))?,
                _ => put(&mut content, name, self.fields.get(name)),
            }
        }
        content.remove("partner");
        if let Some(sale) = self.sale()? {
            content.insert("partner".to_owned(), sale);
        }
        let mut lines = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            if !line.what.is_empty() {
                lines.push(line.said(at + 1, &known)?);
            }
        }
        if lines.is_empty() {
            return Err("A quote needs a line: pick what is to be sold.".to_owned());
        }
        content.insert("lines".to_owned(), Value::Array(lines));
        Ok(Value::Object(content))
    }

    /// The sale through a partner; nothing where the customer uses it itself.
    fn sale(&self) -> Result<Option<Value>, String> {
        let field = |name: &str| self.fields.get(name);
        let (role, user, commission) = (
            field("partner_role"),
            field("end_customer"),
            field("commission"),
        );
        if role.is_empty() {
            return match user.is_empty() && commission.is_empty() {
                true => Ok(None),
                false => Err(
                    "Who uses it and the commission belong to a sale through a partner: say which one it is, or leave them out."
                        .to_owned(),
                ),
            };
        }
        let mut sale = json!({ "role": role, "end_customer": user });
        if !commission.is_empty() {
            let rate = proportion(commission).ok_or_else(|| {
                format!("The commission {commission:?} is no percentage; write 20 for a fifth.")
            })?;
            sale["commission"] = json!(rate);
        }
        Ok(Some(sale))
    }
}

/// The fields of a sale through a partner.
fn sale_of(content: &QuoteContent) -> Vec<(String, String)> {
    let Some(sale) = &content.partner else {
        return Vec::new();
    };
    let role = serde_json::to_value(sale.role).unwrap_or_default();
    let commission = sale.commission.map(percentage).unwrap_or_default();
    [
        ("partner_role", role.as_str().unwrap_or_default().to_owned()),
        ("end_customer", sale.end_customer.clone()),
        ("commission", commission),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .to_vec()
}

fn number(content: &mut Map<String, Value>, name: &str, text: &str) -> Result<(), String> {
    content.remove(name);
    if text.is_empty() {
        return Ok(());
    }
    let value: u32 = text.parse().map_err(|_| {
        let name = name.replace('_', " ");
        format!("The {name} {text:?} is no whole number; write 12 for twelve.")
    })?;
    content.insert(name.to_owned(), json!(value));
    Ok(())
}

fn line_of(at: usize, line: &QuoteLine) -> TypedLine {
    let what = match (&line.plan, &line.bundle, &line.add_on, &line.product) {
        (Some(code), _, _, _) => format!("plan:{code}"),
        (_, Some(code), _, _) => format!("bundle:{code}"),
        (_, _, Some(code), _) => format!("add_on:{code}"),
        (_, _, _, Some(code)) => format!("product:{code}"),
        _ => String::new(),
    };
    TypedLine {
        what,
        quantity: line.quantity.to_string(),
        discount: line.discount.map(percentage).unwrap_or_default(),
        price: line
            .unit_price
            .map_or_else(String::new, |price| price.to_string()),
        with_tax: line.price_includes_tax,
        start: line.start.map_or_else(String::new, |day| day.to_string()),
        kept: at.to_string(),
    }
}

/// The kinds of lines.
const KINDS: [&str; 4] = ["plan", "bundle", "add_on", "product"];

impl TypedLine {
    fn said(&self, number: usize, known: &[Value]) -> Result<Value, String> {
        let Some((kind, code)) = self
            .what
            .split_once(':')
            .filter(|(kind, _)| KINDS.contains(kind))
        else {
            return Err(format!("Line {number} names nothing that can be sold."));
        };
        let before = self.kept.parse().ok().and_then(|at: usize| known.get(at));
        // What belongs to another thing does not stay with this one.
        let mut line = match before {
            Some(Value::Object(before)) if before.get(kind) == Some(&json!(code)) => before.clone(),
            _ => Map::new(),
        };
        line.insert(kind.to_owned(), json!(code));
        put(&mut line, "quantity", &self.quantity);
        put(&mut line, "unit_price", &self.price);
        put(&mut line, "start", &self.start);
        line.remove("price_includes_tax");
        if self.with_tax {
            line.insert("price_includes_tax".to_owned(), json!(true));
        }
        line.remove("discount");
        if !self.discount.is_empty() {
            let rate = proportion(&self.discount).ok_or_else(|| {
                format!(
                    "The discount {:?} of line {number} is no percentage; write 10 for ten percent.",
                    self.discount
                )
            })?;
            line.insert("discount".to_owned(), json!(rate));
        }
        Ok(Value::Object(line))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn content() -> QuoteContent {
        serde_json::from_value(json!({
            "customer": "acme", "entity": "DE", "start": "2026-02-01", "months": 12,
            "renewal": { "mode": "automatic", "months": 12 },
            "lines": [
                { "plan": "PRO", "quantity": "3", "discount": "0.125",
                  "ramp": [{ "effective": "2026-08-01", "quantity": "5" }] },
                { "bundle": "SUITE", "options": ["TRAINING"], "unit_price": "119",
                  "price_includes_tax": true },
            ],
        }))
        .unwrap()
    }

    fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        pairs.collect()
    }

    #[test]
    fn what_the_form_has_no_field_for_stays() {
        let base = content();
        let form = TypedForm::of(&base);
        assert_eq!(form.lines[0].discount, "12.5");
        assert_eq!(form.fields.get("months"), "12");
        let again = form.content(Some(&base)).unwrap();
        assert_eq!(again, serde_json::to_value(&base).unwrap());
    }

    #[test]
    fn a_sale_through_a_partner_is_read_as_it_is_shown() {
        let mut base = content();
        base.partner = Some(
            serde_json::from_value(
                json!({ "role": "agent", "end_customer": "Rowan Schools", "commission": "0.175" }),
            )
            .unwrap(),
        );
        let mut form = TypedForm::of(&base);
        assert_eq!(form.fields.get("commission"), "17.5");
        let again = form.content(Some(&base)).unwrap();
        assert_eq!(again, serde_json::to_value(&base).unwrap());
        // What the form does not say any more is gone, and half of it is refused.
        form.fields = Typed::new(pairs(&[("customer", "acme"), ("entity", "DE")]));
        assert!(form.content(Some(&base)).unwrap().get("partner").is_none());
        form.fields = Typed::new(pairs(&[("end_customer", "Rowan Schools")]));
        assert!(
            form.content(None)
                .unwrap_err()
                .contains("say which one it is")
        );
    }

    #[test]
    fn a_line_that_sells_something_else_forgets_what_belonged_to_the_other() {
        let base = content();
        let mut form = TypedForm::of(&base);
        form.lines[0].what = "product:CORE".to_owned();
        form.lines[1].what = String::new();
        let said = form.content(Some(&base)).unwrap();
        let expected = json!([{ "product": "CORE", "quantity": "3", "discount": "0.125" }]);
        assert_eq!(said["lines"], expected);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        let typed = |discount: &str| {
            TypedForm::sent(pairs(&[
                ("lines", "1"),
                ("customer", "acme"),
                ("what.0", "plan:PRO"),
                ("quantity.0", "2"),
                ("discount.0", discount),
            ]))
        };
        let said = typed("20 %").content(None).unwrap();
        assert_eq!(said["lines"][0]["discount"], "0.2");
        let refused = typed("much").content(None).unwrap_err();
        assert_eq!(
            refused,
            "The discount \"much\" of line 1 is no percentage; write 10 for ten percent."
        );
        let none = TypedForm::begun(BTreeMap::new(), "2026-02-01").content(None);
        assert_eq!(
            none.unwrap_err(),
            "A quote needs a line: pick what is to be sold."
        );
    }

    #[test]
    fn more_lines_are_offered_up_to_a_limit() {
        let mut form = TypedForm::begun(BTreeMap::new(), "2026-02-01");
        for _ in 0..40 {
            form.add_lines();
        }
        assert_eq!(form.lines.len(), LINES_MOST);
    }
}
