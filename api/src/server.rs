//! Serving: all routes and what surrounds them, from the start of the program to its graceful end.

use crate::assets::Assets;
use crate::config::Settings;
use crate::error::{self, Error};
use crate::page;
use crate::pages::drafts;
use crate::state::{AppState, Shared};
use crate::terminal::say;
use crate::webhooks::Deliverer;
use crate::{
    assets, carried, csrf, documents, health, metrics, pages, request_ids, rest, security, session,
    test_clock, users,
};
use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use runtime::{Clock, Runtime, Statistics};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// The longest that one request may take until it is answered.
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// The longest that documents may take to come: 100 MiB over a line of a million bits a second.
const UPLOAD_LIMIT: Duration = Duration::from_secs(15 * 60);
/// How long requests may go on after the program is told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How often history whose time is over is looked for.
const RETENTION_EVERY: Duration = Duration::from_secs(60 * 60);
/// How to begin, where nobody can sign in yet.
const FIRST_USER: &str = "nobody can sign in yet; stop, add an administrator with \
                          `caseway user add NAME --role administrator --password-stdin`, and start again";

/// The whole server: pages, JSON API, assets, health.
pub fn router(state: AppState) -> Router {
    // The last layer is the outermost. A page passes: carrying through, session, chrome, CSRF, the role guard of its route, its handler.
    let pages = pages::routes()
        .fallback(nowhere)
        .layer(from_fn(csrf::guard))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(from_fn_with_state(state.clone(), page::chrome))
        .layer(from_fn_with_state(state.clone(), session::load))
        .layer(from_fn_with_state(state.clone(), carried::through));
    let test_clock = state.settings.test_clock.map(|_| test_clock::routes());
    Router::new()
        .merge(test_clock.unwrap_or_default())
        .merge(rest::routes(&state))
        .merge(health::routes())
        .merge(assets::routes().layer(gzip_only()))
        .merge(pages)
        .layer(from_fn(in_time))
        // br at its default, the fourth of eleven levels: as small as gzip, for about as much work.
        .layer(CompressionLayer::new())
        .layer(from_fn(security::headers))
        .layer(from_fn_with_state(state.clone(), metrics::measured))
        .layer(from_fn(request_ids::given))
        .with_state(state)
}

/// For files that are given as streams: br would hold megabytes of memory for each. What gzip has packed is not packed again.
pub(crate) fn gzip_only() -> CompressionLayer {
    CompressionLayer::new().no_br()
}

/// `caseway serve`: until the program is told to stop.
///
/// # Errors
/// One line that names what is in the way, and the way out.
pub async fn serve(settings: Settings) -> Result<(), String> {
    let listener = listen(settings.listen).await?;
    serve_on(listener, settings, |_| ()).await
}

/// Serves the database that the settings name; `introduce` has its say when everything stands.
pub(crate) async fn serve_on(
    listener: TcpListener,
    settings: Settings,
    introduce: impl FnOnce(&Settings),
) -> Result<(), String> {
    let assets = Assets::load()?;
    let runtime = open(&settings).await?;
    let address = listener.local_addr().unwrap_or(settings.listen);
    say(format!(
        "Caseway serves http://{address} from {}",
        store::without_password(&settings.database)
    ));
    if users::none_yet(&runtime)
        .await
        .map_err(|problem| problem.to_string())?
    {
        say(FIRST_USER);
    }
    introduce(&settings);
    let state = AppState::new(Shared::new(runtime.clone(), settings, assets)?);
    if let Some(address) = state.settings.metrics {
        metrics::serve(address, state.clone()).await?;
    }
    let looking = tokio::spawn(look_at_documents(state.clone()));
    let retention = tokio::spawn(keep_retention(state.clone()));
    let rules = state.settings.webhooks;
    let deliverer = tokio::spawn(Deliverer::new(runtime.clone(), rules).run());
    let served = run(listener, router(state.clone()), told_to_stop()).await;
    finish(&state.left).await;
    looking.abort();
    retention.abort();
    deliverer.abort();
    runtime.stop().await;
    let Statistics {
        batches,
        messages,
        largest_batch,
        busy_us,
        store_us,
    } = runtime.statistics();
    // What `cargo load` reads: how much was written, and how long the writer worked and waited for the database.
    tracing::info!(
        batches,
        messages,
        largest_batch,
        busy_us,
        store_us,
        "stopped"
    );
    served
}

/// Opens the database, creating it if it is absent, and starts what works on it.
///
/// # Errors
/// One line that names the database and the way out.
pub async fn open(settings: &Settings) -> Result<Runtime, String> {
    open_with(settings, settings.clock()).await
}

/// The same with a clock of the caller's.
pub(crate) async fn open_with(settings: &Settings, clock: Clock) -> Result<Runtime, String> {
    let store = Store::open(&settings.database)
        .await
        .map_err(|problem| problem.to_string())?;
    let options = runtime::Options {
        zone: settings.calendar.zone().clone(),
        calendar: settings.calendar.clone(),
    };
    Runtime::open(store, clock, options)
        .await
        .map_err(|problem| problem.to_string())
}

