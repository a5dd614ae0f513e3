//! What goes out and what comes back, as plain data.

use std::fmt;

/// HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Create, or ask with a body.
    Post,
    /// Create or replace at a known address.
    Put,
    /// Change some fields.
    Patch,
    /// Remove.
    Delete,
}

impl Method {
    /// The method as written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// How an operation is made safe to do twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// The vendor takes an idempotency key and answers a repeat as it answered the first.
    NativeKey,
    /// The record is addressed by an id both sides know; the same content twice is one record.
    UpsertByExternalId,
    /// The vendor offers nothing: look for our natural key first, then create.
    FindThenCreate,
    /// Changes nothing.
    ReadOnly,
    /// Cannot be made safe; a person releases each repeat.
    Unsafe,
}

impl Safety {
    /// Whether sending the same request again, after the vendor *answered* with an error of its
    /// own, cannot do the work twice.
    pub const fn resend_is_safe(self) -> bool {
        match self {
            Safety::NativeKey | Safety::UpsertByExternalId | Safety::ReadOnly => true,
            Safety::FindThenCreate | Safety::Unsafe => false,
        }
    }

    /// Whether the operation may change something at the vendor.
    pub const fn writes(self) -> bool {
        !matches!(self, Safety::ReadOnly)
    }
}

/// One thing a connector can ask of its system, with its declared safety.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// System name as in fault texts and metrics: `stripe`, `salesforce`, `netsuite`.
    pub system: &'static str,
    /// Name in the trade's words, e.g. `create_refund`.
    pub name: &'static str,
    /// How it is made safe to do twice.
    pub safety: Safety,
}

/// Body of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// Exactly the bytes to send.
    pub bytes: Vec<u8>,
}

/// One HTTP request, not yet performed.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Absolute URL, already encoded.
    pub url: String,
    /// Headers in the order they are sent; `Content-Type` comes from the body.
    pub headers: Vec<(String, String)>,
    /// Body, if any.
    pub body: Option<Body>,
    /// What this request does, which carries its safety.
    pub operation: &'static Operation,
}

impl Request {
    /// Value of the first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// The body as text; empty when there is none or when it is not UTF-8.
    pub fn body_text(&self) -> &str {
        self.body
            .as_ref()
            .and_then(|body| std::str::from_utf8(&body.bytes).ok())
            .unwrap_or("")
    }
}

/// Header values may be credentials and bodies may be personal data, so `Debug` shows neither.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Request")
            .field("operation", &self.operation.name)
            .field("method", &self.method.as_str())
            .field("url", &self.url)
            .field("header_names", &names)
            .field(
                "body_bytes",
                &self.body.as_ref().map_or(0, |body| body.bytes.len()),
            )
            .finish()
    }
}

/// One HTTP answer, whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// Headers as received.
    pub headers: Vec<(String, String)>,
    /// Raw body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Value of the first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find_header(&self.headers, name)
    }

    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `Retry-After` in milliseconds. Only the form in whole seconds is used by the three
    /// systems; a date is ignored.
    pub fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.header("Retry-After")?.trim().parse().ok()?;
        seconds.checked_mul(1000)
    }

    /// How many calls of the vendor's allowance are used and how large it is, where it says so:
    /// `Sforce-Limit-Info: api-usage=25/5000`.
    pub fn allowance(&self) -> Option<(u32, u32)> {
        let usage = self.header("Sforce-Limit-Info")?;
        let of_ours = usage.split(';').next()?.trim();
        let (used, limit) = of_ours.strip_prefix("api-usage=")?.split_once('/')?;
        Some((used.trim().parse().ok()?, limit.trim().parse().ok()?))
    }

    /// The part of the `Location` header after the last slash: the id of what was created.
    pub fn location_id(&self) -> Option<&str> {
        let location = self.header("Location")?.trim_end_matches('/');
        let (_, id) = location.rsplit_once('/')?;
        (!id.is_empty()).then_some(id)
    }
}

/// Bodies may hold tokens and personal data, so `Debug` shows only their size.
impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Reply")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

fn find_header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// What reading the other system back, after an ambiguous call, has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum ReadBack<T> {
    /// The work was done; this is its result.
    Found(T),
    /// The other system answered and does not hold it, so it may be sent again.
    Absent,
}
