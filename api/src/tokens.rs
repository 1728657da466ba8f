//! API tokens: what programs show instead of a name and a password.
//!
//! A token belongs to a user and can do no more than its user and its scopes. It is told once, when it is made; stored is only
//! its hash, as a document in the collection `tokens`. What is revoked, or over, is worth nothing from that moment.

mod terminal;

use crate::csrf::same;
use crate::random::{self, hex};
use jiff::{SignedDuration, Timestamp};
use runtime::{Act, Expect, Put, Request, Runtime};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use store::{Match, Query};

pub(crate) use terminal::{New, add, list, revoke};

const COLLECTION: &str = "tokens";
const OWNER: &str = "owner";
/// How a token begins, so that people and scanners know one when they see it.
const PREFIX: &str = "caseway_";
/// How long a token lasts where nobody says.
pub(crate) const LASTS_DAYS: i64 = 90;
/// How long it may last.
pub(crate) const LASTS_DAYS_MAX: i64 = 366;
/// The longest name, in letters.
pub(crate) const LONGEST_NAME: usize = 100;
/// How many tokens a user may have.
pub(crate) const PER_USER: u64 = 100;
/// How stale the note of the last use may be: it is there to find what nobody uses.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What a token is for. No scope holds another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Search and read what runs and has run.
    Read,
    /// Start processes, work on jobs and tasks, send messages and signals.
    Work,
    /// Put right what runs: cancel, resolve, change variables, migrate, pause deadlines, hold.
    Operate,
    /// Deploy.
    Design,
    /// Users, groups, roles, authorizations, tokens, and the audit trail.
    Administer,
}

impl Scope {
    /// All of them.
    pub(crate) const ALL: [Scope; 5] = [
        Scope::Read,
        Scope::Work,
        Scope::Operate,
        Scope::Design,
        Scope::Administer,
    ];

    /// The word in JSON and on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Work => "work",
            Scope::Operate => "operate",
            Scope::Design => "design",
            Scope::Administer => "administer",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(word: &str) -> Result<Scope, String> {
        let known = Scope::ALL.map(Scope::word).join(", ");
        let scope = Scope::ALL.into_iter().find(|scope| scope.word() == word);
        scope.ok_or(format!("no scope {word:?}; the scopes are {known}"))
    }
}

/// What is kept of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    /// Its public part: names it in lists, and finds it.
    pub(crate) id: String,
    pub(crate) name: String,
    /// The user whose token it is.
    pub(crate) owner: String,
    pub(crate) scopes: Vec<Scope>,
    /// SHA-256 of the whole token; it has 256 random bits, so nothing slower is needed.
    hash: String,
    pub(crate) created_at: Timestamp,
    pub(crate) created_by: String,
    pub(crate) expires_at: Timestamp,
    /// About when it was used last.
    pub(crate) used_at: Option<Timestamp>,
}

impl Token {
    /// A new token and its text, which nobody can tell again.
    pub(crate) fn new(
        name: &str,
        owner: &str,
        scopes: &[Scope],
        by: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> (Token, String) {
        let id = random::digits::<8>();
        let text = format!("{PREFIX}{id}_{}", random::digits::<32>());
        let mut scopes = scopes.to_vec();
        scopes.sort();
        scopes.dedup();
        let token = Token {
            id,
            name: name.to_owned(),
            owner: owner.to_owned(),
            scopes,
            hash: hash(&text),
            created_at: now,
            created_by: by.to_owned(),
            expires_at,
            used_at: None,
        };
        (token, text)
    }

    /// The acts that add it, and say so in the audit trail.
    pub(crate) fn added(&self) -> [Act; 2] {
        [
            self.put(Expect::Absent),
            self.noted("token-created", Some(self.in_words())),
        ]
    }

    /// The acts that make it worthless, and say so in the audit trail.
    pub(crate) fn revoked(&self) -> [Act; 2] {
        let gone = Act::Delete {
            collection: COLLECTION,
            id: self.id.clone(),
            expect: Expect::Any,
        };
        [gone, self.noted("token-revoked", Some(self.in_words()))]
    }

    fn put(&self, expect: Expect) -> Act {
        Act::Put(Put {
            collection: COLLECTION,
            id: self.id.clone(),
            expect,
            body: serde_json::to_value(self).expect("a token is plain data"),
            fields: vec![(OWNER, self.owner.clone())],
        })
    }

    fn noted(&self, action: &str, detail: Option<String>) -> Act {
        Act::audit(action, format!("tokens/{}", self.id), detail)
    }

    fn in_words(&self) -> String {
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.word()).collect();
        let (owner, scopes) = (&self.owner, scopes.join(" "));
        format!("{:?} of {owner} for {scopes}", self.name)
    }
}

