//! Changes of tasks that wait until programs have looked at them.

use feel::{Context, Value};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Task, TaskEvent};

/// A change of a task that waits for its listeners.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// What is to happen.
    pub change: TaskChange,
    /// What the listeners so far have corrected.
    #[serde(default, skip_serializing_if = "Corrections::is_empty")]
    pub corrections: Corrections,
}

/// What is to happen to a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TaskChange {
    /// It is opened.
    Create {
        /// Who gets it then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<String>,
    },
    /// It is given to somebody, or taken back.
    Assign {
        /// Who gets it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        assignee: Option<String>,
    },
    /// What is given changes; what is absent stays.
    Update(TaskUpdate),
    /// It is done.
    Complete {
        /// Who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The answers.
        #[serde(default)]
        variables: Context,
    },
}

impl Held {
    /// The listeners have let it be. Who gets a new task is a change of its own that follows.
    pub(crate) fn decide(&self, task: &mut Task) {
        let assignee = task.assignee.clone();
        self.corrections.apply_to(task);
        if let TaskChange::Create { .. } = self.change {
            task.assignee = assignee;
        }
    }
}

impl TaskChange {
    /// What the listeners to it listen to.
    pub fn event(&self) -> TaskEvent {
        match self {
            TaskChange::Create { .. } => TaskEvent::Creating,
            TaskChange::Assign { .. } => TaskEvent::Assigning,
            TaskChange::Update(_) => TaskEvent::Updating,
            TaskChange::Complete { .. } => TaskEvent::Completing,
        }
    }
}

/// What of a task is changed; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskUpdate {
    /// When it shall be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// When it shall be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Timestamp>,
    /// From 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Groups whose members may take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_groups: Option<Vec<String>>,
    /// People who may take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_users: Option<Vec<String>>,
}

/// What a listener corrects of a task; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Corrections {
    /// Who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Correction<String>>,
    /// When it shall be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Correction<Timestamp>>,
    /// When it shall be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<Correction<Timestamp>>,
    /// People who may take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_users: Option<Vec<String>>,
    /// Groups whose members may take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_groups: Option<Vec<String>>,
    /// From 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
}

/// What something becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Correction<T> {
    /// Nothing.
    Cleared,
    /// This.
    To(T),
}

impl<T: Clone> Correction<T> {
    fn value(&self) -> Option<T> {
        match self {
            Correction::Cleared => None,
            Correction::To(value) => Some(value.clone()),
        }
    }
}

impl Corrections {
    /// Whether nothing is corrected.
    pub fn is_empty(&self) -> bool {
        *self == Corrections::default()
    }

    /// A later listener corrects more, or something again.
    pub(crate) fn merge(&mut self, later: &Corrections) {
        fn keep<T: Clone>(earlier: &mut Option<T>, later: &Option<T>) {
            if later.is_some() {
                earlier.clone_from(later);
            }
        }
        keep(&mut self.assignee, &later.assignee);
        keep(&mut self.due, &later.due);
        keep(&mut self.follow_up, &later.follow_up);
        keep(&mut self.candidate_users, &later.candidate_users);
        keep(&mut self.candidate_groups, &later.candidate_groups);
        keep(&mut self.priority, &later.priority);
    }

    /// The assignee, where it is another than was meant.
    pub(crate) fn assignee_or(&self, meant: Option<String>) -> Option<String> {
        match &self.assignee {
            Some(corrected) => corrected.value(),
            None => meant,
        }
    }

    pub(crate) fn apply_to(&self, task: &mut Task) {
        if let Some(assignee) = &self.assignee {
            task.assignee = assignee.value();
        }
        if let Some(due) = &self.due {
            task.due = due.value();
        }
        if let Some(follow_up) = &self.follow_up {
            task.follow_up = follow_up.value();
        }
        if let Some(users) = &self.candidate_users {
            task.candidate_users.clone_from(users);
        }
        if let Some(groups) = &self.candidate_groups {
            task.candidate_groups.clone_from(groups);
        }
        task.priority = self.priority.unwrap_or(task.priority);
    }
}

impl Task {
    /// The task as it will be when the listeners have let its change be: what they are to look at.
    pub fn as_meant(&self) -> Task {
        let mut meant = Task {
            held: None,
            ..self.clone()
        };
        let Some(held) = &self.held else {
            return meant;
        };
        match &held.change {
            TaskChange::Create { assignee } | TaskChange::Assign { assignee } => {
                meant.assignee.clone_from(assignee);
            }
            TaskChange::Update(update) => meant.update(update),
            TaskChange::Complete { .. } => {}
        }
        held.corrections.apply_to(&mut meant);
        meant
    }

    /// The answers with which it is to be completed.
    pub fn answers(&self) -> impl Iterator<Item = (&str, &Value)> {
        let held = self.held.as_deref();
        let variables = held.and_then(|held| match &held.change {
            TaskChange::Complete { variables, .. } => Some(variables),
            TaskChange::Create { .. } | TaskChange::Assign { .. } | TaskChange::Update(_) => None,
        });
        variables.into_iter().flat_map(Context::iter)
    }

    pub(crate) fn update(&mut self, update: &TaskUpdate) {
        self.due = update.due.or(self.due);
        self.follow_up = update.follow_up.or(self.follow_up);
        self.priority = update.priority.unwrap_or(self.priority);
        if let Some(groups) = &update.candidate_groups {
            self.candidate_groups.clone_from(groups);
        }
        if let Some(users) = &update.candidate_users {
            self.candidate_users.clone_from(users);
        }
    }

    /// What about it the change that waits would change: `assignee`, `dueDate`, `followUpDate`, `candidateUsers`,
    /// `candidateGroups`, `priority`.
    pub fn changed(&self) -> Vec<&'static str> {
        let meant = self.as_meant();
        let differs = [
            ("assignee", meant.assignee != self.assignee),
            (
                "candidateGroups",
                meant.candidate_groups != self.candidate_groups,
            ),
            (
                "candidateUsers",
                meant.candidate_users != self.candidate_users,
            ),
            ("dueDate", meant.due != self.due),
            ("followUpDate", meant.follow_up != self.follow_up),
            ("priority", meant.priority != self.priority),
        ];
        let differs = differs.into_iter().filter(|(_, differs)| *differs);
        differs.map(|(name, _)| name).collect()
    }
}
