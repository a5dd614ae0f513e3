//! Salesforce sessions: how they are granted, how they end; and upserts within one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::caller::{NEW_YEAR, call, simulators};
use crate::salesforce::{Session, some_records};

#[test]
fn sessions_expire_and_can_be_revoked() {
    let sims = simulators();
    let session = Session::start(&sims);
    let answered = session.get("/query?q=SELECT+Id+FROM+Account");
    assert_eq!(
        (answered.status, answered.header("Sforce-Limit-Info")),
        (200, Some("api-usage=1/1000000"))
    );
    sims.clock().advance_by(7_200_000_000);
    let expired = session.get("/query?q=SELECT+Id+FROM+Account");
    assert_eq!(
        (expired.status, expired.json()[0]["errorCode"].as_str()),
        (401, Some("INVALID_SESSION_ID"))
    );
    let session = Session::start(&sims);
    assert_eq!(session.get("/limits").status, 200);
    sims.salesforce.revoke_sessions().unwrap();
    assert_eq!(session.get("/limits").status, 401);
    let session = Session::start(&sims);
    sims.salesforce.set_daily_limit(2);
    let limited = session.get("/limits");
    assert_eq!(
        (limited.status, limited.json()[0]["errorCode"].as_str()),
        (403, Some("REQUEST_LIMIT_EXCEEDED"))
    );
    sims.clock().advance_by(86_400_000_000);
    assert_eq!(Session::start(&sims).get("/limits").status, 200);
}

#[test]
fn token_requests_are_checked() {
    let sims = simulators();
    let url = format!("{}/services/oauth2/token", sims.salesforce.base_url());
    let ask = |headers: &[(&str, &str)], form: &str| {
        let reply = call("POST", &url, headers, Some(form));
        format!(
            "{} {}",
            reply.status,
            reply.json()["error"].as_str().unwrap_or("granted")
        )
    };
    // tieout_consumer_key:tieout_consumer_secret
    let basic = (
        "Authorization",
        "Basic dGllb3V0X2NvbnN1bWVyX2tleTp0aWVvdXRfY29uc3VtZXJfc2VjcmV0",
    );
    assert_eq!(
        ask(&[basic], "grant_type=client_credentials"),
        "200 granted"
    );
    assert_eq!(
        ask(&[], "grant_type=client_credentials"),
        "400 invalid_client_id"
    );
    assert_eq!(
        ask(
            &[],
            "grant_type=client_credentials&client_id=tieout_consumer_key&client_secret=no"
        ),
        "401 invalid_client"
    );
    assert_eq!(
        ask(&[], "grant_type=password"),
        "400 unsupported_grant_type"
    );
}

#[test]
fn jwt_bearer_tokens_are_verified() {
    let sims = simulators();
    let fixture = |name: &str| {
        std::fs::read_to_string(format!(
            "{}/tests/fixtures/keys/{name}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .unwrap()
    };
    sims.salesforce
        .register_public_key(
            "jwt_consumer",
            "integration@tieout.example",
            &fixture("jwt_public.pem"),
        )
        .unwrap();
    assert!(
        sims.salesforce
            .register_public_key("x", "y", "rubbish")
            .is_err()
    );
    let pem: String = fixture("jwt_private.pem")
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(pem)
        .unwrap();
    let key = ring::signature::RsaKeyPair::from_pkcs8(&der).unwrap();
    let ask = |claims: Value, tamper: bool| {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "RS256"})), part(&claims));
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &ring::signature::RSA_PKCS1_SHA256,
            &ring::rand::SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .unwrap();
        if tamper {
            signature[0] ^= 1;
        }
        let assertion = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        let url = format!("{}/services/oauth2/token", sims.salesforce.base_url());
        let form = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
        );
        let reply = call("POST", &url, &[], Some(&form));
        format!(
            "{} {}",
            reply.status,
            reply.json()["error"].as_str().unwrap_or("granted")
        )
    };
    let soon = NEW_YEAR / 1_000_000 + 180;
    let claims = json!({"iss": "jwt_consumer", "sub": "integration@tieout.example", "aud": "https://login.salesforce.com", "exp": soon});
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        changed
    };
    assert_eq!(ask(claims.clone(), false), "200 granted");
    assert_eq!(
        ask(with("exp", json!(soon.to_string())), false),
        "200 granted"
    );
    assert_eq!(
        ask(with("aud", json!(sims.salesforce.base_url())), false),
        "200 granted"
    );
    assert_eq!(ask(claims.clone(), true), "400 invalid_grant");
    assert_eq!(
        ask(with("exp", json!(soon - 200)), false),
        "400 invalid_grant"
    );
    assert_eq!(
        ask(with("aud", json!("https://elsewhere.example")), false),
        "400 invalid_grant"
    );
    assert_eq!(
        ask(with("sub", json!("somebody@else.example")), false),
        "400 invalid_grant"
    );
    assert_eq!(
        ask(with("iss", json!("nobody")), false),
        "400 invalid_grant"
    );
}

#[test]
fn upserts_go_by_an_external_id() {
    let sims = simulators();
    some_records(&sims);
    let session = Session::start(&sims);
    let path = "/sobjects/Account/Tieout_Key__c/acc-1";
    let created = session.send("PATCH", path, &json!({"Name": "New"}));
    assert_eq!(
        (created.status, &created.json()["created"]),
        (201, &json!(true))
    );
    let updated = session.send("PATCH", path, &json!({"Name": "Newer"}));
    assert_eq!(
        (updated.status, &updated.json()["created"]),
        (200, &json!(false))
    );
    assert_eq!(created.json()["id"], updated.json()["id"]);
    assert_eq!(session.get(path).json()["Name"], "Newer");
    let duplicate = session.send(
        "POST",
        "/sobjects/Account",
        &json!({"Name": "Other", "Tieout_Key__c": "acc-1"}),
    );
    assert_eq!(
        (duplicate.status, duplicate.json()[0]["errorCode"].as_str()),
        (400, Some("DUPLICATE_VALUE"))
    );
    let unknown = session.send("PATCH", "/sobjects/Account/Name/x", &json!({}));
    assert_eq!(
        (unknown.status, unknown.json()[0]["errorCode"].as_str()),
        (404, Some("NOT_FOUND"))
    );
}
