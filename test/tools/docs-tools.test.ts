// docs/tools.md says what is there.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { COMMANDS } from '../../lib/cli/commands.ts'

const page = readFileSync('docs/tools.md', 'utf8')

it('has every command, and an example of each', () => {
  for (const { name } of COMMANDS) expect(page, name).toMatch(new RegExp(`^\\$ (?:.*\\| )?npx millrace ${name} `, 'm'))
})

it('names options that exist, and all of them', async () => {
  const named = new Set([...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, option]) => option!))
  const helps = await Promise.all(COMMANDS.map(async (command) => [command.name, (await command.load()).help] as const))
  const options = (help: string): string[] => [...help.matchAll(/^ {2}--([a-z][a-z-]*)/gm)].map(([, option]) => option!)
  expect([...named].filter((option) => !helps.some(([, help]) => options(help).includes(option)))).toEqual([])
  for (const [name, help] of helps)
    if (name !== 'run')
      expect(
        options(help).filter((option) => !named.has(option)),
        name,
      ).toEqual([])
})

it("shows Producer's example as it stands in its file", () => {
  const [, example = ''] = /@example\n([^]*?) \*\//.exec(readFileSync('lib/aws/producer.ts', 'utf8'))!
  expect(page).toContain(`\`\`\`ts\n${example.replaceAll(/^ \* ?/gm, '')}\`\`\``)
})
