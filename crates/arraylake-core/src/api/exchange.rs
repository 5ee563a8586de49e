//! [`Exchange`]: repos that orgs offer each other.

use arraylake_types::{
    DefaultExchange, OrgName, Page, PageRequest, RepoId, RepoModel, RepoSubscription, Rows, SubscribeRepo,
};
use async_trait::async_trait;
use http::Method;

use super::missing::is_plainly_missing_route;
use crate::call::Call;
use crate::client::{AsyncClient, Flag};
use crate::error::Result;
use crate::listing::subscription_page;

/// Repos that orgs offer each other.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Who subscribes to a repo, on every page.
    ///
    /// `GET /repo/{id}/subscriptions`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo.
    async fn get_repo_subscriptions(&self, id: &RepoId) -> Result<Rows<RepoSubscription>>;

    /// One page of who subscribes to a repo. The service sets the size of the page.
    ///
    /// `GET /repo/{id}/subscriptions`
    ///
    /// # Errors
    /// If the page is out of range, before anything is sent.
    async fn get_repo_subscriptions_page(&self, id: &RepoId, page: u64) -> Result<Page<RepoSubscription>>;

    /// The exchange that is used unless told otherwise; none if there is none yet, or the service knows of none.
    ///
    /// `GET /default-exchange`
    ///
    /// # Errors
    /// If the service cannot be reached.
    async fn get_default_exchange(&self) -> Result<Option<DefaultExchange>>;

    /// Makes the entry of a repo that subscribes to one of another org.
    ///
    /// `POST /orgs/{org}/exchange-subscriptions`; on older services `POST /orgs/{org}/marketplace/subscribe`, and on those
    /// before that `POST /orgs/{org}/repos`. Only a service that says that it lacks a route is asked at an older one:
    /// a listing that is not there is the answer.
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_not_found`](crate::Error::is_not_found) if there is no
    /// such listing; [`is_conflict`](crate::Error::is_conflict) if a repo or a ghost has the name;
    /// [`is_unknown_outcome`](crate::Error::is_unknown_outcome) if the answer was lost.
    async fn subscribe_repo_object(&self, org: &OrgName, request: SubscribeRepo) -> Result<RepoModel>;
}

#[async_trait]
impl Exchange for AsyncClient {
    async fn get_repo_subscriptions(&self, id: &RepoId) -> Result<Rows<RepoSubscription>> {
        self.get_repo_subscriptions_stream(id).collect().await
    }

    async fn get_repo_subscriptions_page(&self, id: &RepoId, page: u64) -> Result<Page<RepoSubscription>> {
        PageRequest::new(page).validate()?;
        subscription_page(self, id, page).await
    }

    async fn get_default_exchange(&self) -> Result<Option<DefaultExchange>> {
        match self.call(Call::get("get default exchange", &["default-exchange"])).await {
            Ok(answer) => answer.read(),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn subscribe_repo_object(&self, org: &OrgName, request: SubscribeRepo) -> Result<RepoModel> {
        const OPERATION: &str = "subscribe to repo";
        request.validate()?;
        let era = self.era();
        let routes: [(_, &[&str]); 2] = [
            (&era.lacks_exchange, &["orgs", org.as_str(), "exchange-subscriptions"]),
            (&era.lacks_marketplace, &["orgs", org.as_str(), "marketplace", "subscribe"]),
        ];
        let mut missing = Vec::new();
        for (lacking, path) in routes.into_iter().filter(|(lacking, _)| !lacking.is_set()) {
            let call = Call::new(OPERATION, Method::POST, path).json(&request.body())?;
            match self.call_once(OPERATION, call).await {
                Err(error) if is_plainly_missing_route(&error) => missing.push(lacking),
                answer => {
                    let answer = answer?;
                    missing.into_iter().for_each(Flag::set);
                    return answer.read();
                }
            }
        }
        let call = Call::new(OPERATION, Method::POST, &["orgs", org.as_str(), "repos"]).json(&request)?;
        let answer = self.call_once(OPERATION, call).await?;
        missing.into_iter().for_each(Flag::set);
        answer.read()
    }
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};

    use super::*;
    use crate::test_support::{client_over, repo_json};

    fn page(ids: &[&str], page: u64, pages: u64) -> String {
        let rows: Vec<String> = ids
            .iter()
            .map(|id| format!(r#"{{"id":"{id}","subscribed_at":"2024-05-01T12:00:00"}}"#))
            .collect();
        format!(r#"{{"items":[{}],"total":2,"page":{page},"size":1,"pages":{pages}}}"#, rows.join(","))
    }

    #[tokio::test]
    async fn subscriptions_of_every_page_are_listed_and_none_at_all_is_the_end() {
        let script = Script::new([
            json(200, page(&["a"], 1, 2)),
            json(200, page(&["b"], 2, 2)),
            json(200, page(&[], 1, 0)),
        ]);
        let client = client_over(&script);
        let id = "aa".parse().unwrap();
        let rows = client.get_repo_subscriptions(&id).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(client.get_repo_subscriptions(&id).await.unwrap().is_empty());
        assert_eq!(script.paths()[1], "/repo/aa/subscriptions?page=2");
        assert!(client.get_repo_subscriptions_page(&id, 0).await.unwrap_err().is_invalid_input());
    }

    #[tokio::test]
    async fn no_default_exchange_is_no_error() {
        let id = "99999999-9999-4999-8999-999999999999";
        let script =
            Script::new([status(404), json(200, format!(r#"{{"id":"{id}","owner":"acme","slug":"s"}}"#))]);
        let client = client_over(&script);
        assert_eq!(client.get_default_exchange().await.unwrap(), None);
        assert_eq!(client.get_default_exchange().await.unwrap().unwrap().slug, "s");
    }

    #[tokio::test]
    async fn a_subscription_goes_by_the_newest_route_that_the_service_has() {
        let made = || json(201, repo_json("era5"));
        let missing = || json(404, r#"{"detail":"Not Found"}"#);
        let (org, request) = ("acme".parse().unwrap(), || SubscribeRepo::new("era5", "0123"));
        let [newest, newer, oldest] =
            ["/orgs/acme/exchange-subscriptions", "/orgs/acme/marketplace/subscribe", "/orgs/acme/repos"];
        let script = Script::new([made(), missing(), made(), made()]);
        let client = client_over(&script);
        for _ in 0..3 {
            client.subscribe_repo_object(&org, request()).await.unwrap();
        }
        assert_eq!(script.paths(), [newest, newest, newer, newer]);
        let script = Script::new([missing(), status(405), made(), made()]);
        let client = client_over(&script);
        for _ in 0..2 {
            client.subscribe_repo_object(&org, request()).await.unwrap();
        }
        assert_eq!(script.paths(), [newest, newer, oldest, oldest]);
        let modes: Vec<serde_json::Value> = [1, 2].map(|at| body(&script, at)["create_mode"].clone()).into();
        assert_eq!(modes, [serde_json::Value::Null, "subscribe".into()]);
        assert_eq!(body(&script, 1)["marketplace_listing_id"], body(&script, 1)["exchange_listing_id"]);
    }

    fn body(script: &Script, at: usize) -> serde_json::Value {
        serde_json::from_slice(script.requests()[at].body()).unwrap()
    }

    #[tokio::test]
    async fn a_listing_that_is_not_there_is_the_answer_and_no_older_route_makes_a_plain_repo() {
        let script = Script::new([
            json(404, r#"{"detail":"Exchange listing 0123 not found"}"#),
            // Nothing says that the route is missing, such as the page of a proxy.
            status(404),
            json(404, r#"{"detail":"Not Found"}"#),
            json(404, r#"{"detail":"acme not found"}"#),
        ]);
        let client = client_over(&script);
        for _ in 0..3 {
            let request = SubscribeRepo::new("era5", "0123");
            let error = client.subscribe_repo_object(&"acme".parse().unwrap(), request).await.unwrap_err();
            assert!(error.is_not_found(), "{error}");
        }
        let [newest, newer] = ["/orgs/acme/exchange-subscriptions", "/orgs/acme/marketplace/subscribe"];
        assert_eq!(script.paths(), [newest, newest, newest, newer]);
        assert!(!client.era().lacks_exchange.is_set(), "nothing was made by the older route");
    }
}
