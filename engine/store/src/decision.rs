//! What decisions have answered: the rows, which of them are asked for, and how they are read.

use jiff::Timestamp;

use crate::columns::{Columns, Row};
use crate::error::Result;
use crate::reads::limit;
use crate::sight;
use crate::sql::Sql;
use crate::{DEFAULT_LIMIT, Key, Sight, Store};

pub(crate) const COLUMNS: &str = "key, part, decision_id, name, definition, version, root, instance, process_id, process, element,
    element_instance, actor, at, failure, warnings, account";

/// Who asked for themselves have no case, and see it by the decision only.
pub(crate) const SEEN: sight::Columns = sight::Columns {
    id: "decision_instances.decision_id",
    instance: "decision_instances.instance",
};

/// The visit to a business rule task that asked a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedBy {
    /// The process instance.
    pub instance: Key,
    /// The id of its process.
    pub process_id: String,
    /// The definition of its process.
    pub process: Key,
    /// The id of the task in the model.
    pub element: String,
    /// The visit.
    pub element_instance: Key,
}

/// One decision of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionInstance {
    /// The evaluation; all decisions that it evaluated have the same.
    pub key: Key,
    /// Counts the decisions of the evaluation from 1; the one that was asked is the last.
    pub part: u32,
    /// The id of the decision.
    pub decision_id: String,
    /// Its name.
    pub name: String,
    /// Its definition.
    pub definition: Key,
    /// Its version.
    pub version: u32,
    /// The definition of the decision that was asked.
    pub root: Key,
    /// Which task asked; `None` where a person or a program asked for itself.
    pub asked_by: Option<AskedBy>,
    /// Who is accountable.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// Why there is no result.
    pub failure: Option<String>,
    /// How many warnings there are in the account.
    pub warnings: u32,
    /// Inputs, rules, output and warnings as JSON text.
    pub account: String,
}

/// Which decision instances; every field narrows the list. The newest come first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionQuery {
    /// Of this evaluation.
    pub key: Option<Key>,
    /// This part of an evaluation.
    pub part: Option<u32>,
    /// Of the decision with this id.
    pub decision_id: Option<String>,
    /// Of the decision with this name.
    pub name: Option<String>,
    /// Of this version of a decision.
    pub definition: Option<Key>,
    /// Of a version with this number.
    pub version: Option<u32>,
    /// Where this version of a decision was asked.
    pub root: Option<Key>,
    /// Asked by one of these process instances; empty asks nothing.
    pub instances: Vec<Key>,
    /// Asked by this version of a process.
    pub process: Option<Key>,
    /// Asked by the process with this id.
    pub process_id: Option<String>,
    /// Asked by the task with this id.
    pub element: Option<String>,
    /// Asked by this visit.
    pub element_instance: Option<Key>,
    /// Only those that failed (`true`) or did not (`false`).
    pub failed: Option<bool>,
    /// Only those with warnings.
    pub warned: bool,
    /// At this time or later.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
    /// Only those that these rights let see, by the ids of decisions; all where absent.
    pub sight: Option<Sight>,
    /// The oldest first.
    pub oldest_first: bool,
    /// At most so many; [`crate::MAX_LIMIT`] at most.
    pub limit: u32,
    /// Skip so many.
    pub offset: u32,
}

impl Default for DecisionQuery {
    fn default() -> DecisionQuery {
        DecisionQuery {
            key: None,
            part: None,
            decision_id: None,
            name: None,
            definition: None,
            version: None,
            root: None,
            instances: Vec::new(),
            process: None,
            process_id: None,
            element: None,
            element_instance: None,
            failed: None,
            warned: false,
            from: None,
            before: None,
            sight: None,
            oldest_first: false,
            limit: DEFAULT_LIMIT,
            offset: 0,
        }
    }
}

impl Store {
    /// A page of decision instances.
    pub async fn decision_instances(&self, query: &DecisionQuery) -> Result<Vec<DecisionInstance>> {
        let mut sql = self.sql("select ");
        sql.push(COLUMNS)
            .push(" from decision_instances where true");
        filter(&mut sql, query);
        sql.push(if query.oldest_first {
            " order by at, key, part limit "
        } else {
            " order by at desc, key desc, part desc limit "
        });
        sql.bind(limit(query.limit))
            .push(" offset ")
            .bind(query.offset);
        self.rows(sql).await?.iter().map(read).collect()
    }

    /// How many decision instances a query finds, whatever its limit and offset.
    pub async fn decision_instance_count(&self, query: &DecisionQuery) -> Result<u64> {
        let mut sql = self.sql("select count(*) from decision_instances where true");
        filter(&mut sql, query);
        self.count("decision_instances", sql).await
    }
}

fn filter(sql: &mut Sql, query: &DecisionQuery) {
    for (column, key) in [
        ("key", query.key),
        ("definition", query.definition),
        ("root", query.root),
        ("process", query.process),
        ("element_instance", query.element_instance),
    ] {
        if let Some(key) = key {
            sql.push(&format!(" and {column} = ")).bind(key);
        }
    }
    for (column, number) in [("part", query.part), ("version", query.version)] {
        if let Some(number) = number {
            sql.push(&format!(" and {column} = ")).bind(number);
        }
    }
    for (column, text) in [
        ("decision_id", &query.decision_id),
        ("name", &query.name),
        ("process_id", &query.process_id),
        ("element", &query.element),
    ] {
        if let Some(text) = text {
            sql.push(&format!(" and {column} = ")).bind(text.as_str());
        }
    }
    if !query.instances.is_empty() {
        sql.push(" and ").one_of("instance", &query.instances[..]);
    }
    match query.failed {
        Some(true) => sql.push(" and failure is not null"),
        Some(false) => sql.push(" and failure is null"),
        None => sql,
    };
    if query.warned {
        sql.push(" and warnings > 0");
    }
    if let Some(from) = query.from {
        sql.push(" and at >= ").bind(from);
    }
    if let Some(before) = query.before {
        sql.push(" and at < ").bind(before);
    }
    if let Some(rights) = &query.sight {
        sight::seen(sql, rights, &SEEN);
    }
}

pub(crate) fn read(row: &Row) -> Result<DecisionInstance> {
    let mut columns = Columns::of("decision_instances", row);
    let mut found = DecisionInstance {
        key: columns.key()?,
        part: columns.count()?,
        decision_id: columns.get()?,
        name: columns.get()?,
        definition: columns.key()?,
        version: columns.count()?,
        root: columns.key()?,
        asked_by: None,
        actor: String::new(),
        at: Timestamp::UNIX_EPOCH,
        failure: None,
        warnings: 0,
        account: String::new(),
    };
    let instance = columns.optional_key()?;
    let process_id: Option<String> = columns.get()?;
    let process = columns.optional_key()?;
    let element: Option<String> = columns.get()?;
    let element_instance = columns.optional_key()?;
    if let (
        Some(instance),
        Some(process_id),
        Some(process),
        Some(element),
        Some(element_instance),
    ) = (instance, process_id, process, element, element_instance)
    {
        found.asked_by = Some(AskedBy {
            instance,
            process_id,
            process,
            element,
            element_instance,
        });
    }
    found.actor = columns.get()?;
    found.at = columns.time()?;
    found.failure = columns.get()?;
    found.warnings = columns.count()?;
    found.account = columns.get()?;
    Ok(found)
}
