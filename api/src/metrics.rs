//! `/metrics` for Prometheus, on an address of its own, so that whoever watches needs no sign-in and nobody else reaches it.
//!
//! Labels are words of models and routes, never of people; past a limit, what is rarest is told together as `other`.

use crate::request_ids::RequestId;
use crate::server::listen;
use crate::state::AppState;
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use runtime::{OpenWork, Runtime, Stopwatch};
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::sync::Mutex;
use tracing::Instrument;

/// Where `--metrics` without a value serves.
pub(crate) const LISTEN: &str = "127.0.0.1:9464";
/// Processes, and types of jobs, that are told by name.
const NAMED_MAX: usize = 100;
/// For how long counts from the database are told again: they read whole indexes.
const COUNTED_FOR: Duration = Duration::from_secs(10);
/// The form of the text: OpenMetrics.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SECONDS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Process {
    process: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobType {
    job_type: String,
}

type Number = Gauge<f64, AtomicU64>;

/// Everything that is measured.
pub(crate) struct Metrics {
    registry: Registry,
    answers: Family<Answered, Counter>,
    times: Family<Route, Histogram>,
    queue: Number,
    late: Number,
    tasks: Number,
    incidents: Number,
    jobs: Family<JobType, Number>,
    instances: Family<Process, Number>,
    lanes: Number,
    dead_letters: Number,
    /// When the database was counted last.
    counted: Mutex<Option<Stopwatch>>,
}

impl Metrics {
    pub(crate) fn new(runtime: &Runtime) -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("caseway"),
            answers: Family::default(),
            times: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            queue: Number::default(),
            late: Number::default(),
            tasks: Number::default(),
            incidents: Number::default(),
            jobs: Family::default(),
            instances: Family::default(),
            lanes: Number::default(),
            dead_letters: Number::default(),
            counted: Mutex::new(None),
        };
        let registry = &mut metrics.registry;
        runtime.measures().register(registry);
        let help = "Requests that wait for the writer";
        registry.register("queue_depth", help, metrics.queue.clone());
        let help = "For how long the timer that is most overdue has been due";
        let late = metrics.late.clone();
        registry.register_with_unit("timers_overdue", help, Unit::Seconds, late);
        registry.register(
            "open_tasks",
            "Tasks that wait for people",
            metrics.tasks.clone(),
        );
        let help = "Steps that cannot go on until somebody helps";
        registry.register("open_incidents", help, metrics.incidents.clone());
        let help = "Jobs that wait for programs, by type";
        registry.register("open_jobs", help, metrics.jobs.clone());
        let help = "Running instances, by process";
        registry.register("active_instances", help, metrics.instances.clone());
        let help = "Instances of which webhooks are still to be told something";
        registry.register("webhook_lanes", help, metrics.lanes.clone());
        let help = "Events that a webhook did not take";
        registry.register("webhook_dead_letters", help, metrics.dead_letters.clone());
        let help = "Requests over HTTP by method, route and status";
        registry.register("http_requests", help, metrics.answers.clone());
        let help = "Time to the answer by route";
        let times = metrics.times.clone();
        registry.register_with_unit("http_request", help, Unit::Seconds, times);
        metrics
    }

    /// Counts anew where that was not done just now.
    async fn count(&self, runtime: &Runtime) -> Result<(), runtime::Error> {
        self.queue.set(runtime.queue_depth() as f64);
        let mut counted = self.counted.lock().await;
        if counted.is_some_and(|time| time.elapsed() < COUNTED_FOR) {
            return Ok(());
        }
        let OpenWork {
            tasks,
            incidents,
            jobs,
            instances,
            oldest_timer,
            lanes,
            dead_letters,
        } = runtime.open_work().await?;
        let late = oldest_timer.map(|due| runtime.now().duration_since(due).as_secs_f64());
        self.late.set(late.unwrap_or(0.0).max(0.0));
        self.tasks.set(tasks as f64);
        self.incidents.set(incidents as f64);
        self.lanes.set(lanes as f64);
        self.dead_letters.set(dead_letters as f64);
        self.jobs.clear();
        for (job_type, number) in bounded(jobs) {
            self.jobs.get_or_create(&JobType { job_type }).set(number);
        }
        self.instances.clear();
        for (process, number) in bounded(instances) {
            self.instances
                .get_or_create(&Process { process })
                .set(number);
        }
        *counted = Some(Stopwatch::start());
        Ok(())
    }
}

/// The most frequent by name, all others together.
fn bounded(mut counts: Vec<(String, u64)>) -> Vec<(String, f64)> {
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let rest: u64 = counts
        .iter()
        .skip(NAMED_MAX)
        .map(|(_, number)| number)
        .sum();
    counts.truncate(NAMED_MAX);
    if rest > 0 {
        counts.push(("other".into(), rest));
    }
    let number = |(name, number)| (name, number as f64);
    counts.into_iter().map(number).collect()
}

/// Measures a request, and gives it a span: neither knows more of it than its route.
pub(crate) async fn measured(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("other", MatchedPath::as_str).to_owned();
    let method = word(request.method());
    let id = request.extensions().get::<RequestId>();
    let request_id = id.map_or("", |id| id.0.as_str());
    let status = tracing::field::Empty;
    let span = tracing::info_span!("request", method, route, request_id, status);
    let begun = Stopwatch::start();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    span.record("status", status);
    let times = &state.metrics.times;
    times
        .get_or_create(&Route {
            route: route.clone(),
        })
        .observe(begun.elapsed().as_secs_f64());
    let answered = Answered {
        method,
        route,
        status,
    };
    state.metrics.answers.get_or_create(&answered).inc();
    response
}

/// Anybody may send any word as a method.
fn word(method: &Method) -> &'static str {
    [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
    ]
    .iter()
    .position(|known| known == method)
    .map_or("other", |index| {
        ["GET", "POST", "PUT", "DELETE", "HEAD"][index]
    })
}

/// Serves `/metrics` beside everything else, until the program ends.
///
/// # Errors
/// Names the address and the way out.
pub(crate) async fn serve(address: SocketAddr, state: AppState) -> Result<(), String> {
    let listener = listen(address)
        .await
        .map_err(|problem| problem.replace("--listen", "--metrics"))?;
    let address = listener.local_addr().unwrap_or(address);
    tracing::info!("metrics are on http://{address}/metrics");
    tokio::spawn(async move {
        if let Err(problem) = axum::serve(listener, router(state)).await {
            tracing::error!("metrics are served no more: {problem}");
        }
    });
    Ok(())
}

/// What is on the address of the metrics.
pub fn router(state: AppState) -> Router {
    Router::new().route("/metrics", get(show)).with_state(state)
}

async fn show(State(state): State<AppState>) -> Response {
    if let Err(problem) = state.metrics.count(&state.runtime).await {
        // What needs no database is told all the same.
        tracing::warn!("the open work cannot be counted: {problem}");
    }
    let mut told = String::new();
    match text::encode(&mut told, &state.metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, TEXT)], told).into_response(),
        Err(_) => axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_is_told_together() {
        let counts = (1..=103)
            .map(|number| (format!("p{number}"), number))
            .collect();
        let told = bounded(counts);
        assert_eq!(told.len(), NAMED_MAX + 1);
        assert_eq!(told[0], ("p103".into(), 103.0));
        assert_eq!(told[NAMED_MAX], ("other".into(), 6.0));
    }

    #[test]
    fn a_method_that_somebody_made_up_makes_no_label() {
        assert_eq!(word(&Method::POST), "POST");
        assert_eq!(word(&Method::from_bytes(b"GRACE").unwrap()), "other");
    }
}
