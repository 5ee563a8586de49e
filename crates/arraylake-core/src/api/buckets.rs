//! [`Buckets`]: bucket configs.

use async_trait::async_trait;
use http::Method;

use arraylake_types::{
    BucketId, BucketNickname, BucketRef, BucketResponse, CredentialAccess, DeleteConfirmation, ModifyBucket,
    NewBucket, OrgName, RepoModel, Rows, StorageCredentials,
};

use crate::call::Call;
use crate::client::AsyncClient;
use crate::error::{DecodeError, Error, Result};

/// Bucket configs: where data lives and how credentials are had.
///
/// A nickname is looked up in the list of the org's bucket configs, since the service knows ids only. The match is
/// exact.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Buckets: Send + Sync {
    /// Lists the bucket configs of an org. A row that cannot be read is reported in [`Rows::bad`].
    ///
    /// `GET /orgs/{org}/buckets`
    ///
    /// # Errors
    /// If there is no such org, or the token does not allow it.
    async fn list_bucket_configs(&self, org: &OrgName) -> Result<Rows<BucketResponse>>;

    /// Makes a bucket config. No bucket is made in the object store.
    ///
    /// `POST /orgs/{org}/buckets`
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the nickname
    /// or the place is taken.
    async fn create_bucket_config(&self, org: &OrgName, request: NewBucket) -> Result<BucketResponse>;

    /// A bucket config by its nickname: out of the list, so that one request does.
    ///
    /// `GET /orgs/{org}/buckets`
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is none of that nickname.
    async fn get_bucket_config(&self, org: &OrgName, nickname: &BucketNickname) -> Result<BucketResponse>;

    /// A bucket config by its id.
    ///
    /// `GET /orgs/{org}/buckets/{id}`
    ///
    /// # Errors
    /// [`is_not_found`](crate::Error::is_not_found) if there is none of that id.
    async fn get_bucket_config_by_id(&self, org: &OrgName, id: BucketId) -> Result<BucketResponse>;

    /// Changes a bucket config, as far as things are set. A secret that is not set stays as it is stored.
    ///
    /// `PATCH /orgs/{org}/buckets/{id}`
    ///
    /// By nickname the bucket config is looked up first, and the change checked against it
    /// ([`ModifyBucket::validate_for`]); by id only the change itself is checked.
    ///
    /// # Errors
    /// If a value breaks a rule, before anything is sent; [`is_conflict`](crate::Error::is_conflict) if the nickname
    /// or the place is taken, or a repo uses the bucket.
    async fn modify_bucket_config(
        &self,
        org: &OrgName,
        bucket: &BucketRef,
        request: ModifyBucket,
    ) -> Result<BucketResponse>;

    /// Credentials for a bucket, to read or to write. Services before 1.0 give those to read.
    ///
    /// `GET /orgs/{org}/buckets/{id}/credentials`
    ///
    /// # Errors
    /// [`is_forbidden`](crate::Error::is_forbidden) if the token does not allow it; if the bucket does not vend
    /// credentials.
    async fn get_bucket_credentials(
        &self,
        org: &OrgName,
        bucket: &BucketRef,
        access: CredentialAccess,
    ) -> Result<StorageCredentials>;

    /// Makes a bucket config the one for new repos.
    ///
    /// `POST /orgs/{org}/buckets/{id}/default`
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is none of that nickname.
    async fn set_default_bucket_config(&self, org: &OrgName, nickname: &BucketNickname) -> Result<()>;

    /// Lists the repos in a bucket, the one changed last first.
    ///
    /// `GET /orgs/{org}/buckets/{id}/repos`
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is none of that nickname.
    async fn list_repos_for_bucket_config(
        &self,
        org: &OrgName,
        nickname: &BucketNickname,
    ) -> Result<Rows<RepoModel>>;

    /// Deletes a bucket config that no repo uses. The bucket in the object store stays.
    ///
    /// `DELETE /orgs/{org}/buckets/{id}`
    ///
    /// # Errors
    /// [`is_bucket_not_found`](crate::Error::is_bucket_not_found) if there is none of that nickname;
    /// [`is_conflict`](crate::Error::is_conflict) if a repo uses it.
    async fn delete_bucket_config(
        &self,
        org: &OrgName,
        nickname: &BucketNickname,
        sure: DeleteConfirmation,
    ) -> Result<()>;
}

#[async_trait]
impl Buckets for AsyncClient {
    async fn list_bucket_configs(&self, org: &OrgName) -> Result<Rows<BucketResponse>> {
        let call = Call::get("list bucket configs", &["orgs", org.as_str(), "buckets"]).sensitive();
        self.call(call).await?.read_with(Rows::from_slice)
    }

