//! The CloudEvents envelope, the closed enum of business events, and the hash chain over the log
