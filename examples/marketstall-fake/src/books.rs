//! The platform's books, and how it answers from them.

use std::collections::BTreeMap;
use std::time::Duration;

use guestpass::Timestamp;
use guestpass::http::Method;
use guestpass_testkit::fakes::custom::{Answer, Asked, Incoming, Lies, Quota, Vendor, cursor, offset, page};
use serde_json::{Value, json};

/// The only stall there is.
pub const STALL: &str = "demo-stall";
/// Its token.
pub const TOKEN: &str = "fake-marketstall-token-81c4";
/// Its owner's address.
pub const OWNER: &str = "olga@stall.example";

const PAGE: usize = 50;

/// A stall with its owner, and whatever happened to it since.
#[derive(Debug)]
pub struct Books {
    /// How the open questions of the documentation are answered.
    pub quirks: Quirks,
    /// Whether the token is alive.
    pub token_lives: bool,
    /// Whether the token may do anything with members.
    pub token_has_rights: bool,
    /// How listings go wrong.
    pub lies: Lies,
    /// Whether the number of members is told wrongly.
    pub miscounts: bool,
    pub(crate) invitations: BTreeMap<String, usize>,
    pub(crate) removals: BTreeMap<String, usize>,
    members: Vec<Member>,
    made: usize,
}

/// What the documentation leaves open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quirks {
    /// How a missing right is told.
    pub denied: Denied,
    /// What stands for "no further page".
    pub last_cursor: LastCursor,
    /// What removing somebody who is not there gets.
    pub removal: Removal,
}

/// How a missing right is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Denied {
    /// By 403.
    #[default]
    Status,
    /// By an error in the body of a success.
    Body,
}

/// What stands for "no further page".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LastCursor {
    /// `null`.
    #[default]
    Null,
    /// An empty text.
    Empty,
}

/// What removing somebody who is not there gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Removal {
    /// 404.
    #[default]
    Missing,
    /// The same as a removal.
    Fine,
}

#[derive(Debug, Clone)]
struct Member {
    id: String,
    email: String,
    role: String,
    active: bool,
    seen: Option<Timestamp>,
}

impl Default for Books {
    fn default() -> Self {
        let mut books = Self {
            quirks: Quirks::default(),
            token_lives: true,
            token_has_rights: true,
            lies: Lies::default(),
            miscounts: false,
            invitations: BTreeMap::new(),
            removals: BTreeMap::new(),
            members: Vec::new(),
            made: 0,
        };
        books.add(OWNER, "owner", true);
        books
    }
}

/// What the merchant and the people do, and the truth.
impl Books {
    /// Makes somebody a member.
    pub fn add(&mut self, email: &str, role: &str, active: bool) {
        self.made += 1;
        let (id, email) = (format!("member-{}", self.made), email.to_lowercase());
        self.members.push(Member { id, email, role: role.to_owned(), active, seen: None });
    }

    /// Takes a member out.
    pub fn dismiss(&mut self, email: &str) {
        self.members.retain(|member| !member.email.eq_ignore_ascii_case(email));
    }

    /// Somebody accepts an invitation.
    pub fn accept(&mut self, email: &str) {
        self.named(email).for_each(|member| member.active = true);
    }

    /// Somebody signs in at this time.
    pub fn sign_in(&mut self, email: &str, at: Timestamp) {
        self.named(email).for_each(|member| member.seen = Some(at));
    }

    /// The merchant gives somebody another role.
    pub fn give_role(&mut self, email: &str, role: &str) {
        self.named(email).for_each(|member| role.clone_into(&mut member.role));
    }

    /// The addresses of those who have accepted, or of those who have not, in order.
    #[must_use]
    pub fn addresses(&self, active: bool) -> Vec<String> {
        let members = self.members.iter().filter(|member| member.active == active);
        let mut addresses: Vec<_> = members.map(|member| member.email.clone()).collect();
        addresses.sort();
        addresses
    }

    /// Somebody's role, if they are a member.
    #[must_use]
    pub fn role(&self, email: &str) -> Option<&str> {
        let member = self.members.iter().find(|member| member.email.eq_ignore_ascii_case(email));
        member.map(|member| member.role.as_str())
    }

    fn named(&mut self, email: &str) -> impl Iterator<Item = &mut Member> {
        self.members.iter_mut().filter(move |member| member.email.eq_ignore_ascii_case(email))
    }
}

impl Vendor for Books {
    const REQUEST_ID: &'static str = "x-stall-request";

    fn asked(request: &Incoming) -> Asked {
        let operation = match (request.method.as_str(), path(request).as_slice()) {
            ("GET", [_]) => "stall",
            ("GET", [_, "members"]) => "members",
            ("POST", [_, "members"]) => "invite",
            ("PUT", [_, "members", _, "role"]) => "set_role",
            ("DELETE", [_, "members", _]) => "remove",
            _ => "unknown",
        };
        Asked {
            operation: operation.to_owned(),
            write: !request.method.is_safe(),
            token_present: request.header("authorization").is_some(),
        }
    }

