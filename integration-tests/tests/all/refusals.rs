//! The table of refusals: whatever is wrong, one running system says so with a code, a reason for
//! programs, the field at fault and a sentence for people, and loses nothing.
//!
//! Every row is provoked through the public interfaces of a real `muster run`, with certificates of
//! the right and of the wrong parties. The rows stand where the state of the one open case allows
//! them: when it is called, when its units are on site, when the community has the word, when it is
//! closed. All wrong commands of a kind have one and the same request id, and so has the right one
//! that follows and succeeds: a refusal takes nothing and leaves nothing.
//!
//! A row's field is empty where no field is wrong but who is calling. What cannot be provoked here
//! is named below with the test that does; packs on disk have their own table in `damage`.

mod account;
mod bus;
mod contact;
mod credit;
mod damage;
mod decree;
mod desk;
mod dispute;
mod ground;
mod incident;
mod inspection;
mod joint;
mod ladder;
mod ledger;
mod notices;
mod operation;
mod outside;
mod papers;
mod registry;
mod whistle;
mod world;

use std::{future::Future, pin::Pin};

use kit::status;
use tonic::{Code, Status};

use self::world::World;
use crate::program::Running;

/// What must be said: code, reason, field, and a word that must be in the sentence.
type Said = (Code, &'static str, &'static str, &'static str);

type Provoked = Pin<Box<dyn Future<Output = Status> + Send>>;

/// What is wrong, how it is provoked, what must be said about it.
struct Row {
    what: &'static str,
    how: fn(World) -> Provoked,
    said: Said,
}

macro_rules! rows {
    ($($what:literal: |$world:ident| $how:expr => $code:ident $reason:literal $field:literal $word:literal;)*) => {
        vec![$($crate::refusals::Row {
            what: $what,
            how: |$world| Box::pin($how),
            said: (tonic::Code::$code, $reason, $field, $word),
        }),*]
    };
}
use rows;

/// What needs another disk than this one: what is wrong, and the tests that provoke it.
const ELSEWHERE: [(&str, &str, &str); 7] = [
    (
        "an acknowledgement is signed for something else",
        "services/bus/src/tests/proofs.rs",
        "an_acknowledgement_is_signed_by_its_own_connection_for_what_it_names",
    ),
    (
        "a commit is not signed, or not for all that lies between",
        "services/bus/src/tests/proofs.rs",
        "a_commit_is_signed_and_asks_how_far_it_is_without",
    ),
    (
        "the disk under a journal is full",
        "services/journal/src/tests/full.rs",
        "a_full_disk_refuses_and_later_appends_succeed",
    ),
    (
        "what a full disk refused comes back",
        "services/journal/src/tests/full.rs",
        "what_a_full_disk_refused_never_comes_back",
    ),
    (
        "the disk is full at a new segment",
        "services/journal/src/tests/full.rs",
        "a_disk_that_is_full_at_a_new_segment_refuses_too",
    ),
    (
        "somebody who was told is told again",
        "services/connector/src/notification/tests.rs",
        "only_the_gateways_word_makes_it_delivered",
    ),
    (
        "a journal is damaged",
        "services/journal/src/tests/properties.rs",
        "a_spoilt_journal_gives_a_beginning_of_what_was_written_or_an_error",
    ),
];

async fn check(world: &World, rows: Vec<Row>) -> usize {
    let mut wrong = Vec::new();
    let count = rows.len();
    for Row { what, how, said } in rows {
        let found = how(world.clone()).await;
        let no = status::rejection(&found);
        let (code, reason, field, word) = said;
        let right = (found.code(), no.reason.as_str(), no.field.as_str()) == (code, reason, field)
            && found.message().contains(word)
            && found.message().len() > 10;
        if !right {
            wrong.push(format!(
                "{what}: wanted {said:?}\n    got {:?} {:?} {:?} {:?}",
                found.code(),
                no.reason,
                no.field,
                found.message()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} rows:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_is_refused_by_name_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let path = data.to_str().unwrap();
    let arguments = ["run", "--data", path, "--city", "wenshan", "--port", "0", "--output", "json"];
    let mut running = Running::logging(&arguments, &log);
    running.until("ready");

    let world = World::begin(&data).await;
    let mut rows = check(&world, whistle::rows()).await;
    rows += check(&world, ledger::rows()).await;
    rows += check(&world, incident::rows()).await;
    rows += check(&world, whistle::called()).await;
    rows += check(&world, ground::rows()).await;
    rows += check(&world, ladder::called()).await;
    rows += check(&world, desk::called()).await;
    rows += check(&world, dispute::called()).await;
    rows += check(&world, account::called()).await;
    rows += check(&world, credit::rows()).await;
    rows += check(&world, joint::rows()).await;
    rows += check(&world, decree::rows()).await;
    rows += check(&world, inspection::rows()).await;
    rows += check(&world, contact::rows()).await;
    rows += check(&world, operation::rows()).await;
    rows += check(&world, outside::rows()).await;
    rows += check(&world, notices::rows()).await;
    rows += check(&world, desk::registers()).await;
    rows += check(&world, bus::rows()).await;
    rows += check(&world, bus::evidence()).await;
    rows += check(&world, papers::rows()).await;
    rows += check(&world, registry::rows()).await;
    papers::check_handshakes(&world, &log).await;

    // What was refused is done right, with the same ids.
    world.publish_right().await;
    world.arrive().await;
    rows += check(&world, desk::arrived()).await;
    world.dispose().await;
    rows += check(&world, desk::disposed()).await;
    world.declare().await;
    rows += check(&world, whistle::confirming()).await;
    world.confirm_right().await;
    rows += check(&world, whistle::closed()).await;
    rows += check(&world, ground::closed()).await;
    rows += check(&world, ladder::closed()).await;
    rows += check(&world, desk::closed()).await;
    rows += check(&world, dispute::closed()).await;
    world.raise_right().await;
    world.nothing_is_lost().await;
    assert!(rows > 100, "{rows} rows");
    assert!(running.terminate(), "SIGTERM ends it in order");
}

#[test]
fn what_is_provoked_elsewhere_is_there() {
    for (what, file, test) in ELSEWHERE {
        let text = std::fs::read_to_string(crate::program::root().join(file)).unwrap();
        assert!(text.contains(&format!("fn {test}(")), "{what}: {file} has no {test}");
    }
}
