//! Damage: by the structure of a document (elements, attributes, references), and by its bytes.

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// A number below `sides`; 0 where there are none.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        let at = self.roll(from.len());
        from.get(at)
    }
}

/// Names that an element may get instead of its own.
const NAMES: &[&str] = &[
    "task",
    "userTask",
    "serviceTask",
    "receiveTask",
    "scriptTask",
    "businessRuleTask",
    "callActivity",
    "manualTask",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "startEvent",
    "endEvent",
    "boundaryEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "complexGateway",
    "eventBasedGateway",
    "sequenceFlow",
    "timerEventDefinition",
    "messageEventDefinition",
    "signalEventDefinition",
    "errorEventDefinition",
    "escalationEventDefinition",
    "compensateEventDefinition",
    "cancelEventDefinition",
    "terminateEventDefinition",
    "linkEventDefinition",
    "conditionalEventDefinition",
    "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics",
    "dataObject",
    "dataStoreReference",
    "association",
    "lane",
    "laneSet",
    "process",
    "collaboration",
    "participant",
    "extensionElements",
    "definitions",
    "conditionExpression",
    "ioSpecification",
    "property",
    "correlationSubscription",
    "potentialOwner",
    "script",
];

/// Attributes that an element may get besides its own.
const ATTRIBUTES: &[&str] = &[
    r#"triggeredByEvent="true""#,
    r#"isForCompensation="true""#,
    r#"startQuantity="3""#,
    r#"completionQuantity="0""#,
    r#"cancelActivity="false""#,
    r#"isInterrupting="false""#,
    r#"parallelMultiple="true""#,
    r#"instantiate="true""#,
    r#"eventGatewayType="Parallel""#,
    r#"isExecutable="maybe""#,
    r#"isSequential="true""#,
    r#"testBefore="true""#,
    r#"loopMaximum="99999999999999999999""#,
    r#"xmlns="urn:other""#,
    r#"xmlns:bpmn="urn:other""#,
    r#"xml:space="preserve""#,
    r#"default="""#,
    r#"id="""#,
    r#"name="&#10;&#9;""#,
    r#"cancelRemainingInstances="false""#,
    r#"ordering="Sequential""#,
];

/// Texts that stand where others stood.
const TEXTS: &[&str] = &[
    "",
    " ",
    "=",
    "= ",
    "=1 +",
    "=\"",
    "=[",
    "=null",
    "=a.b.c",
    "=x[item > 1]",
    "=for i in 1..100000000000 return i",
    "=if true then",
    "${a == 'b' && empty c}",
    "#{bean.call()}",
    "${",
    "R/PT0S",
    "R-1/P1D",
    "P99999999999Y",
    "0 0 0 ? * *",
    "2026-02-30T25:61:00Z",
    "-1",
    "1e999",
    "9999999999999999999999999",
    "true",
    "\u{202e}\u{0}",
    "ünï\u{1f9d2}",
    "&amp;&lt;",
    "a,b,,c",
    "a.b.",
    ".",
    "..",
    "xsi:nil",
    ":",
    "bpmn:",
    "not(",
    "=function(x) x(x)",
];

/// What nobody writes by accident.
const TRICKS: &[&str] = &[
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">",
    "&b;",
    "&#0;",
    "&#x110000;",
    "&#xD800;",
    "&;",
    "<![CDATA[",
    "]]>",
    "<![CDATA[<a>]]>",
    "<!--",
    "-->",
    "<!-- -- -->",
    "<?xml version=\"1.0\"?>",
    "<?a b?>",
    "\u{feff}",
    "</a>",
    "<a>",
    "<a b=\"1\" b=\"2\"/>",
    "<:a/>",
    "<a:/>",
    "<a xmlns:a=\"\"/>",
    "<",
    ">",
    "\"",
    "\u{0}",
    "<a b='",
    "<x:y/>",
];

