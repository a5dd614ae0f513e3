//! The table of what is done about each class of fault, as people read it.

use control::effect::FaultClass;
use control::fault_policy::{TABLE, page};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/flow.md");
const FROM: &str = "<!-- faults: written by a test, see crates/control/tests/fault_policy.rs -->\n";
const UNTIL: &str = "<!-- end of faults -->\n";

#[test]
fn the_page_prints_the_table() {
    let page_text = std::fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page_text.split_once(FROM).unwrap();
    let (printed, after) = rest.split_once(UNTIL).unwrap();
    if std::env::var_os("UPDATE_FAULTS").is_some() {
        std::fs::write(PAGE, format!("{before}{FROM}{}{UNTIL}{after}", page())).unwrap();
        return;
    }
    assert!(
        printed == page(),
        "docs/flow.md is out of date; run UPDATE_FAULTS=1 cargo test -p control --test fault_policy"
    );
}

#[test]
fn every_class_has_its_row_and_what_is_permanent_is_never_repeated() {
    let classes = [
        FaultClass::Transient,
        FaultClass::Throttled {
            retry_after_ms: None,
        },
        FaultClass::Authentication,
        FaultClass::Data,
        FaultClass::Policy,
        FaultClass::Conflict,
        FaultClass::Duplicate,
        FaultClass::Ambiguous,
        FaultClass::Bug,
    ];
    for (class, row) in classes.into_iter().zip(&TABLE) {
        assert_eq!(class.as_str(), row.class);
        assert_eq!(class.policy(), row);
        assert!(!row.exception.playbook().is_empty());
    }
}
