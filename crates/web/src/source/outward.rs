//! The catalogue of events and the endpoints, from the books.

use super::{AppSource, Asked, told};
use crate::console::{EndpointAction, EndpointForm, OutwardSource, SourceFault};
use app::command::Command;
use app::outward::{AttemptView, EndpointDetail, EndpointView, EventTypeDetail, EventTypeRow};
use serde_json::{Map, Value, json};

fn command(name: &str, body: Value) -> Asked<Command> {
    Command::read(name, body).map_err(|fault| SourceFault::Refused {
        reason: fault.to_string(),
    })
}

impl OutwardSource for AppSource {
    fn event_types(&self) -> Asked<Vec<EventTypeRow>> {
        self.app.event_types().map_err(told)
    }

    fn event_type(&self, name: &str) -> Asked<Option<EventTypeDetail>> {
        self.app.event_type(name).map_err(told)
    }

    fn endpoints(&self) -> Asked<Vec<EndpointView>> {
        self.app.webhook_endpoints().map_err(told)
    }

    fn endpoint(&self, id: &str, status: Option<&str>) -> Asked<Option<EndpointDetail>> {
        self.app.webhook_endpoint(id, status).map_err(told)
    }

    fn attempts(&self, endpoint: &str, message: &str) -> Asked<Vec<AttemptView>> {
        self.app.webhook_attempts(endpoint, message).map_err(told)
    }

    fn add_endpoint(&self, form: &EndpointForm, actor: &str) -> Asked<String> {
        let types: Vec<&str> = form
            .types
            .split([' ', ',', '\n', '\r', '\t'])
            .filter(|word| !word.is_empty())
            .collect();
        let mut body = Map::new();
        body.insert("url".to_owned(), json!(form.url.trim()));
        body.insert("description".to_owned(), json!(form.description.trim()));
        if !types.is_empty() {
            body.insert("types".to_owned(), json!(types));
        }
        let version = form.version.trim();
        if !version.is_empty() {
            let number: u32 = version.parse().map_err(|_| SourceFault::Refused {
                reason: format!(
                    "version {version} is none: write a whole number, or nothing for the newest"
                ),
            })?;
            body.insert("version".to_owned(), json!(number));
        }
        let command = command("add_webhook_endpoint", Value::Object(body))?;
        let answer = self.app.act(actor, command).map_err(told)?;
        Ok(answer["endpoint"].as_str().unwrap_or_default().to_owned())
    }

    fn act_on_endpoint(&self, id: &str, action: &EndpointAction, actor: &str) -> Asked<()> {
        let (name, body) = match action {
            EndpointAction::Enable(enabled) => (
                "change_webhook_endpoint",
                json!({ "endpoint": id, "enabled": enabled }),
            ),
            EndpointAction::Rotate => ("rotate_webhook_secret", json!({ "endpoint": id })),
            EndpointAction::Test => ("test_webhook", json!({ "endpoint": id })),
            EndpointAction::Recover(since) => (
                "recover_webhooks",
                json!({ "endpoint": id, "since": since }),
            ),
            EndpointAction::Resend(message) => (
                "resend_webhook",
                json!({ "endpoint": id, "message": message }),
            ),
        };
        let command = command(name, body)?;
        self.app.act(actor, command).map(drop).map_err(told)
    }

    fn show_secret(&self, id: &str, actor: &str) -> Asked<String> {
        let secret = self.app.show_webhook_secret(actor, id).map_err(told)?;
        Ok(secret.reveal().to_owned())
    }
}
