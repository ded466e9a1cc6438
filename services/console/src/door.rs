//! Signing in and out with a name and a password.
//!
//! The page at the door is open to everybody; its form carries a word that is also in a cookie, so
//! that no other page signs anybody in. Whether the name or the password was wrong is not said.
//! Whoever is let in is at once in a session that nobody had before.

use std::collections::HashMap;

use axum::{
    extract::{Extension, Query, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use crate::{
    Console,
    accounts::Account,
    form::{Form, From, Posted, is_own},
    frame, password, secret,
    trouble::Trouble,
    visit::{Guest, Visit, cookie, set},
    words::{Lang, frame as words},
};

/// The cookie of the form at the door.
const DOOR: &str = "muster-door";

/// Shows the form.
pub(crate) async fn show(
    State(console): State<Console>,
    guest: Guest,
    visit: Option<Extension<Visit>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let next = next(query.get("next").map_or("", String::as_str)).to_owned();
    if visit.is_some() {
        return Redirect::to(&next).into_response();
    }
    let said = query.contains_key("out").then(|| guest.lang.say(words::SIGNED_OUT).to_owned());
    let asked = Asked { lang: guest.lang, next: &next, name: "", said: said.as_deref() };
    form(&console, &asked, StatusCode::OK)
}

/// Only to a page of this console.
pub(crate) fn next(wanted: &str) -> &str {
    let is_ours = wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains('\\');
    if is_ours && !wanted.starts_with("/sign-") && !wanted.starts_with("/openid") {
        wanted
    } else {
        "/"
    }
}

/// What the form at the door begins with.
struct Asked<'a> {
    lang: Lang,
    next: &'a str,
    name: &'a str,
    said: Option<&'a str>,
}

/// The form once more, with why.
pub(crate) fn again(
    console: &Console,
    lang: Lang,
    next: &str,
    said: &str,
    status: StatusCode,
) -> Response {
    form(console, &Asked { lang, next, name: "", said: Some(said) }, status)
}

fn form(console: &Console, asked: &Asked<'_>, status: StatusCode) -> Response {
    let (word, lang) = (secret::token(), asked.lang);
    let body = html! {
        (fields(asked, &word))
        @if console.provider().is_some() { (elsewhere(asked)) }
    };
    let mut page = frame::page(lang, lang.say(words::SIGN_IN), None, None, None, &body);
    *page.status_mut() = status;
    let kept = format!("{DOOR}={word}; Path=/sign-in; HttpOnly; SameSite=Strict; Max-Age=3600");
    set(page.headers_mut(), header::SET_COOKIE, &kept);
    page
}

/// The way to a sign-in of the city's own.
fn elsewhere(asked: &Asked<'_>) -> Markup {
    html! {
        form.door method="get" action=(crate::elsewhere::BEGIN) {
            input type="hidden" name="next" value=(asked.next);
            button type="submit" data-act="sign-in-elsewhere" {
                (asked.lang.say(words::SIGN_IN_ELSEWHERE))
            }
        }
    }
}

fn fields(asked: &Asked<'_>, word: &str) -> Markup {
    let Asked { lang, next, name, said } = *asked;
    html! {
        section.door {
            h1 { (lang.say(words::SIGN_IN)) }
            @if let Some(said) = said { p.notice role="alert" { (said) } }
            p.quiet { (lang.say(words::SIGN_IN_INTRO)) }
            form #sign-in method="post" action="/sign-in" {
                input type="hidden" name="door" value=(word);
                input type="hidden" name="next" value=(next);
                label for="name" { (lang.say(words::NAME)) }
                input #name name="name" value=(name) autocomplete="username" required
                    maxlength="64" autocapitalize="none" spellcheck="false";
                label for="password" { (lang.say(words::PASSWORD)) }
                input #password name="password" type="password" autocomplete="current-password"
                    required maxlength="1024";
                button type="submit" data-act="sign-in" { (lang.say(words::SIGN_IN)) }
            }
        }
    }
}

