// Every method has its line in the type tests, which tsc runs (npm run types).
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DStream, MapWithStateDStream } from '../lib/dstream/dstream.ts'
import { Graph } from '../lib/graph/graph.ts'
import { StreamingModel } from '../lib/ml/streaming-model.ts'
import { StreamingTest } from '../lib/ml/streaming-test.ts'
import { Rdd } from '../lib/rdd/rdd.ts'
import { StreamingContext } from '../lib/program/streaming-context.ts'

const folder = new URL('types/', import.meta.url)
const tests = readdirSync(folder)
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n')

it.each([DStream, MapWithStateDStream, StreamingContext, Rdd, Graph, StreamingModel, StreamingTest].map((type) => [type.name, type.prototype] as const))(
  '%s',
  (_name, prototype) => {
    const methods = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor')
    expect(methods.filter((name) => !new RegExp(`\\.${name}\\b|'${name}'`).test(tests))).toEqual([])
  },
)
