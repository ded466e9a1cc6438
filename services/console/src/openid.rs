//! Signing in by OpenID Connect (统一身份认证): who a person is, another house says.
//!
//! The authorization code flow with PKCE, a state and a nonce, as OpenID Connect Core 1.0 has it. What
//! comes back counts once, within ten minutes, in the browser in which it was begun, and only by a
//! token that the provider has signed for us: issuer, audience, authorized party, time and nonce are
//! checked, and no algorithm with a shared secret is taken. What a person may do is not asked of
//! the provider: its subject must be that of an account here.
//!
//! The provider is believed by the authorities of a file of its own, and reached over plain HTTP on
//! loopback only. Its documents are read with a limit, its keys again when a token names an unknown one.

mod fetch;
#[cfg(test)]
pub(crate) mod house;
mod keys;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::RwLock;
use url::{Url, form_urlencoded};

use self::fetch::Fetch;

/// How long a person may take at the provider.
const PATIENCE: Duration = Duration::from_secs(600);
/// How many may be at the provider at a time; one more has to wait.
const PENDING: usize = 1_024;
/// How far its clock and ours may be apart, in seconds.
const LEEWAY: u64 = 60;
/// What a token may be signed with: nothing that we would have to share.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How the provider is reached, and as whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The issuer, exactly as its tokens name it: `https://login.city.example`.
    pub issuer: String,
    /// As whom the console is registered there.
    pub client_id: String,
    /// The file with the secret of that registration; none for a public client.
    #[serde(default)]
    pub secret: Option<PathBuf>,
    /// Where people come back to, as registered: `https://console.city.example/openid/back`.
    pub back: String,
    /// The PEM file of the authorities by which the provider is believed; needed with `https`.
    #[serde(default)]
    pub trust: Option<PathBuf>,
}

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The provider does not answer as it should.
    #[error("the sign-in service can't be asked: {0}")]
    Provider(String),
    /// Too many are at the provider.
    #[error("too many people are signing in now; right would be: again in some minutes")]
    Full,
    /// What came back was begun by nobody, too long ago, in another browser, or came back before.
    #[error("this sign-in was not begun in this browser, or too long ago; right would be: again")]
    Unasked,
    /// The token is not for us.
    #[error("the sign-in service has sent no token that holds: {0}")]
    Token(String),
}

/// A provider.
pub struct Provider {
    config: Config,
    secret: Option<String>,
    fetch: Fetch,
    known: RwLock<Option<Arc<Known>>>,
    pending: Mutex<HashMap<String, Pending>>,
}

/// What the provider says of itself.
struct Known {
    document: Document,
    keys: JwkSet,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// Who is at the provider now.
struct Pending {
    browser: String,
    nonce: String,
    verifier: String,
    then: String,
    since: Instant,
}

/// A sign-in that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Where the browser goes.
    pub url: String,
    /// What the browser keeps, in a cookie, until it comes back.
    pub browser: String,
}

/// Who has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The person, as the provider names it for ever.
    pub subject: String,
    /// Where the person wanted to go.
    pub then: String,
}

#[derive(Deserialize)]
struct Answer {
    id_token: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    nonce: Option<String>,
    azp: Option<String>,
    aud: Audience,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.config.issuer).finish_non_exhaustive()
    }
}

