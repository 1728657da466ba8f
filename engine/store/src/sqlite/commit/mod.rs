//! Writes a batch: one statement a table, whatever the number of requests in the batch.

mod deadlines;
mod deliveries;
mod waiting;

use std::collections::BTreeSet;

use super::values::Script;
use crate::columns::due_column;
use crate::packed::pack;
use crate::sql::json;
use crate::{Batch, Document, DocumentWrite, Key, words};

/// The statements that write the batch, from `begin` to `commit`.
pub(super) fn script(batch: &Batch) -> Script {
    let largest = [
        batch.resources.len(),
        batch.definitions.len(),
        batch.withdrawn.len(),
        batch.instances.len(),
        batch.tasks.len(),
        batch.closed_tasks.len(),
        batch.timers.len(),
        batch.gone_timers.len(),
        batch.subscriptions.len(),
        batch.gone_subscriptions.len(),
        batch.messages.len(),
        batch.gone_messages.len(),
        batch.outbox.len(),
        batch.gone_outbox.len(),
        batch.deadlines.len(),
        batch.jobs.len(),
        batch.kept_jobs.len(),
        batch.gone_jobs.len(),
        batch.decisions.len(),
        batch.history.len(),
        batch.documents.len(),
        batch.deliveries.len(),
        batch.audit.len(),
    ];
    let mut script = Script::for_rows(largest.into_iter().max().unwrap_or(0));
    script.statement("begin immediate");
    deployments(&mut script, batch);
    instances(&mut script, batch);
    stale_candidates(&mut script, batch);
    tasks(&mut script, batch);
    candidates(&mut script, batch);
    waiting::timers(&mut script, batch);
    waiting::subscriptions(&mut script, batch);
    waiting::messages(&mut script, batch);
    waiting::start_locks(&mut script, batch);
    waiting::outbox(&mut script, batch);
    deadlines::deadlines(&mut script, batch);
    jobs(&mut script, batch);
    incidents(&mut script, batch);
    decisions(&mut script, batch);
    history(&mut script, batch);
    documents(&mut script, batch);
    deliveries::deliveries(&mut script, batch);
    trail(&mut script, batch);
    script.statement("commit");
    script
}

fn deployments(script: &mut Script, batch: &Batch) {
    script.insert(
        "insert or rollback into deployments (key, at, actor)",
        3,
        "",
        batch.deployments.iter(),
        |values, row| {
            values
                .add(i64::from(row.key))
                .add(row.at.as_microsecond())
                .add(row.actor.clone());
        },
    );
    let head = "insert or rollback into resources (key, deployment, name, sha256, text)";
    script.insert(head, 5, "", batch.resources.iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(i64::from(row.deployment))
            .add(row.name.clone())
            .add(row.sha256.to_vec())
            .add(row.text.clone());
    });
    let head = "insert or rollback into definitions (key, kind, id, version, name, version_tag, resource, deployed_at)";
    script.insert(head, 8, "", batch.definitions.iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(row.kind.as_str())
            .add(row.id.clone())
            .add(i64::from(row.version))
            .add(row.name.clone())
            .add(row.version_tag.clone())
            .add(i64::from(row.resource))
            .add(row.deployed_at.as_microsecond());
    });
    let head = "with withdrawn (definition, at) as (";
    let tail = ") update or rollback definitions set withdrawn_at = withdrawn.at from withdrawn where key = withdrawn.definition";
    script.rows(
        head,
        2,
        tail,
        batch.withdrawn.iter(),
        |values, (key, at)| {
            values.add(i64::from(*key)).add(at.as_microsecond());
        },
    );
}

