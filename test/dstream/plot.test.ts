import { describe, expect, it } from 'vitest'
import { defineJob, minutes, seconds, type DStream, type PlotOptions, type StreamingContext } from '../../lib/index.ts'
import { planJob } from '../../lib/plan/plan-job.ts'

const planned = (build: (ssc: StreamingContext, rows: DStream<readonly [string, number]>) => void): unknown =>
  planJob(defineJob({ name: 'plots', batchInterval: seconds(1) }, (ssc) => build(ssc, ssc.queueStream([[['a', 1] as const]]))))

describe('a program whose plots cannot be is refused when it is planned', () => {
  it.each<[string, (ssc: StreamingContext, rows: DStream<readonly [string, number]>) => void, RegExp]>([
    ['no title', (_ssc, rows) => rows.plot(''), /plot got .* as its title; it must be a text of 1 to 100 characters/],
    ['a long one', (_ssc, rows) => rows.plot('x'.repeat(101)), /1 to 100 characters/],
    [
      'another kind',
      (_ssc, rows) => rows.plot('P', { kind: 'pie' } as unknown as PlotOptions),
      /plot 'P': its kind is the string "pie"; it is one of bar, line, number, table/,
    ],
    ['no field', (_ssc, rows) => rows.plot('P', { y: '' }), /plot 'P': its y is the string ""; it is the name of a field/],
    ['lines of bars', (_ssc, rows) => rows.plot('P', { by: 'key' }), /it has by, and a plot of kind 'bar' takes none: say kind: 'line'/],
    ['history of bars', (_ssc, rows) => rows.plot('P', { last: minutes(1) }), /it has last, and a plot of kind 'bar' takes none/],
    ['axes of a table', (_ssc, rows) => rows.plot('P', { kind: 'table', x: 'a' }), /it has x, and a plot of kind 'table' takes none: map the rows/],
    ['no span', (_ssc, rows) => rows.plot('P', { kind: 'line', last: seconds(0) }), /plot 'P': last is 0 ms; it must be a Duration longer than 0 ms/],
    [
      'a title twice',
      (_ssc, rows) => {
        rows.plot('P')
        rows.plot('P', { kind: 'table' })
      },
      /there is a plot 'P' already/,
    ],
    [
      'a dashboard of a plot that is not there',
      (ssc, rows) => {
        rows.plot('P')
        ssc.dashboard('D', [['P', 'Q']])
      },
      /dashboard 'D': there is no plot 'Q'; there are 'P'/,
    ],
    [
      'a plot that stands on it twice',
      (ssc, rows) => {
        rows.plot('P')
        ssc.dashboard('D', [['P'], ['P']])
      },
      /the plot 'P' stands on it twice/,
    ],
    [
      'two dashboards',
      (ssc, rows) => {
        rows.plot('P')
        ssc.dashboard('D', [['P']])
        ssc.dashboard('E', [['P']])
      },
      /dashboard 'E': there is a dashboard already, 'D'/,
    ],
    ['no rows', (ssc) => ssc.dashboard('D', ['P'] as unknown as string[][]), /dashboard 'D' got .* as its rows; they are lists of plots' titles/],
  ])('%s', (_, build, error) => {
    expect(() => planned(build)).toThrow(error)
  })

  it('but a dashboard may come before its plots', () => {
    planned((ssc, rows) => {
      ssc.dashboard('D', [['P']])
      rows.plot('P')
    })
  })
})
