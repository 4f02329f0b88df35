// node .ci/count.mjs FOLDER: adds up what the suites of .ci/run left there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.argv[2] ?? '.'
let passed = 0
let failed = 0

for (const line of readFileSync(join(folder, 'suites'), 'utf8').trim().split('\n')) {
  const [kind, name = '', code = '1', seconds = '?'] = line.split(' ')
  const report = join(folder, `${name}.json`)
  const count =
    kind === 'vitest'
      ? existsSync(report)
        ? tests(JSON.parse(readFileSync(report, 'utf8')))
        : { passed: 0, failed: 1 }
      : { passed: code === '0' ? 1 : 0, failed: 0 }
  // A failure that no test owns (the type check, the linter) and a suite that ran nothing count as one.
  if (count.failed === 0 && (code !== '0' || count.passed === 0)) count.failed = 1
  console.log(`${name}: ${count.passed} passed, ${count.failed} failed in ${seconds} s`)
  passed += count.passed
  failed += count.failed
}

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** vitest's JSON: a file that could not be loaded has no assertions, and counts as one failure. */
function tests(report) {
  let [passed, failed] = [0, 0]
  for (const file of report.testResults) {
    const count = (status) => file.assertionResults.filter((test) => test.status === status).length
    passed += count('passed')
    failed += Math.max(count('failed'), file.status === 'failed' ? 1 : 0)
  }
  return { passed, failed }
}
