//! The picture, looked at mark by mark.

use super::{anchor, picture};
use app::query::{
    ContractTimeline, StretchKind, TimelineBand, TimelineBilled, TimelineDiscount, TimelineStretch,
    TimelineVersion,
};
use values::{Date, Money};

fn day(text: &str) -> Date {
    values::parse_date(text).unwrap()
}

fn stretch(
    from: &str,
    until: &str,
    kind: StretchKind,
    height: i64,
    terms: &str,
) -> TimelineStretch {
    TimelineStretch {
        from: day(from),
        until: day(until),
        kind,
        height,
        terms: terms.to_owned(),
        phase: None,
    }
}

fn version(version: u32, effective: &str, reason: &str) -> TimelineVersion {
    TimelineVersion {
        version,
        recorded: "2026-05-14T11:40:03Z".parse().unwrap(),
        effective: day(effective),
        kind: "quantity_changed".to_owned(),
        reason: reason.to_owned(),
        changes: Vec::new(),
        undoes: None,
    }
}

fn billed(from: &str, until: &str, minor: i64) -> TimelineBilled {
    TimelineBilled {
        from: day(from),
        until: day(until),
        document: "inv_1".to_owned(),
        number: "US-2026-00412".to_owned(),
        net: Money::from_minor(minor, "USD".parse().unwrap()),
    }
}

fn timeline() -> ContractTimeline {
    ContractTimeline {
        contract: "con_1".to_owned(),
        from: day("2026-02-01"),
        until: day("2027-02-01"),
        runs_on: false,
        bands: vec![TimelineBand {
            component: "cmp_1".to_owned(),
            product: "PLAT-SEAT".to_owned(),
            description: "Platform <b>".to_owned(),
            stretches: vec![
                stretch(
                    "2026-02-01",
                    "2026-05-14",
                    StretchKind::Charged,
                    40_000,
                    "40 · 1,200.00 per unit",
                ),
                stretch(
                    "2026-05-14",
                    "2026-08-01",
                    StretchKind::Charged,
                    55_000,
                    "55 · 1,200.00 per unit",
                ),
                stretch(
                    "2026-08-01",
                    "2026-09-01",
                    StretchKind::Paused,
                    55_000,
                    "55",
                ),
                stretch(
                    "2026-09-01",
                    "2027-02-01",
                    StretchKind::Charged,
                    55_000,
                    "55 · 1,200.00 per unit",
                ),
            ],
            discounts: vec![TimelineDiscount {
                from: day("2026-02-01"),
                until: day("2026-05-01"),
                words: "Launch offer, 20 % off".to_owned(),
            }],
            billed: vec![
                billed("2026-02-01", "2027-02-01", 4_800_000),
                billed("2026-05-14", "2027-02-01", 1_292_055),
                billed("2026-08-01", "2026-09-01", -559_726),
            ],
        }],
        versions: vec![
            version(1, "2026-02-01", "signed"),
            version(2, "2026-05-14", "15 more seats"),
            version(3, "2026-05-20", "a \"quoted\" reason"),
        ],
        next: None,
    }
}

/// The text of one attribute of the rectangle that follows `mark`.
fn rect(svg: &str, mark: &str, name: &str) -> String {
    let after = &svg[svg.find(mark).unwrap()..];
    let after = &after[after.find("<rect").unwrap()..];
    let start = format!("{name}=\"");
    let after = &after[after.find(&start).unwrap() + start.len()..];
    after[..after.find('"').unwrap()].to_owned()
}

#[test]
fn a_stretch_stands_where_its_days_are_and_as_high_as_its_quantity() {
    let svg = picture(&timeline(), day("2026-06-30"));
    // 102 of 365 days of 1,104 units, from a margin of 8.
    assert_eq!(rect(&svg, "#stretch-1-1", "x"), "8");
    assert_eq!(rect(&svg, "#stretch-1-2", "x"), "316.5");
    assert_eq!(rect(&svg, "#stretch-1-1", "width"), "307.5");
    assert_eq!(rect(&svg, "#stretch-1-2", "height"), "34");
    assert_eq!(rect(&svg, "#stretch-1-1", "height"), "28");
    assert_eq!(anchor(0, 1), "stretch-1-2");
}

#[test]
fn every_mark_is_a_link_that_says_what_it_is() {
    let svg = picture(&timeline(), day("2026-06-30"));
    let marks = svg.matches("<a href=\"").count();
    assert_eq!(marks, svg.matches("<title>").count());
    // Four stretches, one discount, three lines, two flags and today.
    assert_eq!(marks, 11, "{svg}");
    assert!(svg.contains("<title>Paused, 1 Aug 2026 to 31 Aug 2026</title>"));
    assert!(svg.contains(
        "<title>USD 48,000.00 billed by US-2026-00412, 1 Feb 2026 to 31 Jan 2027</title>"
    ));
    assert!(svg.contains("given back by US-2026-00412"));
    assert!(
        svg.contains(">v2 +1</text>"),
        "two versions of one week are one flag"
    );
}

#[test]
fn lines_over_the_same_days_lie_beneath_each_other() {
    let svg = picture(&timeline(), day("2026-06-30"));
    let tops: Vec<String> = svg
        .match_indices("<a href=\"/invoices/inv_1\"")
        .map(|(place, _)| rect(&svg[place..], "<a href", "y"))
        .collect();
    assert_eq!(tops.len(), 3);
    assert!(
        tops[0] != tops[1] && tops[1] != tops[2] && tops[0] != tops[2],
        "{tops:?}"
    );
}

#[test]
fn words_of_people_cannot_break_the_picture() {
    let svg = picture(&timeline(), day("2026-06-30"));
    assert!(svg.contains("Platform &lt;b&gt;") && !svg.contains("<b>"));
    assert!(svg.contains("a &quot;quoted&quot; reason"));
    assert!(!svg.contains("style=") && !svg.contains("<style"));
}

#[test]
fn today_is_drawn_only_within_the_term() {
    assert!(picture(&timeline(), day("2026-02-01")).contains("class=\"now\""));
    assert!(!picture(&timeline(), day("2027-02-01")).contains("class=\"now\""));
    assert!(!picture(&timeline(), day("2026-01-31")).contains("class=\"now\""));
}

#[test]
fn nothing_is_drawn_of_a_contract_that_sells_nothing() {
    let mut empty = timeline();
    empty.bands.clear();
    assert_eq!(picture(&empty, day("2026-06-30")), "");
}

#[test]
fn a_long_life_keeps_its_picture_small() {
    let mut long = timeline();
    long.until = day("2046-02-01");
    long.bands[0].billed = (0..300)
        .map(|_| billed("2026-02-01", "2027-02-01", 100))
        .collect();
    let svg = picture(&long, day("2026-06-30"));
    assert!(svg.contains("and 296 more lines"));
    assert!(svg.matches("class=\"tick\"").count() <= 15);
}
