import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PAGE, pageWith, propsTable } from './props-table.ts'

test('docs/construct.md has every prop as the types have it; test/docs/props-table.ts writes it anew', () => {
  const page = readFileSync(PAGE, 'utf8')
  expect(page).toBe(pageWith(page, propsTable()))
  const names = [
    ...readFileSync('lib/cdk/streaming-job-props.ts', 'utf8')
      .split('export interface StreamingJobProps')[1]!
      .matchAll(/^ {2}readonly (\w+)/gm),
  ]
  expect(names.length).toBeGreaterThan(15)
  for (const [, name] of names) expect(page).toContain(`| \`${name}\``)
})
