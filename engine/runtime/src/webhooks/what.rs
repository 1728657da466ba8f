//! What each record tells webhooks, and which records tell them nothing.

use bpmn::{ChangeKind, DeadlineOutcome, Key, ProcessInstance, Record};
use serde_json::{Value, json};

use super::before::Before;
use super::event::EventType;

/// The type of the event, what it is about, and what it says beyond the instance and the element.
pub(super) fn what(
    before: &Before,
    instance: &ProcessInstance,
    record: &Record,
) -> Option<(EventType, Key, Value)> {
    let of_task =
        |kind, task: &Key| Some((kind, *task, json!({ "userTaskKey": task.to_string() })));
    match record {
        Record::InstanceStarted(started) => {
            Some((EventType::InstanceStarted, started.key, json!({})))
        }
        Record::InstanceCompleted { .. } => {
            Some((EventType::InstanceCompleted, instance.key(), json!({})))
        }
        Record::InstanceTerminated { .. } => {
            Some((EventType::InstanceTerminated, instance.key(), json!({})))
        }
        Record::InstanceSuspended { .. } => {
            Some((EventType::InstanceSuspended, instance.key(), json!({})))
        }
        Record::InstanceResumed { .. } => {
            Some((EventType::InstanceResumed, instance.key(), json!({})))
        }
        Record::InstanceMigrated { .. } => {
            Some((EventType::InstanceMigrated, instance.key(), json!({})))
        }
        Record::TaskCreated { task } => {
            let data = json!({
                "userTaskKey": task.key.to_string(), "assigned": task.assignee.is_some(),
                "assignee": task.assignee, "dueDate": task.due,
            });
            Some((EventType::TaskCreated, task.key, data))
        }
        Record::TaskAssigned { task, assignee } => Some(assigned(*task, assignee.as_deref())),
        Record::TaskCompleted { task, .. } => of_task(EventType::TaskCompleted, task),
        Record::TaskWithdrawn { task } => of_task(EventType::TaskWithdrawn, task),
        Record::IncidentRaised { incident } => {
            let data = json!({
                "incidentKey": incident.key.to_string(), "errorType": incident.kind,
                "jobKey": incident.job.map(|key| key.to_string()), "errorMessage": incident.message,
            });
            Some((EventType::IncidentRaised, incident.key, data))
        }
        Record::IncidentResolved { incident } => {
            let data = json!({ "incidentKey": incident.to_string() });
            Some((EventType::IncidentResolved, *incident, data))
        }
        Record::DeadlineStarted { .. }
        | Record::DeadlineChanged { .. }
        | Record::DeadlineRecomputed { .. }
        | Record::DeadlineStopped { .. } => of_deadline(record),
        Record::MessageThrown {
            element_instance,
            name,
            correlation,
        } => {
            let data = thrown(
                instance,
                *element_instance,
                json!({ "messageName": name, "correlationKey": correlation }),
            );
            Some((EventType::MessageThrown, *element_instance, data))
        }
        Record::SubscriptionTriggered { subscription } => {
            let name = before.get(*subscription)?.message.as_ref()?;
            Some((
                EventType::MessageCorrelated,
                *subscription,
                json!({ "messageName": name }),
            ))
        }
        Record::SignalThrown {
            element_instance,
            name,
        } => {
            let data = thrown(instance, *element_instance, json!({ "signalName": name }));
            Some((EventType::SignalThrown, *element_instance, data))
        }
        Record::EscalationThrown {
            element_instance,
            code,
            caught_by,
        } => {
            let data = json!({ "escalationCode": code, "caughtBy": caught_by });
            let data = thrown(instance, *element_instance, data);
            Some((EventType::EscalationThrown, *element_instance, data))
        }
        // Told by the history alone.
        Record::AnswerHeld { .. }
        | Record::MigrationKept
        | Record::MigrationUndone { .. }
        | Record::ElementActivated { .. }
        | Record::LoopStarted { .. }
        | Record::AdHocClosed { .. }
        | Record::ItemCompleted { .. }
        | Record::ElementCompleted { .. }
        | Record::ElementTerminated { .. }
        | Record::FlowTaken { .. }
        | Record::ArrivalsDropped { .. }
        | Record::GatewayActivated { .. }
        | Record::GatewayReset { .. }
        | Record::CompensationRegistered { .. }
        | Record::CompensationsMoved { .. }
        | Record::CompensationThrown { .. }
        | Record::CompensationStarted { .. }
        | Record::CompensationEnded { .. }
        | Record::VariableSet { .. }
        | Record::DataStoreWritten { .. }
        | Record::TaskUpdated { .. }
        | Record::TaskChangeHeld { .. }
        | Record::TaskCorrected { .. }
        | Record::JobCreated { .. }
        | Record::JobCompleted { .. }
        | Record::JobFailed { .. }
        | Record::JobRetriesUpdated { .. }
        | Record::JobWithdrawn { .. }
        | Record::TimerStarted { .. }
        | Record::TimerFired { .. }
        | Record::TimerWithdrawn { .. }
        | Record::SubscriptionOpened { .. }
        | Record::SubscriptionClosed { .. }
        | Record::ConditionChanged { .. }
        | Record::EventPartlyOccurred { .. }
        | Record::EventOccurred { .. }
        | Record::DeadlineExplained { .. }
        | Record::CalendarChosen { .. }
        | Record::DecisionEvaluated(_)
        | Record::ExpressionWarned { .. }
        | Record::ErrorThrown { .. }
        | Record::ProcessCalled { .. }
        | Record::TaskChangeDecided { .. } => None,
    }
}