/// An index of SQLite is written anew wherever one of its columns is set, also to the same value, and each entry is a page of the
/// log: so what an instance is found by is set only where it has changed.
fn instances(script: &mut Script, batch: &Batch) {
    let (stayed, others): (Vec<_>, Vec<_>) = batch
        .instances
        .values()
        .partition(|write| write.before > 0 && write.stays);
    let head = "with stayed (instance, revision, format, history_length, history_hash, state) as (";
    let tail = ") update or rollback process_instances set revision = stayed.revision, format = stayed.format,
        history_length = stayed.history_length, history_hash = stayed.history_hash, state = stayed.state
        from stayed where key = stayed.instance";
    script.rows(head, 6, tail, stayed.into_iter(), |values, write| {
        let row = &write.instance;
        values
            .add(i64::from(row.key))
            .add(row.revision)
            .add(row.format)
            .add(row.history_length)
            .add(row.history_hash.to_vec())
            .add(pack(&row.state));
    });
    let head = "insert or rollback into process_instances (key, process_id, definition, version, business_id, parent_instance,
        parent_element, root, status, revision, format, started_at, ended_at, suspended_at, history_length, history_hash,
        state)";
    let tail = "on conflict (key) do update set process_id = excluded.process_id, definition = excluded.definition,
        version = excluded.version, status = excluded.status, revision = excluded.revision,
        format = excluded.format, ended_at = excluded.ended_at, suspended_at = excluded.suspended_at,
        history_length = excluded.history_length, history_hash = excluded.history_hash, state = excluded.state";
    script.insert(head, 17, tail, others.into_iter(), |values, write| {
        let row = &write.instance;
        values
            .add(i64::from(row.key))
            .add(row.process_id.clone())
            .add(i64::from(row.definition))
            .add(i64::from(row.version))
            .add(row.business_id.clone())
            .add(row.parent_instance.map(i64::from))
            .add(row.parent_element.map(i64::from))
            .add(row.root.map(i64::from))
            .add(words::status(row.status))
            .add(row.revision)
            .add(row.format)
            .add(row.started_at.as_microsecond())
            .add(row.ended_at.map(|at| at.as_microsecond()))
            .add(row.suspended_at.map(|at| at.as_microsecond()))
            .add(row.history_length)
            .add(row.history_hash.to_vec())
            .add(pack(&row.state));
    });
}

fn tasks(script: &mut Script, batch: &Batch) {
    let (opened, changed): (Vec<_>, Vec<_>) = batch.tasks.values().partition(|write| write.created);
    let head = "insert or rollback into tasks (key, instance, element, element_instance, name, form, assignee, candidate_groups,
        candidate_users, due, follow_up, priority, state, created_at)";
    script.insert(head, 14, "", opened.into_iter(), |values, write| {
        let task = &write.task;
        values
            .add(i64::from(task.key))
            .add(i64::from(task.instance))
            .add(task.element.clone())
            .add(i64::from(task.element_instance))
            .add(task.name.clone())
            .add(task.form.clone())
            .add(task.assignee.clone())
            .add(json(&task.candidate_groups))
            .add(json(&task.candidate_users))
            .add(due_column(task.due))
            .add(task.follow_up.map(|at| at.as_microsecond()))
            .add(i64::from(task.priority))
            .add(words::task_state(task.state))
            .add(task.created_at.as_microsecond());
    });
    let head = "with changed (task, element, assignee, candidate_groups, candidate_users, due, follow_up, priority, state) as (";
    let tail = ") update or rollback tasks set element = changed.element, assignee = changed.assignee,
        candidate_groups = changed.candidate_groups, candidate_users = changed.candidate_users,
        due = changed.due, follow_up = changed.follow_up, priority = changed.priority, state = changed.state
        from changed where key = changed.task";
    script.rows(head, 9, tail, changed.into_iter(), |values, write| {
        let task = &write.task;
        values
            .add(i64::from(task.key))
            .add(task.element.clone())
            .add(task.assignee.clone())
            .add(json(&task.candidate_groups))
            .add(json(&task.candidate_users))
            .add(due_column(task.due))
            .add(task.follow_up.map(|at| at.as_microsecond()))
            .add(i64::from(task.priority))
            .add(words::task_state(task.state));
    });
    let head = "with closed (task, state, at, actor) as (";
    let tail =
        ") update or rollback tasks set state = closed.state, closed_at = closed.at, closed_by = closed.actor
        from closed where tasks.key = closed.task";
    script.rows(
        head,
        4,
        tail,
        batch.closed_tasks.iter(),
        |values, (key, closed)| {
            values
                .add(i64::from(*key))
                .add(words::task_state(closed.state))
                .add(closed.at.as_microsecond())
                .add(closed.by.clone());
        },
    );
}

/// Deletes who may claim the tasks that change, as the rows of these tasks still say: so no index of candidates by task is needed.
fn stale_candidates(script: &mut Script, batch: &Batch) {
    let created = |key| batch.tasks.get(key).is_some_and(|write| write.created);
    let stale: BTreeSet<&Key> = batch
        .tasks
        .keys()
        .chain(batch.closed_tasks.keys())
        .filter(|key| !created(key))
        .collect();
    let head = "with stale (task) as (";
    // A primary key is searched only by what has the types of its columns.
    let tail = ") delete from task_candidates where (kind, candidate, assigned, due, task) in (
        select cast(k.column1 as text), cast(c.value as text), cast(t.assignee is not null as integer), t.due, t.key
        from stale cross join tasks t on t.key = stale.task cross join (values ('group'), ('user')) k
        cross join json_each(case k.column1 when 'group' then t.candidate_groups else t.candidate_users end) c)";
    script.rows(head, 1, tail, stale.iter(), |values, key| {
        values.add(i64::from(**key));
    });
}

