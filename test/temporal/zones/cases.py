"""Cases of the zone table: (name, zone, rules, from, to) and, where they matter, options.

from and to are instants in UTC, both included. Options:
  start, end   bounds of the schedule
  both         the rule follows instants, not clocks: a doubled hour has all its firings (a cron on every hour of every day, evenly spread)
  also, lost   what Temporal 1.29 was measured to do against the rule of expected.py, as instants in UTC
"""

MON_FRI = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def daily(at):
    return {"daily": {"at": at}}


def weekly(on, at):
    return {"weekly": {"on": on, "at": at}}


def day(n, at):
    return {"monthly": {"day": n, "at": at}}


def week(n, on, at):
    return {"monthly": {"week": n, "on": on, "at": at}}


def every(text):
    return {"every": text}


def cron(text):
    return {"cron": text}


def once(text):
    return {"once": text}


BERLIN, YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
KOLKATA, APIA, LONDON, SANTIAGO = "Asia/Kolkata", "Pacific/Apia", "Europe/London", "America/Santiago"

# Clocks: Berlin forward 2026-03-29 01:00Z, back 2026-10-25 01:00Z; New York forward 2026-03-08 07:00Z, back 2026-11-01 06:00Z;
# Lord Howe back 2026-04-04 15:00Z (by half an hour), forward 2026-10-03 15:30Z.
SPRING = ("2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z")
AUTUMN = ("2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z")
YORK_SPRING = ("2026-03-06T12:00:00Z", "2026-03-10T12:00:00Z")
YORK_AUTUMN = ("2026-10-30T12:00:00Z", "2026-11-03T12:00:00Z")
HOWE_SPRING = ("2026-10-02T00:00:00Z", "2026-10-05T23:00:00Z")
HOWE_AUTUMN = ("2026-04-03T00:00:00Z", "2026-04-06T23:00:00Z")
SPRING_NIGHT = ("2026-03-28T22:00:00Z", "2026-03-29T04:00:00Z")
AUTUMN_NIGHT = ("2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z")
YEARS = ("2026-01-01T00:00:00Z", "2032-12-31T23:59:59Z")

