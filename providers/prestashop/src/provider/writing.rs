//! Writing: one write each, with its guards.

use std::sync::PoisonError;

use guestpass::{
    Baseline, CallContext, ChangeOutcome, Collaborator, Entry, Error, ErrorKind, ExposeSecret, InviteOutcome,
    InviteRequest, KnownPerson, ManualStep, OneTimeSecret, RemovalScope, RemoveOutcome, RemoveRequest,
    Result, RoleSpec, SecretString, Target,
};

use super::Prestashop;
use super::looking::{Reading, ambiguous};
use crate::ID;
use crate::admin::{AdminApi, profile_name};
use crate::client::NewEmployee;
use crate::kept::Kept;
use crate::names::names;
use crate::password;
use crate::people::number;
use crate::roles::{SUPER_ADMIN, Wanted, wanted};
use crate::wire::{Employee, Record};

/// Which profile somebody gets, and what comes with it.
struct Granted {
    profile: u64,
    kept: Option<Kept>,
    follow_up: Option<ManualStep>,
}

impl Prestashop {
    pub(super) async fn let_in(&self, request: &InviteRequest, cx: &CallContext) -> Result<InviteOutcome> {
        let wanted = wanted(request.role.as_ref(), &self.profiles)?;
        if let Wanted::ToMake { name, rights } = &wanted
            && self.admin.is_none()
            && self.kept(request.state.as_ref(), name).is_none()
        {
            return Ok(InviteOutcome::ActionRequired(self.guide.make_profile(name, rights)));
        }
        let people = self.people(cx).await?;
        let target = request.target(&ID);
        let former = match people.matching(&target)?.as_slice() {
            [] => None,
            [employee] if employee.is_active() => return Err(inside_already(&target)),
            [employee] => Some((*employee).clone()),
            several => return Err(ambiguous(several)),
        };
        let allow_privileged = request.role.as_ref().is_some_and(|role| role.allow_privileged);
        if let Some(former) = &former {
            refuse_privileged(former, allow_privileged)?;
        }
        let granted = match self.granted(wanted, request, cx).await? {
            Ok(granted) => granted,
            Err(step) => return Ok(InviteOutcome::ActionRequired(step)),
        };
        let password = password::generate()?;
        let written = match &former {
            Some(former) => self.switch_on(former, &granted, &password, allow_privileged, cx).await,
            None => self.create(request, &people, &granted, &password, cx).await,
        };
        // A profile that was made is there whatever became of the employee.
        let employee = written.map_err(|error| match &granted.kept {
            Some(kept) => error.with_state(kept.to_state()),
            None => error,
        })?;
        let mut entry = Entry::default();
        entry.account = Some(guestpass::AccountId::new(employee.id.to_string())?);
        entry.note = Some(self.guide.access_note(&employee.email, true));
        entry.follow_ups.extend(granted.follow_up);
        entry.state = granted.kept.map(|kept| kept.to_state());
        entry.secret = Some(OneTimeSecret::new(password));
        Ok(InviteOutcome::Granted(entry))
    }

    /// The profile to give. One that does not exist is made, empty; if nobody knows whether that worked, the inner error
    /// says what to do about it.
    async fn granted(
        &self,
        wanted: Wanted,
        request: &InviteRequest,
        cx: &CallContext,
    ) -> Result<Result<Granted, ManualStep>> {
        let (name, rights) = match wanted {
            Wanted::Profile(profile) => return Ok(Ok(Granted { profile, kept: None, follow_up: None })),
            Wanted::ToMake { name, rights } => (name, rights),
        };
        let kept = match (self.kept(request.state.as_ref(), &name), &self.admin) {
            (Some(kept), _) => kept,
            (None, None) => return Ok(Err(self.guide.make_profile(&name, &rights))),
            (None, Some(admin)) => match self.make_profile(admin, &name, cx).await {
                Ok(kept) => kept,
                Err(error) if error.is_outcome_unknown() => {
                    return Ok(Err(self.guide.look_for_profile(&profile_name(&name), &rights)));
                }
                Err(error) => return Err(error.with_manual_step(self.guide.make_profile(&name, &rights))),
            },
        };
        let follow_up = Some(self.guide.tick_rights(kept.profile, &kept.name, &rights));
        Ok(Ok(Granted { profile: kept.profile, kept: Some(kept), follow_up }))
    }

