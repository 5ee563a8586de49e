//! The pages in a real browser: what they show, by keys alone, in light and dark, wide and narrow.

use std::sync::Arc;

use arraylake_core::prelude::*;
use arraylake_tests::browser::{Browser, Tab};
use arraylake_tests::dataset;
use arraylake_tests::lake::TestLake;

/// Widths in pixels: of a telephone, of a window on half a screen, of a whole screen.
const WIDTHS: [u32; 3] = [320, 760, 1400];

/// A lake with a repo of two branches and a tag, written through the client.
async fn written() -> (TestLake, String) {
    let lake = TestLake::start().await;
    let client = lake.client();
    let request =
        NewRepo::new("weather").with_description("Temperatures, hour by hour").with_bucket(lake.delegated());
    let repo = client.create_repo(lake.org(), request.unwrap(), OpenOptions::new()).await.unwrap();
    let repo = repo.into_icechunk().unwrap();
    let store = Arc::new(repo.writable_store("main").await.unwrap());
    dataset::write(&store).await;
    let first = store.commit("the first day").await.unwrap();
    let inner = repo.repository();
    inner.create_tag("v1", &first).await.unwrap();
    inner.create_branch("experiment", &first).await.unwrap();
    let mut session = inner.writable_session("main").await.unwrap();
    let group =
        br#"{"zarr_format": 3, "node_type": "group", "attributes": {"depth": [1, 2], "note": "a < b"}}"#;
    session.add_group("/later".try_into().unwrap(), group.as_slice().into()).await.unwrap();
    session.commit("a group for later").execute().await.unwrap();
    (lake, first.to_string())
}

async fn sign_in(tab: &Tab, lake: &TestLake) {
    tab.goto(&format!("{}/console", lake.lake().catalog_uri())).await;
    tab.type_text(lake.lake().token().expose()).await;
    tab.press_through("Enter").await;
}

