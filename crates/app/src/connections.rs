//! The outside systems as the workers use them: made from plain configuration, performed by one
//! driver, with our codes mapped to the ids of the other side.

mod adyen;

pub use adyen::{ADYEN, AdyenAccount, AdyenConfig};

use crate::bus::{BusConfig, BusLink};
use crate::journey::taxation::TaxEngine;
use crate::journey::taxation::avatax::{AVATAX, AvaTaxConfig, AvaTaxEngine};
use crate::limits::LimitsConfig;
use crate::payment_routes;
use connect::breaker::State;
use connect::driver::{
    Driver, DriverOptions, Made, NetSuite, Present, Salesforce, Stripe, SystemPresent,
};
use connect::stripe::webhook::{DEFAULT_TOLERANCE_S, Verifier};
use connect::{FaultClass, HttpTransport, Secret, Transport, netsuite, salesforce, stripe};
use control::effect::RetryPolicy;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use values::Instant;

/// Name of the Salesforce connection in the inbox and the effect ledger.
pub const SALESFORCE: &str = salesforce::SYSTEM;
/// Name of the Stripe connection in the inbox and the effect ledger.
pub const STRIPE: &str = stripe::SYSTEM;
/// Name of the NetSuite connection in the effect ledger.
pub const NETSUITE: &str = netsuite::SYSTEM;

/// How long an effect is ours once it is taken, unless it is said otherwise.
const LEASE_SECONDS: i64 = 180;

/// Which systems there are and how they are reached. Secrets never print.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionsConfig {
    /// The CRM.
    #[serde(default)]
    pub salesforce: Option<SalesforceConfig>,
    /// The payment processor.
    #[serde(default)]
    pub stripe: Option<StripeConfig>,
    /// Further accounts of the payment processor, such as one for a region, by name: `eu` is the
    /// connection `stripe_eu`.
    #[serde(default, deserialize_with = "accounts")]
    pub stripe_accounts: BTreeMap<String, StripeConfig>,
    /// The payment processor Adyen.
    #[serde(default)]
    pub adyen: Option<AdyenConfig>,
    /// Further merchant accounts at Adyen by name: `eu` is the connection `adyen_eu`.
    #[serde(default, deserialize_with = "adyen::accounts")]
    pub adyen_accounts: BTreeMap<String, AdyenConfig>,
    /// The outside ledger.
    #[serde(default)]
    pub netsuite: Option<NetSuiteConfig>,
    /// The engine that decides on tax, where the tax table names it for an entity.
    #[serde(default)]
    pub avatax: Option<AvaTaxConfig>,
    /// How often what is done.
    #[serde(default)]
    pub pace: Pace,
    /// What each system may be asked.
    #[serde(default)]
    pub limits: LimitsConfig,
    /// The event bus that other systems read along on.
    #[serde(default)]
    pub bus: Option<BusConfig>,
}

/// How often sweeps run and how many deliveries run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// Seconds between two sweeps of one system; 0 sweeps in every round.
    pub sweep_seconds: u32,
    /// Seconds between two readings of the other systems' totals; 0 reads in every round.
    pub balance_seconds: u32,
    /// Seconds between two rounds of questions to tax engines; 0 asks in every round.
    pub tax_seconds: u32,
    /// Deliveries under way at once, at least 1.
    pub parallel: u8,
}

impl Default for Pace {
    /// Sweeps each minute, totals each quarter of an hour, tax after 15 seconds, four deliveries at once.
    fn default() -> Self {
        Pace {
            sweep_seconds: 60,
            balance_seconds: 900,
            tax_seconds: 15,
            parallel: 4,
        }
    }
}

/// How Salesforce is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SalesforceConfig {
    /// Host that gives tokens, such as `https://example.my.salesforce.com`.
    pub login_url: String,
    /// API version such as `62.0`; the one this program was written against when absent.
    #[serde(default)]
    pub api_version: Option<String>,
    /// How Tieout proves who it is.
    pub login: SalesforceLogin,
}

/// The two ways of getting a Salesforce token.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "flow", rename_all = "snake_case", deny_unknown_fields)]
pub enum SalesforceLogin {
    /// OAuth 2.0 client credentials.
    ClientCredentials {
        /// Consumer key of the connected app.
        client_id: String,
        /// Consumer secret of the connected app.
        #[serde(deserialize_with = "secret")]
        client_secret: Secret,
    },
    /// OAuth 2.0 JWT bearer.
    JwtBearer {
        /// Consumer key of the connected app.
        client_id: String,
        /// User to act as.
        username: String,
        /// `https://login.salesforce.com` or `https://test.salesforce.com`.
        audience: String,
        /// RSA private key in PEM.
        #[serde(deserialize_with = "secret")]
        private_key_pem: Secret,
    },
}

