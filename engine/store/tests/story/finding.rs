//! Searches of programs: they find what a look at every row would find, page by page.

use std::cmp::Ordering;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use store::search::{By, Condition, Operand, Part, Search, Test};
use store::*;

use crate::support::{Fixture, hour, task, with_tasks};

crate::story! {
    a_search_finds_what_a_look_at_every_row_finds,
    pages_follow_one_another_in_either_direction,
    the_queue_of_a_candidate_is_paged_like_everything_else,
    instances_are_ordered_by_whether_they_are_in_trouble,
    what_stands_still_is_active_as_well,
}

const ROWS: i64 = 60;

/// Open and closed tasks of many kinds, three to an instance.
fn tasks() -> Vec<Task> {
    (0..ROWS)
        .map(|number| {
            let groups: &[&str] = match number % 4 {
                0 => &[],
                1 => &["team"],
                2 => &["leads"],
                _ => &["team", "leads"],
            };
            let due = (number % 5 != 0).then(|| hour(number * 7 % 24));
            let state = match number % 6 {
                4 => TaskState::Completed,
                5 => TaskState::Withdrawn,
                _ => TaskState::Open,
            };
            Task {
                assignee: ["grace", "ruth"]
                    .get(usize::try_from(number % 3).unwrap())
                    .map(|name| (*name).to_owned()),
                candidate_users: ["grace".to_owned()]
                    .into_iter()
                    .take(usize::from(number % 3 > 0))
                    .collect(),
                priority: u8::try_from(number % 7).unwrap(),
                follow_up: (number % 2 == 0).then(|| hour(number % 9)),
                closed_at: (state != TaskState::Open).then(|| hour(number)),
                state,
                ..task(1 + number / 3, 2 + number % 3, groups, due)
            }
        })
        .collect()
}

fn micros(time: Timestamp) -> Operand {
    Operand::Number(time.as_microsecond())
}

