//! What waits of the reports of another system, as an office sees it, and the form that settles it.

use serde_json::json;

use super::{Scene, browser::Browser};
use crate::json::door::Door;

const SYSTEM: &str = "ext_digital_cm";

/// The system brings a report that has no photograph.
async fn brings(scene: &Scene, number: &str, code: &str) {
    let said = json!({ "code": code, "place": "532601001", "description": "<b>dark</b>" });
    let party = format!("unit/{SYSTEM}");
    let door = Door::of(&scene.data, &party, &["worker"]);
    let report = json!({ "number": number, "said": said });
    let answer = door.must("muster.intake.v1.IntakeService/BringReport", &report).await;
    assert_eq!(answer["state"], "REPORT_STATE_WAITING", "{answer}");
}

fn address(act: &str) -> String {
    format!("/intake/{SYSTEM}/{act}")
}

/// Why the first report waits, as the page says it.
fn why(page: &str, head: &str) -> String {
    let after = page.split(&format!("<dt>{head}</dt>")).nth(1).unwrap_or_else(|| panic!("{page}"));
    after.trim_start().trim_start_matches("<dd>").split("</dd>").next().unwrap().to_owned()
}

/// Whether two words of a language with letters stand side by side.
fn is_english(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    words.windows(2).any(|pair| is_word(pair[0]) && is_word(pair[1]))
}

/// What the form of the first report says, with more.
async fn filled(browser: &mut Browser, act: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = browser.get("/intake").await.fields(&address(act));
    fields.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    fields
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_settles_what_waits_and_a_case_shows_both_numbers() {
    let scene = Scene::with(&format!("[intake.{SYSTEM}]\npush = true\n"));
    let mut office = scene.signed_in("zhou", "office/leading_group_office").await;
    let mut trainee = scene.signed_in("trainee-1", "office/leading_group_office").await;
    let mut community = scene.signed_in("li.na", "community/kaihua_dongfeng").await;
    brings(&scene, "12319-7", "E-9999").await;
    let page = office.get("/intake?lang=en").await.text;
    assert!(page.contains("UNKNOWN_CODE") && page.contains("&lt;b&gt;dark"), "{page}");
    assert!(page.contains("href=\"/intake\"") && !page.contains("<b>dark"), "{page}");
    let page = office.get("/intake?lang=zh").await.text;
    let zh = why(&page, "等候原因");
    assert!(page.contains("收件") && zh.contains("类别代码 &quot;E-9999&quot;"), "{zh}");
    assert!(!is_english(&zh), "{zh}");
    assert_eq!(community.get("/intake").await.status, 403);
    let way = community.get("/").await.text;
    assert!(!way.contains("href=\"/intake\""), "who may not see it has no way to it");

    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 64]].concat();
    let kind = [("issue", "signal_fault")];
    let no = filled(&mut trainee, "resolve", &kind).await;
    let no = trainee.post_files(&address("resolve"), &no, &[&picture]).await;
    assert!(no.status == 403 && no.text.contains("trainee-1"), "a trainee decides nothing");
    let bare = filled(&mut office, "resolve", &kind).await;
    office.post_files(&address("resolve"), &bare, &[]).await;
    let page = office.get("/intake").await.text;
    let zh = why(&page, "等候原因");
    assert!(zh.contains("EVIDENCE_MISSING") && zh.contains("缺少证据：请按要求上传照片"), "{zh}");
    assert!(page.contains("仍在等候：缺少证据") && !is_english(&zh), "{page}");
    let page = office.get("/intake?lang=en").await.text;
    let en = why(&page, "Why it waits");
    assert!(en.starts_with("EVIDENCE_MISSING: ") && is_english(&en) && en.is_ascii(), "{en}");
    assert!(page.contains("data-report=\"12319-7\""), "{page}");
    let fields = filled(&mut office, "resolve", &[]).await;
    for _ in 0..2 {
        let done = office.post_files(&address("resolve"), &fields, &[&picture]).await;
        assert_eq!((done.status, done.location()), (303, "/intake"), "{}", done.text);
    }
    let page = office.get("/intake").await.text;
    assert!(page.contains("notice good") && page.contains("no-report"), "{page}");
    let list = office.get("/cases?state=open").await.text;
    assert_eq!(list.matches("data-case=").count(), 1, "sent twice, it is one case: {list}");
    let case = list.split("data-case=\"").nth(1).unwrap().split('"').next().unwrap();
    let page = office.get(&format!("/cases/{case}")).await.text;
    assert!(
        page.contains(&format!("data-system=\"{SYSTEM}\"")) && page.contains("12319-7"),
        "{page}"
    );

    brings(&scene, "12319-8", "E-9999").await;
    let fields = filled(&mut office, "turn-down", &[("reason", "not of this city")]).await;
    office.post(&address("turn-down"), &fields).await;
    assert!(office.get("/intake").await.text.contains("no-report"));
}
