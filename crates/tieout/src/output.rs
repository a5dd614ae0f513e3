//! Where a command writes what is long: a file, which appears only when it is whole, or the
//! standard output, whose reader may leave early.

use crate::books::ReadingFault;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `--out FILE`, or `-` for the standard output.
#[derive(Debug, Clone, clap::Args)]
pub struct OutputArguments {
    /// File to write; `-` writes to the standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

impl OutputArguments {
    /// Whether a person would see the bytes.
    pub fn is_terminal(&self) -> bool {
        self.is_stdout() && io::stdout().is_terminal()
    }

    fn is_stdout(&self) -> bool {
        self.out == Path::new("-")
    }

    /// Writes with `work` and puts the file in place when it succeeded. Returns nothing when the
    /// reader of the standard output had enough, which is not a fault.
    ///
    /// # Errors
    /// When the output cannot be made, and what `work` returns.
    pub fn write<T, E: Into<ReadingFault>>(
        &self,
        work: impl FnOnce(Sink) -> Result<(Sink, T), E>,
    ) -> Result<Option<T>, ReadingFault> {
        if self.is_stdout() {
            let left = Arc::new(AtomicBool::new(false));
            let sink = Sink {
                place: Place::Stdout(io::stdout()),
                left: left.clone(),
            };
            return match work(sink) {
                Ok((_, done)) => Ok(Some(done)),
                Err(_) if left.load(Ordering::SeqCst) => Ok(None),
                Err(fault) => Err(fault.into()),
            };
        }
        let partial = partial(&self.out);
        let file = File::create(&partial).map_err(|error| fault(&partial, error))?;
        let sink = Sink {
            place: Place::File(file),
            left: Arc::default(),
        };
        let written = work(sink).map_err(Into::into).and_then(|(sink, done)| {
            sink.settle().map_err(|error| fault(&partial, error))?;
            std::fs::rename(&partial, &self.out).map_err(|error| fault(&self.out, error))?;
            Ok(Some(done))
        });
        if written.is_err() {
            // Nothing more can be done about a file that cannot be removed either.
            let _ = std::fs::remove_file(&partial);
        }
        written
    }

    /// Says on the standard error what stands in the file now; says nothing about the standard
    /// output, which speaks for itself.
    pub fn tell(&self, what: &str) {
        if !self.is_stdout() {
            eprintln!("{what} written to {}", self.out.display());
        }
    }
}

fn fault(path: &Path, error: io::Error) -> ReadingFault {
    ReadingFault::Output {
        path: path.to_path_buf(),
        error,
    }
}

/// `books.csv.partial` beside `books.csv`.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

/// What is written to.
pub struct Sink {
    place: Place,
    left: Arc<AtomicBool>,
}

enum Place {
    File(File),
    Stdout(io::Stdout),
}

impl Sink {
    /// Makes a file durable before it gets its name.
    fn settle(self) -> io::Result<()> {
        match self.place {
            Place::File(file) => file.sync_all(),
            Place::Stdout(_) => Ok(()),
        }
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if result
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::BrokenPipe)
        {
            self.left.store(true, Ordering::SeqCst);
        }
        result
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.place {
            Place::File(file) => file.write(bytes),
            Place::Stdout(stdout) => stdout.write(bytes),
        };
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.place {
            Place::File(file) => file.flush(),
            Place::Stdout(stdout) => stdout.flush(),
        };
        self.note(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let arguments = OutputArguments {
            out: folder.path().join("books.csv"),
        };
        let names = || -> Vec<_> {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            entries.map(|entry| entry.unwrap().file_name()).collect()
        };
        let broken = arguments.write(|mut sink| -> Result<(Sink, ()), ReadingFault> {
            sink.write_all(b"half").unwrap();
            Err(ReadingFault::WorkbookToTerminal)
        });
        assert!(broken.is_err());
        assert!(names().is_empty());
        let done = arguments.write(|mut sink| -> Result<(Sink, i32), ReadingFault> {
            assert_eq!(names(), ["books.csv.partial"]);
            sink.write_all(b"whole").unwrap();
            Ok((sink, 7))
        });
        assert_eq!(done.unwrap(), Some(7));
        assert_eq!(names(), ["books.csv"]);
        assert_eq!(std::fs::read(&arguments.out).unwrap(), b"whole");
    }
}