/// Whether a bearer token is one of ours, good or bad; others come from an issuer.
pub(crate) fn is_ours(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// The token with this text, if it is good now. Its use is noted from time to time.
pub(crate) async fn shown(runtime: &Runtime, text: &str) -> Result<Option<Token>, runtime::Error> {
    let id = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('_'));
    let Some((id, _)) = id else {
        return Ok(None);
    };
    let Some(document) = runtime.document(COLLECTION, id).await? else {
        return Ok(None);
    };
    let now = runtime.now();
    let token = serde_json::from_value::<Token>(document.body).ok();
    let good = |token: &Token| same(&token.hash, &hash(text)) && now < token.expires_at;
    let Some(mut token) = token.filter(good) else {
        return Ok(None);
    };
    let stale = |used: Timestamp| now.duration_since(used) >= NOTED_EVERY;
    if token.used_at.is_none_or(stale) {
        token.used_at = Some(now);
        let noted = token.put(Expect::Revision(document.revision));
        match runtime.submit(Request::by(&token.owner).act(noted)).await {
            Ok(_) => {}
            // Another request has noted it at the same moment; or it has just been revoked.
            Err(runtime::Error::Conflict { .. }) => return still(runtime, token).await,
            Err(problem) => return Err(problem),
        }
    }
    Ok(Some(token))
}

async fn still(runtime: &Runtime, token: Token) -> Result<Option<Token>, runtime::Error> {
    let found = runtime.document(COLLECTION, &token.id).await?;
    Ok(found.map(|_| token))
}

/// The token with this id.
pub(crate) async fn find(runtime: &Runtime, id: &str) -> Result<Option<Token>, runtime::Error> {
    let found = runtime.document(COLLECTION, id).await?;
    Ok(found.and_then(|found| serde_json::from_value(found.body).ok()))
}

/// The tokens of a user, or of all, in no particular order; the first [`store::MAX_LIMIT`] of them.
pub(crate) async fn of(
    runtime: &Runtime,
    owner: Option<&str>,
) -> Result<Vec<Token>, runtime::Error> {
    let query = Query {
        limit: store::MAX_LIMIT,
        ..owned(owner)
    };
    let found = runtime.documents(&query).await?.into_iter();
    Ok(found
        .filter_map(|one| serde_json::from_value(one.body).ok())
        .collect())
}

/// Whether a user may have one more.
pub(crate) async fn has_room(runtime: &Runtime, owner: &str) -> Result<bool, runtime::Error> {
    Ok(runtime.document_count(&owned(Some(owner))).await? < PER_USER)
}

fn owned(owner: Option<&str>) -> Query {
    match owner {
        Some(owner) => Query::by(COLLECTION, OWNER, Match::Equals(owner.to_owned())),
        None => Query::all(COLLECTION),
    }
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_a_token_is_not_the_token() {
        let now = Timestamp::UNIX_EPOCH;
        let scopes = [Scope::Work, Scope::Read, Scope::Work];
        let (token, text) = Token::new("nightly", "grace", &scopes, "grace", now, now);
        assert!(
            text.starts_with(&format!("caseway_{}_", token.id)),
            "{text}"
        );
        assert_eq!(text.len(), "caseway_".len() + 16 + 1 + 64);
        assert_eq!(token.scopes, [Scope::Read, Scope::Work]);
        let stored = serde_json::to_string(&token).unwrap();
        let secret = text.rsplit_once('_').unwrap().1;
        assert!(!stored.contains(secret), "{stored}");
        assert_eq!(token.hash, hash(&text));
    }

    #[test]
    fn a_scope_is_read_by_its_word_and_an_unknown_one_names_the_known() {
        for scope in Scope::ALL {
            assert_eq!(scope.word().parse(), Ok(scope));
        }
        let problem = "everything".parse::<Scope>().unwrap_err();
        assert!(problem.contains("read, work, operate, design, administer"));
    }
}
