//! Letterheads and parties say everything that is wrong with them.

use super::{logo, samples};
use paper::{BankAccount, Letterhead, Logo};

#[test]
fn a_whole_letterhead_has_no_fault_and_reads_back() {
    let mut letterhead = samples::seller();
    letterhead.logo = Some(Logo(logo::picture()));
    assert_eq!(letterhead.faults(), Vec::new());
    let text = serde_json::to_string(&letterhead).expect("json");
    let back: Letterhead = serde_json::from_str(&text).expect("a letterhead");
    assert_eq!(back, letterhead);
    let least: Letterhead = serde_json::from_str(r#"{"name": "A Ltd"}"#).expect("defaults");
    assert_eq!(least.faults(), Vec::new());
}

#[test]
fn every_fault_is_told_at_once_with_field_value_and_mend() {
    let mut letterhead = samples::seller();
    letterhead.name = String::new();
    letterhead.address.country = "Germany".to_owned();
    letterhead.vat_id = "123".to_owned();
    letterhead.electronic_address = "9930".to_owned();
    letterhead.bank_accounts[0].account = "DE89 3704 0044 0532 0130 01".to_owned();
    letterhead.logo = Some(Logo("bm8gcGljdHVyZQ==".to_owned()));
    let told: Vec<String> = letterhead
        .faults()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "name \"\": state the registered name",
            "address.country \"Germany\": use the two letters of ISO 3166-1, such as DE or US",
            "vat_id \"123\": begin with the country's two letters and leave out blanks, such as \
             DE123456789",
            "electronic_address \"9930\": write the scheme of the EAS list, a colon and the \
             identifier, such as 0204:991-12345",
            "bank_accounts[0].account \"DE89 3704 0044 0532 0130 01\": the check digits of this \
             IBAN are wrong: compare it with the bank's",
            "logo \"bm8gcGljdHVy\": send a PNG or a JPEG picture",
        ]
    );
}

#[test]
fn an_iban_is_told_by_its_check_digits_and_printed_in_fours() {
    let account = |text: &str| BankAccount {
        account: text.to_owned(),
        ..BankAccount::default()
    };
    assert!(account("GB82 WEST 1234 5698 7654 32").is_iban());
    assert!(account("nl91abna0417164300").is_iban());
    assert!(!account("GB82 WEST 1234 5698 7654 33").is_iban());
    assert!(!account("021000021 / 12345678").is_iban());
    assert_eq!(
        account("GB82WEST12345698765432")
            .printed()
            .replace('\u{a0}', " "),
        "GB82 WEST 1234 5698 7654 32"
    );
}
