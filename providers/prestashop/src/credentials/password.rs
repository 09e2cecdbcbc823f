//! Passwords of employees. An employee has one, so the new one takes the old one's place in one write.

use std::sync::PoisonError;

use guestpass::rotation::{
    Credential, CredentialSlot, Death, FoundIssued, IssueOrder, IssueOutcome, NewCredential, Verification,
};
use guestpass::{AccountId, CallContext, Email, Error, ErrorKind, Evidence, Proof, Result, Target};

use crate::provider::Prestashop;
use crate::provider::looking::Reading;
use crate::provider::writing::{refuse_last, refuse_privileged};
use crate::wire::Employee;

impl Prestashop {
    pub(super) async fn inspect_password(
        &self,
        slot: &CredentialSlot,
        known: &Credential,
        cx: &CallContext,
    ) -> Result<Credential> {
        let (employee, _) = self.whose_password(slot, cx).await?;
        let mut told = known.clone();
        told.id = Some(employee.id.to_string());
        Ok(told)
    }

    pub(super) async fn issue_password(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<IssueOutcome> {
        let secret = order
            .secret
            .ok_or_else(|| Error::new(ErrorKind::InvalidRequest, "a password is made by whoever sets it"))?;
        let (employee, people) = self.whose_password(order.slot, cx).await?;
        refuse_last(&employee, &people)?;
        let (record, now) = self.record(employee.id, cx).await?;
        refuse_privileged(&now, allows_privileged(order.slot)?)?;
        if let Some(mark) = record.mark() {
            let mut replacing = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
            replacing.insert(order.tag.as_str().to_owned(), mark);
        }
        let written = self.webservice.update(&record, &[("passwd", secret.expose())], cx).await;
        if !written.as_ref().is_err_and(Error::is_outcome_unknown) {
            self.forget_mark(order);
        }
        written?;
        Ok(IssueOutcome::Issued(NewCredential::new(Some(employee.id.to_string()), None, None)))
    }

    /// Whether the stored hash is another one than before. Where this connection did not send the write, nobody knows
    /// what was stored before; then the same password is set again, which leaves one password all the same.
    pub(super) async fn find_issued_password(
        &self,
        order: &IssueOrder<'_>,
        cx: &CallContext,
    ) -> Result<FoundIssued> {
        let tag = order.tag.as_str();
        let mark = self.replacing.lock().unwrap_or_else(PoisonError::into_inner).get(tag).cloned();
        let Some(mark) = mark else { return Ok(FoundIssued::Nothing) };
        let (employee, _) = self.whose_password(order.slot, cx).await?;
        let (record, _) = self.record(employee.id, cx).await?;
        if !record.has_other_password(&mark) {
            return Ok(FoundIssued::Nothing);
        }
        self.forget_mark(order);
        Ok(FoundIssued::Found(vec![NewCredential::new(Some(employee.id.to_string()), None, None)]))
    }

    /// There is no way back when this is asked, so whatever has become of the employee meanwhile is told and stops nothing.
    pub(super) async fn verify_password(
        &self,
        slot: &CredentialSlot,
        cx: &CallContext,
    ) -> Result<Verification> {
        let people = self.people(cx).await?;
        let mut verification =
            Verification::untried("PrestaShop has no sign-in by API; the shop took the password");
        match people.only(&target(slot.required_text("employee")?)?) {
            Ok(employee) if employee.is_active() => {}
            Ok(employee) => verification.warnings.push(format!(
                "employee {} was switched off meanwhile: nobody signs in with it",
                employee.id
            )),
            Err(error) => verification.warnings.push(error.message().to_owned()),
        }
        Ok(verification)
    }

    /// An employee has one password: the write that set the new one ended the old one. Whether the employee is there is
    /// what can be seen of it.
    pub(super) async fn confirm_password(&self, slot: &CredentialSlot, cx: &CallContext) -> Result<Death> {
        let began = Evidence::begun(cx.clock().now());
        let people = self.people(cx).await?;
        let found = people.matching(&target(slot.required_text("employee")?)?)?;
        let evidence = super::complete(began);
        let proof = if found.is_empty() { Proof::Listed { evidence } } else { Proof::Restored { evidence } };
        Ok(Death::Dead { proof })
    }

    /// The employee whose password it is, and everybody else.
    async fn whose_password(&self, slot: &CredentialSlot, cx: &CallContext) -> Result<(Employee, Reading)> {
        let allow_privileged = allows_privileged(slot)?;
        let named = slot.required_text("employee")?;
        let target = target(named)?;
        let people = self.people(cx).await?;
        // There is no credential to find where nobody is: that is a mistake in the settings.
        let found = people.only(&target).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::config("employee", "names no employee of this shop", "check it"),
            _ => error,
        });
        let employee = found?.clone();
        refuse_privileged(&employee, allow_privileged)?;
        if !employee.is_active() {
            let message =
                format!("employee {} is switched off: nobody signs in with the password", employee.id);
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_remedy("switch the employee on first, or take the credential out of the settings"));
        }
        Ok((employee, people))
    }

    fn forget_mark(&self, order: &IssueOrder<'_>) {
        self.replacing.lock().unwrap_or_else(PoisonError::into_inner).remove(order.tag.as_str());
    }
}

fn target(named: &str) -> Result<Target> {
    if named.contains('@') {
        return Ok(Target::email(Email::new(named)?));
    }
    let id = super::number("employee", named)?;
    Ok(Target::Account(AccountId::new(id.to_string())?))
}

fn allows_privileged(slot: &CredentialSlot) -> Result<bool> {
    match slot.text("allow_privileged") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Error::config("allow_privileged", "is neither true nor false", "write true or false")),
    }
}
