//! Drafts: what was typed into a form that is not completed yet. One a task, so that it survives a sign-out and goes along
//! when the task is given to somebody else. A document of the collection `drafts`, by the key of the task.

use crate::error::Error;
use crate::state::AppState;
use bpmn::{Key, TaskState};
use forms::{Answers, Form};
use jiff::{SignedDuration, Timestamp};
use processes::demo;
use runtime::{Act, Document, Expect, Match, Put, Query, Request, Runtime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const COLLECTION: &str = "drafts";
/// The field by which the drafts of a user are found.
const BY: &str = "by";
/// The longest name that a page may give itself.
const PAGE_NAME_MAX: usize = 64;
/// The most drafts that a list knows of.
const LISTED_LIMIT: u32 = 1_000;
/// How long a draft outlives a completion that did not take it along: by a program, or when listeners had agreed.
const LEFT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Drafts that are looked at together.
const TIDIED_AT_ONCE: u32 = 200;

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

/// Removes drafts that nobody needs any more: of tasks that were completed some time ago, and of those whose history is deleted.
/// Gives how many. What was typed into a task that was withdrawn stays as long as its history.
pub(crate) async fn tidy(runtime: &Runtime) -> runtime::Result<usize> {
    let mut query = Query {
        limit: TIDIED_AT_ONCE,
        ..Query::all(COLLECTION)
    };
    let mut removed = 0;
    loop {
        let page = runtime.documents(&query).await?;
        let Some(last) = page.last().map(|last| last.id.clone()) else {
            return Ok(removed);
        };
        query.after = Some((last.clone(), last));
        for draft in page {
            if is_left(runtime, &draft).await? {
                let delete = Act::Delete {
                    collection: COLLECTION,
                    id: draft.id,
                    expect: Expect::Any,
                };
                runtime.submit(Request::by("retention").act(delete)).await?;
                removed += 1;
            }
        }
    }
}

async fn is_left(runtime: &Runtime, draft: &Document) -> runtime::Result<bool> {
    let Ok(task) = draft.id.parse() else {
        tracing::error!(document = draft.id, "a draft belongs to no task");
        return Ok(false);
    };
    Ok(match runtime.task(task).await? {
        Some(task) => {
            let closed = task.closed_at.unwrap_or(Timestamp::MAX);
            task.state == TaskState::Completed && runtime.now().duration_since(closed) > LEFT_FOR
        }
        None => true,
    })
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
    use bpmn::Command;
    use runtime::{Clock, Options, Resource, TaskOrder, TaskQuery};
    use std::collections::BTreeSet;
    use store::Store;

    /// Begins with a task.
    const VISIT: &str = r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"
        xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><process id="visit" isExecutable="true"><startEvent id="start"/>
        <sequenceFlow id="f1" sourceRef="start" targetRef="see"/><userTask id="see"><extensionElements><zeebe:userTask/>
        </extensionElements></userTask></process></definitions>"#;

    async fn typed(runtime: &Runtime, task: Key) {
        let act = save(task, &Answers::default(), "grace", 0, None);
        runtime.submit(Request::by("grace").act(act)).await.unwrap();
    }

    async fn left(runtime: &Runtime) -> Vec<Key> {
        let drafts = runtime.documents(&Query::all(COLLECTION)).await.unwrap();
        let keys: BTreeSet<Key> = drafts
            .iter()
            .map(|draft| draft.id.parse().unwrap())
            .collect();
        keys.into_iter().collect()
    }

    #[tokio::test]
    async fn a_draft_goes_some_time_after_its_task_and_with_its_history() {
        let path = std::env::temp_dir().join(format!("caseway-drafts-{}.db", std::process::id()));
        let store = Store::open(&format!("sqlite:{}", path.display()))
            .await
            .unwrap();
        let clock = Clock::test("2026-03-02T09:00:00Z".parse().unwrap());
        let runtime = Runtime::open(store, clock.clone(), Options::default());
        let runtime = runtime.await.unwrap();
        let resource = Resource {
            name: "visit.bpmn".into(),
            text: VISIT.into(),
        };
        let mut request = Request::by("grace").act(Act::Deploy {
            resources: vec![resource],
        });
        for _ in 0..3 {
            request = request.act(Act::Start {
                process_id: "visit".into(),
                version: None,
                at: None,
                business_id: None,
                variables: Default::default(),
                calendar: None,
            });
        }
        runtime.submit(request).await.unwrap();
        let tasks = runtime
            .tasks(&TaskQuery {
                order: TaskOrder::Created,
                ..TaskQuery::default()
            })
            .await
            .unwrap();
        let [open, completed, withdrawn] = [0, 1, 2].map(|number| tasks[number].key);
        let of_no_instance = Key::of_instance(1_000_000);
        for task in [open, completed, withdrawn, of_no_instance] {
            typed(&runtime, task).await;
        }
        let complete = Command::CompleteTask {
            task: completed,
            by: None,
            variables: Default::default(),
        };
        let done = Request::by("a program").command(completed.instance(), complete);
        let done = done.command(withdrawn.instance(), Command::CancelInstance);
        runtime.submit(done).await.unwrap();
        assert_eq!(tidy(&runtime).await.unwrap(), 1);
        assert_eq!(left(&runtime).await, [open, completed, withdrawn]);
        clock.advance(LEFT_FOR + SignedDuration::from_secs(1));
        runtime.wait_idle().await;
        assert_eq!(tidy(&runtime).await.unwrap(), 1);
        assert_eq!(left(&runtime).await, [open, withdrawn]);
        runtime.stop().await;
        std::fs::remove_file(&path).unwrap();
    }

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
