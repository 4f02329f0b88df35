import { MillraceError } from '../../values/errors.ts'
import { wallOf } from './timestamp.ts'

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const PIECE = /'(?<text>(?:[^']|'')*)'|(?<letters>([A-Za-z])\3*)|(?<other>[^A-Za-z'])/gu

interface Field {
  readonly letter: string
  readonly width: number
}
type Piece = string | Field

/** A pattern of java.time's DateTimeFormatter, as date_format and to_timestamp take it. */
export interface DatePattern {
  format(wallMs: number, offsetMs: number): string
  /** Returns wall-clock ms and, where the text says it, the zone's offset; null when it does not fit. */
  parse(text: string): { readonly wall: number; readonly offsetMs: number | undefined } | null
}

const kept = new Map<string, DatePattern>()
/** Patterns are written in statements; a column of patterns must not fill the memory. */
const MAX_KEPT = 200

/** Returns the pattern, compiled; throws for letters that are not supported. */
export function datePattern(pattern: string): DatePattern {
  const found = kept.get(pattern)
  if (found !== undefined) return found
  const pieces = piecesOf(pattern)
  const compiled: DatePattern = {
    format: (wall, offset) => pieces.map((piece) => (typeof piece === 'string' ? piece : formatField(piece, new Date(wall), offset))).join(''),
    parse: parserOf(pattern, pieces),
  }
  if (kept.size >= MAX_KEPT) kept.clear()
  kept.set(pattern, compiled)
  return compiled
}

function piecesOf(pattern: string): readonly Piece[] {
  return [...pattern.matchAll(PIECE)].map(({ groups }) => {
    if (groups?.['text'] !== undefined) return groups['text'] === '' ? "'" : groups['text'].replaceAll("''", "'")
    const letters = groups?.['letters']
    if (letters === undefined) return groups?.['other'] ?? ''
    const letter = letters[0] as string
    if (!'yuMLdDEaHhKkmsSXxZQq'.includes(letter))
      throw new MillraceError(
        'BAD_VALUE',
        `sql: the date pattern '${pattern}' has the letter ${letter}, which is not supported; there are y u M L d D E a H h K k m s S X x Z Q, and text between single quotes`,
      )
    return { letter, width: letters.length }
  })
}

function formatField({ letter, width }: Field, date: Date, offset: number): string {
  const pad = (n: number): string => String(n).padStart(width, '0')
  const hour = date.getUTCHours()
  switch (letter) {
    case 'y':
    case 'u':
      return width === 2 ? String(date.getUTCFullYear() % 100).padStart(2, '0') : pad(date.getUTCFullYear())
    case 'M':
    case 'L':
      return width < 3 ? pad(date.getUTCMonth() + 1) : (MONTHS[date.getUTCMonth()] as string).slice(0, width === 3 ? 3 : undefined)
    case 'd':
      return pad(date.getUTCDate())
    case 'D':
      return pad(Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1)
    case 'E':
      return (DAYS[date.getUTCDay()] as string).slice(0, width < 4 ? 3 : undefined)
    case 'a':
      return hour < 12 ? 'AM' : 'PM'
    case 'H':
      return pad(hour)
    case 'k':
      return pad(hour === 0 ? 24 : hour)
    case 'K':
      return pad(hour % 12)
    case 'h':
      return pad(hour % 12 === 0 ? 12 : hour % 12)
    case 'm':
      return pad(date.getUTCMinutes())
    case 's':
      return pad(date.getUTCSeconds())
    case 'S':
      return String(date.getUTCMilliseconds()).padStart(3, '0').padEnd(width, '0').slice(0, width)
    case 'Q':
    case 'q':
      return width === 3 ? `Q${Math.floor(date.getUTCMonth() / 3) + 1}` : pad(Math.floor(date.getUTCMonth() / 3) + 1)
    default:
      return formatOffset(letter, width, offset)
  }
}

function formatOffset(letter: string, width: number, offset: number): string {
  if (letter === 'X' && offset === 0) return 'Z'
  const minutes = Math.floor(Math.abs(offset) / 60_000)
  const [h, m] = [String(Math.floor(minutes / 60)).padStart(2, '0'), String(minutes % 60).padStart(2, '0')]
  const sign = offset < 0 ? '-' : '+'
  if (letter === 'Z') return `${sign}${h}${m}`
  return width === 1 ? `${sign}${h}${m === '00' ? '' : m}` : `${sign}${h}${width === 2 ? '' : ':'}${m}`
}

function parserOf(pattern: string, pieces: readonly Piece[]): DatePattern['parse'] {
  const fields = pieces.filter((piece): piece is Field => typeof piece !== 'string')
  const source = pieces
    .map((piece, i) => (typeof piece === 'string' ? piece.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : fieldPattern(piece, pieces[i + 1])))
    .join('')
  const regex = new RegExp(`^${source}$`, 'i')
  const unreadable = fields.find(({ letter }) => 'DEQq'.includes(letter))
  return (text) => {
    if (unreadable !== undefined && fields.every(({ letter }) => 'DEQq'.includes(letter))) return null
    const match = regex.exec(text)
    if (match === null) return null
    const of = (letters: string): string | undefined => {
      const i = fields.findIndex(({ letter }) => letters.includes(letter))
      return i < 0 ? undefined : match[i + 1]
    }
    const number = (letters: string, otherwise: number): number => Number(of(letters) ?? otherwise)
    const year = of('yu')
    const month = of('ML') ?? '1'
    const name = MONTHS.findIndex((full) => full.slice(0, 3).toLowerCase() === month.slice(0, 3).toLowerCase())
    const half = of('a')?.toLowerCase()
    const twelve = of('hK')
    const hour = twelve === undefined ? number('H', number('k', 0) % 24) : (Number(twelve) % 12) + (half === 'pm' ? 12 : 0)
    const wall = wallOf([
      year === undefined ? 1970 : year.length === 2 ? 2000 + Number(year) : Number(year),
      name >= 0 ? name + 1 : Number(month),
      number('d', 1),
      hour,
      number('m', 0),
      number('s', 0),
      Number((of('S') ?? '').padEnd(3, '0').slice(0, 3)),
    ])
    const zone = of('XxZ')
    return wall === null ? null : { wall, offsetMs: zone === undefined ? undefined : readOffset(zone) }
  }
}

/** A number that another one follows at once has a fixed width. */
function fieldPattern({ letter, width }: Field, next: Piece | undefined): string {
  if (letter === 'a') return '(am|pm)'
  if (letter === 'E') return `(${DAYS.map((day) => (width < 4 ? day.slice(0, 3) : day)).join('|')})`
  if (letter === 'M' && width >= 3) return `(${MONTHS.map((month) => (width === 3 ? month.slice(0, 3) : month)).join('|')})`
  if ('XxZ'.includes(letter)) return '(Z|[+-]\\d{2}(?::?\\d{2})?)'
  if (width > 1 || (next !== undefined && typeof next !== 'string')) return `(\\d{${width}})`
  return letter === 'y' || letter === 'u' ? '(\\d{1,4})' : '(\\d{1,3})'
}

function readOffset(text: string): number {
  if (/^z/i.test(text)) return 0
  const minutes = Number(text.slice(1, 3)) * 60 + (text.length > 3 ? Number(text.slice(-2)) : 0)
  return (text.startsWith('-') ? -minutes : minutes) * 60_000
}
