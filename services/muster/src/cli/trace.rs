//! `muster trace`: the arguments, and the help that teaches them.

use clap::Args;

use super::Way;

/// `muster trace`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Draws one case as a waterfall, from its first record to its closing or to now:

  muster trace case/20261122-7QK3M9ZT --data data
  muster trace case/20261122-7QK3M9ZT --data data --messages --width 160
  muster trace case/20261122-7QK3M9ZT --data data --output json    its spans, one a line

  █ something was said   ░ somebody was waited for   ▓ and was late   · the system had the next step
  > goes on              + reaches beyond the time of the whole

It is made of the record of the gateway, which is complete after any crash; nothing else has to be
installed. The trace id is the one of logs and of spans that a collector was sent.
Only cases are drawn: what the gateway keeps of approvals, sheets and credit is how they stand, not their
steps; `muster approvals show`, `muster accountability show` and `muster credit show` say that.")]
pub struct Trace {
    /// Which matter: `case/20261122-7QK3M9ZT`, or the number of a case alone; `operation/…`,
    /// `approval/…`, `decision/…`, `inspection/…`, `accountability/<case>/<unit>`.
    pub subject: String,
    /// How wide to draw; the width of the terminal if not given, or 120 where there is none.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..=1000))]
    pub width: Option<u16>,
    /// Draw the way of each message on a line of its own.
    #[arg(long)]
    pub messages: bool,
    /// How to the system.
    #[command(flatten)]
    pub way: Way,
}
