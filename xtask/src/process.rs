//! What all tasks share: the error, the places, and ways to run other programs.

use std::{
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A sentence for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Error(String);

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    // `cargo run` says where the manifest is now; the compiled-in path may be that of a moved checkout.
    let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir.parent().map_or(PathBuf::from("."), Path::to_path_buf)
}

/// Cargo's target directory, wherever the environment or the configuration puts it.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let json = output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&json).map_err(|e| Error::new(format!("cargo metadata gave no JSON: {e}")))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| Error::new("cargo metadata names no target directory"))
}

/// A command in the top directory.
///
/// Without what `cargo run` tells its child: build scripts that watch such variables would run again.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    command
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command with our own stdout and stderr.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", line(command));
    let status =
        command.status().map_err(|e| Error::new(format!("cannot start `{}`: {e}", line(command))))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(format!("`{}` failed ({status})", line(command))))
}

/// Runs a command and returns what it prints; its stderr is ours.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| Error::new(format!("cannot start `{}`: {e}", line(command))))?;
    if !output.status.success() {
        return Err(Error::new(format!("`{}` failed ({})", line(command), output.status)));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Error::new(format!("`{}` printed something that is not UTF-8", line(command))))
}

/// Whether a command starts and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read {}: {e}", path.display())))
}

/// Writes a text file.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|e| Error::new(format!("cannot write {}: {e}", path.display())))
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let mut line = Path::new(command.get_program()).file_name().map_or_else(
        || command.get_program().to_string_lossy().into_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_names_the_program_without_its_directory() {
        assert_eq!(line(Command::new("/usr/bin/cargo").arg("doc")), "cargo doc");
    }

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        let manifest = read(&root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}
