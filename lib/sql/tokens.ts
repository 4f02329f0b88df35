import { MillraceError } from '../values/errors.ts'

/** A piece of a statement. SQLite shows no tree; names, texts and brackets are enough for what is to be found. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign' | 'parameter'
  /** As it stands there; of a quoted name or a text what is between its quotes. */
  readonly text: string
  /** In small letters, of words; else ''. */
  readonly word: string
  readonly start: number
  readonly end: number
  /** How many brackets are open around it; a bracket itself counts as outside. */
  readonly depth: number
}

const PATTERN =
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^']|'')*')|(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])|(?<number>0[xX][\da-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<parameter>[?:@$][\p{L}\p{N}_]*)|(?<sign><=>|->>|<<|>>|<=|>=|<>|!=|==|\|\||->|[^\s])/uy

/** Returns a statement's tokens, without spaces and comments. */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = []
  let depth = 0
  PATTERN.lastIndex = 0
  for (;;) {
    const start = PATTERN.lastIndex
    const groups = PATTERN.exec(sql)?.groups
    if (groups === undefined) return tokens
    const end = PATTERN.lastIndex
    const text = sql.slice(start, end)
    if (groups['space'] !== undefined) continue
    if (text === ')') depth--
    const at = { start, end, depth }
    if (groups['string'] !== undefined) tokens.push({ kind: 'string', text: text.slice(1, -1).replaceAll("''", "'"), word: '', ...at })
    else if (groups['quoted'] !== undefined) tokens.push({ kind: 'quoted', text: unquote(text), word: '', ...at })
    else if (groups['word'] !== undefined) tokens.push({ kind: 'word', text, word: text.toLowerCase(), ...at })
    else tokens.push({ kind: groups['number'] !== undefined ? 'number' : groups['parameter'] !== undefined ? 'parameter' : 'sign', text, word: '', ...at })
    if (text === '(') depth++
  }
}

function unquote(text: string): string {
  const inner = text.slice(1, -1)
  return text.startsWith('[') ? inner : inner.replaceAll(text[0] === '"' ? '""' : '``', text[0] as string)
}

/** Returns a place in a statement as people count it. */
export function placeOf(sql: string, offset: number): string {
  const before = sql.slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}

/** What a statement is refused with: what, where, and what is there instead. */
export function refusal(sql: string, offset: number | undefined, what: string, instead?: string): MillraceError {
  const where = offset === undefined ? '' : ` (${placeOf(sql, offset)})`
  return new MillraceError('BAD_PROGRAM', `sql: ${what}${where}${instead === undefined ? '' : `: ${instead}`}`)
}

/** A call of a function: its name, and the tokens of its arguments. */
export interface Call {
  readonly name: string
  /** Index of the name's token. */
  readonly at: number
  /** Index of its closing bracket. */
  readonly end: number
  readonly args: readonly (readonly Token[])[]
}

/** Returns all calls, inner ones too. What looks like one and is none (`in (...)`, `over (...)`) is among them; whoever asks knows the names it looks for. */
export function callsOf(tokens: readonly Token[]): readonly Call[] {
  const calls: Call[] = []
  tokens.forEach((token, at) => {
    if ((token.kind !== 'word' && token.kind !== 'quoted') || tokens[at + 1]?.text !== '(' || tokens[at + 1]?.kind !== 'sign') return
    const end = closing(tokens, at + 1)
    calls.push({ name: token.text.toLowerCase(), at, end, args: partsOf(tokens.slice(at + 2, end)) })
  })
  return calls
}

/** Returns the index of the bracket that closes the one at `open`; the end, when there is none. */
export function closing(tokens: readonly Token[], open: number): number {
  const depth = tokens[open]?.depth
  for (let i = open + 1; i < tokens.length; i++) if (tokens[i]?.text === ')' && tokens[i]?.kind === 'sign' && tokens[i]?.depth === depth) return i
  return tokens.length
}

/** Returns what stands between the commas, at the depth of the first token. */
export function partsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const [first] = tokens
  if (first === undefined) return []
  const parts: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === 'sign' && token.text === ',' && token.depth === first.depth) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}
