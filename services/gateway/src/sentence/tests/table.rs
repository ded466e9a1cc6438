//! A table of facts with their sentences in both languages: `facts.txt`, three lines for each, the
//! fact as JSON, the English sentence, the Chinese one. Every variant of every fact is in it.

use std::collections::BTreeSet;

use domain::{
    case::{Dispute, Fact, Finding, Ladder, Local, Timing, ground::Ground},
    pack::City,
};

use super::super::{Lang, of};
use crate::tests::city;

/// The name of a variant, and all names: a variant that is not here does not compile.
macro_rules! variants {
    ($kind:ident $name:ident $all:ident: $($variant:ident)*) => {
        const $all: &[&str] = &[$(concat!(stringify!($kind), "::", stringify!($variant))),*];
        fn $name(one: &$kind) -> &'static str {
            match one {
                $($kind::$variant { .. } => {
                    concat!(stringify!($kind), "::", stringify!($variant))
                })*
            }
        }
    };
}
pub(crate) use variants;

variants!(Fact fact FACTS: Whistled Routed Assigned Called Accepted Refused Arrived Disposed Declared
    Confirmed SentBack Reminded Urged ReportedAgain Merged ToldApart HandedOver Ladder Dispute Timing
    Finding Local Proxied Closed);
variants!(Ladder ladder LADDER: Pressed Noticed RightOpened Reported Instructed Withdrawn);
variants!(Dispute dispute DISPUTE: Transferred Opened Opinion Silent Ruled Contested Convened Retyped
    Raised);
variants!(Timing timing TIMING: Held Resumed Extended);
variants!(Finding finding FINDING: Consulted Found Accounted);
variants!(Local local LOCAL: Lifted Teamed);
variants!(Ground ground GROUND: Late Reported Reworked Evaded Upheld);

fn names(one: &Fact) -> Vec<&'static str> {
    let mut names = vec![fact(one)];
    match one {
        Fact::Ladder(said) => names.push(ladder(said)),
        Fact::Dispute(said) => names.push(dispute(said)),
        Fact::Timing(said) => names.push(timing(said)),
        Fact::Finding(said) => names.push(finding(said)),
        Fact::Local(said) => names.push(local(said)),
        _ => {}
    }
    if let Fact::Finding(Finding::Accounted { grounds, .. }) = one {
        names.extend(grounds.iter().map(ground));
    }
    names
}

/// The facts of a table; fails where one is said otherwise, with all as they are said now.
pub(crate) fn facts<F: serde::de::DeserializeOwned>(
    table: &str,
    say: fn(Lang, &City, &F) -> String,
) -> Vec<F> {
    let (mut facts, mut is_same, mut now) = (Vec::new(), true, String::new());
    for block in table.split("\n\n") {
        let lines: Vec<&str> = block.trim().lines().collect();
        let [json, en, zh] = lines[..] else { panic!("{block}") };
        let fact: F = serde_json::from_str(json).unwrap_or_else(|no| panic!("{no}: {json}"));
        let said = [Lang::En, Lang::Zh].map(|lang| say(lang, &city(), &fact));
        is_same &= said == [en, zh];
        now += &format!("{json}\n{}\n{}\n\n", said[0], said[1]);
        is_chinese(&said[1], json);
        facts.push(fact);
    }
    assert!(is_same, "otherwise than in the table:\n{now}");
    facts
}

/// Nothing in a Chinese sentence is English but what somebody wrote and what is called so.
fn is_chinese(said: &str, json: &str) {
    let words = said.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1);
    for word in words {
        assert!(json.contains(word), "{word} in {said}");
    }
    assert!(!said.contains("; ") && !said.contains(", "), "{said}");
}

#[test]
fn every_fact_is_said_in_both_languages() {
    let facts = facts(include_str!("facts.txt"), of);
    let seen: BTreeSet<&str> = facts.iter().flat_map(names).collect();
    let all = [FACTS, LADDER, DISPUTE, TIMING, FINDING, LOCAL, GROUND].concat();
    let missing: Vec<&&str> = all.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
