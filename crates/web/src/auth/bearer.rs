//! API tokens in the `Authorization` header.

use super::secret::{TOKEN_START, digest};
use crate::limits::note;
use crate::problem::{Code, Problem};
use crate::state::Web;
use app::access::{AccessKind, AccessNote, Admitted};
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

/// The digest of what looks like a token, valid or not.
pub(crate) fn given(headers: &HeaderMap) -> Option<[u8; 32]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_START)).then(|| digest(token))
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
    value.to_str().map_err(|_| invalid())?;
    let digest = given(headers).ok_or_else(invalid)?;
    let Some(Admitted { name, role, .. }) = web.app().token(digest)? else {
        note(
            web,
            AccessNote::about(AccessKind::TokenRefused, permission.as_str()),
        );
        return Err(invalid());
    };
    web.limiter().learn(digest, &name);
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
        let refused = AccessNote::about(AccessKind::PermissionRefused, permission.as_str());
        note(web, refused.by(&format!("token/{name}"), role.as_str()));
        return Err(Problem::new(Code::Forbidden, message));
    }
    if permission == Permission::ViewPayloads {
        let seen = AccessNote::about(AccessKind::PayloadViewed, "api");
        note(web, seen.by(&format!("token/{name}"), role.as_str()));
    }
    Ok(Caller { name })
}
