use std::collections::BTreeSet;

use arraylake_types::v1::CommitId;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::store::schema;
use crate::store::v1::testing::{Steps, add_repo, file, meta};

const ROOT: &str = "meta/root.group.json";
const PATHS: [&str; 3] = [ROOT, "meta/root/a.array.json", "meta/root/b/c.array.json"];

/// Paths and what they hold.
type Held = BTreeMap<String, String>;

impl Meta<'_> {
    fn view_of(&self, commit: &CommitId, session: Option<&SessionId>) -> View {
        let session = session.map(|session| self.stored(session));
        View { chain: self.chain(Some(&self.at(commit))).unwrap(), session }
    }

    fn content(&self, view: &View, path: &str) -> Option<String> {
        self.entry(view, Kept::Metadata, path).unwrap().map(|entry| entry.content)
    }

    fn contents(&self, view: &View, prefix: &str) -> Held {
        let entries = self.entries(view, Kept::Metadata, prefix, true).unwrap();
        entries.into_iter().map(|entry| (entry.path, entry.content)).collect()
    }
}

/// The steps that it takes to read one document from `main`, to list all, to find what both have changed, and to begin a
/// branch, where another branch has written that document so many times.
fn steps_behind(rewritten: usize) -> [usize; 4] {
    let mut file = file();
    let steps = Steps::of(&mut file);
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let base = meta.commit_path(None, ROOT);
    meta.move_to("main", &base);
    let mut side = base.clone();
    for _ in 0..rewritten {
        side = meta.commit_path(Some(&side), ROOT);
        meta.move_to("side", &side);
    }
    let mine = meta.new_session();
    meta.touch(&mine, ROOT);
    let main = meta.commit_path(Some(&base), PATHS[1]);
    meta.move_to("main", &main);
    let view = meta.view_of(&main, None);
    let mine = meta.stored(&mine).seq;
    steps.taken();
    assert!(meta.entry(&view, Kept::Metadata, ROOT).unwrap().is_some());
    let reading = steps.taken();
    assert_eq!(meta.entries(&view, Kept::Metadata, "", true).unwrap().len(), 2);
    let listing = steps.taken();
    assert!(meta.conflicts(mine, &view.chain, Some(&meta.at(&base))).unwrap().is_empty());
    let comparing = steps.taken();
    let more = meta.commit_path(Some(&main), ROOT);
    meta.move_to("other", &more);
    [reading, listing, comparing, steps.taken()]
}

#[test]
fn a_path_that_another_branch_writes_again_and_again_is_read_as_fast() {
    let (some, many) = (steps_behind(50), steps_behind(500));
    assert!(some.iter().all(|steps| *steps > 10), "the steps are counted: {some:?}");
    // All but the number of the new session, which the test counts.
    assert_eq!(some[..3], many[..3]);
}

#[test]
fn a_path_that_its_own_branch_has_written_again_and_again_is_read_as_fast() {
    let steps_of = |rewritten: usize| {
        let mut file = file();
        let steps = Steps::of(&mut file);
        let db = file.transaction().unwrap();
        let meta = meta(&db);
        let mut tip = meta.commit_path(None, ROOT);
        let first = tip.clone();
        for _ in 0..rewritten {
            tip = meta.commit_path(Some(&tip), ROOT);
            meta.move_to("main", &tip);
        }
        let views = [first, tip].map(|commit| meta.view_of(&commit, None));
        steps.taken();
        for view in &views {
            assert!(meta.entry(view, Kept::Metadata, ROOT).unwrap().is_some());
            assert_eq!(meta.entries(view, Kept::Metadata, "meta", false).unwrap().len(), 1);
        }
        steps.taken()
    };
    assert_eq!(steps_of(50), steps_of(500));
}

