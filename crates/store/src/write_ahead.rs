//! Moving the write-ahead log of SQLite into the books without holding up the writer. A commit is
//! durable once it is in the log; moving it is upkeep. A thread with a connection of its own moves
//! the bulk while the writer goes on appending. It can never catch up with a writer that does not
//! pause, so the writer moves the short rest itself between two commits, and then begins the log anew.

use crate::sqlite_backend::configure;
use crate::{Durability, StoreFault};
use rusqlite::{Connection as Raw, OpenFlags};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long the writer waits for readers when the log has grown too long.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a connection waits for another process in general.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Most turns that the thread takes in a row, each over what was appended during the one before.
const TURNS: usize = 4;

/// When what is done, in pages of the log (4 KiB each).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// So many that were not moved yet wake the thread.
    pub wake: i64,
    /// No more than so many are moved by the writer.
    pub rest: i64,
    /// From this length on the log is begun anew.
    pub begin_anew: i64,
    /// From this length on the writer moves everything and waits a moment for readers.
    pub too_long: i64,
    /// After an attempt that readers did not let come to an end, so many more pages until the next.
    pub again: i64,
}

impl Limits {
    pub(crate) const USUAL: Limits = Limits {
        wake: 2_000,
        rest: 1_000,
        begin_anew: 16_000,
        too_long: 64_000,
        again: 8_000,
    };

    /// What the file of the log may keep on the disk once it has been begun anew, bytes.
    fn kept_bytes(self) -> i64 {
        self.too_long * 4_096
    }
}

/// The log as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    /// Another connection was at it, or readers were in the way.
    is_busy: bool,
    /// Pages in the log.
    pages: i64,
    /// Of these, those moved into the books.
    moved: i64,
}

impl Standing {
    fn rest(self) -> i64 {
        self.pages - self.moved
    }
}

/// What the writer does about the log after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Nothing,
    Wake,
    MoveRest,
    WaitForReaders,
}

/// What the writer remembers of the log.
#[derive(Debug)]
struct Plan {
    limits: Limits,
    /// Length at which it last tried to begin anew; 0 when the log was begun anew since.
    tried: i64,
}

impl Plan {
    fn next(&mut self, log: Standing) -> Step {
        if log.pages < self.tried {
            self.tried = 0;
        }
        let limits = self.limits;
        let may_try = self.tried == 0 || log.pages >= self.tried + limits.again;
        if may_try && log.pages >= limits.too_long {
            self.tried = log.pages;
            return Step::WaitForReaders;
        }
        if may_try && log.pages >= limits.begin_anew && log.rest() <= limits.rest {
            return Step::MoveRest;
        }
        if log.rest() >= limits.wake {
            return Step::Wake;
        }
        Step::Nothing
    }

    /// The rest was moved; unless a reader is in the way the next write begins the log anew.
    fn moved_rest(&mut self, log: Standing) {
        if !log.is_busy {
            self.tried = log.pages;
        }
    }
}

/// The writer's part. The thread ends when this is dropped.
pub(crate) struct WriteAhead {
    bell: SyncSender<()>,
    plan: Plan,
}

impl WriteAhead {
    /// Starts the thread for the log of books in a file.
    pub(crate) fn start(
        path: &Path,
        durability: Durability,
        limits: Limits,
    ) -> Result<(WriteAhead, JoinHandle<()>), StoreFault> {
        let (bell, rung) = sync_channel(1);
        let path = path.to_path_buf();
        let mover = std::thread::Builder::new()
            .name("sqlite-mover".to_owned())
            .spawn(move || move_until_closed(&path, durability, limits, &rung))
            .map_err(|error| StoreFault::Unreachable(error.to_string()))?;
        let plan = Plan { limits, tried: 0 };
        Ok((WriteAhead { bell, plan }, mover))
    }

    /// Leaves the log to this, on the writer's connection.
    pub(crate) fn take_over(&self, writer: &Raw) -> Result<(), StoreFault> {
        let kept = self.plan.limits.kept_bytes();
        writer.execute_batch(&format!(
            "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = {kept};"
        ))?;
        Ok(())
    }

    /// Looks at the log between two commits. What fails here is tried again after the next commit:
    /// what was committed is durable in the log.
    pub(crate) fn tend(&mut self, writer: &Raw) {
        if let Err(error) = self.try_to_tend(writer) {
            tracing::warn!(%error, "the write-ahead log could not be moved and grows");
        }
    }

    fn try_to_tend(&mut self, writer: &Raw) -> Result<(), rusqlite::Error> {
        match self.plan.next(checkpoint(writer, "NOOP")?) {
            Step::Nothing => {}
            // When it was rung already the thread will look; when the thread is gone, the writer
            // moves everything once the log is too long.
            Step::Wake => drop(self.bell.try_send(())),
            Step::MoveRest => self.plan.moved_rest(checkpoint(writer, "PASSIVE")?),
            Step::WaitForReaders => {
                writer.busy_timeout(PATIENCE)?;
                let outcome = checkpoint(writer, "RESTART");
                writer.busy_timeout(LONGEST_WAIT)?;
                if let Ok(log) = outcome
                    && log.is_busy
                {
                    tracing::warn!(pages = log.pages, "readers keep the write-ahead log long");
                }
                outcome?;
            }
        }
        Ok(())
    }
}

