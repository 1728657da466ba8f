//! Brings the tables of a file up to date. Migrations are numbered and never edited once they have been released.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};
use sqlx::{Row, SqliteConnection};

use super::open::Fault;
use crate::error::{Error, Result};

/// All migrations in order: number, name, text.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "foundation",
        include_str!("../../migrations/sqlite/0001_foundation.sql"),
    ),
    (
        2,
        "processes",
        include_str!("../../migrations/sqlite/0002_processes.sql"),
    ),
    (
        3,
        "events",
        include_str!("../../migrations/sqlite/0003_events.sql"),
    ),
    (
        4,
        "retention",
        include_str!("../../migrations/sqlite/0004_retention.sql"),
    ),
    (
        5,
        "deadlines",
        include_str!("../../migrations/sqlite/0005_deadlines.sql"),
    ),
    (
        6,
        "decisions",
        include_str!("../../migrations/sqlite/0006_decisions.sql"),
    ),
    (
        7,
        "packed",
        include_str!("../../migrations/sqlite/0007_packed.sql"),
    ),
    (
        8,
        "webhooks",
        include_str!("../../migrations/sqlite/0008_webhooks.sql"),
    ),
    (
        9,
        "searches",
        include_str!("../../migrations/sqlite/0009_searches.sql"),
    ),
    (
        10,
        "sight",
        include_str!("../../migrations/sqlite/0010_sight.sql"),
    ),
    (
        11,
        "hidden jobs",
        include_str!("../../migrations/sqlite/0011_hidden_jobs.sql"),
    ),
    (
        12,
        "withdrawn",
        include_str!("../../migrations/sqlite/0012_withdrawn.sql"),
    ),
    (
        13,
        "counts",
        include_str!("../../migrations/sqlite/0013_counts.sql"),
    ),
    (
        14,
        "decision order",
        include_str!("../../migrations/sqlite/0014_decision_order.sql"),
    ),
    (
        15,
        "roots",
        include_str!("../../migrations/sqlite/0015_roots.sql"),
    ),
    (
        16,
        "suspended",
        include_str!("../../migrations/sqlite/0016_suspended.sql"),
    ),
    (
        17,
        "deadline_order",
        include_str!("../../migrations/sqlite/0017_deadline_order.sql"),
    ),
    (
        18,
        "candidates",
        include_str!("../../migrations/sqlite/0018_candidates.sql"),
    ),
];

/// Which migrations this file has had. Written and read here.
const TABLE: &str = "create table if not exists migrations (
    number integer primary key,
    name text not null,
    sha256 blob not null
)";

/// Applies what is missing, each migration whole or not at all.
pub(super) async fn apply(connection: &mut SqliteConnection, fault: &Fault) -> Result<()> {
    if is_foreign(connection)
        .await
        .map_err(|error| fault.of(error))?
    {
        return Err(Error::Foreign {
            path: fault.path().to_owned(),
        });
    }
    run(connection, TABLE)
        .await
        .map_err(|error| fault.of(error))?;
    let applied = applied(connection).await.map_err(|error| fault.of(error))?;
    let known = MIGRATIONS.len() as i64;
    if let Some((found, _)) = applied.iter().find(|(number, _)| *number > known) {
        return Err(Error::Newer {
            path: fault.path().to_owned(),
            found: *found,
            known,
        });
    }
    for (number, name, text) in MIGRATIONS {
        let sha256: Vec<u8> = Sha256::digest(text.as_bytes()).to_vec();
        match applied.iter().find(|(applied, _)| applied == number) {
            Some((_, before)) if *before == sha256 => {}
            Some(_) => {
                return Err(Error::Edited {
                    path: fault.path().to_owned(),
                    number: *number,
                });
            }
            None => apply_one(connection, *number, name, text, sha256)
                .await
                .map_err(|error| fault.of(error))?,
        }
    }
    Ok(())
}

/// Whether the tables are exactly those that this program knows; changes nothing.
pub(super) async fn inspect(connection: &mut SqliteConnection, fault: &Fault) -> Result<()> {
    let tables = tables(connection).await.map_err(|error| fault.of(error))?;
    let known = MIGRATIONS.len() as i64;
    let found = match tables {
        (_, ours) if ours > 0 => {
            let applied = applied(connection).await.map_err(|error| fault.of(error))?;
            applied.last().map_or(0, |(number, _)| *number)
        }
        (0, _) => 0,
        (_, _) => {
            return Err(Error::Foreign {
                path: fault.path().to_owned(),
            });
        }
    };
    let path = fault.path().to_owned();
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Error::Newer { path, found, known }),
        Ordering::Less => Err(Error::Older { path, found, known }),
    }
}

/// Whether there are tables, but none of ours.
async fn is_foreign(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let (tables, ours) = tables(connection).await?;
    Ok(tables > 0 && ours == 0)
}

/// How many tables there are, and whether the one of the migrations is among them.
async fn tables(connection: &mut SqliteConnection) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query("select count(*), coalesce(sum(name = 'migrations'), 0) from sqlite_master where type = 'table'")
        .fetch_one(connection)
        .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn applied(connection: &mut SqliteConnection) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    let rows = sqlx::query("select number, sha256 from migrations order by number")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

async fn apply_one(
    connection: &mut SqliteConnection,
    number: i64,
    name: &str,
    text: &'static str,
    sha256: Vec<u8>,
) -> sqlx::Result<()> {
    run(connection, "begin immediate").await?;
    let done = async {
        run(connection, text).await?;
        sqlx::query("insert into migrations (number, name, sha256) values (?, ?, ?)")
            .bind(number)
            .bind(name.to_owned())
            .bind(sha256)
            .execute(&mut *connection)
            .await?;
        run(connection, "commit").await
    }
    .await;
    if done.is_err() {
        // The first error is the one to report.
        let _ = run(connection, "rollback").await;
    }
    done
}

async fn run(connection: &mut SqliteConnection, text: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(text).execute(connection).await.map(|_| ())
}
