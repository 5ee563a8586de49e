use arraylake_types::v1::{CommitId, SessionInfo};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::store::schema;
use crate::store::v1::testing::{Steps, add_repo, file, meta};

const PATHS: [&str; 3] = ["meta/root.group.json", "meta/root/a.array.json", "meta/root/b.array.json"];

impl Meta<'_> {
    /// The same as what is tested, found by looking at every session.
    fn touchers_one_by_one(&self, path: &str) -> Vec<(i64, String)> {
        let text = "SELECT d.seq, s.id FROM v1_session s JOIN v1_doc d ON d.session = s.seq
            WHERE s.repo = ?1 AND d.path = ?2 AND d.old = 0 ORDER BY s.seq";
        let mut query = self.db.prepare(text).unwrap();
        let rows = query.query_map(params![self.repo, path], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    fn touchers_at(&self, path: &str) -> Vec<(i64, String)> {
        let touchers = self.touchers(Kept::Metadata, path).unwrap();
        touchers.into_iter().map(|it| (it.doc, it.session.to_string())).collect()
    }

    fn give_up(&self, session: &SessionId) {
        let info: SessionInfo = serde_json::from_value(json!({"_id": session, "branch": "main",
            "start_time": "2026-11-22T09:55:02", "expiration": "2026-11-23T09:55:02", "session_type": "write",
            "author_email": "ada@example.com"}))
        .unwrap();
        let at = info.expiration;
        self.abandon(&self.stored(session), info, at).unwrap();
    }
}

/// The steps that it takes to find the two sessions that have touched a path, where so many have touched others.
fn steps_among(sessions: usize) -> usize {
    let mut file = file();
    let steps = Steps::of(&mut file);
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let mut tip = meta.commit_path(None, PATHS[0]);
    let writing = meta.new_session();
    meta.touch(&writing, PATHS[0]);
    for number in 0..sessions {
        tip = meta.commit_path(Some(&tip), &format!("meta/root/a{number}.array.json"));
        meta.move_to("main", &tip);
        // Whoever has committed goes on in a session in which nothing is written, and others give up.
        let (_, gone) = (meta.new_session(), meta.new_session());
        meta.touch(&gone, PATHS[1]);
        meta.give_up(&gone);
    }
    steps.taken();
    assert_eq!(meta.touchers_at(PATHS[0]).len(), 2);
    steps.taken()
}

#[test]
fn the_sessions_of_a_path_are_found_without_those_of_others() {
    let (few, many) = (steps_among(10), steps_among(200));
    assert!(few > 10, "the steps are counted");
    assert_eq!(few, many);
    let plan = schema::plan(&file(), TOUCHERS, &["", "", ""]);
    let scans: Vec<_> = plan.iter().filter(|step| step.contains("SCAN")).collect();
    assert!(scans.is_empty() && plan.iter().any(|step| step.contains("v1_session_loose")), "{plan:?}");
}

#[test]
fn the_sessions_of_a_path_in_a_file_of_an_older_program_are_found() {
    let mut file = schema::of_version(11);
    add_repo(&file);
    // One was committed, one went on writing after that, one was never committed, one holds nothing.
    let rows = "INSERT INTO v1_session (seq, repo, id, committed) VALUES (1, 1, 's1', 1), (2, 1, 's2', 0), (3, 1, 's3', 0), (4, 1, 's4', 0);
        INSERT INTO v1_doc (seq, session, collection, path, old, content) VALUES (1, 1, 0, 'p', 0, '{}'), (2, 2, 0, 'p', 2, '{}'),
            (3, 2, 0, 'p', 0, NULL), (4, 3, 0, 'p', 0, '{}');
        INSERT INTO v1_line (seq, repo, tip_depth) VALUES (1, 1, 1);
        INSERT INTO v1_commit VALUES (1, 1, '000000000000000000000001', 1, 1, 0, '{}'), (2, 1, '000000000000000000000002', 2, 1, 1, '{}');
        INSERT INTO v1_version VALUES (1, 0, 'p', 1, 1), (1, 0, 'p', 2, 2)";
    file.execute_batch(rows).unwrap();
    schema::migrate(&mut file).unwrap();
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    assert_eq!(meta.touchers_at("p"), [(1, "s1".to_owned()), (3, "s2".to_owned()), (4, "s3".to_owned())]);
    assert_eq!(meta.touchers_at("p"), meta.touchers_one_by_one("p"));
    assert_eq!(meta.count("v1_session WHERE loose = 1"), 2);
}

/// What happens to the sessions of a repo.
#[derive(Debug, Clone)]
enum Event {
    Begin,
    Write(prop::sample::Index, usize),
    Delete(prop::sample::Index, usize),
    Commit(prop::sample::Index, prop::sample::Index),
    Move(prop::sample::Index),
    GiveUp(prop::sample::Index),
}

fn event() -> impl Strategy<Value = Event> {
    let any = any::<prop::sample::Index>;
    prop_oneof![
        Just(Event::Begin),
        (any(), 0..PATHS.len()).prop_map(|(session, path)| Event::Write(session, path)),
        (any(), 0..PATHS.len()).prop_map(|(session, path)| Event::Write(session, path)),
        (any(), 0..PATHS.len()).prop_map(|(session, path)| Event::Delete(session, path)),
        (any(), any()).prop_map(|(session, parent)| Event::Commit(session, parent)),
        any().prop_map(Event::Move),
        any().prop_map(Event::GiveUp),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sessions_of_a_path_are_those_that_a_look_at_each_finds(events in vec(event(), 1..60)) {
        let mut file = file();
        let db = file.transaction().unwrap();
        let meta = meta(&db);
        let (mut sessions, mut commits) = (vec![meta.new_session()], Vec::<CommitId>::new());
        for event in events {
            match event {
                Event::Begin => sessions.push(meta.new_session()),
                Event::Write(session, path) => meta.touch(session.get(&sessions), PATHS[path]),
                Event::Delete(session, path) => meta.put(session.get(&sessions), PATHS[path], None),
                Event::Commit(session, parent) => {
                    let parent = (!commits.is_empty()).then(|| parent.get(&commits).clone());
                    commits.push(meta.commit_of(session.get(&sessions), parent.as_ref()));
                }
                Event::Move(to) if !commits.is_empty() => meta.move_to("main", to.get(&commits)),
                Event::Move(_) => {}
                Event::GiveUp(session) => meta.give_up(session.get(&sessions)),
            }
            for path in PATHS {
                prop_assert_eq!(meta.touchers_at(path), meta.touchers_one_by_one(path));
            }
        }
    }
}
