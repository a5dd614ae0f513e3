//! One `tieout serve` as a process, started on settings that all of them share.

use app::App;
use app::seal::{KeyFile, SystemEntropy};
use sim::Simulators;
use sim::world::Company;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Signs the webhooks.
pub const WEBHOOK_SECRET: &str = "whsec_replicas_0123456789abcdef";

/// Writes the settings of every process.
pub fn write_settings(
    folder: &Path,
    sims: &Simulators,
    app: &App,
    (url, schema): (&str, &str),
    bus: &str,
) {
    let [consumer_key, consumer_secret, token, token_secret] = sims.netsuite.credentials();
    let company = Company::standard();
    let mut text = format!(
        r#"
[server]
address = "127.0.0.1:0"
patience_seconds = 1
[store]
postgres = "{url}"
schema = "{schema}"
[log]
level = "warn"
[seal]
key_file = "seal.key"
[routing]
collect_cards = true
deliver_journals = true
write_back = true
[connections.pace]
sweep_seconds = 1
balance_seconds = 5
parallel = 3
[connections.bus]
url = "{bus}"
from_the_beginning = true
[connections.salesforce]
login_url = "{salesforce}"
[connections.salesforce.login]
flow = "client_credentials"
client_id = "{client_id}"
client_secret = "{client_secret}"
[connections.stripe]
base_url = "{stripe}"
api_key = "{api_key}"
webhook_secrets = ["{WEBHOOK_SECRET}"]
[connections.netsuite]
base_url = "{netsuite}"
account = "{account}"
consumer_key = "{consumer_key}"
consumer_secret = "{consumer_secret}"
token = "{token}"
token_secret = "{token_secret}"
"#,
        salesforce = sims.salesforce.base_url(),
        client_id = sims.salesforce.client_id(),
        client_secret = sims.salesforce.client_secret(),
        stripe = sims.stripe.base_url(),
        api_key = sims.stripe.api_key(),
        netsuite = sims.netsuite.base_url(),
        account = sims.netsuite.account(),
    );
    text.push_str("[connections.netsuite.ids.accounts]\n");
    for account in app.books().chart.accounts() {
        writeln!(text, "{0} = \"{0}\"", account.code).unwrap();
    }
    text.push_str("[connections.netsuite.ids.subsidiaries]\n");
    for entity in &company.entities {
        writeln!(text, "{} = \"{}\"", entity.id, entity.netsuite_subsidiary).unwrap();
    }
    text.push_str("[connections.netsuite.ids.currencies]\n");
    for entity in &company.entities {
        writeln!(
            text,
            "{} = \"{}\"",
            entity.currency, entity.netsuite_currency
        )
        .unwrap();
    }
    std::fs::write(folder.join("tieout.toml"), text).unwrap();
    // Processes on the same books have the same key.
    let key = KeyFile::at(folder.join("seal.key"));
    key.create(&SystemEntropy).unwrap();
}

/// A process that is ended with the test, however the test ends.
pub struct Replica {
    process: Child,
    said: PathBuf,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Replica {
    /// Starts a process and waits until it answers or has ended.
    pub fn start(folder: &Path, number: usize) -> Replica {
        let said = folder.join(format!("said-{number}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieout"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIEOUT_")) {
            command.env_remove(name);
        }
        let data = format!("data-{number}");
        let process = command
            .current_dir(folder)
            .args(["serve", "--config", "tieout.toml", "--data", &data])
            .stdin(Stdio::null())
            .stdout(std::fs::File::create(&said).unwrap())
            .stderr(std::fs::File::create(folder.join(format!("log-{number}"))).unwrap())
            .spawn()
            .unwrap();
        let mut replica = Replica { process, said };
        let began = Instant::now();
        while replica.address().is_empty() {
            let ended = replica.process.try_wait().unwrap();
            let log = || std::fs::read_to_string(folder.join(format!("log-{number}"))).unwrap();
            assert!(
                ended.is_none(),
                "process {number} ended by itself: {}",
                log()
            );
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{number} does not start: {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        replica
    }

    /// Host and port, once it has said them.
    pub fn address(&self) -> String {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        let mut lines = said.lines();
        let line = lines.find_map(|line| line.strip_prefix("Console and API: http://"));
        line.and_then(|rest| rest.split('/').next())
            .unwrap_or_default()
            .to_owned()
    }

    /// SIGKILL: nothing of the process runs after it. Says whether it was alive.
    pub fn kill(&mut self) -> bool {
        let alive = self.process.try_wait().is_ok_and(|ended| ended.is_none());
        let _gone_already = self.process.kill();
        let _ = self.process.wait();
        alive
    }
}
