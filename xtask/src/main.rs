//! Development tasks, run as `cargo xtask <task>`; `cargo xtask help` lists them.
#![expect(clippy::print_stdout, reason = "a command-line program answers on stdout")]

mod bench;
mod check;
mod codegen;
mod deny;
mod deps;
mod official;
mod process;
mod published;
mod recordings;
mod sizes;
mod test;

use std::process::ExitCode;

use process::{Error, Result};

const HELP: &str = "\
cargo xtask <task>

  check                          everything that must hold before a merge, tests apart
  test [--no-interop] [--no-browser] [-- ARGS]
                                 all tests; ARGS go to the test binaries
  official [SUITE] [-- ARGS]     the Python client's own test-suites against the local service
  published                      the published crate `arraylake` against the local service
  pythons                        the Python environments of the tests, and the variables that name them
  browser                        finds or installs the browser of the tests, and the variable that names it
  codegen [--check]              write the generated files, or say whether they are current
  sizes                          lines in files and functions
  deps                           number and names of crates in the dependency trees
  deny                           licences, sources and banned crates
  recordings [DIR]               recorded calls of the Python clients against ours
  bench [GROUP]                  benchmarks, one `figure NAME VALUE UNIT vs BASELINE` per line
  help                           this text
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["check"] => check::run(),
        ["codegen"] => codegen::run(codegen::Mode::Write),
        ["codegen", "--check"] => codegen::run(codegen::Mode::Check),
        ["sizes"] => sizes::run(),
        ["deps"] => deps::run(),
        ["deny"] => deny::run(),
        ["test", rest @ ..] => test::run(rest),
        ["official", rest @ ..] => official::run(rest),
        ["browser"] => test::show_browser(),
        ["published"] => published::run(),
        ["pythons"] => test::show_pythons(),
        ["recordings"] => recordings::run(None),
        ["recordings", folder] => recordings::run(Some(folder)),
        ["bench"] => bench::run(None),
        ["bench", group] => bench::run(Some(group)),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        [] => Err(Error::new(format!("no task given\n\n{HELP}"))),
        other => Err(Error::new(format!("unknown task or arguments: {}\n\n{HELP}", other.join(" ")))),
    }
}
