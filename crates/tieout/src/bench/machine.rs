//! What the figures were measured on, and how much memory this process has taken.

use std::path::Path;

/// The machine, as Linux describes it; empty or zero where it does not say.
#[derive(Debug, Clone)]
pub struct Machine {
    /// Model of the processor.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: usize,
    /// Memory, bytes.
    pub memory: u64,
    /// Release of the kernel.
    pub kernel: String,
    /// Kind of the file system under the measurement.
    pub file_system: String,
}

impl Machine {
    /// Describes the machine and the file system that holds `folder`.
    #[must_use]
    pub fn of(folder: &Path) -> Machine {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let folder = folder
            .canonicalize()
            .unwrap_or_else(|_| folder.to_path_buf());
        Machine {
            processor: field(&read("/proc/cpuinfo"), "model name").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: kilobytes(&read("/proc/meminfo"), "MemTotal"),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&read("/proc/self/mounts"), &folder),
        }
    }
}

/// The value of `name: value` in a file of `/proc`.
fn field<'t>(text: &'t str, name: &str) -> &'t str {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.trim() == name)
        .map_or("", |(_, value)| value.trim())
}

/// A field in kB, as bytes.
fn kilobytes(text: &str, name: &str) -> u64 {
    let number = field(text, name).split(' ').next().unwrap_or_default();
    number.parse::<u64>().unwrap_or(0) * 1_024
}

/// The kind of the innermost mount that holds `folder`.
fn file_system(mounts: &str, folder: &Path) -> String {
    mounts
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        })
        .filter(|(place, _)| folder.starts_with(place))
        .max_by_key(|(place, _)| place.len())
        .map_or_else(String::new, |(_, kind)| kind.to_owned())
}

/// Forgets the peak of memory so far, so that the next one is of what follows.
pub fn forget_peak() {
    // Where the kernel does not offer this, the peak is that of the whole run.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has held since the peak was forgotten, bytes.
#[must_use]
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "VmHWM")
}

/// The memory that this process holds now and that is not a page of a file, bytes.
#[must_use]
pub fn anonymous_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    kilobytes(&status, "RssAnon")
}

/// The time of all cores that this process has used, to a hundredth of a second.
#[must_use]
pub fn processor_time() -> std::time::Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in brackets and may hold blanks; user and system time are the
    // twelfth and thirteenth word after it.
    let words = text.rsplit(')').next().unwrap_or_default();
    let hundredths: u64 = words
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|word| word.parse::<u64>().ok())
        .sum();
    std::time::Duration::from_millis(hundredths * 10)
}

/// The time of all cores that other machines on the same hardware have taken from this one so far, to a
/// hundredth of a second; zero where nobody does or the kernel does not say.
#[must_use]
pub fn stolen_time() -> std::time::Duration {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    std::time::Duration::from_millis(stolen_hundredths(&text) * 10)
}

/// The eighth figure of the line of all cores (`proc(5)`).
fn stolen_hundredths(stat: &str) -> u64 {
    let all = stat.lines().find_map(|line| line.strip_prefix("cpu "));
    let stolen = all.and_then(|figures| figures.split_whitespace().nth(7));
    stolen.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Runnable tasks of the machine over the last minute, in hundredths.
#[must_use]
pub fn load() -> u64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split(' ').next().unwrap_or_default();
    let (whole, part) = first.split_once('.').unwrap_or((first, "0"));
    whole.parse::<u64>().unwrap_or(0) * 100 + part.parse::<u64>().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_names_the_file_system() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\ntmpfs /tmpx xfs rw 0 0\n";
        assert_eq!(file_system(mounts, Path::new("/tmp/bench")), "tmpfs");
        assert_eq!(file_system(mounts, Path::new("/home/ada")), "ext4");
        assert_eq!(file_system("", Path::new("/home/ada")), "");
    }

    #[test]
    fn stolen_time_is_that_of_all_cores() {
        let stat = "cpu  177733 0 12119 116664 4166 0 249 52635 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n";
        assert_eq!(stolen_hundredths(stat), 52_635);
        assert_eq!(stolen_hundredths("cpu0 1 2 3 4 5 6 7 8 9 10\n"), 0);
    }

    #[test]
    fn figures_of_proc_are_read() {
        let status = "Name:\ttieout\nVmHWM:\t   95 kB\n";
        assert_eq!(kilobytes(status, "VmHWM"), 95 * 1_024);
        assert_eq!(kilobytes(status, "VmRSS"), 0);
        assert_eq!(
            field("model name\t: AMD EPYC\nflags : a b\n", "model name"),
            "AMD EPYC"
        );
    }
}
