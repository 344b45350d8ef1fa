#!/usr/bin/env python3
"""Mean delay for every hour of the day, as a picture: delays.png beside this file."""
import pathlib
import statistics

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from delays import TABLE, delays_by_hour

if __name__ == "__main__":
    hours, means = zip(*((hour, statistics.mean(late)) for hour, late in sorted(delays_by_hour(TABLE).items())))
    plt.bar(hours, means)
    plt.xlabel("hour of departure (UTC)")
    plt.ylabel("mean delay (minutes)")
    plt.savefig(pathlib.Path(__file__).with_name("delays.png"))
