//! Where the tokens of a login lie: the rule of the Python client, so that both find the same file.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::uri::ServiceUri;

/// The token file of a service, and where another client may have put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where we write.
    pub(super) path: PathBuf,
    /// Read, too, if `path` is missing: clients that write the host in small letters and without a usual port.
    pub(super) other: Option<PathBuf>,
}

impl Place {
    /// The place for a service: `service.token_path`, else below the home directory. None without a home.
    pub(super) fn of(config: &Config, service: &ServiceUri) -> Option<Self> {
        if let Some(text) = config.text("service.token_path") {
            return Some(Self { path: expanded(&text, config.home()), other: None });
        }
        let dir = config.home()?.join(".arraylake");
        if service.as_given().trim_end_matches('/') == ServiceUri::DEFAULT {
            return Some(Self { path: dir.join("token.json"), other: None });
        }
        let authority = service.uri().authority().map_or("", http::uri::Authority::as_str);
        let file = |slug: String| dir.join("tokens").join(format!("{slug}.json"));
        let (own, usual) = (file(slug(authority)), file(slug(&normalized(service.uri()))));
        Some(Self { other: Some(usual).filter(|usual| *usual != own), path: own })
    }

    /// The file that is there, else the one to be.
    pub(super) fn current(&self) -> &Path {
        match &self.other {
            Some(other) if !self.path.exists() && other.exists() => other,
            _ => &self.path,
        }
    }

    /// Every file that may hold tokens.
    pub(super) fn all(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.path.as_path()).chain(self.other.as_deref())
    }
}

/// A path whose `~` stands for the home directory.
fn expanded(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            home.join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    }
}

/// The authority as it was written, everything odd replaced by `_`.
fn slug(authority: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    match authority.chars().map(plain).collect::<String>() {
        slug if slug.is_empty() => "default".to_owned(),
        slug => slug,
    }
}

fn normalized(uri: &http::Uri) -> String {
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    match uri.port_u16().filter(|port| *port != usual) {
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(service: &str, vars: &[(&str, &str)]) -> Option<Place> {
        Place::of(&Config::from_env_vars(vars.iter().copied()), &service.parse().unwrap())
    }

    #[test]
    fn the_file_is_where_python_looks_for_it() {
        let home = [("HOME", "/home/ada")];
        for (service, file) in [
            ("https://api.earthmover.io", "token.json"),
            ("https://api.earthmover.io/", "token.json"),
            ("HTTPS://API.earthmover.io", "tokens/API.earthmover.io.json"),
            ("https://api.earthmover.io:443", "tokens/api.earthmover.io_443.json"),
            ("http://localhost:8000", "tokens/localhost_8000.json"),
            ("http://127.0.0.1:8000/base/path", "tokens/127.0.0.1_8000.json"),
            ("https://[::1]:8000/x", "tokens/___1__8000.json"),
            ("https://API.Dev.io/", "tokens/API.Dev.io.json"),
        ] {
            let path = Path::new("/home/ada/.arraylake").join(file);
            assert_eq!(place(service, &home).unwrap().path, path, "{service}");
        }
    }

    #[test]
    fn a_setting_names_another_file_for_every_service() {
        let vars = [("HOME", "/home/ada"), ("ARRAYLAKE_SERVICE__TOKEN_PATH", "~/t.json")];
        assert_eq!(place("http://h:1", &vars).unwrap().path, Path::new("/home/ada/t.json"));
        assert_eq!(place("http://h:1", &[]), None, "without a home there is no place");
    }

    #[test]
    fn a_file_under_the_usual_spelling_of_the_host_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        let place = place("https://API.dev.io:443", &[("HOME", home)]).unwrap();
        assert!(place.current().ends_with("API.dev.io_443.json"));
        let usual = dir.path().join(".arraylake/tokens/api.dev.io.json");
        std::fs::create_dir_all(usual.parent().unwrap()).unwrap();
        std::fs::write(&usual, "{}").unwrap();
        assert_eq!(place.current(), usual);
    }
}
