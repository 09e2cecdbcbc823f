//! A grant, and what stands in its way, as machines and people see them.

use guestpass::Timestamp;
use guestpass::grants::{Cause, Grant, Phase, Principal, Trouble, TroubleKind};
use serde::Serialize;

use super::ProofView;

/// A grant.
#[derive(Debug, Serialize)]
pub(crate) struct GrantView {
    pub(crate) id: String,
    pub(crate) store: String,
    platform: String,
    pub(crate) person: String,
    role: Option<String>,
    phase: &'static str,
    starts_at: Timestamp,
    ends_at: Timestamp,
    pub(crate) review_at: Option<Timestamp>,
    reason: Option<String>,
    ticket: Option<String>,
    requested_by: Who,
    needs_approval: bool,
    approved_by: Option<Who>,
    deliver_to: Option<String>,
    /// What it brings along by hand.
    also: Vec<AlsoView>,
    adopted: bool,
    was_active: bool,
    end: Option<EndView>,
    created_at: Timestamp,
    #[serde(skip)]
    state: Phase,
}

/// Somebody, as they were stated.
#[derive(Debug, Serialize)]
pub(crate) struct Who {
    name: String,
    /// Whether somebody made sure of it; never by this program.
    authenticated: bool,
}

impl Who {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether somebody made sure that it was them.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.authenticated
    }
}

impl From<&Principal> for Who {
    fn from(who: &Principal) -> Self {
        Self { name: who.name.clone(), authenticated: who.authenticated }
    }
}

#[derive(Debug, Serialize)]
struct AlsoView {
    what: String,
    ended: Option<ProofView>,
}

#[derive(Debug, Serialize)]
struct EndView {
    cause: Cause,
    since: Timestamp,
    by: Option<Who>,
    reason: Option<String>,
    proof: Option<ProofView>,
}

impl From<&Grant> for GrantView {
    fn from(grant: &Grant) -> Self {
        let also = grant.also.iter().map(|also| AlsoView {
            what: also.what.clone(),
            ended: also.ended.as_ref().map(ProofView::from),
        });
        Self {
            id: grant.id.to_string(),
            store: grant.place.store.to_string(),
            platform: grant.place.platform.to_string(),
            person: grant.person.to_string(),
            role: grant.role.clone(),
            phase: grant.phase.as_str(),
            starts_at: grant.starts_at,
            ends_at: grant.ends_at,
            review_at: grant.review_at,
            reason: grant.reason.clone(),
            ticket: grant.ticket.clone(),
            requested_by: Who::from(&grant.requested_by),
            needs_approval: grant.needs_approval,
            approved_by: grant.approved_by.as_ref().map(Who::from),
            deliver_to: grant.deliver_to.clone(),
            also: also.collect(),
            adopted: grant.adopted,
            was_active: grant.was_active,
            end: grant.end.as_ref().map(|end| EndView {
                cause: end.cause,
                since: end.since,
                by: end.by.as_ref().map(Who::from),
                reason: end.reason.clone(),
                proof: end.proof.as_ref().map(ProofView::from),
            }),
            created_at: grant.created_at,
            state: grant.phase,
        }
    }
}

impl GrantView {
    /// The columns of a list.
    pub(crate) const HEADING: [&'static str; 8] =
        ["grant", "store", "person", "role", "phase", "until", "ticket", "trouble"];

    /// The cells of a list.
    pub(crate) fn row(&self, troubles: &[TroubleView]) -> [String; 8] {
        [
            self.id.clone(),
            self.store.clone(),
            self.person.clone(),
            self.role.clone().unwrap_or_else(|| "-".into()),
            self.phase.into(),
            moment(self.ends_at),
            self.ticket.clone().unwrap_or_else(|| "-".into()),
            troubles.iter().map(TroubleView::kind).collect::<Vec<_>>().join(", "),
        ]
    }

    /// Where it stands, in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let (store, person, until) = (&self.store, &self.person, moment(self.ends_at));
        match self.state {
            Phase::Requested if self.needs_approval && self.approved_by.is_none() => {
                format!("{store}: nothing was sent for {person}; somebody must approve it")
            }
            Phase::Requested => {
                format!("{store}: {person} gets in on {}; nothing was sent yet", moment(self.starts_at))
            }
            Phase::Opening => format!("{store}: {person} is being let in, until {until}"),
            Phase::Awaiting => format!("{store}: {person} was asked in, until {until}; somebody must answer"),
            Phase::Active => format!("{store}: {person} can get in until {until}"),
            Phase::Suspended => format!("{store}: the access of {person} is switched off for a while"),
            Phase::Closing => format!("{store}: the access of {person} must end, and that is not proven yet"),
            Phase::Ended => format!("{store}: the access of {person} has ended ({})", self.cause()),
            Phase::NeverOpened => format!("{store}: the access of {person} never opened ({})", self.cause()),
            _ => format!("{store}: the record of {person} was closed WITHOUT A PROOF"),
        }
    }

    /// The sentence, the id, and how we know of the end.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{}\n  grant:         {}\n", self.sentence(), self.id);
        if let Some(proof) = self.end.as_ref().and_then(|end| end.proof.as_ref()) {
            text.push_str(&format!("  {}\n", proof.to_text()));
        }
        text
    }

    /// All that is known, one line each.
    pub(crate) fn details(&self) -> String {
        let mut text = self.to_text();
        let mut line = |label: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {:<14} {value}\n", format!("{label}:")));
            }
        };
        line("phase", Some(self.phase.to_owned()));
        line("role", self.role.clone());
        line("from", Some(moment(self.starts_at)));
        line("until", Some(moment(self.ends_at)));
        line("review", self.review_at.map(moment));
        line("reason", self.reason.clone());
        line("ticket", self.ticket.clone());
        line("requested by", Some(self.requested_by.name.clone()));
        line("approved by", self.approved_by.as_ref().map(|who| who.name.clone()));
        line("secret to", self.deliver_to.clone());
        line("found there", self.adopted.then(|| "yes, and made into a grant".to_owned()));
        for also in &self.also {
            let ended = if also.ended.is_some() { " (taken away)" } else { "" };
            line("also", Some(format!("{}{ended}", also.what)));
        }
        if let Some(end) = &self.end {
            let by = end.by.as_ref().map(|who| format!(" by {}", who.name)).unwrap_or_default();
            let reason = end.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            line("ending since", Some(format!("{}{by}{reason}", moment(end.since))));
        }
        text
    }

    fn cause(&self) -> String {
        let cause = self.end.as_ref().and_then(|end| serde_json::to_value(end.cause).ok());
        cause.as_ref().and_then(|cause| cause.as_str()).unwrap_or("ended").to_owned()
    }
}

/// What stands in the way.
#[derive(Debug, Serialize)]
pub(crate) struct TroubleView {
    pub(crate) kind: TroubleKind,
    since: Timestamp,
    reason: String,
}

impl From<&Trouble> for TroubleView {
    fn from(trouble: &Trouble) -> Self {
        Self { kind: trouble.kind, since: trouble.since, reason: trouble.reason.clone() }
    }
}

impl TroubleView {
    fn kind(&self) -> String {
        let kind = serde_json::to_value(self.kind).ok();
        kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or("unknown").replace('_', " ")
    }

    pub(crate) fn to_text(&self) -> String {
        format!("  trouble:       {} since {}: {}\n", self.kind(), moment(self.since), self.reason)
    }
}

/// A time as people read it.
pub(crate) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
