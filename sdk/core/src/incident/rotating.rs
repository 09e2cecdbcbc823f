//! Replacing the credentials of one store.

use std::collections::HashSet;

use super::record::{Incident, IncidentCredential, IncidentStore, RotationScope, RotationWay};
use super::removing::is_shared;
use super::request::{IncidentWatcher, ResponseOptions};
use super::responder::Responder;
use super::standing::Standing;
use crate::call::Priority;
use crate::error::{Error, ErrorKind, Result};
use crate::model::StoreHandle;
use crate::rotation::{DriverOptions, Rotation, RotationId, RotationRequest};

impl Responder {
    /// Begins and advances what replaces the credentials of a store. `exposed`: other stores where the person was.
    pub(super) async fn replace_credentials(
        &self,
        incident: &Incident,
        store: &IncidentStore,
        exposed: &HashSet<StoreHandle>,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<()> {
        for (index, credential) in store.credentials.iter().enumerate() {
            if !watcher.goes_on() {
                return Ok(());
            }
            if credential.word.is_some()
                || !applies(incident, store, credential, exposed)
                || !may_begin(incident, credential)
            {
                continue;
            }
            Box::pin(self.replace(incident, store, index, credential, options, watcher)).await?;
        }
        Ok(())
    }

    async fn replace(
        &self,
        incident: &Incident,
        store: &IncidentStore,
        index: usize,
        credential: &IncidentCredential,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<()> {
        let standing = Standing::of(&**self.ledger(), incident, &store.place.store, credential).await?;
        let rotation = match standing {
            Standing::Replaces(rotation) => rotation,
            Standing::Precedes(earlier) => {
                self.link(store, index, |known| known.earlier = Some(earlier.id)).await?;
                let over = match self.advance(earlier.id, options, watcher).await {
                    Ok(rotation) => rotation.stage.is_over(),
                    Err(error) => return self.in_the_way(store, index, credential, &error, watcher).await,
                };
                if !over {
                    return Ok(());
                }
                match self.begin(incident, store, credential).await {
                    Ok(rotation) => rotation,
                    Err(error) => return self.in_the_way(store, index, credential, &error, watcher).await,
                }
            }
            Standing::Nothing => match self.begin(incident, store, credential).await {
                Ok(rotation) => rotation,
                Err(error) => return self.in_the_way(store, index, credential, &error, watcher).await,
            },
        };
        self.link(store, index, |known| {
            known.rotation = Some(rotation.id);
            known.trouble = None;
        })
        .await?;
        if rotation.stage.is_over() {
            return Ok(());
        }
        match self.advance(rotation.id, options, watcher).await {
            Ok(_) => Ok(()),
            Err(error) => self.in_the_way(store, index, credential, &error, watcher).await,
        }
    }

    async fn begin(
        &self,
        incident: &Incident,
        store: &IncidentStore,
        credential: &IncidentCredential,
    ) -> Result<Rotation> {
        let mut request =
            RotationRequest::new(store.place.store.clone(), credential.name.clone(), incident.by.clone());
        request.reason = Some(match &incident.reason {
            Some(reason) => format!("incident {}: {reason}", incident.id),
            None => format!("incident {}", incident.id),
        });
        request.ticket.clone_from(&incident.ticket);
        request.allow_downtime = incident.allow_downtime;
        // Another responder may have replaced it since this one looked.
        let opened_at = incident.opened_at;
        let replaced = move |done: &Rotation| done.created_at >= opened_at;
        Box::pin(self.driver.begin_unless(request, &replaced)).await
    }

    async fn advance(
        &self,
        id: RotationId,
        options: &ResponseOptions,
        watcher: &dyn IncidentWatcher,
    ) -> Result<Rotation> {
        let how = DriverOptions {
            timeout: options.rotation,
            patience: options.patience,
            priority: Priority::Removal,
        };
        let advanced = Box::pin(self.driver.advance(id, None, &how)).await?;
        watcher.advanced(&advanced);
        Ok(advanced.rotation)
    }

    async fn link(
        &self,
        store: &IncidentStore,
        index: usize,
        change: impl Fn(&mut IncidentCredential),
    ) -> Result<()> {
        self.amend_store(store.incident, store.number, |store| {
            if let Some(known) = store.credentials.get_mut(index) {
                change(known);
            }
        })
        .await
        .map(drop)
    }

    /// Nothing could be done about a credential now: the others go on.
    async fn in_the_way(
        &self,
        store: &IncidentStore,
        index: usize,
        credential: &IncidentCredential,
        error: &Error,
        watcher: &dyn IncidentWatcher,
    ) -> Result<()> {
        if error.kind() == ErrorKind::Internal {
            tracing::warn!(%error, store = %store.place.store, "a credential could not be replaced");
        }
        watcher.failed(&store.place.store, &credential.name, error);
        let reason = format!("{}; next: {}", error.message(), error.remedy());
        self.link(store, index, |known| known.trouble = Some(reason.clone())).await
    }
}

/// Whether an incident is about this credential.
pub(super) fn applies(
    incident: &Incident,
    store: &IncidentStore,
    credential: &IncidentCredential,
    exposed: &HashSet<StoreHandle>,
) -> bool {
    match incident.scope {
        RotationScope::Nowhere => false,
        RotationScope::Everywhere => true,
        RotationScope::Exposed => store.is_exposed() || is_shared(&credential.dependents, exposed),
    }
}

/// Whether a rotation of it may begin.
pub(super) fn may_begin(incident: &Incident, credential: &IncidentCredential) -> bool {
    match credential.way {
        RotationWay::Automatic | RotationWay::Guided => true,
        RotationWay::InPlace => incident.allow_downtime,
        RotationWay::ByHand { .. } => false,
    }
}
