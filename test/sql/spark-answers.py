# python test/sql/spark-answers.py > test/sql/spark-answers.json : asks Spark (pip install pyspark==4.3.0) what the functions of docs/sql.md give.
# A case is the expression as we write it, and as Spark does where that differs. ANSI is off: what Spark would stop at is NULL, as in SQLite.
import json, sys, datetime, decimal
from pyspark.sql import SparkSession

TS = "'2026-03-29 01:30:15.123'"
# A literal of ours is a timestamp; to Spark it has to be said, and that it is UTC.
def ts(text): return f"timestamp'{text.strip(chr(39))} UTC'"
SAME = [
  "nvl(null, 2)", "nvl('a', 'b')", "nvl2(null, 1, 2)", "nvl2(0, 1, 2)", "greatest(1, 3, 2)", "greatest(null, 3, 2)", "least('b', 'a', null)", "least(null, null)", "greatest('a', 'B')", "greatest('z', 'é')", "greatest('\uffff', '😀')",
  "mod(7, 3)", "mod(-7, 3)", "mod(7, -3)", "mod(7, 0)", "mod(7.5D, 2D)", "mod(-7.5D, 2D)",
  "upper('straße é')", "lower('ÀÉ I')", "initcap('hello wORLD-foo é')", "concat('a', null)", "concat('a', 1, 'b')", "concat()", "concat_ws(',', 'a', null, 'b')", "concat_ws(null, 'a')", "concat_ws('-', 1, 2)", "concat_ws(',')",
  "'ABC' like 'abc'", "'abc' like 'a%'", "'a%c' like 'a\\\\%c'", "'abc' like 'a\\\\%c'", "'abc' like '_b_'", "'a\nb' like 'a_b'", "'a.c' like 'abc'", "null like 'a'", "'abc' not like 'a%'", "'a_c' like 'a#_c' escape '#'", "'😀' like '_'", "'a-c' like 'a-%'",
  "regexp_extract('a12b3', '([0-9]+)', 1)", "regexp_extract('a12b3', '([a-z])([0-9]+)', 2)", "regexp_extract('abc', '([0-9]+)', 1)", "regexp_extract('a12', '([0-9]+)')", "regexp_extract('a12', '[a-z][0-9]+', 0)", "regexp_extract(null, 'a', 0)", "regexp_extract('ac', 'a(b)?c', 1)",
  "regexp_replace('a1b22', '[0-9]+', '#')", "regexp_replace('ab', '(a)(b)', '$2$1')", "regexp_replace('a.b', '\\\\.', '\\\\$')", "regexp_replace('aaa', 'a', 'b$0')", "regexp_replace('abc', '', '-')",
  "regexp_like('a12', '[0-9]')", "regexp_like('abc', '^b')", "'a12' regexp '[0-9]'", "regexp_like(null, 'a')",
  "split('a b c', ' ')", "split('a1b22c', '[0-9]+')", "split('a,b,,', ',')", "split('a,b,c', ',', 2)", "split('', ',')", "split('abc', '')", "split(',a', ',')", "split('a,b,,', ',', 0)", "split('oneAtwoBthreeC', '[ABC]', -1)",
  "substring_index('www.apache.org', '.', 2)", "substring_index('www.apache.org', '.', -2)", "substring_index('www.apache.org', '.', 0)", "substring_index('a', '.', 5)", "substring_index('aXXbXXc', 'XX', 2)",
  "lpad('hi', 5, '??')", "lpad('hi', 1, '??')", "lpad('hi', 5)", "rpad('hi', 5, 'ab')", "rpad('hi', 5, '')", "lpad('😀', 3, 'é')", "rpad('hi', 0, 'x')", "lpad(null, 3, 'a')",
  "locate('b', 'abcb')", "locate('b', 'abcb', 3)", "locate('z', 'abc')", "locate('', 'abc')", "locate('a', 'abc', 0)", "locate('b', '😀b')", "locate(null, 'a')",
  "get_json_object('{\"a\":{\"b\":1}}', '$.a.b')", "get_json_object('{\"a\":\"x\"}', '$.a')", "get_json_object('{\"a\":{\"b\":1}}', '$.a')", "get_json_object('{\"a\":[1,2]}', '$.a[1]')", "get_json_object('{\"a\":[1,2]}', '$.a[*]')", "get_json_object('{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a[*].b')", "get_json_object('nope', '$.a')", "get_json_object('{\"a\":null}', '$.a')", "get_json_object('{\"a\":true}', '$.a')", "get_json_object('{\"a\":1}', '$.b')", "get_json_object('{\"a b\":1}', '$[''a b'']')", "get_json_object('{\"a\":1}', 'a')", "get_json_object('[1,2]', '$[0]')", "get_json_object('{\"a\":[{\"b\":1}]}', '$.a[*].b')", "get_json_object('{\"a\":[\"x\"]}', '$.a[*]')", "get_json_object('{\"a\":1.50}', '$.a')", "get_json_object('{\"a\":[{\"b\":1},{\"b\":2}]}', '$.a.b')",
  "md5('Spark')", "sha2('Spark', 256)", "sha2('Spark', 0)", "sha2('Spark', 224)", "sha2('Spark', 512)", "sha2('Spark', 1)", "md5('é')",
  "round(2.5D)", "round(-2.5D)", "coalesce(null, 1)", "nullif(1, 1)", "abs(-3)", "length('é😀')", "substr('abc', 2, 1)", "trim('  a ')", "sign(-2.5D)", "replace('abc', 'b', 'x')", "instr('abc', 'c')",
  "to_date('2026-03-29')", "to_date('29/03/2026', 'dd/MM/yyyy')", "to_date('nope')", "to_date('2026-02-30')",
  "date_add('2026-02-27', 3)", "date_add('2026-03-01', -1)", "date_sub('2026-03-01', 1)", "datediff('2026-03-29', '2026-02-28')", "datediff('2026-01-01', '2026-03-01')", "last_day('2024-02-10')", "date_add(null, 1)",
  "year('2026-03-29')", "quarter('2026-08-31')", "month('2026-03-29')", "day('2026-03-29')", "dayofmonth('2026-03-29')", "dayofweek('2026-03-29')", "weekday('2026-03-29')", "dayofyear('2024-12-31')", "weekofyear('2027-01-01')", "weekofyear('2024-12-30')", "hour('2026-03-29 11:59:58')", "minute('2026-03-29 11:59:58')", "second('2026-03-29 11:59:58')", "hour('2026-03-29T11:59:58Z')", "hour('2026-03-29T11:59:58+02:00')", "hour('nope')", "year('2026')", "month('2026-7')",
  "to_timestamp('2026-03-29 11:59:58')", "to_timestamp('2026-03-29 11:59:58.5')", "to_timestamp('2026-03-29')", "to_timestamp('2026-03-29T11:59:58Z')", "to_timestamp('2026-03-29 11:59:58+05:30')", "to_timestamp('nope')", "to_timestamp('29.03.2026 11:59', 'dd.MM.yyyy HH:mm')", "to_timestamp('Mar 9, 2026 1:05 PM', 'MMM d, yyyy h:mm a')", "to_timestamp('20260329115958', 'yyyyMMddHHmmss')", "to_timestamp('2026-13-01', 'yyyy-MM-dd')",
  "from_unixtime(1750000001)", "from_unixtime(0)", "from_unixtime(1750000001, 'yyyy/MM/dd HH')", "from_unixtime(-1)", "unix_timestamp('2026-03-29 11:59:58')", "unix_timestamp('29/03/2026', 'dd/MM/yyyy')", "unix_timestamp('nope', 'yyyy')", "timestamp_millis(1750000001123)", "timestamp_seconds(1750000001)",
  "date_trunc('MINUTE', '2026-08-19 11:59:58.123')", "date_trunc('nope', '2026-08-19 11:59:58')",
]
TIMES = ["2026-03-29 01:30:15.123", "2026-10-25 00:30:00.000", "2024-02-29 23:59:59.999", "1969-12-31 23:59:59.500", "2026-01-01 00:00:00.000"]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second"]
PATTERNS = ["yyyy-MM-dd HH:mm:ss", "d MMM yy", "EEEE, MMMM dd", "h:mm a", "KK kk", "D", "SSS", "SS", "yyyy'T'HH", "Q", "E", "XXX", "xx", "Z", "y", "''yy"]
def timed():
  for t in TIMES:
    for u in UNITS: yield f"date_trunc('{u}', '{t}')", f"date_trunc('{u}', {ts(t)})"
    for f in ["year", "month", "day", "hour", "minute", "second", "dayofweek", "weekday", "dayofyear", "weekofyear", "quarter"]: yield f"{f}('{t}')", f"{f}({ts(t)})"
    yield f"unix_timestamp('{t}')", f"unix_timestamp({ts(t)})"
    yield f"unix_millis('{t}')", f"unix_millis({ts(t)})"
    yield f"to_date('{t}')", f"to_date({ts(t)})"
    yield f"date_add('{t}', 1)", f"date_add({ts(t)}, 1)"
    yield f"datediff('{t}', '2026-01-01')", f"datediff({ts(t)}, date'2026-01-01')"
    yield f"last_day('{t}')", f"last_day({ts(t)})"
    for w in ["10 seconds", "5 minutes", "1 hour", "1 day", "7 days"]: yield f"window('{t}', '{w}')", f"window({ts(t)}, '{w}').start"
    yield f"window('{t}', '1 hour', '1 hour', '15 minutes')", f"window({ts(t)}, '1 hour', '1 hour', '15 minutes').start"
    for p in PATTERNS: yield f"date_format('{t}', '{p.replace(chr(39), chr(39) * 2)}')", f"date_format({ts(t)}, \"{p}\")"
  for e in ["2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-07-01 12:00", "2026-07-01"]:
    yield f"to_timestamp('{e}')", None
  yield "from_unixtime(1774747815)", None
  yield "to_timestamp('29.03.2026 11:59', 'dd.MM.yyyy HH:mm')", None
