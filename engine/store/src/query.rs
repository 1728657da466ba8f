//! What readers may ask for.

use jiff::Timestamp;

use crate::{DefinitionKind, Key, Status, SubscriptionKind, TaskState};

/// How many rows a query gives when it does not say.
pub const DEFAULT_LIMIT: u32 = 100;

/// The most rows that a query gives, whatever it says.
pub const MAX_LIMIT: u32 = 10_000;

/// How far a search counts what it finds, where counting is not cheap: it answers one more when there are more.
pub const COUNT_MAX: u32 = 10_000;

/// The order of a list of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskOrder {
    /// What is due first comes first; tasks without a due date last.
    #[default]
    Due,
    /// The oldest first.
    Created,
    /// The newest first.
    Newest,
    /// The highest priority first, then what is due first.
    Priority,
}

/// Which tasks; every field narrows the list. The default is all open tasks by due date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskQuery {
    /// Assigned to this user.
    pub assignee: Option<String>,
    /// For any of these groups; empty asks nothing.
    pub candidate_groups: Vec<String>,
    /// For this user by name.
    pub candidate_user: Option<String>,
    /// Only tasks that nobody has claimed (`true`) or that somebody has (`false`).
    pub unassigned: Option<bool>,
    /// In this state; `None` asks for all.
    pub state: Option<TaskState>,
    /// Of these instances; empty asks nothing.
    pub instances: Vec<Key>,
    /// Of this process.
    pub process_id: Option<String>,
    /// Of the instances with this business id.
    pub business_id: Option<String>,
    /// Of this user task of the model.
    pub element: Option<String>,
    /// Due before this time.
    pub due_before: Option<Timestamp>,
    /// Due at this time or later.
    pub due_from: Option<Timestamp>,
    /// Name or business id contains this text.
    pub text: Option<String>,
    /// In which order.
    pub order: TaskOrder,
    /// At most so many; [`MAX_LIMIT`] at most.
    pub limit: u32,
    /// Skip so many. Prefer `after` for long lists.
    pub offset: u32,
    /// Only what follows this task, by due date and key; for [`TaskOrder::Due`] only.
    pub after: Option<(Option<Timestamp>, Key)>,
}

impl Default for TaskQuery {
    fn default() -> TaskQuery {
        TaskQuery {
            assignee: None,
            candidate_groups: Vec::new(),
            candidate_user: None,
            unassigned: None,
            state: Some(TaskState::Open),
            instances: Vec::new(),
            process_id: None,
            business_id: None,
            element: None,
            due_before: None,
            due_from: None,
            text: None,
            order: TaskOrder::Due,
            limit: DEFAULT_LIMIT,
            offset: 0,
            after: None,
        }
    }
}

/// Which instances; every field narrows the list. The newest come first, unless `oldest_first`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceQuery {
    /// With one of these keys; empty asks nothing.
    pub keys: Vec<Key>,
    /// With this business id.
    pub business_id: Option<String>,
    /// With one of these business ids; empty asks nothing.
    pub business_ids: Vec<String>,
    /// Of this process.
    pub process_id: Option<String>,
    /// In this state.
    pub status: Option<Status>,
    /// Called by this instance.
    pub parent: Option<Key>,
    /// By rising key.
    pub oldest_first: bool,
    /// At most so many; [`MAX_LIMIT`] at most.
    pub limit: u32,
    /// Skip so many. Prefer `before` for long lists.
    pub offset: u32,
    /// Only instances older than this one.
    pub before: Option<Key>,
}

impl Default for InstanceQuery {
    fn default() -> InstanceQuery {
        InstanceQuery {
            keys: Vec::new(),
            business_id: None,
            business_ids: Vec::new(),
            process_id: None,
            status: None,
            parent: None,
            oldest_first: false,
            limit: DEFAULT_LIMIT,
            offset: 0,
            before: None,
        }
    }
}

/// How the value of a field must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// Exactly this.
    Equals(String),
    /// Beginning with this.
    Prefix(String),
    /// This or later, and before that: `Range("2026-01".into(), "2026-02".into())`.
    Range(String, String),
    /// Anything: all documents that have the field.
    Any,
}

/// The direction of a list of documents, by the value of the field and then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Smallest value first.
    #[default]
    Ascending,
    /// Largest value first.
    Descending,
}

/// Which documents of a collection, found and ordered by one of their fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The collection.
    pub collection: String,
    /// The field. Empty asks for all documents of the collection by id.
    pub field: String,
    /// How its value must be. Without a field, the id.
    pub value: Match,
    /// In which direction.
    pub order: Order,
    /// At most so many; [`MAX_LIMIT`] at most.
    pub limit: u32,
    /// Only what follows this value and id in the chosen direction.
    pub after: Option<(String, String)>,
}

impl Query {
    /// All documents of a collection by id.
    pub fn all(collection: &str) -> Query {
        Query::by(collection, "", Match::Any)
    }

    /// The documents of a collection whose field has a matching value, by that value.
    pub fn by(collection: &str, field: &str, value: Match) -> Query {
        Query {
            collection: collection.to_owned(),
            field: field.to_owned(),
            value,
            order: Order::Ascending,
            limit: DEFAULT_LIMIT,
            after: None,
        }
    }
}

/// Which incidents; every field narrows the list. The oldest come first, unless `newest_first`: by time and key, or by key
/// alone where those that were resolved are asked for of all instances, because only that has an index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentQuery {
    /// Of this instance.
    pub instance: Option<Key>,
    /// Also those that were resolved.
    pub resolved: bool,
    /// The other way round.
    pub newest_first: bool,
    /// At most so many; 0 asks for [`DEFAULT_LIMIT`].
    pub limit: u32,
    /// Skip so many.
    pub offset: u32,
}

/// Which subscriptions; every field narrows the list. The oldest come first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscriptionQuery {
    /// Of this instance.
    pub instance: Option<Key>,
    /// Of the instances of this process.
    pub process_id: Option<String>,
    /// Of this element of the model.
    pub element: Option<String>,
    /// Only to messages, or only to signals.
    pub kind: Option<SubscriptionKind>,
    /// To this message or signal.
    pub name: Option<String>,
    /// With this correlation key.
    pub correlation: Option<String>,
    /// Only subscriptions younger than this one.
    pub after: Option<Key>,
    /// At most so many; 0 asks for [`DEFAULT_LIMIT`].
    pub limit: u32,
}

/// Which lines of the audit trail; every field narrows the list. The newest come first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditQuery {
    /// About this subject.
    pub subject: Option<String>,
    /// By this actor.
    pub actor: Option<String>,
    /// Only lines before this number.
    pub before: Option<i64>,
    /// At most so many; 0 asks for [`DEFAULT_LIMIT`].
    pub limit: u32,
}

/// Which definitions; the newest version of an id comes first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DefinitionQuery {
    /// Only the one with this key.
    pub key: Option<Key>,
    /// Only of this kind.
    pub kind: Option<DefinitionKind>,
    /// Only with this id.
    pub id: Option<String>,
}
