//! A visit for the tests of what pages show: a console on the pack of Wenshan, with no role behind it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use kit::{client::Endpoint, clock::Clock, identity::Authority};
use tokio_util::sync::CancellationToken;

use super::Visit;
use crate::{
    Config, Console, Doors, Lang, Parts,
    accounts::{Account, Accounts},
    secret,
};

/// A person who has signed in and speaks for this party.
pub(crate) fn visit(party: &str, lang: Lang) -> Visit {
    let account = Account {
        name: "li.na".to_owned(),
        shown: "李娜".to_owned(),
        party: party.parse().unwrap(),
        person: "li.na".parse().unwrap(),
        lang,
        password: None,
        subject: None,
        is_enabled: true,
        version: 0,
    };
    Visit {
        console: Console::new(parts(), false, CancellationToken::new()).unwrap(),
        account: Arc::new(account),
        lang,
        path: "/".to_owned(),
        query: String::new(),
        csrf: "the word of the session".to_owned(),
        key: secret::digest("a session"),
        part: None,
    }
}

fn parts() -> Parts {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    let city = domain::pack::load(&kit::pack::files(&pack).unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open_or_create(folder.path(), &city.id).unwrap();
    let nowhere = |server: &str| Endpoint {
        address: "https://127.0.0.1:1".to_owned(),
        server: server.parse().unwrap(),
    };
    Parts {
        city: Arc::new(city),
        accounts: Accounts::of(folder.path()),
        identity: authority.issue(&"service/console".parse().unwrap()).unwrap(),
        doors: Doors {
            gateway: nowhere("service/gateway"),
            bus: nowhere("service/bus"),
            worker: Some(nowhere("service/worker")),
            units: BTreeMap::new(),
        },
        config: Config::default(),
        clock: Clock::system(),
    }
}

/// The ids of a page, in order.
pub(crate) fn ids(page: &str) -> Vec<&str> {
    let after = page.split(" id=\"").skip(1);
    after.map(|rest| rest.split('"').next().unwrap_or_default()).collect()
}
