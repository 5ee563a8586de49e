//! Users.

use super::Subject;

/// A user has an id and an address that mail programs accept.
pub async fn the_user_is_known(subject: Subject<'_>) {
    let user = subject.api.get_user().await.unwrap();
    let (_, domain) = user.email().split_once('@').unwrap();
    assert!(domain.contains('.') && !domain.ends_with("localhost"), "{domain}");
    assert_eq!(subject.api.get_user().await.unwrap().id(), user.id());
}
