//! [`VirtualChunks`]: containers of virtual chunks, and who may refer to which bucket.

use async_trait::async_trait;
use http::Method;

use arraylake_types::{
    AccessPolicy, AccessPolicyKey, AuthMethod, BucketRef, InvalidInput, NewAccessPolicy, OrgName, Page,
    PolicyUseCase, RepoName, Rows, UpdateContainers, VirtualChunkContainers,
};

use crate::api::Buckets;
use crate::api::buckets::{id_of, resolve};
use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::Result;
use crate::pages::Pages;

/// Containers of virtual chunks, and who may refer to which bucket.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait VirtualChunks: Send + Sync {
    /// The containers that a repo reads virtual chunks from, each with the nickname of the bucket config it is read by.
    ///
    /// `GET /repos/icechunk/{org}/{repo}/virtual-chunk-containers`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is no such repo.
    async fn get_virtual_chunk_containers(&self, repo: &RepoName) -> Result<VirtualChunkContainers>;

    /// Adds, remaps and removes containers, and returns those that there are then.
    ///
    /// `PATCH /repos/icechunk/{org}/{repo}/virtual-chunk-containers`
    ///
    /// # Errors
    /// If a prefix breaks a rule or nothing is to be changed, before anything is sent; if there is no such repo.
    async fn update_virtual_chunk_containers(
        &self,
        repo: &RepoName,
        request: UpdateContainers,
    ) -> Result<VirtualChunkContainers>;

    /// Lets repos refer to a part of a bucket. Doing so twice does no harm.
    ///
    /// `PUT /orgs/{org}/settings/virtual-chunk-access-policies`
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is no bucket config of that nickname; if it
    /// has a fixed pair of keys, which cannot be shared.
    async fn set_virtual_chunk_access_policy(
        &self,
        org: &OrgName,
        policy: NewAccessPolicy,
    ) -> Result<AccessPolicy>;

    /// Lists the access policies that somebody made, on every page.
    ///
    /// `GET /orgs/{org}/settings/virtual-chunk-access-policies`
    ///
    /// # Errors
    /// If there is no such org, or the token does not allow it.
    async fn list_virtual_chunk_access_policies(&self, org: &OrgName) -> Result<Rows<AccessPolicy>>;

    /// Deletes an access policy. It does not matter if there is none.
    ///
    /// `DELETE /orgs/{org}/settings/virtual-chunk-access-policies`
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is no bucket config of that nickname; its
    /// id does it then.
    async fn delete_virtual_chunk_access_policy(&self, org: &OrgName, policy: NewAccessPolicy) -> Result<()>;
}

#[async_trait]
impl VirtualChunks for AsyncClient {
    async fn get_virtual_chunk_containers(&self, repo: &RepoName) -> Result<VirtualChunkContainers> {
        self.call(Call::get("get virtual chunk containers", &containers(repo))).await?.read()
    }

    async fn update_virtual_chunk_containers(
        &self,
        repo: &RepoName,
        request: UpdateContainers,
    ) -> Result<VirtualChunkContainers> {
        request.validate()?;
        let call = Call::new("update virtual chunk containers", Method::PATCH, &containers(repo));
        // Sent twice it says the same.
        self.call(call.json(&request)?.idempotent()).await?.read()
    }

    async fn set_virtual_chunk_access_policy(
        &self,
        org: &OrgName,
        policy: NewAccessPolicy,
    ) -> Result<AccessPolicy> {
        let key = shareable(self, org, &policy).await?;
        let call = Call::new("set virtual chunk access policy", Method::PUT, &policies(org));
        self.call(call.json(&key)?).await?.read()
    }

    async fn list_virtual_chunk_access_policies(&self, org: &OrgName) -> Result<Rows<AccessPolicy>> {
        let (client, owned) = (self.clone(), org.clone());
        let pages = Pages::new(1, move |number| {
            let (client, org) = (client.clone(), owned.clone());
            async move { policy_page(&client, &org, number).await }
        });
        let mut rows = pages.collect().await?;
        // The others are made by the service for subscriptions.
        rows.items.retain(|policy| policy.use_case == PolicyUseCase::Explicit);
        Ok(rows)
    }

    async fn delete_virtual_chunk_access_policy(&self, org: &OrgName, policy: NewAccessPolicy) -> Result<()> {
        let key = policy.key(resolve(self, org, &policy.bucket).await?);
        let call = Call::new("delete virtual chunk access policy", Method::DELETE, &policies(org));
        self.call(call.json(&key)?).await?;
        Ok(())
    }
}

fn containers(repo: &RepoName) -> [&str; 5] {
    ["repos", "icechunk", repo.org().as_str(), repo.repo(), "virtual-chunk-containers"]
}

fn policies(org: &OrgName) -> [&str; 4] {
    ["orgs", org.as_str(), "settings", "virtual-chunk-access-policies"]
}

