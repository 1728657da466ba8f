//! Writes definitions, instances, tasks, incidents, history, documents, and what is kept about requests.

use super::statement::{Statement, bytes, integers, maybe_integers, maybe_texts, texts};
use crate::columns::due_column;
use crate::packed::pack;
use crate::seen::Seen;
use crate::sql::{Value, json};
use crate::{
    Batch, Closed, DecisionInstance, Document, DocumentId, DocumentWrite, InstanceWrite, Key, Task,
    words,
};

pub(super) fn deployments(statement: &mut Statement, batch: &Batch) {
    let rows = &batch.deployments;
    let lists = vec![
        integers(rows, |row| row.key.into()),
        integers(rows, |row| row.at.as_microsecond()),
        texts(rows, |row| row.actor.clone()),
    ];
    let head = "insert into deployments (key, at, actor)";
    statement.insert("new_deployments", head, lists, "");
    let rows = &batch.resources;
    let lists = vec![
        integers(rows, |row| row.key.into()),
        integers(rows, |row| row.deployment.into()),
        texts(rows, |row| row.name.clone()),
        bytes(rows, |row| row.sha256.to_vec()),
        texts(rows, |row| row.text.clone()),
    ];
    let head = "insert into resources (key, deployment, name, sha256, text)";
    statement.insert("new_resources", head, lists, "");
    let rows = &batch.definitions;
    let lists = vec![
        integers(rows, |row| row.key.into()),
        texts(rows, |row| row.kind.as_str()),
        texts(rows, |row| row.id.clone()),
        integers(rows, |row| row.version.into()),
        maybe_texts(rows, |row| row.name.clone()),
        maybe_texts(rows, |row| row.version_tag.clone()),
        integers(rows, |row| row.resource.into()),
        integers(rows, |row| row.deployed_at.as_microsecond()),
        maybe_integers(rows, |row| {
            batch.withdrawn.get(&row.key).map(|at| at.as_microsecond())
        }),
    ];
    let head = "insert into definitions (key, kind, id, version, name, version_tag, resource, deployed_at, withdrawn_at)";
    statement.insert("new_definitions", head, lists, "");
    // What the same statement inserts it does not see.
    let is_new = |key: &Key| rows.iter().any(|row| row.key == *key);
    let old: Vec<_> = batch
        .withdrawn
        .iter()
        .filter(|(key, _)| !is_new(key))
        .collect();
    let lists = vec![
        integers(&old, |(key, _)| i64::from(**key)),
        integers(&old, |(_, at)| at.as_microsecond()),
    ];
    let before = "update definitions as d set withdrawn_at = new.at from ";
    let after =
        " as new (key, at) where d.key = new.key and d.withdrawn_at is null returning d.key";
    let number = statement.over("withdrawn", &[before], lists, &[after]);
    if number > 0 {
        // Nobody else has withdrawn it meanwhile.
        statement.must_return("withdrawn", "key", number);
    }
}

