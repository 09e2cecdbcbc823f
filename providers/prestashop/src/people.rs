//! What an employee is in the vocabulary of guestpass.

use guestpass::{
    AccessState, AccountId, AccountKind, Collaborator, Email, Error, ErrorKind, Result, Status, Told,
};

use crate::roles::{SUPER_ADMIN, SUPER_ADMIN_NAME};
use crate::wire::Employee;

pub(crate) fn collaborator(employee: &Employee) -> Result<Collaborator> {
    let status = match employee.active.as_str() {
        "1" => Status::Active,
        "" | "0" => Status::Suspended,
        other => Status::Unknown(other.chars().take(40).collect()),
    };
    let mut account = Collaborator::new(AccountId::new(employee.id.to_string())?, status);
    account.email = Email::new(employee.email.as_str()).map_or(Told::NotTold, Told::Known);
    let name = format!("{} {}", employee.first_name, employee.last_name);
    account.name = if name.trim().is_empty() { Told::NotTold } else { Told::Known(name.trim().to_owned()) };
    let is_boss = employee.profile == SUPER_ADMIN;
    account.kind = Told::Known(if is_boss { AccountKind::Owner } else { AccountKind::Staff });
    account.roles = Told::Known(vec![employee.profile.to_string()]);
    account.privileged = if is_boss { vec![SUPER_ADMIN_NAME.to_owned()] } else { Vec::new() };
    Ok(account)
}

pub(crate) fn state_of(account: Collaborator) -> AccessState {
    let account = Box::new(account);
    match account.status {
        Status::Suspended => AccessState::Suspended { account },
        _ => AccessState::Present { account },
    }
}

/// The number of an account. Others than numbers never came from PrestaShop.
pub(crate) fn number(id: &AccountId) -> Result<u64> {
    id.as_str().parse().map_err(|_| {
        Error::new(ErrorKind::InvalidRequest, format!("{id} is no employee's number"))
            .with_remedy("use the number that a listing shows")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn employee(active: &str, profile: u64) -> Employee {
        Employee {
            id: 7,
            language: Some(1),
            first_name: "Gina".to_owned(),
            last_name: String::new(),
            email: "gina@vendor.example".to_owned(),
            active: active.to_owned(),
            profile,
        }
    }

    #[test]
    fn an_unknown_status_is_not_taken_for_no_access() {
        let state = |active: &str| state_of(collaborator(&employee(active, 5)).unwrap()).name();
        assert_eq!(
            (state("1"), state("0"), state(""), state("on")),
            ("present", "suspended", "suspended", "present")
        );
        assert!(employee("on", 5).is_active());
    }

    #[test]
    fn a_super_admin_is_marked_as_one() {
        let boss = collaborator(&employee("1", SUPER_ADMIN)).unwrap();
        assert_eq!(boss.kind, Told::Known(AccountKind::Owner));
        assert_eq!(
            (boss.roles, boss.privileged),
            (Told::Known(vec!["1".to_owned()]), vec!["SuperAdmin".to_owned()])
        );
        let staff = collaborator(&employee("1", 5)).unwrap();
        assert!(staff.kind == Told::Known(AccountKind::Staff) && staff.privileged.is_empty());
        assert_eq!(staff.name, Told::Known("Gina".to_owned()));
    }
}
