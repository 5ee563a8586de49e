//! `arraylake compute logs`.

use std::time::{Duration, SystemTime};

use arraylake_core::ComputeClient;
use arraylake_core::types::{LogQuery, Timestamp};
use clap::Args;

use super::services::ServiceArgs;
use crate::console::Console;
use crate::failure::Outcome;

/// How many lines are shown when nothing is said.
const TAIL: u32 = 100;

/// Shows what a service has logged, or logs from now on.
#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
#[command(after_help = "\
Examples:
  arraylake compute logs acme edr-abc123
  arraylake compute logs acme edr-abc123 --since 10m
  arraylake compute logs acme edr-abc123 --follow --follow-timeout 600 | grep ERROR")]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    service: ServiceArgs,
    /// The last lines only; 100 if nothing else is said.
    #[arg(long, value_name = "LINES")]
    tail: Option<u32>,
    /// Lines since a moment (`2025-03-01T12:00:00`, in UTC), or for so long (`90s`, `10m`, `2h`, `1d`).
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    since: Option<Timestamp>,
    /// Lines until a moment, or until so long ago.
    #[arg(long, value_name = "WHEN", value_parser = moment)]
    until: Option<Timestamp>,
    /// Goes on showing lines as they come.
    #[arg(short, long)]
    follow: bool,
    /// For how many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=600))]
    follow_timeout: u32,
}

impl LogsArgs {
    pub(crate) fn service(&self) -> &ServiceArgs {
        &self.service
    }

    fn query(&self) -> LogQuery {
        let bounded = self.since.is_some() || self.until.is_some() || self.follow;
        let mut query = LogQuery::new();
        query.tail = self.tail.or((!bounded).then_some(TAIL)).filter(|lines| *lines > 0);
        query.since = self.since;
        query.until = self.until;
        query.follow = self.follow;
        query.follow_timeout = self.follow_timeout;
        query
    }
}

/// A moment, or a length of time before now.
fn moment(text: &str) -> Result<Timestamp, String> {
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => return text.parse().map_err(|fault: arraylake_core::types::InvalidInput| fault.rule),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| "must be a moment or a time like `10m`")?;
    let ago = count.checked_mul(unit).map(Duration::from_secs);
    let then = ago.and_then(|ago| SystemTime::now().checked_sub(ago)).ok_or("is too long ago")?;
    Ok(Timestamp::from(then).truncated())
}

/// Lines as they are: what looks like markup is not taken for that. Colours go through, other control characters only
/// into a pipe.
pub(crate) async fn logs(services: &ComputeClient, console: &mut Console, args: &LogsArgs) -> Outcome {
    let connect = services.stream_logs(args.service.service(), args.query());
    let mut lines = console.busy("asking for logs", connect).await?;
    while let Some(line) = lines.next().await? {
        console.line(&line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_time_or_so_long_ago() {
        assert_eq!(moment("2025-03-01").unwrap().to_string(), "2025-03-01T00:00:00+00:00");
        let now = Timestamp::from(SystemTime::now()).unix_seconds();
        let ago = now - moment("2h").unwrap().unix_seconds();
        assert!((7199..=7201).contains(&ago), "{ago}");
        for bad in ["", "h", "-1h", "soon", "99999999999999999d", "ä"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
