// What DynamoDB counts for a request, by the Developer Guide ("Read and write operations", "Item sizes and formats", "Condition expressions").
import type { AttributeValue } from '@aws-sdk/client-dynamodb'

export type Item = Readonly<Record<string, AttributeValue>>

/** Returns the size of an item in bytes: names and values. */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0)
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  // About two digits a byte, and one.
  if (value.N !== undefined) return Math.ceil(value.N.replace(/[-.]|0+$/g, '').length / 2) + 1
  if (value.B !== undefined) return value.B.length
  if (value.SS !== undefined) return value.SS.reduce((sum, s) => sum + Buffer.byteLength(s), 0)
  if (value.NULL !== undefined || value.BOOL !== undefined) return 1
  throw new Error(`an attribute of a kind that the engine does not write: ${Object.keys(value).join()}`)
}

/** Returns the write units of an item, or of the larger of the item before and after. A put that fails on its condition costs what the item that is there does. */
export function writeUnits(...items: readonly Item[]): number {
  return Math.max(1, ...items.map((item) => Math.ceil(itemBytes(item) / 1024)))
}

/** Returns the read units of one item; what is not there costs as much as the smallest. */
export function readUnits(item: Item | undefined, consistent: boolean): number {
  return Math.max(1, Math.ceil((item === undefined ? 0 : itemBytes(item)) / 4096)) * (consistent ? 1 : 0.5)
}
