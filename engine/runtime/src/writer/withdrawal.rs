//! Withdraws what was deployed: rows stay, for what began by them.

use std::sync::Arc;

use bpmn::{Catalog, Key};
use store::DefinitionKind;

use super::attempt::Attempt;
use crate::deploy::LatestVersion;
use crate::starts::Starts;
use crate::{Error, Outcome, Result};

impl Attempt<'_> {
    /// Withdraws versions. What starts instances of the version before is awaited again.
    pub(super) async fn withdraw(&mut self, definitions: Vec<Key>) -> Result<Outcome> {
        for key in definitions {
            self.withdraw_one(key).await?;
        }
        let starts = Starts::of(&self.draft.catalog, self.work.now);
        self.draft.starts = Arc::new(starts);
        Ok(Outcome::Withdrawn)
    }

    async fn withdraw_one(&mut self, key: Key) -> Result<()> {
        let catalog = self.draft.catalog.clone();
        let found = found(&catalog, key).filter(|_| !catalog.is_withdrawn(key));
        let (kind, id, version) = found.ok_or(Error::NoSuchDefinition(key))?;
        let is_latest = kind == DefinitionKind::Process
            && catalog.latest(&id).is_some_and(|latest| latest.key == key);
        let catalog = (*catalog).clone().with_withdrawn(key);
        let before = catalog.latest(&id).map(|before| before.key);
        self.draft.catalog = Arc::new(catalog);
        self.draft.changes.withdrawn.insert(key, self.work.now);
        let latest = self.latest(kind, &id);
        if latest.is_some_and(|latest| latest.key == key) {
            let withdrawn = LatestVersion {
                key,
                version,
                sha256: None,
            };
            self.draft.latest.insert((kind, id), withdrawn);
        }
        if is_latest {
            self.unschedule(key).await?;
            if let Some(before) = before {
                // What of its times cannot be computed was told when it was deployed.
                self.schedule(before).await?;
            }
        }
        Ok(())
    }
}

/// Kind, id and version of what has this key.
fn found(catalog: &Catalog, key: Key) -> Option<(DefinitionKind, String, u32)> {
    let process = catalog.process(key).map(|deployed| {
        let id = deployed.definition.id().to_owned();
        (DefinitionKind::Process, id, deployed.version)
    });
    let decision = || {
        let deployed = catalog.decision_version(key)?;
        let id = deployed.decision.id().to_owned();
        Some((DefinitionKind::Decision, id, deployed.version))
    };
    let form = || {
        let form = catalog.form_version(key)?;
        Some((DefinitionKind::Form, form.id.clone(), form.version))
    };
    process.or_else(decision).or_else(form)
}
