//! `arraylake serve`: the local service, as its own program serves it.

use arraylake_local::command::{ServeArgs, serve_until_stopped};
use arraylake_local::{LocalError, LocalErrorKind};

use crate::console::Console;
use crate::failure::{Failure, Outcome, Status};

pub(crate) async fn run(args: ServeArgs, console: &mut Console) -> Outcome {
    let greeted = |text: &str| {
        // Nobody may be reading; the lake is served all the same.
        let _ = console.print(text);
    };
    serve_until_stopped(args, greeted).await.map_err(failure)
}

fn failure(error: LocalError) -> Failure {
    let status = match error.kind() {
        LocalErrorKind::PortTaken | LocalErrorKind::Seed => Status::Usage,
        _ => Status::Other,
    };
    Failure::new(status, error.to_string())
}
