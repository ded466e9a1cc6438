//! Signing in elsewhere (统一身份认证): to the provider of OpenID Connect, and back.
//!
//! The subject that the provider names must be that of an account which may sign in; nobody gets an
//! account by coming. What is kept in the browser meanwhile is a cookie for the way back alone.
//! The way back begins at another site, so that the session's strict cookie would not be sent with a
//! redirect: a small page of ours goes on instead.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::html;

use crate::{
    Console,
    accounts::Account,
    door, frame,
    openid::{Error, Provider, SignedIn},
    trouble::Trouble,
    visit::{Guest, cookie, set},
    words::frame as words,
};

/// The cookie for the way back.
const KEPT: &str = "muster-openid";
/// Where the way begins.
pub(crate) const BEGIN: &str = "/openid";
/// Where it ends; a provider is told so by the address of the console before it.
pub(crate) const BACK: &str = "/openid/back";

/// To the provider.
pub(crate) async fn begin(
    State(console): State<Console>,
    guest: Guest,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Trouble> {
    let provider = console.provider().ok_or_else(Trouble::not_found)?;
    let next = door::next(query.get("next").map_or("", String::as_str));
    match provider.begin(next).await {
        Ok(begun) => {
            let mut response = Redirect::to(&begun.url).into_response();
            let secure = if console.is_secure() { "; Secure" } else { "" };
            let kept = format!(
                "{KEPT}={}; Path={BEGIN}; HttpOnly; SameSite=Lax; Max-Age=600{secure}",
                begun.browser
            );
            set(response.headers_mut(), header::SET_COOKIE, &kept);
            Ok(response)
        }
        Err(error) => Ok(refused(&console, &guest, next, &error)),
    }
}

/// Back from the provider.
pub(crate) async fn back(
    State(console): State<Console>,
    guest: Guest,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let provider = console.provider().ok_or_else(Trouble::not_found)?;
    let browser = cookie(&headers, KEPT);
    let found = match came(&provider, &query, browser.as_deref()).await {
        Ok(found) => found,
        Err(error) => return Ok(refused(&console, &guest, "/", &error)),
    };
    match account(&console, &found.subject).await? {
        Some(account) => {
            tracing::info!(name = %account.name, party = %account.party, "signed in elsewhere");
            Ok(goes_on(&console, &account, &guest, &found.then))
        }
        None => {
            tracing::warn!("who has signed in elsewhere has no account here");
            let said = guest.lang.say(words::NO_ACCOUNT);
            Ok(door::again(&console, guest.lang, &found.then, said, StatusCode::FORBIDDEN))
        }
    }
}

async fn came(
    provider: &Provider,
    query: &HashMap<String, String>,
    browser: Option<&str>,
) -> Result<SignedIn, Error> {
    let of = |name| query.get(name).map(String::as_str);
    match (of("state"), of("code"), of("error")) {
        (Some(state), Some(code), None) => provider.finish(state, code, browser).await,
        // The provider's words are a stranger's; what it means is that nobody has signed in there.
        (_, _, Some(_)) => Err(Error::Token("nobody has signed in there".to_owned())),
        _ => Err(Error::Unasked),
    }
}

/// The account with this subject, that may sign in.
async fn account(console: &Console, subject: &str) -> Result<Option<Arc<Account>>, Trouble> {
    let all = console.accounts().await?;
    let is_theirs = |one: &&Arc<Account>| one.is_enabled && one.subject.as_deref() == Some(subject);
    Ok(all.values().find(is_theirs).cloned())
}

fn refused(console: &Console, guest: &Guest, next: &str, error: &Error) -> Response {
    tracing::warn!("a sign-in elsewhere has failed: {error}");
    let (word, status) = match error {
        Error::Provider(_) => (words::ELSEWHERE_AWAY, StatusCode::BAD_GATEWAY),
        Error::Full => (words::BUSY_TEXT, StatusCode::SERVICE_UNAVAILABLE),
        Error::Unasked | Error::Token(_) => (words::ELSEWHERE_REFUSED, StatusCode::UNAUTHORIZED),
    };
    door::again(console, guest.lang, next, guest.lang.say(word), status)
}

/// A page of ours that goes on by itself, in the session that it begins.
fn goes_on(console: &Console, account: &Account, guest: &Guest, next: &str) -> Response {
    let body = html! {
        p { a #go-on href=(next) { (guest.lang.say(words::GO_ON)) } }
    };
    let title = guest.lang.say(words::SIGN_IN);
    let mut page = frame::page(guest.lang, title, None, None, None, &body);
    set(page.headers_mut(), header::REFRESH, &format!("0; url={next}"));
    door::begin_session(console, account, &mut page);
    page
}

#[cfg(test)]
mod tests;
