"""Schedules of CronJobs, as the Kubernetes controller parses them (robfig/cron, five fields)."""

from __future__ import annotations

from helm_constitution.api import LazyPattern

_MONTHS = dict(
    zip(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], range(1, 13), strict=True)
)
_DAYS = dict(zip(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], range(7), strict=True))
_NO_NAMES: dict[str, int] = {}
_FIELDS = (
    ("minute", 0, 59, _NO_NAMES),
    ("hour", 0, 23, _NO_NAMES),
    ("day of the month", 1, 31, _NO_NAMES),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_NAMED = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_EVERY = LazyPattern(r"@every (?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+\Z")
_ZONE = LazyPattern(r"(?:CRON_)?TZ=")


def cron_fault(schedule: str) -> str | None:
    """What is wrong with a schedule, and how to write it; None for a valid one."""
    text = schedule.strip()
    if _ZONE.match(text):
        return "it contains a time zone; move the time zone to spec.timeZone"
    if text.startswith("@"):
        known = text in _NAMED or _EVERY.match(text)
        return None if known else "its name is unknown; use @hourly, @daily, @weekly, @monthly, @yearly, or five fields"
    fields = text.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields; write five (minute, hour, day of the month, month, day of the week)"
    for field, (name, least, most, names) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            if not _is_range(part, least, most, names):
                return f"{part} is not a valid {name}; write {least} to {most}, a range, * or */n"
    return None


def _is_range(part: str, least: int, most: int, names: dict[str, int]) -> bool:
    span, slash, step = part.partition("/")
    if slash and (not step.isdigit() or int(step) == 0):
        return False
    if span in ("*", "?"):
        return True
    first, dash, last = span.partition("-")
    start = _number(first, names)
    end = _number(last, names) if dash else start
    return start is not None and end is not None and least <= start <= end <= most


def _number(text: str, names: dict[str, int]) -> int | None:
    return int(text) if text.isdigit() else names.get(text.lower())
