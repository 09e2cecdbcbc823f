//! Webservice keys. We choose the new one ourselves; the old one is switched off and stays listed.

use std::sync::Arc;

use guestpass::rotation::{
    Credential, CredentialSlot, Death, FoundIssued, IssueOrder, IssueOutcome, NewCredential, RetireOutcome,
    Verification,
};
use guestpass::{
    CallContext, Error, ErrorKind, Evidence, ExposeSecret, FixedSecret, Held, OneTimeSecret, Proof, Result,
    Right, SecretString,
};

use super::{complete, numbered, still_in_place};
use crate::admin::{AdminApi, ByMethod, NewKey, WebserviceKey, by_method, with_secret};
use crate::client::{KEY_LENGTH, Webservice};
use crate::provider::Prestashop;
use crate::wire::Index;

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
/// What the webservice says of a key that is unknown or switched off.
const DEAD_KEY: &str = "20";
/// What it says of a key of another shop of the installation.
const WRONG_SHOP: &str = "132";
/// The shop that is always there.
const MAIN_SHOP: u64 = 1;

impl Prestashop {
    pub(super) async fn inspect_key(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let listed = match &self.admin {
            Some(admin) => on_this_version(self.find_key(admin, known, Some(slot), cx).await)?,
            None => None,
        };
        let mut told = known.clone();
        if let Some(Some(key)) = listed {
            if !key.enabled {
                return Err(Error::new(ErrorKind::Unauthenticated, "the webservice key is switched off"));
            }
            self.refuse_key_of_other_shop(&key)?;
            told.id = Some(key.id.to_string());
            told.rights = rights_of(&key);
            // The shop tells keys in clear, so one that no sink gives back can still be tried later.
            told.secret = known.secret.clone().or_else(|| Some(OneTimeSecret::new(key.key.clone())));
            return Ok(told);
        }
        let index = self.probe(known.known_secret()?, cx).await?;
        told.id = known.id.clone().or_else(|| slot.text("id").map(str::to_owned));
        told.rights = held(&index).collect();
        Ok(told)
    }

