//! [`start`]: from the words of the command line to the exit code.

use std::ffi::OsString;
use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use clap::error::ErrorKind;
use tokio::runtime::{Builder, Runtime};

use crate::args::{Cli, Command};
use crate::command;
use crate::console::{Console, Format, Manner};
use crate::context::Context;
use crate::failure::{Failure, Outcome, Status};
use crate::logging;
use crate::world::World;

/// How long what is under way when Ctrl-C comes may take to be undone.
const CLEAN_UP: Duration = Duration::from_secs(15);

/// Runs a command line in this process, with a runtime of its own.
///
/// Ctrl-C or SIGTERM drops the command, waits until what it had begun is taken back, and ends with
/// [`Status::Interrupted`]; a second one ends at once.
#[must_use]
pub fn start(args: impl IntoIterator<Item = OsString>, world: World) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) if is_complaint(&error) && reads_json(&args) => return complain(&error, world),
        Err(error) => return answer(&error),
    };
    let runtime = match runtime(&cli.command) {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: no runtime can be made: {error}");
            return ExitCode::from(Status::Other.code());
        }
    };
    let status = match ends_itself(&cli.command) {
        true => runtime.block_on(run(cli, world)),
        false => runtime.block_on(interruptible(run(cli, world))),
    };
    // A question that nobody answered may still be reading from the terminal.
    runtime.shutdown_background();
    ExitCode::from(status.code())
}

/// Help and version go to stdout, complaints to stderr.
fn answer(error: &clap::Error) -> ExitCode {
    match error.print() {
        // Who reads help through `head` has seen enough.
        Err(failed) if failed.kind() != std::io::ErrorKind::BrokenPipe => {
            return ExitCode::from(Status::Other.code());
        }
        _ => {}
    }
    let code = u8::try_from(error.exit_code()).unwrap_or(Status::Usage.code());
    ExitCode::from(code)
}

/// Whether it is neither help nor the version.
fn is_complaint(error: &clap::Error) -> bool {
    error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// Whether a script reads what is printed, though the rest of its command line makes no sense.
fn reads_json(args: &[OsString]) -> bool {
    let words = args.iter().map(|word| word.to_str().unwrap_or_default());
    let json = |text: &str| matches!(text, "json" | "jsonl");
    let mut before = "";
    words.into_iter().any(|word| {
        let joined = ["--output=", "-o=", "-o"].iter().find_map(|option| word.strip_prefix(option));
        let found = joined.is_some_and(json) || (matches!(before, "-o" | "--output") && json(word));
        before = word;
        found
    })
}

/// A complaint about the command line in the form of all other failures.
fn complain(error: &clap::Error, world: World) -> ExitCode {
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let message = lines.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let failure = Failure::usage(message).with_hint("see `arraylake help`");
    let manner = Manner { format: Format::Json, ..Manner::default() };
    Console::new(world, manner).fail(&failure);
    ExitCode::from(failure.status().code())
}

/// One thread does for everything but serving.
fn runtime(command: &Command) -> std::io::Result<Runtime> {
    if ends_itself(command) {
        return Builder::new_multi_thread().enable_all().build();
    }
    Builder::new_current_thread().enable_all().build()
}

/// Whether Ctrl-C is how a command comes to its end: a lake lets the requests that are under way end first.
fn ends_itself(command: &Command) -> bool {
    #[cfg(feature = "serve")]
    if matches!(command, Command::Serve(_)) {
        return true;
    }
    let _ = command;
    false
}

/// Runs a command that has been parsed.
pub async fn run(cli: Cli, world: World) -> Status {
    let context = Context::new(cli.globals, world.vars.clone(), world.network.clone());
    logging::begin(context.globals.quiet, context.globals.verbose, context.config().ok().as_ref());
    let mut console = Console::new(world, context.globals.manner());
    match dispatch(cli.command, &context, &mut console).await {
        Ok(()) => Status::Ok,
        Err(failure) => {
            let failure = match context.asked() {
                Some(service) => failure.asked_at(service),
                None => failure,
            };
            console.fail(&failure);
            failure.status()
        }
    }
}

async fn dispatch(command: Command, context: &Context, console: &mut Console) -> Outcome {
    match command {
        Command::Auth(command) => command.run(context, console).await,
        Command::Repo(command) => command.run(context, console).await,
        Command::Bucket(command) => command.run(context, console).await,
        Command::Org(command) => command.run(context, console).await,
        Command::Compute(command) => command.run(context, console).await,
        Command::Config(command) => command.run(context, console),
        #[cfg(feature = "v1")]
        Command::Migrate(args) => command::migrate::run(args, context, console).await,
        #[cfg(feature = "serve")]
        Command::Serve(args) => command::serve::run(args, console).await,
        Command::Diagnostics(args) => command::diagnostics::run(args, context, console).await,
        Command::Completions(args) => command::generate::completions(&args, console),
        Command::Man(args) => command::generate::man(&args, console),
    }
}

/// Runs to the end, or to Ctrl-C.
async fn interruptible(run: impl Future<Output = Status>) -> Status {
    {
        let mut run = std::pin::pin!(run);
        tokio::select! {
            status = &mut run => return status,
            () = interrupt() => {
                // What the user typed last is a `^C` without an end of line.
                let _ = writeln!(std::io::stderr());
            }
        }
    }
    tokio::select! {
        () = settled() => {}
        () = interrupt() => {}
        () = tokio::time::sleep(CLEAN_UP) => {}
    }
    Failure::interrupted().status()
}

/// Waits for Ctrl-C, or for a supervisor that wants the end.
async fn interrupt() {
    let ctrl_c = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                () = ctrl_c => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    ctrl_c.await;
}

/// Waits for the tasks that a dropped command has left: an entry that is taken back, connections that end.
async fn settled() {
    while tokio::runtime::Handle::current().metrics().num_alive_tasks() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
