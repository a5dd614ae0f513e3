//! A contract over time, drawn as a picture on the server: one band for each component, its
//! quantity as height, what was billed beneath it, versions as flags. Every mark is a link. It is a
//! pure function of what is drawn and of today, and reckons in whole days and tenths of a unit.

use super::filters::escaped;
use super::money;
use super::paths::segment;
use app::query::{ContractTimeline, StretchKind, TimelineBand, TimelineBilled, TimelineStretch};
use std::fmt::Write;
use values::{Date, add_months, days_between};

/// Width of the picture, in its own units.
const WIDTH: i64 = 1120;
/// Room left and right of the days.
const MARGIN: i64 = 8;
/// Height of the scale of months.
const SCALE: i64 = 22;
/// Height of the row of flags.
const FLAGS: i64 = 24;
/// Flags nearer than this are one flag.
const FLAG_ROOM: i64 = 34;
/// Height of the words above a band.
const WORDS: i64 = 19;
/// Greatest height of a stretch.
const TALL: i64 = 34;
/// Least height of a stretch.
const LOW: i64 = 14;
/// Height of a discount.
const DISCOUNT: i64 = 15;
/// Height of a row of what was billed, with its gap.
const BILLED: i64 = 9;
/// Most rows of what was billed under one band.
const MOST_ROWS: usize = 4;
/// Most bands that are drawn; the table beneath has all.
const MOST_BANDS: usize = 40;
/// Room beneath a band.
const GAP: i64 = 12;
/// Width of a letter, so that words are left out where they do not fit.
const LETTER: i64 = 7;

/// The days of the picture and where they stand.
struct Scale {
    from: Date,
    until: Date,
    days: i64,
}

impl Scale {
    /// Tenths of a unit from the left edge.
    fn tenths(&self, date: Date) -> i64 {
        let date = date.clamp(self.from, self.until);
        let inner = (WIDTH - 2 * MARGIN) * 10;
        MARGIN * 10 + days_between(self.from, date) * inner / self.days
    }

    fn holds(&self, date: Date) -> bool {
        self.from <= date && date < self.until
    }

    /// Left edge and width of a stretch of days, a gap of one unit left free; never thinner than
    /// can be seen.
    fn span(&self, from: Date, until: Date) -> (i64, i64) {
        let (left, right) = (self.tenths(from), self.tenths(until));
        (left, (right - left - 10).max(15))
    }
}

/// Tenths of a unit as SVG writes them.
fn at(tenths: i64) -> String {
    if tenths % 10 == 0 {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, (tenths % 10).abs())
    }
}

/// Where a stretch stands in the table beneath the picture.
pub(super) fn anchor(band: usize, stretch: usize) -> String {
    format!("stretch-{}-{}", band + 1, stretch + 1)
}

/// The picture as SVG, safe to stand in a page.
pub(super) fn picture(timeline: &ContractTimeline, today: Date) -> String {
    let days = days_between(timeline.from, timeline.until);
    if days <= 0 || timeline.bands.is_empty() {
        return String::new();
    }
    let scale = Scale {
        from: timeline.from,
        until: timeline.until,
        days,
    };
    let mut bands = String::new();
    let mut top = SCALE + FLAGS + 4;
    for (index, band) in timeline.bands.iter().take(MOST_BANDS).enumerate() {
        top = draw_band(&mut bands, &scale, (index, band), top);
    }
    let height = top;
    let mut out = String::with_capacity(bands.len() + 4_000);
    let _ = write!(
        out,
        "<svg class=\"timeline\" viewBox=\"0 0 {WIDTH} {height}\" role=\"group\" aria-label=\"Timeline from {} to {}\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern></defs>",
        money::day(timeline.from),
        money::day(timeline.until.yesterday().unwrap_or(timeline.until))
    );
    months(&mut out, &scale, height);
    flags(&mut out, timeline, &scale, height);
    out.push_str(&bands);
    now(&mut out, timeline, &scale, (today, height));
    out.push_str("</svg>");
    out
}

