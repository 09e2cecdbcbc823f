//! Whom the store lists, in the vocabulary of guestpass, and which of them a target means.

use std::collections::BTreeMap;

use guestpass::{
    AccessState, AccountId, AccountKind, Collaborator, Email, Error, ErrorKind, Result, Status, Target, Told,
};

use crate::wire::{Staff, User};

/// Permissions that let somebody let others in, move money, take data out or change code, by the names of the legacy
/// users and of the form for requests.
const PRIVILEGED: &[&str] = &[
    "full",
    "applications",
    "authentication_management",
    "billing_charges",
    "billing_payment_methods_manage",
    "collaborator_request_management",
    "collaborator_request_settings",
    "customer_private_data",
    "domains_transfer_out",
    "edit_private_apps",
    "enable_private_apps",
    "export_customers",
    "export_orders",
    "payment_settings",
    "request_customer_data",
    "shopify_payments_accounts",
    "shopify_payments_transfers",
    "staff_api_permission_management",
    "staff_management",
    "staff_management_activation",
    "staff_management_create",
    "staff_management_update",
    "third_party_money_movement",
];

/// The privileged ones among these permissions.
pub(crate) fn privileged(permissions: &[String]) -> Vec<String> {
    permissions.iter().filter(|name| PRIVILEGED.contains(&name.as_str())).cloned().collect()
}

/// Everybody of a page who is still there, in the platform's order.
pub(crate) fn accounts(staff: Vec<Staff>) -> Result<Vec<Collaborator>> {
    staff.into_iter().filter(|row| row.exists != Some(false)).map(account).collect()
}

fn account(row: Staff) -> Result<Collaborator> {
    let id = AccountId::new(row.id.clone()).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the platform listed somebody without a usable id").with_source(error)
    })?;
    let mut account = Collaborator::new(id, status(&row));
    account.kind = kind(&row);
    let address = row.email.and_then(|address| Email::new(address).ok());
    account.email = address.map_or(Told::NotTold, Told::Known);
    account.name = row.name.filter(|name| !name.trim().is_empty()).map_or(Told::NotTold, Told::Known);
    Ok(account)
}

/// Whether somebody can get in. Requests and invitations are not accepted yet, whatever `active` says of them; what
/// is restricted or not active cannot, and a kind that we do not know is never taken for "no access".
fn status(row: &Staff) -> Status {
    match (row.account_type.as_deref(), row.active) {
        (Some("REQUESTED" | "INVITED" | "INVITED_STORE_OWNER"), _) => Status::Pending,
        (Some("RESTRICTED"), _) | (_, Some(false)) => Status::Suspended,
        (None | Some("COLLABORATOR" | "COLLABORATOR_TEAM_MEMBER" | "REGULAR" | "SAML"), _) => Status::Active,
        (Some(other), _) => Status::Unknown(other.chars().take(40).collect()),
    }
}

fn kind(row: &Staff) -> Told<AccountKind> {
    if row.is_shop_owner == Some(true) {
        return Told::Known(AccountKind::Owner);
    }
    match row.account_type.as_deref() {
        Some("COLLABORATOR" | "COLLABORATOR_TEAM_MEMBER" | "REQUESTED") => {
            Told::Known(AccountKind::Collaborator)
        }
        Some("REGULAR" | "INVITED" | "RESTRICTED" | "SAML") => Told::Known(AccountKind::Staff),
        // Somebody who will own the store is guarded like the one who does.
        Some("INVITED_STORE_OWNER") => Told::Known(AccountKind::Owner),
        _ => Told::NotTold,
    }
}

/// Permissions and second factors, by address. The ids of the two APIs are not the same.
#[derive(Debug, Default)]
pub(crate) struct Rights(BTreeMap<String, User>);

impl Rights {
    pub(crate) fn new(users: Vec<User>) -> Self {
        let by_address = |user: User| Some((user.email.as_deref()?.to_lowercase(), user));
        Self(users.into_iter().filter_map(by_address).collect())
    }

    /// Adds what is known of an account.
    pub(crate) fn add_to(&self, account: &mut Collaborator) {
        let address = account.email.known().map(|email| email.as_str().to_lowercase());
        let Some(user) = address.and_then(|address| self.0.get(&address)) else { return };
        if let Some(permissions) = &user.permissions {
            account.privileged = privileged(permissions);
            account.permissions = Told::Known(permissions.clone());
        }
        account.second_factor = user.second_factor.map_or(Told::NotTold, Told::Known);
    }
}

/// Picks the rows that a target means out of a listing.
///
/// What a merchant lets in is a partner organisation, and it shows as several rows: its own and one for each of its
/// people. So a person means their own addresses and those of the organisation, and all rows of collaborators that match
/// are one subject. An account's id decides where it names anybody else.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    target: &'a Target,
    organisation: &'a [Email],
    found: Vec<Collaborator>,
}

impl<'a> Subject<'a> {
    pub(crate) fn new(target: &'a Target, organisation: &'a [Email]) -> Self {
        Self { target, organisation, found: Vec::new() }
    }

