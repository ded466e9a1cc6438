//! `AskService`: what the caller's own unit asks and is asked.

use std::time::Duration;

use domain::rejection::Rejection;
use kit::{
    page,
    server::peer,
    status::{internal, status},
    trace,
};
use prost::Message as _;
use proto::ask::{
    AnswerQuestionRequest, AnswerQuestionResponse, AskRequest, AskResponse, GetQuestionRequest,
    GetQuestionResponse, ListQuestionsRequest, ListQuestionsResponse, Question, QuestionState,
    ask_service_server::AskService,
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    asking,
    desk::{
        Command,
        question::{question, questions, unknown},
    },
    host::{Hosted, Hosts},
};

/// The longest that a reader waits, in milliseconds.
const WAIT_MAX_MS: u32 = 20_000;

/// The questions of all hosted units.
pub(crate) struct Questions {
    pub(crate) hosts: Hosts,
    pub(crate) shutdown: CancellationToken,
}

#[tonic::async_trait]
impl AskService for Questions {
    async fn ask(&self, request: Request<AskRequest>) -> Result<Response<AskResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let word = asking::word(peer.party, "Ask", content.command.clone(), &content);
        let word = word.map_err(status)?;
        let inquiry = asking::inquiry(content, word.person, trace::current().to_string());
        let command = Command::Ask(Box::new(inquiry.map_err(status)?));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let question = Question::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(AskResponse { question: Some(question) }))
    }

    async fn get_question(
        &self,
        request: Request<GetQuestionRequest>,
    ) -> Result<Response<GetQuestionResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let GetQuestionRequest { question_id, wait_ms } = request.into_inner();
        let question_id = asking::question_id(question_id).map_err(status)?;
        let wait = Duration::from_millis(wait_ms.min(WAIT_MAX_MS).into());
        let question = tokio::select! {
            found = settled(hosted, &question_id) => found,
            () = tokio::time::sleep(wait) => read(hosted, &question_id),
            () = self.shutdown.cancelled() => read(hosted, &question_id),
        };
        Ok(Response::new(GetQuestionResponse { question: Some(question.map_err(status)?) }))
    }

    async fn list_questions(
        &self,
        request: Request<ListQuestionsRequest>,
    ) -> Result<Response<ListQuestionsResponse>, Status> {
        let peer = peer(&request)?;
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let ListQuestionsRequest { direction, state, page } = request.into_inner();
        let (direction, state) = asking::listed(direction, state).map_err(status)?;
        let page::Wanted { size, from } = page::wanted(page).map_err(status)?;
        let found = hosted.store.read(|tx| questions(tx, direction, state, &from, size + 1));
        let mut found = found.map_err(status)?;
        let next_token = found.get(size).map(|(key, _)| page::token(key)).unwrap_or_default();
        found.truncate(size);
        let questions = found.into_iter().map(|(_, question)| question).collect();
        Ok(Response::new(ListQuestionsResponse { questions, next_token }))
    }

    async fn answer_question(
        &self,
        request: Request<AnswerQuestionRequest>,
    ) -> Result<Response<AnswerQuestionResponse>, Status> {
        let (peer, content) = (peer(&request)?, request.into_inner());
        let hosted = self.hosts.of(&peer).map_err(status)?;
        let word = asking::word(peer.party, "AnswerQuestion", content.command.clone(), &content);
        let word = word.map_err(status)?;
        let replying = asking::replying(content, word.person).map_err(status)?;
        let command = Command::Reply(Box::new(replying));
        let answer = hosted.store.execute(word.asked, command).await.map_err(status)?;
        let question = Question::decode(&answer.bytes[..]).map_err(internal)?;
        Ok(Response::new(AnswerQuestionResponse { question: Some(question) }))
    }
}

fn read(hosted: &Hosted, question_id: &str) -> Result<Question, Rejection> {
    hosted.store.read(|tx| question(tx, question_id))?.ok_or_else(|| unknown(question_id))
}

/// The question when it is open no more; a question that is not there at once.
async fn settled(hosted: &Hosted, question_id: &str) -> Result<Question, Rejection> {
    let mut applied = hosted.store.applied();
    loop {
        applied.borrow_and_update();
        let question = read(hosted, question_id)?;
        if question.state() != QuestionState::Open || applied.changed().await.is_err() {
            return Ok(question);
        }
    }
}
