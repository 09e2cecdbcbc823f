//! Kinds of credentials, and the credentials of a store, as machines and people see them.

use guestpass::rotation::{CredentialStatus, KindInfo, Lifetime, Overlap, Verify};
use guestpass::{ConfigField, Required, Support, Timestamp};
use serde::Serialize;

use super::{RotationView, moment};
use crate::duration;

/// A kind of credential, and what the platform allows for it.
#[derive(Debug, Serialize)]
pub(crate) struct KindView {
    pub(crate) kind: String,
    pub(crate) title: String,
    /// How a rotation is done: `native`, `emulated`, `manual` or `unsupported`.
    support: Support,
    why: String,
    unproven: Option<String>,
    find: serde_json::Value,
    retire: serde_json::Value,
    /// `probe` or `not_possible`.
    verify: &'static str,
    why_untried: Option<String>,
    /// `unlimited`, `up_to` or `in_place`.
    overlap: &'static str,
    at_most: Option<u32>,
    /// `unlimited`, `chosen` or `fixed`.
    lifetime: &'static str,
    lifetime_seconds: Option<u64>,
    longest_seconds: Option<u64>,
    visible_after_seconds: u64,
    /// Which parts a human does.
    by_hand: Vec<&'static str>,
    pub(crate) fields: Vec<FieldView>,
    note: String,
}

/// A setting of a kind.
#[derive(Debug, Serialize)]
pub(crate) struct FieldView {
    pub(crate) name: &'static str,
    secret: bool,
    required: bool,
    pub(crate) help: String,
}

impl From<&ConfigField> for FieldView {
    fn from(field: &ConfigField) -> Self {
        Self {
            name: field.name,
            secret: field.secret,
            required: field.required != Required::Never,
            help: field.help.to_string(),
        }
    }
}

impl From<&KindInfo> for KindView {
    fn from(info: &KindInfo) -> Self {
        let (verify, why_untried) = match &info.verify {
            Verify::Probe => ("probe", None),
            Verify::NotPossible(why) => ("not_possible", Some(why.to_string())),
            _ => ("other", None),
        };
        let (overlap, at_most) = match info.overlap {
            Overlap::Unlimited => ("unlimited", None),
            Overlap::UpTo(most) => ("up_to", Some(most)),
            Overlap::InPlace => ("in_place", Some(1)),
            _ => ("other", None),
        };
        let (lifetime, usual, longest) = match info.lifetime {
            Lifetime::Unlimited => ("unlimited", None, None),
            Lifetime::Chosen { default, longest } => ("chosen", Some(default), longest),
            Lifetime::Fixed(lifetime) => ("fixed", Some(lifetime), Some(lifetime)),
            _ => ("other", None, None),
        };
        Self {
            kind: info.kind.to_string(),
            title: info.title.to_string(),
            support: info.capability.support,
            why: info.capability.reason.to_string(),
            unproven: info.capability.unproven.as_ref().map(ToString::to_string),
            find: serde_json::to_value(info.find).unwrap_or_default(),
            retire: serde_json::to_value(info.retire).unwrap_or_default(),
            verify,
            why_untried,
            overlap,
            at_most,
            lifetime,
            lifetime_seconds: usual.map(|usual| usual.as_secs()),
            longest_seconds: longest.map(|longest| longest.as_secs()),
            visible_after_seconds: info.visible_after.as_secs(),
            by_hand: by_hand(info),
            fields: info.fields.iter().map(FieldView::from).collect(),
            note: info.note.to_string(),
        }
    }
}

/// A name of the library, as words.
fn words(name: &serde_json::Value) -> String {
    name.as_str().unwrap_or("other").replace('_', " ")
}

fn by_hand(info: &KindInfo) -> Vec<&'static str> {
    let makes = info.is_guided().then_some("issue");
    let ends = (info.retire == guestpass::rotation::Retire::Human).then_some("retire");
    makes.into_iter().chain(ends).collect()
}

impl KindView {
    /// How it is found, ended, tried, and how many may live, in four words.
    fn ways(&self) -> String {
        let overlap = match (self.overlap, self.at_most) {
            ("up_to", Some(most)) => format!("up to {most}"),
            (overlap, _) => overlap.replace('_', " "),
        };
        [self.found_again(), self.old_ones_end(), self.verify.replace('_', " "), overlap].join(" / ")
    }

    /// How one is found again whose answer was lost.
    fn found_again(&self) -> String {
        words(&self.find)
    }

    fn old_ones_end(&self) -> String {
        words(&self.retire)
    }

    /// How many may live at once.
    pub(super) fn at_once(&self) -> String {
        match (self.overlap, self.at_most) {
            ("in_place", _) => "one".to_owned(),
            (_, Some(most)) => format!("up to {most}"),
            _ => "any number".to_owned(),
        }
    }

