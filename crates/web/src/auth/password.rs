//! Passwords, kept as argon2id hashes.

use super::check_name;
use super::secret::{random_salt, random_text};
use app::{App, AppFault};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use control::Role;

/// Fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 12;
/// Most bytes of a password: hashing is dear, and nobody types more.
pub(crate) const LONGEST_PASSWORD: usize = 1_024;

/// Passwords that were seen in leaks so often that they are tried first.
const COMMON: &str = include_str!("../../data/common-passwords.txt");

/// Hash of no password of ours, so that an unknown name takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$JJPHuTP3cv3nl9VR0Sm+bXwpc9BDAXHJ4mPvtcu0xx0";

/// Why nobody was let in or added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessFault {
    /// The name cannot be one.
    #[error("{name:?} cannot be a name; use 1 to 80 letters, digits or any of _ - . @")]
    Name {
        /// What was given.
        name: String,
    },
    /// The password is too short or too long.
    #[error("a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")]
    Password,
    /// The password is one of those that are tried first.
    #[error(
        "this password is easy to guess: it is a frequent one, repeats itself, or holds the name; take a few words that belong to nobody"
    )]
    Guessable,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    NoRandomness,
    /// The password could not be hashed.
    #[error("the password could not be hashed")]
    Hash,
    /// The store failed.
    #[error(transparent)]
    App(#[from] AppFault),
}

fn hash(password: &str) -> Result<String, AccessFault> {
    let salt = random_salt()?;
    let hashed: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|_| AccessFault::Hash)?;
    Ok(hashed.to_string())
}

/// What came of asking for another password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    /// It holds, and every other session was ended.
    Done,
    /// The present one was not given.
    PresentIsWrong,
    /// Too many failures: seconds to wait.
    Later(u64),
}

/// Gives a user the `new` password when `present` is theirs, and ends their sessions but the one of
/// the digest `keep`. Who sits at an open screen guesses no faster here than at the door.
///
/// # Errors
/// When the new password cannot be one, or the store fails.
pub(crate) fn change_password(
    app: &App,
    name: &str,
    (present, new): (&str, &str),
    keep: [u8; 32],
) -> Result<Changed, AccessFault> {
    let place = format!("account/{name}");
    if let Some(seconds) = app.sign_in_wait(name, &place)? {
        return Ok(Changed::Later(seconds));
    }
    if verify(app, name, present)?.is_none() {
        app.sign_in_failed(name, &place)?;
        return Ok(Changed::PresentIsWrong);
    }
    check_password(name, new)?;
    app.sign_in_succeeded(name, &place)?;
    Ok(match app.change_password(name, &hash(new)?, keep)? {
        true => Changed::Done,
        false => Changed::PresentIsWrong,
    })
}

fn check_password(name: &str, password: &str) -> Result<(), AccessFault> {
    if password.chars().count() < SHORTEST_PASSWORD || password.len() > LONGEST_PASSWORD {
        return Err(AccessFault::Password);
    }
    if is_guessable(name, password) {
        return Err(AccessFault::Guessable);
    }
    Ok(())
}

/// Adds a user, or changes the password and role of one.
///
/// # Errors
/// When the name or password cannot be one, or the store fails.
pub fn add_user(app: &App, name: &str, role: Role, password: &str) -> Result<(), AccessFault> {
    check_name(name)?;
    check_password(name, password)?;
    Ok(app.put_user(name, role, &hash(password)?)?)
}

/// Whether a password is a frequent one, is made of at most four different characters, or holds the
/// name of its user or of this program and little else.
fn is_guessable(name: &str, password: &str) -> bool {
    let small = password.to_lowercase();
    let mut letters: Vec<char> = small.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let beside = ["tieout", &name.to_lowercase()]
        .iter()
        .filter(|word| word.len() >= 3)
        .fold(small.clone(), |left, word| left.replace(*word, ""));
    COMMON
        .lines()
        .any(|common| common.eq_ignore_ascii_case(&small))
        || letters.len() <= 4
        || (beside.len() < small.len() && beside.chars().count() < SHORTEST_PASSWORD - 4)
}

/// Adds the user `admin` when there is nobody yet. Returns the password that was made for it, which
/// is kept nowhere; nothing when there were users already or the password was given.
///
/// # Errors
/// When the given password cannot be one, or the store fails.
pub fn first_administrator(app: &App, given: Option<&str>) -> Result<Option<String>, AccessFault> {
    if !app.has_no_users()? {
        return Ok(None);
    }
    if let Some(password) = given {
        add_user(app, "admin", Role::Administrator, password)?;
        return Ok(None);
    }
    let made = random_text()?;
    add_user(app, "admin", Role::Administrator, &made)?;
    Ok(Some(made))
}

/// The role of a user whose password this is. Takes as long for a name that nobody has.
pub(super) fn verify(app: &App, name: &str, password: &str) -> Result<Option<Role>, AppFault> {
    if password.len() > LONGEST_PASSWORD {
        return Ok(None);
    }
    let known = app.user(name)?;
    let kept = known.as_ref().map_or(NOBODY, |(hash, _)| hash.as_str());
    let fits = PasswordHash::new(kept).is_ok_and(|kept| {
        Argon2::default()
            .verify_password(password.as_bytes(), &kept)
            .is_ok()
    });
    Ok(known.filter(|_| fits).map(|(_, role)| role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_only() {
        let kept = hash("correct horse battery").unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        let kept = PasswordHash::new(&kept).unwrap();
        let fits = |password: &str| {
            Argon2::default()
                .verify_password(password.as_bytes(), &kept)
                .is_ok()
        };
        assert!(fits("correct horse battery") && !fits("correct horse batterx"));
    }

    #[test]
    fn what_is_tried_first_is_no_password() {
        for guessable in [
            "1qaz2wsx3edc",
            "Q1W2E3R4T5Y6",
            "aaaaaaaaaaaaaaa",
            "121212121212",
            "tieout-2026!",
            "ada.lovelace1",
        ] {
            assert!(is_guessable("ada.lovelace", guessable), "{guessable}");
        }
        for good in [
            "correct horse battery",
            "tieout has a very good door",
            "zwölf Boxkämpfer",
        ] {
            assert!(!is_guessable("ada.lovelace", good), "{good}");
        }
    }

    #[test]
    fn hashes_take_the_work_that_is_recommended() {
        let kept = hash("correct horse battery").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
    }

    #[test]
    fn the_hash_of_nobody_is_one_that_takes_the_usual_work() {
        let kept = PasswordHash::new(NOBODY).unwrap();
        let usual = hash("correct horse battery").unwrap();
        let usual = PasswordHash::new(&usual).unwrap();
        assert_eq!(kept.params.to_string(), usual.params.to_string());
    }
}
