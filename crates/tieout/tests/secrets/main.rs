//! No secret leaves by a side door. The real program runs with everything that it logs and exports,
//! against systems that answer badly and quote all that they were sent. Afterwards whatever it said,
//! kept, exported, sent and answered is searched for every secret that it was given.

// A test that cannot go on ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod echo;
mod run;

use echo::{CLIENT_SECRET, Echo, SESSION};
use run::{Served, prepare, settings, tieout};
use std::path::Path;
use std::time::{Duration, Instant};

const STRIPE_KEY: &str = "sk_live_51Tieout/a+key=of-the-processor";
const SIGNING: [&str; 2] = [
    "whsec_the_newer_signing_secret",
    "whsec_the_older_signing_secret",
];
const CONSUMER_KEY: &str = "netsuite-consumer-key-0123456789";
const CONSUMER_SECRET: &str = "netsuite-consumer-secret-0123456789";
const TOKEN: &str = "netsuite-access-token-0123456789";
const TOKEN_SECRET: &str = "netsuite-token-secret-0123456789";
const BUS_TOKEN: &str = "token-of-the-bus-0123456789";
const ADMIN: &str = "a-long-phrase-of-the-administrator";
const ENGINEER: &str = "a-long-phrase-of-the-engineer";

/// Pages and answers in which a fault could be shown.
const PAGES: &[&str] = &[
    "/",
    "/exceptions",
    "/exceptions?view=each",
    "/connections",
    "/endpoints",
    "/flow",
    "/lanes",
    "/audit",
    "/events",
    "/processes",
];
const ANSWERS: &[&str] = &[
    "/api/v1/exceptions",
    "/api/v1/exception-groups",
    "/api/v1/connections",
    "/api/v1/intake",
    "/api/v1/events",
    "/api/v1/audit",
    "/api/v1/audit/access",
    "/api/v1/webhook-endpoints",
    "/metrics",
];

