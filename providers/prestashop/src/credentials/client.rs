//! Clients of the Admin API. A second one is made, the first one is deleted; its tokens live on until their end.

use std::time::Duration;

use guestpass::rotation::{
    Credential, CredentialSlot, Death, FoundIssued, IssueOrder, IssueOutcome, NewCredential, RetireOutcome,
    Verification,
};
use guestpass::{CallContext, Error, ErrorKind, Held, Result, Right, Timestamp};

use super::{numbered, still_in_place};
use crate::admin::{AdminApi, ApiClient, NewClient};
use crate::admin_client::{AdminClient, ClientPair};
use crate::provider::Prestashop;
use crate::scope::AdminScope;

/// Within this a new client's tokens live, unless the settings say otherwise, in seconds.
const SHORTEST_BY_DEFAULT: u64 = 600;
const LONGEST_BY_DEFAULT: u64 = 3600;
/// Every token has it, and no client can be given it.
const OF_EVERY_TOKEN: &str = "is_authenticated";
/// How a record of a client says how long its tokens live. It is no right, so it can never be lacking.
const LIFETIME: (&str, &str) = ("tokens live for ", " s");

impl Prestashop {
    pub(super) async fn inspect_client(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let pair = known.secret.as_ref().map(ClientPair::of).transpose()?;
        let Some(admin) = &self.admin else {
            let pair = ClientPair::of(known.known_secret()?)?;
            return self.inspect_client_alone(slot, &pair, known, cx).await;
        };
        let found = self.find_client(admin, known, Some(slot), cx).await?;
        let client = match (found, &pair) {
            (Some(client), _) => client,
            (None, Some(_)) => return Err(unknown_client()),
            (None, None) => return Err(no_client()),
        };
        refuse_foreign(&client)?;
        if let Some(pair) = &pair {
            self.as_client(pair)?.try_out(&[], cx).await?;
        }
        let mut told = known.clone();
        told.id = Some(client.id.to_string());
        told.rights = rights_of(&client);
        Ok(told)
    }

    /// What a client tells of itself, where nobody else may look at clients.
    async fn inspect_client_alone(
        &self,
        slot: &CredentialSlot,
        pair: &ClientPair,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let client = self.as_client(pair)?;
        let lifetime = client.try_out(&[], cx).await?.lifetime;
        let mut told = known.clone();
        told.id = known.id.clone().or_else(|| slot.text("id").map(str::to_owned));
        told.rights = probed_rights(&client, slot, cx).await?;
        told.rights.push(lifetime_right(lifetime.as_secs()));
        Ok(told)
    }

