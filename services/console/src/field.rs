//! The page for the field: what a team says from a phone, with network or without.
//!
//! The script keeps what is said on the device (`assets/field.js`) and sends each act to
//! [`acts`] with the id of its request and the device's time, however often it takes; the unit's
//! service does it once. The shell of the page has nothing of a person in it: a service worker keeps
//! it for a reload without network. An act of one account is never taken in the name of another.

mod act;
mod parts;
mod shell;

use axum::{
    Json,
    body::Body,
    extract::{Extension, Query, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

pub(crate) use self::shell::leave;
use crate::{
    asset, form,
    form::Form,
    frame, secret,
    session::Notice,
    trouble::Trouble,
    visit::{Guest, Visit},
    words::{Lang, field as w},
};

/// The address of the service worker: it may only look after what is below its own folder.
pub(crate) const WORKER: &str = "/field-worker.js";

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Only the shell, which is nobody's.
    shell: Option<String>,
}

/// The page. The shell of it is open to everybody.
pub(crate) async fn show(
    guest: Guest,
    visit: Option<Extension<Visit>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    let (lang, title) = (guest.lang, guest.lang.say(w::FIELD));
    if asked.shell.is_some() {
        return Ok(frame::page(lang, title, None, None, None, &shell::body(lang)));
    }
    let Some(Extension(visit)) = visit else {
        return Err(axum::response::Redirect::to("/sign-in?next=/field").into_response());
    };
    match visit.party().as_unit() {
        Some(_) => Ok(visit.page(title, None, &shell::body(lang))),
        None => Ok(visit.page(title, None, &shell::no_unit(lang))),
    }
}

/// The service worker.
pub(crate) async fn worker() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Body::from(include_str!("../assets/field-worker.js"))).into_response()
}

/// What the unit's teams are called to and may say now, for the script.
pub(crate) async fn parts(visit: Option<Extension<Visit>>) -> Response {
    let Some(Extension(visit)) = visit else { return signed_out() };
    match parts::shown(&visit).await {
        Ok(parts) => Json(parts).into_response(),
        Err(no) => refused(&no, visit.lang),
    }
}

/// Takes one act.
pub(crate) async fn acts(visit: Option<Extension<Visit>>, request: Request) -> Response {
    let Some(Extension(visit)) = visit else { return signed_out() };
    let done = taken(&visit, request).await;
    match done {
        Ok(()) => Json(json!({ "state": "taken" })).into_response(),
        Err(no) => refused(&no, visit.lang),
    }
}

async fn taken(visit: &Visit, request: Request) -> Result<(), Trouble> {
    if !form::is_own(request.headers()) {
        return Err(Trouble::old_form());
    }
    let config = visit.console.config();
    let form = Form::read(request, config.form_bytes, config.upload_bytes).await?;
    if !visit.is_ours(&form.text("csrf")) {
        return Err(Trouble::old_form());
    }
    let said = act::read(&form.text("act"), &account(visit), visit.lang)?;
    let photo = form.files("photo").next();
    act::does(visit, said, photo).await
}

/// The account of a visit as the device knows it: no name, and the same each time.
pub(crate) fn account(visit: &Visit) -> String {
    secret::hex(&secret::digest(&format!("field/{}", visit.account.name))[..8])
}

fn signed_out() -> Response {
    (StatusCode::UNAUTHORIZED, Json(json!({ "code": "SIGNED_OUT" }))).into_response()
}

/// Why an act was not taken. Final: to send it again changes nothing until a person has seen to it.
fn refused(no: &Trouble, lang: Lang) -> Response {
    let is_final = is_final(no);
    let status = match no.code.as_str() {
        "FORM_OUT_OF_DATE" => StatusCode::FORBIDDEN,
        _ if is_final => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let Notice { text, original, .. } = no.notice(lang);
    let text = if original.is_empty() { text } else { format!("{text}（{original}）") };
    (status, Json(json!({ "code": no.code, "text": text, "is_final": is_final }))).into_response()
}

fn is_final(no: &Trouble) -> bool {
    match no.status {
        StatusCode::FORBIDDEN => no.code != "FORM_OUT_OF_DATE",
        StatusCode::BAD_REQUEST
        | StatusCode::NOT_FOUND
        | StatusCode::CONFLICT
        | StatusCode::PAYLOAD_TOO_LARGE => true,
        // A limit of the city's or of a store; one of traffic passes by itself.
        StatusCode::TOO_MANY_REQUESTS => no.code.starts_with("TOO_MANY") || no.code == "STORE_FULL",
        _ => false,
    }
}

/// The script of the queue, which two others import.
pub(crate) fn queue() -> String {
    asset::link("field-queue.js")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_repeat_may_change_is_not_final() {
        let trouble = |status, code: &str| Trouble { code: code.to_owned(), ..Trouble::of(status) };
        for (status, code, right) in [
            (StatusCode::CONFLICT, "NOT_STARTED", true),
            (StatusCode::BAD_REQUEST, "HAPPENS_LATER", true),
            (StatusCode::FORBIDDEN, "NOT_YOURS", true),
            (StatusCode::FORBIDDEN, "FORM_OUT_OF_DATE", false),
            (StatusCode::NOT_FOUND, "UNKNOWN_OPERATION", true),
            (StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_FINDINGS", true),
            (StatusCode::TOO_MANY_REQUESTS, "OVER_QUOTA", false),
            (StatusCode::SERVICE_UNAVAILABLE, "", false),
            (StatusCode::GATEWAY_TIMEOUT, "", false),
            (StatusCode::INTERNAL_SERVER_ERROR, "", false),
        ] {
            assert_eq!(is_final(&trouble(status, code)), right, "{status} {code}");
        }
    }
}
