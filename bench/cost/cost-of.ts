import { PRICES } from '../prices.ts'
import type { Measured } from './measure-load.ts'

/** USD per million records, by what is paid for. */
export interface Cost {
  readonly writes: number
  readonly reads: number
  readonly s3: number
  readonly sqs: number
  readonly lambda: number
  readonly all: number
}

/** What is billed of a load; of a bill only what its price is for. */
export type Billable = Pick<Measured, 'records' | 'writeUnits' | 'readUnits' | 's3Puts' | 's3Gets' | 'sqsRequests' | 'invocations' | 'lambdaMs'>

/** Returns what a load costs per million records, with functions of so much memory. */
export function costOf(m: Billable, memoryMb: number): Cost {
  const per = (units: number, price: number): number => (units * price * 1e6) / m.records
  const writes = per(m.writeUnits, PRICES.dynamoWriteUnit)
  const reads = per(m.readUnits, PRICES.dynamoReadUnit)
  const s3 = per(m.s3Puts, PRICES.s3Put) + per(m.s3Gets, PRICES.s3Get)
  const sqs = per(m.sqsRequests, PRICES.sqsRequest)
  const lambda = per(m.invocations, PRICES.lambdaRequest) + per(gbSeconds(m.lambdaMs, memoryMb), PRICES.lambdaGbSecond)
  return { writes, reads, s3, sqs, lambda, all: writes + reads + s3 + sqs + lambda }
}

/** Returns what Lambda bills for so many ms with so much memory. */
export function gbSeconds(ms: number, memoryMb: number): number {
  return (ms / 1_000) * (memoryMb / 1_024)
}
