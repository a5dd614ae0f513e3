//! What definitions of processes may name in tests: every event, and some commands and operations.

use control::process::Known;

pub const KNOWN: Known<'static> = Known {
    events: events::Event::TYPE_NAMES,
    commands: &[
        "amend_contract",
        "run_billing",
        "recognise_revenue",
        "issue_credit_note",
        "refund_payment",
        "record_payment",
        "close_period",
        "reopen_period",
    ],
    operations: &["netsuite.journal_entry"],
};
