//! Access tokens of an issuer (OpenID Connect, RFC 9068): signed by keys that the issuer publishes, for us, and not over.
//!
//! Only signatures by keys whose other half stays with the issuer are believed (RSA, ECDSA, Ed25519): with a shared secret, who
//! can check a token could also make one.

mod keys;
mod signature;

use crate::config::Options;
use crate::fetch::{self, Fetcher};
use axum::http::Uri;
use axum::http::uri::Scheme;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde_json::{Map, Value};

use keys::Keys;

/// How far the clocks of issuer and server may be apart.
const SKEW_S: i64 = 60;
/// The longest token.
const LONGEST_BYTES: usize = 16 * 1024;
/// The longest name of a user, program, group or role.
const LONGEST_NAME: usize = 256;
/// How many groups, or roles, a token may name.
const NAMES_MAX: usize = 500;

/// How tokens may be signed.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Whose tokens are believed, and what their claims mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    issuer: String,
    audience: String,
    user_claim: String,
    client_claim: String,
    groups_claim: String,
    roles_claim: String,
}

impl Settings {
    /// What the options say, if they name an issuer.
    ///
    /// # Errors
    /// One line that names the option and the way out.
    pub fn of(options: &Options) -> Result<Option<Settings>, String> {
        let Some(issuer) = &options.issuer else {
            return Ok(None);
        };
        let way_out = "write for example --issuer https://login.example.org/realms/work";
        let address: Uri = issuer
            .parse()
            .map_err(|_| format!("--issuer {issuer:?} is no address; {way_out}"))?;
        if !fetch::is_safe(&address) {
            return Err(format!(
                "--issuer {issuer} is not https: somebody on the way could let anybody in; {way_out}"
            ));
        }
        let audience = options.audience.clone().filter(|text| !text.is_empty());
        let audience = audience.ok_or(
            "--issuer needs --audience: else tokens that were made for other servers would let people in here",
        )?;
        let claim = |chosen: &Option<String>, usual: &str| {
            chosen.clone().unwrap_or_else(|| usual.to_owned())
        };
        Ok(Some(Settings {
            issuer: issuer.clone(),
            audience,
            user_claim: claim(&options.user_claim, "preferred_username"),
            client_claim: claim(&options.client_claim, "client_id"),
            groups_claim: claim(&options.groups_claim, "groups"),
            roles_claim: claim(&options.roles_claim, "roles"),
        }))
    }
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) name: String,
    /// A program of its own, and nobody's.
    pub(crate) is_client: bool,
    pub(crate) display_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) roles: Vec<String>,
}

/// Why nobody can say whether a token is good: the issuer does not tell its keys.
#[derive(Debug)]
pub(crate) struct Unreachable;

/// The issuer, with what is known of its keys.
pub(crate) struct Issuer {
    settings: Settings,
    keys: Keys,
}

impl Issuer {
    pub(crate) fn new(settings: Settings) -> Result<Issuer, String> {
        signature::install();
        let secure = settings
            .issuer
            .parse::<Uri>()
            .map_err(|problem| problem.to_string())?;
        let fetcher = Fetcher::new(secure.scheme() == Some(&Scheme::HTTPS))?;
        let keys = Keys::new(settings.issuer.clone(), fetcher);
        Ok(Issuer { settings, keys })
    }

    /// Whom the token is about, if it is good at this time.
    pub(crate) async fn subject(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Subject>, Unreachable> {
        if token.len() > LONGEST_BYTES {
            return Ok(None);
        }
        let Ok(header) = decode_header(token) else {
            return Ok(None);
        };
        // What a token calls critical has to be understood, and nothing of that kind is.
        if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
            return Ok(None);
        }
        let Some(key) = self
            .keys
            .find(header.kid.as_deref(), header.alg, now)
            .await?
        else {
            return Ok(None);
        };
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&self.settings.issuer]);
        rules.set_audience(&[&self.settings.audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        // Times are looked at below, by the clock that everything here goes by.
        rules.validate_exp = false;
        let claims = match decode::<Map<String, Value>>(token, &key, &rules) {
            Ok(token) => token.claims,
            Err(problem) => {
                tracing::info!("an access token was refused: {problem}");
                return Ok(None);
            }
        };
        if !is_now(&claims, now) {
            tracing::info!("an access token was refused: it is over, or not good yet");
            return Ok(None);
        }
        Ok(self.settings.subject(&claims))
    }
}

/// Whether the token is good at this time, give or take [`SKEW_S`].
fn is_now(claims: &Map<String, Value>, now: Timestamp) -> bool {
    let now = now.as_second();
    let time = |name: &str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(time) => time.as_f64().map(|time| Some(time as i64)).ok_or(()),
    };
    let (Ok(Some(ends)), Ok(from), Ok(made)) = (time("exp"), time("nbf"), time("iat")) else {
        return false;
    };
    let begun = |at: Option<i64>| at.is_none_or(|at| at.saturating_sub(SKEW_S) <= now);
    now < ends.saturating_add(SKEW_S) && begun(from) && begun(made)
}

