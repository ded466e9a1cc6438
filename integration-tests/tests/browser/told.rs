//! Who was told of a case by SMS: one of them has it, and for another nobody has put down an address.

use proto::notification::NotificationState;

use crate::browser::Window;

/// The row of the one who has an address: the liaison of the police for the community.
pub const LIAISON: &str = "person/p-204,sms,13987654321";

/// On the page of the case there is one of each, with what came of it, and never a number.
pub async fn is_seen(window: &Window, [delivered, failed]: [NotificationState; 2]) {
    let row = |state: NotificationState| format!("#told-list [data-state={}]", state.as_str_name());
    window.come(&row(delivered)).await;
    window.come(&row(failed)).await;
    window.until(&row(delivered), "联络员").await;
    window.until(&row(delivered), "已送达").await;
    window.until(&row(failed), "值班").await;
    window.until(&row(failed), "没有登记通知地址").await;
    let page = window.text("#told-list").await;
    assert!(page.contains("21") && !page.contains("13987654321"), "{page}");
    window.is_accessible().await;
    window.picture("case-told-zh").await;
}