    fn who(&self) -> &'static str {
        match self.by_hand.as_slice() {
            [] => "nobody",
            ["issue"] => "you: make it",
            ["retire"] => "you: end the old one",
            _ => "you: make it, end the old one",
        }
    }

    /// Everything about it, and a table to put into the configuration.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{}: {}\n", self.kind, self.title);
        let mut line = |label: &str, value: &str| {
            if !value.is_empty() {
                text.push_str(&format!("  {:<14} {value}\n", format!("{label}:")));
            }
        };
        line("how", &format!("{}: {}", self.support, self.why));
        line("not proven", self.unproven.as_deref().unwrap_or_default());
        line("by hand", self.who());
        line("found again", &self.found_again());
        line("old ones end", &self.old_ones_end());
        line("tried before", self.why_untried.as_deref().unwrap_or("yes"));
        let refused = "; the new one ends it at once, so its users are refused for a moment";
        let in_place = if self.overlap == "in_place" { refused } else { "" };
        line("live at once", &format!("{}{in_place}", self.at_once()));
        line("lives", &self.lives());
        line("note", &self.note);
        for field in &self.fields {
            let needed = if field.required { "required" } else { "optional" };
            let secret = if field.secret { ", a secret by reference" } else { "" };
            line("setting", &format!("{} ({needed}{secret}): {}", field.name, field.help));
        }
        text.push_str(&self.example());
        text
    }

    /// What to write into the configuration.
    fn example(&self) -> String {
        let mut text = format!(
            "\n  [stores.STORE.credentials.NAME]\n  kind = \"{}\"\n  sinks = [\"SINK\"]\n",
            self.kind
        );
        for field in self.fields.iter().filter(|field| field.required) {
            let value = if field.secret { "env:NAME" } else { "…" };
            text.push_str(&format!("  {} = \"{value}\"\n", field.name));
        }
        text
    }

    /// How long a new one lives.
    pub(super) fn lives(&self) -> String {
        let length =
            |seconds: Option<u64>| seconds.map(|it| duration::text(std::time::Duration::from_secs(it)));
        match (self.lifetime, length(self.lifetime_seconds), length(self.longest_seconds)) {
            ("chosen", Some(usual), Some(longest)) => format!("{usual} unless told, at most {longest}"),
            ("chosen", Some(usual), None) => format!("{usual} unless told"),
            ("fixed", Some(always), _) => format!("always {always}"),
            _ => "until somebody ends it".to_owned(),
        }
    }
}

/// A credential of a store.
#[derive(Debug, Serialize)]
pub(crate) struct CredentialView {
    store: String,
    platform: String,
    credential: String,
    kind: String,
    how: Option<KindView>,
    sinks: Vec<SinkView>,
    made_at: Option<Timestamp>,
    age_days: Option<i64>,
    expires_at: Option<Timestamp>,
    rotate_every_seconds: Option<u64>,
    due_at: Option<Timestamp>,
    pub(crate) is_due: bool,
    automatic: bool,
    open: Option<RotationView>,
    last: Option<RotationView>,
    problem: Option<String>,
}

/// A sink of a credential.
#[derive(Debug, Serialize)]
pub(crate) struct SinkView {
    pub(crate) name: String,
    /// Whether it can give a secret back. If not, a rotation that is interrupted begins anew.
    pub(crate) reads_back: bool,
}

impl SinkView {
    pub(crate) fn to_text(&self) -> String {
        let back = if self.reads_back { "" } else { " (cannot be read back)" };
        format!("{}{back}", self.name)
    }
}

impl CredentialView {
    pub(crate) fn new(
        store: &str,
        platform: &str,
        status: &CredentialStatus,
        sinks: Vec<SinkView>,
        now: Timestamp,
    ) -> Self {
        Self {
            store: store.to_owned(),
            platform: platform.to_owned(),
            credential: status.name.to_string(),
            kind: status.kind.to_string(),
            how: status.info.as_ref().map(KindView::from),
            sinks,
            made_at: status.made_at,
            age_days: status.made_at.map(|made| now.duration_since(made).as_hours() / 24),
            expires_at: status.expires_at,
            rotate_every_seconds: status.rotate_every.map(|every| every.as_secs()),
            due_at: status.due_at,
            is_due: status.due_at.is_some_and(|due| due <= now),
            automatic: status.automatic,
            open: status.open.as_ref().map(RotationView::from),
            last: status.last.as_ref().map(RotationView::from),
            problem: status.problem.clone(),
        }
    }

    /// The columns of a list.
    pub(crate) const HEADING: [&'static str; 9] = [
        "store",
        "credential",
        "kind",
        "found again / ended / tried / at once",
        "age",
        "due",
        "by hand",
        "sinks",
        "state",
    ];

    /// The cells of a list.
    pub(crate) fn row(&self) -> [String; 9] {
        let or_dash =
            |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "-".into());
        [
            self.store.clone(),
            self.credential.clone(),
            self.kind.clone(),
            or_dash(self.how.as_ref().map(KindView::ways)),
            or_dash(self.age_days.map(|days| format!("{days}d"))),
            or_dash(
                self.due_at
                    .map(|due| if self.is_due { format!("{} (now)", moment(due)) } else { moment(due) }),
            ),
            or_dash(self.how.as_ref().map(|how| how.who().to_owned())),
            or_dash(Some(self.sinks.iter().map(SinkView::to_text).collect::<Vec<_>>().join(", "))),
            self.state(),
        ]
    }

    fn state(&self) -> String {
        match (&self.problem, &self.open) {
            (Some(problem), _) => problem.clone(),
            (None, Some(open)) => open.progress(),
            (None, None) if self.is_due && self.automatic => "due; the next sweep rotates it".to_owned(),
            (None, None) if self.is_due => {
                format!("due: guestpass rotate {} {}", self.store, self.credential)
            }
            (None, None) => "ok".to_owned(),
        }
    }

    /// What a sweep says of one that is due.
    pub(crate) fn to_text(&self) -> String {
        format!("{}/{} ({}): {}\n", self.store, self.credential, self.kind, self.state())
    }
}
