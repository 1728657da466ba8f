//! What changes something is carried to its end, also when the client that asked for it is gone: else the first of two steps would
//! be done and the second not, or nobody would have told the audit trail. What is typed a moment before a window is closed arrives.

use crate::rest;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Under `/v2`: who waits there for something else. When the client is gone, nobody waits.
const WAITING: [&str; 2] = ["/v2/jobs/activation", "/v2/process-instances"];

/// Carries a request to its end, if it changes something.
pub(crate) async fn through(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if is_carried(request.method(), request.uri().path()) {
        let work = Box::pin(next.run(request));
        let carried = Carried {
            work: Some(work),
            left: state.left.clone(),
        };
        carried.await
    } else {
        next.run(request).await
    }
}

/// What is being done for a request. Whoever drops it before its end lets it go on by itself: who stays pays for no task.
struct Carried {
    work: Option<Pin<Box<dyn Future<Output = Response> + Send>>>,
    /// Where it goes on: the program does not end before it.
    left: TaskTracker,
}

impl Future for Carried {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        let work = self.work.as_mut().expect("who has the answer asks no more");
        let response = ready!(work.as_mut().poll(context));
        self.work = None;
        Poll::Ready(response)
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        // What has panicked has come to its end.
        let work = self.work.take().filter(|_| !std::thread::panicking());
        if let (Some(work), Ok(runtime)) = (work, Handle::try_current()) {
            self.left.spawn_on(work.in_current_span(), &runtime);
        }
    }
}

/// Neither what only reads, nor what waits, nor documents: they are read as they come, and clear away what broke off.
fn is_carried(method: &Method, path: &str) -> bool {
    let Some(path_in_api) = path.strip_prefix("/v2") else {
        return !method.is_safe();
    };
    let waits = *method == Method::POST && WAITING.contains(&path);
    !rest::only_reads(method, path_in_api) && !waits && !rest::UPLOADS.contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_client_has_left_goes_on_and_is_waited_for() {
        let left = TaskTracker::new();
        let (go_on, told) = tokio::sync::oneshot::channel::<()>();
        let (done, mut is_done) = tokio::sync::oneshot::channel::<()>();
        let work = async {
            told.await.unwrap();
            done.send(()).unwrap();
            Response::default()
        };
        let mut carried = Carried {
            work: Some(Box::pin(work)),
            left: left.clone(),
        };
        let begun = std::future::poll_fn(|context| {
            let polled = Pin::new(&mut carried).poll(context);
            Poll::Ready(polled.is_pending())
        });
        assert!(begun.await);
        assert_eq!(left.len(), 0, "whoever stays needs no task");
        drop(carried);
        assert_eq!(left.len(), 1);
        go_on.send(()).unwrap();
        left.close();
        left.wait().await;
        assert!(is_done.try_recv().is_ok());
    }

    #[test]
    fn what_changes_something_is_carried_unless_it_waits_or_comes_slowly() {
        let check = |method: Method, path: &str, expected: bool| {
            assert_eq!(is_carried(&method, path), expected, "{method} {path}");
        };
        check(Method::GET, "/cases", false);
        check(Method::POST, "/people/search", true);
        check(Method::POST, "/v2/resources/7/deletion", true);
        check(Method::DELETE, "/v2/webhooks/w", true);
        check(Method::PATCH, "/v2/jobs/7", true);
        check(Method::POST, "/v2/process-instances/7/cancellation", true);
        check(Method::GET, "/v2/process-instances/7", false);
        check(Method::POST, "/v2/process-instances/search", false);
        let statistics = "/v2/process-definitions/7/statistics/element-instances";
        check(Method::POST, statistics, false);
        check(Method::POST, "/v2/process-instances", false);
        check(Method::POST, "/v2/jobs/activation", false);
        check(Method::POST, "/v2/documents", false);
        check(Method::DELETE, "/v2/documents/7", true);
    }
}
