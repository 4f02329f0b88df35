// The tables that the construct makes in Glue of outputs.
import { Match, Template } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { synth, WORD_COUNT } from './synth.ts'

const bucket = { Ref: Match.stringLikeRegexp('JobBucket') }

describe('catalog', () => {
  const template = Template.fromStack(
    synth('test/cdk/jobs/to-tables.ts', () => ({ catalog: { database: 'shop', since: '2026-02-01' }, outputPrefix: 'prod/' })).stack,
  )

  it('makes a table of each output with a layout and columns, and of no other', () => {
    template.resourceCountIs('AWS::Glue::Table', 2)
  })

  it('finds Parquet by day and hour, without a crawler', () => {
    template.hasResourceProperties('AWS::Glue::Table', {
      DatabaseName: 'shop',
      TableInput: {
        Name: 'shop_orders',
        PartitionKeys: [
          { Name: 'dt', Type: 'string' },
          { Name: 'hour', Type: 'int' },
        ],
        Parameters: {
          'projection.enabled': 'true',
          'projection.dt.type': 'date',
          'projection.dt.format': 'yyyy-MM-dd',
          'projection.dt.range': '2026-02-01,NOW',
          'projection.hour.type': 'integer',
          'projection.hour.range': '0,23',
          'projection.hour.digits': '2',
          'storage.location.template': { 'Fn::Join': ['', ['s3://', bucket, '/prod/shop/orders/dt=${dt}/hour=${hour}/']] },
        },
        StorageDescriptor: {
          Location: { 'Fn::Join': ['', ['s3://', bucket, '/prod/shop/orders/']] },
          Columns: [
            { Name: 'id', Type: 'bigint' },
            { Name: 'country', Type: 'string' },
            { Name: 'at', Type: 'timestamp' },
          ],
          SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    })
  })

  it('reads CSV as text, with its delimiter, past its header', () => {
    template.hasResourceProperties('AWS::Glue::Table', {
      TableInput: {
        Name: 'countries',
        PartitionKeys: [{ Name: 'dt', Type: 'string' }],
        Parameters: { 'skip.header.line.count': '1', 'projection.hour.type': Match.absent() },
        StorageDescriptor: {
          Columns: [
            { Name: 'country', Type: 'string' },
            { Name: 'id', Type: 'string' },
          ],
          SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde', Parameters: { separatorChar: ';' } },
        },
      },
    })
  })

  it.each([
    ['no output has a layout and columns', WORD_COUNT, { database: 'shop' }, /no output has both a layout and columns/],
    ['only the program knows the directories', 'test/cdk/jobs/to-table-by-country.ts', { database: 'shop' }, /'orders' has partitionBy/],
    ['since is no day', 'test/cdk/jobs/to-tables.ts', { database: 'shop', since: 'May' }, /since is 'May'; it is a day such as/],
  ])('is refused where %s', (_what, entry, catalog, message) => {
    expect(() => synth(entry, () => ({ catalog }))).toThrow(message)
  })
})
