//! `caseway backup FILE` and `caseway restore FILE --to ADDRESS`.

use crate::terminal::say;
use crate::verify;
use std::path::Path;
use store::{Moved, without_password};

/// Writes everything into one file.
pub(crate) async fn save(address: &str, file: &Path, replace: bool) -> Result<(), String> {
    let bytes = store::back_up(address, file, replace)
        .await
        .map_err(|problem| problem.to_string())?;
    say(format!(
        "{} holds everything of {} as it was when this began: {} KiB",
        file.display(),
        without_password(address),
        bytes.div_ceil(1024)
    ));
    Ok(())
}

/// Fills an empty database from a file, and verifies it.
pub(crate) async fn restore(file: &Path, to: &str) -> Result<(), String> {
    let moved = store::restore(file, to).await;
    let moved = moved.map_err(|problem| problem.to_string())?;
    let rows: u64 = moved.iter().map(|Moved { rows, .. }| rows).sum();
    let found = verify::installation(to).await?;
    if !found.is_whole() {
        return Err(format!(
            "{rows} rows are restored, but {} things do not fit; `caseway verify --database {}` names them",
            found.breaks,
            without_password(to)
        ));
    }
    say(format!(
        "{} holds {rows} rows of {}, compared row by row; {} instances were verified",
        without_password(to),
        file.display(),
        found.instances
    ));
    Ok(())
}
