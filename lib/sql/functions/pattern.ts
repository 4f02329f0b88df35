import { MillraceError } from '../../values/errors.ts'

const kept = new Map<string, RegExp>()
const MAX_KEPT = 500

/** What only Java's patterns have: found, and refused by its name. */
const JAVA: readonly (readonly [RegExp, string])[] = [
  [/(?:[*+?]|\{\d+(?:,\d*)?\})\+/, 'possessive quantifiers'],
  [/\(\?>/, 'atomic groups (?>...)'],
  [/\(\?[a-zA-Z-]+\)/, 'flags for the rest of a pattern, such as (?i); write (?i:...)'],
  [/\\Q/, 'quoting with \\Q...\\E'],
  [/\\[AzZG]/, 'the anchors \\A \\z \\Z \\G; write ^ and $'],
  [/\\[hHRXVea]/, 'the classes \\h \\H \\R \\X \\V \\e \\a'],
  [
    /\\[pP]\{(?:Lower|Upper|ASCII|Alpha|Digit|Alnum|Punct|Graph|Print|Blank|Cntrl|XDigit|Space|java\w+|Is\w+|In\w+)\}/,
    "Java's names of classes, such as \\p{Alpha}; write [A-Za-z], or \\p{L} for letters",
  ],
  [/\[[^\]\\]*(?:\\.[^\]\\]*)*(?:&&|\[(?!:))/, 'intersections and unions of classes, such as [a-z&&[^b]]'],
]

/** Returns a pattern as JavaScript's, matched by code points. Throws for one that JavaScript has not. */
export function patternOf(source: string): RegExp {
  const found = kept.get(source)
  if (found !== undefined) return found
  // An escaped backslash hides nothing that follows it.
  const bare = source.replaceAll('\\\\', '')
  for (const [java, name] of JAVA)
    if (java.test(bare)) throw new MillraceError('BAD_VALUE', `sql: the pattern '${source}' has what only Java's have: ${name}; patterns here are JavaScript's`)
  let regex: RegExp
  try {
    // JavaScript lets only what has a meaning be escaped; Java everything that is no letter or digit.
    regex = new RegExp(
      source.replace(/\\([\s\S])/g, (whole, c: string) => (/[\w\\^$.*+?()[\]{}|/-]/.test(c) && c !== '-' ? whole : c === '-' ? '\\x2d' : c)),
      'gu',
    )
  } catch (cause) {
    throw new MillraceError('BAD_VALUE', `sql: the pattern '${source}' is none: ${(cause as Error).message}; patterns are JavaScript's, with the flag u`, {
      cause,
    })
  }
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(source, regex)
  return regex
}

/** Returns the first match, or null. */
export function firstMatch(text: string, source: string): RegExpExecArray | null {
  const regex = patternOf(source)
  regex.lastIndex = 0
  return regex.exec(text)
}

/** Returns the text with every match replaced, by Java's rules for `$1`, `${name}` and a backslash. */
export function replaceAll(text: string, source: string, replacement: string): string {
  return text.replace(patternOf(source), (...args: readonly unknown[]) => {
    const named = typeof args.at(-1) === 'object' ? (args.at(-1) as Readonly<Record<string, string | undefined>>) : undefined
    const groups = args.slice(0, named === undefined ? -2 : -3) as readonly (string | undefined)[]
    return replacement.replace(/\\([\s\S])|\$\{(\w+)\}|\$(\d)(\d?)/g, (whole, escaped?: string, name?: string, first?: string, second?: string) => {
      if (escaped !== undefined) return escaped
      if (name !== undefined) return named?.[name] ?? ''
      const two = Number(`${first}${second}`)
      if (second !== undefined && second !== '' && two < groups.length) return groups[two] ?? ''
      const one = Number(first)
      if (one >= groups.length)
        throw new MillraceError('BAD_VALUE', `sql: the replacement '${replacement}' names group ${one}, and the pattern '${source}' has ${groups.length - 1}`)
      return `${groups[one] ?? ''}${second ?? ''}`
    })
  })
}

/** Returns the parts between matches, as Java's split: a match of nothing at the beginning makes no part. `limit` above 0: at most so many parts. */
export function splitBy(text: string, source: string, limit: number): readonly string[] {
  const regex = patternOf(source)
  const parts: string[] = []
  let from = 0
  for (const match of text.matchAll(regex)) {
    if (limit > 0 && parts.length === limit - 1) break
    const end = match.index + match[0].length
    if (end === 0 || (match[0] === '' && match.index >= text.length)) continue
    parts.push(text.slice(from, match.index))
    from = end
  }
  parts.push(text.slice(from))
  return parts
}

const likes = new Map<string, RegExp>()

/** Returns whether a text is like a pattern: `%` for any characters, `_` for one; capital letters are others than small ones, as in Spark. */
export function isLike(text: string, pattern: string, escape: string): boolean {
  const key = `${escape}${pattern}`
  let regex = likes.get(key)
  if (regex === undefined) {
    let source = ''
    const characters = [...pattern]
    for (let i = 0; i < characters.length; i++) {
      let c = characters[i] as string
      if (c === escape && escape !== '') {
        const next = characters[++i]
        if (next === undefined || (next !== '%' && next !== '_' && next !== escape))
          throw new MillraceError(
            'BAD_VALUE',
            `sql: in like '${pattern}' the escape '${escape}' stands before ${next === undefined ? 'nothing' : `'${next}'`}; it may stand before %, _ and itself`,
          )
        c = next
        source += c.replace(/[\\^$.*+?()[\]{}|/-]/u, '\\$&')
      } else source += c === '%' ? '[^]*' : c === '_' ? '[^]' : c.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')
    }
    regex = new RegExp(`^${source}$`, 'u')
    if (likes.size >= MAX_KEPT) likes.clear()
    likes.set(key, regex)
  }
  return regex.test(text)
}
