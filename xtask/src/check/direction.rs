//! Who may use whom: the table of rooms in ARCHITECTURE.md, tested against `cargo metadata`.

use crate::tool;
use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A room, and all that its crate may depend on, directly, in a build that is not a test.
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room { name: "stilt-artifact", may_use: &[] },
    Room { name: "stilt-platform-abi", may_use: &[] },
    Room { name: "stilt-platform-linux", may_use: &[] },
    Room { name: "stilt-collections", may_use: &[] },
    Room {
        name: "stilt-vm",
        may_use: &["stilt-artifact", "stilt-collections", "stilt-platform-abi", "libm", "pulley-interpreter"],
    },
    Room { name: "stilt", may_use: &["stilt-artifact", "stilt-collections", "stilt-platform-abi", "stilt-vm"] },
    Room { name: "stilt-build", may_use: &["stilt-artifact", "stilt-precompiler", "wat"] },
    Room { name: "stilt-wasi", may_use: &["stilt", "stilt-collections", "zerocopy"] },
    Room { name: "stilt-wasi-host", may_use: &["stilt-wasi", "cap-fs-ext", "cap-std", "getrandom", "rustix"] },
    Room { name: "stilt-spec-script", may_use: &[] },
    Room { name: "stilt-spec-player", may_use: &["stilt", "stilt-collections", "stilt-spec-script"] },
];

/// What a room must not reach, however far away, by the start of a crate's name.
const NEVER: &[(&str, &[&str])] = &[
    ("stilt", &["wasmparser", "cranelift-codegen", "cranelift-frontend", "serde", "stilt-precompiler"]),
    ("stilt-precompiler", &["stilt", "stilt-vm", "stilt-platform-abi", "wasmtime"]),
];

pub(crate) fn check() -> Result<()> {
    let json = tool::output(tool::cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Value = serde_json::from_slice(&json).context("reading the output of `cargo metadata`")?;
    let graph = Graph::new(&metadata)?;
    for room in ROOMS {
        for used in graph.uses(room.name)? {
            if !room.may_use.contains(&used.as_str()) {
                bail!("crate `{}` depends on `{used}`, which its room must not use (see ARCHITECTURE.md)", room.name);
            }
        }
    }
    for (room, never) in NEVER {
        let reached = graph.reaches(room)?;
        if let Some(bad) = reached.iter().find(|name| never.contains(&name.as_str())) {
            bail!("crate `{room}` reaches `{bad}`, which it must never do (see ARCHITECTURE.md)");
        }
    }
    eprintln!("dependency directions: {} rooms are as ARCHITECTURE.md has them", ROOMS.len());
    Ok(())
}

struct Graph {
    /// Crate name, and the names of the crates it depends on other than for tests.
    edges: Vec<(String, Vec<String>)>,
}

impl Graph {
    fn new(metadata: &Value) -> Result<Graph> {
        let packages = metadata["packages"].as_array().context("`cargo metadata` lists no packages")?;
        let edges = packages.iter().map(|package| {
            let name = package["name"].as_str().unwrap_or_default().to_owned();
            let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
            // Optional ones of packages from a registry are left out: features decide on them.
            let ours = package["source"].is_null();
            let used = dependencies.iter().filter(|dependency| {
                dependency["kind"].is_null() && (ours || dependency["optional"].as_bool() == Some(false))
            });
            (name, used.filter_map(|dependency| Some(dependency["name"].as_str()?.to_owned())).collect())
        });
        Ok(Graph { edges: edges.collect() })
    }

    fn uses(&self, name: &str) -> Result<&[String]> {
        let found = self.edges.iter().find(|(crate_name, _)| crate_name == name);
        Ok(&found.with_context(|| format!("the workspace has no crate `{name}`"))?.1)
    }

    fn reaches(&self, name: &str) -> Result<Vec<String>> {
        let mut reached: Vec<String> = self.uses(name)?.to_vec();
        let mut at = 0;
        while let Some(next) = reached.get(at).cloned() {
            at += 1;
            for used in self.uses(&next).unwrap_or_default() {
                if !reached.contains(used) {
                    reached.push(used.clone());
                }
            }
        }
        Ok(reached)
    }
}
