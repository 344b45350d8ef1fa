#!/usr/bin/env python3
"""Mean delay of departures for every hour of the day, as a table with bars."""
import collections
import csv
import pathlib
import statistics
import sys

TABLE = pathlib.Path(__file__).resolve().parent.parent / "data" / "departures.csv"


def delays_by_hour(table):
    """Hour of the day -> list of delays in minutes."""
    by_hour = collections.defaultdict(list)
    with open(table, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            by_hour[int(row["scheduled"][:2])].append(int(row["minutes_late"]))
    return by_hour


def main(table=TABLE):
    print("hour  flights  mean delay")
    for hour, minutes in sorted(delays_by_hour(table).items()):
        mean = statistics.mean(minutes)
        print(f"{hour:02d}:00 {len(minutes):8d} {mean:7.1f} min  {'█' * max(0, round(mean))}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
