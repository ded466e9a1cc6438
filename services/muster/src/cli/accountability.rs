//! `muster accountability …`: the arguments, and the help that teaches them.

use clap::{Args, Subcommand, ValueEnum};
use domain::{
    accountability::SheetId,
    id::{CaseId, UnitId},
};

use super::{Act, Way};

/// `muster accountability`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
A unit that was late, whose work was sent back too often, that refused against rulings or about which a
complaint was upheld has a sheet for that case. It states what is in the record, and nobody's guilt. The
unit states its case, or its silence is recorded; then the office that the sheet names decides, and what
follows is published.

  muster accountability list --data data --stage deciding
  muster accountability show 20261122-7QK3M9ZT/housing --data data
  muster accountability decide 20261122-7QK3M9ZT/housing --form public_criticism --reason '…' \\
      --person wang.wei --as office/leading_group_office --data data
  muster accountability bulletin --data data
  muster accountability demands --as unit/housing --data data
  muster accountability state 20261122-7QK3M9ZT --text '…' --person li.na --as unit/housing --data data

`decide` and `state` show first what would be said, and say it with --yes. An office decides and a unit
states: an administrator only looks. Elsewhere: --gateway URL for offices, --desk URL for a unit, with
--identity DIR; --desk-server service/units where one process hosts several.")]
pub enum Accountability {
    /// List the sheets: how each stands, and who owes what until when. A unit sees its own.
    List(ListSheets),
    /// Show one sheet with its grounds and the steps of the case, each with its place in the history.
    Show(Show),
    /// Decide what follows, as the office that the sheet names, when the unit was heard or was silent.
    Decide(Decide),
    /// Show what was published (通报), the oldest first.
    Bulletin(Published),
    /// List what the caller's own unit has to answer for, at the unit's service.
    Demands(Demands),
    /// State the unit's case, once for each sheet, at the unit's service.
    State(State),
}

/// How a sheet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// The unit has its time to state its case.
    Stating,
    /// It was heard or was silent; somebody decides.
    Deciding,
    /// Something follows, and is to be published.
    Publishing,
    /// It is done.
    Closed,
}

/// Reads `20261122-7QK3M9ZT/housing`.
fn sheet(text: &str) -> Result<SheetId, String> {
    let read = || {
        let (case_id, unit) = text.split_once('/')?;
        Some(SheetId { case_id: CaseId::parse(case_id).ok()?, unit: UnitId::parse(unit).ok()? })
    };
    read().ok_or_else(|| "right would be a case and a unit: 20261122-7QK3M9ZT/housing".to_owned())
}

/// `muster accountability list`
#[derive(Clone, Debug, Args)]
pub struct ListSheets {
    /// Only those that stand so.
    #[arg(long, value_enum)]
    pub stage: Option<Stage>,
    /// Only those of this unit.
    #[arg(long)]
    pub unit: Option<UnitId>,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster accountability show`
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// The sheet: a case and a unit, `20261122-7QK3M9ZT/housing`.
    #[arg(value_parser = sheet)]
    pub sheet: SheetId,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster accountability decide`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The forms are those of the city's pack, accountability.csv; one that is not there is refused with those
that are. With a form there is always an entry in the bulletin, without one there is none.

  muster accountability decide 20261122-7QK3M9ZT/housing --nothing --reason '…' --person wang.wei \\
      --as office/leading_group_office --data data --yes")]
pub struct Decide {
    /// The sheet: a case and a unit, `20261122-7QK3M9ZT/housing`.
    #[arg(value_parser = sheet)]
    pub sheet: SheetId,
    /// What follows: `public_criticism`.
    #[arg(long, required_unless_present = "nothing")]
    pub form: Option<String>,
    /// Nothing follows.
    #[arg(long, conflicts_with = "form")]
    pub nothing: bool,
    /// Why; it is kept in the record.
    #[arg(long)]
    pub reason: String,
    /// Whether, on whose word, and how to the system.
    #[command(flatten)]
    pub act: Act,
}

/// `muster accountability bulletin`
#[derive(Clone, Debug, Args)]
pub struct Published {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster accountability demands`
#[derive(Clone, Debug, Args)]
pub struct Demands {
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster accountability state`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
It is taken also while everything else is down. Words alone: what shows them is brought by the unit's own
system, with GiveStatement.")]
pub struct State {
    /// The case.
    pub case_id: String,
    /// What the unit says; it is kept in the record.
    #[arg(long)]
    pub text: String,
    /// Whether, on whose word, and how to the system.
    #[command(flatten)]
    pub act: Act,
}
