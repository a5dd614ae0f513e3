//! One module per outside system (request out, reply in) and the driver that performs.
//!
//! A connector module ([`stripe`], [`salesforce`], [`netsuite`]) is pure: it builds a [`Request`]
//! and reads a [`Reply`], with the clock, the nonce and the session passed in. Only
//! [`transport::HttpTransport`] touches the network and only [`driver`] decides to call it.
//!
//! **Invariant**: no foreign JSON type leaves this crate; what leaves are our own plain structs.
//! **Invariant**: no amount is ever read or written through a binary floating-point number.
//! **Invariant**: a write that got no answer is [`FaultClass::Ambiguous`]; this crate never
//! sends it again by itself. It is left by the `read_back_…` functions of the driver.

pub mod adyen;
pub mod avatax;
pub mod breaker;
pub mod bus;
pub mod driver;
pub mod encoding;
pub mod fault;
pub mod guarded;
mod json;
pub mod netsuite;
mod redact;
pub mod request;
pub mod salesforce;
pub mod secret;
pub mod standard_webhooks;
pub mod stripe;
pub mod transport;

pub use fault::{Fault, FaultClass, ReadFault, ReadFaultKind};
pub use request::{Body, Method, Operation, ReadBack, Reply, Request, Safety};
pub use secret::Secret;
pub use transport::{HttpTransport, Transport, TransportFault};
