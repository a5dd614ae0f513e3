//! What the billing commands refuse: every refusal names the field, the value and the mend. Each case
//! says the value that its refusal must name; the wording of all of them stands in `words.txt`, which
//! `UPDATE_WORDS=1` writes anew. Read the difference before you commit it.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod company;
mod policy;

use cases::Case;
use company::Company;
use std::fmt::Write as _;
use std::path::Path;

#[test]
fn every_refusal_of_billing_names_field_value_and_mend() {
    let company = Company::new();
    let mut told = String::new();
    let mut wanting = Vec::new();
    for Case {
        command,
        value,
        body,
    } in cases::all()
    {
        let refusals = company.refused(command, &body);
        // A whole policy need not stand there.
        let shown: String = body.to_string().chars().take(240).collect();
        let _ = writeln!(told, "{command} {shown}");
        for refusal in &refusals {
            let field = refusal.field.as_deref().unwrap_or("-");
            let _ = writeln!(told, "    {field} [{}] {}", refusal.code, refusal.message);
        }
        if !refusals.iter().any(|it| it.message.contains(value)) {
            wanting.push(format!(
                "{command} {body} does not name {value:?}: {refusals:?}"
            ));
        }
        for refusal in &refusals {
            // A refusal of the whole has no field that one could change.
            let is_of_a_field = refusal
                .field
                .as_deref()
                .is_some_and(|field| !field.is_empty());
            if !is_of_a_field && !cases::OF_THE_WHOLE.contains(&refusal.code.as_str()) {
                wanting.push(format!("{command} {body} names no field: {refusal:?}"));
            }
        }
    }
    assert!(wanting.is_empty(), "{}", wanting.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/refused/words.txt");
    if std::env::var_os("UPDATE_WORDS").is_some() {
        std::fs::write(&path, &told).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (expected, told) in expected.lines().zip(told.lines()) {
        assert_eq!(expected, told);
    }
    assert_eq!(expected.lines().count(), told.lines().count());
}
