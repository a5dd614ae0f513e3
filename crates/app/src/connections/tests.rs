//! Tests of the configuration of connections.

use super::*;

#[test]
fn configuration_never_prints_its_secrets() {
    let config: ConnectionsConfig = serde_json::from_value(serde_json::json!({
        "stripe": { "api_key": "sk_private", "webhook_secrets": ["whsec_private"] },
        "netsuite": {
            "account": "T1", "consumer_key": "ck", "consumer_secret": "cs_private", "token": "t",
            "token_secret": "ts_private", "ids": { "accounts": { "1100": "119" }, "subsidiaries": { "US": "1" } }
        }
    }))
    .unwrap();
    let printed = format!("{config:?}");
    assert!(!printed.contains("private"), "{printed}");
    let connections = Connections::over_http(&config);
    assert!(connections.has(STRIPE) && connections.has(NETSUITE) && !connections.has(SALESFORCE));
    assert_eq!(
        connections.netsuite.as_ref().unwrap().ids.accounts["1100"],
        "119"
    );
    assert_eq!(connections.verifier.tolerance_s, 300);
}

#[test]
fn a_credential_too_short_to_be_kept_out_of_answers_is_refused_unsaid() {
    for (settings, field) in [
        (
            serde_json::json!({ "stripe": { "api_key": "sk_x1y2" } }),
            "sk_x1y2",
        ),
        (
            serde_json::json!({ "stripe": { "api_key": "sk_test_1", "webhook_secrets": ["wh_x1y2"] } }),
            "wh_x1y2",
        ),
    ] {
        let refused = serde_json::from_value::<ConnectionsConfig>(settings).unwrap_err();
        let told = refused.to_string();
        assert!(
            told.contains("a credential has at least 8 characters"),
            "{told}"
        );
        assert!(!told.contains(field), "{told}");
    }
}

#[test]
fn a_misspelled_setting_is_refused() {
    let refused = serde_json::from_value::<ConnectionsConfig>(serde_json::json!({ "strip": {} }));
    assert!(refused.unwrap_err().to_string().contains("strip"));
}
