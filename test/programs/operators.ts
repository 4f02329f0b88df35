import { KEYED } from './operators/keyed.ts'
import { LEARNED } from './operators/learned.ts'
import { ROWS } from './operators/rows.ts'
import { SEVERAL } from './operators/several.ts'
import { STATE } from './operators/state.ts'
import { WHOLE } from './operators/whole.ts'
import { WINDOWS } from './operators/windows.ts'
import type { Operator } from './operator.ts'

/** All operators of random programs. A new one is an entry in one of these tables. */
export const OPERATORS: Readonly<Record<string, Operator>> = { ...ROWS, ...WHOLE, ...KEYED, ...WINDOWS, ...STATE, ...SEVERAL, ...LEARNED }