    async fn make_profile(&self, admin: &AdminApi, role: &str, cx: &CallContext) -> Result<Kept> {
        let name = profile_name(role);
        let profile = admin.create_profile(&name, cx).await?;
        if profile <= SUPER_ADMIN {
            return Err(Error::new(
                ErrorKind::Protocol,
                "the shop gave a new profile a number that it cannot have",
            ));
        }
        let kept = Kept::new(&self.shop, profile, name);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(role.to_owned(), kept.clone());
        Ok(kept)
    }

    /// The profile that was made for this role: as it was kept, or as this connection remembers it.
    fn kept(&self, state: Option<&guestpass::ProviderState>, role: &str) -> Option<Kept> {
        let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner).get(role).cloned();
        Kept::read(state, &self.shop).filter(|kept| kept.name == profile_name(role)).or_else(made)
    }

    async fn create(
        &self,
        request: &InviteRequest,
        people: &Reading,
        granted: &Granted,
        password: &SecretString,
        cx: &CallContext,
    ) -> Result<Employee> {
        let version = self.webservice.version();
        let email = request.person.email.as_str();
        if email.chars().count() > version.longest_email() {
            let message =
                format!("this shop takes addresses of {} characters at most", version.longest_email());
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let language = self.language.or(people.language()).ok_or_else(|| {
            Error::config("language_id", "is missing, and nobody is listed to take it from", "set it")
        })?;
        let (first_name, last_name) = names(&request.person, &version);
        let new = NewEmployee {
            language,
            first_name: &first_name,
            last_name: &last_name,
            email,
            password,
            profile: granted.profile,
            with_optin: version.has_optin(),
        };
        let made = self.webservice.create(&new, cx).await?;
        self.refuse_double(request, &made, cx).await?;
        Ok(made)
    }

    /// PrestaShop lets an address be used twice, and then perhaps lets neither sign in. If somebody else made an employee
    /// of it at the same moment, ours goes.
    async fn refuse_double(&self, request: &InviteRequest, made: &Employee, cx: &CallContext) -> Result<()> {
        let mut addresses = KnownPerson::default();
        addresses.emails = vec![request.person.email.clone()];
        addresses.emails.extend(request.person.other_emails.iter().cloned());
        let people = match self.people(cx).await {
            Ok(people) => people,
            Err(error) => {
                tracing::warn!(%error, "whether somebody else made an employee of the same address is not known");
                return Ok(());
            }
        };
        let matching = people.matching(&Target::Person(addresses))?;
        let Some(other) = matching.iter().find(|other| other.id != made.id) else { return Ok(()) };
        let other = format!("employee {} of the same person was made at the same moment", other.id);
        let (message, remedy) = match self.webservice.delete(made.id, cx).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, "the second employee of one address could not be deleted");
                (
                    format!("{other}, and ours, employee {}, may be left", made.id),
                    format!("delete employee {}: two of one address may keep both from signing in", made.id),
                )
            }
            _ => {
                (format!("{other}; ours was deleted again"), "look who is inside, then ask again".to_owned())
            }
        };
        Err(Error::new(ErrorKind::Conflict, message).with_remedy(remedy))
    }

    /// Lets an employee in again who was switched off, with another password: nobody should know the former one.
    async fn switch_on(
        &self,
        former: &Employee,
        granted: &Granted,
        password: &SecretString,
        allow_privileged: bool,
        cx: &CallContext,
    ) -> Result<Employee> {
        let (record, now) = self.record(former.id, cx).await?;
        refuse_privileged(&now, allow_privileged)?;
        if now.is_active() {
            return Err(Error::new(ErrorKind::Conflict, "somebody else let them in at the same moment")
                .with_remedy("look again before anything else is done"));
        }
        let profile = granted.profile.to_string();
        let changes = [("active", "1"), ("id_profile", &profile), ("passwd", password.expose_secret())];
        self.webservice.update(&record, &changes, cx).await?;
        Ok(now)
    }

    /// What comes with an access, without a password: none was made.
    pub(super) fn entry_without_secret(&self, request: &InviteRequest, seen: Option<&Collaborator>) -> Entry {
        let mut entry = Entry::default();
        entry.account = seen.map(|account| account.id.clone());
        let login = seen.and_then(|account| account.email.known()).unwrap_or(&request.person.email);
        entry.note = Some(self.guide.access_note(login.as_str(), false));
        entry.state = request.state.clone();
        let held = seen.and_then(|account| account.roles.known()?.first()?.parse::<u64>().ok());
        let change = |profile| self.guide.change_role(&request.target(&ID), profile);
        match wanted(request.role.as_ref(), &self.profiles) {
            Ok(Wanted::Profile(profile)) if held.is_some_and(|held| held != profile) => {
                entry.follow_ups.push(change(profile));
            }
            Ok(Wanted::ToMake { name, rights }) => match self.kept(request.state.as_ref(), &name) {
                Some(kept) => {
                    entry.follow_ups.push(self.guide.tick_rights(kept.profile, &kept.name, &rights));
                    entry
                        .follow_ups
                        .extend(held.filter(|held| *held != kept.profile).map(|_| change(kept.profile)));
                    entry.state = Some(kept.to_state());
                }
                None => entry.follow_ups.push(self.guide.make_profile(&name, &rights)),
            },
            _ => {}
        }
        entry
    }

    pub(super) async fn take_out(&self, request: &RemoveRequest, cx: &CallContext) -> Result<RemoveOutcome> {
        if request.scope != RemovalScope::Store {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "PrestaShop knows no accounts beyond one installation",
            )
            .with_remedy("remove them from each shop"));
        }
        let allow = request.allow_privileged || request.baseline == Baseline::Absent;
        if let Some(seen) = request.seen.as_ref().filter(|_| !allow)
            && !seen.privileged.is_empty()
        {
            return Err(privileged(seen.id.as_str()));
        }
        if request.delete {
            self.delete(request, allow, cx).await?;
        } else {
            self.switch_off(request, allow, cx).await?;
        }
        Ok(RemoveOutcome::Accepted { residual: vec![self.guide.residual(&request.target)] })
    }

    async fn delete(&self, request: &RemoveRequest, allow_privileged: bool, cx: &CallContext) -> Result<()> {
        let people = self.people(cx).await?;
        let employee = match &request.seen {
            Some(seen) => people.by_id(number(&seen.id)?).ok_or_else(|| gone(&request.target))?,
            None => people.only(&request.target)?,
        };
        refuse_privileged(employee, allow_privileged)?;
        refuse_last(employee, &people)?;
        self.webservice.delete(employee.id, cx).await
    }

    /// Switches the account off, and replaces its password by one that nobody ever learns.
    async fn switch_off(
        &self,
        request: &RemoveRequest,
        allow_privileged: bool,
        cx: &CallContext,
    ) -> Result<()> {
        let id = match &request.seen {
            Some(seen) => number(&seen.id)?,
            None => self.people(cx).await?.only(&request.target)?.id,
        };
        let (record, employee) = self.record(id, cx).await?;
        refuse_privileged(&employee, allow_privileged)?;
        if employee.profile == SUPER_ADMIN {
            refuse_last(&employee, &self.people(cx).await?)?;
        }
        let nobodys = password::generate()?;
        self.webservice.update(&record, &[("active", "0"), ("passwd", nobodys.expose_secret())], cx).await
    }

    pub(super) async fn set_active(
        &self,
        target: &Target,
        active: bool,
        cx: &CallContext,
    ) -> Result<ChangeOutcome> {
        let people = self.people(cx).await?;
        let (record, employee) = self.record(people.only(target)?.id, cx).await?;
        if !active {
            refuse_last(&employee, &people)?;
        }
        if employee.is_active() != active {
            self.webservice.update(&record, &[("active", if active { "1" } else { "0" })], cx).await?;
        }
        Ok(ChangeOutcome::Accepted)
    }

    pub(super) async fn set_role(
        &self,
        target: &Target,
        spec: &RoleSpec,
        cx: &CallContext,
    ) -> Result<ChangeOutcome> {
        let profile = match wanted(Some(spec), &self.profiles)? {
            Wanted::Profile(profile) => profile,
            Wanted::ToMake { name, rights } => match self.kept(target.state(), &name) {
                Some(kept) => kept.profile,
                None => return Ok(ChangeOutcome::ActionRequired(self.guide.make_profile(&name, &rights))),
            },
        };
        let people = self.people(cx).await?;
        let (record, employee) = self.record(people.only(target)?.id, cx).await?;
        if employee.profile != profile {
            refuse_last(&employee, &people)?;
            self.webservice.update(&record, &[("id_profile", &profile.to_string())], cx).await?;
        }
        Ok(ChangeOutcome::Accepted)
    }

    /// The only super-admin's password is not replaced: that would shut the merchant out.
    pub(super) async fn reset_password(&self, target: &Target, cx: &CallContext) -> Result<ChangeOutcome> {
        let people = self.people(cx).await?;
        let (record, employee) = self.record(people.only(target)?.id, cx).await?;
        refuse_last(&employee, &people)?;
        let password = password::generate()?;
        self.webservice.update(&record, &[("passwd", password.expose_secret())], cx).await?;
        let mut entry = Entry::default();
        entry.account = Some(guestpass::AccountId::new(employee.id.to_string())?);
        entry.note = Some(self.guide.access_note(&employee.email, true));
        entry.state = target.state().cloned();
        entry.secret = Some(OneTimeSecret::new(password));
        Ok(ChangeOutcome::Renewed(Box::new(entry)))
    }

    /// An employee as they are now, to be written back.
    pub(crate) async fn record(&self, id: u64, cx: &CallContext) -> Result<(Record, Employee)> {
        let record = self.webservice.employee(id, cx).await?;
        let employee = record
            .employee()
            .map_err(|_| Error::new(ErrorKind::Protocol, "the shop told an employee that cannot be read"))?;
        Ok((record, employee))
    }
}

