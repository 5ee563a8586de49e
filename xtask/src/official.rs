//! `cargo xtask official`: the test-suites that the Python client ships with its sources, against the local service.
//!
//! The sources come from the package index each time they are missing, and are never committed. What a suite cannot show
//! about a service is in a table beside its requirements, each line with its reason.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use crate::{
    process::{Error, Result, cargo, command, read, root, run as run_command, target_dir, write},
    test::python::{Environment, NEW, OLD},
};

/// What belongs to the suites, below the top of the repository.
const FOLDER: &str = "tests/official";
const PROXIES: [&str; 3] = ["http_proxy", "https_proxy", "all_proxy"];

/// A suite: of which release, in which environment.
#[derive(Debug)]
struct Suite {
    /// By which it is asked for; also names its requirements and its table of exclusions.
    name: &'static str,
    release: &'static str,
    environment: Environment,
    /// Who is asking, by the seed of the local service.
    owner: &'static str,
    /// Which orgs there are.
    orgs: &'static str,
    /// What more the suite takes for granted, as further lines of the seed.
    seed: &'static str,
    /// Where its tests are.
    tests: &'static str,
    /// Whether its tests use Google's object store, which is stood in for.
    google: bool,
    /// What more pytest is to know.
    options: &'static [&'static str],
}

/// The org and the bucket config of the tests of V1 repos. It goes on with a list, so its blanks count.
const SEED_V1: &str = "
  - {org: bucketty, nickname: test, platform: minio, name: testbucket, prefix: arraylake-test-data,
     extra_config: {endpoint_url: local, use_ssl: false},
     auth_config: {method: hmac, access_key_id: minio123, secret_access_key: minio123}}
tokens: [{token: ema_of-the-suite, user: abc@earthmover.io, permissions: {default: [CAN_MANAGE_USERS, CAN_WRITE_REPOS]}}]
";

/// Whom and what most suites take for granted.
const OWNER: &str = "{email: abc@earthmover.io, first_name: ABC, family_name: User}";
const ORGS: &str = "{name: my-org}, {name: bucketty}";

/// The suite of a release whose tests need nothing of their own.
const fn newer(
    release: &'static str,
    environment: &'static str,
    requirements: &'static str,
    variable: &'static str,
) -> Suite {
    Suite {
        name: release,
        release,
        environment: Environment { name: environment, requirements, variable, interpreters: &NEW },
        owner: OWNER,
        orgs: ORGS,
        seed: "",
        tests: "tests",
        google: false,
        options: &[],
    }
}

const SUITES: [Suite; 6] = [
    newer(
        "1.7.0",
        "py312-arraylake-1.7.0-suite",
        "tests/official/requirements-1.7.0.txt",
        "ARRAYLAKE_OFFICIAL_PYTHON",
    ),
    newer(
        "1.5.0",
        "py312-arraylake-1.5.0-suite",
        "tests/official/requirements-1.5.0.txt",
        "ARRAYLAKE_OFFICIAL_PYTHON_15",
    ),
    newer(
        "1.0.0",
        "py312-arraylake-1.0.0-suite",
        "tests/official/requirements-1.0.0.txt",
        "ARRAYLAKE_OFFICIAL_PYTHON_10",
    ),
    newer(
        "0.33.0",
        "py312-arraylake-0.33.0-suite",
        "tests/official/requirements-0.33.0.txt",
        "ARRAYLAKE_OFFICIAL_PYTHON_033",
    ),
    Suite {
        name: "0.20.0",
        release: "0.20.0",
        environment: Environment {
            name: "py311-arraylake-0.20.0-suite",
            requirements: "tests/official/requirements-0.20.0.txt",
            variable: "ARRAYLAKE_OFFICIAL_PYTHON_020",
            interpreters: &OLD,
        },
        owner: "{email: abc@earthmover.io}",
        orgs: ORGS,
        seed: "",
        tests: "tests",
        google: false,
        // They need an older Zarr and are a suite of their own.
        options: &["--ignore=tests/v1"],
    },
    Suite {
        name: "0.20.0-v1",
        release: "0.20.0",
        environment: Environment {
            name: "py311-arraylake-0.20.0-v1-suite",
            requirements: "tests/official/requirements-0.20.0-v1.txt",
            variable: "ARRAYLAKE_OFFICIAL_PYTHON_020_V1",
            interpreters: &OLD,
        },
        owner: "{email: abc@earthmover.io}",
        orgs: "{name: my-org}, {name: bucketty}, {name: default}",
        seed: SEED_V1,
        tests: "tests/v1",
        google: true,
        // The slow tests are those of properties: with as many examples as there is time for.
        options: &["--runslow", "--examples=15", "--asyncio-mode=auto", "--least=95"],
    },
];

