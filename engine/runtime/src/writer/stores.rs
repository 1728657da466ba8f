//! What steps write to data stores: seen at once by what follows in the batch, a document of each store in the end.
//!
//! The catalog holds the content of all stores. An attempt writes to its own copy, which the batch takes over when the
//! attempt is kept and everybody when the batch is committed; so nothing remains of what failed.
//!
//! Several servers over one database: each batch asks whether others have written to a store since it was read, and its
//! commit fails, and is repeated, where somebody does until then.

use std::sync::Arc;

use bpmn::Record;
use serde_json::json;

use super::attempt::Attempt;
use crate::deploy::DATA_STORES;
use crate::{Error, Expect, Put, Result};

impl Attempt<'_> {
    /// Lets the next steps see what these records have written.
    pub(super) fn see_stores(&mut self, records: &[Record]) {
        let Some(catalog) = self.draft.catalog.with_written(records) else {
            return;
        };
        self.draft.catalog = Arc::new(catalog);
        for record in records {
            if let Record::DataStoreWritten { store, .. } = record {
                self.draft.stores.insert(store.clone());
            }
        }
    }

    /// One revision of the document of each store that was written, however often that was.
    pub(super) async fn put_stores(&mut self) -> Result<()> {
        for store in std::mem::take(&mut self.draft.stores) {
            let content = self.draft.catalog.data_stores.get(&*store);
            let value = serde_json::to_value(content).map_err(|error| Error::Bug {
                what: error.to_string(),
            })?;
            self.put(Put {
                collection: DATA_STORES,
                id: store.to_string(),
                expect: Expect::Any,
                body: json!({ "value": value }),
                fields: Vec::new(),
            })
            .await?;
        }
        Ok(())
    }
}
