//! A complaint about a unit: residents brought it by their community's own system, the office finds, and
//! the community has the word.

use std::path::Path;

use proto::{
    case::Complaint,
    whistle::{RaiseWhistleRequest, whistle_service_client::WhistleServiceClient},
};

use crate::{
    acts::{does, opens, stands},
    browser::Window,
    city::{City, GRID},
    people::{another, line, photograph},
};

/// The pages have no form for it: it comes from a system of the community.
async fn complain(data: &Path) -> String {
    let line = line(data, GRID.party, &["gateway"]);
    let request = RaiseWhistleRequest {
        command: another(GRID.name),
        issue_type: "conduct".into(),
        grid: "WS-KH-001".into(),
        description: "工作人员推诿，让居民自行处理".into(),
        evidence: vec![photograph(&line, "a letter").await],
        complaint: Some(Complaint { about: "housing".into(), ..Complaint::default() }),
        ..RaiseWhistleRequest::default()
    };
    let raised = WhistleServiceClient::new(line).raise_whistle(request).await.unwrap();
    raised.into_inner().case_id
}

pub async fn walk(city: &City, grid: &Window, office: &Window) {
    let id = complain(Path::new(city.data())).await;
    let page = format!("/cases/{id}");
    office.go_to(&page).await;
    office.come("[data-act=open-find]").await;
    opens(office, "find", "随后由社区表态").await;
    office.click("#form-find input[value=no]").await;
    office.write("#find-text", "录音显示工作人员已当场登记").await;
    office.is_accessible().await;
    office.picture("find-zh").await;
    does(office, "find", "已记录结论").await;
    stands(office, "ComplaintFound", "录音显示").await;

    grid.go_to(&page).await;
    grid.come("[data-act=open-confirm]").await;
    opens(grid, "confirm", "案件将办结").await;
    does(grid, "confirm", "已确认").await;
    grid.until("#facts", "已办结").await;
    grid.is_accessible().await;
}
