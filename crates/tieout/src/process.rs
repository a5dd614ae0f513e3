//! `tieout process`: the processes of the books as a list, one by one, and as pictures.

use crate::books::{BooksArguments, ReadingFault};
use crate::output::OutputArguments;
use app::process::{
    ProcessDetail, ProcessKind, ProcessRow, ProcessSelection, definition_picture, instance_picture,
};
use comfy_table::{Table, presets};
use std::io::Write;
use std::process::ExitCode;
use values::Instant;

/// Commands of `tieout process`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ProcessCommand {
    /// Lists processes with how many instances stand where, or the instances of one.
    List(ListArguments),
    /// Prints one instance: what is done, when and by which event, and what is waited for.
    Show(ShowArguments),
    /// Draws a process, or one instance of it, as SVG.
    Picture(PictureArguments),
}

/// Arguments of `tieout process list`.
#[derive(Debug, Clone, clap::Args)]
pub struct ListArguments {
    /// The process whose instances are listed, such as `order_to_invoice`.
    name: Option<String>,
    /// Only instances that can still move.
    #[arg(long)]
    open: bool,
    /// Only instances that are late or cannot go on, of every process when none is named.
    #[arg(long)]
    trouble: bool,
    #[command(flatten)]
    books: BooksArguments,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `tieout process show`.
#[derive(Debug, Clone, clap::Args)]
pub struct ShowArguments {
    /// The instance, such as `prc_01J…`, or any id whose chain has processes.
    id: String,
    #[command(flatten)]
    books: BooksArguments,
    /// Prints JSON for programs.
    #[arg(long)]
    json: bool,
}

/// Arguments of `tieout process picture`.
#[derive(Debug, Clone, clap::Args)]
pub struct PictureArguments {
    /// A process, such as `order_to_invoice`, or an instance, such as `prc_01J…`.
    what: String,
    #[command(flatten)]
    books: BooksArguments,
    #[command(flatten)]
    output: OutputArguments,
}

/// Does a command of `tieout process`.
///
/// # Errors
/// When the books cannot be read or the output cannot be written.
pub fn run(command: &ProcessCommand) -> Result<ExitCode, ReadingFault> {
    match command {
        ProcessCommand::List(arguments) => list(arguments),
        ProcessCommand::Show(arguments) => show(arguments),
        ProcessCommand::Picture(arguments) => picture(arguments),
    }
}

fn list(arguments: &ListArguments) -> Result<ExitCode, ReadingFault> {
    let app = arguments.books.open()?;
    let kinds = app.process_kinds()?;
    if let Some(name) = &arguments.name
        && !kinds.iter().any(|kind| kind.name == *name)
    {
        eprintln!("{}", unknown(name, &kinds));
        return Ok(ExitCode::FAILURE);
    }
    if arguments.name.is_none() && !arguments.trouble && !arguments.open {
        if arguments.json {
            println!("{:#}", serde_json::json!(kinds));
        } else {
            print!("{}", kinds_table(&kinds));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let selection = ProcessSelection {
        name: arguments.name.clone(),
        status: arguments.open.then(|| "open".to_owned()),
        step: None,
        trouble: arguments.trouble,
    };
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = app.process_list(&selection, cursor.as_deref())?;
        rows.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if arguments.json {
        println!("{:#}", serde_json::json!(rows));
    } else {
        print!("{}", rows_table(&rows));
    }
    Ok(ExitCode::SUCCESS)
}

fn unknown(what: &str, kinds: &[ProcessKind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name.as_str()).collect();
    format!(
        "There is no process {what:?} in these books. Give one of {}, or the id of an instance (prc_…).",
        names.join(", ")
    )
}

fn table(headings: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(headings.iter().copied());
    table
}

fn text_of(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn kinds_table(kinds: &[ProcessKind]) -> String {
    let mut rows = table(&["Process", "Version", "Open", "Done", "Ended", "Waiting in"]);
    for kind in kinds {
        let waiting: Vec<String> = kind
            .steps
            .iter()
            .filter(|step| step.waiting > 0)
            .map(|step| match step.late {
                0 => format!("{} {}", step.name, step.waiting),
                late => format!("{} {} ({late} late)", step.name, step.waiting),
            })
            .collect();
        rows.add_row([
            kind.name.clone(),
            kind.version.to_string(),
            kind.open.to_string(),
            kind.done.to_string(),
            kind.ended.to_string(),
            waiting.join(", "),
        ]);
    }
    text_of(&rows)
}

fn rows_table(rows: &[ProcessRow]) -> String {
    if rows.is_empty() {
        return "No such instance.\n".to_owned();
    }
    let mut lines = table(&[
        "Instance",
        "Process",
        "About",
        "Status",
        "Waits for",
        "Due (UTC)",
    ]);
    for row in rows {
        let state = match (row.stuck.is_empty(), row.late) {
            (false, _) => format!("{}, cannot go on", row.status),
            (true, true) => format!("{}, late", row.status),
            (true, false) => row.status.clone(),
        };
        lines.add_row([
            row.id.clone(),
            format!("{} {}", row.name, row.version),
            row.subject.clone(),
            state,
            row.waits_for.clone(),
            row.due.map_or_else(String::new, moment),
        ]);
    }
    text_of(&lines)
}

/// `2026-01-05 09:00`.
fn moment(time: Instant) -> String {
    let text = time.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

fn show(arguments: &ShowArguments) -> Result<ExitCode, ReadingFault> {
    let app = arguments.books.open()?;
    let mut found: Vec<ProcessDetail> = app.process(&arguments.id)?.into_iter().collect();
    if found.is_empty()
        && let Some(chain) = app.chain(&arguments.id)?
    {
        found = app.processes_of_chain(&chain.correlation)?;
    }
    if found.is_empty() {
        eprintln!("No process is about {:?}.", arguments.id);
        return Ok(ExitCode::FAILURE);
    }
    if arguments.json {
        println!("{:#}", serde_json::json!(found));
        return Ok(ExitCode::SUCCESS);
    }
    for detail in &found {
        println!("{}", detail_text(detail));
    }
    Ok(ExitCode::SUCCESS)
}

fn detail_text(detail: &ProcessDetail) -> String {
    let row = &detail.row;
    let mut text = format!(
        "{} {} of {}, {}\n  {} begun {} by {}\n",
        row.title,
        row.version,
        row.subject,
        row.status,
        row.id,
        moment(row.started),
        detail.starter
    );
    if let Some(reason) = &detail.reason {
        text.push_str(&format!("  cancelled: {reason}\n"));
    }
    if !row.stuck.is_empty() {
        text.push_str(&format!("  cannot go on: {}\n", row.stuck));
    }
    text.push('\n');
    let mut steps = table(&[
        "Step",
        "Status",
        "Reached",
        "Settled",
        "By",
        "Waits for, or undo",
    ]);
    for step in &detail.steps {
        let is_open = matches!(step.status.as_str(), "waiting" | "asked");
        let last = match (is_open, step.due) {
            (true, Some(due)) => {
                let late = if step.late { ", late" } else { "" };
                format!("{}, due {}{late}", step.awaited, moment(due))
            }
            (true, None) => step.awaited.clone(),
            (false, _) => format!("undo: {}", step.undo),
        };
        steps.add_row([
            step.title.clone(),
            step.status.clone(),
            step.since.map_or_else(String::new, moment),
            step.settled.map_or_else(String::new, moment),
            step.event
                .clone()
                .or_else(|| step.actor.clone())
                .unwrap_or_default(),
            last,
        ]);
    }
    text.push_str(&text_of(&steps));
    for (time, actor, action, step, reason) in &detail.notes {
        let at = if step.is_empty() {
            String::new()
        } else {
            format!(" {step}")
        };
        text.push_str(&format!(
            "{} {actor} {action}{at}: {reason}\n",
            moment(*time)
        ));
    }
    text
}

fn picture(arguments: &PictureArguments) -> Result<ExitCode, ReadingFault> {
    let app = arguments.books.open()?;
    let kinds = app.process_kinds()?;
    let svg = match kinds.iter().find(|kind| kind.name == arguments.what) {
        Some(kind) => definition_picture(kind, true),
        None => match app.process(&arguments.what)? {
            Some(detail) => instance_picture(&detail, true),
            None => {
                eprintln!("{}", unknown(&arguments.what, &kinds));
                return Ok(ExitCode::FAILURE);
            }
        },
    };
    arguments.output.write(|mut sink| {
        sink.write_all(svg.as_bytes())
            .map_err(|error| ReadingFault::Output {
                path: "the picture".into(),
                error,
            })?;
        Ok::<_, ReadingFault>((sink, ()))
    })?;
    arguments.output.tell("The picture is");
    Ok(ExitCode::SUCCESS)
}
