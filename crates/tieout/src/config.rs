//! `tieout config`: the configuration as files. `export` writes what is in force, `plan` says what
//! files would change and what that would have meant, `apply` proposes them and has another person
//! approve, `promote` packs them so that the next environment takes exactly these or none.

mod files;

use crate::serve::{self, ServeFault, SettingsArguments};
use app::command::{CheckerWord, Command, DecideConfiguration, Envelope, ProposeConfiguration};
use app::governance::{digest_of, readable};
use app::{App, AppFault, Outcome};
use control::Role;
use control::change::{ConfigurationKind, difference};
use control::topology::PRESETS;
use files::{Desired, Document};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;
use values::Date;

/// The exit status of a plan that has changes.
const CHANGES: u8 = 2;
/// Changed lines of one document that a plan shows.
const LINES: usize = 200;
/// Rows of the impact that a plan shows.
const ROWS: usize = 12;

/// Commands of `tieout config`.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ConfigCommand {
    /// Writes the configuration in force as files.
    Export {
        /// Folder to write; made when it is missing.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Says what the files would change, and what that would have changed of the last days. Exits
    /// with 0 when nothing changes and with 2 when something does.
    Plan {
        /// Folder or bundle.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Days of real events that the impact is computed over.
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Proposes what the files change. With --approved-by it is in force at once; without, it waits
    /// for another person.
    Apply {
        /// Folder or bundle.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Who makes the change.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Who approves it: a console user, and somebody else.
        #[arg(long, value_name = "NAME")]
        approved_by: Option<String>,
        /// Why.
        #[arg(long, default_value = "tieout config apply")]
        reason: String,
        /// The day from which it holds; at once and for every date when absent.
        #[arg(long, value_name = "DATE", value_parser = values::parse_date)]
        effective: Option<Date>,
        /// Days of real events that the impact is computed over.
        #[arg(long, default_value_t = 90)]
        days: u32,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Approves a proposal that waits.
    Approve {
        /// The proposal.
        proposal: String,
        /// Who approves it: a console user, and not its maker.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long, default_value = "tieout config approve")]
        reason: String,
        /// Which settings to use.
        #[command(flatten)]
        settings: SettingsArguments,
    },
    /// Packs a folder into one file with the digest of its content, for the next environment.
    Promote {
        /// Folder that `export` wrote and that was changed and tested.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// File to write.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Lists the models that ship with the program, or prints one.
    Preset {
        /// Its name; all of them when absent.
        name: Option<String>,
    },
}

/// Why `tieout config` did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// The books cannot be opened.
    #[error(transparent)]
    Serve(#[from] ServeFault),
    /// The program refused or failed.
    #[error(transparent)]
    App(#[from] AppFault),
    /// A file cannot be read or written.
    #[error("{} cannot be used: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A bundle was changed after it was made.
    #[error("{} was changed after it was made: its content has the digest {found}, not {stated}; promote it again", path.display())]
    Tampered {
        /// The bundle.
        path: PathBuf,
        /// What the content comes to.
        found: String,
        /// What it says.
        stated: String,
    },
    /// The configuration here is not the one that the files were made on.
    #[error("this environment has drifted from what the files were made on: {}. Export it, bring the difference into the files, and promote again; nothing was applied", kinds.join(", "))]
    Drifted {
        /// The documents that differ.
        kinds: Vec<String>,
    },
    /// Nobody of that name may approve.
    #[error(
        "{name} is no console user here; an approver is a person that `tieout user add` has added"
    )]
    NoSuchApprover {
        /// What was given.
        name: String,
    },
    /// There is no such model.
    #[error("there is no model {name:?}; there are: {known}")]
    NoSuchPreset {
        /// What was given.
        name: String,
        /// What there is.
        known: String,
    },
}

/// Does what was asked.
///
/// # Errors
/// When the files or the books cannot be used, the environment has drifted, or the change is
/// refused.
pub fn run(command: &ConfigCommand) -> Result<ExitCode, ConfigFault> {
    match command {
        ConfigCommand::Export { to, settings } => export(&open(settings)?, to),
        ConfigCommand::Plan {
            from,
            days,
            settings,
        } => plan(&open(settings)?, &files::desired(from)?, *days),
        ConfigCommand::Apply {
            from,
            by,
            approved_by,
            reason,
            effective,
            days,
            settings,
        } => {
            let asked = Asked {
                by,
                approved_by: approved_by.as_deref(),
                reason,
                effective: *effective,
                days: *days,
            };
            apply(&open(settings)?, &files::desired(from)?, &asked)
        }
        ConfigCommand::Approve {
            proposal,
            by,
            reason,
            settings,
        } => {
            let app = open(settings)?;
            known_user(&app, by)?;
            let answer = decide(&app, proposal, by, reason)?;
            println!(
                "{} is in force as version {}",
                text(&answer, "kind"),
                answer["version"]
            );
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Promote { from, to } => {
            let digest = files::promote(from, to)?;
            println!(
                "{} holds the configuration with the digest {digest}",
                to.display()
            );
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Preset { name } => preset(name.as_deref()),
    }
}

fn open(settings: &SettingsArguments) -> Result<App, ConfigFault> {
    Ok(serve::open(&settings.load()?)?)
}

fn export(app: &App, folder: &std::path::Path) -> Result<ExitCode, ConfigFault> {
    let mut documents = Vec::new();
    for kind in ConfigurationKind::ALL {
        let (_, text) = app.newest_configuration(*kind)?;
        documents.push((*kind, text));
    }
    files::write(folder, &documents)?;
    println!(
        "{} documents in {}; change them there, then `tieout config plan`",
        documents.len(),
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// A document that differs from what is here.
struct Change<'d> {
    document: &'d Document,
    before: String,
}

/// What differs, and which documents have drifted from the base of the files.
fn compare<'d>(
    app: &App,
    desired: &'d Desired,
) -> Result<(Vec<Change<'d>>, Vec<String>), ConfigFault> {
    let (mut changes, mut drifted) = (Vec::new(), Vec::new());
    for document in &desired.documents {
        let (_, before) = app.newest_configuration(document.kind)?;
        if before == document.text {
            continue;
        }
        if document
            .base
            .as_ref()
            .is_some_and(|base| *base != digest_of(&before))
        {
            drifted.push(document.kind.title().to_owned());
        }
        changes.push(Change { document, before });
    }
    Ok((changes, drifted))
}

fn plan(app: &App, desired: &Desired, days: u32) -> Result<ExitCode, ConfigFault> {
    let (changes, drifted) = compare(app, desired)?;
    if changes.is_empty() {
        println!("Nothing changes.");
        return Ok(ExitCode::SUCCESS);
    }
    let mut refused = None;
    for change in &changes {
        let kind = change.document.kind;
        println!("{} ({})", kind.title(), kind.file());
        let before = readable(kind, &change.before);
        let after = readable(kind, &change.document.text);
        let lines = difference(&before, &after);
        for line in lines.iter().take(LINES) {
            println!("  {} {}", line.mark, line.text);
        }
        if lines.len() > LINES {
            println!("  … {} more lines", lines.len() - LINES);
        }
        match app.configuration_impact(kind, &change.document.text, days) {
            Ok((impact, summary)) => tell(&impact, &summary),
            Err(fault) => {
                println!("  refused: {fault}");
                refused = Some(fault);
            }
        }
        println!();
    }
    for kind in &drifted {
        println!("{kind} has changed here since the files were made; `apply` will refuse.");
    }
    match refused {
        Some(fault) => Err(fault.into()),
        None => Ok(ExitCode::from(CHANGES)),
    }
}

fn tell(impact: &app::governance::view::Impact, summary: &str) {
    println!("  impact: {summary}");
    for row in impact.rows.iter().take(ROWS) {
        println!(
            "    {} {} {}: {} → {} ({})",
            row.entity, row.account, row.month, row.before, row.after, row.difference
        );
    }
    if impact.rows.len() > ROWS {
        println!("    … {} more balances", impact.rows.len() - ROWS);
    }
    for parked in impact.would_park.iter().take(ROWS) {
        println!("    {} would be held: {}", parked.id, parked.why);
    }
    for note in impact.notes.iter().take(ROWS) {
        println!("    {note}");
    }
}

/// Who asks for what.
struct Asked<'a> {
    by: &'a str,
    approved_by: Option<&'a str>,
    reason: &'a str,
    effective: Option<Date>,
    days: u32,
}

fn apply(app: &App, desired: &Desired, asked: &Asked<'_>) -> Result<ExitCode, ConfigFault> {
    let (changes, drifted) = compare(app, desired)?;
    if !drifted.is_empty() {
        return Err(ConfigFault::Drifted { kinds: drifted });
    }
    if changes.is_empty() {
        println!("Nothing changes.");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(name) = asked.approved_by {
        // Nothing is proposed that its approver could not approve.
        let role = known_user(app, name)?;
        for change in &changes {
            app.check_approver(change.document.kind, role)?;
        }
        if let Err(refusal) = control::approval::four_eyes(asked.by, name) {
            let refusal = app::Refusal::field("same_person", "approved-by", refusal.to_string());
            return Err(AppFault::from(refusal).into());
        }
    }
    for change in &changes {
        let kind = change.document.kind;
        let proposed = Command::ProposeConfiguration(ProposeConfiguration {
            kind,
            body: change.document.text.clone(),
            effective: asked.effective,
            reason: asked.reason.to_owned(),
            base: None,
            days: asked.days,
        });
        let made = sent(app, asked.by, proposed)?;
        let proposal = text(&made, "proposal");
        println!("{}: {} ({proposal})", kind.title(), text(&made, "summary"));
        match asked.approved_by {
            None => println!(
                "  waits for another person: the rules page, or `tieout config approve {proposal} --by NAME`"
            ),
            Some(name) => {
                let answer = decide(app, &proposal, name, asked.reason)?;
                println!("  version {}, approved by {name}", answer["version"]);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_default().to_owned()
}

fn decide(app: &App, proposal: &str, by: &str, reason: &str) -> Result<Value, ConfigFault> {
    let command = Command::DecideConfiguration(DecideConfiguration {
        proposal: proposal.parse().map_err(AppFault::from)?,
        decision: CheckerWord::Approve,
        reason: reason.to_owned(),
    });
    sent(app, by, command)
}

fn sent(app: &App, actor: &str, command: Command) -> Result<Value, ConfigFault> {
    let envelope = Envelope {
        client: "tieout config".to_owned(),
        key: app.ids().mint("key", app.clock().now()),
        actor: actor.to_owned(),
        command,
    };
    Ok(app.execute(envelope).map(Outcome::into_answer)?)
}

/// The role of a console user.
fn known_user(app: &App, name: &str) -> Result<Role, ConfigFault> {
    let asked = name.to_owned();
    let user = app
        .store()
        .read(move |tx| store::access::user(tx, &asked).map_err(AppFault::from))?;
    user.and_then(|user| Role::from_word(&user.role))
        .ok_or_else(|| ConfigFault::NoSuchApprover {
            name: name.to_owned(),
        })
}

fn preset(name: Option<&str>) -> Result<ExitCode, ConfigFault> {
    let Some(name) = name else {
        for preset in PRESETS {
            let summary = preset.topology().map(|it| it.summary().to_owned());
            println!(
                "{:<13} {:<10}  {}",
                preset.name,
                preset.kind,
                summary.unwrap_or_default()
            );
        }
        return Ok(ExitCode::SUCCESS);
    };
    let found = control::topology::preset(name).ok_or_else(|| ConfigFault::NoSuchPreset {
        name: name.to_owned(),
        known: PRESETS
            .iter()
            .map(|it| it.name)
            .collect::<Vec<_>>()
            .join(", "),
    })?;
    print!("{}", found.text);
    Ok(ExitCode::SUCCESS)
}
