//! Recorded calls about compute services.

use arraylake_core::prelude::*;
use arraylake_core::{AsyncClient, ComputeClient};
use serde_json::{Value, from_value, json};

use super::play::{Answer, Args, Result, bad};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    match args.0.method() {
        "get_compute_config" => return Some(client.get_compute_config().await.map(shown)),
        "dump_compute_configs" => return Some(client.dump_compute_configs().await.map(shown)),
        "load_compute_configs" => return Some(load(client, args).await),
        "get_openeo_connection" => return Some(openeo(client, args).await),
        _ => {}
    }
    let services = match args.org() {
        Ok(org) => client.get_services(&org),
        Err(error) => return Some(Err(error)),
    };
    let id = args.text("service_id");
    Some(match args.0.method() {
        "enable" => enable(&services, args).await,
        "list_enabled" => services.list_enabled().await.map(|rows| shown(&rows.items)),
        "get_status" => services.get_status(id).await.map(shown),
        "update" => update(&services, args).await,
        "disable" => services.disable(id).await.map(shown),
        "regions" => services.regions().await.map(|rows| shown(&rows.items)),
        "get_logs" => logs(&services, args).await,
        "stream_logs" => stream(&services, args).await,
        _ => return None,
    })
}

async fn openeo(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let name = args.get("deployment_name").and_then(Value::as_str);
    let service = client.get_openeo_connection(&args.org()?, name).await?;
    // Python's is an object of the package `openeo`, which has been told the same two things.
    Ok(json!({"root_url": service.url, "auth": "BearerAuth"}))
}

async fn load(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let sent = args.0.body().cloned().unwrap_or_default();
    let configs = from_value(sent).map_err(|_| bad("configs"))?;
    client.load_compute_configs(configs).await.map(shown)
}

async fn enable(services: &ComputeClient, args: &Args<'_>) -> Answer {
    let mut request = EnableService::new(args.text("protocol").into());
    request.is_public = args.flag("is_public");
    for (key, value) in &args.0.args {
        if !matches!(key.as_str(), "org" | "protocol" | "is_public") {
            request = request.with(key, value.clone());
        }
    }
    services.enable(request).await.map(shown)
}

async fn update(services: &ComputeClient, args: &Args<'_>) -> Answer {
    let mut request = UpdateService::new();
    request.sku_code = args.read("sku_code", from_value)?;
    request.min_replicas = args.read("min_replicas", from_value)?;
    request.max_replicas = args.read("max_replicas", from_value)?;
    services.update(args.text("service_id"), request).await.map(shown)
}

fn query(args: &Args<'_>) -> Result<LogQuery> {
    let small = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let mut query = LogQuery::new().with_tail(args.get("tail").and_then(small).unwrap_or_default());
    query.follow = args.flag("follow");
    query.follow_timeout = args.get("follow_timeout").and_then(small).unwrap_or(query.follow_timeout);
    query.since = args.read("since", from_value)?;
    query.until = args.read("until", from_value)?;
    Ok(query)
}

async fn logs(services: &ComputeClient, args: &Args<'_>) -> Answer {
    services.get_logs(args.text("service_id"), query(args)?).await.map(shown)
}

async fn stream(services: &ComputeClient, args: &Args<'_>) -> Answer {
    let mut lines = services.stream_logs(args.text("service_id"), query(args)?).await?;
    let mut all = Vec::new();
    while let Some(line) = lines.next().await? {
        all.push(line);
    }
    Ok(shown(all))
}
