//! A limit in working time, on the real server: over a weekend nothing rings, whatever the clock says.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::{
    calendar::{Calendar, Edition, Shift, Special},
    case::{Fact, Timing},
    clock::Pace,
    moment::Moment,
    pack::{Day, Limit, Limits},
};
use temporalio_common::protos::temporal::api::enums::v1::EventType;

use super::{
    desk,
    flow::{Story, forward},
    pack::unit,
    server,
    until::until,
};

const MINUTE: u64 = 60_000;

/// A city in which it is noon now, work ends at one, and the two days after are free: 8 to 13.
fn limits() -> Limits {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Moment(i64::try_from(since.as_millis()).unwrap());
    let minute = now.0.div_euclid(60_000).rem_euclid(1_440);
    let offset = 12 * 60 - i32::try_from(minute).unwrap();
    let today = Day::of(now, offset);
    let edition = Edition {
        from: today,
        week: std::array::from_fn(|_| vec![Shift(8 * 60, 13 * 60)]),
        makeup: vec![Shift(8 * 60, 13 * 60)],
    };
    let weekend = [today.next(), today.next().next()].map(|day| (day, Special::Holiday));
    let calendar = Calendar::new(offset, vec![edition], weekend.into(), None, today);
    let (within_ms, remind_before_ms, urge_after_ms) = (120 * MINUTE, 30 * MINUTE, 15 * MINUTE);
    let limit = Limit { within_ms, remind_before_ms, urge_after_ms, pace: Pace::Working };
    // An hour today and one on the day after the weekend: due at nine.
    Limits { hold: Limit { within_ms: 6_000 * MINUTE, ..limit }, calendar, ..desk::every(limit) }
}

async fn called(name: &str) -> Story {
    let story = Story::with(name, server::shared(), limits(), |_| {}).await;
    story.called().await;
    until("the flow rests", async || story.stage().await == "called").await;
    let accepted = Fact::Accepted { round: 1, unit: unit("market_regulation") };
    story.desk.say(&accepted);
    story
}

const REMINDED: &str = "remind-accept/unit/enforcement";
const URGED: &str = "urge-accept/unit/enforcement";

#[tokio::test]
async fn a_limit_in_working_time_rests_over_the_weekend_on_one_timer() {
    let story = called("weekend").await;
    // From noon: over the first day, and to half past seven after the weekend.
    forward(&story, "friday", 24 * 3_600).await;
    forward(&story, "sunday", 43 * 3_600 + 1_800).await;
    assert_eq!(story.stage().await, "called");
    assert!(!story.desk.has_sent("remind") && !story.desk.has_sent("urge"));
    assert_eq!(story.count(EventType::TimerStarted).await, 1, "one timer, for the next deadline");
    assert_eq!(story.count(EventType::TimerFired).await, 0, "nothing rings on a free day");
    // Half past eight: reminded; a quarter past nine: urged.
    forward(&story, "monday", 3_600 + 120).await;
    until("a reminder", async || story.desk.has_sent(REMINDED)).await;
    assert!(!story.desk.has_sent("urge"));
    forward(&story, "late", 45 * 60).await;
    until("an urging", async || story.desk.has_sent(URGED)).await;
    let sent = story.desk.lock().sent.iter().filter(|id| id.contains(REMINDED)).count();
    assert_eq!(sent, 1);
}

#[tokio::test]
async fn a_clock_that_is_held_rings_for_nobody_until_it_runs_again() {
    let story = called("held").await;
    let decided_by: domain::party::Party = "office/gov_city".parse().unwrap();
    let (round, enforcement) = (1, unit("enforcement"));
    story.desk.say(&Fact::Timing(Timing::Held {
        round,
        unit: enforcement.clone(),
        reason: "a wall must be propped up".into(),
        decided_by: decided_by.clone(),
    }));
    // A day after it would have been due nobody has heard of anything.
    forward(&story, "over", 93 * 3_600).await;
    until("it has looked", async || story.count(EventType::TimerFired).await > 0).await;
    until("the flow rests", async || story.count(EventType::TimerStarted).await > 1).await;
    assert!(!story.desk.has_sent(REMINDED) && !story.desk.has_sent(URGED));
    // It runs again as if it had been held for no time: by now it is over, and is urged at once.
    story.desk.say(&Fact::Timing(Timing::Resumed { round, unit: enforcement, decided_by }));
    story.tell("resumed").await;
    until("an urging", async || story.desk.has_sent(URGED)).await;
}
