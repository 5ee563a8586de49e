//! Many repos in the local service.

use std::time::Instant;

use arraylake_core::AsyncClient;
use arraylake_core::prelude::*;
use arraylake_tests::lake::TestLake;

use crate::runtime;

const FEW: usize = 10_000;
const MANY: usize = 100_000;

pub(crate) fn figures() {
    runtime().block_on(async {
        let lake = TestLake::start().await;
        // Without sockets, which would be most of what is measured.
        let client = lake.client_without_socket();
        make(&client, lake.org(), 0..FEW).await;
        let few = stream(&client, lake.org(), FEW).await;
        make(&client, lake.org(), FEW..MANY).await;
        let many = stream(&client, lake.org(), MANY).await;
        let growth = (many / MANY as f64) / (few / FEW as f64);
        println!("figure local_list_10k_ms {:.0} ms vs none", few * 1e3);
        println!("figure local_list_100k_ms {:.0} ms vs none", many * 1e3);
        println!("figure local_list_growth {growth:.2} x vs linear-1.0");
        lake.stop().await;
    });
}

async fn make(client: &AsyncClient, org: &OrgName, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let request = NewRepo::new(format!("repo-{number:06}"));
        client.create_repo_object(org, request).await.expect("a repo");
    }
}

/// Seconds for all pages, one after the other.
async fn stream(client: &AsyncClient, org: &OrgName, expected: usize) -> f64 {
    let start = Instant::now();
    let from = PageRequest::default().with_size(100);
    let mut pages = client.list_repos_stream(org, from, ListRepos::new()).expect("a stream");
    let mut count = 0;
    while let Some(page) = pages.next().await.expect("a page") {
        count += page.rows.items.len();
    }
    assert_eq!(count, expected);
    start.elapsed().as_secs_f64()
}
