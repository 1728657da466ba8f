//! What is read off the records of a step: rows of tasks, timers, subscriptions, jobs and incidents.

use bpmn::{
    Awaited, Command, DeadlineOutcome, EventSubscription, ProcessInstance, Record, TaskState,
};
use jiff::{SignedDuration, Timestamp};
use store::{
    Batch, Closed, DeadlineState, Incident, Job, KeptJob, Subscription, SubscriptionKind, Task,
    TaskWrite, Timer,
};

use crate::limits::RETRY_BACKOFF_S_MAX;

/// The task header that says how long a job rests after a failure.
const RETRY_BACKOFF: &str = "retryBackoff";

/// Adds the rows that the records of one step change. `instance` is the state after the step.
pub(crate) fn project(
    batch: &mut Batch,
    instance: &ProcessInstance,
    records: &[Record],
    now: Timestamp,
) {
    for record in records {
        match record {
            Record::TaskCreated { task } => {
                // What the same step did to the task afterwards counts as well.
                let task = instance.tasks().get(&task.key).unwrap_or(task);
                batch.tasks.insert(
                    task.key,
                    TaskWrite {
                        task: task_row(instance, task, now),
                        created: true,
                    },
                );
            }
            Record::TaskAssigned { task, .. }
            | Record::TaskUpdated { task, .. }
            | Record::TaskChangeHeld { task, .. }
            | Record::TaskChangeDecided { task, .. } => {
                if let Some(task) = instance.tasks().get(task) {
                    let row = task_row(instance, task, now);
                    let created = batch
                        .tasks
                        .get(&task.key)
                        .is_some_and(|earlier| earlier.created);
                    batch
                        .tasks
                        .insert(task.key, TaskWrite { task: row, created });
                }
            }
            Record::TaskCompleted { task, by } => {
                let closed = Closed {
                    state: TaskState::Completed,
                    at: now,
                    by: by.clone(),
                };
                batch.closed_tasks.insert(*task, closed);
            }
            Record::TaskWithdrawn { task } => {
                batch.closed_tasks.insert(
                    *task,
                    Closed {
                        state: TaskState::Withdrawn,
                        at: now,
                        by: None,
                    },
                );
            }
            Record::TimerStarted { timer } => {
                batch.gone_timers.remove(&timer.key);
                batch.timers.insert(timer.key, timer_row(instance, timer));
            }
            Record::TimerFired { timer } | Record::TimerWithdrawn { timer } => {
                batch.gone_timers.insert(*timer);
            }
            Record::SubscriptionOpened { subscription } => {
                let row = subscription_row(instance, subscription, now);
                batch
                    .subscriptions
                    .extend(row.map(|row| (subscription.key, row)));
            }
            Record::SubscriptionClosed { subscription } => {
                batch.gone_subscriptions.insert(*subscription);
            }
            Record::DeadlineStarted { deadline } => {
                // What the same step did to it afterwards counts as well.
                let running = instance.deadlines().get(&deadline.key);
                let row = deadline_row(instance, running.unwrap_or(deadline), now);
                batch.deadlines.insert(deadline.key, row);
            }
            Record::DeadlineChanged { deadline, .. }
            | Record::DeadlineRecomputed { deadline, .. } => {
                if let Some(running) = instance.deadlines().get(deadline) {
                    let row = deadline_row(instance, running, now);
                    batch.deadlines.insert(*deadline, row);
                }
                moved(batch, instance, *deadline, now);
            }
            Record::DeadlineStopped {
                deadline,
                outcome,
                at,
            } => {
                let end = batch.ended_deadlines.entry(*deadline).or_default();
                end.stopped = Some((deadline_state(*outcome), *at));
            }
            Record::DeadlineExplained {
                deadline, reason, ..
            } => {
                let end = batch.ended_deadlines.entry(*deadline).or_default();
                end.miss_reason = Some(reason.clone());
            }
            Record::JobCreated { job } => {
                batch.jobs.insert(job.key, job_row(instance, job, now));
            }
            Record::JobFailed { job, .. } => {
                if let Some(job) = instance.jobs().get(job) {
                    let rested = now.saturating_add(back_off(job)).unwrap_or(Timestamp::MAX);
                    let row = Job {
                        available_at: rested,
                        ..job_row(instance, job, now)
                    };
                    batch.jobs.insert(job.key, row);
                }
            }
            Record::JobRetriesUpdated { job, .. } => {
                if let Some(job) = instance.jobs().get(job) {
                    batch.jobs.insert(job.key, job_row(instance, job, now));
                }
            }
            Record::JobCompleted { job } | Record::JobWithdrawn { job } => {
                batch.gone_jobs.insert(*job);
            }
            Record::InstanceMigrated { .. }
            | Record::MigrationUndone { .. }
            | Record::InstanceResumed { .. } => write_again(batch, instance, now),
            Record::IncidentRaised { incident } => {
                batch
                    .incidents
                    .insert(incident.key, incident_row(instance, incident, now));
            }
            Record::IncidentResolved { incident } => {
                batch.resolved_incidents.insert(*incident, now);
            }
            // Told by the history alone.
            Record::CalendarChosen { .. }
            | Record::InstanceStarted(_)
            | Record::InstanceSuspended { .. }
            | Record::AnswerHeld { .. }
            | Record::MigrationKept
            | Record::ElementActivated { .. }
            | Record::ElementCompleted { .. }
            | Record::ElementTerminated { .. }
            | Record::LoopStarted { .. }
            | Record::ItemCompleted { .. }
            | Record::AdHocClosed { .. }
            | Record::FlowTaken { .. }
            | Record::ArrivalsDropped { .. }
            | Record::SubscriptionTriggered { .. }
            | Record::EventPartlyOccurred { .. }
            | Record::EventOccurred { .. }
            | Record::GatewayActivated { .. }
            | Record::GatewayReset { .. }
            | Record::CompensationRegistered { .. }
            | Record::CompensationsMoved { .. }
            | Record::CompensationThrown { .. }
            | Record::CompensationStarted { .. }
            | Record::CompensationEnded { .. }
            | Record::TaskCorrected { .. }
            | Record::VariableSet { .. }
            | Record::DataStoreWritten { .. }
            | Record::DecisionEvaluated(_)
            | Record::ExpressionWarned { .. }
            | Record::ErrorThrown { .. }
            | Record::EscalationThrown { .. }
            | Record::MessageThrown { .. }
            | Record::SignalThrown { .. }
            | Record::ProcessCalled { .. }
            | Record::InstanceCompleted { .. }
            | Record::ConditionChanged { .. }
            | Record::InstanceTerminated { .. } => {}
        }
    }
    if instance.suspended_at().is_some() {
        hide(batch, instance);
    }
}

