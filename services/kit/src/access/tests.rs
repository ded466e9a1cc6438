//! The pack of Wenshan, its rules compiled: what they allow, how they fail, and what is recorded.
//!
//! Who may call which method is tried over real connections, see the server's tests.

use std::{path::Path, time::Duration};

use domain::{moment::Moment, pack};

use super::{refusals::A_MINUTE, *};

/// The city of Wenshan, as this repository ships it.
pub(crate) fn wenshan() -> City {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities/wenshan");
    pack::load(&crate::pack::files(&dir).unwrap()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Its rules.
pub(crate) fn access() -> Access {
    Access::of(&wenshan()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn party(text: &str) -> Party {
    text.parse().unwrap()
}

fn all_faults(texts: &Texts) -> String {
    let found: Vec<String> = faults(texts).iter().map(ToString::to_string).collect();
    found.join("\n")
}

/// The rules of Wenshan with one more file of policies.
fn with(policies: &str) -> City {
    let mut city = wenshan();
    city.access.insert("access/more.cedar".to_owned(), policies.to_owned());
    city
}

fn mailbox(owner: &str) -> Ask {
    Ask::to("open_mailbox", Thing::new("Mailbox", owner.to_owned()).with("owner", party(owner)))
}

#[test]
fn the_rules_of_wenshan_have_no_fault_and_its_table_holds() {
    let city = wenshan();
    assert_eq!(all_faults(&city.access), "");
    let (access, mut faults) = (access(), Faults::default());
    let rows = table::read(&city.access, &mut faults);
    for allowed in [true, false] {
        let told = |action: &&String| {
            rows.iter().any(|row| row.is_allowed == allowed && row.ask.action() == *action)
        };
        let untold: Vec<_> = access.inner.rules.actions.keys().filter(|name| !told(name)).collect();
        // Health and reflection are refused to nobody.
        let untold: Vec<_> = untold.iter().filter(|name| !name.starts_with("grpc.")).collect();
        assert!(untold.is_empty(), "no row says who is allowed ({allowed}): {untold:?}");
    }
    assert_eq!(table::run(&access, rows), []);
}

#[test]
fn a_row_that_differs_is_told_with_what_decided() {
    let mut city = wenshan();
    let head = "caller,action,on,facts,context,expected,why\n";
    let row = "unit/housing,open_mailbox,Mailbox::x,owner=unit/housing,,deny,no\n";
    city.access.insert(table::FILE.to_owned(), format!("{head}\n{row}"));
    let rows = table::read(&city.access, &mut Faults::default());
    let differs = table::run(&access(), rows);
    assert_eq!((differs.len(), differs[0].row.line), (1, 3));
    assert_eq!(differs[0].verdict.by, ["a-mailbox-is-its-owners"]);
}

#[test]
fn an_evaluation_that_fails_denies_though_another_policy_permits() {
    let (housing, own) = (party("unit/housing"), mailbox("unit/housing"));
    assert!(access().allows(&housing, &own));
    // A policy of a pack may read what strict validation takes for given and a role has not said.
    let failing = r#"@id("fails") forbid (principal, action == Muster::Action::"see_case", resource)
        when { resource.units.contains(principal) };"#;
    let access = Access::of(&with(failing)).unwrap();
    let case = Thing::new("Case", "1").with("community", party("community/c"));
    let nobody = Fact::Parties(BTreeSet::new());
    let said = case.clone().with("reporters", nobody.clone()).with("units", nobody);
    let community = party("community/c");
    assert!(access.allows(&community, &Ask::to("see_case", said)));
    // The permit needs nothing but the community; the forbid fails on the units that are not said.
    let verdict = access.decide(&community, &Ask::to("see_case", case));
    assert!(!verdict.is_allowed && verdict.errors[0].contains("fails"), "{verdict:?}");
    assert_eq!(verdict.by, ["whom-a-case-concerns-sees-it"]);
}

#[test]
fn what_the_schema_does_not_know_is_denied() {
    let (access, housing) = (access(), party("unit/housing"));
    for (ask, error) in [
        (Ask::to("fly", Thing::new("Mailbox", "x")), "no action fly"),
        (Ask::to("open_mailbox", Thing::new("Cloud", "x")), "no type Cloud"),
        (Ask::to("open_mailbox", Thing::new("Desk", "x").with("owner", housing.clone())), "Desk"),
        (mailbox("unit/housing").with("colour", "red"), "context"),
    ] {
        let verdict = access.decide(&housing, &ask);
        assert!(!verdict.is_allowed && verdict.errors[0].contains(error), "{ask:?} {verdict:?}");
        assert!(access.check(&housing, &ask).is_err());
    }
    let no = access.may_call(&housing, "/muster.bus.v1.BusService/Burn", Role::Bus).unwrap_err();
    assert_eq!((no.reason.as_str(), no.kind), ("NO_POLICY", domain::rejection::Kind::Forbidden));
}

#[test]
fn a_refusal_says_what_and_who_could() {
    let no = access().check(&party("unit/housing"), &mailbox("unit/water")).unwrap_err();
    assert_eq!(no.reason, "NOT_YOUR_MAILBOX");
    let said = "unit/housing can't open the mailbox of unit/water; right would be: its own";
    assert_eq!(no.message, said);
}

/// A file, what is replaced, by what, and what the report must say.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    ("bus.cedar", "resource.owner }", "resource.owner", "access/bus.cedar:"),
    ("bus.cedar", "resource.owner }", "resource.onwer }", "access/bus.cedar:5: "),
    ("bus.cedar", "@id(\"followers-commit\")\n", "", "access/bus.cedar:11: a policy has no name"),
    ("bus.cedar", "\"followers-commit\"", "\"units-have-desks\"", "is already in access/bus"),
    ("bus.cedar", "action == Muster::Action::\"open_mailbox\"", "action", "permits every action"),
    ("bus.cedar", "\"open_mailbox\"", "\"open_mailbux\"", "access/bus.cedar:4: "),
    ("bus.cedar", "\"commit_record\"", "\"read_record\"", "no policy permits commit_record to any"),
    ("schema.cedarschema", "action \"open_mailbox\"", "acton \"open_mailbox\"", "cedarschema:"),
    (
        "schema.cedarschema",
        "BusService/Fetch\"",
        "BusService/Fetsch\"",
        "BusService/Fetch is no act",
    ),
    ("schema.cedarschema", "@refusal(\"NOT_YOUR_MAILBOX\") ", "", "open_mailbox has no words"),
    ("cases.csv", ",deny,", ",denny,", "right would be: allow or deny"),
    ("cases.csv", "community/kaihua", "comunity/kaihua", "access/cases.csv:"),
    ("people.csv", "trainee-1,trainee,", "trainee-1,,", "access/people.csv:2: role or source"),
];

#[test]
fn each_fault_is_named_with_its_file_and_no_role_starts_on_it() {
    for (file, old, new, wanted) in FAULTS {
        let mut city = wenshan();
        let text = city.access.get_mut(&format!("access/{file}")).unwrap();
        assert!(text.contains(old), "{file} has no {old:?}");
        *text = text.replacen(old, new, 1);
        let report = all_faults(&city.access);
        assert!(report.contains(wanted), "{file}: {old:?} -> {new:?} gave\n{report}");
        assert!(*file == "cases.csv" || Access::of(&city).is_err(), "{file}: {old:?}");
    }
    let missing = all_faults(&Texts::new());
    assert!(missing.contains("access/schema.cedarschema: there is no such file"), "{missing}");
    assert_eq!(missing.lines().count(), 2, "no schema, no table, and nothing behind it: {missing}");
}

#[test]
fn a_person_has_the_roles_that_the_pack_gives_it_and_in_that_party_only() {
    let (access, person) = (access(), PersonId::parse("trainee-1").unwrap());
    let office = party("office/leading_group_office");
    assert_eq!(access.roles(&office, &person), ["trainee".to_owned()].into());
    assert_eq!(access.roles(&party("office/gov_city"), &person), BTreeSet::new());
}

#[test]
fn more_decisions_than_are_remembered_are_still_right() {
    let access = access();
    for number in 0..REMEMBERED + 10 {
        let (own, other) = (format!("unit/u{number}"), format!("unit/o{number}"));
        assert!(access.allows(&party(&own), &mailbox(&own)));
        assert!(!access.allows(&party(&own), &mailbox(&other)));
    }
    assert!(access.inner.remembered.read().unwrap().len() <= REMEMBERED);
    access.inner.remembered.write().unwrap().clear();
    assert!(access.may_call(&party("unit/a"), &"x".repeat(10_000), Role::Bus).is_err());
    assert!(!access.allows(&party("unit/a"), &mailbox("unit/a").with("purpose", "x")));
    assert!(access.inner.remembered.read().unwrap().is_empty(), "a caller's words are not kept");
}

#[tokio::test]
async fn refusals_are_recorded_singly_up_to_a_number_and_then_counted() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Moment(1_795_312_800_000));
    let access = access().recorded(dir.path(), clock.clone());
    let refused = |caller: &str| Refused {
        caller: caller.to_owned(),
        through: None,
        method: "m".to_owned(),
        reason: "NOT_YOURS".to_owned(),
        message: "错".repeat(1_000),
    };
    for _ in 0..A_MINUTE + 5 {
        access.record(refused("unit/a")).await;
    }
    access.record(refused("unit/b")).await;
    clock.advance(Duration::from_secs(60));
    access.record(refused("unit/a")).await;
    let hash = access.hash().to_owned();
    drop(access);
    let written = refusals::read(dir.path()).unwrap();
    assert_eq!(written.len() as u64, A_MINUTE + 2);
    let last = written.last().unwrap();
    assert_eq!((last.not_written, last.rules.as_str()), (5, hash.as_str()));
    assert!(written.iter().all(|one| one.refused.message.len() <= 500));
    assert_eq!(written[written.len() - 2].refused.caller, "unit/b");
}

/// The folders of the packs of this repository.
fn packs() -> Vec<std::path::PathBuf> {
    let cities = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/cities");
    std::fs::read_dir(cities).unwrap().map(|city| city.unwrap().path()).collect()
}

#[test]
fn every_pack_has_the_rules_of_wenshan_and_a_table_of_its_own_that_holds() {
    let ours = wenshan();
    assert!(packs().len() >= 3, "{:?}", packs());
    for dir in packs() {
        let city = pack::load(&crate::pack::files(&dir).unwrap()).unwrap();
        assert_eq!(all_faults(&city.access), "", "{}", city.id);
        for (name, text) in &ours.access {
            let is_table = Path::new(name).extension().is_some_and(|end| end == "csv");
            let is_same = city.access.get(name) == Some(text);
            assert!(
                is_table || is_same,
                "{name} of {} is another than that of wenshan: copy it",
                city.id
            );
        }
        let mut faults = Faults::default();
        let rows = table::read(&city.access, &mut faults);
        let wanted = table::read(&ours.access, &mut faults);
        let told = |rows: &[table::Row]| -> Vec<(String, bool, String)> {
            let row =
                |row: &table::Row| (row.ask.action().to_owned(), row.is_allowed, row.why.clone());
            rows.iter().map(row).collect()
        };
        assert_eq!(told(&rows), told(&wanted), "the table of {}", city.id);
        let access = Access::of(&city).unwrap();
        assert_eq!(table::run(&access, rows), [], "{}", city.id);
    }
}

/// A program asks for the same rules when it loads the pack and in each of its roles.
#[test]
fn the_same_rules_are_compiled_once_and_others_are_others() {
    let (one, again) = (access(), access());
    assert!(Arc::ptr_eq(&one.inner.rules, &again.inner.rules));
    let mut other = wenshan();
    other.access.insert("access/more.cedar".into(), String::new());
    let other = Access::of(&other).unwrap();
    assert!(!Arc::ptr_eq(&one.inner.rules, &other.inner.rules));
    assert_ne!(one.hash(), other.hash());
}
