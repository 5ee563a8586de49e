//! Compute services. A lake records what was enabled and answers for it, but it runs no workloads: nothing answers at
//! the address of a deployment, and its log says so.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call};
use super::compute_config::{self, REGION, check_replicas, read_replicas, word};
use super::reply;
use crate::random;
use crate::refusal::Refusal;
use crate::store::{Db, Deployment};

/// `POST /compute/orgs/{org}/services`
pub(crate) async fn enable(call: Call) -> Answer {
    let config = compute_config::read(call.body_as()?, call.path("org"))?;
    call.run(move |call, db| {
        let org = call.path("org");
        call.org_to_write(db, org)?;
        let made = deploy(call, db, org, config)?;
        let message = format!("{} service is enabled; the local service runs nothing for it", made.service);
        reply::ok(&json!({"message": message, "name": made.name}))
    })
    .await
}

/// Records a service.
pub(super) fn deploy(
    call: &Call,
    db: &Db<'_>,
    org: &str,
    config: Map<String, Value>,
) -> Result<Deployment, Refusal> {
    let service = word(&config, "service_type").unwrap_or_default().to_owned();
    let label = word(&config, "deployment_name").unwrap_or(&service).to_owned();
    let name = format!("{service}-{}", random::letters(6));
    let wanted = Deployment { name, org: org.to_owned(), service, label, created: call.lake.now(), config };
    if db.is_deployed(&wanted)? {
        let (service, label) = (&wanted.service, &wanted.label);
        let text = format!("A {service} service named {label} is already enabled in {org}");
        return Err(Refusal::conflict(text));
    }
    db.insert_deployment(&wanted)?;
    Ok(wanted)
}

/// `PATCH /compute/orgs/{org}/services/{service}`: unlike elsewhere, null is refused.
pub(crate) async fn update(call: Call) -> Answer {
    let changes: Map<String, Value> = call.body_as()?;
    let mut body = call.body()?;
    for (key, _) in changes.iter().filter(|(_, value)| value.is_null()) {
        let _: Option<()> = body.wrong(key, "Input should not be null", "none_forbidden");
    }
    let _ = body.text("sku_code");
    read_replicas(&mut body);
    for key in
        changes.keys().filter(|key| !["sku_code", "min_replicas", "max_replicas"].contains(&key.as_str()))
    {
        let _: Option<()> = body.wrong(key, "Extra inputs are not permitted", "extra_forbidden");
    }
    body.finish()?;
    if changes.is_empty() {
        return Err(Refusal::rule("Give at least one of sku_code, min_replicas, max_replicas"));
    }
    call.run(move |call, db| {
        call.org_to_write(db, call.path("org"))?;
        let mut deployment = named(call, db)?;
        deployment.config.extend(changes);
        check_replicas(&deployment.config)?;
        db.update_deployment(&deployment)?;
        reply::ok(&shown(call, db, &deployment)?)
    })
    .await
}

/// `GET /compute/orgs/{org}/services`
pub(crate) async fn list(call: Call) -> Answer {
    call.run(|call, db| {
        let org = call.path("org");
        call.org_to_read(db, org)?;
        let rows: Result<Vec<_>, _> = db.deployments(org)?.iter().map(|it| shown(call, db, it)).collect();
        reply::ok(&rows?)
    })
    .await
}

/// `GET /compute/orgs/{org}/services/{service}`
pub(crate) async fn status(call: Call) -> Answer {
    call.run(|call, db| {
        call.org_to_read(db, call.path("org"))?;
        let deployment = named(call, db)?;
        let url = url(call, db, &deployment)?;
        reply::ok(&json!({
            "name": deployment.name,
            "status": "available",
            "url": url,
            "message": "the local service runs nothing for it",
        }))
    })
    .await
}

/// `DELETE /compute/orgs/{org}/services/{service}`
pub(crate) async fn disable(call: Call) -> Answer {
    call.run(|call, db| {
        call.org_to_write(db, call.path("org"))?;
        let deployment = named(call, db)?;
        db.delete_deployment(&deployment)?;
        reply::ok(&json!({"message": format!("{} is deleted", deployment.name)}))
    })
    .await
}

/// `GET /compute/orgs/{org}/regions`
pub(crate) async fn regions(call: Call) -> Answer {
    call.run(|call, db| {
        call.org_to_read(db, call.path("org"))?;
        reply::ok(&json!([{"name": REGION, "location": "this machine", "default": true}]))
    })
    .await
}

/// The deployment in the path.
pub(super) fn named(call: &Call, db: &Db<'_>) -> Result<Deployment, Refusal> {
    let name = call.path("service");
    let missing = || Refusal::missing(format!("Service {name} not found"));
    db.deployment(call.path("org"), name)?.ok_or_else(missing)
}

fn url(call: &Call, db: &Db<'_>, deployment: &Deployment) -> Result<String, Refusal> {
    let Deployment { org, service, label, .. } = deployment;
    Ok(format!("{}/v1/services/{service}/{org}/{label}", call.lake.catalog_uri(db)?))
}

fn shown(call: &Call, db: &Db<'_>, deployment: &Deployment) -> Result<Value, Refusal> {
    Ok(json!({
        "name": deployment.name,
        "url": url(call, db, deployment)?,
        "created": deployment.created,
        "config": deployment.config,
        "status": "available",
        "ready_replicas": 0,
        "region": REGION,
    }))
}
