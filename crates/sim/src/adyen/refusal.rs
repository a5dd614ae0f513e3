//! Error answers as Adyen gives them.

use serde_json::json;

use crate::http::Answer;

/// A refusal before any work: nothing is changed, and no answer is kept under the idempotency key.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    kind: &'static str,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: &str, kind: &'static str) -> Refusal {
        Refusal {
            status,
            code,
            message: message.to_owned(),
            kind,
        }
    }

    /// 422 for a field that is missing or wrong.
    pub(super) fn invalid(message: &str) -> Refusal {
        Refusal::new(422, "14_0", message, "validation")
    }

    /// 422 for a required field that is not there.
    pub(super) fn required(field: &str) -> Refusal {
        Refusal::new(
            422,
            "14_0",
            &format!("Required field '{field}' is not provided."),
            "validation",
        )
    }

    pub(super) fn amount() -> Refusal {
        Refusal::new(422, "100", "No amount specified", "validation")
    }

    pub(super) fn currency() -> Refusal {
        Refusal::new(422, "138", "Unsupported currency specified", "validation")
    }

    pub(super) fn no_contract() -> Refusal {
        Refusal::new(422, "800", "Contract not found", "validation")
    }

    pub(super) fn no_original() -> Refusal {
        Refusal::new(
            422,
            "167",
            "Original pspReference required for this operation",
            "validation",
        )
    }

    pub(super) fn in_progress() -> Refusal {
        Refusal::new(
            422,
            "704",
            "request already processed or in progress",
            "validation",
        )
    }

    pub(super) fn merchant() -> Refusal {
        Refusal::new(403, "901", "Invalid Merchant Account", "security")
    }

    pub(super) fn unauthorized() -> Refusal {
        Refusal::new(
            401,
            "000",
            "HTTP Status Response - Unauthorized",
            "security",
        )
    }

    pub(super) fn no_such_resource() -> Refusal {
        Refusal::new(404, "000", "HTTP Status Response - Not Found", "validation")
    }

    pub(super) fn media_type() -> Refusal {
        Refusal::new(
            415,
            "000",
            "HTTP Status Response - Unsupported Media Type",
            "validation",
        )
    }

    pub(super) fn malformed() -> Refusal {
        Refusal::new(
            400,
            "702",
            "Structure of the request is not valid",
            "validation",
        )
    }

    pub(super) fn too_many() -> Refusal {
        Refusal::new(
            429,
            "000",
            "HTTP Status Response - Too Many Requests",
            "internal",
        )
    }

    pub(super) fn unexpected() -> Refusal {
        Refusal::new(500, "905", "Payment details are not supported", "internal")
    }

    pub(super) fn answer(&self) -> Answer {
        let body = json!({
            "status": self.status,
            "errorCode": self.code,
            "message": self.message,
            "errorType": self.kind,
        });
        Answer::json(self.status, &body)
    }
}
