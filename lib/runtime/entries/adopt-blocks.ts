import type { Rows } from '../../dstream/node.ts'
import { exchangeUid, inputKey, isSameOperator, parseExchangeUid, type ExchangeName, type ReaderName } from '../../plan/exchange-name.ts'
import type { Exchange, Plan, Stage, StageNode } from '../../plan/plan.ts'
import { kindOf } from '../../plan/name-nodes.ts'
import { partitionOfRow } from '../../plan/sinks.ts'
import { MillraceError } from '../../values/errors.ts'
import { partitionOf, type Key } from '../../values/key.ts'
import type { Block } from './entry.ts'

/** A block as one partition of a stage reads it. */
export interface ReadBlock {
  readonly block: Block
  /** The exchange of this program that it belongs to. */
  readonly exchange: string
  /** Set where it has no shuffle before it in this program: whose rows they are. */
  readonly detour: StageNode | undefined
  readonly isCombined: boolean
  /** Under which key its rows are input: see inputKey. */
  readonly input: string
  /** Leaves the rows of one partition; undefined: all are. */
  readonly pick: ((rows: Rows) => Rows) | undefined
  /** About how much of it that is. */
  readonly share: number
}

/** Where rows of a block go in this program. */
interface Target {
  readonly exchange: Exchange
  /** To one of its readers only, or uncombined to one that combines. */
  readonly only: number | 'plain' | undefined
  /** A reader that has no shuffle before it in this program. */
  readonly detour?: StageNode
}

/** Whether a reader of a block takes it here. */
export type Allows = (reader: ReaderName | undefined) => boolean

/** Where the blocks of an exchange go that may be another program's. Empty: its readers are gone, or others take it for them. */
export function targetsOf(plan: Plan, uid: string, entryBlocks: readonly Block[], allows?: Allows): readonly Target[] {
  const own = plan.exchanges.find((exchange) => exchange.uid === uid)
  if (own !== undefined && allows === undefined) return [{ exchange: own, only: undefined }]
  const name = parseExchangeUid(uid)
  if (name === undefined) return allows?.(undefined) === false ? [] : heirsOf(plan, uid, entryBlocks).map((exchange) => ({ exchange, only: undefined }))
  const readers = name.readers.filter((reader) => allows?.(reader) !== false)
  const byExchange = plan.exchanges.flatMap((exchange): readonly Target[] => {
    const found = exchange.readers.flatMap((reader, i) => {
      const was = readers.find((one) => isReader(plan, reader, one))
      return was === undefined ? [] : [{ index: i, was }]
    })
    const [first] = found
    if (first === undefined) return []
    checkForm(plan, exchange, first.was, name.combined)
    if (exchange.combiner !== undefined) return [{ exchange, only: name.combined ? undefined : 'plain' }]
    if (found.length === exchange.readers.length) return [{ exchange, only: undefined }]
    return found.map(({ index }) => ({ exchange, only: index }))
  })
  return [...byExchange, ...readers.flatMap((reader) => detourOf(plan, reader, name) ?? [])]
}

/** Returns the readers of a block that this program no longer has, by uid. */
export function removedReaders(plan: Plan, uid: string, entryBlocks: readonly Block[], allows?: Allows): readonly (ReaderName | string)[] {
  if (allows === undefined && plan.exchanges.some((exchange) => exchange.uid === uid)) return []
  const name = parseExchangeUid(uid)
  if (name === undefined) return allows?.(undefined) !== false && targetsOf(plan, uid, entryBlocks).length === 0 ? [uid] : []
  return name.readers.filter((reader) => allows?.(reader) !== false && plan.stages.every((stage) => !readsIn(plan, stage, reader)))
}

/** Whether a reader that another program called so is in this stage, behind a shuffle or not. */
export function readsIn(plan: Plan, stage: Stage, reader: ReaderName): boolean {
  return stage.nodes.some((node) => reader[1] < Math.max(1, node.parents.length) && isReader(plan, { node, input: reader[1] }, reader))
}

/** Where the rows of a reader go that has no shuffle before it now: straight to it, in whatever stage it is. */
function detourOf(plan: Plan, reader: ReaderName, was: ExchangeName): Target | undefined {
  if (plan.exchanges.some((exchange) => exchange.readers.some((one) => isReader(plan, one, reader)))) return undefined
  const stage = plan.stages.find((one) => readsIn(plan, one, reader))
  const node = stage?.nodes.find((one) => isReader(plan, { node: one, input: reader[1] }, reader))
  if (stage === undefined || node === undefined) return undefined
  const combiner = was.combined && node.shape === 'barrier' ? node.combiner : undefined
  const kind = node.shape === 'input' || node.shape === 'union' ? undefined : node.distribution?.kind
  const spread = kind === 'key' || kind === 'whole' ? kind : was.spread === 'key' ? 'key' : 'source'
  const level = plan.stages.indexOf(stage)
  const exchange: Exchange = {
    uid: exchangeUid({ combined: was.combined, readers: [reader], spread, partitions: stage.partitions, level }),
    stem: '',
    to: stage.uid,
    partitions: stage.partitions,
    fromStreams: [],
    fromStages: [],
    from: node.parents[reader[1]] ?? node,
    readers: [{ node, input: reader[1] }],
    spread,
    pairsOnly: false,
    combiner,
  }
  checkForm(plan, exchange, reader, was.combined)
  return { exchange, only: undefined, detour: { node, input: reader[1] } }
}

