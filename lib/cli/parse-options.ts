import { parseArgs, type ParseArgsConfig } from 'node:util'
import { MillraceError } from '../values/errors.ts'

type Options = NonNullable<ParseArgsConfig['options']>
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true; args: string[] }>>

/** Parses the arguments of `millrace <command>`; what is wrong with them is one sentence. */
export function parseOptions<O extends Options>(command: string, args: readonly string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    // Node's message goes on after the first sentence with advice on `--`.
    const [first = ''] = (cause as Error).message.split(/\. |\n/)
    // `--speed -1`: Node takes -1 for an option.
    const what = first.replace(/^Option '([^']+)' argument is ambiguous\.?$/, "Option '$1' is followed by what looks like another option")
    throw new MillraceError('USAGE', `${what.replace(/\.$/, '')}; millrace ${command} --help lists the options`, { cause })
  }
}

/** Returns the job file of a command that takes exactly one. */
export function onlyFile(command: string, positionals: readonly string[]): string {
  const [file, extra] = positionals
  if (file === undefined) throw new MillraceError('USAGE', `${command} needs the file of a job, e.g. functions/word-count.ts`)
  if (extra !== undefined) throw new MillraceError('USAGE', `${command} takes one file, and got '${file}' and '${extra}'; an input is given with --input`)
  return file
}

/** Returns the whole number from `min` on that an option holds; undefined where it is not given. */
export function wholeNumber(option: string, text: string | undefined, min: number, max: number = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined) return undefined
  const n = Number(text)
  if (!/^\d+$/.test(text) || n < min || n > max)
    throw new MillraceError('USAGE', `${option} ${text} is not a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? ' on' : ` to ${max}`}`)
  return n
}

/** Returns the number above 0 that an option holds; undefined where it is not given. */
export function positiveNumber(option: string, text: string | undefined, orElse = ''): number | undefined {
  if (text === undefined) return undefined
  const n = Number(text)
  if (text.trim() === '' || !Number.isFinite(n) || n <= 0) throw new MillraceError('USAGE', `${option} ${text} is not a number above 0${orElse}`)
  return n
}

/** Returns the one of several words that an option holds; undefined where it is not given. */
export function oneOf<const W extends string>(option: string, text: string | undefined, words: readonly W[]): W | undefined {
  if (text === undefined) return undefined
  const word = words.find((one) => one === text)
  if (word === undefined) throw new MillraceError('USAGE', `${option} ${text} is not one of ${words.join(', ')}`)
  return word
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** Returns the milliseconds of a duration such as 500ms, 90s, 10m, 2h or 1d; undefined where it is not given. */
export function durationMs(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS_MS[unit ?? ''] ?? Number.NaN)
  if (!Number.isSafeInteger(ms))
    throw new MillraceError('USAGE', `${option} ${text} is not a duration; write a number and a unit, such as 500ms, 90s, 10m, 2h or 1d`)
  return ms
}

/** Whether an argument is the file of a job, and not the name of one: that has no dot and no slash. */
export function isFile(what: string): boolean {
  return /[./\\]/.test(what)
}