fn checkpoint(connection: &Raw, mode: &str) -> Result<Standing, rusqlite::Error> {
    let mut statement =
        connection.prepare_cached(&format!("PRAGMA main.wal_checkpoint({mode})"))?;
    statement.query_row([], |row| {
        Ok(Standing {
            is_busy: row.get::<_, i64>(0)? != 0,
            pages: row.get(1)?,
            moved: row.get(2)?,
        })
    })
}

fn move_until_closed(path: &Path, durability: Durability, limits: Limits, rung: &Receiver<()>) {
    let mut kept = None;
    while rung.recv().is_ok() {
        if let Err(fault) = move_bulk(&mut kept, path, durability, limits) {
            tracing::warn!(%fault, "the write-ahead log could not be moved and grows");
        }
    }
}

fn open(path: &Path, durability: Durability) -> Result<Raw, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Raw::open_with_flags(path, flags)?;
    configure(&connection, durability)?;
    Ok(connection)
}

/// Never waits, neither for the writer nor for readers.
fn move_bulk(
    kept: &mut Option<Raw>,
    path: &Path,
    durability: Durability,
    limits: Limits,
) -> Result<(), StoreFault> {
    // Books that are hardly written never need this connection.
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(open(path, durability)?),
    };
    let mut rest = checkpoint(connection, "NOOP")?.rest();
    for _ in 0..TURNS {
        if rest <= limits.rest / 2 {
            break;
        }
        let log = checkpoint(connection, "PASSIVE")?;
        if log.is_busy || log.rest() >= rest {
            break;
        }
        rest = log.rest();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite_backend::Sqlite;
    use crate::work::keeping;
    use crate::{Tx, settings};

    fn log(pages: i64, moved: i64) -> Standing {
        Standing {
            is_busy: false,
            pages,
            moved,
        }
    }

    const LIMITS: Limits = Limits {
        wake: 20,
        rest: 10,
        begin_anew: 100,
        too_long: 400,
        again: 50,
    };

    fn plan() -> Plan {
        Plan {
            limits: LIMITS,
            tried: 0,
        }
    }

    const SMALL: Limits = Limits {
        wake: 100,
        rest: 50,
        begin_anew: 400,
        too_long: 1_600,
        again: 200,
    };
    /// Bytes that are written with each setting: about three pages of the log.
    const SIZE: usize = 6_000;
    const PAGE: u64 = 4_096 + 24;

    struct Books {
        store: Option<Sqlite>,
        folder: tempfile::TempDir,
    }

    impl Books {
        fn new() -> Books {
            Books::within(SMALL)
        }

        fn within(limits: Limits) -> Books {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("books.db");
            let store = Sqlite::open_within(Some(&path), Durability::Relaxed, limits).unwrap();
            Books {
                store: Some(store),
                folder,
            }
        }

        fn store(&self) -> &Sqlite {
            self.store.as_ref().unwrap()
        }

        /// Writes a setting, a commit each, and waits for the answer.
        fn write(&self, numbers: std::ops::Range<usize>) {
            for number in numbers {
                let (work, kept) = keeping(move |tx: &mut Tx<'_>| -> Result<(), StoreFault> {
                    settings::set_setting(tx, &format!("{number:06}"), &"x".repeat(SIZE))
                });
                kept.answer(self.store().write(work)).unwrap();
            }
        }

        fn log_bytes(&self) -> u64 {
            let path = self.folder.path().join("books.db-wal");
            std::fs::metadata(path).map_or(0, |found| found.len())
        }
    }

    fn count(store: &Sqlite) -> usize {
        let (work, kept) =
            keeping(|tx: &mut Tx<'_>| -> Result<_, StoreFault> { settings::starting_with(tx, "") });
        let all = kept.answer(store.read(work));
        all.unwrap()
            .iter()
            .filter(|(_, value)| value.len() == SIZE)
            .count()
    }

    #[test]
    fn the_log_stays_short_under_writes_that_never_pause() {
        let books = Books::new();
        let mut longest = 0;
        for hundred in 0..30 {
            books.write(hundred * 100..hundred * 100 + 100);
            longest = longest.max(books.log_bytes());
        }
        // 3,000 commits wrote some 15,000 pages; even a thread that never runs leaves no more than
        // `too_long` and one commit.
        let most = (SMALL.too_long as u64 + 20) * PAGE;
        assert!(longest <= most, "{longest} bytes, at most {most}");
        assert_eq!(count(books.store()), 3_000);
    }

    #[test]
    fn a_reader_that_stays_sees_one_state_and_stops_nobody() {
        let books = Books::new();
        books.write(0..10);
        let (begun, begins) = std::sync::mpsc::channel();
        let (release, held) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (work, kept) = keeping(move |tx: &mut Tx<'_>| -> Result<_, StoreFault> {
                    let before = settings::starting_with(tx, "0")?.len();
                    begun.send(()).unwrap();
                    let _ = held.recv();
                    Ok((before, settings::starting_with(tx, "0")?.len()))
                });
                kept.answer(books.store().read(work)).unwrap()
            });
            begins.recv().unwrap();
            books.write(10..500);
            // Nothing of what came after the reader began can be moved, so all of it is in the log.
            assert!(books.log_bytes() > SMALL.begin_anew as u64 * PAGE);
            drop(release);
            assert_eq!(reader.join().unwrap(), (10, 10));
        });
        books.write(500..1_500);
        let most = (SMALL.too_long as u64 + 20) * PAGE;
        assert!(books.log_bytes() <= most, "{}", books.log_bytes());
        assert_eq!(count(books.store()), 1_500);
    }

    #[test]
    fn what_was_answered_is_in_the_files_at_any_moment() {
        let books = Books::new();
        for hundred in 1..=5 {
            books.write((hundred - 1) * 100..hundred * 100);
            // As a kill leaves them, whatever the thread is doing. Without a write the log is not
            // begun anew, so one file may be copied after the other.
            let left = tempfile::tempdir().unwrap();
            for name in ["books.db", "books.db-wal"] {
                std::fs::copy(books.folder.path().join(name), left.path().join(name)).unwrap();
            }
            let path = left.path().join("books.db");
            let after = Sqlite::open(Some(&path), Durability::Relaxed).unwrap();
            assert_eq!(count(&after), hundred * 100);
        }
    }

    #[test]
    fn the_last_one_to_leave_moves_everything_and_deletes_the_log() {
        let mut books = Books::new();
        books.write(0..400);
        assert!(books.log_bytes() > 0);
        // A connection of the thread that stayed open would keep the log.
        books.store = None;
        assert_eq!(books.log_bytes(), 0);
        assert!(!books.folder.path().join("books.db-wal").exists());
        let path = books.folder.path().join("books.db");
        let again = Sqlite::open(Some(&path), Durability::Full).unwrap();
        assert_eq!(count(&again), 400);
    }

    #[test]
    fn the_thread_moves_pages_while_the_writer_goes_on() {
        // A log so long that the writer itself never touches it.
        let books = Books::within(Limits {
            begin_anew: i64::MAX,
            too_long: i64::MAX / 4_096,
            ..SMALL
        });
        books.write(0..300);
        // Each commit wrote two pages and more. Once all of them are moved the log is begun anew.
        let path = books.folder.path().join("books.db");
        let looking = open(&path, Durability::Relaxed).unwrap();
        let moved = (0..1_000).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            let log = checkpoint(&looking, "NOOP").unwrap();
            log.moved > 0 || log.pages < 600
        });
        assert!(moved);
    }

    #[test]
    fn the_thread_moves_the_bulk_and_the_writer_the_rest() {
        let mut plan = plan();
        assert_eq!(plan.next(log(19, 0)), Step::Nothing);
        assert_eq!(plan.next(log(20, 0)), Step::Wake);
        assert_eq!(plan.next(log(130, 100)), Step::Wake);
        // A short log is not worth a flush by the writer.
        assert_eq!(plan.next(log(99, 95)), Step::Nothing);
        assert_eq!(plan.next(log(131, 121)), Step::MoveRest);
        // Without the thread the writer moves all of a log that is too long.
        assert_eq!(plan.next(log(400, 0)), Step::WaitForReaders);
    }

    #[test]
    fn a_reader_in_the_way_is_not_tried_at_every_commit() {
        let mut plan = plan();
        assert_eq!(plan.next(log(110, 105)), Step::MoveRest);
        plan.moved_rest(log(110, 110));
        assert_eq!(plan.next(log(112, 110)), Step::Nothing);
        assert_eq!(plan.next(log(131, 110)), Step::Wake);
        assert_eq!(plan.next(log(160, 155)), Step::MoveRest);
        plan.moved_rest(log(160, 158));
        // The log was begun anew: nothing is remembered.
        assert_eq!(plan.next(log(3, 0)), Step::Nothing);
        assert_eq!(plan.next(log(101, 95)), Step::MoveRest);
        // Another process was at it: nothing was tried.
        let busy = Standing {
            is_busy: true,
            ..log(101, 95)
        };
        plan.moved_rest(busy);
        assert_eq!(plan.next(log(102, 96)), Step::MoveRest);
        assert_eq!(plan.next(log(400, 0)), Step::WaitForReaders);
        assert_eq!(plan.next(log(401, 395)), Step::Nothing);
        assert_eq!(plan.next(log(450, 0)), Step::WaitForReaders);
    }
}
