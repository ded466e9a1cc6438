//! A real server on loopback that takes, refuses, stalls, resets, redirects, says too much and says
//! it twice.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::party::{Party, Role};
use kit::identity::{Authority, Credential, Identity};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::{Connectors, signature};

/// What the server does with a request.
#[derive(Clone)]
enum Act {
    Say(&'static str),
    Stall,
    Reset,
}

/// What it has seen: the key and the body, by a signature that holds.
type Seen = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

struct Outside {
    address: SocketAddr,
    seen: Seen,
}

async fn outside(act: Act, signer: Credential) -> Outside {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Seen::default());
    let heard = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, act.clone(), signer.clone(), Arc::clone(&heard)));
        }
    });
    Outside { address, seen }
}

async fn serve(mut stream: TcpStream, act: Act, signer: Credential, seen: Seen) {
    let (mut raw, mut buffer) = (Vec::new(), [0; 4096]);
    let (head, body) = loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        raw.extend_from_slice(&buffer[..read]);
        let Some(end) = raw.windows(4).position(|four| four == b"\r\n\r\n") else {
            if read == 0 {
                return;
            }
            continue;
        };
        let head = String::from_utf8(raw[..end].to_vec()).unwrap();
        let length = header_of(&head, "content-length").unwrap().parse::<usize>().unwrap();
        if raw.len() >= end + 4 + length {
            break (head, raw[end + 4..end + 4 + length].to_vec());
        }
    };
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let now = Clock::system().now();
    let header = |name: &str| header_of(&head, name);
    let key = signature::verify(&signer, (method, path, &body), header, now).unwrap();
    seen.lock().unwrap().push((key, body));
    match act {
        Act::Say(text) => {
            let _gone = stream.write_all(text.as_bytes()).await;
            let _gone = stream.shutdown().await;
        }
        Act::Stall => tokio::time::sleep(Duration::from_secs(60)).await,
        Act::Reset => drop(stream),
    }
}

fn header_of(head: &str, name: &str) -> Option<String> {
    let pairs = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    pairs.into_iter().find(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, text)| text.to_owned())
}

fn identity(dir: &tempfile::TempDir) -> Identity {
    let authority = Authority::open_or_create(dir.path(), &"dengfeng".parse().unwrap()).unwrap();
    authority.issue(&Party::service(Role::Worker)).unwrap()
}

fn message() -> Message {
    Message {
        key: "dengfeng/hauler/platform/listed/1".into(),
        source: "/muster/dengfeng".into(),
        kind: "muster.credit.listed".into(),
        subject: "hauler".into(),
        data: serde_json::json!({ "score": 59 }),
        attributes: std::iter::once(("time".to_owned(), "2026-11-22T08:00:00Z".to_owned()))
            .collect(),
    }
}

async fn told(act: Act) -> (Answer, Vec<(String, Vec<u8>)>) {
    let dir = tempfile::tempdir().unwrap();
    let identity = identity(&dir);
    let deadline = if let Act::Stall = act { 500 } else { 10_000 };
    let server = outside(act, identity.credential().unwrap()).await;
    let mut config = Config::to(format!("http://{}/credit?from=muster", server.address));
    (config.deadline, config.answer_bytes) = (Duration::from_millis(deadline), 1_000);
    let way = Http::new(&config, identity).unwrap();
    let answer = way.deliver(&message()).await;
    let seen = server.seen.lock().unwrap().clone();
    (answer, seen)
}

const TAKEN: &str = "HTTP/1.1 201 Created\r\ncontent-length: 17\r\n\r\n{\"receipt\":\"r-1\"}";

#[tokio::test]
async fn what_is_taken_has_a_receipt_and_the_other_side_knows_who_sent_it() {
    let (answer, seen) = told(Act::Say(TAKEN)).await;
    assert_eq!(answer, Answer::Taken { receipt: "r-1".into() });
    let (key, body) = &seen[0];
    assert_eq!(key, "dengfeng/hauler/platform/listed/1");
    let event: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!((&event["id"], &event["data"]["score"]), (&key.as_str().into(), &59.into()));
    assert_eq!(event["time"], "2026-11-22T08:00:00Z");
}

