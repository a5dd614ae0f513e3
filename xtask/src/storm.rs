//! `cargo xtask storm`: builds the simulation with some optimisation and lives many seeds.

use std::path::Path;
use std::process::ExitCode;

use crate::tools::cargo;
use crate::trouble::Trouble;

/// Runs the storm with the caller's arguments and passes its exit status on. The profile is set by
/// environment, so that no other build of the workspace is made anew for it.
pub fn storm(root: &Path, arguments: &[String]) -> Result<ExitCode, Trouble> {
    let mut words = vec!["run", "--quiet", "--package", "storm", "--target-dir"];
    let folder = root.join("target").join("storm").display().to_string();
    words.push(&folder);
    words.push("--");
    words.extend(arguments.iter().map(String::as_str));
    let mut command = cargo(root, &words);
    // Optimised enough to live a year in a second, with the checks of a debug build.
    command
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    let status = command.status().map_err(|source| Trouble::NotStarted {
        command: "cargo run --package storm".to_owned(),
        source,
    })?;
    Ok(match status.code() {
        Some(0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
