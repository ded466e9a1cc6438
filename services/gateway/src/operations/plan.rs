//! From what a coordinator writes and the template of the pack to a plan.

use domain::{
    clock::Pace,
    id::OperationKindId,
    moment::Moment,
    operation::{Area, Need, Plan, Repeat},
    pack::{City, OperationKind, suggest},
    party::Party,
    rejection::Rejection,
};

/// What a coordinator writes; what is left out, the template says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// From which template; none when it is free.
    pub kind: Option<OperationKindId>,
    /// What for.
    pub goal: String,
    /// Where.
    pub area: Area,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// Who is called besides the template's units, or what of those is asked for.
    pub needs: Vec<Need>,
    /// So many at least; 0: as the template says, or all.
    pub quorum: u32,
    /// How long units have to answer; 0: as the pack says.
    pub within_ms: u64,
    /// Whether others follow; none: as the template says.
    pub repeat: Option<Repeat>,
    /// Whether none follows, whatever the template says.
    pub is_single: bool,
}

impl Draft {
    /// The plan.
    pub fn plan(self, city: &City, profile: &str, coordinator: Party) -> Result<Plan, Rejection> {
        let template = self.template(city)?;
        let limit = template.map(|kind| city.limits(profile, &kind.issue_type).accept);
        let (within_ms, pace) = match limit {
            Some(limit) if self.within_ms == 0 => (limit.within_ms, limit.pace),
            _ => (self.within_ms, Pace::Around),
        };
        let needs = needs(self.needs, template);
        let all = u32::try_from(needs.len()).unwrap_or(u32::MAX);
        let quorum = match self.quorum {
            0 => template.map_or(all, |kind| kind.quorum),
            quorum => quorum,
        };
        // Only the worker says when one would have begun without free days.
        let given = self.repeat.map(|repeat| Repeat { regular: None, ..repeat });
        let repeat = given.or_else(|| template.and_then(series)).filter(|_| !self.is_single);
        Ok(Plan {
            kind: self.kind,
            coordinator,
            goal: self.goal,
            area: self.area,
            from: self.from,
            to: self.to,
            needs,
            quorum,
            within_ms,
            pace,
            repeat,
            series: None,
            occurrence: 1,
        })
    }

    fn template<'a>(&self, city: &'a City) -> Result<Option<&'a OperationKind>, Rejection> {
        let Some(id) = &self.kind else { return Ok(None) };
        let found = city.operations.get(id).ok_or_else(|| {
            let known = city.operations.keys().map(OperationKindId::as_str);
            let right = suggest(id.as_str(), known, "a template of the city's operations.csv");
            let message = format!("there is no joint operation {id}; right would be: {right}");
            Rejection::unknown("UNKNOWN_OPERATION_KIND", "kind", message)
        });
        found.map(Some)
    }
}

/// The units of the template, one person each where nothing else is asked for; then the others.
fn needs(given: Vec<Need>, template: Option<&OperationKind>) -> Vec<Need> {
    let Some(kind) = template else { return given };
    let is_must = |unit: &_| kind.must.contains(unit);
    let of_template = kind.units.iter().filter(|unit| given.iter().all(|one| one.unit != **unit));
    let of_template = of_template.map(|unit| Need {
        unit: unit.clone(),
        people: 1,
        vehicles: 0,
        powers: Vec::new(),
        is_must: is_must(unit),
    });
    let mut needs: Vec<Need> = of_template.collect();
    needs.extend(
        given.into_iter().map(|one| Need { is_must: one.is_must || is_must(&one.unit), ..one }),
    );
    needs
}

fn series(kind: &OperationKind) -> Option<Repeat> {
    let every_days = kind.every_days?;
    Some(Repeat { every_days, free_days: kind.free_days, until: None, regular: None })
}
