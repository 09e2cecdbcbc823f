//! Ground truth: what is really so, whatever the API shows. No secret is in it.

use guestpass::Timestamp;
use serde::Serialize;

use super::state::{Collaboration, CollaborationState, Shop, Staff, StaffKind};
use super::vault::{TokenKind, Vault};

/// An account of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeStaff {
    /// The id, `gid://shopify/StaffMember/{number}`.
    pub id: String,
    /// The e-mail.
    pub email: String,
    /// First name; the name of an organisation.
    pub first: String,
    /// Last name.
    pub last: String,
    /// Its kind.
    pub kind: StaffKind,
    /// Whether the shop is theirs.
    pub owner: bool,
    /// Whether it can be used at the moment.
    pub inside: bool,
    /// What it may do.
    pub permissions: Vec<String>,
    /// Whether it has a second factor.
    pub second_factor: bool,
    /// When somebody last signed in with it.
    pub last_login: Option<Timestamp>,
    /// The partner organisation that it belongs to.
    pub organisation: Option<String>,
}

/// The access of a partner organisation to a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeCollaboration {
    /// The organisation.
    pub organisation: String,
    /// Where it stands.
    pub state: CollaborationState,
    /// The permissions that were asked for.
    pub asked: Vec<String>,
    /// The permissions that the merchant gave.
    pub granted: Vec<String>,
    /// When the request was sent.
    pub requested_at: Timestamp,
    /// The agreed end.
    pub ends_at: Option<Timestamp>,
}

/// A token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeToken {
    /// The app's client id.
    pub client_id: String,
    /// How it came to be.
    pub kind: TokenKind,
    /// Its own scopes, where they are fewer than those of the installation.
    pub scopes: Option<Vec<String>>,
    /// Its end.
    pub expires_at: Option<Timestamp>,
    /// Whether it works now.
    pub alive: bool,
}

/// A storefront token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FakeStorefrontToken {
    /// The id, `gid://shopify/StorefrontAccessToken/{number}`.
    pub id: String,
    /// The app's client id.
    pub client_id: String,
    /// The title.
    pub title: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it works now.
    pub alive: bool,
}

/// The accounts that were not removed.
pub(super) fn staff(shop: &Shop) -> Vec<FakeStaff> {
    let told = |staff: &Staff| FakeStaff {
        id: super::views::staff_id(staff),
        email: staff.email.clone(),
        first: staff.first.clone(),
        last: staff.last.clone(),
        kind: staff.kind,
        owner: staff.owner,
        inside: staff.inside(),
        permissions: staff.permissions.clone(),
        second_factor: staff.second_factor,
        last_login: staff.last_login,
        organisation: staff.organisation.clone(),
    };
    shop.staff.iter().filter(|staff| staff.there()).map(told).collect()
}

pub(super) fn collaborations(shop: &Shop) -> Vec<FakeCollaboration> {
    let told = |entry: &Collaboration| FakeCollaboration {
        organisation: entry.organisation.clone(),
        state: entry.state,
        asked: entry.asked.clone(),
        granted: entry.granted.clone(),
        requested_at: entry.requested_at,
        ends_at: entry.ends_at,
    };
    shop.collaborations.iter().map(told).collect()
}

pub(super) fn tokens(shop: &Shop, vault: &Vault, now: Timestamp) -> Vec<FakeToken> {
    vault
        .tokens_of(&shop.domain)
        .map(|(text, token)| FakeToken {
            client_id: token.client_id.clone(),
            kind: token.kind,
            scopes: token.scopes.clone(),
            expires_at: token.expires_at,
            alive: vault.alive(text, now).is_some(),
        })
        .collect()
}

pub(super) fn storefront_tokens(shop: &Shop) -> Vec<FakeStorefrontToken> {
    shop.storefront_tokens
        .iter()
        .map(|token| FakeStorefrontToken {
            id: super::views::storefront_id(token.number),
            client_id: token.client_id.clone(),
            title: token.title.clone(),
            scopes: token.scopes.clone(),
            created_at: token.created_at,
            alive: !token.dead,
        })
        .collect()
}
