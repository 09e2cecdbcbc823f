//! Profiles: which numbers there are, which one is meant, and what is only given on an explicit word.

use guestpass::{Assignable, Error, ErrorKind, Result, Role, RoleId, RoleSpec};

/// The profile that may do everything; its number is fixed in PrestaShop's code.
pub(crate) const SUPER_ADMIN: u64 = 1;
pub(crate) const SUPER_ADMIN_NAME: &str = "SuperAdmin";

/// The shop's profiles as the settings name them. No API lists them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profiles {
    named: Vec<(u64, String)>,
}

impl Profiles {
    /// Reads `5=Support, 7=Catalogue`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut named: Vec<(u64, String)> = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let pair = entry.split_once('=').map(|(id, name)| (profile_id(id.trim()), name.trim()));
            let Some((Some(id), name)) = pair.filter(|(_, name)| !name.is_empty()) else {
                return Err(Error::config(
                    "profiles",
                    "holds something that is no numbered name",
                    "write NUMBER=NAME, separated by commas, for example 5=Support, 7=Catalogue",
                ));
            };
            let clash =
                |(known_id, known): &(u64, String)| *known_id == id || known.eq_ignore_ascii_case(name);
            if named.iter().any(clash) {
                return Err(Error::config("profiles", "names a profile twice", "leave one of the two out"));
            }
            named.push((id, name.to_owned()));
        }
        Ok(Self { named })
    }

    /// SuperAdmin, and every profile that the settings name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &str)> {
        let others = self.named.iter().filter(|(id, _)| *id != SUPER_ADMIN);
        std::iter::once((SUPER_ADMIN, SUPER_ADMIN_NAME)).chain(others.map(|(id, name)| (*id, name.as_str())))
    }

    fn find(&self, named: &str) -> Option<u64> {
        profile_id(named).or_else(|| {
            let own = self.named.iter().find(|(_, name)| name.eq_ignore_ascii_case(named)).map(|(id, _)| *id);
            own.or(self.all().find(|(_, name)| name.eq_ignore_ascii_case(named)).map(|(id, _)| id))
        })
    }
}

fn profile_id(text: &str) -> Option<u64> {
    text.parse().ok().filter(|id| *id > 0 && text.len() <= 10)
}

/// What a role of ours means in a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// This profile.
    Profile(u64),
    /// A profile that is still to be made, with these rights.
    ToMake { name: String, rights: Vec<String> },
}

/// What is asked for, or why it cannot be given. Nothing is asked of the shop for it.
pub(crate) fn wanted(spec: Option<&RoleSpec>, profiles: &Profiles) -> Result<Wanted> {
    let Some(spec) = spec else {
        return Err(invalid(
            "no role was named, and every employee has a profile".to_owned(),
            "name a role; the role names one of the shop's profiles",
        ));
    };
    let named = spec.platform_role.as_deref().map(str::trim).filter(|named| !named.is_empty());
    match (named, spec.permissions.is_empty()) {
        (Some(named), true) => {
            let id = profiles.find(named).ok_or_else(|| unknown(named, profiles))?;
            refuse_privileged(spec, id)?;
            Ok(Wanted::Profile(id))
        }
        (Some(_), false) => Err(invalid(
            format!(
                "the role {} names a profile and lists rights too, which a shop keeps in its profiles",
                spec.name
            ),
            "leave the rights out once they are ticked in the profile",
        )),
        (None, false) => Ok(Wanted::ToMake { name: spec.name.clone(), rights: spec.permissions.clone() }),
        (None, true) => Err(invalid(
            format!("the role {} names no profile of the shop", spec.name),
            "name the profile by its number, or by its name if `profiles` lists it",
        )),
    }
}

fn unknown(named: &str, profiles: &Profiles) -> Error {
    let known: Vec<_> = profiles.all().map(|(id, name)| format!("{id} ({name})")).collect();
    let message = format!("`profiles` names no profile {named}, and PrestaShop lists none");
    invalid(
        message,
        format!("name it by its number, or add it to `profiles`; known are {}", known.join(", ")),
    )
}

fn refuse_privileged(spec: &RoleSpec, profile: u64) -> Result<()> {
    if profile != SUPER_ADMIN || spec.allow_privileged {
        return Ok(());
    }
    let message =
        format!("the role {} is privileged: {SUPER_ADMIN_NAME} may do everything in the shop", spec.name);
    Err(Error::new(ErrorKind::PermissionDenied, message)
        .with_remedy("set allow_privileged for this role if that is meant"))
}

/// A profile as a role. `gone` says that the shop has no such profile.
pub(crate) fn role(id: u64, name: impl Into<String>, gone: bool) -> Option<Role> {
    let assignable =
        if gone { Assignable::Never("the shop has no such profile".to_owned()) } else { Assignable::ByApi };
    let role = Role::new(RoleId::new(id.to_string()).ok()?, name, assignable);
    Some(if id == SUPER_ADMIN { role.privileged() } else { role })
}

fn invalid(message: String, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message).with_remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profiles() -> Profiles {
        Profiles::parse(" 5 = Support,7=Catalogue, ").unwrap()
    }

    #[test]
    fn the_setting_is_numbered_names() {
        let all: Vec<_> = profiles().all().map(|(id, name)| (id, name.to_owned())).collect();
        let expected = [(1, "SuperAdmin"), (5, "Support"), (7, "Catalogue")];
        assert_eq!(all, expected.map(|(id, name)| (id, name.to_owned())));
        assert_eq!(Profiles::parse("").unwrap().all().count(), 1);
        assert_eq!(Profiles::parse("1=Chef").unwrap().all().count(), 1, "it is there anyway");
        for bad in ["Support", "5", "5=", "=Support", "x=Support", "0=Support", "5=A,5=B", "5=A,6=a"] {
            assert!(Profiles::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_role_is_a_number_or_a_name() {
        let meant = |named: &str| {
            let spec = RoleSpec::new("ours").with_platform_role(named).allowing_privileged();
            wanted(Some(&spec), &profiles()).map_err(|error| error.kind())
        };
        assert_eq!(meant(" 9 "), Ok(Wanted::Profile(9)));
        assert_eq!(meant("support"), Ok(Wanted::Profile(5)));
        assert_eq!(meant("superadmin"), Ok(Wanted::Profile(1)));
        assert_eq!(meant("Translator"), Err(ErrorKind::InvalidRequest));
    }

    #[test]
    fn what_cannot_be_given_is_refused_with_a_remedy() {
        let refused = |spec: Option<&RoleSpec>| wanted(spec, &profiles()).unwrap_err();
        let spec = RoleSpec::new("ours");
        assert!(refused(None).remedy().contains("profiles"));
        assert!(refused(Some(&spec)).remedy().contains("number"));
        let both = spec.clone().with_platform_role("5").with_permissions(["Orders: view"]);
        assert!(refused(Some(&both)).remedy().contains("leave the rights out"));
        for boss in ["1", "SuperAdmin"] {
            let error = refused(Some(&spec.clone().with_platform_role(boss)));
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        }
        let to_make = spec.with_permissions(["Orders: view"]);
        let expected = Wanted::ToMake { name: "ours".to_owned(), rights: vec!["Orders: view".to_owned()] };
        assert_eq!(wanted(Some(&to_make), &profiles()).unwrap(), expected);
    }
}
