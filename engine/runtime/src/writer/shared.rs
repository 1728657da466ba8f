//! What is different where several servers write to one database: a batch may have to be repeated, and others deploy.

use std::sync::Arc;

use super::{Done, Writer};
use crate::runtime::Options;
use crate::starts::Starts;
use crate::{Error, Result, deploy};

impl Writer {
    /// Whether somebody asks for a process that another server may have deployed.
    pub(super) fn misses(&self, done: &[Done]) -> bool {
        done.iter()
            .any(|done| matches!(done, Done::Request(Err(Error::NoSuchProcess { .. }))))
    }

    /// Reads the catalog again if there are definitions that it may lack. Gives whether it did.
    pub(super) async fn refresh(&mut self) -> Result<bool> {
        if self.store.definition_count().await? == self.definitions {
            return Ok(false);
        }
        self.reload().await?;
        Ok(true)
    }

    /// Reads again what the data stores hold.
    pub(super) async fn reread_stores(&mut self) -> Result<()> {
        let mut catalog = (*self.catalog.get()).clone();
        catalog.data_stores = deploy::data_stores(&self.store).await?;
        self.catalog.put(Arc::new(catalog));
        Ok(())
    }

    /// Reads the catalog from the database.
    pub(super) async fn reload(&mut self) -> Result<()> {
        let present = self.catalog.get();
        let options = Options {
            zone: present.zone.clone(),
            calendar: present.calendar.clone(),
        };
        let definitions = self.store.definition_count().await?;
        let (catalog, latest) = deploy::load(&self.store, options).await?;
        self.starts = Arc::new(Starts::of(&catalog, self.clock.now()));
        self.latest = Arc::new(latest);
        self.catalog.put(Arc::new(catalog));
        self.definitions = definitions;
        Ok(())
    }
}
