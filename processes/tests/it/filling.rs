//! The whole path as people walk it: every step with its real form, typing only what the form does not know yet.

use crate::world::World;
use bpmn::{Assignment, Command, Key};
use feel::Context;
use forms::Form;
use processes::cases::{self, Open, Who};
use processes::people::{Born, Details, Sex};
use runtime::Request;
use store::TaskQuery;

struct Path {
    world: World,
    reference: String,
}

impl Path {
    /// The open task of a step, its form and what the form reads.
    async fn open(&self, step: &str) -> (Key, Key, Form, Context) {
        let query = TaskQuery {
            business_id: Some(self.reference.clone()),
            ..TaskQuery::default()
        };
        let tasks = self.world.runtime.tasks(&query).await.unwrap();
        let task = tasks.iter().find(|task| task.name == step);
        let task = task.unwrap_or_else(|| panic!("no step {step} in {tasks:#?}"));
        let instance = self
            .world
            .runtime
            .instance(task.instance)
            .await
            .unwrap()
            .unwrap();
        let variables = instance.state.visible_variables(task.element_instance);
        let catalog = self.world.runtime.catalog();
        let form = catalog.form(task.form.as_deref().unwrap()).unwrap();
        (
            task.instance,
            task.key,
            Form::read(&form.text).unwrap(),
            variables,
        )
    }

    fn typed(typed: &[(&str, &str)]) -> Vec<(String, String)> {
        typed
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect()
    }

    async fn fill(&self, step: &str, by: &str, typed: &[(&str, &str)]) -> Context {
        let (instance, task, form, variables) = self.open(step).await;
        let environment = self
            .world
            .runtime
            .catalog()
            .environment(self.world.runtime.now());
        let answers = form.parse_post(&Path::typed(typed));
        let answers = form
            .submit(&answers, &variables, &environment)
            .unwrap_or_else(|errors| panic!("{step}: {errors:#?}"));
        let assign = Command::AssignTask {
            task,
            assignee: by.into(),
            expect: Assignment::Anyone,
        };
        let complete = Command::CompleteTask {
            task,
            by: Some(by.into()),
            variables: answers.clone(),
        };
        let request = Request::by(by)
            .command(instance, assign)
            .command(instance, complete);
        self.world.runtime.submit(request).await.unwrap();
        answers
    }

    async fn refused(&self, step: &str, typed: &[(&str, &str)]) -> Vec<String> {
        let (_, _, form, variables) = self.open(step).await;
        let environment = self
            .world
            .runtime
            .catalog()
            .environment(self.world.runtime.now());
        let refused = form.submit(
            &form.parse_post(&Path::typed(typed)),
            &variables,
            &environment,
        );
        refused
            .unwrap_err()
            .into_iter()
            .map(|error| error.field)
            .collect()
    }
}

async fn opened() -> Path {
    let world = World::with_pathway("2026-03-02T09:00+03:00").await;
    let details = Details {
        name: "Sarah Nakato".into(),
        sex: Sex::Female,
        born: Some(Born::On(jiff::civil::date(2019, 1, 5))),
        languages: vec!["Luganda".into()],
        ..Details::default()
    };
    let open = Open {
        actor: "helen".into(),
        person: Who::New(details),
        pathway: "child-protection".into(),
        worker: Some("grace".into()),
        calendar: None,
    };
    let reference = cases::open(&world.runtime, open)
        .await
        .unwrap()
        .case
        .reference;
    Path { world, reference }
}

async fn registered() -> Path {
    let path = opened().await;
    let typed = [
        ("registration.channel", "school"),
        ("registration.reported_at-day", "2"),
        ("registration.reported_at-month", "3"),
        ("registration.reported_at-year", "2026"),
        ("registration.reported_at-time", "08:30"),
        ("registration.nationality_status", "citizen"),
        ("registration.birth_registered", "no"),
        ("registration.location.district", "Kampala"),
        ("registration.location.sub_county", "Nakawa"),
        ("registration.care_arrangement", "kin"),
        ("registration.school_status", "in school"),
        ("registration.concerns", "neglect"),
        ("registration.narrative", "Comes without food."),
        ("registration.suspected_offender", "no"),
        (
            "registration.consent_obtained",
            "caregiver consent and child assent",
        ),
    ];
    let answers = path.fill("Register the child", "helen", &typed).await;
    let registration = answers
        .get("registration")
        .unwrap()
        .as_context()
        .unwrap()
        .clone();
    assert_eq!(
        registration.get("child_name"),
        Some(&"Sarah Nakato".into()),
        "known from the opening"
    );
    assert_eq!(
        registration.get("age"),
        Some(&7.into()),
        "worked out from the date of birth"
    );
    let typed = [
        ("consent.explained_in", "Luganda"),
        ("consent.given_by", "caregiver"),
        ("consent.consent_services", "yes"),
        ("consent.consent_reporting", "yes"),
        ("consent.share_with", "health"),
        ("consent.signature", "thumb print"),
        ("consent.signed_by", "Mary Nakitende"),
    ];
    path.fill("Record consent", "helen", &typed).await;
    path
}