AGGREGATES = ["collect_list(k)", "collect_list(n)", "collect_set(k)", "array_agg(n)", "first(k)", "last(k)", "first(n)", "last(n)", "first(n, true)", "last(n, true)", "min_by(k, v)", "max_by(k, v)", "max_by(k, n)", "count_if(v > 1)", "count_if(n > 1)", "count_if(n > 100)", "approx_count_distinct(k)", "approx_count_distinct(n)",
  "percentile(v, 0.5D)", "percentile(v, 0.25D)", "percentile(v, 1D)", "percentile(n, 0.9D)", "percentile_approx(v, 0.5D)", "percentile_approx(v, 0D)", "percentile_approx(n, 0.75D)", "percentile_approx(v, 0.9D, 100)", "median(v)", "stddev(v)", "std(v)", "stddev_samp(n)", "stddev_pop(v)", "variance(v)", "var_samp(n)", "var_pop(v)", "corr(v, w)", "corr(v, n)", "mean(v)", "mean(n)", "avg(n)", "sum(n)", "count(n)", "min(k)", "max(k)"]
ROWS = [("a", 1.5, 5, 2.0), ("b", 2.5, 2, 1.0), ("a", -1.0, None, 0.5), ("c", 4.25, 2, 4.0), ("B", 4.25, 9, -3.5), (None, 0.1, 7, 8.0)]
GROUPS = {"all": "true", "one": "v = 1.5D", "none": "v > 1000D", "nulls": "n is null"}

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "1").config("spark.sql.ansi.enabled", "false").config("spark.sql.legacy.timeParserPolicy", "CORRECTED").getOrCreate()
spark.sparkContext.setLogLevel("OFF")
spark.createDataFrame(ROWS, "k string, v double, n int, w double").coalesce(1).createOrReplaceTempView("t")