CASES = [
    # Times of day around a change of clocks
    *[(f"Berlin, {at}, clocks forward", BERLIN, [daily(at)], *SPRING) for at in ("00:30", "01:30", "01:59:59", "02:00", "02:30", "02:59", "03:00", "03:30")],
    *[(f"Berlin, {at}, clocks back", BERLIN, [daily(at)], *AUTUMN) for at in ("00:30", "01:00", "01:30", "01:59:59", "02:00", "02:30", "02:59", "03:00", "03:30")],
    *[(f"New York, {at}, clocks forward", YORK, [daily(at)], *YORK_SPRING) for at in ("01:30", "02:00", "02:30", "03:00")],
    *[(f"New York, {at}, clocks back", YORK, [daily(at)], *YORK_AUTUMN) for at in ("00:30", "01:00", "01:30", "02:00", "02:30")],
    *[(f"Lord Howe, {at}, clocks forward by half an hour", LORD_HOWE, [daily(at)], *HOWE_SPRING) for at in ("01:45", "02:00", "02:15", "02:30", "02:45")],
    *[(f"Lord Howe, {at}, clocks back by half an hour", LORD_HOWE, [daily(at)], *HOWE_AUTUMN) for at in ("00:45", "01:15", "01:30", "01:45", "02:00", "02:15")],
    ("London, 00:30, the hour before the doubled one is that of midnight", LONDON, [daily("00:30")], *AUTUMN),
    ("London, 01:30, clocks back to UTC", LONDON, [daily("01:30")], *AUTUMN),
    ("Santiago, 00:15, midnight is skipped", SANTIAGO, [daily("00:15")], "2026-09-04T12:00:00Z", "2026-09-08T12:00:00Z"),
    ("Santiago, 23:15, the hour before midnight is doubled", SANTIAGO, [daily("23:15")], "2026-04-02T12:00:00Z", "2026-04-07T12:00:00Z"),
    ("Santiago, Saturdays, the Sunday whose midnight is skipped is none", SANTIAGO, [weekly(["saturday"], "09:00")], "2026-08-28T00:00:00Z", "2026-09-15T00:00:00Z"),
    ("Santiago, Sundays, that whose midnight is skipped is lost", SANTIAGO, [weekly(["sunday"], "09:00")], "2026-08-28T00:00:00Z", "2026-09-15T00:00:00Z", {"lost": ["2026-09-06T12:00:00Z"]}),
    ("Chatham, 02:15, the doubled hour begins at a quarter to", "Pacific/Chatham", [daily("02:15")], "2026-04-02T12:00:00Z", "2026-04-06T12:00:00Z"),
    ("Azores, 00:30, clocks back from UTC", "Atlantic/Azores", [daily("00:30")], *AUTUMN),
    ("Cairo, 22:30, clocks back at midnight", "Africa/Cairo", [daily("22:30")], "2026-10-27T12:00:00Z", "2026-10-31T12:00:00Z"),
    ("Kolkata, half an hour off, no change", KOLKATA, [daily("02:30")], *AUTUMN),
    ("Apia, a day ahead, no change since 2021", APIA, [daily("02:30")], "2026-03-27T12:00:00Z", "2026-04-07T12:00:00Z"),
    ("UTC", "UTC", [daily("02:30")], *AUTUMN),
    # Weeks
    ("Sundays 02:30 in Berlin over both changes", BERLIN, [weekly(["sunday"], "02:30")], "2026-03-15T00:00:00Z", "2026-11-08T00:00:00Z"),
    ("Sundays 01:30 in Berlin over both changes", BERLIN, [weekly(["sunday"], "01:30")], "2026-03-15T00:00:00Z", "2026-11-08T00:00:00Z"),
    ("Monday and Friday in New York", YORK, [weekly(["friday", "monday"], "09:15")], "2026-10-20T00:00:00Z", "2026-11-10T00:00:00Z"),
    ("working days in Apia are a day earlier in UTC", APIA, [weekly(MON_FRI, "08:00")], "2026-12-24T00:00:00Z", "2027-01-08T00:00:00Z"),
    # Months
    ("the 31st, in months that have it", BERLIN, [day(31, "06:00")], *YEARS),
    ("the 29th of February comes in leap years", BERLIN, [day(29, "06:00")], "2027-01-15T00:00:00Z", "2029-03-15T00:00:00Z"),
    ("the last day, leap years too", YORK, [day("last", "23:30")], *YEARS),
    ("the last day in Apia", APIA, [day("last", "00:30")], "2027-12-01T00:00:00Z", "2029-03-05T00:00:00Z"),
    ("the last day of the month, at which Berlin changes its clocks in 2030", BERLIN, [day("last", "02:30")], "2030-01-01T00:00:00Z", "2030-12-31T00:00:00Z"),
    ("the last weekday", BERLIN, [week("last", MON_FRI, "18:00")], *YEARS),
    ("the last day of a weekend", KOLKATA, [week("last", ["saturday", "sunday"], "10:00")], *YEARS),
    ("the last Friday", LONDON, [week("last", ["friday"], "17:00")], *YEARS),
    ("the last of Monday, Wednesday, Thursday", YORK, [week("last", ["monday", "wednesday", "thursday"], "01:30")], *YEARS),
    ("the second Tuesday", YORK, [week(2, ["tuesday"], "03:00")], *YEARS),
    ("the fifth Monday", BERLIN, [week(5, ["monday"], "03:00")], *YEARS),
    ("the first Monday and the first Thursday", LORD_HOWE, [week(1, ["monday", "thursday"], "03:00")], "2026-01-01T00:00:00Z", "2028-12-31T00:00:00Z"),
    ("the last Sunday at 01:30 in Berlin, when clocks are changed", BERLIN, [week("last", ["sunday"], "01:30")], *YEARS),
    ("the last Sunday at 02:30 in Berlin, when clocks are changed", BERLIN, [week("last", ["sunday"], "02:30")], *YEARS),
    ("the first Sunday at 01:30 in New York, when clocks are changed", YORK, [week(1, ["sunday"], "01:30")], *YEARS),
    # Intervals
    ("every 7m, clocks forward", BERLIN, [every("7m")], *SPRING_NIGHT),
    ("every 7m, clocks back", BERLIN, [every("7m")], *AUTUMN_NIGHT),
    ("every 90m, clocks back by half an hour", LORD_HOWE, [every("90m")], *HOWE_AUTUMN),
    ("every 5h, clocks back", YORK, [every("5h")], *YORK_AUTUMN),
    ("every 24h, clocks forward", BERLIN, [every("24h")], *SPRING),
    ("every 24h, clocks back", YORK, [every("24h")], *YORK_AUTUMN),
    ("every 168h is a Thursday in UTC", KOLKATA, [every("168h")], "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"),
    # Cron
    ("cron 30 9 * * 1-5", BERLIN, [cron("30 9 * * 1-5")], "2026-10-19T00:00:00Z", "2026-11-02T00:00:00Z"),
    ("cron with names in any case", YORK, [cron("0 12 * JAN,mar-May Mon,FRI")], "2026-01-01T00:00:00Z", "2026-06-30T00:00:00Z"),
    ("cron with steps and ranges", BERLIN, [cron("5-50/15 8-18/5 * * *")], *AUTUMN),
    ("cron, a step from a value on", KOLKATA, [cron("40/10 20/2 28/1 * *")], "2026-02-01T00:00:00Z", "2026-03-30T00:00:00Z"),
    ("cron, a step over the days of the month", "UTC", [cron("0 0 */10 * *")], "2026-01-01T00:00:00Z", "2026-04-30T00:00:00Z"),
    ("cron, Sunday as 0", BERLIN, [cron("0 8 * * 0")], *AUTUMN),
    ("cron, Sunday as 7, in a range", BERLIN, [cron("0 8 * * 5-7")], *AUTUMN),
    ("cron, a range that ends with Sunday", YORK, [cron("0 8 * * sat-SUN")], *AUTUMN),
    ("cron, day of month and of week both fit: the second Tuesday", BERLIN, [cron("0 3 8-14 * 2")], "2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z"),
    ("cron, Friday the 13th", LONDON, [cron("13 13 13 * fri")], *YEARS),
    ("cron, the 29th of February", YORK, [cron("0 0 29 2 *")], "2026-01-01T00:00:00Z", "2032-12-31T00:00:00Z"),
    ("cron, the hour before the doubled one, several minutes", BERLIN, [cron("*/15 1 * * *")], *AUTUMN),
    ("cron, the doubled hour in Berlin, several minutes: from the second on they are lost", BERLIN, [cron("*/20 2 * * *")], *AUTUMN,
     {"lost": ["2026-10-25T01:20:00Z", "2026-10-25T01:40:00Z"]}),
    ("cron, the doubled hour in New York, several minutes", YORK, [cron("*/20 1 * * *")], *YORK_AUTUMN),
    ("cron 30 1,2, clocks back: the doubled time fires the first time", BERLIN, [cron("30 1,2 * * *")], *AUTUMN_NIGHT,
     {"also": ["2026-10-25T00:30:00Z"], "lost": ["2026-10-25T01:30:00Z"]}),
    ("cron 0 */2, clocks back", BERLIN, [cron("0 */2 * * *")], *AUTUMN_NIGHT),
    ("cron 0 */2, clocks forward", BERLIN, [cron("0 */2 * * *")], *SPRING_NIGHT),
    ("cron 0 0-6, clocks back: no hour is lost by its name", BERLIN, [cron("0 0-6 * * *")], *AUTUMN_NIGHT,
     {"also": ["2026-10-25T00:00:00Z"], "lost": ["2026-10-25T01:00:00Z"]}),
    ("cron */20 0-6 in Berlin, clocks back: an hour is lost", BERLIN, [cron("*/20 0-6 * * *")], *AUTUMN_NIGHT,
     {"also": ["2026-10-25T00:00:00Z"], "lost": ["2026-10-25T01:00:00Z", "2026-10-25T01:40:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:20:00Z"]}),
    ("cron */20 0-6 in New York, clocks back", YORK, [cron("*/20 0-6 * * *")], "2026-11-01T03:00:00Z", "2026-11-01T09:00:00Z"),
    ("cron */20 on every hour, clocks back: none is lost", BERLIN, [cron("*/20 * * * *")], *AUTUMN_NIGHT, {"both": True}),
    ("cron */20 on every hour, clocks forward: none is lost", BERLIN, [cron("*/20 * * * *")], *SPRING_NIGHT, {"both": True}),
    ("cron 0 * on every hour, clocks back", LONDON, [cron("0 * * * *")], *AUTUMN_NIGHT, {"both": True}),
    ("cron 7,37 on every hour, clocks back", BERLIN, [cron("7,37 * * * *")], *AUTUMN_NIGHT, {"both": True}),
    ("cron */15 on every hour of Lord Howe, back by half an hour", LORD_HOWE, [cron("*/15 * * * *")], "2026-04-04T12:00:00Z", "2026-04-04T18:00:00Z", {"both": True}),
    ("cron */20 on every hour of Lord Howe: half an hour is no multiple", LORD_HOWE, [cron("*/20 * * * *")], "2026-04-04T12:00:00Z", "2026-04-04T18:00:00Z"),
    ("cron */20 on every hour of Kolkata is that of its clocks", KOLKATA, [cron("*/20 * * * *")], "2026-04-04T12:00:00Z", "2026-04-04T14:00:00Z"),
    ("cron 5,10 on every hour is not even", BERLIN, [cron("5,10 * * * 1")], "2026-10-26T00:00:00Z", "2026-10-26T06:00:00Z"),
    # Once
    ("once", BERLIN, [once("2026-12-24T18:00:00+01:00")], *YEARS),
    ("once, in the first of the doubled hours", BERLIN, [once("2026-10-25T02:30:15+02:00")], *YEARS),
    ("once, in the second of the doubled hours", BERLIN, [once("2026-10-25T02:30:15+01:00")], *YEARS),
    ("once, the hour before the doubled one", BERLIN, [once("2026-10-25T01:30:00+02:00"), week(1, ["monday"], "06:00")], "2026-09-01T00:00:00Z", "2026-12-31T00:00:00Z"),
    ("once in the first of the doubled hours, with a rule of wall times", YORK, [once("2026-11-01T01:30:15-04:00"), weekly(["monday"], "06:00")], *YORK_AUTUMN),
    ("twice once, far apart, in another offset than that of the zone", KOLKATA, [once("2026-02-28T23:59:59Z"), once("2032-02-29T00:00:00-11:00")], *YEARS),
    ("once with a rule of wall times, in winter", BERLIN, [once("2026-12-24T18:00:07+01:00"), day(1, "02:30")], "2026-12-01T00:00:00Z", "2027-02-02T00:00:00Z"),
    # Several rules
    ("01:30 and 06:00, clocks back", BERLIN, [daily("01:30"), daily("06:00")], *AUTUMN),
    ("01:30 and 02:45, clocks back", BERLIN, [daily("01:30"), daily("02:45")], *AUTUMN),
    ("01:30 and 02:30, clocks back: once each, 02:30 the first time", BERLIN, [daily("01:30"), daily("02:30")], *AUTUMN,
     {"also": ["2026-10-25T00:30:00Z"], "lost": ["2026-10-25T01:30:00Z"]}),
    ("01:45 and 02:30, clocks back: 02:30 is lost", BERLIN, [daily("01:45"), daily("02:30")], *AUTUMN, {"lost": ["2026-10-25T01:30:00Z"]}),
    ("02:00 and 02:30, clocks back: only the first of a doubled hour fires", BERLIN, [daily("02:00"), daily("02:30")], *AUTUMN, {"lost": ["2026-10-25T01:30:00Z"]}),
    ("01:30 and every 15m: the interval keeps its instants", BERLIN, [daily("01:30"), every("15m")], *AUTUMN_NIGHT),
    ("01:30 and every 75m: a skip would take instants of the interval in other years, so 02:30 fires too", BERLIN, [daily("01:30"), every("75m")], *AUTUMN_NIGHT, {"also": ["2026-10-25T00:30:00Z"]}),
    ("01:30 and every 7m", BERLIN, [daily("01:30"), every("7m")], *AUTUMN_NIGHT),
    ("02:30 and every 25m: an instant after the first 02:30 loses the second", BERLIN, [daily("02:30"), every("25m")], *AUTUMN_NIGHT, {"lost": ["2026-10-25T01:30:00Z"]}),
    ("a working day's hours and the last day of the month", BERLIN, [cron("0 9-17/4 * * 1-5"), day("last", "23:59")], "2026-10-26T00:00:00Z", "2026-11-03T00:00:00Z"),
    ("the same instant of two rules is one", YORK, [daily("12:00"), weekly(["monday"], "12:00")], "2026-06-01T00:00:00Z", "2026-06-10T00:00:00Z"),
    # Bounds
    ("start and end are included", BERLIN, [daily("06:00")], "2026-06-01T00:00:00Z", "2026-06-30T00:00:00Z", {"start": "2026-06-05T06:00:00+02:00", "end": "2026-06-08T06:00:00+02:00"}),
    ("a second after and before they are not", BERLIN, [daily("06:00")], "2026-06-01T00:00:00Z", "2026-06-30T00:00:00Z", {"start": "2026-06-05T06:00:01+02:00", "end": "2026-06-08T05:59:59+02:00"}),
    ("a start within a second does not let the second fire", "UTC", [every("1m")], "2026-06-01T00:00:00Z", "2026-06-01T00:05:00Z", {"start": "2026-06-01T00:02:00.500Z"}),
    ("every keeps its rhythm whatever the start", BERLIN, [every("90m")], "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", {"start": "2026-06-01T10:10:00Z", "end": "2026-06-01T18:00:00Z"}),
    ("once outside of the bounds", BERLIN, [once("2026-12-24T18:00:00+01:00"), daily("06:00")], "2026-12-20T00:00:00Z", "2026-12-30T00:00:00Z", {"end": "2026-12-23T00:00:00Z"}),
    # The last years that Temporal's table and ours have in common
    ("2032, both changes in Berlin", BERLIN, [weekly(["sunday"], "02:30")], "2032-03-20T00:00:00Z", "2032-11-10T00:00:00Z"),
    ("2031, the hour before, Berlin", BERLIN, [daily("01:30")], "2031-10-24T00:00:00Z", "2031-10-28T00:00:00Z"),
    ("2029, the hour before, Sydney", "Australia/Sydney", [daily("01:30")], "2029-03-30T00:00:00Z", "2029-04-03T00:00:00Z"),
    ("2028, the doubled hour in New York", YORK, [daily("01:30")], "2028-11-03T12:00:00Z", "2028-11-07T12:00:00Z"),
]