/// Looks at a page in both colours and all widths, and makes a picture of each.
async fn look_at(tab: &Tab, name: &str) {
    for (dark, colour) in [(false, "light"), (true, "dark")] {
        tab.set_dark(dark).await;
        for width in WIDTHS {
            tab.set_width(width).await;
            tab.screenshot(&format!("{name}-{colour}-{width}")).await;
            assert_eq!(tab.obstacles().await, Vec::<String>::new(), "{name}, {colour}, {width} pixels");
        }
    }
    tab.set_dark(false).await;
    tab.set_width(1200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_shows_a_repo_with_its_history_and_its_tree() {
    let Some(browser) = Browser::start().await else { return };
    let (lake, first) = written().await;
    let tab = browser.tab().await;
    tab.goto(&format!("{}/console", lake.lake().catalog_uri())).await;
    assert_eq!(tab.text("h1").await, "Sign in");
    look_at(&tab, "sign-in").await;
    sign_in(&tab, &lake).await;
    assert_eq!(tab.text("h1").await, "Orgs");
    look_at(&tab, "orgs").await;
    tab.click_through("tbody a").await;
    let row = tab.text("tbody tr").await;
    for part in ["weather", "icechunk", "delegated", "online", "Temperatures, hour by hour"] {
        assert!(row.contains(part), "{part} in {row}");
    }
    look_at(&tab, "org").await;
    tab.click_through("tbody a").await;

    let tree = tab.text(".tree").await;
    for part in ["float64 (y: 4, x: 6), chunks (2, 6)", "later", "written from Rust", "a < b", "[1,2]"] {
        assert!(tree.contains(part), "{part} in {tree}");
    }
    tab.click(".tree ul details:not([open]) summary").await;
    let tree = tab.text(".tree").await;
    assert!(tree.contains("Fill value") && tree.contains("units"), "an array opens by a click: {tree}");
    look_at(&tab, "repo").await;
    let history = tab.text("[aria-labelledby=history]").await;
    let user = lake.client().get_user().await.unwrap();
    for part in ["a group for later", "the first day", &first, user.email()] {
        assert!(history.contains(part), "{part} in {history}");
    }

    tab.click_through("[aria-labelledby=tags] a").await;
    assert!(tab.url().await.ends_with("?tag=v1"));
    assert_eq!(tab.text(".chips [aria-current]").await, "v1");
    assert!(!tab.text(".tree").await.contains("later"));
    tab.click_through("[aria-labelledby=history] tbody a").await;
    assert!(tab.url().await.ends_with(&format!("?snapshot={first}")));
    look_at(&tab, "snapshot").await;

    assert_eq!(tab.complaints(), Vec::<String>::new());
    let home = lake.lake().catalog_uri();
    let elsewhere: Vec<_> = tab.requests().into_iter().filter(|url| !url.starts_with(home)).collect();
    assert_eq!(elsewhere, Vec::<String>::new(), "nothing comes from elsewhere");
    let token = lake.lake().token();
    assert!(tab.requests().iter().all(|url| !url.contains(token.expose())), "the token is in no address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_alone_lead_through_the_console() {
    let Some(browser) = Browser::start().await else { return };
    let (lake, _) = written().await;
    let tab = browser.tab().await;
    // The field for the token has the focus from the start.
    sign_in(&tab, &lake).await;
    tab.press("Tab").await;
    assert_eq!(tab.focused().await, "Skip to the content");
    tab.press("Enter").await;
    assert_eq!(tab.eval("document.activeElement.id").await, "main");
    tab.tab_to("local").await;
    tab.press_through("Enter").await;
    tab.tab_to("weather").await;
    tab.press_through("Enter").await;
    let array = "t float64 (y: 4, x: 6), chunks (2, 6)";
    tab.tab_to(array).await;
    tab.press("Space").await;
    assert!(tab.text(".tree").await.contains("Fill value"), "a key opens an array");
    tab.goto(&tab.url().await).await;
    tab.tab_to("experiment").await;
    tab.press_through("Enter").await;
    assert!(tab.url().await.ends_with("?branch=experiment"));
    assert!(!tab.text("[aria-labelledby=history]").await.contains("a group for later"));
    tab.tab_to("Sign out").await;
    tab.press_through("Enter").await;
    assert_eq!(tab.text("h1").await, "Sign in");
    tab.goto(&format!("{}/console", lake.lake().catalog_uri())).await;
    assert_eq!(tab.text("h1").await, "Sign in", "nothing is shown after signing out");
    assert_eq!(tab.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_origin_neither_reads_the_console_nor_acts_through_it() {
    let Some(browser) = Browser::start().await else { return };
    let (lake, _) = written().await;
    let tab = browser.tab().await;
    sign_in(&tab, &lake).await;
    // Another port of this machine is the same site to cookies: only the origin tells them apart.
    let console = format!("{}/console", lake.lake().catalog_uri());
    tab.goto(lake.lake().s3_uri()).await;
    let read = format!("fetch('{console}', {{credentials: 'include'}}).then(r => r.text(), e => e.name)");
    assert_eq!(tab.eval(&read).await, "TypeError");
    let blind = format!(
        "fetch('{console}/sign-out', {{method: 'POST', mode: 'no-cors', credentials: 'include'}}).then(r => r.type, e => e.name)"
    );
    tab.eval(&blind).await;
    tab.goto(&console).await;
    assert_eq!(tab.text("h1").await, "Orgs", "still signed in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_other_tests_look_for_is_found_in_a_bad_page() {
    let Some(browser) = Browser::start().await else { return };
    let tab = browser.tab().await;
    let page = "<body style='background: white'><h1>One</h1><h3>Two</h3><p style='color: silver'>pale</p>
        <p style='width: 3000px'>wide</p><input><img src='/none'><button></button><table><th>x</th></table>
        <script>nothing.there()</script>";
    let page: String = page.bytes().map(|byte| format!("%{byte:02x}")).collect();
    tab.goto(&format!("data:text/html,{page}")).await;
    let obstacles = tab.obstacles().await.join("\n");
    for part in [
        "no language",
        "no title",
        "0 of main",
        "skips a level",
        "contrast",
        "wider than the window",
        "no label",
        "no words",
        "no caption",
        "no scope",
        "a button has no name",
        "a textbox has no name",
    ] {
        assert!(obstacles.contains(part), "{part} in {obstacles}");
    }
    assert!(tab.complaints().iter().any(|complaint| complaint.contains("nothing is not defined")));
}
