//! One message on the wire: to the gateway, or to a webhook; and what its answer means.
//!
//! Of an answer nothing is kept but its status and a word of letters: the other side may repeat the
//! number in it.

use domain::pack::City;
use kit::trace;
use serde_json::{Value, json};

use super::{
    address::Address,
    config::{Format, Kind, Ready},
    kept::Kept,
    send::Teller,
};
use crate::{
    Message,
    http::{Asked, CLOUD_EVENT, Http, Said, is_later},
};

/// The longest word of a gateway that is kept.
const WORD_MAX: usize = 40;

/// How a try has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Taken,
    Later(String),
    Refused(String),
}

impl Teller {
    /// Brings one once; ends within a bounded time.
    pub(super) async fn bring(&self, way: &Ready, kept: &Kept, to: &Address) -> Outcome {
        let key = kept.key();
        let (http, kind, body) = match (&way.gateway, way.asked.kind) {
            (Some(gateway), Kind::Sms) => {
                let body = json!({ "key": key, "to": to.reveal(), "text": kept.told.text });
                (gateway.clone(), "application/json", body.to_string().into_bytes())
            }
            _ => match way.asked.webhook(to.reveal(), &self.identity) {
                Some(http) => webhook(&self.city, way.asked.format, http, kept),
                None => return Outcome::Refused(way.asked.why_not(to.reveal()).to_owned()),
            },
        };
        let asked = Asked::post(&key, kind, &body);
        let context = kept.told.traceparent.as_deref().and_then(|text| text.parse().ok());
        let said = match context {
            Some(of) => {
                trace::within(of, tracing::info_span!("notification"), http.ask(&asked)).await
            }
            None => http.ask(&asked).await,
        };
        match said {
            Ok(said) => outcome(&said, way.asked.format == Format::Robot),
            Err(why) => Outcome::Later(why),
        }
    }
}

fn webhook(city: &City, format: Format, http: Http, kept: &Kept) -> (Http, &'static str, Vec<u8>) {
    let told = &kept.told;
    match format {
        Format::Robot => {
            let body = json!({ "msgtype": "text", "text": { "content": told.text } });
            (http, "application/json", body.to_string().into_bytes())
        }
        Format::Event => {
            let message = Message {
                key: kept.key(),
                source: format!("/muster/{}", city.id),
                kind: "muster.notification".to_owned(),
                subject: told.case_id.clone(),
                data: json!({ "event": told.event, "receiver": told.receiver, "text": told.text }),
                ..Message::default()
            };
            (http, CLOUD_EVENT, message.body())
        }
    }
}

/// What an answer means; a robot says 200 also where it has not taken it.
fn outcome(said: &Said, is_robot: bool) -> Outcome {
    let json: Value = serde_json::from_slice(&said.body).unwrap_or_default();
    let robot = json.get("errcode").and_then(Value::as_i64).filter(|code| is_robot && *code != 0);
    match robot {
        Some(code) if said.status.is_success() => {
            return Outcome::Refused(format!("errcode {}", code.clamp(-9_999_999, 9_999_999)));
        }
        _ if said.status.is_success() => return Outcome::Taken,
        _ => {}
    }
    let why = format!("{} {}", said.status.as_u16(), word(&json, "code")).trim().to_owned();
    if is_later(said.status) { Outcome::Later(why) } else { Outcome::Refused(why) }
}

/// A word of an answer: capital letters and `_`, so that it is nobody's number or secret.
pub(super) fn word(json: &Value, field: &str) -> String {
    let text = json.get(field).and_then(Value::as_str).unwrap_or_default();
    let is_right = |c: char| c.is_ascii_uppercase() || c == '_';
    match text.len() <= WORD_MAX && text.chars().all(is_right) {
        true => text.to_owned(),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    fn said(status: u16, body: &str) -> Said {
        let body = body.to_owned().into();
        Said { status: StatusCode::from_u16(status).unwrap(), body }
    }

    #[test]
    fn of_an_answer_nothing_is_kept_that_could_be_a_number() {
        let refused = |why: &str| Outcome::Refused(why.to_owned());
        let later = |why: &str| Outcome::Later(why.to_owned());
        for (status, body, wanted) in [
            (200, "13800001234", Outcome::Taken),
            (500, "13800001234 is down", later("500")),
            (429, r#"{"code":"TOO_MANY"}"#, later("429 TOO_MANY")),
            (400, r#"{"code":"13800001234"}"#, refused("400")),
            (400, r#"{"code":"NO_SUCH_NUMBER","to":"138"}"#, refused("400 NO_SUCH_NUMBER")),
            (302, "", refused("302")),
        ] {
            assert_eq!(outcome(&said(status, body), false), wanted, "{status} {body}");
        }
        let robot = said(200, r#"{"errcode":310000,"errmsg":"token"}"#);
        assert_eq!(outcome(&robot, true), refused("errcode 310000"));
        assert_eq!(outcome(&robot, false), Outcome::Taken);
        assert_eq!(outcome(&said(200, r#"{"errcode":0}"#), true), Outcome::Taken);
    }
}
