//! Ctrl-C during a write.

use std::future::Future;

use futures_util::future::BoxFuture;
use guestpass::{Error, ErrorKind};
use tokio::sync::oneshot;

use crate::exit::Failure;
use crate::output::notice;

/// Runs a write to its end. The first Ctrl-C only says so, because a write that is cut off leaves nobody knowing whether
/// it was executed; the second gives up and says how to find out.
pub(crate) async fn finish<T>(
    write: impl Future<Output = guestpass::Result<T>>,
    look_with: impl FnOnce() -> String,
) -> Result<T, Failure> {
    let mut write = std::pin::pin!(write);
    tokio::select! {
        done = &mut write => return Ok(done?),
        () = stop_signal() => notice("the write under way is finished first; press Ctrl-C once more to give up"),
    }
    tokio::select! {
        done = &mut write => Ok(done?),
        () = stop_signal() => {
            let error = Error::new(ErrorKind::OutcomeUnknown, "given up during a write");
            Err(error.with_remedy(format!("see what it did with `{}`", look_with())).into())
        }
    }
}

/// Runs a worker until Ctrl-C tells it to stop, and lets it finish what is under way. The second Ctrl-C gives up.
pub(crate) async fn until_stopped<W: Future<Output = ()>>(
    work: impl FnOnce(BoxFuture<'static, ()>) -> W,
) -> Result<(), Failure> {
    let (tell, told) = oneshot::channel::<()>();
    let mut work = std::pin::pin!(work(Box::pin(async {
        // Somebody told it, or there is nobody left to tell it: either way it stops.
        let _ = told.await;
    })));
    tokio::select! {
        () = &mut work => return Ok(()),
        () = stop_signal() => notice("what is under way is finished first; press Ctrl-C once more to give up"),
    }
    let _ = tell.send(());
    tokio::select! {
        () = &mut work => Ok(()),
        () = stop_signal() => {
            let error = Error::new(ErrorKind::OutcomeUnknown, "given up while a store was worked on");
            Err(error.with_remedy("sweep again: it settles what is uncertain").into())
        }
    }
}

/// Runs something that another command can go on with. The first Ctrl-C tells it to come to an end; the second leaves it as
/// it is, which is `None`.
pub(crate) async fn or_later<T>(work: impl Future<Output = T>, stop: impl FnOnce()) -> Option<T> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => return Some(done),
        () = stop_signal() => notice("what is under way is finished first; press Ctrl-C once more to leave it"),
    }
    stop();
    tokio::select! {
        done = &mut work => Some(done),
        () = stop_signal() => None,
    }
}

/// Listens from now on, not only once somebody waits.
#[cfg(unix)]
fn stop_signal() -> impl Future<Output = ()> + Send {
    use tokio::signal::unix::{SignalKind, signal};
    let listening = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async {
        // Where signals cannot be listened to, they keep their usual effect and there is nothing to wait for.
        let (Ok(mut interrupt), Ok(mut terminate)) = listening else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Listens from now on for somebody who asks to stop.
pub(crate) fn stop_requested() -> impl Future<Output = ()> + Send {
    stop_signal()
}
