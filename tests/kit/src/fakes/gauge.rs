//! A relay before a fake's server that sees how many requests are on their way at once. The server itself handles one
//! after the other, so it cannot tell.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use wiremock::MockServer;

/// A server behind its relay; both stop with it.
#[derive(Debug)]
pub(super) struct Gauged {
    address: SocketAddr,
    gauge: Arc<Gauge>,
    relay: AbortHandle,
    _server: MockServer,
}

#[derive(Debug, Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauged {
    pub(super) fn start(listener: TcpListener, server: MockServer) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let gauge = Arc::new(Gauge::default());
        let relay = tokio::spawn(accept(listener, *server.address(), Arc::clone(&gauge)));
        Ok(Self { address, gauge, relay: relay.abort_handle(), _server: server })
    }

    pub(super) fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Host and port.
    pub(super) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(super) fn most_in_flight(&self) -> usize {
        self.gauge.most.load(Ordering::SeqCst)
    }
}

impl Drop for Gauged {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

async fn accept(listener: tokio::net::TcpListener, server: SocketAddr, gauge: Arc<Gauge>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(relay(client, server, Arc::clone(&gauge)));
        while connections.try_join_next().is_some() {}
    }
}

async fn relay(client: TcpStream, server: SocketAddr, gauge: Arc<Gauge>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let busy = Busy { gauge, set: AtomicBool::new(false) };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let requests = copy(from_client, to_server, || busy.begin());
    let answers = copy(from_server, to_client, || busy.end());
    // A server that hangs up drops the answer; a client that hangs up leaves the request to the server.
    tokio::pin!(requests);
    tokio::select! {
        _ = answers => {}
        () = async { requests.await; std::future::pending::<()>().await } => {}
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, seen: impl Fn()) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        seen();
        let Some(bytes) = buffer.get(..count) else {
            return;
        };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Whether a connection waits for an answer.
struct Busy {
    gauge: Arc<Gauge>,
    set: AtomicBool,
}

impl Busy {
    fn begin(&self) {
        if !self.set.swap(true, Ordering::SeqCst) {
            let now = self.gauge.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.gauge.most.fetch_max(now, Ordering::SeqCst);
        }
    }

    fn end(&self) {
        if self.set.swap(false, Ordering::SeqCst) {
            self.gauge.now.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.end();
    }
}