/// Started instances are new rows; others must have the revision that they had when they were loaded.
pub(super) fn instances(statement: &mut Statement, batch: &Batch) {
    let (started, stepped): (Vec<&InstanceWrite>, Vec<&InstanceWrite>) = batch
        .instances
        .values()
        .partition(|write| write.before == 0);
    let rows: Vec<_> = started.iter().map(|write| &write.instance).collect();
    let lists = vec![
        integers(&rows, |row| row.key.into()),
        texts(&rows, |row| row.process_id.clone()),
        integers(&rows, |row| row.definition.into()),
        integers(&rows, |row| row.version.into()),
        maybe_texts(&rows, |row| row.business_id.clone()),
        maybe_integers(&rows, |row| row.parent_instance.map(i64::from)),
        maybe_integers(&rows, |row| row.parent_element.map(i64::from)),
        maybe_integers(&rows, |row| row.root.map(i64::from)),
        texts(&rows, |row| words::status(row.status)),
        integers(&rows, |row| row.revision),
        integers(&rows, |row| row.format),
        integers(&rows, |row| row.started_at.as_microsecond()),
        maybe_integers(&rows, |row| row.ended_at.map(|at| at.as_microsecond())),
        maybe_integers(&rows, |row| row.suspended_at.map(|at| at.as_microsecond())),
        integers(&rows, |row| row.history_length),
        bytes(&rows, |row| row.history_hash.to_vec()),
        bytes(&rows, |row| pack(&row.state)),
    ];
    let head = "insert into process_instances (key, process_id, definition, version, business_id, parent_instance,
        parent_element, root, status, revision, format, started_at, ended_at, suspended_at, history_length, history_hash,
        state)";
    statement.insert("started", head, lists, "");
    if stepped.is_empty() {
        return;
    }
    // In the order of their keys, so that servers wait for each other and never in a circle.
    let keys = Value::Integers(stepped.iter().map(|write| write.instance.key.0).collect());
    statement.part("locked", |sql| {
        sql.push("select key from process_instances where ")
            .one_of("key", keys)
            .push(" order by key for update");
    });
    let lists = vec![
        integers(&stepped, |write| write.instance.key.into()),
        integers(&stepped, |write| write.before),
        texts(&stepped, |write| write.instance.process_id.clone()),
        integers(&stepped, |write| write.instance.definition.into()),
        integers(&stepped, |write| write.instance.version.into()),
        texts(&stepped, |write| words::status(write.instance.status)),
        integers(&stepped, |write| write.instance.revision),
        integers(&stepped, |write| write.instance.format),
        maybe_integers(&stepped, |write| {
            write.instance.ended_at.map(|at| at.as_microsecond())
        }),
        maybe_integers(&stepped, |write| {
            write.instance.suspended_at.map(|at| at.as_microsecond())
        }),
        integers(&stepped, |write| write.instance.history_length),
        bytes(&stepped, |write| write.instance.history_hash.to_vec()),
        bytes(&stepped, |write| pack(&write.instance.state)),
    ];
    let before = "update process_instances as i set process_id = new.process_id, definition = new.definition,
        version = new.version, status = new.status, revision = new.revision, format = new.format,
        ended_at = new.ended_at, suspended_at = new.suspended_at, history_length = new.history_length, history_hash = new.history_hash,
        state = new.state from ";
    let after = " as new (key, before, process_id, definition, version, status, revision, format, ended_at, suspended_at, history_length, history_hash,
        state)";
    let after = [
        after,
        &once("locked"),
        " and i.key = new.key and i.revision = new.before returning i.key",
    ];
    let number = statement.over("stepped", &[before], lists, &after);
    statement.must_return("stepped", "key", number);
}

/// Opened, changed or both, and closed: one row each.
pub(super) fn tasks(statement: &mut Statement, batch: &Batch) {
    let rows: Vec<(&Task, Option<&Closed>)> = batch
        .tasks
        .values()
        .map(|write| (&write.task, batch.closed_tasks.get(&write.task.key)))
        .collect();
    let state = |(task, closed): &(&Task, Option<&Closed>)| {
        words::task_state(closed.map_or(task.state, |closed| closed.state))
    };
    let lists = vec![
        integers(&rows, |(task, _)| task.key.into()),
        integers(&rows, |(task, _)| task.instance.into()),
        texts(&rows, |(task, _)| task.element.clone()),
        integers(&rows, |(task, _)| task.element_instance.into()),
        texts(&rows, |(task, _)| task.name.clone()),
        maybe_texts(&rows, |(task, _)| task.form.clone()),
        maybe_texts(&rows, |(task, _)| task.assignee.clone()),
        texts(&rows, |(task, _)| json(&task.candidate_groups)),
        texts(&rows, |(task, _)| json(&task.candidate_users)),
        integers(&rows, |(task, _)| due_column(task.due)),
        maybe_integers(&rows, |(task, _)| {
            task.follow_up.map(|at| at.as_microsecond())
        }),
        integers(&rows, |(task, _)| task.priority.into()),
        texts(&rows, state),
        integers(&rows, |(task, _)| task.created_at.as_microsecond()),
        maybe_integers(&rows, |(_, closed)| {
            closed.map(|closed| closed.at.as_microsecond())
        }),
        maybe_texts(&rows, |(_, closed)| {
            closed.and_then(|closed| closed.by.clone())
        }),
    ];
    let head = "insert into tasks (key, instance, element, element_instance, name, form, assignee, candidate_groups,
        candidate_users, due, follow_up, priority, state, created_at, closed_at, closed_by)";
    let tail = "on conflict (key) do update set element = excluded.element, assignee = excluded.assignee,
        candidate_groups = excluded.candidate_groups, candidate_users = excluded.candidate_users,
        due = excluded.due, follow_up = excluded.follow_up, priority = excluded.priority, state = excluded.state,
        closed_at = excluded.closed_at, closed_by = excluded.closed_by";
    statement.insert("open_tasks", head, lists, tail);
    let closed: Vec<_> = batch
        .closed_tasks
        .iter()
        .filter(|(key, _)| !batch.tasks.contains_key(key))
        .collect();
    let lists = vec![
        integers(&closed, |(key, _)| i64::from(**key)),
        texts(&closed, |(_, closed)| words::task_state(closed.state)),
        integers(&closed, |(_, closed)| closed.at.as_microsecond()),
        maybe_texts(&closed, |(_, closed)| closed.by.clone()),
    ];
    let before =
        "update tasks as t set state = new.state, closed_at = new.at, closed_by = new.actor from ";
    let after = " as new (key, state, at, actor) where t.key = new.key";
    statement.over("closed_tasks", &[before], lists, &[after]);
}