/// An element: where its start tag begins and ends, and where the element ends.
#[derive(Clone, Copy)]
struct Tag {
    begin: usize,
    end: usize,
    close: usize,
}

/// A model with one to eight injuries.
pub(crate) fn mutate(dice: &mut Dice, models: &[String]) -> String {
    let Some(model) = dice.pick(models) else {
        return String::new();
    };
    let mut text = model.clone();
    for _ in 0..=dice.roll(8) {
        let tags = tags(&text);
        match dice.roll(14) {
            0 => delete(dice, &mut text, &tags),
            1 => duplicate(dice, &mut text, &tags),
            2 => swap(dice, &mut text, &tags),
            3 => relocate(dice, &mut text, &tags),
            4 => rename(dice, &mut text, &tags),
            5 | 6 => refer(dice, &mut text),
            7 => add_attribute(dice, &mut text, &tags),
            8 | 9 => replace_value(dice, &mut text),
            10 => insert(dice, &mut text, TRICKS),
            11 => cut(dice, &mut text),
            12 => graft(dice, &mut text, &tags, models),
            _ if dice.roll(12) == 0 => grow(dice, &mut text, &tags),
            _ => flip(dice, &mut text),
        }
    }
    text
}

/// The elements of a document that is still more or less one.
fn tags(text: &str) -> Vec<Tag> {
    let bytes = text.as_bytes();
    let mut tags: Vec<Tag> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find('<').map(|found| at + found) {
        let Some(end) = text[begin..].find('>').map(|found| begin + found + 1) else {
            break;
        };
        at = end;
        match bytes[begin + 1] {
            b'/' => {
                if let Some(tag) = open.pop() {
                    tags[tag].close = end;
                }
            }
            b'!' | b'?' => {}
            _ => {
                if bytes[end - 2] != b'/' {
                    open.push(tags.len());
                }
                let close = end;
                tags.push(Tag { begin, end, close });
            }
        }
    }
    tags
}

fn delete(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    if let Some(tag) = dice.pick(tags) {
        text.replace_range(tag.begin..tag.close, "");
    }
}

fn duplicate(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    if let Some(tag) = dice.pick(tags) {
        let copy = text[tag.begin..tag.close].to_owned();
        text.insert_str(tag.close, &copy);
    }
}

/// Two elements that do not lie in each other change places.
fn swap(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    let (Some(a), Some(b)) = (dice.pick(tags).copied(), dice.pick(tags).copied()) else {
        return;
    };
    let (first, second) = if a.begin < b.begin { (a, b) } else { (b, a) };
    if first.close <= second.begin {
        let (one, two) = (
            text[first.begin..first.close].to_owned(),
            text[second.begin..second.close].to_owned(),
        );
        text.replace_range(second.begin..second.close, &one);
        text.replace_range(first.begin..first.close, &two);
    }
}

/// An element moves into another one, perhaps into itself.
fn relocate(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    if let (Some(from), Some(to)) = (dice.pick(tags), dice.pick(tags)) {
        let copy = text[from.begin..from.close].to_owned();
        text.insert_str(to.end, &copy);
    }
}

/// An element of another model comes in.
fn graft(dice: &mut Dice, text: &mut String, tags: &[Tag], models: &[String]) {
    let Some(other) = dice.pick(models) else {
        return;
    };
    let others = self::tags(other);
    if let (Some(to), Some(from)) = (dice.pick(tags), dice.pick(&others)) {
        text.insert_str(to.end, &other[from.begin..from.close]);
    }
}

fn rename(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    let (Some(tag), Some(name)) = (dice.pick(tags).copied(), dice.pick(NAMES)) else {
        return;
    };
    let inside = &text[tag.begin + 1..tag.end];
    let length = inside.find([' ', '>', '/', '\n']).unwrap_or(0);
    let old = &inside[..length];
    let local = old.rsplit(':').next().unwrap_or(old).len();
    let whole = text[tag.begin..tag.close].to_owned();
    let mut changed = whole.clone();
    if whole.ends_with(&format!("</{old}>")) {
        let end = whole.len() - 1;
        changed.replace_range(end - local..end, name);
    }
    let start = 1 + length - local;
    changed.replace_range(start..start + local, name);
    text.replace_range(tag.begin..tag.close, &changed);
}

