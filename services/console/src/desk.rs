//! The desk of the unit of who is signed in: its tasks by due moment, and what is done about each.
//!
//! The unit's own service is asked and told; it works while everything else is down. A page has 50
//! tasks, what is late first; above them are the disputes that wait for the unit's opinion (意见).
//! Nobody sees the desk of another unit: there is no address for it.

mod act;
mod asked;
mod dispute;
mod list;
pub(crate) mod order;
pub(crate) mod photo;
mod task;

use axum::{
    extract::{Path, Query},
    response::Response,
};
use domain::id::UnitId;
use futures::StreamExt as _;
use kit::client::Spoken;
use maud::html;
use proto::{
    page::Page,
    unit::{
        Dispute, GetTaskRequest, ListDisputesRequest, ListTasksRequest, Task, TaskState,
        WatchTasksRequest, unit_service_client::UnitServiceClient,
    },
};
use serde::Deserialize;

pub(crate) use self::act::act;
use crate::{
    asset, frame,
    live::{Changes, all, polled},
    names,
    query::lenient,
    trouble::Trouble,
    visit::Visit,
    words::desk as w,
};

/// The part of the list that changes.
const LIST: &str = "tasks";
/// The parts of the page of one task that change: what it is about, and what can be done now.
const TASK: &str = "task";
/// See [`TASK`].
const NEXT: &str = "next";
/// The parts of the list's page.
pub(crate) const PARTS: &[&str] = &[LIST];
/// The parts of a task's page.
pub(crate) const TASK_PARTS: &[&str] = &[TASK, NEXT];
/// How many tasks of one state are put in order at most.
const OF_STATE: u32 = 500;

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// `done`, or what is open.
    which: String,
    /// Which page, from 0.
    #[serde(deserialize_with = "lenient")]
    page: Option<usize>,
    /// In whose place, of a task that is not the unit's own.
    r#for: String,
}

impl Asked {
    fn is_done(&self) -> bool {
        self.which == "done"
    }
}

/// The unit of who is signed in, and the way to its desk.
pub(crate) fn own(visit: &Visit) -> Result<Option<(UnitId, Spoken)>, Trouble> {
    let Some(unit) = visit.party().as_unit() else { return Ok(None) };
    match visit.asking()?.unit(&unit)? {
        Some(line) => Ok(Some((unit, line))),
        None => Err(Trouble::invalid("NO_SERVICE", visit.say(w::NO_SERVICE))),
    }
}

/// The same, for who must have one.
fn desk(visit: &Visit) -> Result<(UnitId, UnitServiceClient<Spoken>), Trouble> {
    let no = || Trouble::invalid("NO_DESK", visit.say(w::NO_DESK));
    let (unit, line) = own(visit)?.ok_or_else(no)?;
    Ok((unit, UnitServiceClient::new(line)))
}

/// The list.
pub(crate) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let (unit, mut client) = desk(&visit)?;
    let (tasks, is_cut) = tasks(&mut client, asked.is_done()).await?;
    let list = list::body(&visit, &tasks, is_cut, &asked);
    let body = if asked.is_done() {
        list
    } else {
        let (waiting, more) = disputes(&mut client, "", true).await?;
        html! { (dispute::list(&visit, &waiting, more)) (list) }
    };
    if visit.is_part(LIST) {
        return Ok(visit.part(&body));
    }
    let name = names::unit(visit.console.city(), unit.as_str(), visit.lang);
    let page = html! {
        link rel="stylesheet" href=(asset::link("acts.css"));
        h1 { (visit.lang.fill(w::TASKS_OF, &[&name])) }
        (list::which(&visit, &asked))
        section { (frame::live(LIST, &body)) }
    };
    Ok(visit.page(visit.say(w::DESK), Some("of=desk"), &page))
}

/// The tasks of a desk in order, and whether there are more than were put in order.
async fn tasks(
    client: &mut UnitServiceClient<Spoken>,
    is_done: bool,
) -> Result<(Vec<Task>, bool), Trouble> {
    let (mut all, mut is_cut) = (Vec::new(), false);
    let states: &[TaskState] = if is_done { &order::DONE } else { &order::OPEN };
    for state in states {
        let page = Some(Page { size: OF_STATE, token: String::new() });
        let request = ListTasksRequest { state: (*state).into(), page };
        let answer = client.list_tasks(request).await?.into_inner();
        is_cut |= !answer.next_token.is_empty();
        all.extend(answer.tasks);
    }
    if is_done {
        order::by_change(&mut all)
    } else {
        order::by_due(&mut all)
    }
    Ok((all, is_cut))
}

