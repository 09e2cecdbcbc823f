//! Shops, people and organisations: the truth of the fake.

use std::collections::BTreeMap;

use guestpass::Timestamp;
use serde::{Deserialize, Serialize};

use super::apps::{App, Installation};
use super::storefront::StorefrontToken;
use super::vault::Vault;
use crate::fakes::ground::{Refusal, same_email};

/// Everything that exists behind the fake.
#[derive(Default)]
pub(super) struct World {
    pub(super) shops: BTreeMap<String, Shop>,
    pub(super) organisations: BTreeMap<String, Organisation>,
    pub(super) apps: BTreeMap<String, App>,
    pub(super) vault: Vault,
    pub(super) last_number: u64,
}

/// The plan of a shop, which decides what its API allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Plan {
    /// The smallest plan.
    Basic,
    /// The plan in the middle.
    Grow,
    /// The smallest plan whose people an API client may read.
    Advanced,
    /// The plan for enterprises.
    Plus,
}

impl Plan {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Grow => "Grow",
            Self::Advanced => "Advanced",
            Self::Plus => "Shopify Plus",
        }
    }
}

/// Whether a shop serves its API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShopState {
    /// It does.
    Open,
    /// It owes money: 402.
    Frozen,
    /// It was locked for abuse or fraud: 423.
    Locked,
    /// It was closed: 200 with `SHOP_INACTIVE`.
    Closed,
}

pub(super) struct Shop {
    pub(super) number: u64,
    pub(super) domain: String,
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) state: ShopState,
    /// The organisation that owns the shop; apps of the same one may use client credentials.
    pub(super) merchant: String,
    pub(super) created_at: Timestamp,
    /// The collaborator request code; `None` when the merchant turned it off.
    pub(super) code: Option<String>,
    pub(super) staff: Vec<Staff>,
    pub(super) collaborations: Vec<Collaboration>,
    pub(super) installations: BTreeMap<String, Installation>,
    pub(super) storefront_tokens: Vec<StorefrontToken>,
    pub(super) requests: BTreeMap<String, usize>,
    pub(super) removals: BTreeMap<String, usize>,
}

/// The kind of an account, as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum StaffKind {
    /// A partner organisation's account.
    Collaborator,
    /// A person of such an organisation.
    CollaboratorTeamMember,
    /// Invited staff.
    Invited,
    /// Invited to become the owner.
    InvitedStoreOwner,
    /// Staff, and the owner.
    Regular,
    /// A partner organisation that asked for access.
    Requested,
    /// Staff that may not use the admin.
    Restricted,
    /// Staff that signs in through an identity provider.
    Saml,
}

impl StaffKind {
    pub(super) fn handle(self) -> &'static str {
        match self {
            Self::Collaborator => "COLLABORATOR",
            Self::CollaboratorTeamMember => "COLLABORATOR_TEAM_MEMBER",
            Self::Invited => "INVITED",
            Self::InvitedStoreOwner => "INVITED_STORE_OWNER",
            Self::Regular => "REGULAR",
            Self::Requested => "REQUESTED",
            Self::Restricted => "RESTRICTED",
            Self::Saml => "SAML",
        }
    }

    /// Whether somebody of this kind can use the admin.
    pub(super) fn may_enter(self) -> bool {
        !matches!(self, Self::Invited | Self::InvitedStoreOwner | Self::Requested | Self::Restricted)
    }

    pub(super) fn is_collaborator(self) -> bool {
        matches!(self, Self::Collaborator | Self::CollaboratorTeamMember)
    }
}

/// An account of a shop.
#[derive(Debug, Clone)]
pub(super) struct Staff {
    pub(super) number: u64,
    pub(super) kind: StaffKind,
    pub(super) owner: bool,
    pub(super) active: bool,
    pub(super) email: String,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) permissions: Vec<String>,
    pub(super) second_factor: bool,
    pub(super) created_at: Timestamp,
    pub(super) last_login: Option<Timestamp>,
    /// The partner organisation that a collaborator's account belongs to.
    pub(super) organisation: Option<String>,
    /// Set once the account is gone; how that shows is a quirk.
    pub(super) removed_at: Option<Timestamp>,
}

impl Staff {
    pub(super) fn there(&self) -> bool {
        self.removed_at.is_none()
    }

    pub(super) fn inside(&self) -> bool {
        self.there() && self.active && self.kind.may_enter()
    }
}

/// A partner organisation, whose people share its access to a shop.
#[derive(Debug, Clone)]
pub(super) struct Organisation {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) members: Vec<Member>,
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) email: String,
    pub(super) first: String,
    pub(super) last: String,
}

/// Where the access of a partner organisation to a shop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CollaborationState {
    /// Asked for, and not answered.
    Pending,
    /// In force.
    Active,
    /// Refused by the merchant.
    Rejected,
    /// Ended by itself: unanswered, at the agreed end, or for want of log-ins.
    Expired,
    /// Ended by the merchant.
    Removed,
}

#[derive(Debug, Clone)]
pub(super) struct Collaboration {
    pub(super) organisation: String,
    pub(super) state: CollaborationState,
    pub(super) asked: Vec<String>,
    pub(super) granted: Vec<String>,
    pub(super) requested_at: Timestamp,
    pub(super) last_login: Timestamp,
    pub(super) ends_at: Option<Timestamp>,
}

/// Finding things.
impl World {
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub(super) fn shop(&self, domain: &str) -> Result<&Shop, Refusal> {
        self.shops.get(&domain.to_lowercase()).ok_or_else(|| Refusal(format!("no shop {domain}")))
    }

    pub(super) fn shop_mut(&mut self, domain: &str) -> Result<&mut Shop, Refusal> {
        self.shops.get_mut(&domain.to_lowercase()).ok_or_else(|| Refusal(format!("no shop {domain}")))
    }

    pub(super) fn organisation(&self, id: &str) -> Result<&Organisation, Refusal> {
        self.organisations.get(id).ok_or_else(|| Refusal(format!("no organisation {id}")))
    }

    pub(super) fn app(&self, client_id: &str) -> Result<&App, Refusal> {
        self.apps.get(client_id).ok_or_else(|| Refusal(format!("no app {client_id}")))
    }

    pub(super) fn app_mut(&mut self, client_id: &str) -> Result<&mut App, Refusal> {
        self.apps.get_mut(client_id).ok_or_else(|| Refusal(format!("no app {client_id}")))
    }
}

impl Shop {
    pub(super) fn account(&self, email: &str) -> Option<&Staff> {
        self.staff.iter().find(|staff| staff.there() && same_email(&staff.email, email))
    }

    pub(super) fn account_mut(&mut self, email: &str) -> Result<&mut Staff, Refusal> {
        let domain = &self.domain;
        self.staff
            .iter_mut()
            .find(|staff| staff.there() && same_email(&staff.email, email))
            .ok_or_else(|| Refusal(format!("{email} has no account at {domain}")))
    }

    pub(super) fn owner(&self) -> Option<&Staff> {
        self.staff.iter().find(|staff| staff.owner && staff.there())
    }

    pub(super) fn collaboration_mut(
        &mut self,
        organisation: &str,
        state: CollaborationState,
    ) -> Result<&mut Collaboration, Refusal> {
        let domain = &self.domain;
        self.collaborations
            .iter_mut()
            .find(|entry| entry.organisation == organisation && entry.state == state)
            .ok_or_else(|| Refusal(format!("{organisation} has no {state:?} collaboration at {domain}")))
    }
}
