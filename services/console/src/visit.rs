//! Who asks for a page, in which language, and what is put around every answer.
//!
//! [`enter`] stands before all pages: it knows the session by its cookie, takes `?lang=` and
//! `?part=`, lets nobody in who is not signed in, makes the pages of what goes wrong, and puts the
//! headers of security on everything. A handler that takes a [`Visit`] is for people who are signed
//! in; there is no other way to one.

#[cfg(test)]
pub(crate) mod tested;

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{FromRequestParts, Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};
use domain::{id::PersonId, party::Party};
use maud::{Markup, html};

use crate::{
    Console,
    accounts::Account,
    frame, secret,
    session::{Key, Notice},
    trouble::Trouble,
    words::{Lang, Word},
};

/// The cookie of the language that was chosen last, for who is not signed in.
const LANGUAGE: &str = "muster-lang";

/// Somebody who is signed in asks for a page.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) console: Console,
    pub(crate) account: Arc<Account>,
    pub(crate) lang: Lang,
    /// The address without its query.
    pub(crate) path: String,
    /// The query, without what is the frame's own.
    pub(crate) query: String,
    csrf: String,
    key: Key,
    part: Option<String>,
}

/// Who is not signed in, at the door: its language, and where it wanted to go.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    pub(crate) lang: Lang,
}

impl Visit {
    /// The party that the person speaks for.
    pub(crate) fn party(&self) -> &Party {
        &self.account.party
    }

    /// The person.
    pub(crate) fn person(&self) -> &PersonId {
        &self.account.person
    }

