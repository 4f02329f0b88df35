import type { Readable } from 'node:stream'

export interface WireRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface WireResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Readable
}

/** Counts by what is billed. */
export interface Bill {
  writeUnits: number
  readUnits: number
  dynamoRequests: number
  failedPuts: number
  s3Puts: number
  s3Gets: number
  sqsSends: number
}
