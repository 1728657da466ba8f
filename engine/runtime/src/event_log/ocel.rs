//! OCEL 2.0 as JSON: an event belongs to an instance, and where there are such to a case, a task and a person.
//!
//! Events are written first and objects after them, from the same moment of the database; types come last, when they are
//! known. So nothing is held but the names of types and people.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Arc;

use bpmn::{Catalog, Key};
use serde_json::{Value, json};
use store::{HistoryRow, Instance, Store, Task};

use super::events::{Event, Reader};
use super::xes::time;
use super::{Asked, INSTANCES_AT_ONCE, Told, reader};
use crate::Result;
use crate::reads::state;
use crate::walk::{Visitor, histories};

/// Writes the log.
pub(super) async fn write(
    store: &Store,
    asked: &Asked,
    catalog: Arc<Catalog>,
    out: &mut dyn Write,
) -> Result<Told> {
    let mut log = Log {
        reader: reader(asked, &catalog),
        event_types: BTreeSet::new(),
        object_types: BTreeMap::new(),
        people: BTreeSet::new(),
        told: Told::default(),
        is_first: true,
        out,
    };
    log.out.write_all(b"{\"events\":[\n")?;
    let mut walk = asked.walk.clone();
    loop {
        let instances = store.walk(&walk, INSTANCES_AT_ONCE).await?;
        let Some(last) = instances.last() else { break };
        walk.after = Some(last.key);
        histories(store, &instances, &mut log).await?;
    }
    log.out.write_all(b"\n],\"objects\":[\n")?;
    log.is_first = true;
    let mut walk = asked.walk.clone();
    loop {
        let instances = store.walk(&walk, INSTANCES_AT_ONCE).await?;
        let Some(last) = instances.last() else { break };
        walk.after = Some(last.key);
        let keys: Vec<Key> = instances.iter().map(|instance| instance.key).collect();
        let firsts = store.firsts_of_cases(&asked.walk, &keys).await?;
        for instance in &instances {
            if firsts.contains(&instance.key) {
                log.case(instance)?;
            }
            log.instance(instance, asked)?;
        }
        for task in store.projections(&keys).await?.tasks {
            log.task(&task)?;
        }
    }
    log.people()?;
    log.types()?;
    log.out.flush()?;
    Ok(log.told)
}

struct Log<'a> {
    reader: Reader,
    event_types: BTreeSet<String>,
    /// The attributes of each type.
    object_types: BTreeMap<String, BTreeSet<String>>,
    /// Pseudonyms.
    people: BTreeSet<String>,
    told: Told,
    is_first: bool,
    out: &'a mut dyn Write,
}

impl Visitor for Log<'_> {
    fn begin(&mut self, _: &Instance) -> Result<()> {
        self.told.instances += 1;
        self.reader.begin();
        Ok(())
    }

    fn row(&mut self, instance: &Instance, row: &HistoryRow) -> Result<()> {
        for event in self.reader.events(instance, row)? {
            self.told.events += 1;
            self.event(instance, &event)?;
        }
        Ok(())
    }

    fn end(&mut self, _: &Instance) -> Result<()> {
        Ok(())
    }
}