/// Replaces who may claim the tasks that changed.
pub(super) fn candidates(statement: &mut Statement, batch: &Batch) {
    let created = |key| batch.tasks.get(key).is_some_and(|write| write.created);
    let changed = batch.tasks.keys().filter(|key| !created(key));
    let closed = batch
        .closed_tasks
        .keys()
        .filter(|key| !batch.tasks.contains_key(key));
    let stale: Vec<i64> = changed.chain(closed).map(|key| i64::from(*key)).collect();
    let after = replace(
        statement,
        "stale_candidates",
        "delete from task_candidates where task = any(",
        stale,
    );
    let mut rows = Vec::new();
    for write in batch.tasks.values() {
        let task = &write.task;
        if batch.closed_tasks.contains_key(&task.key) || task.state != bpmn::TaskState::Open {
            continue;
        }
        let groups = task.candidate_groups.iter().map(|group| ("group", group));
        let users = task.candidate_users.iter().map(|user| ("user", user));
        rows.extend(groups.chain(users).map(|(kind, name)| (kind, name, task)));
    }
    let lists = vec![
        texts(&rows, |(kind, _, _)| *kind),
        texts(&rows, |(_, name, _)| (*name).clone()),
        Value::Bools(
            rows.iter()
                .map(|(_, _, task)| task.assignee.is_some())
                .collect(),
        ),
        integers(&rows, |(_, _, task)| due_column(task.due)),
        integers(&rows, |(_, _, task)| task.key.into()),
    ];
    let head = "insert into task_candidates (kind, candidate, assigned, due, task)";
    // A model may name a group twice.
    let tail = format!("{after} on conflict do nothing");
    statement.insert("new_candidates", head, lists, &tail);
}

/// Raised, resolved or both: one row each.
pub(super) fn incidents(statement: &mut Statement, batch: &Batch) {
    let rows: Vec<_> = batch.incidents.values().collect();
    let lists = vec![
        integers(&rows, |row| row.key.into()),
        integers(&rows, |row| row.instance.into()),
        texts(&rows, |row| row.element.clone()),
        integers(&rows, |row| row.element_instance.into()),
        texts(&rows, |row| row.kind.clone()),
        texts(&rows, |row| row.message.clone()),
        integers(&rows, |row| row.raised_at.as_microsecond()),
        maybe_integers(&rows, |row| {
            let resolved = batch.resolved_incidents.get(&row.key);
            resolved.map(|at| at.as_microsecond())
        }),
    ];
    let head = "insert into incidents (key, instance, element, element_instance, kind, message, raised_at, resolved_at)";
    // Of a migrated instance.
    let tail = "on conflict (key) do update set element = excluded.element";
    statement.insert("raised", head, lists, tail);
    let resolved: Vec<_> = batch
        .resolved_incidents
        .iter()
        .filter(|(key, _)| !batch.incidents.contains_key(key))
        .collect();
    let lists = vec![
        integers(&resolved, |(key, _)| i64::from(**key)),
        integers(&resolved, |(_, at)| at.as_microsecond()),
    ];
    let before = "update incidents as i set resolved_at = new.at from ";
    let after = " as new (key, at) where i.key = new.key";
    statement.over("resolved", &[before], lists, &[after]);
}

