//! What somebody may see is part of the query: by process, by case, and what is denied outweighs.

use store::search::{By, Part, Search};
use store::*;

use crate::support::{Fixture, task, with_tasks};

crate::story! {
    a_search_finds_and_counts_only_what_may_be_seen,
    one_task_of_a_business_id_opens_all_of_it,
    deadlines_and_decisions_hide_the_same,
}

/// Six open tasks, each in an instance of its own: for a team, for others, with Grace, and again.
async fn six(fixture: &Fixture) {
    let tasks = (1..=6).map(|number| {
        let groups: &[&str] = if number % 3 == 1 {
            &["team"]
        } else {
            &["others"]
        };
        let assignee = (number % 3 == 0).then(|| "grace".to_owned());
        Task {
            assignee,
            ..task(number, 1, groups, None)
        }
    });
    let batch = with_tasks(tasks.collect(), true);
    fixture.commit(batch).await.unwrap();
}

async fn seen<T: search::Searched>(fixture: &Fixture, sight: &Sight) -> usize {
    let search = Search {
        all: Vec::new(),
        any: Vec::new(),
        sight: Some(sight.clone()),
        order: vec![By {
            column: "key",
            descending: false,
        }],
        part: Part::From(0),
        limit: 1_000,
    };
    let found = fixture.store.search::<T>(&search).await.unwrap();
    let counted = fixture
        .store
        .search_count::<T>(&search, found.chosen)
        .await
        .unwrap();
    let seen = found.rows.len();
    assert_eq!(counted, seen as u64, "{sight:?}");
    seen
}

fn these(ids: &[&str]) -> Ids {
    Ids::These(ids.iter().map(|id| id.to_string()).collect())
}

fn grace() -> Viewer {
    Viewer {
        user: "grace".into(),
        groups: vec!["team".into()],
        cases: Vec::new(),
    }
}

pub(crate) async fn a_search_finds_and_counts_only_what_may_be_seen(fixture: Fixture) {
    six(&fixture).await;
    let process = crate::support::instance(1).process_id;
    let check = async |sight: Sight, expected: usize| {
        assert_eq!(
            seen::<Instance>(&fixture, &sight).await,
            expected,
            "{sight:?}"
        );
        assert_eq!(seen::<Task>(&fixture, &sight).await, expected, "{sight:?}");
    };
    check(Sight::default(), 0).await;
    let whole = |whole: Ids| Sight {
        whole,
        ..Sight::default()
    };
    check(whole(Ids::All), 6).await;
    check(whole(these(&[&process, "another"])), 6).await;
    check(whole(these(&["another"])), 0).await;
    let denied = Sight {
        whole: Ids::All,
        none: vec![process.clone()],
        ..Sight::default()
    };
    check(denied, 0).await;
    let own = |own: Ids, viewer: Viewer| Sight {
        own,
        viewer,
        ..Sight::default()
    };
    check(own(Ids::All, grace()), 4).await;
    check(own(these(&[&process]), grace()), 4).await;
    check(own(these(&["another"]), grace()), 0).await;
    check(own(Ids::All, Viewer::default()), 0).await;
}

pub(crate) async fn one_task_of_a_business_id_opens_all_of_it(fixture: Fixture) {
    six(&fixture).await;
    let sight = |viewer: Viewer| Sight {
        own: Ids::All,
        viewer,
        ..Sight::default()
    };
    // The second instance becomes another one of the first one's case.
    let first = fixture
        .store
        .instance(Key::of_instance(1))
        .await
        .unwrap()
        .unwrap();
    let case = first.business_id.unwrap();
    let moved = format!(
        "update process_instances set business_id = '{case}' where key = {}",
        Key::of_instance(2).0
    );
    fixture.execute(moved).await.unwrap();
    assert_eq!(seen::<Instance>(&fixture, &sight(grace())).await, 5);
    let worker = Viewer {
        cases: vec![case],
        ..Viewer::default()
    };
    assert_eq!(seen::<Instance>(&fixture, &sight(worker)).await, 2);
}

pub(crate) async fn deadlines_and_decisions_hide_the_same(fixture: Fixture) {
    six(&fixture).await;
    // Nothing is found where nothing is; that both databases understand the queries is what is proved.
    let sight = Sight {
        whole: these(&["a"]).or(these(&["c"])),
        own: Ids::All,
        none: vec!["b".into()],
        viewer: grace(),
    };
    assert_eq!(seen::<Deadline>(&fixture, &sight).await, 0);
    let query = DecisionQuery {
        sight: Some(sight),
        ..DecisionQuery::default()
    };
    assert_eq!(fixture.store.decision_instances(&query).await.unwrap(), []);
    assert_eq!(
        fixture.store.decision_instance_count(&query).await.unwrap(),
        0
    );
}
