//! `caseway verify`: is the history whole, and do states and tables say what it says?

use crate::terminal::{complain, say};
use runtime::verify::{BREAKS_TOLD, Verified};
use runtime::{Clock, verify};
use store::{Store, without_password};

/// Says what was found.
///
/// # Errors
/// One line, where something does not fit.
pub(crate) async fn run(address: &str) -> Result<(), String> {
    let found = installation(address).await?;
    say(format!(
        "{} instances, {} commands, {} records, {} rows",
        found.instances, found.commands, found.records, found.rows
    ));
    for one in &found.first {
        let command = one
            .position
            .map(|position| format!(", command {position}"))
            .unwrap_or_default();
        complain(format!("instance {}{command}: {}", one.instance, one.what));
    }
    if found.is_whole() {
        say("everything fits: hash chains, states, tables");
        return Ok(());
    }
    let told = if found.breaks > BREAKS_TOLD as u64 {
        format!(" (the first {BREAKS_TOLD} are above)")
    } else {
        String::new()
    };
    Err(format!(
        "{} things do not fit in {}{told}; keep this database as it is, and compare with a backup that `caseway verify` finds whole",
        found.breaks,
        without_password(address)
    ))
}

/// Looks at everything, and logs how far it is.
pub(crate) async fn installation(address: &str) -> Result<Verified, String> {
    let store = Store::snapshot(address)
        .await
        .map_err(|problem| problem.to_string())?;
    let clock = Clock::system();
    let mut told = clock.now();
    let found = verify::verify(&store, |found| {
        let now = clock.now();
        if now.duration_since(told).as_secs() >= 10 {
            told = now;
            tracing::info!(
                instances = found.instances,
                breaks = found.breaks,
                "verifying"
            );
        }
    });
    let found = found.await.map_err(|problem| problem.to_string());
    store.close().await;
    found
}