def plain(v, kind):
  if isinstance(v, bool): return int(v)
  if isinstance(v, decimal.Decimal): return float(v)
  if isinstance(v, (list, tuple)): return json.dumps([plain(x, "") for x in v], separators=(",", ":"), ensure_ascii=False)
  return v
def ask_all(expressions, where=None):
  """Of all at once, which is quicker; one by one where one of them fails."""
  source = f" from t where {where}" if where else ""
  try:
    frame = spark.sql("select " + ", ".join(f"{e} as x{i}" for i, e in enumerate(expressions)) + source)
    kinds = [f.dataType.typeName() for f in frame.schema]
    frame = frame.selectExpr(*[f"unix_millis(x{i})" if k == "timestamp" else f"cast(x{i} as string)" if k == "date" else f"x{i}" for i, k in enumerate(kinds)])
    answers = []
    for v, kind in zip(frame.collect()[0], kinds):
      v = plain(v, kind)
      if kind == "timestamp" and v is not None: v = (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=v)).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
      answers.append({"answer": v})
    return answers
  except Exception as e:
    if len(expressions) == 1: return [{"error": (getattr(e, "getCondition", lambda: None)() or str(e).split("\n")[0])[:80]}]
    half = len(expressions) // 2
    return ask_all(expressions[:half], where) + ask_all(expressions[half:], where)
def in_chunks(expressions, where=None):
  return [a for i in range(0, len(expressions), 60) for a in ask_all(expressions[i:i + 60], where)]
def strip(e):  # Spark's suffix of doubles, and its texts' backslashes
  import re
  return re.sub(r"(\d)D\b", r"\1", e)
cases = []
for zone in ["UTC", "Asia/Kolkata", "Europe/Berlin"]:
  spark.conf.set("spark.sql.session.timeZone", zone)
  if zone == "UTC":
    for e, a in zip(SAME, in_chunks(SAME)): cases.append({"sql": strip(e).replace("\\\\", "\\"), **a})
  pairs = list(timed())
  for (ours, _), a in zip(pairs, in_chunks([theirs or ours for ours, theirs in pairs])): cases.append({"sql": ours, "zone": zone, **a})
spark.conf.set("spark.sql.session.timeZone", "UTC")
for name, where in GROUPS.items():
  for e, a in zip(AGGREGATES, in_chunks(AGGREGATES, where)): cases.append({"sql": strip(e), "where": strip(where), **a})
print("{\n\"spark\": " + json.dumps(spark.version) + ", \"rows\": " + json.dumps(ROWS) + ", \"cases\": [\n" + ",\n".join(json.dumps(c, ensure_ascii=False) for c in cases) + "\n]\n}")
