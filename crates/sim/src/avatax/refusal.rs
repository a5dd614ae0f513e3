//! Error answers as AvaTax gives them.

use serde_json::json;

use crate::http::Answer;

/// A refused call.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    number: u32,
    message: String,
    description: String,
}

impl Refusal {
    fn new(
        status: u16,
        (code, number): (&'static str, u32),
        message: &str,
        description: impl Into<String>,
    ) -> Refusal {
        Refusal {
            status,
            code,
            number,
            message: message.to_owned(),
            description: description.into(),
        }
    }

    pub(super) fn login() -> Refusal {
        let message = "Authentication failed.";
        let description =
            "Missing authentication or unable to authenticate the user or the account.";
        Refusal::new(401, ("AuthenticationException", 30), message, description)
    }

    pub(super) fn no_such_resource() -> Refusal {
        let message = "The requested resource was not found.";
        Refusal::new(404, ("ResourceNotFoundError", 4), message, message)
    }

    pub(super) fn no_such_company(code: &str) -> Refusal {
        let description = format!("Company '{code}' was not found in this account.");
        Refusal::new(
            404,
            ("CompanyNotFoundError", 48),
            "Company not found.",
            description,
        )
    }

    pub(super) fn no_such_transaction(code: &str) -> Refusal {
        let description = format!("The transaction '{code}' was not found.");
        Refusal::new(
            404,
            ("EntityNotFoundError", 4),
            "Document not found.",
            description,
        )
    }

    pub(super) fn malformed() -> Refusal {
        let description = "The JSON body could not be read.";
        Refusal::new(
            400,
            ("JsonFormatError", 1),
            "The request is malformed.",
            description,
        )
    }

    pub(super) fn required(field: &str) -> Refusal {
        let description = format!("Field {field} is required.");
        Refusal::new(
            400,
            ("ValueRequiredError", 5),
            "A required value is missing.",
            description,
        )
    }

    pub(super) fn bad_value(field: &str, value: &str) -> Refusal {
        let description = format!("Field {field} has the value '{value}', which is not valid.");
        Refusal::new(
            400,
            ("InvalidValueError", 6),
            "A value is not valid.",
            description,
        )
    }

    pub(super) fn address(country: &str) -> Refusal {
        let description = format!("The address with country '{country}' could not be resolved.");
        Refusal::new(
            400,
            ("InvalidAddress", 309),
            "The address value was incomplete.",
            description,
        )
    }

    pub(super) fn code_in_use() -> Refusal {
        let description = "The document code is already in use.";
        Refusal::new(
            400,
            ("DuplicateEntry", 300),
            "Document already exists with that code.",
            description,
        )
    }

    pub(super) fn bad_status(code: &str) -> Refusal {
        let description = format!("The status of '{code}' does not allow it.");
        Refusal::new(
            400,
            ("InvalidDocumentStatusForVoid", 303),
            "Invalid document status.",
            description,
        )
    }

    pub(super) fn too_many() -> Refusal {
        let message = "Too many requests.";
        Refusal::new(429, ("RateLimitExceeded", 429), message, message)
    }

    pub(super) fn unexpected() -> Refusal {
        let message = "An unexpected error occurred.";
        Refusal::new(500, ("ServerError", 500), message, message)
    }

    pub(super) fn answer(&self) -> Answer {
        let body = json!({
            "error": {
                "code": self.code,
                "message": self.message,
                "target": "IncorrectData",
                "details": [{
                    "code": self.code,
                    "number": self.number,
                    "message": self.message,
                    "description": self.description,
                    "faultCode": "Client",
                    "helpLink": format!("https://developer.avalara.com/avatax/errors/{}", self.code),
                    "severity": "Error"
                }]
            }
        });
        Answer::json(self.status, &body)
    }
}
