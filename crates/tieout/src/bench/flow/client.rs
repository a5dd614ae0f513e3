//! The sender: many connections on one thread, as bare as can be, because it shares the machine with
//! what it measures.

use super::deliveries::Deliveries;
use crate::bench::BenchFault;
use control::dwell;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use values::Clock;

/// How the deliveries are spread over time.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each connection sends the next one as soon as it has its answer.
    AsFastAsAnswered,
    /// So many a second, on a timetable that does not wait for answers: a late answer makes the ones
    /// after it late, and that counts.
    Every(Duration),
}

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Where.
    pub address: SocketAddr,
    /// Connections kept open.
    pub connections: usize,
    /// For so long.
    pub lasting: Duration,
    /// How it is spread.
    pub pace: Pace,
}

/// What came of it.
#[derive(Debug)]
pub struct Sent {
    /// Deliveries that were answered with success.
    pub answered: usize,
    /// From the first to the last answer.
    pub took: Duration,
    /// From the moment a delivery was to go to its answer, sorted.
    pub latencies: Vec<Duration>,
}

impl Sent {
    /// The latency that so many in a thousand did not exceed.
    #[must_use]
    pub fn per_mille(&self, part: usize) -> Duration {
        dwell::per_mille(&self.latencies, part).unwrap_or_default()
    }
}

/// Sends deliveries until the time is over and every answer is there.
///
/// # Errors
/// When a connection fails or a delivery is not accepted.
pub fn send(deliveries: Deliveries, run: Run) -> Result<Sent, BenchFault> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(network)?;
    runtime.block_on(async move {
        let (deliveries, next) = (Arc::new(deliveries), Arc::new(AtomicU64::new(0)));
        let began = Instant::now();
        let senders: Vec<_> = (0..run.connections)
            .map(|_| tokio::spawn(sender(deliveries.clone(), next.clone(), run, began)))
            .collect();
        let mut latencies = Vec::new();
        for sender in senders {
            let own = sender.await.map_err(|error| BenchFault::Network {
                what: error.to_string(),
            })??;
            latencies.extend(own);
        }
        let took = began.elapsed();
        latencies.sort_unstable();
        Ok(Sent {
            answered: latencies.len(),
            took,
            latencies,
        })
    })
}

fn network(error: std::io::Error) -> BenchFault {
    BenchFault::Network {
        what: error.to_string(),
    }
}

async fn sender(
    deliveries: Arc<Deliveries>,
    next: Arc<AtomicU64>,
    run: Run,
    began: Instant,
) -> Result<Vec<Duration>, BenchFault> {
    let stream = TcpStream::connect(run.address).await.map_err(network)?;
    stream.set_nodelay(true).map_err(network)?;
    let mut latencies = Vec::new();
    let mut answer = Vec::with_capacity(1_024);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let due = match run.pace {
            Pace::AsFastAsAnswered => Instant::now(),
            Pace::Every(gap) => {
                let due = began + gap.saturating_mul(u32::try_from(number).unwrap_or(u32::MAX));
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        if due.duration_since(began) >= run.lasting {
            return Ok(latencies);
        }
        let request = deliveries.request(number, app::SystemClock.now());
        write(&stream, &request).await?;
        read(&stream, &mut answer).await?;
        latencies.push(due.elapsed());
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> Result<(), BenchFault> {
    while !bytes.is_empty() {
        stream.writable().await.map_err(network)?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(network(error)),
        }
    }
    Ok(())
}

/// Reads one whole answer; anything but success ends the measurement.
async fn read(stream: &TcpStream, answer: &mut Vec<u8>) -> Result<(), BenchFault> {
    answer.clear();
    let mut buffer = [0_u8; 2_048];
    loop {
        stream.readable().await.map_err(network)?;
        match stream.try_read(&mut buffer) {
            Ok(0) => return Err(refused("the server hung up", answer)),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(network(error)),
        }
        let text = String::from_utf8_lossy(answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if body.len() < length(head) {
            continue;
        }
        if head.starts_with("HTTP/1.1 200 ") && body.contains("\"new\"") {
            return Ok(());
        }
        return Err(refused("a delivery was not accepted as new", answer));
    }
}

fn length(head: &str) -> usize {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

fn refused(what: &str, answer: &[u8]) -> BenchFault {
    let start: String = String::from_utf8_lossy(answer).chars().take(400).collect();
    BenchFault::Network {
        what: format!("{what}: {start}"),
    }
}
