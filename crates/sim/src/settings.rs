//! How the program reaches the simulators, in the words of its settings file.

use crate::Simulators;
use crate::world::Company;
use serde_json::{Map, Value, json};

impl Simulators {
    /// The section `connections` of the settings of a program that uses these simulators for the
    /// standard company: with credentials, and with its codes mapped to what each system calls them.
    /// Accounts are called there what they are called here.
    pub fn settings(
        &self,
        accounts: impl IntoIterator<Item = String>,
        webhook_secret: &str,
    ) -> Value {
        let [consumer_key, consumer_secret, token, token_secret] = self.netsuite.credentials();
        let (mut subsidiaries, mut currencies) = (Map::new(), Map::new());
        for entity in Company::standard().entities {
            subsidiaries.insert(entity.id, entity.netsuite_subsidiary.into());
            currencies.insert(entity.currency, entity.netsuite_currency.into());
        }
        let accounts: Map<String, Value> = accounts
            .into_iter()
            .map(|code| (code.clone(), code.into()))
            .collect();
        let sellers: Map<String, Value> = Company::standard()
            .entities
            .into_iter()
            .map(|entity| {
                let country = entity.id.get(..2).unwrap_or("US").to_owned();
                (
                    entity.id,
                    json!({ "company": crate::avatax::COMPANY, "country": country }),
                )
            })
            .collect();
        json!({
            "avatax": {
                "base_url": self.avatax.base_url(),
                "account": self.avatax.account(),
                "license_key": self.avatax.license_key(),
                "sellers": sellers,
                "tax_codes": { "standard": "SW054000" },
            },
            "salesforce": {
                "login_url": self.salesforce.base_url(),
                "login": {
                    "flow": "client_credentials",
                    "client_id": self.salesforce.client_id(),
                    "client_secret": self.salesforce.client_secret(),
                },
            },
            "stripe": {
                "base_url": self.stripe.base_url(),
                "api_key": self.stripe.api_key(),
                "webhook_secrets": [webhook_secret],
            },
            "netsuite": {
                "base_url": self.netsuite.base_url(),
                "account": self.netsuite.account(),
                "consumer_key": consumer_key,
                "consumer_secret": consumer_secret,
                "token": token,
                "token_secret": token_secret,
                "ids": {
                    "accounts": accounts,
                    "subsidiaries": subsidiaries,
                    "currencies": currencies,
                },
            },
        })
    }
}
