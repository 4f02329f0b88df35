import { describeValue } from '../values/describe-value.ts'
import { MillraceError } from '../values/errors.ts'
import type { Decoder } from './decoder.ts'

/** A value of an item. Numbers keep all their digits: what a JavaScript number cannot hold exactly is a bigint where it is whole, else its text. */
export type DynamoDbValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string | number | bigint | Uint8Array>
  | readonly DynamoDbValue[]
  | { readonly [name: string]: DynamoDbValue }

export interface DynamoDbChange {
  readonly name: 'INSERT' | 'MODIFY' | 'REMOVE'
  readonly table: string
  readonly keys: Readonly<Record<string, DynamoDbValue>>
  /** As far as the stream's view type has it. */
  readonly before: Readonly<Record<string, DynamoDbValue>> | undefined
  readonly after: Readonly<Record<string, DynamoDbValue>> | undefined
  /** When it was changed, about: epoch ms. */
  readonly at: number
  /** Removed by its time to live, not by anybody. */
  readonly expired: boolean
}

/** As the wire has it, `{ S: 'text' }`. */
type Attribute = Readonly<Record<string, unknown>>
type Image = Readonly<Record<string, Attribute>>

interface WireChange {
  readonly eventName?: unknown
  readonly tableName?: unknown
  readonly eventSourceARN?: unknown
  readonly userIdentity?: { readonly principalId?: unknown; readonly type?: unknown } | null
  readonly dynamodb?: {
    readonly ApproximateCreationDateTime?: number
    readonly ApproximateCreationDateTimePrecision?: string
    readonly Keys?: Image
    readonly OldImage?: Image
    readonly NewImage?: Image
  }
}

/** Returns a decoder of the changes of a table that DynamoDB puts to a Kinesis stream. */
export function dynamoDbChange(): Decoder<DynamoDbChange> {
  return { decode: (data) => changeOf(JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')) as WireChange) }
}

function changeOf(wire: WireChange): DynamoDbChange {
  const { eventName: name, dynamodb } = wire
  if ((name !== 'INSERT' && name !== 'MODIFY' && name !== 'REMOVE') || dynamodb?.Keys === undefined)
    throw new MillraceError(
      'BAD_VALUE',
      `dynamoDbChange got a record with eventName ${describeValue(name)}; it must be INSERT, MODIFY or REMOVE, with dynamodb.Keys`,
    )
  const { ApproximateCreationDateTime: at = 0, ApproximateCreationDateTimePrecision: precision } = dynamodb
  const table = typeof wire.tableName === 'string' ? wire.tableName : (/table\/([^/]+)/.exec(String(wire.eventSourceARN))?.[1] ?? '')
  return {
    name,
    table,
    keys: imageOf(dynamodb.Keys),
    before: dynamodb.OldImage && imageOf(dynamodb.OldImage),
    after: dynamodb.NewImage && imageOf(dynamodb.NewImage),
    at: Math.floor(precision === 'MICROSECOND' ? at / 1000 : at < 1e11 ? at * 1000 : at), // DynamoDB Streams says seconds, Kinesis ms or us
    expired: wire.userIdentity?.principalId === 'dynamodb.amazonaws.com',
  }
}

/** Returns an item's values. */
export function imageOf(image: Image): Readonly<Record<string, DynamoDbValue>> {
  return Object.fromEntries(Object.entries(image).map(([name, attribute]) => [name, valueOf(attribute)]))
}

function valueOf(attribute: Attribute): DynamoDbValue {
  const [[type, value] = []] = Object.entries(attribute)
  switch (type) {
    case 'S':
      return value as string
    case 'N':
      return exact(value as string)
    case 'BOOL':
      return value as boolean
    case 'NULL':
      return null
    case 'B':
      return new Uint8Array(Buffer.from(value as string, 'base64'))
    case 'M':
      return imageOf(value as Image)
    case 'L':
      return (value as readonly Attribute[]).map(valueOf)
    case 'SS':
      return new Set(value as readonly string[])
    case 'NS':
      return new Set((value as readonly string[]).map(exact))
    case 'BS':
      return new Set((value as readonly string[]).map((one) => new Uint8Array(Buffer.from(one, 'base64'))))
    default:
      throw new MillraceError('BAD_VALUE', `dynamoDbChange got an attribute of type ${describeValue(type)}; it knows S, N, B, BOOL, NULL, M, L, SS, NS and BS`)
  }
}

/** Numbers have 38 digits there. */
function exact(text: string): number | bigint | string {
  const number = Number(text)
  const [digits, scale] = decimalOf(text)
  const [same, sameScale] = decimalOf(String(number))
  if (digits === same && scale === sameScale) return number
  // Neither NaN nor more zeros than 126: DynamoDB takes no more.
  return scale >= 0 && Number.isFinite(number) ? BigInt(digits) * 10n ** BigInt(scale) : text
}

/** `digits` times ten to the power of `scale`, without zeros at their end: equal for equal numbers. */
function decimalOf(text: string): readonly [digits: string, scale: number] {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text) ?? []
  const all = `${whole}${fraction}`.replace(/^0+/, '')
  const digits = all.replace(/0+$/, '')
  return digits === '' ? ['0', 0] : [`${sign === '-' ? '-' : ''}${digits}`, Number(exponent) - fraction.length + (all.length - digits.length)]
}