/// How Stripe is reached and how its deliveries are checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripeConfig {
    /// `https://api.stripe.com`, without a slash at the end.
    #[serde(default = "stripe_url")]
    pub base_url: String,
    /// `sk_…` or `rk_…`.
    #[serde(deserialize_with = "secret")]
    pub api_key: Secret,
    /// Signing secrets of the webhook endpoint; during rotation the new one and the old one.
    #[serde(default, deserialize_with = "secrets")]
    pub webhook_secrets: Vec<Secret>,
    /// Accepted age of a signature in seconds.
    #[serde(default = "tolerance")]
    pub tolerance_seconds: i64,
}

/// How NetSuite is reached, and what our codes are called there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetSuiteConfig {
    /// `https://1234567.suitetalk.api.netsuite.com`; made from the account when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Account id such as `1234567_SB1`.
    pub account: String,
    /// Key of the integration record.
    pub consumer_key: String,
    /// Secret of the integration record.
    #[serde(deserialize_with = "secret")]
    pub consumer_secret: Secret,
    /// Id of the access token.
    pub token: String,
    /// Secret of the access token.
    #[serde(deserialize_with = "secret")]
    pub token_secret: Secret,
    /// What our codes are called there.
    #[serde(default)]
    pub ids: NetSuiteIds,
}

/// Our codes and the internal ids that NetSuite knows them by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetSuiteIds {
    /// Account code to internal id of the account.
    #[serde(default)]
    pub accounts: BTreeMap<String, String>,
    /// Legal entity to internal id of the subsidiary.
    #[serde(default)]
    pub subsidiaries: BTreeMap<String, String>,
    /// Currency code to internal id of the currency.
    #[serde(default)]
    pub currencies: BTreeMap<String, String>,
}

/// Shorter texts stand in answers for other things than a credential: they could not be taken out of
/// them.
const SHORTEST_CREDENTIAL: usize = 8;

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    credential(String::deserialize(deserializer)?)
}

fn secrets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .into_iter()
        .map(credential)
        .collect()
}

/// The fault says nothing of what was read.
fn credential<E: serde::de::Error>(text: String) -> Result<Secret, E> {
    if text.trim().len() < SHORTEST_CREDENTIAL {
        return Err(E::custom(format!(
            "a credential has at least {SHORTEST_CREDENTIAL} characters; a shorter one could not be kept out of what is shown, so write the whole of it as the other system issued it"
        )));
    }
    Ok(Secret::new(text))
}

fn accounts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, StripeConfig>, D::Error> {
    let accounts = BTreeMap::<String, StripeConfig>::deserialize(deserializer)?;
    for name in accounts.keys() {
        if payment_routes::connection(&format!("stripe_{name}")).is_none() {
            return Err(serde::de::Error::custom(format!(
                "{name:?} is no name of an account of the processor; write up to 20 small letters and digits, such as eu"
            )));
        }
    }
    Ok(accounts)
}

fn stripe_url() -> String {
    "https://api.stripe.com".to_owned()
}

fn tolerance() -> i64 {
    DEFAULT_TOLERANCE_S
}

/// NetSuite with the map of ids.
pub struct OutsideLedger {
    /// The account.
    pub api: NetSuite,
    /// What our codes are called there.
    pub ids: NetSuiteIds,
}

/// An account of the payment processor beside the first.
pub struct ProcessorAccount {
    /// The account.
    pub api: Stripe,
    /// Checks its deliveries.
    pub verifier: Verifier,
}

/// The connections that are configured, shared by all threads.
pub struct Connections {
    /// The CRM.
    pub salesforce: Option<Salesforce>,
    /// The payment processor.
    pub stripe: Option<Stripe>,
    /// Further accounts of it, by connection.
    pub stripe_accounts: BTreeMap<&'static str, ProcessorAccount>,
    /// The accounts of the payment processor Adyen, by connection.
    pub adyen: BTreeMap<&'static str, AdyenAccount>,
    /// The outside ledger.
    pub netsuite: Option<OutsideLedger>,
    /// The engine that decides on tax.
    pub avatax: Option<AvaTaxEngine>,
    /// Checks deliveries of the payment processor; refuses all when no secret is configured.
    pub verifier: Verifier,
    /// How often what is done.
    pub pace: Pace,
    /// What each system may be asked.
    pub limits: LimitsConfig,
    /// What an outward effect may be tried how often.
    pub retry: RetryPolicy,
    /// How long an effect is ours once it is taken, in seconds: several times what its calls may take.
    pub lease_seconds: i64,
    /// The event bus.
    pub(crate) bus: Option<BusLink>,
    driver: Arc<Driver>,
    announced: Mutex<bool>,
}

