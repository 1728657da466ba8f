//! Steps that a worker chooses: what an open ad-hoc subprocess of the pathway offers, and saying that it is done.
//!
//! `GET /cases/{reference}/steps/{visit}/{element}` asks, `POST` starts; `GET /cases/{reference}/steps/{visit}` asks
//! whether all is done, `POST` says so. What was offered may be over meanwhile; then the case says so. A form that is
//! sent twice starts once.

use super::{case_of, href};
use crate::csrf::Posted;
use crate::error::{Error, reference as random};
use crate::page::{Page, Section};
use crate::pages::records::Records;
use crate::pages::view::Problem;
use crate::pages::{Names, world};
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bpmn::elements::{AdHoc, Element, ElementStart, OpenAdHoc, open_ad_hocs};
use bpmn::{Command, Deployed, FlowNode, Key, Rejection};
use feel::Context;
use processes::cases;
use runtime::{InstanceView, Request};
use serde::Serialize;

/// The longest reason, in letters.
const REASON_LIMIT: usize = 2_000;

/// An open ad-hoc subprocess: what it offers now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offer {
    name: String,
    guidance: String,
    steps: Vec<Step>,
    /// Where nothing can be started at the moment: why.
    wait: &'static str,
    /// The way to say that all is done, where a person says so.
    done_href: String,
    #[serde(skip)]
    key: Key,
    /// What becomes of the steps that are open when somebody says that all is done.
    #[serde(skip)]
    end: String,
}

/// A step that can be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Step {
    name: String,
    guidance: String,
    href: String,
    #[serde(skip)]
    element: String,
}

/// What a form is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Start(Step),
    Done(Offer),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    name: String,
    guidance: String,
    consequence: String,
    href: String,
    label: &'static str,
    hint: &'static str,
    button: &'static str,
    reason: String,
    /// A random word: the same form that comes twice has the same one.
    once: String,
    case_href: String,
    errors: Vec<Problem>,
}

/// The address of a form: of one step, or of the end of all.
#[derive(serde::Deserialize)]
pub(super) struct Place {
    reference: String,
    visit: String,
    element: Option<String>,
}

/// What people can start in the case now. Where a worker's program chooses, nothing is offered.
pub(super) fn offers(instance: &InstanceView, deployed: &Deployed, case: &str) -> Vec<Offer> {
    let open = open_ad_hocs(&deployed.definition, &instance.state);
    open.iter().filter_map(|open| offer(open, case)).collect()
}

fn offer(open: &OpenAdHoc<'_>, case: &str) -> Option<Offer> {
    let Element::Subprocess(subprocess) = open.node.element() else {
        return None;
    };
    let ad_hoc = subprocess.ad_hoc.as_deref()?;
    if ad_hoc.job.is_some() {
        return None;
    }
    let here = format!("{case}/steps/{}", open.key);
    let step = |node: &&FlowNode| Step {
        name: node.label().to_string(),
        guidance: guidance(node),
        href: format!("{here}/{}", node.id()),
        element: node.id().to_owned(),
    };
    Some(Offer {
        name: open.node.label().to_string(),
        guidance: guidance(open.node),
        steps: open.startable.iter().map(step).collect(),
        wait: match open.startable.is_empty() {
            true => "One step at a time: finish the one that is open.",
            false => "",
        },
        end: end(ad_hoc, open.active),
        done_href: match ad_hoc.is_ended_by_a_person() {
            true => here.clone(),
            false => String::new(),
        },
        key: open.key,
    })
}

fn guidance(node: &FlowNode) -> String {
    let property = || node.properties().get("guidance").map(String::as_str);
    let text = node.documentation().or_else(property);
    text.unwrap_or_default().trim().to_owned()
}

fn end(ad_hoc: &AdHoc, active: u32) -> String {
    let (open, they) = match active {
        0 => return "No more steps can be started here, and the case goes on.".into(),
        1 => ("One step is".into(), "It"),
        many => (format!("{many} steps are"), "They"),
    };
    if ad_hoc.cancels_remaining {
        format!("{open} still open. {they} will be withdrawn, and the case goes on.")
    } else {
        format!("{open} still open. {they} can be finished; then the case goes on.")
    }
}

impl Choice {
    fn href(&self) -> &str {
        match self {
            Choice::Start(step) => &step.href,
            Choice::Done(offer) => &offer.done_href,
        }
    }

    fn command(&self, visit: Key) -> Command {
        match self {
            Choice::Start(step) => Command::ActivateElements {
                ad_hoc: visit,
                elements: vec![ElementStart {
                    element: step.element.as_str().into(),
                    variables: Context::default(),
                }],
                cancel_remaining: false,
            },
            Choice::Done(_) => Command::CompleteAdHoc { ad_hoc: visit },
        }
    }

