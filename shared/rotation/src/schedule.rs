//! When a secret is rotated next.

/// When Secrets Manager is to rotate a secret.
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// By when at the latest, in seconds since the epoch; a date that has passed is one at which it did not come about.
    pub next: Option<u64>,
    /// How often, in seconds, where the schedule is a rate.
    pub every: Option<u64>,
}

impl Schedule {
    /// A schedule by the rules of a secret: `AutomaticallyAfterDays`, or a `ScheduleExpression` such as `rate(10 days)`. One that is
    /// `cron(..)` has no period.
    #[must_use]
    pub fn new(next: Option<u64>, after_days: Option<i64>, expression: Option<&str>) -> Self {
        const DAY: u64 = 24 * 60 * 60;
        let by_days = after_days.and_then(|it| u64::try_from(it).ok()).filter(|it| *it > 0).map(|it| it * DAY);
        Self { next, every: by_days.or_else(|| expression.and_then(rate)) }
    }

    /// When what becomes current now is replaced.
    #[must_use]
    pub fn after(self, now: u64) -> Option<u64> {
        self.every.map(|it| now + it).or_else(|| self.next.filter(|it| *it > now))
    }
}

fn rate(expression: &str) -> Option<u64> {
    let inside = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (number, unit) = inside.trim().split_once(char::is_whitespace)?;
    let hours = match unit.trim() {
        "hour" | "hours" => 1,
        "day" | "days" => 24,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(hours * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn a_rate_has_a_period_and_a_cron_has_none() {
        let every = |days, expression| Schedule::new(None, days, expression).every;
        assert_eq!(every(Some(30), None), Some(30 * 86_400));
        assert_eq!(every(None, Some("rate(4 hours)")), Some(4 * 3_600));
        assert_eq!(every(None, Some("rate(1 day)")), Some(86_400));
        for other in ["cron(0 8 1 * ? *)", "rate(10)", "rate(x days)", "rate(1 fortnight)", ""] {
            assert_eq!(every(None, Some(other)), None, "{other}");
        }
        assert_eq!(every(Some(0), None), None);
    }

    #[test]
    fn what_is_current_now_is_replaced_by_the_period_or_at_the_next_date() {
        let by = |next, every| Schedule { next, every }.after(100);
        assert_eq!(by(Some(150), Some(90)), Some(190), "the next date may be that of the rotation that goes on");
        assert_eq!((by(Some(150), None), by(Some(99), None), by(None, None)), (Some(150), None, None));
    }
}
