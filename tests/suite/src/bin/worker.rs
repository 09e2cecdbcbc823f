//! The process that crash tests kill.

#[tokio::main(flavor = "current_thread")]
async fn main() -> guestpass::Result<()> {
    guestpass_suite::worker::work().await
}