/// Adds who may claim the open tasks that are new or have changed.
fn candidates(script: &mut Script, batch: &Batch) {
    let open = batch
        .tasks
        .values()
        .filter(|write| !batch.closed_tasks.contains_key(&write.task.key))
        .filter(|write| write.task.state == bpmn::TaskState::Open);
    let mut rows = Vec::new();
    for write in open {
        let task = &write.task;
        let groups = task.candidate_groups.iter().map(|group| ("group", group));
        for (kind, candidate) in
            groups.chain(task.candidate_users.iter().map(|user| ("user", user)))
        {
            rows.push((kind, candidate, task));
        }
    }
    let head = "insert or rollback into task_candidates (kind, candidate, assigned, due, task)";
    // A model may name a group twice.
    let tail = "on conflict do nothing";
    script.insert(
        head,
        5,
        tail,
        rows.into_iter(),
        |values, (kind, candidate, task)| {
            values
                .add(kind)
                .add(candidate.clone())
                .add(task.assignee.is_some())
                .add(due_column(task.due))
                .add(i64::from(task.key));
        },
    );
}

fn jobs(script: &mut Script, batch: &Batch) {
    let head = "insert or rollback into jobs (key, instance, element, element_instance, type, retries, available_at, token,
        worker, created_at, hidden)";
    // The token stays: whoever had the lease has lost it, and the next lease counts on.
    let tail =
        "on conflict (key) do update set element = excluded.element, retries = excluded.retries,
        available_at = excluded.available_at, token = token + 1, worker = null, hidden = excluded.hidden";
    let created = batch
        .jobs
        .iter()
        .filter(|(key, _)| !batch.gone_jobs.contains(key));
    let rows: Vec<_> = created.map(|(_, job)| job).collect();
    script.insert(head, 11, tail, rows.into_iter(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(i64::from(row.instance))
            .add(row.element.clone())
            .add(i64::from(row.element_instance))
            .add(row.kind.clone())
            .add(i64::from(row.retries))
            .add(row.available_at.as_microsecond())
            .add(row.token)
            .add(row.worker.clone())
            .add(row.created_at.as_microsecond())
            .add(row.hidden);
    });
    let head = "with kept (job, element, hidden) as (";
    let tail =
        ") update or rollback jobs set element = kept.element, hidden = kept.hidden from kept
        where jobs.key = kept.job";
    script.rows(
        head,
        3,
        tail,
        batch.kept_jobs.iter(),
        |values, (key, kept)| {
            values
                .add(i64::from(*key))
                .add(kept.element.clone())
                .add(kept.hidden);
        },
    );
    let gone: Vec<i64> = batch.gone_jobs.iter().map(|key| i64::from(*key)).collect();
    delete(script, "delete from jobs where key in (", &gone);
}

fn incidents(script: &mut Script, batch: &Batch) {
    let head = "insert or rollback into incidents (key, instance, element, element_instance, kind, message, raised_at)";
    // Of a migrated instance.
    let tail = "on conflict (key) do update set element = excluded.element";
    script.insert(head, 7, tail, batch.incidents.values(), |values, row| {
        values
            .add(i64::from(row.key))
            .add(i64::from(row.instance))
            .add(row.element.clone())
            .add(i64::from(row.element_instance))
            .add(row.kind.clone())
            .add(row.message.clone())
            .add(row.raised_at.as_microsecond());
    });
    let head = "with resolved (incident, at) as (";
    let tail = ") update or rollback incidents set resolved_at = resolved.at from resolved where incidents.key = resolved.incident";
    script.rows(
        head,
        2,
        tail,
        batch.resolved_incidents.iter(),
        |values, (key, at)| {
            values.add(i64::from(*key)).add(at.as_microsecond());
        },
    );
}