pub(super) fn decisions(statement: &mut Statement, batch: &Batch) {
    let rows = &batch.decisions;
    let by = |row: &DecisionInstance| row.asked_by.clone();
    let lists = vec![
        integers(rows, |row| row.key.into()),
        integers(rows, |row| row.part.into()),
        texts(rows, |row| row.decision_id.clone()),
        texts(rows, |row| row.name.clone()),
        integers(rows, |row| row.definition.into()),
        integers(rows, |row| row.version.into()),
        integers(rows, |row| row.root.into()),
        maybe_integers(rows, |row| by(row).map(|by| by.instance.into())),
        maybe_texts(rows, |row| by(row).map(|by| by.process_id)),
        maybe_integers(rows, |row| by(row).map(|by| by.process.into())),
        maybe_texts(rows, |row| by(row).map(|by| by.element)),
        maybe_integers(rows, |row| by(row).map(|by| by.element_instance.into())),
        texts(rows, |row| row.actor.clone()),
        integers(rows, |row| row.at.as_microsecond()),
        maybe_texts(rows, |row| row.failure.clone()),
        integers(rows, |row| row.warnings.into()),
        texts(rows, |row| row.account.clone()),
    ];
    let head = "insert into decision_instances (key, part, decision_id, name, definition, version, root, instance, process_id, process, element,
        element_instance, actor, at, failure, warnings, account)";
    statement.insert("new_decisions", head, lists, "");
}

pub(super) fn history(statement: &mut Statement, batch: &Batch) {
    let rows = &batch.history;
    let lists = vec![
        integers(rows, |row| row.instance.into()),
        integers(rows, |row| row.sequence),
        integers(rows, |row| row.at.as_microsecond()),
        texts(rows, |row| row.actor.clone()),
        maybe_texts(rows, |row| row.on_behalf_of.clone()),
        maybe_texts(rows, |row| row.reason.clone()),
        texts(rows, |row| row.command.clone()),
        bytes(rows, |row| pack(&row.records)),
        bytes(rows, |row| row.hash.to_vec()),
    ];
    let head = "insert into history (instance, sequence, at, actor, on_behalf_of, reason, command, records, hash)";
    statement.insert("new_history", head, lists, "");
}

