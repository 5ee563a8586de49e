//! Recorded calls of Iceberg catalogs: Python hands them to the package `pyiceberg`, whose requests ours makes itself.
//!
//! What was asked of the catalog is not among the arguments; its requests tell, and the case where there are none.

use arraylake_core::{AsyncClient, IcebergCatalog};
use arraylake_types::{IcebergProperties, LoadedTable, NamespaceIdent, TableIdent};
use serde_json::{Value, from_value, json};

use super::play::{Answer, Args, Result, bad, nothing};
use super::record::Sent;
use super::values::shown;

/// Makes the call, if it is one of these.
pub(crate) async fn play(client: &AsyncClient, args: &Args<'_>) -> Option<Answer> {
    match args.0.method() {
        "get_iceberg" => Some(open(client, args).await),
        _ => None,
    }
}

async fn open(client: &AsyncClient, args: &Args<'_>) -> Answer {
    let catalog = client.get_iceberg(&args.org()?).await?;
    let of_catalog =
        args.0.exchanges.iter().map(|exchange| &exchange.sent).filter(|sent| is_of_catalog(sent));
    let sent: Vec<&Sent> = of_catalog.collect();
    let (Some(first), Some(last)) = (sent.first(), sent.last()) else {
        return without_request(&catalog, args).await;
    };
    let rest: Vec<&str> = last.path[4..].iter().map(String::as_str).collect();
    match (last.method.as_str(), &rest[..]) {
        ("GET", ["namespaces"]) => {
            let parent = first.query.iter().find(|pair| pair.0 == "parent").map(|pair| namespace(&pair.1));
            catalog.list_namespaces(parent.transpose()?.as_ref()).await.map(shown)
        }
        ("POST", ["namespaces", _, "tables" | "register"]) => make(&catalog, last, rest[1], rest[2]).await,
        (_, ["namespaces", ..])
            if rest.len() <= 3 && !rest.contains(&"tables") && !rest.contains(&"views") =>
        {
            about_namespace(&catalog, last, &rest, args).await
        }
        (_, ["namespaces", space, kind]) => {
            let space = namespace(space)?;
            let found = match *kind {
                "views" => catalog.list_views(&space).await?,
                _ => catalog.list_tables(&space).await?,
            };
            Ok(found.iter().map(|table| json!(name_of(table))).collect())
        }
        (method, ["namespaces", space, "tables", name]) => {
            let table = TableIdent::new(namespace(space)?, *name)?;
            about_table(&catalog, method, last, &table, &sent, args).await
        }
        _ => Err(bad("request")),
    }
}

/// Whether a request is about what is in the catalog.
fn is_of_catalog(sent: &Sent) -> bool {
    sent.path.get(1).is_some_and(|part| part == "iceberg") && sent.path.len() > 4
}

fn namespace(joined: &str) -> Result<NamespaceIdent> {
    Ok(NamespaceIdent::new(joined.split('\u{1f}'))?)
}

/// What is answered without a request; nothing more than opening, if that is not said.
async fn without_request(catalog: &IcebergCatalog, args: &Args<'_>) -> Answer {
    let space = namespace("any")?;
    match args.0.case.split(',').next().unwrap_or_default() {
        "list_views" => catalog.list_views(&space).await.map(shown),
        "drop_table" => catalog.drop_table(&TableIdent::new(space, "any")?).await.map(nothing),
        _ => Ok(args.0.returned.clone()),
    }
}

async fn about_namespace(catalog: &IcebergCatalog, sent: &Sent, rest: &[&str], args: &Args<'_>) -> Answer {
    let body = sent.body.clone().unwrap_or_default();
    let space = namespace(rest.get(1).copied().unwrap_or("any"))?;
    match (sent.method.as_str(), rest.len()) {
        ("POST", 1) => {
            let space: NamespaceIdent =
                from_value(body["namespace"].clone()).map_err(|_| bad("namespace"))?;
            catalog.create_namespace(&space, properties(&body["properties"])).await.map(|_| Value::Null)
        }
        ("POST", _) => {
            let removals: Vec<&str> =
                body["removals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let updates = properties(&body["updates"]);
            catalog.update_namespace_properties(&space, &removals, updates).await.map(shown)
        }
        ("DELETE", _) => catalog.drop_namespace(&space).await.map(nothing),
        _ if args.0.case.contains("exists") => catalog.namespace_exists(&space).await.map(shown),
        _ => catalog.load_namespace_properties(&space).await.map(shown),
    }
}

fn properties(value: &Value) -> IcebergProperties {
    from_value(value.clone()).unwrap_or_default()
}

async fn make(catalog: &IcebergCatalog, sent: &Sent, space: &str, what: &str) -> Answer {
    let (space, body) = (namespace(space)?, sent.body.clone().unwrap_or_default());
    let table = TableIdent::new(space.clone(), body["name"].as_str().unwrap_or_default())?;
    let made = match what {
        "register" => {
            let location = body["metadata-location"].as_str().unwrap_or_default();
            catalog.register_table(&table, location).await?
        }
        _ => catalog.create_table(&space, &body).await?,
    };
    Ok(described(&table, &made))
}

async fn about_table(
    catalog: &IcebergCatalog,
    method: &str,
    last: &Sent,
    table: &TableIdent,
    sent: &[&Sent],
    args: &Args<'_>,
) -> Answer {
    let body = last.body.clone().unwrap_or_default();
    let purge = last.query.iter().any(|pair| pair.1 == "True");
    if let Some(renamed) = sent.iter().find(|sent| sent.path.last().is_some_and(|part| part == "rename")) {
        let body = renamed.body.clone().unwrap_or_default();
        let of = |key: &str| from_value(body[key].clone()).map_err(|_| bad("table"));
        catalog.rename_table(&of("source")?, &of("destination")?).await?;
    }
    match method {
        "DELETE" if purge => catalog.purge_table(table).await.map(nothing),
        "DELETE" => catalog.drop_table(table).await.map(nothing),
        "POST" => {
            catalog.load_table(table).await?;
            let changed = catalog.commit_table(table, &body["requirements"], &body["updates"]).await?;
            Ok(described(table, &changed))
        }
        _ if args.0.case.contains("exists") => catalog.table_exists(table).await.map(shown),
        _ => catalog.load_table(table).await.map(|loaded| described(table, &loaded)),
    }
}

/// The levels of the namespace, and the name.
fn name_of(table: &TableIdent) -> Vec<String> {
    [table.namespace.levels(), std::slice::from_ref(&table.name)].concat()
}

/// A table as the recordings show one of `pyiceberg`.
fn described(table: &TableIdent, loaded: &LoadedTable) -> Value {
    json!({"name": name_of(table), "metadata_location": loaded.metadata_location, "io": loaded.config})
}
