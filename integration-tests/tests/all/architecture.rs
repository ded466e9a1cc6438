//! The shape of the repository, held against what is written down about it.
//!
//! The table below is the design's table of boxes: which crate lives where and what it may import.
//! A change of the design is a change of this table, in the same commit.
//! Nothing is built or run here; the subject is the tree as git sees it, new files included.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Folder (its last part is the crate's name), and which of our own crates it may depend on.
const BOXES: [(&str, &[&str]); 18] = [
    ("services/domain", &[]),
    ("services/journal", &[]),
    ("proto", &["domain"]),
    ("services/kit", &["journal", "proto", "domain"]),
    ("services/connector", &["kit", "journal", "proto", "domain"]),
    ("services/unit", &["kit", "journal", "proto", "domain"]),
    ("services/bus", &["kit", "journal", "proto", "domain"]),
    ("services/enforcement", &["unit", "proto", "domain"]),
    ("services/housing", &["unit", "proto", "domain"]),
    ("services/traffic-police", &["unit", "proto", "domain"]),
    ("services/environment", &["unit", "proto", "domain"]),
    ("services/gateway", &["kit", "journal", "proto", "domain"]),
    ("services/console", &["connector", "kit", "journal", "proto", "domain"]),
    ("workflows/flows", &["domain"]),
    ("workflows/worker", &["flows", "connector", "kit", "proto", "domain"]),
    ("services/muster", EVERYTHING_ABOVE),
    (
        "integration-tests/fuzz",
        &["bus", "connector", "gateway", "unit", "kit", "journal", "proto", "domain"],
    ),
    ("integration-tests", EVERYTHING),
];

const EVERYTHING_ABOVE: &[&str] = &[
    "domain",
    "journal",
    "proto",
    "kit",
    "connector",
    "unit",
    "bus",
    "enforcement",
    "housing",
    "traffic-police",
    "environment",
    "gateway",
    "console",
    "flows",
    "worker",
];

const EVERYTHING: &[&str] = &[
    "domain",
    "journal",
    "proto",
    "kit",
    "connector",
    "unit",
    "bus",
    "enforcement",
    "housing",
    "traffic-police",
    "environment",
    "gateway",
    "console",
    "flows",
    "worker",
    "muster",
    "fuzz",
];

/// A flow reaches none of these itself: it is replayed, and only the worker does IO.
const NOT_IN_FLOWS: [&str; 5] =
    ["tokio", "tonic", "temporalio-sdk", "temporalio-client", "temporalio-common"];

/// What may lie at the top, beside `README*.md` and files with a leading dot.
const TOP: [&str; 13] = [
    "Cargo.toml",
    "Cargo.lock",
    "clippy.toml",
    "deny.toml",
    "rustfmt.toml",
    "justfile",
    "LICENSE",
    "proto",
    "services",
    "workflows",
    "deploy",
    "integration-tests",
    "rust-toolchain.toml",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "common", "helpers", "types", "manager"];

const LINES_MAX: usize = 500;

#[test]
fn crates_live_where_the_table_says_and_import_only_what_it_allows() {
    let metadata = metadata();
    let mut faults = Vec::new();
    let ours: BTreeSet<&str> = BOXES.iter().map(|(folder, _)| name(folder)).collect();
    for package in metadata.workspace_packages() {
        let folder = folder(&metadata, package);
        let Some((_, allowed)) = BOXES.iter().find(|(known, _)| Path::new(known) == folder) else {
            faults.push(format!("{} is not in the table of boxes", folder.display()));
            continue;
        };
        if !folder.ends_with(package.name.as_str()) {
            faults.push(format!("{} holds a crate named {}", folder.display(), package.name));
        }
        let imports = normal(package).filter(|import| ours.contains(import));
        let forbidden = imports.filter(|import| !allowed.contains(import));
        faults.extend(forbidden.map(|import| format!("{} may not import {import}", package.name)));
    }
    for (folder, _) in BOXES {
        if !metadata.workspace_root.join(folder).join("Cargo.toml").exists() {
            faults.push(format!("{folder} is in the table and not in the tree"));
        }
    }
    none(&faults);
}

#[test]
fn the_table_points_one_way() {
    let mut above = BTreeSet::new();
    for (folder, allowed) in BOXES {
        for import in allowed {
            assert!(above.contains(import), "{folder} imports {import}, which is not above it");
        }
        above.insert(name(folder));
    }
    assert_eq!(above.len(), EVERYTHING.len() + 1, "everything is everything");
}