    fn quota(&self, request: &Incoming) -> Option<Quota> {
        let who = self.knows(request).then(|| STALL.to_owned())?;
        Some(Quota { who, requests: 60, window: Duration::from_secs(60) })
    }

    fn error(&self, status: u16) -> Answer {
        let code = match status {
            401 => "bad_token",
            403 => "missing_right",
            404 => "not_found",
            409 => "already_member",
            429 => "slow_down",
            500.. => "broken",
            _ => "bad_request",
        };
        Answer::json(status, &error(code))
    }

    fn half_failed(&self, body: &mut Value) {
        if let Value::Object(fields) = body {
            fields.insert("error".to_owned(), json!({"code": "partial", "message": "A part of it failed."}));
        }
    }

    fn serve(&mut self, request: &Incoming, _: Timestamp) -> Answer {
        if !self.knows(request) {
            return self.error(401);
        }
        let path = path(request);
        if path.first() != Some(&STALL) {
            return self.error(404);
        }
        if !self.token_has_rights && path.len() > 1 {
            return match self.quirks.denied {
                Denied::Status => self.error(403),
                Denied::Body => Answer::json(200, &error("missing_right")),
            };
        }
        match (&request.method, path.as_slice()) {
            (&Method::GET, [_]) => self.stall(),
            (&Method::GET, [_, "members"]) => self.list(request),
            (&Method::POST, [_, "members"]) => self.invite(request),
            (&Method::PUT, [_, "members", id, "role"]) => self.set_role(id, request),
            (&Method::DELETE, [_, "members", id]) => self.remove(id),
            _ => self.error(404),
        }
    }
}

/// The calls.
impl Books {
    fn knows(&self, request: &Incoming) -> bool {
        let sent = request.header("authorization").and_then(|sent| sent.strip_prefix("Bearer "));
        self.token_lives && sent == Some(TOKEN)
    }

    fn stall(&self) -> Answer {
        let rights: &[&str] = if self.token_has_rights { &["members:read", "members:write"] } else { &[] };
        Answer::json(200, &json!({"id": STALL, "name": "Olga's Cheese", "rights": rights}))
    }

    fn list(&self, request: &Incoming) -> Answer {
        let after = request.parameter("cursor").map(offset);
        if after == Some(None) {
            return self.error(400);
        }
        let page = page(self.members.len(), PAGE, after.flatten(), self.lies);
        let members: Vec<_> = self.members.iter().skip(page.first).take(page.shown).map(view).collect();
        let next = match (page.has_next, self.quirks.last_cursor) {
            (true, _) => json!(cursor(page.end)),
            (false, LastCursor::Null) => Value::Null,
            (false, LastCursor::Empty) => json!(""),
        };
        let total = self.members.len() + usize::from(self.miscounts);
        Answer::json(200, &json!({"members": members, "total": total, "next": next}))
    }

    fn invite(&mut self, request: &Incoming) -> Answer {
        let Ok(body) = request.json::<Value>() else { return self.error(400) };
        let (Some(email), Some(role)) = (text(&body, "email"), text(&body, "role")) else {
            return self.error(400);
        };
        if role == "owner" {
            return self.error(403);
        }
        if self.role(email).is_some() {
            return self.error(409);
        }
        self.add(email, role, false);
        *self.invitations.entry(email.to_lowercase()).or_default() += 1;
        self.members
            .last()
            .map_or_else(|| self.error(500), |member| Answer::json(201, &json!({"member": view(member)})))
    }

    fn set_role(&mut self, id: &str, request: &Incoming) -> Answer {
        let Ok(body) = request.json::<Value>() else { return self.error(400) };
        let Some(member) = self.members.iter_mut().find(|member| member.id == id) else {
            return self.error(404);
        };
        match text(&body, "role") {
            Some("owner") | None => self.error(400),
            Some(role) => {
                role.clone_into(&mut member.role);
                Answer::json(200, &json!({"member": view(member)}))
            }
        }
    }

    fn remove(&mut self, id: &str) -> Answer {
        let Some(member) = self.members.iter().find(|member| member.id == id).cloned() else {
            return match self.quirks.removal {
                Removal::Missing => self.error(404),
                Removal::Fine => Answer::empty(204),
            };
        };
        self.dismiss(&member.email);
        *self.removals.entry(member.email).or_default() += 1;
        Answer::empty(204)
    }
}

/// What comes after `/v1/stalls/`.
fn path(request: &Incoming) -> Vec<&str> {
    request.path.strip_prefix("/v1/stalls/").unwrap_or_default().split('/').collect()
}

fn view(member: &Member) -> Value {
    let status = if member.active { "active" } else { "invited" };
    let seen = member.seen.map(|at| at.to_string());
    json!({"id": member.id, "email": member.email, "role": member.role, "status": status, "last_seen": seen})
}

fn error(code: &str) -> Value {
    json!({"error": {"code": code, "message": "Marketstall is sorry."}})
}

fn text<'b>(body: &'b Value, field: &str) -> Option<&'b str> {
    body.get(field)?.as_str()
}
