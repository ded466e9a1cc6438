//! The facts of a sheet between the domain and the bodies of envelopes. See [`crate::fact`].

use domain::{
    accountability::{Duty, Fact, Opened},
    clock::Pace,
    moment::Moment,
    rejection::Rejection,
};
use prost::{Message, Name};

use crate::{accountability as wire, convert, fact};

macro_rules! named {
    ($($name:ident),* $(,)?) => {$(
        impl Name for wire::$name {
            const PACKAGE: &'static str = "muster.accountability.v1";
            const NAME: &'static str = stringify!($name);
            fn full_name() -> String {
                format!("{}.{}", Self::PACKAGE, Self::NAME)
            }
        }
    )*};
}

named!(
    SheetOpened,
    SheetReminded,
    StatementGiven,
    StatementMissing,
    OutcomeDecided,
    OutcomePublished,
);

fn pack<M: Message + Name>(message: &M) -> (String, Vec<u8>) {
    (M::full_name(), message.encode_to_vec())
}

/// Writes a fact: the name of the body and the body.
pub fn write(fact: &Fact) -> (String, Vec<u8>) {
    match fact {
        Fact::Opened(opened) => pack(&wire::SheetOpened {
            issue_type: opened.issue_type.to_string(),
            grounds: fact::grounds_out(&opened.grounds),
            judge: opened.judge.to_string(),
            statement_within_ms: opened.statement_within_ms,
            statement_working: !opened.statement_pace.is_around(),
        }),
        Fact::Reminded { party, duty, due, is_late } => pack(&wire::SheetReminded {
            party: party.to_string(),
            duty: duty_out(*duty).into(),
            due_at_ms: due.0,
            is_late: *is_late,
        }),
        Fact::Stated { text, evidence } => pack(&wire::StatementGiven {
            text: text.clone(),
            evidence: convert::evidence_out(evidence),
        }),
        Fact::Silent { due } => pack(&wire::StatementMissing { due_at_ms: due.0 }),
        Fact::Decided { form, reason, decided_by } => pack(&wire::OutcomeDecided {
            form: form.as_ref().map(ToString::to_string).unwrap_or_default(),
            reason: reason.clone(),
            decided_by: decided_by.to_string(),
        }),
        Fact::Published { form, text } => {
            pack(&wire::OutcomePublished { form: form.to_string(), text: text.clone() })
        }
    }
}

/// Reads a body by its name; none when it is no fact of a sheet.
pub fn read(kind: &str, body: &[u8]) -> Result<Option<Fact>, Rejection> {
    let Some(name) = kind.strip_prefix("muster.accountability.v1.") else { return Ok(None) };
    Ok(Some(match name {
        "SheetOpened" => {
            let m: wire::SheetOpened = decode(body)?;
            Fact::Opened(Opened {
                issue_type: convert::id("issue_type", m.issue_type)?,
                grounds: fact::grounds_in(m.grounds)?,
                judge: convert::party("judge", &m.judge)?,
                statement_within_ms: m.statement_within_ms,
                statement_pace: if m.statement_working { Pace::Working } else { Pace::Around },
            })
        }
        "SheetReminded" => {
            let m: wire::SheetReminded = decode(body)?;
            let (party, duty) = (convert::party("party", &m.party)?, duty_in(m.duty)?);
            Fact::Reminded { party, duty, due: Moment(m.due_at_ms), is_late: m.is_late }
        }
        "StatementGiven" => {
            let m: wire::StatementGiven = decode(body)?;
            Fact::Stated { text: m.text, evidence: convert::evidence("evidence", m.evidence)? }
        }
        "StatementMissing" => {
            let m: wire::StatementMissing = decode(body)?;
            Fact::Silent { due: Moment(m.due_at_ms) }
        }
        "OutcomeDecided" => {
            let m: wire::OutcomeDecided = decode(body)?;
            Fact::Decided {
                form: convert::optional("form", m.form)?,
                reason: m.reason,
                decided_by: convert::party("decided_by", &m.decided_by)?,
            }
        }
        "OutcomePublished" => {
            let m: wire::OutcomePublished = decode(body)?;
            Fact::Published { form: convert::id("form", m.form)?, text: m.text }
        }
        _ => return Ok(None),
    }))
}

fn decode<M: Message + Default + Name>(body: &[u8]) -> Result<M, Rejection> {
    M::decode(body).map_err(|e| {
        let message = format!("the body is no {}: {e}", M::full_name());
        Rejection::invalid("MALFORMED_BODY", "proto_data", message)
    })
}

fn duty_out(duty: Duty) -> wire::SheetDuty {
    match duty {
        Duty::State => wire::SheetDuty::State,
        Duty::Decide => wire::SheetDuty::Decide,
    }
}

fn duty_in(duty: i32) -> Result<Duty, Rejection> {
    match wire::SheetDuty::try_from(duty) {
        Ok(wire::SheetDuty::State) => Ok(Duty::State),
        Ok(wire::SheetDuty::Decide) => Ok(Duty::Decide),
        _ => Err(Rejection::invalid("MALFORMED_BODY", "duty", format!("no duty {duty}"))),
    }
}

#[cfg(test)]
mod tests {
    use domain::{case::ground::Ground, evidence::Evidence};

    use super::*;

    fn facts() -> Vec<Fact> {
        let judge = || "office/o".parse().unwrap();
        let duty = domain::case::Duty::Dispose;
        let late = Ground::Late { round: 2, duty, due: Moment(3), urged_at: Moment(4) };
        let digest = domain::evidence::Digest::sha256([1; 32]);
        let (kind, media_type) = ("photo".into(), "image/png".into());
        let evidence = vec![Evidence { digest, size: 5, kind, media_type }];
        vec![
            Fact::Opened(Opened {
                issue_type: "ebike_parking".parse().unwrap(),
                grounds: vec![
                    late,
                    Ground::Reworked { times: 3 },
                    Ground::Upheld { found_at: Moment(9) },
                ],
                judge: judge(),
                statement_within_ms: 7,
                statement_pace: Pace::Working,
            }),
            Fact::Reminded { party: judge(), duty: Duty::State, due: Moment(1), is_late: false },
            Fact::Reminded { party: judge(), duty: Duty::Decide, due: Moment(1), is_late: true },
            Fact::Stated { text: "x".into(), evidence },
            Fact::Silent { due: Moment(5) },
            Fact::Decided { form: None, reason: "r".into(), decided_by: judge() },
            Fact::Decided {
                form: Some("criticism".parse().unwrap()),
                reason: "r".into(),
                decided_by: judge(),
            },
            Fact::Published { form: "criticism".parse().unwrap(), text: "t".into() },
        ]
    }

    #[test]
    fn every_fact_of_a_sheet_goes_there_and_back() {
        for fact in facts() {
            let (kind, body) = write(&fact);
            assert_eq!(read(&kind, &body).unwrap(), Some(fact), "{kind}");
        }
    }

    #[test]
    fn what_is_no_fact_of_a_sheet_is_passed_over_or_refused_by_name() {
        assert_eq!(read("muster.case.v1.Urged", b"").unwrap(), None);
        assert_eq!(read("muster.accountability.v1.Nothing", b"").unwrap(), None);
        for kind in ["SheetOpened", "SheetReminded", "OutcomeDecided", "OutcomePublished"] {
            let kind = format!("muster.accountability.v1.{kind}");
            assert!(read(&kind, b"").is_err(), "{kind}: an empty one says nothing");
            assert_eq!(read(&kind, b"\xff").unwrap_err().reason, "MALFORMED_BODY");
        }
    }
}
