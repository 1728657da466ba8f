//! Reads what was deployed.

use std::collections::BTreeMap;

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::{Definition, DefinitionKind, DefinitionQuery, Key, Store, StoredResource};

const KINDS: &[DefinitionKind] = &[
    DefinitionKind::Process,
    DefinitionKind::Decision,
    DefinitionKind::Form,
    DefinitionKind::Calendar,
];

impl Store {
    /// The definitions by kind and id, the newest version first.
    pub async fn definitions(&self, query: &DefinitionQuery) -> Result<Vec<Definition>> {
        let mut sql = self.sql(
            "select key, kind, id, version, name, version_tag, resource, deployed_at, withdrawn_at from definitions where true",
        );
        if let Some(key) = query.key {
            sql.push(" and key = ").bind(key);
        }
        if let Some(kind) = query.kind {
            sql.push(" and kind = ").bind(kind.as_str());
        }
        if let Some(id) = &query.id {
            sql.push(" and id = ").bind(id.as_str());
        }
        sql.push(" order by kind, id, version desc");
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// How often a definition was deployed or withdrawn: who knows a smaller number lacks something.
    pub async fn definition_changes(&self) -> Result<u64> {
        let sql = self.sql("select count(*) + count(withdrawn_at) from definitions");
        self.count("definitions", sql).await
    }

    /// The names of some uploaded files, without their texts, by their keys.
    pub async fn resource_names(&self, keys: &[Key]) -> Result<BTreeMap<Key, String>> {
        let mut sql = self.sql("select key, name from resources where ");
        sql.one_of("key", keys);
        let rows = self.rows(sql).await?;
        let read = |row| {
            let mut columns = Columns::of("resources", row);
            Ok((columns.key()?, columns.get()?))
        };
        rows.iter().map(read).collect()
    }

    /// The uploaded files whose names end so, in the order in which they came; capital letters do not count.
    pub async fn resources_ending_in(&self, ending: &str) -> Result<Vec<StoredResource>> {
        let mut sql = self.sql(
            "select key, deployment, name, sha256, text from resources where lower(name) like ",
        );
        sql.bind(format!("%{}", ending.to_lowercase()));
        sql.push(" order by key");
        self.rows(sql).await?.iter().map(read_resource).collect()
    }

    /// An uploaded file.
    pub async fn resource(&self, key: Key) -> Result<Option<StoredResource>> {
        let mut sql =
            self.sql("select key, deployment, name, sha256, text from resources where key = ");
        sql.bind(key);
        self.row(sql).await?.as_ref().map(read_resource).transpose()
    }
}

fn read(row: &Row) -> Result<Definition> {
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
        withdrawn_at: columns.optional_time()?,
    })
}

fn read_resource(row: &Row) -> Result<StoredResource> {
    let mut columns = Columns::of("resources", row);
    Ok(StoredResource {
        key: columns.key()?,
        deployment: columns.key()?,
        name: columns.get()?,
        sha256: columns.hash()?,
        text: columns.get()?,
    })
}
