//! A provider on loopback that signs with a key of its own, and lies in all the ways that matter.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

/// What is wrong with the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    None,
    Audience,
    Issuer,
    Party,
    Late,
    Nonce,
    NoNonce,
    OtherKey,
    SharedSecret,
    Unsigned,
    Shortened,
}

struct House {
    address: SocketAddr,
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    lie: Mutex<Lie>,
    /// By code: the challenge and the nonce of who was sent here.
    sent: Mutex<HashMap<String, (String, String)>>,
    kid: Mutex<&'static str>,
    asked: Mutex<u32>,
}

type Shared = State<Arc<House>>;

fn key() -> EcdsaKeyPair {
    let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(how, pkcs8.as_ref(), &random).unwrap()
}

impl House {
    fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    fn lies(&self, lie: Lie) -> bool {
        *self.lie.lock().unwrap() == lie
    }

    fn claims(&self, nonce: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let exp = if self.lies(Lie::Late) { now - 2 * LEEWAY } else { now + 60 };
        let mut claims = json!({
            "iss": self.issuer(), "aud": "muster", "sub": "u-17", "iat": now, "exp": exp, "nonce": nonce,
        });
        match *self.lie.lock().unwrap() {
            Lie::Audience => claims["aud"] = json!("another"),
            Lie::Issuer => claims["iss"] = json!("http://127.0.0.1:1"),
            Lie::Party => {
                claims["aud"] = json!(["muster", "another"]);
                claims["azp"] = json!("another");
            }
            Lie::Nonce => claims["nonce"] = json!("of another sign-in"),
            Lie::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            _ => {}
        }
        claims
    }

    fn token(&self, nonce: &str) -> String {
        let algorithm = match *self.lie.lock().unwrap() {
            Lie::SharedSecret => "HS256",
            Lie::Unsigned => "none",
            _ => "ES256",
        };
        let header = json!({ "alg": algorithm, "kid": *self.kid.lock().unwrap() });
        let part = |value: &Value| BASE64.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&self.claims(nonce)));
        let key = if self.lies(Lie::OtherKey) { &self.other } else { &self.key };
        let signed = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        let upto = if self.lies(Lie::Shortened) { 63 } else { 64 };
        format!("{text}.{}", BASE64.encode(&signed.as_ref()[..upto]))
    }
}

async fn document(State(house): Shared) -> Json<Value> {
    *house.asked.lock().unwrap() += 1;
    let issuer = house.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize?tenant=city"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
    }))
}

async fn keys(State(house): Shared) -> Json<Value> {
    let point = house.key.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|half| BASE64.encode(half));
    let kid = *house.kid.lock().unwrap();
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y, "use": "sig" }] }),
    )
}

