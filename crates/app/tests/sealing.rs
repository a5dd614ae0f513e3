//! Secrets of the books: kept sealed, opened by name, sealed again when the key changes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use app::seal::{SealFault, SealKey, Sealer, SystemEntropy, forget, keep};
use app::{App, AppFault, MonotonicIds, SimulatedClock};
use connect::Secret;
use std::sync::Arc;
use store::{Durability, Location, Store};

fn on(location: &Location) -> App {
    let store = Store::open(location, Durability::Relaxed).unwrap();
    let clock = Arc::new(SimulatedClock::at("2026-01-05T09:00:00Z".parse().unwrap()));
    let ids = Arc::new(MonotonicIds::new(1, 1));
    App::open(store, clock, ids, events::Origin::Live).unwrap()
}

fn sealer(keys: &[u8]) -> Sealer {
    let keys = keys.iter().map(|byte| SealKey::from_bytes([*byte; 32]));
    Sealer::new(keys.collect(), Arc::new(SystemEntropy)).unwrap()
}

fn put(app: &App, name: &str, secret: &str) {
    let (name, secret) = (name.to_owned(), Secret::new(secret));
    app.run("test", move |tx, context| {
        keep(tx, context, "webhook_endpoint", &name, &secret)
    })
    .unwrap();
}

#[test]
fn a_kept_secret_is_sealed_in_the_file_and_opens_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.sqlite");
    let app = on(&Location::File(file.clone()))
        .with_sealer(Sealer::from_key([7; 32]))
        .unwrap();
    put(&app, "whe_1", "whsec_PRIVATE_ONE");
    put(&app, "whe_1", "whsec_PRIVATE_TWO");
    assert_eq!(
        app.secret("webhook_endpoint", "whe_1").unwrap().reveal(),
        "whsec_PRIVATE_TWO"
    );
    let missing = app.secret("webhook_endpoint", "whe_2").unwrap_err();
    assert!(matches!(missing, AppFault::NotFound { .. }), "{missing}");
    app.run("test", |tx, _| forget(tx, "webhook_endpoint", "whe_1"))
        .unwrap();
    assert!(app.secret("webhook_endpoint", "whe_1").is_err());
    put(&app, "whe_1", "whsec_PRIVATE_TWO");
    drop(app);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(13).any(|window| window == b"whsec_PRIVATE"));
    }
}

#[test]
fn without_a_key_nothing_is_kept_in_clear() {
    let app = on(&Location::Memory);
    let refused = app
        .run("test", |tx, context| {
            keep(tx, context, "webhook_endpoint", "whe_1", &Secret::new("s"))
        })
        .unwrap_err();
    assert_eq!(refused, AppFault::Seal(SealFault::NoKey));
}

#[test]
fn books_refuse_a_key_that_is_not_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::File(folder.path().join("books.sqlite"));
    drop(on(&place).with_sealer(sealer(&[1])).unwrap());
    let refused = on(&place).with_sealer(sealer(&[2])).err().unwrap();
    assert!(
        matches!(refused, AppFault::Seal(SealFault::OtherKey { .. })),
        "{refused}"
    );
    // With both keys it is a rotation.
    drop(on(&place).with_sealer(sealer(&[2, 1])).unwrap());
    // The old one alone would seal with a key that was retired.
    assert!(on(&place).with_sealer(sealer(&[1])).is_err());
}

#[test]
fn a_rotation_seals_every_secret_again_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let place = Location::File(folder.path().join("books.sqlite"));
    let app = on(&place).with_sealer(sealer(&[1])).unwrap();
    put(&app, "whe_1", "one");
    put(&app, "whe_2", "two");
    drop(app);
    let app = on(&place).with_sealer(sealer(&[2, 1])).unwrap();
    assert_eq!(app.reseal().unwrap(), 2);
    assert_eq!(app.reseal().unwrap(), 0, "nothing is older now");
    drop(app);
    // The old key is not needed any more.
    let app = on(&place).with_sealer(sealer(&[2])).unwrap();
    assert_eq!(
        app.secret("webhook_endpoint", "whe_2").unwrap().reveal(),
        "two"
    );
    // One secret that does not open stops a rotation as a whole.
    app.run("test", |tx, _| {
        Ok(store::secrets::put_secret(
            tx,
            "webhook_endpoint",
            "whe_0",
            "sealed:v1:deadbeef:AAAA",
            0,
        )?)
    })
    .unwrap();
    drop(app);
    let app = on(&place).with_sealer(sealer(&[3, 2])).unwrap();
    let refused = app.reseal().unwrap_err();
    assert!(refused.to_string().contains("deadbeef"), "{refused}");
    let newest = sealer(&[3]);
    let texts = app.store().read(store::secrets::secrets).unwrap();
    assert!(texts.iter().all(|row| !newest.is_newest(&row.sealed)));
}
