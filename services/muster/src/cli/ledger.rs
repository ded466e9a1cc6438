//! `muster cases …` and `muster ledger …`: the arguments, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Agenda, Bulletin, Format, Way};
use crate::cases::which::Which;

/// `muster cases`
#[derive(Clone, Debug, Subcommand)]
#[command(after_help = "\
  muster cases search --data data --overdue --unit housing
  muster cases search --data data --words 流动摊点 --grid WS-KH-001
  muster cases count  --data data --by unit --open
  muster cases history 20261122-7QK3M9ZT --data data
  muster cases rates  --data data --from 2026-11-01 --by unit
  muster cases agenda --data data --week 2026-11-23
  muster cases bulletin --data data --month 2026-11
  muster cases complaint list --data data --without-finding

Each is answered from the cases that the caller may see: an administrator and an office all of them,
a unit and a community their own (--as unit/housing).")]
pub enum Cases {
    /// List the cases that a filter lets through, the last raised first.
    Search(Search),
    /// Count the cases that a filter lets through, by one of their properties.
    Count(CountBy),
    /// Show every step of a case, with both clocks and whom the case waited for.
    History(History),
    /// Show the rate of what was done in time and of satisfaction, with the alarms.
    Rates(Rates),
    /// Make the agenda of a weekly meeting (周例会): what is overdue, what waits for a decision, what
    /// was lifted, which matters are frequent where, what was found by who answers for the place.
    Agenda(Agenda),
    /// Make the bulletin of a month (讲评通报): the units in the order of their on-time rate, the
    /// alarms, and the cases that each was late in.
    Bulletin(Bulletin),
    /// List the complaints about units with what was found (四个一律), and enter a finding.
    #[command(subcommand)]
    Complaint(super::complaint::Complaint),
}

/// `muster cases search`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
  muster cases search --data data                                    all, the last raised first
  muster cases search --data data --stage called --stage working --unit enforcement --lead
  muster cases search --data data --unit housing --late              its task was not done in time
  muster cases search --data data --overdue --owed-by unit/fire_rescue
  muster cases search --data data --overdue --due-first              late for longest first
  muster cases search --data data --raised-from 2026-11-01 --raised-to 2026-12-01 --outcome unconfirmed
  muster cases search --data data --channel hotline --external-id 12319-4711
  muster cases search --data data --words '井盖 broken'              all these words

