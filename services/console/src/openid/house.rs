//! A provider on loopback that signs with a key of its own, and lies in all the ways that matter.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use url::Url;

use super::{Config, LEEWAY};

/// What is wrong with the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
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

pub(crate) struct House {
    address: SocketAddr,
    key: EcdsaKeyPair,
    other: EcdsaKeyPair,
    pub(crate) lie: Mutex<Lie>,
    /// By code: the challenge and the nonce of who was sent here.
    pub(crate) sent: Mutex<HashMap<String, (String, String)>>,
    back: String,
    pub(crate) kid: Mutex<&'static str>,
    pub(crate) asked: Mutex<u32>,
}

type Shared = State<Arc<House>>;

fn key() -> EcdsaKeyPair {
    let (how, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(how, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(how, pkcs8.as_ref(), &random).unwrap()
}

impl House {
    /// A house, and how a console is registered there that people come back to at this address.
    pub(crate) async fn open(folder: &Path, back: &str) -> (Arc<House>, Config) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let house = Arc::new(House {
            address: listener.local_addr().unwrap(),
            key: key(),
            other: key(),
            lie: Mutex::new(Lie::None),
            sent: Mutex::default(),
            back: back.to_owned(),
            kid: Mutex::new("first"),
            asked: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&house));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let secret = folder.join("secret");
        std::fs::write(&secret, "s3cret\n").unwrap();
        let config = Config {
            issuer: house.issuer(),
            client_id: "muster".into(),
            secret: Some(secret),
            back: back.into(),
            trust: None,
        };
        (house, config)
    }

    /// A person who was sent here by this address signs in; the state that goes back with the code.
    pub(crate) fn signs_in(&self, url: &str, code: &str) -> String {
        let url = Url::parse(url).unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!((query["tenant"].as_str(), query["scope"].as_str()), ("city", "openid"));
        let known = (query["code_challenge"].clone(), query["nonce"].clone());
        self.sent.lock().unwrap().insert(code.into(), known);
        query["state"].clone()
    }

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
    if shown != challenge || form["redirect_uri"] != house.back {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(Json(
        json!({ "access_token": "x", "token_type": "Bearer", "id_token": house.token(&nonce) }),
    ))
}