impl Connections {
    /// The connections of a configuration over the network.
    #[must_use]
    pub fn over_http(config: &ConnectionsConfig) -> Connections {
        Connections::over(
            config,
            Box::new(HttpTransport::default()),
            Box::new(SystemPresent::default()),
        )
    }

    /// The connections of a configuration over any transport and any clock of signatures.
    #[must_use]
    pub fn over(
        config: &ConnectionsConfig,
        transport: Box<dyn Transport>,
        present: Box<dyn Present>,
    ) -> Connections {
        Connections::new(
            config,
            Arc::new(Driver::new(transport, present, DriverOptions::default())),
        )
    }

    /// The connections of a configuration, performed by a driver.
    #[must_use]
    pub fn new(config: &ConnectionsConfig, driver: Arc<Driver>) -> Connections {
        let verifier = config.stripe.as_ref().map_or_else(
            || Verifier {
                secrets: Vec::new(),
                tolerance_s: DEFAULT_TOLERANCE_S,
            },
            |stripe| Verifier {
                secrets: stripe.webhook_secrets.clone(),
                tolerance_s: stripe.tolerance_seconds,
            },
        );
        Connections {
            salesforce: config
                .salesforce
                .as_ref()
                .map(|it| Salesforce::new(driver.clone(), salesforce_of(it))),
            stripe: config.stripe.as_ref().map(|it| {
                Stripe::new(
                    driver.clone(),
                    stripe::Connection::new(it.base_url.as_str(), it.api_key.clone()),
                )
            }),
            stripe_accounts: config
                .stripe_accounts
                .iter()
                .filter_map(|(name, it)| {
                    let connection = payment_routes::connection(&format!("stripe_{name}"))?;
                    Some((connection, account_of(&driver, it)))
                })
                .collect(),
            adyen: adyen::of(&driver, config.adyen.as_ref(), &config.adyen_accounts),
            netsuite: config.netsuite.as_ref().map(|it| OutsideLedger {
                api: NetSuite::new(driver.clone(), netsuite_of(it)),
                ids: it.ids.clone(),
            }),
            avatax: config
                .avatax
                .as_ref()
                .map(|it| AvaTaxEngine::new(driver.clone(), it)),
            verifier,
            pace: config.pace,
            limits: config.limits.clone(),
            retry: RetryPolicy::default(),
            lease_seconds: LEASE_SECONDS,
            bus: config.bus.as_ref().and_then(BusLink::open),
            driver,
            announced: Mutex::new(false),
        }
    }

    /// No connections: everything waits.
    #[must_use]
    pub fn none() -> Connections {
        Connections::over_http(&ConnectionsConfig::default())
    }

    /// Whether this system is configured.
    #[must_use]
    pub fn has(&self, connection: &str) -> bool {
        match connection {
            SALESFORCE => self.salesforce.is_some(),
            STRIPE => self.stripe.is_some(),
            NETSUITE => self.netsuite.is_some(),
            other => self.stripe_accounts.contains_key(other) || self.adyen.contains_key(other),
        }
    }

