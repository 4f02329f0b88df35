/** Dates further apart than this have a gap between them, ms: a leap year. */
export const GAP_MS: number = 366 * 86_400_000
/** Fewer different dates than this, apart from all others, prove nothing: 9999-12-31 may stand in every tenth line. */
const MIN_DIFFERENT = 3
/** So do fewer lines than one in this many. */
const RARE = 1000
const EXAMPLES = 3

/** Tells which dates are so far from the others of their stream that stream time must not follow them. */
export interface FarRule {
  /** Nobody knows what comes next: what was far at first may turn out to be the rule. */
  readonly isLive: boolean
  isFar(dateMs: number): boolean
}

export interface FarDate {
  readonly index: number
  readonly value: unknown
}

interface Group {
  /** The first that was read. */
  first: { readonly index: number; readonly dateMs: number }
  minMs: number
  maxMs: number
  count: number
  /** Dates go back by more than a gap on the way into it, or out of it. */
  disordered: boolean
  readonly different: Set<number>
  readonly examples: FarDate[]
}

/**
 * Looks at all dates of files before a run begins. They fall into groups with more than a year between them; one that has more than half of the lines is what
 * the stream is about. Another one is far from it when the dates go back on the way into it or out of it, unless it has at least three different dates and one
 * line in a thousand: a sorted file may have gaps. So are dates of which everybody knows what they mean, in whatever order: 1970-01-01, year 9999, and
 * more than a year after `nowMs`.
 */
export class DateSurvey {
  readonly #nowMs: number
  readonly #years = new Map<number, Group>()
  #count = 0
  #firstMs: number | undefined
  #lastMs: number | undefined
  #down = 0
  #up = 0

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  add(dateMs: number, at: FarDate): void {
    this.#count++
    this.#firstMs ??= dateMs
    if (this.#lastMs !== undefined && dateMs < this.#lastMs) this.#down++
    if (this.#lastMs !== undefined && dateMs > this.#lastMs) this.#up++
    const year = Math.floor(dateMs / GAP_MS)
    const before = this.#lastMs === undefined ? undefined : this.#years.get(Math.floor(this.#lastMs / GAP_MS))
    const goesBack = this.#lastMs !== undefined && this.#lastMs - dateMs > GAP_MS
    if (goesBack && before !== undefined) before.disordered = true
    this.#lastMs = dateMs
    const group = this.#years.get(year)
    if (group === undefined) {
      this.#years.set(year, {
        first: { index: at.index, dateMs },
        minMs: dateMs,
        maxMs: dateMs,
        count: 1,
        disordered: goesBack,
        different: new Set([dateMs]),
        examples: [at],
      })
      return
    }
    group.disordered ||= goesBack
    group.minMs = Math.min(group.minMs, dateMs)
    group.maxMs = Math.max(group.maxMs, dateMs)
    group.count++
    if (group.different.size < MIN_DIFFERENT) group.different.add(dateMs)
    if (group.examples.length < EXAMPLES) group.examples.push(at)
  }

  /** The first of all. */
  get firstMs(): number | undefined {
    return this.#firstMs
  }

  /** Whether the dates go down where they should go up. */
  get isBackwards(): boolean {
    return this.#firstMs !== undefined && this.#lastMs !== undefined && this.#lastMs < this.#firstMs && this.#down > 10 * this.#up
  }

  /** Besides: which is the first date that is not far from the others. */
  get far(): FarRule & { readonly count: number; readonly examples: readonly FarDate[]; readonly firstMs: number | undefined } {
    const groups = this.#groups()
    const main = groups.find(({ count }) => count * 2 > this.#count)
    const far =
      groups.length < 2
        ? []
        : groups.filter((group) => group !== main && !proves(group, this.#count) && (this.#isNever(group) || (main !== undefined && group.disordered)))
    // All of them may be such: then they are what there is.
    const found = far.length === groups.length ? [] : far
    return {
      isLive: false,
      isFar: (dateMs) => found.some(({ minMs, maxMs }) => minMs <= dateMs && dateMs <= maxMs),
      firstMs: groups.filter((group) => !found.includes(group)).sort((a, b) => a.first.index - b.first.index)[0]?.first.dateMs,
      count: found.reduce((sum, { count }) => sum + count, 0),
      examples: found
        .flatMap(({ examples }) => examples)
        .sort((a, b) => a.index - b.index)
        .slice(0, EXAMPLES),
    }
  }

  #groups(): readonly Group[] {
    const groups: Group[] = []
    for (const [, year] of [...this.#years].sort(([a], [b]) => a - b)) {
      const last = groups.at(-1)
      if (last === undefined || year.minMs - last.maxMs > GAP_MS) {
        groups.push({ ...year, different: new Set(year.different), examples: [...year.examples] })
        continue
      }
      last.maxMs = year.maxMs
      if (year.first.index < last.first.index) last.first = year.first
      last.count += year.count
      last.disordered ||= year.disordered
      for (const dateMs of year.different) if (last.different.size < MIN_DIFFERENT) last.different.add(dateMs)
      last.examples.push(...year.examples)
    }
    return groups
  }

  #isNever({ minMs, maxMs }: Group): boolean {
    return (minMs >= 0 && maxMs < 86_400_000) || new Date(minMs).getUTCFullYear() >= 9999 || minMs > this.#nowMs + GAP_MS
  }
}

function proves({ count, different }: Group, all: number): boolean {
  return different.size >= MIN_DIFFERENT && count * RARE >= all
}

/**
 * The same for records of which nobody knows what comes after them: far is what is more than a year from the last date that was not, until three different dates
 * in a row agree on another year.
 */
export class LiveFarRule implements FarRule {
  readonly isLive = true
  #lastMs: number | undefined
  #others: number[] = []

  isFar(dateMs: number): boolean {
    if (this.#lastMs === undefined || Math.abs(dateMs - this.#lastMs) <= GAP_MS) {
      this.#lastMs = dateMs
      this.#others = []
      return false
    }
    if (this.#others.some((other) => Math.abs(dateMs - other) > GAP_MS)) this.#others = []
    if (!this.#others.includes(dateMs)) this.#others.push(dateMs)
    if (this.#others.length < MIN_DIFFERENT) return true
    this.#lastMs = dateMs
    this.#others = []
    return false
  }
}
