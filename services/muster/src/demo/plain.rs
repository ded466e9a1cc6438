//! One case in detail: street vending at a market gate, the Flow of story S1.
//!
//! The community calls the lead and only market regulation of the four cooperating units; each
//! reports, arrives, disposes with a photograph; the lead declares; the community confirms and
//! rates. Whoever was not called has heard nothing (无事不扰).

use domain::party::{Kind, Party};
use proto::{
    unit::TaskState,
    whistle::{Case, CaseStage, HistoryEntry, RaiseWhistleRequest, WatchCasesResponse},
};
use serde_json::json;
use tonic::Streaming;

use super::{
    parties::{Caller, Department},
    photo::{Piece, picture},
    words,
};
use crate::{output::Output, system::System};

const ISSUE: &str = "street_vending";
const CALLED: [&str; 2] = ["enforcement", "market_regulation"];

/// Plays it; answers where the ledger is at its end.
pub async fn play(system: &System, output: &Output) -> anyhow::Result<u64> {
    let city = system.city();
    let Some(cell) = city.grid.values().next() else { anyhow::bail!("the grid has no cell") };
    let community = Party::new(Kind::Community, cell.community.as_str())?;
    let mut caller = Caller::new("li.na", system.gateway_line(&community)?);
    output.tell("\nStreet vending at a market gate 占道经营");
    let pictures = [picture("photo", "the gate"), picture("photo", "the stalls")];
    let whistle = RaiseWhistleRequest {
        issue_type: ISSUE.to_owned(),
        grid: cell.id.to_string(),
        description: "Stalls stand on the pavement before the market gate.".to_owned(),
        called_units: CALLED.map(str::to_owned).to_vec(),
        ..RaiseWhistleRequest::default()
    };
    let case_id = caller.raise(whistle.clone(), &pictures).await?;
    output.say(
        format!("The whistle is taken: case {case_id}."),
        "whistle_raised",
        json!({ "case_id": case_id, "issue_type": ISSUE }),
    );
    repeat(output, &mut caller, whistle, &pictures, &case_id).await?;
    let changes = caller.watch(&case_id, 0).await?;
    let departments = departments(system, &case_id);
    let told = tell(system, output, caller, changes);
    let ((closed, place), ()) = tokio::try_join!(told, departments)?;
    check(&closed)?;
    Ok(place)
}

/// A line may break before the answer comes: whoever asks again under the same id is not heard
/// twice.
async fn repeat(
    output: &Output,
    caller: &mut Caller,
    whistle: RaiseWhistleRequest,
    pictures: &[Piece],
    case_id: &str,
) -> anyhow::Result<()> {
    let again = caller.raise(whistle, pictures).await?;
    anyhow::ensure!(again == case_id, "{case_id} was raised, its repeat became {again}");
    output.say(
        format!("The caller asks again, as if it had heard nothing: still case {again}."),
        "whistle_repeated",
        json!({ "case_id": again }),
    );
    Ok(())
}

/// The two departments at work, each step after the other, in an order that people can follow.
async fn departments(system: &System, case_id: &str) -> anyhow::Result<()> {
    let mut systems = Vec::new();
    for unit in CALLED {
        let line = system.unit_line(&Party::new(Kind::Unit, unit)?)?;
        systems.push(Department::new(unit, line));
    }
    for state in [TaskState::Called, TaskState::Accepted, TaskState::Arrived] {
        for department in &mut systems {
            department.step(case_id, state).await?;
        }
    }
    systems[0].step(case_id, TaskState::Disposed).await
}

/// Tells each step as the ledger has it, and answers for the community when it has the word.
async fn tell(
    system: &System,
    output: &Output,
    mut caller: Caller,
    mut changes: Streaming<WatchCasesResponse>,
) -> anyhow::Result<(Case, u64)> {
    let mut is_asked = false;
    while let Some(WatchCasesResponse { entry, case, place }) = changes.message().await? {
        let (Some(entry), Some(case)) = (entry, case) else { continue };
        say(system, output, &entry, &case);
        match case.stage() {
            CaseStage::Confirming if !is_asked => {
                is_asked = true;
                caller.confirm(&case).await?;
            }
            CaseStage::Closed => return Ok((case, place)),
            _ => {}
        }
    }
    anyhow::bail!("the ledger ended before the case did")
}

fn say(system: &System, output: &Output, entry: &HistoryEntry, case: &Case) {
    let city = system.city();
    let at = words::clock(city, entry.at_ms);
    let mut text = format!("  {at} {}", entry.text);
    for line in words::owed(city, case) {
        text += "\n";
        text += &line;
    }
    let owed = case.owed.iter().map(|owed| {
        json!({ "party": owed.party, "duty": owed.duty().as_str_name(), "due_at_ms": owed.due_at_ms })
    });
    let object = json!({
        "case_id": entry.case_id, "type": entry.r#type, "source": entry.source,
        "actor": entry.actor, "recipient": entry.recipient, "at_ms": entry.at_ms,
        "stage": words::stage(case.stage()), "owner": case.owner, "text": entry.text,
        "owed": owed.collect::<Vec<_>>(),
    });
    output.say(text, "step", object);
}

/// What S1 asserts of this case.
fn check(case: &Case) -> anyhow::Result<()> {
    let mut units: Vec<&str> = case.parts.iter().map(|part| part.unit.as_str()).collect();
    units.sort_unstable();
    anyhow::ensure!(units == CALLED, "only {CALLED:?} were called, the case has {units:?}");
    anyhow::ensure!(case.parts.iter().all(|part| part.stars == 5), "every unit is rated");
    Ok(())
}
