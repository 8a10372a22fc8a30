#!/usr/bin/env python3
"""Writes expected.json: when the schedules of cases.py fire, worked out by zoneinfo alone.

The rules:
  A wall time that clocks skip does not fire that day.
  A wall time that clocks show twice fires once, the second time, where clocks are then at or ahead of UTC (Berlin, London, Sydney),
  and twice where they are behind it (New York).
  every counts from 1970-01-01 in UTC, once is its instant, whatever clocks do.

  python3 test/temporal/zones/expected.py > test/temporal/zones/expected.json
"""

import json
import sys
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

sys.dont_write_bytecode = True
from cases import CASES  # noqa: E402

UTC = timezone.utc
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTH_NAMES = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
DAY_NAMES = {name: number for number, name in enumerate("sun mon tue wed thu fri sat".split())}


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def passes(day, at, zone, both):
    """The instants at which clocks show this time of this day and it fires."""
    found = []
    for fold in (0, 1):
        utc = datetime.combine(day, at, tzinfo=zone).replace(fold=fold).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, at) and utc not in found:
            found.append(utc)
    if len(found) == 2 and not both and found[1].astimezone(zone).utcoffset() >= timedelta(0):
        return found[1:]
    return found


def last_of_month(day):
    first_of_next = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (first_of_next - timedelta(days=1)).day


def fits_month(rule, day):
    if "day" in rule:
        return day.day == (last_of_month(day) if rule["day"] == "last" else rule["day"])
    numbers = [WEEKDAYS.index(name) for name in rule["on"]]
    if day.weekday() not in numbers:
        return False
    if rule["week"] == "last":
        later = range(day.day + 1, last_of_month(day) + 1)
        return not any(day.replace(day=other).weekday() in numbers for other in later)
    return (day.day - 1) // 7 + 1 == rule["week"]


def cron_values(text, least, most, names):
    def number(word):
        return names[word.lower()] if word.lower() in names else int(word)

    values = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = least, most
        else:
            low = number(first)
            high = 7 if last.lower() == "sun" else number(last) if dash else (most if step else low)
        values.update(range(low, high + 1, int(step or 1)))
    return values


def cron_times(expression, day):
    minutes, hours, days, months, weekdays = expression.split()
    if day.day not in cron_values(days, 1, 31, {}) or day.month not in cron_values(months, 1, 12, MONTH_NAMES):
        return []
    if day.isoweekday() % 7 not in {number % 7 for number in cron_values(weekdays, 0, 6, DAY_NAMES)}:
        return []
    return [time(hour, minute) for hour in cron_values(hours, 0, 23, {}) for minute in cron_values(minutes, 0, 59, {})]


def times_of(rule, day):
    """The times of day of a rule on a day."""
    if "cron" in rule:
        return cron_times(rule["cron"], day)
    (kind, fields), = rule.items()
    if kind == "weekly" and WEEKDAYS[day.weekday()] not in fields["on"] or kind == "monthly" and not fits_month(fields, day):
        return []
    return [time.fromisoformat(fields["at"])]


def firings(rule, zone, start, end, both):
    if "once" in rule:
        return [instant(rule["once"])]
    if "every" in rule:
        step = int(rule["every"][:-1]) * (60 if rule["every"].endswith("m") else 3600)
        first = -(-int(start.timestamp()) // step) * step
        return [datetime.fromtimestamp(second, UTC) for second in range(first, int(end.timestamp()) + 1, step)]
    found, day = [], start.date() - timedelta(days=2)
    while day <= end.date() + timedelta(days=2):
        found += [utc for at in times_of(rule, day) for utc in passes(day, at, zone, both)]
        day += timedelta(days=1)
    return found


def case(name, zone, when, start, end, options=None):
    options = options or {}
    low, high = instant(start), instant(end)
    found = {utc for rule in when for utc in firings(rule, ZoneInfo(zone), low, high, options.get("both", False))}
    lost, also = ({instant(text) for text in options.get(key, [])} for key in ("lost", "also"))
    assert lost <= found and not also & found, name
    bounds = [instant(options[key]) if key in options else None for key in ("start", "end")]
    kept = [
        utc
        for utc in sorted((found - lost) | also)
        if low <= utc <= high and (bounds[0] is None or utc >= bounds[0]) and (bounds[1] is None or utc <= bounds[1])
    ]
    return {
        "name": name,
        "timezone": zone,
        "when": when,
        "start_date": options.get("start"),
        "end_date": options.get("end"),
        "from": start,
        "to": end,
        "instants": [utc.strftime("%Y-%m-%dT%H:%M:%SZ") for utc in kept],
    }


print("[\n" + ",\n".join(json.dumps(case(*given), ensure_ascii=False) for given in CASES) + "\n]")
