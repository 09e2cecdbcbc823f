//! The register of access as machines, spreadsheets and people see it.

use guestpass::Timestamp;
use guestpass::review::{EndKind, RegisterEntry, StoreRegister};
use serde::Serialize;

use super::{Table, Who};

/// One person of ours on one store.
#[derive(Debug, Serialize)]
pub(crate) struct RegisterEntryView {
    store: String,
    platform: Option<String>,
    person: String,
    name: Option<String>,
    emails: Vec<String>,
    account: Option<String>,
    role: Option<String>,
    added_at: Option<Timestamp>,
    requested_by: Option<Who>,
    approved_by: Option<Who>,
    reason: Option<String>,
    ticket: Option<String>,
    review_at: Option<Timestamp>,
    pub(crate) review_overdue: bool,
    phase: Option<&'static str>,
    status: String,
    /// How the end is known: `proven`, `attested`, `forced`, `unproven`.
    pub(crate) end: Option<EndKind>,
    until: Option<Timestamp>,
    grants: Vec<String>,
    notes: Vec<String>,
}

impl RegisterEntryView {
    /// The columns of a spreadsheet: first what auditors ask for, in their order.
    pub(crate) const CSV_HEADING: [&'static str; 19] = [
        "store",
        "platform",
        "name",
        "email",
        "role",
        "added",
        "added_by",
        "approved_by",
        "justification",
        "ticket",
        "review_date",
        "review_overdue",
        "status",
        "end_known_by",
        "until",
        "notes",
        "person",
        "account",
        "grants",
    ];

    const HEADING: [&'static str; 7] = ["name", "role", "added", "added by", "until", "status", "review"];

    /// Everybody of one store. The platform is the configuration's where the ledger knows of nobody there.
    pub(crate) fn of(register: StoreRegister) -> Vec<Self> {
        let platform = register.platform.map(|platform| platform.to_string());
        let store = register.store.to_string();
        let entries = register.entries.into_iter();
        entries.map(|entry| Self::new(store.clone(), platform.clone(), entry)).collect()
    }

    fn new(store: String, platform: Option<String>, entry: RegisterEntry) -> Self {
        Self {
            store,
            platform,
            person: entry.person.to_string(),
            name: entry.name,
            emails: entry.emails.iter().map(ToString::to_string).collect(),
            account: entry.account.map(|account| account.to_string()),
            role: entry.role,
            added_at: entry.added_at,
            requested_by: entry.requested_by.as_ref().map(Who::from),
            approved_by: entry.approved_by.as_ref().map(Who::from),
            reason: entry.reason,
            ticket: entry.ticket,
            review_at: entry.review_at,
            review_overdue: entry.review_overdue,
            phase: entry.phase.map(|phase| phase.as_str()),
            status: entry.status,
            end: entry.end,
            until: entry.until,
            grants: entry.grants.iter().map(ToString::to_string).collect(),
            notes: entry.notes,
        }
    }

    /// The cells of a spreadsheet. What platforms have named cannot write to a terminal.
    pub(crate) fn csv_cells(&self) -> [String; 19] {
        let who = |who: &Option<Who>| who.as_ref().map(|who| who.name().to_owned());
        let told = Option::unwrap_or_default;
        let cells = [
            self.store.clone(),
            told(self.platform.clone()),
            told(self.name.clone()),
            self.emails.join(", "),
            told(self.role.clone()),
            told(self.added_at.map(second)),
            told(who(&self.requested_by)),
            told(who(&self.approved_by)),
            told(self.reason.clone()),
            told(self.ticket.clone()),
            told(self.review_at.map(second)),
            if self.review_overdue { "yes" } else { "no" }.to_owned(),
            self.status.clone(),
            self.end.map(known_by).unwrap_or_default().to_owned(),
            told(self.until.map(second)),
            self.notes.join("; "),
            self.person.clone(),
            told(self.account.clone()),
            self.grants.join(" "),
        ];
        cells.map(|cell| {
            cell.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
        })
    }

    fn row(&self) -> [String; 7] {
        let none = || "-".to_owned();
        let until = match (self.until, self.end) {
            (Some(at), Some(_)) => format!("ended {}", day(at)),
            (Some(at), None) => day(at),
            (None, _) => none(),
        };
        let overdue = if self.review_overdue { " overdue" } else { "" };
        [
            self.shown().to_owned(),
            self.role.clone().unwrap_or_else(none),
            self.added_at.map_or_else(none, day),
            self.requested_by.as_ref().map_or_else(none, |who| who.name().to_owned()),
            until,
            self.status.clone(),
            self.review_at.map_or_else(none, |at| format!("{}{overdue}", day(at))),
        ]
    }

    /// The name, as long as it is known.
    fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.person)
    }

    /// A table of these, and what else is to say of them below it.
    pub(crate) fn table(entries: &[Self]) -> String {
        let mut table = Table::new(Self::HEADING).with_room([2, 4, 6], 10);
        entries.iter().for_each(|entry| table.row(entry.row()));
        let mut text = table.to_string();
        for entry in entries {
            let why = entry.reason.iter().chain(&entry.ticket).cloned().collect::<Vec<_>>().join(", ");
            let why = Some(why).filter(|why| !why.is_empty()).map(|why| format!("why: {why}"));
            for line in why.iter().chain(&entry.notes) {
                text.push_str(&format!("  {}: {line}\n", entry.shown()));
            }
        }
        text
    }
}

/// The stable word for how an end is known.
fn known_by(end: EndKind) -> &'static str {
    match end {
        EndKind::Proven => "proven",
        EndKind::Attested => "attested",
        EndKind::Forced => "forced",
        // Whatever a newer core knows is no proof to this program.
        _ => "unproven",
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
