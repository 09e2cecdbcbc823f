//! `guestpass adopt`

use guestpass::grants::GrantRequest;
use guestpass::{
    AccessProvider, AccountId, Error, ErrorKind, Operation, Person, PersonHandle, Result, StoreHandle, Target,
};

use super::grant::{end_of, with_wish};
use super::plan::PlanReport;
use crate::args::AdoptArgs;
use crate::config::ACCOUNT;
use crate::exit::{Exit, Outcome};
use crate::output::{GrantView, Output, Report};
use crate::session::Session;

#[derive(serde::Serialize)]
struct Adopted {
    grant: GrantView,
}

impl Report for Adopted {
    fn to_text(&self) -> String {
        format!("{}  It is a grant now, and ends like any other.\n", self.grant.to_text())
    }
}

/// Makes access that is there already into a grant.
pub(crate) async fn run(args: &AdoptArgs, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(&args.store)?;
    provider.capabilities().require(Operation::Observe)?;
    let end = end_of(&args.wish.end, None, session)?;
    let account = args.person.strip_prefix(ACCOUNT).map(AccountId::new).transpose()?;
    if account.is_none() {
        session.config().colleague(&args.person)?;
    }
    if args.plan.dry_run {
        let mut plan = PlanReport::empty("adopt", provider.as_ref(), args.person.clone());
        for _ in 0..=usize::from(account.is_some()) {
            plan.add("look", Operation::Observe, provider.as_ref());
        }
        return plan.show(out);
    }
    session.read_secrets(&args.store).await?;
    let progress = session.progress(format!("looking {} up on {}", args.person, args.store));
    let person = match account {
        Some(account) => whose(&account, provider.as_ref(), session).await?,
        None => session.config().colleague(&args.person)?.clone(),
    };
    let wish = GrantRequest::new(StoreHandle::new(args.store.as_str())?, person.handle, end);
    let wish = with_wish(wish, &args.wish, session)?;
    let grant = session.engine().await?.adopt(wish, &session.call()).await?;
    drop(progress);
    out.show(&Adopted { grant: GrantView::from(&grant) })?;
    Ok(Exit::Done)
}

/// Whose account this is. One of nobody we know gets a name of its own, which tells nothing of its person.
async fn whose(account: &AccountId, provider: &dyn AccessProvider, session: &Session) -> Result<Person> {
    let connection = provider.connection();
    let platform = connection.provider();
    let known = session.config().people().find(|person| person.accounts.get(platform) == Some(account));
    if let Some(person) = known {
        return Ok(person.clone());
    }
    let look = provider.observe(&Target::Account(account.clone()), &session.call()).await?;
    let Some(seen) = look.state.account() else {
        let message = format!("no look shows the account {account}");
        return Err(Error::new(ErrorKind::NotFound, message)
            .with_remedy("see `guestpass list` for the accounts that are there")
            .at(platform, connection.store()));
    };
    let Some(email) = seen.email.known() else {
        let message = format!("the platform does not tell whose account {account} is");
        return Err(Error::new(ErrorKind::InvalidRequest, message)
            .with_remedy("add [people.NAME] with this account to the configuration")
            .at(platform, connection.store()));
    };
    if let Ok(person) = session.config().colleague(email.as_str()) {
        return Ok(person.clone());
    }
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let name: String = format!("account-{account}").chars().map(plain).take(64).collect();
    let mut person = Person::new(PersonHandle::new(name)?, email.clone());
    person.accounts.insert(platform.clone(), account.clone());
    session.directory().found(person.clone());
    Ok(person)
}
