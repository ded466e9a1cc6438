//! The stage of S13: a whole system whose clock the story moves from day to day, its people, and
//! the administrators at their command line.
//!
//! Temporal keeps its own time; nothing in this story waits for a limit.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{moment::Moment, pack::Day, party::Party};
use kit::{client::Channel, clock::Clock};
use muster::{
    cli::Format,
    output::Output,
    system::{Options, System},
};
use proto::{
    case::Rating,
    page::Command,
    unit::{
        AcceptTaskRequest, ArriveTaskRequest, DeclareCaseRequest, DisposeTaskRequest,
        ListTasksRequest, Task, TaskState, unit_service_client::UnitServiceClient,
    },
    whistle::{
        Case, ConfirmCaseRequest, GetCaseRequest, HistoryEntry, ListHistoryRequest,
        RaiseWhistleRequest, whistle_service_client::WhistleServiceClient,
    },
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    operate,
    people::{command, photograph},
    program::root,
};

/// The clocks of the cities are that far ahead of UTC.
const OFFSET: i32 = 480;

/// A running city.
pub struct Stage {
    system: Option<System>,
    folder: TempDir,
    city: String,
    clock: Clock,
    added: Arc<AtomicI64>,
}

impl Stage {
    /// A city as it ships, but for what is changed in its pack.
    pub async fn open(city: &str, change: impl FnOnce(&Path)) -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("cities").join(city);
        copy(&root().join("deploy/cities").join(city), &pack);
        change(&pack);
        let (clock, added) = (Clock::fixed(Clock::system().now()), Arc::new(AtomicI64::new(0)));
        tokio::spawn(tick(clock.clone(), Arc::clone(&added)));
        let city = city.to_owned();
        let mut stage = Stage { system: None, folder, city, clock, added };
        stage.start().await;
        stage
    }

    /// Wenshan, where barbecue smoke is the environment's until the powers are moved.
    pub async fn with_environment() -> Stage {
        Stage::open("wenshan", |pack| {
            let file = pack.join("routing.csv");
            let rows = fs::read_to_string(&file).unwrap();
            let was = rows.lines().find(|row| row.starts_with("open_air_bbq,")).unwrap();
            let now = "open_air_bbq,environment,market_regulation,subdistricts,NT-1.2,2021-03-02,,example,";
            fs::write(&file, rows.replace(was, now)).unwrap();
        })
        .await
    }

    async fn start(&mut self) {
        let options = Options {
            data: self.data(),
            pack: self.folder.path().join("cities").join(&self.city),
            profile: None,
            port: 0,
            is_worker_apart: false,
            clock: self.clock.clone(),
        };
        let started = System::start(options, &Output::new(Format::Json)).await;
        self.system = Some(started.unwrap());
    }

    /// Stops everything and starts it again on what is on disk.
    pub async fn restart(&mut self) {
        self.system.take().unwrap().stop().await;
        self.start().await;
    }

    /// Ends it in order.
    pub async fn close(mut self) {
        self.system.take().unwrap().stop().await;
    }

    /// Where its data is.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The first day on which an amendment of today may take force.
    pub fn first(&self) -> Day {
        Day::of(self.clock.now() + Duration::from_secs(300), OFFSET).next()
    }

    /// Lets time pass until noon of a day.
    pub fn pass_to(&self, day: Day) {
        let noon = noon(day);
        self.added.store(noon.0 - Clock::system().now().0, Ordering::Release);
        self.clock.set(noon);
    }

    /// A line to the gateway, as a party.
    pub fn door(&self, party: &str) -> Channel {
        self.system.as_ref().unwrap().gateway_line(&party.parse().unwrap()).unwrap()
    }

    /// A line to the desk of a unit, or else to the gateway.
    pub fn line(&self, party: &str) -> Channel {
        let party: Party = party.parse().unwrap();
        let system = self.system.as_ref().unwrap();
        match party.as_unit() {
            Some(_) => system.unit_line(&party).unwrap(),
            None => system.gateway_line(&party).unwrap(),
        }
    }

    /// What a verb of an administrator says to a script.
    pub fn said(&self, verb: &[&str]) -> Vec<Value> {
        operate::said(&self.data(), &[&["registry"], verb].concat())
    }

    /// What it says to a person.
    pub fn shown(&self, verb: &[&str]) -> String {
        operate::shown(&self.data(), &[&["registry"], verb].concat())
    }

    /// Why it is not done.
    pub fn refused(&self, verb: &[&str]) -> String {
        operate::refused(&self.data(), &[&["registry"], verb].concat())
    }

    /// Who leads in such a matter on a day.
    pub fn lead(&self, day: Day) -> String {
        let day = day.to_string();
        let said = self.said(&["who", "open_air_bbq", "--grid", "WS-KH-001", "--on", &day]);
        said[0]["lead"].as_str().unwrap().to_owned()
    }

    /// One administrator proposes that another unit leads from a day on.
    pub fn propose(&self, lead: &str, from: Day) -> String {
        let from = from.to_string();
        let verb = [
            "propose",
            "--issue",
            "open_air_bbq",
            "--lead",
            lead,
            "--cooperating",
            "market_regulation",
            "--responsible",
            "subdistricts",
            "--basis",
            "NT-1.2 权随事走",
            "--from",
            &from,
            "--person",
            "li.na",
            "--as",
            "admin/li",
        ];
        self.said(&verb)[0]["amendment_id"].as_str().unwrap().to_owned()
    }

    /// Another one approves.
    pub fn approve(&self, id: &str) {
        self.said(&["approve", id, "--person", "wang.wei", "--as", "admin/wang"]);
    }

    /// A community of that name blows the whistle; the number of the case.
    pub async fn whistle(
        &self,
        community: &str,
        issue: &str,
        grid: &str,
        seen_at: Moment,
    ) -> String {
        let line = self.line(&format!("community/{community}"));
        let request = RaiseWhistleRequest {
            command: command("li.na", &format!("{grid}/{}", seen_at.0)),
            issue_type: issue.into(),
            grid: grid.into(),
            description: "smoke".into(),
            evidence: vec![photograph(&line, grid).await],
            seen_at_ms: seen_at.0,
            ..RaiseWhistleRequest::default()
        };
        let mut gateway = WhistleServiceClient::new(line);
        gateway.raise_whistle(request).await.unwrap().into_inner().case_id
    }

    /// A case as the office sees it.
    pub async fn case(&self, case_id: &str) -> Case {
        let mut gateway = WhistleServiceClient::new(self.line("admin/li"));
        let request = GetCaseRequest { case_id: case_id.to_owned() };
        gateway.get_case(request).await.unwrap().into_inner().case.unwrap()
    }

    /// Every step of a case.
    pub async fn history(&self, case_id: &str) -> Vec<HistoryEntry> {
        let mut gateway = WhistleServiceClient::new(self.line("admin/li"));
        let request = ListHistoryRequest { case_id: case_id.to_owned(), page: None };
        gateway.list_history(request).await.unwrap().into_inner().entries
    }

    /// Waits until a case is as it shall be.
    pub async fn until(&self, what: &str, case_id: &str, is_so: impl Fn(&Case) -> bool) -> Case {
        until(what, async || self.case(case_id).await, is_so).await
    }

    /// Waits until all of its units are called in a round, and says the lead's name.
    pub async fn called(&self, case_id: &str, round: u32) -> String {
        let is_called = |case: &Case| {
            let all = case.parts.iter().all(|part| part.called_at_ms > 0);
            case.round == round && !case.parts.is_empty() && all
        };
        let case = self.until("called", case_id, is_called).await;
        let lead = case.parts.into_iter().find(|part| part.is_lead);
        lead.map(|part| part.unit).unwrap_or_default()
    }

    /// What closed cases have cost Temporal, each: writes and events. A step that was not done in time
    /// and so was tried as an activity of its own tells of the machine, and is left out.
    pub async fn costs(&self, cases: &[&str]) -> Vec<(u64, u64)> {
        let system = self.system.as_ref().unwrap();
        let temporal_address = system.temporal().address().to_string();
        let config = worker::Config { temporal_address, ..worker::Config::default() };
        let cases: Vec<_> = cases.iter().map(|case| case.parse().unwrap()).collect();
        let flows = worker::cost::flows(&config, &system.city().id, &cases).await.unwrap();
        let sum = |flow: &worker::cost::Purposes| {
            let own = flow.iter().filter(|(purpose, _)| *purpose != "remote activity");
            own.fold((0, 0), |(writes, events), (_, cost)| {
                (writes + cost.writes, events + cost.events)
            })
        };
        flows.iter().map(sum).collect()
    }

    /// The desk of a unit.
    pub fn desk(&self, unit: &str) -> Desk {
        let line = self.line(&format!("unit/{unit}"));
        Desk { unit: unit.to_owned(), client: UnitServiceClient::new(line.clone()), line }
    }

    /// The community is content with these units.
    pub async fn confirm(&self, community: &str, case_id: &str, units: &[&str]) {
        let asked = |case: &Case| case.stage() == proto::whistle::CaseStage::Confirming;
        self.until("asked to confirm", case_id, asked).await;
        let rating = |unit: &&str| Rating { unit: (*unit).into(), stars: 5, ..Rating::default() };
        let request = ConfirmCaseRequest {
            command: command("li.na", &format!("confirm/{case_id}")),
            case_id: case_id.into(),
            ratings: units.iter().map(rating).collect(),
        };
        let mut gateway = WhistleServiceClient::new(self.line(&format!("community/{community}")));
        gateway.confirm_case(request).await.unwrap();
        let is_closed = |case: &Case| case.stage() == proto::whistle::CaseStage::Closed;
        self.until("closed", case_id, is_closed).await;
    }
}

