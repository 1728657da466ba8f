//! `caseway move --from ADDRESS --to ADDRESS`: carries a whole installation into an empty database.

use crate::random::hex;
use crate::terminal::say;
use store::{Store, without_password};

/// Copies, compares, and says what arrived.
pub(crate) async fn run(from: &str, to: &str) -> Result<(), String> {
    let source = open("--from", from).await?;
    let target = open("--to", to).await?;
    let moved = source.copy_to(&target).await;
    source.close().await;
    target.close().await;
    let moved = moved.map_err(|problem| problem.to_string())?;
    for table in moved.iter().filter(|table| table.rows > 0) {
        let hash = hex(&table.hash[..8]);
        say(format!(
            "{:20} {:>10} rows  {hash}",
            table.table, table.rows
        ));
    }
    say(format!(
        "everything is in {} and was compared, row by row; {} is as it was",
        without_password(to),
        without_password(from)
    ));
    Ok(())
}

async fn open(option: &str, address: &str) -> Result<Store, String> {
    let store = Store::open(address).await;
    store.map_err(|problem| format!("{option}: {problem}"))
}
