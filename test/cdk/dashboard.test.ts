// The dashboard shows what the functions' lines carry and what the alarms look at: its expectation is the list of metrics, and the template's own resources.
import { Template } from 'aws-cdk-lib/assertions'
import { beforeAll, describe, expect, it } from 'vitest'
import { BATCH_METRICS, METRICS } from '../../lib/aws/metrics.ts'
import { synth, WIDE, WORD_COUNT } from './synth.ts'

interface Widget {
  readonly type: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly properties: { readonly title: string; readonly metrics?: readonly unknown[][]; readonly alarms?: readonly unknown[] }
}

/** The dashboard's body with resources by their logical ids. */
function widgetsOf(template: Template): readonly Widget[] {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'))
  const { DashboardBody } = dashboard!['Properties'] as { DashboardBody: { 'Fn::Join': [string, readonly unknown[]] } }
  const text = DashboardBody['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : (Object.values(part as object).flat()[0] as string))).join('')
  return (JSON.parse(text) as { widgets: readonly Widget[] }).widgets
}

describe('dashboard: true', () => {
  let template: Template
  beforeAll(() => {
    template = Template.fromStack(synth(WORD_COUNT, () => ({ dashboard: true })).stack)
  })

  it('is none unless it is asked for', () => {
    Template.fromStack(synth(WORD_COUNT).stack).resourceCountIs('AWS::CloudWatch::Dashboard', 0)
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1)
  })

  it('shows every metric of the job, and every alarm', () => {
    const widgets = widgetsOf(template)
    const metrics = widgets.flatMap(({ properties }) => properties.metrics ?? [])
    const own = metrics.filter(([namespace]) => namespace === 'Millrace')
    expect(new Set(own.map(([, name]) => name))).toEqual(new Set([...Object.values(METRICS), ...Object.values(BATCH_METRICS)]))
    for (const [, , dimension, job] of own) expect([dimension, job]).toEqual(['Job', 'word-count'])
    const alarms = Object.keys(template.findResources('AWS::CloudWatch::Alarm'))
    expect(widgets.flatMap(({ properties }) => properties.alarms ?? []).toSorted()).toEqual(alarms.toSorted())
  })

  it('shows both functions, the table, and the queues with their dead letters; of a job with tasks anywhere, theirs too', () => {
    const named = (of: Template, namespace: string): Set<unknown> =>
      new Set(widgetsOf(of).flatMap(({ properties }) => (properties.metrics ?? []).flatMap(([space, , , resource]) => (space === namespace ? [resource] : []))))
    const ids = (of: Template, type: string): Set<string> => new Set(Object.keys(of.findResources(type)))
    const wide = Template.fromStack(synth(WIDE, () => ({ dashboard: true })).stack)
    for (const of of [template, wide]) {
      expect(named(of, 'AWS/SQS')).toEqual(ids(of, 'AWS::SQS::Queue'))
      expect(named(of, 'AWS/Lambda')).toEqual(ids(of, 'AWS::Lambda::Function'))
      expect(named(of, 'AWS/DynamoDB')).toEqual(ids(of, 'AWS::DynamoDB::Table'))
    }
  })

  it('fills the width, row by row, and no two widgets lie over each other', () => {
    const widgets = widgetsOf(template)
    const rows = Map.groupBy(widgets, ({ y }) => y)
    for (const row of rows.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24)
  })
})
