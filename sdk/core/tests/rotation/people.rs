//! Where people must act, it waits for them and says for what.

use std::time::Duration;

use guestpass::rotation::{DriverOptions, HumanPart, Stage, WaitsFor};
use guestpass::{ErrorKind, ManualStep, OneTimeSecret, StepCheck};

use super::bench::{Bench, DRAIN, olga, request};

fn secret(text: &str) -> OneTimeSecret {
    OneTimeSecret::new(text.to_owned().into())
}

fn part(rotation: &guestpass::rotation::Rotation) -> Option<HumanPart> {
    match rotation.waits_for {
        Some(WaitsFor::Person { part, .. }) => Some(part),
        _ => None,
    }
}

#[tokio::test]
async fn a_person_makes_the_new_one_and_ends_the_old_one() {
    let bench = Bench::new("guided");
    let options = DriverOptions::default();
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!((advanced.rotation.stage, part(&advanced.rotation)), (Stage::Planned, Some(HumanPart::Issue)));
    assert_eq!(advanced.rotation.due_at, None);
    assert!(advanced.rotation.summary().contains("Make a new one"));
    for wrong in ["secret-old", ""] {
        let error = bench.driver().advance(id, Some(secret(wrong)), &options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
    // No credential of this shop at all: it is asked for once more, with the reason.
    let advanced = bench.driver().advance(id, Some(secret("mistyped")), &options).await.unwrap();
    assert_eq!(part(&advanced.rotation), Some(HumanPart::Issue));
    let Some(WaitsFor::Person { step, .. }) = &advanced.rotation.waits_for else { unreachable!() };
    assert!(step.reason.contains("refused"), "{}", step.reason);
    bench.shop().make("secret-by-hand", None);
    let advanced = bench.driver().advance(id, Some(secret("secret-by-hand")), &options).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Promoted);
    bench.clock.advance(DRAIN);
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!(
        (advanced.rotation.stage, part(&advanced.rotation)),
        (Stage::Retiring, Some(HumanPart::Retire))
    );
    let error = bench.driver().attest(id, olga(), "deleted", &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "it still works, whoever says what");
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!(part(&advanced.rotation), Some(HumanPart::Retire));
    bench.shop().delete("id-0");
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    bench.assert_sound(&advanced.rotation, "by hand").await;
    let waits = bench.facts().await.iter().filter(|kind| *kind == "rotation_waits").count();
    assert_eq!(waits, 3, "each step is told once: {:?}", bench.facts().await);
}

#[tokio::test]
async fn what_is_handed_in_and_lost_may_be_handed_in_again() {
    let bench = Bench::new("guided");
    let options = DriverOptions::default();
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.driver().advance(id, None, &options).await.unwrap();
    bench.shop().make("secret-by-hand", None);
    bench.shelf(0).fail(&["stage"]);
    bench.shelf(1).fail(&["stage"]);
    let advanced = bench.driver().advance(id, Some(secret("secret-by-hand")), &options).await.unwrap();
    assert_eq!(advanced.unsaved, Some(secret("secret-by-hand")));
    bench.shelf(0).fail(&[]);
    bench.shelf(1).fail(&[]);
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!((advanced.rotation.stage, part(&advanced.rotation)), (Stage::Issued, Some(HumanPart::Issue)));
    bench.driver().advance(id, Some(secret("secret-by-hand")), &options).await.unwrap();
    let last = bench.finish().await;
    assert!(last.orphans.is_empty());
    bench.assert_sound(&last, "again").await;
}

#[tokio::test]
async fn what_people_take_along_is_waited_for() {
    let bench = Bench::new("by-tag");
    let step = ManualStep::new("Enter it in the till", StepCheck::Attest("the till works".to_owned()));
    bench.shop().left.lock().unwrap().push(step);
    let mut options = DriverOptions::default();
    options.patience = Duration::from_secs(86_400);
    let id = bench.driver().begin(request()).await.unwrap().id;
    for _ in 0..2 {
        let advanced = bench.driver().advance(id, None, &options).await.unwrap();
        assert_eq!(
            (advanced.rotation.stage, part(&advanced.rotation)),
            (Stage::Promoted, Some(HumanPart::CarryOver))
        );
    }
    assert!(bench.shop().works("secret-old"));
    assert_eq!(bench.shop().calls("carry_over"), 1);
    let advanced = bench.driver().attest(id, olga(), "it rang", &options).await.unwrap();
    bench.assert_sound(&advanced.rotation, "carried").await;
    let error = bench.driver().attest(id, olga(), "once more", &options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
}

#[tokio::test]
async fn an_old_one_that_cannot_be_read_is_ended_on_somebodys_word() {
    let bench = Bench::with_shelves("by-tag", &[false]);
    bench.world.slot.lock().unwrap().current = None;
    let mut options = DriverOptions::default();
    options.patience = Duration::from_secs(86_400);
    let id = bench.driver().begin(request()).await.unwrap().id;
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!(part(&advanced.rotation), Some(HumanPart::Retire));
    bench.shop().delete("id-0");
    let advanced = bench.driver().attest(id, olga(), "gone", &options).await.unwrap();
    bench.assert_sound(&advanced.rotation, "attested").await;
    let written = format!("{:?}", advanced.rotation.old.unwrap().fate);
    assert!(written.contains("olga"), "{written}");
}

#[tokio::test]
async fn what_was_put_in_its_place_meanwhile_is_what_ends() {
    let bench = Bench::new("guided");
    let options = DriverOptions::default();
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.driver().advance(id, None, &options).await.unwrap();
    let other = bench.shop().make("secret-other", None);
    bench.shelf(0).overwrite("secret-other");
    bench.shop().make("secret-by-hand", None);
    let advanced = bench.driver().advance(id, Some(secret("secret-by-hand")), &options).await.unwrap();
    assert_eq!(advanced.rotation.stage, Stage::Promoted);
    assert_eq!(advanced.rotation.old.as_ref().unwrap().id, Some(other.id));
    assert!(advanced.warnings.iter().any(|warning| warning.contains("shelf-1")), "{:?}", advanced.warnings);
}

#[tokio::test]
async fn each_thing_to_end_is_asked_for_by_itself() {
    let bench = Bench::new("guided");
    let options = DriverOptions::default();
    let id = bench.driver().begin(request()).await.unwrap().id;
    bench.driver().advance(id, None, &options).await.unwrap();
    // The first one gets lost, and the person makes a second one.
    let first = bench.shop().make("secret-first", None);
    bench.shelf(0).fail(&["stage"]);
    bench.shelf(1).fail(&["stage"]);
    bench.driver().advance(id, Some(secret("secret-first")), &options).await.unwrap();
    bench.shelf(0).fail(&[]);
    bench.shelf(1).fail(&[]);
    bench.driver().advance(id, None, &options).await.unwrap();
    bench.shop().make("secret-second", None);
    let advanced = bench.driver().advance(id, Some(secret("secret-second")), &options).await.unwrap();
    assert_eq!((advanced.rotation.stage, advanced.rotation.orphans.len()), (Stage::Promoted, 1));
    bench.clock.advance(DRAIN);
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!(part(&advanced.rotation), Some(HumanPart::Retire));
    bench.shop().delete("id-0");
    let advanced = bench.driver().advance(id, None, &options).await.unwrap();
    assert_eq!(part(&advanced.rotation), Some(HumanPart::CleanUp), "{}", advanced.rotation.summary());
    bench.shop().delete(&first.id);
    // Nothing is known of it but that it was made: somebody must say that it is gone.
    let advanced = bench.driver().attest(id, olga(), "deleted", &options).await.unwrap();
    bench.assert_sound(&advanced.rotation, "one after the other").await;
}