async fn token(
    State(house): Shared,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    // "muster:s3cret", as the client was registered.
    if headers.get("authorization").unwrap() != "Basic bXVzdGVyOnMzY3JldA==" {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let (challenge, nonce) =
        house.sent.lock().unwrap().remove(&form["code"]).ok_or(StatusCode::BAD_REQUEST)?;
    let shown = BASE64.encode(Sha256::digest(&form["code_verifier"]));
    if shown != challenge || form["redirect_uri"] != "http://127.0.0.1:9/back" {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(Json(
        json!({ "access_token": "x", "token_type": "Bearer", "id_token": house.token(&nonce) }),
    ))
}

struct Stage {
    house: Arc<House>,
    provider: Provider,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn open() -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let house = Arc::new(House {
            address: listener.local_addr().unwrap(),
            key: key(),
            other: key(),
            lie: Mutex::new(Lie::None),
            sent: Mutex::default(),
            kid: Mutex::new("first"),
            asked: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&house));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let provider = Provider::new(Config {
            issuer: house.issuer(),
            client_id: "muster".into(),
            secret: Some(secret),
            back: "http://127.0.0.1:9/back".into(),
            trust: None,
        });
        Stage { house, provider: provider.unwrap(), _folder: folder }
    }

    /// A person goes to the provider and signs in there: the state, and what the browser keeps.
    async fn sent(&self, code: &str) -> (String, String) {
        let begun = self.provider.begin("/desk").await.unwrap();
        let url = Url::parse(&begun.url).unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((query["tenant"].as_str(), query["scope"].as_str()), ("city", "openid"));
        let known = (query["code_challenge"].clone(), query["nonce"].clone());
        self.house.sent.lock().unwrap().insert(code.into(), known);
        (query["state"].clone(), begun.browser)
    }

    async fn signs_in(&self, lie: Lie) -> Result<SignedIn, Error> {
        *self.house.lie.lock().unwrap() = lie;
        let (state, browser) = self.sent("c").await;
        self.provider.finish(&state, "c", Some(&browser)).await
    }
}

#[tokio::test]
async fn who_the_provider_has_signed_for_is_signed_in_once() {
    let stage = Stage::open().await;
    let (state, browser) = stage.sent("c-1").await;
    let signed_in = stage.provider.finish(&state, "c-1", Some(&browser)).await.unwrap();
    assert_eq!(signed_in, SignedIn { subject: "u-17".into(), then: "/desk".into() });
    let again = stage.provider.finish(&state, "c-1", Some(&browser)).await;
    assert!(matches!(again, Err(Error::Unasked)), "{again:?}");
}

#[tokio::test]
async fn a_token_that_is_not_for_us_signs_nobody_in() {
    let stage = Stage::open().await;
    let lies = [
        Lie::Audience,
        Lie::Issuer,
        Lie::Party,
        Lie::Late,
        Lie::Nonce,
        Lie::NoNonce,
        Lie::OtherKey,
        Lie::SharedSecret,
        Lie::Unsigned,
        Lie::Shortened,
    ];
    for lie in lies {
        let refused = stage.signs_in(lie).await;
        assert!(matches!(refused, Err(Error::Token(_))), "{lie:?}: {refused:?}");
    }
    stage.signs_in(Lie::None).await.unwrap();
}

#[tokio::test]
async fn what_was_begun_elsewhere_is_not_ended_here() {
    let stage = Stage::open().await;
    for shown in [None, Some("of another browser")] {
        let (state, _) = stage.sent("c").await;
        let refused = stage.provider.finish(&state, "c", shown).await;
        assert!(matches!(refused, Err(Error::Unasked)), "{shown:?}: {refused:?}");
    }
    let (_, browser) = stage.sent("c").await;
    let refused = stage.provider.finish("never begun", "c", Some(&browser)).await;
    assert!(matches!(refused, Err(Error::Unasked)), "{refused:?}");
}

#[tokio::test]
async fn a_code_that_was_stolen_is_worth_nothing_without_what_was_begun_here() {
    let stage = Stage::open().await;
    let (_, _) = stage.sent("stolen").await;
    let (state, browser) = stage.sent("mine").await;
    let refused = stage.provider.finish(&state, "stolen", Some(&browser)).await;
    assert!(matches!(refused, Err(Error::Provider(_))), "{refused:?}");
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_learned_and_an_unknown_one_is_not_believed() {
    let stage = Stage::open().await;
    stage.signs_in(Lie::None).await.unwrap();
    *stage.house.kid.lock().unwrap() = "second";
    stage.signs_in(Lie::None).await.unwrap();
    assert_eq!(*stage.house.asked.lock().unwrap(), 2, "asked at first, and for the new key");
}

#[tokio::test]
async fn only_so_many_are_at_the_provider_at_a_time() {
    let stage = Stage::open().await;
    for _ in 0..PENDING {
        stage.provider.begin("/").await.unwrap();
    }
    let refused = stage.provider.begin("/").await;
    assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
}

#[tokio::test]
async fn a_provider_that_is_away_or_another_one_is_said() {
    let stage = Stage::open().await;
    let mut config = stage.provider.config.clone();
    config.issuer.push('/');
    let other = Provider::new(config.clone()).unwrap().begin("/").await.unwrap_err();
    assert!(other.to_string().contains("it names itself"), "{other}");
    config.issuer = "http://127.0.0.1:1".into();
    let away = Provider::new(config).unwrap().begin("/").await.unwrap_err();
    assert!(away.to_string().contains("can't be asked"), "{away}");
}

#[test]
fn a_configuration_that_makes_no_sense_says_what_would() {
    let config = |issuer: &str| Config {
        issuer: issuer.into(),
        client_id: "muster".into(),
        secret: None,
        back: "https://console.city.example/openid/back".into(),
        trust: None,
    };
    let mut lost = config("http://127.0.0.1:9");
    lost.secret = Some("/nowhere/secret".into());
    for (config, wanted) in [
        (config("http://login.city.example"), "right would be: https://host/path"),
        (config("https://login.city.example"), "https needs `trust`"),
        (config("nonsense"), "issuer"),
        (lost, "/nowhere/secret"),
    ] {
        let why = Provider::new(config).unwrap_err();
        assert!(why.contains(wanted), "{why}");
    }
}
