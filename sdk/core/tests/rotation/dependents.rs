//! The old one ends when every store that depends on it is safe.

use std::time::Duration;

use guestpass::rotation::{Carrying, DriverOptions, Stage};
use guestpass::{ErrorKind, StoreHandle};

use super::bench::{Bench, DRAIN, request};
use super::shop::Fault;

#[tokio::test]
async fn the_old_one_lives_until_every_store_is_safe() {
    let bench = Bench::new("by-tag");
    let [zeta, gone] = ["zeta", "gone"].map(|name| StoreHandle::new(name).unwrap());
    bench.world.slot.lock().unwrap().dependents = vec![zeta.clone(), gone.clone(), zeta.clone()];
    bench.world.others.lock().unwrap().push(zeta);
    bench.shop().script("carry_over", [Fault::None, Fault::Refused(ErrorKind::Unavailable)]);
    let id = bench.driver().begin(request()).await.unwrap().id;
    let mut options = DriverOptions::default();
    options.patience = Duration::from_secs(86_400);
    for (safe, visits) in [([true, false, false], 2), ([true, true, false], 3), ([true, true, false], 3)] {
        let advanced = bench.driver().advance(id, None, &options).await.unwrap();
        assert_eq!(advanced.rotation.stage, Stage::Promoted);
        let states: Vec<_> = advanced.rotation.dependents.iter().map(|one| one.state.is_safe()).collect();
        assert_eq!(states, safe, "{}", advanced.rotation.summary());
        assert_eq!(bench.shop().calls("carry_over"), visits, "who is safe is left alone");
        assert!(advanced.rotation.trouble.is_some() && bench.shop().works("secret-old"));
        bench.clock.advance(DRAIN);
    }
    let last = bench.last().await.unwrap();
    let Carrying::Failed { reason } = &last.dependents[2].state else { panic!("{last:?}") };
    assert!(reason.contains("not configured"), "{reason}");
    assert_eq!(bench.shop().calls("retire"), 0);
    bench.world.others.lock().unwrap().push(gone);
    let last = bench.finish().await;
    bench.assert_sound(&last, "dependents").await;
}
