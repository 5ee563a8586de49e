//! The log of a compute service: one line, which says that nothing runs.

use arraylake_types::Timestamp;
use axum::response::IntoResponse as _;
use http::header;

use super::call::{Answer, Call};
use super::compute::named;
use super::reply;
use crate::refusal::Refusal;

/// The longest that a client may want to wait for more lines, in seconds.
const LONGEST: u64 = 600;

/// Which lines are wanted.
#[derive(Debug)]
struct Wanted {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Wanted {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let number = |name: &str| {
            let number = call.query(name).map(str::parse::<u64>).transpose();
            number.map_err(|_| reply::bad_query(name, "Input should be a valid integer", "int_parsing"))
        };
        number("tail")?;
        if number("follow_timeout")?.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds)) {
            let msg = "Input should be from 1 to 600";
            return Err(reply::bad_query("follow_timeout", msg, "out_of_range"));
        }
        let moment = |name: &str| {
            let moment = call.query(name).map(str::parse::<Timestamp>).transpose();
            moment.map_err(|_| reply::bad_query(name, "Input should be a valid datetime", "datetime_parsing"))
        };
        Ok(Self { since: moment("since")?, until: moment("until")? })
    }

    fn holds(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at <= until)
    }
}

/// `GET /compute/orgs/{org}/services/{service}/logs`: as text; the oldest clients want one JSON string. Following ends
/// at once, for there will never be another line. `tail` cannot leave out the only one.
pub(crate) async fn logs(call: Call) -> Answer {
    let wanted = Wanted::of(&call)?;
    call.run(move |call, db| {
        call.org_to_read(db, call.path("org"))?;
        let deployment = named(call, db)?;
        let mut text = String::new();
        if wanted.holds(deployment.created) {
            let (at, service) = (deployment.created, &deployment.service);
            text = format!(
                "{at} | INFO: this is the local service: it records {service} services and runs none\n"
            );
        }
        if call.era.wants_old_logs() {
            return reply::ok(&text);
        }
        Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
    })
    .await
}
