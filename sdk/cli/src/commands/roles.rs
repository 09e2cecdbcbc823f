//! `guestpass roles`

use guestpass::{Assignable, Operation, Role};
use serde::Serialize;

use crate::exit::{Exit, Outcome};
use crate::output::{Output, Report, Table};
use crate::session::Session;

#[derive(Serialize)]
struct Roles {
    store: String,
    platform: String,
    roles: Vec<RoleView>,
}

#[derive(Serialize)]
struct RoleView {
    id: String,
    name: String,
    assignable: &'static str,
    /// Why nobody assigns it, where nobody does.
    reason: Option<String>,
    privileged: bool,
}

impl From<&Role> for RoleView {
    fn from(role: &Role) -> Self {
        let (assignable, reason) = match &role.assignable {
            Assignable::ByApi => ("by_api", None),
            Assignable::ByHand => ("by_hand", None),
            Assignable::Never(why) => ("never", Some(why.clone())),
            _ => ("never", None),
        };
        Self {
            id: role.id.to_string(),
            name: role.name.clone(),
            assignable,
            reason,
            privileged: role.privileged,
        }
    }
}

impl Report for Roles {
    fn to_text(&self) -> String {
        let mut table = Table::new(["role", "id", "assigned", "privileged"]);
        for role in &self.roles {
            let why = role.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let assigned = format!("{}{why}", role.assignable.replace('_', " "));
            let privileged = if role.privileged { "yes" } else { "-" };
            table.row([role.name.clone(), role.id.clone(), assigned, privileged.into()]);
        }
        table.to_string()
    }
}

/// Shows the roles that the platform knows.
pub(crate) async fn run(store: &str, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(store)?;
    provider.capabilities().require(Operation::ListRoles)?;
    session.read_secrets(store).await?;
    let progress = session.progress(format!("reading the roles of {store}"));
    let roles = provider.list_roles(&session.call()).await?;
    drop(progress);
    out.show(&Roles {
        store: store.to_owned(),
        platform: provider.connection().provider().to_string(),
        roles: roles.iter().map(RoleView::from).collect(),
    })?;
    Ok(Exit::Done)
}
