//! The order of tasks on a desk: by due moment, what is late first, what is not due last.

use proto::unit::{Dispute, Task, TaskState};

/// The states in which a unit or its case has something before it.
pub(crate) const OPEN: [TaskState; 6] = [
    TaskState::Called,
    TaskState::Accepted,
    TaskState::Arrived,
    TaskState::Disposed,
    TaskState::Declared,
    TaskState::Contested,
];
/// All others.
pub(crate) const DONE: [TaskState; 4] =
    [TaskState::Closed, TaskState::Refused, TaskState::Superseded, TaskState::Retyped];

/// How many tasks are on a page.
pub(crate) const PAGE: usize = 50;

/// Puts tasks in order: what is due first comes first, then what is not due, the last changed first.
pub(crate) fn by_due(tasks: &mut [Task]) {
    tasks.sort_by(|one, other| {
        let due = |task: &Task| if task.due_at_ms == 0 { i64::MAX } else { task.due_at_ms };
        let changed = other.changed_at_ms.cmp(&one.changed_at_ms);
        due(one).cmp(&due(other)).then(changed).then_with(|| one.case_id.cmp(&other.case_id))
    });
}

/// Puts tasks in order in which they changed, the last first.
pub(crate) fn by_change(tasks: &mut [Task]) {
    tasks.sort_by(|one, other| {
        let changed = other.changed_at_ms.cmp(&one.changed_at_ms);
        changed.then_with(|| one.case_id.cmp(&other.case_id))
    });
}

/// Whether something is owed in it, and its moment has passed.
pub(crate) fn is_late(task: &Task, now: i64) -> bool {
    task.due_at_ms > 0 && task.due_at_ms < now
}

/// A page of them, one that is not there is the last; with its number and how many there are.
pub(crate) fn page(tasks: &[Task], asked: usize) -> (&[Task], usize, usize) {
    let count = tasks.len().div_ceil(PAGE).max(1);
    let number = asked.min(count - 1);
    let end = tasks.len().min((number + 1) * PAGE);
    (&tasks[number * PAGE..end], number, count)
}

/// What a unit may do with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Say that the person works on it.
    Claim,
    /// Say that the person does not any more.
    Release,
    /// Report for duty.
    Accept,
    /// Refuse.
    Refuse,
    /// Be on site.
    Arrive,
    /// Have done its part.
    Dispose,
    /// Declare the whole disposed.
    Declare,
    /// Say that it is worse.
    Raise,
    /// Call the police.
    Police,
    /// Say whose matter it is.
    Opine,
}

impl Act {
    /// All of them.
    pub(crate) const ALL: [Act; 10] = [
        Act::Claim,
        Act::Release,
        Act::Accept,
        Act::Refuse,
        Act::Arrive,
        Act::Dispose,
        Act::Declare,
        Act::Raise,
        Act::Police,
        Act::Opine,
    ];

    /// Its word in addresses.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Act::Claim => "claim",
            Act::Release => "release",
            Act::Accept => "accept",
            Act::Refuse => "refuse",
            Act::Arrive => "arrive",
            Act::Dispose => "dispose",
            Act::Declare => "declare",
            Act::Raise => "raise",
            Act::Police => "police",
            Act::Opine => "opine",
        }
    }
}

/// What is shown as possible to a person. The unit's service decides; this only leaves out what it
/// would refuse.
pub(crate) fn acts(task: &Task, person: &str) -> Vec<Act> {
    let call = task.call.clone().unwrap_or_default();
    let is_bound = call.instruction.is_some() || (call.is_lead && call.bound_by != 0);
    let is_own = !call.by_proxy;
    let mut acts = match task.state() {
        TaskState::Called if is_bound => vec![Act::Accept],
        TaskState::Called => vec![Act::Accept, Act::Refuse],
        TaskState::Accepted => vec![Act::Arrive],
        TaskState::Arrived => vec![Act::Dispose],
        TaskState::Disposed if call.is_lead => vec![Act::Declare],
        _ => Vec::new(),
    };
    if OPEN.contains(&task.state()) {
        acts.push(if task.claimed_by == person { Act::Release } else { Act::Claim });
        acts.extend([Act::Raise, Act::Police].into_iter().filter(|_| is_own));
    }
    acts
}

