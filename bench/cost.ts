// npm run bench:cost: what word count costs per million records, counted from the requests that the adapters send.
// -- --windows, --thresholds, --memory: with other defaults. -- --fit: whether the functions' bounds keep them below their memory.
import { parseArgs } from 'node:util'
import { loads } from './cost/loads.ts'
import { fit, memory } from './cost/memory.ts'
import { thresholds } from './cost/thresholds.ts'

const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({ options: { windows: flag, thresholds: flag, memory: flag, fit: flag } })
if (values.thresholds) await thresholds()
else if (values.memory) await memory()
else if (values.fit) await fit()
else await loads({ windows: values.windows })
