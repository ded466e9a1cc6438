//! What goes wrong, as a page that says it in words: refused, not there, not now, our fault.
//!
//! A handler gives a [`Trouble`]; the page is made where the frame is known (see `visit`). The words
//! of a refusal are those of the role that refused, so that the console explains nothing of its own.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::rejection::Rejection;
use kit::status;
use maud::{Markup, html};
use tonic::{Code, Status};

use crate::{
    session::Notice,
    words::{Lang, Word, frame},
};

/// Why there is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) status: StatusCode,
    /// The word for programs; may be empty.
    pub(crate) code: String,
    /// What the role said; may be empty.
    pub(crate) text: String,
}

impl Trouble {
    /// Of this kind, without more words.
    pub(crate) fn of(status: StatusCode) -> Trouble {
        Trouble { status, code: String::new(), text: String::new() }
    }

    /// There is no such thing.
    pub(crate) fn not_found() -> Trouble {
        Trouble::of(StatusCode::NOT_FOUND)
    }

    /// A form whose secret word is missing or of another session.
    pub(crate) fn old_form() -> Trouble {
        let code = "FORM_OUT_OF_DATE".to_owned();
        Trouble { status: StatusCode::FORBIDDEN, code, text: String::new() }
    }

    /// Something is filled in wrongly.
    pub(crate) fn invalid(code: &str, text: impl Into<String>) -> Trouble {
        let status = StatusCode::BAD_REQUEST;
        Trouble { status, code: code.to_owned(), text: text.into() }
    }

    /// Our own fault, which goes to the log.
    pub(crate) fn fault(error: impl std::fmt::Display) -> Trouble {
        tracing::error!("the console: {error}");
        Trouble::of(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The same as word for the page to which the person goes back.
    pub(crate) fn notice(&self, lang: Lang) -> Notice {
        let (title, more) = self.words();
        let said =
            if self.text.is_empty() { more.map_or("", |word| lang.say(word)) } else { &self.text };
        let text = lang.pick("：", ": ");
        Notice {
            is_good: false,
            text: format!("{}{text}{said}", lang.say(title)),
            code: self.code.clone(),
        }
    }

    /// The title and what is said where the role has said nothing.
    fn words(&self) -> (Word, Option<Word>) {
        match self.status {
            StatusCode::FORBIDDEN if self.code == "FORM_OUT_OF_DATE" => {
                (frame::CONFLICT, Some(frame::FORM_OLD))
            }
            StatusCode::FORBIDDEN if self.code == "SIGNED_OUT" => {
                (frame::CONFLICT, Some(frame::SESSION_OVER))
            }
            StatusCode::FORBIDDEN => (frame::REFUSED, Some(frame::REFUSED_TEXT)),
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                (frame::NOT_FOUND, Some(frame::NOT_FOUND_TEXT))
            }
            StatusCode::CONFLICT => (frame::CONFLICT, None),
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => (frame::INVALID, None),
            StatusCode::TOO_MANY_REQUESTS => (frame::BUSY, Some(frame::BUSY_TEXT)),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                (frame::UNAVAILABLE, Some(frame::UNAVAILABLE_TEXT))
            }
            _ => (frame::FAULT, Some(frame::FAULT_TEXT)),
        }
    }

    /// The title of its page.
    pub(crate) fn title(&self) -> Word {
        self.words().0
    }

    /// The body of its page.
    pub(crate) fn body(&self, lang: Lang) -> Markup {
        let (title, more) = self.words();
        html! {
            section.trouble role="alert" {
                h1 { (lang.say(title)) }
                @if let Some(more) = more { p { (lang.say(more)) } }
                @if !self.text.is_empty() { p.said { (self.text) } }
                @if !self.code.is_empty() {
                    p.quiet { (lang.say(frame::REASON_CODE)) " " code { (self.code) } }
                }
                p { a href="/" { (lang.say(frame::HOME)) } }
            }
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Rejection> for Trouble {
    fn from(no: Rejection) -> Trouble {
        status::status(no).into()
    }
}

impl From<Status> for Trouble {
    fn from(status: Status) -> Trouble {
        let http = match status.code() {
            Code::InvalidArgument | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::PermissionDenied | Code::Unauthenticated => StatusCode::FORBIDDEN,
            Code::FailedPrecondition | Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
            Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
            Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => return Trouble::fault(status),
        };
        let Rejection { reason, message, .. } = kit::status::rejection(&status);
        // What the transport says of a role that is away helps nobody who reads it.
        let is_plain = http == StatusCode::SERVICE_UNAVAILABLE && status.details().is_empty();
        let text = if is_plain { String::new() } else { message };
        Trouble { status: http, code: reason, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_who_refused() {
        let no = Rejection::forbidden("NOT_YOURS", "unit/housing may not look into the bus");
        let trouble = Trouble::from(no);
        assert_eq!((trouble.status, trouble.code.as_str()), (StatusCode::FORBIDDEN, "NOT_YOURS"));
        let page = trouble.body(Lang::Zh).into_string();
        assert!(page.contains("不允许") && page.contains("may not look into the bus"), "{page}");
    }

    #[test]
    fn a_role_that_is_away_is_unavailable_and_a_fault_says_nothing_of_itself() {
        let away = Trouble::from(Status::unavailable("tcp connect error: os error 111"));
        assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!away.body(Lang::En).into_string().contains("111"));
        let fault = Trouble::from(Status::internal("secret"));
        assert_eq!(fault.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!fault.body(Lang::En).into_string().contains("secret"));
    }

    #[test]
    fn what_a_stranger_wrote_is_text() {
        let trouble = Trouble::invalid("X", "<script>alert(1)</script>");
        let page = trouble.body(Lang::En).into_string();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
    }
}
