//! What pages show and do: a whistle that is sent twice is one, a case of others is none of one's own,
//! a page says by itself that it has changed.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use proto::whistle::CaseStage;

use super::{Scene, browser::Browser};
use crate::people::eventually;

/// The first bytes of a picture, and something that makes it another one.
fn picture(number: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[number; 64]].concat()
}

/// Waits until a page says so.
async fn until(browser: &mut Browser, path: &str, word: &str) -> String {
    for _ in 0..300 {
        let page = browser.get(path).await;
        if page.text.contains(word) {
            return page.text;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} never says {word}: {}", browser.get(path).await.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whistle_is_blown_once_and_seen_by_whom_it_concerns() {
    let scene = Scene::start();
    let mut community = scene.signed_in("li.na", "community/kaihua_dongfeng").await;
    let mut office = scene.signed_in("zhou", "office/leading_group_office").await;
    let mut other = scene.signed_in("chen", "community/kaihua_xishan").await;
    let until_changed = changed(&scene, &mut office).await;

    let mut fields = community.get("/cases/new").await.fields("/cases/new");
    for (name, value) in [
        ("issue_type", "street_vending"),
        ("grid", "WS-KH-001"),
        ("description", "占道 <b>stalls</b>"),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let (one, two) = (picture(1), picture(2));
    let bare = community.post_files("/cases/new", &fields, &[]).await;
    assert_eq!(bare.location(), "/cases/new", "what is missing is said in its place");
    let said = community.get("/cases/new").await.text;
    assert!(said.contains("EVIDENCE_MISSING") && said.contains("：缺少证据"), "{said}");
    let pictures: [&[u8]; 2] = [&one, &two];
    let first = community.post_files("/cases/new", &fields, &pictures).await;
    let second = community.post_files("/cases/new", &fields, &pictures).await;
    assert_eq!(first.status, 303, "{}", first.text);
    assert_eq!(first.location(), second.location(), "sent twice, it is one whistle");
    let case_id = first.location().trim_start_matches("/cases/").to_owned();
    eventually(&scene.data, &case_id, CaseStage::Called).await;
    tokio::time::timeout(Duration::from_secs(30), until_changed).await.unwrap().unwrap();

    let list = office.get("/cases?state=open").await.text;
    assert_eq!(list.matches("data-case=").count(), 1, "{list}");
    let city = until(&mut office, "/", "data-whole=\"true\"").await;
    assert!(city.contains("data-cell=\"WS-KH-001\" data-open=\"1\""), "{city}");
    assert!(city.contains("data-owner=\"unit/enforcement\""), "{city}");
    let shown = community.get(&format!("/cases/{case_id}?lang=en")).await.text;
    assert!(shown.contains("&lt;b&gt;stalls") && !shown.contains("<b>stalls"), "{shown}");
    assert!(shown.contains("lang=\"en\"") && shown.contains("Withdraw it"), "{shown}");

    let refused = other.get(&format!("/cases/{case_id}")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("is not a case of yours"), "{}", refused.text);
    assert!(refused.text.contains("不是贵单位的案件"), "{}", refused.text);
    evidence(&shown, &mut community, &mut other, &one).await;
    withdrawn_once(&mut community, &mut office, &case_id).await;
    complained_once(&mut community, &mut office, &case_id).await;
    in_both_languages(&mut office, &case_id).await;
}

/// The story of the case and the last hour are told in the language of the visit, and in no other.
async fn in_both_languages(office: &mut Browser, case_id: &str) {
    const EN: &[&str] = &["blew the whistle: ", " leads", "was called", "withdrew the case: gone"];
    const ZH: &[&str] = &[
        "东风社区吹哨：占道经营，网格 WS-KH-001：占道 &lt;b&gt;",
        "市城乡综合执法局牵头",
        "撤回案件：gone",
    ];
    for (lang, said, other) in [("zh", ZH, EN), ("en", EN, ZH)] {
        let page = office.get(&format!("/cases/{case_id}?lang={lang}")).await.text;
        let story = page.split("id=\"story\"").nth(1).unwrap().split("</ol>").next().unwrap();
        assert!(said.iter().all(|one| story.contains(one)), "{story}");
        assert!(!other.iter().any(|one| story.contains(one)), "{story}");
        let city = office.get("/").await.text;
        let hour = city.split("id=\"hour\"").nth(1).unwrap().split("</ol>").next().unwrap();
        assert!(hour.contains(said.last().unwrap()), "{hour}");
        assert!(!other.iter().any(|one| hour.contains(one)), "{hour}");
    }
}

/// Who was to be told of a case stands on its page, with what came of it, for whoever sees the case.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_case_says_who_was_told_and_who_was_not() {
    let scene = Scene::start_with(|data| {
        let addresses = data.with_file_name("addresses.csv");
        std::fs::write(&addresses, "receiver,way,address\n").unwrap();
        let said = format!(
            "[notices]\naddresses = {:?}\ngather = \"50ms\"\n[notices.ways.sms]\n\
             kind = \"sms\"\nurl = \"http://127.0.0.1:9/sms\"\n",
            addresses.display().to_string()
        );
        std::fs::write(data.join("outside.toml"), said).unwrap();
    });
    let mut community = scene.signed_in("li.na", "community/kaihua_dongfeng").await;
    let mut other = scene.signed_in("chen", "community/kaihua_xishan").await;
    let case_id = crate::people::whistle(&scene.data).await;
    let path = format!("/cases/{case_id}");
    let page = until(&mut community, &path, "NOTIFICATION_STATE_FAILED").await;
    assert!(page.contains("id=\"told-list\"") && page.contains("NO_ADDRESS"), "{page}");
    assert!(page.contains("值班") && page.contains("未送达") && page.contains("p-201"), "{page}");
    let english = community.get(&format!("{path}?lang=en")).await.text;
    assert!(english.contains("Who was told") && english.contains("person on duty"), "{english}");
    assert_eq!(other.get(&path).await.status, 403);
}

/// A picture is shown to whom the case concerns, as a picture, and to nobody else.
async fn evidence(page: &str, own: &mut Browser, other: &mut Browser, wanted: &[u8]) {
    let link = page.split("src=\"/evidence/").nth(1).unwrap().split('"').next().unwrap();
    let link = format!("/evidence/{}", link.replace("&amp;", "&"));
    let found = own.get(&link).await;
    assert_eq!((found.status, &found.bytes[..]), (200, wanted));
    assert_eq!(found.headers["content-type"], "image/png");
    let as_page = own.get(&link.replace("image/png", "text/html")).await;
    assert_eq!(as_page.headers["content-type"], "application/octet-stream");
    assert_eq!(other.get(&link).await.status, 404);
}

/// The same form twice is one act, and an act of others is refused.
async fn withdrawn_once(community: &mut Browser, office: &mut Browser, case_id: &str) {
    let (path, act) = (format!("/cases/{case_id}"), format!("/cases/{case_id}/withdraw"));
    let mut fields = community.get(&path).await.fields(&act);
    fields.push(("reason".to_owned(), "gone".to_owned()));
    for _ in 0..2 {
        let page = community.post(&act, &fields).await;
        assert_eq!((page.status, page.location()), (303, path.as_str()), "{}", page.text);
        assert!(community.get(&path).await.text.contains("notice good"));
    }
    until(community, &path, "data-type=\"muster.case.v1.CaseClosed\"").await;
    let story = community.get(&path).await.text;
    assert_eq!(story.matches("muster.case.v1.CaseWithdrawn").count(), 1, "{story}");
    let mut theirs = office.get("/").await.fields("/sign-out");
    theirs.push(("reason".to_owned(), "gone".to_owned()));
    let refused = office.post(&act, &theirs).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("office/leading_group_office"), "{}", refused.text);
    let closed = office.get("/cases?state=closed").await.text;
    assert_eq!(closed.matches("data-case=").count(), 1);
}

