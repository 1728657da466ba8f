//! Whether the tables say what the states say.

use bpmn::{Awaited, Key, Status};
use runtime::Runtime;
use store::{
    DeadlineState, IncidentQuery, MAX_LIMIT, Subscription, SubscriptionQuery, Task, TaskQuery,
    TaskState,
};

use super::Instance;

/// The tables of tasks, timers, subscriptions, jobs and incidents, the row of the instance and its history say what the state says.
pub(crate) async fn check(
    engine: &Runtime,
    instance: &Instance,
) -> runtime::Result<Result<(), String>> {
    let state = &instance.state;
    let key = state.key();
    let view = engine.instance(key).await?;
    let row = view.map(|view| {
        (
            view.status,
            view.process_id,
            view.definition,
            view.version,
            view.ended_at,
            view.business_id,
        )
    });
    let truth = (
        state.status(),
        state.process_id().to_owned(),
        state.definition(),
        state.version(),
        state.ended_at(),
        state.business_id().map(str::to_owned),
    );
    let query = TaskQuery {
        instances: vec![key],
        state: None,
        limit: MAX_LIMIT,
        ..TaskQuery::default()
    };
    let tasks = engine.tasks(&query).await?;
    let open = tasks
        .iter()
        .filter(|task| matches!(task.state, TaskState::Open | TaskState::Waiting(_)))
        .map(shown_row)
        .collect();
    let timers = engine
        .timers(key)
        .await?
        .iter()
        .map(|timer| format!("{} {} {}", timer.key, timer.element, timer.due))
        .collect();
    let query = SubscriptionQuery {
        instance: Some(key),
        limit: MAX_LIMIT,
        ..SubscriptionQuery::default()
    };
    let subscriptions = engine.subscriptions(&query).await?;
    let subscriptions = subscriptions.iter().map(shown_subscription).collect();
    let jobs = engine
        .jobs(key)
        .await?
        .iter()
        .map(|job| format!("{} {} {} {}", job.key, job.element, job.kind, job.retries))
        .collect();
    let query = IncidentQuery {
        instance: Some(key),
        limit: MAX_LIMIT,
        ..IncidentQuery::default()
    };
    let incidents = engine.incidents(&query).await?;
    let incidents = incidents
        .iter()
        .map(|incident| format!("{} {} {}", incident.key, incident.element, incident.message))
        .collect();
    let rows = engine.deadlines(&[key]).await?;
    let deadlines = rows
        .iter()
        .filter(|row| row.state == DeadlineState::Open)
        .map(|row| {
            format!(
                "{} {} {:?} {:?} {:?} {}",
                row.key, row.element, row.due, row.warns_at, row.calendar, row.changes
            )
        })
        .collect();
    let missed = rows
        .iter()
        .filter(|row| row.state == DeadlineState::Missed && row.miss_reason.is_none())
        .map(|row| row.key.to_string())
        .collect();
    // What stands still has no timers and awaits nothing.
    let goes_on = state.suspended_at().is_none();
    let chain = engine.first_break(key).await?;
    let compared = equal(
        "instance",
        vec![format!("{row:?}")],
        vec![format!("{:?}", Some(truth))],
    )
    .and_then(|()| {
        equal(
            "tasks",
            open,
            state.tasks().values().map(shown_task).collect(),
        )
    })
    .and_then(|()| {
        let shown = |timer: &bpmn::Timer| format!("{} {} {}", timer.key, timer.element, timer.due);
        let running = state.timers().values().filter(|_| goes_on);
        equal("timers", timers, running.map(shown).collect())
    })
    .and_then(|()| {
        let awaited = state.subscriptions().values().filter(|_| goes_on);
        equal(
            "subscriptions",
            subscriptions,
            awaited.filter_map(shown_awaited).collect(),
        )
    })
    .and_then(|()| {
        let shown = |row: &bpmn::Deadline| {
            let changes = serde_json::to_string(&row.changes).unwrap_or_default();
            let counted = &row.counted;
            format!(
                "{} {} {:?} {:?} {:?} {changes}",
                row.key, row.element, counted.due, counted.warns_at, counted.calendar
            )
        };
        let running = state.deadlines().values();
        equal("deadlines", deadlines, running.map(shown).collect())
    })
    .and_then(|()| {
        let unexplained = state.missed().iter().map(ToString::to_string);
        equal("missed deadlines", missed, unexplained.collect())
    })
    .and_then(|()| {
        let shown = |job: &bpmn::Job| {
            let (key, element, retries) = (job.key, &job.element, job.retries);
            format!("{key} {element} {} {retries}", job.job_type)
        };
        equal("jobs", jobs, state.jobs().values().map(shown).collect())
    })
    .and_then(|()| {
        let shown = |incident: &bpmn::Incident| {
            format!("{} {} {}", incident.key, incident.element, incident.message)
        };
        equal(
            "incidents",
            incidents,
            state.incidents().values().map(shown).collect(),
        )
    })
    .and_then(|()| {
        equal(
            "first broken row of history",
            vec![format!("{chain:?}")],
            vec![format!("{:?}", None::<i64>)],
        )
    });
    Ok(compared.and_then(|()| closed(&tasks, instance)))
}

