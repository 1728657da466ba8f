//! A share of the kills for every run of the tests, and that a fault would be seen.

use super::ledger::{Deed, Fate, Kind};
use super::*;
use crate::program::executable;

fn plan(database: Database, rounds: u64) -> Plan {
    Plan {
        program: executable().unwrap().to_owned(),
        folder: std::env::temp_dir(),
        database,
        seed: 4,
        rounds,
        nodes: 2,
        apart: false,
    }
}

fn check(database: Database, rounds: u64) {
    let account = run(&plan(database, rounds), |_| ()).unwrap();
    assert_eq!(account.events.values().sum::<u64>(), rounds);
    assert!(account.acknowledged > rounds, "{account}");
    assert!(account.there + account.absent > 0, "{account}");
}

#[test]
fn killed_again_and_again_over_sqlite_nothing_is_lost_and_nothing_is_there_twice() {
    check(Database::Sqlite, 24);
}

#[test]
fn killed_cut_and_paused_over_postgresql_nothing_is_lost_and_nothing_is_there_twice() {
    check(Database::Postgres, 12);
}

#[test]
fn what_is_lost_doubled_or_there_though_refused_is_seen() {
    let plan = plan(Database::Sqlite, 1);
    let mut scene = Scene::new(&plan, 1).unwrap();
    let ledger = Ledger::default();
    let mut clients = vec![Client::new(1, PATIENCE)];
    while !ledger.all().iter().any(|deed| deed.kind == Kind::Complete) {
        let (event, mut random) = (Event::KillAll, Random::new(1));
        while_working(event, &mut scene, &mut random, &mut clients, &ledger).unwrap();
        scene.start().unwrap();
    }
    let deeds = ledger.all();
    scene.check(&deeds, true).unwrap();
    let seen = |change: &dyn Fn(&mut Deed)| {
        let mut deeds = deeds.clone();
        let done = |deed: &&mut Deed| deed.kind != Kind::Notice && deed.fate == Fate::Acknowledged;
        deeds.iter_mut().filter(done).take(1).for_each(change);
        scene.check(&deeds, true).unwrap_err()
    };
    assert!(seen(&|deed| deed.case = "another".to_owned()).contains("lost"));
    assert!(seen(&|deed| deed.fate = Fate::Refused).contains("what was refused is there"));
}
