// The contract, over a real server: appended, and overwritten by key.
import { sinkContract } from '../contract.ts'
import { subjectOf } from './server.ts'

sinkContract('postgres, rows appended', subjectOf('all'), 300_000)
sinkContract('postgres, rows overwritten by key', subjectOf('newest'), 300_000)
