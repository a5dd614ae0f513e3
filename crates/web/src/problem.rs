//! Every error answer of the API and the webhooks, as `application/problem+json` (RFC 9457). They are
//! made here and nowhere else, so that none is shaped otherwise and none tells what only the log may.

mod billing_words;
mod help;
mod words;

pub use help::{page, pages};

use app::{AppFault, Refusal};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

tokio::task_local! {
    /// The id of the request that is being answered.
    pub(crate) static REQUEST_ID: String;
}

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What kind of problem it is. Each has a help page at `/problems/<word>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// No token, or one that is not valid.
    Unauthorised,
    /// The role does not allow it.
    Forbidden,
    /// Nothing there.
    NotFound,
    /// The path takes other methods.
    MethodNotAllowed,
    /// A command came without its key.
    IdempotencyKeyMissing,
    /// The key was used for another command.
    KeyReused,
    /// The body is no JSON.
    UnreadableBody,
    /// The body is JSON, but not of this command.
    InvalidBody,
    /// A parameter of the query or path cannot be read.
    InvalidParameter,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is too large.
    PayloadTooLarge,
    /// The domain says no.
    Refused,
    /// A webhook was not accepted.
    WebhookRefused,
    /// Too many attempts.
    TooManyRequests,
    /// It took too long.
    TimedOut,
    /// Another system failed.
    OtherSystemFailed,
    /// The store does not answer just now.
    StoreUnavailable,
    /// A bug or a damaged file.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 18] = [
        Code::Unauthorised,
        Code::Forbidden,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::IdempotencyKeyMissing,
        Code::KeyReused,
        Code::UnreadableBody,
        Code::InvalidBody,
        Code::InvalidParameter,
        Code::UnsupportedMediaType,
        Code::PayloadTooLarge,
        Code::Refused,
        Code::WebhookRefused,
        Code::TooManyRequests,
        Code::TimedOut,
        Code::OtherSystemFailed,
        Code::StoreUnavailable,
        Code::Internal,
    ];

    /// The stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Code::Unauthorised => "unauthorised",
            Code::Forbidden => "forbidden",
            Code::NotFound => "not_found",
            Code::MethodNotAllowed => "method_not_allowed",
            Code::IdempotencyKeyMissing => "idempotency_key_missing",
            Code::KeyReused => "key_reused",
            Code::UnreadableBody => "unreadable_body",
            Code::InvalidBody => "invalid_body",
            Code::InvalidParameter => "invalid_parameter",
            Code::UnsupportedMediaType => "unsupported_media_type",
            Code::PayloadTooLarge => "payload_too_large",
            Code::Refused => "refused",
            Code::WebhookRefused => "webhook_refused",
            Code::TooManyRequests => "too_many_requests",
            Code::TimedOut => "timed_out",
            Code::OtherSystemFailed => "other_system_failed",
            Code::StoreUnavailable => "store_unavailable",
            Code::Internal => "internal",
        }
    }

    /// The status that it is answered with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Code::Unauthorised => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::IdempotencyKeyMissing
            | Code::UnreadableBody
            | Code::InvalidParameter
            | Code::WebhookRefused => StatusCode::BAD_REQUEST,
            Code::KeyReused => StatusCode::CONFLICT,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::InvalidBody | Code::Refused => StatusCode::UNPROCESSABLE_ENTITY,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::OtherSystemFailed => StatusCode::BAD_GATEWAY,
            Code::TimedOut | Code::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The title, the same for every problem of the kind.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Code::Unauthorised => "A valid API token is needed",
            Code::Forbidden => "The role does not allow this",
            Code::NotFound => "There is no such thing",
            Code::MethodNotAllowed => "This path takes other methods",
            Code::IdempotencyKeyMissing => "The Idempotency-Key header is missing",
            Code::KeyReused => "The idempotency key was used for another command",
            Code::UnreadableBody => "The body is not readable JSON",
            Code::InvalidBody => "The body is not what this command takes",
            Code::InvalidParameter => "A parameter cannot be read",
            Code::UnsupportedMediaType => "The body must be declared as JSON",
            Code::PayloadTooLarge => "The body is too large",
            Code::Refused => "The command was refused",
            Code::WebhookRefused => "The delivery was not accepted",
            Code::TooManyRequests => "Too many attempts",
            Code::TimedOut => "The answer took too long",
            Code::OtherSystemFailed => "Another system failed",
            Code::StoreUnavailable => "The books cannot be reached just now",
            Code::Internal => "Something is wrong on our side",
        }
    }

    /// The code that stands for a bare status.
    fn of_status(status: StatusCode) -> Code {
        Code::ALL
            .into_iter()
            .find(|code| code.status() == status && *code != Code::IdempotencyKeyMissing)
            .unwrap_or(if status.is_server_error() {
                Code::Internal
            } else {
                Code::InvalidParameter
            })
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FieldError {
    /// Stable word, such as `unknown_product`; explained at `/problems/<code>`.
    pub code: String,
    /// The field at fault, such as `lines[0].quantity`, where one is.
    pub field: Option<String>,
    /// What is wrong with which value, and the mend.
    pub message: String,
}

/// A problem as it is sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProblemBody {
    /// Path of the help page of this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status of the answer.
    pub status: u16,
    /// The same for every problem of the kind.
    pub title: String,
    /// What is wrong this time, and the mend.
    pub detail: String,
    /// Everything that is wrong, where it can be told apart.
    pub errors: Vec<FieldError>,
    /// The id of the request, which the log has on every line about it.
    pub request_id: String,
}

/// An answer that says what is wrong.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with what is wrong this time, in words fit for the caller.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Names a field.
    #[must_use]
    pub fn with_field(mut self, field: &str, message: impl Into<String>) -> Self {
        let field = (!field.is_empty()).then(|| field.to_owned());
        self.errors.push(FieldError {
            code: self.code.word().to_owned(),
            field,
            message: message.into(),
        });
        self
    }

    /// Names what is wrong by a stable word of its own.
    #[must_use]
    pub fn with_error(mut self, code: &str, message: impl Into<String>) -> Self {
        self.errors.push(FieldError {
            code: code.to_owned(),
            field: None,
            message: message.into(),
        });
        self
    }

    fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Nobody is let in without a token.
    #[must_use]
    pub fn unauthorised(detail: &str) -> Self {
        Self::new(Code::Unauthorised, detail)
            .with_header(WWW_AUTHENTICATE, "Bearer realm=\"tieout\"")
    }

    /// Another method is needed.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::new(Code::MethodNotAllowed, format!("This path takes {allow}."))
            .with_header(ALLOW, allow)
    }

    /// There is nothing with this id.
    #[must_use]
    pub fn no_such(kind: &str, id: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no {kind} {id:?}."))
    }

    /// Come back later.
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        Self::new(
            Code::TooManyRequests,
            format!("Try again in {seconds} seconds."),
        )
        .with_header(RETRY_AFTER, &seconds.to_string())
    }

    /// Its kind.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    fn refused(refusals: Vec<Refusal>) -> Self {
        let code = match refusals.as_slice() {
            [one] if one.code == "bad_cursor" => Code::InvalidParameter,
            _ => Code::Refused,
        };
        let detail = refusals
            .iter()
            .map(|it| it.message.as_str())
            .collect::<Vec<_>>()
            .join("; ");
        let errors = refusals
            .into_iter()
            .map(|it| FieldError {
                code: it.code,
                field: it.field,
                message: it.message,
            })
            .collect();
        Self {
            code,
            detail,
            errors,
            headers: Vec::new(),
        }
    }
}

impl From<AppFault> for Problem {
    fn from(fault: AppFault) -> Self {
        match fault {
            AppFault::Refused(refusals) => Problem::refused(refusals),
            AppFault::KeyReused { ref key } => Problem::new(Code::KeyReused, fault.to_string()).with_field(
                "Idempotency-Key",
                format!("{key:?} was used before with other content; use a new key for a new command"),
            ),
            AppFault::NotFound { kind, id } => Problem::no_such(kind, &id),
            AppFault::Forbidden { .. } => Problem::new(Code::Forbidden, fault.to_string()),
            AppFault::Connection(ref inner) => {
                tracing::error!(fault = %fault, "another system failed");
                Problem::new(Code::OtherSystemFailed, format!("{} did not do what was needed.", inner.system))
            }
            AppFault::Store(_) => {
                tracing::error!(fault = %fault, "the store failed");
                if fault.is_passing() {
                    Problem::new(
                        Code::StoreUnavailable,
                        "The books cannot be reached just now; nothing was changed. Send the same again in a moment.",
                    )
                    .with_header(RETRY_AFTER, "2")
                } else {
                    Problem::new(Code::Internal, INTERNAL)
                }
            }
            AppFault::Seal(_) => {
                tracing::error!(fault = %fault, "a secret cannot be sealed or opened");
                Problem::new(Code::Internal, INTERNAL)
            }
            AppFault::Unreadable { .. } => {
                tracing::error!(fault = %fault, "something stored cannot be read");
                Problem::new(Code::Internal, INTERNAL)
            }
            AppFault::Amount(ref inner) => {
                Problem::new(Code::Refused, inner.to_string()).with_field("", inner.to_string())
            }
        }
    }
}

const INTERNAL: &str = "The program or its files are at fault, not the request. The log has the reason under the request id.";

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            kind: format!("/problems/{}", self.code.word()),
            status: self.code.status().as_u16(),
            title: self.code.title().to_owned(),
            detail: self.detail,
            errors: self.errors,
            request_id: REQUEST_ID.try_with(Clone::clone).unwrap_or_default(),
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let kind = [(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")];
        let mut response = (self.code.status(), kind, text).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// Turns an error answer that is not a problem yet (of the router or an extractor) into one.
pub(crate) async fn ensure(response: Response) -> Response {
    let status = response.status();
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !(status.is_client_error() || status.is_server_error()) || kind == Some(MEDIA_TYPE) {
        return response;
    }
    let code = Code::of_status(status);
    let allow = response
        .headers()
        .get(ALLOW)
        .and_then(|value| value.to_str().ok());
    match (code, allow) {
        (Code::MethodNotAllowed, Some(allow)) => Problem::method_not_allowed(allow).into_response(),
        (Code::NotFound, _) => Problem::new(
            code,
            "This path leads nowhere; /api/reference lists those that do.",
        )
        .into_response(),
        _ => Problem::new(code, code.title()).into_response(),
    }
}