#[test]
fn flows_reach_nothing_outside() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let flows = packages.iter().find(|package| package.name.as_str() == "flows").unwrap();
    let found = normal(flows).filter(|import| NOT_IN_FLOWS.contains(import));
    none(&found.map(|import| format!("flows may not import {import}")).collect::<Vec<_>>());
}

#[test]
fn versions_stand_in_the_workspace_only() {
    let metadata = metadata();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let text = fs::read_to_string(&package.manifest_path).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let mut own = Vec::new();
        collect_own_versions(&manifest, &mut own);
        faults.extend(own.iter().map(|import| format!("{}: {import}", package.manifest_path)));
    }
    none(&faults);
}

/// Gathers the dependencies without `workspace = true`, also those under `target.<...>`.
fn collect_own_versions(table: &toml::Table, found: &mut Vec<String>) {
    for (key, value) in table {
        let Some(inner) = value.as_table() else { continue };
        if !key.ends_with("dependencies") {
            collect_own_versions(inner, found);
            continue;
        }
        let shared = |value: &toml::Value| {
            value.get("workspace").and_then(toml::Value::as_bool).unwrap_or_default()
        };
        found
            .extend(inner.iter().filter(|(_, value)| !shared(value)).map(|(name, _)| name.clone()));
    }
}

#[test]
fn the_top_level_is_fixed() {
    let (_, files) = tree();
    let top: BTreeSet<&str> =
        files.iter().filter_map(|file| file.iter().next()?.to_str()).collect();
    let allowed = |name: &str| {
        TOP.contains(&name)
            || name.starts_with('.')
            || (name.starts_with("README") && name.ends_with(".md"))
    };
    none(&top.into_iter().filter(|name| !allowed(name)).collect::<Vec<_>>());
}

#[test]
fn every_rust_file_says_first_what_it_is() {
    let (root, files) = tree();
    let silent = files.iter().filter(|file| {
        extension(file) == "rs" && !fs::read_to_string(root.join(file)).unwrap().starts_with("//!")
    });
    none(&silent.map(|file| format!("{} has no `//!`", file.display())).collect::<Vec<_>>());
}

#[test]
fn no_file_of_code_is_too_long() {
    let (root, files) = tree();
    let code = ["rs", "proto", "sh", "js", "css", "html"];
    let long = files.iter().filter(|file| code.contains(&extension(file))).filter_map(|file| {
        let lines = fs::read_to_string(root.join(file)).unwrap().lines().count();
        (lines > LINES_MAX).then(|| format!("{}: {lines} lines", file.display()))
    });
    none(&long.collect::<Vec<_>>());
}

#[test]
fn names_say_what_is_inside() {
    let (_, files) = tree();
    let empty =
        files.iter().filter(|file| ["rs", "proto"].contains(&extension(file))).filter(|file| {
            let stems = file.iter().map(|part| Path::new(part).file_stem().unwrap());
            file.ends_with("mod.rs")
                || stems.into_iter().any(|stem| EMPTY_NAMES.iter().any(|name| stem == *name))
        });
    none(&empty.map(|file| file.display().to_string()).collect::<Vec<_>>());
}

fn metadata() -> Metadata {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap()
}

fn folder(metadata: &Metadata, package: &Package) -> PathBuf {
    let folder = package.manifest_path.parent().unwrap();
    folder.strip_prefix(&metadata.workspace_root).unwrap().into()
}

fn name(folder: &'static str) -> &'static str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// What the crate itself depends on; what its tests and its build script need is not its shape.
fn normal(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
    normal.map(|one| one.name.as_str())
}

/// The root, and every file that is tracked or would be.
fn tree() -> (PathBuf, Vec<PathBuf>) {
    let root = metadata().workspace_root.into_std_path_buf();
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(&root)
        .output()
        .unwrap();
    assert!(listed.status.success(), "{listed:?}");
    let text = String::from_utf8(listed.stdout).unwrap();
    // A file that was deleted, and not yet so in the index, is still listed.
    let names = text.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    let files: Vec<_> = names.filter(|file| root.join(file).is_file()).collect();
    assert!(files.len() > BOXES.len(), "git lists only {files:?}");
    (root, files)
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn none<Fault: std::fmt::Display>(faults: &[Fault]) {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}
