/** SQLite's functions that depend on their arguments alone. What is in no list is refused: the clock, random numbers, counters of a connection, files. */
export const BUILTINS: ReadonlySet<string> = new Set(
  `abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce cos cosh count cume_dist degrees dense_rank exp first_value floor format glob
  group_concat hex if ifnull iif instr json json_array json_array_length json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch
  json_pretty json_quote json_remove json_replace json_set json_type json_valid lag last_value lead length likelihood likely ln log log10 log2 ltrim max min nth_value ntile
  nullif octet_length percent_rank pi pow power printf quote radians rank replace round row_number rtrim sign sin sinh sqrt string_agg substr substring sum
  tan tanh total trim trunc typeof unhex unicode unlikely zeroblob -> ->>`.split(/\s+/),
)

/** Those of them that make one row of many: for statements that run partition by partition. */
export const AGGREGATES: ReadonlySet<string> = new Set('avg count group_concat json_group_array json_group_object string_agg sum total'.split(' '))

/** How Spark's words and phrases are written here. Found when SQLite refuses a statement, in this order. */
export const INSTEAD: readonly (readonly [phrase: RegExp, name: string, instead: string])[] = [
  [/\brlike\b/, 'rlike', "write text regexp 'pattern'"],
  [/\bilike\b/, 'ilike', "write lower(text) like 'pattern in small letters'"],
  [/\bdiv\b/, 'div', 'write cast(a / b as integer), with integers a / b'],
  [/<=>/, '<=>', 'write a is b'],
  [/\bqualify\b/, 'qualify', 'put the window function into a subquery, and its condition into where around it'],
  [/\b(?:rollup|cube|grouping)\b/, 'rollup, cube and grouping sets', 'write a group by for each level, with union all'],
  [/\bgroup by all\b/, 'group by all', 'name the columns'],
  [/\b(?:explode|explode_outer|posexplode|unnest|lateral)\b/, 'explode', 'write from t, json_each(t.list) and take its value'],
  [/\bleft (?:semi) join\b|\bsemi join\b/, 'left semi join', 'write where exists (select 1 from b where ...), or where key in (select key from b)'],
  [/\banti join\b/, 'left anti join', 'write where not exists (select 1 from b where ...)'],
  [/\binterval\b/, 'an interval literal', "write datetime(ts, '+1 hour'), or date_add(ts, 1) for days"],
  [/\btimestamp ' /, 'a timestamp literal', "write the text '2026-01-31 12:00:00.000', or to_timestamp(text)"],
  [/\bdate ' /, 'a date literal', "write the text '2026-01-31', or to_date(text)"],
  [/\btry_cast\b/, 'try_cast', 'cast() gives 0 for a text that is no number: test it with a regexp before'],
  [/\bexcept \(/, '* except', 'name the columns'],
  [/\btablesample\b/, 'tablesample', 'write where mod(key, 10) = 0'],
  [/\b(?:named_struct|struct)\b/, 'a struct', "write json_object('name', value), and take its field by column ->> '$.name'"],
  [/\b(?:array|map) \(/, 'an array or a map', 'write json_array(...) or json_object(...)'],
  [/\bdistinct on\b/, 'distinct on', 'take row_number() over (partition by ...) = 1 of a subquery'],
]

/** What stands for functions that are refused. */
export const FUNCTIONS_INSTEAD: Readonly<Record<string, string>> = {
  random: 'a batch is computed again after a failure and must come out the same: take a hash of a key, such as sha2(key, 256)',
  randomblob: 'a batch is computed again after a failure and must come out the same: take a hash of a key, such as sha2(key, 256)',
  rand: 'a batch is computed again after a failure and must come out the same: take a hash of a key, such as sha2(key, 256)',
  uuid: 'a batch is computed again after a failure and must come out the same: take a hash of a key, such as sha2(key, 256)',
  current_timestamp: 'a batch does not know the clock: take batch_time()',
  current_date: 'a batch does not know the clock: take date(batch_time())',
  current_time: 'a batch does not know the clock: take time(batch_time())',
  now: 'a batch does not know the clock: take batch_time()',
  changes: 'it counts what this process did before, which another would not have',
  total_changes: 'it counts what this process did before, which another would not have',
  last_insert_rowid: 'it counts what this process did before, which another would not have',
  rlike: "write text regexp 'pattern', or regexp_like(text, 'pattern')",
  explode: 'write from t, json_each(t.list) and take its value',
  struct: "write json_object('name', value)",
  named_struct: "write json_object('name', value)",
  array: 'write json_array(...)',
  map: 'write json_object(...)',
  size: 'write json_array_length(list)',
  to_json: 'a json column is JSON text already; json_object(...) makes one',
  from_json: "take the fields by column ->> '$.name'",
  len: 'write length(text)',
  position: 'write locate(part, text)',
  rollup: 'write a group by for each level, with union all',
  cube: 'write a group by for each level, with union all',
  grouping: 'write a group by for each level, with union all',
}
