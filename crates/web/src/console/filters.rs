//! Template filters: the only place where a value becomes markup.

use super::{money, paths};
use app::view::TieOutStatus;
use askama::Values;
use askama::filters::Safe;
use control::Role;
use std::fmt::Display;
use values::{Date, Instant, Money, Month};

type Markup = askama::Result<Safe<String>>;

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn weight(money: Money) -> &'static str {
    if money.is_zero() { "fig zero" } else { "fig" }
}

/// A figure with its currency quiet beside it.
#[askama::filter_fn]
pub(super) fn fig(value: &Money, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "<span class=\"{}\"><span class=\"cur\">{}</span> {}</span>",
        weight(*value),
        value.currency,
        money::digits(*value)
    )))
}

/// A figure where the row or the caption states the currency.
#[askama::filter_fn]
pub(super) fn bare(value: &Money, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "<span class=\"{}\">{}</span>",
        weight(*value),
        money::digits(*value)
    )))
}

/// A figure of a statement: negatives in parentheses, digits kept in line with the positives.
#[askama::filter_fn]
pub(super) fn statement(value: &Money, _: &dyn Values) -> Markup {
    let side = if value.minor < 0 { "minus" } else { "plus" };
    Ok(Safe(format!(
        "<span class=\"{} {side}\">{}</span>",
        weight(*value),
        money::in_parentheses(*value)
    )))
}

/// Figures of several currencies, one a line.
#[askama::filter_fn]
pub(super) fn figs(values: &[Money], _: &dyn Values) -> Markup {
    let lines: Vec<String> = values
        .iter()
        .map(|value| {
            format!(
                "<span class=\"{} line\"><span class=\"cur\">{}</span> {}</span>",
                weight(*value),
                value.currency,
                money::digits(*value)
            )
        })
        .collect();
    Ok(Safe(lines.concat()))
}

/// Figures of several currencies in one phrase of a sentence.
#[askama::filter_fn]
pub(super) fn phrase(values: &[Money], _: &dyn Values) -> askama::Result<String> {
    Ok(money::phrase(values))
}

/// A civil date.
#[askama::filter_fn]
pub(super) fn day(value: &Date, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "<time datetime=\"{value}\">{}</time>",
        money::day(*value)
    )))
}

/// The last day before a civil date.
#[askama::filter_fn]
pub(super) fn eve(value: &Date, _: &dyn Values) -> Markup {
    let last = value.yesterday().unwrap_or(*value);
    Ok(Safe(format!(
        "<time datetime=\"{last}\">{}</time>",
        money::day(last)
    )))
}

/// A month in words.
#[askama::filter_fn]
pub(super) fn month(value: &Month, _: &dyn Values) -> askama::Result<String> {
    Ok(money::month(*value))
}

/// A day and time, with its zone.
#[askama::filter_fn]
pub(super) fn moment(value: &Instant, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "<time datetime=\"{value}\">{}, {} <span class=\"zone\">UTC</span></time>",
        money::day(money::utc_date(*value)),
        money::utc_time(*value)
    )))
}

/// The clock of an instant, with its zone.
#[askama::filter_fn]
pub(super) fn clock(value: &Instant, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "{} <span class=\"zone\">UTC</span>",
        money::utc_time(*value)
    )))
}

/// The civil date in UTC of an instant.
#[askama::filter_fn]
pub(super) fn utc_day(value: &Instant, _: &dyn Values) -> askama::Result<String> {
    Ok(money::day(money::utc_date(*value)))
}

/// An id as a link to the page of its object, cut when it is long; the whole id is its title.
#[askama::filter_fn]
pub(super) fn object(id: &str, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "<a class=\"id\" href=\"{}\" title=\"{}\">{}</a>",
        paths::object(id),
        escaped(id),
        escaped(&paths::short(id))
    )))
}

/// The path of the page of an object.
#[askama::filter_fn]
pub(super) fn object_path(id: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(paths::object(id))
}

