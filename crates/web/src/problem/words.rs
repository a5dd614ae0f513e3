//! The words for which the domain refuses, each with what it means. A test compares them with the
//! sources, so that no refusal is without a page.

/// Word and meaning, by word.
pub(super) const REFUSALS: &[(&str, &str)] = &[
    (
        "address_refused",
        "The address of an endpoint has to be https and public; the message says what it is not.",
    ),
    (
        "allocation_refused",
        "The amount cannot be spread over the lines that were named.",
    ),
    (
        "alone_already",
        "The exception stands alone already: its likes were taken from it before.",
    ),
    (
        "already_asked",
        "The same was asked before; the message says how it stands.",
    ),
    (
        "already_decided",
        "It was decided before; how is in the message.",
    ),
    (
        "already_resolved",
        "The exception was resolved before; how is in the message.",
    ),
    (
        "already_reversed",
        "The journal was reversed before; a journal is reversed once.",
    ),
    (
        "amount_missing",
        "Only part of the invoice was disputed, so the amount that is credited has to be said.",
    ),
    (
        "amount_refused",
        "The amount cannot be kept in this currency: it is finer than its minor unit or out of range.",
    ),
    (
        "amount_too_large",
        "The amount is out of the range that is kept.",
    ),
    (
        "bad_amount",
        "The amount is not an exact decimal in major units, or has the wrong sign.",
    ),
    (
        "bad_approval_policy",
        "The approval policy cannot be one; every problem of it is in the message.",
    ),
    (
        "bad_configuration",
        "The document has a problem; each is named with its place and mend. Nothing of it was kept.",
    ),
    (
        "bad_cursor",
        "The cursor is not one of this list; start again without one.",
    ),
    (
        "bad_days",
        "The days to look back are outside what is possible.",
    ),
    ("bad_decision", "A decision is approve or deny."),
    (
        "bad_deviation",
        "A deviation lacks something, or the template does not open the key that it names.",
    ),
    (
        "bad_font",
        "A file in the folder of fonts is not a font; the message names it.",
    ),
    (
        "bad_id",
        "An id has 1 to 80 letters, digits or any of _ - . : / without spaces.",
    ),
    (
        "bad_idempotency_key",
        "An idempotency key has 1 to 255 visible ASCII characters.",
    ),
    ("bad_method", "A payment came by card or by transfer."),
    (
        "bad_identifier",
        "An id or number of another system is empty or too long.",
    ),
    (
        "bad_mode",
        "A flow delivers at once, collected every so many minutes, or once a day at a time.",
    ),
    (
        "bad_month",
        "A month is written as a year and a month, such as 2026-01.",
    ),
    ("bad_outcome", "An exception ends as mended or as skipped."),
    (
        "bad_outcome_code",
        "A case ends with one of the outcome codes of its kind; the message lists them.",
    ),
    (
        "bad_owner",
        "The owner of an exception is a role or a person, in at most 80 letters.",
    ),
    ("bad_pace", "A replay takes 1 to 1,000 items a second."),
    (
        "bad_paper",
        "Something that stands on documents cannot be what was meant: a country, a VAT identifier, an account, a logo.",
    ),
    (
        "bad_payload",
        "The payload is not JSON, or too large to be edited.",
    ),
    (
        "bad_posting_rules",
        "The posting rules cannot be read, or do not fit the chart of accounts.",
    ),
    (
        "bad_priority",
        "A priority is a whole number from -100 to 100.",
    ),
    (
        "bad_process",
        "The definition of the process cannot be read or does not hold together; every problem is in the message.",
    ),
    (
        "bad_row",
        "A row of the file cannot be taken; its line and column are in the message. Nothing of the file was kept.",
    ),
    (
        "bad_severity",
        "An incident has one of the severities that the message lists.",
    ),
    ("bad_tax_rate", "A tax rate is a proportion from 0 to 1."),
    (
        "bad_title",
        "The title of an incident says in at most 200 letters what is the matter.",
    ),
    (
        "batch_ended",
        "The work on many exceptions has ended already, so there is nothing to stop.",
    ),
    (
        "cannot_close",
        "The month cannot be closed yet: an earlier one is open, or something of it is not posted.",
    ),
    (
        "cannot_decide",
        "This person may not decide about the request, or it has ended. The maker is never the checker.",
    ),
    (
        "cannot_delegate",
        "This permission cannot be lent so: only what one holds by role, to somebody else, and not in a ring.",
    ),
    (
        "cannot_reopen",
        "The month is open, or a later one is closed.",
    ),
    (
        "cannot_run",
        "The replay ran or was cancelled before; plan a new one.",
    ),
    ("cannot_steer", "The replay is not in a state for this."),
    (
        "chain_ended",
        "The exception was escalated to everybody in its chain before.",
    ),
    (
        "changed_since_preview",
        "Since the preview, exceptions came or went: look again before acting on all of them.",
    ),
    (
        "checksum_differs",
        "The file is not the one whose checksum was stated: it was changed or cut off on its way.",
    ),
    (
        "configuration_drifted",
        "The configuration has moved on since the version that the proposal was made on.",
    ),
    (
        "contract_exists",
        "There is a contract with this id already.",
    ),
    (
        "contract_id_too_long",
        "The id of the contract leaves no room for the ids that are made from it.",
    ),
    (
        "currencies_differ",
        "Two amounts of different currencies stand where they must be the same.",
    ),
    (
        "currency_fixed",
        "The currency of an entity does not change once there are books in it.",
    ),
    (
        "customer_exists",
        "There is a customer with this id already.",
    ),
    (
        "customer_missing",
        "Nobody knows whose payment it is: name a customer or an invoice.",
    ),
    (
        "decided_already",
        "The proposal was approved or rejected before; how is in the message.",
    ),
    (
        "dispute_closed",
        "The dispute ended before; its outcome is in the message.",
    ),
    (
        "disputed_already",
        "The invoice has an open dispute already; add to that one.",
    ),
    (
        "does_not_fit_contract",
        "The change does not fit what the contract is now.",
    ),
    (
        "effective_date_outside_service",
        "The date lies outside the days on which the contract is served.",
    ),
    (
        "effective_past",
        "A change of master data holds from today or from a later day.",
    ),
    (
        "end_before_start",
        "The last day of service lies before the first.",
    ),
    (
        "endpoint_disabled",
        "The endpoint is disabled: enable it first.",
    ),
    (
        "evidence_changed",
        "What the request would do has changed since it was looked at; look again and decide with the new digest.",
    ),
    (
        "exceeds_unapplied",
        "The amount is above what is left of the payment.",
    ),
    (
        "exceptions_open",
        "An incident ends only after its exceptions; how many are open is in the message.",
    ),
    (
        "extension_not_later",
        "An extension ends later than the contract does now.",
    ),
    (
        "field_unknown",
        "The field is not one of the canonical fields.",
    ),
    (
        "field_without_owner",
        "No system is the record of the field in this scope.",
    ),
    (
        "file_unreadable",
        "The file is not one that can be read: not CSV with the columns of its kind, or not in UTF-8.",
    ),
    ("foreign_line", "The line belongs to another invoice."),
    (
        "frequency_not_sold",
        "The product has no price for this billing period.",
    ),
    (
        "illegal_contract_transition",
        "A contract in this state does not change in this way.",
    ),
    (
        "illegal_step",
        "The contract cannot be moved so from its present state.",
    ),
    ("incident_closed", "The incident is closed."),
    (
        "is_a_dispute",
        "An exception about a disputed invoice ends with its dispute: resolve the dispute.",
    ),
    ("journal_exists", "There is a journal with this id already."),
    (
        "journal_refused",
        "The journal does not balance, is empty, or names an account that cannot be posted to.",
    ),
    (
        "line_refused",
        "A line of the contract cannot be sold in this way; the message says why.",
    ),
    (
        "missing_currency",
        "Neither the contract nor the customer nor the entity says which currency it is.",
    ),
    ("missing_end", "A contract has a last day of service."),
    (
        "missing_entity",
        "No legal entity is named, and none follows from what is named.",
    ),
    (
        "missing_frequency",
        "Neither the line nor the catalogue says how long a billing period is.",
    ),
    ("missing_start", "A contract has a first day of service."),
    (
        "more_than_open",
        "More is disputed than is open of the invoice, or nothing.",
    ),
    (
        "moved_on",
        "What is parked has changed since the proposal was made from it; propose it again.",
    ),
    ("name_missing", "A name is needed and is empty."),
    ("negative_price", "A price is zero or more."),
    ("negative_quantity", "A quantity is zero or more."),
    ("negative_selling_price", "A selling price is zero or more."),
    ("no_event", "The delivery is signed and is no event."),
    (
        "no_event_type",
        "An endpoint names at least one event type, a group of them, or * for everything.",
    ),
    ("no_lines", "At least one line is needed."),
    ("no_rule", "No posting rule fits the event."),
    (
        "no_such_item",
        "The exception does not hold the item that was named; the message lists those it holds.",
    ),
    ("no_such_step", "The playbook has no such step."),
    ("no_tiers", "A tiered price has at least one tier."),
    (
        "no_units_to_price",
        "What is charged has no units, so no price of a unit can be agreed; state the whole charge.",
    ),
    ("none_meant", "The filter means no open exception."),
    ("not_a_fraction", "A fraction is above 0 and at most 1."),
    (
        "not_by_itself",
        "This command depends on who sends it and cannot be tried or done for somebody else.",
    ),
    (
        "not_en16931",
        "EN 16931 wants something that the document does not have, or allows less than it has; the message names the rule and the mend.",
    ),
    (
        "not_in_force",
        "Only what is approved and in force can be ended.",
    ),
    (
        "not_kept",
        "The delivery could not be kept; the sender is to try again.",
    ),
    ("not_parked", "The request is not parked."),
    (
        "not_of_the_contract",
        "What the document states is not what the contract has that it names.",
    ),
    (
        "not_resent",
        "Only a message that was given up or passed over is sent again.",
    ),
    (
        "not_sold_in_currency",
        "The product has no price in this currency.",
    ),
    (
        "not_the_owner",
        "Another system is the record of the field in this scope; make the change there.",
    ),
    ("not_yours", "Only the person who made it can take it back."),
    (
        "not_verified",
        "No other system's billing of this contract is verified here.",
    ),
    (
        "note_missing",
        "A dispute needs a note: what the customer objects to.",
    ),
    ("nothing_changed", "The payload is as it was."),
    ("nothing_changes", "Every field is as it is stated already."),
    (
        "nothing_gathered",
        "An incident gathers at least one open exception that no other incident has.",
    ),
    (
        "nothing_kept",
        "From the first day of a period or term on nothing was used, so all of it is given back.",
    ),
    (
        "nothing_may_run",
        "Every item of the replay posts into a closed month, and closed months are to be left as they are.",
    ),
    ("nothing_open", "Nothing is open on the invoice."),
    (
        "nothing_selected",
        "The filter of the replay selects nothing that waits.",
    ),
    (
        "nothing_to_edit",
        "Nothing parked stands behind the exception whose text could be edited; mend the cause where it is and try again.",
    ),
    (
        "nothing_to_retry",
        "Nothing waits behind this exception; settle it when it is put right, or reject it.",
    ),
    (
        "nothing_unapplied",
        "The whole payment is set against invoices already.",
    ),
    ("one_target", "Name a connection or a lane, not both."),
    (
        "other_content",
        "An event with this id came before with other content; the first one stays.",
    ),
    (
        "other_customer",
        "The payment and the invoice belong to different customers.",
    ),
    ("out_of_balance", "Debits and credits are not equal."),
    (
        "outside_document_differs",
        "A document of that system with that id was recorded before with other content.",
    ),
    (
        "overlap_too_long",
        "Two signing secrets are in force for at most 168 hours.",
    ),
    ("payment_exists", "There is a payment with this id already."),
    (
        "period_closed",
        "The month is closed; use a date in an open month, or have the month reopened.",
    ),
    (
        "process_exists",
        "There is a process with this id already; leave the id out to get a new one.",
    ),
    (
        "process_under_way",
        "A process of this kind is under way for the same subject.",
    ),
    ("quantity_not_positive", "A quantity is above zero."),
    (
        "read_by_another",
        "Another process read the same events first; nothing was changed.",
    ),
    (
        "reason_missing",
        "A reason is needed: it is kept for the auditor.",
    ),
    (
        "reason_too_long",
        "The reason is longer than is kept; the message says how long it may be.",
    ),
    (
        "received_in_future",
        "The day on which the money is said to have arrived has not come yet.",
    ),
    (
        "refund_exceeds_unapplied",
        "More is to be given back than is set against nothing; credit the invoice first.",
    ),
    ("revoked_already", "The delegation was taken back before."),
    (
        "rows_differ",
        "The file has another number of rows than was stated; fetch it again.",
    ),
    (
        "same_person",
        "Who made a change cannot approve or deny it; ask somebody else.",
    ),
    (
        "secret_shown",
        "A signing secret is shown once; rotate it to get a new one.",
    ),
    (
        "segment_ends_before_start",
        "A part of the schedule ends before it begins.",
    ),
    (
        "set_meanwhile",
        "Somebody else set another version meanwhile; look at it, then set it again.",
    ),
    (
        "signature_in_future",
        "The signature is dated after the clock of this machine.",
    ),
    (
        "signature_malformed",
        "The signature header cannot be read.",
    ),
    ("signature_missing", "The signature header is missing."),
    (
        "signature_too_old",
        "The signature is older than the tolerance; it may be a repeat of an old delivery.",
    ),
    (
        "signature_wrong",
        "The signature was made with no secret that is known here, or over other bytes.",
    ),
    (
        "still_stopped",
        "What the exception stopped would stop again now; mend the cause first.",
    ),
    ("system_only_reads", "A system of insight only reads."),
    (
        "system_unknown",
        "The writer is not a system of the topology.",
    ),
    ("term_not_expired", "The term has not ended yet."),
    ("term_too_long", "The term is longer than can be served."),
    ("too_large", "The delivery is larger than one mebibyte."),
    (
        "too_many_items",
        "A replay has at most 2,000 items; narrow its filter.",
    ),
    (
        "totals_differ",
        "A column adds up to another total than was stated; fetch the file again or correct the statement.",
    ),
    ("unknown_account", "The account is not in the chart."),
    (
        "unknown_connection",
        "There is no connection of this name; the message lists those there are.",
    ),
    ("unknown_currency", "The currency is not one of ISO 4217."),
    ("unknown_entity", "There is no legal entity with this id."),
    (
        "unknown_event_type",
        "The catalogue of events has no such type or group, or the version is no longer sent.",
    ),
    (
        "unknown_flow",
        "There is no flow of this name; the message lists those there are.",
    ),
    (
        "unknown_frequency",
        "The billing period is not one that is known.",
    ),
    (
        "unknown_invoice",
        "The invoice that is to be credited was not recorded from that system for that contract.",
    ),
    (
        "unknown_lane",
        "Nothing waits in a lane of this name, and it is not held.",
    ),
    ("unknown_line", "The invoice has no line with this id."),
    ("unknown_permission", "There is no permission of this name."),
    ("unknown_person", "There is no user or token of this name."),
    (
        "unknown_process",
        "There is no published process of this name; the message lists those there are.",
    ),
    ("unknown_revenue_class", "The revenue class has no account."),
    (
        "unknown_source_line",
        "The credit names a line that the invoice does not have.",
    ),
    (
        "unknown_version",
        "There is no event of that major version.",
    ),
    (
        "unmapped_attribute",
        "A posting rule needs an attribute that has no account mapped to it.",
    ),
    (
        "unprintable",
        "The document cannot be put on paper: it has no number or line yet, or a letter that no font has.",
    ),
    (
        "version_not_higher",
        "The version is not above the present one; a version that was published is never changed.",
    ),
    (
        "waiver_missing",
        "A staging interface needs an approved legacy deviation that is in force.",
    ),
];
