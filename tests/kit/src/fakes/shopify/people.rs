//! What merchants, partners and time do to access: all of it behind the back of every API client.

use std::fmt;

use guestpass::Timestamp;
use serde::{Deserialize, Serialize};

use super::quirks::{CollaboratorEmail, Quirks};
use super::state::{
    Collaboration, CollaborationState, Member, Organisation, Plan, Shop, ShopState, Staff, StaffKind, World,
};
use crate::fakes::ground::{Refusal, later, owned, refuse, same_email};

/// Why the form of the partner's dashboard sent nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequestRefused {
    /// The shop needs a code and none was given.
    CodeNeeded,
    /// The code is not the merchant's.
    WrongCode,
    /// There is a request or an access already.
    AlreadyThere,
    /// An address of the organisation belongs to staff of the shop.
    AddressInUse,
}

impl fmt::Display for RequestRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CodeNeeded => "the shop needs a collaborator request code",
            Self::WrongCode => "the collaborator request code is wrong",
            Self::AlreadyThere => "there is a request or an access already",
            Self::AddressInUse => "an address of the organisation belongs to staff of the shop",
        })
    }
}

impl std::error::Error for RequestRefused {}

/// Setting the scene.
impl World {
    pub(super) fn add_shop(
        &mut self,
        domain: &str,
        name: &str,
        plan: Plan,
        owner: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let domain = domain.to_lowercase();
        if !domain.ends_with(".myshopify.com") {
            return refuse(format!("{domain} is no *.myshopify.com address"));
        }
        if self.shops.contains_key(&domain) {
            return refuse(format!("shop {domain} exists already"));
        }
        let shop = Shop {
            number: self.number(),
            domain: domain.clone(),
            name: name.to_owned(),
            plan,
            state: ShopState::Open,
            merchant: format!("merchant of {domain}"),
            created_at: now,
            code: None,
            staff: Vec::new(),
            collaborations: Vec::new(),
            installations: Default::default(),
            storefront_tokens: Vec::new(),
            requests: Default::default(),
            removals: Default::default(),
        };
        self.shops.insert(domain.clone(), shop);
        self.add_staff(&domain, StaffKind::Regular, owner, "Olivia", "Owner", now)?;
        let account = self.shop_mut(&domain)?.account_mut(owner)?;
        account.owner = true;
        account.last_login = Some(now);
        account.permissions = owned(&["full", "staff_management", "collaborator_request_management"]);
        Ok(())
    }

    pub(super) fn add_staff(
        &mut self,
        domain: &str,
        kind: StaffKind,
        email: &str,
        first: &str,
        last: &str,
        now: Timestamp,
    ) -> Result<u64, Refusal> {
        let number = self.number() + 100;
        let shop = self.shop_mut(domain)?;
        if shop.account(email).is_some() {
            return refuse(format!("{email} has an account at {domain} already"));
        }
        shop.staff.push(Staff {
            number,
            kind,
            owner: false,
            active: kind.may_enter(),
            email: email.to_owned(),
            first: first.to_owned(),
            last: last.to_owned(),
            permissions: Vec::new(),
            second_factor: false,
            created_at: now,
            last_login: None,
            organisation: None,
            removed_at: None,
        });
        Ok(number)
    }

    pub(super) fn add_organisation(&mut self, id: &str, name: &str, email: &str) {
        let organisation =
            Organisation { name: name.to_owned(), email: email.to_owned(), members: Vec::new() };
        self.organisations.insert(id.to_owned(), organisation);
    }

    /// Somebody joins a partner organisation, and gets what it has.
    pub(super) fn add_member(
        &mut self,
        id: &str,
        email: &str,
        first: &str,
        last: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(organisation) = self.organisations.get_mut(id) else {
            return refuse(format!("no organisation {id}"));
        };
        organisation.members.push(Member {
            email: email.to_owned(),
            first: first.to_owned(),
            last: last.to_owned(),
        });
        let active = |shop: &&Shop| {
            shop.collaborations
                .iter()
                .any(|entry| entry.organisation == id && entry.state == CollaborationState::Active)
        };
        let domains: Vec<String> =
            self.shops.values().filter(active).map(|shop| shop.domain.clone()).collect();
        for domain in domains {
            self.seat_members(&domain, id, now)?;
        }
        Ok(())
    }