    /// The word in the language of the visit.
    pub(crate) fn say(&self, word: Word) -> &'static str {
        self.lang.say(word)
    }

    /// Whether only this part of the page is asked for.
    pub(crate) fn is_part(&self, name: &str) -> bool {
        self.part.as_deref() == Some(name)
    }

    /// A part of a page by itself, for who has asked for it.
    pub(crate) fn part(&self, body: &Markup) -> Response {
        Html(body.0.clone()).into_response()
    }

    /// A whole page. `live` is the query of the stream that says which parts have changed.
    pub(crate) fn page(&self, title: &str, live: Option<&str>, body: &Markup) -> Response {
        let notice = self.console.sessions().told(&self.key);
        frame::page(self.lang, title, Some(self), live, notice.as_ref(), body)
    }

    /// What every form has: the word of the session, and the id of the request that it makes.
    pub(crate) fn fields(&self) -> Markup {
        html! {
            input type="hidden" name="csrf" value=(self.csrf);
            input type="hidden" name="request_id" value=(secret::request_id());
        }
    }

    /// The word of the session, for a script that sends forms.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Whether a form is of this session.
    pub(crate) fn is_ours(&self, csrf: &str) -> bool {
        secret::is_same(csrf, &self.csrf)
    }

    /// Goes on to a page with word of what was done.
    pub(crate) fn done(&self, to: &str, text: impl Into<String>) -> Response {
        self.told(to, Notice::good(text))
    }

    /// What comes of an act: word on the page `to`; what the policies refuse is a page of its own.
    pub(crate) fn answer(
        &self,
        to: &str,
        done: Result<String, Trouble>,
    ) -> Result<Response, Trouble> {
        match done {
            Ok(text) => Ok(self.done(to, text)),
            Err(no) if [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&no.status) => {
                Err(no)
            }
            Err(no) => Ok(self.told(to, no.notice(self.lang))),
        }
    }

    fn told(&self, to: &str, notice: Notice) -> Response {
        self.console.sessions().tell(&self.key, notice);
        Redirect::to(to).into_response()
    }

    /// Ends the session.
    pub(crate) fn leave(&self) {
        self.console.sessions().end(&self.key);
    }

    /// Whether the session still is there; looking is no use of it.
    pub(crate) async fn is_still(&self) -> bool {
        self.console.recognise(&self.key, false).await.is_some()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visit, Response> {
        match parts.extensions.get::<Visit>() {
            Some(visit) => Ok(visit.clone()),
            None => Err(to_the_door(&parts.uri)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Guest, Response> {
        Ok(parts.extensions.get::<Guest>().cloned().unwrap_or(Guest { lang: Lang::Zh }))
    }
}

/// To the page where one signs in, and back here then; a script is only told that it must.
fn to_the_door(uri: &Uri) -> Response {
    let asked = Asked::of(uri);
    if asked.part.is_some() || uri.path() == crate::live::PATH {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let next: String = uri.path().chars().take(200).collect();
    if next == "/" {
        return Redirect::to("/sign-in").into_response();
    }
    Redirect::to(&format!("/sign-in?next={next}")).into_response()
}

/// What the frame takes from a query.
#[derive(Default)]
struct Asked {
    lang: Option<Lang>,
    part: Option<String>,
    rest: String,
}

impl Asked {
    fn of(uri: &Uri) -> Asked {
        let Ok(Query(query)) = Query::<HashMap<String, String>>::try_from_uri(uri) else {
            return Asked::default();
        };
        let own = |pair: &&str| !["lang=", "part="].iter().any(|own| pair.starts_with(own));
        let rest: Vec<&str> = uri.query().unwrap_or_default().split('&').filter(own).collect();
        Asked {
            lang: query.get("lang").and_then(|code| Lang::of(code)),
            part: query.get("part").cloned(),
            rest: rest.join("&"),
        }
    }
}

/// Stands before every page.
pub(crate) async fn enter(
    State(console): State<Console>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = Asked::of(request.uri());
    let path = request.uri().path().to_owned();
    let key = cookie(request.headers(), console.cookie()).map(|token| secret::digest(&token));
    let is_use = asked.part.is_none() && path != crate::live::PATH;
    let visit = match key {
        Some(key) => console.visit(key, is_use, &asked, path).await,
        None => None,
    };
    let lang = match &visit {
        Some(visit) => visit.lang,
        None => asked.lang.unwrap_or_else(|| preferred(request.headers())),
    };
    request.extensions_mut().insert(Guest { lang });
    if let Some(visit) = &visit {
        request.extensions_mut().insert(visit.clone());
    }
    let patience = console.config().patience;
    let answer = tokio::time::timeout(patience, next.run(request)).await;
    let late = || Trouble::of(StatusCode::GATEWAY_TIMEOUT).into_response();
    let mut response = answer.unwrap_or_else(|_| late());
    response = told(response, lang, visit.as_ref());
    if let Some(lang) = asked.lang {
        let kept = format!("{LANGUAGE}={}; Path=/; SameSite=Strict; Max-Age=31536000", lang.code());
        set(response.headers_mut(), header::SET_COOKIE, &kept);
    }
    guard(&mut response, console.is_secure());
    response
}

/// The page of what went wrong, where something did.
fn told(mut response: Response, lang: Lang, visit: Option<&Visit>) -> Response {
    let status = response.status();
    let trouble = response.extensions_mut().remove::<Trouble>();
    // What the router says of itself has no page yet.
    let is_bare = |status| {
        [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::PAYLOAD_TOO_LARGE]
            .contains(&status)
    };
    let Some(trouble) = trouble.or_else(|| is_bare(status).then(|| Trouble::of(status))) else {
        return response;
    };
    let body = trouble.body(lang);
    let mut page = frame::page(lang, lang.say(trouble.title()), visit, None, None, &body);
    *page.status_mut() = trouble.status;
    page
}

impl Console {
    async fn visit(&self, key: Key, is_use: bool, asked: &Asked, path: String) -> Option<Visit> {
        let (account, session) = self.recognise(&key, is_use).await?;
        if let Some(lang) = asked.lang {
            self.sessions().speak(&key, lang);
        }
        Some(Visit {
            console: self.clone(),
            account,
            lang: asked.lang.unwrap_or(session.lang),
            path,
            query: asked.rest.clone(),
            csrf: session.csrf,
            key,
            part: asked.part.clone(),
        })
    }
}

/// One cookie of a request.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        all.flat_map(|value| value.split(';')).filter_map(|one| one.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
}

/// The language of who is not signed in: as chosen before, as the browser says, or Chinese.
fn preferred(headers: &HeaderMap) -> Lang {
    if let Some(lang) = cookie(headers, LANGUAGE).and_then(|code| Lang::of(&code)) {
        return lang;
    }
    let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    match said.and_then(|said| said.get(..2)) {
        Some("en") => Lang::En,
        _ => Lang::Zh,
    }
}

/// The headers of every answer. Nothing is kept by caches unless a handler has said so.
fn guard(response: &mut Response, is_secure: bool) {
    const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; \
        base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    let headers = response.headers_mut();
    set(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::X_FRAME_OPTIONS, "DENY");
    set(headers, header::REFERRER_POLICY, "same-origin");
    set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(
        headers,
        HeaderName::from_static("permissions-policy"),
        "camera=(self), geolocation=(self)",
    );
    if is_secure {
        set(headers, header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "no-store");
    }
}

/// Sets a header; a text that is none is left out.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        if name == header::SET_COOKIE {
            headers.append(name, value);
        } else {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; muster=secret;b=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("c=3"));
        assert_eq!(cookie(&headers, "muster").as_deref(), Some("secret"));
        assert_eq!(cookie(&headers, "c").as_deref(), Some("3"));
        assert_eq!(cookie(&headers, "must"), None);
    }

    #[test]
    fn the_frame_takes_its_own_from_the_query_and_leaves_the_rest() {
        let asked = Asked::of(&"/cases?state=open&lang=en&part=list&page=x".parse().unwrap());
        assert_eq!(asked.lang, Some(Lang::En));
        assert_eq!(asked.part.as_deref(), Some("list"));
        assert_eq!(asked.rest, "state=open&page=x");
        assert_eq!(Asked::of(&"/?lang=xx".parse().unwrap()).lang, None);
    }

    #[test]
    fn the_language_is_the_chosen_or_the_browsers_or_chinese() {
        let of = |name: HeaderName, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            preferred(&headers)
        };
        assert_eq!(preferred(&HeaderMap::new()), Lang::Zh);
        assert_eq!(of(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.9"), Lang::En);
        assert_eq!(of(header::ACCEPT_LANGUAGE, "zh-CN"), Lang::Zh);
        assert_eq!(of(header::COOKIE, "muster-lang=en"), Lang::En);
    }
}