    async fn create_bucket_config(&self, org: &OrgName, request: NewBucket) -> Result<BucketResponse> {
        request.validate()?;
        let path = ["orgs", org.as_str(), "buckets"];
        self.call(Call::new("create bucket config", Method::POST, &path).json(&request)?).await?.read()
    }

    async fn get_bucket_config(&self, org: &OrgName, nickname: &BucketNickname) -> Result<BucketResponse> {
        let rows = self.list_bucket_configs(org).await?;
        let found = rows.into_iter().find(|bucket| bucket.nickname == nickname.as_str());
        found.ok_or_else(|| Error::BucketNotFound { org: org.to_string(), nickname: nickname.to_string() })
    }

    async fn get_bucket_config_by_id(&self, org: &OrgName, id: BucketId) -> Result<BucketResponse> {
        let path = ["orgs", org.as_str(), "buckets", &id.to_string()];
        self.call(Call::get("get bucket config", &path).sensitive()).await?.read()
    }

    async fn modify_bucket_config(
        &self,
        org: &OrgName,
        bucket: &BucketRef,
        request: ModifyBucket,
    ) -> Result<BucketResponse> {
        request.validate()?;
        let id = match bucket {
            BucketRef::Nickname(nickname) => {
                let stored = self.get_bucket_config(org, nickname).await?;
                request.validate_for(&stored)?;
                id_of(&stored)?
            }
            other => resolve(self, org, other).await?,
        };
        let path = ["orgs", org.as_str(), "buckets", &id.to_string()];
        let call = Call::new("modify bucket config", Method::PATCH, &path).json(&request)?.sensitive();
        // Said twice it means the same.
        self.call(call.idempotent()).await?.read()
    }

    async fn get_bucket_credentials(
        &self,
        org: &OrgName,
        bucket: &BucketRef,
        access: CredentialAccess,
    ) -> Result<StorageCredentials> {
        let id = resolve(self, org, bucket).await?;
        let path = ["orgs", org.as_str(), "buckets", &id.to_string(), "credentials"];
        let call = Call::get("get bucket credentials", &path).query(&[("access", access.as_str())]);
        self.call(call.sensitive()).await?.read()
    }

    async fn set_default_bucket_config(&self, org: &OrgName, nickname: &BucketNickname) -> Result<()> {
        let id = find(self, org, nickname).await?;
        let path = ["orgs", org.as_str(), "buckets", &id.to_string(), "default"];
        self.call(Call::new("set default bucket config", Method::POST, &path).idempotent()).await?;
        Ok(())
    }

    async fn list_repos_for_bucket_config(
        &self,
        org: &OrgName,
        nickname: &BucketNickname,
    ) -> Result<Rows<RepoModel>> {
        let id = find(self, org, nickname).await?;
        let path = ["orgs", org.as_str(), "buckets", &id.to_string(), "repos"];
        let call = Call::get("list repos of bucket config", &path);
        let mut rows: Rows<RepoModel> = self.call(call).await?.read_with(Rows::from_slice)?;
        rows.items.sort_by_key(|repo| std::cmp::Reverse(repo.updated));
        Ok(rows)
    }

    async fn delete_bucket_config(
        &self,
        org: &OrgName,
        nickname: &BucketNickname,
        _sure: DeleteConfirmation,
    ) -> Result<()> {
        let id = find(self, org, nickname).await?;
        let path = ["orgs", org.as_str(), "buckets", &id.to_string()];
        self.call(Call::new("delete bucket config", Method::DELETE, &path)).await?;
        Ok(())
    }
}

/// The id of a bucket config; by its nickname that takes a request.
pub(crate) async fn resolve(client: &AsyncClient, org: &OrgName, bucket: &BucketRef) -> Result<BucketId> {
    match bucket {
        BucketRef::Id(id) => Ok(*id),
        BucketRef::Nickname(nickname) => find(client, org, nickname).await,
        _ => Err(Error::Unsupported("this version does not know that kind of reference to a bucket".into())),
    }
}

async fn find(client: &AsyncClient, org: &OrgName, nickname: &BucketNickname) -> Result<BucketId> {
    let bucket = client.get_bucket_config(org, nickname).await?;
    id_of(&bucket)
}

/// The id of a listed bucket config.
pub(crate) fn id_of(bucket: &BucketResponse) -> Result<BucketId> {
    bucket.id.ok_or_else(|| {
        let nickname = &bucket.nickname;
        Error::Decode(Box::new(DecodeError {
            operation: "list bucket configs",
            content_type: None,
            reason: format!("bucket config {nickname} has no id"),
            request_id: None,
        }))
    })
}

#[cfg(test)]
mod tests {
    use arraylake_transport::testing::{Script, json, status};
    use arraylake_types::ExtraConfig;