    /// Gives every person of the organisation a row, unless they have one.
    fn seat_members(&mut self, domain: &str, id: &str, now: Timestamp) -> Result<(), Refusal> {
        let members = self.organisation(id)?.members.clone();
        let granted =
            self.shop_mut(domain)?.collaboration_mut(id, CollaborationState::Active)?.granted.clone();
        for Member { email, first, last } in members {
            if self.shop(domain)?.account(&email).is_none() {
                self.add_staff(domain, StaffKind::CollaboratorTeamMember, &email, &first, &last, now)?;
            }
            let account = self.shop_mut(domain)?.account_mut(&email)?;
            if account.kind == StaffKind::CollaboratorTeamMember {
                account.organisation = Some(id.to_owned());
                account.permissions.clone_from(&granted);
            }
        }
        Ok(())
    }
}

/// The life of a collaboration.
impl World {
    /// The partner sends the form. Without a code, if an app of the organisation is installed.
    pub(super) fn request_access(
        &mut self,
        id: &str,
        domain: &str,
        code: Option<&str>,
        permissions: &[&str],
        quirks: &Quirks,
        now: Timestamp,
    ) -> Result<Result<(), RequestRefused>, Refusal> {
        let organisation = self.organisation(id)?.clone();
        let trusted =
            self.shop(domain)?.installations.keys().any(|app| self.app(app).is_ok_and(|app| app.owner == id));
        let email = match (quirks.collaborator_email, organisation.members.first()) {
            (CollaboratorEmail::FirstPerson, Some(first)) => first.email.clone(),
            _ => organisation.email.clone(),
        };
        let shop = self.shop_mut(domain)?;
        if let Some(needed) = shop.code.as_deref().filter(|_| !trusted) {
            match code {
                None => return Ok(Err(RequestRefused::CodeNeeded)),
                Some(code) if code != needed => return Ok(Err(RequestRefused::WrongCode)),
                Some(_) => {}
            }
        }
        let open = |state| matches!(state, CollaborationState::Pending | CollaborationState::Active);
        if shop.collaborations.iter().any(|entry| entry.organisation == id && open(entry.state)) {
            return Ok(Err(RequestRefused::AlreadyThere));
        }
        let mut addresses =
            organisation.members.iter().map(|member| member.email.as_str()).chain([email.as_str()]);
        if addresses.any(|address| shop.account(address).is_some()) {
            return Ok(Err(RequestRefused::AddressInUse));
        }
        shop.collaborations.push(Collaboration {
            organisation: id.to_owned(),
            state: CollaborationState::Pending,
            asked: owned(permissions),
            granted: Vec::new(),
            requested_at: now,
            last_login: now,
            ends_at: None,
        });
        *shop.requests.entry(organisation.email.to_lowercase()).or_default() += 1;
        self.add_staff(domain, StaffKind::Requested, &email, &organisation.name, "", now)?;
        self.shop_mut(domain)?.account_mut(&email)?.organisation = Some(id.to_owned());
        Ok(Ok(()))
    }

    /// The merchant accepts, perhaps with fewer permissions and an end date.
    pub(super) fn approve(
        &mut self,
        id: &str,
        domain: &str,
        permissions: Option<Vec<String>>,
        ends_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let shop = self.shop_mut(domain)?;
        let entry = shop.collaboration_mut(id, CollaborationState::Pending)?;
        entry.state = CollaborationState::Active;
        entry.granted = permissions.unwrap_or_else(|| entry.asked.clone());
        entry.last_login = now;
        entry.ends_at = ends_at;
        let granted = entry.granted.clone();
        for staff in shop.staff.iter_mut().filter(|staff| staff.organisation.as_deref() == Some(id)) {
            if staff.there() && staff.kind == StaffKind::Requested {
                staff.kind = StaffKind::Collaborator;
                staff.active = true;
                staff.permissions.clone_from(&granted);
            }
        }
        self.seat_members(domain, id, now)
    }

