//! What a look showed, and what proves an end.

use guestpass::{AccessState, Evidence, Observation, Proof, Timestamp, UnknownReason};
use serde::Serialize;

use super::{AccountView, moment};

/// What a look showed.
#[derive(Debug, Serialize)]
pub(crate) struct LookView {
    pub(crate) state: &'static str,
    pub(crate) account: Option<AccountView>,
    /// Every account that matches, where several do.
    accounts: Vec<AccountView>,
    /// Why the look proves nothing, where it does not.
    reason: Option<ReasonView>,
    evidence: EvidenceView,
}

#[derive(Debug, Serialize)]
struct ReasonView {
    kind: &'static str,
    text: String,
}

/// How something was seen.
#[derive(Debug, Serialize)]
struct EvidenceView {
    began_at: String,
    pages: u32,
    complete: bool,
    request_ids: Vec<String>,
}

impl EvidenceView {
    /// When the look began, as exactly as people read it.
    fn moment(&self) -> String {
        let seconds = self.began_at.split('.').next().unwrap_or_default().trim_end_matches('Z');
        format!("{seconds}Z")
    }
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        Self {
            began_at: evidence.began_at.to_string(),
            pages: evidence.pages,
            complete: evidence.complete,
            request_ids: evidence.request_ids.clone(),
        }
    }
}

impl From<&Observation> for LookView {
    fn from(look: &Observation) -> Self {
        let accounts = match &look.state {
            AccessState::Ambiguous { accounts } => accounts.iter().map(AccountView::from).collect(),
            _ => Vec::new(),
        };
        let reason = match &look.state {
            AccessState::Unknown { reason } => {
                let kind = match reason {
                    UnknownReason::NotObservable(_) => "not_observable",
                    UnknownReason::Denied(_) => "denied",
                    UnknownReason::Incomplete(_) => "incomplete",
                    _ => "other",
                };
                Some(ReasonView { kind, text: reason.to_string() })
            }
            _ => None,
        };
        Self {
            state: look.state.name(),
            account: look.state.account().map(AccountView::from),
            accounts,
            reason,
            evidence: EvidenceView::from(&look.evidence),
        }
    }
}

impl LookView {
    /// What was seen, in a sentence, and the account below it.
    pub(crate) fn to_text(&self, whom: &str) -> String {
        let mut text = format!("{whom}: {}", self.state);
        if let Some(reason) = &self.reason {
            text.push_str(&format!(", {}", reason.text));
        }
        text.push_str(&format!(" (looked at {})\n", self.evidence.moment()));
        for account in self.account.iter().chain(&self.accounts) {
            text.push_str(&account.to_text());
        }
        text
    }
}

/// What proves that an access has ended.
#[derive(Debug, Serialize)]
pub(crate) struct ProofView {
    by: &'static str,
    evidence: Option<EvidenceView>,
    /// Whose word it is, where nothing can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    attested: Option<AttestedView>,
}

/// Somebody's word.
#[derive(Debug, Serialize)]
struct AttestedView {
    who: String,
    at: Timestamp,
    note: String,
}

impl From<&Proof> for ProofView {
    fn from(proof: &Proof) -> Self {
        let seen = |by, evidence: &Evidence| Self { by, evidence: Some(evidence.into()), attested: None };
        match proof {
            Proof::Listed { evidence } => seen("listed", evidence),
            Proof::Disabled { evidence } => seen("disabled", evidence),
            Proof::Restored { evidence } => seen("restored", evidence),
            Proof::BaselineEqual { evidence } => seen("baseline_equal", evidence),
            Proof::CredentialDead { evidence } => seen("credential_dead", evidence),
            Proof::Attested { who, at, note } => {
                let attested = AttestedView { who: who.clone(), at: *at, note: note.clone() };
                Self { by: "attested", evidence: None, attested: Some(attested) }
            }
            _ => Self { by: "other", evidence: None, attested: None },
        }
    }
}

impl ProofView {
    /// Whether it is somebody's word and no proof.
    pub(crate) fn is_word(&self) -> bool {
        self.attested.is_some()
    }

    pub(crate) fn to_text(&self) -> String {
        match (&self.evidence, &self.attested) {
            (Some(evidence), _) => self.seen(evidence),
            (None, Some(word)) => {
                format!("not proven: {} says so ({}): {}", word.who, moment(word.at), word.note)
            }
            (None, None) => format!("proof: {}", self.by),
        }
    }

    /// The same in a few words, for tables.
    pub(crate) fn brief(&self) -> String {
        if let Some(word) = &self.attested {
            return format!("NOT PROVEN: {} says so: {}", word.who, word.note);
        }
        let how = match self.by {
            "listed" => "not in a complete listing",
            "disabled" => "seen switched off, with a password that nobody knows",
            "restored" => "seen as it was before them",
            "baseline_equal" => "nobody is there who was not before them",
            "credential_dead" => "refused when used",
            other => other,
        };
        let at = self.evidence.as_ref().map(|evidence| format!(" of {}", evidence.moment()));
        format!("{how}{}", at.filter(|_| self.by == "listed").unwrap_or_default())
    }

    fn seen(&self, evidence: &EvidenceView) -> String {
        let ids = evidence.request_ids.join(", ");
        let requests = if ids.is_empty() { ids } else { format!(", requests {ids}") };
        let what = match self.by {
            "baseline_equal" => "holds nobody who was not there before them",
            "restored" => "shows what was there before them",
            "disabled" => "shows the account switched off, with a password that nobody knows",
            "credential_dead" => return format!("proof: refused when used at {}", evidence.moment()),
            _ => "does not hold them",
        };
        format!(
            "proof: a complete listing begun at {} {what} ({} page(s){requests})",
            evidence.moment(),
            evidence.pages
        )
    }
}
