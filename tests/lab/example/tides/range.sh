#!/bin/sh
# Highest and lowest level of the table, and the difference.
set -eu
table=${1:-$(dirname "$0")/data/levels.csv}
high=$(tail -n +2 "$table" | cut -d, -f2 | sort -n | tail -n 1)
low=$(tail -n +2 "$table" | cut -d, -f2 | sort -n | head -n 1)
echo "high $high m, low $low m, range $(echo "$high - $low" | bc) m"