    /// What the case says afterwards.
    fn told(&self) -> &'static str {
        match self {
            Choice::Start(_) => "step",
            Choice::Done(_) => "done",
        }
    }

    /// A step needs no reason; to say that all is done does.
    fn problem(&self, reason: &str) -> &'static str {
        match (self, reason.chars().count()) {
            (Choice::Done(_), 0) => {
                "Write in a few words why these steps are done. It is kept in the history of the case"
            }
            (_, 0..=REASON_LIMIT) => "",
            (_, _) => "Shorten it to 2,000 letters",
        }
    }

    fn view(self, reason: String, once: String, case_href: String, errors: Vec<Problem>) -> View {
        let href = self.href().to_owned();
        match self {
            Choice::Start(step) => View {
                name: step.name,
                guidance: step.guidance,
                consequence: String::new(),
                label: "Why now? (optional)",
                hint: "In a few words. It becomes part of the history.",
                button: "Start this step",
                href,
                reason,
                once,
                case_href,
                errors,
            },
            Choice::Done(offer) => View {
                name: format!("{}: these steps are done", offer.name),
                guidance: offer.guidance,
                consequence: offer.end,
                label: "Why are they done?",
                hint: "In a few words: what was reached, or why no more is needed. It becomes part of the history.",
                button: "These steps are done",
                href,
                reason,
                once,
                case_href,
                errors,
            },
        }
    }
}

/// `GET /cases/{reference}/steps/{visit}` and `GET /cases/{reference}/steps/{visit}/{element}`
pub(super) async fn show(
    State(state): State<AppState>,
    user: SignedIn,
    Path(place): Path<Place>,
) -> Result<Response, Error> {
    let choice = match find(&state, &user, &place).await? {
        Ok((_, _, choice)) => choice,
        Err(told) => return Ok(back(&place, told)),
    };
    let page = page(&state, &place, choice, String::new(), random(), Vec::new()).await?;
    Ok(page.into_response())
}

/// `POST` to the same addresses.
pub(super) async fn chosen(
    State(state): State<AppState>,
    user: SignedIn,
    Path(place): Path<Place>,
    posted: Posted,
) -> Result<Response, Error> {
    let once = posted.get("once").unwrap_or_default().to_owned();
    let reason = posted.get("reason").unwrap_or_default().trim().to_owned();
    let (instance, visit, choice) = match find(&state, &user, &place).await? {
        Ok(found) => found,
        Err(told) => return Ok(back(&place, told)),
    };
    let text = choice.problem(&reason);
    if !text.is_empty() {
        let errors = vec![Problem {
            field: "reason",
            text,
        }];
        let page = page(&state, &place, choice, reason, once, errors).await?;
        return Ok(page
            .status(StatusCode::UNPROCESSABLE_ENTITY)
            .into_response());
    }
    let mut request = Request::by(&user.name).command(instance, choice.command(visit));
    request.reason = Some(reason).filter(|reason| !reason.is_empty());
    request.idempotency_key =
        Some(format!("{} {once}", choice.href())).filter(|_| !once.is_empty());
    let told = match state.runtime.submit(request).await {
        Ok(_) => choice.told(),
        Err(runtime::Error::Rejected(Rejection::OneAtATime { .. })) => "busy",
        Err(runtime::Error::Rejected(
            Rejection::NoSuchAdHoc { .. } | Rejection::InstanceEnded { .. },
        )) => "late",
        Err(other) => return Err(other.into()),
    };
    Ok(back(&place, told))
}

fn back(place: &Place, told: &str) -> Response {
    Redirect::to(&format!("{}?begun={told}", href(Some(&place.reference)))).into_response()
}

/// The instance, the visit and what is chosen there; where it is not offered, what the case says of that.
async fn find(
    state: &AppState,
    user: &SignedIn,
    place: &Place,
) -> Result<Result<(Key, Key, Choice), &'static str>, Error> {
    case_of(state, user, &place.reference).await?;
    let running = cases::running(&state.runtime, &place.reference).await?;
    let catalog = state.runtime.catalog();
    let mut offered = running.iter().flat_map(|instance| {
        let deployed = catalog.process(instance.definition);
        let here = href(Some(&place.reference));
        let offers = deployed.map(|deployed| offers(instance, deployed, &here));
        let with = |offer| (instance.key, offer);
        offers.unwrap_or_default().into_iter().map(with)
    });
    let found = offered.find(|(_, offer)| offer.key.to_string() == place.visit);
    let Some((instance, mut offer)) = found else {
        return Ok(Err("late"));
    };
    let visit = offer.key;
    let choice = match &place.element {
        Some(_) if !offer.wait.is_empty() => return Ok(Err("busy")),
        Some(element) => {
            let step = offer.steps.iter().position(|step| step.element == *element);
            step.map(|step| Choice::Start(offer.steps.swap_remove(step)))
        }
        None if offer.done_href.is_empty() => None,
        None => Some(Choice::Done(offer)),
    };
    Ok(choice.map(|choice| (instance, visit, choice)).ok_or("late"))
}

async fn page(
    state: &AppState,
    place: &Place,
    choice: Choice,
    reason: String,
    once: String,
    errors: Vec<Problem>,
) -> Result<Page, Error> {
    let case = cases::by_reference(&state.runtime, &place.reference).await?;
    let records = Records::of(state, vec![case]).await?;
    let (world, names) = (world(state), Names::load(state).await?);
    let banner = super::banner(
        state,
        Some(&place.reference),
        &records,
        &names,
        &world,
        false,
    )?;
    let wrong = !errors.is_empty();
    let view = choice.view(reason, once, href(Some(&place.reference)), errors);
    let title = if wrong {
        format!("Error: {}", view.name)
    } else {
        view.name.clone()
    };
    Ok(Page::new("case_step", title)
        .section(Section::Cases)
        .banner(banner)
        .model(&view))
}
