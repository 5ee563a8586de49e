//! How much memory a stream of pages takes: programs of their own stream some of the pages, and say what they took at most.

use std::net::SocketAddr;
use std::process::Command;

use arraylake_core::prelude::*;

use crate::{client, runtime};

/// Tells a program started by this one where the service is, and how many pages it is to stream.
const CHILD: &str = "ARRAYLAKE_BENCH_STREAM";

pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

pub(crate) fn figures(address: SocketAddr) {
    let peak = |pages: u64| {
        let this = std::env::current_exe().expect("a program");
        let output = Command::new(this).env(CHILD, format!("{address} {pages}")).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        said.trim().parse::<f64>().ok()
    };
    // Only Linux says how much a program took at most.
    let (Some(few), Some(many)) = (peak(10), peak(100)) else { return };
    println!("figure stream_10_pages_peak_mb {few:.1} MB vs none");
    println!("figure stream_100_pages_peak_mb {many:.1} MB vs none");
    println!("figure stream_peak_growth {:.2} x vs 10-pages-{few:.1}MB", many / few);
}

/// Streams the pages and prints the peak of memory in MB.
pub(crate) fn child() {
    let told = std::env::var(CHILD).expect("checked before");
    let (address, pages) = told.split_once(' ').expect("an address and a number");
    let pages: usize = pages.parse().expect("a number");
    let client = client(&format!("http://{address}"), "ema_x");
    runtime().block_on(async {
        let org: OrgName = "my-org".parse().expect("a name");
        let from = PageRequest::default().with_size(100);
        let mut stream = client.list_repos_stream(&org, from, ListRepos::new()).expect("a stream");
        for _ in 0..pages {
            let page = stream.next().await.expect("a page").expect("not the end");
            assert_eq!(page.rows.items.len(), 100);
        }
    });
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<f64>().ok());
    if let Some(kilobytes) = kilobytes {
        println!("{:.2}", kilobytes / 1e3);
    }
}
