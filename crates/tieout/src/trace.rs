//! `tieout trace`: the whole chain of evidence that an id belongs to, hop by hop.

use crate::books::{BooksArguments, ReadingFault};
use app::App;
use app::view::{Chain, Hop, HopKind, SearchHit};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use std::process::ExitCode;
use values::Instant;

/// Columns that a text gets when nobody says how wide it may be.
const WIDTH_OF_A_FILE: u16 = 120;
/// Narrower than this, the columns are of no use.
const NARROWEST: u16 = 64;
/// Near hits that are named when an id is not found.
const SUGGESTIONS: usize = 5;

/// Arguments of `tieout trace`.
#[derive(Debug, Clone, clap::Args)]
pub struct TraceArguments {
    /// Any id: opportunity, contract, invoice (or its number), credit note, payment, refund, journal,
    /// event, exception, or the id that another system gave to one of them.
    id: String,
    #[command(flatten)]
    books: BooksArguments,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
}

/// Commands of `tieout lifecycle`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum LifecycleCommand {
    /// The same as `tieout trace`.
    Explain(TraceArguments),
    /// Prints the declared states and steps of every kind of object, or of one.
    States {
        /// Such as `invoice`.
        object: Option<String>,
    },
}

/// Prints declared lifecycles. The exit status is 1 when there is no such kind of object.
///
/// # Errors
/// Never.
pub fn states(object: Option<&str>) -> Result<ExitCode, ReadingFault> {
    use control::lifecycle::{LIFECYCLES, Lifecycle};
    match object {
        None => {
            for lifecycle in LIFECYCLES {
                println!("{}", lifecycle.explain());
            }
        }
        Some(name) => match Lifecycle::of(name) {
            Some(lifecycle) => print!("{}", lifecycle.explain()),
            None => {
                let known: Vec<&str> = LIFECYCLES.iter().map(|one| one.object).collect();
                eprintln!(
                    "There is no lifecycle of {name:?}. Give one of {}.",
                    known.join(", ")
                );
                return Ok(ExitCode::FAILURE);
            }
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the chain. The exit status is 1 when there is no such id.
///
/// # Errors
/// When the books cannot be read.
pub fn run(arguments: &TraceArguments) -> Result<ExitCode, ReadingFault> {
    let app = arguments.books.open()?;
    let Some(chain) = app.chain(&arguments.id)? else {
        eprint!("{}", not_found(&app, &arguments.id)?);
        return Ok(ExitCode::FAILURE);
    };
    if arguments.json {
        println!("{:#}", serde_json::json!(chain));
    } else {
        print!("{}", render(&chain, width()));
    }
    Ok(ExitCode::SUCCESS)
}

/// How many columns there are to fill.
fn width() -> u16 {
    let terminal = terminal_size::terminal_size().map(|(width, _)| width.0);
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal
        .or_else(told)
        .unwrap_or(WIDTH_OF_A_FILE)
        .max(NARROWEST)
}

/// What can be given instead, with the ids that come near.
fn not_found(app: &App, id: &str) -> Result<String, ReadingFault> {
    let mut text = format!(
        "Nothing in these books has the id {id:?}.\n\
         Give the id of an opportunity (006…), contract (con_…), invoice (inv_… or its number), credit note\n\
         (crn_… or its number), payment (pay_…), refund (ref_…), journal (jrn_…), event (evt_…), exception\n\
         (exc_…) or customer, or the id that another system knows one of them by (pi_…, re_…).\n"
    );
    let near: Vec<SearchHit> = app.search(id)?;
    if !near.is_empty() {
        text.push_str("These come near:\n");
        for hit in near.iter().take(SUGGESTIONS) {
            text.push_str(&format!("  {}  {} {}\n", hit.id, hit.kind, hit.title));
        }
    }
    Ok(text)
}

/// The chain as text, `width` columns wide.
fn render(chain: &Chain, width: u16) -> String {
    let mut text = format!("{}\n", shown(&chain.title));
    let label_width = chain
        .anchors
        .iter()
        .map(|anchor| anchor.label.chars().count());
    let label_width = label_width.chain(["Chain".len()]).max().unwrap_or(0);
    let chain_anchor = ("Chain", chain.correlation.as_str());
    let anchors = chain
        .anchors
        .iter()
        .map(|anchor| (anchor.label.as_str(), anchor.text.as_str()));
    for (label, value) in anchors.chain([chain_anchor]) {
        text.push_str(&format!("  {label:<label_width$}  {}\n", shown(value)));
    }
    text.push('\n');
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width);
    let amount_heading = Cell::new("Amount").set_alignment(CellAlignment::Right);
    table.set_header([
        Cell::new("Time (UTC)"),
        Cell::new("Counts on"),
        amount_heading,
        Cell::new("What happened"),
    ]);
    for hop in &chain.hops {
        let amount = hop
            .amount
            .map_or_else(String::new, |amount| amount.to_string());
        table.add_row([
            Cell::new(moment(hop.time)),
            Cell::new(
                hop.effective
                    .map_or_else(String::new, |day| day.to_string()),
            ),
            Cell::new(amount).set_alignment(CellAlignment::Right),
            Cell::new(shown(&told(hop))),
        ]);
    }
    for index in 0..3 {
        if let Some(column) = table.column_mut(index) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let stops = chain
        .hops
        .iter()
        .filter(|hop| hop.kind == HopKind::Stop)
        .count();
    text.push_str(&match (chain.hops.len(), stops) {
        (1, 0) => "1 hop.\n".to_owned(),
        (hops, 0) => format!("{hops} hops.\n"),
        (hops, stops) => {
            format!("{hops} hops, {stops} of them marked ! went wrong or waited for somebody.\n")
        }
    });
    text
}

/// Title, object, reason, and who or what did it by which rule; a blank line sets hops apart.
fn told(hop: &Hop) -> String {
    let mark = match hop.kind {
        HopKind::Stop => "! ",
        HopKind::Fact | HopKind::Money => "",
    };
    let mut lines = vec![format!("{mark}{}", hop.title)];
    lines.extend(
        hop.object
            .clone()
            .filter(|object| !hop.title.contains(object.as_str())),
    );
    lines.extend(Some(hop.why.clone()).filter(|why| !why.is_empty()));
    let by = Some(hop.actor.as_str()).filter(|actor| !actor.is_empty());
    let by = by.map(|actor| format!("by {actor}"));
    let rule = hop.rule.as_ref().map(|rule| format!("rule {rule}"));
    let event = hop.event.clone();
    let last: Vec<String> = [rule, by, event].into_iter().flatten().collect();
    if !last.is_empty() {
        lines.push(last.join(" · "));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A text without control characters: what came from another system must not steer the terminal.
fn shown(text: &str) -> String {
    let harmless = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    text.chars().map(harmless).collect()
}

/// `2026-01-05 09:00:00`.
fn moment(time: Instant) -> String {
    let text = time.to_string();
    let seconds = text.get(..19).unwrap_or(&text);
    seconds.replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::view::Anchor;
    use values::{Currency, Money, parse_date};

    fn hop(kind: HopKind, title: &str, minor: Option<i64>) -> Hop {
        Hop {
            time: "2026-01-05T09:00:00.5Z".parse().unwrap(),
            effective: Some(parse_date("2026-01-04").unwrap()),
            kind,
            title: title.to_owned(),
            object: Some("inv_1".to_owned()),
            why: "10 seats at 1,200.00 USD for a year, because the contract says so in advance"
                .to_owned(),
            rule: Some("invoice-issued v1".to_owned()),
            actor: "billing".to_owned(),
            amount: minor.map(|minor| Money::from_minor(minor, Currency::USD)),
            event: Some("evt_1".to_owned()),
        }
    }

    fn chain(hops: Vec<Hop>) -> Chain {
        Chain {
            asked: "inv_1".to_owned(),
            correlation: "chn_1".to_owned(),
            title: "Acme, from the opportunity to the ledger".to_owned(),
            anchors: vec![Anchor {
                label: "Customer".to_owned(),
                text: "Acme".to_owned(),
                href: None,
            }],
            hops,
        }
    }

    #[test]
    fn a_chain_is_laid_out_in_columns() {
        let text = render(
            &chain(vec![
                hop(HopKind::Money, "Invoice US-1 issued", Some(1_200_000)),
                hop(HopKind::Stop, "Payment failed", Some(5)),
                hop(HopKind::Fact, "Contract\u{1b}[2Jin force", None),
            ]),
            80,
        );
        let expected = [
            "Acme, from the opportunity to the ledger",
            "  Customer  Acme",
            "  Chain     chn_1",
            "",
        ];
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..4], expected);
        assert!(
            lines.iter().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        // Amounts end in one column; all parts of a hop are there.
        let end = |needle: &str| {
            text.lines()
                .find_map(|line| Some(line.find(needle)? + needle.len()))
        };
        assert_eq!(end("12,000.00 USD"), end(" 0.05 USD"), "{text}");
        let unwrapped = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "2026-01-05 09:00:00",
            "2026-01-04",
            "Invoice US-1 issued",
            "inv_1",
            "10 seats",
            "rule invoice-issued v1 · by billing · evt_1",
            "! Payment failed",
            "3 hops, 1 of them marked !",
        ] {
            assert!(unwrapped.contains(part), "{part} is missing:\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "nothing steers the terminal");
    }

    #[test]
    fn a_narrow_terminal_wraps_and_loses_nothing() {
        let text = render(
            &chain(vec![hop(HopKind::Money, "Invoice US-1 issued", Some(1))]),
            NARROWEST,
        );
        assert!(
            text.lines()
                .all(|line| line.chars().count() <= usize::from(NARROWEST)),
            "{text}"
        );
        let words: Vec<&str> = text.split_whitespace().collect();
        for word in ["seats", "because", "advance", "invoice-issued", "evt_1"] {
            assert!(words.contains(&word), "{word} is missing:\n{text}");
        }
    }
}
