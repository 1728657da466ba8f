//! Finds out whether a batch was committed when the connection was lost before the answer came.

use crate::sql::{Dialect, Sql, Value};
use crate::{Batch, DocumentWrite};

/// A query that finds a row exactly if the batch was committed; `None` where no row of it can tell.
pub(in crate::postgres) fn proof(batch: &Batch) -> Option<Sql> {
    let mut sql = Sql::new(Dialect::Postgres, "select 1 from ");
    if let Some(row) = batch.history.first() {
        // Its hash stands for the whole account of the instance up to here.
        sql.push("history where instance = ").bind(row.instance);
        sql.push(" and sequence = ").bind(row.sequence);
        sql.push(" and ")
            .one_of("hash", Value::Bytes(vec![row.hash.to_vec()]));
        return Some(sql);
    }
    let put = batch.documents.values().find_map(|write| match write {
        DocumentWrite::Put { document, .. } => Some(document),
        DocumentWrite::Delete => None,
    });
    let document = put?;
    sql.push("documents where collection = ")
        .bind(document.collection.as_str());
    sql.push(" and id = ").bind(document.id.as_str());
    sql.push(" and revision = ").bind(document.revision);
    sql.push(" and updated_at = ").bind(document.updated_at);
    sql.push(" and body = ").bind(document.body.to_string());
    Some(sql)
}
