//! Random commands on models that use everything: after each one, the records lead to the same state, the
//! state survives its JSON, and the invariants hold. [`Run`] checks all that.

use proptest::prelude::*;
use serde_json::json;

use crate::testing::{Run, context, document, flow_if, flows, heard, script, service, timer_on};
use crate::{Assignment, Command, Correction, Corrections, JobKind, Key, ProcessInstance};

/// Parallel branches, nested subprocesses, timers of each kind, errors, a loop, a call, a terminate end.
pub(super) fn everything() -> String {
    let cycle = timer_on("T3", "Q", false, "x").replace(
        "<timeDuration>x</timeDuration>",
        "<timeCycle>=if n &gt; 5 then &quot;R/PT1H&quot; else &quot;R2/PT1H&quot;</timeCycle>",
    );
    let inner = format!(
        r#"<startEvent id="ps"/><userTask id="A"><extensionElements><z:taskSchedule dueDate="=if n = 3 then 3 else &quot;PT1H&quot;"/>
        <z:ioMapping><z:input source="=n" target="local"/><z:output source="=n + local" target="n"/></z:ioMapping></extensionElements></userTask>
        <subProcess id="Q"><startEvent id="qs"/>{}<userTask id="B"/><exclusiveGateway id="x" default="x-qe"/>
        <endEvent id="qx"><errorEventDefinition errorRef="E"/></endEvent><endEvent id="qe"/>{}{}</subProcess>{}{cycle}
        <task id="R"/><endEvent id="pt"><terminateEventDefinition/></endEvent>{}"#,
        service("J"),
        flows("qs>J>x qs>B>x x>qe"),
        flow_if("x", "qx", "n &gt; 4"),
        timer_on("T2", "A", false, "PT30M"),
        flows("ps>A ps>Q>pt T2>R T3>R")
    );
    document(&format!(
        r#"<error id="E" errorCode="X"/><process id="p" isExecutable="true"><startEvent id="s"/><parallelGateway id="f"/>
        <subProcess id="P">{inner}</subProcess><boundaryEvent id="EB" attachedToRef="P"><errorEventDefinition errorRef="E"/></boundaryEvent>
        <boundaryEvent id="JB" attachedToRef="J2"><errorEventDefinition/></boundaryEvent>{}{}{}
        <callActivity id="C"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>
        <exclusiveGateway id="again"/><parallelGateway id="j"/><endEvent id="e"/>{}{}{}</process>
        <process id="q" isExecutable="true"><startEvent id="cs"/><userTask id="Called"/><exclusiveGateway id="cx" default="cx-ce"/>
        <endEvent id="ce"/><endEvent id="cf"><errorEventDefinition errorRef="E"/></endEvent>{}{}</process>"#,
        timer_on("T1", "P", true, "=if n = 2 then null else &quot;PT5H&quot;"),
        service("J2"),
        script("Count", "n", "n + 1"),
        flows("s>f>P>j f>C>Count>again f>J2>j EB>j T1>j JB>j j>e"),
        flow_if("again", "C", "n &lt; 4"),
        flow_if("again", "j", "n &gt; 5"),
        flows("cs>Called>cx>ce"),
        flow_if("cx", "cf", "n = 7"),
    ))
}

/// An activity with a compensation boundary event, and its handler.
fn undoable(activity: &str, id: &str) -> String {
    format!(
        r#"{activity}<boundaryEvent id="c{id}" attachedToRef="{id}"><compensateEventDefinition/></boundaryEvent>
        <userTask id="undo{id}" isForCompensation="true"/><association id="a{id}" sourceRef="c{id}" targetRef="undo{id}"/>"#
    )
}

