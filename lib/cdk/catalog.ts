import { aws_glue as glue, Stack, type aws_s3 as s3 } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import type { FilesOutput } from '../dstream/node.ts'
import type { Plan } from '../plan/plan.ts'
import type { ColumnType, Columns } from '../values/columns.ts'
import { MillraceError } from '../values/errors.ts'

export interface CatalogOptions {
  /** A Glue database, which is there. */
  readonly database: string
  /** The first day that queries look for files of. @default '2025-01-01' */
  readonly since?: string
}

const DAY = /^\d{4}-\d\d-\d\d$/
const PARQUET: { readonly [type in ColumnType]: string } = {
  integer: 'bigint',
  real: 'double',
  text: 'string',
  boolean: 'boolean',
  timestamp: 'timestamp',
  json: 'string',
  blob: 'binary',
}
const SERDES: Readonly<Record<string, { readonly input: string; readonly output: string; readonly library: string }>> = {
  parquet: {
    input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    library: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
  csv: {
    input: 'org.apache.hadoop.mapred.TextInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    library: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
  },
}

/**
 * Makes a table in Glue of each output with a layout and columns, so that Athena finds its files by their day and hour without a crawler: partition projection. Throws where there is none, and for
 * outputs whose directories only the program knows (partitionBy).
 */
export function makeCatalog(
  scope: Construct,
  plan: Plan,
  { bucket, outputPrefix, catalog }: { readonly bucket: s3.IBucket; readonly outputPrefix: string; readonly catalog: CatalogOptions },
): void {
  const wrong = (text: string): MillraceError => new MillraceError('USAGE', `StreamingJob: job '${plan.name}': catalog: ${text}`)
  const { database, since = '2025-01-01' } = catalog
  if (!DAY.test(since)) throw wrong(`since is '${since}'; it is a day such as '2026-01-31'`)
  const outputs = plan.stages
    .flatMap((stage) => stage.outputs)
    .flatMap(({ output }) => (output.kind === 'files' && output.layout !== undefined ? [output] : []))
  const tables = outputs.flatMap((output) =>
    output.format.columns !== undefined && output.format.name in SERDES ? [{ output, columns: output.format.columns }] : [],
  )
  if (tables.length === 0) throw wrong("no output has both a layout and columns; give saveAsFiles a csvFile or parquetFile, and { layout: 'hour' } or 'day'")
  const within = new Construct(scope, 'Catalog')
  const names = new Set<string>()
  for (const { output, columns } of tables) {
    if (output.partitionBy !== undefined)
      throw wrong(
        `'${output.prefix}' has partitionBy, whose directories only the program knows: leave it out, or make the table with a crawler and leave out catalog`,
      )
    const name = output.prefix.toLowerCase().replace(/[^a-z0-9_]/g, '_')
    if (names.has(name)) throw wrong(`two outputs would be the table '${name}': take another prefix`)
    names.add(name)
    const location = `s3://${bucket.bucketName}/${outputPrefix}${output.prefix}`
    new glue.CfnTable(within, name, {
      catalogId: Stack.of(scope).account,
      databaseName: database,
      tableInput: {
        name,
        description: `Output '${output.prefix}' of the Millrace job ${plan.name}`,
        tableType: 'EXTERNAL_TABLE',
        parameters: {
          EXTERNAL: 'TRUE',
          ...projection(output, location, since),
          ...(output.format.params['header'] === true ? { 'skip.header.line.count': '1' } : {}),
        },
        partitionKeys: [{ name: 'dt', type: 'string' }, ...(output.layout === 'hour' ? [{ name: 'hour', type: 'int' }] : [])],
        storageDescriptor: storage(output, columns, location),
      },
    })
  }
}

function projection({ layout }: FilesOutput, location: string, since: string): Readonly<Record<string, string>> {
  return {
    'projection.enabled': 'true',
    'projection.dt.type': 'date',
    'projection.dt.format': 'yyyy-MM-dd',
    'projection.dt.range': `${since},NOW`,
    ...(layout === 'hour' ? { 'projection.hour.type': 'integer', 'projection.hour.range': '0,23', 'projection.hour.digits': '2' } : {}),
    'storage.location.template': `${location}/dt=\${dt}${layout === 'hour' ? '/hour=${hour}' : ''}/`,
  }
}

function storage({ format }: FilesOutput, columns: Columns, location: string): glue.CfnTable.StorageDescriptorProperty {
  const serde = SERDES[format.name]
  const isCsv = format.name === 'csv'
  return {
    location: `${location}/`,
    inputFormat: serde?.input ?? '',
    outputFormat: serde?.output ?? '',
    // The reader of CSV takes all for text: cast in the query.
    columns: Object.entries(columns).map(([name, type]) => ({ name: name.toLowerCase(), type: isCsv ? 'string' : PARQUET[type] })),
    serdeInfo: {
      serializationLibrary: serde?.library ?? '',
      parameters: isCsv ? { separatorChar: String(format.params['delimiter'] ?? ','), quoteChar: '"', escapeChar: '\u0000' } : { 'serialization.format': '1' },
    },
  }
}