    pub(super) async fn issue_key(&self, order: &IssueOrder<'_>, cx: &CallContext) -> Result<IssueOutcome> {
        let by_hand = || IssueOutcome::ActionRequired(self.guide.make_key(order.tag.as_str()));
        let Some(admin) = &self.admin else { return Ok(by_hand()) };
        let nothing = Credential::new();
        let old = self.find_key(admin, order.old.unwrap_or(&nothing), Some(order.slot), cx).await;
        let Some(old) = on_this_version(old)? else { return Ok(by_hand()) };
        let secret = order.secret.ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "a webservice key is made by whoever asks for it")
        })?;
        let (permissions, shops) = match &old {
            Some(old) => (by_method(&old.permissions), old.shop_ids.clone()),
            None => (configured(order.slot)?, Vec::new()),
        };
        let shops = if shops.is_empty() { vec![self.own_shop().unwrap_or(MAIN_SHOP)] } else { shops };
        let new = NewKey {
            key: key_of(secret)?,
            description: order.tag.as_str(),
            permissions: &permissions,
            shops: &shops,
        };
        Ok(match on_this_version(admin.create_key(&new, cx).await)? {
            Some(id) => IssueOutcome::Issued(NewCredential::new(Some(id.to_string()), None, None)),
            None => by_hand(),
        })
    }

    pub(super) async fn find_issued_key(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<FoundIssued> {
        let found = |id: Option<u64>| {
            FoundIssued::Found(vec![NewCredential::new(id.map(|id| id.to_string()), None, None)])
        };
        // Without somebody to ask, nothing was sent.
        let (Some(admin), Some(secret)) = (&self.admin, order.secret) else {
            return Ok(FoundIssued::Nothing);
        };
        if let Some(keys) = on_this_version(admin.keys(cx).await)? {
            return Ok(with_secret(&keys, secret.expose().trim())
                .map_or(FoundIssued::Nothing, |key| found(Some(key.id))));
        }
        match self.probe(secret, cx).await {
            Ok(_) => Ok(found(None)),
            Err(error) if is_dead(&error) => Ok(FoundIssued::Nothing),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn verify_key(&self, candidate: &Credential, cx: &CallContext) -> Result<Verification> {
        let secret = candidate.known_secret()?;
        let index = self.probe(secret, cx).await?;
        let readable: Vec<_> = index
            .all
            .iter()
            .filter(|(method, _)| *method == "GET")
            .map(|(_, resource)| resource.as_str())
            .collect();
        let employees = readable.iter().find(|resource| **resource == "employees");
        let resource = employees.or(readable.first()).copied();
        if let Some(resource) = resource {
            self.webservice_of(secret)?.read_any(resource, cx).await.map_err(in_this_shop)?;
        }
        let mut rights: Vec<_> = held(&index).collect();
        let expected = candidate.rights.iter().map(|right| right.name.clone());
        for right in expected.chain(lacking(&index)) {
            if rights.iter().all(|known| known.name != right) {
                rights.push(Right::new(right, Held::No));
            }
        }
        let mut verification = Verification::accepted(rights);
        if resource.is_none() {
            verification
                .warnings
                .push("the key may read nothing, so it was tried on the index alone".to_owned());
        }
        Ok(verification)
    }

    pub(super) async fn retire_key(
        &self,
        old: &Credential,
        heir: Option<&Credential>,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let same = |heir: &Credential| {
            let id = heir.id.is_some() && heir.id == old.id;
            id || (heir.secret.is_some() && heir.secret == old.secret)
        };
        if heir.is_some_and(same) {
            return Err(still_in_place());
        }
        let by_hand = || RetireOutcome::ActionRequired(self.guide.disable_key(old));
        let is_known = old.id.is_some() || old.secret.is_some() || old.tag.is_some();
        let Some(admin) = self.admin.as_ref().filter(|_| is_known) else { return Ok(by_hand()) };
        let Some(found) = on_this_version(self.find_key(admin, old, None, cx).await)? else {
            return Ok(by_hand());
        };
        let Some(key) = found.filter(|key| key.enabled) else { return Ok(RetireOutcome::AlreadyGone) };
        let is_heir = |heir: &OneTimeSecret| heir.expose() == key.key.expose_secret();
        if heir.and_then(|heir| heir.secret.as_ref()).is_some_and(is_heir) {
            return Err(still_in_place());
        }
        match admin.disable_key(key.id, cx).await {
            Ok(()) => Ok(RetireOutcome::Accepted),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(RetireOutcome::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn confirm_key(&self, old: &Credential, cx: &CallContext) -> Result<Death> {
        let began = Evidence::begun(cx.clock().now());
        let secret = match (&old.secret, &self.admin) {
            (Some(secret), _) => secret.clone(),
            (None, Some(admin)) if old.id.is_some() || old.tag.is_some() => {
                match on_this_version(self.find_key(admin, old, None, cx).await)? {
                    Some(Some(key)) => OneTimeSecret::new(key.key),
                    Some(None) => {
                        return Ok(Death::Dead { proof: Proof::Listed { evidence: complete(began) } });
                    }
                    None => return Ok(cannot_tell()),
                }
            }
            _ => return Ok(cannot_tell()),
        };
        match self.probe(&secret, cx).await {
            Ok(_) => Ok(Death::Alive),
            Err(error) if is_dead(&error) => {
                Ok(Death::Dead { proof: Proof::CredentialDead { evidence: complete(began) } })
            }
            // It is known, and lacks a right.
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Conflict) => {
                Ok(Death::Alive)
            }
            Err(error) => Err(error),
        }
    }

    /// What the webservice tells the holder of this key.
    async fn probe(&self, secret: &OneTimeSecret, cx: &CallContext) -> Result<Index> {
        self.webservice_of(secret)?.index(cx).await.map_err(in_this_shop)
    }

    fn webservice_of(&self, secret: &OneTimeSecret) -> Result<Webservice> {
        let key = FixedSecret::new(SecretString::from(key_of(secret)?.to_owned()));
        Ok(Webservice::new(Arc::new(key), &self.reach))
    }

    /// The key that is meant, with what it may do: by itself where it can be read, else by its number, else by our tag.
    async fn find_key(
        &self,
        admin: &AdminApi,
        known: &Credential,
        slot: Option<&CredentialSlot>,
        cx: &CallContext,
    ) -> Result<Option<WebserviceKey>> {
        let mut id = None;
        if known.secret.is_some() || known.id.is_none() {
            let keys = admin.keys(cx).await?;
            let by_tag = |tag: &str| keys.iter().find(|key| key.description == tag);
            id = match (&known.secret, &known.tag) {
                (Some(secret), _) => with_secret(&keys, secret.expose().trim()).map(|key| key.id),
                (None, Some(tag)) => by_tag(tag.as_str()).map(|key| key.id),
                (None, None) => None,
            };
        }
        let Some(id) = id.or(numbered(known, slot)?) else { return Ok(None) };
        match admin.key(id, cx).await {
            Ok(key) => Ok(Some(key)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The one shop that the connection is about, where the settings name one.
    fn own_shop(&self) -> Option<u64> {
        self.reach.context.shop.as_deref().and_then(|shop| shop.parse().ok())
    }

    fn refuse_key_of_other_shop(&self, key: &WebserviceKey) -> Result<()> {
        match self.own_shop() {
            Some(shop) if !key.shop_ids.is_empty() && !key.shop_ids.contains(&shop) => Err(wrong_shop()),
            _ => Ok(()),
        }
    }
}

/// The key alone: a file may end with a line break.
fn key_of(secret: &OneTimeSecret) -> Result<&str> {
    let text = secret.expose().trim();
    if text.len() != KEY_LENGTH || !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        return Err(Error::new(ErrorKind::InvalidRequest, "the secret is no webservice key")
            .with_remedy("a key has exactly 32 characters"));
    }
    Ok(text)
}

/// Nothing where this version of the shop or of its module has no such call: then a human does it.
fn on_this_version<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(error),
    }
}

/// A refusal in the terms of a rotation.
fn in_this_shop(error: Error) -> Error {
    if error.code() == Some(WRONG_SHOP) { wrong_shop() } else { error }
}

fn wrong_shop() -> Error {
    Error::new(ErrorKind::Conflict, "the webservice key is of another shop of the installation")
        .with_remedy("associate it with this shop, or check `shop_id`")
}

/// Whether the webservice itself says so: a 401 of a proxy proves nothing.
fn is_dead(error: &Error) -> bool {
    error.kind() == ErrorKind::Unauthenticated && error.code() == Some(DEAD_KEY)
}

fn rights_of(key: &WebserviceKey) -> Vec<Right> {
    let each = key.permissions.iter().flat_map(|(resource, methods)| {
        methods.iter().map(move |method| Right::new(format!("{method} {resource}"), Held::Yes))
    });
    each.collect()
}

fn held(index: &Index) -> impl Iterator<Item = Right> {
    index.all.iter().map(|(method, resource)| Right::new(format!("{method} {resource}"), Held::Yes))
}

/// What a key may not do with the resources that it knows.
fn lacking(index: &Index) -> impl Iterator<Item = String> {
    index.all.iter().flat_map(|(_, resource)| METHODS.map(|method| format!("{method} {resource}")))
}

/// The permissions that the settings name: `GET employees, PUT employees`.
fn configured(slot: &CredentialSlot) -> Result<ByMethod> {
    let mut permissions = ByMethod::new();
    let text = slot.text("permissions").unwrap_or_default();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (method, resource) = part.split_once(' ').unwrap_or((part, ""));
        let resource = resource.trim();
        if !METHODS.contains(&method) || resource.is_empty() || resource.contains(char::is_whitespace) {
            return Err(Error::config(
                "permissions",
                "is no list of methods and resources",
                "write it as GET employees, PUT employees",
            ));
        }
        permissions.entry(method.to_owned()).or_default().push(resource.to_owned());
    }
    if permissions.is_empty() {
        return Err(Error::config(
            "permissions",
            "is missing, and there is no key to take them from",
            "set it, or name the key in use by its number as `id`",
        ));
    }
    Ok(permissions)
}

fn cannot_tell() -> Death {
    let reason = "neither the old key can be read nor its number, so it cannot be tried";
    Death::CannotTell { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use guestpass::rotation::{CredentialKind, CredentialName};

    use super::*;

    #[test]
    fn permissions_are_written_as_methods_with_resources() {
        let read = |text: &str| {
            let name = CredentialName::new("key").unwrap();
            let kind = CredentialKind::from_static("webservice-key");
            configured(&CredentialSlot::new(name, kind).with_text("permissions", text))
        };
        let both = read("GET employees, GET  languages,PUT employees,").unwrap();
        assert_eq!(
            serde_json::to_string(&both).unwrap(),
            r#"{"GET":["employees","languages"],"PUT":["employees"]}"#
        );
        for wrong in ["", "employees", "get employees", "GET", "GET employees orders"] {
            assert_eq!(read(wrong).unwrap_err().field(), Some("permissions"), "{wrong}");
        }
    }
}
