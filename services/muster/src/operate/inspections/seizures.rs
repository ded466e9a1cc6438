//! `muster seizures …`: the register of seized vehicles.

use std::process::ExitCode;

use kit::clock::Clock;
use proto::{
    inspection_wire::{
        EndSeizureRequest, GetSeizureRequest, ListSeizuresRequest, SeizeVehicleRequest, Seizure,
        SeizureEnd, seize_vehicle_request::About, vehicle_seized,
    },
    page::Page,
};
use serde_json::json;

use super::{PAGE, door, is_done, named};
use crate::{
    cli::inspections::{End, Ends, Seize, Seized, Seizures, ShowSeizure},
    operate::{
        moment::shown,
        table::Table,
        way::{System, command, gateway_refused},
    },
    output::Output,
};

/// `muster seizures`
pub async fn run(asked: Seizures) -> anyhow::Result<ExitCode> {
    match asked {
        Seizures::List(asked) => list(&asked).await,
        Seizures::Show(asked) => show(&asked).await,
        Seizures::Seize(asked) => seize(&asked).await,
        Seizures::End(asked) => end(&asked).await,
    }
    .map(|()| ExitCode::SUCCESS)
}

async fn list(asked: &Seized) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListSeizuresRequest { page: Some(Page { size: PAGE, token }) };
        let page = door.list_seizures(request).await.map_err(|no| gateway_refused(&no))?;
        let page = page.into_inner();
        found.extend(page.seizures);
        token = page.next_token;
        if token.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        output.tell("nothing was ever seized");
    }
    print(&found, output);
    Ok(())
}

async fn show(asked: &ShowSeizure) -> anyhow::Result<()> {
    let (mut door, output) = door(&asked.way)?;
    let request = GetSeizureRequest { seizure: asked.seizure.clone() };
    let found = door.get_seizure(request).await.map_err(|no| gateway_refused(&no))?;
    print(&found.into_inner().seizure.into_iter().collect::<Vec<_>>(), output);
    Ok(())
}

async fn seize(asked: &Seize) -> anyhow::Result<()> {
    let named = json!({ "vehicle": asked.vehicle });
    if !is_done(&asked.act, &format!("seize {}", asked.vehicle), named) {
        return Ok(());
    }
    let way = &asked.act.way;
    let (system, output) = (System::find(way)?, Output::new(way.output));
    let inspection = asked.inspection.clone().map(About::InspectionId);
    let request = SeizeVehicleRequest {
        command: command(&asked.act.word),
        object: asked.object.clone().unwrap_or_default(),
        vehicle: asked.vehicle.clone(),
        kind: asked.kind.clone(),
        place: asked.place.clone(),
        at_ms: Clock::system().now().0,
        reason: asked.reason.clone(),
        about: inspection.or(asked.case.clone().map(About::CaseId)),
    };
    let answer = system.findings()?.seize_vehicle(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    print(&answer.seizure.into_iter().collect::<Vec<_>>(), output);
    Ok(())
}

async fn end(asked: &End) -> anyhow::Result<()> {
    let named = json!({ "seizure": asked.seizure });
    if !is_done(&asked.act, &format!("end the seizure {}", asked.seizure), named) {
        return Ok(());
    }
    let way = &asked.act.way;
    let (system, output) = (System::find(way)?, Output::new(way.output));
    let end = match asked.end {
        Ends::Released => SeizureEnd::Released,
        Ends::Disposed => SeizureEnd::Disposed,
    };
    let request = EndSeizureRequest {
        command: command(&asked.act.word),
        seizure: asked.seizure.clone(),
        end: end.into(),
        reason: asked.reason.clone(),
    };
    let answer = system.findings()?.end_seizure(request).await;
    let answer = answer.map_err(|no| system.desk_refused(&no))?.into_inner();
    print(&answer.seizure.into_iter().collect::<Vec<_>>(), output);
    Ok(())
}

fn print(seizures: &[Seizure], output: Output) {
    let mut table = Table::of(&["SEIZURE", "VEHICLE", "KIND", "OBJECT", "SINCE", "STATE", "WHY"]);
    for one in seizures {
        let seized = one.seized.clone().unwrap_or_default();
        let about = match &seized.about {
            Some(vehicle_seized::About::InspectionId(id) | vehicle_seized::About::CaseId(id)) => id,
            None => "",
        };
        let state = match one.end() {
            SeizureEnd::Unspecified => "kept",
            SeizureEnd::Released => "released",
            SeizureEnd::Disposed => "disposed",
        };
        let why = if state == "kept" { &seized.reason } else { &one.ended_reason };
        output.object(
            "seizure",
            json!({
                "seizure": seized.seizure, "vehicle": seized.vehicle, "kind": seized.kind,
                "object_shown": named(&one.object), "vehicle_shown": named(&seized.vehicle),
                "object": one.object, "place": seized.place, "at_ms": seized.at_ms,
                "about": about, "state": state, "reason": seized.reason,
                "ended_at_ms": one.ended_at_ms, "ended_reason": one.ended_reason,
            }),
        );
        let (since, state) = (shown(seized.at_ms), state.to_owned());
        let (id, vehicle, kind) =
            (seized.seizure.clone(), named(&seized.vehicle), seized.kind.clone());
        table.row(vec![id, vehicle, kind, named(&one.object), since, state, why.clone()]);
    }
    table.lines().iter().for_each(|line| output.tell(line));
}
