//! Waits at a redirect address on this machine for the one request that answers a question to a merchant.
//!
//! It serves nothing and repeats nothing of what it is sent: it reads the line of a request, bounded in size and time,
//! and answers with one of a few pages of its own. Browsers open several connections and ask for icons, and others on
//! this machine may knock; none of that ends the waiting.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use guestpass::{AuthorizationRequest, Clock, Error, ErrorKind, Result, Url, Wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::output::notice;

const LARGEST_REQUEST: usize = 32 * 1024;
const SLOWEST_REQUEST: Duration = Duration::from_secs(10);
const SHORT_OF_SOMETHING: Duration = Duration::from_millis(200);
const MOST_AT_ONCE: usize = 16;

/// A port on the loopback interface.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// The request that was waited for. Its browser waits to be told how it went.
pub(crate) struct Arrived {
    pub(crate) callback: Url,
    stream: TcpStream,
    clock: Arc<dyn Clock>,
}

/// What a browser is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Connected,
    NotConnected,
    NotOurs,
    NothingHere,
}

impl Listener {
    /// Takes a port; 0 takes a free one.
    pub(crate) async fn bind(port: u16) -> Result<Self> {
        let taken = |error: std::io::Error| {
            let message = format!("the port {port} on this machine cannot be used: {}", error.kind());
            Error::new(ErrorKind::Unavailable, message).with_remedy("name another one with --port")
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        Ok(Self { listener, address })
    }

    /// Where it waits.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the answer to this question comes.
    pub(crate) async fn answer(&self, question: &AuthorizationRequest, clock: &Arc<dyn Clock>) -> Arrived {
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MOST_AT_ONCE => match accepted {
                    Ok((stream, _)) => connections.push(serve(stream, question, clock)),
                    // This machine is short of something just now.
                    Err(_) => clock.sleep(SHORT_OF_SOMETHING, Wait::Guard).await,
                },
                Some(arrived) = connections.next(), if !connections.is_empty() => {
                    if let Some(arrived) = arrived {
                        return arrived;
                    }
                }
            }
        }
    }
}

impl Arrived {
    /// Tells the browser how it went. Somebody who closed it hears nothing.
    pub(crate) async fn tell(mut self, page: Page) {
        send(&mut self.stream, page, self.clock.as_ref()).await;
    }
}

/// Reads one request. Gives it back if it is the answer, and otherwise answers it.
async fn serve(
    mut stream: TcpStream,
    question: &AuthorizationRequest,
    clock: &Arc<dyn Clock>,
) -> Option<Arrived> {
    let line = tokio::select! {
        line = request_line(&mut stream) => line?,
        () = clock.sleep(SLOWEST_REQUEST, Wait::Guard) => return None,
    };
    let page = match callback_of(&line, &question.redirect) {
        Some(callback) if question.is_answered_by(&callback) => {
            return Some(Arrived { callback, stream, clock: clock.clone() });
        }
        Some(_) => {
            notice("somebody came back with an answer to another question; still waiting for ours");
            Page::NotOurs
        }
        None => Page::NothingHere,
    };
    send(&mut stream, page, clock.as_ref()).await;
    None
}

/// The first line of a request whose head was read to its end, because a connection that is closed with something unread
/// loses its answer. `None` for what is no request.
async fn request_line(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        head.extend_from_slice(part.get(..count)?);
        if head.len() > LARGEST_REQUEST {
            return None;
        }
    }
    let line = head.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(line).ok().map(str::to_owned)
}

/// The redirect address with the query of this request, if it is one for that address.
fn callback_of(line: &str, redirect: &Url) -> Option<Url> {
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if method != "GET" || path != redirect.path() {
        return None;
    }
    let mut callback = redirect.clone();
    callback.set_query(Some(query));
    Some(callback)
}

async fn send(stream: &mut TcpStream, page: Page, clock: &dyn Clock) {
    let answer = page.to_http();
    // Nothing depends on whether anybody reads it.
    let sent = async {
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    };
    tokio::select! {
        () = sent => {}
        () = clock.sleep(SLOWEST_REQUEST, Wait::Guard) => {}
    }
}

impl Page {
    fn to_http(self) -> String {
        let (status, title, text) = match self {
            Self::Connected => ("200 OK", "Connected", "The store is connected. You can close this page."),
            Self::NotConnected => (
                "400 Bad Request",
                "Not connected",
                "The store is not connected. The program that asked says why; you can close this page.",
            ),
            Self::NotOurs => (
                "400 Bad Request",
                "Not the answer",
                "This answer belongs to another question. Use the newest link of the program that asked.",
            ),
            Self::NothingHere => ("404 Not Found", "Nothing here", "There is nothing at this address."),
        };
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>guestpass: {title}</title></head>\
             <body><h1>{title}</h1><p>{text}</p></body></html>\n"
        );
        // The address holds a code, which must not travel on from the page.
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\
             cache-control: no-store\r\nreferrer-policy: no-referrer\r\nx-content-type-options: nosniff\r\n\
             content-security-policy: default-src 'none'\r\n\r\n{page}",
            page.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_request_for_the_redirect_address_is_one() {
        let redirect = Url::parse("https://app.example/auth/done").unwrap();
        let read = |line: &str| callback_of(line, &redirect).map(String::from);
        assert_eq!(
            read("GET /auth/done?code=c&state=s HTTP/1.1").as_deref(),
            Some("https://app.example/auth/done?code=c&state=s")
        );
        for other in [
            "GET /favicon.ico HTTP/1.1",
            "GET /auth HTTP/1.1",
            "GET /auth/done/?code=c HTTP/1.1",
            "POST /auth/done?code=c HTTP/1.1",
            "GET https://app.example/auth/done?code=c HTTP/1.1",
            "GET",
            "",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        let odd = read("GET /auth/done?code=<script>&x=#fragment HTTP/1.1").unwrap();
        assert!(!odd.contains('<') && odd.starts_with("https://app.example/auth/done?"), "{odd}");
    }

    #[test]
    fn every_page_tells_its_length() {
        for page in [Page::Connected, Page::NotConnected, Page::NotOurs, Page::NothingHere] {
            let text = page.to_http();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
            assert!(head.contains("no-store") && head.contains("no-referrer"), "{head}");
        }
    }
}
