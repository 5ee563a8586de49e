//! The program `arraylake`: everything is in the library beside it.

fn main() -> std::process::ExitCode {
    arraylake_cli::start(std::env::args_os(), arraylake_cli::World::real())
}