/// Every question of the risk screen answered no, but for these.
fn screen(but: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut typed = vec![
        ("risk_screen.life_threat", "no"),
        ("risk_screen.sexual_72h", "no"),
        ("risk_screen.perpetrator_access", "no"),
        ("risk_screen.unaccompanied", "no"),
        ("risk_screen.protective_adult", "yes"),
        ("risk_screen.child_fears_home", "no"),
        ("risk_screen.repeat_report", "no"),
    ];
    typed.retain(|(name, _)| !but.iter().any(|(other, _)| name == other));
    typed.extend(but);
    typed
}

const DOMAINS: [&str; 8] = ["v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8"];

async fn refer_and_see(path: &Path) {
    let typed = [
        ("referral.fields_shared", "identity"),
        ("referral.sent_by", "phone"),
        ("referral.accepted", "accepted"),
        ("referral.sharing_basis", "The law asks for registration"),
    ];
    path.fill("Make a referral", "grace", &typed).await;
    let typed = [
        ("first_contact.seen_at-day", "2"),
        ("first_contact.seen_at-month", "3"),
        ("first_contact.seen_at-year", "2026"),
        ("first_contact.seen_at-time", "8:45"),
        ("first_contact.where_seen", "home"),
        ("first_contact.child_seen_alone", "yes"),
        ("first_contact.child_words", "I cook."),
        ("first_contact.safe_tonight", "yes"),
    ];
    path.fill("See the child", "grace", &typed).await;
}

async fn assess(path: &Path) {
    let names: Vec<String> = DOMAINS
        .iter()
        .map(|row| format!("assessment.domains[{row}].score"))
        .collect();
    let mut typed = vec![
        ("assessment.assessment_date-day", "2"),
        ("assessment.assessment_date-month", "3"),
        ("assessment.assessment_date-year", "2026"),
        ("assessment.where_seen", "home"),
        ("assessment.child_seen_alone", "yes"),
        ("assessment.child_wishes", "To read."),
        ("assessment.risk_level", "medium"),
        ("assessment.best_interest_needed", "no"),
    ];
    typed.extend(DOMAINS.iter().map(|row| ("assessment.domains[]", *row)));
    typed.extend(
        names
            .iter()
            .map(|name| (name.as_str(), if name.contains("v4") { "1" } else { "3" })),
    );
    typed.push((
        "assessment.domains[v4].needs",
        "Out of school since January",
    ));
    let answers = path.fill("Assess the child", "grace", &typed).await;
    let assessment = answers
        .get("assessment")
        .unwrap()
        .as_context()
        .unwrap()
        .clone();
    assert_eq!(assessment.get("total_score"), Some(&22.into()));
    path.fill(
        "Review the assessment",
        "ruth",
        &[("assessment_review.supervisor_review", "approved")],
    )
    .await;
}

