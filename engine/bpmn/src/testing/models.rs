//! Small models for unit tests, written from their parts.

/// A document with one process `p`. The body is BPMN; zeebe's elements have the prefix `z`.
pub(crate) fn process(body: &str) -> String {
    document(&format!(
        r#"<process id="p" isExecutable="true">{body}</process>"#
    ))
}

/// A document.
pub(crate) fn document(body: &str) -> String {
    format!(
        r#"<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="http://camunda.org/schema/zeebe/1.0">{body}</definitions>"#
    )
}

/// Sequence flows from chains such as `s>A>e A>f`; the flow from `s` to `A` has the id `s-A`.
pub(crate) fn flows(chains: &str) -> String {
    let mut xml = String::new();
    for chain in chains.split_whitespace() {
        let nodes: Vec<&str> = chain.split('>').collect();
        for pair in nodes.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            xml +=
                &format!(r#"<sequenceFlow id="{from}-{to}" sourceRef="{from}" targetRef="{to}"/>"#);
        }
    }
    xml
}

/// A flow with a condition.
pub(crate) fn flow_if(from: &str, to: &str, condition: &str) -> String {
    format!(
        r#"<sequenceFlow id="{from}-{to}" sourceRef="{from}" targetRef="{to}"><conditionExpression>={condition}</conditionExpression></sequenceFlow>"#
    )
}

/// A script task that sets a variable.
pub(crate) fn script(id: &str, result: &str, expression: &str) -> String {
    format!(
        r#"<scriptTask id="{id}"><extensionElements><z:script expression="={expression}" resultVariable="{result}"/></extensionElements></scriptTask>"#
    )
}

/// A service task whose job type is its id.
pub(crate) fn service(id: &str) -> String {
    format!(
        r#"<serviceTask id="{id}"><extensionElements><z:taskDefinition type="{id}"/></extensionElements></serviceTask>"#
    )
}

/// A timer boundary event.
pub(crate) fn timer_on(id: &str, host: &str, interrupting: bool, duration: &str) -> String {
    format!(
        r#"<boundaryEvent id="{id}" attachedToRef="{host}" cancelActivity="{interrupting}"><timerEventDefinition><timeDuration>{duration}</timeDuration></timerEventDefinition></boundaryEvent>"#
    )
}

/// A message whose correlation key is an expression.
pub(crate) fn message(id: &str, name: &str, correlation: &str) -> String {
    format!(
        r#"<message id="{id}" name="{name}"><extensionElements><z:subscription correlationKey="={correlation}"/></extensionElements></message>"#
    )
}

/// A document in which workers listen to each subprocess, to the process and to each user task that says nothing
/// else, and to what happens to these tasks.
pub(crate) fn heard(text: &str) -> String {
    let listeners = r#"<extensionElements><z:executionListeners><z:executionListener eventType="start" type="begin"/>
        <z:executionListener eventType="end" type="=if n = 6 then null else &quot;end&quot;"/></z:executionListeners></extensionElements>"#;
    let tasks = listeners.replace("<extensionElements>", r#"<extensionElements><z:taskListeners><z:taskListener eventType="creating" type="create"/>
        <z:taskListener eventType="assigning" type="=if n = 7 then null else &quot;assign&quot;"/><z:taskListener eventType="completing" type="complete"/></z:taskListeners>"#);
    let mut heard = String::new();
    for (number, tag) in text.split('<').enumerate() {
        heard += if number == 0 { "" } else { "<" };
        let (name, _) = tag.split_once(' ').unwrap_or((tag, ""));
        match name {
            "userTask" if tag.contains("/>") => {
                heard += &tag.replacen("/>", &format!(">{tasks}</userTask>"), 1);
            }
            "subProcess" | "transaction" | "process" => {
                heard += &tag.replacen('>', &format!(">{listeners}"), 1);
            }
            _ => heard += tag,
        }
    }
    heard
}

/// A marker that does an activity for each item of a collection, called `x`.
pub(crate) fn for_each(collection: &str, more: &str) -> String {
    format!(
        r#"<multiInstanceLoopCharacteristics {more}><extensionElements><z:loopCharacteristics inputCollection="={collection}" inputElement="x" outputCollection="results" outputElement="=result"/></extensionElements></multiInstanceLoopCharacteristics>"#
    )
}
