//! Recorded calls about Iceberg namespaces.

use arraylake_core::AsyncClient;
use arraylake_core::prelude::*;
use arraylake_types::{ListSort, RepoVisibility, SortDirection};
use serde_json::from_value;

use super::play::{Answer, Args, Result, bad, nothing};
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    Some(match args.0.method() {
        "create_iceberg_namespace" => create(client, args).await,
        "modify_iceberg_namespace" => modify(client, args).await,
        "get_iceberg_namespace" | "restore_iceberg_namespace" | "delete_iceberg_namespace" => {
            one(client, args).await
        }
        "list_iceberg_namespaces" | "list_iceberg_namespaces_paginated" => list(client, args).await,
        "list_iceberg_tables" | "list_iceberg_tables_paginated" => tables(client, args).await,
        _ => return None,
    })
}

async fn create(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let mut request = NewIcebergNamespace::new(args.text("name"));
    request.bucket_nickname = args.read("bucket_config_nickname", from_value)?;
    request.description = args.read("description", from_value)?;
    request.metadata = args.read("metadata", from_value)?;
    request.properties = args.read("properties", from_value)?;
    request.visibility = args.read::<RepoVisibility>("visibility", from_value)?.unwrap_or_default();
    client.create_iceberg_namespace(&args.org()?, request).await.map(shown)
}

async fn modify(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let mut request = ModifyIcebergNamespace::new();
    request.description = args.read("description", from_value)?;
    request.add_metadata = args.read("add_metadata", from_value)?;
    request.remove_metadata = args.read("remove_metadata", from_value)?;
    request.update_metadata = args.read("update_metadata", from_value)?;
    request.visibility = args.read("visibility", from_value)?;
    client.modify_iceberg_namespace(&args.org()?, args.text("name"), request).await.map(shown)
}

async fn one(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let (org, name) = (args.org()?, args.text("name"));
    match args.0.method() {
        "get_iceberg_namespace" => client.get_iceberg_namespace(&org, name).await.map(shown),
        "restore_iceberg_namespace" => client.restore_iceberg_namespace(&org, name).await.map(nothing),
        _ if !args.flag("imsure") => Err(bad("imsure")),
        _ => {
            let sure = DeleteConfirmation::imsure().imreallysure();
            client.delete_iceberg_namespace(&org, name, sure, args.deletion()).await.map(nothing)
        }
    }
}

fn order(args: &Args<'_>) -> Result<(Option<ListSort>, SortDirection)> {
    let sort = match args.text("sort") {
        "" => None,
        "relevance" => Some(ListSort::Relevance),
        "updated" => Some(ListSort::Updated),
        "created" => Some(ListSort::Created),
        "name" => Some(ListSort::Name),
        "tables" => Some(ListSort::Tables),
        odd => return Err(bad(odd)),
    };
    match args.text("direction") {
        "" | "desc" => Ok((sort, SortDirection::Descending)),
        "asc" => Ok((sort, SortDirection::Ascending)),
        odd => Err(bad(odd)),
    }
}

fn from(args: &Args<'_>) -> PageRequest {
    PageRequest::default().with_size(args.number("page_size").unwrap_or(50))
}

async fn list(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let mut options = ListIcebergNamespaces::new();
    options.filter_metadata = args.read("filter_metadata", from_value)?;
    options.search = args.read("search", from_value)?;
    (options.sort, options.direction) = order(args)?;
    options.include_ghosts = args.flag("include_ghosts");
    if args.0.method().ends_with("_paginated") {
        return args.walk(client.list_iceberg_namespaces_stream(&args.org()?, from(args), options)?).await;
    }
    client.list_iceberg_namespaces(&args.org()?, options).await.map(|rows| shown(&rows.items))
}

async fn tables(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let mut options = ListIcebergTables::new();
    options.search = args.read("search", from_value)?;
    (options.sort, options.direction) = order(args)?;
    let (org, name) = (args.org()?, args.text("name"));
    if args.0.method().ends_with("_paginated") {
        return args.walk(client.list_iceberg_tables_stream(&org, name, from(args), options)?).await;
    }
    client.list_iceberg_tables(&org, name, options).await.map(|rows| shown(&rows.items))
}
