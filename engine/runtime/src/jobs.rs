//! Jobs as workers get them.

use std::collections::BTreeMap;

use bpmn::Key;
use feel::Context;
use jiff::Timestamp;
use store::{InstanceQuery, MAX_LIMIT};

use crate::reads::state;
use crate::{Result, Runtime};

/// A job with everything that a worker needs for it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActivatedJob {
    /// Its key.
    pub key: Key,
    /// What kind of program does it.
    pub job_type: String,
    /// The instance that it belongs to.
    pub instance: Key,
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
    /// The variables that the task sees.
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
            instances.insert(row.key, state(&row)?);
        }
        let mut activated = Vec::new();
        for job in jobs {
            // A job whose instance went on in the meantime is gone.
            let Some(instance) = instances.get(&job.instance) else {
                continue;
            };
            let Some(open) = instance.jobs().get(&job.key) else {
                continue;
            };
            activated.push(ActivatedJob {
                key: job.key,
                job_type: job.kind,
                instance: job.instance,
                process_id: instance.process_id().to_owned(),
                definition: instance.definition(),
                version: instance.version(),
                business_id: instance.business_id().map(str::to_owned),
                element: job.element,
                element_instance: job.element_instance,
                headers: open.headers.clone(),
                variables: instance.visible_variables(job.element_instance),
                retries: job.retries,
                worker: job.worker.unwrap_or_default(),
                token: job.token,
                leased_until: job.available_at,
            });
        }
        Ok(activated)
    }
}