/// Lines at the beginnings of months, as far apart as they can be read.
fn months(out: &mut String, scale: &Scale, height: i64) {
    let step = [1, 2, 3, 6, 12, 24, 60, 120]
        .into_iter()
        .find(|months| scale.days <= i64::from(*months) * 30 * 14)
        .unwrap_or(240);
    let first = if step >= 12 {
        scale.from.first_of_year()
    } else {
        scale.from.first_of_month()
    };
    let mut count = 0;
    loop {
        let date = add_months(first, count);
        if date >= scale.until || count > 12_000 {
            break;
        }
        count += step;
        if date < scale.from {
            continue;
        }
        let x = scale.tenths(date);
        let words = money::day(date);
        let words = words.split_once(' ').map_or("", |(_, month)| month);
        let _ = write!(out, "<path class=\"tick\" d=\"M{0} 16V{height}\"/>", at(x));
        if x + 580 < WIDTH * 10 {
            let _ = write!(
                out,
                "<text class=\"quiet\" x=\"{}\" y=\"12\">{words}</text>",
                at(x)
            );
        }
    }
}

/// One flag for each version, or for several that stand too near to each other.
fn flags(out: &mut String, timeline: &ContractTimeline, scale: &Scale, height: i64) {
    let mut marks: Vec<(i64, Vec<&app::query::TimelineVersion>)> = Vec::new();
    let mut by_day: Vec<_> = timeline.versions.iter().collect();
    by_day.sort_by_key(|version| (version.effective, version.version));
    for version in by_day {
        let x = scale.tenths(version.effective);
        match marks.last_mut() {
            Some((left, held)) if x - *left < FLAG_ROOM * 10 => held.push(version),
            _ => marks.push((x, vec![version])),
        }
    }
    for (x, held) in marks {
        let [first, rest @ ..] = held.as_slice() else {
            continue;
        };
        let words = match rest.len() {
            0 => format!("v{}", first.version),
            more => format!("v{} +{more}", first.version),
        };
        let told: Vec<String> = held
            .iter()
            .take(8)
            .map(|version| format!("Version {}: {}", version.version, version.reason))
            .collect();
        let wide = i64::try_from(words.len()).unwrap_or(9) * LETTER + 8;
        // At the right edge a flag flies to the left.
        let left = if x / 10 + wide > WIDTH {
            x - wide * 10
        } else {
            x
        };
        let _ = write!(
            out,
            "<a href=\"#version-{}\" class=\"flag\"><title>{}</title><path class=\"pole\" d=\"M{} {}V{height}\"/><rect x=\"{}\" y=\"{}\" width=\"{wide}\" height=\"17\" rx=\"3\"/><text x=\"{}\" y=\"{}\">{words}</text></a>",
            first.version,
            escaped(&told.join(" · ")),
            at(x),
            SCALE + 2,
            at(left),
            SCALE + 2,
            at(left + 40),
            SCALE + 15,
        );
    }
}

/// Draws a band; answers where the next one begins.
fn draw_band(
    out: &mut String,
    scale: &Scale,
    (index, band): (usize, &TimelineBand),
    top: i64,
) -> i64 {
    let _ = write!(
        out,
        "<text class=\"head\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
        top + 13,
        escaped(&band.description)
    );
    let base = top + WORDS + TALL;
    let most = band.stretches.iter().map(|stretch| stretch.height).max();
    for (place, stretch) in band.stretches.iter().enumerate() {
        let href = anchor(index, place);
        draw_stretch(out, scale, (stretch, most.unwrap_or(1)), (&href, base));
    }
    let mut under = base + 3;
    for discount in &band.discounts {
        let (x, wide) = scale.span(discount.from, discount.until);
        let _ = write!(
            out,
            "<a href=\"#timeline\" class=\"less\"><title>{}</title><rect x=\"{}\" y=\"{under}\" width=\"{}\" height=\"{}\"/>",
            escaped(&discount.words),
            at(x),
            at(wide),
            DISCOUNT - 2
        );
        words_inside(out, &discount.words, (x, wide), under + 10);
        out.push_str("</a>");
        under += DISCOUNT;
    }
    draw_billed(out, scale, &band.billed, under) + GAP
}

/// What holds in a stretch, in words.
pub(super) fn said(stretch: &TimelineStretch) -> String {
    match (stretch.kind, stretch.phase) {
        (StretchKind::Paused, _) => "Paused".to_owned(),
        (StretchKind::Trial, _) => "Trial, not charged".to_owned(),
        (StretchKind::Charged, Some(phase)) => format!("{}, {phase}", stretch.terms),
        (StretchKind::Charged, None) => stretch.terms.clone(),
    }
}

