use crate::world::World;
use jiff::civil::date;
use processes::people::{self, Born, Details, Sex};

fn somebody(name: &str, age: u8) -> Details {
    Details {
        name: name.into(),
        called: name.split(' ').next().map(str::to_owned),
        sex: Sex::Female,
        born: Some(Born::About {
            age,
            on: date(2026, 3, 2),
        }),
        ..Details::default()
    }
}

#[tokio::test]
async fn a_person_is_found_by_the_beginning_of_any_name() {
    let world = World::at("2026-03-02T09:00+03:00").await;
    for name in ["Sarah Nakato", "Samuel Nakibuuka", "Ruth Auma"] {
        people::register(&world.runtime, "helen", somebody(name, 7))
            .await
            .unwrap();
    }
    let found = async |text: &str| {
        let people = people::search(&world.runtime, text, 10).await.unwrap();
        people
            .iter()
            .map(|person| person.details.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found("nak").await, ["Samuel Nakibuuka", "Sarah Nakato"]);
    assert_eq!(found("NAK sar").await, ["Sarah Nakato"]);
    assert_eq!(found("sa").await, ["Samuel Nakibuuka", "Sarah Nakato"]);
    assert!(found("akato").await.is_empty());
    assert!(found("  ").await.is_empty());
}

#[tokio::test]
async fn numbers_are_never_given_out_twice() {
    let world = World::at("2026-03-02T09:00+03:00").await;
    let register = |n: u8| people::register(&world.runtime, "helen", somebody("Sarah Nakato", n));
    let (a, b, c, d) = tokio::join!(register(1), register(2), register(3), register(4));
    let mut ids = [a, b, c, d].map(|person| person.unwrap().id);
    ids.sort();
    assert_eq!(ids, ["p-000001", "p-000002", "p-000003", "p-000004"]);
}

#[tokio::test]
async fn who_may_be_the_same_is_asked_before_somebody_is_registered_again() {
    let world = World::at("2026-03-02T09:00+03:00").await;
    let known = people::register(&world.runtime, "helen", somebody("Sarah Nakato", 7))
        .await
        .unwrap();
    people::register(&world.runtime, "helen", somebody("Sarah Auma", 15))
        .await
        .unwrap();
    let possible =
        people::possible_matches(&world.runtime, "Sara Nakato", Some(8), date(2026, 3, 2))
            .await
            .unwrap();
    assert_eq!(possible[0].person, known);
    assert!(possible[0].likeness >= people::REVIEW_FROM);
    assert!(
        possible[1..]
            .iter()
            .all(|other| other.likeness < people::REVIEW_FROM)
    );
}

#[tokio::test]
async fn a_person_without_a_name_is_not_registered() {
    let world = World::at("2026-03-02T09:00+03:00").await;
    let refused = people::register(&world.runtime, "helen", somebody(" ", 7))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("Enter a name"), "{refused}");
}

#[tokio::test]
async fn a_change_to_what_somebody_else_changed_meanwhile_is_refused() {
    let world = World::at("2026-03-02T09:00+03:00").await;
    let mut person = people::register(&world.runtime, "helen", somebody("Sarah Nakato", 7))
        .await
        .unwrap();
    person.details.matters = Some("Reading".into());
    people::change(&world.runtime, "grace", &person, 1)
        .await
        .unwrap();
    assert!(
        people::change(&world.runtime, "joseph", &person, 1)
            .await
            .is_err()
    );
    assert_eq!(
        people::by_id(&world.runtime, &person.id).await.unwrap(),
        person
    );
}

#[test]
fn an_estimated_age_grows_with_the_years() {
    let born = Born::About {
        age: 7,
        on: date(2026, 3, 2),
    };
    assert_eq!(born.age(date(2026, 3, 2)), 7);
    assert_eq!(born.age(date(2027, 3, 1)), 7);
    assert_eq!(born.age(date(2027, 3, 2)), 8);
    assert_eq!(Born::On(date(2020, 2, 29)).age(date(2026, 2, 28)), 5);
    assert_eq!(Born::On(date(2020, 2, 29)).age(date(2026, 3, 1)), 6);
}
