//! The contract suite: every operation of every connector over real HTTP against the simulators,
//! in calm and in stormy weather.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test, as the tests themselves do"
)]

mod adyen;
mod avatax;
mod netsuite;
mod salesforce;
mod storm;
mod stripe;

use std::sync::Arc;
use std::time::Duration;

use connect::driver::{
    AvaTax, Driver, DriverOptions, NetSuite, Present, Salesforce, Stripe, SystemPresent,
};
use connect::transport::{HttpLimits, HttpTransport};
use connect::{Secret, avatax as ax, netsuite as ns, salesforce as sf, stripe as st};
use sim::{SimClock, SimOptions, Simulators, Weather};
use values::Instant;

/// The real clock and randomness, with short pauses.
struct Hurried(SystemPresent);

impl Present for Hurried {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn nonce(&self) -> String {
        self.0.nonce()
    }

    fn pause(&self, milliseconds: u64) {
        self.0.pause(milliseconds.min(2));
    }
}

/// The simulators and a connector to each.
struct Bench {
    sims: Simulators,
    clock: SimClock,
    stripe: Stripe,
    salesforce: Salesforce,
    netsuite: NetSuite,
    avatax: AvaTax,
    driver: Arc<Driver>,
}

impl Bench {
    fn calm() -> Bench {
        Bench::under(Weather::calm())
    }

    fn under(weather: Weather) -> Bench {
        let clock = SimClock::at_day("2026-01-15").unwrap();
        let options = SimOptions {
            weather: Weather::calm(),
            ..SimOptions::in_memory(17, clock.clone())
        };
        let sims = Simulators::start(options).unwrap();
        sims.set_hold(Duration::from_millis(20));
        furnish(&sims);
        sims.set_weather(weather);
        let transport = HttpTransport::new(HttpLimits {
            call_timeout_ms: 5_000,
            ..HttpLimits::default()
        });
        let driver = Arc::new(Driver::new(
            Box::new(transport),
            Box::new(Hurried(SystemPresent::default())),
            DriverOptions {
                longest_pause_ms: 60_000,
                ..DriverOptions::default()
            },
        ));
        Bench {
            stripe: Stripe::new(driver.clone(), stripe_connection(&sims)),
            salesforce: Salesforce::new(driver.clone(), salesforce_connection(&sims)),
            netsuite: NetSuite::new(driver.clone(), netsuite_connection(&sims)),
            avatax: AvaTax::new(driver.clone(), avatax_connection(&sims)),
            driver,
            clock,
            sims,
        }
    }

    /// The present moment by the clock of the vendors.
    fn now(&self) -> Instant {
        Instant::from_microseconds(self.clock.now_micros())
    }
}

/// What the vendors hold before we come.
fn furnish(sims: &Simulators) {
    sims.netsuite.put_currency("1", "USD", 2).unwrap();
    sims.netsuite.put_currency("4", "EUR", 2).unwrap();
    sims.netsuite
        .put_subsidiary("1", "Parent Company", "1")
        .unwrap();
    for (id, number, name, kind) in [
        ("10", "1100", "Receivables", "AcctRec"),
        ("54", "4000", "Revenue", "Income"),
        ("217", "2400", "Deferred revenue", "DeferRevenue"),
    ] {
        sims.netsuite.put_account(id, number, name, kind).unwrap();
    }
    for field in [
        "Tieout_Start__c",
        "Tieout_End__c",
        "Tieout_Entity__c",
        "Billing_Frequency__c",
        "Upgrades_Opportunity__c",
        "Total_Contract_Value__c",
        "Tieout_Contract__c",
        "Tieout_Invoice_State__c",
        "Tieout_Open_Balance__c",
    ] {
        sims.salesforce.declare_field("Opportunity", field).unwrap();
    }
    for field in ["Stripe_Customer__c", "Payment_Method__c"] {
        sims.salesforce.declare_field("Account", field).unwrap();
    }
    sims.stripe
        .put_customer("cus_one", "Example GmbH", "billing@example.com")
        .unwrap();
    sims.stripe.put_payment_method("pm_one", "cus_one").unwrap();
}

fn stripe_connection(sims: &Simulators) -> st::Connection {
    st::Connection::new(sims.stripe.base_url(), Secret::new(sims.stripe.api_key()))
}

fn salesforce_connection(sims: &Simulators) -> sf::Connection {
    let credentials = sf::Credentials::ClientCredentials {
        client_id: sims.salesforce.client_id().into(),
        client_secret: Secret::new(sims.salesforce.client_secret()),
    };
    sf::Connection::new(sims.salesforce.base_url(), credentials)
}

fn avatax_connection(sims: &Simulators) -> ax::Connection {
    ax::Connection::new(
        sims.avatax.base_url(),
        sims.avatax.account(),
        Secret::new(sims.avatax.license_key()),
    )
}

fn netsuite_connection(sims: &Simulators) -> ns::Connection {
    let [consumer_key, consumer_secret, token, token_secret] = sims.netsuite.credentials();
    ns::Connection {
        base_url: sims.netsuite.base_url(),
        credentials: ns::Credentials {
            account: sims.netsuite.account().into(),
            consumer_key: consumer_key.into(),
            consumer_secret: Secret::new(consumer_secret),
            token: token.into(),
            token_secret: Secret::new(token_secret),
        },
    }
}
