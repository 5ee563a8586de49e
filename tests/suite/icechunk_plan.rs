//! The decision table against the recordings: what Python handed to icechunk, for the same answers of the service.

use std::path::Path;

use arraylake_core::icechunk::{Access, Constructor, ErrorKind, StorageOverrides, StoragePlan, plan};
use arraylake_types::{OpenRepo, RepoModel};
use serde_json::Value;

/// A recorded call: what the service said, and what Python made of it.
struct Case {
    version: &'static str,
    name: String,
    answer: OpenRepo,
    /// The call of a constructor of icechunk's, if there was one.
    python: Option<Value>,
}

/// What is expected of us.
enum Expected {
    /// What Python did.
    Same,
    /// A typed error, where Python fails too or does something that cannot work.
    Refused(fn(&ErrorKind) -> bool),
    /// A storage, where Python has none, another, or one without keys.
    Ours(Constructor),
}

const UNSUPPORTED: Expected = Expected::Refused(|kind| matches!(kind, ErrorKind::Unsupported { .. }));
const CONFIG: Expected = Expected::Refused(|kind| *kind == ErrorKind::Config);

impl Case {
    fn read(version: &'static str, record: &Value) -> Option<Self> {
        let name = record["case"].as_str().unwrap();
        let call = record["call"].as_str().unwrap();
        let opens = call.ends_with(".get_repo") || call.ends_with(".get_icechunk_storage");
        // Options of the client that ours does not have.
        let foreign =
            name.starts_with("credentials_override") || name == "delegated credentials switched off";
        if !opens || foreign || name.starts_with("v1 ") {
            return None;
        }
        let answer = answer(record, call)?;
        let calls = record["storage"].as_array().into_iter().flatten();
        let python = calls.into_iter().find(|call| call["function"].as_str().unwrap().ends_with("_storage"));
        Some(Self { version, name: name.to_owned(), answer, python: python.cloned() })
    }

    /// The bucket and the method; the method is empty where the case is about something else.
    fn cell(&self) -> (&str, &str) {
        match self.name.rsplit_once(", ") {
            Some((place, method)) if !method.contains(' ') => (place, method),
            _ => (&self.name, ""),
        }
    }

    fn expected(&self) -> Expected {
        let (place, method) = self.cell();
        let at_r2 = place.starts_with("r2");
        match (place, method) {
            // Roles of one platform give no keys for another.
            (_, "gcp_customer_managed_role") if place != "gs" => UNSUPPORTED,
            (_, "azure_credential_delegation") if place != "azure" => UNSUPPORTED,
            (_, "r2_customer_managed_role") if !at_r2 => UNSUPPORTED,
            ("gs" | "azure", "hmac" | "aws_customer_managed_role" | "customer_managed_role") => UNSUPPORTED,
            // Python gives up for want of a storage account.
            ("azure", "none" | "bucket_policy") => UNSUPPORTED,
            // Python leaves the region to the environment, which may ask the network.
            ("s3 without region", _) => CONFIG,
            ("tigris without region" | "tigris region auto", _) => CONFIG,
            ("tigris t3 is not known yet", _) => Expected::Ours(Constructor::Tigris),
            ("r2 is plain s3", _) => Expected::Ours(Constructor::R2),
            // Python knows that keys are had for such a role on three platforms only, and goes without else.
            (_, "aws_customer_managed_role" | "customer_managed_role") if !self.python_signs() => {
                match self.answer.repo_bucket.platform.as_str() {
                    "minio" => UNSUPPORTED,
                    _ if place.starts_with("tigris") => Expected::Ours(Constructor::Tigris),
                    _ => Expected::Ours(Constructor::S3),
                }
            }
            _ => Expected::Same,
        }
    }

    /// Whether Python gave keys to icechunk, or a way to have some. What the environment holds does not count.
    fn python_signs(&self) -> bool {
        let Some(call) = &self.python else { return false };
        ["access_key_id", "get_credentials", "sas_token", "bearer_token"]
            .iter()
            .any(|key| call["kwargs"].get(key).is_some_and(|value| !value.is_null()))
    }

