//! A task: its form, its draft, checking the answers, completing, and what happens next.
//!
//! ```text
//! GET  /tasks/{key}        the form, or what was answered, for those who may see but not do
//! POST /tasks/{key}        claim, save the draft, add or remove a row, go on to checking
//! POST /tasks/{key}/draft  the same save from script, answered as JSON
//! GET  /tasks/{key}/check  the answers in words;  POST completes
//! GET  /tasks/{key}/done   what happens next
//! GET  /tasks/{key}/escalations/{event}  why somebody further out should know;  POST tells them
//! ```
//! A page that is stale is answered 409 with everything that was typed: see [`conflict`].

mod check;
mod conflict;
mod done;
mod draft;
mod escalate;
mod post;
mod show;
mod side;
mod suggested;

use crate::error::Error;
use crate::pages::access::is_mine;
use crate::pages::case::Story;
use crate::pages::drafts::{self, Draft};
use crate::pages::pauses::{Pause, Pauses};
use crate::pages::records::Records;
use crate::pages::view::World;
use crate::pages::{Names, case, task_of, team_name, world};
use crate::roles::{CASE_WORK, only};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::Router;
use axum::routing::{get, post};
use bpmn::{Catalog, Deployed, FlowNode, Office, TaskState};
use feel::{Context, Environment};
use forms::{Answers, Data, FieldError, Form, Mode};
use runtime::{DecisionInstance, InstanceView, Task};

/// `/tasks/{key}` and everything below.
pub(crate) fn routes() -> Router<AppState> {
    let routes = Router::new()
        .route("/tasks/{key}", get(show::show).post(post::post))
        .route("/tasks/{key}/draft", post(draft::save))
        .route("/tasks/{key}/check", get(check::show).post(check::complete))
        .route("/tasks/{key}/done", get(done::show))
        .route(
            "/tasks/{key}/escalations/{event}",
            get(escalate::show).post(escalate::raise),
        );
    only(CASE_WORK, routes)
}

/// A task with all that its pages need.
struct Opened {
    task: Task,
    instance: InstanceView,
    deployed: Option<Deployed>,
    form: Option<Form>,
    draft: Draft,
    /// What decisions have told the process so far, the newest first.
    decided: Vec<DecisionInstance>,
    /// What the form reads: the variables that the step sees.
    variables: Context,
    environment: Environment,
    records: Records,
    names: Names,
    story: Story,
    /// Where its clock is paused.
    pause: Option<Pause>,
    world: World,
}

impl Opened {
    /// Loads the task `key`, if `user` may see it.
    async fn load(state: &AppState, user: &SignedIn, key: &str) -> Result<Opened, Error> {
        let task = task_of(state, user, key).await?;
        let world = world(state);
        let missing = || Error::Bug(format!("task {} has no instance", task.key));
        let instance = state
            .runtime
            .instance(task.instance)
            .await?
            .ok_or_else(missing)?;
        let catalog = state.runtime.catalog();
        let form = match &task.form {
            Some(id) => Some(form_of(&catalog, &task, id)?),
            None => None,
        };
        // What was typed into a step that was no longer needed stays to be read.
        let draft = match task.state {
            TaskState::Open | TaskState::Waiting(_) | TaskState::Withdrawn => {
                drafts::of_task(state, task.key).await?
            }
            TaskState::Completed => Draft::default(),
        };
        let variables = match task.state {
            TaskState::Open | TaskState::Waiting(_) => {
                instance.state.visible_variables(task.element_instance)
            }
            TaskState::Completed | TaskState::Withdrawn => instance.state.variables(),
        };
        let environment = office(&catalog, &instance, &task).environment(world.now);
        let pauses = Pauses::of(state, std::iter::once(&task)).await?;
        let decided = suggested::load(state, &instance).await?;
        let records = Records::of_cases(state, task.business_id.clone()).await?;
        let deployed = catalog.process(task.definition).cloned();
        let (names, story) = (
            Names::load(state).await?,
            Story::load(state, &instance, deployed.as_ref()).await?,
        );
        Ok(Opened {
            instance,
            deployed,
            form,
            draft,
            decided,
            variables,
            environment,
            pause: pauses.get(task.key).cloned(),
            task,
            records,
            names,
            story,
            world,
        })
    }

