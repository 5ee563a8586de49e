//! Entries of repos.

use arraylake_types::{DeleteRepo, ListRepos, Metadata, NewRepo, PageRequest, RepoKind, RepoName};

use super::{Subject, fresh, sure};

fn new_repo(subject: Subject<'_>, name: &str) -> (NewRepo, RepoName) {
    let request = NewRepo::new(name).with_bucket(subject.bucket).unwrap();
    (request, RepoName::new(subject.org, name).unwrap())
}

/// A repo that is made can be got, listed and opened, and says what it was told.
pub async fn a_repo_is_what_it_was_made_to_be(subject: Subject<'_>) {
    let (request, name) = new_repo(subject, &fresh("made"));
    let facts = Metadata::new().with("stage", "raw").with("levels", vec![1, 2]);
    let request = request.with_description("made by the suite").with_metadata(facts.clone());
    let made = subject.api.create_repo_object(subject.org, request).await.unwrap();
    let got = subject.api.get_repo_object(&name).await.unwrap();
    assert_eq!(got.id, made.id);
    assert_eq!(got.kind, RepoKind::Icechunk);
    assert_eq!(got.description.as_deref(), Some("made by the suite"));
    assert_eq!(got.metadata, Some(facts));
    assert_eq!(got.bucket.as_ref().unwrap().nickname, subject.bucket.as_str());
    assert!(!got.prefix.is_empty() && got.status.is_user_modifiable && !got.status.is_offline());
    assert_eq!(got.repo_name().unwrap(), name);

    let rows = subject.api.list_repos(subject.org, ListRepos::new()).await.unwrap();
    assert!(rows.bad.is_empty(), "{:?}", rows.bad);
    assert_eq!(rows.iter().filter(|repo| repo.id == got.id).count(), 1);

    let open = subject.api.open_repo(&name).await.unwrap();
    assert_eq!(
        (open.repo_prefix, open.repo_bucket.nickname),
        (got.prefix.clone(), got.bucket.as_ref().unwrap().nickname.clone())
    );
    assert!(open.author.is_some() && open.principal_id.is_some());
    subject
        .api
        .delete_repo(&name, sure(), DeleteRepo::new().with_immediate().with_retain_data())
        .await
        .unwrap();
}

/// A second repo of a name is refused, and the first one stays as it is.
pub async fn a_taken_name_is_refused(subject: Subject<'_>) {
    let (request, name) = new_repo(subject, &fresh("taken"));
    let first = subject.api.create_repo_object(subject.org, request.clone()).await.unwrap();
    let error = subject.api.create_repo_object(subject.org, request).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(error.detail().unwrap().contains("already exists"), "{error}");
    assert_eq!(subject.api.get_repo_object(&name).await.unwrap().id, first.id);
    subject
        .api
        .delete_repo(&name, sure(), DeleteRepo::new().with_immediate().with_retain_data())
        .await
        .unwrap();
}

/// A deleted repo is gone from every listing but still holds its name; removed at once, it does not.
pub async fn a_deleted_repo_is_a_ghost_unless_it_is_removed_at_once(subject: Subject<'_>) {
    let (request, name) = new_repo(subject, &fresh("ghost"));
    subject.api.create_repo_object(subject.org, request.clone()).await.unwrap();
    subject.api.delete_repo(&name, sure(), DeleteRepo::new()).await.unwrap();
    assert!(subject.api.get_repo_object(&name).await.unwrap_err().is_not_found());
    let listed = subject.api.list_repos(subject.org, ListRepos::new()).await.unwrap();
    assert!(listed.iter().all(|repo| repo.name != name.repo()));
    let ghosts = subject.api.list_repos(subject.org, ListRepos::new().with_ghosts()).await.unwrap();
    assert!(ghosts.iter().any(|repo| repo.name == name.repo() && repo.is_ghost()));
    assert!(subject.api.create_repo_object(subject.org, request.clone()).await.unwrap_err().is_conflict());

    let (request, name) = new_repo(subject, &fresh("removed"));
    subject.api.create_repo_object(subject.org, request.clone()).await.unwrap();
    let at_once = DeleteRepo::new().with_immediate().with_retain_data();
    subject.api.delete_repo(&name, sure(), at_once).await.unwrap();
    subject.api.create_repo_object(subject.org, request).await.unwrap();
    subject.api.delete_repo(&name, sure(), at_once).await.unwrap();
}

/// Pages are consecutive and complete.
pub async fn pages_hold_every_repo_once(subject: Subject<'_>) {
    let names: Vec<String> = (0..5).map(|_| fresh("paged")).collect();
    for name in &names {
        subject.api.create_repo_object(subject.org, new_repo(subject, name).0).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut number = 1;
    loop {
        let page = PageRequest::new(number).with_size(2);
        let page = subject.api.list_repos_page(subject.org, page, ListRepos::new()).await.unwrap();
        assert!(page.rows.len() <= 2);
        seen.extend(page.rows.iter().map(|repo| repo.name.clone()));
        if page.is_last() {
            break;
        }
        number += 1;
    }
    for name in &names {
        assert_eq!(seen.iter().filter(|other| *other == name).count(), 1, "{name} in {seen:?}");
        let name = RepoName::new(subject.org, name).unwrap();
        subject
            .api
            .delete_repo(&name, sure(), DeleteRepo::new().with_immediate().with_retain_data())
            .await
            .unwrap();
    }
}

/// The filter matches facts exactly, and several of them together.
pub async fn a_filter_finds_by_metadata(subject: Subject<'_>) {
    let mark = fresh("mark");
    let mut names = Vec::new();
    for level in [1, 2] {
        let (request, name) = new_repo(subject, &fresh("filtered"));
        let facts = Metadata::new().with("mark", mark.as_str()).with("level", level);
        subject.api.create_repo_object(subject.org, request.with_metadata(facts)).await.unwrap();
        names.push(name);
    }
    let by = |facts: Metadata| subject.api.list_repos(subject.org, ListRepos::new().with_filter(facts));
    assert_eq!(by(Metadata::new().with("mark", mark.as_str())).await.unwrap().len(), 2);
    let one = by(Metadata::new().with("mark", mark.as_str()).with("level", 2)).await.unwrap();
    assert_eq!(one.iter().map(|repo| repo.name.as_str()).collect::<Vec<_>>(), [names[1].repo()]);
    for name in names {
        subject
            .api
            .delete_repo(&name, sure(), DeleteRepo::new().with_immediate().with_retain_data())
            .await
            .unwrap();
    }
}

/// What is not there is not found, and the error says under which id the service logged it.
pub async fn what_is_not_there_is_not_found(subject: Subject<'_>) {
    let missing = RepoName::new(subject.org, &fresh("missing")).unwrap();
    let error = subject.api.get_repo_object(&missing).await.unwrap_err();
    assert!(error.is_not_found() && error.request_id().is_some(), "{error:?}");
    assert_eq!(error.operation(), Some("get repo"));
    assert!(subject.api.open_repo(&missing).await.unwrap_err().is_not_found());
    let nobody = fresh("nobody").parse().unwrap();
    let error = subject.api.list_repos(&nobody, ListRepos::new()).await.unwrap_err();
    assert!(error.is_not_found() || error.is_forbidden(), "{error}");
}
