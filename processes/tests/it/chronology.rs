//! What the story of a case tells beside its steps.

use crate::world::World;
use bpmn::elements::{ElementStart, open_ad_hocs};
use bpmn::{Assignment, Command, Key};
use processes::cases::{self, Open, Who};
use processes::chronology::{self, Kind};
use processes::people::Details;
use runtime::{Act, InstanceView, Request, Resource, TaskQuery};

/// A case that follows a model of its own.
struct Story {
    world: World,
    reference: String,
}

impl Story {
    async fn of(roots: &str, body: &str) -> Story {
        let model = format!(
            r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
            {roots}<process id="support" name="Support" isExecutable="true"><startEvent id="s"/>{body}</process></definitions>"#
        );
        let world = World::at("2026-03-02T09:00+03:00").await;
        let resources = vec![Resource::new("support.bpmn", model)];
        let deploy = Request::by("test").act(Act::Deploy { resources });
        world.runtime.submit(deploy).await.unwrap();
        let open = Open {
            actor: "helen".into(),
            person: Who::New(Details {
                name: "Sarah Nakato".into(),
                ..Details::default()
            }),
            pathway: "support".into(),
            worker: None,
            calendar: None,
        };
        let reference = cases::open(&world.runtime, open)
            .await
            .unwrap()
            .case
            .reference;
        Story { world, reference }
    }

    async fn instance(&self) -> InstanceView {
        cases::instance(&self.world.runtime, &self.reference)
            .await
            .unwrap()
    }

    async fn command(&self, reason: &str, command: Command) {
        let instance = self.instance().await.key;
        let mut request = Request::by("grace").command(instance, command);
        request.reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        self.world.runtime.submit(request).await.unwrap();
    }

    async fn complete(&self, step: &str) {
        let open = self
            .world
            .runtime
            .tasks(&TaskQuery::default())
            .await
            .unwrap();
        let task = open.iter().find(|task| task.name == step).unwrap().key;
        let assignee = "grace".into();
        let expect = Assignment::Anyone;
        self.command(
            "",
            Command::AssignTask {
                task,
                assignee,
                expect,
            },
        )
        .await;
        let variables = feel::Context::default();
        self.command(
            "",
            Command::CompleteTask {
                task,
                by: None,
                variables,
            },
        )
        .await;
    }