/// New documents are new rows; others must have the revision that they had when they were loaded.
pub(super) fn documents(statement: &mut Statement, batch: &Batch, seen: &Seen) {
    let before = |id: &DocumentId| seen.documents.get(id).copied().flatten();
    let (mut new, mut changed, mut deleted) = (Vec::new(), Vec::new(), Vec::new());
    let mut fields = Vec::new();
    for (id, write) in &batch.documents {
        match (write, before(id)) {
            (DocumentWrite::Put { document, .. }, None) => new.push((document, 0)),
            (DocumentWrite::Put { document, .. }, Some(revision)) => {
                changed.push((document, revision));
            }
            (DocumentWrite::Delete, Some(revision)) => deleted.push((id, revision)),
            (DocumentWrite::Delete, None) => {}
        }
        if let DocumentWrite::Put { fields: own, .. } = write {
            fields.extend(own.iter().map(|(field, value)| (id, field, value)));
        }
    }
    let head = "insert into documents (collection, id, revision, created_at, updated_at, body)";
    let mut lists = document_lists(&new);
    lists.pop();
    statement.insert("new_documents", head, lists, "");
    let head = "update documents as d set revision = new.revision, created_at = new.created_at,
        updated_at = new.updated_at, body = new.body from ";
    let tail = " as new (collection, id, revision, created_at, updated_at, body, before)
        where d.collection = new.collection and d.id = new.id and d.revision = new.before returning d.id";
    let number = statement.over(
        "changed_documents",
        &[head],
        document_lists(&changed),
        &[tail],
    );
    if number > 0 {
        statement.must_return("changed_documents", "id", number);
    }
    let lists = vec![
        texts(&deleted, |((collection, _), _)| collection.clone()),
        texts(&deleted, |((_, id), _)| id.clone()),
        integers(&deleted, |(_, revision)| *revision),
    ];
    let tail =
        " as old (collection, id, revision) where d.collection = old.collection and d.id = old.id
        and d.revision = old.revision returning d.id";
    let head = "delete from documents as d using ";
    let number = statement.over("deleted_documents", &[head], lists, &[tail]);
    if number > 0 {
        statement.must_return("deleted_documents", "id", number);
    }
    let stale: Vec<&DocumentId> = batch
        .documents
        .keys()
        .filter(|id| before(id).is_some())
        .collect();
    let lists = vec![
        texts(&stale, |(collection, _)| collection.clone()),
        texts(&stale, |(_, id)| id.clone()),
    ];
    let tail = " as old (collection, id) where f.collection = old.collection and f.id = old.id returning 1";
    let head = "delete from document_fields as f using ";
    let number = statement.over("stale_fields", &[head], lists, &[tail]);
    let lists = vec![
        texts(&fields, |((collection, _), _, _)| collection.clone()),
        texts(&fields, |(_, field, _)| (*field).clone()),
        texts(&fields, |(_, _, value)| (*value).clone()),
        texts(&fields, |((_, id), _, _)| id.clone()),
    ];
    let head = "insert into document_fields (collection, field, value, id)";
    let after = if number > 0 {
        once("stale_fields")
    } else {
        String::new()
    };
    let tail = format!("{after} on conflict do nothing");
    statement.insert("new_fields", head, lists, &tail);
}

fn document_lists(rows: &[(&Document, i64)]) -> Vec<Value> {
    vec![
        texts(rows, |(row, _)| row.collection.clone()),
        texts(rows, |(row, _)| row.id.clone()),
        integers(rows, |(row, _)| row.revision),
        integers(rows, |(row, _)| row.created_at.as_microsecond()),
        integers(rows, |(row, _)| row.updated_at.as_microsecond()),
        texts(rows, |(row, _)| row.body.to_string()),
        integers(rows, |(_, before)| *before),
    ]
}

/// What is kept about the requests themselves.
pub(super) fn trail(statement: &mut Statement, batch: &Batch) {
    let rows = &batch.audit;
    let lists = vec![
        integers(rows, |row| row.at.as_microsecond()),
        texts(rows, |row| row.actor.clone()),
        maybe_texts(rows, |row| row.on_behalf_of.clone()),
        texts(rows, |row| row.action.clone()),
        texts(rows, |row| row.subject.clone()),
        maybe_texts(rows, |row| row.detail.clone()),
        maybe_texts(rows, |row| row.reason.clone()),
    ];
    let head = "insert into audit (at, actor, on_behalf_of, action, subject, detail, reason)";
    statement.insert("new_audit", head, lists, "");
    let rows = &batch.answers;
    let lists = vec![
        texts(rows, |row| row.actor.clone()),
        texts(rows, |row| row.idempotency_key.clone()),
        integers(rows, |row| row.at.as_microsecond()),
        bytes(rows, |row| row.fingerprint.to_vec()),
        texts(rows, |row| row.answer.clone()),
    ];
    let head = "insert into answers (actor, idempotency_key, at, fingerprint, answer)";
    statement.insert("new_answers", head, lists, "");
}

/// Adds a part that deletes by key; gives the condition by which another part waits for it.
pub(super) fn replace(
    statement: &mut Statement,
    name: &'static str,
    head: &str,
    keys: Vec<i64>,
) -> String {
    if keys.is_empty() {
        return String::new();
    }
    statement.part(name, |sql| {
        sql.push(head)
            .bind(Value::Integers(keys))
            .push(") returning 1");
    });
    once(name)
}

/// A condition that is always true, once the part is done.
fn once(part: &str) -> String {
    format!(" where (select count(*) from {part}) >= 0")
}
