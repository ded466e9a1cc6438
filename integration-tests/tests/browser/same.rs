//! The same matter or another one: three cases of one kind in one cell; a person says of the last that it
//! is another matter than the first, and the same as the second.

use crate::{
    acts::{does, opens, stands},
    browser::Window,
    city::City,
};

const ISSUE: &str = "nonmotor_pedestrian";

pub async fn walk(city: &City, grid: &Window) {
    let first = city.whistle(grid, ISSUE, "西口行人翻越护栏").await;
    let second = city.whistle(grid, ISSUE, "东口电动车逆行").await;
    let last = city.whistle(grid, ISSUE, "东口电动车成群逆行").await;
    grid.until("#notice", "可能是同一事项").await;
    for other in [&first, &second] {
        grid.until("#proposed", other).await;
    }
    grid.is_accessible().await;
    grid.picture("case-proposed-zh").await;

    opens(grid, "apart", "不是同一事项").await;
    grid.click(&format!("#form-apart input[value='{first}']")).await;
    grid.write("#form-apart textarea", "西口与东口相距一公里").await;
    grid.is_accessible().await;
    does(grid, "apart", "已记录").await;
    stands(grid, "CaseToldApart", &first).await;
    grid.gone(&format!("#proposed a[href$='{first}']")).await;

    opens(grid, "merge", "由另一案继续办理并承接举报").await;
    grid.click(&format!("#form-merge input[value='{second}']")).await;
    does(grid, "merge", "已并案").await;
    stands(grid, "CaseMerged", &second).await;
    grid.until("#facts", "已办结 · 已并案").await;
    grid.is_accessible().await;
    grid.picture("case-merged-zh").await;
    grid.go_to(&format!("/cases/{second}")).await;
    assert!(!grid.has(&format!("#proposed a[href$='{last}']")).await, "nobody asks any more");
}
