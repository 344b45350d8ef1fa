#!/usr/bin/env python3
"""Mean delay of departures for every day of the week."""
import collections
import csv
import datetime
import statistics

from delays import TABLE

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

if __name__ == "__main__":
    by_day = collections.defaultdict(list)
    with open(TABLE, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = datetime.date.fromisoformat(row["date"]).weekday()
            by_day[day].append(int(row["minutes_late"]))
    for day, minutes in sorted(by_day.items()):
        print(f"{DAYS[day]:10} {statistics.mean(minutes):6.1f} min  {'█' * max(0, round(statistics.mean(minutes)))}")
