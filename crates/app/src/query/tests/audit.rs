//! The export of the log is sound, and every way of tampering with it is found.

use super::Company;
use crate::query::{AuditFault, audit_verify};
use events::ChainBreak;

fn export() -> (Company, Vec<String>) {
    let company = Company::new();
    company.two_contracts();
    company.bill("2026-02-10");
    let (bytes, events) = company.app.audit_export(Vec::new()).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.len() as u64, events + 1);
    (company, lines)
}

fn verify(lines: &[String]) -> Result<crate::query::AuditReport, AuditFault> {
    audit_verify(lines.join("\n").as_bytes())
}

/// Position of the last event of a partition that has several.
fn last_of_a_long_partition(lines: &[String]) -> usize {
    let sequence = |line: &String| -> i64 {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["sequence"].as_i64().unwrap_or(0)
    };
    (1..lines.len())
        .find(|at| sequence(&lines[at - 1]) > 2 && sequence(&lines[*at]) <= 1)
        .unwrap()
        - 1
}

#[test]
fn a_sound_export_verifies_and_has_the_fingerprint_of_the_log() {
    let (company, lines) = export();
    let report = verify(&lines).unwrap();
    assert_eq!(report.events, lines.len() as u64 - 1);
    assert_eq!(company.app.audit_check().unwrap().unwrap(), report);
}

#[test]
fn a_changed_byte_is_found() {
    let (_, lines) = export();
    for (at, from, to) in [
        (0, "tester", "tesser"),
        (1, "\"sequence\":1", "\"sequence\":3"),
        (2, "simulation", "live"),
    ] {
        let mut changed = lines.clone();
        let Some(place) = changed.iter().skip(at).position(|line| line.contains(from)) else {
            panic!("no line holds {from}")
        };
        changed[at + place] = changed[at + place].replacen(from, to, 1);
        assert!(
            matches!(verify(&changed), Err(AuditFault::Broken(_))),
            "{from} to {to}"
        );
    }
    let mut changed = lines.clone();
    let at = changed
        .iter()
        .position(|line| line.contains("Acme Corp."))
        .unwrap();
    changed[at] = changed[at].replace("Acme Corp.", "Acme Inc..");
    let fault = verify(&changed).unwrap_err();
    assert!(
        matches!(fault, AuditFault::Broken(ChainBreak::Changed { .. })),
        "{fault}"
    );
}

#[test]
fn a_removed_event_is_found_wherever_it_stood() {
    let (_, lines) = export();
    let last = last_of_a_long_partition(&lines);
    let mut cut = lines.clone();
    cut.remove(last);
    assert!(matches!(
        verify(&cut),
        Err(AuditFault::Broken(ChainBreak::CutOff { .. }))
    ));
    let mut gap = lines.clone();
    gap.remove(last - 1);
    assert!(matches!(
        verify(&gap),
        Err(AuditFault::Broken(ChainBreak::Gap { .. }))
    ));
    let mut whole = lines;
    let first = whole
        .iter()
        .position(|line| line.contains("\"partition\":\"customer/acme\""))
        .unwrap();
    whole.remove(first);
    assert!(verify(&whole).is_err());
}

#[test]
fn a_swapped_pair_is_found_even_when_it_is_renumbered() {
    let (_, lines) = export();
    let last = last_of_a_long_partition(&lines);
    let mut swapped = lines.clone();
    swapped.swap(last - 1, last);
    assert!(matches!(
        verify(&swapped),
        Err(AuditFault::Broken(ChainBreak::Gap { .. }))
    ));
    let number = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["sequence"].to_string()
    };
    let (one, two) = (number(&lines[last - 1]), number(&lines[last]));
    let renumber = |line: &str, from: &str, to: &str| {
        line.replacen(
            &format!("\"sequence\":{from},"),
            &format!("\"sequence\":{to},"),
            1,
        )
    };
    swapped[last - 1] = renumber(&swapped[last - 1], &two, &one);
    swapped[last] = renumber(&swapped[last], &one, &two);
    assert!(matches!(
        verify(&swapped),
        Err(AuditFault::Broken(ChainBreak::Changed { .. }))
    ));
}

#[test]
fn a_cut_off_or_lengthened_export_is_found() {
    let (_, lines) = export();
    assert_eq!(verify(&lines[..lines.len() - 1]), Err(AuditFault::NoHeads));
    let mut longer = lines.clone();
    longer.push(lines[0].clone());
    assert_eq!(
        verify(&longer),
        Err(AuditFault::AfterHeads {
            line: lines.len() as u64 + 1
        })
    );
    let mut noise = lines.clone();
    noise[3] = "{}".to_owned();
    assert!(matches!(
        verify(&noise),
        Err(AuditFault::Unreadable { line: 4, .. })
    ));
    let mut again = lines.clone();
    let heads = again.pop().unwrap();
    again.push(lines[0].clone());
    again.push(heads);
    let fault = verify(&again).unwrap_err();
    assert!(
        matches!(fault, AuditFault::OutOfOrder { .. } | AuditFault::Broken(_)),
        "{fault}"
    );
}
