//! How the merchant is asked, and how an answer is pasted.

use std::io::{IsTerminal, Read};
use std::process::{Command, Stdio};

use guestpass::{AuthorizationRequest, AuthorizationStart, Error, ErrorKind, Result, Url};
use tokio::sync::oneshot;

const LONGEST_ADDRESS: u64 = 32 * 1024;

/// Opens the address in the browser of whoever sits at this terminal. If there is none, the address is printed anyhow.
pub(super) fn open_browser(question: &AuthorizationRequest) {
    let AuthorizationStart::Link(link) = &question.start else { return };
    if !std::io::stdout().is_terminal() || !matches!(link.scheme(), "https" | "http") {
        return;
    }
    let (program, first): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        // Without `cmd`, which would read more than an address in it.
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(first).arg(link.as_str());
    // Whether it opened is for the person to see.
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// The address that somebody pastes: one line of standard input.
pub(super) async fn pasted() -> Result<Url> {
    let (tell, told) = oneshot::channel();
    // A thread of its own, because nothing can stop reading from a terminal when the time is up.
    std::thread::spawn(move || {
        let _ = tell.send(read_line());
    });
    let nothing = || {
        Error::invalid(
            "standard input",
            "holds no address",
            "paste the whole address that the browser shows in the end",
        )
    };
    let line = told.await.map_err(|_| nothing())?;
    let line = line.map_err(|error| {
        let message = format!("standard input cannot be read: {}", error.kind());
        Error::new(ErrorKind::InvalidRequest, message).with_remedy("paste the address, or leave --paste out")
    })?;
    // The text is never repeated: it holds a code.
    Url::parse(line.trim()).map_err(|_| nothing())
}

fn read_line() -> std::io::Result<String> {
    let mut line = Vec::new();
    for byte in std::io::stdin().lock().take(LONGEST_ADDRESS).bytes() {
        let byte = byte?;
        if byte == b'\n' && !line.is_empty() {
            break;
        }
        line.push(byte);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}