    /// The lines about what happened: the words, what more is said, and the reason.
    #[track_caller]
    fn check(&self, told: &[(String, Vec<String>, String)], expected: &[(&str, &[&str], &str)]) {
        let told: Vec<_> = told
            .iter()
            .map(|(what, details, reason)| {
                let details: Vec<&str> = details.iter().map(String::as_str).collect();
                (what.as_str(), details, reason.as_str())
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(what, details, reason)| (*what, details.to_vec(), *reason))
            .collect();
        assert_eq!(told, expected);
    }

    async fn happened(&self) -> Vec<(String, Vec<String>, String)> {
        let instance = self.instance().await;
        let history = self.world.runtime.history(instance.key).await.unwrap();
        let catalog = self.world.runtime.catalog();
        let definition = &catalog.process(instance.definition).unwrap().definition;
        chronology::chronology(definition, &history, &[])
            .into_iter()
            .filter(|entry| entry.kind == Kind::Event)
            .map(|entry| (entry.what, entry.details, entry.reason.unwrap_or_default()))
            .collect()
    }

    async fn ad_hoc(&self) -> Key {
        let instance = self.instance().await;
        let catalog = self.world.runtime.catalog();
        let definition = &catalog.process(instance.definition).unwrap().definition;
        open_ad_hocs(definition, &instance.state)[0].key
    }
}

/// `a>b` becomes a flow from `a` to `b`.
fn flows(flows: &str) -> String {
    let flow = |(number, flow): (usize, &str)| {
        let (source, target) = flow.split_once('>').unwrap();
        format!(
            r#"<sequenceFlow id="f{source}{number}" sourceRef="{source}" targetRef="{target}"/>"#
        )
    };
    flows.split(' ').enumerate().map(flow).collect()
}

#[tokio::test]
async fn a_message_is_told_by_the_name_of_its_event() {
    let roots = r#"<message id="m" name="clinic-answer"><extensionElements><zeebe:subscription correlationKey="=1"/></extensionElements></message>"#;
    let catching = |id: &str, name: &str| {
        format!(
            r#"<intermediateCatchEvent id="{id}" {name}><messageEventDefinition messageRef="m"/></intermediateCatchEvent>"#
        )
    };
    let story = Story::of(
        roots,
        &format!(
            r#"{}{}<userTask id="t"/>{}"#,
            catching("a", r#"name="Answer of the clinic""#),
            catching("b", ""),
            flows("s>a a>b b>t")
        ),
    )
    .await;
    for reason in ["They rang", ""] {
        let instance = story.instance().await;
        let subscription = *instance.state.subscriptions().keys().next().unwrap();
        let variables = feel::Context::default();
        story
            .command(
                reason,
                Command::Trigger {
                    subscription,
                    variables,
                },
            )
            .await;
    }
    story.check(
        &story.happened().await,
        &[
            ("Message: Answer of the clinic", &[], "They rang"),
            ("Message: clinic-answer", &[], ""),
        ],
    );
}

#[tokio::test]
async fn an_escalation_is_told_by_who_takes_it_up_or_else_by_who_throws_it() {
    let roots = r#"<escalation id="e" escalationCode="LATE"/>"#;
    let throw = |id: &str, name: &str| {
        format!(
            r#"<intermediateThrowEvent id="{id}" name="{name}"><escalationEventDefinition escalationRef="e"/></intermediateThrowEvent>"#
        )
    };
    let story = Story::of(
        roots,
        &format!(
            r#"<subProcess id="p"><startEvent id="ps"/>{}<userTask id="u"/>{}</subProcess>
            <boundaryEvent id="b" name="The manager knows" attachedToRef="p" cancelActivity="false"><escalationEventDefinition escalationRef="e"/></boundaryEvent>
            <userTask id="m"/>{}<userTask id="t"/>{}"#,
            throw("x", "Tell the manager"),
            flows("ps>x x>u"),
            throw("y", "Tell the minister"),
            flows("s>p s>y y>t b>m")
        ),
    )
    .await;
    story.check(
        &story.happened().await,
        &[
            ("Escalated: Tell the minister", &[], ""),
            ("The manager knows", &["Escalated by: Tell the manager"], ""),
        ],
    );
}

#[tokio::test]
async fn what_is_undone_is_told_with_the_step_that_does_it() {
    let story = Story::of(
        "",
        &format!(
            r#"<userTask id="book" name="Book the room"/>
            <boundaryEvent id="c" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>
            <userTask id="free" name="Give the room back" isForCompensation="true"/>
            <association id="a" sourceRef="c" targetRef="free" associationDirection="One"/>
            <intermediateThrowEvent id="undo"><compensateEventDefinition/></intermediateThrowEvent>
            <userTask id="t"/>{}"#,
            flows("s>book book>undo undo>t")
        ),
    )
    .await;
    story.complete("Book the room").await;
    story.check(
        &story.happened().await,
        &[("Undoing: Book the room", &["By: Give the room back"], "")],
    );
}

#[tokio::test]
async fn a_transaction_that_is_given_up_is_told_with_its_end() {
    let story = Story::of(
        "",
        &format!(
            r#"<transaction id="p" name="Placement"><startEvent id="ps"/><userTask id="ask" name="Ask the family"/>
            <endEvent id="no" name="The family withdrew"><cancelEventDefinition/></endEvent>{}</transaction>
            <boundaryEvent id="b" attachedToRef="p"><cancelEventDefinition/></boundaryEvent>
            <userTask id="t"/>{}"#,
            flows("ps>ask ask>no"),
            flows("s>p b>t")
        ),
    )
    .await;
    assert!(story.happened().await.is_empty());
    story.complete("Ask the family").await;
    story.check(
        &story.happened().await,
        &[("Given up: Placement", &["The family withdrew"], "")],
    );
}

#[tokio::test]
async fn what_a_worker_chooses_is_told_and_not_what_it_leads_to() {
    let story = Story::of(
        "",
        &format!(
            r#"<adHocSubProcess id="help" name="Help at home"><manualTask id="call" name="Call the family"/>
            <userTask id="visit" name="Visit the family"/><userTask id="write" name="Write it up"/>{}</adHocSubProcess>
            <userTask id="t"/>{}"#,
            flows("call>write"),
            flows("s>help help>t")
        ),
    )
    .await;
    let ad_hoc = story.ad_hoc().await;
    let start = |element: &str| ElementStart {
        element: element.into(),
        variables: feel::Context::default(),
    };
    let command = Command::ActivateElements {
        ad_hoc,
        elements: vec![start("call"), start("visit")],
        cancel_remaining: false,
    };
    story.command("She asked for it", command).await;
    story.complete("Write it up").await;
    story
        .command("All is well", Command::CompleteAdHoc { ad_hoc })
        .await;
    story.check(
        &story.happened().await,
        &[
            ("Started: Call the family", &[], "She asked for it"),
            ("Started: Visit the family", &[], "She asked for it"),
            ("Help at home: these steps are done", &[], "All is well"),
        ],
    );
}
