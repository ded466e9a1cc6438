//! Who is signed in, and who is not, by a provider that may lie.

use std::sync::Arc;

use super::{
    house::{House, Lie},
    *,
};

struct Stage {
    house: Arc<House>,
    provider: Provider,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn open() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let (house, config) = House::open(folder.path(), "http://127.0.0.1:9/back").await;
        Stage { house, provider: Provider::new(config).unwrap(), _folder: folder }
    }

    /// A person goes to the provider and signs in there: the state, and what the browser keeps.
    async fn sent(&self, code: &str) -> (String, String) {
        let begun = self.provider.begin("/desk").await.unwrap();
        (self.house.signs_in(&begun.url, code), begun.browser)
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
