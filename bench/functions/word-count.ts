import type { Job } from 'millrace'
import { wordCount } from '../cost/word-count.ts'

const job: Job = wordCount(1)
export default job