/// Takes the form.
pub(crate) async fn sign_in(
    State(console): State<Console>,
    guest: Guest,
    Extension(From(address)): Extension<From>,
    request: Request,
) -> Result<Response, Trouble> {
    let word = cookie(request.headers(), DOOR).unwrap_or_default();
    let is_ours = is_own(request.headers());
    let sent = Form::read(request, 8 << 10, 0).await?;
    if !is_ours || word.is_empty() || !secret::is_same(&sent.text("door"), &word) {
        return Err(Trouble::old_form());
    }
    let (name, next) = (sent.text("name"), next(&sent.text("next")).to_owned());
    let again = |said: String, status| {
        let asked = Asked { lang: guest.lang, next: &next, name: &name, said: Some(&said) };
        Ok(form(&console, &asked, status))
    };
    if let Some(wait) = console.attempts().wait(&name, address.ip()) {
        let minutes = wait.as_secs().div_ceil(60);
        let said = guest.lang.fill(words::TOO_MANY_ATTEMPTS, &[&minutes]);
        return again(said, StatusCode::TOO_MANY_REQUESTS);
    }
    // Passwords are taken as they are, with the white space that they have.
    let password = sent.raw("password");
    match known(&console, &name, password).await? {
        Some(account) => {
            console.attempts().succeeded(&name);
            tracing::info!(%name, party = %account.party, "signed in");
            Ok(let_in(&console, &account, &next))
        }
        None => {
            console.attempts().failed(&name, address.ip());
            tracing::warn!(%address, "a sign-in has failed");
            again(guest.lang.say(words::WRONG_PASSWORD).to_owned(), StatusCode::UNAUTHORIZED)
        }
    }
}

/// The account that has this name and password, and may sign in.
async fn known(
    console: &Console,
    name: &str,
    password: String,
) -> Result<Option<std::sync::Arc<Account>>, Trouble> {
    let account = console.account(name).await?;
    let kept = account.as_ref().and_then(|account| account.password.clone());
    let is_right = password::is_right(password, kept).await;
    Ok(account.filter(|account| is_right && account.is_enabled))
}

/// Begins a session.
fn let_in(console: &Console, account: &Account, next: &str) -> Response {
    let mut response = Redirect::to(next).into_response();
    begin_session(console, account, &mut response);
    response
}

/// Begins a session, whose cookie goes with this answer.
pub(crate) fn begin_session(console: &Console, account: &Account, response: &mut Response) {
    let token = console.sessions().begin(account, account.lang);
    let secure = if console.is_secure() { "; Secure" } else { "" };
    let kept = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{secure}", console.cookie());
    set(response.headers_mut(), header::SET_COOKIE, &kept);
}

/// Ends the session.
pub(crate) async fn sign_out(posted: Posted) -> Response {
    posted.visit.leave();
    let mut response = Redirect::to("/sign-in?out").into_response();
    let console = &posted.visit.console;
    let secure = if console.is_secure() { "; Secure" } else { "" };
    let gone =
        format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}", console.cookie());
    set(response.headers_mut(), header::SET_COOKIE, &gone);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_comes_back_to_a_page_of_this_console_only() {
        for (wanted, expected) in [
            ("/cases/W1", "/cases/W1"),
            ("", "/"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example", "/"),
            ("/sign-in", "/"),
            ("/sign-out", "/"),
            ("/openid/back?code=1", "/"),
        ] {
            assert_eq!(next(wanted), expected, "{wanted}");
        }
    }

    #[test]
    fn the_door_has_a_form_with_labels_in_both_languages() {
        for (lang, word) in [(Lang::Zh, "登录"), (Lang::En, "Sign in")] {
            let asked = Asked { lang, next: "/", name: "<b>", said: None };
            let page = fields(&asked, "w").into_string();
            assert!(page.contains(word) && page.contains("for=\"password\""), "{page}");
            assert!(page.contains("&lt;b&gt;"), "{page}");
        }
    }
}
