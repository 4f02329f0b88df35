// The job of first-words.ts under a name of its own, so that two tests may have it at once.
import { defineJob, seconds } from 'millrace'
import { firstWords } from './first-words.ts'

export default defineJob({ name: 'shown-words', batchInterval: seconds(2) }, firstWords)