Chinese words have two characters or more. A time is UTC unless it says otherwise
(2026-11-22T08:00:00+08:00), or how long ago (30m, 7d). What `muster cases rates` counts is listed by the
arguments that it shows: --counted on_time --side missed --counted-unit housing.")]
pub struct Search {
    /// Which cases.
    #[command(flatten)]
    pub which: Which,
    /// Those in which something is owed, what is due first (or late for longest) first.
    #[arg(long)]
    pub due_first: bool,
    /// End after so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u64,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster cases count`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
  muster cases count --data data --by stage
  muster cases count --data data --by owed_by --overdue        who owes what is over
  muster cases count --data data --by month --issue-type street_vending
  muster cases count --data data --by issue_type --subdistrict subdistrict_kaihua --raised-from 30d

The most first: what happens most often in an area and a period (高频问题). By: issue_type, grid, subdistrict, unit, community, channel, day, month, stage, owner, lead, outcome,
timeliness, owed_by, severity. A case that has several of it is counted under each; the total has each
case once.")]
pub struct CountBy {
    /// By what; if not given, only the total.
    #[arg(long, value_name = "WHAT", value_parser = crate::cases::which::group_by)]
    pub by: Option<proto::ledger::GroupBy>,
    /// Which cases.
    #[command(flatten)]
    pub which: Which,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster cases history`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
For each step: when its source decided it and when the bus had it, how long after the whistle (the
public clock, which never stops), who said it, and whom the case waited for before it: who, for what,
how long of it, until when; ! where that was over.")]
pub struct History {
    /// The case.
    pub case_id: String,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster cases rates`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
  muster cases rates --data data --from 2026-11-01 --to 2026-12-01 --by unit
  muster cases rates --data data --from 30d --by grid --issue-type street_vending

On time (限时整改率): done by the due moment, of what is due; ALARM below 95 %. What is due is counted
when it is decided: as on time when its case is closed, as late when the due moment passes. What is sent
back keeps its first due moment. Satisfied (群众满意率): of the cases that the community answered, by
its first answer and by its last; ALARM below 85 %. Silence is never satisfaction. Where nothing is
counted there is no rate: a unit without a due task has none, not 100 %.

By: unit (its own tasks), grid, subdistrict, issue_type, community, channel, day, month. With --output
json each figure has the arguments by which `muster cases search` lists exactly its cases.")]
pub struct Rates {
    /// Counted from this time on.
    #[arg(long, value_name = "TIME", value_parser = crate::cases::which::time)]
    pub from: i64,
    /// Counted before this time; until now if not given.
    #[arg(long, value_name = "TIME", value_parser = crate::cases::which::time)]
    pub to: Option<i64>,
    /// By what; all together if not given.
    #[arg(long, value_name = "WHAT", value_parser = crate::cases::which::group_by)]
    pub by: Option<proto::ledger::GroupBy>,
    /// Which cases.
    #[command(flatten)]
    pub which: Which,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}

/// `muster ledger`
#[derive(Clone, Debug, Subcommand)]
pub enum Ledger {
    /// Write everything that the ledger knows in a form that is the same for the same record.
    Dump(Dump),
    /// Make the ledger anew from the record, in an empty folder.
    Rebuild(Rebuild),
    /// Write cases and rates to a file, as CSV or XLSX, in Chinese or English.
    Export(Box<Export>),
}

/// Whose pack is in force.
#[derive(Clone, Debug, Args)]
pub struct Packs {
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// Which city; that of the data folder's authority if not given.
    #[arg(long)]
    pub city: Option<String>,
}

/// `muster ledger dump`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
  muster ledger dump --data data --out ledger.txt

The gateway must be down: the dump is of its own view, brought up to the last record. The file has one
line for each key, in order; two ledgers of the same record have the same file, and the same SHA-256.")]
pub struct Dump {
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The file; it must not be there. Without it only the SHA-256 is said.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The pack.
    #[command(flatten)]
    pub packs: Packs,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// `muster ledger rebuild`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
  muster ledger rebuild --from data --to rebuilt
  muster ledger dump --data rebuilt --out rebuilt.txt

Reads the gateway's journal and archive, whether it runs or not, verifies every link, and makes the view
from the first record on. Nothing of the old view is used. What it makes is a data folder of its own.")]
pub struct Rebuild {
    /// The data folder that has the record.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The new folder; it must be empty or not there.
    #[arg(long, value_name = "EMPTY")]
    pub to: PathBuf,
    /// The pack.
    #[command(flatten)]
    pub packs: Packs,
    /// How to say it.
    #[arg(long, value_enum, default_value_t)]
    pub output: Format,
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sheet {
    /// Two files: the cases, and beside it the rates.
    Csv,
    /// One file with two sheets.
    Xlsx,
}

/// In which language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

/// `muster ledger export`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
  muster ledger export --data data --format xlsx --lang zh --out 台账.xlsx --raised-from 2026-11-01
  muster ledger export --data data --format csv --lang en --out cases.csv --unit housing

Cases by the filters of `muster cases search`, and the rates of the same cases by unit, grid, sort of
matter and month. As CSV the rates are in a second file, cases-rates.csv. Times are the city's. A cell
whose text a spreadsheet would take for a formula has ' before it.")]
pub struct Export {
    /// As what.
    #[arg(long, value_enum)]
    pub format: Sheet,
    /// In which language.
    #[arg(long, value_enum, default_value_t)]
    pub lang: Language,
    /// The file; it must not be there.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Rates of what was counted from this time on; from the beginning if not given.
    #[arg(long, value_name = "TIME", value_parser = crate::cases::which::time)]
    pub rates_from: Option<i64>,
    /// Rates of what was counted before this time; until now if not given.
    #[arg(long, value_name = "TIME", value_parser = crate::cases::which::time)]
    pub rates_to: Option<i64>,
    /// Which cases.
    #[command(flatten)]
    pub which: Which,
    /// The folder of city packs.
    #[arg(long, value_name = "DIR", default_value = "deploy/cities")]
    pub cities: PathBuf,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