/// Runs one suite or all of them; `-- ARGS` go to pytest, which then may run a part of the suite.
pub(crate) fn run(args: &[&str]) -> Result<()> {
    let split = args.iter().position(|arg| *arg == "--").unwrap_or(args.len());
    let (names, rest) = (&args[..split], args.get(split + 1..).unwrap_or_default());
    let known: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        return Err(Error::new(format!("no suite {unknown}; there are: {}", known.join(", "))));
    }
    run_command(cargo().args(["build", "--locked", "--quiet", "-p", "arraylake-local"]))?;
    let chosen = SUITES.iter().filter(|suite| names.is_empty() || names.contains(&suite.name));
    let failed: Vec<&str> = chosen
        .filter_map(|suite| suite.run(rest).inspect_err(|e| eprintln!("{e}")).err().map(|_| suite.name))
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(Error::new(format!("not passed: {}", failed.join(", ")))) }
}

impl Suite {
    fn run(&self, args: &[&str]) -> Result<()> {
        let target = target_dir()?;
        let place = target.join("interop").join("official");
        let python = self.environment.python(&target)?;
        let lake = Lake::start(&target, &place.join("lakes"), self)?;
        let out = place.join(self.name);
        let google = free_port()?;
        run_command(
            command(&python)
                .arg(format!("{FOLDER}/fetch.py"))
                .arg(self.release)
                .arg(place.join("sources"))
                .arg(&out)
                .args([&lake.catalog, &lake.s3, &google]),
        )?;
        let mut pytest = self.pytest(&python, &out, args);
        if self.google {
            pytest.args(["--google", &google]);
        }
        run_command(&mut pytest)
    }

    fn pytest(&self, python: &Path, out: &Path, args: &[&str]) -> std::process::Command {
        let folder = root().join(FOLDER);
        let home = out.join("home");
        // Where it cannot be made, the tests that need it say so.
        let _ = fs::create_dir_all(&home);
        let mut pytest = command(python);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ARRAYLAKE_") {
                pytest.env_remove(name);
            }
        }
        for proxy in PROXIES {
            pytest.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        pytest.env("NO_PROXY", "*").env("no_proxy", "*").env("HOME", &home);
        // Some tests import a package of the service that is not published: what stands for it is beside the plugin.
        let path = std::env::join_paths([&folder, &folder.join("stubs")]);
        pytest.envs(path.ok().map(|path| ("PYTHONPATH", path)));
        // Without it zarr 2 has no stores of the kind that V1 repos are.
        pytest.env("ZARR_V3_EXPERIMENTAL_API", "1");
        pytest.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(out);
        pytest.args("-m pytest -p official_plugin -p no:cacheprovider -q --exclusions".split(' '));
        pytest.arg(folder.join(format!("exclusions-{}.txt", self.name)));
        // Some tests wait for an answer that a service at fault may never give.
        pytest.args(["--timeout", "120"]);
        pytest.args(self.options);
        match args {
            [] => pytest.args(["--whole", self.tests]),
            args => pytest.args(args),
        };
        pytest
    }
}

/// A port that nobody listened on a moment ago.
fn free_port() -> Result<String> {
    let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port().to_string()).map_err(|e| Error::new(format!("a free port: {e}")))
}

/// A local service for one suite; it ends with this.
struct Lake {
    child: Child,
    /// The port of the catalog.
    catalog: String,
    /// The port of the S3 endpoint.
    s3: String,
}

impl Lake {
    fn start(target: &Path, lakes: &Path, suite: &Suite) -> Result<Self> {
        let dir = lakes.join(suite.name);
        let problem = |e| Error::new(format!("the local service: {e}"));
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(problem)?;
        }
        fs::create_dir_all(lakes).map_err(problem)?;
        let seed = lakes.join(format!("seed-{}.yaml", suite.name));
        let common = read(&root().join(FOLDER).join("seed.yaml"))?;
        write(&seed, &format!("owner: {}\norgs: [{}]\n{common}{}", suite.owner, suite.orgs, suite.seed))?;
        let mut service = command(binary(target));
        service.args(["serve", "--accept-any-token", "--port", "0", "--s3-port", "0", "--dir"]).arg(&dir);
        service.arg("--seed").arg(&seed);
        let mut child = service.stdout(Stdio::piped()).spawn().map_err(problem)?;
        let lines = child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines());
        let mut ports = (None, None);
        for line in lines.map_while(std::result::Result::ok) {
            let port = || line.rsplit(':').next().map(str::to_owned);
            match line.split_whitespace().next() {
                Some("catalog") => ports.0 = port(),
                Some("S3") => ports.1 = port(),
                _ => {}
            }
            if let (Some(catalog), Some(s3)) = &ports {
                return Ok(Self { child, catalog: catalog.clone(), s3: s3.clone() });
            }
        }
        let _ = child.kill();
        Err(Error::new("the local service did not say where it is"))
    }
}

impl Drop for Lake {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary(target: &Path) -> PathBuf {
    target.join("debug").join(format!("arraylake-local{}", std::env::consts::EXE_SUFFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_has_its_requirements_and_its_table() {
        for suite in &SUITES {
            let table = format!("{FOLDER}/exclusions-{}.txt", suite.name);
            for file in [suite.environment.requirements, &table] {
                assert!(root().join(file).is_file(), "{file}");
            }
        }
    }

    #[test]
    fn a_suite_that_is_not_there_is_named() {
        let error = run(&["9.9"]).unwrap_err().to_string();
        assert!(error.contains("9.9") && error.contains("1.7.0"), "{error}");
    }
}
