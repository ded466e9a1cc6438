//! What units ask and tell each other, through the code by which their handlers read it.

use domain::{id::PersonId, rejection::Rejection};
use kit::page;
use proto::{
    ask::{
        AnswerQuestionRequest, AskRequest, ListQuestionsRequest, Matter, RegisterKey, matter::About,
    },
    notice::SendNoticeRequest,
};

use super::{NOW, case_id, command, decoded, party};

fn person() -> PersonId {
    "li.na".parse().expect("a person")
}

pub(super) fn ask(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AskRequest>(bytes, |request| {
        unit::asking::word(party("unit/housing"), "Ask", request.command.clone(), &request)?;
        unit::asking::inquiry(request, person(), String::new()).map(drop)
    })
}

pub(super) fn answer_question(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<AnswerQuestionRequest>(bytes, |request| {
        unit::asking::replying(request, person()).map(drop)
    })
}

pub(super) fn list_questions(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<ListQuestionsRequest>(bytes, |request| {
        unit::asking::listed(request.direction, request.state)?;
        page::wanted(request.page).map(drop)
    })
}

pub(super) fn send_notice(bytes: &[u8]) -> Result<(), Rejection> {
    decoded::<SendNoticeRequest>(bytes, |request| {
        unit::asking::telling(request, person(), String::new()).map(drop)
    })
}

/// A good question.
pub(super) fn question() -> AskRequest {
    let key = RegisterKey { register: "plates".to_owned(), key: "云HA1074".to_owned() };
    AskRequest {
        command: command(),
        unit: "public_security".to_owned(),
        purpose: "联合执法".to_owned(),
        case_id: case_id(),
        matter: Some(Matter { about: Some(About::RegisterKey(key)) }),
        deadline_at_ms: NOW.0,
    }
}

/// A good notice.
pub(super) fn notice() -> SendNoticeRequest {
    SendNoticeRequest {
        command: command(),
        units: vec!["propaganda".to_owned(), "dev_reform".to_owned()],
        text: "闯红灯".to_owned(),
        purpose: "诚信记录".to_owned(),
        case_id: case_id(),
        corrects: "public_security/7".to_owned(),
    }
}