/** Whether a reader is the one that another program called so. */
export function isReader(plan: Plan, reader: StageNode, [uid, input, lasting]: ReaderName): boolean {
  if (reader.input !== input) return false
  const now = plan.uids.get(reader.node) ?? ''
  // One that has the uid goes before one that is as manieth of its kind.
  if (uid !== now && [...plan.uids.values()].includes(uid)) return false
  return isSameOperator([uid, lasting], [now, plan.lasting.get(reader.node) ?? ''])
}

/** Combined values mean something to their operator alone. */
function checkForm(plan: Plan, exchange: Exchange, [uid, , lasting]: ReaderName, combined: boolean): void {
  const node = exchange.readers[0]?.node
  const was = lasting.split('#')[0]
  if (!combined || node === undefined || (exchange.combiner !== undefined && kindOf(node) === was)) return
  throw new MillraceError(
    'INCOMPATIBLE_STATE',
    `rows that wait for operator '${uid}' of job '${plan.name}' were combined by its ${was}, and this program has ${kindOf(node)} under that uid: they would be misread. Give the new operator another uid (what waits for the old one is counted and dropped), or deploy the program as it was until it is taken`,
  )
}

/** Returns the exchanges that took the place of one of before version 0.2, whose name says whose rows they are: of several such in an entry, all with the same rows, one is taken. */
function heirsOf(plan: Plan, uid: string, entryBlocks: readonly Block[]): readonly Exchange[] {
  const stem = stemOf(uid)
  const heirs = plan.exchanges.filter((exchange) => exchange.stem === stem)
  const at = (other: string): Exchange | undefined =>
    heirs.find(({ partitions, to }) => other === `${stem}${partitions}@${to.slice('stage-'.length).split('x')[0]}`)
  const own = at(uid)
  if (own !== undefined) return [own]
  const present = [...new Set(entryBlocks.map((block) => block.exchange).filter((other) => stemOf(other) === stem))]
  const taken = new Set(present.map(at))
  const first = present.find((other) => at(other) === undefined)
  return first === uid ? heirs.filter((heir) => !taken.has(heir)) : []
}

const stemOf = (uid: string): string => uid.replace(/\d+@\d+$/, '')

/** Returns what of a block is this partition's, as its readers in this program take it; nothing when nothing is. */
export function adopted(block: Block, { exchange, only, detour }: Target, partition: number): readonly ReadBlock[] {
  const { uid, spread, partitions, combiner } = exchange
  const { parts = [] } = block
  const combined = combiner !== undefined
  const read = { block, exchange: uid, input: inputKey(exchange, only), detour, isCombined: combined }
  const whole = parts.length === 0 ? undefined : (rows: Rows): Rows => rowsOf(rows, parts, combined)
  const share = parts.reduce((part, [, n]) => part / n, 1)
  if (spread !== 'key' || partitions === 1 || isSpreadAlike(block, exchange))
    return partitionIn(block, spread, partitions) === partition ? [{ ...read, pick: whole, share }] : []
  return [{ ...read, pick: (rows) => rowsOf(rows, [...parts, [partition, partitions]], combined), share: Math.min(share, countOf(block) / partitions) }]
}

/** Returns what a task leaves of a block that it was to read as partition r of n; undefined when that is nothing. `readers`: for whom. */
export function leftOf(block: Block, readers: readonly ReaderName[], r: number, n: number): Block | undefined {
  const name = parseExchangeUid(block.exchange)
  if (name === undefined) return block.partition === r ? block : undefined
  const left = { ...block, exchange: exchangeUid({ ...name, readers }) }
  if (name.spread !== 'key' || n === 1 || name.partitions === n) return partitionIn(block, name.spread, n) === r ? left : undefined
  return { ...left, parts: [...(block.parts ?? []), [r, n]] }
}

/** The partition of a block whose rows stay together. */
function partitionIn({ partition }: Block, spread: string, partitions: number): number {
  return partitions === 1 ? 0 : spread === 'key' ? partition : partition % partitions
}

/** Whether the rows of a block are spread over as many partitions as those of this exchange. */
function isSpreadAlike(block: Block, { uid, partitions }: Exchange): boolean {
  if (block.exchange === uid) return true
  const name = parseExchangeUid(block.exchange)
  return name === undefined ? countOf(block) === partitions : name.spread === 'key' && name.partitions === partitions
}

/** Over how many partitions its rows are spread. */
function countOf({ exchange }: Block): number {
  return parseExchangeUid(exchange)?.partitions ?? Number(/(\d+)@\d+$/.exec(exchange)?.[1] ?? 1)
}

/** Returns the rows that are in all of these parts. */
export function rowsOf(rows: Rows, parts: NonNullable<Block['parts']>, combined: boolean): Rows {
  // A combined row may have a third field, which partitionOfRow does not know.
  const of = combined ? (row: unknown, n: number): number => partitionOf((row as readonly [Key])[0], n) : partitionOfRow
  return rows.filter((row) => parts.every(([r, n]) => of(row, n) === r))
}
