// "A project of your own" in the README: its files and its commands, as they stand there, on the packed package.
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from './command.ts'
import { linkPackages, packedProject, root, type PackedProject } from './packed-project.ts'

let packed: PackedProject
let files: readonly (readonly [name: string, content: string])[]
let commands: readonly string[]

beforeAll(async () => {
  packed = await packedProject()
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const section = readme.split('\n## A project of your own\n')[1]!.split('\n## ')[0]!
  files = [...section.matchAll(/^`([\w.]+)`\n\n```(?:ts|json)\n([\s\S]*?)```/gm)].map(([, name, content]) => [name!, content!])
  commands = [...section.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line!)
  for (const [name, content] of files) await writeFile(join(packed.project, name), content)
  const lines = Array.from({ length: 1_000 }, (_, i) => `${['GET', 'PUT', 'POST'][i % 3]} /page/${i}`)
  await writeFile(join(packed.project, 'access.log'), `${lines.join('\n')}\n`)
})

afterAll(() => packed?.remove())

const sh = (line: string): Promise<string> => command(packed.project, 'sh', ['-c', line])

describe('a project of your own', () => {
  it('has four files and six commands', () => {
    expect(files.map(([name]) => name)).toEqual(['job.ts', 'job.test.ts', 'app.ts', 'tsconfig.json'])
    expect(commands).toHaveLength(6)
  })

  it('is an ES module project', async () => {
    await sh(commands[0]!)
    expect(JSON.parse(await readFile(join(packed.project, 'package.json'), 'utf8'))).toMatchObject({ type: 'module' })
  })

  it('installs the peers it names (linked here: they are large)', async () => {
    const [npm, install, millrace, ...peers] = commands[1]!.split(' ')
    expect([npm, install, millrace]).toEqual(['npm', 'install', 'millrace'])
    await linkPackages(packed.project, [...peers.map((peer) => peer.replace(/(?<=.)@[\d.]+$/, '')), '@smithy'])
    await linkPackages(packed.project, ['.bin/cdk', '.bin/tsc'])
  })

  it('passes tsc', async () => {
    expect(await sh(commands[2]!)).toBe('')
  })

  it('passes its test', async () => {
    expect(await sh(commands[3]!)).toMatch(/pass 2\b/)
  })

  it('runs on a file', async () => {
    expect(await sh(commands[4]!)).toMatch(/^done: 1 000 records/m)
    expect((await readdir(join(packed.project, 'out'))).some((name) => name.startsWith('totals-'))).toBe(true)
  })

  it('is synthesized', async () => {
    await sh(commands[5]!)
    const template = JSON.parse(await readFile(join(packed.project, 'cdk.out/FirstWords.template.json'), 'utf8')) as {
      Resources: Record<string, { Type: string }>
    }
    const types = Object.values(template.Resources).map(({ Type }) => Type)
    expect(types.filter((type) => type === 'AWS::Lambda::EventSourceMapping').length).toBeGreaterThan(1)
    expect(types).toContain('AWS::Kinesis::Stream')
  })
})