    pub(super) fn set_collaborator_permissions(
        &mut self,
        id: &str,
        domain: &str,
        permissions: &[String],
    ) -> Result<(), Refusal> {
        let shop = self.shop_mut(domain)?;
        shop.collaboration_mut(id, CollaborationState::Active)?.granted = permissions.to_vec();
        for staff in shop.staff.iter_mut().filter(|staff| staff.organisation.as_deref() == Some(id)) {
            staff.permissions = permissions.to_vec();
        }
        Ok(())
    }

    /// Ends a collaboration or a request; its rows are gone, however that shows.
    pub(super) fn end_collaboration(
        &mut self,
        id: &str,
        domain: &str,
        from: CollaborationState,
        to: CollaborationState,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let shop = self.shop_mut(domain)?;
        shop.collaboration_mut(id, from)?.state = to;
        let removals = &mut shop.removals;
        for staff in shop.staff.iter_mut().filter(|staff| staff.organisation.as_deref() == Some(id)) {
            if staff.there() {
                staff.removed_at = Some(now);
                if to == CollaborationState::Removed {
                    *removals.entry(staff.email.to_lowercase()).or_default() += 1;
                }
            }
        }
        Ok(())
    }

    /// The merchant removes an account; that of a collaborator takes the whole organisation out.
    pub(super) fn remove_account(
        &mut self,
        domain: &str,
        email: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let account = self.shop_mut(domain)?.account_mut(email)?;
        if account.owner {
            return refuse(format!("{email} owns {domain}"));
        }
        if let (StaffKind::Collaborator, Some(id)) = (account.kind, account.organisation.clone()) {
            let (from, to) = (CollaborationState::Active, CollaborationState::Removed);
            return self.end_collaboration(&id, domain, from, to, now);
        }
        account.removed_at = Some(now);
        *self.shop_mut(domain)?.removals.entry(email.to_lowercase()).or_default() += 1;
        Ok(())
    }

    /// Somebody signs in; invited staff become regular by it.
    pub(super) fn log_in(&mut self, domain: &str, email: &str, now: Timestamp) -> Result<(), Refusal> {
        let shop = self.shop_mut(domain)?;
        let account = shop.account_mut(email)?;
        if account.kind == StaffKind::Invited {
            account.kind = StaffKind::Regular;
            account.active = true;
        }
        if !account.inside() {
            return refuse(format!("{email} may not sign in at {domain}"));
        }
        account.last_login = Some(now);
        if let Some(id) = account.organisation.clone() {
            shop.collaboration_mut(&id, CollaborationState::Active)?.last_login = now;
        }
        Ok(())
    }

    pub(super) fn make_owner(&mut self, domain: &str, email: &str) -> Result<(), Refusal> {
        let shop = self.shop_mut(domain)?;
        shop.account_mut(email)?;
        for staff in &mut shop.staff {
            staff.owner = staff.there() && same_email(&staff.email, email);
            if staff.owner {
                staff.kind = StaffKind::Regular;
                staff.active = true;
            }
        }
        Ok(())
    }

    /// Ends what time has ended: idle collaborators, agreed ends, unanswered requests.
    pub(super) fn let_time_pass(&mut self, quirks: &Quirks, now: Timestamp) {
        let mut ended = Vec::new();
        for shop in self.shops.values() {
            for entry in &shop.collaborations {
                let due = |since, limit: std::time::Duration| (!limit.is_zero()).then(|| later(since, limit));
                let end = match entry.state {
                    CollaborationState::Active => {
                        let idle = due(entry.last_login, quirks.idle_limit);
                        [idle, entry.ends_at].into_iter().flatten().min()
                    }
                    CollaborationState::Pending => due(entry.requested_at, quirks.request_lifetime),
                    _ => None,
                };
                if let Some(end) = end.filter(|&end| end <= now) {
                    ended.push((shop.domain.clone(), entry.organisation.clone(), entry.state, end));
                }
            }
        }
        for (domain, id, state, end) in ended {
            let _ = self.end_collaboration(&id, &domain, state, CollaborationState::Expired, end);
        }
    }
}
