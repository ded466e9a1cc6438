//! Roads and their chiefs (路长): on which road a matter is, and who may whistle for it.
//!
//! A whistle that names a road is for one of its cells, whoever blows it. A chief of the road may
//! whistle in all of them; the case is then of the community of the cell, which judges it as well.

use domain::{
    id::CommunityId,
    pack::{City, Road},
    rejection::Rejection,
};

use crate::{
    access,
    command::{By, Raise},
    door::Door,
    matter::Matter,
};

/// The road that a case is on, where the pack still has it.
pub(crate) fn of<'a>(city: &'a City, matter: &Matter) -> Option<&'a Road> {
    city.people.roads.get(matter.place()?.road.as_ref()?)
}

/// The community whose case a whistle makes.
pub(crate) fn whistler(door: &Door, by: &By, raise: &Raise) -> Result<CommunityId, Rejection> {
    let Some(road) = named(&door.city, raise)? else { return access::whistler(&door.access, by) };
    let cell = door.city.grid.get(&raise.grid).filter(|cell| road.grids.contains(&cell.id));
    match cell {
        Some(cell) if access::is_road_whistler(&door.access, road, by) => {
            Ok(cell.community.clone())
        }
        Some(_) => access::whistler(&door.access, by),
        None => {
            // Who may not whistle at all is told that, and not where the road goes.
            access::whistler(&door.access, by)?;
            Err(not_there(road, raise))
        }
    }
}

fn named<'a>(city: &'a City, raise: &Raise) -> Result<Option<&'a Road>, Rejection> {
    let Some(id) = &raise.intake.place.road else { return Ok(None) };
    let found = city.people.roads.get(id);
    found.map(Some).ok_or_else(|| {
        let known: Vec<&str> = city.people.roads.keys().map(|id| id.as_str()).take(20).collect();
        let message = format!("there is no road {id}; right would be: {}", known.join(", "));
        Rejection::unknown("UNKNOWN_ROAD", "intake.road", message)
    })
}

fn not_there(road: &Road, raise: &Raise) -> Rejection {
    let cells: Vec<&str> = road.grids.iter().map(|cell| cell.as_str()).collect();
    let (grid, id, cells) = (&raise.grid, &road.id, cells.join(", "));
    let message = format!("{id} does not go through {grid}; right would be: {cells}");
    Rejection::invalid("GRID_NOT_OF_ROAD", "grid", message)
}
