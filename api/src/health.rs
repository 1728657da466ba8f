//! `/health/live`: the program runs. `/health/ready`: it can also work. A write has gone through the queue and the writer to the
//! database just now, the tables are those that this program knows, and the disk has room.

use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use runtime::Stopwatch;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// For how long an answer is told again: everybody may ask, and each look writes.
const LOOKED_FOR: Duration = Duration::from_secs(2);
/// How long a write may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// With less space than that on the disk of a SQLite file, the server takes no more work.
pub(crate) const DISK_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// What was seen last.
#[derive(Default)]
pub(crate) struct Health {
    last: Mutex<Option<(Stopwatch, Ready)>>,
}

/// Whether the server can work; if not, why, in words that everybody may read.
pub(crate) type Ready = Result<(), &'static str>;

/// For load balancers and service managers; open to everybody, says yes, or no and in general why.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
}

/// A load balancer keeps away while the answer is no.
async fn ready(State(state): State<AppState>) -> (StatusCode, String) {
    match looked(&state).await {
        Ok(()) => (StatusCode::OK, "ready\n".into()),
        Err(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {why}\n"),
        ),
    }
}

/// Looks, or tells what was seen a moment ago. Whoever asks meanwhile waits for the same look.
pub(crate) async fn looked(state: &AppState) -> Ready {
    let mut last = state.health.last.lock().await;
    if let Some((time, ready)) = *last
        && time.elapsed() < LOOKED_FOR
    {
        return ready;
    }
    let ready = look(state).await;
    *last = Some((Stopwatch::start(), ready));
    ready
}

async fn look(state: &AppState) -> Ready {
    if let Some(folder) = folder(&state.settings.database)
        && let Some(free) = free_bytes(&folder)
        && free < DISK_BYTES_MIN
    {
        tracing::warn!(free, "not ready: the disk of the database is nearly full");
        return Err("the disk is nearly full");
    }
    match tokio::time::timeout(PATIENCE, state.runtime.probe()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problem)) => {
            tracing::warn!("not ready: {problem}");
            Err(if matches!(problem, runtime::Error::Stopped) {
                "the server is stopping"
            } else if matches!(problem, runtime::Error::Busy) {
                "too many requests wait"
            } else {
                "the database cannot be written"
            })
        }
        Err(_) => {
            tracing::warn!(
                "not ready: a write takes longer than {} s",
                PATIENCE.as_secs()
            );
            Err("the database does not answer in time")
        }
    }
}

/// The folder of a SQLite file; PostgreSQL looks after its own disk.
fn folder(database: &str) -> Option<PathBuf> {
    let path = database
        .strip_prefix("sqlite://")
        .or_else(|| database.strip_prefix("sqlite:"))?;
    let folder = Path::new(path).parent()?;
    Some(if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder.to_owned()
    })
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(database: &str, expected: Option<&str>) {
        assert_eq!(folder(database), expected.map(PathBuf::from), "{database}");
    }

    #[test]
    fn the_disk_is_that_of_the_file() {
        check("sqlite:caseway.db", Some("."));
        check("sqlite:/var/lib/caseway.db", Some("/var/lib"));
        check("postgres://db/caseway", None);
    }

    #[test]
    #[cfg(unix)]
    fn a_disk_says_how_much_space_is_left() {
        assert!(free_bytes(Path::new(".")).is_some_and(|free| free > 0));
        assert_eq!(free_bytes(Path::new("/nowhere at all")), None);
    }
}