#[test]
fn a_file_whose_versions_were_kept_by_commit_shows_the_same_and_its_loose_commits_are_given_as_ever() {
    let mut file = schema::of_version(12);
    add_repo(&file);
    let id = |number: u32| -> CommitId { format!("{number:024}").parse().unwrap() };
    // 1 - 2 - 4 are on `main`, and 3 lost its race against 4. The session of 2 went on and was committed again, as 4.
    let rows = r#"INSERT INTO v1_session (seq, repo, id, committed) VALUES (1, 1, 'a', 1), (2, 1, 'b', 1), (3, 1, 'c', 0);
        INSERT INTO v1_doc (seq, session, collection, path, old, content) VALUES (1, 1, 0, 'p', 0, '{"n":1}'),
            (2, 2, 0, 'p', 2, '{"n":2}'), (3, 3, 0, 'p', 0, NULL), (4, 3, 0, 'q', 0, '{"n":4}'), (5, 2, 0, 'p', 0, '{"n":5}');
        INSERT INTO v1_line (seq, repo, fork_line, fork_depth, tip_depth, branch) VALUES (1, 1, NULL, NULL, 2, 'main'),
            (2, 1, 1, 1, 2, NULL);
        INSERT INTO v1_commit VALUES (1, 1, '000000000000000000000001', 1, 1, 0, '{}'), (2, 1, '000000000000000000000002', 2, 1, 1, '{}'),
            (3, 1, '000000000000000000000003', 3, 2, 2, '{}'), (4, 1, '000000000000000000000004', 2, 1, 2, '{}');
        INSERT INTO v1_version VALUES (1, 0, 'p', 1, 1), (1, 0, 'p', 2, 2), (1, 0, 'p', 3, 3), (1, 0, 'q', 3, 4), (1, 0, 'p', 4, 5);
        INSERT INTO v1_branch VALUES (1, 'main', '000000000000000000000004')"#;
    file.execute_batch(rows).unwrap();
    schema::migrate(&mut file).unwrap();
    let db = file.transaction().unwrap();
    let meta = meta(&db);
    let check = || {
        for (commit, p, q) in [(1, Some(1), None), (2, Some(2), None), (3, None, Some(4)), (4, Some(5), None)]
        {
            let view = meta.view_of(&id(commit), None);
            let expected = [p, q].map(|number| number.map(|number| format!("{{\"n\":{number}}}")));
            assert_eq!(["p", "q"].map(|path| meta.content(&view, path)), expected, "{commit}");
            assert_eq!(meta.contents(&view, "").len(), expected.iter().flatten().count());
            let touched = meta.touched_by(&meta.at(&id(commit)), Kept::Metadata, 0).unwrap();
            assert_eq!(touched.len(), if commit == 3 { 2 } else { 1 });
        }
    };
    check();
    let more = meta.commit_path(Some(&id(3)), "p");
    assert_eq!(meta.content(&meta.view_of(&more, None), "q").as_deref(), Some(r#"{"n":4}"#));
    meta.move_to("side", &more);
    check();
    assert_eq!(meta.contents(&meta.view_of(&more, None), "").len(), 2);
    let own = meta.new_session();
    meta.touch(&own, "p");
    let both =
        meta.conflicts(meta.stored(&own).seq, &meta.view_of(&more, None).chain, Some(&meta.at(&id(2))));
    assert_eq!(both.unwrap(), BTreeSet::from(["p".to_owned()]));
}

/// What happens to a repo.
#[derive(Debug, Clone)]
enum Event {
    Write(prop::sample::Index, usize, bool),
    Commit(prop::sample::Index, prop::sample::Index),
    Move(u8, prop::sample::Index),
}

fn event() -> impl Strategy<Value = Event> {
    let any = any::<prop::sample::Index>;
    let write = (any(), 0..PATHS.len(), prop::bool::ANY);
    prop_oneof![
        write.prop_map(|(session, path, there)| Event::Write(session, path, there)),
        (any(), any()).prop_map(|(session, parent)| Event::Commit(session, parent)),
        (0..3_u8, any()).prop_map(|(branch, to)| Event::Move(branch, to)),
    ]
}

/// What was written: paths, and what they hold unless they were deleted.
type Written = BTreeMap<String, Option<String>>;

/// The same repo, kept in the plainest way.
#[derive(Default)]
struct Model {
    sessions: Vec<(SessionId, Written)>,
    /// Each with the one before it, what it has written, and the number of its session.
    commits: Vec<(CommitId, Option<usize>, Written, usize)>,
    branches: BTreeMap<u8, usize>,
}

impl Model {
    fn apply(&mut self, meta: &Meta<'_>, number: usize, event: Event) {
        match event {
            Event::Write(session, path, there) => {
                let (id, written) = session.get_mut(&mut self.sessions);
                let content = there.then(|| format!("{{\"n\":{number}}}"));
                meta.put(id, PATHS[path], content.as_deref());
                written.insert(PATHS[path].to_owned(), content);
            }
            Event::Commit(session, parent) => {
                let session = session.index(self.sessions.len());
                let parent = (!self.commits.is_empty()).then(|| parent.index(self.commits.len()));
                let (id, written) = &self.sessions[session];
                let made = meta.commit_of(id, parent.map(|parent| &self.commits[parent].0));
                self.commits.push((made, parent, written.clone(), session));
            }
            Event::Move(branch, to) if !self.commits.is_empty() => {
                let to = to.index(self.commits.len());
                meta.move_to(&branch.to_string(), &self.commits[to].0);
                self.branches.insert(branch, to);
            }
            Event::Move(..) => {}
        }
    }

    /// The commits behind each other, the newest first.
    fn history(&self, tip: usize) -> Vec<usize> {
        std::iter::successors(Some(tip), |at| self.commits[*at].1).collect()
    }

    fn held(&self, tip: usize, own: &Written) -> Held {
        let mut held = Written::new();
        for commit in self.history(tip).into_iter().rev() {
            held.extend(self.commits[commit].2.clone());
        }
        held.extend(own.clone());
        held.into_iter().filter_map(|(path, content)| Some((path, content?))).collect()
    }

    fn conflicts(&self, session: usize, since: &[usize]) -> BTreeSet<String> {
        let others = since.iter().map(|at| &self.commits[*at]).filter(|commit| commit.3 != session);
        let touched: BTreeSet<&String> = others.flat_map(|commit| commit.2.keys()).collect();
        self.sessions[session].1.keys().filter(|path| touched.contains(path)).cloned().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_read_is_what_was_written_in_the_history_wherever_branches_move(events in vec(event(), 1..120)) {
        let mut file = file();
        let db = file.transaction().unwrap();
        let meta = meta(&db);
        let mut model = Model::default();
        model.sessions.extend((0..4).map(|_| (meta.new_session(), Written::new())));
        for (number, event) in events.into_iter().enumerate() {
            model.apply(&meta, number, event);
        }
        for (at, (commit, _, written, _)) in model.commits.iter().enumerate() {
            let touched = meta.touched_by(&meta.at(commit), Kept::Metadata, 0).unwrap();
            let deletions: Vec<_> = touched.into_iter().map(|it| (it.path, it.deleted)).collect();
            let expected: Vec<_> = written.iter().map(|(path, it)| (path.clone(), it.is_none())).collect();
            prop_assert_eq!(deletions, expected);
            let nothing = Written::new();
            for (session, own) in model.sessions.iter().map(|(id, own)| (Some(id), own)).chain([(None, &nothing)]) {
                let (view, held) = (meta.view_of(commit, session), model.held(at, own));
                for path in PATHS {
                    prop_assert_eq!(meta.content(&view, path), held.get(path).cloned());
                }
                prop_assert_eq!(meta.contents(&view, ""), held);
            }
        }
        for tip in model.branches.values() {
            let history = model.history(*tip);
            let chain = meta.view_of(&model.commits[*tip].0, None).chain;
            for (ahead, base) in history.iter().map(Some).chain([None]).enumerate() {
                let base = base.map(|base| meta.at(&model.commits[*base].0));
                for session in 0..model.sessions.len() {
                    let number = meta.stored(&model.sessions[session].0).seq;
                    let both = meta.conflicts(number, &chain, base.as_ref()).unwrap();
                    prop_assert_eq!(both, model.conflicts(session, &history[..ahead]));
                }
            }
        }
    }
}
