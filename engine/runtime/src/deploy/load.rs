//! Builds the catalog from the database when the runtime opens.

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::{Catalog, Key};
use feel::Value;
use store::{DefinitionQuery, MAX_LIMIT, Query, Store};

use super::imports::Models;
use super::{Latest, LatestVersion, prepare, with_contents};
use crate::reads::bad_row;
use crate::runtime::Options;
use crate::{Resource, Result};

/// The collection whose documents are what data stores hold: `{ "value": ... }`, by the name of the store.
pub(crate) const DATA_STORES: &str = "data-stores";

/// The catalog of everything that is deployed, and the latest version of each definition.
pub(crate) async fn load(store: &Store, options: Options) -> Result<(Catalog, Latest)> {
    let mut definitions = store.definitions(&DefinitionQuery::default()).await?;
    // Oldest first: of decisions the catalog keeps the one that came last.
    definitions.sort_by_key(|definition| (definition.version, definition.key));
    let mut catalog = Catalog::new(options.zone, options.calendar);
    for file in store.resources_ending_in(".dmn").await? {
        if let Some(head) = dmn::head(&file.text) {
            catalog = catalog.with_decision_model(bpmn::DecisionModel {
                namespace: head.namespace,
                deployment: file.deployment,
                text: file.text.into(),
            });
        }
    }
    let mut latest = Latest::new();
    let mut files: BTreeMap<Key, (Key, prepare::Prepared)> = BTreeMap::new();
    for definition in definitions {
        if !files.contains_key(&definition.resource)
            && let Some(resource) = store.resource(definition.resource).await?
        {
            let uploaded = Resource {
                name: resource.name,
                text: resource.text,
            };
            let models = Models {
                files: Vec::new(),
                catalog: &catalog,
                at: Some(resource.deployment),
            };
            let file = prepare::read(&uploaded, bpmn::read_deployed, &models);
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
        let is_withdrawn = definition.withdrawn_at.is_some();
        if is_withdrawn {
            catalog = catalog.with_withdrawn(definition.key);
        }
        let version = LatestVersion {
            key: definition.key,
            version: definition.version,
            sha256: Some(file.sha256).filter(|_| !is_withdrawn),
        };
        latest.insert((definition.kind, definition.id), version);
    }
    catalog.data_stores = data_stores(store).await?;
    Ok((catalog, latest))
}

/// What the data stores hold, by their names.
pub(crate) async fn data_stores(store: &Store) -> Result<Arc<BTreeMap<String, Value>>> {
    let mut stores = BTreeMap::new();
    let mut query = Query {
        limit: MAX_LIMIT,
        ..Query::all(DATA_STORES)
    };
    loop {
        let page = store.documents(&query).await?;
        let is_last = page.len() < MAX_LIMIT as usize;
        for document in page {
            query.after = Some((document.id.clone(), document.id.clone()));
            let value = serde_json::from_value(document.body["value"].clone())
                .map_err(|error| bad_row("documents", &error))?;
            stores.insert(document.id, value);
        }
        if is_last {
            return Ok(Arc::new(stores));
        }
    }
}
