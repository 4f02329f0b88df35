// This file is long because a statement's judge is one class: SQLite shows no tree, so each rule walks the same tokens with the same few questions.
import { AGGREGATES } from './builtins.ts'
import { aggregates } from './functions/aggregates.ts'
import type { SqlTable } from './table.ts'
import { callsOf, closing, partsOf, refusal, type Token } from './tokens.ts'

/** What joins rows or groups of several partitions, whatever stands beside it. */
const WORDS: Readonly<Record<string, string>> = {
  limit: 'the first rows of each partition are not the first of all',
  offset: 'the first rows of each partition are not the first of all',
  distinct: 'equal rows may lie in several partitions: group by the column instead',
  union: 'each partition would have its own: run two statements, and unite their streams',
  except: 'rows of other partitions would not be taken away',
  intersect: 'rows of other partitions would not be found',
  recursive: 'each partition would begin it again',
  natural: 'name the columns with on',
  full: 'what finds nothing in one partition may find something in another',
  right: 'write it as a left join, the stream first',
}
const JSON_COLUMNS = new Set(['key', 'value', 'type', 'atom', 'id', 'parent', 'fullkey', 'path'])
const ENDS = new Set(['where', 'group', 'order', 'having', 'limit', 'window', 'union', 'except', 'intersect'])

/**
 * Throws for a statement that partition by partition might give something else than over the whole batch. SQLite shows no tree, so it is judged by its tokens, and on the safe side:
 * rows may be chosen, computed and joined row by row; groups, windows and joins of streams must name the column, in which a key is whole.
 */
export function checkPartitionWise(sql: string, tokens: readonly Token[], by: string, tables: Readonly<Record<string, SqlTable>>): void {
  new Judge(sql, tokens, by, tables).judge()
}

class Judge {
  readonly #sql: string
  readonly #tokens: readonly Token[]
  readonly #by: string
  readonly #streams: ReadonlySet<string>
  readonly #statics: ReadonlySet<string>

  constructor(sql: string, tokens: readonly Token[], by: string, tables: Readonly<Record<string, SqlTable>>) {
    const named = (kind: string): Set<string> =>
      new Set(Object.keys(tables).flatMap((name) => (tables[name]?.source.kind === kind ? [name.toLowerCase()] : [])))
    this.#sql = sql
    this.#tokens = tokens
    this.#by = by.toLowerCase()
    this.#streams = named('stream')
    this.#statics = named('static')
  }

  judge(): void {
    this.#words()
    this.#renames()
    this.#overs()
    const scopes = this.#scopes()
    for (const scope of scopes) this.#scope(scope)
  }

  #refuse(token: Token | undefined, what: string, instead: string): never {
    throw refusal(this.#sql, token?.start, `partitionBy: '${this.#by}', and ${what}`, `${instead}; or leave partitionBy out, and the batch is computed whole`)
  }

  #words(): void {
    const tokens = this.#tokens
    tokens.forEach((token, i) => {
      if (token.kind !== 'word') return
      const why = WORDS[token.word]
      // A column or a function may be called like some of them.
      if (why !== undefined && tokens[i + 1]?.text !== '(' && tokens[i + 1]?.text !== '.' && tokens[i - 1]?.text !== '.') this.#refuse(token, token.word, why)
      if ((token.word === 'union' || token.word === 'distinct' || token.word === 'except' || token.word === 'intersect') && why !== undefined)
        this.#refuse(token, token.word, why)
      if (token.word === 'order' && tokens[i + 1]?.word === 'by' && !this.#isOver(i))
        this.#refuse(token, 'order by', 'each partition would have an order of its own: sort the rows with transform')
      if (token.word === 'values' && this.#sqlBegins(i)) this.#refuse(token, 'values', 'each partition would give these rows')
    })
  }

  #sqlBegins(i: number): boolean {
    const before = this.#tokens[i - 1]
    return before === undefined || before.text === '('
  }

