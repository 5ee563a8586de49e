//! How many requests to the catalog a call takes, for each client. The local service counts them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arraylake_core::prelude::*;
use arraylake_local::LocalConfig;
use arraylake_tests::lake::TestLake;

use crate::{published, python, runtime, script};

type Counts = BTreeMap<String, usize>;

/// What the service has been asked since the last look.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }

    /// A service that counts. What clients tell of themselves, unasked, is no part of any call.
    async fn lake(&self) -> TestLake {
        let counter = self.clone();
        let config = LocalConfig::temporary().expect("a directory").with_interceptor(move |request| {
            if request.uri.path() != "/user/diagnostics" {
                counter.0.fetch_add(1, Ordering::SeqCst);
            }
            None
        });
        TestLake::start_with(config).await
    }
}

/// One line for each call of ours, and one for how many of them take more than a peer's.
pub(crate) fn table() {
    let runtime = runtime();
    let counter = Counter::default();
    let ours = runtime.block_on(ours(&counter));
    let peers =
        [("python-1.7.0", peer(&runtime, &counter, true)), ("crate-0.15.1", peer(&runtime, &counter, false))];
    let mut more = 0;
    for (call, count) in &ours {
        let theirs = peers.iter().filter_map(|(name, counts)| Some((name, counts.as_ref()?.get(call)?)));
        let theirs: Vec<_> = theirs.collect();
        more += usize::from(theirs.iter().any(|(_, theirs)| *theirs < count));
        let beside: Vec<String> = theirs.iter().map(|(name, count)| format!("{name}-{count}")).collect();
        let beside = if beside.is_empty() { "none".to_owned() } else { beside.join("-") };
        println!("figure requests_{call} {count} requests vs {beside}");
    }
    println!("figure requests_more_than_a_peer {more} calls vs none");
}

async fn ours(counter: &Counter) -> Counts {
    let lake = counter.lake().await;
    let (client, org) = (lake.client(), lake.org().clone());
    let name: RepoName = RepoName::new(&org, "from-rust").expect("a name");
    let (counted, mut counts) = ("counted".parse::<BucketNickname>().expect("a name"), Counts::new());
    let mut note = |call: &str| {
        counts.insert(call.to_owned(), counter.take());
    };
    let options = OpenOptions::new;
    client.list_repos(&org, ListRepos::new()).await.expect("a listing");
    note("list_repos");
    client.create_repo(&org, NewRepo::new("from-rust"), options()).await.expect("a repo");
    note("create_repo");
    client.get_repo_object(&name).await.expect("a repo");
    note("get_repo_object");
    client.get_repo(&name, options()).await.expect("a repo");
    note("get_repo");
    client.get_or_create_repo(&org, NewRepo::new("from-rust"), options()).await.expect("a repo");
    note("get_or_create_repo");
    client.modify_repo(&name, ModifyRepo::new().with_description("changed")).await.expect("a change");
    note("modify_repo");
    let buckets = client.list_bucket_configs(&org).await.expect("buckets");
    note("list_bucket_configs");
    let new = NewBucket::new("counted", "s3://counted").expect("a bucket").with_region("us-east-1");
    client.create_bucket_config(&org, new).await.expect("a bucket");
    note("create_bucket_config");
    client.get_bucket_config(&org, &counted).await.expect("a bucket");
    note("get_bucket_config");
    let id = buckets.items[0].id.expect("an id");
    client.get_bucket_credentials(&org, &id.into(), CredentialAccess::Read).await.expect("keys");
    note("get_bucket_credentials");
    client.set_default_bucket_config(&org, &counted).await.expect("a change");
    note("set_default_bucket_config");
    client.list_repos_for_bucket_config(&org, &counted).await.expect("a listing");
    note("list_repos_for_bucket_config");
    let sure = || DeleteConfirmation::imsure().imreallysure();
    client.delete_bucket_config(&org, &counted, sure()).await.expect("a deletion");
    note("delete_bucket_config");
    client.get_virtual_chunk_containers(&name).await.expect("containers");
    note("get_virtual_chunk_containers");
    client.delete_repo(&name, sure(), DeleteRepo::new()).await.expect("a deletion");
    note("delete_repo");
    client.get_orgs().await.expect("orgs");
    note("get_orgs");
    lake.stop().await;
    counts
}

/// The calls of another client; none if it is not there.
fn peer(runtime: &tokio::runtime::Runtime, counter: &Counter, is_python: bool) -> Option<Counts> {
    let program = if is_python { python() } else { published() }?;
    let lake = runtime.block_on(counter.lake());
    let (uri, token) = (lake.lake().catalog_uri().to_owned(), lake.lake().token());
    let org = lake.org().as_str();
    let mut command = if is_python {
        script(&program, "requests.py", &uri, token.expose(), org)
    } else {
        let mut command = Command::new(program);
        command.args(["requests", org]);
        command.env("ARRAYLAKE_SERVICE__URI", &uri).env("ARRAYLAKE_TOKEN", token.expose());
        command
    };
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer runs");
    let counts = listen(child, counter);
    runtime.block_on(lake.stop());
    Some(counts)
}

/// Notes the requests of each call as soon as the peer says which one it was.
fn listen(mut child: Child, counter: &Counter) -> Counts {
    let mut counts = Counts::new();
    let (out, mut reply) = (child.stdout.take().expect("piped"), child.stdin.take().expect("piped"));
    for line in BufReader::new(out).lines() {
        let line = line.expect("text");
        let Some(call) = line.strip_prefix("done ") else { continue };
        let count = counter.take();
        if call != "ready" {
            counts.insert(call.to_owned(), count);
        }
        // The last call is the end of the program, which reads no more.
        let _ = writeln!(reply);
    }
    assert!(child.wait().expect("it ends").success(), "the peer failed");
    counts
}
