//! What offers say, in words.

use super::OfferFact;
use commerce::{
    AddOn, BillingTemplate, Bundle, Charge, Offer, Plan, PlanPhase, RenewalMode, grouped,
};
use serde::Serialize;
use store::quotes;
use values::{Currency, Rate};

pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(serde_json::Value::Object(fields)) => fields
            .into_iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect::<Vec<_>>()
            .join(", "),
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

fn percent(rate: Rate) -> String {
    let value = rate.decimal() * values::Decimal::ONE_HUNDRED;
    format!("{} %", value.normalize())
}

pub(super) fn listed(charge: &Charge, currency: Currency) -> String {
    charge.listed(&|amount| grouped(amount, currency.exponent()))
}

pub(super) fn sentence(offer: &Offer) -> String {
    match offer {
        Offer::Plan(plan) => {
            let term = plan.months.map_or_else(
                || "any term".to_owned(),
                |months| format!("{months} months"),
            );
            let phases: Vec<String> = plan.phases.iter().map(phase).collect();
            if phases.is_empty() {
                format!("{} for {term}", plan.product)
            } else {
                format!("{} for {term}: {}", plan.product, phases.join(", then "))
            }
        }
        Offer::Bundle(bundle) => {
            let parts: Vec<String> = bundle
                .parts
                .iter()
                .map(|part| {
                    let optional = if part.optional { " (optional)" } else { "" };
                    format!("{} × {}{optional}", part.quantity, part.product)
                })
                .collect();
            parts.join(", ")
        }
        Offer::AddOn(add_on) => {
            let joins: Vec<&str> = add_on.joins.iter().map(|code| code.as_str()).collect();
            format!("{} with {}", add_on.product, joins.join(" or "))
        }
        Offer::Template(template) => {
            let mut words = Vec::new();
            if let Some(billing) = template.billing {
                words.push(format!("billed per {}", billing.period_word()));
            }
            if let Some(months) = template.months {
                words.push(format!("{months} months"));
            }
            if let Some(renewal) = &template.renewal {
                words.push(renews(renewal.mode).to_owned());
            }
            words.join(", ")
        }
        Offer::Standalone(prices) => format!("{} by itself", prices.product),
    }
}

fn renews(mode: RenewalMode) -> &'static str {
    match mode {
        RenewalMode::Automatic => "renews by itself",
        RenewalMode::ByNotice => "renews when somebody says so",
        RenewalMode::Evergreen => "has no end",
    }
}

fn counted(count: u16, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn phase(phase: &PlanPhase) -> String {
    let mut text = word(&phase.phase).replace('_', " ");
    match (phase.months, phase.days) {
        (Some(months), _) => text.push_str(&format!(" of {}", counted(months.get(), "month"))),
        (None, Some(days)) => text.push_str(&format!(" of {}", counted(days.get(), "day"))),
        (None, None) => {}
    }
    if let Some(price) = phase.unit_price {
        text.push_str(&format!(" at {price}"));
    }
    if let Some(off) = phase.off {
        text.push_str(&format!(", {} off", percent(off)));
    }
    text
}

fn fact(label: &str, text: impl Into<String>) -> OfferFact {
    OfferFact {
        label: label.to_owned(),
        text: text.into(),
        names: None,
    }
}

pub(super) fn naming(label: &str, kind: &str, code: &str) -> OfferFact {
    OfferFact {
        label: label.to_owned(),
        text: code.to_owned(),
        names: Some((kind.to_owned(), code.to_owned())),
    }
}

pub(super) fn plan_facts(plan: &Plan) -> (Vec<OfferFact>, Vec<OfferFact>) {
    let mut facts = vec![naming("Product", "product", plan.product.as_str())];
    facts.extend(
        plan.billing
            .map(|billing| fact("Billed", format!("per {}", billing.period_word()))),
    );
    facts.extend(
        plan.months
            .map(|months| fact("Term", format!("{months} months"))),
    );
    facts.extend(
        plan.template
            .as_ref()
            .map(|code| naming("Template", "template", code.as_str())),
    );
    let parts = plan
        .phases
        .iter()
        .enumerate()
        .map(|(at, step)| fact(&format!("Phase {}", at + 1), phase(step)));
    (facts, parts.collect())
}

pub(super) fn bundle_facts(bundle: &Bundle) -> (Vec<OfferFact>, Vec<OfferFact>) {
    let parts = bundle.parts.iter().map(|part| {
        let mut text = format!("{} × {}", part.quantity, part.product);
        if let Some(share) = part.share {
            text.push_str(&format!(", {} of its price", percent(share)));
        }
        if part.optional {
            text.push_str(", only where a quote names it");
        }
        OfferFact {
            text,
            ..naming("Part", "product", part.product.as_str())
        }
    });
    (Vec::new(), parts.collect())
}

pub(super) fn add_on_facts(add_on: &AddOn, all: &[(quotes::OfferRow, Offer)]) -> Vec<OfferFact> {
    let mut facts = vec![naming("Product", "product", add_on.product.as_str())];
    for code in &add_on.joins {
        let is_bundle = all
            .iter()
            .any(|(row, _)| row.kind == "bundle" && row.code == code.as_str());
        let kind = if is_bundle { "bundle" } else { "plan" };
        facts.push(naming("Joins", kind, code.as_str()));
    }
    facts
}

pub(super) fn template_facts(template: &BillingTemplate) -> Vec<OfferFact> {
    let mut facts = Vec::new();
    let mut add = |label: &str, text: Option<String>| {
        facts.extend(text.map(|text| fact(label, text.replace('_', " "))));
    };
    add(
        "Billed",
        template
            .billing
            .map(|billing| format!("per {}", billing.period_word())),
    );
    add("Timing", template.timing.as_ref().map(word));
    add(
        "Billing day",
        template.billing_day.map(|day| day.to_string()),
    );
    add("Periods begin", template.anchor.as_ref().map(word));
    add("Day count", template.proration.as_ref().map(word));
    add("Rounding", template.rounding.as_ref().map(word));
    add("First part", template.first_part.as_ref().map(word));
    add(
        "Term",
        template.months.map(|months| format!("{months} months")),
    );
    add(
        "At its end",
        template
            .renewal
            .as_ref()
            .map(|renewal| renews(renewal.mode).to_owned()),
    );
    let days = template.activation_days.unwrap_or(7);
    add("In force", Some(format!("{days} days from the signature")));
    facts
}