/// Says at once what would else be noticed with the first document: a bucket that is not there, or a key that opens nothing.
async fn look_at_documents(state: AppState) {
    if let Err(problem) = state.documents.look().await {
        tracing::error!(place = ?state.settings.documents, "documents cannot be kept or read: {problem}");
    }
}

/// Deletes history whose time is over, now and then again.
async fn keep_retention(state: AppState) {
    let runtime = &state.runtime;
    let mut again = tokio::time::interval(RETENTION_EVERY);
    loop {
        again.tick().await;
        if let Err(problem) = runtime.delete_expired().await {
            tracing::error!(
                "history whose time is over was not deleted, which is tried again: {problem}"
            );
        }
        if let Err(problem) = runtime.prune_answers().await {
            tracing::error!("old answers were not deleted, which is tried again: {problem}");
        }
        if let Err(problem) = documents::tidy(runtime, &state.documents).await {
            tracing::error!(
                "documents whose time is over were not deleted, which is tried again: {problem}"
            );
        }
        if let Err(problem) = drafts::tidy(runtime).await {
            tracing::error!(
                "drafts that nobody needs were not deleted, which is tried again: {problem}"
            );
        }
        if let Err(problem) = runtime.prune_batches().await {
            tracing::error!(
                "old batch operations were not deleted, which is tried again: {problem}"
            );
        }
        if let Err(problem) = rest::prune(runtime).await {
            tracing::error!(
                "old answers to keys were not deleted, which is tried again: {problem}"
            );
        }
        if let Err(problem) = runtime.prune_dead_letters().await {
            tracing::error!("old events were not deleted, which is tried again: {problem}");
        }
    }
}

/// Takes the address.
///
/// # Errors
/// Names the address and the way out.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|problem| {
        if problem.kind() == io::ErrorKind::AddrInUse {
            let other = SocketAddr::new(address.ip(), address.port().wrapping_add(1));
            let way_out = format!("stop that one, or choose another address with --listen {other}");
            format!("{address} is in use by another program; {way_out}")
        } else {
            format!("cannot serve on {address}: {problem}; choose another address with --listen")
        }
    })
}

/// Serves until `told_to_stop` is ready, then takes nothing new and finishes the requests that have begun.
///
/// # Errors
/// What the network said.
pub async fn run(
    listener: TcpListener,
    router: Router,
    told_to_stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), String> {
    // Nothing is sent: the end of the sender wakes both receivers.
    let (serving, mut stopping) = watch::channel(());
    let mut late = stopping.clone();
    tokio::spawn(async move {
        told_to_stop.await;
        tracing::info!("stopping: requests that have begun are finished");
        drop(serving);
    });
    // Answers are written whole: waiting for more to send would only make them late.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = stopping.changed().await;
    });
    tokio::select! {
        served = server => served.map_err(|problem| format!("the server ended: {problem}")),
        () = async {
            let _ = late.changed().await;
            tokio::time::sleep(GRACE).await;
        } => {
            tracing::warn!("some requests did not end within {} seconds", GRACE.as_secs());
            Ok(())
        }
    }
}

/// Lets what clients have left behind come to its end.
async fn finish(left: &TaskTracker) {
    left.close();
    if tokio::time::timeout(GRACE, left.wait()).await.is_err() {
        let requests = left.len();
        tracing::warn!(
            requests,
            "what clients have left behind did not end in time"
        );
    }
}

/// SIGTERM from a service manager, or Ctrl-C.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// Gives up what takes too long. An answer that has begun takes the time that it needs.
async fn in_time(request: Request, next: Next) -> Response {
    let limit = limit(request.method(), request.uri().path());
    let done = tokio::time::timeout(limit, next.run(request)).await;
    done.unwrap_or_else(|_| StatusCode::GATEWAY_TIMEOUT.into_response())
}

fn limit(method: &Method, path: &str) -> Duration {
    if *method == Method::POST && rest::UPLOADS.contains(&path) {
        UPLOAD_LIMIT
    } else {
        REQUEST_LIMIT
    }
}

async fn nowhere(uri: Uri) -> Error {
    Error::NotFound(format!("the page {}", uri.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documents_may_take_long_to_come() {
        let check = |method: Method, path: &str, expected: Duration| {
            assert_eq!(limit(&method, path), expected, "{method} {path}");
        };
        check(Method::POST, "/v2/documents", UPLOAD_LIMIT);
        check(Method::POST, "/v2/documents/batch", UPLOAD_LIMIT);
        check(Method::POST, "/v2/documents/7/links", REQUEST_LIMIT);
        check(Method::GET, "/v2/documents/batch", REQUEST_LIMIT);
        check(Method::POST, "/v2/deployments", REQUEST_LIMIT);
    }
}