#[tokio::test]
async fn an_answer_twice_is_one_answer() {
    let twice = format!("{TAKEN}{TAKEN}").leak();
    let (answer, seen) = told(Act::Say(twice)).await;
    assert_eq!((answer, seen.len()), (Answer::Taken { receipt: "r-1".into() }, 1));
}

#[tokio::test]
async fn what_may_go_later_is_later_and_what_is_refused_is_refused() {
    let rows = [
        ("HTTP/1.1 503 No\r\ncontent-length: 4\r\n\r\nbusy", true, "503 busy"),
        ("HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n", true, "429"),
        ("HTTP/1.1 408 No\r\ncontent-length: 0\r\n\r\n", true, "408"),
        ("HTTP/1.1 422 No\r\ncontent-length: 7\r\n\r\nunknown", false, "422 unknown"),
        (
            "HTTP/1.1 302 No\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            false,
            "302",
        ),
        ("rubbish\r\n\r\n", true, "no answer"),
    ];
    for (text, is_later, wanted) in rows {
        let (answer, seen) = told(Act::Say(text)).await;
        assert_eq!(seen.len(), 1, "{text}");
        match answer {
            Answer::Later { reason } => assert!(is_later && reason.starts_with(wanted), "{reason}"),
            Answer::Refused { reason } => assert!(!is_later && reason == wanted, "{reason}"),
            Answer::Taken { .. } => panic!("{text} was taken"),
        }
    }
}

#[tokio::test]
async fn silence_and_a_reset_are_later_though_it_may_have_it() {
    for (act, wanted) in [(Act::Stall, "no answer within"), (Act::Reset, "no answer")] {
        let (answer, seen) = told(act).await;
        let Answer::Later { reason } = answer else { panic!("{answer:?}") };
        assert!(reason.starts_with(wanted), "{reason}");
        assert_eq!(seen.len(), 1, "it has seen it");
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_read_to_its_limit() {
    let long =
        format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{}", "x".repeat(9_999)).leak();
    let (answer, _) = told(Act::Say(long)).await;
    assert_eq!(answer, Answer::Taken { receipt: "200".into() });
}

#[tokio::test]
async fn nobody_there_is_later_and_no_way_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut configured = std::collections::BTreeMap::new();
    configured.insert("platform".parse().unwrap(), Config::to(format!("http://{closed}/")));
    let ways = Connectors::of(&configured, &identity(&dir)).unwrap();
    let answer = ways.deliver(&"platform".parse().unwrap(), &message()).await;
    assert!(matches!(answer, Answer::Later { .. }), "{answer:?}");
    let answer = ways.deliver(&"civil".parse().unwrap(), &message()).await;
    let Answer::Refused { reason } = answer else { panic!("{answer:?}") };
    assert!(reason.starts_with("NOT_CONFIGURED"), "{reason}");
}

#[test]
fn a_configuration_that_makes_no_sense_says_what_would() {
    let dir = tempfile::tempdir().unwrap();
    let identity = identity(&dir);
    let slow = Config { deadline: Duration::from_secs(16), ..Config::to("http://h/") };
    let rows = [
        (Config::to("ftp://h/"), "right would be: https://host:port/path"),
        (Config::to("/path"), "it has no host"),
        (Config::to("http://a:b@h/"), "no user or password"),
        (Config::to("https://h/"), "https needs `trust`"),
        (slow, "deadline"),
    ];
    for (config, wanted) in rows {
        let why = Http::new(&config, identity.clone()).unwrap_err();
        assert!(why.contains(wanted), "{why}");
        assert!(!why.contains("a:b"), "no secret in a fault: {why}");
    }
}
