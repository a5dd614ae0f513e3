//! The measurement: passes over the whole path and over bare statements take turns.

use super::BenchFault;
use super::calibration::{self, Flush};
use super::machine::{self, Machine};
use super::whole::{Books, Pass};
use super::workload::Keys;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store::Durability;
use store::raw_rows::{RawReader, RawWriter};

/// Entries read back at a time; reading is not measured.
const CHUNK: usize = 10_000;
/// One command at a time is measured on at most so many entries: it is slow and steady.
const ALONE: usize = 10_000;
/// The ratio at the big size is the median of so many last steps.
const LAST_STEPS: usize = 10;

/// What is to be measured.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// Entries of a pass on fresh books.
    pub entries: usize,
    /// Size of the big books, or 0.
    pub big: usize,
    /// Commands kept waiting.
    pub waiting: usize,
    /// How often the passes on fresh books take turns.
    pub rounds: usize,
}

/// A pass over the whole path beside the pass over bare statements for the same rows.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Entries in the books at the end of it.
    pub size: usize,
    /// Entries a second through the whole path.
    pub whole: u64,
    /// Entries a second by bare statements.
    pub raw: u64,
    /// Median from command to answer.
    pub p50: Duration,
    /// 99 in 100 took no longer from command to answer.
    pub p99: Duration,
    /// Entries that shared a commit, in both passes.
    pub batch: usize,
    /// Most memory held during the pass over the whole path, bytes.
    pub memory: u64,
}

impl Turn {
    /// Whole over raw, in hundredths.
    #[must_use]
    pub fn ratio(&self) -> u64 {
        (self.whole * 100 + self.raw / 2) / self.raw.max(1)
    }
}

/// All turns of one kind.
#[derive(Debug)]
pub struct Series {
    /// Commands waiting: 1 is one at a time.
    pub waiting: usize,
    /// What the keys look like.
    pub keys: Keys,
    /// The turns in the order they were taken; at least one.
    pub turns: Vec<Turn>,
    /// Size of a file of the books, and of the bare statements, at the end, bytes.
    pub files: (u64, u64),
}

/// The big books.
#[derive(Debug)]
pub struct Growth {
    /// One turn a step, on books that grow.
    pub series: Series,
    /// Entries a second over all of it through the whole path.
    pub whole: u64,
    /// And by bare statements.
    pub raw: u64,
}

impl Growth {
    /// The last turns.
    #[must_use]
    pub fn last(&self) -> &[Turn] {
        let turns = &self.series.turns;
        &turns[turns.len().saturating_sub(LAST_STEPS)..]
    }
}

/// Everything that was measured.
#[derive(Debug)]
pub struct Results {
    /// What was asked.
    pub wishes: Wishes,
    /// On what.
    pub machine: Machine,
    /// How a commit was made durable.
    pub durability: Durability,
    /// Flushes before and after.
    pub flush: (Flush, Flush),
    /// Rows that one entry inserts or moves.
    pub rows: usize,
    /// Fresh books: alone, with waiting commands, and the same with sorted keys.
    pub fresh: Vec<Series>,
    /// Big books.
    pub big: Option<Growth>,
}

/// Measures posting in files in `folder`.
///
/// # Errors
/// When the folder, the store or a command fails.
pub fn posting(wishes: &Wishes, folder: &Path) -> Result<Results, BenchFault> {
    let before = calibration::flush(folder)?;
    let alone = wishes.entries.min(ALONE);
    let kinds = [
        (wishes.waiting, Keys::Random, wishes.entries),
        (1, Keys::Random, alone),
        (wishes.waiting, Keys::Sorted, wishes.entries),
    ];
    let mut fresh: Vec<Series> = kinds
        .iter()
        .map(|(waiting, keys, _)| Series {
            waiting: *waiting,
            keys: *keys,
            turns: Vec::new(),
            files: (0, 0),
        })
        .collect();
    let mut rows = 0;
    for round in 1..=wishes.rounds {
        for (series, (waiting, keys, entries)) in fresh.iter_mut().zip(kinds) {
            let mut pair = Pair::create(folder, keys)?;
            let turn = pair.turn(entries, waiting)?;
            tell(
                &format!("round {round} of {}", wishes.rounds),
                waiting,
                &turn,
            );
            series.turns.push(turn);
            rows = pair.rows;
            series.files = pair.finish()?;
        }
    }
    let big = if wishes.big == 0 {
        None
    } else {
        Some(grow(wishes, folder)?)
    };
    Ok(Results {
        wishes: *wishes,
        machine: Machine::of(folder),
        durability: Durability::Full,
        flush: (before, calibration::flush(folder)?),
        rows,
        fresh,
        big,
    })
}

fn grow(wishes: &Wishes, folder: &Path) -> Result<Growth, BenchFault> {
    let mut pair = Pair::create(folder, Keys::Random)?;
    let mut turns = Vec::new();
    let mut size = 0;
    while size < wishes.big {
        let step = wishes.entries.min(wishes.big - size);
        size += step;
        let turn = Turn {
            size,
            ..pair.turn(step, wishes.waiting)?
        };
        tell("growing", wishes.waiting, &turn);
        turns.push(turn);
    }
    let (whole, raw) = pair.took;
    let files = pair.finish()?;
    Ok(Growth {
        series: Series {
            waiting: wishes.waiting,
            keys: Keys::Random,
            turns,
            files,
        },
        whole: per_second(size, whole),
        raw: per_second(size, raw),
    })
}

