//! Drafts: what was typed into a form that is not completed yet. One a task, so that it survives a sign-out and goes along
//! when the task is given to somebody else. A document of the collection `drafts`, by the key of the task.

use crate::error::Error;
use crate::state::AppState;
use bpmn::Key;
use forms::{Answers, Form};
use jiff::Timestamp;
use processes::demo;
use runtime::{Act, Expect, Match, Put, Query, Request, Runtime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const COLLECTION: &str = "drafts";
/// The field by which the drafts of a user are found.
const BY: &str = "by";
/// The longest name that a page may give itself.
const PAGE_NAME_MAX: usize = 64;
/// The most drafts that a list knows of.
const LISTED_LIMIT: u32 = 1_000;

/// The draft of one task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) answers: Answers,
    /// The user name of whoever typed last.
    pub(crate) by: String,
    /// Counts the saves; 0 where nothing was saved. What a page sends along, so that a stale page cannot overwrite.
    pub(crate) version: i64,
    pub(crate) saved_at: Option<Timestamp>,
    /// The save of an open page that wrote it, where one did as somebody typed.
    pub(crate) save: Option<Save>,
}

/// One of the saves of a page that is open in a browser. A page that is left sends its last words at once, also while an
/// earlier save is still under way; so a later save of the same page may follow an earlier one whose answer it has not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Save {
    page: String,
    number: u32,
}

impl Save {
    /// Reads the header `X-Draft-Save: <page> <number>`.
    pub(crate) fn read(header: &str) -> Option<Save> {
        let (page, number) = header.split_once(' ')?;
        let known = !page.is_empty() && page.len() <= PAGE_NAME_MAX;
        known.then_some(Save {
            page: page.to_owned(),
            number: number.parse().ok()?,
        })
    }

    /// Whether this is a later save of the page that made `earlier`.
    pub(crate) fn follows(&self, earlier: &Save) -> bool {
        self.page == earlier.page && self.number > earlier.number
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    answers: Answers,
    by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    save: Option<Save>,
}

/// The draft of a task; an empty one where nothing was saved.
pub(crate) async fn of_task(state: &AppState, task: Key) -> Result<Draft, Error> {
    let Some(document) = state
        .runtime
        .document(COLLECTION, &task.to_string())
        .await?
    else {
        return Ok(Draft::default());
    };
    let body: Body = serde_json::from_value(document.body)
        .map_err(|problem| Error::Bug(format!("the draft of task {task}: {problem}")))?;
    Ok(Draft {
        answers: body.answers,
        by: body.by,
        version: document.revision,
        saved_at: Some(document.updated_at),
        save: body.save,
    })
}

/// Writes the draft, if it still has the version that the page was made from.
pub(crate) fn save(
    task: Key,
    answers: &Answers,
    by: &str,
    version: i64,
    save: Option<Save>,
) -> Act {
    let body = Body {
        answers: answers.clone(),
        by: by.into(),
        save,
    };
    Act::Put(Put {
        collection: COLLECTION,
        id: task.to_string(),
        expect: expected(version),
        body: serde_json::to_value(body).expect("answers are plain data with text keys"),
        fields: vec![(BY, by.into())],
    })
}

/// Removes the draft, if it still has that version.
pub(crate) fn discard(task: Key, version: i64) -> Act {
    let expect = if version == 0 {
        Expect::Any
    } else {
        expected(version)
    };
    Act::Delete {
        collection: COLLECTION,
        id: task.to_string(),
        expect,
    }
}

fn expected(version: i64) -> Expect {
    if version == 0 {
        Expect::Absent
    } else {
        Expect::Revision(version)
    }
}

/// Saves the drafts of the demonstration: what was typed into forms that are not complete.
pub(crate) async fn seed(runtime: &Runtime, typed: Vec<demo::Draft>) -> Result<(), runtime::Error> {
    let catalog = runtime.catalog();
    for draft in typed {
        let task = runtime.task(draft.task).await?;
        let form = task.and_then(|task| {
            Form::read(
                &catalog
                    .task_form(task.form.as_deref()?, task.definition, &task.element)?
                    .text,
            )
            .ok()
        });
        if let Some(form) = form {
            let act = save(
                draft.task,
                &form.parse_post(&draft.typed),
                &draft.by,
                0,
                None,
            );
            runtime.submit(Request::by(&draft.by).act(act)).await?;
        }
    }
    Ok(())
}

/// When each draft of a user was saved, by task.
#[derive(Default)]
pub(crate) struct Drafts(BTreeMap<String, Timestamp>);

impl Drafts {
    /// The drafts that a user has written.
    pub(crate) async fn by(state: &AppState, user: &str) -> Result<Drafts, Error> {
        let query = Query {
            limit: LISTED_LIMIT,
            ..Query::by(COLLECTION, BY, Match::Equals(user.into()))
        };
        let documents = state.runtime.documents(&query).await?;
        Ok(Drafts(
            documents
                .into_iter()
                .map(|document| (document.id, document.updated_at))
                .collect(),
        ))
    }

    /// When the draft of a task was saved.
    pub(crate) fn saved(&self, task: Key) -> Option<Timestamp> {
        self.0.get(&task.to_string()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_save_of_the_same_page_may_follow_an_earlier_one() {
        let save = |text: &str| Save::read(text).unwrap();
        assert!(save("k3 2").follows(&save("k3 1")));
        assert!(!save("k3 1").follows(&save("k3 1")));
        assert!(!save("k3 1").follows(&save("k3 2")), "overtaken");
        assert!(!save("x9 2").follows(&save("k3 1")), "another page");
        assert_eq!(Save::read("k3"), None);
        assert_eq!(Save::read(" 1"), None);
        assert_eq!(Save::read("k3 first"), None);
    }
}
