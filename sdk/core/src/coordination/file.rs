//! Budgets shared by every process that uses the same state folder.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{Admission, Budget, BudgetKey, Coordination, Exclusive, LimitSignal, Window};
use crate::Timestamp;
use crate::call::Priority;
use crate::error::{Error, ErrorKind, Result};

const LARGEST_FILE: u64 = 1 << 20;

/// Budgets as locked files in a state folder, one file for each budget.
///
/// Each use takes the file's lock, reads, counts, writes a new file beside it and renames it into place, so a process
/// that dies in between leaves the former state. A file that cannot be understood stops everything that is metered by
/// it: guessing would risk the merchant's limit.
#[derive(Debug, Clone)]
pub struct FileCoordination {
    folder: PathBuf,
}

impl FileCoordination {
    /// Uses this folder; it is made when first needed, readable by its owner alone.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    async fn with_window<T: Send + 'static>(
        &self,
        key: &BudgetKey,
        change: impl FnOnce(&mut Window) -> T + Send + 'static,
    ) -> Result<T> {
        let (folder, name) = (self.folder.clone(), file_name("budget", key));
        tokio::task::spawn_blocking(move || change_file(&folder, &name, change)).await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the budget could not be read").with_source(error)
        })?
    }
}

#[async_trait]
impl Coordination for FileCoordination {
    async fn admit(&self, budget: &Budget, priority: Priority, now: Timestamp) -> Result<Admission> {
        let spec = budget.clone();
        self.with_window(&budget.key, move |window| window.admit(&spec, priority, now)).await
    }

    async fn learn(&self, budget: &Budget, signal: LimitSignal, now: Timestamp) -> Result<()> {
        let spec = budget.clone();
        self.with_window(&budget.key, move |window| window.learn(&spec, signal, now)).await
    }

    async fn used(&self, budget: &Budget, now: Timestamp) -> Result<u32> {
        let spec = budget.clone();
        self.with_window(&budget.key, move |window| window.used(&spec, now)).await
    }

    async fn exclusive(&self, what: &BudgetKey) -> Result<Exclusive> {
        let (folder, name) = (self.folder.clone(), file_name("turn", what));
        let turn =
            tokio::task::spawn_blocking(move || lock_file(&folder, &name)).await.map_err(|error| {
                Error::new(ErrorKind::Internal, "the turn could not be waited for").with_source(error)
            })??;
        Ok(Exclusive::new(turn))
    }
}

fn change_file<T>(folder: &Path, name: &str, change: impl FnOnce(&mut Window) -> T) -> Result<T> {
    let _lock = lock_file(folder, name)?;
    let path = folder.join(format!("{name}.json"));
    let mut window = read(&path)?;
    let result = change(&mut window);
    write(folder, &path, &window)?;
    Ok(result)
}

/// Waits for the lock; it is given back when the file is closed, also by the end of the process.
fn lock_file(folder: &Path, name: &str) -> Result<File> {
    create_private(folder).map_err(|error| fault(folder, "cannot be made", error))?;
    let path = folder.join(format!("{name}.lock"));
    let lock = open_private(&path).map_err(|error| fault(&path, "cannot be opened", error))?;
    lock.lock().map_err(|error| fault(&path, "cannot be locked", error))?;
    Ok(lock)
}

fn read(path: &Path) -> Result<Window> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Window::default()),
        Err(error) => return Err(fault(path, "cannot be read", error)),
    };
    let mut text = String::new();
    file.take(LARGEST_FILE)
        .read_to_string(&mut text)
        .map_err(|error| fault(path, "cannot be read", error))?;
    serde_json::from_str(&text).map_err(|error| {
        fault(path, "is damaged", error)
            .with_remedy("delete the file if no request was sent within the last hour")
    })
}

fn write(folder: &Path, path: &Path, window: &Window) -> Result<()> {
    let next = folder.join(format!(
        "{}.next",
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    ));
    let saved = serde_json::to_vec(window).map_err(std::io::Error::other).and_then(|bytes| {
        let mut file = open_private(&next)?;
        file.set_len(0)?;
        file.write_all(&bytes)?;
        fs::rename(&next, path)
    });
    saved.map_err(|error| fault(path, "cannot be written", error))
}

fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn fault(path: &Path, problem: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the budget file {} {problem}, so nothing was sent", path.display()),
    )
    .with_remedy("make the state folder readable and writable")
    .with_source(source)
}

/// A file name that no key can lead out of the folder with.
fn file_name(kind: &str, key: &BudgetKey) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let mut name = String::from(kind);
    for part in key.as_str().split('/') {
        name.push('_');
        for c in part.chars() {
            if plain(c) {
                name.push(c);
            } else {
                name.push_str(&format!("%{:x}", u32::from(c)));
            }
        }
    }
    name.truncate(180);
    name
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("guestpass-{}-{name}", uuid::Uuid::new_v4()))
    }

    fn budget() -> Budget {
        Budget::new(BudgetKey::new("acme/account/../../etc"), 5, Duration::from_secs(3600)).with_reserve(2)
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_users_of_one_folder_share_one_budget() {
        let folder = folder("shared");
        let tasks: Vec<_> = (0..12)
            .map(|_| {
                let one_process = FileCoordination::new(&folder);
                tokio::spawn(
                    async move { one_process.admit(&budget(), Priority::Normal, now()).await.unwrap() },
                )
            })
            .collect();
        let mut granted = 0;
        for task in tasks {
            granted += usize::from(task.await.unwrap() == Admission::Granted);
        }
        assert_eq!(granted, 3);
        let one_more = FileCoordination::new(&folder);
        assert_eq!(one_more.admit(&budget(), Priority::Removal, now()).await.unwrap(), Admission::Granted);
        assert_eq!(one_more.used(&budget(), now()).await.unwrap(), 4);
        assert!(fs::read_dir(&folder).unwrap().count() > 0, "nothing is written outside the folder");
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_turn_at_a_time() {
        let folder = folder("turns");
        let key = BudgetKey::new("acme/refresh/1");
        let first = FileCoordination::new(&folder).exclusive(&key).await.unwrap();
        let (other, other_key) = (FileCoordination::new(&folder), key.clone());
        let second = tokio::spawn(async move { other.exclusive(&other_key).await.unwrap() });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!second.is_finished(), "the first one still has its turn");
        drop(first);
        drop(second.await.unwrap());
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_damaged_file_stops_and_says_which() {
        let folder = folder("damaged");
        let coordination = FileCoordination::new(&folder);
        coordination.admit(&budget(), Priority::Normal, now()).await.unwrap();
        let path = folder.join(format!("{}.json", file_name("budget", &budget().key)));
        fs::write(&path, "{\"sent\":[1,").unwrap();
        let error = coordination.admit(&budget(), Priority::Normal, now()).await.unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
        assert!(error.to_string().contains("delete the file"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_belong_to_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder("private");
        FileCoordination::new(&folder).admit(&budget(), Priority::Normal, now()).await.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for entry in fs::read_dir(&folder).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
