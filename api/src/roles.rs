//! What a person may do: a user has one or more roles, and each route names the roles that may use it.

use crate::error::Error;
use crate::session::Viewer;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;

pub use processes::organisation::Role;

/// Those who work on cases.
pub(crate) const CASE_WORK: &[Role] = &[Role::Caseworker, Role::Supervisor];
/// Those who lead a team.
pub(crate) const LEADING: &[Role] = &[Role::Supervisor];
/// Those who change what runs.
pub(crate) const DESIGN: &[Role] = &[Role::Designer, Role::Administrator];
/// Those who put right what runs.
pub(crate) const OPERATING: &[Role] = &[Role::Supervisor, Role::Designer, Role::Administrator];
/// Those who say who may do what, and what leaves the house or is gone for good.
pub(crate) const ADMINISTRATION: &[Role] = &[Role::Administrator];
/// Everybody who is signed in.
pub(crate) const ANYONE: &[Role] = &Role::ALL;

/// Guards every route of `router`: who is not signed in is sent to the sign-in page, who has none of `roles` is refused.
pub(crate) fn only<S: Clone + Send + Sync + 'static>(
    roles: &'static [Role],
    router: Router<S>,
) -> Router<S> {
    router.route_layer(from_fn(move |request: Request, next: Next| {
        guard(roles, request, next)
    }))
}

async fn guard(roles: &'static [Role], request: Request, next: Next) -> Result<Response, Error> {
    match request
        .extensions()
        .get::<Viewer>()
        .and_then(Viewer::signed_in)
    {
        None => Err(Error::sign_in_needed(&request)),
        Some(user) if user.has_any(roles) => Ok(next.run(request).await),
        Some(_) => Err(Error::Forbidden { needs: roles }),
    }
}
