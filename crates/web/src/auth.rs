//! Who may come in: programs with a token, people with a password and a session. The books keep
//! digests only; a secret is shown once, when it is made.

pub(crate) mod bearer;
mod password;
mod secret;
pub(crate) mod session;

pub use password::{AccessFault, SHORTEST_PASSWORD, add_user, first_administrator};
pub(crate) use password::{Changed, LONGEST_PASSWORD, change_password};
pub(crate) use secret::random_text;
pub use secret::{TOKEN_START, create_token};

/// The name of a user or token: it is written beside everything that it does.
///
/// # Errors
/// When it is empty, longer than 80 letters or holds anything but letters, digits and `_ - . @`.
pub fn check_name(name: &str) -> Result<(), AccessFault> {
    let fits = !name.is_empty()
        && name.len() <= 80
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte));
    if fits {
        Ok(())
    } else {
        Err(AccessFault::Name {
            name: name.chars().take(80).collect(),
        })
    }
}
