//! Reads what was deployed.

use sqlx::sqlite::SqliteRow;

use super::columns::Columns;
use super::open::Database;
use crate::error::Result;
use crate::{Definition, DefinitionKind, DefinitionQuery, Key, StoredResource};

const KINDS: &[DefinitionKind] = &[
    DefinitionKind::Process,
    DefinitionKind::Decision,
    DefinitionKind::Form,
];

impl Database {
    pub(crate) async fn definitions(&self, query: &DefinitionQuery) -> Result<Vec<Definition>> {
        let text = "select key, kind, id, version, name, version_tag, resource, deployed_at from definitions
            where (?1 is null or kind = ?1) and (?2 is null or id = ?2) order by kind, id, version desc";
        let query = sqlx::query(text)
            .bind(query.kind.map(DefinitionKind::as_str))
            .bind(query.id.clone());
        let rows = query
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        rows.iter().map(read).collect()
    }

    pub(crate) async fn resource(&self, key: Key) -> Result<Option<StoredResource>> {
        let text = "select key, deployment, name, sha256, text from resources where key = ?";
        let query = sqlx::query(text).bind(i64::from(key));
        let row = query
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of("resources", &row);
        Ok(Some(StoredResource {
            key: columns.key()?,
            deployment: columns.key()?,
            name: columns.get()?,
            sha256: columns.hash()?,
            text: columns.get()?,
        }))
    }

    pub(crate) async fn sequence(&self, name: &'static str) -> Result<i64> {
        let query = sqlx::query_scalar("select value from sequences where name = ?").bind(name);
        let value: Option<i64> = query
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        Ok(value.unwrap_or(0))
    }
}

fn read(row: &SqliteRow) -> Result<Definition> {
    let mut columns = Columns::of("definitions", row);
    Ok(Definition {
        key: columns.key()?,
        kind: columns.word(KINDS, DefinitionKind::as_str)?,
        id: columns.get()?,
        version: columns.count()?,
        name: columns.get()?,
        version_tag: columns.get()?,
        resource: columns.key()?,
        deployed_at: columns.time()?,
    })
}
