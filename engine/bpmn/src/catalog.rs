//! All that is deployed: process definitions, decisions and forms. Read only and cheap to copy; a
//! deployment makes a new catalog. So does a change of what the data stores hold, which is kept outside and shown here.
//!
//! A version that is withdrawn is kept for what it began: it is found by its key, and by nobody who looks for a version
//! to begin with.

mod deployed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dmn::Decision;
use feel::{Environment, MondayToFriday, Value, WorkingDays};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendars::Calendars;
use crate::elements::Binding;
use crate::{DeployedCalendar, Key, Office, ProcessDefinition, Record};

pub use deployed::{DecisionModel, Deployed, DeployedDecision, FormResource};

/// All that is deployed, and the zone and calendar in which it runs.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Where dates without zone are.
    pub zone: TimeZone,
    /// The working days of where no deployed calendar says otherwise.
    pub calendar: Arc<dyn WorkingDays>,
    /// What the data stores hold now, by their names; one that is absent holds null.
    pub data_stores: Arc<BTreeMap<String, Value>>,
    contents: Arc<Contents>,
}

#[derive(Debug, Clone, Default)]
struct Contents {
    processes: BTreeMap<Key, Deployed>,
    /// Keys by process id, oldest version first.
    versions: BTreeMap<String, Vec<Key>>,
    /// Oldest version first.
    decisions: BTreeMap<String, Vec<DeployedDecision>>,
    /// By namespace, oldest first.
    decision_models: BTreeMap<String, Vec<DecisionModel>>,
    /// Oldest version first.
    forms: BTreeMap<String, Vec<Arc<FormResource>>>,
    calendars: Calendars,
    /// Versions with which nothing begins any more.
    withdrawn: BTreeSet<Key>,
}

impl Default for Catalog {
    fn default() -> Catalog {
        Catalog::new(TimeZone::UTC, Arc::new(MondayToFriday))
    }
}

impl Catalog {
    /// An empty catalog.
    pub fn new(zone: TimeZone, calendar: Arc<dyn WorkingDays>) -> Catalog {
        Catalog {
            zone,
            calendar,
            data_stores: Arc::default(),
            contents: Arc::default(),
        }
    }

    /// The names of the data stores that deployed processes read or write.
    pub fn data_store_names(&self) -> BTreeSet<String> {
        let processes = self.contents.processes.values();
        let definitions = processes.map(|deployed| &deployed.definition);
        definitions
            .flat_map(|definition| definition.data_store_names())
            .collect()
    }

    /// The catalog after what the records of a step have written to data stores.
    /// `None` where they wrote nothing.
    #[must_use]
    pub fn with_written(&self, records: &[Record]) -> Option<Catalog> {
        let mut changed: Option<Catalog> = None;
        for record in records {
            if let Record::DataStoreWritten { store, value, .. } = record {
                let catalog = changed.get_or_insert_with(|| self.clone());
                let stores = Arc::make_mut(&mut catalog.data_stores);
                stores.insert(store.to_string(), value.clone());
            }
        }
        changed
    }

    /// The catalog with one more version of a process, which came alone.
    #[must_use]
    pub fn with_process(
        self,
        key: Key,
        version: u32,
        definition: Arc<ProcessDefinition>,
    ) -> Catalog {
        self.with_deployed(Deployed {
            key,
            version,
            deployment: key,
            definition,
        })
    }

    /// The catalog with one more version of a process.
    #[must_use]
    pub fn with_deployed(mut self, deployed: Deployed) -> Catalog {
        let contents = Arc::make_mut(&mut self.contents);
        let (key, id) = (deployed.key, deployed.definition.id().to_owned());
        contents.processes.insert(key, deployed);
        let versions = contents.versions.entry(id).or_default();
        versions.push(key);
        versions.sort_by_key(|key| contents.processes[key].version);
        self
    }

    /// The catalog with the decision as the latest of its id.
    #[must_use]
    pub fn with_decision(self, decision: Arc<Decision>) -> Catalog {
        let versions = self.contents.decisions.get(decision.id());
        let latest = versions.and_then(|versions| versions.last());
        let version = latest.map_or(0, |latest| latest.version) + 1;
        self.with_deployed_decision(DeployedDecision {
            key: Key(0),
            version,
            deployment: Key(0),
            decision,
        })
    }

    /// The catalog with one more version of a decision.
    #[must_use]
    pub fn with_deployed_decision(mut self, deployed: DeployedDecision) -> Catalog {
        let decisions = &mut Arc::make_mut(&mut self.contents).decisions;
        let id = deployed.decision.id().to_owned();
        let versions = decisions.entry(id).or_default();
        versions.push(deployed);
        versions.sort_by_key(|deployed| deployed.version);
        self
    }