    /// The systems that are configured.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        [SALESFORCE, STRIPE, NETSUITE]
            .into_iter()
            .filter(|name| self.has(name))
            .chain(self.stripe_accounts.keys().copied())
            .chain(self.adyen.keys().copied())
            .collect()
    }

    /// The account of the payment processor that a connection names.
    #[must_use]
    pub fn processor(&self, connection: &str) -> Option<&Stripe> {
        match connection {
            STRIPE => self.stripe.as_ref(),
            other => self.stripe_accounts.get(other).map(|account| &account.api),
        }
    }

    /// The accounts of the payment processor, by connection.
    pub fn processors(&self) -> impl Iterator<Item = (&'static str, &Stripe)> {
        let first = self.stripe.as_ref().map(|api| (STRIPE, api));
        let others = self.stripe_accounts.iter();
        first
            .into_iter()
            .chain(others.map(|(name, account)| (*name, &account.api)))
    }

    /// What checks the deliveries of an account of the payment processor; nothing when there is no
    /// such account.
    #[must_use]
    pub fn verifier_of(&self, connection: &str) -> Option<&Verifier> {
        match connection {
            STRIPE => Some(&self.verifier),
            other => self
                .stripe_accounts
                .get(other)
                .map(|account| &account.verifier),
        }
    }

    /// The tax engine of that name, if it is connected.
    #[must_use]
    pub fn tax_engine(&self, name: &str) -> Option<&dyn TaxEngine> {
        let avatax = self.avatax.as_ref().filter(|_| name == AVATAX);
        avatax.map(|engine| engine as &dyn TaxEngine)
    }

    /// What was made of calls to a system by this process so far.
    #[must_use]
    pub fn made(&self, connection: &str) -> Made {
        self.driver.made(connection)
    }

    /// Lets the one call go that finds out whether a system is well again.
    pub(crate) fn let_probe(&self, connection: &str, now: Instant) {
        let names = self.names();
        if let Some(name) = names.into_iter().find(|name| *name == connection) {
            let state = State::Open { until: now };
            self.driver.adopt(name, self.limits.of(name).breaker, state);
        }
    }

    /// Whether a system answers a harmless question now, be it with a refusal of that question.
    pub(crate) fn answers(&self, connection: &str, now: Instant) -> bool {
        self.let_probe(connection, now);
        let asked = match connection {
            SALESFORCE => self.salesforce.as_ref().map(|api| {
                let one = api.query(connect::salesforce::HARMLESS_SOQL);
                one.map(drop)
            }),
            STRIPE => self
                .stripe
                .as_ref()
                .map(|api| api.events_since(now, None).map(drop)),
            NETSUITE => self
                .netsuite
                .as_ref()
                .map(|it| it.api.query(connect::netsuite::HARMLESS_SUITEQL).map(drop)),
            other => match self.adyen.get(other) {
                Some(account) => Some(account.api.list_methods()),
                None => self
                    .processor(other)
                    .map(|api| api.events_since(now, None).map(drop)),
            },
        };
        match asked {
            None => false,
            Some(Ok(())) => true,
            Some(Err(fault)) => match fault.class {
                FaultClass::Data
                | FaultClass::Policy
                | FaultClass::Conflict
                | FaultClass::Duplicate => true,
                FaultClass::Transient
                | FaultClass::Ambiguous
                | FaultClass::Throttled { .. }
                | FaultClass::Authentication
                | FaultClass::Bug => false,
            },
        }
    }

    /// Does something once in the life of these connections; again when it failed.
    pub(crate) fn once_announced<E>(
        &self,
        announce: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let mut announced = self
            .announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !*announced {
            announce()?;
            *announced = true;
        }
        Ok(())
    }

    /// Whether calls to a system are held because it keeps failing. One call at a time may still go,
    /// to find out whether it is well again.
    #[must_use]
    pub fn is_held(&self, connection: &str) -> bool {
        self.driver.is_held(connection)
    }
}

fn account_of(driver: &Arc<Driver>, config: &StripeConfig) -> ProcessorAccount {
    let connection = stripe::Connection::new(config.base_url.as_str(), config.api_key.clone());
    ProcessorAccount {
        api: Stripe::new(driver.clone(), connection),
        verifier: Verifier {
            secrets: config.webhook_secrets.clone(),
            tolerance_s: config.tolerance_seconds,
        },
    }
}

fn salesforce_of(config: &SalesforceConfig) -> salesforce::Connection {
    let credentials = match &config.login {
        SalesforceLogin::ClientCredentials {
            client_id,
            client_secret,
        } => salesforce::Credentials::ClientCredentials {
            client_id: client_id.clone(),
            client_secret: client_secret.clone(),
        },
        SalesforceLogin::JwtBearer {
            client_id,
            username,
            audience,
            private_key_pem,
        } => salesforce::Credentials::JwtBearer {
            client_id: client_id.clone(),
            username: username.clone(),
            audience: audience.clone(),
            private_key_pem: private_key_pem.clone(),
        },
    };
    let mut connection = salesforce::Connection::new(config.login_url.as_str(), credentials);
    if let Some(version) = &config.api_version {
        connection.api_version.clone_from(version);
    }
    connection
}

fn netsuite_of(config: &NetSuiteConfig) -> netsuite::Connection {
    let mut connection = netsuite::Connection::new(netsuite::Credentials {
        account: config.account.clone(),
        consumer_key: config.consumer_key.clone(),
        consumer_secret: config.consumer_secret.clone(),
        token: config.token.clone(),
        token_secret: config.token_secret.clone(),
    });
    if let Some(base_url) = &config.base_url {
        connection.base_url.clone_from(base_url);
    }
    connection
}

#[cfg(test)]
mod tests;
