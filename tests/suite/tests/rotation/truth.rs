//! What must be so when it is over, by what the fake knows.

use std::fs;
use std::time::Duration;

use guestpass::rotation::{Fate, Minted, Rotation, Stage};
use guestpass::{Clock, SinkCopy};
use guestpass_testkit::conformance::credentials::secret_part;

use crate::people::is_of;
use crate::scene::Scene;

impl Scene {
    /// One credential works, where its users find it; every other one is dead or dies when the record says so; nobody was
    /// refused; no secret is anywhere else.
    pub(crate) async fn all_is_well(&self, rotation: &Rotation) {
        let world = self.stage.credentials();
        let (kind, live) = (self.way.kind, self.live());
        assert!(rotation.stage.is_over() && live.len() == 2 && live[0] == live[1], "{rotation:#?}");
        let live = &live[0];
        match rotation.stage {
            Stage::Done => assert_ne!(*live, self.used.secret, "nothing new is in its place"),
            _ => assert_eq!(*live, self.used.secret, "it was given up"),
        }
        assert!(world.works(kind, live), "what is in use works: {rotation:#?}");
        if rotation.stage == Stage::Done {
            assert!(rotation.new.as_ref().is_some_and(|new| is_of(new, live)), "{rotation:#?}");
            assert!(world.is_carried(kind, &self.used.secret, live, &|name| self.kept(name)));
        }
        for which in [SinkCopy::Staged, SinkCopy::Previous] {
            assert_eq!(self.copies(which), Vec::<String>::new(), "{which:?} is forgotten");
        }
        if self.overlaps(rotation) {
            assert_eq!(self.consumer.refused(), Vec::<String>::new());
        }
        let others: Vec<_> = self.ever().into_iter().filter(|secret| secret != live).collect();
        self.others_are_accounted_for(rotation, &others);
        self.no_secret_shows(rotation);
        self.and_then_they_are_dead(rotation, &others);
    }

    fn others_are_accounted_for(&self, rotation: &Rotation, others: &[String]) {
        let world = self.stage.credentials();
        let alive =
            |secret: &String| world.works(self.way.kind, secret) || world.lingers(self.way.kind, secret);
        let dies = |minted: &&Minted| matches!(minted.fate, Fate::DiesAt { .. });
        // One of which nobody ever saw the secret stands for one that lives.
        let mut unseen = all_of(rotation).filter(dies).filter(|minted| minted.fingerprint.is_none()).count();
        for secret in others.iter().filter(|secret| alive(secret)) {
            if all_of(rotation).filter(dies).any(|minted| is_of(minted, secret)) {
                continue;
            }
            assert!(unseen > 0, "one lives that nobody knows of, of {}: {rotation:#?}", others.len());
            unseen -= 1;
        }
        for minted in all_of(rotation) {
            let is_in_use = rotation.stage == Stage::Done && rotation.new.as_ref() == Some(minted)
                || rotation.stage == Stage::Aborted && rotation.old.as_ref() == Some(minted);
            assert!(is_in_use || minted.fate.is_settled(), "{minted:?} of {rotation:#?}");
        }
    }

    /// Time passes until the last of them must be dead.
    fn and_then_they_are_dead(&self, rotation: &Rotation, others: &[String]) {
        let at = all_of(rotation).filter_map(|minted| match minted.fate {
            Fate::DiesAt { at } => Some(at),
            _ => None,
        });
        if let Some(last) = at.max() {
            let left = Duration::try_from(last.duration_since(self.host.clock.now())).unwrap_or_default();
            self.host.clock.advance(left + Duration::from_secs(1));
        }
        let world = self.stage.credentials();
        for secret in others {
            let (works, lingers) = (world.works(self.way.kind, secret), world.lingers(self.way.kind, secret));
            assert!(!works && !lingers, "one outlives what the record says: {works} {lingers} {rotation:#?}");
        }
    }

    fn no_secret_shows(&self, rotation: &Rotation) {
        let mut places = vec![
            ("said".to_owned(), self.said.lock().unwrap().clone().into_bytes()),
            ("record".to_owned(), format!("{rotation:?} {}", rotation.summary()).into_bytes()),
        ];
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("ledger") || name == "complaints" {
                places.push((name, fs::read(&path).unwrap()));
            }
        }
        assert!(places.iter().any(|(name, bytes)| name == "ledger" && !bytes.is_empty()));
        let secrets = self.ever().into_iter().chain(self.used.secrets.iter().map(|(_, value)| value.clone()));
        for secret in secrets.map(|secret| secret_part(&secret)) {
            assert!(secret.len() > 8, "too short to be looked for");
            for (name, bytes) in &places {
                let found = bytes.windows(secret.len()).position(|part| part == secret.as_bytes());
                let around = found.map(|at| {
                    String::from_utf8_lossy(&bytes[at.saturating_sub(80)..bytes.len().min(at + 80)])
                        .into_owned()
                });
                assert_eq!(around, None, "{secret} is in {name}");
            }
        }
    }
}

fn all_of(rotation: &Rotation) -> impl Iterator<Item = &Minted> {
    rotation.old.iter().chain(&rotation.new).chain(&rotation.orphans)
}
