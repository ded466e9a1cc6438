//! The people of the standard cases: two departments' systems and the communities, each with its
//! own certificate. They watch their own desk or ledger, and nothing else.
//!
//! A whistle says its number in its text; by it everybody knows which case a change is about, even
//! before the answer to the whistle is there. What is about no case that somebody plays is passed
//! over: cases that are left open stay open.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use domain::{
    id::GridId,
    party::{Kind, Party},
};
use proto::{
    unit::Task,
    whistle::{Case, CaseStage, WatchCasesResponse},
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    cli,
    demo::parties::{Caller, Department},
    system::System,
};

/// The units that are called; the first one leads.
pub const CALLED: [&str; 2] = ["enforcement", "market_regulation"];
/// How much about one case may wait to be heard.
const NEWS: usize = 64;

/// What has happened to a case, as its people see it.
pub enum News {
    /// A unit's task has changed.
    Task {
        /// Which of the called units.
        unit: usize,
        /// The task.
        task: Box<Task>,
        /// When its system saw it, Unix milliseconds.
        seen_ms: f64,
    },
    /// The community has the word, or the case is closed.
    Case(Box<Case>),
}

/// Everybody, ready to act.
pub struct Crew {
    departments: Vec<Department>,
    callers: Vec<(GridId, Caller)>,
    board: Arc<Board>,
    seed: u64,
    pause: Duration,
}

/// Who plays which case.
#[derive(Default)]
struct Board(Mutex<HashMap<String, mpsc::Sender<News>>>);

impl Board {
    fn enter(&self, text: &str) -> mpsc::Receiver<News> {
        let (sender, news) = mpsc::channel(NEWS);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned(), sender);
        news
    }

    fn leave(&self, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(text);
    }

    async fn tell(&self, text: &str, news: News) {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(player) = found {
            // Whoever has ended does not listen any more.
            let _ended = player.send(news).await;
        }
    }
}

/// A place on the board; left when it is dropped.
pub struct Seat {
    /// What the whistle says.
    pub text: String,
    /// What happens to its case.
    pub news: mpsc::Receiver<News>,
    board: Arc<Board>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.board.leave(&self.text);
    }
}

impl Crew {
    /// Everybody begins to watch.
    pub async fn start(
        system: &System,
        asked: &cli::Case,
        watchers: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<Crew> {
        let board = Arc::new(Board::default());
        let mut departments = Vec::new();
        for (unit, name) in CALLED.into_iter().enumerate() {
            let line = system.unit_line(&Party::new(Kind::Unit, name)?)?;
            let department = Department::new(name, line);
            watchers.spawn(desk(unit, department.clone(), Arc::clone(&board)));
            departments.push(department);
        }
        let mut communities = BTreeMap::new();
        let mut callers = Vec::new();
        for cell in system.city().grid.values() {
            let party = Party::new(Kind::Community, cell.community.as_str())?;
            if !communities.contains_key(&party) {
                let caller = Caller::new("li.na", system.gateway_line(&party)?);
                watchers.spawn(ledger(caller.clone(), Arc::clone(&board)));
                communities.insert(party.clone(), caller);
            }
            callers.push((cell.id.clone(), communities[&party].clone()));
        }
        anyhow::ensure!(!callers.is_empty(), "the grid has no cell");
        let pause = Duration::from_millis(asked.pause_ms);
        Ok(Crew { departments, callers, board, seed: asked.seed, pause })
    }

    /// Begins to listen for the case of the whistle with this text.
    pub fn seat(&self, text: String) -> Seat {
        let news = self.board.enter(&text);
        Seat { text, news, board: Arc::clone(&self.board) }
    }

    /// The cell of a whistle, and who blows it.
    pub fn caller(&self, number: u64) -> (GridId, Caller) {
        let at = usize::try_from(number).unwrap_or_default() % self.callers.len();
        self.callers[at].clone()
    }

    /// One of the called units' systems.
    pub fn department(&self, unit: usize) -> Department {
        self.departments[unit].clone()
    }

    /// How long somebody takes before an act: between half the pause and one and a half, the same
    /// for the same seed whatever else happens.
    pub fn pause(&self, act: &str) -> Duration {
        let hash = Sha256::digest(format!("{}\0{act}", self.seed));
        let part = u16::from_be_bytes([hash[0], hash[1]]);
        self.pause.mul_f64(0.5 + f64::from(part) / f64::from(u16::MAX))
    }
}

/// Unix milliseconds with their fraction.
pub fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1_000.0
}

async fn desk(unit: usize, mut department: Department, board: Arc<Board>) -> anyhow::Result<()> {
    let mut changes = department.watch().await?;
    while let Some(change) = changes.message().await? {
        let (Some(task), seen_ms) = (change.task, now_ms()) else { continue };
        let text = task.call.as_ref().map(|call| call.description.clone()).unwrap_or_default();
        board.tell(&text, News::Task { unit, task: Box::new(task), seen_ms }).await;
    }
    Ok(())
}

async fn ledger(mut caller: Caller, board: Arc<Board>) -> anyhow::Result<()> {
    let mut changes = caller.watch("", 0).await?;
    while let Some(WatchCasesResponse { case, .. }) = changes.message().await? {
        let Some(case) = case else { continue };
        if matches!(case.stage(), CaseStage::Confirming | CaseStage::Closed) {
            board.tell(&case.description.clone(), News::Case(Box::new(case))).await;
        }
    }
    Ok(())
}