/// While an instance stands still, its timers and what it awaits have no rows, and its jobs are hidden from workers.
fn hide(batch: &mut Batch, instance: &ProcessInstance) {
    for key in instance.timers().keys() {
        batch.timers.remove(key);
        batch.gone_timers.insert(*key);
    }
    for key in instance.subscriptions().keys() {
        batch.subscriptions.remove(key);
        batch.gone_subscriptions.insert(*key);
    }
    for job in instance.jobs().values() {
        keep_job(batch, job, true);
    }
}

/// The job goes on as it is, with its lease, or its pause after a failure.
fn keep_job(batch: &mut Batch, job: &bpmn::Job, hidden: bool) {
    let (element, kind) = (job.element.to_string(), job.job_type.clone());
    if let Some(row) = batch.jobs.get_mut(&job.key) {
        row.element = element;
        row.hidden = hidden;
    } else {
        let kept = KeptJob {
            element,
            kind,
            hidden,
        };
        batch.kept_jobs.insert(job.key, kept);
    }
}

/// All rows of what is open: another definition has other ids, and what a migration had withdrawn is there again.
fn write_again(batch: &mut Batch, instance: &ProcessInstance, now: Timestamp) {
    for task in instance.tasks().values() {
        let earlier = batch.tasks.get(&task.key);
        let created = earlier.is_some_and(|earlier| earlier.created);
        let task = task_row(instance, task, now);
        batch.tasks.insert(task.key, TaskWrite { task, created });
    }
    for timer in instance.timers().values() {
        batch.gone_timers.remove(&timer.key);
        batch.timers.insert(timer.key, timer_row(instance, timer));
    }
    for subscription in instance.subscriptions().values() {
        if let Some(row) = subscription_row(instance, subscription, now) {
            batch.gone_subscriptions.remove(&subscription.key);
            batch.subscriptions.insert(subscription.key, row);
        }
    }
    for deadline in instance.deadlines().values() {
        batch.ended_deadlines.remove(&deadline.key);
        let row = deadline_row(instance, deadline, now);
        batch.deadlines.insert(deadline.key, row);
    }
    for job in instance.jobs().values() {
        keep_job(batch, job, false);
    }
    for incident in instance.incidents().values() {
        let row = incident_row(instance, incident, now);
        batch.incidents.insert(incident.key, row);
    }
}