    /// The catalog with one more DMN file that others can import.
    #[must_use]
    pub fn with_decision_model(mut self, model: DecisionModel) -> Catalog {
        let models = &mut Arc::make_mut(&mut self.contents).decision_models;
        let versions = models.entry(model.namespace.clone()).or_default();
        versions.push(model);
        versions.sort_by_key(|model| model.deployment);
        self
    }

    /// The catalog with one more version of a form.
    #[must_use]
    pub fn with_form(mut self, form: Arc<FormResource>) -> Catalog {
        let forms = &mut Arc::make_mut(&mut self.contents).forms;
        let versions = forms.entry(form.id.clone()).or_default();
        versions.push(form);
        versions.sort_by_key(|form| form.version);
        self
    }

    /// The catalog in which a version of a process, decision or form is withdrawn: the one before it is the latest
    /// again, and what runs by it goes on.
    #[must_use]
    pub fn with_withdrawn(mut self, key: Key) -> Catalog {
        Arc::make_mut(&mut self.contents).withdrawn.insert(key);
        self
    }

    /// Whether the version with this key is withdrawn.
    pub fn is_withdrawn(&self, key: Key) -> bool {
        self.contents.withdrawn.contains(&key)
    }

    /// A process definition by its key, withdrawn or not.
    pub fn process(&self, key: Key) -> Option<&Deployed> {
        self.contents.processes.get(&key)
    }

    /// The latest version of a process.
    pub fn latest(&self, process_id: &str) -> Option<&Deployed> {
        self.versions(process_id).next_back()
    }

    /// A version of a process.
    pub fn version(&self, process_id: &str, version: u32) -> Option<&Deployed> {
        self.versions(process_id)
            .find(|deployed| deployed.version == version)
    }

    /// All versions of a process that are not withdrawn, oldest first.
    pub fn versions(&self, process_id: &str) -> impl DoubleEndedIterator<Item = &Deployed> {
        let keys = self.contents.versions.get(process_id);
        keys.into_iter()
            .flatten()
            .filter(|key| !self.is_withdrawn(**key))
            .filter_map(|key| self.process(*key))
    }

    /// The latest version of every process, by process id.
    pub fn processes(&self) -> impl Iterator<Item = &Deployed> {
        self.contents
            .versions
            .keys()
            .filter_map(|id| self.latest(id))
    }

    /// Those of them that a person can start: not what begins by an event only, and not global tasks.
    pub fn startable(&self) -> impl Iterator<Item = &Deployed> {
        self.processes().filter(|deployed| {
            deployed.definition.begins_by_itself() && !deployed.definition.is_global_task()
        })
    }

    /// The latest decision of an id.
    pub fn decision(&self, id: &str) -> Option<&Arc<Decision>> {
        Some(&self.latest_decision(id)?.decision)
    }

    /// The latest version of every decision, by id.
    pub fn latest_decisions(&self) -> impl Iterator<Item = &DeployedDecision> {
        let ids = self.contents.decisions.keys();
        ids.filter_map(|id| self.latest_decision(id))
    }

    /// All versions of all decisions, by id, the oldest first, withdrawn or not.
    pub fn decisions(&self) -> impl Iterator<Item = &DeployedDecision> {
        self.contents.decisions.values().flatten()
    }

    /// A version of a decision by its key, withdrawn or not.
    pub fn decision_version(&self, key: Key) -> Option<&DeployedDecision> {
        self.decisions().find(|deployed| deployed.key == key)
    }

    /// The latest version of a decision, as it was deployed.
    pub fn latest_decision(&self, id: &str) -> Option<&DeployedDecision> {
        self.decision_versions(id).next_back()
    }

    /// The versions of a decision that are not withdrawn, the oldest first.
    fn decision_versions(&self, id: &str) -> impl DoubleEndedIterator<Item = &DeployedDecision> {
        let versions = self.contents.decisions.get(id);
        let all = versions.into_iter().flatten();
        all.filter(|deployed| !self.is_withdrawn(deployed.key))
    }

    /// The version of a decision that another one, deployed as `asked`, requires: that of its own deployment, or the one that was
    /// the latest then.
    pub fn required_decision(
        &self,
        id: &str,
        asked: &DeployedDecision,
    ) -> Option<&DeployedDecision> {
        let mut newest_first = self.contents.decisions.get(id)?.iter().rev();
        newest_first.find(|deployed| deployed.deployment <= asked.deployment)
    }

    /// The DMN file of a namespace: the latest, or that which was the latest at a deployment.
    pub fn decision_model(&self, namespace: &str, at: Option<Key>) -> Option<&DecisionModel> {
        let models = self.contents.decision_models.get(namespace)?;
        let mut newest_first = models.iter().rev();
        newest_first.find(|model| at.is_none_or(|at| model.deployment <= at))
    }

    /// The version of a process that is meant by the process definition `own`.
    pub fn bound_process(&self, id: &str, binding: &Binding, own: Key) -> Option<&Deployed> {
        binding.choose(self.versions(id).rev(), self.deployment_of(own))
    }