/// A department's own system.
pub struct Desk {
    unit: String,
    line: Channel,
    client: UnitServiceClient<Channel>,
}

impl Desk {
    /// Waits until its task of a case is in a state.
    pub async fn until(&self, case_id: &str, state: TaskState) -> Task {
        let tasks = async || {
            let found = self.client.clone().list_tasks(ListTasksRequest::default()).await;
            found.unwrap().into_inner().tasks
        };
        let is_it = |task: &Task| task.case_id == case_id && task.state() == state;
        let what = format!("{state:?} at {}", self.unit);
        let found = until(&what, tasks, |tasks| tasks.iter().any(is_it)).await;
        found.into_iter().find(is_it).unwrap()
    }

    fn command(&self, act: &str) -> Option<Command> {
        command(&format!("officer.{}", self.unit), act)
    }

    /// Reports for duty and on site.
    pub async fn arrive(&self, case_id: &str) {
        self.until(case_id, TaskState::Called).await;
        let (command, case) = (self.command(&format!("accept/{case_id}")), case_id.to_owned());
        let request =
            AcceptTaskRequest { command, case_id: case.clone(), on_behalf_of: String::new() };
        self.client.clone().accept_task(request).await.unwrap();
        let command = self.command(&format!("arrive/{case_id}"));
        let request = ArriveTaskRequest { command, case_id: case, on_behalf_of: String::new() };
        self.client.clone().arrive_task(request).await.unwrap();
    }

