//! The real server, found or fetched as in production; a machine that can't have it fails here.

use std::fs;
use std::io::{BufRead as _, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::pinned::RELEASES;
use super::ready::{NO_CONFIG, serves};
use super::wheel::Release;
use super::{DevServer, Error, Options, binary, default_cache, locate, process};

const PATIENCE: Duration = Duration::from_secs(20);

fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let find = || locate(&default_cache().unwrap(), |note| println!("{note}")).unwrap();
    PROGRAM.get_or_init(find).clone()
}

/// The folder stays where it is when a test fails, for its log.
fn options(folder: &Path) -> Options {
    let mut options =
        Options::new(program(), folder.join("temporal.db"), folder.join("temporal.log"));
    options.search_attributes = vec![("City".into(), "Keyword".into())];
    let skipping = ("frontend.WorkflowTimeSkippingEnabled".into(), "true".into());
    options.dynamic_config = vec![skipping];
    options
}

/// Runs the program's own client against the server.
fn ask(server: SocketAddr, words: &[&str]) -> String {
    let output = Command::new(program())
        .args(words)
        .args(["--address", &server.to_string()])
        .args(NO_CONFIG)
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn until_gone(pid: u32, data: &Path) {
    let gone = async {
        while process::has_argument(pid, data.to_str().unwrap()).await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap_or_else(|_| panic!("{pid} lives on"));
}

#[tokio::test]
async fn it_serves_with_its_attributes_and_its_interface_and_ends_in_order() {
    let folder = TempDir::new().unwrap();
    let mut options = options(folder.path());
    options.ui = Some(0);
    let server = DevServer::start(options.clone()).await.unwrap();
    assert!(serves(&program(), server.address()).await);
    assert!(ask(server.address(), &["operator", "search-attribute", "list"]).contains("City"));
    for address in [server.ui_address().unwrap(), server.metrics_address()] {
        assert!(tokio::net::TcpStream::connect(address).await.is_ok(), "{address}");
    }
    let pid = server.pid();
    server.stop().await;
    assert!(!process::has_argument(pid, options.data.to_str().unwrap()).await);
}

#[tokio::test]
async fn its_data_survives_and_attributes_may_be_added() {
    let folder = TempDir::new().unwrap();
    let mut options = options(folder.path());
    let first = DevServer::start(options.clone()).await.unwrap();
    let start = "workflow start --type T --task-queue q --workflow-id case/1";
    ask(first.address(), &start.split(' ').collect::<Vec<_>>());
    // Killed, not stopped: what was acknowledged is on disk.
    drop(first);
    options.search_attributes.push(("Unit".into(), "Keyword".into()));
    let second = DevServer::start(options).await.unwrap();
    let described = ask(second.address(), &["workflow", "describe", "--workflow-id", "case/1"]);
    assert!(described.contains("case/1"), "{described}");
    assert!(ask(second.address(), &["operator", "search-attribute", "list"]).contains("Unit"));
}

#[tokio::test]
async fn an_attribute_keeps_its_type() {
    let folder = TempDir::new().unwrap();
    let mut options = options(folder.path());
    DevServer::start(options.clone()).await.unwrap().stop().await;
    options.search_attributes = vec![("City".into(), "Int".into())];
    let error = DevServer::start(options).await.unwrap_err();
    let Error::SearchAttributes { said } = error else { panic!("{error}") };
    assert!(said.contains("City already exists"), "{said}");
}

#[tokio::test]
async fn one_data_file_has_one_server() {
    let folder = TempDir::new().unwrap();
    let server = DevServer::start(options(folder.path())).await.unwrap();
    let second = DevServer::start(options(folder.path())).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    assert!(serves(&program(), server.address()).await);
}

#[tokio::test]
async fn a_server_left_behind_is_stopped() {
    let folder = TempDir::new().unwrap();
    let options = options(folder.path());
    let orphan = Command::new(program())
        .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", &free_port()])
        .args(["--log-level", "error", "--db-filename"])
        .arg(&options.data)
        .stdout(Stdio::null())
        .spawn();
    let mut orphan = orphan.unwrap();
    // Its arguments can be read a moment after it was started.
    while !process::has_argument(orphan.id(), &options.data.to_string_lossy()).await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    fs::write(folder.path().join("temporal.db.pid"), orphan.id().to_string()).unwrap();
    let server = DevServer::start(options).await.unwrap();
    assert!(orphan.try_wait().unwrap().is_some());
    assert!(serves(&program(), server.address()).await);
}

#[tokio::test]
async fn a_stranger_with_the_written_id_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    fs::write(folder.path().join("temporal.db.pid"), stranger.id().to_string()).unwrap();
    let server = DevServer::start(options(folder.path())).await;
    let alive = stranger.try_wait().unwrap().is_none();
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    assert!(alive && server.is_ok(), "{server:?}");
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_shows_the_log() {
    let folder = TempDir::new().unwrap();
    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut options = options(folder.path());
    options.port = holder.local_addr().unwrap().port();
    let error = DevServer::start(options).await.unwrap_err();
    assert!(matches!(error, Error::PortTaken { .. }), "{error}");
    assert!(error.to_string().contains("address already in use"), "{error}");
}

#[tokio::test]
async fn a_server_that_ends_at_once_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let mut options = options(folder.path());
    options.dynamic_config = vec![("some.key".into(), "no JSON".into())];
    let error = timeout(PATIENCE, DevServer::start(options)).await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Ended { log, .. } if log.contains("some.key")), "{error}");
}

