//! A throw-away PostgreSQL on loopback for the tests: own data folder, a port that was free, no
//! password, and flushes left on, since the tests are about what survives.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::setup::{output_of, user_id};
use crate::tools::Tools;
use crate::trouble::Trouble;

/// The variable that tells the tests where the server is.
pub const ADDRESS_VARIABLE: &str = "TIEOUT_TEST_POSTGRES";

/// Longest wait for the first answer of a new server.
const START_LIMIT: Duration = Duration::from_secs(30);

/// Another program can take the free port between our look and the server's start.
const START_ATTEMPTS: u32 = 3;

/// Ends the server and its folder when this program ends without doing so itself: it waits on a
/// pipe that closes with our process, however that dies. A line on the pipe sends it home.
const GUARDIAN: &str = r#"
trap '' INT TERM HUP
read -r dismissed && exit 0
kill -QUIT "$1" 2>/dev/null
sleep 1
rm -rf -- "$2"
"#;

/// A running server; dropping it stops the server and removes its data.
///
/// The server is our child in our process group, so that Ctrl-C reaches it too.
#[derive(Debug)]
pub struct Server {
    process: Child,
    guardian: Child,
    programs: PathBuf,
    folder: PathBuf,
    owner: Option<Owner>,
    port: u16,
}

/// The account that the server runs under, because PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Server {
    /// Makes a new database cluster under `target/` and waits until it answers: 1 to 4 seconds.
    pub fn start(root: &Path) -> Result<Server, Trouble> {
        let Some(programs) = Tools::find(root).postgres_folder else {
            return Err(Trouble::Missing {
                what: "the PostgreSQL server".to_owned(),
                mend: "run `cargo xtask setup`".to_owned(),
            });
        };
        let owner = owner()?;
        let mut attempt = 1;
        loop {
            let folder = make_folder(root, owner)?;
            match Server::start_in(&programs, &folder, owner) {
                Ok(server) => return Ok(server),
                Err(trouble) => {
                    let _ = std::fs::remove_dir_all(&folder);
                    let worth_another = matches!(trouble, Trouble::PostgresSilent { .. });
                    if !worth_another || attempt == START_ATTEMPTS {
                        return Err(trouble);
                    }
                    attempt += 1;
                }
            }
        }
    }

    fn start_in(programs: &Path, folder: &Path, owner: Option<Owner>) -> Result<Server, Trouble> {
        let data = folder.join("data");
        let mut create = program(programs, "initdb", folder, owner);
        create
            .args(["--username=postgres", "--auth=trust", "--no-sync"])
            // Byte order, as in SQLite, so that one ORDER BY gives one answer on both.
            .args(["--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&data);
        output_of(&mut create)?;
        let port = free_port(folder)?;
        let log_path = folder.join("postgres.log");
        let log = std::fs::File::create(&log_path).map_err(|source| Trouble::File {
            path: log_path.clone(),
            source,
        })?;
        let log_of_errors = log.try_clone().map_err(|source| Trouble::File {
            path: log_path,
            source,
        })?;
        let mut serve = program(programs, "postgres", folder, owner);
        serve
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1"])
            // The path of a socket file may not exceed 107 bytes, which a checkout can.
            .args(["-c", "unix_socket_directories="])
            .args(["-c", "max_connections=200", "-c", "fsync=on"])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(log_of_errors);
        let mut process = spawn(&mut serve)?;
        let guardian = match spawn(
            Command::new("sh")
                .args(["-c", GUARDIAN, "guardian", &process.id().to_string()])
                .arg(folder)
                .stdin(Stdio::piped()),
        ) {
            Ok(guardian) => guardian,
            Err(trouble) => {
                let _ = process.kill();
                let _ = process.wait();
                return Err(trouble);
            }
        };
        let mut server = Server {
            process,
            guardian,
            programs: programs.to_path_buf(),
            folder: folder.to_path_buf(),
            owner,
            port,
        };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// The URL of the server, for `TIEOUT_TEST_POSTGRES`.
    pub fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_it_answers(&mut self) -> Result<(), Trouble> {
        let began = Instant::now();
        while began.elapsed() < START_LIMIT {
            let mut ask = program(&self.programs, "pg_isready", &self.folder, self.owner);
            ask.args(["--quiet", "--host=127.0.0.1"])
                .arg(format!("--port={}", self.port))
                .arg("--username=postgres");
            if ask.status().is_ok_and(|status| status.success()) {
                return Ok(());
            }
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.join("postgres.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.len().saturating_sub(15);
        Err(Trouble::PostgresSilent {
            waited_seconds: began.elapsed().as_secs(),
            log: lines.get(end..).unwrap_or_default().join("\n"),
        })
    }

    /// Stops the server without a checkpoint: its data is about to go.
    fn stop(&mut self) {
        let mut stop = program(&self.programs, "pg_ctl", &self.folder, self.owner);
        stop.args([
            "stop",
            "--silent",
            "--mode=immediate",
            "--wait",
            "--timeout=10",
        ])
        .arg("--pgdata")
        .arg(self.folder.join("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
        let stopped = stop.status().is_ok_and(|status| status.success());
        if !stopped {
            // Already gone, or deaf: this is certain.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
        if let Some(mut pipe) = self.guardian.stdin.take() {
            let _ = std::io::Write::write_all(&mut pipe, b"dismissed\n");
        }
        let _ = self.guardian.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A server program under its account, with nothing of the caller's PostgreSQL settings.
fn program(programs: &Path, name: &str, folder: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(programs.join(name));
    command.current_dir(folder).env("LC_ALL", "C");
    for (variable, _) in std::env::vars_os() {
        if variable.to_str().is_some_and(|name| name.starts_with("PG")) {
            command.env_remove(variable);
        }
    }
    if let Some(owner) = owner {
        command.uid(owner.user).gid(owner.group);
    }
    command
}

fn spawn(command: &mut Command) -> Result<Child, Trouble> {
    command.spawn().map_err(|source| Trouble::NotStarted {
        command: crate::tools::spelled(command),
        source,
    })
}

/// Nobody special, except for root, who becomes `postgres`.
fn owner() -> Result<Option<Owner>, Trouble> {
    if user_id()? != 0 {
        return Ok(None);
    }
    let number = |flag: &str| -> Option<u32> {
        let text = output_of(Command::new("id").args([flag, "postgres"])).ok()?;
        text.trim().parse().ok()
    };
    match (number("-u"), number("-g")) {
        (Some(user), Some(group)) => Ok(Some(Owner { user, group })),
        _ => Err(Trouble::Missing {
            what: "the user `postgres`".to_owned(),
            mend: "PostgreSQL does not run as root; add the user (`adduser --system --group \
                   postgres`) or run this as an ordinary user"
                .to_owned(),
        }),
    }
}

/// A folder of our own which the server's account can enter: under `target/`, or, where the
/// checkout lies in a private home folder, under the system's temporary folder.
fn make_folder(root: &Path, owner: Option<Owner>) -> Result<PathBuf, Trouble> {
    let name = format!("run-{}", std::process::id());
    let target = root.join("target/postgres").join(&name);
    let temporary = std::env::temp_dir().join(format!("tieout-postgres-{name}"));
    claim(&target, owner)?;
    if can_enter(&target, owner) {
        return Ok(target);
    }
    let _ = std::fs::remove_dir_all(&target);
    claim(&temporary, owner)?;
    Ok(temporary)
}

/// Makes the folder, empty, and gives it to the server's account.
fn claim(folder: &Path, owner: Option<Owner>) -> Result<(), Trouble> {
    let in_use = |source| Trouble::File {
        path: folder.to_path_buf(),
        source,
    };
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(in_use)?;
    }
    std::fs::create_dir_all(folder).map_err(in_use)?;
    match owner {
        Some(owner) => chown(folder, Some(owner.user), Some(owner.group)).map_err(in_use),
        None => Ok(()),
    }
}

fn can_enter(folder: &Path, owner: Option<Owner>) -> bool {
    let mut look = Command::new("test");
    look.arg("-x").arg(folder);
    if let Some(owner) = owner {
        look.uid(owner.user).gid(owner.group);
    }
    look.status().is_ok_and(|status| status.success())
}

/// A port of 127.0.0.1 that nobody listened on a moment ago.
fn free_port(folder: &Path) -> Result<u16, Trouble> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| Trouble::File {
            path: folder.to_path_buf(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Listening on the port again would be the plainer test, but a process that another test
    // starts at that moment holds a copy of the closed socket until its program is loaded.
    #[test]
    fn a_port_in_use_is_not_given() {
        let in_use: Vec<TcpListener> = (0..50)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let port = free_port(Path::new(".")).unwrap();
        assert_ne!(port, 0);
        for listener in &in_use {
            assert_ne!(listener.local_addr().unwrap().port(), port);
        }
    }

    #[test]
    fn the_guardian_goes_home_when_dismissed_and_acts_when_left() {
        let folder = std::env::temp_dir().join(format!("tieout-guardian-{}", std::process::id()));
        for (dismissed, expected_alive) in [(true, true), (false, false)] {
            std::fs::create_dir_all(&folder).unwrap();
            let mut ward = Command::new("sleep").arg("60").spawn().unwrap();
            let mut guardian = Command::new("sh")
                .args(["-c", GUARDIAN, "guardian", &ward.id().to_string()])
                .arg(&folder)
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut pipe = guardian.stdin.take().unwrap();
            if dismissed {
                std::io::Write::write_all(&mut pipe, b"dismissed\n").unwrap();
            }
            drop(pipe);
            guardian.wait().unwrap();
            assert_eq!(ward.try_wait().unwrap().is_none(), expected_alive);
            assert_eq!(folder.exists(), expected_alive);
            let _ = ward.kill();
            ward.wait().unwrap();
        }
    }
}
