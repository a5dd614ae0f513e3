//! Adyen as the workers use it: merchant accounts, each a connection of its own.

use super::{credential, secret};
use crate::payment_routes;
use connect::Secret;
use connect::adyen::{self, webhook};
use connect::driver::{Adyen, Driver};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the Adyen connection in the inbox and the effect ledger.
pub const ADYEN: &str = adyen::SYSTEM;

/// How a merchant account at Adyen is reached and how its notifications are checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdyenConfig {
    /// Address of the Checkout API with its version, such as `https://checkout-test.adyen.com/v71`,
    /// without a slash at the end. The live one has a prefix of the company.
    pub base_url: String,
    /// The API key of the web service user.
    #[serde(deserialize_with = "secret")]
    pub api_key: Secret,
    /// The merchant account that is paid.
    pub merchant_account: String,
    /// HMAC keys of the webhook, in hexadecimal digits as Adyen shows them; during a rotation the
    /// new one and the old one.
    #[serde(default, deserialize_with = "hmac_keys")]
    pub webhook_hmac_keys: Vec<Secret>,
}

/// The fault says nothing of what was read.
fn hmac_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .into_iter()
        .map(|text| {
            if webhook::is_key(&text) {
                credential(text)
            } else {
                Err(serde::de::Error::custom(
                    "an HMAC key of Adyen is an even number of hexadecimal digits, at least 32, as its Customer Area shows it",
                ))
            }
        })
        .collect()
}

/// Names of further accounts are the last part of a connection's name.
pub(super) fn accounts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, AdyenConfig>, D::Error> {
    let accounts = BTreeMap::<String, AdyenConfig>::deserialize(deserializer)?;
    for name in accounts.keys() {
        if payment_routes::connection(&format!("{ADYEN}_{name}")).is_none() {
            return Err(serde::de::Error::custom(format!(
                "{name:?} is no name of a merchant account; write up to 20 small letters and digits, such as eu"
            )));
        }
    }
    Ok(accounts)
}

/// A merchant account at Adyen.
pub struct AdyenAccount {
    /// The account.
    pub api: Adyen,
    /// Checks its notifications.
    pub verifier: webhook::Verifier,
}

/// The accounts of a configuration, by connection.
pub(super) fn of(
    driver: &Arc<Driver>,
    first: Option<&AdyenConfig>,
    others: &BTreeMap<String, AdyenConfig>,
) -> BTreeMap<&'static str, AdyenAccount> {
    let first = first.map(|config| (ADYEN, account(driver, config)));
    let others = others.iter().filter_map(|(name, config)| {
        let connection = payment_routes::connection(&format!("{ADYEN}_{name}"))?;
        Some((connection, account(driver, config)))
    });
    first.into_iter().chain(others).collect()
}

fn account(driver: &Arc<Driver>, config: &AdyenConfig) -> AdyenAccount {
    let connection = adyen::Connection {
        base_url: config.base_url.clone(),
        api_key: config.api_key.clone(),
        merchant_account: config.merchant_account.clone(),
    };
    AdyenAccount {
        api: Adyen::new(driver.clone(), connection),
        verifier: webhook::Verifier {
            keys: config.webhook_hmac_keys.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Connections, ConnectionsConfig};
    use super::*;
    use serde_json::{Value, json};

    fn settings(extra: Value) -> Result<ConnectionsConfig, serde_json::Error> {
        let mut adyen = json!({
            "base_url": "https://checkout-test.adyen.com/v71", "api_key": "AQE_private_key",
            "merchant_account": "ExampleECOM",
            "webhook_hmac_keys": ["44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"]
        });
        for (name, value) in extra.as_object().unwrap() {
            adyen[name] = value.clone();
        }
        serde_json::from_value(json!({ "adyen": adyen }))
    }

    #[test]
    fn an_account_is_a_connection_and_its_secrets_never_print() {
        let config = settings(json!({})).unwrap();
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("private") && !printed.contains("44782DEF"),
            "{printed}"
        );
        let connections = Connections::over_http(&config);
        assert_eq!(connections.names(), [ADYEN]);
        assert!(connections.has(ADYEN) && !connections.has("adyen_eu"));
        assert!(
            connections.processor(ADYEN).is_none(),
            "it is no account of Stripe"
        );
    }

    #[test]
    fn a_key_that_is_not_hexadecimal_is_refused_unsaid() {
        let refused = settings(json!({ "webhook_hmac_keys": ["nothexadecimal"] })).unwrap_err();
        let told = refused.to_string();
        assert!(told.contains("hexadecimal digits, at least 32"), "{told}");
        assert!(!told.contains("nothexadecimal"), "{told}");
    }

    #[test]
    fn a_name_that_is_no_connection_is_refused() {
        let refused = serde_json::from_value::<ConnectionsConfig>(json!({
            "adyen_accounts": { "EU west": {
                "base_url": "https://x.example/v71", "api_key": "AQE_private_key", "merchant_account": "A" } }
        }));
        assert!(refused.unwrap_err().to_string().contains("EU west"));
    }
}
