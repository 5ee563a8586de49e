//! What administrators of compute services see and do. There is no cluster behind a lake, so that its setup is soon told;
//! what was enabled can be taken from one lake to another.

use std::collections::BTreeMap;

use arraylake_types::OrgAction;
use serde_json::{Map, Value, json};

use super::access::{Rights, denied};
use super::call::{Answer, Call};
use super::compute::deploy;
use super::compute_config::{read, word};
use super::reply;
use crate::refusal::Refusal;
use crate::store::Db;

/// `GET /compute/config`
pub(crate) async fn config(call: Call) -> Answer {
    call.run(|call, db| {
        managed(call, db)?;
        reply::ok(&json!({
            "service_uri": call.lake.catalog_uri(db)?,
            "domain": "localhost",
            "env": "local",
            "container_repository": "",
            "kube_config": {},
            "legacy_domain": null,
        }))
    })
    .await
}

/// `GET /compute/dump`: the services of every org whose users the caller manages.
pub(crate) async fn dump(call: Call) -> Answer {
    call.run(|call, db| {
        let mut all = BTreeMap::new();
        for org in managed(call, db)? {
            let configs: Vec<_> = db.deployments(&org)?.into_iter().map(|it| it.config).collect();
            all.insert(org, configs);
        }
        reply::ok(&all)
    })
    .await
}

/// `POST /compute/load`: enables what a dump holds, and says of each service whether that could be done.
pub(crate) async fn load(call: Call) -> Answer {
    let wanted: BTreeMap<String, Vec<Map<String, Value>>> = call.body_as()?;
    call.run(move |call, db| {
        let managed = managed(call, db)?;
        let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
        for (org, configs) in wanted {
            for config in configs {
                let name = name_of(&org, &config);
                let made = match managed.contains(&org).then(|| read(config, &org)) {
                    Some(Ok(config)) => is_new(deploy(call, db, &org, config))?,
                    _ => false,
                };
                if made { &mut succeeded } else { &mut failed }.push(name);
            }
        }
        reply::ok(&json!({"succeeded": succeeded, "failed": failed}))
    })
    .await
}

/// Whether it was recorded. One that is there already fails by itself, anything else fails all.
fn is_new<T>(made: Result<T, Refusal>) -> Result<bool, Refusal> {
    match made {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.status().is_client_error() => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

/// `{type}://{org}`, and the name of the deployment if it has one: as clients print a service.
fn name_of(org: &str, config: &Map<String, Value>) -> String {
    let kind = word(config, "service_type").unwrap_or("unknown");
    let label = word(config, "deployment_name").map(|label| format!("/{label}")).unwrap_or_default();
    format!("{kind}://{org}{label}")
}

/// The orgs whose users the caller manages; whoever manages none is no administrator.
fn managed(call: &Call, db: &Db<'_>) -> Result<Vec<String>, Refusal> {
    let orgs = db.orgs_of(call.id())?.into_iter();
    let managed: Vec<String> = orgs
        .filter(|(_, actions)| Rights::new(actions.clone()).allow(&OrgAction::CanManageUsers))
        .map(|(org, _)| org.name)
        .collect();
    if managed.is_empty() { Err(denied()) } else { Ok(managed) }
}
