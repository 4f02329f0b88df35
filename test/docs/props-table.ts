// The table of docs/construct.md, made of the types: `node --conditions=millrace-source test/docs/props-table.ts` writes it anew.
import { readFileSync, writeFileSync } from 'node:fs'

const SOURCE = 'lib/cdk/streaming-job-props.ts'
export const PAGE = 'docs/construct.md'
const [BEGIN, END] = ['<!-- made of lib/cdk/streaming-job-props.ts -->', '<!-- end -->']

/** Returns a row for each prop: its name, type, what it says, and its default. */
export function propsTable(source: string = readFileSync(SOURCE, 'utf8')): string {
  const body = source.slice(source.indexOf('export interface StreamingJobProps'))
  const rows = [...body.matchAll(/(?: {2}\/\*\*\s*([^]*?)\s*\*\/\n)? {2}readonly (\w+)(\??): (.*)\n/g)].map(([, doc = '', name, optional, type]) => {
    const text = doc.replaceAll(/\n\s*\* ?/g, ' ').trim()
    const [says = '', fallback = ''] = text.split(/\s*@default\s*/)
    return `| \`${name}\`${optional === '' ? ' (required)' : ''} | \`${type}\` | ${escape(says)} | ${escape(fallback)} |`
  })
  return ['| prop | type | means | default |', '|---|---|---|---|', ...rows].join('\n')
}

/** Returns the page with the table as the types have it now. */
export function pageWith(page: string, table: string): string {
  const [before, rest] = page.split(`${BEGIN}\n`)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined) throw new Error(`${PAGE} lacks the line ${BEGIN} or ${END}`)
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|')
}

if (import.meta.main) writeFileSync(PAGE, pageWith(readFileSync(PAGE, 'utf8'), propsTable()))
