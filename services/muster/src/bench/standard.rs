//! The standard case: street vending, two units, nobody late.
//!
//! The community whistles with two pictures and calls the lead and one cooperating unit. Each
//! accepts, arrives and disposes with a picture, at moments of its own; when both are done the lead
//! declares; the community confirms and rates. Every step is taken after a pause that follows from
//! the seed, so that facts come one by one as they would.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context;
use domain::id::CaseId;
use proto::{
    unit::{Task, TaskState},
    whistle::{CaseStage, RaiseWhistleRequest},
};
use tokio::task::JoinSet;

use super::crew::{CALLED, Crew, News, Seat, now_ms};
use crate::demo::{parties::Caller, photo::picture};

/// How long one case may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// From the moment at which the whistle is sent, milliseconds, one for each called unit.
#[derive(Clone, Debug, Default)]
pub struct Delays {
    /// To the unit's mailbox: the moment at which the bus has taken the call for the unit.
    pub mailbox: Vec<f64>,
    /// To the unit's own system: its service has the call on disk and has shown it.
    pub desk: Vec<f64>,
}

impl Delays {
    /// Adds others.
    pub fn extend(&mut self, others: Delays) {
        self.mailbox.extend(others.mailbox);
        self.desk.extend(others.desk);
    }
}

/// A case that was played.
pub struct Played {
    /// Its number.
    pub case_id: CaseId,
    /// How long the calls took.
    pub delays: Delays,
}

/// A case whose whistle is blown.
struct Blown {
    seat: Seat,
    caller: Caller,
    case_id: CaseId,
    sent_ms: f64,
    delays: Delays,
}

impl Crew {
    /// Plays a standard case to its end.
    pub async fn whole(&self, number: u64) -> anyhow::Result<Played> {
        let mut blown = self.blow(number).await?;
        let mut turns = Turns::default();
        let played = tokio::time::timeout(PATIENCE, self.play(&mut blown, &mut turns)).await;
        let Blown { case_id, delays, .. } = blown;
        let late = || format!("case {case_id} goes on too long: {:?}", turns.seen);
        played.with_context(late)?.with_context(|| format!("case {case_id}"))?;
        Ok(Played { case_id, delays })
    }

    async fn play(&self, blown: &mut Blown, turns: &mut Turns) -> anyhow::Result<()> {
        let mut acts = JoinSet::new();
        loop {
            tokio::select! {
                news = blown.seat.news.recv() => {
                    let news = news.context("nobody watches any more")?;
                    if self.hear(blown, news, turns, &mut acts) {
                        return Ok(());
                    }
                }
                Some(done) = acts.join_next() => done??,
            }
        }
    }

    /// Blows the whistle of a case that is left open, and waits until both units are called.
    pub async fn leave_open(&self, number: u64) -> anyhow::Result<Delays> {
        let mut blown = self.blow(number).await?;
        let called = async {
            while blown.delays.desk.len() < CALLED.len() {
                let news = blown.seat.news.recv().await.context("nobody watches any more")?;
                if let News::Task { task, seen_ms, .. } = news
                    && task.state() == TaskState::Called
                {
                    blown.called(&task, seen_ms);
                }
            }
            anyhow::Ok(())
        };
        let late = "not both units of a case were called";
        tokio::time::timeout(PATIENCE, called).await.context(late)??;
        Ok(blown.delays)
    }

    async fn blow(&self, number: u64) -> anyhow::Result<Blown> {
        let seat = self.seat(format!("Stalls before the market gate, {number}"));
        let (grid, mut caller) = self.caller(number);
        let pictures = ["gate", "stalls"].map(|what| picture("photo", &format!("{number}/{what}")));
        let whistle = RaiseWhistleRequest {
            issue_type: "street_vending".to_owned(),
            grid: grid.to_string(),
            description: seat.text.clone(),
            called_units: CALLED.map(str::to_owned).to_vec(),
            evidence: caller.bring(&pictures).await?,
            ..RaiseWhistleRequest::default()
        };
        let sent_ms = now_ms();
        let case_id = caller.blow(&format!("raise/{number}"), whistle).await?.parse()?;
        Ok(Blown { seat, caller, case_id, sent_ms, delays: Delays::default() })
    }

    /// Has done what follows from a piece of news; says whether the case is closed.
    fn hear(
        &self,
        blown: &mut Blown,
        news: News,
        turns: &mut Turns,
        acts: &mut JoinSet<anyhow::Result<()>>,
    ) -> bool {
        match news {
            News::Task { unit, task, seen_ms } if turns.is_new(unit, task.state()) => {
                if task.state() == TaskState::Called {
                    blown.called(&task, seen_ms);
                }
                if let Some((unit, task)) = turns.next(unit, *task) {
                    let mut department = self.department(unit);
                    let pause = self.pause(&format!("{}/{unit}/{}", blown.seat.text, task.state));
                    acts.spawn(async move {
                        tokio::time::sleep(pause).await;
                        department.act(&task).await
                    });
                }
                false
            }
            News::Task { .. } => false,
            News::Case(case) if case.stage() == CaseStage::Closed => true,
            News::Case(case) => {
                if !std::mem::replace(&mut turns.is_confirmed, true) {
                    let mut caller = blown.caller.clone();
                    let pause = self.pause(&format!("{}/confirm", blown.seat.text));
                    acts.spawn(async move {
                        tokio::time::sleep(pause).await;
                        caller.confirm(&case).await
                    });
                }
                false
            }
        }
    }
}

impl Blown {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of this century fit")]
    fn called(&mut self, task: &Task, seen_ms: f64) {
        self.delays.mailbox.push((task.called_at_ms as f64 - self.sent_ms).max(0.0));
        self.delays.desk.push((seen_ms - self.sent_ms).max(0.0));
    }
}

/// Whose turn it is.
#[derive(Default)]
struct Turns {
    seen: BTreeSet<(usize, i32)>,
    disposed: Vec<(usize, Task)>,
    is_confirmed: bool,
}

impl Turns {
    fn is_new(&mut self, unit: usize, state: TaskState) -> bool {
        self.seen.insert((unit, state.into()))
    }

    /// The task whose next step is to be taken, and by which unit.
    fn next(&mut self, unit: usize, task: Task) -> Option<(usize, Task)> {
        match task.state() {
            TaskState::Called | TaskState::Accepted | TaskState::Arrived => Some((unit, task)),
            TaskState::Disposed => {
                self.disposed.push((unit, task));
                if self.disposed.len() < CALLED.len() {
                    return None;
                }
                let leads =
                    |(_, task): &(usize, Task)| task.call.as_ref().is_some_and(|call| call.is_lead);
                self.disposed.iter().find(|one| leads(one)).cloned()
            }
            _ => None,
        }
    }
}