impl Provider {
    /// By this configuration; says what is wrong with it. Nobody is asked before a person signs in.
    pub fn new(config: Config) -> Result<Provider, String> {
        keys::install();
        let fetch = Fetch::new(config.trust.as_deref())?;
        fetch.check(&config.issuer).map_err(|why| format!("issuer: {why}"))?;
        Url::parse(&config.back).map_err(|why| format!("back: {why}"))?;
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path);
            let text = text.map_err(|error| format!("secret {}: {error}", path.display()))?;
            Ok::<String, String>(text.trim().to_owned())
        };
        let secret = config.secret.as_ref().map(read).transpose()?;
        let (known, pending) = (RwLock::default(), Mutex::default());
        Ok(Provider { config, secret, fetch, known, pending })
    }

    /// Begins: where the browser goes, and what it keeps meanwhile. `then` is where the person wants
    /// to go in the end.
    pub async fn begin(&self, then: &str) -> Result<Begun, Error> {
        let known = self.known().await?;
        let [state, nonce, verifier, browser] = std::array::from_fn(|_| secret());
        let challenge = BASE64.encode(Sha256::digest(&verifier));
        let mut url = Url::parse(&known.document.authorization_endpoint)
            .map_err(|why| Error::Provider(format!("authorization_endpoint: {why}")))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("scope", "openid")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.config.back)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        let pending = Pending {
            browser: browser.clone(),
            nonce,
            verifier,
            then: then.to_owned(),
            since: Instant::now(),
        };
        self.note(state, pending)?;
        Ok(Begun { url: url.into(), browser })
    }

    fn note(&self, state: String, one: Pending) -> Result<(), Error> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        pending.retain(|_, one| one.since.elapsed() < PATIENCE);
        if pending.len() >= PENDING {
            return Err(Error::Full);
        }
        pending.insert(state, one);
        Ok(())
    }

    /// A browser has come back with this state and code, and kept this; who it is.
    pub async fn finish(
        &self,
        state: &str,
        code: &str,
        browser: Option<&str>,
    ) -> Result<SignedIn, Error> {
        let pending = self.take(state, browser)?;
        let token = self.exchange(code, &pending.verifier).await?;
        let claims = self.claims(&token).await?;
        if claims.nonce.as_deref() != Some(&pending.nonce) {
            return Err(Error::Token("its nonce is not the one of this sign-in".to_owned()));
        }
        claims.check_party(&self.config.client_id)?;
        Ok(SignedIn { subject: claims.sub, then: pending.then })
    }

    /// Counts once, and only in the browser in which it was begun.
    fn take(&self, state: &str, browser: Option<&str>) -> Result<Pending, Error> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let one = pending.remove(state).ok_or(Error::Unasked)?;
        let is_same = browser == Some(one.browser.as_str());
        if is_same && one.since.elapsed() < PATIENCE { Ok(one) } else { Err(Error::Unasked) }
    }

    async fn exchange(&self, code: &str, verifier: &str) -> Result<String, Error> {
        let known = self.known().await?;
        let url = &known.document.token_endpoint;
        let client = &self.config.client_id;
        let basic = self.secret.as_ref().map(|secret| (client.as_str(), secret.as_str()));
        let form = self.form(code, verifier);
        let answer: Answer = self.fetch.post(url, form, basic).await?;
        Ok(answer.id_token)
    }

    fn form(&self, code: &str, verifier: &str) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.config.back)
            .append_pair("code_verifier", verifier);
        if self.secret.is_none() {
            form.append_pair("client_id", &self.config.client_id);
        }
        form.finish()
    }

    /// What the token says, when the provider has signed it, for us, and it is in force.
    async fn claims(&self, token: &str) -> Result<Claims, Error> {
        let wrong = |error: jsonwebtoken::errors::Error| Error::Token(error.to_string());
        let header = decode_header(token).map_err(wrong)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(Error::Token(format!("{:?} is not taken", header.alg)));
        }
        let jwk = self.key(header.kid.as_deref()).await?;
        let key = DecodingKey::from_jwk(&jwk).map_err(wrong)?;
        let mut validation = Validation::new(header.alg);
        validation.set_audience(&[&self.config.client_id]);
        validation.set_issuer(&[&self.config.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY;
        Ok(decode::<Claims>(token, &key, &validation).map_err(wrong)?.claims)
    }

    /// The key of that name; the only one where none is named. An unknown one is asked for once.
    async fn key(&self, named: Option<&str>) -> Result<Jwk, Error> {
        for is_anew in [false, true] {
            let known = if is_anew { self.ask().await? } else { self.known().await? };
            let found = match named {
                Some(name) => known.keys.find(name),
                None if known.keys.keys.len() == 1 => known.keys.keys.first(),
                None => None,
            };
            if let Some(key) = found {
                return Ok(key.clone());
            }
        }
        Err(Error::Token("it is signed by a key that the provider does not list".to_owned()))
    }

    async fn known(&self) -> Result<Arc<Known>, Error> {
        if let Some(known) = &*self.known.read().await {
            return Ok(Arc::clone(known));
        }
        self.ask().await
    }

    async fn ask(&self) -> Result<Arc<Known>, Error> {
        let mut place = self.known.write().await;
        let issuer = &self.config.issuer;
        let base = issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let document: Document = self.fetch.get(&url).await?;
        if document.issuer != *issuer {
            let why = format!("it names itself {}, not {issuer}", document.issuer);
            return Err(Error::Provider(why));
        }
        let keys = self.fetch.get(&document.jwks_uri).await?;
        let known = Arc::new(Known { document, keys });
        *place = Some(Arc::clone(&known));
        Ok(known)
    }
}

impl Claims {
    /// A token for several names who it was given to; it must be us.
    fn check_party(&self, client: &str) -> Result<(), Error> {
        let is_ours = match (&self.azp, &self.aud) {
            (Some(party), _) => party == client,
            (None, Audience::One(one)) => one == client,
            (None, Audience::Several(all)) => all.len() == 1,
        };
        let other = || Error::Token("it was given to another client".to_owned());
        if is_ours { Ok(()) } else { Err(other()) }
    }
}

/// 256 random bits, as text.
fn secret() -> String {
    BASE64.encode(rand::random::<[u8; 32]>())
}