impl Settings {
    fn subject(&self, claims: &Map<String, Value>) -> Option<Subject> {
        let user = text(claims, &self.user_claim);
        let is_client = user.is_none();
        let name = user
            .or_else(|| text(claims, &self.client_claim))
            .or_else(|| text(claims, "azp"))?;
        if name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
            return None;
        }
        Some(Subject {
            name,
            is_client,
            display_name: text(claims, "name"),
            email: text(claims, "email"),
            groups: names(claims, &self.groups_claim),
            roles: names(claims, &self.roles_claim),
        })
    }
}

/// The claim at a path: `realm_access.roles` is `roles` inside `realm_access`, unless a claim has that whole name.
fn claim<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    if let Some(value) = claims.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    claim(claims.get(first)?.as_object()?, rest)
}

fn text(claims: &Map<String, Value>, path: &str) -> Option<String> {
    let text = claim(claims, path)?.as_str()?.trim();
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

/// A list of names, or one text with spaces between them.
fn names(claims: &Map<String, Value>, path: &str) -> Vec<String> {
    let words: Vec<&str> = match claim(claims, path) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => text.split_whitespace().collect(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => {
            Vec::new()
        }
    };
    let fits = |word: &&str| !word.is_empty() && word.len() <= LONGEST_NAME;
    let words = words.into_iter().filter(fits).take(NAMES_MAX);
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options(issuer: &str, audience: Option<&str>) -> Options {
        Options {
            issuer: Some(issuer.to_owned()),
            audience: audience.map(str::to_owned),
            ..Options::default()
        }
    }

    fn check_refused(issuer: &str, audience: Option<&str>, expected: &str) {
        let problem = Settings::of(&options(issuer, audience)).unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }

    #[test]
    fn an_issuer_is_reached_safely_and_named_with_an_audience() {
        assert_eq!(Settings::of(&Options::default()), Ok(None));
        assert!(Settings::of(&options("https://login.example.org", Some("caseway"))).is_ok());
        assert!(Settings::of(&options("http://localhost:8081/realms/a", Some("caseway"))).is_ok());
        check_refused("http://login.example.org", Some("caseway"), "is not https");
        check_refused("login", Some("caseway"), "is not https");
        check_refused("https://login.example.org", None, "needs --audience");
    }

    fn check_subject(claims: Value, expected: Option<(&str, bool, &[&str], &[&str])>) {
        let mut options = options("https://login.example.org", Some("caseway"));
        options.roles_claim = Some("realm_access.roles".into());
        let settings = Settings::of(&options).unwrap().unwrap();
        let found = settings.subject(claims.as_object().unwrap());
        let found = found.map(|one| (one.name, one.is_client, one.groups, one.roles));
        let list = |words: &[&str]| {
            words
                .iter()
                .map(|word| word.to_string())
                .collect::<Vec<_>>()
        };
        let expected = expected.map(|(name, client, groups, roles)| {
            (name.to_owned(), client, list(groups), list(roles))
        });
        assert_eq!(found, expected, "{claims}");
    }

    #[test]
    fn claims_say_who_it_is() {
        check_subject(
            json!({ "preferred_username": "grace", "groups": ["a", "b"], "realm_access": { "roles": ["supervisor"] } }),
            Some(("grace", false, &["a", "b"], &["supervisor"])),
        );
        check_subject(
            json!({ "client_id": "importer" }),
            Some(("importer", true, &[], &[])),
        );
        check_subject(
            json!({ "azp": "importer", "groups": "a b" }),
            Some(("importer", true, &["a", "b"], &[])),
        );
        check_subject(json!({ "preferred_username": " " }), None);
        check_subject(json!({ "preferred_username": "a\nb" }), None);
        check_subject(json!({ "preferred_username": 7 }), None);
    }

    fn check_time(claims: Value, expected: bool) {
        let now = Timestamp::from_second(1_000).unwrap();
        assert_eq!(
            is_now(claims.as_object().unwrap(), now),
            expected,
            "{claims}"
        );
    }

    #[test]
    fn clocks_may_be_a_minute_apart() {
        check_time(json!({ "exp": 1_001 }), true);
        check_time(json!({ "exp": 941 }), true);
        check_time(json!({ "exp": 940 }), false);
        check_time(json!({}), false);
        check_time(json!({ "exp": "2000" }), false);
        check_time(json!({ "exp": 2_000, "nbf": 1_060 }), true);
        check_time(json!({ "exp": 2_000, "nbf": 1_061 }), false);
        check_time(json!({ "exp": 2_000, "iat": 1_061 }), false);
    }
}
