//! REST and OpenAPI, inbound webhooks, the server-rendered console

pub mod console;
