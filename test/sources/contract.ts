// What every kind of source must hold, over the whole engine and its own events: each one runs it in its own test file.
import { describe, expect, it } from 'vitest'
import { defineJob, seconds, type DStream, type StreamingContext } from '../../lib/index.ts'
import { sourceHandler } from '../../lib/lambda/source-handler.ts'
import { linesOf } from '../runtime/lines-of.ts'
import type { BatchResponse, EventSource } from '../../lib/sources/source.ts'
import type { Ports } from '../../lib/runtime/runtime.ts'
import { makeEngine, type Engine } from '../runtime/engine.ts'

/** Records `from`, `from` + 1, ... of input partition `partition`. */
export interface Part {
  readonly partition: number
  readonly from: number
  readonly values: readonly string[]
  readonly arrivalMs: number
}

export interface SourceKit {
  readonly source: EventSource
  /** Makes the program's stream `in`. */
  readonly stream: (ssc: StreamingContext) => DStream<string>
  /** Of one event: how many input partitions it may bring. */
  readonly partitions: number
  /** An event, as the service sends it. */
  readonly event: (parts: readonly Part[]) => unknown
  /** The parts that the service sends again after an answer. */
  readonly again: (parts: readonly Part[], answer: BatchResponse) => readonly Part[]
  /** The same source, made again under its name: its positions begin anew, and this is the error. */
  readonly madeAgain: RegExp
}

const AT = 1_000_000
const HOUR = 3_600_000
const PLENTY = { getRemainingTimeInMillis: (): number => 900_000 }
/** Too little for more than the first 64 records. */
const LITTLE = { getRemainingTimeInMillis: (): number => 1 }

export function testSource(name: string, { source, stream, partitions, event, again, madeAgain }: SourceKit): void {
  const job = defineJob({ name: 'contract', batchInterval: seconds(10) }, (ssc) => stream(ssc).saveAsTextFiles('out'))
  const open = (
    settings = {},
    wrap?: (ports: Ports) => Ports,
  ): { readonly engine: Engine; readonly deliver: (parts: readonly Part[], context?: typeof PLENTY) => Promise<BatchResponse> } => {
    const engine = makeEngine(job, settings, wrap)
    // Every event finds a process of its own: what it knows it has read.
    const deliver = (parts: readonly Part[], context = PLENTY): Promise<BatchResponse> =>
      sourceHandler(engine.process(), [source], () => 'in')(event(parts), context)
    return { engine, deliver }
  }
  const out = async (engine: Engine): Promise<readonly string[]> => {
    await engine.tick(engine.process())
    await engine.runTo(engine.process(), engine.clock.now() + 120_000)
    return linesOf(engine, 'out')
  }
  const numbered = (from: number, to: number, partition = 0): Part => ({
    partition,
    from,
    values: Array.from({ length: to - from }, (_, i) => `${partition}:${from + i}`),
    arrivalMs: AT - 500,
  })

  describe(`the source ${name}`, () => {
    it('brings every record once, and the order of an input partition stays', async () => {
      const { engine, deliver } = open()
      expect(await deliver([numbered(0, 100)])).toEqual({ batchItemFailures: [] })
      expect(await deliver([numbered(100, 130)])).toEqual({ batchItemFailures: [] })
      expect(await out(engine)).toEqual(numbered(0, 130).values)
    })

    it('drops what comes again, with whatever borders', async () => {
      const { engine, deliver } = open()
      for (const [from, to] of [
        [0, 10],
        [0, 10],
        [5, 15],
        [3, 4],
        [15, 16],
        [0, 20],
      ] as const)
        expect(await deliver([numbered(from, to)])).toEqual({ batchItemFailures: [] })
      expect(await out(engine)).toEqual(numbered(0, 20).values)
    })

    it('names what there was no time for, so that it comes again and is counted once', async () => {
      const { engine, deliver } = open()
      let parts: readonly Part[] = Array.from({ length: partitions }, (_, p) => numbered(0, 200, p))
      const all = parts.flatMap(({ values }) => values)
      let rounds = 0
      for (; parts.length > 0 && rounds < 20; rounds++) {
        const sent = parts
        const answer = await deliver(sent, LITTLE).catch(() => null)
        parts = answer === null ? sent : again(sent, answer)
      }
      expect(rounds).toBeGreaterThan(1)
      expect(parts).toEqual([])
      expect([...(await out(engine))].sort()).toEqual([...all].sort())
    })

    it('acknowledges nothing of an input partition whose put failed', async () => {
      let puts = 0
      const failing = (ports: Ports): Ports => ({
        ...ports,
        log: {
          get: (key, options) => ports.log.get(key, options),
          getMany: (keys, options) => ports.log.getMany(keys, options),
          newest: (log) => ports.log.newest(log),
          // Of several at once the last one.
          put: (key, bytes, options) =>
            key.log.startsWith('rec/in/') && ++puts === partitions ? Promise.reject(new Error('no store')) : ports.log.put(key, bytes, options),
        },
      })
      const { engine, deliver } = open({}, failing)
      let parts: readonly Part[] = Array.from({ length: partitions }, (_, p) => numbered(0, 10, p))
      const all = parts.flatMap(({ values }) => values)
      for (let round = 0; parts.length > 0 && round < 5; round++) {
        const sent = parts
        const answer = await deliver(sent).catch(() => null)
        parts = answer === null ? sent : again(sent, answer)
      }
      expect(puts).toBeGreaterThan(partitions)
      expect([...(await out(engine))].sort()).toEqual([...all].sort())
    })

    it('goes on after a silence longer than the retention', async () => {
      const retentionMs = 24 * HOUR
      const { engine, deliver } = open({ retentionMs })
      await deliver([numbered(0, 10)])
      await out(engine)
      for (let hour = 0; hour < 72; hour += 2) {
        engine.clock.moveTo(AT + (hour + 1) * HOUR)
        await engine.tick(engine.process())
        await engine.runTo(engine.process(), engine.clock.now() + 60_000)
        engine.ports.log.expire(engine.clock.now())
      }
      const later = engine.clock.now() - 500
      // The last ones come once more, with a new one.
      await deliver([{ ...numbered(5, 10) }])
      await deliver([{ ...numbered(10, 12), arrivalMs: later }])
      expect(await out(engine)).toEqual(numbered(0, 12).values)
    })

    it('stops where it was made again under its name', async () => {
      const { engine, deliver } = open()
      await deliver([numbered(0, 10)])
      engine.clock.moveTo(AT + HOUR)
      const made = deliver([{ ...numbered(0, 3), arrivalMs: AT + HOUR - 500 }])
      await expect(made).rejects.toMatchObject({ code: 'BAD_EVENT', message: expect.stringMatching(madeAgain) })
      expect(await out(engine)).toEqual(numbered(0, 10).values)
    })

    it('refuses an event that is none of its own', async () => {
      const { deliver } = open()
      const handler = sourceHandler(open().engine.process(), [source], () => 'in')
      await expect(handler({ Records: [{ eventSource: 'aws:other' }] }, PLENTY)).rejects.toMatchObject({ code: 'BAD_EVENT' })
      expect(source.takes({ Records: [{ eventSource: 'aws:other' }] })).toBe(false)
      expect(source.takes(event([numbered(0, 1)]))).toBe(true)
      await deliver([])
    })
  })
}