/// A complaint about what happened in a case, which may be closed, is a case of its own; each leads to
/// the other, and who is no community has no form for it.
async fn complained_once(community: &mut Browser, office: &mut Browser, case_id: &str) {
    let (path, act) = (format!("/cases/{case_id}"), format!("/cases/{case_id}/complain"));
    let mut fields = community.get(&format!("{path}?lang=zh")).await.fields(&act);
    let said = [("about", "no_unit"), ("grid", "WS-KH-001"), ("description", "told to wait")];
    fields.extend(said.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let letter = picture(3);
    let nobody = community.post_files(&act, &fields, &[&letter]).await;
    assert_eq!(nobody.status, 404, "{}", nobody.text);
    assert!(nobody.text.contains("没有这个单位"), "{}", nobody.text);
    let about = fields.iter_mut().find(|(name, _)| name == "about").unwrap();
    about.1 = "enforcement".to_owned();
    let first = community.post_files(&act, &fields, &[&letter]).await;
    let second = community.post_files(&act, &fields, &[&letter]).await;
    assert_eq!(first.status, 303, "{}", first.text);
    assert_eq!(first.location(), second.location(), "sent twice, it is one complaint");
    let complaint = first.location().to_owned();
    assert_ne!(complaint, path);
    let found =
        [(&mut *community, "zh", "尚未作出结论"), (&mut *office, "en", "nothing is found yet")];
    for (who, lang, nothing) in found {
        let leads = format!("href=\"{complaint}\"");
        assert_eq!(who.get(&path).await.text.matches(&leads).count(), 1);
        let shown = who.get(&format!("{complaint}?lang={lang}")).await.text;
        assert!(shown.contains(&format!("<a href=\"{path}\">")), "{shown}");
        assert!(shown.contains(nothing), "{shown}");
    }
    assert!(!office.get(&path).await.text.contains("form-complain"));
    let mut theirs = office.get("/").await.fields("/sign-out");
    theirs.extend(fields.iter().filter(|(name, _)| name != "csrf").cloned());
    let refused = office.post(&act, &theirs).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
}

/// Follows the page of the city, and ends when it says that a part has changed.
async fn changed(_: &Scene, browser: &mut Browser) -> tokio::task::JoinHandle<()> {
    let request = Request::get("/live?of=city").body(Full::default()).unwrap();
    let answer = browser.begin(request).await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.into_body();
    tokio::spawn(async move {
        let mut said = String::new();
        while !said.contains("event: part") || !said.contains("data: open") {
            let frame = body.frame().await.expect("the stream has ended").unwrap();
            said += &String::from_utf8_lossy(frame.data_ref().unwrap());
        }
    })
}
