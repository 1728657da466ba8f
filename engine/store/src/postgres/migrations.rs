//! Brings the tables of a schema up to date. Migrations are numbered and never edited once they have been released.
//!
//! Servers that start at the same time take their turns by an advisory lock.

use std::cmp::Ordering;

use sha2::{Digest, Sha256};
use sqlx::{PgConnection, Row};

use super::fault::Fault;
use crate::error::{Error, Result};

/// All migrations in order: number, name, text.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        "foundation",
        include_str!("../../migrations/postgres/0001_foundation.sql"),
    ),
    (
        2,
        "processes",
        include_str!("../../migrations/postgres/0002_processes.sql"),
    ),
    (
        3,
        "events",
        include_str!("../../migrations/postgres/0003_events.sql"),
    ),
    (
        4,
        "retention",
        include_str!("../../migrations/postgres/0004_retention.sql"),
    ),
    (
        5,
        "deadlines",
        include_str!("../../migrations/postgres/0005_deadlines.sql"),
    ),
    (
        6,
        "decisions",
        include_str!("../../migrations/postgres/0006_decisions.sql"),
    ),
    (
        7,
        "packed",
        include_str!("../../migrations/postgres/0007_packed.sql"),
    ),
    (
        8,
        "webhooks",
        include_str!("../../migrations/postgres/0008_webhooks.sql"),
    ),
    (
        9,
        "searches",
        include_str!("../../migrations/postgres/0009_searches.sql"),
    ),
    (
        10,
        "sight",
        include_str!("../../migrations/postgres/0010_sight.sql"),
    ),
    (
        11,
        "hidden jobs",
        include_str!("../../migrations/postgres/0011_hidden_jobs.sql"),
    ),
    (
        12,
        "withdrawn",
        include_str!("../../migrations/postgres/0012_withdrawn.sql"),
    ),
    (
        13,
        "counts",
        include_str!("../../migrations/postgres/0013_counts.sql"),
    ),
    (
        14,
        "decision order",
        include_str!("../../migrations/postgres/0014_decision_order.sql"),
    ),
    (
        15,
        "roots",
        include_str!("../../migrations/postgres/0015_roots.sql"),
    ),
    (
        16,
        "suspended",
        include_str!("../../migrations/postgres/0016_suspended.sql"),
    ),
    (
        17,
        "deadline_order",
        include_str!("../../migrations/postgres/0017_deadline_order.sql"),
    ),
];

/// The number of the last of them.
pub(crate) const KNOWN: u64 = MIGRATIONS.len() as u64;

/// The oldest server that is known to work.
const SERVER_MIN: i32 = 150_000;

/// Which migrations this schema has had. Written and read here.
const TABLE: &str = "create table if not exists migrations (
    number bigint primary key,
    name text not null,
    sha256 bytea not null
)";

/// The lock of those who migrate; held until the transaction ends. Any number that nobody else takes.
const LOCK: &str = "select pg_advisory_xact_lock(4848270415)";

/// Applies what is missing, all of it or nothing.
pub(super) async fn apply(connection: &mut PgConnection, fault: &Fault) -> Result<()> {
    let (number, found) = server(connection).await.map_err(|error| fault.of(error))?;
    if number < SERVER_MIN {
        return Err(Error::OldServer {
            path: fault.address(),
            found,
        });
    }
    run(connection, "begin")
        .await
        .map_err(|error| fault.of(error))?;
    let migrated = migrate(connection, fault).await;
    let end = if migrated.is_ok() {
        "commit"
    } else {
        "rollback"
    };
    let ended = run(connection, end).await.map_err(|error| fault.of(error));
    migrated.and(ended)
}

async fn migrate(connection: &mut PgConnection, fault: &Fault) -> Result<()> {
    run(connection, LOCK)
        .await
        .map_err(|error| fault.of(error))?;
    if is_foreign(connection)
        .await
        .map_err(|error| fault.of(error))?
    {
        return Err(Error::ForeignTables {
            path: fault.address(),
        });
    }
    run(connection, TABLE)
        .await
        .map_err(|error| fault.of(error))?;
    let applied = applied(connection).await.map_err(|error| fault.of(error))?;
    let known = MIGRATIONS.len() as i64;
    if let Some((found, _)) = applied.iter().find(|(number, _)| *number > known) {
        return Err(Error::Newer {
            path: fault.address(),
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
                    path: fault.address(),
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

/// The version of the server as a number and as a text.
async fn server(connection: &mut PgConnection) -> sqlx::Result<(i32, String)> {
    let text =
        "select current_setting('server_version_num')::int, current_setting('server_version')";
    let row = sqlx::query(text).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Whether the tables are exactly those that this program knows; changes nothing.
pub(super) async fn inspect(connection: &mut PgConnection, fault: &Fault) -> Result<()> {
    let tables = tables(connection).await.map_err(|error| fault.of(error))?;
    let known = MIGRATIONS.len() as i64;
    let found = match tables {
        (_, ours) if ours > 0 => {
            let applied = applied(connection).await.map_err(|error| fault.of(error))?;
            applied.last().map_or(0, |(number, _)| *number)
        }
        (0, _) => 0,
        (_, _) => {
            return Err(Error::ForeignTables {
                path: fault.address(),
            });
        }
    };
    let path = fault.address();
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Error::Newer { path, found, known }),
        Ordering::Less => Err(Error::Older { path, found, known }),
    }
}

/// Whether there are tables in the schema, but none of ours.
async fn is_foreign(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let (tables, ours) = tables(connection).await?;
    Ok(tables > 0 && ours == 0)
}

/// How many tables there are, and whether the one of the migrations is among them.
async fn tables(connection: &mut PgConnection) -> sqlx::Result<(i64, i64)> {
    let text = "select count(*), count(*) filter (where tablename = 'migrations') from pg_tables
        where schemaname = current_schema()";
    let row = sqlx::query(text).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn applied(connection: &mut PgConnection) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    let rows = sqlx::query("select number, sha256 from migrations order by number")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

async fn apply_one(
    connection: &mut PgConnection,
    number: i64,
    name: &str,
    text: &'static str,
    sha256: Vec<u8>,
) -> sqlx::Result<()> {
    run(connection, text).await?;
    sqlx::query("insert into migrations (number, name, sha256) values ($1, $2, $3)")
        .bind(number)
        .bind(name.to_owned())
        .bind(sha256)
        .execute(connection)
        .await
        .map(|_| ())
}

async fn run(connection: &mut PgConnection, text: &'static str) -> sqlx::Result<()> {
    sqlx::raw_sql(text).execute(connection).await.map(|_| ())
}
