//! Error answers as Stripe gives them.

use serde_json::{Map, Value, json};

/// A refusal before any work: nothing is changed, and no answer is kept under the idempotency key.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    message: String,
    param: Option<String>,
    extra: Map<String, Value>,
}

impl Refusal {
    /// 400 `invalid_request_error`.
    pub(super) fn invalid(message: impl Into<String>) -> Refusal {
        Refusal {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
            extra: Map::new(),
        }
    }

    /// An id that is in the path (404) or in a parameter (400) and leads to nothing.
    pub(super) fn missing(kind: &str, id: &str, param: &str) -> Refusal {
        let refusal = Refusal::invalid(format!("No such {kind}: '{id}'"))
            .code("resource_missing")
            .param(param);
        refusal.status(
            if param == "id" || param == "intent" || param == "payment_method_id" {
                404
            } else {
                400
            },
        )
    }

    pub(super) fn unauthorized(message: &str) -> Refusal {
        Refusal::invalid(message).status(401)
    }

    pub(super) fn idempotency(status: u16, message: &str) -> Refusal {
        Refusal {
            kind: "idempotency_error",
            ..Refusal::invalid(message).status(status)
        }
    }

    pub(super) fn server_error() -> Refusal {
        Refusal {
            kind: "api_error",
            ..Refusal::invalid("An unknown error occurred.").status(500)
        }
    }

    pub(super) fn card(message: &str, code: &'static str) -> Refusal {
        Refusal {
            kind: "card_error",
            ..Refusal::invalid(message).status(402).code(code)
        }
    }

    pub(super) fn status(mut self, status: u16) -> Refusal {
        self.status = status;
        self
    }

    pub(super) fn code(mut self, code: &'static str) -> Refusal {
        self.code = Some(code);
        self
    }

    pub(super) fn param(mut self, param: &str) -> Refusal {
        self.param = Some(param.to_owned());
        self
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Refusal {
        self.extra.insert(name.to_owned(), value);
        self
    }

    /// `{"error": {…}}`.
    pub(super) fn body(&self, request_id: &str, seconds: i64) -> Value {
        let mut error = self.extra.clone();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        let log = format!("https://dashboard.stripe.com/test/logs/{request_id}?t={seconds}");
        error.insert("request_log_url".to_owned(), json!(log));
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
            let page = code.replace('_', "-");
            error.insert(
                "doc_url".to_owned(),
                json!(format!("https://stripe.com/docs/error-codes/{page}")),
            );
        }
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        json!({ "error": error })
    }
}
