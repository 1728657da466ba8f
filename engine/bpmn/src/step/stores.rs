//! Data stores (BPMN 2.0.2, 10.4.1): data that outlives the instances that write it. Their content is kept outside;
//! a step sees it in the catalog, and what it has written itself before that.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use feel::Value;

use super::{Failure, Stepper};
use crate::limits::{DATA_STORE_BYTES_MAX, VARIABLE_DEPTH_MAX};
use crate::size::{bytes, is_within_depth};
use crate::{IncidentKind, Key, Record};

impl Stepper<'_> {
    /// What a store holds now; null where nothing was ever written to it.
    fn stored(&self, store: &str) -> Value {
        let written = self.written.get(store);
        let present = written.or_else(|| self.catalog.data_stores.get(store));
        present.cloned().unwrap_or(Value::Null)
    }

    /// What the mappings before this one have made, and before it the content of stores under their names.
    pub(super) fn with_stores<'m>(
        &self,
        stores: &[Arc<str>],
        mapped: &'m BTreeMap<Arc<str>, Value>,
    ) -> Cow<'m, BTreeMap<Arc<str>, Value>> {
        if stores.is_empty() {
            return Cow::Borrowed(mapped);
        }
        let mut all = mapped.clone();
        let contents = stores
            .iter()
            .map(|store| (store.clone(), self.stored(store)));
        all.extend(contents);
        Cow::Owned(all)
    }

    /// Everything that is written to a store is written here.
    pub(super) fn write_store(&mut self, element_instance: Key, store: Arc<str>, value: Value) {
        self.written.insert(store.clone(), value.clone());
        self.emit(Record::DataStoreWritten {
            element_instance,
            store,
            value,
        });
    }
}

/// Refuses what is too large for a store.
pub(super) fn check_stored(store: &str, value: &Value) -> Result<(), Failure> {
    let message = if !is_within_depth(value, VARIABLE_DEPTH_MAX) {
        format!(
            "The data store \"{store}\" would be nested deeper than {VARIABLE_DEPTH_MAX} levels (VARIABLE_DEPTH_MAX)"
        )
    } else if bytes(value) > DATA_STORE_BYTES_MAX {
        format!(
            "The data store \"{store}\" would be larger than {DATA_STORE_BYTES_MAX} bytes (DATA_STORE_BYTES_MAX)"
        )
    } else {
        return Ok(());
    };
    Err(Failure::new(IncidentKind::Limit, message))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::limits::DATA_STORE_BYTES_MAX;
    use crate::testing::{Run, flows, process};

    /// A task that reads the store, and keeps in it what the expression gives.
    fn keeps(id: &str, expression: &str) -> String {
        format!(
            r#"<task id="{id}"><ioSpecification><dataInput id="{id}-in" name="known"/></ioSpecification>
            <dataInputAssociation><sourceRef>r</sourceRef><targetRef>{id}-in</targetRef></dataInputAssociation>
            <dataOutputAssociation><targetRef>r</targetRef><transformation>{expression}</transformation></dataOutputAssociation></task>"#
        )
    }

    fn run(expression: &str, variables: Json) -> Run {
        let model = process(&format!(
            r#"<dataStoreReference id="r" name="Register"/><startEvent id="s"/>{}{}{}"#,
            keeps("A", expression),
            keeps("B", expression),
            flows("s>A>B")
        ));
        Run::with(&[&model], variables)
    }

    #[test]
    fn a_step_reads_what_it_has_written_itself() {
        let run = run("if known = null then 1 else known + 1", json!({}));
        assert!(run.ended());
        let stored = &run.catalog.data_stores["Register"];
        assert_eq!(serde_json::to_value(stored).expect("JSON"), json!(2));
        assert_eq!(run.variable("Register"), Json::Null, "it is no variable");
    }

    #[test]
    fn what_is_too_large_for_a_store_is_an_incident() {
        let run = run("big", json!({"big": "x".repeat(DATA_STORE_BYTES_MAX)}));
        let incidents = run.incidents();
        assert!(
            incidents.len() == 1 && incidents[0].contains("DATA_STORE_BYTES_MAX"),
            "{incidents:?}"
        );
        assert!(run.catalog.data_stores.is_empty());
    }
}
