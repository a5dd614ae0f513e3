//! What one flush to this disk costs, now.

use super::BenchFault;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Writes of one calibration.
const WRITES: usize = 400;
/// Bytes of one write: a page.
const PAGE: usize = 4_096;

/// How fast pages were written and flushed one at a time.
#[derive(Debug, Clone, Copy)]
pub struct Flush {
    /// Median of a write with its flush, microseconds.
    pub p50_microseconds: u64,
    /// Writes with a flush a second.
    pub per_second: u64,
}

/// Appends pages to a new file in `folder`, each flushed before the next.
///
/// # Errors
/// When the file cannot be written.
pub fn flush(folder: &Path) -> Result<Flush, BenchFault> {
    let path = folder.join("flush");
    measure(&path).map_err(|error| BenchFault::Folder { path, error })
}

fn measure(path: &Path) -> std::io::Result<Flush> {
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(path)?;
    let page = [0x5a; PAGE];
    let mut times = Vec::with_capacity(WRITES);
    let began = Instant::now();
    for _ in 0..WRITES {
        let write = Instant::now();
        file.write_all(&page)?;
        file.sync_all()?;
        times.push(write.elapsed());
    }
    let total = began.elapsed();
    std::fs::remove_file(path)?;
    times.sort_unstable();
    let p50 = u64::try_from(times[WRITES / 2].as_micros()).unwrap_or(u64::MAX);
    Ok(Flush {
        p50_microseconds: p50,
        per_second: super::measure::per_second(WRITES, total),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_is_measured_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let flush = flush(folder.path()).unwrap();
        assert!(flush.per_second > 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
