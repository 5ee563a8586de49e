//! Changes to a bucket config.

use arraylake_types::{AuthConfig, ExtraConfig, NewBucket, Platform};
use serde_json::{Map, Value};

use super::body::Body;
use super::bucket_new::{check, extra, placed};
use super::buckets::named;
use super::call::{Answer, Call};
use super::reply;
use crate::refusal::Refusal;
use crate::store::StoredBucket;

/// `PATCH /orgs/{org}/buckets/{bucket}`: null and missing both mean unchanged.
pub(crate) async fn modify(call: Call) -> Answer {
    let change = Change::read(call.body()?)?;
    call.run(move |call, db| {
        let rights = call.org_to_write(db, call.path("org"))?;
        let before = named(call, db)?;
        let after = placed(db, &call.lake, change.apply(before.clone())?)?;
        if after == before {
            return reply::ok(&call.show_bucket_alone(db, &before, &rights)?);
        }
        if db.is_bucket_in_use(before.id)? {
            let nickname = &before.model.nickname;
            let text = format!("Bucket {nickname} is in use by a repo and cannot be modified");
            return Err(Refusal::conflict(text));
        }
        let mut after = after;
        after.model.updated = Some(call.lake.now());
        db.update_bucket(&after)?;
        reply::ok(&call.show_bucket_alone(db, &after, &rights)?)
    })
    .await
}

#[derive(Debug)]
struct Change {
    nickname: Option<String>,
    platform: Option<String>,
    name: Option<String>,
    prefix: Option<String>,
    extra: Option<Map<String, Value>>,
    auth: Option<Map<String, Value>>,
    em_managed: Option<bool>,
}

impl Change {
    fn read(mut body: Body) -> Result<Self, Refusal> {
        let change = Self {
            nickname: body.text("nickname"),
            platform: body.text("platform"),
            name: body.text("name"),
            prefix: body.text("prefix"),
            extra: extra(&mut body),
            auth: body.object("auth_config"),
            em_managed: body.any("em_managed", "a boolean"),
        };
        body.finish()?;
        Ok(change)
    }

    fn apply(self, mut stored: StoredBucket) -> Result<StoredBucket, Refusal> {
        let model = &mut stored.model;
        let nickname = self.nickname.unwrap_or_else(|| model.nickname.clone());
        let mut wanted = NewBucket::new(&nickname, "s3://placeholder")?;
        wanted.platform = self.platform.map_or_else(|| model.platform.clone(), Platform::from);
        wanted.name = self.name.unwrap_or_else(|| model.name.clone());
        wanted.prefix = self.prefix.map_or_else(|| model.prefix.clone(), |it| it.trim().to_owned());
        wanted.extra_config = self.extra.map_or_else(|| model.extra_config.clone(), ExtraConfig);
        wanted.em_managed = self.em_managed.unwrap_or(model.em_managed);
        let old = model.auth_config.take().unwrap_or_else(AuthConfig::anonymous);
        wanted.auth_config = match self.auth {
            Some(fields) => changed_auth(&old, fields)?,
            None => old,
        };
        check(&wanted)?;
        model.nickname = wanted.nickname.into();
        model.platform = wanted.platform;
        model.name = wanted.name;
        model.prefix = wanted.prefix;
        model.extra_config = wanted.extra_config;
        model.em_managed = wanted.em_managed;
        model.auth_config = Some(wanted.auth_config);
        Ok(stored)
    }
}

/// With the same role method, what is not named stays: masked secrets need not come back. Anything else is complete.
fn changed_auth(old: &AuthConfig, new: Map<String, Value>) -> Result<AuthConfig, Refusal> {
    let bad = |_| Refusal::rule("auth_config: is not understood");
    let mut fields = Map::new();
    let read: AuthConfig = serde_json::from_value(Value::Object(new.clone())).map_err(bad)?;
    let partial = matches!(
        (old, &read),
        (AuthConfig::AwsRole { .. }, AuthConfig::AwsRole { .. })
            | (AuthConfig::R2Role { .. }, AuthConfig::R2Role { .. })
    );
    if partial && let Ok(Value::Object(stored)) = serde_json::to_value(old) {
        fields = stored;
    }
    fields.extend(new.into_iter().filter(|(_, value)| !value.is_null()));
    serde_json::from_value(Value::Object(fields)).map(AuthConfig::known).map_err(bad)
}
