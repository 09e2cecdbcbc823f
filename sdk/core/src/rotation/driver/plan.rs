//! What a rotation would do, in words.

use std::time::Duration;

use super::begin::downtime;
use super::ground::Ground;
use super::{Driver, RotationPlan, RotationRequest};
use crate::error::Result;
use crate::rotation::{Find, KindInfo, Lifetime, Retire, Rotation, Verify};

impl Driver {
    /// What would be done. Nothing is written and nothing is sent.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); downtime that nobody has agreed to is a warning here.
    pub async fn plan(&self, request: &RotationRequest) -> Result<RotationPlan> {
        let ground = self.ground(&request.store, &request.credential, &request.sinks)?;
        let allowed = RotationRequest { allow_downtime: true, ..request.clone() };
        let rotation = self.planned(allowed, &ground)?;
        let mut warnings = warnings(&ground);
        if ground.info.is_in_place() && !request.allow_downtime {
            warnings.push(downtime(&ground).to_string());
        }
        if let Some(open) = self.history(&request.store, &request.credential).await?.open {
            warnings.push(format!("a rotation of it is under way already: {}", open.id));
        }
        let dependents = ground.dependents();
        Ok(RotationPlan {
            steps: steps(&ground, &rotation, dependents.len()),
            requests: requests(&ground.info, dependents.len()),
            platform: rotation.platform,
            sinks: rotation.sinks,
            store: rotation.store,
            credential: rotation.credential,
            dependents,
            info: ground.info,
            warnings,
        })
    }
}

fn steps(ground: &Ground, rotation: &Rotation, dependents: usize) -> Vec<String> {
    let info = &ground.info;
    let sinks = ground.sinks.iter().map(|kept| kept.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut steps = vec![
        format!("See that {sinks} can take the new secret."),
        "Ask the platform about the credential in use: its rights and its expiry.".to_owned(),
    ];
    steps.push(if ground.is_guided() {
        "Say what a person clicks to make the new one, and wait until its secret is handed in.".to_owned()
    } else if info.find == Find::CallerMade {
        format!("Make a secret, keep it in {sinks} beside the live one, and ask the platform for a new {} with it.", info.kind)
    } else {
        format!("Ask the platform for a new {}.", info.kind)
    });
    if let Lifetime::Chosen { .. } | Lifetime::Fixed(_) = info.lifetime
        && let Ok(Some(life)) = ground.lifetime(rotation.lifetime)
    {
        steps.push(format!("It dies by itself after {}.", in_words(life)));
    }
    if info.find != Find::CallerMade || ground.is_guided() {
        steps.push(format!("Keep it in {sinks} beside the live one."));
    }
    steps.push(match &info.verify {
        Verify::Probe => {
            "Try the new one: alive, for this store, with no right fewer than the old one.".to_owned()
        }
        Verify::NotPossible(reason) => format!("The new one cannot be tried before it is used: {reason}."),
    });
    steps.push(format!("Put the new one in the old one's place in {sinks}."));
    steps.push(match dependents {
        1 => "Take along what depends on it in its store.".to_owned(),
        several => format!("Take along what depends on it, at {several} stores."),
    });
    if rotation.drain > Duration::ZERO {
        let drain = in_words(rotation.drain);
        steps.push(format!("Wait {drain}, so that whoever uses the old one takes the new one."));
    }
    if info.verify == Verify::Probe {
        steps.push("Try the new one once more.".to_owned());
    }
    steps.push(
        match info.retire {
            Retire::Now => "End the old one, and see that it is dead.",
            Retire::Scheduled => "Ask for the end of the old one, and wait until it is dead.",
            Retire::Disable => "Switch the old one off, and see that it is.",
            Retire::AtExpiry => "The old one cannot be ended: write down when it dies.",
            Retire::Replaced => "The old one ended with the making of the new one: see that it is dead.",
            Retire::Human => "Say what a person clicks to end the old one, and see that it is dead.",
        }
        .to_owned(),
    );
    steps
}

/// A look at the old one, two trials, one visit to each dependent store, the end and its proof.
fn requests(info: &KindInfo, dependents: usize) -> u32 {
    let dependents = u32::try_from(dependents).unwrap_or(u32::MAX);
    info.capability.requests.saturating_add(5).saturating_add(dependents)
}

fn warnings(ground: &Ground) -> Vec<String> {
    let mut warnings = Vec::new();
    for kept in ground.sinks.iter().filter(|kept| !kept.reads_back()) {
        warnings.push(format!(
            "the sink {} cannot give a secret back: a rotation that is interrupted before the new one was tried begins anew",
            kept.name
        ));
    }
    if ground.slot.current.is_none() && ground.sinks.iter().all(|kept| !kept.reads_back()) {
        warnings.push("the secret in use cannot be read, so a person may have to confirm its end".to_owned());
    }
    if let Some(unproven) = &ground.info.capability.unproven {
        warnings.push(format!("not proven before it is tried: {unproven}"));
    }
    if !ground.info.note.is_empty() {
        warnings.push(ground.info.note.to_string());
    }
    warnings
}

pub(super) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let whole = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (count, unit) = whole.map_or((seconds, "second"), |(length, name)| (seconds / length, name));
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_largest_unit_that_fits() {
        let told = |seconds| in_words(Duration::from_secs(seconds));
        assert_eq!(told(86_400 * 30), "30 days");
        assert_eq!(told(3600), "1 hour");
        assert_eq!(told(90), "90 seconds");
    }
}