/// Inclusive and complex gateways in a loop; compensation of each kind, in a transaction that can be cancelled.
pub(super) fn undone() -> String {
    let items = r#"<userTask id="L"><multiInstanceLoopCharacteristics><extensionElements>
        <z:loopCharacteristics inputCollection="=[n, 2, 3]" inputElement="item"/></extensionElements></multiInstanceLoopCharacteristics></userTask>"#;
    let inside = format!(
        r#"<startEvent id="qs"/>{}{}<endEvent id="qx"><errorEventDefinition errorRef="E"/></endEvent><exclusiveGateway id="qg" default="qg-qe"/><endEvent id="qe"/>
        <subProcess id="Q1" triggeredByEvent="true"><startEvent id="q1"><errorEventDefinition/></startEvent>
        <endEvent id="q2"><compensateEventDefinition/></endEvent>{}</subProcess>
        <subProcess id="Q3" triggeredByEvent="true"><startEvent id="q3"><compensateEventDefinition/></startEvent><userTask id="Tidy"/>
        <endEvent id="q4"><compensateEventDefinition waitForCompletion="false"/></endEvent>{}</subProcess>{}{}"#,
        undoable(r#"<userTask id="B"/>"#, "B"),
        undoable(items, "L"),
        flows("q1>q2"),
        flows("q3>Tidy>q4"),
        flows("qs>B>L>qg>qe"),
        flow_if("qg", "qx", "n = 3"),
    );
    let transaction = format!(
        r#"<startEvent id="ts"/><exclusiveGateway id="m"/><inclusiveGateway id="i" default="i-J"/>{}<subProcess id="Q">{inside}</subProcess>{}{}
        <complexGateway id="k"><activationCondition>=activationCount >= 1</activationCondition></complexGateway><inclusiveGateway id="j"/>
        <exclusiveGateway id="x" default="x-te"/><endEvent id="te"/><endEvent id="tc"><cancelEventDefinition/></endEvent>
        <intermediateThrowEvent id="tt"><compensateEventDefinition waitForCompletion="false" activityRef="A"/></intermediateThrowEvent>
        <endEvent id="tx"><errorEventDefinition errorRef="E"/></endEvent>{}{}{}{}{}{}{}"#,
        undoable(r#"<userTask id="A"/>"#, "A"),
        undoable(&service("J"), "J"),
        timer_on("AT", "A", false, "PT1H"),
        flows("ts>m>i i>J>j Q>j A>k AT>k k>j j>x>te tt>te"),
        flow_if("i", "A", "n &gt; 2"),
        flow_if("i", "Q", "n &gt; 1"),
        flow_if("x", "m", "n &lt; 3"),
        flow_if("x", "tc", "n = 5"),
        flow_if("x", "tt", "n = 6"),
        flow_if("x", "tx", "n = 7"),
    );
    document(&format!(
        r#"<error id="E" errorCode="X"/><process id="p" isExecutable="true"><startEvent id="s"/><parallelGateway id="f"/>
        <transaction id="T">{transaction}</transaction><boundaryEvent id="tb" attachedToRef="T"><cancelEventDefinition/></boundaryEvent>
        <boundaryEvent id="th" attachedToRef="T"><errorEventDefinition/></boundaryEvent>{}{}{}
        <intermediateThrowEvent id="u"><compensateEventDefinition/></intermediateThrowEvent><userTask id="Z"/>
        <endEvent id="e"><compensateEventDefinition/></endEvent>{}</process>"#,
        timer_on("TT", "T", true, "PT9H"),
        undoable(r#"<userTask id="C"/>"#, "C"),
        timer_on("UT", "undoC", true, "PT9H"),
        flows("s>f>T>u f>C>u>Z>e tb>u th>u TT>u UT>Z"),
    ))
}

/// Every trigger in every position that waits, escalations, links, messages and signals between paths and instances.
pub(super) fn happening() -> String {
    let condition = |test: &str| {
        format!(
            "<conditionalEventDefinition><condition>={test}</condition></conditionalEventDefinition>"
        )
    };
    let both = r#"<messageEventDefinition messageRef="M"/><signalEventDefinition signalRef="S"/>"#;
    let beside = |id: &str, attributes: &str, event: &str, step: &str| {
        format!(
            r#"<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}s" {attributes}>{event}</startEvent>{step}</subProcess>"#
        )
    };
    let inner = format!(
        r#"<startEvent id="ps"/><userTask id="A"/><boundaryEvent id="AB" attachedToRef="A" cancelActivity="false" parallelMultiple="true">{both}</boundaryEvent>
        <intermediateThrowEvent id="L1"><linkEventDefinition name="L"/></intermediateThrowEvent><intermediateCatchEvent id="L2"><linkEventDefinition name="L"/></intermediateCatchEvent>
        <intermediateThrowEvent id="U"><escalationEventDefinition escalationRef="E"/></intermediateThrowEvent><userTask id="C"/>
        <boundaryEvent id="CB" attachedToRef="C">{}</boundaryEvent><endEvent id="pe"><escalationEventDefinition escalationRef="E"/><signalEventDefinition signalRef="S"/></endEvent>{}{}{}"#,
        condition("n = 5"),
        flows("ps>A>L1 AB>U L2>C>pe CB>pe"),
        beside(
            "PE",
            r#"isInterrupting="false""#,
            &condition("n &gt; 6"),
            &script("Down", "n", "n - 2")
        ),
        beside(
            "PX",
            "",
            r#"<messageEventDefinition messageRef="M"/>"#,
            r#"<userTask id="D"/>"#
        ),
    );
    document(&format!(
        r#"{}<signal id="S" name="storm"/><escalation id="E" escalationCode="X"/><process id="p" isExecutable="true"><startEvent id="s"/><parallelGateway id="f"/>
        <subProcess id="P"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>{inner}</subProcess>
        <boundaryEvent id="PB" attachedToRef="P" cancelActivity="false"><escalationEventDefinition/></boundaryEvent><userTask id="Help"/>
        <eventBasedGateway id="g"/><receiveTask id="R" messageRef="M"/><intermediateCatchEvent id="T"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>
        <intermediateCatchEvent id="K">{}</intermediateCatchEvent><sendTask id="Send" messageRef="M"/><exclusiveGateway id="x" default="x-e"/><endEvent id="e"/>
        <callActivity id="Call"><extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>
        <boundaryEvent id="CallB" attachedToRef="Call"><escalationEventDefinition escalationRef="E"/></boundaryEvent>{}{}{}</process>
        <process id="q" isExecutable="true"><startEvent id="qs"/><userTask id="Called"/><endEvent id="qe"><escalationEventDefinition escalationRef="E"/></endEvent>{}</process>"#,
        crate::testing::message("M", "news", "if n = 3 then null else 1"),
        condition("n = 8"),
        beside(
            "W",
            r#"isInterrupting="false""#,
            r#"<signalEventDefinition signalRef="S"/>"#,
            r#"<task id="V"/>"#
        ),
        flows("s>f>P f>g g>R>x g>T>Send>x g>K>x x>e f>Call CallB>Help PB>Help"),
        flow_if("x", "g", "n &gt; 2 and n &lt; 8"),
        flows("qs>Called>qe"),
    ))
}

/// What can be asked about, in all instances.
fn open(run: &Run, keys: fn(&ProcessInstance) -> Vec<Key>) -> Vec<Key> {
    run.instances.values().flat_map(keys).collect()
}

/// A command that the state may or may not allow.
pub(super) fn command(run: &Run, what: u8, which: usize, number: i64) -> Option<(Key, Command)> {
    let pick = |keys: Vec<Key>| keys.get(which % keys.len().max(1)).copied();
    let task = || pick(open(run, |i| i.tasks().keys().copied().collect()));
    let job = || pick(open(run, |i| i.jobs().keys().copied().collect()));
    let timer = || pick(open(run, |i| i.timers().keys().copied().collect()));
    let incident = || pick(open(run, |i| i.incidents().keys().copied().collect()));
    let awaited = || pick(open(run, |i| i.subscriptions().keys().copied().collect()));
    let visit = || pick(open(run, |i| i.elements().keys().copied().collect()));
    let gone = || Some(Key(run.main.0 + which as i64));
    let (key, make): (Option<Key>, fn(Key, i64) -> Command) = match what % 20 {
        0..=3 => (task(), complete),
        4 => (task(), assign),
        5 | 6 => (job(), finish),
        7 => (job(), fail),
        8 => (job(), throw),
        9 | 10 => (timer(), |timer, _| Command::FireTimer { timer }),
        11 | 12 => (incident(), |incident, _| Command::ResolveIncident {
            incident,
        }),
        13 => (visit(), set),
        14 if which.is_multiple_of(8) => (visit(), |_, _| Command::CancelInstance),
        16..=18 => (awaited(), trigger),
        19 => (task(), escalate),
        // Something that is long gone, or never was.
        _ => (gone(), complete),
    };
    let key = key?;
    let jobs = &run.instances.get(&key.instance())?.jobs();
    let listens = jobs.get(&key).map(|job| &job.kind);
    if let (Some(JobKind::TaskListener { .. }), 5 | 6) = (listens, what % 20) {
        return Some((key, look(key, number)));
    }
    Some((key, make(key, number)))
}

fn complete(task: Key, number: i64) -> Command {
    let variables = context(json!({"n": number}));
    let by = None;
    Command::CompleteTask {
        task,
        by,
        variables,
    }
}

fn assign(task: Key, _: i64) -> Command {
    Command::AssignTask {
        task,
        assignee: "grace".into(),
        expect: Assignment::Anyone,
    }
}

fn finish(job: Key, number: i64) -> Command {
    let variables = context(json!({"n": number}));
    Command::CompleteJob { job, variables }
}

fn look(job: Key, number: i64) -> Command {
    let corrections = Corrections {
        assignee: Some(if number > 6 {
            Correction::Cleared
        } else {
            Correction::To("ruth".into())
        }),
        priority: Some(number as u8),
        ..Corrections::default()
    };
    Command::CompleteTaskListener {
        job,
        denied: number < 2,
        reason: None,
        corrections: if number > 4 {
            corrections
        } else {
            Corrections::default()
        },
    }
}

fn fail(job: Key, _: i64) -> Command {
    Command::FailJob {
        job,
        retries: 0,
        message: "m".into(),
    }
}

fn throw(job: Key, number: i64) -> Command {
    Command::ThrowError {
        job,
        code: if number > 4 { "X" } else { "Y" }.into(),
        message: String::new(),
        variables: context(json!({"n": number})),
    }
}

fn trigger(subscription: Key, number: i64) -> Command {
    let variables = context(json!({"n": number}));
    Command::Trigger {
        subscription,
        variables,
    }
}

fn escalate(task: Key, number: i64) -> Command {
    Command::Escalate {
        task,
        code: if number > 4 { "X" } else { "Y" }.into(),
        variables: context(json!({"n": number})),
    }
}

fn set(scope: Key, number: i64) -> Command {
    Command::SetVariables {
        scope,
        variables: context(json!({"n": number})),
        local: number > 3,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_the_records_lead_to_the_same_state(
        start in 0..9_i64,
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..60),
    ) {
        let mut run = Run::with(&[&everything()], json!({"n": start}));
        for (what, which, number) in asked {
            if let Some((to, command)) = command(&run, what, which, number) {
                // A rejection is fine; Run checks that it changes nothing.
                let _ = run.send(to, command);
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_is_undone_the_records_lead_to_the_same_state(
        start in 0..9_i64,
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..80),
    ) {
        let mut run = Run::with(&[&undone()], json!({"n": start}));
        for (what, which, number) in asked {
            if let Some((to, command)) = command(&run, what, which, number) {
                let _ = run.send(to, command);
            }
        }
    }

    #[test]
    fn whatever_happens_the_records_lead_to_the_same_state(
        start in 0..9_i64,
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..80),
    ) {
        let mut run = Run::with(&[&happening()], json!({"n": start}));
        for (what, which, number) in asked {
            if let Some((to, command)) = command(&run, what, which, number) {
                let _ = run.send(to, command);
            }
        }
    }

    #[test]
    fn whoever_listens_the_records_lead_to_the_same_state(
        model in 0..3_usize,
        start in 0..9_i64,
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..120),
    ) {
        let models = [everything(), undone(), happening()];
        let mut run = Run::with(&[&heard(&models[model])], json!({"n": start}));
        for (what, which, number) in asked {
            // Listeners make many jobs.
            let what = if what > 160 { 5 } else { what };
            if let Some((to, command)) = command(&run, what, which, number) {
                let _ = run.send(to, command);
            }
        }
    }
}
