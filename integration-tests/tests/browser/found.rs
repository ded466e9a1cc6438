//! A complaint about a unit: the community complains on the page of the case in which it happened, the
//! office finds, and the community has the word.

use crate::{
    acts::{does, opens, stands},
    browser::Window,
    city::City,
};

/// Complains, with a hand that clicks twice; the number of the complaint.
async fn complains(city: &City, grid: &Window, about: &str) -> String {
    grid.go_to(&format!("/cases/{about}")).await;
    opens(grid, "complain", "投诉另立一案").await;
    // Nothing is complained about: it says so, and what was typed is there.
    grid.write("#complain-text", " ").await;
    grid.choose("#complain-about", "public_security").await;
    does(grid, "complain", "没有写明内容，请填写").await;
    grid.is_accessible().await;
    grid.picture("complain-zh-phone").await;
    grid.write("#complain-text", "工作人员推诿，让居民自行处理").await;
    grid.attach("#complain-photos", &city.photograph("a letter")).await;
    grid.click_twice("[data-act=complain]").await;
    grid.until("#notice", "投诉已受理").await;
    grid.until("#about", "市公安局").await;
    grid.until("#finding", "尚未作出结论").await;
    grid.is_accessible().await;
    let id = grid.path().await.trim_start_matches("/cases/").to_owned();
    grid.click("#about-case a").await;
    grid.until("#complaints", &id).await;
    assert_eq!(grid.count("#complaints a").await, 1, "one complaint, however often it is clicked");
    id
}

/// `about` is the case in which it happened.
pub async fn walk(city: &City, grid: &Window, office: &Window, about: &str) {
    let id = complains(city, grid, about).await;
    let page = format!("/cases/{id}");
    office.go_to(&format!("/cases/{about}")).await;
    office.click(&format!("#complaints a[href='{page}']")).await;
    office.come("[data-act=open-find]").await;
    opens(office, "find", "随后由社区表态").await;
    office.click("#form-find input[value=no]").await;
    office.write("#find-text", "录音显示工作人员已当场登记").await;
    office.is_accessible().await;
    office.picture("find-zh").await;
    does(office, "find", "已记录结论").await;
    stands(office, "ComplaintFound", "录音显示").await;

    grid.go_to(&page).await;
    grid.until("#finding", "投诉不属实").await;
    grid.come("[data-act=open-confirm]").await;
    opens(grid, "confirm", "案件将办结").await;
    does(grid, "confirm", "已确认").await;
    grid.until("#facts", "已办结").await;
    grid.is_accessible().await;
}