/// Tasks that are not open are closed as the records say.
fn closed(tasks: &[Task], instance: &Instance) -> Result<(), String> {
    let fate = |key: Key| {
        instance.records.iter().find_map(|record| {
            if let bpmn::Record::TaskCompleted { task, .. } = record {
                (*task == key).then_some(TaskState::Completed)
            } else if let bpmn::Record::TaskWithdrawn { task } = record {
                (*task == key).then_some(TaskState::Withdrawn)
            } else {
                None
            }
        })
    };
    let is_active = instance.state.status() == Status::Active;
    for task in tasks {
        let open = instance.state.tasks().get(&task.key);
        let held = open.and_then(|task| task.held.as_ref());
        let held = held.map(|held| TaskState::Waiting(held.change.event()));
        let fate = fate(task.key);
        let is_lost = fate.is_none() && !is_active;
        let expected = fate.or(held).unwrap_or(TaskState::Open);
        if task.state != expected || is_lost {
            return Err(format!(
                "task {} is {:?}, and the records say {expected:?}",
                task.key, task.state
            ));
        }
    }
    Ok(())
}

fn equal(what: &str, mut table: Vec<String>, mut state: Vec<String>) -> Result<(), String> {
    table.sort();
    state.sort();
    if table == state {
        Ok(())
    } else {
        Err(format!("{what}\n  table {table:?}\n  state {state:?}"))
    }
}

fn shown_subscription(row: &Subscription) -> String {
    let Subscription {
        key,
        element,
        element_instance,
        kind,
        name,
        correlation,
        ..
    } = row;
    let kind = kind.as_str();
    format!("{key} {element} {element_instance} {kind} {name} {correlation:?}")
}

/// Conditions have no row.
fn shown_awaited(subscription: &bpmn::EventSubscription) -> Option<String> {
    let (kind, name, correlation) = match &subscription.awaits {
        Awaited::Message { name, correlation } => ("message", name, Some(correlation)),
        Awaited::Signal { name } => ("signal", name, None),
        Awaited::Condition { .. } => return None,
    };
    let bpmn::EventSubscription {
        key,
        element,
        element_instance,
        ..
    } = subscription;
    Some(format!(
        "{key} {element} {element_instance} {kind} {name} {correlation:?}"
    ))
}

fn shown_row(task: &Task) -> String {
    let Task {
        key,
        element,
        element_instance,
        name,
        form,
        assignee,
        candidate_groups,
        candidate_users,
        due,
        follow_up,
        priority,
        state,
        ..
    } = task;
    format!(
        "{key} {element} {element_instance} {name} {form:?} {assignee:?} {candidate_groups:?} {candidate_users:?} {due:?} {follow_up:?} {priority} {state:?}"
    )
}

fn shown_task(task: &bpmn::Task) -> String {
    let bpmn::Task {
        key,
        element,
        element_instance,
        name,
        form,
        assignee,
        candidate_groups,
        candidate_users,
        due,
        follow_up,
        priority,
        held,
        ..
    } = task;
    let state = match held {
        Some(held) => TaskState::Waiting(held.change.event()),
        None => TaskState::Open,
    };
    format!(
        "{key} {element} {element_instance} {name} {form:?} {assignee:?} {candidate_groups:?} {candidate_users:?} {due:?} {follow_up:?} {priority} {state:?}"
    )
}
