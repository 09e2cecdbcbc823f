//! Several secrets, each in a file of one folder.

use std::path::PathBuf;

use async_trait::async_trait;
use guestpass::{Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy};

use super::copies::{Copies, write_whole};
use crate::handover::create_folder;

/// Each secret becomes a file in this folder, readable for its owner alone.
#[derive(Debug)]
pub(crate) struct FolderSink {
    folder: PathBuf,
}

impl FolderSink {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn unusable(&self, error: std::io::Error) -> Error {
        let message = format!("the folder {} cannot take a secret: {}", self.folder.display(), error.kind());
        Error::new(ErrorKind::Unavailable, message)
            .with_remedy("make the folder of the sink writable for you")
            .with_source(error)
    }

    fn copies(&self, label: &str) -> Copies {
        Copies::of(self.folder.join(name_of_credential(label)))
    }
}

#[async_trait]
impl Sink for FolderSink {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: true, reads_back: true }
    }

    async fn probe(&self) -> Result<()> {
        let made = create_folder(&self.folder).and_then(|()| tempfile::NamedTempFile::new_in(&self.folder));
        made.map(drop).map_err(|error| self.unusable(error))
    }

    async fn put(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        let written = create_folder(&self.folder)
            .and_then(|()| write_whole(&self.folder.join(name_of_password(label)), secret));
        written.map_err(|error| self.unusable(error))
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        create_folder(&self.folder).map_err(|error| self.unusable(error))?;
        self.copies(label).stage(secret)
    }

    async fn promote(&self, label: &str) -> Result<()> {
        self.copies(label).promote()
    }

    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()> {
        self.copies(label).discard(which)
    }

    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        self.copies(label).read(which)
    }
}

/// `STORE-PERSON.txt`; `STORE~PERSON.txt` where a hyphen of the person could be taken for the one in between.
///
/// Names hold letters, digits, `-`, `_` and `.` alone, so no two labels get one name.
fn name_of_password(label: &str) -> String {
    let (store, person) = label.split_once('/').unwrap_or((label, ""));
    let between = if person.contains(['-', '/']) { '~' } else { '-' };
    format!("{}{between}{}.txt", visible(&plain(store)), plain(person))
}

/// `STORE+CREDENTIAL.txt`: a person of the same name has another file. Where a file system takes capital letters for small
/// ones, they must differ in something else.
fn name_of_credential(label: &str) -> String {
    let (store, credential) = label.split_once('/').unwrap_or((label, ""));
    format!("{}+{}.txt", visible(&lower(&plain(store))), lower(&plain(credential)))
}

fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '~' };
    text.chars().map(plain).collect()
}

/// No hidden file, and none that leads out of the folder.
fn visible(text: &str) -> String {
    if text.starts_with('.') { format!("~{text}") } else { text.to_owned() }
}

fn lower(text: &str) -> String {
    text.chars().fold(String::new(), |mut lower, c| {
        if c.is_uppercase() {
            lower.push('^');
        }
        lower.extend(c.to_lowercase());
        lower
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn secret() -> OneTimeSecret {
        OneTimeSecret::new("marker-of-a-secret".to_owned().into())
    }

    #[tokio::test]
    async fn it_takes_each_secret_as_a_file_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FolderSink::new(folder.path().join("secrets"));
        sink.probe().await.unwrap();
        sink.put("acme-garden/sam", &secret()).await.unwrap();
        let path = folder.path().join("secrets/acme-garden-sam.txt");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "marker-of-a-secret\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(folder.path().join("file"), "").unwrap();
        let blocked = FolderSink::new(folder.path().join("file/secrets"));
        assert!(blocked.probe().await.is_err() && blocked.put("a/b", &secret()).await.is_err());
        assert!(blocked.stage("a/b", &secret()).await.is_err());
    }

    #[tokio::test]
    async fn it_keeps_credentials_beside_passwords() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FolderSink::new(folder.path().to_owned());
        sink.put("acme/web", &secret()).await.unwrap();
        let other = OneTimeSecret::new("marker-of-another".to_owned().into());
        sink.stage("acme/web", &other).await.unwrap();
        sink.promote("acme/web").await.unwrap();
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("acme-web.txt"), "marker-of-a-secret\n");
        assert_eq!(read("acme+web.txt"), "marker-of-another\n");
        assert_eq!(sink.read_back("acme/web", SinkCopy::Live).await.unwrap(), Some(other));
        assert_eq!(sink.read_back("acme/web", SinkCopy::Previous).await.unwrap(), None);
    }

    #[test]
    fn no_two_labels_share_a_file() {
        let names = ["a", "b", "a-b", "b-a", "a-b-a", ".a", "..", "a.b", "A", "a_b", "a.txt", "a.txt.next"];
        let mut files = BTreeSet::new();
        for store in names {
            for name in names {
                let label = format!("{store}/{name}");
                assert!(files.insert(name_of_password(&label)), "{label}");
                let credential = name_of_credential(&label);
                for file in [format!("{credential}.next"), format!("{credential}.old"), credential] {
                    assert!(files.insert(file), "{label}");
                }
            }
        }
        assert!(files.iter().all(|file| !file.contains('/') && !file.starts_with('.')), "{files:?}");
        // Passwords that are there stay where they are.
        assert_eq!(name_of_password("acme-garden/sam"), "acme-garden-sam.txt");
    }
}
