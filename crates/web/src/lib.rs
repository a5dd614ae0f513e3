//! REST and OpenAPI, inbound webhooks, the server-rendered console. Rules live elsewhere: a handler
//! lets somebody in, reads what was sent, asks the program and writes the answer.

pub mod api;
pub mod auth;
mod body;
pub mod console;
pub mod limits;
mod metrics;
mod observe;
pub mod openapi;
pub mod problem;
pub mod reference;
pub mod server;
mod source;
mod state;
mod webhooks;

pub use source::AppSource;
pub use state::Web;
pub use webhooks::STRIPE as STRIPE_DELIVERIES;
