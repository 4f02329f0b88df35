# read-back.py csv FILE | parquet FILES: what Python's csv module, and DuckDB, read, as JSON.
import csv
import json
import sys

what, path = sys.argv[1:3]
if what == "csv":
    with open(path, newline="", encoding="utf-8") as file:
        print(json.dumps(list(csv.reader(file))))
else:
    import duckdb

    rows = duckdb.sql(sys.argv[3].replace("FILES", f"read_parquet('{path}', hive_partitioning = true)")).fetchall()
    print(json.dumps(rows))