/// Says on the standard error how it goes on: a long run is not silent.
fn tell(what: &str, waiting: usize, turn: &Turn) {
    eprintln!(
        "{what}: {} entries, {waiting} waiting: {} a second, bare {} a second, ratio {}.{:02}",
        turn.size,
        turn.whole,
        turn.raw,
        turn.ratio() / 100,
        turn.ratio() % 100
    );
}

/// Books and the file of bare statements beside them.
struct Pair {
    books: Books,
    reader: RawReader,
    writer: RawWriter,
    raw_path: PathBuf,
    took: (Duration, Duration),
    rows: usize,
}

impl Pair {
    fn create(folder: &Path, keys: Keys) -> Result<Pair, BenchFault> {
        let (path, raw_path) = (folder.join("whole.sqlite"), folder.join("bare.sqlite"));
        let books = Books::create(&path, keys)?;
        let mut reader = RawReader::open(&path)?;
        reader.skip_to_end()?;
        Ok(Pair {
            books,
            reader,
            writer: RawWriter::create(&raw_path, Durability::Full)?,
            raw_path,
            took: (Duration::ZERO, Duration::ZERO),
            rows: 0,
        })
    }

    /// Posts `count` entries and then writes their rows by bare statements.
    fn turn(&mut self, count: usize, waiting: usize) -> Result<Turn, BenchFault> {
        machine::forget_peak();
        let pass = self.books.post(count, waiting)?;
        let memory = machine::peak_memory();
        let raw = self.write_raw(count, &pass)?;
        self.took.0 += pass.took;
        self.took.1 += raw;
        Ok(Turn {
            size: count,
            whole: per_second(count, pass.took),
            raw: per_second(count, raw),
            p50: pass.percentile(50),
            p99: pass.percentile(99),
            batch: pass.batch(),
            memory,
        })
    }

    fn write_raw(&mut self, count: usize, pass: &Pass) -> Result<Duration, BenchFault> {
        let batch = pass.batch();
        // Whole transactions of whole batches, except the last.
        let chunk = CHUNK.div_ceil(batch) * batch;
        let (mut took, mut left) = (Duration::ZERO, count);
        while left > 0 {
            let entries = self.reader.next(chunk.min(left))?;
            if entries.is_empty() {
                return Err(BenchFault::Unanswered { missing: left });
            }
            self.rows = entries[0].rows();
            left -= entries.len();
            let began = Instant::now();
            self.writer.write(&entries, batch)?;
            took += began.elapsed();
        }
        Ok(took)
    }

    /// Closes both files, deletes them and returns their sizes.
    fn finish(self) -> Result<(u64, u64), BenchFault> {
        let path = self.books.path().to_path_buf();
        drop((self.reader, self.writer, self.books));
        let end = |path: &Path| {
            let size = std::fs::metadata(path).map(|found| found.len());
            let removed = size.and_then(|size| std::fs::remove_file(path).map(|()| size));
            removed.map_err(|error| BenchFault::Folder {
                path: path.to_path_buf(),
                error,
            })
        };
        Ok((end(&path)?, end(&self.raw_path)?))
    }
}

/// `count` things in `took`, a second, rounded down.
#[must_use]
pub fn per_second(count: usize, took: Duration) -> u64 {
    let microseconds = took.as_micros().max(1);
    u64::try_from(count as u128 * 1_000_000 / microseconds).unwrap_or(u64::MAX)
}

/// The middle one, the lower of the two in the middle.
#[must_use]
pub fn median<T: Copy + Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut sorted: Vec<T> = values.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_measurement_has_every_part() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes {
            entries: 60,
            big: 150,
            waiting: 16,
            rounds: 2,
        };
        let results = posting(&wishes, folder.path()).unwrap();
        // Event, head, journal, command; two lines; two balances.
        assert_eq!(results.rows, 8);
        assert_eq!(results.fresh.len(), 3);
        for series in &results.fresh {
            assert_eq!(series.turns.len(), 2);
            assert!(
                series
                    .turns
                    .iter()
                    .all(|turn| turn.whole > 0 && turn.raw > 0 && turn.batch >= 1)
            );
            assert!(series.turns.iter().all(|turn| turn.p50 <= turn.p99));
            // Both files hold the same rows: they differ by the entities and shipped rules alone.
            let (whole, raw) = series.files;
            assert!(whole >= raw && whole - raw < 200_000, "{whole} {raw}");
        }
        assert_eq!(results.fresh[1].turns[0].batch, 1);
        let big = results.big.unwrap();
        let sizes: Vec<_> = big.series.turns.iter().map(|turn| turn.size).collect();
        assert_eq!(sizes, [60, 120, 150]);
        assert_eq!(big.last().len(), 3);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn ratios_are_hundredths_rounded() {
        let turn = |whole, raw| Turn {
            size: 1,
            whole,
            raw,
            p50: Duration::ZERO,
            p99: Duration::ZERO,
            batch: 1,
            memory: 0,
        };
        assert_eq!(turn(10_000, 20_000).ratio(), 50);
        assert_eq!(turn(2, 3).ratio(), 67);
        assert_eq!(turn(0, 0).ratio(), 0);
        assert_eq!(median([3, 1, 2].into_iter()), Some(2));
        assert_eq!(median([4, 1, 2, 3].into_iter()), Some(2));
        assert_eq!(median(std::iter::empty::<u8>()), None);
    }
}