    /// Files its own disposal.
    pub async fn dispose(&self, case_id: &str) {
        let shown = photograph(&self.line, &format!("{case_id} as {} left it", self.unit)).await;
        let request = DisposeTaskRequest {
            command: self.command(&format!("dispose/{case_id}")),
            case_id: case_id.into(),
            summary: "the grill is gone".into(),
            evidence: vec![shown],
            on_behalf_of: String::new(),
        };
        self.client.clone().dispose_task(request).await.unwrap();
    }

    /// Declares the whole matter disposed.
    pub async fn declare(&self, case_id: &str) {
        let request = DeclareCaseRequest {
            command: self.command(&format!("declare/{case_id}")),
            case_id: case_id.into(),
            summary: "no smoke any more".into(),
        };
        self.client.clone().declare_case(request).await.unwrap();
    }
}

/// Noon of a day in the city.
pub fn noon(day: Day) -> Moment {
    day.start(OFFSET) + Duration::from_secs(12 * 3_600)
}

/// The machine's time and what the story has added to it, as long as anybody listens.
async fn tick(clock: Clock, added: Arc<AtomicI64>) {
    while Arc::strong_count(&added) > 1 {
        clock.set(Moment(Clock::system().now().0 + added.load(Ordering::Acquire)));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Waits until it is as it shall be; says the last state when it never is.
async fn until<T: std::fmt::Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    is_so: impl Fn(&T) -> bool,
) -> T {
    let mut last = None;
    for _ in 0..1_200 {
        let state = look().await;
        if is_so(&state) {
            return state;
        }
        last = Some(state);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never {what}: {last:#?}");
}