/// Up to a page of disputes in which the unit is asked, and whether there are more: what waits for
/// its word, or that about one case.
async fn disputes(
    client: &mut UnitServiceClient<Spoken>,
    case_id: &str,
    is_waiting: bool,
) -> Result<(Vec<Dispute>, bool), Trouble> {
    let request = ListDisputesRequest { page: None, is_waiting, case_id: case_id.to_owned() };
    let answer = client.list_disputes(request).await?.into_inner();
    Ok((answer.disputes, !answer.next_token.is_empty()))
}

/// What a desk knows of a case: its task, or a dispute in which it is asked, or both.
struct Known {
    task: Option<Task>,
    dispute: Option<Dispute>,
}

impl Known {
    fn case_id(&self) -> &str {
        let of_task = self.task.as_ref().map(|task| task.case_id.as_str());
        let of_dispute = self.dispute.as_ref().map(|dispute| dispute.case_id.as_str());
        of_task.or(of_dispute).unwrap_or_default()
    }
}

async fn known(
    client: &mut UnitServiceClient<Spoken>,
    case_id: &str,
    in_place_of: &str,
) -> Result<Known, Trouble> {
    let request =
        GetTaskRequest { case_id: case_id.to_owned(), on_behalf_of: in_place_of.to_owned() };
    let found = client.get_task(request).await;
    // Nobody gives an opinion in another's place.
    let asked = match in_place_of {
        "" => disputes(client, case_id, false).await?.0.pop(),
        _ => None,
    };
    match (found, asked) {
        (Ok(answer), dispute) => Ok(Known { task: answer.into_inner().task, dispute }),
        (Err(no), Some(dispute)) if no.code() == tonic::Code::NotFound => {
            Ok(Known { task: None, dispute: Some(dispute) })
        }
        (Err(no), _) => Err(no.into()),
    }
}

/// One task.
pub(crate) async fn one(
    visit: Visit,
    Path(case_id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let (_, mut client) = desk(&visit)?;
    let in_place_of = asked.r#for;
    let known = known(&mut client, &case_id, &in_place_of).await?;
    let body = task::body(&visit, &known, &in_place_of);
    if visit.is_part(TASK) {
        return Ok(visit.part(&body));
    }
    let next = task::acts(&visit, &known, &in_place_of);
    if visit.is_part(NEXT) {
        return Ok(visit.part(&next));
    }
    let title = if known.task.is_some() { w::TASK } else { w::DISPUTE_OF };
    let title = visit.lang.fill(title, &[&case_id]);
    let page = html! {
        link rel="stylesheet" href=(asset::link("acts.css"));
        p { a href="/desk" data-act="desk" { (visit.say(w::BACK)) } }
        h1 { (title) }
        section { (frame::live(TASK, &body)) }
        (frame::live(NEXT, &next))
    };
    Ok(visit.page(&title, Some(&format!("of=task&id={case_id}")), &page))
}

/// Says that a part has changed whenever a task of the unit has, or that of one case.
pub(crate) async fn changes(
    visit: &Visit,
    case_id: &str,
    part: &'static str,
) -> Result<Changes, Trouble> {
    let (_, mut client) = desk(visit)?;
    let request = WatchTasksRequest { after_place: 0, only_new: true };
    let steps = client.watch_tasks(request).await?.into_inner();
    let steps = steps.take_while(|step| std::future::ready(step.is_ok()));
    let case_id = case_id.to_owned();
    let of_it = move |step: &Result<proto::unit::WatchTasksResponse, tonic::Status>| {
        let task = step.as_ref().ok().and_then(|step| step.task.as_ref());
        std::future::ready(case_id.is_empty() || task.is_some_and(|task| task.case_id == case_id))
    };
    Ok(Box::pin(steps.filter(of_it).map(move |_| part)))
}

/// Says that the list has changed whenever the unit is asked for its opinion, or no more.
fn asked(visit: &Visit) -> Result<Changes, Trouble> {
    let (_, client) = desk(visit)?;
    Ok(asked::changes(polled(LIST), move || {
        let mut client = client.clone();
        async move { disputes(&mut client, "", true).await.ok() }
    }))
}

/// The live parts of both pages.
pub(crate) async fn live(
    visit: &Visit,
    case_id: &str,
) -> Result<(&'static [&'static str], Changes), Trouble> {
    Ok(match case_id {
        "" => {
            let (tasks, asked) = (changes(visit, "", LIST).await?, asked(visit)?);
            (PARTS, asked::beside(tasks, asked))
        }
        case_id => (TASK_PARTS, all(changes(visit, case_id, TASK).await?, TASK_PARTS)),
    })
}
