//! `guestpass remove`

use guestpass::{
    AccessProviderExt, Baseline, Operation, RemovalReport, RemovalResult, RemovalScope, RemoveRequest, Target,
};
use serde::Serialize;

use super::grants::warn_of_living;
use super::plan::PlanReport;
use crate::args::{KnownBaseline, RemoveArgs};
use crate::exit::{Exit, Outcome};
use crate::interrupt;
use crate::output::{LookView, Output, ProofView, Report, StepView, paragraphs};
use crate::session::{Session, not_understood};

#[derive(Serialize)]
struct Removal {
    store: String,
    platform: String,
    subject: String,
    result: &'static str,
    proof: Option<ProofView>,
    /// What the removal does not cover and somebody should look at.
    residual: Vec<StepView>,
    /// What a human must do instead.
    action: Option<StepView>,
    before: LookView,
    /// The last look, where it proves nothing.
    last_look: Option<LookView>,
}

impl Report for Removal {
    fn to_text(&self) -> String {
        let (subject, store) = (&self.subject, &self.store);
        let mut text = match self.result {
            "removed" => format!("{store}: {subject} was taken out\n"),
            "already_absent" => format!("{store}: {subject} was out already, nothing was sent\n"),
            "unproven" => {
                format!(
                    "{store}: the platform took the removal of {subject}, but nothing proves that it worked\n"
                )
            }
            _ => format!("{store}: nothing was sent for {subject}; a human must act\n"),
        };
        text.push_str(&self.proof.as_ref().map(|proof| proof.to_text() + "\n").unwrap_or_default());
        text.push_str(&self.last_look.as_ref().map(|look| look.to_text("last look")).unwrap_or_default());
        text.push_str(
            &self.action.as_ref().map(|step| format!("\n{}\n", step.to_text())).unwrap_or_default(),
        );
        text.push_str(&paragraphs("Not covered by the removal, worth a look:", &self.residual));
        text
    }
}

/// Takes somebody out, and proves that they are out.
pub(crate) async fn run(args: &RemoveArgs, session: &Session, out: &mut Output) -> Outcome {
    let provider = session.connect(&args.store)?;
    let platform = provider.connection().provider();
    let target = session.config().target(&args.person, platform)?;
    let kept = session.kept(&args.store);
    let request = request(args, kept.onto(target.clone())?, kept.baseline(&target)?);
    provider.capabilities().require(Operation::Remove)?;
    if args.plan.dry_run {
        let plan = PlanReport::new("remove", provider.as_ref(), target.to_string(), Operation::Remove);
        return plan.show(out);
    }
    warn_of_living(provider.as_ref(), &args.person, session).await;
    session.read_secrets(&args.store).await?;
    let progress = session.progress(format!("removing {} from {}", args.person, args.store));
    let cx = session.call();
    let look = || format!("guestpass observe {} {}", args.store, args.person);
    let report = interrupt::finish(provider.ensure_removed(&request, &cx), look).await?;
    drop(progress);
    let empty = Removal {
        store: args.store.clone(),
        platform: platform.to_string(),
        subject: target.to_string(),
        result: "action_required",
        proof: None,
        residual: report.residual.iter().map(StepView::from).collect(),
        action: None,
        before: LookView::from(&report.before),
        last_look: None,
    };
    let (removal, exit) = judge(empty, &report)?;
    out.show(&removal)?;
    if exit == Exit::Done {
        kept.forget(&target)?;
    }
    Ok(exit)
}

fn request(args: &RemoveArgs, target: Target, recorded: Baseline) -> RemoveRequest {
    let baseline = match args.baseline {
        Some(KnownBaseline::Absent) => Baseline::Absent,
        Some(KnownBaseline::Present) => Baseline::Present,
        None => recorded,
    };
    let scope = if args.from_account { RemovalScope::Account } else { RemovalScope::Store };
    let mut request = RemoveRequest::new(target).with_baseline(baseline).with_scope(scope);
    request.delete = args.delete;
    request.allow_privileged = args.allow_privileged;
    request
}

fn judge(empty: Removal, report: &RemovalReport) -> guestpass::Result<(Removal, Exit)> {
    Ok(match &report.result {
        RemovalResult::Removed(proof) => {
            (Removal { result: "removed", proof: Some(proof.into()), ..empty }, Exit::Done)
        }
        RemovalResult::AlreadyAbsent(proof) => {
            (Removal { result: "already_absent", proof: Some(proof.into()), ..empty }, Exit::Done)
        }
        RemovalResult::Unproven(look) => {
            (Removal { result: "unproven", last_look: Some(look.into()), ..empty }, Exit::Unknown)
        }
        RemovalResult::ActionRequired(step) => {
            (Removal { action: Some(step.into()), ..empty }, Exit::HumanMustAct)
        }
        _ => return Err(not_understood("result of a removal")),
    })
}