fn assigned(task: Key, assignee: Option<&str>) -> (EventType, Key, Value) {
    let data = json!({
        "userTaskKey": task.to_string(), "assigned": assignee.is_some(), "assignee": assignee,
    });
    (EventType::TaskAssigned, task, data)
}

/// What a visit has thrown; where the visit is over, only its key is known.
fn thrown(instance: &ProcessInstance, visit: Key, mut data: Value) -> Value {
    data["elementInstanceKey"] = visit.to_string().into();
    if let Some(visit) = instance.elements().get(&visit) {
        data["elementId"] = (**visit.element()).into();
    }
    data
}

fn of_deadline(record: &Record) -> Option<(EventType, Key, Value)> {
    let counted = |key: &Key, counted: &bpmn::Counted, change: Option<&str>| {
        json!({
            "deadlineKey": key.to_string(), "dueDate": counted.due, "warnsAt": counted.warns_at, "change": change,
        })
    };
    if let Record::DeadlineStarted { deadline } = record {
        let data = counted(&deadline.key, &deadline.counted, None);
        Some((EventType::DeadlineStarted, deadline.key, data))
    } else if let Record::DeadlineChanged {
        deadline,
        change,
        counted: now,
    } = record
    {
        let word = match &change.kind {
            ChangeKind::Paused => "paused",
            ChangeKind::Resumed => "resumed",
            ChangeKind::Extended(_) => "extended",
        };
        let data = counted(deadline, now, Some(word));
        Some((EventType::DeadlineChanged, *deadline, data))
    } else if let Record::DeadlineRecomputed {
        deadline,
        counted: now,
    } = record
    {
        let data = counted(deadline, now, Some("recomputed"));
        Some((EventType::DeadlineChanged, *deadline, data))
    } else if let Record::DeadlineStopped {
        deadline, outcome, ..
    } = record
    {
        let kind = match outcome {
            DeadlineOutcome::Met => EventType::DeadlineMet,
            DeadlineOutcome::Missed => EventType::DeadlineMissed,
            DeadlineOutcome::Reached => EventType::DeadlineReached,
            DeadlineOutcome::Withdrawn => EventType::DeadlineWithdrawn,
        };
        let data = json!({ "deadlineKey": deadline.to_string() });
        Some((kind, *deadline, data))
    } else {
        None
    }
}