fn decisions(script: &mut Script, batch: &Batch) {
    let head = "insert or rollback into decision_instances (key, part, decision_id, name, definition, version, root, instance, process_id, process, element,
        element_instance, actor, at, failure, warnings, account)";
    script.insert(head, 17, "", batch.decisions.iter(), |values, row| {
        let by = row.asked_by.as_ref();
        values
            .add(i64::from(row.key))
            .add(i64::from(row.part))
            .add(row.decision_id.clone())
            .add(row.name.clone())
            .add(i64::from(row.definition))
            .add(i64::from(row.version))
            .add(i64::from(row.root))
            .add(by.map(|by| i64::from(by.instance)))
            .add(by.map(|by| by.process_id.clone()))
            .add(by.map(|by| i64::from(by.process)))
            .add(by.map(|by| by.element.clone()))
            .add(by.map(|by| i64::from(by.element_instance)))
            .add(row.actor.clone())
            .add(row.at.as_microsecond())
            .add(row.failure.clone())
            .add(i64::from(row.warnings))
            .add(row.account.clone());
    });
}

fn history(script: &mut Script, batch: &Batch) {
    let head = "insert or rollback into history (instance, sequence, at, actor, on_behalf_of, reason, command, records, hash)";
    script.insert(head, 9, "", batch.history.iter(), |values, row| {
        values
            .add(i64::from(row.instance))
            .add(row.sequence)
            .add(row.at.as_microsecond())
            .add(row.actor.clone())
            .add(row.on_behalf_of.clone())
            .add(row.reason.clone())
            .add(row.command.clone())
            .add(pack(&row.records))
            .add(row.hash.to_vec());
    });
}

fn documents(script: &mut Script, batch: &Batch) {
    let mut puts: Vec<(&Document, &[(String, String)])> = Vec::new();
    let mut deleted = Vec::new();
    let mut stale = Vec::new();
    for (id, write) in &batch.documents {
        match write {
            DocumentWrite::Put { document, fields } => {
                puts.push((document, fields));
                // A first revision may follow a deletion in the same batch, so its old fields go as well.
                stale.push(id);
            }
            DocumentWrite::Delete => {
                deleted.push(id);
                stale.push(id);
            }
        }
    }
    let by_id = "delete from document_fields where (collection, id) in (";
    script.rows(
        by_id,
        2,
        ")",
        stale.into_iter(),
        |values, (collection, id)| {
            values.add(collection.clone()).add(id.clone());
        },
    );
    let by_id = "delete from documents where (collection, id) in (";
    script.rows(
        by_id,
        2,
        ")",
        deleted.into_iter(),
        |values, (collection, id)| {
            values.add(collection.clone()).add(id.clone());
        },
    );
    let fields: Vec<_> = puts
        .iter()
        .flat_map(|(document, fields)| fields.iter().map(move |field| (*document, field)))
        .collect();
    let head = "insert or rollback into documents (collection, id, revision, created_at, updated_at, body)";
    let tail = "on conflict (collection, id) do update set revision = excluded.revision,
        created_at = excluded.created_at, updated_at = excluded.updated_at, body = excluded.body";
    script.insert(head, 6, tail, puts.into_iter(), |values, (document, _)| {
        values
            .add(document.collection.clone())
            .add(document.id.clone())
            .add(document.revision)
            .add(document.created_at.as_microsecond())
            .add(document.updated_at.as_microsecond())
            .add(document.body.to_string());
    });
    let head = "insert or rollback into document_fields (collection, field, value, id)";
    script.insert(
        head,
        4,
        "on conflict do nothing",
        fields.into_iter(),
        |values, (document, (field, value))| {
            values
                .add(document.collection.clone())
                .add(field.clone())
                .add(value.clone())
                .add(document.id.clone());
        },
    );
}

/// What is kept about the requests themselves.
fn trail(script: &mut Script, batch: &Batch) {
    let head =
        "insert or rollback into audit (at, actor, on_behalf_of, action, subject, detail, reason)";
    script.insert(head, 7, "", batch.audit.iter(), |values, row| {
        values
            .add(row.at.as_microsecond())
            .add(row.actor.clone())
            .add(row.on_behalf_of.clone())
            .add(row.action.clone())
            .add(row.subject.clone())
            .add(row.detail.clone())
            .add(row.reason.clone());
    });
    let head = "insert or rollback into answers (actor, idempotency_key, at, fingerprint, answer)";
    script.insert(head, 5, "", batch.answers.iter(), |values, row| {
        values
            .add(row.actor.clone())
            .add(row.idempotency_key.clone())
            .add(row.at.as_microsecond())
            .add(row.fingerprint.to_vec())
            .add(row.answer.clone());
    });
}

/// Deletes rows by key: `head` ends with the opening bracket of the list.
fn delete(script: &mut Script, head: &str, keys: &[i64]) {
    script.insert(head, 1, ")", keys.iter(), |values, key| {
        values.add(*key);
    });
}
