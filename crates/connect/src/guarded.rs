//! Addresses that a user of ours may let us call. An address that somebody types in must not become a
//! way into the network that we stand in: private, loopback and link-local addresses are refused,
//! when the address is entered and again when its name has been looked up for a call, so that a name
//! which points elsewhere by then does not get through. The call goes to exactly the addresses that
//! were looked at.

use crate::transport::{HttpLimits, HttpTransport};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Why an address is not called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    /// It is no address of the web.
    #[error("{url:?} is no address such as https://example.com/webhooks")]
    Malformed {
        /// What was given, cut to 200 characters.
        url: String,
    },
    /// It would carry what we send in clear.
    #[error("{url:?} is not encrypted: use https; http is taken on the loopback address only")]
    NotEncrypted {
        /// What was given.
        url: String,
    },
    /// It has a user or password in it.
    #[error("the address carries a user or password: leave them out, each message is signed")]
    Credentials,
    /// It lies in a network that is not public.
    #[error(
        "{host} is not a public address: allow it with [outward] private_addresses in the settings when the receiver stands in your own network"
    )]
    NotPublic {
        /// The host.
        host: String,
    },
}

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AddressPolicy {
    /// Whether loopback, private and link-local addresses may be.
    pub private: bool,
}

impl AddressPolicy {
    /// Checks an address as it is entered. Names are looked up when they are called.
    ///
    /// # Errors
    /// When it must not be called.
    pub fn check(self, url: &str) -> Result<(), AddressRefused> {
        let cut = || url.chars().take(200).collect::<String>();
        let malformed = || AddressRefused::Malformed { url: cut() };
        let uri: ureq::http::Uri = url.parse().map_err(|_| malformed())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(malformed());
        };
        if authority.as_str().contains('@') {
            return Err(AddressRefused::Credentials);
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() || !matches!(scheme, "http" | "https") {
            return Err(malformed());
        }
        let address = host.parse::<IpAddr>().ok();
        let local = host.eq_ignore_ascii_case("localhost")
            || host.to_ascii_lowercase().ends_with(".localhost");
        let loopback = local || address.is_some_and(|address| canonical(address).is_loopback());
        if scheme == "http" && !loopback {
            return Err(AddressRefused::NotEncrypted { url: cut() });
        }
        let closed = loopback || address.is_some_and(|address| !is_public(address));
        if closed && !self.private {
            return Err(AddressRefused::NotPublic {
                host: host.to_owned(),
            });
        }
        Ok(())
    }

    /// A transport that calls only what this allows, follows no redirect and uses no proxy.
    #[must_use]
    pub fn transport(self, limits: HttpLimits) -> HttpTransport {
        HttpTransport::guarded(
            limits,
            Guard {
                policy: self,
                lookup: Arc::new(DefaultResolver::default()),
            },
        )
    }
}

/// An IPv4 address that is written as an IPv6 one is what it is.
fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_canonical(),
        four => four,
    }
}

/// Whether an address lies in the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match canonical(address) {
        IpAddr::V4(four) => is_public_v4(four),
        IpAddr::V6(six) => is_public_v6(six),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = a == 192 && b == 0 && c == 0;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let relay = a == 192 && b == 88 && c == 99;
    !(a == 0
        || a >= 224
        || shared
        || protocols
        || benchmarks
        || relay
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let first = address.segments()[0];
    let second = address.segments()[1];
    // Only 2000::/3 is given out; of it, what carries an IPv4 address inside (6to4, Teredo), and
    // documentation and benchmarks are not hosts of the public.
    let given_out = first & 0xe000 == 0x2000;
    let wraps_four = first == 0x2002 || (first == 0x2001 && second == 0);
    let protocols = first == 0x2001 && second < 0x0200;
    let examples = (first == 0x2001 && second == 0x0db8) || first == 0x3fff;
    given_out && !wraps_four && !protocols && !examples
}

/// Looks names up and keeps only what may be called.
#[derive(Debug)]
pub(crate) struct Guard {
    policy: AddressPolicy,
    lookup: Arc<dyn Resolver>,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.lookup.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in found.iter().filter(|address| self.lets(address)) {
            kept.push(*address);
        }
        if kept.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(kept)
    }
}

impl Guard {
    fn lets(&self, address: &SocketAddr) -> bool {
        self.policy.private || is_public(address.ip())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Method, Request};
    use crate::standard_webhooks::SEND;
    use crate::transport::{Transport, TransportFault};

    const CLOSED: AddressPolicy = AddressPolicy { private: false };
    const OPEN: AddressPolicy = AddressPolicy { private: true };

    #[test]
    fn addresses_that_are_not_public_are_known() {
        for text in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.1",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "193.0.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn an_address_is_checked_when_it_is_entered() {
        assert_eq!(CLOSED.check("https://example.com/hooks?a=b"), Ok(()));
        assert_eq!(OPEN.check("http://127.0.0.1:9000/hooks"), Ok(()));
        assert_eq!(OPEN.check("http://[::1]:9000/"), Ok(()));
        assert_eq!(OPEN.check("https://10.0.0.7/hooks"), Ok(()));
        let not_public =
            |url: &str| matches!(CLOSED.check(url), Err(AddressRefused::NotPublic { .. }));
        for url in [
            "https://10.0.0.7/",
            "https://localhost/",
            "https://LOCALHOST:8420/api",
            "https://a.localhost/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "http://127.0.0.1/",
        ] {
            assert!(not_public(url), "{url} {:?}", CLOSED.check(url));
        }
        for url in ["http://example.com/", "http://10.0.0.7/"] {
            assert!(
                matches!(OPEN.check(url), Err(AddressRefused::NotEncrypted { .. })),
                "{url}"
            );
        }
        for url in [
            "",
            "example.com",
            "ftp://example.com/",
            "https:///x",
            "javascript:alert(1)",
        ] {
            assert!(
                matches!(CLOSED.check(url), Err(AddressRefused::Malformed { .. })),
                "{url}"
            );
        }
        assert_eq!(
            CLOSED.check("https://u:p@example.com/"),
            Err(AddressRefused::Credentials)
        );
    }

    #[test]
    fn a_name_that_points_inward_is_not_called() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let request = Request {
            method: Method::Post,
            url: format!("http://localhost:{port}/"),
            headers: vec![],
            body: None,
            operation: &SEND,
        };
        let limits = HttpLimits {
            connect_timeout_ms: 500,
            call_timeout_ms: 500,
            ..HttpLimits::default()
        };
        let told = CLOSED.transport(limits).perform(&request).unwrap_err();
        assert!(
            matches!(told, TransportFault::ConnectFailed { .. }),
            "{told}"
        );
        assert!(listener.accept().is_err(), "it was called all the same");
        // Where it is allowed, it is called: nobody answers, but the connection comes about.
        let _ = OPEN.transport(limits).perform(&request);
        assert!(listener.accept().is_ok());
    }
}
