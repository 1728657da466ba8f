//! Where calls come from in the end: the instance that nobody called, from which calls led to a process instance.

use crate::error::Error;
use crate::state::AppState;
use bpmn::Key;
use serde_json::Value;
use std::collections::BTreeSet;

/// Says it of items by their process instance; those without one stay as they are.
pub(super) async fn tell<'i>(
    state: &AppState,
    items: impl IntoIterator<Item = &'i mut Value>,
) -> Result<(), Error> {
    let instance = |item: &Value| item["processInstanceKey"].as_str()?.parse::<Key>().ok();
    let items: Vec<(Key, &mut Value)> = items
        .into_iter()
        .filter_map(|item| Some((instance(item)?, item)))
        .collect();
    let instances: BTreeSet<Key> = items.iter().map(|(key, _)| *key).collect();
    let roots = state.runtime.roots(instances).await?;
    for (key, item) in items {
        item["rootProcessInstanceKey"] = roots.get(&key).map(Key::to_string).into();
    }
    Ok(())
}
