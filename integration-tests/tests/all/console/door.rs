//! Who comes in, for how long, and what a form must bring.

use http_body_util::Full;
use hyper::{Request, header};

use super::{PASSWORD, Scene, account};

const COMMUNITY: &str = "community/kaihua_dongfeng";

#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_an_account_comes_in_and_a_session_ends() {
    let scene = Scene::start();
    let mut stranger = scene.browser();
    for path in ["/", "/cases", "/bus", "/cases/20260101-AAAAAAAA"] {
        let page = stranger.get(path).await;
        assert_eq!(page.status, 303, "{path}");
        assert!(page.location().starts_with("/sign-in"), "{path} -> {}", page.location());
    }
    assert_eq!(stranger.get("/?part=open").await.status, 401, "a script is told that it must");
    assert_eq!(stranger.get("/live?of=city").await.status, 401);

    // No party that there is not, no role of ours, and no short password.
    let add = |party| ["add", "x.y", "--shown", "x", "--party", party, "--person", "x"];
    account(&scene.data, &add("unit/ghost"), false);
    account(&scene.data, &add("service/gateway"), false);
    let mut li = scene.signed_in("li.na", COMMUNITY).await;
    let page = li.get("/").await;
    assert_eq!(page.status, 200);
    for (name, value) in [
        ("content-security-policy", "default-src 'self'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        let found = page.headers.get(name).map_or("", |found| found.to_str().unwrap());
        assert!(found.contains(value), "{name}: {found}");
    }
    for wrong in [("li.na", "a wrong pass phrase"), ("ghost", PASSWORD)] {
        let page = scene.browser().sign_in(wrong.0, wrong.1).await;
        assert_eq!(page.status, 401, "{wrong:?}");
        assert!(page.text.contains("用户名或密码不正确") && !page.text.contains(wrong.1));
    }

    // Out: the cookie that was is worth nothing.
    let (mut copy, before) = (scene.browser(), li.cookies.clone());
    let fields = page.fields("/sign-out");
    assert_eq!(li.post("/sign-out", &fields).await.location(), "/sign-in?out");
    copy.cookies = before;
    assert_eq!(copy.get("/").await.status, 303);

    // An account that is disabled is out at once, and does not come in.
    let mut again = scene.browser();
    assert_eq!(again.sign_in("li.na", PASSWORD).await.status, 303);
    assert_eq!(again.get("/").await.status, 200);
    account(&scene.data, &["disable", "li.na"], true);
    assert_eq!(again.get("/").await.status, 303);
    assert_eq!(scene.browser().sign_in("li.na", PASSWORD).await.status, 401);
    account(&scene.data, &["enable", "li.na"], true);
    assert_eq!(scene.browser().sign_in("li.na", PASSWORD).await.status, 303);
    // Too often is too often, also with the right one.
    for _ in 0..8 {
        scene.browser().sign_in("li.na", "a wrong pass phrase").await;
    }
    assert_eq!(scene.browser().sign_in("li.na", PASSWORD).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_nobody_and_a_page_of_another_are_refused_and_recorded() {
    let scene = Scene::start();
    let mut li = scene.signed_in("li.na", COMMUNITY).await;
    let bus = li.get("/bus").await;
    assert_eq!(bus.status, 403);
    let words = "community/kaihua_dongfeng may not look into the bus";
    assert!(bus.text.contains(words) && bus.text.contains("NOT_YOURS"), "{}", bus.text);
    assert_eq!(li.get("/nowhere").await.status, 404);

    let fields = li.get("/cases/new").await.fields("/cases/new");
    let without: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    let refused = li.post("/cases/new", &without).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("FORM_OUT_OF_DATE"), "{}", refused.text);
    let mut wang = scene.signed_in("wang", "unit/enforcement").await;
    assert_eq!(wang.post("/cases/new", &fields).await.status, 403, "the word of another session");
    let foreign = Request::post("/cases/new")
        .header(header::ORIGIN, "http://evil.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::from(format!("csrf={}", fields[0].1)))
        .unwrap();
    assert_eq!(li.send(foreign).await.status, 403, "a page of another origin");
    let large = vec![("csrf".to_owned(), "x".repeat(100_000))];
    assert_eq!(li.post("/cases/new", &large).await.status, 413);

    // The bus has written who was refused, and that the console spoke.
    let record = scene.data.join("bus/access");
    drop(scene._running);
    let written = kit::access::read_refusals(&record).unwrap();
    let is_it = |one: &&kit::access::Written| one.refused.caller == COMMUNITY;
    let one = written.iter().find(is_it).unwrap();
    assert_eq!(one.refused.through.as_deref(), Some("service/console"));
}
