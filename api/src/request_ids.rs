//! The name of a request: the client's, where it gives a plain one, else ours. It is in the answer, and in the log beside whatever the
//! request does.

use crate::random;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

/// The header in both directions.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over.
const LONGEST: usize = 128;

/// In the extensions of every request: its name.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives each request a name, and tells it in the answer.
pub(crate) async fn given(mut request: Request, next: Next) -> Response {
    let id = taken_over(request.headers()).unwrap_or_else(random::digits::<16>);
    let told = HeaderValue::from_str(&id).ok();
    request.extensions_mut().insert(RequestId(id));
    let mut response = next.run(request).await;
    if let Some(told) = told {
        response.headers_mut().insert(HEADER, told);
    }
    response
}

/// The client's name, if it cannot mean anything to who reads the log.
fn taken_over(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(HEADER)?.to_str().ok()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
    let fits = !name.is_empty() && name.len() <= LONGEST && name.chars().all(plain);
    fits.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, name.parse().unwrap());
        assert_eq!(taken_over(&headers).as_deref(), expected, "{name}");
    }

    #[test]
    fn only_a_plain_name_is_taken_over() {
        check("order-17:a.b_c", Some("order-17:a.b_c"));
        check("", None);
        check("a b", None);
        check("a\"b", None);
        check(&"x".repeat(129), None);
    }
}
