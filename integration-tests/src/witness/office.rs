//! The coordinating office: counts the ledger again and again. Raised = closed + open with an owner.

use std::time::Duration;

use kit::client::Channel;
use proto::{
    page::Page,
    whistle::{Case, CaseStage, ListCasesRequest, whistle_service_client::WhistleServiceClient},
};
use tonic::Status;

use crate::{
    line::answered,
    notes::{Note, Notes},
};

async fn all(line: &Channel) -> Result<Vec<Case>, Status> {
    let (mut cases, mut token) = (Vec::new(), String::new());
    loop {
        let page = Some(Page { size: 500, token });
        let request = ListCasesRequest { page, ..ListCasesRequest::default() };
        let listed = WhistleServiceClient::new(line.clone()).list_cases(request).await?;
        let listed = listed.into_inner();
        cases.extend(listed.cases);
        token = listed.next_token;
        if token.is_empty() {
            return Ok(cases);
        }
    }
}

fn ownerless(cases: &[Case]) -> usize {
    let open = cases.iter().filter(|case| case.stage() != CaseStage::Closed);
    open.filter(|case| case.owner.is_empty()).count()
}

/// Counts until the witness ends.
pub async fn count(line: Channel, notes: Notes) {
    loop {
        if let Ok(cases) = all(&line).await {
            let ownerless = ownerless(&cases) as u64;
            let note = Note::Counted { cases: cases.len() as u64, ownerless };
            notes.write(&note).expect("a note is kept");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Counts at the end: what was raised is there, once, and closed.
pub async fn once(line: &Channel, raised: u64) -> anyhow::Result<()> {
    let cases = answered(async || all(line).await).await?;
    let closed = cases.iter().filter(|case| case.stage() == CaseStage::Closed).count() as u64;
    let all = cases.len() as u64;
    anyhow::ensure!(all == raised, "{raised} whistles were blown and the ledger has {all}");
    anyhow::ensure!(closed == raised, "{raised} whistles were blown and {closed} are closed");
    Ok(())
}