async fn plan(path: &Path) {
    // The goal for education is there already, with the need that was written in the assessment.
    let typed = [
        ("plan.plan_date-day", "2"),
        ("plan.plan_date-month", "3"),
        ("plan.plan_date-year", "2026"),
        ("plan.child_agrees", "both"),
        ("plan.goals[]", "v1"),
        ("plan.goals[v1].goal", "In class every day"),
        ("plan.goals[v1].action", "Meet the head teacher"),
        ("plan.goals[v1].responsible", "Case worker"),
        ("plan.goals[v1].due-day", "2"),
        ("plan.goals[v1].due-month", "4"),
        ("plan.goals[v1].due-year", "2026"),
    ];
    let answers = path.fill("Make the case plan", "grace", &typed).await;
    let text = serde_json::to_string(&answers).unwrap();
    assert!(text.contains("Out of school since January"), "{text}");
    assert!(
        text.contains(r#""follow_up_frequency":"2 weeks""#),
        "{text}"
    );
    path.fill(
        "Approve the case plan",
        "ruth",
        &[("plan_review.approved", "approved")],
    )
    .await;
}

async fn visit(path: &Path) {
    path.world.wait_until("2026-03-16T08:00+03:00").await;
    let typed = [
        ("follow_up.follow_up_date-day", "16"),
        ("follow_up.follow_up_date-month", "3"),
        ("follow_up.follow_up_date-year", "2026"),
        ("follow_up.method", "home visit"),
        ("follow_up.child_seen", "yes"),
        ("follow_up.goal_updates[]", "v1"),
        ("follow_up.goal_updates[v1].status", "in progress"),
        ("follow_up.risk_change", "same"),
        ("follow_up.new_incident", "no"),
    ];
    let answers = path.fill("Follow up with the child", "grace", &typed).await;
    assert!(
        serde_json::to_string(&answers)
            .unwrap()
            .contains("In class every day")
    );
}

async fn review(path: &Path) {
    path.world.wait_until("2026-04-27T08:00+03:00").await;
    let names: Vec<String> = DOMAINS
        .iter()
        .map(|row| format!("case_review.domain_rescore[{row}].score"))
        .collect();
    let mut typed = vec![
        ("case_review.review_date-day", "27"),
        ("case_review.review_date-month", "4"),
        ("case_review.review_date-year", "2026"),
        ("case_review.participants[]", "n1"),
        ("case_review.participants[n1].name", "Mary Nakitende"),
        ("case_review.participants[n1].agency", "grandmother"),
        ("case_review.risk_level", "low"),
        ("case_review.decision", "close"),
    ];
    typed.extend(
        DOMAINS
            .iter()
            .map(|row| ("case_review.domain_rescore[]", *row)),
    );
    typed.extend(names.iter().map(|name| (name.as_str(), "3")));
    path.fill("Review the case", "grace", &typed).await;
}

async fn close(path: &Path) {
    let typed = [
        ("closure.closure_reason", "goals achieved"),
        ("closure.goals_result", "achieved"),
        ("closure.child_agrees", "yes"),
    ];
    path.fill("Propose the closure", "grace", &typed).await;
    path.fill(
        "Approve the closure",
        "ruth",
        &[("closure_review.approved", "approved")],
    )
    .await;
    path.world.wait_until("2026-07-28T08:00+03:00").await;
    let typed = [
        ("follow_up.follow_up_date-day", "28"),
        ("follow_up.follow_up_date-month", "7"),
        ("follow_up.follow_up_date-year", "2026"),
        ("follow_up.method", "phone"),
        ("follow_up.child_seen", "yes"),
        ("follow_up.risk_change", "lower"),
        ("follow_up.new_incident", "no"),
        ("follow_up.reopen", "no"),
    ];
    path.fill("Check after closure", "grace", &typed).await;
}

#[tokio::test]
async fn a_case_is_worked_from_registration_to_closure_with_its_forms() {
    let path = registered().await;
    path.fill(
        "Screen the risk",
        "grace",
        &screen(&[("risk_screen.unaccompanied", "yes")]),
    )
    .await;
    path.fill(
        "Decide the risk level",
        "grace",
        &[("risk_decision.risk_level", "medium")],
    )
    .await;
    refer_and_see(&path).await;
    assess(&path).await;
    plan(&path).await;
    visit(&path).await;
    review(&path).await;
    close(&path).await;
    let instance = cases::instance(&path.world.runtime, &path.reference)
        .await
        .unwrap();
    assert!(instance.ended_at.is_some());
}

#[tokio::test]
async fn deciding_otherwise_than_the_table_needs_a_reason_and_high_risk_needs_action() {
    let path = registered().await;
    path.fill(
        "Screen the risk",
        "grace",
        &screen(&[("risk_screen.unaccompanied", "yes")]),
    )
    .await;
    let refused = path
        .refused(
            "Decide the risk level",
            &[("risk_decision.risk_level", "high")],
        )
        .await;
    assert_eq!(
        refused,
        [
            "risk_decision.change_reason",
            "risk_decision.immediate_action",
            "risk_decision.supervisor_called"
        ]
    );
    let refused = path.refused("Decide the risk level", &[]).await;
    assert_eq!(refused, ["risk_decision.risk_level"]);
}

#[tokio::test]
async fn what_is_not_screened_cannot_be_decided() {
    let path = registered().await;
    let refused = path.refused("Screen the risk", &[]).await;
    assert_eq!(refused.len(), 7, "{refused:?}");
}

#[tokio::test]
async fn what_the_demonstration_typed_is_in_its_forms() {
    let now: jiff::Timestamp = "2026-11-18T10:30+03:00".parse().unwrap();
    let clock = runtime::Clock::test(processes::demo::beginning(now));
    let world = World::with_clock(clock.clone()).await;
    let drafts = processes::demo::seed(&world.runtime, &clock, &world.calendar, now)
        .await
        .unwrap();
    for draft in drafts {
        let task = world.runtime.task(draft.task).await.unwrap().unwrap();
        let catalog = world.runtime.catalog();
        let form = Form::read(&catalog.form(task.form.as_deref().unwrap()).unwrap().text).unwrap();
        for (name, _) in &draft.typed {
            assert!(
                form.fields().iter().any(|field| field.name == *name),
                "{name} in {}",
                form.id()
            );
        }
    }
}