fn task_row(instance: &ProcessInstance, task: &bpmn::Task, now: Timestamp) -> Task {
    Task {
        key: task.key,
        instance: instance.key(),
        element: task.element.to_string(),
        element_instance: task.element_instance,
        name: task.name.to_string(),
        form: task.form.clone(),
        assignee: task.assignee.clone(),
        candidate_groups: task.candidate_groups.clone(),
        candidate_users: task.candidate_users.clone(),
        due: task.due,
        follow_up: task.follow_up,
        priority: task.priority,
        state: match &task.held {
            Some(held) => TaskState::Waiting(held.change.event()),
            None => TaskState::Open,
        },
        created_at: now,
        closed_at: None,
        closed_by: None,
        process_id: instance.process_id().to_owned(),
        definition: instance.definition(),
        business_id: instance.business_id().map(str::to_owned),
        root: None,
    }
}

/// The task or timer of a deadline that is due otherwise.
fn moved(batch: &mut Batch, instance: &ProcessInstance, key: bpmn::Key, now: Timestamp) {
    if let Some(task) = instance.tasks().get(&key) {
        let earlier = batch.tasks.get(&key);
        let created = earlier.is_some_and(|earlier| earlier.created);
        let task = task_row(instance, task, now);
        batch.tasks.insert(key, TaskWrite { task, created });
    }
    if let Some(timer) = instance.timers().get(&key) {
        batch.timers.insert(key, timer_row(instance, timer));
    }
}

fn deadline_row(
    instance: &ProcessInstance,
    deadline: &bpmn::Deadline,
    now: Timestamp,
) -> store::Deadline {
    store::Deadline {
        key: deadline.key,
        instance: instance.key(),
        element: deadline.element.to_string(),
        element_instance: deadline.element_instance,
        name: deadline.name.to_string(),
        of_task: deadline.of_task,
        started_at: deadline.started_at,
        start_event: deadline.start_event.clone(),
        due: deadline.counted.due,
        warns_at: deadline.counted.warns_at,
        source: deadline.source.map(|source| source.word().to_owned()),
        reference: deadline.reference.clone(),
        calendar: deadline.counted.calendar.clone(),
        beyond_calendar: deadline.counted.beyond_calendar,
        counted_at: now,
        changes: serde_json::to_string(&deadline.changes).expect("changes are data"),
        state: DeadlineState::Open,
        stopped_at: None,
        miss_reason: deadline.miss_reason.clone(),
    }
}

fn deadline_state(outcome: DeadlineOutcome) -> DeadlineState {
    match outcome {
        DeadlineOutcome::Met => DeadlineState::Met,
        DeadlineOutcome::Missed => DeadlineState::Missed,
        DeadlineOutcome::Reached => DeadlineState::Reached,
        DeadlineOutcome::Withdrawn => DeadlineState::Withdrawn,
    }
}

fn timer_row(instance: &ProcessInstance, timer: &bpmn::Timer) -> Timer {
    Timer {
        key: timer.key,
        instance: instance.key(),
        element: timer.element.to_string(),
        due: timer.due,
        repeat: None,
    }
}

/// The row of a subscription; conditions are looked at inside the instance and have none.
fn subscription_row(
    instance: &ProcessInstance,
    subscription: &EventSubscription,
    now: Timestamp,
) -> Option<Subscription> {
    let (kind, name, correlation) = match &subscription.awaits {
        Awaited::Message { name, correlation } => {
            let correlation = Some(correlation.clone());
            (SubscriptionKind::Message, name, correlation)
        }
        Awaited::Signal { name } => (SubscriptionKind::Signal, name, None),
        Awaited::Condition { .. } => return None,
    };
    Some(Subscription {
        key: subscription.key,
        instance: instance.key(),
        process_id: instance.process_id().to_owned(),
        element: subscription.element.to_string(),
        element_instance: subscription.element_instance,
        kind,
        name: name.clone(),
        correlation,
        created_at: now,
    })
}

