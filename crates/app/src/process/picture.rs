//! A process drawn from its data: steps as boxes in columns, arrows for what waits for what. Plain
//! SVG without script or style attributes; the colours come from the classes, for which a picture
//! that stands alone brings its own sheet.

use super::view::{ProcessDetail, ProcessKind};
use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: i64 = 196;
const HEIGHT: i64 = 74;
const GAP_X: i64 = 44;
const GAP_Y: i64 = 22;
const MARGIN: i64 = 8;

/// The sheet of a picture that stands alone.
const SHEET: &str = "<style>text{font:12px system-ui,sans-serif;fill:#17191c}.quiet{fill:#676c75;font-size:11px}\
.box{fill:#fff;stroke:#d3d2cb}.done .box{fill:#e4f2e7;stroke:#1f6636}.wait .box{fill:#faeed4;stroke:#7a4e00}\
.late .box{fill:#fbe6e3;stroke:#a3231b}.none .box{stroke-dasharray:4 3}.arrow{stroke:#676c75;fill:none}\
.tip{fill:#676c75}</style>";

struct Node {
    name: String,
    after: Vec<String>,
    class: &'static str,
    lines: Vec<String>,
}

/// A definition, with how many instances stand in each step. `alone` brings its own sheet.
#[must_use]
pub fn definition_picture(kind: &ProcessKind, alone: bool) -> String {
    let nodes = kind
        .steps
        .iter()
        .map(|step| {
            let mut counts = Vec::new();
            if step.waiting > 0 {
                counts.push(format!("{} waiting", step.waiting));
            }
            if step.late > 0 {
                counts.push(format!("{} late", step.late));
            }
            counts.push(format!("{} done", step.done));
            Node {
                name: step.name.clone(),
                after: step.after.clone(),
                class: match (step.late, step.waiting) {
                    (0, 0) => "plain",
                    (0, _) => "wait",
                    _ => "late",
                },
                lines: vec![
                    step.title.clone(),
                    format!("{}, within {}", step.kind, step.deadline),
                    counts.join(", "),
                ],
            }
        })
        .collect();
    let title = format!("{}, version {}", kind.title, kind.version);
    draw(&title, nodes, alone)
}

/// An instance: what is done, when and by which event, and what is waited for.
#[must_use]
pub fn instance_picture(detail: &ProcessDetail, alone: bool) -> String {
    let nodes = detail
        .steps
        .iter()
        .map(|step| {
            let when = match (step.settled, step.due) {
                (Some(settled), _) => moment(settled),
                (None, Some(due)) => format!("due {}", moment(due)),
                (None, None) => String::new(),
            };
            let by = step.event.as_deref().map(short).or(step.actor.clone());
            Node {
                name: step.name.clone(),
                after: step.after.clone(),
                class: match step.status.as_str() {
                    "done" | "kept" => "done",
                    "waiting" | "asked" | "to_undo" if step.late => "late",
                    "waiting" | "asked" | "to_undo" => "wait",
                    _ => "none",
                },
                lines: vec![
                    step.title.clone(),
                    format!("{} {when}", step.status.replace('_', " ")),
                    by.unwrap_or_else(|| step.awaited.clone()),
                ],
            }
        })
        .collect();
    let title = format!("{} of {}", detail.row.title, detail.row.subject);
    draw(&title, nodes, alone)
}

fn moment(time: values::Instant) -> String {
    let text = time.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// The column of each step: one after the last of those that it waits for.
fn columns(nodes: &[Node]) -> Vec<i64> {
    let mut by_name: BTreeMap<&str, i64> = BTreeMap::new();
    let mut columns = Vec::new();
    for node in nodes {
        let column = node
            .after
            .iter()
            .filter_map(|name| by_name.get(name.as_str()))
            .max()
            .map_or(0, |before| before + 1);
        by_name.insert(&node.name, column);
        columns.push(column);
    }
    columns
}

fn draw(title: &str, nodes: Vec<Node>, alone: bool) -> String {
    let columns = columns(&nodes);
    let mut used: BTreeMap<i64, i64> = BTreeMap::new();
    let mut places: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (node, column) in nodes.iter().zip(&columns) {
        let row = used.entry(*column).or_default();
        let at = (
            MARGIN + column * (WIDTH + GAP_X),
            MARGIN + *row * (HEIGHT + GAP_Y),
        );
        *row += 1;
        places.insert(&node.name, at);
    }
    let across = columns.iter().max().map_or(1, |last| last + 1);
    let down = used.values().max().copied().unwrap_or(1);
    let width = 2 * MARGIN + across * WIDTH + (across - 1) * GAP_X;
    let height = 2 * MARGIN + down * HEIGHT + (down - 1) * GAP_Y;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"process\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{0}\"><title>{0}</title>",
        escaped(title)
    );
    if alone {
        svg.push_str(SHEET);
    }
    for node in &nodes {
        let Some(to) = places.get(node.name.as_str()) else {
            continue;
        };
        for name in &node.after {
            if let Some(from) = places.get(name.as_str()) {
                arrow(&mut svg, *from, *to);
            }
        }
    }
    for node in &nodes {
        if let Some(at) = places.get(node.name.as_str()) {
            boxed(&mut svg, node, *at);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn arrow(svg: &mut String, from: (i64, i64), to: (i64, i64)) {
    let (x1, y1) = (from.0 + WIDTH, from.1 + HEIGHT / 2);
    let (x2, y2) = (to.0, to.1 + HEIGHT / 2);
    let bend = x2 - GAP_X / 2;
    let tip = x2 - 6;
    let _ = write!(
        svg,
        "<path class=\"arrow\" d=\"M{x1} {y1} H{bend} V{y2} H{tip}\"/>\
         <path class=\"tip\" d=\"M{x2} {y2} l-7 -4 v8 z\"/>"
    );
}

fn boxed(svg: &mut String, node: &Node, at: (i64, i64)) {
    let (x, y) = at;
    let _ = write!(
        svg,
        "<g class=\"step {}\"><rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>",
        node.class
    );
    for (line, index) in node.lines.iter().zip(0_i64..) {
        let class = if index == 0 { "head" } else { "quiet" };
        let _ = write!(
            svg,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
            x + 10,
            y + 22 + index * 19,
            escaped(&cut(line))
        );
    }
    svg.push_str("</g>");
}

/// An id by its kind and its end, which tell it from its neighbours.
fn short(id: &str) -> String {
    let end: String = id.chars().rev().take(6).collect();
    let end: String = end.chars().rev().collect();
    match id.split_once('_') {
        Some((kind, rest)) if rest.len() > 6 => format!("{kind}_…{end}"),
        _ => id.to_owned(),
    }
}

/// What fits into a box.
fn cut(text: &str) -> String {
    const LETTERS: usize = 31;
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(LETTERS - 1).collect();
    kept.push('…');
    kept
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
