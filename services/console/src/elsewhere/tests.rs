//! To the provider and back, through all that stands before a page.

use axum::{Router, body::Body, http::Request};
use domain::{
    id::PersonId,
    party::{Party, Role},
};
use kit::{client::Endpoint, clock::Clock, identity::Authority};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::*;
use crate::{
    Config, Doors, Parts,
    accounts::{Accounts, Change},
    openid::house::{House, Lie},
    words::Lang,
};

struct Stage {
    house: Arc<House>,
    pages: Router,
    accounts: Accounts,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn open() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let (house, openid) = House::open(folder.path(), "http://127.0.0.1:9/openid/back").await;
        let pack =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
        let city = domain::pack::load(&kit::pack::files(&pack).unwrap()).unwrap();
        let city = Arc::new(city);
        let authority =
            Authority::open_or_create(&folder.path().join("identity"), &city.id).unwrap();
        let identity = authority.issue(&Party::service(Role::Console)).unwrap();
        let nobody: Endpoint = serde_json::from_value(
            serde_json::json!({ "address": "https://127.0.0.1:1", "server": "service/gateway" }),
        )
        .unwrap();
        let accounts = Accounts::of(&folder.path().join("console"));
        let parts = Parts {
            city,
            accounts: accounts.clone(),
            identity,
            doors: Doors {
                gateway: nobody.clone(),
                bus: nobody,
                worker: None,
                units: Default::default(),
            },
            config: Config { openid: Some(openid), ..Config::default() },
            clock: Clock::system(),
        };
        let console = Console::new(parts, false, CancellationToken::new()).unwrap();
        Stage { house, pages: crate::routes(console), accounts, _folder: folder }
    }

    async fn account(&self, subject: &str) {
        let account = Account {
            name: "li.na".into(),
            shown: "李娜".into(),
            party: "unit/housing".parse().unwrap(),
            person: PersonId::parse("li.na").unwrap(),
            lang: Lang::En,
            password: None,
            subject: Some(subject.into()),
            is_enabled: true,
            version: 0,
        };
        self.change(Change::Added(account)).await;
    }

    async fn change(&self, change: Change) {
        let accounts = self.accounts.clone();
        let changed = tokio::task::spawn_blocking(move || accounts.change("root", change)).await;
        changed.unwrap().unwrap();
    }

    async fn get(&self, path: &str, cookies: &str) -> Response {
        let request =
            Request::get(path).header(header::COOKIE, cookies).body(Body::empty()).unwrap();
        self.pages.clone().oneshot(request).await.unwrap()
    }

    /// To the provider and back; what is answered then.
    async fn comes_back(&self) -> Response {
        let sent = self.get("/openid?next=/desk", "").await;
        let to = sent.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let kept = sent.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(kept.contains("SameSite=Lax") && kept.contains("HttpOnly"), "{kept}");
        let state = self.house.signs_in(&to, "c");
        let (cookie, _) = kept.split_once(';').unwrap();
        self.get(&format!("/openid/back?state={state}&code=c"), cookie).await
    }
}

fn cookie_of(response: &Response) -> Option<String> {
    let all = response.headers().get_all(header::SET_COOKIE).iter();
    let texts = all.map(|value| value.to_str().unwrap());
    let session = texts.into_iter().find(|text| text.starts_with("muster="));
    session.map(|text| text.split(';').next().unwrap().to_owned())
}

#[tokio::test]
async fn who_has_an_account_comes_back_into_a_session_and_goes_on() {
    let stage = Stage::open().await;
    stage.account("u-17").await;
    let page = stage.comes_back().await;
    assert_eq!(page.status(), StatusCode::OK);
    assert_eq!(page.headers()[header::REFRESH], "0; url=/desk");
    let session = cookie_of(&page).unwrap();
    let door = stage.get("/sign-in", &session).await;
    assert_eq!(door.status(), StatusCode::SEE_OTHER, "who is signed in does not sign in again");
}

#[tokio::test]
async fn who_has_none_or_one_that_is_disabled_is_told_and_stays_outside() {
    let stage = Stage::open().await;
    let page = stage.comes_back().await;
    assert_eq!((page.status(), cookie_of(&page)), (StatusCode::FORBIDDEN, None));
    stage.account("u-17").await;
    stage.change(Change::Disabled { name: "li.na".into() }).await;
    let page = stage.comes_back().await;
    assert_eq!((page.status(), cookie_of(&page)), (StatusCode::FORBIDDEN, None));
}

#[tokio::test]
async fn what_does_not_hold_is_told_and_the_way_back_is_no_open_door() {
    let stage = Stage::open().await;
    stage.account("u-17").await;
    *stage.house.lie.lock().unwrap() = Lie::Nonce;
    let page = stage.comes_back().await;
    assert_eq!((page.status(), cookie_of(&page)), (StatusCode::UNAUTHORIZED, None));
    for query in ["", "?error=access_denied&state=x", "?state=x&code=c"] {
        let page = stage.get(&format!("/openid/back{query}"), "").await;
        assert_eq!((page.status(), cookie_of(&page)), (StatusCode::UNAUTHORIZED, None), "{query}");
    }
}

#[tokio::test]
async fn the_door_shows_the_way_only_where_there_is_one() {
    let stage = Stage::open().await;
    let page = stage.get("/sign-in", "").await;
    let body = axum::body::to_bytes(page.into_body(), 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("action=\"/openid\""));
}