#[tokio::test]
async fn it_is_for_this_machine_alone() {
    let folder = TempDir::new().unwrap();
    let mut options = options(folder.path());
    options.ip = Ipv4Addr::UNSPECIFIED.into();
    let refused = DevServer::start(options).await;
    assert!(matches!(refused, Err(Error::NotLoopback { .. })), "{refused:?}");
}

/// The kernel's parent is a thread: the one that asked for the server is not the one that keeps it.
#[tokio::test]
async fn it_survives_the_thread_that_asked_for_it() {
    let folder = TempDir::new().unwrap();
    let options = options(folder.path());
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(DevServer::start(options)).unwrap()
    });
    let server = thread.join().unwrap();
    let ended = timeout(Duration::from_millis(500), server.ended()).await;
    assert!(ended.is_err(), "it ended with the thread");
    assert!(serves(&program(), server.address()).await);
}

#[tokio::test]
async fn it_does_not_outlive_a_killed_owner() {
    let folder = TempDir::new().unwrap();
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--nocapture", "--exact"])
        .arg(format!("{module}::owner_to_be_killed"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut orders = owner.stdin.take().unwrap();
    writeln!(orders, "{}", folder.path().display()).unwrap();
    let said = std::io::BufReader::new(owner.stdout.take().unwrap());
    let pid = said.lines().find_map(|line| {
        let line = line.unwrap();
        line.split_once("serves as ").map(|(_, pid)| pid.parse().unwrap())
    });
    let (pid, data): (u32, _) = (pid.unwrap(), folder.path().join("temporal.db"));
    assert!(process::has_argument(pid, data.to_str().unwrap()).await);
    owner.kill().unwrap();
    owner.wait().unwrap();
    until_gone(pid, &data).await;
    // And the next owner finds everything in order.
    DevServer::start(options(folder.path())).await.unwrap().stop().await;
}

#[tokio::test]
#[ignore = "the other process of it_does_not_outlive_a_killed_owner"]
async fn owner_to_be_killed() {
    let mut folder = String::new();
    std::io::stdin().read_line(&mut folder).unwrap();
    let server = DevServer::start(options(Path::new(folder.trim()))).await.unwrap();
    println!("serves as {}", server.pid());
    // Until we are killed, or the test that started us is gone.
    std::io::stdin().read_to_string(&mut folder).unwrap();
}

#[test]
fn a_fitting_program_on_the_path_is_taken_and_another_is_passed_over() {
    let folder = TempDir::new().unwrap();
    let [old, new] = ["1.8.3", "1.20.0"].map(|version| {
        let place = folder.path().join(version);
        fs::create_dir(&place).unwrap();
        let script = format!("#!/bin/sh\necho 'temporal version {version} (Server 1.0.0)'\n");
        fs::write(place.join("temporal"), script).unwrap();
        fs::set_permissions(place.join("temporal"), fs::Permissions::from_mode(0o755)).unwrap();
        place
    });
    let notes = Mutex::new(Vec::new());
    let note = |text: &str| notes.lock().unwrap().push(text.to_owned());
    let path = std::env::join_paths([&old, &new]).unwrap();
    let found = binary::locate_with(&path, folder.path(), &note).unwrap();
    assert_eq!(found, new.join("temporal"));
    assert!(notes.lock().unwrap()[0].contains("1.8.3"), "{notes:?}");
}

#[test]
fn only_the_pinned_program_is_adopted_and_by_many_at_once() {
    let folder = TempDir::new().unwrap();
    let (release, place) = (Release::here(&RELEASES).unwrap(), folder.path().join("temporal"));
    let pinned = default_cache().unwrap().join("temporal");
    fs::write(folder.path().join("other"), "#!/bin/sh\n").unwrap();
    assert!(release.adopt(&folder.path().join("other"), &place).is_err());
    if !release.is(&pinned) {
        println!("the program is on the PATH and not in the cache: nothing to adopt");
        return;
    }
    let copies = [1, 2].map(|turn| folder.path().join(format!("copy-{turn}")));
    std::thread::scope(|scope| {
        for copy in &copies {
            fs::copy(&pinned, copy).unwrap();
            scope.spawn(|| release.adopt(copy, &place).unwrap());
        }
    });
    assert!(release.is(&place));
}

#[test]
#[ignore = "downloads 90 MB"]
fn two_fetch_into_one_empty_cache_and_a_damaged_program_is_replaced() {
    let folder = TempDir::new().unwrap();
    let fetch = || binary::locate_with("".as_ref(), folder.path(), &|note| println!("{note}"));
    std::thread::scope(|scope| {
        let both = [scope.spawn(fetch), scope.spawn(fetch)];
        both.into_iter().for_each(|one| drop(one.join().unwrap().unwrap()));
    });
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    fs::write(folder.path().join("temporal"), "cut off").unwrap();
    assert!(Release::here(&RELEASES).unwrap().is(&fetch().unwrap()));
}

fn free_port() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port().to_string()
}
