//! The playground: tries an expression on given data, or on that of a running case which the designer may read.

use crate::csrf::Posted;
use crate::error::Error;
use crate::page::{Page, Section};
use crate::pages::case::case_to_read;
use crate::rest::tried;
use crate::roles::CASE_WORK;
use crate::session::SignedIn;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use feel::{Context, Value as FeelValue};
use processes::cases;
use serde::Serialize;
use serde_json::Value;

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    expression: String,
    expression_error: Option<String>,
    context: String,
    context_error: Option<String>,
    case: String,
    case_error: Option<String>,
    /// Whether the user may read cases at all.
    reads_cases: bool,
    errors: Vec<Wrong>,
    result: Option<Answer>,
}

/// A line of the error summary.
#[derive(Serialize)]
struct Wrong {
    field: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Answer {
    value: String,
    kind: String,
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct Warning {
    place: String,
    message: String,
}

/// `GET /expressions`
pub(super) async fn show(user: SignedIn) -> Page {
    page(&View {
        reads_cases: user.has_any(CASE_WORK),
        context: "{}".into(),
        ..View::default()
    })
}

/// `POST /expressions`: changes nothing, so the answer is a page.
pub(super) async fn evaluate(
    State(state): State<AppState>,
    user: SignedIn,
    posted: Posted,
) -> Result<Response, Error> {
    let field = |name| posted.get(name).unwrap_or_default().trim().to_owned();
    let mut view = View {
        expression: field("expression"),
        context: field("context"),
        case: field("case"),
        reads_cases: user.has_any(CASE_WORK),
        ..View::default()
    };
    let mut seen = Context::default();
    if view.reads_cases && !view.case.is_empty() {
        match variables(&state, &user, &view.case).await {
            Ok(variables) => seen = variables,
            Err(Error::NotFound(_)) => {
                view.case_error =
                    Some("There is no case of this reference that you may read".into());
            }
            Err(other) => return Err(other),
        }
    }
    match given(&view.context) {
        Ok(given) => {
            for (name, value) in given.iter() {
                seen.insert(name, value.clone());
            }
        }
        Err(message) => view.context_error = Some(message),
    }
    match tried(&state, &view.expression, &seen) {
        Ok(evaluation) => {
            view.result = Some(Answer {
                kind: evaluation.value.kind().to_string(),
                value: printed(&evaluation.value),
                warnings: evaluation
                    .warnings
                    .into_iter()
                    .map(|warning| Warning {
                        place: warning.position.to_string(),
                        message: warning.message,
                    })
                    .collect(),
            });
        }
        Err(Error::Invalid(message)) => view.expression_error = Some(message),
        Err(other) => return Err(other),
    }
    for (name, error) in [
        ("expression", &view.expression_error),
        ("case", &view.case_error),
        ("context", &view.context_error),
    ] {
        let message = error.clone();
        view.errors.extend(message.map(|message| Wrong {
            field: name,
            message,
        }));
    }
    let page = page(&view);
    if view.errors.is_empty() {
        return Ok(page.into_response());
    }
    Ok(page
        .status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}

fn page(view: &View) -> Page {
    let prefix = if view.errors.is_empty() {
        ""
    } else {
        "Error: "
    };
    Page::new("processes/expression", format!("{prefix}Try an expression"))
        .section(Section::Processes)
        .model(view)
}

/// What the process of a case knows. That it was looked at is in the audit trail.
async fn variables(state: &AppState, user: &SignedIn, reference: &str) -> Result<Context, Error> {
    let case = case_to_read(state, user, reference).await?;
    state
        .looked_at(user, format!("cases/{}", case.reference))
        .await?;
    let instance = cases::instance(&state.runtime, &case.reference).await?;
    Ok(instance.state.variables())
}

fn given(text: &str) -> Result<Context, String> {
    if text.is_empty() {
        return Ok(Context::default());
    }
    let value: Value =
        serde_json::from_str(text).map_err(|problem| format!("The data is no JSON: {problem}"))?;
    let value = FeelValue::from_json(value);
    let context = value.as_context().cloned();
    context.ok_or_else(|| "The data is a JSON object, such as {\"age\": 7}".into())
}

/// JSON where it can say it, else the text of the value.
fn printed(value: &FeelValue) -> String {
    if value.as_context().is_some() || value.as_list().is_some() {
        let stored = value.clone().into_json_like();
        return serde_json::to_string_pretty(&stored).unwrap_or_default();
    }
    value.to_string()
}
