//! The real clock, real randomness and real waiting.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use values::Instant;

use super::Present;

/// [`Present`] by the operating system.
#[derive(Debug, Clone)]
pub struct SystemPresent {
    random: SystemRandom,
}

impl Default for SystemPresent {
    fn default() -> Self {
        SystemPresent {
            random: SystemRandom::new(),
        }
    }
}

impl Present for SystemPresent {
    fn now(&self) -> Instant {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Instant::from_microseconds(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    fn nonce(&self) -> String {
        let mut bytes = [0_u8; 16];
        // The operating system's source does not fail once it is seeded; if it ever does, the
        // moment in nanoseconds still differs from call to call.
        if self.random.fill(&mut bytes).is_err() {
            let since_epoch = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            bytes = since_epoch.as_nanos().to_be_bytes();
        }
        hex::encode(bytes)
    }

    fn pause(&self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}