fn user(folder: &Path, name: &str, role: &str, password: &str) {
    let made = tieout(folder)
        .args([
            "user",
            "add",
            name,
            "--role",
            role,
            "--config",
            "tieout.toml",
        ])
        .env("TIEOUT_USER_PASSWORD", password)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

fn token(folder: &Path, role: &str) -> String {
    let made = tieout(folder)
        .args(["token", "create", "--name", role, "--role", role])
        .args(["--config", "tieout.toml"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

/// Waits until the systems were asked for everything that the flows ask for, and the answers are in
/// the books.
fn until_all_was_asked(echo: &Echo, served: &Served, bearer: &str) -> String {
    let began = Instant::now();
    loop {
        let exceptions = served.get("/api/v1/exceptions", Some(bearer), None);
        let asked = echo.asked();
        let of = |path: &str| asked.iter().any(|one| one.contains(path));
        let whole = of("/v1/events")
            && of("/v1/payment_intents")
            && of("/services/oauth2/token")
            && of("/services/data")
            && of("/services/rest")
            && of("POST /hook")
            && of("/v1/traces");
        if whole && echo.asked_of_each_status() && exceptions.contains("quoted") {
            return exceptions;
        }
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "the systems were asked for {asked:#?}\n{exceptions}"
        );
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Adds an endpoint, and answers what signs its messages.
fn endpoint(served: &Served, echo: &Echo, bearer: &str) -> String {
    let body = format!("{{\"url\":\"{}/hook\",\"types\":[\"*\"]}}", echo.url());
    let made = served.post("/api/v1/webhook-endpoints", bearer, "k1", &body);
    let (_, json) = made.split_once("\r\n\r\n").unwrap();
    let made: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let id = made["endpoint"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"));
    let path = format!("/api/v1/webhook-endpoints/{id}");
    served.post(&format!("{path}/test"), bearer, "k2", "{}");
    let shown = served.post(&format!("{path}/secret"), bearer, "k3", "{}");
    let secret = shown
        .split("\"secret\":\"")
        .nth(1)
        .unwrap_or_else(|| panic!("{shown}"));
    secret.split('"').next().unwrap().to_owned()
}

/// Webhooks of the processor: a good one, one signed with another secret, one that is not JSON.
fn deliver(served: &Served) {
    let body = "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"payment_intent.succeeded\",\"created\":1,\
                \"data\":{\"object\":{\"id\":\"pi_1\",\"object\":\"payment_intent\"}}}";
    let now = app::SystemClock;
    let now = values::Clock::now(&now);
    for (secret, body) in [
        (SIGNING[0], body),
        ("whsec_of_another", body),
        (SIGNING[1], "no"),
    ] {
        let signed =
            connect::stripe::webhook::sign(&connect::Secret::new(secret), body.as_bytes(), now);
        served.webhook(body, &signed);
    }
}

#[test]
fn no_secret_is_in_anything_that_a_whole_run_says_keeps_or_sends() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let echo = Echo::start();
    std::fs::write(folder.join("tieout.toml"), settings(&echo)).unwrap();
    prepare(&folder.join("books"));
    user(folder, "ed", "integration_engineer", ENGINEER);
    let tokens =
        ["administrator", "integration_engineer", "auditor"].map(|role| token(folder, role));
    let [administrator, engineer, auditor] = &tokens;

    let served = Served::start(folder, ADMIN);
    let signs = endpoint(&served, &echo, engineer);
    deliver(&served);
    let mut answers = vec![until_all_was_asked(&echo, &served, engineer)];
    let cookie = served.sign_in("ed", ENGINEER);
    served.sign_in("ed", "a password that is wrong");
    for page in PAGES {
        answers.push(served.get(page, None, Some(&cookie)));
    }
    for (path, bearer) in ANSWERS
        .iter()
        .flat_map(|path| [administrator, engineer, auditor].map(|bearer| (path, bearer)))
    {
        answers.push(served.get(path, Some(bearer), None));
    }
    let told = answers.concat();
    assert!(
        told.contains("[secret]"),
        "nothing that was quoted is shown, so nothing is proved"
    );
    let (_, session) = cookie.split_once('=').unwrap();
    let (said, log) = served.end();
    assert!(
        log.contains("call failed"),
        "the log is one of debug level: {log}"
    );

    let key = std::fs::read_to_string(folder.join("books/seal.key")).unwrap();
    let mut secrets: Vec<String> = [
        STRIPE_KEY,
        SIGNING[0],
        SIGNING[1],
        CONSUMER_KEY,
        CONSUMER_SECRET,
        TOKEN,
        TOKEN_SECRET,
        BUS_TOKEN,
        ADMIN,
        ENGINEER,
        CLIENT_SECRET,
        SESSION,
        &signs,
        session,
    ]
    .map(str::to_owned)
    .to_vec();
    secrets.extend(tokens.iter().cloned());
    let key_words = key.split_whitespace().filter(|word| word.len() >= 32);
    secrets.extend(key_words.map(str::to_owned));
    assert!(secrets.len() > 17, "the key file has a key: {key}");

    let mut places: Vec<(String, Vec<u8>)> = vec![
        ("stdout".to_owned(), said.into_bytes()),
        ("stderr".to_owned(), log.into_bytes()),
        ("answers".to_owned(), told.into_bytes()),
        ("traces".to_owned(), echo.traces()),
        ("webhooks".to_owned(), echo.webhooks()),
    ];
    files(&folder.join("books"), &mut places);
    assert!(
        places
            .iter()
            .any(|(name, _)| name.ends_with("books.sqlite"))
    );
    assert!(echo.traces().len() > 1_000 && echo.webhooks().len() > 500);
    for (place, content) in &places {
        for secret in &secrets {
            search(place, content, secret);
        }
    }
}

/// Every file of the data folder except the key itself.
fn files(folder: &Path, places: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, places);
        } else if path.file_name().is_some_and(|name| name != "seal.key") {
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// A secret is nowhere, neither whole nor half, neither plain nor encoded.
fn search(place: &str, content: &[u8], secret: &str) {
    let whole = secret.strip_prefix("whsec_").unwrap_or(secret);
    let half = &whole[..whole.len().div_ceil(2).max(12)];
    for written in [
        half.to_owned(),
        connect::encoding::percent(half),
        half.replace('/', "\\/"),
    ] {
        let found = content
            .windows(written.len())
            .position(|window| window == written.as_bytes());
        if let Some(at) = found {
            let around = &content[at.saturating_sub(200)..(at + 200).min(content.len())];
            panic!(
                "{place} holds {written:?}: {}",
                String::from_utf8_lossy(around)
            );
        }
    }
}
