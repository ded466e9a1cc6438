//! Every method of every service, as the descriptors have them; each is an action of the schema.
//!
//! A method is named by its path: `muster.bus.v1.BusService/Publish`. Health and reflection are
//! methods as others. The build script holds the packs of this repository against the same protos.

use domain::pack::Faults;
use prost::Message as _;
use prost_types::FileDescriptorSet;

use super::rules::{Rules, SCHEMA};

/// The paths of all methods that a role may serve, without the leading slash.
pub fn methods() -> Vec<String> {
    let sets = [
        proto::DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    ];
    let mut methods: Vec<String> = sets.into_iter().flat_map(of).collect();
    methods.sort();
    methods.dedup();
    methods
}

fn of(set: &[u8]) -> Vec<String> {
    // They are compiled in; one that can't be read has no method, and the tests count them.
    let set = FileDescriptorSet::decode(set).unwrap_or_default();
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            methods.extend(service.method.iter().map(|one| format!("{name}/{}", one.name())));
        }
    }
    methods
}

/// A method that is no action, and an action that no policy permits to anybody, are faults.
pub(super) fn check(rules: &Rules, faults: &mut Faults) {
    for method in methods().iter().filter(|method| !rules.actions.contains_key(*method)) {
        let right = format!("action \"{method}\" in the schema, and a policy that permits it");
        faults.push(SCHEMA, None, format!("the method {method} is no action"), right);
    }
    for (name, action) in &rules.actions {
        if !action.is_permitted {
            let right = "a permit that names the action or a group of it";
            faults.push(SCHEMA, None, format!("no policy permits {name} to anybody"), right);
        }
    }
}