fn inside_already(target: &Target) -> Error {
    Error::new(ErrorKind::Conflict, format!("{target} is inside already"))
        .with_remedy("change their role, or give them a new password, instead")
}

fn gone(target: &Target) -> Error {
    Error::new(ErrorKind::NotFound, format!("{target} is no employee of this shop"))
}

/// A super-admin is touched only on an explicit word.
pub(crate) fn refuse_privileged(employee: &Employee, allow: bool) -> Result<()> {
    if employee.profile == SUPER_ADMIN && !allow { Err(privileged(&employee.id.to_string())) } else { Ok(()) }
}

fn privileged(id: &str) -> Error {
    Error::new(ErrorKind::PermissionDenied, format!("employee {id} was left alone: they are a super-admin"))
        .with_remedy("allow privileged accounts if that is meant")
}

/// PrestaShop's webservice would shut the merchant out of the shop without a word.
pub(crate) fn refuse_last(employee: &Employee, people: &Reading) -> Result<()> {
    let is_last = employee.profile == SUPER_ADMIN
        && employee.is_active()
        && people.other_super_admins(employee.id) == 0;
    if !is_last {
        return Ok(());
    }
    let message =
        format!("employee {} was left alone: they are the last super-admin who can sign in", employee.id);
    Err(Error::new(ErrorKind::PermissionDenied, message)
        .with_remedy("make another super-admin first; without one nobody can manage the shop"))
}
