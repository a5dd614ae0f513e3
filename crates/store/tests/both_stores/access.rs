//! Users, sessions and API tokens.

use crate::support::Fixture;
use store::access::{self, Session, User};

on_every_store![
    a_user_is_added_and_changed,
    a_session_lives_until_it_expires_or_ends,
    a_token_works_until_it_is_revoked,
];

fn user(name: &str, role: &str) -> User {
    User {
        name: name.to_owned(),
        role: role.to_owned(),
        password_hash: format!("$argon2id${role}"),
    }
}

fn a_user_is_added_and_changed(books: &Fixture) {
    assert_eq!(books.read(access::user_count), 0);
    books.write(|tx| {
        access::put_user(tx, &user("ada", "controller"), 100)?;
        access::put_user(tx, &user("bob", "reader"), 100)?;
        access::put_user(tx, &user("ada", "administrator"), 200)
    });
    assert_eq!(books.read(access::user_count), 2);
    let ada = books.read(|tx| access::user(tx, "ada"));
    assert_eq!(ada, Some(user("ada", "administrator")));
    assert_eq!(books.read(|tx| access::user(tx, "Ada")), None);
}

fn a_session_lives_until_it_expires_or_ends(books: &Fixture) {
    let session =
        |digest: &'static [u8], now| books.read(move |tx| access::session(tx, digest, now));
    books.write(|tx| {
        access::put_user(tx, &user("ada", "controller"), 0)?;
        access::begin_session(tx, &[0, 1], "ada", "csrf-1", 100, 0)?;
        access::begin_session(tx, &[0, 2], "ada", "csrf-2", 200, 0)
    });
    let first = Session {
        user: "ada".to_owned(),
        role: "controller".to_owned(),
        csrf: "csrf-1".to_owned(),
        expires: 100,
    };
    assert_eq!(session(&[0, 1], 99), Some(first));
    assert_eq!(session(&[0, 1], 100), None);
    assert_eq!(session(&[0], 0), None);
    // Beginning one forgets those that have ended.
    books.write(|tx| access::begin_session(tx, &[0, 3], "ada", "csrf-3", 300, 150));
    assert_eq!(session(&[0, 1], 0), None);
    assert!(session(&[0, 2], 150).is_some());
    books.write(|tx| access::end_session(tx, &[0, 2]));
    assert_eq!(session(&[0, 2], 150), None);
    assert!(session(&[0, 3], 150).is_some());
}

fn a_token_works_until_it_is_revoked(books: &Fixture) {
    let token = |digest: &'static [u8]| books.read(move |tx| access::token(tx, digest));
    books.write(|tx| {
        access::add_token(tx, &[1], "billing job", "operator", 100)?;
        access::add_token(tx, &[2], "billing job", "operator", 100)?;
        access::add_token(tx, &[3], "auditor", "reader", 100)
    });
    assert_eq!(
        token(&[1]),
        Some(("billing job".to_owned(), "operator".to_owned()))
    );
    assert_eq!(token(&[9]), None);
    assert_eq!(
        books.write(|tx| access::revoke_tokens(tx, "billing job", 200)),
        2
    );
    assert_eq!(
        books.write(|tx| access::revoke_tokens(tx, "billing job", 300)),
        0
    );
    assert_eq!((token(&[1]), token(&[2])), (None, None));
    assert!(token(&[3]).is_some());
}