    fn compare(&self, plan: &StoragePlan) {
        let (call, name) = (self.python.as_ref().unwrap(), &self.name);
        assert_eq!(function(plan.constructor), call["function"], "{name}");
        let kwargs = &call["kwargs"];
        let same = |key: &str, ours: Value| {
            if kwargs.get(key).is_some_and(|theirs| !theirs.is_null()) {
                assert_eq!(kwargs[key], ours, "{name}: {key}");
            }
        };
        same("bucket", plan.bucket.clone().into());
        same("container", plan.bucket.clone().into());
        same("prefix", plan.prefix.clone().into());
        same("region", plan.region.clone().into());
        same("endpoint_url", plan.endpoint_url.clone().into());
        same("allow_http", plan.allow_http.into());
        same("force_path_style", plan.force_path_style.into());
        same("account", plan.account.clone().into());
        assert_eq!(plan.access != Access::Anonymous, self.python_signs(), "{name}: {call}");
    }
}

fn function(constructor: Constructor) -> &'static str {
    match constructor {
        Constructor::S3 => "icechunk.s3_storage",
        Constructor::R2 => "icechunk.r2_storage",
        Constructor::Tigris => "icechunk.tigris_storage",
        Constructor::Gcs => "icechunk.gcs_storage",
        Constructor::Azure => "icechunk.azure_storage",
        other => panic!("{other:?}"),
    }
}

/// What the service answered, as our client puts it together; none where it answered with an error, or where there is
/// no bucket.
fn answer(record: &Value, call: &str) -> Option<OpenRepo> {
    let good = |end: &str| {
        let exchanges = record["exchanges"].as_array().unwrap().iter();
        let mut good = exchanges.filter(|exchange| exchange["response"]["status"] == 200);
        let found = good.find(|exchange| exchange["request"]["path"].as_str().unwrap().ends_with(end));
        found.map(|exchange| exchange["response"]["json"].clone())
    };
    let open = good("/open").map(|open| serde_json::from_value::<OpenRepo>(open).unwrap());
    if call.ends_with(".get_repo") {
        return open;
    }
    let model: RepoModel = serde_json::from_value(good("/my-repo")?).unwrap();
    let (bucket, prefix) = model.storage()?;
    let mut answer = OpenRepo::new(bucket.clone(), prefix);
    let fetched = good("/bucket-credentials").map(|keys| serde_json::from_value(keys).unwrap());
    answer.repo_credentials = fetched.or(open.and_then(|open| open.repo_credentials));
    Some(answer)
}

fn cases(version: &'static str) -> Vec<Case> {
    let file = format!("recordings/python-{version}/storage-options.jsonl");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    text.lines().filter_map(|line| Case::read(version, &serde_json::from_str(line).unwrap())).collect()
}

#[test]
fn every_recorded_storage_is_planned_as_in_python_or_differs_for_a_reason() {
    let (mut same, mut both_refuse, mut we_refuse, mut ours) = (0, 0, 0, 0);
    for case in ["0.14.0", "0.20.0", "1.7.0"].into_iter().flat_map(cases) {
        let what = format!("{} {}", case.version, case.name);
        let planned = plan(&case.answer, &StorageOverrides::new());
        match (case.expected(), planned) {
            (Expected::Same, Ok(plan)) => {
                assert!(case.python.is_some(), "{what}: Python fails, and we do not");
                case.compare(&plan);
                same += 1;
            }
            (Expected::Refused(kind), Err(error)) => {
                assert!(kind(error.kind()), "{what}: {error:?}");
                *(if case.python.is_some() { &mut we_refuse } else { &mut both_refuse }) += 1;
            }
            (Expected::Ours(constructor), Ok(plan)) => {
                assert_eq!(plan.constructor, constructor, "{what}");
                ours += 1;
            }
            (_, planned) => panic!("{what}: {planned:?}"),
        }
    }
    let counted = (same, both_refuse, we_refuse, ours);
    assert_eq!(
        counted,
        (147, 27, 91, 26),
        "as in Python, refused by both, refused here alone, had here alone"
    );
}
