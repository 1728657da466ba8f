//! Reads documents by id and by field, and the audit trail.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::columns::Columns;
use super::open::Database;
use super::unit::json;
use crate::error::Result;
use crate::{AuditQuery, AuditRow, DEFAULT_LIMIT, Document, MAX_LIMIT, Match, Order, Query};

impl Database {
    pub(crate) async fn documents_by_id(
        &self,
        collection: &str,
        ids: &[String],
    ) -> Result<Vec<Document>> {
        let text = "select collection, id, revision, created_at, updated_at, body from documents
            where collection = ? and id in (select value from json_each(?)) order by id";
        let query = sqlx::query(text)
            .bind(collection.to_owned())
            .bind(json(ids));
        let rows = query
            .fetch_all(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        rows.iter().map(read).collect()
    }

    pub(crate) async fn documents(&self, query: &Query) -> Result<Vec<Document>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "select d.collection, d.id, d.revision, d.created_at, d.updated_at, d.body from ",
        );
        let (value, id) = from(&mut sql, query);
        let (direction, follows) = match query.order {
            Order::Ascending => ("", ">"),
            Order::Descending => (" desc", "<"),
        };
        if let Some((after_value, after_id)) = &query.after {
            sql.push(format_args!(" and ({value}, {id}) {follows} ("))
                .push_bind(after_value.clone());
            sql.push(", ").push_bind(after_id.clone()).push(")");
        }
        sql.push(format_args!(
            " order by {value}{direction}, {id}{direction} limit "
        ));
        sql.push_bind(i64::from(query.limit.min(MAX_LIMIT)));
        let rows = sql.build().fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read)
            .collect()
    }

    pub(crate) async fn document_count(&self, query: &Query) -> Result<u64> {
        let mut sql = QueryBuilder::<Sqlite>::new("select count(*) from ");
        from(&mut sql, query);
        let count: i64 = sql
            .build_query_scalar()
            .fetch_one(&self.readers)
            .await
            .map_err(|error| self.fault.of(error))?;
        Ok(count.unsigned_abs())
    }

    pub(crate) async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "select sequence, at, actor, on_behalf_of, action, subject, detail, reason from audit where true",
        );
        if let Some(subject) = &query.subject {
            sql.push(" and subject = ").push_bind(subject.clone());
        }
        if let Some(actor) = &query.actor {
            sql.push(" and actor = ").push_bind(actor.clone());
        }
        if let Some(before) = query.before {
            sql.push(" and sequence < ").push_bind(before);
        }
        sql.push(" order by sequence desc limit ")
            .push_bind(limit(query.limit));
        let rows = sql.build().fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault.of(error))?
            .iter()
            .map(read_audit)
            .collect()
    }
}

/// The table to look in and the condition; gives the columns of value and id.
fn from(sql: &mut QueryBuilder<Sqlite>, query: &Query) -> (&'static str, &'static str) {
    let columns = if query.field.is_empty() {
        sql.push("documents d where d.collection = ")
            .push_bind(query.collection.clone());
        ("d.id", "d.id")
    } else {
        // The cross join keeps SQLite on the order of the fields, which is the order of the page.
        sql.push("document_fields f cross join documents d on d.collection = f.collection and d.id = f.id");
        sql.push(" where f.collection = ")
            .push_bind(query.collection.clone());
        sql.push(" and f.field = ").push_bind(query.field.clone());
        ("f.value", "f.id")
    };
    let value = columns.0;
    match &query.value {
        Match::Equals(text) => {
            sql.push(format_args!(" and {value} = "))
                .push_bind(text.clone());
        }
        Match::Prefix(text) => range(sql, value, text, &after_prefix(text)),
        Match::Range(first, end) => range(sql, value, first, end),
        Match::Any => {}
    }
    columns
}

fn range(sql: &mut QueryBuilder<Sqlite>, value: &str, first: &str, end: &str) {
    sql.push(format_args!(" and {value} >= "))
        .push_bind(first.to_owned());
    sql.push(format_args!(" and {value} < "))
        .push_bind(end.to_owned());
}

/// A text behind every text with this prefix: SQLite compares bytes, and no text has a greater character.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

pub(super) fn limit(limit: u32) -> i64 {
    i64::from(if limit == 0 {
        DEFAULT_LIMIT
    } else {
        limit.min(MAX_LIMIT)
    })
}

fn read(row: &SqliteRow) -> Result<Document> {
    let mut columns = Columns::of("documents", row);
    Ok(Document {
        collection: columns.get()?,
        id: columns.get()?,
        revision: columns.get()?,
        created_at: columns.time()?,
        updated_at: columns.time()?,
        body: columns.json()?,
    })
}

fn read_audit(row: &SqliteRow) -> Result<AuditRow> {
    let mut columns = Columns::of("audit", row);
    Ok(AuditRow {
        sequence: columns.get()?,
        at: columns.time()?,
        actor: columns.get()?,
        on_behalf_of: columns.get()?,
        action: columns.get()?,
        subject: columns.get()?,
        detail: columns.get()?,
        reason: columns.get()?,
    })
}
