//! The file that holds the keys: one a line in base64url, newest first; `#` begins a comment.

use super::{Entropy, SealFault, SealKey, Sealer};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A key file by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The file at a path; it need not be there yet.
    pub fn at(path: impl Into<PathBuf>) -> KeyFile {
        KeyFile { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is there.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.path.is_file()
    }

    /// Makes the file with one new key, readable by nobody else. One that is there is left alone.
    ///
    /// The file appears with its content or not at all: it is written and flushed under another name
    /// and then given its own, which fails when somebody else was first. So of several processes that
    /// start together one makes the key, and the others read it whole.
    ///
    /// # Errors
    /// When it cannot be written, or there are no random bytes.
    pub fn create(&self, entropy: &dyn Entropy) -> Result<(), SealFault> {
        if self.exists() {
            return Ok(());
        }
        let key = SealKey::generate(entropy)?;
        let beside = self.beside(&key);
        let made = self
            .write_new(&beside, &[key])
            .and_then(|()| fs::hard_link(&beside, &self.path))
            .and_then(|()| flush_folder(&self.path));
        let _ = fs::remove_file(&beside);
        match made {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            made => made.map_err(|error| self.fault(&error)),
        }
    }

    /// Adds a new key before the others. The file is replaced as a whole, so a crash leaves the old
    /// one or the new one.
    ///
    /// # Errors
    /// When it cannot be read or written, or there are no random bytes.
    pub fn add_key(&self, entropy: &dyn Entropy) -> Result<(), SealFault> {
        let mut keys = vec![SealKey::generate(entropy)?];
        keys.extend(self.keys()?);
        self.replace(&keys)
    }

    /// Keeps the newest key and forgets the others.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn drop_old_keys(&self) -> Result<usize, SealFault> {
        let mut keys = self.keys()?;
        let dropped = keys.len().saturating_sub(1);
        keys.truncate(1);
        self.replace(&keys)?;
        Ok(dropped)
    }

    /// The sealer over its keys.
    ///
    /// # Errors
    /// When it cannot be read, others can read it, a line is no key, or it holds none.
    pub fn sealer(&self, entropy: Arc<dyn Entropy>) -> Result<Sealer, SealFault> {
        Sealer::new(self.keys()?, entropy)
    }

    fn keys(&self) -> Result<Vec<SealKey>, SealFault> {
        if is_open_to_others(&self.path).map_err(|error| self.fault(&error))? {
            return Err(SealFault::KeyIsOpen {
                path: self.path.clone(),
            });
        }
        let text = fs::read_to_string(&self.path).map_err(|error| self.fault(&error))?;
        text.lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()))
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(line, text)| {
                SealKey::parse(text).ok_or_else(|| SealFault::KeyText {
                    path: self.path.clone(),
                    line,
                })
            })
            .collect()
    }

    fn replace(&self, keys: &[SealKey]) -> Result<(), SealFault> {
        let beside = self.path.with_extension("new");
        // One that a crash left behind holds nothing that was used yet.
        let _ = fs::remove_file(&beside);
        self.write_new(&beside, keys)
            .and_then(|()| fs::rename(&beside, &self.path))
            .and_then(|()| flush_folder(&self.path))
            .map_err(|error| self.fault(&error))
    }

    /// A name beside the file that nobody else uses: that of a key which nobody else has.
    fn beside(&self, key: &SealKey) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}", key.id()));
        self.path.with_file_name(name)
    }

    fn write_new(&self, path: &Path, keys: &[SealKey]) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut text = String::from(
            "# Keys that seal the secrets of the books beside. Keep a copy apart from the books.\n\
             # Newest first; without the key that sealed it a secret is lost.\n",
        );
        for key in keys {
            text.push_str(&key.line());
            text.push('\n');
        }
        let mut file = options.open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        flush_folder(path)
    }

    fn fault(&self, error: &std::io::Error) -> SealFault {
        SealFault::KeyFile {
            path: self.path.clone(),
            why: error.to_string(),
        }
    }
}

fn flush_folder(path: &Path) -> std::io::Result<()> {
    match path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Whether anybody but the owner and their group can read it.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(path)?.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(path: &Path) -> std::io::Result<bool> {
    fs::metadata(path).map(|_| false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::SystemEntropy;
    use connect::Secret;

    #[cfg(unix)]
    #[test]
    fn a_new_key_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("seal.key"));
        file.create(&SystemEntropy).unwrap();
        let mode = |file: &KeyFile| fs::metadata(file.path()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        file.add_key(&SystemEntropy).unwrap();
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        let refused = file.sealer(Arc::new(SystemEntropy)).unwrap_err();
        assert!(matches!(refused, SealFault::KeyIsOpen { .. }), "{refused}");
    }

    #[test]
    fn of_two_that_make_it_at_once_both_read_the_one_key_whole() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..300 {
            let file = KeyFile::at(folder.path().join(format!("seal{round}.key")));
            let start = std::sync::Barrier::new(2);
            let make = || {
                start.wait();
                file.create(&SystemEntropy).unwrap();
                let keys = file.sealer(Arc::new(SystemEntropy)).unwrap();
                let ids = keys.key_ids();
                ids.into_iter().map(str::to_owned).collect::<Vec<_>>()
            };
            let (one, other) = std::thread::scope(|scope| {
                let other = scope.spawn(make);
                (make(), other.join().unwrap())
            });
            assert_eq!((one.len(), &one), (1, &other), "round {round}");
        }
        // Nothing is left beside them.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 300);
    }

    #[test]
    fn what_a_crash_left_behind_is_not_taken_for_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("seal.key"));
        fs::write(folder.path().join("seal.key.half"), "# Keys tha").unwrap();
        file.create(&SystemEntropy).unwrap();
        assert_eq!(
            file.sealer(Arc::new(SystemEntropy))
                .unwrap()
                .key_ids()
                .len(),
            1
        );
    }

    #[test]
    fn rotation_keeps_what_was_sealed_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("seal.key"));
        file.create(&SystemEntropy).unwrap();
        let first = file.sealer(Arc::new(SystemEntropy)).unwrap();
        let text = first.seal("setting", "a", &Secret::new("s")).unwrap();
        // Making it again changes nothing.
        file.create(&SystemEntropy).unwrap();
        file.add_key(&SystemEntropy).unwrap();
        let both = file.sealer(Arc::new(SystemEntropy)).unwrap();
        assert_eq!(both.key_ids().len(), 2);
        assert_eq!(both.open("setting", "a", &text).unwrap().reveal(), "s");
        assert_eq!(file.drop_old_keys().unwrap(), 1);
        let newest = file.sealer(Arc::new(SystemEntropy)).unwrap();
        assert!(matches!(
            newest.open("setting", "a", &text),
            Err(SealFault::UnknownKey { .. })
        ));
    }

    #[test]
    fn a_line_that_is_no_key_is_named_and_not_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        fs::write(&path, "# mine\n\nnot-a-key-but-private\n").unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let refused = KeyFile::at(&path)
            .sealer(Arc::new(SystemEntropy))
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("line 3") && !refused.contains("private"),
            "{refused}"
        );
        let missing = KeyFile::at(folder.path().join("none")).sealer(Arc::new(SystemEntropy));
        assert!(matches!(missing, Err(SealFault::KeyFile { .. })));
    }
}