    /// The version of a decision that is meant by the process definition `own`.
    pub fn bound_decision(
        &self,
        id: &str,
        binding: &Binding,
        own: Key,
    ) -> Option<&DeployedDecision> {
        let newest_first = self.decision_versions(id).rev();
        binding.choose(newest_first, self.deployment_of(own))
    }

    /// The version of a form that is meant by the process definition `own`. A withdrawn one is meant as long as no other
    /// is: whoever has the task open needs its form.
    pub fn bound_form(&self, id: &str, binding: &Binding, own: Key) -> Option<&Arc<FormResource>> {
        let versions = self.contents.forms.get(id)?;
        let deployment = self.deployment_of(own);
        let valid = versions.iter().filter(|form| !self.is_withdrawn(form.key));
        let found = binding.choose(valid.rev(), deployment);
        found.or_else(|| binding.choose(versions.iter().rev(), deployment))
    }

    /// The form with this id of a user task: which version, the model of its process says.
    pub fn task_form(&self, id: &str, own: Key, element: &str) -> Option<&Arc<FormResource>> {
        let process = self.process(own);
        let node = process.and_then(|process| process.definition.node(element));
        match node.and_then(|node| node.element().form()) {
            Some(form) => self.bound_form(id, &form.binding, own),
            None => self.form(id),
        }
    }

    fn deployment_of(&self, definition: Key) -> Option<Key> {
        self.process(definition).map(|process| process.deployment)
    }

    /// The latest form of an id; one that is withdrawn where there is no other.
    pub fn form(&self, id: &str) -> Option<&Arc<FormResource>> {
        let versions = self.contents.forms.get(id)?;
        let mut newest_first = versions.iter().rev();
        let valid = newest_first.find(|form| !self.is_withdrawn(form.key));
        valid.or_else(|| versions.last())
    }

    /// A version of a form by its key, withdrawn or not.
    pub fn form_version(&self, key: Key) -> Option<&Arc<FormResource>> {
        let mut all = self.contents.forms.values().flatten();
        all.find(|form| form.key == key)
    }

    /// The catalog with one more version of a calendar.
    #[must_use]
    pub fn with_calendar(mut self, deployed: DeployedCalendar) -> Catalog {
        Arc::make_mut(&mut self.contents).calendars.add(deployed);
        self
    }

    /// The latest version of a calendar.
    pub fn latest_calendar(&self, id: &str) -> Option<&DeployedCalendar> {
        self.contents.calendars.latest(id)
    }

    /// All versions of a calendar, oldest first.
    pub fn calendar_versions(&self, id: &str) -> &[DeployedCalendar] {
        self.contents.calendars.versions(id)
    }

    /// The latest version of every calendar, by id.
    pub fn calendars(&self) -> impl Iterator<Item = &DeployedCalendar> {
        self.contents.calendars.all()
    }

    /// The deployed calendar of the organisation.
    pub fn organisation_calendar(&self) -> Option<&DeployedCalendar> {
        self.contents.calendars.of_organisation()
    }

    /// By what the organisation works.
    pub fn office(&self) -> Office {
        let deployed = self.contents.calendars.of_organisation();
        deployed.map_or_else(
            || Office {
                id: None,
                calendar: self.calendar.clone(),
                zone: self.zone.clone(),
            },
            Office::from,
        )
    }

    /// By what a process works, where a case of it may have a calendar of its own. One that is not deployed is as none.
    pub fn office_of(&self, case: Option<&str>, process: &ProcessDefinition) -> Office {
        let calendars = &self.contents.calendars;
        let found = case
            .and_then(|id| calendars.latest(id))
            .or_else(|| calendars.latest(process.calendar()?))
            .or_else(|| calendars.of_process(process.id()));
        found.map_or_else(|| self.office(), Office::from)
    }

    /// By what a team works on a process: that of the process and its case, if they have one of their own.
    pub fn office_of_team<'t>(
        &self,
        case: Option<&str>,
        process: &ProcessDefinition,
        mut teams: impl Iterator<Item = &'t str>,
    ) -> Office {
        let calendars = &self.contents.calendars;
        let specific = case.is_some_and(|id| calendars.latest(id).is_some())
            || process
                .calendar()
                .is_some_and(|id| calendars.latest(id).is_some())
            || calendars.of_process(process.id()).is_some();
        let team = if specific {
            None
        } else {
            teams.find_map(|team| calendars.of_team(team))
        };
        team.map_or_else(|| self.office_of(case, process), Office::from)
    }

    /// Whether any team has a calendar of its own.
    pub(crate) fn has_team_calendars(&self) -> bool {
        self.contents.calendars.has_teams()
    }

    /// The world in which expressions are evaluated at a time, where no process or case is known.
    pub fn environment(&self, now: Timestamp) -> Environment {
        self.office().environment(now)
    }
}
