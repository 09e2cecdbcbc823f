//! One credential in one file: the one that its users read.

use std::path::PathBuf;

use async_trait::async_trait;
use guestpass::{Error, ErrorKind, OneTimeSecret, Result, Sink, SinkAbilities, SinkCopy};

use super::copies::Copies;
use crate::output::warn;

/// The file of one credential, and its two companions beside it.
#[derive(Debug)]
pub(crate) struct FileSink {
    copies: Copies,
    /// Whose file it is, if a credential names it.
    label: Option<String>,
}

impl FileSink {
    /// The file of the credential with this label. Without one it is whoever's it is given to by a command.
    pub(crate) fn new(file: PathBuf, label: Option<String>) -> Self {
        Self { copies: Copies::of(file), label }
    }

    /// Every file that it may write.
    pub(crate) fn files(&self) -> [PathBuf; 3] {
        [SinkCopy::Live, SinkCopy::Staged, SinkCopy::Previous].map(|which| self.copies.path(which))
    }

    /// A second credential would take the first one's place.
    fn mine(&self, label: &str) -> Result<&Copies> {
        if self.label.as_deref().is_none_or(|owner| owner == label) {
            return Ok(&self.copies);
        }
        let file = self.copies.path(SinkCopy::Live);
        let message = format!("the file {} is not the place of {label}", file.display());
        Err(Error::new(ErrorKind::InvalidRequest, message)
            .with_remedy("name its sink in the settings of the one credential that it is for"))
    }
}

#[async_trait]
impl Sink for FileSink {
    fn abilities(&self) -> SinkAbilities {
        SinkAbilities { keeps_credentials: true, reads_back: true }
    }

    async fn probe(&self) -> Result<()> {
        self.copies.probe()?;
        let live = self.copies.path(SinkCopy::Live);
        if is_shared(&live) {
            warn(&format!(
                "others can read the secret in {0}, and will read the one in its place; if none of them needs it, next: chmod 600 {0}",
                live.display()
            ));
        }
        Ok(())
    }

    async fn put(&self, label: &str, _secret: &OneTimeSecret) -> Result<()> {
        let file = self.copies.path(SinkCopy::Live);
        let message = format!("the file {} keeps a credential, and {label} is none", file.display());
        Err(Error::new(ErrorKind::Unsupported, message).with_remedy("name a sink with a folder or a program"))
    }

    async fn stage(&self, label: &str, secret: &OneTimeSecret) -> Result<()> {
        self.mine(label)?.stage(secret)
    }

    async fn promote(&self, label: &str) -> Result<()> {
        self.mine(label)?.promote()
    }

    async fn discard(&self, label: &str, which: SinkCopy) -> Result<()> {
        self.mine(label)?.discard(which)
    }

    async fn read_back(&self, label: &str, which: SinkCopy) -> Result<Option<OneTimeSecret>> {
        self.mine(label)?.read(which)
    }
}

#[cfg(unix)]
fn is_shared(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_shared(_path: &std::path::Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> OneTimeSecret {
        OneTimeSecret::new("marker-of-a-secret".to_owned().into())
    }

    #[tokio::test]
    async fn it_is_the_place_of_one_credential() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let sink = FileSink::new(file.clone(), Some("acme/web".into()));
        sink.probe().await.unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a probe leaves nothing");
        sink.stage("acme/web", &secret()).await.unwrap();
        sink.promote("acme/web").await.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "marker-of-a-secret\n");
        assert_eq!(sink.read_back("acme/web", SinkCopy::Live).await.unwrap(), Some(secret()));
        for refused in [
            sink.stage("acme/other", &secret()).await,
            sink.promote("acme/other").await,
            sink.discard("acme/other", SinkCopy::Previous).await,
            sink.read_back("acme/other", SinkCopy::Live).await.map(drop),
            sink.put("acme/web", &secret()).await,
        ] {
            let error = refused.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("marker-"), "{error:?}");
        }
        let nobodys = FileSink::new(file, None);
        assert_eq!(nobodys.read_back("acme/store_token", SinkCopy::Live).await.unwrap(), Some(secret()));
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_found_out_before_anything_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FileSink::new(folder.path().join("no/such/token"), Some("acme/web".into()));
        let error = sink.probe().await.unwrap_err();
        assert!(error.to_string().contains("no/such/token.next cannot be written"), "{error}");
    }
}
