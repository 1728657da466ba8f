//! Jobs as workers get them.

use std::collections::BTreeMap;
use std::time::Duration;

use bpmn::{JobKind, Key, Task};
use feel::Context;
use jiff::{SignedDuration, Timestamp};
use store::{InstanceQuery, MAX_LIMIT};

use crate::limits::{ANSWERS_AT_ONCE, ANSWERS_KEPT_HOURS};
use crate::reads::state;
use crate::writer::Message;
use crate::{Result, Runtime};

/// How long a worker waits at most and at least before it looks again where nobody has rung.
const LONGEST_REST: Duration = Duration::from_secs(60);
const SHORTEST_REST: Duration = Duration::from_millis(10);

/// A job with everything that a worker needs for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivatedJob {
    /// Its key.
    pub key: Key,
    /// What kind of program does it.
    pub job_type: String,
    /// The instance that it belongs to.
    pub instance: Key,
    /// The instance from which calls led to that one in the end; the same where nobody called it.
    pub root: Key,
    /// The id of the process.
    pub process_id: String,
    /// The key of the definition.
    pub definition: Key,
    /// The version of the definition.
    pub version: u32,
    /// What the business calls the instance.
    pub business_id: Option<String>,
    /// The id of the task in the model.
    pub element: String,
    /// The visit to that task.
    pub element_instance: Key,
    /// Fixed texts from the model.
    pub headers: BTreeMap<String, String>,
    /// For what it is done.
    pub kind: JobKind,
    /// The task that its change would make, where it is a task listener.
    pub task: Option<Task>,
    /// What of the task the change changes: `assignee`, `dueDate` ...
    pub changed: Vec<&'static str>,
    /// The variables that the task sees; with its answers, where it is one that is to be completed.
    pub variables: Context,
    /// How often it may still fail.
    pub retries: u32,
    /// Who has it.
    pub worker: String,
    /// To be shown with the result; a later lease has another.
    pub token: i64,
    /// Until when nobody else gets it.
    pub leased_until: Timestamp,
}

impl Runtime {
    /// [`Runtime::activate_jobs`]; where there are none, waits up to `wait` for the first. Woken by new jobs, by leases that run
    /// out and by failed jobs that have rested.
    pub async fn await_jobs(
        &self,
        job_type: &str,
        worker: &str,
        limit: u32,
        lease_ms: u32,
        wait: Duration,
    ) -> Result<Vec<ActivatedJob>> {
        let waiting = async {
            let waiter = self.bell().listen(job_type)?;
            loop {
                let rung = waiter.notify.notified();
                tokio::pin!(rung);
                // What is rung from now on is heard.
                rung.as_mut().enable();
                let jobs = self
                    .activate_jobs(job_type, worker, limit, lease_ms)
                    .await?;
                if !jobs.is_empty() {
                    return Ok(jobs);
                }
                let next = self.store().next_job(job_type).await?;
                let rest = next.map(|due| due.duration_since(self.now()));
                let rest = rest.map_or(LONGEST_REST, |rest| {
                    Duration::try_from(rest)
                        .unwrap_or_default()
                        .min(LONGEST_REST)
                });
                tokio::select! {
                    () = rung => {}
                    () = tokio::time::sleep(rest.max(SHORTEST_REST)) => {}
                }
            }
        };
        match tokio::time::timeout(wait, waiting).await {
            Ok(jobs) => jobs,
            Err(_) => Ok(Vec::new()),
        }
    }

    /// Gives a worker `lease_ms` from now on for a job that it has; gives the end of the lease. A worker at a long job says so
    /// that it lives. Without a token the lease is made longer whoever has it.
    ///
    /// # Errors
    /// [`Error::LeaseLost`](crate::Error::LeaseLost) where the job is done or another worker has it.
    pub async fn extend_lease(
        &self,
        job: Key,
        token: Option<i64>,
        lease_ms: u32,
    ) -> Result<Timestamp> {
        self.ask(|reply| Message::ExtendLease {
            job,
            token,
            lease_ms,
            reply,
        })
        .await?
    }

    /// Deletes the answers to requests with idempotency keys that are older than [`ANSWERS_KEPT_HOURS`], some at a time; gives how
    /// many.
    pub async fn prune_answers(&self) -> Result<usize> {
        let kept = SignedDuration::from_hours(ANSWERS_KEPT_HOURS);
        let before = self.now().saturating_sub(kept).unwrap_or(Timestamp::MIN);
        let mut pruned = 0;
        loop {
            let some = self
                .ask(|reply| Message::PruneAnswers { before, reply })
                .await??;
            pruned += some;
            if some < ANSWERS_AT_ONCE as usize {
                return Ok(pruned);
            }
        }
    }

    /// Adds to leased jobs what their instances know about them.
    pub(crate) async fn activated(&self, jobs: Vec<store::Job>) -> Result<Vec<ActivatedJob>> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let keys = jobs.iter().map(|job| job.instance).collect();
        let query = InstanceQuery {
            keys,
            limit: MAX_LIMIT,
            ..InstanceQuery::default()
        };
        let mut instances = BTreeMap::new();
        for row in self.store().instances(&query).await? {
            instances.insert(row.key, (state(&row)?, row.root));
        }
        let mut activated = Vec::new();
        for job in jobs {
            // A job whose instance went on in the meantime is gone.
            let Some((instance, root)) = instances.get(&job.instance) else {
                continue;
            };
            let Some(open) = instance.jobs().get(&job.key) else {
                continue;
            };
            let task = match &open.kind {
                JobKind::TaskListener { task, .. } => instance.tasks().get(task),
                JobKind::Element | JobKind::AdHoc | JobKind::ExecutionListener { .. } => None,
            };
            let mut variables = instance.visible_variables(job.element_instance);
            for (name, value) in task.into_iter().flat_map(Task::answers) {
                variables.insert(name, value.clone());
            }
            activated.push(ActivatedJob {
                key: job.key,
                job_type: job.kind,
                instance: job.instance,
                root: root.unwrap_or(job.instance),
                process_id: instance.process_id().to_owned(),
                definition: instance.definition(),
                version: instance.version(),
                business_id: instance.business_id().map(str::to_owned),
                element: job.element,
                element_instance: job.element_instance,
                headers: open.headers.clone(),
                kind: open.kind.clone(),
                task: task.map(Task::as_meant),
                changed: task.map(Task::changed).unwrap_or_default(),
                variables,
                retries: job.retries,
                worker: job.worker.unwrap_or_default(),
                token: job.token,
                leased_until: job.available_at,
            });
        }
        Ok(activated)
    }
}