impl Log<'_> {
    fn event(&mut self, instance: &Instance, event: &Event) -> Result<()> {
        if !self.event_types.contains(&event.name) {
            self.event_types.insert(event.name.clone());
        }
        let mut attributes = vec![
            attribute("lifecycle", event.transition),
            attribute("element", &event.element),
        ];
        attributes.extend(
            event
                .group
                .as_deref()
                .map(|group| attribute("group", group)),
        );
        let mut relations = vec![relation(&instance_id(instance.key), "process instance")];
        relations.extend(
            self.reader
                .case(instance)
                .map(|case| relation(&case, "case")),
        );
        relations.extend(event.task.map(|task| relation(&task_id(task), "task")));
        if let Some(resource) = &event.resource {
            self.people.insert(resource.clone());
            relations.push(relation(resource, "resource"));
        }
        self.item(&json!({
            "id": event.id, "type": event.name, "time": time(event.at),
            "attributes": attributes, "relationships": relations,
        }))
    }

    fn instance(&mut self, instance: &Instance, asked: &Asked) -> Result<()> {
        let since = time(instance.started_at);
        let dated = |name: &str, value: &str, time: &str| json!({ "name": name, "value": value, "time": time });
        let mut attributes = vec![
            dated("version", &instance.version.to_string(), &since),
            dated(
                "status",
                &instance.status.to_string(),
                &time(instance.ended_at.unwrap_or(asked.now)),
            ),
        ];
        if asked.variables {
            let now = time(asked.now);
            for (name, value) in state(instance)?.variables().iter() {
                let text = serde_json::to_string(value).unwrap_or_default();
                attributes.push(dated(&format!("variable:{name}"), &text, &now));
            }
        }
        let mut relations = Vec::new();
        relations.extend(self.reader.case(instance).map(|case| relation(&case, "of")));
        // A caller that is not in the log would be an object that is missing.
        if let (Some(parent), false) = (instance.parent_instance, asked.walk.is_narrow()) {
            relations.push(relation(&instance_id(parent), "called by"));
        }
        let kind = format!("process {}", instance.process_id);
        self.object(&instance_id(instance.key), &kind, attributes, relations)
    }

    fn case(&mut self, instance: &Instance) -> Result<()> {
        let Some(case) = self.reader.case(instance) else {
            return Ok(());
        };
        self.object(&case, "case", Vec::new(), Vec::new())
    }

    fn task(&mut self, task: &Task) -> Result<()> {
        let since = time(task.created_at);
        let attributes = vec![
            json!({ "name": "element", "value": task.element, "time": since }),
            json!({ "name": "priority", "value": task.priority.to_string(), "time": since }),
        ];
        let relations = vec![relation(&instance_id(task.instance), "of")];
        self.object(&task_id(task.key), "task", attributes, relations)
    }

    fn people(&mut self) -> Result<()> {
        for person in std::mem::take(&mut self.people) {
            self.object(&person, "resource", Vec::new(), Vec::new())?;
        }
        Ok(())
    }

    fn types(&mut self) -> Result<()> {
        let typed = |name: &str| json!({ "name": name, "type": "string" });
        let objects: Vec<Value> = self
            .object_types
            .iter()
            .map(|(name, attributes)| {
                let attributes: Vec<Value> = attributes.iter().map(|name| typed(name)).collect();
                json!({ "name": name, "attributes": attributes })
            })
            .collect();
        let attributes = [typed("lifecycle"), typed("element"), typed("group")];
        let events: Vec<Value> = self
            .event_types
            .iter()
            .map(|name| json!({ "name": name, "attributes": attributes }))
            .collect();
        let (objects, events) = (Value::from(objects), Value::from(events));
        writeln!(
            self.out,
            "\n],\"objectTypes\":{objects},\n\"eventTypes\":{events}}}"
        )?;
        Ok(())
    }

    fn object(
        &mut self,
        id: &str,
        kind: &str,
        attributes: Vec<Value>,
        relations: Vec<Value>,
    ) -> Result<()> {
        if !self.object_types.contains_key(kind) {
            self.object_types.insert(kind.to_owned(), BTreeSet::new());
        }
        if let Some(known) = self.object_types.get_mut(kind) {
            let names = attributes.iter().filter_map(|one| one["name"].as_str());
            known.extend(names.map(str::to_owned));
        }
        self.item(&json!({
            "id": id, "type": kind, "attributes": attributes, "relationships": relations,
        }))
    }

    fn item(&mut self, item: &Value) -> Result<()> {
        if !std::mem::take(&mut self.is_first) {
            self.out.write_all(b",\n")?;
        }
        Ok(write!(self.out, "{item}")?)
    }
}

fn attribute(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

fn relation(object: &str, qualifier: &str) -> Value {
    json!({ "objectId": object, "qualifier": qualifier })
}

fn instance_id(key: Key) -> String {
    format!("instance-{key}")
}

fn task_id(key: Key) -> String {
    format!("task-{key}")
}
