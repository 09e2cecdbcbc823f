//! Whether what a ledger tells of a store is what was once written.

use super::audit::{Event, Head};
use super::ledger::Ledger;
use crate::error::Result;

const PAGE: u32 = 500;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// The end of the chain, as far as it holds together.
    pub head: Head,
    /// How many events were read and hold together.
    pub checked: u64,
    /// What does not hold, if anything.
    pub fault: Option<ChainFault>,
    /// Whether ends of the chain that were kept elsewhere were compared. Without any, only edits that contradict
    /// themselves show: a chain that was cut or written anew as a whole looks sound.
    pub against_kept: bool,
}

impl Verification {
    /// Whether everything holds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
}

/// What does not hold in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainFault {
    /// This event does not follow the one before it: it was changed, or one was put in or taken out there.
    Broken {
        /// Where.
        seq: u64,
    },
    /// The chain ends before an event that was there once.
    Cut {
        /// The last event that was there once.
        kept: u64,
    },
    /// This event is another one than was there once: the chain was written anew.
    Rewritten {
        /// Where.
        seq: u64,
    },
}

/// Verifies the chain of a store, from its beginning or from the checkpoint that a pruning has left, against ends of it
/// that were kept elsewhere. Kept ends of other stores, and from before the checkpoint, are passed over.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn verify(ledger: &dyn Ledger, from: Head, kept: &[Head]) -> Result<Verification> {
    let mut kept: Vec<&Head> =
        kept.iter().filter(|head| head.store == from.store && head.seq >= from.seq).collect();
    kept.sort_by_key(|head| head.seq);
    let mut found = Verification { against_kept: !kept.is_empty(), head: from, checked: 0, fault: None };
    let mut kept = kept.into_iter().peekable();
    loop {
        while let Some(known) = kept.next_if(|known| known.seq == found.head.seq) {
            if known.hash != found.head.hash {
                found.fault = Some(ChainFault::Rewritten { seq: known.seq });
                return Ok(found);
            }
        }
        let page = ledger.events(&found.head.store, found.head.seq, PAGE).await?;
        if page.is_empty() {
            found.fault = kept.next_back().map(|known| ChainFault::Cut { kept: known.seq });
            return Ok(found);
        }
        for event in page {
            let Event { seq, hash, .. } = &event;
            if !event.follows(&found.head) {
                found.fault = Some(ChainFault::Broken { seq: *seq });
                return Ok(found);
            }
            found.head = Head::new(found.head.store.clone(), *seq, hash.clone());
            found.checked += 1;
            while let Some(known) = kept.next_if(|known| known.seq == *seq) {
                if known.hash != *hash {
                    found.fault = Some(ChainFault::Rewritten { seq: *seq });
                    return Ok(found);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::audit::Fact;
    use super::super::ledger::Commit;
    use super::super::memory::MemoryLedger;
    use super::*;
    use crate::Timestamp;
    use crate::model::{ProviderId, StoreHandle};

    fn store() -> StoreHandle {
        StoreHandle::new("acme").unwrap()
    }

    async fn ledger_of(kinds: &[&str]) -> MemoryLedger {
        let ledger = MemoryLedger::new();
        for kind in kinds {
            let fact = Fact::new(Timestamp::UNIX_EPOCH, *kind, ProviderId::from_static("shop"), store());
            ledger.commit(Commit::new().fact(fact)).await.unwrap();
        }
        ledger
    }

    async fn head_of(ledger: &MemoryLedger) -> Head {
        ledger.heads().await.unwrap().remove(0)
    }

    #[tokio::test]
    async fn cutting_and_rewriting_show_against_a_kept_head_and_only_then() {
        let kept = head_of(&ledger_of(&["a", "b", "c"]).await).await;
        let of = |kinds: &'static [&'static str]| {
            let kept = kept.clone();
            async move {
                let ledger = ledger_of(kinds).await;
                let start = Head::empty(store());
                let with = verify(&ledger, start.clone(), std::slice::from_ref(&kept)).await.unwrap();
                let without = verify(&ledger, start, &[]).await.unwrap();
                assert!(with.against_kept && !without.against_kept && without.is_sound());
                with.fault
            }
        };
        assert_eq!(of(&["a", "b", "c"]).await, None);
        assert_eq!(of(&["a", "b", "c", "d"]).await, None);
        assert_eq!(of(&["a", "b"]).await, Some(ChainFault::Cut { kept: 3 }));
        assert_eq!(of(&["a", "x", "c", "d"]).await, Some(ChainFault::Rewritten { seq: 3 }));
        assert_eq!(of(&[]).await, Some(ChainFault::Cut { kept: 3 }));
    }

    #[tokio::test]
    async fn a_checkpoint_is_a_beginning() {
        let ledger = ledger_of(&["a", "b"]).await;
        let checkpoint = head_of(&ledger).await;
        let fact = Fact::new(Timestamp::UNIX_EPOCH, "c", ProviderId::from_static("shop"), store());
        ledger.commit(Commit::new().fact(fact)).await.unwrap();
        let found = verify(&ledger, checkpoint.clone(), &[]).await.unwrap();
        assert!(found.is_sound() && found.checked == 1 && found.head == head_of(&ledger).await);
        let wrong = Head::new(store(), 2, Event::GENESIS);
        let found = verify(&ledger, wrong, &[]).await.unwrap();
        assert_eq!(found.fault, Some(ChainFault::Broken { seq: 3 }));
    }
}