fn job_row(instance: &ProcessInstance, job: &bpmn::Job, now: Timestamp) -> Job {
    Job {
        key: job.key,
        instance: instance.key(),
        element: job.element.to_string(),
        element_instance: job.element_instance,
        kind: job.job_type.clone(),
        retries: job.retries,
        available_at: now,
        token: 0,
        worker: None,
        created_at: now,
        hidden: false,
    }
}

/// How long a job rests after a failure: the task header `retryBackoff`, a duration, and up to a quarter more, so that what failed
/// together does not come back together. The same job at the same number of tries rests the same time.
fn back_off(job: &bpmn::Job) -> SignedDuration {
    let Some(text) = job.headers.get(RETRY_BACKOFF) else {
        return SignedDuration::ZERO;
    };
    let Ok(asked) = text.trim().parse::<SignedDuration>() else {
        tracing::warn!(job = %job.key, element = %job.element, "the header retryBackoff is no duration; write for example PT30S");
        return SignedDuration::ZERO;
    };
    let most = SignedDuration::from_secs(RETRY_BACKOFF_S_MAX);
    let asked = asked.clamp(SignedDuration::ZERO, most);
    let mut mixed = job.key.0.unsigned_abs() ^ (u64::from(job.retries) << 32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let share = i128::from(mixed >> 40) * asked.as_millis() / 4 / (1 << 24);
    let jitter = i64::try_from(share).map_or(SignedDuration::ZERO, SignedDuration::from_millis);
    asked.saturating_add(jitter)
}

fn incident_row(instance: &ProcessInstance, incident: &bpmn::Incident, now: Timestamp) -> Incident {
    Incident {
        key: incident.key,
        instance: instance.key(),
        element: incident.element.to_string(),
        element_instance: incident.element_instance,
        kind: incident_kind(incident.kind),
        message: incident.message.clone(),
        raised_at: now,
        resolved_at: None,
    }
}

/// The word that the kind has in JSON.
fn incident_kind(kind: bpmn::IncidentKind) -> String {
    let json = serde_json::to_value(kind).expect("a kind is a word");
    json.as_str().expect("a kind is a word").to_owned()
}

/// The word of a command in the history, the same as in its JSON.
pub(super) fn command_name(command: &Command) -> &'static str {
    match command {
        Command::CompleteTask { .. } => "completeTask",
        Command::AssignTask { .. } => "assignTask",
        Command::UnassignTask { .. } => "unassignTask",
        Command::UpdateTask { .. } => "updateTask",
        Command::CompleteJob { .. } => "completeJob",
        Command::CompleteAdHocJob { .. } => "completeAdHocJob",
        Command::ActivateElements { .. } => "activateElements",
        Command::CompleteAdHoc { .. } => "completeAdHoc",
        Command::CompleteTaskListener { .. } => "completeTaskListener",
        Command::FailJob { .. } => "failJob",
        Command::ThrowError { .. } => "throwError",
        Command::Escalate { .. } => "escalate",
        Command::UpdateRetries { .. } => "updateRetries",
        Command::FireTimer { .. } => "fireTimer",
        Command::Trigger { .. } => "trigger",
        Command::SetVariables { .. } => "setVariables",
        Command::ResolveIncident { .. } => "resolveIncident",
        Command::PauseDeadline { .. } => "pauseDeadline",
        Command::ResumeDeadline { .. } => "resumeDeadline",
        Command::ExtendDeadline { .. } => "extendDeadline",
        Command::RecomputeDeadlines => "recomputeDeadlines",
        Command::ExplainMiss { .. } => "explainMiss",
        Command::UseCalendar { .. } => "useCalendar",
        Command::Suspend => "suspend",
        Command::Resume => "resume",
        Command::Modify { .. } => "modify",
        Command::Migrate { .. } => "migrate",
        Command::UndoMigration => "undoMigration",
        Command::CancelInstance => "cancelInstance",
        Command::CalledCompleted { .. } => "calledCompleted",
        Command::CalledFailed { .. } => "calledFailed",
        Command::CalledEscalated { .. } => "calledEscalated",
        Command::CalledCancelled { .. } => "calledCancelled",
    }
}
