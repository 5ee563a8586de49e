//! How an application tests its own code without a service: it takes a role, and the test mocks that role alone.

use arraylake_core::api::{MockRepos, Repos};
use arraylake_core::prelude::*;
use arraylake_types::{RepoModel, Rows};

/// Code of an application: names of the repos that hold no data of their own.
async fn without_bucket(repos: &dyn Repos, org: &OrgName) -> arraylake_core::Result<Vec<String>> {
    let rows = repos.list_repos(org, ListRepos::new()).await?;
    Ok(rows.into_iter().filter(|repo| repo.bucket.is_none()).map(|repo| repo.name).collect())
}

fn repo(name: &str) -> RepoModel {
    let json = serde_json::json!({"_id": "aa", "org": "acme", "name": name, "kind": "icechunk"});
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn one_role_is_mocked_and_the_code_over_it_is_tested() {
    let mut mock = MockRepos::new();
    mock.expect_list_repos()
        .withf(|org, options| org.as_str() == "acme" && !options.include_ghosts)
        .times(1)
        .returning(|_, _| Ok(Rows::new(vec![repo("one"), repo("two")])));
    assert_eq!(without_bucket(&mock, &"acme".parse().unwrap()).await.unwrap(), ["one", "two"]);
}
