//! One case of each issue type, several at a time, so that the routing is seen to differ.
//!
//! Every unit's system works by itself, as it is called. Whoever has to name a lead does so; each
//! community confirms what it whistled. Who led what is told at the end.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    pack::{Cell, City, EvidenceRule, IssueType, Step},
    party::{Kind, Party},
};
use proto::whistle::{Case, CaseStage, RaiseWhistleRequest, WatchCasesResponse};
use serde_json::json;
use tokio::{sync::mpsc, task::JoinSet};

use super::{
    parties::{Caller, Department},
    photo::{Piece, picture},
    words,
};
use crate::{output::Output, system::System};

/// How many cases are open at once: the development server of Temporal writes about a hundred
/// times a second, and limits of seconds leave no time to queue.
const WINDOW: usize = 10;

/// Plays it, after a place of the ledger; answers how many cases there were.
pub async fn play(system: &System, output: &Output, after: u64) -> anyhow::Result<u64> {
    let city = system.city();
    let mut others = JoinSet::new();
    for unit in city.hosted_units() {
        let line = system.unit_line(&Party::unit(&unit.id))?;
        others.spawn(Department::new(unit.id.as_str(), line).work());
    }
    let (closed, mut closings) = mpsc::channel(64);
    for party in parties(city)? {
        let caller = Caller::new("on.duty", system.gateway_line(&party)?);
        others.spawn(answer(party, caller, after, closed.clone()));
    }
    // A complaint is about a unit, and is no matter of the street.
    let matters = city.issues.iter().filter(|(id, _)| **id != city.complaint);
    let matters: Vec<_> = matters.map(|(_, issue)| issue).collect();
    let all = matters.len();
    output.tell(format!("\nOne whistle for each of {all} issue types, {WINDOW} at a time"));
    // The first cell's whistle for street vending was blown already: begin with the second.
    let mut whistles = matters.into_iter().zip(city.grid.values().cycle().skip(1));
    let (mut open, mut done) = (BTreeSet::new(), 0);
    let mut leads = BTreeMap::<String, u64>::new();
    while done < all {
        while open.len() < WINDOW
            && let Some((issue, cell)) = whistles.next()
        {
            open.insert(raise(system, issue, cell).await?);
        }
        tokio::select! {
            Some(case) = closings.recv() => {
                if open.remove(&case.case_id) {
                    done += 1;
                    tell(city, output, &case, done, all);
                    *leads.entry(case.owner).or_default() += 1;
                }
            }
            Some(ended) = others.join_next() => ended??,
        }
    }
    output.tell("\nWho led");
    for (owner, count) in &leads {
        output.tell(format!("  {count:>3}  {}", words::party(city, owner)));
    }
    Ok(all as u64)
}

/// Everybody who answers at the gateway: the communities, the office, the city government.
fn parties(city: &City) -> anyhow::Result<Vec<Party>> {
    let mut parties = Vec::new();
    for community in city.communities.keys() {
        parties.push(Party::new(Kind::Community, community.as_str())?);
    }
    for office in [&city.coordinator, &city.government] {
        parties.push(Party::new(Kind::Office, office.as_str())?);
    }
    Ok(parties)
}

async fn raise(system: &System, issue: &IssueType, cell: &Cell) -> anyhow::Result<String> {
    let party = Party::new(Kind::Community, cell.community.as_str())?;
    let mut caller = Caller::new("wang.wei", system.gateway_line(&party)?);
    let whistle = RaiseWhistleRequest {
        issue_type: issue.id.to_string(),
        grid: cell.id.to_string(),
        description: format!("{} {}", issue.zh, issue.en),
        ..RaiseWhistleRequest::default()
    };
    let rules = system.city().evidence(&issue.id, Step::Whistle);
    caller.raise(whistle, &pieces(&rules, issue.id.as_str())).await
}

fn pieces(rules: &[EvidenceRule], name: &str) -> Vec<Piece> {
    let of_rule = |rule: &EvidenceRule| {
        let kind = rule.kind.word();
        (0..rule.count).map(move |at| picture(kind, &format!("{name}/{kind}/{at}")))
    };
    rules.iter().flat_map(of_rule).collect()
}

/// Answers for one party whatever waits for its word, and passes on what is closed.
async fn answer(
    party: Party,
    mut caller: Caller,
    after: u64,
    closed: mpsc::Sender<Case>,
) -> anyhow::Result<()> {
    let mut changes = caller.watch("", after).await?;
    let mut answered = BTreeSet::new();
    while let Some(WatchCasesResponse { case, .. }) = changes.message().await? {
        let Some(case) = case else { continue };
        let turn = (case.case_id.clone(), case.round, case.stage);
        let is_ours = match case.stage() {
            CaseStage::Assigning => case.owner == party.to_string(),
            CaseStage::Confirming | CaseStage::Closed => party.kind == Kind::Community,
            _ => false,
        };
        if !is_ours || !answered.insert(turn) {
            continue;
        }
        match case.stage() {
            CaseStage::Assigning => caller.assign(&case).await?,
            CaseStage::Confirming => caller.confirm(&case).await?,
            // Nobody listens any more when the last case is closed.
            _ if closed.send(case).await.is_err() => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

fn tell(city: &City, output: &Output, case: &Case, done: usize, all: usize) {
    let kind = city.issues.iter().find(|(id, _)| id.as_str() == case.issue_type);
    let name = kind.map_or(case.issue_type.as_str(), |(_, kind)| kind.zh.as_str());
    let owner = words::party(city, &case.owner);
    let units = case.parts.len();
    let text = format!("  {done:>3}/{all} closed: {name}, led by {owner}, {units} units");
    let object = json!({
        "case_id": case.case_id, "issue_type": case.issue_type, "lead": case.owner,
        "units": case.parts.iter().map(|part| part.unit.as_str()).collect::<Vec<_>>(),
        "outcome": case.outcome().as_str_name(),
    });
    output.say(text, "case_closed", object);
}
