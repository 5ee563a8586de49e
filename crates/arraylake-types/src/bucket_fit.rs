//! What goes together in a bucket config: a platform, its settings, and how credentials are had.

use crate::{AuthMethod, ExtraConfig, Platform};

/// What a platform cannot be reached without.
pub(crate) fn settings_fault(platform: &Platform, extra: &ExtraConfig) -> Option<&'static str> {
    let lacks = |key: &str| !extra.0.contains_key(key);
    match platform {
        Platform::S3 if lacks("region_name") => Some("S3 buckets require a region_name"),
        Platform::S3Compatible if lacks("endpoint_url") => {
            Some("S3-compatible buckets require an endpoint_url")
        }
        _ => None,
    }
}

/// Whether credentials can be had in a way; `account` is the storage account of a bucket without any.
pub(crate) fn method_fault(
    method: &AuthMethod,
    account: Option<&str>,
    platform: &Platform,
    extra: &ExtraConfig,
) -> Option<&'static str> {
    match method {
        AuthMethod::BucketPolicy | AuthMethod::Other(_) => Some("is not a method that can be created"),
        AuthMethod::CustomerManagedRole | AuthMethod::AwsCustomerManagedRole if *platform != Platform::S3 => {
            Some("AWS customer managed role is only supported for s3 buckets")
        }
        AuthMethod::GcpCustomerManagedRole if *platform != Platform::Gs => {
            Some("GCP customer managed role is only supported for gs buckets")
        }
        AuthMethod::R2CustomerManagedRole if *platform != Platform::S3Compatible || !extra.is_r2() => {
            Some("R2 customer managed role is only supported for R2 buckets")
        }
        AuthMethod::AzureCredentialDelegation if *platform != Platform::Azure => {
            Some("Azure credential delegation is only supported for azure buckets")
        }
        AuthMethod::Anonymous if *platform == Platform::Azure && account.is_none_or(str::is_empty) => {
            Some("anonymous Azure buckets require a storage_account")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{AuthConfig, BucketResponse, ExtraConfig, ModifyBucket, Platform};

    fn stored(platform: Platform, extra: ExtraConfig, auth: Option<AuthConfig>) -> BucketResponse {
        let mut bucket: BucketResponse =
            serde_json::from_str(r#"{"nickname":"store","platform":"s3","name":"bucket"}"#).unwrap();
        (bucket.platform, bucket.extra_config, bucket.auth_config) = (platform, extra, auth);
        bucket
    }

    #[test]
    fn a_change_leaves_what_a_platform_cannot_be_without() {
        let (region, none) = (ExtraConfig::new().with("region_name", "us-east-1"), ExtraConfig::new);
        let endpoint = ExtraConfig::new().with("endpoint_url", "https://a.r2.cloudflarestorage.com");
        let change = ModifyBucket::new;
        let [role, r2] =
            [AuthConfig::aws_role("1", "role", "secret"), AuthConfig::r2_role("account", "key", "token")];
        let aws = stored(Platform::S3, region.clone(), Some(role));
        let other = stored(Platform::S3Compatible, endpoint.clone(), None);
        let cloudflare = stored(Platform::S3Compatible, endpoint, Some(r2));
        let azure = stored(Platform::Azure, none(), Some(AuthConfig::azure_delegation("tenant", "account")));
        for (stored, change, rule) in [
            (&aws, change().with_extra_config(none()), r#""store": S3 buckets require a region_name"#),
            (&aws, change().with_platform(Platform::S3Compatible), "require an endpoint_url"),
            (&aws, change().with_platform(Platform::Gs), "only supported for s3"),
            (&other, change().with_extra_config(region.clone()), "require an endpoint_url"),
            (&other, change().with_platform(Platform::S3), "require a region_name"),
            (&other, change().with_auth(AuthConfig::gcp_role("a@example.com")), "only supported for gs"),
            (
                &cloudflare,
                change().with_extra_config(none().with("endpoint_url", "https://s3.example.com")),
                "only supported for R2",
            ),
            (&azure, change().with_auth(AuthConfig::anonymous()), "require a storage_account"),
        ] {
            let error = change.validate_for(stored).unwrap_err().to_string();
            assert!(error.contains(rule), "{error}");
            assert!(!error.contains("token"), "{error}");
        }
        change().with_extra_config(region).validate_for(&aws).unwrap();
    }

    #[test]
    fn a_rule_that_is_broken_already_does_not_stand_in_the_way_of_another_change() {
        let odd = stored(Platform::S3, ExtraConfig::new(), Some(AuthConfig::BucketPolicy));
        ModifyBucket::new().with_nickname("renamed").unwrap().validate_for(&odd).unwrap();
        ModifyBucket::new().with_extra_config(ExtraConfig::new().with("x", "y")).validate_for(&odd).unwrap();
        let unknown = stored(Platform::S3, ExtraConfig::new().with("region_name", "r"), None);
        ModifyBucket::new().with_prefix("p").validate_for(&unknown).unwrap();
        assert!(ModifyBucket::new().with_prefix("/p").validate_for(&unknown).is_err());
    }
}