/// What is sent for a policy. Where the bucket config has to be looked up anyway, fixed keys are refused at once.
async fn shareable(client: &AsyncClient, org: &OrgName, policy: &NewAccessPolicy) -> Result<AccessPolicyKey> {
    let BucketRef::Nickname(nickname) = &policy.bucket else {
        return Ok(policy.key(resolve(client, org, &policy.bucket).await?));
    };
    let bucket = client.get_bucket_config(org, nickname).await?;
    if bucket.auth_method() == Some(AuthMethod::Hmac) {
        let rule = "uses HMAC authentication, so that repos of others cannot refer to it";
        return Err(InvalidInput::new("bucket", nickname.as_str(), rule).into());
    }
    Ok(policy.key(id_of(&bucket)?))
}

async fn policy_page(client: &AsyncClient, org: &OrgName, number: u64) -> Result<Page<AccessPolicy>> {
    let text = number.to_string();
    // The first page is asked for as the service has always been: without a number.
    let pairs = [("page", text.as_str()), ("size", "100")];
    let pairs = if number == 1 { &pairs[1..] } else { &pairs };
    let call = Call::get("list virtual chunk access policies", &policies(org)).query(pairs);
    client.call(call).await?.read_with(Page::from_slice)
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};
    use arraylake_types::BucketNickname;

    use super::*;
    use crate::test_support::client_over;

    const ID: &str = "11111111-1111-4111-8111-111111111111";

    fn org() -> OrgName {
        "acme".parse().unwrap()
    }

    fn buckets(method: &str) -> String {
        format!(
            r#"[{{"id":"{ID}","nickname":"cold-store","platform":"s3","name":"b","extra_config":{{}},"auth_config":{{"method":"{method}"}}}}]"#
        )
    }

    fn policy_json(use_case: &str) -> String {
        format!(r#"{{"use_case":"{use_case}","bucket_id":"{ID}","subprefix":"a","url_prefix":"s3://b/a/"}}"#)
    }

    fn cold_store() -> BucketNickname {
        "cold-store".parse().unwrap()
    }

    #[tokio::test]
    async fn containers_are_read_and_changed() {
        let map = r#"{"s3://a/":"cold-store","s3://gone/":null}"#;
        let script = Script::new([json(200, map), json(200, map)]);
        let client = client_over(&script);
        let repo = "acme/era5".parse().unwrap();
        assert_eq!(client.get_virtual_chunk_containers(&repo).await.unwrap()["s3://gone/"], None);
        let request = UpdateContainers::new().with_remove("s3://gone/");
        client.update_virtual_chunk_containers(&repo, request).await.unwrap();
        let path = "/repos/icechunk/acme/era5/virtual-chunk-containers";
        assert_eq!(script.paths(), [path, path]);
        assert_eq!(script.requests()[1].body(), &r#"{"add":{},"remove":["s3://gone/"]}"#);
        let nothing = UpdateContainers::new();
        assert!(client.update_virtual_chunk_containers(&repo, nothing).await.unwrap_err().is_invalid_input());
    }

    #[tokio::test]
    async fn a_policy_goes_to_the_id_of_its_bucket() {
        let script =
            Script::new([json(200, buckets("anonymous")), json(200, policy_json("explicit")), status(204)]);
        let client = client_over(&script);
        let policy = NewAccessPolicy::new(cold_store()).with_subprefix("/a/");
        client.set_virtual_chunk_access_policy(&org(), policy).await.unwrap();
        let id: arraylake_types::BucketId = ID.parse().unwrap();
        client.delete_virtual_chunk_access_policy(&org(), NewAccessPolicy::new(id)).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(script.requests()[1].body()).unwrap();
        let expected =
            serde_json::json!({"use_case": "explicit", "bucket_id": ID, "subprefix": "a", "public": false});
        assert_eq!(body, expected);
        assert_eq!(script.requests()[2].method(), Method::DELETE);
        assert!(!script.requests()[2].body().is_empty());
    }

    #[tokio::test]
    async fn a_bucket_with_fixed_keys_is_not_shared() {
        let script = Script::new([json(200, buckets("hmac"))]);
        let policy = NewAccessPolicy::new(cold_store());
        let error = client_over(&script).set_virtual_chunk_access_policy(&org(), policy).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("HMAC"), "{error}");
    }

    #[tokio::test]
    async fn policies_of_every_page_are_listed_and_those_of_the_service_are_left_out() {
        let page = |use_case: &str, number: u64| {
            let row = policy_json(use_case);
            json(200, format!(r#"{{"items":[{row}],"total":2,"page":{number},"size":1,"pages":2}}"#))
        };
        let script = Script::new([page("explicit", 1), page("subscription", 2)]);
        let rows = client_over(&script).list_virtual_chunk_access_policies(&org()).await.unwrap();
        assert_eq!(rows.len(), 1);
        let path = "/orgs/acme/settings/virtual-chunk-access-policies";
        assert_eq!(script.paths(), [format!("{path}?size=100"), format!("{path}?page=2&size=100")]);
    }
}