/// An id as a link to its chain, whole.
#[askama::filter_fn]
pub(super) fn traced(id: &str, _: &dyn Values) -> Markup {
    Ok(Safe(format!(
        "<a class=\"id\" href=\"/trace/{}\">{}</a>",
        paths::segment(id),
        escaped(id)
    )))
}

/// A long id cut to what a person compares.
#[askama::filter_fn]
pub(super) fn short(id: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(paths::short(id))
}

/// Text fit for a segment of a path or a value of a query.
#[askama::filter_fn]
pub(super) fn segment(text: impl Display, _: &dyn Values) -> askama::Result<String> {
    Ok(paths::segment(&text.to_string()))
}

/// A status or class word for people: `unknown_product` becomes `Unknown product`.
#[askama::filter_fn]
pub(super) fn words(text: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(sentence(text))
}

/// A status in its chip. The word always stands in it; the colour only repeats it.
#[askama::filter_fn]
pub(super) fn chip(status: &str, _: &dyn Values) -> Markup {
    let tone = match status {
        "paid" | "finalised" | "delivered" | "settled" | "well" | "confirmed" | "resolved"
        | "granted" | "completed" | "done" | "in force" | "approved" | "converted" | "agreed"
        | "billed" => "ok",
        "partly_paid" | "initiated" | "waiting" | "past_due" | "overdue" | "requested"
        | "planned" | "running" | "paused" | "resuming" | "ambiguous" | "verifying" | "started"
        | "to come" | "submitted" | "asked" => "wait",
        "failed" | "parked" | "degraded" | "in_collection" | "denied" | "expired" | "mismatch"
        | "rejected" => "bad",
        _ => "plain",
    };
    Ok(Safe(format!(
        "<span class=\"chip {tone}\">{}</span>",
        escaped(&sentence(status))
    )))
}

/// How a tie-out stands.
#[askama::filter_fn]
pub(super) fn verdict(status: &TieOutStatus, _: &dyn Values) -> Markup {
    let (tone, word) = match status {
        TieOutStatus::TiesOut => ("ok", "Ties out"),
        TieOutStatus::Timing => ("wait", "On its way"),
        TieOutStatus::Explained => ("wait", "Explained"),
        TieOutStatus::Break => ("bad", "Break"),
    };
    Ok(Safe(format!("<span class=\"chip {tone}\">{word}</span>")))
}

/// A dotted name that may break after each dot.
#[askama::filter_fn]
pub(super) fn dotted(text: &str, _: &dyn Values) -> Markup {
    Ok(Safe(escaped(text).replace('.', ".<wbr>")))
}

/// A count with its thousands grouped.
#[askama::filter_fn]
pub(super) fn count(value: &i64, _: &dyn Values) -> askama::Result<String> {
    Ok(money::grouped(*value))
}

/// A quantity with its thousands grouped; what is no number stays as it is.
#[askama::filter_fn]
pub(super) fn tally(value: impl Display, _: &dyn Values) -> askama::Result<String> {
    let text = value.to_string();
    let (whole, part) = match text.split_once('.') {
        Some((whole, part)) => (whole, format!(".{part}")),
        None => (text.as_str(), String::new()),
    };
    Ok(match whole.parse::<i64>() {
        Ok(number) => format!("{}{part}", money::grouped(number)),
        Err(_) => text,
    })
}

/// The name of a system as its maker writes it.
#[askama::filter_fn]
pub(super) fn system(text: &str, _: &dyn Values) -> askama::Result<String> {
    Ok(match text {
        "netsuite" => "NetSuite".to_owned(),
        "quickbooks" => "QuickBooks".to_owned(),
        "hubspot" => "HubSpot".to_owned(),
        "api" => "API".to_owned(),
        other => sentence(other),
    })
}

fn sentence(text: &str) -> String {
    if let Some(role) = Role::from_word(text) {
        return role.title().to_owned();
    }
    let spaced: Vec<&str> = text
        .split(['_', ' '])
        .map(|word| match word {
            "api" => "API",
            "crm" => "CRM",
            "erp" => "ERP",
            other => other,
        })
        .collect();
    let spaced = spaced.join(" ");
    let mut characters = spaced.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
