//! Error answers as Salesforce gives them: an array for data calls, an object for token calls.

use serde_json::{Map, Value, json};

use crate::http::Answer;

/// A refused data call.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    fields: Option<Vec<String>>,
}

impl Refusal {
    /// 400 with this error code.
    pub(super) fn bad(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            code,
            message: message.into(),
            fields: None,
        }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 404,
            ..Refusal::bad("NOT_FOUND", message)
        }
    }

    /// 401: the session is over, or never was.
    pub(super) fn session() -> Refusal {
        Refusal {
            status: 401,
            ..Refusal::bad("INVALID_SESSION_ID", "Session expired or invalid")
        }
    }

    pub(super) fn status(mut self, status: u16) -> Refusal {
        self.status = status;
        self
    }

    pub(super) fn fields(mut self, fields: &[&str]) -> Refusal {
        self.fields = Some(fields.iter().map(|field| (*field).to_owned()).collect());
        self
    }

    pub(super) fn answer(&self) -> Answer {
        let mut error = Map::new();
        error.insert("message".to_owned(), json!(self.message));
        error.insert("errorCode".to_owned(), json!(self.code));
        if let Some(fields) = &self.fields {
            error.insert("fields".to_owned(), json!(fields));
        }
        Answer::json(self.status, &Value::Array(vec![Value::Object(error)]))
    }
}

/// A refused token call.
pub(super) fn oauth(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "error": error, "error_description": description }),
    )
}
