import type { SqlValue, Statement } from '../open-sqlite.ts'
import { strict, takes, textOf, type Environment, type ScalarFunction } from './define.ts'
import { instantOf, timestampMs, timestampText } from './timestamp.ts'

/** They mean the clock, or the zone, of whatever process runs. */
const AMBIENT = /^\s*(?:now|localtime|utc|subsec|subsecond)\s*$/i
/** Modifiers that say how a leading number is to be read. */
const READING = /^\s*(?:unixepoch|julianday|auto)\s*$/i

/**
 * Returns SQLite's own functions of times, in our form and in the statement's zone: the wall clock's time is computed with, by SQLite.
 * 'now', no argument, 'localtime' and 'utc' give NULL.
 */
export function sqliteTimes({ zone, plain }: Environment): Readonly<Record<string, ScalarFunction>> {
  const statements = new Map<string, Statement>()
  const ask = (name: string, args: readonly SqlValue[]): SqlValue => {
    const sql = `select ${name}(${args.map(() => '?').join(', ')})`
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = plain.prepare(sql)
      statement.setReturnArrays(true)
      statements.set(sql, statement)
    }
    return (statement.get(...args) as unknown as readonly [SqlValue])[0]
  }
  /** The wall clock's time that the arguments mean, as a text, and the modifiers that are left; null: none. */
  const wallOf = (args: readonly SqlValue[]): readonly [string, ...SqlValue[]] | null => {
    const [first, ...modifiers] = args
    if (args.length === 0 || args.some((arg) => arg === null || (typeof arg === 'string' && AMBIENT.test(arg)))) return null
    const reading = typeof modifiers[0] === 'string' && READING.test(modifiers[0]) ? [modifiers.shift() as SqlValue] : []
    const ms = reading.length === 0 ? (instantOf(first, zone) ?? byItself(first as SqlValue, [])) : byItself(first as SqlValue, reading)
    const text = ms === null ? null : timestampText(zone.toWall(ms))
    return text === null ? null : [text, ...modifiers]
  }
  const byItself = (first: SqlValue, reading: readonly SqlValue[]): number | null => {
    const given = typeof first === 'bigint' ? Number(first) : first
    const text = ask('strftime', ['%Y-%m-%d %H:%M:%f', given, ...reading])
    return typeof text === 'string' && text.length === 23 ? timestampMs(text) : null
  }
  const instantAfter = (args: readonly SqlValue[]): number | null => {
    const wall = wallOf(args)
    if (wall === null) return null
    const text = ask('strftime', ['%Y-%m-%d %H:%M:%f', ...wall])
    return typeof text === 'string' && text.length === 23 ? zone.toInstant(timestampMs(text)) : null
  }
  const shown = (name: string): ScalarFunction =>
    takes(0, 50, (...args) => {
      const wall = wallOf(args.filter((arg, i) => !(i > 0 && typeof arg === 'string' && /^\s*subsec/i.test(arg))))
      return wall === null ? null : ask(name, wall)
    })
  return {
    date: shown('date'),
    time: shown('time'),
    datetime: takes(0, 50, (...args) => {
      const ms = instantAfter(args.filter((arg, i) => !(i > 0 && typeof arg === 'string' && /^\s*subsec/i.test(arg))))
      return ms === null ? null : timestampText(ms)
    }),
    julianday: takes(0, 50, (...args) => {
      const ms = instantAfter(args)
      return ms === null ? null : ask('julianday', [timestampText(ms)])
    }),
    unixepoch: takes(0, 50, (...args) => {
      const sub = args.some((arg, i) => i > 0 && typeof arg === 'string' && /^\s*subsec/i.test(arg))
      const ms = instantAfter(args.filter((arg, i) => !(i > 0 && typeof arg === 'string' && /^\s*subsec/i.test(arg))))
      return ms === null ? null : sub ? ms / 1000 : BigInt(Math.floor(ms / 1000))
    }),
    strftime: takes(1, 51, (format, ...args) => {
      const wall = wallOf(args)
      const ms = instantAfter(args)
      if (wall === null || ms === null || format === null) return null
      // These two are of the instant, not of the wall clock.
      const pattern = textOf(format)
        .replace(/%%|%s/g, (found) => (found === '%s' ? String(Math.floor(ms / 1000)) : found))
        .replace(/%%|%J/g, (found) => (found === '%J' ? String(ask('julianday', [timestampText(ms)])) : found))
      return ask('strftime', [pattern, ...wall])
    }),
    timediff: strict(2, 2, (a, b) => {
      const [first, second] = [wallOf([a]), wallOf([b])]
      return first === null || second === null ? null : ask('timediff', [first[0], second[0]])
    }),
  }
}
