//! People: children and those around them. Their data stays here; a process instance only holds the key.

mod matching;

use crate::error::{Error, Result, body, json};
use crate::numbers::{self, SERIAL, serial};
use jiff::Timestamp;
use jiff::civil::Date;
use runtime::{Act, Expect, Put, Request, Runtime};
use serde::{Deserialize, Serialize};
use store::{Match, Query};

pub use matching::{Possible, REVIEW_FROM, possible_matches};

/// The collection of documents.
pub const PEOPLE: &str = "people";

/// The field with each word of the name, in small letters.
const NAME: &str = "name";

/// The series of numbers.
const SERIES: &str = "p";

/// A person. JSON as the document's body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// `p-000001`
    pub id: String,
    /// The number in the id.
    pub number: u32,
    /// What the person is like.
    #[serde(flatten)]
    pub details: Details,
}

/// What is known of a person.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// The whole name, as the person writes it.
    pub name: String,
    /// What to call the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
    /// Female, male, or other or not known.
    #[serde(default)]
    pub sex: Sex,
    /// When the person was born, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<Born>,
    /// The languages that the person speaks, best one first.
    #[serde(default)]
    pub languages: Vec<String>,
    /// What everybody who meets the person must know.
    #[serde(default)]
    pub alerts: Vec<String>,
    /// What matters to the person, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matters: Option<String>,
}

/// As forms write it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sex {
    /// Female.
    #[serde(rename = "female")]
    Female,
    /// Male.
    #[serde(rename = "male")]
    Male,
    /// Other, or not known.
    #[default]
    #[serde(rename = "other or not known")]
    Other,
}

impl Sex {
    /// The word that forms write.
    pub fn as_str(self) -> &'static str {
        match self {
            Sex::Female => "female",
            Sex::Male => "male",
            Sex::Other => "other or not known",
        }
    }
}

/// When somebody was born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Born {
    /// The date is known.
    On(Date),
    /// Somebody guessed the age in years, on that day.
    About {
        /// The age in years.
        age: u8,
        /// When it was guessed.
        on: Date,
    },
}

impl Born {
    /// The age in whole years.
    pub fn age(&self, today: Date) -> u8 {
        let (born, years) = match self {
            Born::On(date) => (*date, 0),
            Born::About { age, on } => (*on, *age),
        };
        let passed = born
            .until((jiff::Unit::Year, today))
            .map_or(0, |span| span.get_years());
        u8::try_from(passed.max(0))
            .unwrap_or(u8::MAX)
            .saturating_add(years)
    }

    /// Whether the age is a guess.
    pub fn is_estimated(&self) -> bool {
        matches!(self, Born::About { .. })
    }
}

impl Person {
    /// What to call the person: the short name where there is one.
    pub fn called(&self) -> &str {
        self.details.called.as_deref().unwrap_or(&self.details.name)
    }

    /// The age in whole years, where it is known.
    pub fn age(&self, today: Date) -> Option<u8> {
        Some(self.details.born?.age(today))
    }

    /// The document as it is written.
    pub(crate) fn put(&self, expect: Expect) -> Put {
        let mut fields: Vec<_> = words(&self.details.name)
            .chain(words(self.details.called.as_deref().unwrap_or_default()))
            .map(|word| (NAME, word))
            .collect();
        fields.sort();
        fields.dedup();
        fields.push((SERIAL, serial(SERIES, self.number)));
        Put {
            collection: PEOPLE,
            id: self.id.clone(),
            expect,
            body: json(self),
            fields,
        }
    }
}

impl Details {
    /// The person with the next number. The document is not written yet.
    pub(crate) async fn numbered(self, runtime: &Runtime) -> Result<Person> {
        if self.name.trim().is_empty() {
            return Err(Error::Invalid(
                "Enter a name. Write \"unknown\" if nobody knows it yet.".into(),
            ));
        }
        let number = numbers::next(runtime, PEOPLE, SERIES).await?;
        Ok(Person {
            id: format!("{SERIES}-{number:06}"),
            number,
            details: self,
        })
    }
}

/// Registers a person.
pub async fn register(runtime: &Runtime, actor: &str, details: Details) -> Result<Person> {
    for _ in 0..numbers::ATTEMPTS {
        let person = details.clone().numbered(runtime).await?;
        let request = Request::by(actor).act(Act::Put(person.put(Expect::Absent)));
        match runtime.submit(request).await {
            Ok(_) => return Ok(person),
            Err(error) if numbers::taken(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(runtime::Error::Busy.into())
}

/// Changes what is known of a person; `revision` is that of the document that was read.
pub async fn change(runtime: &Runtime, actor: &str, person: &Person, revision: i64) -> Result<()> {
    let put = person.put(Expect::Revision(revision));
    runtime
        .submit(Request::by(actor).act(Act::Put(put)))
        .await?;
    Ok(())
}

/// The person of an id.
pub async fn by_id(runtime: &Runtime, id: &str) -> Result<Person> {
    match runtime.document(PEOPLE, id).await? {
        Some(document) => body(document),
        None => Err(Error::NoSuchPerson(id.to_owned())),
    }
}

/// The people of these ids, in no particular order; unknown ids are left out.
pub async fn by_ids(runtime: &Runtime, ids: &[String]) -> Result<Vec<Person>> {
    let documents = runtime.documents_by_id(PEOPLE, ids).await?;
    documents.into_iter().map(body).collect()
}

/// People whose name or short name has words that begin like all words of the text. Ordered by name.
pub async fn search(runtime: &Runtime, text: &str, limit: u32) -> Result<Vec<Person>> {
    let wanted: Vec<String> = words(text).collect();
    let Some(longest) = wanted.iter().max_by_key(|word| word.len()) else {
        return Ok(Vec::new());
    };
    let mut found = beginning_with(runtime, longest).await?;
    found.retain(|person| {
        let names: Vec<String> = words(&person.details.name)
            .chain(words(person.details.called.as_deref().unwrap_or_default()))
            .collect();
        wanted
            .iter()
            .all(|word| names.iter().any(|name| name.starts_with(word)))
    });
    found.sort_by(|a, b| (&a.details.name, &a.id).cmp(&(&b.details.name, &b.id)));
    found.truncate(limit as usize);
    Ok(found)
}

/// The most people that one beginning of a name may find.
const FOUND_MAX: u32 = 1_000;

async fn beginning_with(runtime: &Runtime, prefix: &str) -> Result<Vec<Person>> {
    let mut query = Query::by(PEOPLE, NAME, Match::Prefix(prefix.to_owned()));
    query.limit = FOUND_MAX;
    let documents = runtime.documents(&query).await?;
    let mut people = documents
        .into_iter()
        .map(body)
        .collect::<Result<Vec<Person>>>()?;
    people.sort_by(|a, b| a.id.cmp(&b.id));
    people.dedup_by(|a, b| a.id == b.id);
    Ok(people)
}

/// The words of a name in small letters, without punctuation.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The day on which something happens, where the organisation is.
pub(crate) fn day(now: Timestamp, zone: &jiff::tz::TimeZone) -> Date {
    now.to_zoned(zone.clone()).date()
}