fn draw_stretch(
    out: &mut String,
    scale: &Scale,
    (stretch, most): (&TimelineStretch, i64),
    (href, base): (&str, i64),
) {
    let (x, wide) = scale.span(stretch.from, stretch.until);
    let high = LOW + (TALL - LOW) * stretch.height / most.max(1);
    let class = match stretch.kind {
        StretchKind::Charged => "stretch",
        StretchKind::Paused => "stretch paused",
        StretchKind::Trial => "stretch trial",
    };
    let said = said(stretch);
    let last = stretch.until.yesterday().unwrap_or(stretch.until);
    let _ = write!(
        out,
        "<a href=\"#{href}\" class=\"{class}\"><title>{}, {} to {}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{high}\"/>",
        escaped(&said),
        money::day(stretch.from),
        money::day(last),
        at(x),
        base - high,
        at(wide)
    );
    words_inside(out, &said, (x, wide), base - 4);
    out.push_str("</a>");
}

/// Words where they fit, or their first part, or none.
fn words_inside(out: &mut String, words: &str, (x, wide): (i64, i64), y: i64) {
    let room = wide / 10 - 8;
    let fits =
        |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX) * LETTER <= room;
    let first = words.split(['·', ',']).next().unwrap_or_default().trim();
    let shown = [words, first].into_iter().find(|text| fits(text));
    if let Some(shown) = shown.filter(|text| !text.is_empty()) {
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{y}\">{}</text>",
            at(x + 50),
            escaped(shown)
        );
    }
}

/// Draws what was billed in as many rows as overlap; answers where it ends.
fn draw_billed(out: &mut String, scale: &Scale, billed: &[TimelineBilled], top: i64) -> i64 {
    let mut rows: Vec<i64> = Vec::new();
    let mut more = 0_usize;
    for line in billed {
        let (x, wide) = scale.span(line.from, line.until);
        let free = rows.iter().position(|end| *end <= x);
        let row = match free {
            Some(row) => row,
            None if rows.len() < MOST_ROWS => {
                rows.push(0);
                rows.len() - 1
            }
            None => {
                more += 1;
                continue;
            }
        };
        if let Some(end) = rows.get_mut(row) {
            *end = x + wide;
        }
        let y = top + i64::try_from(row).unwrap_or(0) * BILLED + 1;
        let (class, verb) = if line.net.minor < 0 {
            ("billed back", "given back by")
        } else {
            ("billed", "billed by")
        };
        let last = line.until.yesterday().unwrap_or(line.until);
        let _ = write!(
            out,
            "<a href=\"/invoices/{}\" class=\"{class}\"><title>{} {verb} {}, {} to {}</title><rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{}\"/></a>",
            segment(&line.document),
            escaped(&money::with_currency(line.net)),
            escaped(&line.number),
            money::day(line.from),
            money::day(last),
            at(x),
            at(wide),
            BILLED - 3
        );
    }
    let mut end = top + i64::try_from(rows.len()).unwrap_or(0) * BILLED;
    if more > 0 {
        let _ = write!(
            out,
            "<a href=\"#invoices\"><text class=\"quiet\" x=\"{MARGIN}\" y=\"{}\">and {more} more lines</text></a>",
            end + 11
        );
        end += 14;
    }
    end
}

/// Where today stands.
fn now(out: &mut String, timeline: &ContractTimeline, scale: &Scale, (today, height): (Date, i64)) {
    if !scale.holds(today) {
        return;
    }
    let href = if timeline.next.is_some() {
        "#next"
    } else {
        "#position"
    };
    let x = scale.tenths(today);
    let left = x / 10 + 46 > WIDTH;
    let _ = write!(
        out,
        "<a href=\"{href}\" class=\"now\"><title>Today, {}</title><path d=\"M{} {}V{height}\"/><text x=\"{}\" y=\"{}\"{}>Today</text></a>",
        money::day(today),
        at(x),
        SCALE + FLAGS,
        at(if left { x - 40 } else { x + 40 }),
        SCALE + FLAGS + 9,
        if left { " text-anchor=\"end\"" } else { "" }
    );
}

#[cfg(test)]
mod tests;
