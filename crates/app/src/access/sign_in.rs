//! Failed sign-ins, counted in the books, so that guessing is slow however many processes there are.

use crate::{App, AppFault};
use sha2::{Digest, Sha256};
use store::sessions as rows;
use values::Instant;

/// How long failures count, in seconds, and how many are borne.
struct Patience {
    seconds: i64,
    failures: i64,
}

/// Of one name from one address.
const OF_PAIR: Patience = Patience {
    seconds: 300,
    failures: 5,
};
/// Of one address, whatever the names.
const OF_ADDRESS: Patience = Patience {
    seconds: 300,
    failures: 50,
};
/// Of one name, wherever from: many machines that guess together.
const OF_NAME: Patience = Patience {
    seconds: 3_600,
    failures: 100,
};

/// People type passwords into the field of the name, so what is kept is a digest.
fn keys(name: &str, address: &str) -> [(String, Patience); 3] {
    let digest = |kind: &str, what: &str| {
        let mut digest = Sha256::new();
        digest.update(kind);
        digest.update([0]);
        digest.update(what);
        format!("{kind}/{}", hex::encode(digest.finalize()))
    };
    [
        (digest("pair", &format!("{address} {name}")), OF_PAIR),
        (digest("address", address), OF_ADDRESS),
        (digest("name", name), OF_NAME),
    ]
}

impl App {
    /// Seconds that this name from this address has to wait before it may try to sign in; nothing when
    /// it may.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_in_wait(&self, name: &str, address: &str) -> Result<Option<u64>, AppFault> {
        let (keys, now) = (keys(name, address), self.clock().now());
        self.store().read(move |tx| {
            let mut longest = None;
            for (key, patience) in keys {
                let Some((since, failures)) = rows::failures(tx, &key)? else {
                    continue;
                };
                let until = Instant::from_microseconds(since).plus_seconds(patience.seconds);
                let left = until.microseconds() - now.microseconds();
                if failures >= patience.failures && left > 0 {
                    longest = longest.max(
                        u64::try_from(left)
                            .ok()
                            .map(|left| left.div_ceil(1_000_000)),
                    );
                }
            }
            Ok(longest)
        })
    }

    /// Counts a failed sign-in.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_in_failed(&self, name: &str, address: &str) -> Result<(), AppFault> {
        let (keys, now) = (keys(name, address), self.clock().now());
        Ok(self.store().write(move |tx| {
            for (key, patience) in keys {
                let start = now.plus_seconds(-patience.seconds).microseconds();
                rows::count_failure(tx, &key, start, now.microseconds())?;
            }
            Ok::<_, store::StoreFault>(())
        })?)
    }

    /// Forgets the failures of a name from an address, which has signed in, and all that are old.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sign_in_succeeded(&self, name: &str, address: &str) -> Result<(), AppFault> {
        let [(pair, _), _, (_, longest)] = keys(name, address);
        let start = self
            .clock()
            .now()
            .plus_seconds(-longest.seconds)
            .microseconds();
        Ok(self
            .store()
            .write(move |tx| rows::forget_failures(tx, &pair, start))?)
    }
}