    /// Takes the next account of the listing.
    pub(crate) fn see(&mut self, account: Collaborator) {
        let is_new = self.found.iter().all(|known| known.id != account.id);
        if is_new && (self.is_named(&account) || self.is_addressed(&account)) {
            self.found.push(account);
        }
    }

    fn is_named(&self, account: &Collaborator) -> bool {
        self.target.account() == Some(&account.id)
    }

    fn is_addressed(&self, account: &Collaborator) -> bool {
        let organisation = match self.target {
            Target::Person(_) => self.organisation,
            _ => &[],
        };
        let mut addresses = self.target.emails().iter().chain(organisation);
        account.email.known().is_some_and(|known| addresses.any(|email| email.same_mailbox(known)))
    }

    /// What a complete listing says about the target.
    pub(crate) fn state(mut self) -> AccessState {
        let named = self.found.iter().position(|account| self.is_named(account));
        if let Some(named) = named.map(|at| self.found.swap_remove(at)) {
            if !is_collaborator(&named) {
                return state_of(named);
            }
            self.found.retain(is_collaborator);
            self.found.push(named);
        }
        match self.found.pop() {
            None => AccessState::Absent,
            Some(only) if self.found.is_empty() => state_of(only),
            Some(last) => {
                self.found.push(last);
                if !self.found.iter().all(is_collaborator) {
                    return AccessState::Ambiguous { accounts: self.found };
                }
                let strongest = self
                    .found
                    .into_iter()
                    .reduce(|one, other| if strength(&other) > strength(&one) { other } else { one });
                strongest.map_or(AccessState::Absent, state_of)
            }
        }
    }
}

fn is_collaborator(account: &Collaborator) -> bool {
    account.kind == Told::Known(AccountKind::Collaborator)
}

/// How much access a row shows. The most that any row of a subject shows is what the subject has.
fn strength(account: &Collaborator) -> u8 {
    match account.status {
        Status::Active => 3,
        Status::Pending => 1,
        Status::Suspended => 0,
        _ => 2,
    }
}

fn state_of(account: Collaborator) -> AccessState {
    let account = Box::new(account);
    match account.status {
        Status::Pending => AccessState::Invited { account: Some(account) },
        Status::Suspended => AccessState::Suspended { account },
        _ => AccessState::Present { account },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, kind: Option<&str>, active: bool, email: &str) -> Staff {
        Staff {
            id: id.to_owned(),
            account_type: kind.map(str::to_owned),
            active: Some(active),
            exists: Some(true),
            is_shop_owner: Some(false),
            email: Some(email.to_owned()),
            name: None,
        }
    }

    fn seen(target: &Target, organisation: &[Email], rows: Vec<Staff>) -> AccessState {
        let mut subject = Subject::new(target, organisation);
        for account in accounts(rows).unwrap() {
            subject.see(account);
        }
        subject.state()
    }

    fn sam() -> Target {
        Target::email("sam@agency.example".parse().unwrap())
    }

    #[test]
    fn verdicts_are_those_of_the_careful_reading() {
        let verdict =
            |kind, active| seen(&sam(), &[], vec![row("1", kind, active, "SAM@agency.example")]).name();
        assert_eq!(verdict(Some("COLLABORATOR"), true), "present");
        assert_eq!(verdict(Some("COLLABORATOR_TEAM_MEMBER"), true), "present");
        assert_eq!(verdict(Some("COLLABORATOR"), false), "suspended");
        assert_eq!(verdict(Some("RESTRICTED"), true), "suspended");
        assert_eq!(verdict(Some("REQUESTED"), false), "invited");
        assert_eq!(verdict(Some("REQUESTED"), true), "invited");
        assert_eq!(verdict(Some("UNHEARD_OF"), true), "present");
        assert_eq!(verdict(None, true), "present");
        assert_eq!(verdict(None, false), "suspended");
        let mut gone = row("1", Some("COLLABORATOR"), true, "sam@agency.example");
        gone.exists = Some(false);
        assert_eq!(seen(&sam(), &[], vec![gone]), AccessState::Absent);
        assert_eq!(seen(&sam(), &[], Vec::new()), AccessState::Absent);
    }

    #[test]
    fn the_rows_of_an_organisation_are_one_subject_and_the_strongest_counts() {
        let organisation = ["partners@agency.example".parse().unwrap()];
        let rows = |own: &str| {
            vec![
                row("1", Some("COLLABORATOR"), false, "partners@agency.example"),
                row("2", Some(own), true, "sam@agency.example"),
            ]
        };
        assert_eq!(seen(&sam(), &organisation, rows("COLLABORATOR_TEAM_MEMBER")).name(), "present");
        assert_eq!(seen(&sam(), &organisation, rows("REGULAR")).name(), "ambiguous");
        let by_id = Target::Account(AccountId::new("1").unwrap());
        assert_eq!(seen(&by_id, &organisation, rows("COLLABORATOR_TEAM_MEMBER")).name(), "suspended");
    }
}