    use super::*;
    use crate::test_support::client_over;

    const LIST: &str = r#"[{"id":"11111111-1111-4111-8111-111111111111","nickname":"cold-store","platform":"s3",
        "name":"b","prefix":null,"extra_config":{},"is_default":true},
        {"id":"nonsense","nickname":"odd-one","platform":"s3","name":"b2","extra_config":{},"is_default":false}]"#;

    fn names() -> (OrgName, BucketNickname) {
        ("acme".parse().unwrap(), "cold-store".parse().unwrap())
    }

    #[tokio::test]
    async fn a_nickname_is_found_in_the_list_although_another_row_cannot_be_read() {
        let script = Script::new([json(200, LIST)]);
        let (org, nickname) = names();
        let bucket = client_over(&script).get_bucket_config(&org, &nickname).await.unwrap();
        assert_eq!((bucket.name.as_str(), bucket.prefix.as_str()), ("b", ""));
        assert_eq!(script.paths(), ["/orgs/acme/buckets"]);
    }

    #[tokio::test]
    async fn an_unknown_nickname_is_an_error_of_its_own() {
        let script = Script::new([json(200, "[]")]);
        let (org, nickname) = names();
        let error = client_over(&script).set_default_bucket_config(&org, &nickname).await.unwrap_err();
        assert!(error.is_bucket_not_found() && error.is_not_found());
        assert_eq!(error.to_string(), "org acme has no bucket config \"cold-store\"");
    }

    #[tokio::test]
    async fn calls_by_nickname_go_to_the_id() {
        let script = Script::new([json(200, LIST), status(204), json(200, LIST), status(204)]);
        let (org, nickname) = names();
        let client = client_over(&script);
        client.set_default_bucket_config(&org, &nickname).await.unwrap();
        client
            .delete_bucket_config(&org, &nickname, DeleteConfirmation::imsure().imreallysure())
            .await
            .unwrap();
        let id = "/orgs/acme/buckets/11111111-1111-4111-8111-111111111111";
        assert_eq!(script.paths()[1], format!("{id}/default"));
        assert_eq!(script.paths()[3], id);
    }

    #[tokio::test]
    async fn an_id_saves_the_look_into_the_list() {
        let keys = r#"{"aws_access_key_id":"a","aws_secret_access_key":"s","aws_session_token":null,"expiration":null}"#;
        let bucket = LIST.trim_start_matches('[').split_inclusive('}').take(2).collect::<String>();
        let script = Script::new([
            json(200, keys),
            json(200, LIST),
            json(200, keys),
            json(200, &bucket),
            json(200, &bucket),
        ]);
        let client = client_over(&script);
        let (org, nickname) = names();
        let id: BucketId = "11111111-1111-4111-8111-111111111111".parse().unwrap();
        client.get_bucket_credentials(&org, &id.into(), CredentialAccess::Write).await.unwrap();
        client.get_bucket_credentials(&org, &nickname.into(), CredentialAccess::Read).await.unwrap();
        client.get_bucket_config_by_id(&org, id).await.unwrap();
        let change = ModifyBucket::new().with_nickname("renamed").unwrap();
        client.modify_bucket_config(&org, &id.into(), change).await.unwrap();
        let path = format!("/orgs/acme/buckets/{id}");
        let (read, write) =
            (format!("{path}/credentials?access=read"), format!("{path}/credentials?access=write"));
        assert_eq!(script.paths(), [&write, "/orgs/acme/buckets", &read, &path, &path]);
        assert_eq!(script.requests()[4].body(), &r#"{"nickname":"renamed"}"#);
    }

    #[tokio::test]
    async fn a_change_that_takes_what_the_platform_needs_ends_at_the_look_into_the_list() {
        let list = LIST.replace(r#""extra_config":{}"#, r#""extra_config":{"region_name":"us-east-1"}"#);
        let script = Script::new([json(200, list)]);
        let (org, nickname) = names();
        let change = ModifyBucket::new().with_extra_config(ExtraConfig::new());
        let error =
            client_over(&script).modify_bucket_config(&org, &nickname.into(), change).await.unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
        assert_eq!(error.to_string(), r#"invalid bucket "cold-store": S3 buckets require a region_name"#);
        assert_eq!(script.paths(), ["/orgs/acme/buckets"]);
    }

    #[tokio::test]
    async fn a_bad_bucket_config_never_leaves() {
        let script = Script::new([]);
        let request = NewBucket::new("scratch", "s3://bucket").unwrap();
        let error = client_over(&script).create_bucket_config(&names().0, request).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("region_name"), "{error}");
        assert!(script.requests().is_empty());
    }
}
