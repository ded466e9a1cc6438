//! A method without a policy fails the build: every method of every service in `proto/` must be an
//! action of the schema, and named by a policy, in every city pack of this repository.
//!
//! By their texts, so that nothing has to be compiled for it; what the policies say is judged when
//! a pack is loaded. Health and reflection, which other crates describe, are judged there as well.

use std::{collections::BTreeSet, error::Error, fs, path::Path};

/// From here to the top.
const TOP: &str = "../..";

fn main() -> Result<(), Box<dyn Error>> {
    let (protos, cities) = (format!("{TOP}/proto/muster"), format!("{TOP}/deploy/cities"));
    println!("cargo:rerun-if-changed={protos}");
    println!("cargo:rerun-if-changed={cities}");
    let methods = methods(Path::new(&protos))?;
    let mut missing = Vec::new();
    for city in fs::read_dir(&cities)? {
        let access = city?.path().join("access");
        let (schema, policies) = texts(&access)?;
        let quoted = |method: &&String| format!("\"{method}\"");
        let of = |text: &str, what: &str| {
            let absent = methods.iter().filter(|method| !text.contains(&quoted(method)));
            let say = |method: &String| format!("{}: {what} {method}", access.display());
            absent.map(say).collect::<Vec<_>>()
        };
        missing.extend(of(&schema, "schema.cedarschema has no action"));
        missing.extend(of(&policies, "no policy names"));
    }
    for fault in missing {
        println!("cargo::error={fault}");
    }
    Ok(())
}

/// The paths of all methods, `muster.bus.v1.BusService/Publish`.
fn methods(protos: &Path) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut files = Vec::new();
    for noun in fs::read_dir(protos)? {
        for version in fs::read_dir(noun?.path())? {
            for file in fs::read_dir(version?.path())? {
                let path = file?.path();
                files.push(path.strip_prefix(format!("{TOP}/proto"))?.to_owned());
            }
        }
    }
    let set = protox::compile(files, [format!("{TOP}/proto")])?;
    let mut methods = BTreeSet::new();
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            methods.extend(service.method.iter().map(|one| format!("{name}/{}", one.name())));
        }
    }
    Ok(methods)
}

/// The schema, and all policies as one text, without comments.
fn texts(access: &Path) -> Result<(String, String), Box<dyn Error>> {
    let (mut schema, mut policies) = (String::new(), String::new());
    let entries = fs::read_dir(access).map_err(|e| format!("{}: {e}", access.display()))?;
    for entry in entries {
        let path = entry?.path();
        match path.extension().and_then(|end| end.to_str()) {
            Some("cedarschema") => schema += &without_comments(&fs::read_to_string(path)?),
            Some("cedar") => policies += &without_comments(&fs::read_to_string(path)?),
            _ => {}
        }
    }
    Ok((schema, policies))
}

fn without_comments(text: &str) -> String {
    let code = |line: &str| format!("{}\n", line.split("//").next().unwrap_or_default());
    text.lines().map(code).collect()
}
