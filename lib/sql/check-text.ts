import { argumentsOf, scalarFunctions } from './functions/define-functions.ts'
import { aggregates } from './functions/aggregates.ts'
import { datePattern } from './functions/date-pattern.ts'
import type { Environment } from './functions/define.ts'
import { patternOf } from './functions/pattern.ts'
import { FUNCTIONS_INSTEAD } from './builtins.ts'
import { callsOf, refusal, type Call, type Token } from './tokens.ts'

const CASTS = new Set(['integer', 'real', 'text', 'blob'])
const CAST_INSTEAD: Readonly<Record<string, string>> = {
  timestamp: 'write to_timestamp(text)',
  timestamp_ntz: 'write to_timestamp(text)',
  datetime: 'write to_timestamp(text)',
  date: 'write to_date(text)',
  int: 'write cast(... as integer)',
  bigint: 'write cast(... as integer)',
  smallint: 'write cast(... as integer)',
  long: 'write cast(... as integer)',
  double: 'write cast(... as real)',
  float: 'write cast(... as real)',
  decimal: 'write cast(... as real), or count in whole cents',
  numeric: 'write cast(... as real), or count in whole cents',
  string: 'write cast(... as text)',
  varchar: 'write cast(... as text)',
  boolean: 'write x <> 0',
  binary: 'write cast(... as blob)',
  json: 'a json column is JSON text already',
}
/** SQLite's, whose missing time is the clock. The number is how many arguments come before the time. */
const CLOCKS: Readonly<Record<string, number>> = { date: 0, time: 0, datetime: 0, julianday: 0, unixepoch: 0, strftime: 1, unix_timestamp: 0 }
const AMBIENT = new Set(['now', 'localtime', 'utc'])
const PATTERNS: Readonly<Record<string, number>> = { regexp_extract: 1, regexp_replace: 1, regexp_like: 1, split: 1 }
const DATE_PATTERNS: Readonly<Record<string, number>> = { date_format: 1, to_timestamp: 1, to_date: 1, from_unixtime: 1, unix_timestamp: 1 }
const OPERATORS = new Set(['like', 'regexp', 'glob'])
/** A word before an operator that is no operand. */
const NO_OPERAND = new Set(
  'select where and or not on when then else having by from as in is between case distinct all over filter limit offset union values'.split(' '),
)

/** Throws for what SQLite would take, or find wrong only in a batch. */
export function checkText(sql: string, tokens: readonly Token[], environment: Environment): void {
  const [first] = tokens
  if (first === undefined) throw refusal(sql, undefined, 'the statement is empty', 'it is a select')
  if (!['select', 'with', 'values'].includes(first.word))
    throw refusal(
      sql,
      first.start,
      `a statement that begins with '${first.text}'`,
      'a stream is computed by a select: it may begin with select, with or values',
    )
  const semicolon = tokens.findIndex(({ kind, text }) => kind === 'sign' && text === ';')
  const second = semicolon < 0 ? undefined : tokens[semicolon + 1]
  if (second !== undefined) throw refusal(sql, second.start, 'a second statement', 'give each select to a sql of its own')
  for (const token of tokens) {
    if (token.kind === 'parameter')
      throw refusal(sql, token.start, `the parameter ${token.text}`, 'there is nobody to bind it: put the value into the text, or into a static table')
    if (['current_timestamp', 'current_date', 'current_time'].includes(token.word)) throw refusal(sql, token.start, token.word, FUNCTIONS_INSTEAD[token.word])
  }
  const scalars = scalarFunctions(environment)
  const groups = aggregates()
  for (const call of callsOf(tokens)) {
    checkOperator(sql, tokens, call)
    checkCast(sql, tokens, call)
    checkClock(sql, tokens, call)
    const fn = scalars[call.name] ?? groups[call.name]
    if (fn !== undefined && !OPERATORS.has(call.name) && isCall(tokens, call)) {
      const n = call.args.length
      if (n < fn.least || n > fn.most) throw refusal(sql, tokens[call.at]?.start, `${call.name} got ${n} arguments`, argumentsOf(fn))
    }
    checkLiteral(sql, call, PATTERNS, patternOf)
    checkLiteral(sql, call, DATE_PATTERNS, datePattern)
  }
  tokens.forEach((token, i) => {
    const next = tokens[i + 1]
    if (token.word === 'regexp' && next?.kind === 'string') attempt(sql, next.start, () => patternOf(next.text))
  })
}

/** `window w as (...)` and columns called like a function are no calls. */
function isCall(tokens: readonly Token[], { name, at }: Call): boolean {
  return name !== 'window' || tokens[at + 1]?.text === '('
}

function attempt(sql: string, offset: number | undefined, compile: () => unknown): void {
  try {
    compile()
  } catch (cause) {
    throw refusal(sql, offset, (cause as Error).message.replace(/^sql: /, ''))
  }
}

function checkLiteral(sql: string, { name, args }: Call, where: Readonly<Record<string, number>>, compile: (pattern: string) => unknown): void {
  const place = where[name]
  const arg = place === undefined ? undefined : args[place]
  const [literal] = arg ?? []
  if (arg?.length === 1 && literal?.kind === 'string') attempt(sql, literal.start, () => compile(literal.text))
}

function checkOperator(sql: string, tokens: readonly Token[], { name, at }: Call): void {
  if (name !== 'like' && name !== 'regexp') return
  const not = tokens[at - 1]?.word === 'not'
  const before = tokens[not ? at - 2 : at - 1]
  const isOperand =
    before !== undefined && (before.kind === 'word' ? !NO_OPERAND.has(before.word) : before.kind !== 'sign' || before.text === ')' || before.text === ']')
  if (!isOperand)
    throw refusal(
      sql,
      tokens[at]?.start,
      `${name} as a function`,
      name === 'like'
        ? 'SQLite hands it the pattern first: write text like pattern'
        : 'SQLite hands it the pattern first: write regexp_like(text, pattern), or text regexp pattern',
    )
}

function checkCast(sql: string, tokens: readonly Token[], { name, at, end }: Call): void {
  if (name !== 'cast') return
  const inner = tokens.slice(at + 2, end)
  const depth = inner[0]?.depth
  const as = inner.findLastIndex((token) => token.word === 'as' && token.depth === depth)
  const type = inner[as + 1]
  const word = type?.text.toLowerCase() ?? ''
  if (as < 0 || type === undefined || (CASTS.has(word) && inner.length === as + 2)) return
  throw refusal(
    sql,
    type.start,
    `a cast to ${inner
      .slice(as + 1)
      .map(({ text }) => text)
      .join('')}`,
    CAST_INSTEAD[word] ?? `SQLite takes any name for a type and guesses what is meant; there are ${[...CASTS].join(', ')}`,
  )
}

function checkClock(sql: string, tokens: readonly Token[], { name, at, args }: Call): void {
  const before = CLOCKS[name]
  if (before === undefined) return
  const start = tokens[at]?.start
  if (args.length <= before)
    throw refusal(
      sql,
      start,
      `${name}() without a time means the clock`,
      `a batch does not know it: take ${name}(${name === 'strftime' ? 'format, ' : ''}batch_time())`,
    )
  for (const arg of args) {
    const [only] = arg
    if (arg.length === 1 && only?.kind === 'string' && AMBIENT.has(only.text.trim().toLowerCase()))
      throw refusal(
        sql,
        only.start,
        `'${only.text}' in ${name}()`,
        only.text.trim().toLowerCase() === 'now'
          ? 'a batch does not know the clock: take batch_time()'
          : "it means the zone of whatever process runs; the statement's zone is its option timeZone",
      )
  }
}
