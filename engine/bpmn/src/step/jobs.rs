//! What is asked of jobs: that they are done, have failed, or have led to an error.

use feel::Context;

use super::listeners::stage_of;
use super::variables::check_size;
use super::{Stepper, Thrown};
use crate::{Corrections, Incident, IncidentKind, JobKind, Key, Record, Rejection};

impl<'a> Stepper<'a> {
    /// The visit that a job belongs to.
    pub(super) fn job(&self, job: Key) -> Result<Key, Rejection> {
        let found = self.instance.jobs().get(&job);
        found
            .map(|job| job.element_instance)
            .ok_or(Rejection::NoSuchJob { job })
    }

    pub(super) fn complete_job(&mut self, job: Key, variables: &Context) -> Result<(), Rejection> {
        let visit = self.job(job)?;
        if let JobKind::ExecutionListener { event, number } = self.instance.jobs()[&job].kind {
            return self.complete_listener(job, visit, event, number, variables);
        }
        if let JobKind::TaskListener { .. } = self.instance.jobs()[&job].kind {
            if variables.iter().next().is_some() {
                return Err(Rejection::ListenerGivesVariables);
            }
            return self.complete_task_listener(job, None, Corrections::default());
        }
        if self.is_ad_hoc_job(visit) {
            return self.complete_ad_hoc_job(job, variables, &[], false, false);
        }
        check_size(variables, self.instance.bytes())?;
        self.job_done(job);
        self.finish(visit, variables);
        Ok(())
    }

    /// A job was done in spite of everything: also its incident is over.
    pub(super) fn job_done(&mut self, job: Key) {
        self.drop_incident_of(job);
        self.emit(Record::JobCompleted { job });
    }

    fn drop_incident_of(&mut self, job: Key) {
        let mut incidents = self.instance.incidents().values();
        let known = incidents.find(|incident| incident.job == Some(job));
        if let Some(incident) = known.map(|incident| incident.key) {
            self.emit(Record::IncidentResolved { incident });
        }
    }

    /// A job is no longer needed, and its incident neither.
    pub(super) fn withdraw_failed(&mut self, job: Key) {
        self.drop_incident_of(job);
        self.emit(Record::JobWithdrawn { job });
    }

    pub(super) fn fail_job(
        &mut self,
        job: Key,
        retries: u32,
        message: String,
    ) -> Result<(), Rejection> {
        self.job(job)?;
        self.emit(Record::JobFailed {
            job,
            retries,
            message: message.clone(),
        });
        let known = self
            .instance
            .incidents()
            .values()
            .any(|incident| incident.job == Some(job));
        if retries == 0 && !known {
            self.raise_for_job(job, &message);
        }
        Ok(())
    }

    /// A job that has no retries left is an incident.
    fn raise_for_job(&mut self, key: Key, message: &str) {
        let Some(job) = self.instance.jobs().get(&key) else {
            return;
        };
        let what = match job.kind.listens_to() {
            None => "job".to_owned(),
            Some(event) => format!("{event} listener \"{}\"", job.job_type),
        };
        let kind = match job.kind {
            JobKind::Element | JobKind::AdHoc => IncidentKind::Job,
            JobKind::ExecutionListener { .. } => IncidentKind::ExecutionListener,
            JobKind::TaskListener { .. } => IncidentKind::TaskListener,
        };
        let label = self.label_of(job.element_instance);
        let incident = Box::new(Incident {
            key: self.next_key(),
            element: job.element.clone(),
            element_instance: job.element_instance,
            kind,
            message: format!("The {what} of \"{label}\" failed and has no retries left: {message}"),
            job: Some(key),
            stage: stage_of(&job.kind),
        });
        self.emit(Record::IncidentRaised { incident });
    }

    pub(super) fn throw_from_job(&mut self, job: Key, error: Thrown) -> Result<(), Rejection> {
        let visit = self.job(job)?;
        if let JobKind::TaskListener { .. } = self.instance.jobs()[&job].kind {
            return Err(Rejection::ListenerThrows);
        }
        check_size(&error.variables, self.instance.bytes())?;
        let Some(at) = self.at(visit) else {
            self.throw_from_process(job, error);
            return Ok(());
        };
        let stage = stage_of(&self.instance.jobs()[&job].kind);
        if let Err(failure) = self.throw(at, error) {
            // Resolving the incident does the element again, with a new job.
            self.withdraw_failed(job);
            self.raise(at, stage, failure);
        }
        Ok(())
    }
}
