//! Lists the repos of an org, in synchronous code: `cargo run -p arraylake-blocking --example repos -- ORG`.
//!
//! Address and token come from the environment; `arraylake-local serve` prints both.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use arraylake_blocking::{Client, Result, prelude::*};

fn main() -> Result<()> {
    let org = std::env::args().nth(1).unwrap_or_else(|| "local".to_owned());
    let client = Client::from_env()?;
    let rows = client.list_repos(&org.parse()?, ListRepos::new())?;
    for bad in &rows.bad {
        println!("row {} cannot be read: {}", bad.index, bad.reason);
    }
    for repo in rows {
        let bucket = repo.bucket.map_or_else(|| "no bucket".to_owned(), |bucket| bucket.nickname.clone());
        println!("{:<40} {:<10} {bucket}", repo.name, repo.kind);
    }
    Ok(())
}
