//! What goes wrong, as a page that says it in words: refused, not there, not now, our fault.
//!
//! A handler gives a [`Trouble`]; the page is made where the frame is known (see `visit`). The words
//! of a refusal are those of the role that refused; a page in Chinese says the sentence of the reason
//! before them (see [`reasons`]).

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
    visit::Visit,
    words::{Lang, Word, frame, reasons},
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
        let (said, original) = told(lang, &self.code, said);
        let text = format!("{}{}{said}", lang.say(title), lang.pick("：", ": "));
        let original = original.to_owned();
        Notice { is_good: false, text, code: self.code.clone(), original }
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

    /// What the role said: on a page in Chinese the sentence of the reason, and below it the role's
    /// own words, which have the particulars.
    pub(crate) fn said(&self, lang: Lang) -> Markup {
        let (said, original) = told(lang, &self.code, &self.text);
        html! {
            @if !said.is_empty() { p.said { (said) } }
            @if !original.is_empty() { p.quiet.original { (original) } }
        }
    }

    /// The body of its page.
    pub(crate) fn body(&self, lang: Lang) -> Markup {
        let (title, more) = self.words();
        html! {
            section.trouble role="alert" {
                h1 { (lang.say(title)) }
                @if let Some(more) = more { p { (lang.say(more)) } }
                (self.said(lang))
                @if !self.code.is_empty() {
                    p.quiet { (lang.say(frame::REASON_CODE)) " " code { (self.code) } }
                }
                p { a href="/" { (lang.say(frame::HOME)) } }
            }
        }
    }
}

/// What is said for a reason in this language, and the role's own words where those are others.
pub(crate) fn told<'a>(lang: Lang, reason: &str, message: &'a str) -> (&'a str, &'a str) {
    match reasons::sentence(reason) {
        Some(sentence) if lang == Lang::Zh => (sentence, message),
        _ => (message, ""),
    }
}

/// The same within a line.
pub(crate) fn why(visit: &Visit, reason: &str, message: &str) -> Markup {
    let (said, original) = told(visit.lang, reason, message);
    html! { (said) @if !original.is_empty() { " " span.quiet { (original) } } }
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
    fn a_refusal_is_told_in_chinese_with_the_words_of_the_role_below() {
        let no = Trouble::from(Rejection::conflict("NOT_LATE", "unit/housing is not late"));
        let (zh, en) = (no.body(Lang::Zh).into_string(), no.body(Lang::En).into_string());
        assert!(zh.contains("<p class=\"said\">该方尚未超时，超时后才能督办。</p>"), "{zh}");
        assert!(zh.contains("<p class=\"quiet original\">unit/housing is not late</p>"), "{zh}");
        assert!(en.contains("<p class=\"said\">unit/housing is not late</p>"), "{en}");
        assert!(!en.contains("该方") && !en.contains("original"), "{en}");
        let (zh, en) = (no.notice(Lang::Zh), no.notice(Lang::En));
        assert!(zh.text.ends_with("：该方尚未超时，超时后才能督办。"), "{zh:?}");
        assert_eq!((zh.original.as_str(), en.original.as_str()), ("unit/housing is not late", ""));
        assert!(en.text.ends_with("unit/housing is not late"), "{en:?}");
        let new = Trouble::from(Rejection::conflict("SOMETHING_NEW", "it is new"));
        assert!(new.notice(Lang::Zh).text.ends_with("：it is new"));
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
