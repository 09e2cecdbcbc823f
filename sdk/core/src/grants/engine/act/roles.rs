//! Roles that were there before us, and roles that a look does not tell.

use crate::capability::{Operation, Support};
use crate::error::Result;
use crate::ext::AccessProviderExt;
use crate::grants::engine::book::Book;
use crate::grants::engine::settle::Work;
use crate::grants::holding::Former;
use crate::model::{AccessState, Actor, Instruction, ManualStep, Observation, Person, RoleSpec, StepCheck};

impl Work<'_> {
    /// The roles of somebody who was there before us, where a look does not tell them and they are about to be changed.
    pub(in crate::grants::engine) async fn former_roles(
        &self,
        book: &Book,
        look: &Observation,
        _who: &Person,
    ) -> Result<Option<Vec<String>>> {
        let AccessState::Present { account } = &look.state else { return Ok(None) };
        let native =
            matches!(self.capabilities.support(Operation::SetRole), Support::Native | Support::Emulated);
        let told = account.roles.known().is_some() || account.permissions.known().is_some();
        if book.holding.former.is_some() || told || !native || self.wanted_role(book).is_none() {
            return Ok(None);
        }
        let roles = match self.provider.list_roles(self.cx).await {
            Ok(roles) => roles,
            Err(error) => {
                tracing::warn!(%error, "roles could not be listed; the former one is brought back by hand");
                return Ok(None);
            }
        };
        let ids: Vec<String> = roles.into_iter().map(|role| role.id.as_str().to_owned()).collect();
        self.roles_of(account, &ids).await
    }

    /// Which of these roles an account has, on platforms that tell only who has a given role.
    pub(super) async fn roles_of(
        &self,
        account: &crate::model::Collaborator,
        roles: &[String],
    ) -> Result<Option<Vec<String>>> {
        use crate::model::RoleId;
        use crate::page::ListQuery;
        let ids: Vec<RoleId> = roles.iter().filter_map(|role| RoleId::new(role.clone()).ok()).collect();
        let mut pages = self.provider.pages(ListQuery::fresh().with_roles(ids), None, self.cx);
        loop {
            match pages.next_page().await {
                Ok(Some(page)) => {
                    if let Some(found) = page.into_iter().find(|found| found.id == account.id) {
                        return Ok(found.roles.known().cloned());
                    }
                }
                Ok(None) => return Ok(None),
                Err(error) => {
                    tracing::warn!(%error, "the roles of an account could not be read");
                    return Ok(None);
                }
            }
        }
    }
}

pub(super) fn former_roles(former: Option<&Former>) -> &[String] {
    match former {
        Some(Former::Present { roles, .. } | Former::Suspended { roles, .. }) => roles,
        _ => &[],
    }
}

/// What was there before us, as a role to set; nothing where the platform told too little.
pub(super) fn former_role(former: Option<&Former>) -> Option<RoleSpec> {
    let permissions = match former {
        Some(Former::Present { permissions, .. } | Former::Suspended { permissions, .. }) => {
            permissions.as_slice()
        }
        _ => &[],
    };
    let mut spec =
        RoleSpec::new("what was there before").with_permissions(permissions.to_vec()).allowing_privileged();
    match former_roles(former) {
        [role] => spec = spec.with_platform_role(role),
        [] if !permissions.is_empty() => {}
        _ => return None,
    }
    Some(spec)
}

pub(super) fn bring_back(who: &Person) -> ManualStep {
    ManualStep::new(
        format!("Bring back what {} could do before", who.handle),
        StepCheck::Attest("they have the rights that they had before our grant".to_owned()),
    )
    .because("the platform did not tell which rights they had")
    .then(Instruction::new(Actor::Merchant, "Give them back the rights that they had before"))
}
