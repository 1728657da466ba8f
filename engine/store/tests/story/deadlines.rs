//! Searches among deadlines, and among the events that a webhook did not take: right, page by page, and by an index.

use store::search::{By, Condition, Operand, Part, Search, Searched, Test};
use store::*;

use crate::finding::{everything, is, word};
use crate::plans::many;
use crate::support::Fixture;

crate::story! {
    deadlines_are_found_by_how_they_stand,
    deadlines_come_in_pages_by_when_they_are_due,
    deadlines_are_found_by_an_index,
    dead_letters_come_in_pages_by_an_index,
}

const ROWS: u32 = 20_000;

fn by(column: &'static str) -> Vec<By> {
    let descending = false;
    vec![By { column, descending }]
}

fn search(all: Vec<Condition>, order: Vec<By>) -> Search {
    Search {
        all,
        order,
        limit: 10,
        ..everything()
    }
}

/// Page after page to the end; how many there are is told right each time.
async fn all_pages<T: Searched>(
    fixture: &Fixture,
    mut search: Search,
    id: fn(&T) -> i64,
) -> Vec<i64> {
    let mut ids = Vec::new();
    let mut total = None;
    loop {
        let found = fixture.store.search::<T>(&search).await.unwrap();
        let counted = fixture.store.search_count::<T>(&search, found.chosen).await;
        let counted = counted.unwrap();
        assert_eq!(*total.get_or_insert(counted), counted);
        ids.extend(found.rows.iter().map(id));
        match found.places.last() {
            Some(place) => search.part = Part::After(place.clone()),
            None => break,
        }
    }
    assert_eq!(total, Some(ids.len() as u64));
    ids
}

async fn deadlines_are_found_by_how_they_stand(fixture: Fixture) {
    many(&fixture, 80).await;
    let number = |n: i64| Operand::Number(n);
    let state = |test: Test| Condition {
        column: "state",
        test,
    };
    let due = |test: Test| Condition {
        column: "due",
        test,
    };
    let rising = &[std::cmp::Ordering::Less];
    for (conditions, expected) in [
        (vec![is("state", word("running"))], 18),
        (vec![is("state", word("paused"))], 2),
        (vec![is("state", word("missed"))], 20),
        (vec![is("state", word("withdrawn"))], 0),
        (
            vec![state(Test::In(vec![word("running"), word("paused")]))],
            20,
        ),
        (
            vec![state(Test::NotIn(vec![word("running"), word("met")]))],
            22,
        ),
        (vec![due(Test::Exists(false))], 2),
        (vec![due(Test::Is(rising, number(11_000)))], 10),
        (vec![is("task", number(Key::of_instance(7).0 + 3))], 1),
        (
            vec![Condition {
                column: "calendar",
                test: Test::Exists(true),
            }],
            0,
        ),
    ] {
        let found =
            all_pages::<Deadline>(&fixture, search(conditions.clone(), Vec::new()), |row| {
                row.key.0
            });
        assert_eq!(found.await.len(), expected, "{conditions:?}");
    }
}

async fn deadlines_come_in_pages_by_when_they_are_due(fixture: Fixture) {
    many(&fixture, 100).await;
    let open = Test::In(vec![word("running"), word("paused")]);
    let open = vec![Condition {
        column: "state",
        test: open,
    }];
    let found = all_pages::<Deadline>(&fixture, search(open, by("due")), |row| {
        row.instance.instance_number()
    });
    // Those that are paused come last.
    let runs = (1..=100).filter(|n| n % 4 == 0 && n % 40 != 0);
    let expected: Vec<i64> = runs.chain([40, 80]).collect();
    assert_eq!(found.await, expected);
}

/// The plan names the index.
async fn plan<T: Searched>(fixture: &Fixture, search: Search, index: &str) {
    let plan = fixture.store.plan::<T>(&search).await.unwrap();
    let named = plan.iter().any(|step| step.contains(index));
    assert!(named, "{index}: {search:?}\n{plan:#?}");
    let sorted = plan.iter().any(|step| step.contains("TEMP B-TREE"));
    let asks_order = search
        .order
        .iter()
        .any(|by| by.column == "due" || by.column == "died_at");
    assert!(!(sorted && asks_order), "{plan:#?}");
}

async fn deadlines_are_found_by_an_index(fixture: Fixture) {
    many(&fixture, ROWS).await;
    let key = || Operand::Number(Key::of_instance(77).0);
    let state = |name: &str| vec![is("state", word(name))];
    let late = Test::Is(&[std::cmp::Ordering::Less], Operand::Number(900_000));
    let late = || Condition {
        column: "due",
        test: late.clone(),
    };
    let of_process = vec![is("process_id", word("work3"))];
    let of_case = vec![is("business_id", word("CASE-9"))];
    let primary = if fixture.store.is_shared() {
        "deadlines_pkey"
    } else {
        "USING INTEGER PRIMARY KEY (rowid=?)"
    };
    for (conditions, order, index) in [
        (vec![is("key", key())], "key", primary),
        (vec![is("instance", key())], "key", "deadlines_by_instance"),
        (of_process, "key", "deadlines_by_instance"),
        (of_case, "key", "deadlines_by_instance"),
        (state("running"), "due", "deadlines_by_state"),
        (state("paused"), "due", "deadlines_by_state"),
        (state("missed"), "due", "deadlines_by_state"),
        (
            vec![is("state", word("running")), late()],
            "due",
            "deadlines_by_state",
        ),
        (vec![late()], "due", "deadlines_by_due"),
        (Vec::new(), "due", "deadlines_by_due"),
    ] {
        plan::<Deadline>(&fixture, search(conditions, by(order)), index).await;
    }
    let late = Search {
        part: Part::After(vec![Some(Operand::Number(40_000_000)), Some(key())]),
        ..search(state("running"), by("due"))
    };
    let plan = fixture.store.plan::<Deadline>(&late).await.unwrap();
    let entered = ["(state=? AND due>?", "AND (ROW(due, key) >"];
    let is_entered = |step: &String| entered.iter().any(|entered| step.contains(entered));
    assert!(plan.iter().any(is_entered), "{plan:#?}");
}

async fn dead_letters_come_in_pages_by_an_index(fixture: Fixture) {
    many(&fixture, ROWS).await;
    let of = || vec![is("webhook", word("w3")), is("state", word("dead"))];
    let newest = || {
        vec![By {
            column: "died_at",
            descending: true,
        }]
    };
    let found = all_pages::<Delivery>(&fixture, search(of(), newest()), |row| {
        row.instance.instance_number()
    });
    let rows = (1..=i64::from(ROWS)).rev();
    let expected: Vec<i64> = rows.filter(|n| n % 51 == 3 && n % 2 == 0).collect();
    assert_eq!(found.await, expected);
    plan::<Delivery>(&fixture, search(of(), newest()), "deliveries_dead").await;
    let mut of_type = of();
    of_type.push(is("type", word("task.created")));
    plan::<Delivery>(&fixture, search(of_type, Vec::new()), "deliveries_dead").await;
    let mut of_instance = of();
    of_instance.push(is("key", Operand::Number(Key::of_instance(54).0)));
    let of_instance = search(of_instance, Vec::new());
    let found = fixture.store.search::<Delivery>(&of_instance).await;
    assert_eq!(found.unwrap().rows.len(), 1);
}