pub(crate) fn word(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

/// What a task holds in a column.
fn values(task: &Task, column: &str) -> Vec<Operand> {
    let texts = |list: &[String]| list.iter().map(|text| word(text)).collect();
    let some = |value: Option<Operand>| value.into_iter().collect();
    match column {
        "key" => vec![Operand::Number(task.key.0)],
        "instance" => vec![Operand::Number(task.instance.0)],
        "assignee" => some(task.assignee.as_deref().map(word)),
        "candidate_group" => texts(&task.candidate_groups),
        "candidate_user" => texts(&task.candidate_users),
        "due" => some(task.due.map(micros)),
        "follow_up" => some(task.follow_up.map(micros)),
        "priority" => vec![Operand::Number(task.priority.into())],
        "state" => vec![word(match task.state {
            TaskState::Open => "open",
            TaskState::Completed => "completed",
            TaskState::Withdrawn | TaskState::Waiting(_) => "withdrawn",
        })],
        "name" => vec![word(&task.name)],
        "business_id" => some(task.business_id.as_deref().map(word)),
        other => panic!("{other}"),
    }
}

fn holds(task: &Task, condition: &Condition) -> bool {
    let values = values(task, condition.column);
    let mut fits = values.iter().map(|value| condition.test.fits(Some(value)));
    if values.is_empty() {
        condition.test.fits(None)
    } else if matches!(condition.test, Test::NotIn(_)) {
        fits.all(|fits| fits)
    } else {
        fits.any(|fits| fits)
    }
}

/// The tasks that fit, in the order that is asked for.
fn expected(search: &Search) -> Vec<Key> {
    let mut found: Vec<Task> = tasks()
        .into_iter()
        .filter(|task| search.all.iter().all(|one| holds(task, one)))
        .filter(|task| {
            let fits = |group: &Vec<Condition>| group.iter().all(|one| holds(task, one));
            search.any.is_empty() || search.any.iter().any(fits)
        })
        .collect();
    found.sort_by(|one, other| {
        let mut order = Ordering::Equal;
        let mut descending = false;
        for by in &search.order {
            descending = by.descending;
            let value = |task| values(task, by.column).into_iter().next();
            let both = (value(one), value(other));
            order = order.then_with(|| match both {
                (Some(one), Some(other)) if by.descending => other.cmp(&one),
                (Some(one), Some(other)) => one.cmp(&other),
                // A task without a due date is due after all others.
                (None, Some(_)) if by.column == "due" && by.descending => Ordering::Less,
                (Some(_), None) if by.column == "due" && by.descending => Ordering::Greater,
                (one, other) => one.is_none().cmp(&other.is_none()),
            });
        }
        let keys = if descending {
            (other.key, one.key)
        } else {
            (one.key, other.key)
        };
        order.then(keys.0.cmp(&keys.1))
    });
    found.iter().map(|task| task.key).collect()
}

fn any_test() -> impl Strategy<Value = Condition> {
    let one = |column, test| Just(Condition { column, test }).boxed();
    let texts = |values: &[&str]| values.iter().map(|text| word(text)).collect::<Vec<_>>();
    let instances = |numbers: &[i64]| {
        numbers
            .iter()
            .map(|number| Operand::Number(Key::of_instance(*number).0))
            .collect::<Vec<_>>()
    };
    let time = |number| micros(hour(number));
    prop_oneof![
        one("assignee", Test::In(texts(&["grace"]))),
        one("assignee", Test::In(texts(&[]))),
        one("assignee", Test::NotIn(texts(&[]))),
        one("assignee", Test::In(texts(&["grace", "ruth"]))),
        one("assignee", Test::NotIn(texts(&["grace"]))),
        one("assignee", Test::Exists(false)),
        one("assignee", Test::Like("*r?*".into())),
        one("candidate_group", Test::In(texts(&["team"]))),
        one("candidate_group", Test::In(texts(&["team", "leads"]))),
        one("candidate_group", Test::NotIn(texts(&["team"]))),
        one("candidate_group", Test::Exists(false)),
        one("candidate_group", Test::Like("l*".into())),
        one("due", Test::Exists(false)),
        one("due", Test::Exists(true)),
        one("due", Test::Is(&[Ordering::Greater], time(5))),
        one(
            "due",
            Test::Is(&[Ordering::Less, Ordering::Equal], time(12))
        ),
        one("follow_up", Test::Is(&[Ordering::Less], time(4))),
        one(
            "priority",
            Test::In(vec![Operand::Number(3), Operand::Number(4)])
        ),
        one(
            "priority",
            Test::Is(&[Ordering::Greater, Ordering::Equal], Operand::Number(5))
        ),
        one("state", Test::In(texts(&["open"]))),
        one("state", Test::In(texts(&["open", "completed"]))),
        one("state", Test::NotIn(texts(&["open"]))),
        one("name", Test::Like(r"Task 1?\.?".into())),
        one("business_id", Test::In(texts(&["CASE-3", "CASE-4"]))),
        one("instance", Test::In(instances(&[2, 5, 7]))),
    ]
}

fn any_order() -> impl Strategy<Value = Vec<By>> {
    let columns = proptest::sample::select(vec![
        "key",
        "due",
        "follow_up",
        "priority",
        "assignee",
        "name",
    ]);
    let by = (columns, any::<bool>()).prop_map(|(column, descending)| By { column, descending });
    proptest::collection::vec(by, 0..3).prop_map(|mut order| {
        let mut seen = std::collections::BTreeSet::new();
        order.retain(|by| seen.insert(by.column));
        // Behind a key nothing is left to be ordered.
        if let Some(at) = order.iter().position(|by| by.column == "key") {
            order.truncate(at + 1);
        }
        order
    })
}

fn any_search() -> impl Strategy<Value = Search> {
    let tests = || proptest::collection::vec(any_test(), 1..4);
    let any = proptest::collection::vec(proptest::collection::vec(any_test(), 1..3), 0..3);
    (tests(), any, any_order()).prop_map(|(all, any, order)| Search {
        all,
        any,
        order,
        ..everything()
    })
}

pub(crate) fn everything() -> Search {
    Search {
        all: Vec::new(),
        any: Vec::new(),
        sight: None,
        order: Vec::new(),
        part: Part::From(0),
        limit: 1_000,
    }
}

/// The same among open tasks, for which there is always a way.
fn of_open(mut search: Search) -> Search {
    search.all.push(is("state", word("open")));
    search
}

pub(crate) fn is(column: &'static str, value: Operand) -> Condition {
    let test = Test::In(vec![value]);
    Condition { column, test }
}

pub(crate) fn keys(tasks: &[Task]) -> Vec<Key> {
    tasks.iter().map(|task| task.key).collect()
}

async fn filled(fixture: &Fixture) {
    fixture.commit(with_tasks(tasks(), true)).await.unwrap();
}

/// Draws so many searches; one that fails is printed whole.
fn searches(number: u32) -> Vec<Search> {
    let mut runner = TestRunner::new(Config::default());
    (0..number)
        .map(|_| any_search().new_tree(&mut runner).unwrap().current())
        .collect()
}

async fn a_search_finds_what_a_look_at_every_row_finds(fixture: Fixture) {
    filled(&fixture).await;
    for search in searches(300) {
        let search = of_open(search);
        let found = fixture.store.search::<Task>(&search).await.unwrap();
        let expected = expected(&search);
        assert_eq!(keys(&found.rows), expected, "{search:#?}");
        let count = fixture
            .store
            .search_count::<Task>(&search, found.chosen)
            .await;
        let count = count.unwrap();
        assert_eq!(count, expected.len() as u64, "{search:#?}");
    }
}

async fn pages_follow_one_another_in_either_direction(fixture: Fixture) {
    filled(&fixture).await;
    for search in searches(60) {
        let search = Search {
            limit: 4,
            all: vec![is("state", word("open"))],
            any: Vec::new(),
            ..search
        };
        walk(&fixture, &search).await;
    }
}

/// Walks through the pages of a search, to the end and back.
async fn walk(fixture: &Fixture, search: &Search) {
    let all = expected(search);
    let (mut forwards, mut part) = (Vec::new(), Part::From(0));
    let mut last = None;
    loop {
        let asked = Search {
            part,
            ..search.clone()
        };
        let page = fixture.store.search::<Task>(&asked).await.unwrap();
        let Some(end) = page.places.last().cloned() else {
            break;
        };
        forwards.extend(keys(&page.rows));
        last = Some(end.clone());
        part = Part::After(end);
    }
    assert_eq!(forwards, all, "{search:#?}");
    let mut backwards = vec![*all.last().unwrap()];
    let mut part = Part::Before(last.unwrap());
    loop {
        let asked = Search {
            part,
            ..search.clone()
        };
        let page = fixture.store.search::<Task>(&asked).await.unwrap();
        let Some(start) = page.places.first().cloned() else {
            break;
        };
        backwards.extend(keys(&page.rows).into_iter().rev());
        part = Part::Before(start);
    }
    backwards.reverse();
    assert_eq!(backwards, all, "{search:#?}");
}

async fn the_queue_of_a_candidate_is_paged_like_everything_else(fixture: Fixture) {
    filled(&fixture).await;
    let orders = [None, Some("due"), Some("key"), Some("priority")];
    let orders = orders.into_iter().flat_map(|by| [(by, false), (by, true)]);
    for (column, descending) in orders {
        let order = column.map(|column| By { column, descending });
        for (column, candidate) in [("candidate_group", "team"), ("candidate_user", "grace")] {
            let search = Search {
                all: vec![is(column, word(candidate)), is("state", word("open"))],
                order: order.into_iter().collect(),
                limit: 4,
                ..everything()
            };
            let all = expected(&search);
            assert!(all.len() > 8, "{search:#?}");
            walk(&fixture, &search).await;
            for offset in [0, 3, 8, 1_000] {
                let part = Part::From(offset);
                let page = Search {
                    part,
                    ..search.clone()
                };
                let found = fixture.store.search::<Task>(&page).await.unwrap();
                let rest = all.iter().skip(offset as usize).take(4);
                assert_eq!(keys(&found.rows), rest.copied().collect::<Vec<_>>());
                let count = fixture.store.search_count::<Task>(&page, found.chosen);
                assert_eq!(count.await.unwrap(), all.len() as u64);
            }
        }
    }
}

async fn instances_are_ordered_by_whether_they_are_in_trouble(fixture: Fixture) {
    let tasks = (1..=4).map(|of| task(of, 2, &[], None)).collect();
    let mut batch = with_tasks(tasks, true);
    for of in [2, 3] {
        let instance = Key::of_instance(of);
        let incident = Incident {
            key: Key(instance.0 + 3),
            instance,
            element: "tell".into(),
            element_instance: Key(instance.0 + 2),
            kind: "job".into(),
            message: "the line is dead".into(),
            raised_at: hour(0),
            resolved_at: None,
        };
        batch.incidents.insert(incident.key, incident);
    }
    fixture.commit(batch).await.unwrap();
    let mut batch = Batch::default();
    let resolved = Key(Key::of_instance(3).0 + 3);
    batch.resolved_incidents.insert(resolved, hour(1));
    fixture.commit(batch).await.unwrap();
    for (descending, expected) in [(false, [1, 3, 4, 2]), (true, [2, 4, 3, 1])] {
        let search = Search {
            order: vec![By {
                column: "trouble",
                descending,
            }],
            all: vec![is("process_id", word("work"))],
            ..everything()
        };
        let found = fixture.store.search::<Instance>(&search).await;
        let rows = found.unwrap().rows.into_iter();
        let numbers: Vec<i64> = rows.map(|row| row.key.instance_number()).collect();
        assert_eq!(numbers, expected);
    }
}

async fn what_stands_still_is_active_as_well(fixture: Fixture) {
    let tasks = (1..=4).map(|of| task(of, 2, &[], None)).collect();
    let mut batch = with_tasks(tasks, true);
    let states = [
        (Status::Active, None),
        (Status::Active, Some(hour(1))),
        (Status::Completed, None),
        (Status::Terminated, Some(hour(1))),
    ];
    for (number, (status, suspended_at)) in (1..).zip(states) {
        let write = batch.instances.get_mut(&Key::of_instance(number)).unwrap();
        (write.instance.status, write.instance.suspended_at) = (status, suspended_at);
    }
    fixture.commit(batch).await.unwrap();
    let one = |text: &str| vec![word(text)];
    for (test, expected) in [
        (Test::In(one("active")), vec![1, 2]),
        (Test::In(one("suspended")), vec![2]),
        (
            Test::In(vec![word("suspended"), word("completed")]),
            vec![2, 3],
        ),
        (Test::NotIn(one("active")), vec![3, 4]),
        (Test::NotIn(one("suspended")), vec![1, 3, 4]),
    ] {
        let status = Condition {
            column: "status",
            test,
        };
        let search = Search {
            all: vec![is("process_id", word("work")), status],
            ..everything()
        };
        let found = fixture.store.search::<Instance>(&search).await.unwrap();
        let numbers = found.rows.iter().map(|row| row.key.instance_number());
        assert_eq!(numbers.collect::<Vec<i64>>(), expected, "{search:?}");
        let count = fixture
            .store
            .search_count::<Instance>(&search, found.chosen);
        assert_eq!(count.await.unwrap(), expected.len() as u64);
    }
}