    pub(super) async fn issue_client(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<IssueOutcome> {
        let Some(admin) = &self.admin else {
            return Ok(IssueOutcome::ActionRequired(self.guide.make_client(order.tag.as_str())));
        };
        let nothing = Credential::new();
        let old = self.find_client(admin, order.old.unwrap_or(&nothing), Some(order.slot), cx).await?;
        if let Some(old) = &old {
            refuse_foreign(old)?;
        }
        let scopes = match &old {
            Some(old) => old.scopes.clone(),
            None => configured_scopes(order.slot),
        };
        let scopes: Vec<_> = scopes.into_iter().filter(|scope| scope != OF_EVERY_TOKEN).collect();
        if scopes.is_empty() {
            let remedy = "set `scopes` of the credential, or name the client in use by its number as `id`";
            return Err(Error::config(
                "scopes",
                "is missing, and there is no client to take them from",
                remedy,
            ));
        }
        let lifetime = match token_lifetime(order.slot)? {
            Some(seconds) => seconds,
            None => old
                .and_then(|old| old.lifetime)
                .unwrap_or(LONGEST_BY_DEFAULT)
                .clamp(SHORTEST_BY_DEFAULT, LONGEST_BY_DEFAULT),
        };
        let new = NewClient { name: order.tag.as_str(), scopes: &scopes, lifetime };
        let made = admin.create_client(&new, cx).await?;
        let pair = ClientPair { id: order.tag.as_str().to_owned(), secret: made.secret };
        let issued = NewCredential::new(Some(made.id.to_string()), Some(pair.written()?), None);
        Ok(IssueOutcome::Issued(issued))
    }

    /// Its secret is not told again, so one that is found is of no use.
    pub(super) async fn find_issued_client(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<FoundIssued> {
        // Without a client to ask with nothing was sent.
        let Some(admin) = &self.admin else { return Ok(FoundIssued::Nothing) };
        Ok(match admin.client_called(order.tag.as_str(), cx).await? {
            Some(client) => {
                FoundIssued::Found(vec![NewCredential::new(Some(client.id.to_string()), None, None)])
            }
            None => FoundIssued::Nothing,
        })
    }

    pub(super) async fn verify_client(
        &self,
        slot: &CredentialSlot,
        candidate: &Credential,
        cx: &CallContext,
    ) -> Result<Verification> {
        let pair = ClientPair::of(candidate.known_secret()?)?;
        let client = self.as_client(&pair)?;
        let Some(admin) = &self.admin else {
            let token = client.try_out(&[], cx).await?;
            // Any number will do: a token that may read no client is refused in another way than one that is none.
            client.accepts(&token.token, 1, cx).await?;
            let mut rights = probed_rights(&client, slot, cx).await?;
            rights.push(lifetime_right(token.lifetime.as_secs()));
            return Ok(Verification::accepted(rights));
        };
        let listed = admin.client_called(&pair.id, cx).await?.ok_or_else(unknown_client)?;
        if candidate.id.as_ref().is_some_and(|id| *id != listed.id.to_string()) {
            return Err(Error::new(ErrorKind::Conflict, "another client has this client id now"));
        }
        let listed = admin.client(listed.id, cx).await?;
        refuse_foreign(&listed)?;
        let scopes: Vec<_> = listed.scopes.iter().map(String::as_str).collect();
        let token = client.try_out(&scopes, cx).await?.token;
        client.accepts(&token, listed.id, cx).await?;
        let mut rights = rights_of(&listed);
        let expected = candidate.rights.iter().map(|right| right.name.as_str());
        for scope in expected.chain(AdminScope::ALL.map(AdminScope::as_str)) {
            if rights.iter().all(|right| right.name != scope) && lifetime_in(scope).is_none() {
                rights.push(Right::new(scope, Held::No));
            }
        }
        Ok(Verification::accepted(rights))
    }

    pub(super) async fn retire_client(
        &self,
        old: &Credential,
        heir: Option<&Credential>,
        cx: &CallContext,
    ) -> Result<RetireOutcome> {
        let pair = old.secret.as_ref().map(ClientPair::of).transpose()?;
        let called = pair.as_ref().map(|pair| pair.id.as_str()).or(old.tag.as_ref().map(|tag| tag.as_str()));
        let heirs_pair = heir.and_then(|heir| heir.secret.as_ref()).map(ClientPair::of).transpose()?;
        let same_id = heir.is_some_and(|heir| heir.id.is_some() && heir.id == old.id);
        if same_id || heirs_pair.as_ref().is_some_and(|heir| Some(heir.id.as_str()) == called) {
            return Err(still_in_place());
        }
        let Some(control) = &self.admin else {
            return Ok(RetireOutcome::ActionRequired(self.guide.delete_client(called, old.id.as_deref())));
        };
        if called.is_none() && old.id.is_none() {
            return Ok(RetireOutcome::ActionRequired(self.guide.delete_client(None, None)));
        }
        // The control client may be the very one that ends: then the heir has all its rights.
        let heirs = match &heirs_pair {
            Some(pair) => self.able_heir(pair, cx).await?,
            None => None,
        };
        let admin = heirs.as_ref().unwrap_or(control);
        let Some(client) = self.find_client(admin, old, None, cx).await? else {
            return Ok(RetireOutcome::AlreadyGone);
        };
        refuse_foreign(&client)?;
        if heirs_pair.is_some_and(|heir| heir.id == client.client_id) {
            return Err(still_in_place());
        }
        match admin.delete_client(client.id, cx).await {
            Ok(()) => Ok(RetireOutcome::Accepted),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(RetireOutcome::AlreadyGone),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn confirm_client(
        &self,
        slot: &CredentialSlot,
        old: &Credential,
        cx: &CallContext,
    ) -> Result<Death> {
        let lives = match (&old.secret, &self.admin) {
            (Some(secret), _) => match self.as_client(&ClientPair::of(secret)?)?.try_out(&[], cx).await {
                Ok(_) => true,
                Err(error) if error.kind() == ErrorKind::Unauthenticated => false,
                Err(error) => return Err(error),
            },
            (None, Some(admin)) if old.id.is_some() || old.tag.is_some() => {
                self.find_client(admin, old, None, cx).await?.is_some()
            }
            _ => return Ok(cannot_tell("neither its secret nor its number is known")),
        };
        if lives {
            return Ok(Death::Alive);
        }
        let told = old.rights.iter().find_map(|right| lifetime_in(&right.name));
        // What we made ourselves has no longer tokens than these.
        let ours = old.tag.as_ref().map(|_| token_lifetime(slot)).transpose()?;
        let ours = ours.map(|configured| configured.unwrap_or_default().max(LONGEST_BY_DEFAULT));
        let Some(seconds) = told.or(ours) else {
            return Ok(cannot_tell(
                "it gets no tokens any more, but how long those live that it has is not known",
            ));
        };
        Ok(Death::DiesAt { at: after(cx.clock().now(), seconds)? })
    }

    /// The Admin API as this client sees it.
    fn as_client(&self, pair: &ClientPair) -> Result<AdminApi> {
        AdminApi::new(AdminClient::of_shop(pair), &self.reach)
    }

    /// The heir, if it may delete clients.
    async fn able_heir(&self, pair: &ClientPair, cx: &CallContext) -> Result<Option<AdminApi>> {
        let heir = self.as_client(pair)?;
        for scope in [AdminScope::ReadClients, AdminScope::WriteClients] {
            match heir.grants(scope, cx).await {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        Ok(Some(heir))
    }

    /// The client that is meant, with its scopes: by its client id where that is known, else by its number.
    async fn find_client(
        &self,
        admin: &AdminApi,
        known: &Credential,
        slot: Option<&CredentialSlot>,
        cx: &CallContext,
    ) -> Result<Option<ApiClient>> {
        let pair = known.secret.as_ref().map(ClientPair::of).transpose()?;
        let called = pair.map(|pair| pair.id).or(known.tag.as_ref().map(|tag| tag.as_str().to_owned()));
        let id = match called {
            Some(called) => admin.client_called(&called, cx).await?.map(|client| client.id),
            None => None,
        };
        let Some(id) = id.or(numbered(known, slot)?) else { return Ok(None) };
        match admin.client(id, cx).await {
            Ok(client) => Ok(Some(client)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Which scopes a client has, as far as asking for each shows. No client may read itself without the right to.
async fn probed_rights(client: &AdminApi, slot: &CredentialSlot, cx: &CallContext) -> Result<Vec<Right>> {
    let configured = configured_scopes(slot);
    let mut scopes: Vec<_> = configured.iter().map(String::as_str).collect();
    if scopes.is_empty() {
        scopes.extend(AdminScope::ALL.map(AdminScope::as_str));
    }
    let mut rights = Vec::new();
    for scope in scopes {
        let held = match client.try_out(&[scope], cx).await {
            Ok(_) => Held::Yes,
            Err(error) if matches!(error.code(), Some("access_denied" | "invalid_scope")) => Held::No,
            Err(error) => return Err(error),
        };
        rights.push(Right::new(scope, held));
    }
    Ok(rights)
}

fn rights_of(client: &ApiClient) -> Vec<Right> {
    let scopes = client.scopes.iter().map(|scope| Right::new(scope.clone(), Held::Yes));
    scopes.chain(client.lifetime.map(lifetime_right)).collect()
}

fn lifetime_right(seconds: u64) -> Right {
    Right::new(format!("{}{seconds}{}", LIFETIME.0, LIFETIME.1), Held::NotProvable)
}

fn lifetime_in(right: &str) -> Option<u64> {
    right.strip_prefix(LIFETIME.0)?.strip_suffix(LIFETIME.1)?.parse().ok()
}

fn configured_scopes(slot: &CredentialSlot) -> Vec<String> {
    let scopes = slot.text("scopes").unwrap_or_default().split(',').map(str::trim);
    scopes.filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

fn token_lifetime(slot: &CredentialSlot) -> Result<Option<u64>> {
    let Some(text) = slot.text("token_lifetime") else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| (60..=86_400).contains(seconds));
    seconds.map(Some).ok_or_else(|| {
        Error::config(
            "token_lifetime",
            "is no number from 60 to 86400",
            "write it in seconds, for example 600",
        )
    })
}

fn after(now: Timestamp, seconds: u64) -> Result<Timestamp> {
    now.checked_add(Duration::from_secs(seconds)).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the shop names a lifetime beyond all times").with_source(error)
    })
}

/// Whoever issues its tokens elsewhere makes and ends it there, too.
fn refuse_foreign(client: &ApiClient) -> Result<()> {
    if client.external_issuer.is_none() {
        return Ok(());
    }
    let message =
        format!("the client {} gets its tokens from a server that is no part of the shop", client.id);
    Err(Error::new(ErrorKind::Unsupported, message).with_remedy("rotate its secret at that server"))
}

fn unknown_client() -> Error {
    Error::new(ErrorKind::Unauthenticated, "the shop has no client with this client id")
}

fn no_client() -> Error {
    Error::new(ErrorKind::NotFound, "which client is in use is not known").with_remedy(
        "keep it in a sink that can give it back, or set `id` of the credential to the client's number",
    )
}

fn cannot_tell(reason: &str) -> Death {
    Death::CannotTell { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_tokens_live_is_kept_with_the_record_and_is_no_right() {
        let right = lifetime_right(600);
        assert_eq!((lifetime_in(&right.name), right.held), (Some(600), Held::NotProvable));
        assert_eq!(lifetime_in("api_client_read"), None);
    }
}