/// Whether the unit has still to say whose matter a case is; after its limit it is heard as well.
pub(crate) fn is_asked(dispute: &Dispute) -> bool {
    !dispute.is_over && dispute.text.is_empty()
}

#[cfg(test)]
mod tests {
    use proto::case::{Instruction, UnitCalled};

    use super::*;

    fn task(case_id: &str, due_at_ms: i64, changed_at_ms: i64) -> Task {
        Task { case_id: case_id.into(), due_at_ms, changed_at_ms, ..Task::default() }
    }

    #[test]
    fn what_is_late_is_first_and_what_is_not_due_is_last() {
        let mut tasks = vec![
            task("nothing due", 0, 9),
            task("later", 300, 1),
            task("late", 100, 1),
            task("b", 200, 1),
            task("a", 200, 1),
            task("changed", 0, 10),
        ];
        by_due(&mut tasks);
        let order: Vec<_> = tasks.iter().map(|task| task.case_id.as_str()).collect();
        assert_eq!(order, ["late", "a", "b", "later", "changed", "nothing due"]);
        let late: Vec<_> = tasks.iter().filter(|task| is_late(task, 200)).collect();
        assert_eq!(late.len(), 1, "and what is due now is not late");
        by_change(&mut tasks);
        assert_eq!(tasks[0].case_id, "changed");
    }

    #[test]
    fn a_page_has_fifty_and_the_last_is_the_last() {
        let tasks: Vec<Task> = (0..101).map(|number| task("x", number, 0)).collect();
        let of = |asked| {
            let (tasks, number, count) = page(&tasks, asked);
            (tasks.len(), tasks.first().map(|task| task.due_at_ms), number, count)
        };
        assert_eq!(of(0), (50, Some(0), 0, 3));
        assert_eq!(of(2), (1, Some(100), 2, 3));
        assert_eq!(of(usize::MAX), (1, Some(100), 2, 3));
        assert_eq!(page(&[], 7).1, 0);
    }

    #[test]
    fn only_what_the_state_allows_is_shown_and_who_is_bound_is_shown_no_refusal() {
        let of = |state: TaskState, call: UnitCalled| {
            let task = Task { state: state.into(), call: Some(call), ..Task::default() };
            let always = [Act::Claim, Act::Raise, Act::Police];
            let acts = acts(&task, "li.na").into_iter();
            acts.filter(|act| !always.contains(act)).collect::<Vec<Act>>()
        };
        let plain = UnitCalled::default();
        let lead = UnitCalled { is_lead: true, ..UnitCalled::default() };
        let bound = UnitCalled { is_lead: true, bound_by: 1, ..UnitCalled::default() };
        let instructed =
            UnitCalled { instruction: Some(Instruction::default()), ..UnitCalled::default() };
        let none: Vec<Act> = Vec::new();
        assert_eq!(of(TaskState::Called, plain.clone()), [Act::Accept, Act::Refuse]);
        assert_eq!(of(TaskState::Called, bound), [Act::Accept]);
        assert_eq!(of(TaskState::Called, instructed), [Act::Accept]);
        assert_eq!(of(TaskState::Accepted, plain.clone()), [Act::Arrive]);
        assert_eq!(of(TaskState::Arrived, plain.clone()), [Act::Dispose]);
        assert_eq!(of(TaskState::Disposed, plain.clone()), none, "only the lead declares");
        assert_eq!(of(TaskState::Disposed, lead), [Act::Declare]);
        assert_eq!(of(TaskState::Closed, plain), none);
        let proxy = UnitCalled { by_proxy: true, ..UnitCalled::default() };
        let task = Task { state: TaskState::Arrived.into(), call: Some(proxy), ..Task::default() };
        let acts_of = |person: &str, task: &Task| acts(task, person);
        let own = "in another's place only its part is done";
        assert_eq!(acts_of("li.na", &task), [Act::Dispose, Act::Claim], "{own}");
        let claimed = Task { claimed_by: "li.na".into(), ..task };
        assert_eq!(acts_of("li.na", &claimed), [Act::Dispose, Act::Release]);
        assert_eq!(
            acts_of("wang.wei", &claimed),
            [Act::Dispose, Act::Claim],
            "it may be taken over"
        );
    }
}
