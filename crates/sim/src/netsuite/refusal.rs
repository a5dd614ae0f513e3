//! Error answers as the SuiteTalk REST services give them.

use serde_json::{Map, Value, json};

use crate::http::Answer;

/// A refused call.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    code: &'static str,
    detail: String,
    path: Option<String>,
    query: Option<&'static str>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code,
            detail: detail.into(),
            path: None,
            query: None,
        }
    }

    /// A rule of the business is broken.
    pub(super) fn user(detail: &str) -> Refusal {
        Refusal::new(
            400,
            "USER_ERROR",
            format!("Error while accessing a resource. {detail}"),
        )
    }

    pub(super) fn content(detail: impl Into<String>) -> Refusal {
        Refusal::new(400, "INVALID_CONTENT", detail)
    }

    pub(super) fn parameter(query: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal {
            query: Some(query),
            ..Refusal::new(400, "INVALID_PARAMETER", detail)
        }
    }

    pub(super) fn header(detail: impl Into<String>) -> Refusal {
        Refusal::new(400, "INVALID_HEADER", detail)
    }

    /// A reference to something that is not there.
    pub(super) fn unknown(kind: &str, id: &str) -> Refusal {
        Refusal::new(
            400,
            "NONEXISTENT_ID",
            format!("The {kind} with the id '{id}' does not exist."),
        )
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Refusal {
        Refusal::new(404, "NONEXISTENT_ID", detail)
    }

    pub(super) fn no_such_resource() -> Refusal {
        Refusal::new(404, "NOT_FOUND", "The requested resource does not exist.")
    }

    pub(super) fn login() -> Refusal {
        Refusal::new(
            401,
            "INVALID_LOGIN",
            "Invalid login attempt. See the login audit trail of the account.",
        )
    }

    pub(super) fn idempotency() -> Refusal {
        Refusal::new(
            400,
            "IDEMPOTENCY_ERROR",
            "A request with the same idempotency key is already submitted. See the \"Location\" header for a link to \
             the previously submitted job",
        )
    }

    pub(super) fn concurrency() -> Refusal {
        Refusal::new(
            429,
            "CONCURRENCY_LIMIT_EXCEEDED",
            "Concurrent request limit exceeded. Request blocked.",
        )
    }

    pub(super) fn unexpected() -> Refusal {
        Refusal::new(500, "UNEXPECTED_ERROR", "An unexpected error occurred.")
    }

    pub(super) fn path(mut self, path: impl Into<String>) -> Refusal {
        self.path = Some(path.into());
        self
    }

    pub(super) fn body(&self) -> Value {
        let (title, section) = match self.status {
            401 => ("Unauthorized", "rfc9110.html#section-15.5.2"),
            404 => ("Not Found", "rfc9110.html#section-15.5.5"),
            429 => ("Too Many Requests", "rfc6585#section-4"),
            500 => ("Internal Server Error", "rfc9110.html#section-15.6.1"),
            _ if self.code == "IDEMPOTENCY_ERROR" => ("Conflict", "rfc9110.html#section-15.5.10"),
            _ => ("Bad Request", "rfc9110.html#section-15.5.1"),
        };
        let mut detail = Map::new();
        detail.insert("detail".to_owned(), json!(self.detail));
        detail.insert("o:errorCode".to_owned(), json!(self.code));
        if let Some(path) = &self.path {
            detail.insert("o:errorPath".to_owned(), json!(path));
        }
        if let Some(query) = self.query {
            detail.insert("o:errorQueryParam".to_owned(), json!(query));
        }
        json!({
            "type": format!("https://www.rfc-editor.org/rfc/{section}"), "title": title, "status": self.status,
            "o:errorDetails": [detail]
        })
    }

    pub(super) fn answer(&self) -> Answer {
        let mut answer = Answer::json(self.status, &self.body());
        answer.headers = vec![(
            "Content-Type",
            "application/vnd.oracle.resource+json; type=error; charset=UTF-8".to_owned(),
        )];
        answer
    }
}
