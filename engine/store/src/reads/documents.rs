//! Reads documents by id and by field, and the audit trail.

use super::limit;
use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::sql::Sql;
use crate::{AuditQuery, AuditRow, Document, MAX_LIMIT, Match, Order, Query, Store};

impl Store {
    /// One document.
    pub async fn document(&self, collection: &str, id: &str) -> Result<Option<Document>> {
        let ids = [id.to_owned()];
        Ok(self.documents_by_id(collection, &ids).await?.pop())
    }

    /// The documents with these ids, those that exist, by id.
    pub async fn documents_by_id(&self, collection: &str, ids: &[String]) -> Result<Vec<Document>> {
        let mut sql = self.sql(
            "select collection, id, revision, created_at, updated_at, body from documents where collection = ",
        );
        sql.bind(collection)
            .push(" and ")
            .one_of("id", ids)
            .push(" order by id");
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// A page of documents.
    pub async fn documents(&self, query: &Query) -> Result<Vec<Document>> {
        let mut sql = self
            .sql("select d.collection, d.id, d.revision, d.created_at, d.updated_at, d.body from ");
        let (value, id) = from(&mut sql, query);
        let (direction, follows) = match query.order {
            Order::Ascending => ("", ">"),
            Order::Descending => (" desc", "<"),
        };
        if let Some((after_value, after_id)) = &query.after {
            sql.push(&format!(" and ({value}, {id}) {follows} ("))
                .bind(after_value.as_str());
            sql.push(", ").bind(after_id.as_str()).push(")");
        }
        sql.push(&format!(
            " order by {value}{direction}, {id}{direction} limit "
        ));
        sql.bind(query.limit.min(MAX_LIMIT));
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// How many documents a query finds, whatever its limit.
    pub async fn document_count(&self, query: &Query) -> Result<u64> {
        let mut sql = self.sql("select count(*) from ");
        from(&mut sql, query);
        self.count("documents", sql).await
    }

    /// A page of the audit trail.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        let mut sql = self.sql(
            "select sequence, at, actor, on_behalf_of, action, subject, detail, reason from audit where true",
        );
        if let Some(subject) = &query.subject {
            sql.push(" and subject = ").bind(subject.as_str());
        }
        if let Some(actor) = &query.actor {
            sql.push(" and actor = ").bind(actor.as_str());
        }
        if let Some(before) = query.before {
            sql.push(" and sequence < ").bind(before);
        }
        sql.push(" order by sequence desc limit ")
            .bind(limit(query.limit));
        self.rows(sql).await?.iter().map(read_audit).collect()
    }
}

/// The table to look in and the condition; gives the columns of value and id.
fn from(sql: &mut Sql, query: &Query) -> (&'static str, &'static str) {
    let columns = if query.field.is_empty() {
        sql.push("documents d where d.collection = ")
            .bind(query.collection.as_str());
        ("d.id", "d.id")
    } else {
        // On SQLite a cross join keeps to the order of the fields, which is the order of the page.
        sql.push("document_fields f ").either("cross join", "join");
        sql.push(
            " documents d on d.collection = f.collection and d.id = f.id where f.collection = ",
        )
        .bind(query.collection.as_str());
        sql.push(" and f.field = ").bind(query.field.as_str());
        ("f.value", "f.id")
    };
    let value = columns.0;
    match &query.value {
        Match::Equals(text) => {
            sql.push(&format!(" and {value} = ")).bind(text.as_str());
        }
        Match::Prefix(text) => range(sql, value, text, &after_prefix(text)),
        Match::Range(first, end) => range(sql, value, first, end),
        Match::Any => {}
    }
    columns
}

fn range(sql: &mut Sql, value: &str, first: &str, end: &str) {
    sql.push(&format!(" and {value} >= ")).bind(first);
    sql.push(&format!(" and {value} < ")).bind(end);
}

/// A text behind every text with this prefix: both databases compare bytes here, and no text has a greater character.
fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

fn read(row: &Row) -> Result<Document> {
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

fn read_audit(row: &Row) -> Result<AuditRow> {
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
