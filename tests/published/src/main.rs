//! What the published crate does with the local service: which requests a call takes, how fast rows are read, and whether
//! every call that needs no cloud works.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Instant;

use arraylake::{ALClient, ALRepoCreateMode, ALRepoInfo};
use icechunk::Store;
use icechunk::format::ByteRange;
use icechunk::repository::VersionInfo;

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["decode", file, rounds] => decode(file, rounds.parse()?),
        ["requests", org] => requests(client()?, org).await,
        ["interop", org] => interop(client()?, org).await,
        ["open", repo] => open(client()?, repo).await,
        _ => Err("published decode FILE ROUNDS | requests ORG | interop ORG | open ORG/REPO".into()),
    }
}

fn client() -> Result<Arc<ALClient>, Failure> {
    let (uri, token) = (std::env::var("ARRAYLAKE_SERVICE__URI")?, std::env::var("ARRAYLAKE_TOKEN")?);
    Ok(Arc::new(ALClient::new(Some(uri), Some(token))?))
}

/// Reads an array of repos time and again; the middle time in seconds is printed.
fn decode(file: &str, rounds: usize) -> Result<(), Failure> {
    let text = std::fs::read(file)?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let rows: Vec<ALRepoInfo> = serde_json::from_slice(&text)?;
        times.push(start.elapsed().as_secs_f64());
        drop(rows);
    }
    times.sort_by(f64::total_cmp);
    println!("{}", times[times.len() / 2]);
    Ok(())
}

/// Says what was called and waits until that is noted.
fn done(what: &str) -> Result<(), Failure> {
    println!("done {what}");
    std::io::stdout().flush()?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

async fn requests(client: Arc<ALClient>, org: &str) -> Result<(), Failure> {
    let register = ALRepoCreateMode::Register;
    done("ready")?;
    client.list_repo_info(org).await?;
    done("list_repos")?;
    client.clone().create_repo(org, "from-crate", &None, &None, register.clone(), None, None).await?;
    done("create_repo")?;
    client.get_repo_info(org, "from-crate").await?;
    done("get_repo_object")?;
    client.get_repo(org, "from-crate", None, None).await?;
    done("get_repo")?;
    client.get_or_create_repo(org, "from-crate", None, None, register, None, None).await?;
    done("get_or_create_repo")?;
    let buckets = client.list_bucket_configs(org).await?;
    done("list_bucket_configs")?;
    client.get_bucket_credentials(org, &buckets[0].id).await?;
    done("get_bucket_credentials")?;
    client.get_virtual_chunk_containers(org, "from-crate").await?;
    done("get_virtual_chunk_containers")?;
    client.delete_repo(org, "from-crate").await?;
    done("delete_repo")
}

/// Opens a repo and reads chunk 1 of `/large`, all of which is 1.5; says how long that took.
async fn open(client: Arc<ALClient>, repo: &str) -> Result<(), Failure> {
    let (org, name) = repo.split_once('/').ok_or("a repo is ORG/REPO")?;
    let start = Instant::now();
    let repo = client.get_repo(org, name, None, None).await?;
    let session = repo.readonly_session(&VersionInfo::BranchTipRef("main".to_owned())).await?;
    let store = Store::from_session(Arc::new(tokio::sync::RwLock::new(session))).await;
    let definition = store.get("large/zarr.json", &ByteRange::ALL).await?;
    let chunk = store.get("large/c/1", &ByteRange::ALL).await?;
    let seconds = start.elapsed().as_secs_f64();
    let definition: serde_json::Value = serde_json::from_slice(&definition)?;
    assert_eq!(definition["codecs"][0]["name"], "bytes");
    assert!(chunk.chunks_exact(8).all(|bytes| bytes == 1.5f64.to_le_bytes()));
    println!("{}", serde_json::json!({"seconds": seconds}));
    Ok(())
}

/// Every call; the first one that fails is the error.
async fn interop(client: Arc<ALClient>, org: &str) -> Result<(), Failure> {
    client.get_current_user().await?;
    let permissions = client.get_current_user_permissions().await?;
    assert!(permissions.is_org_admin(org), "{permissions:?}");
    assert_eq!(client.get_org(org).await?.name, org);
    let register = ALRepoCreateMode::Register;
    for bucket in ["local", "delegated"] {
        let (name, nickname) = (format!("crate-{bucket}"), Some(bucket.to_owned()));
        client.clone().create_repo(org, &name, &nickname, &None, register.clone(), None, None).await?;
        let repo = client.get_repo_info(org, &name).await?;
        assert_eq!(repo, client.get_repo_info_by_id(&repo.id).await?);
        assert_eq!(repo.bucket.as_ref().map(|bucket| bucket.nickname.as_str()), Some(bucket));
        client.get_credentials(org, &name).await?;
        client.get_credentials_by_id(&repo.id).await?;
        let opened = client.get_repo(org, &name, None, None).await?;
        assert!(opened.list_branches().await?.contains("main"));
        client.get_or_create_repo(org, &name, None, None, register.clone(), None, None).await?;
        assert!(client.get_virtual_chunk_containers(org, &name).await?.is_empty());
        assert!(client.virtual_chunk_credentials(org, &name).await?.is_empty());
        assert!(client.list_repo_info(org).await?.iter().any(|row| row.name == name));
    }
    let again = client.create_repo_info(org, "crate-local", &None, &None, register, None).await;
    assert!(again.is_err_and(|error| error.to_string().contains("already exists")));
    assert!(client.get_repo_info(org, "nowhere").await.is_err_and(|error| error.is_not_found()));
    for bucket in client.list_bucket_configs(org).await? {
        client.get_bucket_credentials(org, &bucket.id).await?;
    }
    assert!(client.get_default_exchange().await?.is_none());
    client.delete_repo(org, "crate-delegated").await?;
    println!("every call works");
    Ok(())
}
