//! Task of no particular kind (BPMN 2.0.2, 10.3.3): completes as soon as it is reached.

use super::Behaviour;

pub(crate) struct Task;

impl Behaviour for Task {}

#[cfg(test)]
mod tests {
    use crate::testing::{Run, flows};

    #[test]
    fn an_undefined_task_completes_at_once() {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/><task id="A"/><manualTask id="B"/><endEvent id="e"/>{}"#,
            flows("s>A>B>e")
        ));
        assert_eq!(run.passed(), "s A B e");
        assert!(run.ended());
    }

    #[test]
    fn several_flows_out_of_a_task_are_all_taken_and_merge_one_by_one() {
        let run = Run::of(&format!(
            r#"<startEvent id="s"/><task id="A"/><task id="B"/><task id="C"/><task id="D"/>{}"#,
            flows("s>A>B>D A>C>D")
        ));
        assert_eq!(run.passed(), "s A B C D D");
        assert!(run.ended());
    }
}
