//! Where the program asks which pricing model a charge is.

/// A pricing model is a variant and a function: nothing outside the folder of charges asks which model a charge
/// is, so a new one changes no journey, no connector and no screen.
#[test]
fn no_source_file_outside_their_folder_asks_which_model_a_charge_is() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let variants = [
        "Flat",
        "PerUnit",
        "Graduated",
        "Volume",
        "Seats",
        "Package",
        "Percentage",
        "GraduatedPercentage",
        "Matrix",
        "Capacity",
        "Blocks",
        "Milestones",
        "Commitment",
        "MinimumSpend",
        "CreditPack",
    ];
    let asked = |line: &str| {
        variants.iter().any(|variant| {
            let name = format!("Charge::{variant}");
            line.find(&name).is_some_and(|at| {
                line.get(at + name.len()..)
                    .and_then(|rest| rest.chars().next())
                    .is_none_or(|next| !next.is_alphanumeric())
            })
        })
    };
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut folders = vec![crates];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = path.display().to_string();
            if path.is_dir() {
                if !["tests", "target", "data", "templates", "static"]
                    .iter()
                    .any(|skipped| path.ends_with(skipped))
                {
                    folders.push(path);
                }
            } else if text.ends_with(".rs") && !text.contains("commerce/src/charge") {
                looked_at += 1;
                let source = std::fs::read_to_string(&path).unwrap();
                let body = source.split("#[cfg(test)]").next().unwrap_or_default();
                found.extend(
                    body.lines()
                        .filter(|line| asked(line))
                        .map(|line| format!("{text}: {}", line.trim())),
                );
            }
        }
    }
    assert!(looked_at > 300, "only {looked_at} files were looked at");
    assert!(found.is_empty(), "{found:#?}");
}
