//! Random commands on loops, multi-instance and ad-hoc subprocesses inside one another: after each one, the records
//! lead to the same state and the invariants hold. [`Run`] checks all that.

use proptest::prelude::*;
use serde_json::json;

use super::random::command;
use crate::elements::{ElementStart, open_ad_hocs};
use crate::testing::{
    Run, context, document, flow_if, flows, for_each, heard, script, service, timer_on,
};
use crate::{Command, Key};

/// A multi-instance subprocess with sequential items, jobs and errors inside.
fn each() -> String {
    let condition = "<completionCondition>numberOfCompletedInstances = n</completionCondition>";
    let marker = for_each("for i in 1..(if n = 0 then null else n) return i", "")
        .replace("</multi", &format!("{condition}</multi"));
    let inner = for_each("[x, n]", r#"isSequential="true""#)
        .replace(r#"inputElement="x""#, r#"inputElement="y""#)
        .replace("=result", "=y + n");
    format!(
        r#"<subProcess id="P">{marker}<startEvent id="ps"/><userTask id="A">{inner}</userTask>{}<exclusiveGateway id="x" default="x-pt"/>
        <endEvent id="px"><errorEventDefinition errorRef="E"/></endEvent><endEvent id="pt"><terminateEventDefinition/></endEvent>{}{}</subProcess>
        <boundaryEvent id="EB" attachedToRef="P"><errorEventDefinition errorRef="E"/></boundaryEvent>{}"#,
        service("J"),
        flows("ps>A>x ps>J>x x>pt"),
        flow_if("x", "px", "n = 7"),
        timer_on("T1", "P", true, "PT1H")
    )
}

/// A loop, calls, and an ad-hoc subprocess in which all that happens again.
fn chosen() -> String {
    let again = r#"<standardLoopCharacteristics loopMaximum="3"><loopCondition>n &lt; 4</loopCondition></standardLoopCharacteristics>"#;
    let before = r#"<standardLoopCharacteristics testBefore="true"><loopCondition>if n = 5 then null else n &gt; 3 and loopCounter &lt; 4</loopCondition></standardLoopCharacteristics>"#;
    format!(
        r#"<adHocSubProcess id="H"><completionCondition>numberOfCompletedInstances &gt; n</completionCondition>
        <extensionElements><z:adHoc activeElementsCollection="=if n = 8 then [&quot;B&quot;] else []" outputCollection="done" outputElement="=n"/></extensionElements>
        <userTask id="B" completionQuantity="2">{again}</userTask><userTask id="D" startQuantity="3"/>
        <subProcess id="Q">{}<startEvent id="qs"/><userTask id="F"/>{}</subProcess>
        <callActivity id="C">{}<extensionElements><z:calledElement processId="q"/></extensionElements></callActivity>{}</adHocSubProcess>{}
        <subProcess id="L">{before}<startEvent id="ls"/><userTask id="G"/>{}</subProcess>"#,
        for_each("[1, 2]", "").replace("=result", "=n"),
        flows("qs>F"),
        for_each("[n, 2]", ""),
        flows("B>D C>D"),
        timer_on("T2", "H", false, "PT2H"),
        flows("ls>G")
    )
}

pub(super) fn model() -> String {
    document(&format!(
        r#"<error id="E" errorCode="X"/><process id="p" isExecutable="true"><startEvent id="s"/><parallelGateway id="f"/>{}{}
        <parallelGateway id="j"/><task id="R"/>{}<endEvent id="e"/>{}</process>
        <process id="q" isExecutable="true"><startEvent id="cs"/><userTask id="Called"/><exclusiveGateway id="cx" default="cx-ce"/>
        <endEvent id="ce"/><endEvent id="cf"><errorEventDefinition errorRef="E"/></endEvent>{}{}</process>"#,
        each(),
        chosen(),
        script("Count", "n", "n + 1"),
        flows("s>f>P>j f>H>Count>j f>L>j EB>j T1>j T2>R j>e"),
        flows("cs>Called>cx>ce"),
        flow_if("cx", "cf", "n = 7"),
    ))
}

/// A command on an ad-hoc subprocess that may be open.
fn choose(run: &Run, which: usize, number: i64) -> Option<(Key, Command)> {
    let definition = run.catalog.latest("p")?.definition.clone();
    let open = open_ad_hocs(&definition, run.instance());
    let ad_hoc = open.get(which % open.len().max(1))?;
    if number == 0 {
        let ad_hoc = ad_hoc.key;
        return Some((ad_hoc, Command::CompleteAdHoc { ad_hoc }));
    }
    let node = ad_hoc
        .startable
        .get(which % ad_hoc.startable.len().max(1))?;
    let start = ElementStart {
        element: node.id().into(),
        variables: context(json!({"n": number})),
    };
    let command = Command::ActivateElements {
        ad_hoc: ad_hoc.key,
        elements: vec![start; 1 + which % 2],
        cancel_remaining: number == 1,
    };
    Some((ad_hoc.key, command))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_again_the_records_lead_to_the_same_state(
        start in 0..9_i64,
        listens in any::<bool>(),
        asked in prop::collection::vec((any::<u8>(), 0..64_usize, 0..9_i64), 1..80),
    ) {
        let text = if listens { heard(&model()) } else { model() };
        let mut run = Run::with(&[&text], json!({"n": start}));
        for (what, which, number) in asked {
            let asked = if what.is_multiple_of(5) {
                choose(&run, which, number)
            } else {
                command(&run, what, which, number)
            };
            if let Some((to, command)) = asked {
                // A rejection is fine; Run checks that it changes nothing.
                let _ = run.send(to, command);
            }
        }
    }
}