fn add_attribute(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    let (Some(tag), Some(attribute)) = (dice.pick(tags), dice.pick(ATTRIBUTES)) else {
        return;
    };
    let inside = &text[tag.begin + 1..tag.end];
    if let Some(length) = inside.find([' ', '>', '/']) {
        text.insert_str(tag.begin + 1 + length, &format!(" {attribute} "));
    }
}

/// Where the values of attributes stand.
fn values(text: &str) -> Vec<(usize, usize)> {
    let mut values = Vec::new();
    let mut at = 0;
    while let Some(begin) = text[at..].find("=\"").map(|found| at + found + 2) {
        let Some(end) = text[begin..].find('"').map(|found| begin + found) else {
            break;
        };
        values.push((begin, end));
        at = end + 1;
    }
    values
}

/// A value becomes one that stands elsewhere: references lead to something of another kind.
fn refer(dice: &mut Dice, text: &mut String) {
    let values = values(text);
    if let (Some((begin, end)), Some((from, to))) =
        (dice.pick(&values).copied(), dice.pick(&values).copied())
    {
        let value = text[from..to].to_owned();
        text.replace_range(begin..end, &value);
    }
}

fn replace_value(dice: &mut Dice, text: &mut String) {
    let values = values(text);
    if let (Some((begin, end)), Some(put)) = (dice.pick(&values).copied(), dice.pick(TEXTS)) {
        let deep = match dice.roll(20) {
            0 => format!("={}1{}", "(".repeat(5_000), ")".repeat(5_000)),
            1 => "x".repeat(100_000),
            _ => (*put).to_owned(),
        };
        text.replace_range(begin..end, &deep);
    }
}

fn somewhere(dice: &mut Dice, text: &str) -> usize {
    let at = dice.roll(text.len() + 1);
    text.floor_char_boundary(at)
}

fn insert(dice: &mut Dice, text: &mut String, from: &[&str]) {
    let at = somewhere(dice, text);
    if let Some(put) = dice.pick(from) {
        text.insert_str(at, put);
    }
}

fn cut(dice: &mut Dice, text: &mut String) {
    let (a, length) = (somewhere(dice, text), dice.roll(60));
    let b = text.floor_char_boundary((a + length).min(text.len()));
    text.replace_range(a..b.max(a), "");
}

/// A byte changes; what is no text any more becomes the replacement character.
fn flip(dice: &mut Dice, text: &mut String) {
    let mut bytes = std::mem::take(text).into_bytes();
    let at = dice.roll(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << dice.roll(8);
    }
    *text = String::from_utf8_lossy(&bytes).into_owned();
}

/// An element comes a thousand times, beside itself or in itself.
fn grow(dice: &mut Dice, text: &mut String, tags: &[Tag]) {
    let Some(tag) = dice.pick(tags).copied() else {
        return;
    };
    let one = text[tag.begin..tag.close].to_owned();
    if one.len() > 2_000 {
        return;
    }
    if dice.roll(2) == 0 {
        let many: String = (0..1_000)
            .map(|n| one.replace("id=\"", &format!("id=\"n{n}")))
            .collect();
        text.insert_str(tag.close, &many);
    } else if tag.end < tag.close {
        let head = text[tag.begin..tag.end].to_owned();
        let name = head[1..]
            .split([' ', '>'])
            .next()
            .unwrap_or_default()
            .to_owned();
        let depth = [20, 100, 2_000][dice.roll(3)];
        let open: String = (0..depth)
            .map(|n| head.replace("id=\"", &format!("id=\"d{n}")))
            .collect();
        text.insert_str(
            tag.end,
            &format!("{open}{}", format!("</{name}>").repeat(depth)),
        );
    }
}
