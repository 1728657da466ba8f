//! Builds the catalog from the database when the runtime opens.

use std::collections::BTreeMap;

use bpmn::{Catalog, Key};
use store::{DefinitionQuery, Store};

use super::{Latest, LatestVersion, prepare, with_contents};
use crate::runtime::Options;
use crate::{Resource, Result};

/// The catalog of everything that is deployed, and the latest version of each definition.
pub(crate) async fn load(store: &Store, options: Options) -> Result<(Catalog, Latest)> {
    let mut definitions = store.definitions(&DefinitionQuery::default()).await?;
    // Oldest first: of decisions the catalog keeps the one that came last.
    definitions.sort_by_key(|definition| (definition.version, definition.key));
    let mut catalog = Catalog::new(options.zone, options.calendar);
    let mut latest = Latest::new();
    let mut files: BTreeMap<Key, (Key, prepare::Prepared)> = BTreeMap::new();
    for definition in definitions {
        if !files.contains_key(&definition.resource)
            && let Some(resource) = store.resource(definition.resource).await?
        {
            let file = prepare::read(Resource {
                name: resource.name,
                text: resource.text,
            });
            if !file.report.is_deployable() {
                // It was deployable once: a newer program is stricter. Its instances get an incident when they go on.
                tracing::error!(
                    file = file.report.name,
                    "a deployed file cannot be read by this version"
                );
            }
            files.insert(definition.resource, (resource.deployment, file));
        }
        let Some((deployment, file)) = files.get(&definition.resource) else {
            continue;
        };
        catalog = with_contents(catalog, &file.contents, &file.text, *deployment, |id| {
            (id == definition.id).then_some((definition.key, definition.version))
        });
        let version = LatestVersion {
            key: definition.key,
            version: definition.version,
            sha256: file.sha256,
        };
        latest.insert((definition.kind, definition.id), version);
    }
    Ok((catalog, latest))
}
