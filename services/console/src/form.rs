//! What a person sends: a form with its secret word, its request id, its fields and its files.
//!
//! A form without the word of its session is refused, also one that a page of another origin has
//! sent; so is one that is too large, and one with more fields than any page has.

use std::net::SocketAddr;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt as _, Limited};
use proto::page::Command;

use crate::{multipart, trouble::Trouble, visit::Visit};

/// The most fields of a form.
const FIELDS_MAX: usize = 400;

/// A field or a file of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The name of the file; none where it is a field.
    pub(crate) file: Option<String>,
    /// The media type that the browser says a file has.
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

/// What was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    fields: Vec<Field>,
}

/// A form of somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    pub(crate) visit: Visit,
    pub(crate) form: Form,
}

/// The address of who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub(crate) SocketAddr);

impl Form {
    /// A field, without the white space around it; empty where it is not there.
    pub(crate) fn text(&self, name: &str) -> String {
        self.texts(name).into_iter().next().unwrap_or_default()
    }

    /// A field exactly as it was sent.
    pub(crate) fn raw(&self, name: &str) -> String {
        let found = self.fields.iter().find(|one| one.name == name && one.file.is_none());
        found.map(|one| String::from_utf8_lossy(&one.bytes).into_owned()).unwrap_or_default()
    }

    /// All fields of this name that are not empty.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let of = self.fields.iter().filter(|one| one.name == name && one.file.is_none());
        let text = of.map(|one| String::from_utf8_lossy(&one.bytes).trim().to_owned());
        text.filter(|text| !text.is_empty()).collect()
    }

    /// A number; `code` names what is wrong.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.text(name).parse().ok()
    }

    /// The files of this name; a field where nothing was chosen is none.
    pub(crate) fn files(&self, name: &str) -> impl Iterator<Item = &Field> {
        let is_file = move |one: &&Field| one.name == name && one.file.is_some();
        self.fields.iter().filter(is_file).filter(|one| !one.bytes.is_empty())
    }

    /// Reads a body. Too much, and what is no form, is refused.
    pub(crate) async fn read(
        request: Request,
        form_bytes: usize,
        upload_bytes: usize,
    ) -> Result<Form, Trouble> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
        let boundary = multipart::boundary(&kind);
        let most = if boundary.is_some() { upload_bytes } else { form_bytes };
        let body = Limited::new(request.into_body(), most).collect().await.map_err(|_| {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            let text = format!("at most {most} bytes are taken at once");
            Trouble { status, code: "TOO_LARGE".to_owned(), text }
        })?;
        let body = body.to_bytes();
        let fields = match boundary {
            Some(boundary) => multipart::fields(&body, &boundary, FIELDS_MAX),
            None => encoded(kind, body).await,
        };
        let malformed = || Trouble::invalid("MALFORMED_FORM", "this is not a form of the console");
        let fields = fields.filter(|all| all.len() <= FIELDS_MAX).ok_or_else(malformed)?;
        Ok(Form { fields })
    }
}

async fn encoded(kind: String, body: Bytes) -> Option<Vec<Field>> {
    let request = Request::post("/").header(header::CONTENT_TYPE, kind).body(body.into()).ok()?;
    let read = axum::Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let field = |(name, text): (String, String)| Field {
        name,
        bytes: text.into_bytes().into(),
        ..Field::default()
    };
    Some(read.ok()?.0.into_iter().map(field).collect())
}

impl Posted {
    /// On whose word an act stands, and the id of its request: that of the form, however often it
    /// is sent.
    pub(crate) fn command(&self) -> Command {
        let (request_id, person) = (self.form.text("request_id"), self.visit.person().to_string());
        Command { request_id, person }
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Posted, Response> {
        let Some(visit) = request.extensions().get::<Visit>().cloned() else {
            // A form that was open when the session ended: what was written is still in the browser.
            let code = "SIGNED_OUT".to_owned();
            return Err(Trouble { code, ..Trouble::old_form() }.into_response());
        };
        if !is_own(request.headers()) {
            return Err(Trouble::old_form().into_response());
        }
        let config = visit.console.config();
        let form = Form::read(request, config.form_bytes, config.upload_bytes).await;
        let form = form.map_err(IntoResponse::into_response)?;
        if !visit.is_ours(&form.text("csrf")) {
            return Err(Trouble::old_form().into_response());
        }
        Ok(Posted { visit, form })
    }
}

/// Whether a request comes from a page of this console, as far as the browser says.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(header::HOST)
}
