//! The way into the simulators without sockets: a call on the thread of the caller, through the same
//! weather, the same checks and the same code as over HTTP.

use std::sync::Arc;

use connect::{Reply, Request, Transport, TransportFault};

use crate::http::{self, Exchange, Handled, Present, System};
use crate::{adyen, avatax, netsuite, salesforce, stripe};

/// A call as it would be on the wire.
#[derive(Clone, Debug)]
pub struct DoorCall<'a> {
    /// `GET`, `POST`, …
    pub method: &'a str,
    /// The whole URL, encoded.
    pub url: &'a str,
    /// Headers; names in any case. `Host` is made from the URL.
    pub headers: &'a [(String, String)],
    /// The raw body.
    pub body: &'a [u8],
}

/// An answer as it would be on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorAnswer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The system did the work, and the answer never left it.
    #[error("the answer was lost")]
    Lost,
    /// The URL is of none of the systems: nothing was sent.
    #[error("no system has this address")]
    NobodyThere,
}

/// The way in. Clones lead to the same systems.
#[derive(Clone, Debug)]
pub struct Door {
    salesforce: Arc<salesforce::Salesforce>,
    stripe: Arc<stripe::Stripe>,
    netsuite: Arc<netsuite::NetSuite>,
    avatax: Arc<avatax::AvaTax>,
    adyen: Arc<adyen::Adyen>,
}

impl Door {
    pub(crate) fn new(
        salesforce: &Arc<salesforce::Salesforce>,
        stripe: &Arc<stripe::Stripe>,
        netsuite: &Arc<netsuite::NetSuite>,
        avatax: &Arc<avatax::AvaTax>,
        adyen: &Arc<adyen::Adyen>,
    ) -> Door {
        Door {
            salesforce: Arc::clone(salesforce),
            stripe: Arc::clone(stripe),
            netsuite: Arc::clone(netsuite),
            avatax: Arc::clone(avatax),
            adyen: Arc::clone(adyen),
        }
    }

    /// Makes a call and waits for the answer.
    pub fn call(&self, call: &DoorCall<'_>) -> Result<DoorAnswer, NoAnswer> {
        if let Some(rest) = below(self.salesforce.as_ref(), call.url) {
            return pass(self.salesforce.as_ref(), call, rest);
        }
        if let Some(rest) = below(self.stripe.as_ref(), call.url) {
            return pass(self.stripe.as_ref(), call, rest);
        }
        if let Some(rest) = below(self.avatax.as_ref(), call.url) {
            return pass(self.avatax.as_ref(), call, rest);
        }
        if let Some(rest) = below(self.adyen.as_ref(), call.url) {
            return pass(self.adyen.as_ref(), call, rest);
        }
        match below(self.netsuite.as_ref(), call.url) {
            Some(rest) => pass(self.netsuite.as_ref(), call, rest),
            None => Err(NoAnswer::NobodyThere),
        }
    }
}

/// The program's network, when all that it reaches is behind this door.
impl Transport for Door {
    fn perform(&self, request: &Request) -> Result<Reply, TransportFault> {
        let mut headers = request.headers.clone();
        let mut bytes: &[u8] = &[];
        if let Some(body) = &request.body {
            headers.push(("Content-Type".to_owned(), body.content_type.to_owned()));
            bytes = &body.bytes;
        }
        let call = DoorCall {
            method: request.method.as_str(),
            url: &request.url,
            headers: &headers,
            body: bytes,
        };
        match self.call(&call) {
            Ok(answer) => Ok(Reply {
                status: answer.status,
                headers: answer.headers,
                body: answer.body,
            }),
            Err(fault @ NoAnswer::Lost) => Err(TransportFault::NoAnswer {
                detail: fault.to_string(),
            }),
            Err(fault @ NoAnswer::NobodyThere) => Err(TransportFault::ConnectFailed {
                detail: fault.to_string(),
            }),
        }
    }
}

/// Path and query, when the URL is one of this system.
fn below<'u, S: System>(system: &S, url: &'u str) -> Option<&'u str> {
    let rest = url.strip_prefix(system.core().base_url().as_str())?;
    rest.starts_with('/').then_some(rest)
}

fn pass<S: System>(system: &S, call: &DoorCall<'_>, rest: &str) -> Result<DoorAnswer, NoAnswer> {
    let (path, raw_query) = rest.split_once('?').unwrap_or((rest, ""));
    let base = system.core().base_url();
    let host = base.strip_prefix("http://").unwrap_or(&base);
    let mut headers = vec![("host".to_owned(), host.to_owned())];
    let given = call.headers.iter();
    headers.extend(given.map(|(name, value)| (name.to_lowercase(), value.clone())));
    let exchange = Exchange {
        method: call.method.to_owned(),
        path: path.to_owned(),
        raw_query: raw_query.to_owned(),
        headers,
        body: call.body.to_vec(),
        stale: false,
    };
    let admitted = system.enter();
    let _present = Present(system);
    match http::handle(system, admitted, exchange) {
        Handled::Unsent(_) => Err(NoAnswer::Lost),
        Handled::Answered(answer) => Ok(DoorAnswer {
            status: answer.status,
            headers: answer
                .headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: answer.body,
        }),
    }
}
