//! API tokens in the `Authorization` header.

use super::secret::{TOKEN_START, digest};
use crate::problem::{Code, Problem};
use crate::state::Web;
use app::access::Admitted;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use control::Permission;

/// The caller of an operation.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Name of the token: it is written beside everything that it does.
    pub(crate) name: String,
}

impl Caller {
    /// Whose idempotency keys these are.
    pub(crate) fn client(&self) -> String {
        format!("token/{}", self.name)
    }
}

/// Lets a caller in whose role may do that.
pub(crate) fn admit(
    web: &Web,
    headers: &HeaderMap,
    permission: Permission,
) -> Result<Caller, Problem> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(Problem::unauthorised(
            "Send the header Authorization: Bearer tio_… with an API token.",
        ));
    };
    let invalid =
        || Problem::unauthorised("The API token is not valid here; it may have been revoked.");
    let text = value.to_str().map_err(|_| invalid())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(invalid)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || !token.starts_with(TOKEN_START) {
        return Err(invalid());
    }
    let Admitted { name, role, .. } = web.app().token(digest(token))?.ok_or_else(invalid)?;
    tracing::Span::current().record("actor", name.as_str());
    if !role.may(permission) {
        let roles: Vec<&str> = permission
            .roles()
            .iter()
            .map(|role| role.as_str())
            .collect();
        let message = format!(
            "The role {role} of this token may not {}; roles that may: {}.",
            permission.as_str(),
            roles.join(", ")
        );
        return Err(Problem::new(Code::Forbidden, message));
    }
    Ok(Caller { name })
}
