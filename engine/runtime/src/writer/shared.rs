//! What is different where several servers write to one database: a batch may have to be repeated, and others deploy.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::{DocumentId, Unit};

use super::Writer;
use crate::deploy::DATA_STORES;
use crate::runtime::Options;
use crate::starts::Starts;
use crate::{Result, deploy};

impl Writer {
    /// Reads the catalog again if there are definitions that it may lack. Gives whether it did.
    pub(super) async fn refresh(&mut self) -> Result<bool> {
        if self.store.definition_changes().await? == self.definitions {
            return Ok(false);
        }
        self.reload().await?;
        Ok(true)
    }

    /// Reads again what the data stores hold, where others have written to one since. The commit fails if somebody does
    /// until then, so a step never builds upon what is not there any more.
    pub(super) async fn fresh_stores(&mut self, unit: &mut Unit) -> Result<()> {
        if !self.store.is_shared() || self.store_names.is_empty() {
            return Ok(());
        }
        let ids: Vec<DocumentId> = self
            .store_names
            .iter()
            .map(|name| (DATA_STORES.to_owned(), name.clone()))
            .collect();
        let found = unit.revisions(&ids).await?;
        let stores: BTreeMap<String, i64> = found
            .into_iter()
            .map(|((_, name), revision, _)| (name, revision))
            .collect();
        if stores != self.stores {
            let mut catalog = (*self.catalog.get()).clone();
            catalog.data_stores = deploy::data_stores(&self.store).await?;
            self.catalog.put(Arc::new(catalog));
            self.stores = stores;
        }
        Ok(())
    }

    /// Reads the catalog from the database.
    pub(super) async fn reload(&mut self) -> Result<()> {
        let present = self.catalog.get();
        let options = Options {
            zone: present.zone.clone(),
            calendar: present.calendar.clone(),
        };
        let definitions = self.store.definition_changes().await?;
        let (catalog, latest) = deploy::load(&self.store, options).await?;
        self.starts = Arc::new(Starts::of(&catalog, self.clock.now()));
        self.store_names = catalog.data_store_names();
        self.latest = Arc::new(latest);
        self.catalog.put(Arc::new(catalog));
        self.definitions = definitions;
        Ok(())
    }
}