    /// The user task in the model.
    fn node(&self) -> Option<&FlowNode> {
        self.deployed.as_ref()?.definition.node(&self.task.element)
    }

    /// What the modeller noted on the step.
    fn property(&self, name: &str) -> Option<&str> {
        self.node()?.properties().get(name).map(String::as_str)
    }

    /// Whether programs look at what is typed before the step is complete.
    fn is_checked(&self) -> bool {
        let element = self.node().map(FlowNode::element);
        matches!(element, Some(bpmn::elements::Element::UserTask(task))
            if task.listeners.iter().any(|listener| listener.event == bpmn::TaskEvent::Completing))
    }

    /// Why a program has turned down what was last to happen to the task.
    fn denied(&self) -> Option<&str> {
        let task = self.instance.state.tasks().get(&self.task.key)?;
        task.denied.as_deref()
    }

    fn href(&self) -> String {
        format!("/tasks/{}", self.task.key)
    }

    /// Whether the user may fill it in.
    fn is_editable_by(&self, user: &SignedIn) -> bool {
        self.task.state == TaskState::Open && is_mine(user, &self.task)
    }

    /// The form with `answers` over the variables.
    fn view(&self, answers: &Answers, errors: &[FieldError], mode: Mode) -> Option<forms::View> {
        let data = Data {
            variables: &self.variables,
            draft: Some(answers),
            errors,
        };
        let mut view = self.form.as_ref()?.view(&data, &self.environment, mode);
        suggested::explain(&mut view, &self.decided);
        Some(view)
    }

    /// The title of the browser's window: person, then step.
    fn title(&self, prefix: &str) -> String {
        let who = self
            .records
            .who(self.task.business_id.as_deref(), &self.world);
        format!("{prefix}{}, {}", self.task.name, who.name)
    }

    /// The banner of the person.
    fn banner(&self, state: &AppState) -> Result<String, Error> {
        case::banner(
            state,
            self.task.business_id.as_deref(),
            &self.records,
            &self.names,
            &self.world,
            false,
        )
    }
}

/// By which working days a step is done: those of its case, process, team or organisation.
fn office(catalog: &Catalog, instance: &InstanceView, task: &Task) -> Office {
    let Some(deployed) = catalog.process(task.definition) else {
        return catalog.office();
    };
    let process = &deployed.definition;
    let teams = process.node(&task.element).map(FlowNode::teams);
    let teams = teams.iter().flatten().map(String::as_str);
    catalog.office_of_team(instance.state.calendar(), process, teams)
}

/// The form of a task, in the version that its process means.
fn form_of(catalog: &Catalog, task: &Task, id: &str) -> Result<Form, Error> {
    let resource = catalog.task_form(id, task.definition, &task.element);
    let resource = resource.ok_or_else(|| Error::Conflict {
        message: format!("The form {id:?} of this step is not deployed."),
        way_out: "Ask a designer to upload it on the page Processes. Nothing is lost meanwhile."
            .into(),
    })?;
    Form::read(&resource.text).map_err(|problems| {
        let first = problems
            .first()
            .map(|problem| problem.message.clone())
            .unwrap_or_default();
        Error::Bug(format!("the deployed form {id} cannot be read: {first}"))
    })
}

/// `You`, `Grace Auma`, `Waits for: Supervisors`.
pub(crate) fn who_has(task: &Task, user: &SignedIn, names: &Names) -> String {
    match task.assignee.as_deref() {
        Some(name) if name == user.name => "You".into(),
        Some(name) => names.of(name),
        None => {
            let teams: Vec<String> = task
                .candidate_groups
                .iter()
                .map(|team| team_name(team))
                .collect();
            if teams.is_empty() {
                "Nobody yet".into()
            } else {
                format!("Waits for: {}", teams.join(", "))
            }
        }
    }
}