  /** Whether the token stands in brackets of an OVER, or of a window's definition. */
  #isOver(i: number): boolean {
    const open = this.#openOf(i)
    return open !== undefined && this.#isWindow(open)
  }

  #isWindow(open: number): boolean {
    const before = this.#tokens[open - 1]
    if (before?.word === 'over') return true
    return (
      before?.word === 'as' &&
      this.#tokens.slice(0, open).some(({ word, depth }, i) => word === 'window' && depth === before.depth && this.#tokens[i + 1]?.text !== '(')
    )
  }

  /** Index of the innermost bracket that is open at a token. */
  #openOf(i: number): number | undefined {
    const depth = this.#tokens[i]?.depth ?? 0
    for (let j = i - 1; j >= 0; j--)
      if (this.#tokens[j]?.text === '(' && this.#tokens[j]?.kind === 'sign' && this.#tokens[j]?.depth === depth - 1) return depth === 0 ? undefined : j
    return undefined
  }

  /** Whether these tokens are the column: `by`, or `table.by`. */
  #isColumn(part: readonly Token[]): boolean {
    const name = part.length === 1 ? part[0] : part.length === 3 && part[1]?.text === '.' ? part[2] : undefined
    if (name === undefined || (name.kind !== 'word' && name.kind !== 'quoted') || name.text.toLowerCase() !== this.#by) return false
    return true
  }

  /** Something else may not be given the column's name. */
  #renames(): void {
    const tokens = this.#tokens
    const isIt = (token: Token | undefined): boolean =>
      token !== undefined && (token.kind === 'word' || token.kind === 'quoted') && token.text.toLowerCase() === this.#by
    const instead = 'give it another name: groups would be made by it'
    tokens.forEach((token, i) => {
      if (!isIt(token)) return
      const before = tokens[i - 1]
      if (before?.word === 'as') {
        const [one, dot] = [tokens[i - 2], tokens[i - 3]]
        const start = dot?.text === '.' ? tokens[i - 5] : tokens[i - 3]
        if (!isIt(one) || !(start === undefined || start.text === ',' || start.word === 'select'))
          this.#refuse(token, `'${this.#by}' as the name of something else`, instead)
        return
      }
      const operand =
        before !== undefined &&
        (before.kind === 'number' ||
          before.kind === 'string' ||
          before.kind === 'quoted' ||
          before.text === ')' ||
          (before.kind === 'word' && !KEYWORDS.has(before.word)))
      if (operand) this.#refuse(token, `'${this.#by}' as the name of something else`, instead)
    })
    tokens.forEach((token, i) => {
      if (token.word !== 'as' || tokens[i - 1]?.text !== ')' || tokens[i + 1]?.text !== '(') return
      if (this.#isWindow(i + 1)) return
      this.#refuse(token, 'a common table with a list of columns', 'name the columns within it')
    })
    if (JSON_COLUMNS.has(this.#by)) {
      const each = tokens.find(({ word }) => word === 'json_each' || word === 'json_tree')
      if (each !== undefined) this.#refuse(each, `${each.word}, which has a column of that name`, 'give the column another name')
    }
  }

  #overs(): void {
    const tokens = this.#tokens
    tokens.forEach((token, i) => {
      if (token.text !== '(' || token.kind !== 'sign' || !this.#isWindow(i)) return
      const inner = tokens.slice(i + 1, closing(tokens, i))
      const at = inner.findIndex(({ word }, j) => word === 'partition' && inner[j + 1]?.word === 'by')
      const list = at < 0 ? [] : until(inner.slice(at + 2), new Set(['order', 'rows', 'range', 'groups']))
      // A window that is based on another has its partitions.
      const based = inner[0]?.kind === 'word' && !['partition', 'order', 'rows', 'range', 'groups'].includes(inner[0].word)
      if (!based && !partsOf(list).some((part) => this.#isColumn(part)))
        this.#refuse(token, 'an over whose partition by does not name the column', `write over (partition by ${this.#by} ...)`)
    })
  }

  /** Every select: the tokens of its own depth, in order. */
  #scopes(): readonly { readonly at: number; readonly own: readonly number[]; readonly isExpression: boolean }[] {
    const tokens = this.#tokens
    return tokens.flatMap((token, at) => {
      if (token.word !== 'select') return []
      const open = this.#openOf(at)
      const end = open === undefined ? tokens.length : closing(tokens, open)
      const own: number[] = []
      for (let i = at; i < end; i++) if (tokens[i]?.depth === token.depth) own.push(i)
      const before = open === undefined ? undefined : tokens[open - 1]
      const isExpression = before !== undefined && !['from', 'join', 'as', 'materialized'].includes(before.word) && before.text !== ',' && open !== undefined
      return [{ at, own, isExpression: isExpression || (before?.text === ',' && !this.#inFrom(open as number)) }]
    })
  }

  #inFrom(i: number): boolean {
    const depth = this.#tokens[i]?.depth
    for (let j = i - 1; j >= 0 && (this.#tokens[j]?.depth ?? 0) >= (depth ?? 0); j--) {
      const { word, depth: at } = this.#tokens[j] as Token
      if (at === depth && (word === 'from' || word === 'join' || word === 'with')) return true
      if (at === depth && (word === 'select' || ENDS.has(word))) return false
    }
    return false
  }

  #scope({ at, own, isExpression }: { readonly at: number; readonly own: readonly number[]; readonly isExpression: boolean }): void {
    const tokens = this.#tokens
    const of = (i: number | undefined): Token | undefined => (i === undefined ? undefined : tokens[i])
    const words = own.map((i) => tokens[i]?.word ?? '')
    if (isExpression && this.#reads(at))
      this.#refuse(
        tokens[at],
        'a subquery of a stream within an expression',
        'it would see the rows of one partition: write it as a join that names the column',
      )
    const from = words.indexOf('from')
    const fromEnd = from < 0 ? own.length : endOf(words, from + 1)
    const group = words.findIndex((word, i) => word === 'group' && words[i + 1] === 'by')
    if (group >= 0) {
      const list = own.slice(group + 2, endOf(words, group + 2)).map((i) => tokens[i] as Token)
      if (!partsOf(list).some((part) => this.#isColumn(part)))
        this.#refuse(of(own[group]), 'a group by that does not name the column', `write group by ${this.#by}, ...`)
    } else {
      const aggregate = this.#aggregateOf(at)
      if (aggregate !== undefined) this.#refuse(aggregate, `${aggregate.text}() without group by`, 'each partition would have a sum of its own')
    }
    if (!isExpression)
      this.#from(
        own.slice(from < 0 ? own.length : from + 1, fromEnd),
        of(own[Math.max(0, from)]),
        group >= 0 ? own.slice(group + 2, endOf(words, group + 2)) : [],
      )
  }

  /** Whether the select, or one within it, reads a stream or a common table. */
  #reads(at: number): boolean {
    const open = this.#openOf(at)
    const end = open === undefined ? this.#tokens.length : closing(this.#tokens, open)
    for (let i = at; i < end; i++) {
      const before = this.#tokens[i - 1]
      const { kind, text } = this.#tokens[i] as Token
      if ((kind !== 'word' && kind !== 'quoted') || (before?.word !== 'from' && before?.word !== 'join' && before?.text !== ',')) continue
      if (this.#streams.has(text.toLowerCase())) return true
      if (before.text !== ',' && !this.#statics.has(text.toLowerCase()) && !['json_each', 'json_tree'].includes(text.toLowerCase())) return true
    }
    return false
  }

  /** The first call that makes one of many rows in this select, and not over a window. */
  #aggregateOf(at: number): Token | undefined {
    const tokens = this.#tokens
    const open = this.#openOf(at)
    const end = open === undefined ? tokens.length : closing(tokens, open)
    const ours = aggregates()
    for (const call of callsOf(tokens)) {
      if (call.at < at || call.at > end) continue
      const isOne = AGGREGATES.has(call.name) || Object.hasOwn(ours, call.name) || ((call.name === 'min' || call.name === 'max') && call.args.length === 1)
      if (!isOne || this.#selectOf(call.at) !== at) continue
      const filter = tokens[call.end + 1]?.word === 'filter' ? closing(tokens, call.end + 2) : call.end
      if (tokens[filter + 1]?.word !== 'over') return tokens[call.at]
    }
    return undefined
  }

  /** Index of the select that a token belongs to. */
  #selectOf(i: number): number | undefined {
    let depth = this.#tokens[i]?.depth ?? 0
    for (let j = i; j >= 0; j--) {
      const token = this.#tokens[j] as Token
      if (token.depth > depth) continue
      if (token.word === 'select' && token.depth === depth) return j
      if (token.text === '(' && token.kind === 'sign' && token.depth === depth - 1) depth--
    }
    return undefined
  }

  /** Streams are joined by the column; a static table, of which every partition has all, may only add to their rows. */
  #from(own: readonly number[], at: Token | undefined, group: readonly number[]): void {
    const tokens = own.map((i) => this.#tokens[i] as Token)
    const sources: {
      readonly isStream: boolean
      readonly join: Token | undefined
      readonly left: boolean
      readonly name: Token
      readonly alias: string
      readonly on: number
    }[] = []
    let left = false
    let join: Token | undefined
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i] as Token
      if (token.word === 'left') left = true
      const begins = i === 0 || token.word === 'join' || token.text === ','
      if (!begins) continue
      if (i > 0) join = token
      const name = i === 0 ? token : tokens[i + 1]
      if (name === undefined) break
      const lower = name.text.toLowerCase()
      const isStatic = this.#statics.has(lower) || ['json_each', 'json_tree'].includes(lower)
      const rest = tokens.slice(i === 0 ? 1 : i + 2)
      const skip = name.text === '(' ? rest.slice(1) : rest
      const alias = skip[0]?.word === 'as' ? skip[1]?.text : skip[0]?.kind === 'word' && !KEYWORDS.has(skip[0].word) ? skip[0].text : undefined
      sources.push({ isStream: !isStatic, join, left, name, alias: (alias ?? name.text).toLowerCase(), on: i })
      left = false
    }
    const [first] = sources
    if (first === undefined) this.#refuse(at ?? this.#tokens[0], 'a select without from', 'each partition would give its row')
    if (!first.isStream) this.#refuse(first.name, 'a from that begins with a static table', 'every partition has all of it: begin with a stream')
    sources.slice(1).forEach((source, n) => {
      if (!source.isStream) return
      const next = sources[n + 2]
      const condition = tokens.slice(source.on, next?.on ?? tokens.length)
      if (!this.#joinsByColumn(condition))
        this.#refuse(source.join, 'a join between streams that does not name the column', `write on a.${this.#by} = b.${this.#by}, or using (${this.#by})`)
      if (!source.left) return
      // Where nothing is found the column is NULL, in every partition.
      const list = group.map((i) => this.#tokens[i] as Token)
      const bad = partsOf(list).filter((part) => this.#isColumn(part))
      if (bad.length > 0 && !bad.some((part) => part.length === 3 && part[0]?.text.toLowerCase() === first.alias))
        this.#refuse(bad[0]?.[0], 'a group by behind a left join', `write group by ${first.alias}.${this.#by}: of the others it is NULL where nothing is found`)
    })
  }

  /** `on` (or `using`) with `x.by = y.by` as one of what must hold. */
  #joinsByColumn(condition: readonly Token[]): boolean {
    const using = condition.findIndex(({ word }) => word === 'using')
    if (using >= 0) {
      const open = this.#tokens.indexOf(condition[using] as Token) + 1
      return partsOf(this.#tokens.slice(open + 1, closing(this.#tokens, open))).some((part) => this.#isColumn(part))
    }
    const on = condition.findIndex(({ word }) => word === 'on')
    if (on < 0) return false
    const terms: Token[][] = [[]]
    for (const token of condition.slice(on + 1)) {
      if (token.word === 'or') return false
      if (token.word === 'and') terms.push([])
      else if (token.word !== 'left' && token.word !== 'inner' && token.word !== 'cross' && token.word !== 'outer') terms.at(-1)?.push(token)
    }
    return terms.some((term) => {
      const equals = term.findIndex(({ text }) => text === '=' || text === '==')
      const [a, b] = [term.slice(0, equals), term.slice(equals + 1)]
      return equals > 0 && this.#isColumn(a) && this.#isColumn(b) && a.length === 3 && b.length === 3 && a[0]?.text !== b[0]?.text
    })
  }
}

/** Words that no operand is. */
const KEYWORDS = new Set(
  `select from where group by having order and or not in is null like regexp glob between case when then else end as on using join left inner outer cross partition over over filter
  window exists collate asc desc nulls first last materialized with values rows range groups preceding following current row unbounded exclude`.split(/\s+/),
)

function until(tokens: readonly Token[], ends: ReadonlySet<string>): readonly Token[] {
  const end = tokens.findIndex(({ word }) => ends.has(word))
  return end < 0 ? tokens : tokens.slice(0, end)
}

function endOf(words: readonly string[], from: number): number {
  for (let i = from; i < words.length; i++) if (ENDS.has(words[i] as string)) return i
  return words.length
}
