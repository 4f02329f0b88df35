// Packs the package as it would be published, lets the linters for packages look at it, and installs it into a project of its own.
import { cp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from './command.ts'
import { bin, linkPackages, packedProject, root, type PackedProject } from './packed-project.ts'

let packed: PackedProject

beforeAll(async () => {
  packed = await packedProject()
})

afterAll(() => packed?.remove())

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
}

async function entries(): Promise<readonly string[]> {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest
  return Object.keys(exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => `millrace${entry.slice(1)}`)
}

// These need packages that are optional peers.
const NEEDS_PEERS = ['millrace/aws', 'millrace/cdk']

describe('the packed package', () => {
  it('pleases publint', async () => {
    expect(await command(root, bin('publint'), ['run', '--strict', packed.tarball])).toContain('All good!')
  })

  it('has types that resolve everywhere (attw)', async () => {
    // It ends with an error when something is wrong for others than CommonJS, which the profile leaves out.
    expect(await command(root, bin('attw'), ['--profile', 'esm-only', '--no-emoji', '--format', 'ascii', packed.tarball])).toContain(
      'node16 (from ESM): OK (ESM)',
    )
  })

  it('installs what the page is made of, and nothing else', async () => {
    const { project } = packed
    const installed = (await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.') && !name.startsWith('@'))
    expect(installed).toEqual(['htm', 'millrace', 'preact', 'uplot'])
  })

  it('lets every entry be imported without the peers that it does not need', async () => {
    const { project } = packed
    for (const entry of await entries()) {
      if (NEEDS_PEERS.includes(entry)) continue
      expect(await command(project, process.execPath, ['-e', `import('${entry}').then((m) => console.log(Object.keys(m).length > 0))`]), entry).toBe('true\n')
    }
  })

  it('says which packages a tool on AWS needs', async () => {
    const { project } = packed
    const refused = async (args: string): Promise<string> => {
      try {
        return await command(project, 'npx', ['millrace', ...args.split(' ')])
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(await refused('status word-count --local')).toMatch(
      /^millrace: millrace status needs @aws-sdk\/client-dynamodb and @aws-sdk\/client-lambda, which are not installed: npm install @aws-sdk\/client-dynamodb @aws-sdk\/client-lambda$/m,
    )
    expect(await refused('produce --stream lines --input package.json --local')).toMatch(
      /millrace produce needs @aws-sdk\/client-kinesis.*npm install @aws-sdk\/client-kinesis/,
    )
  })

  it('compiles in a strict project, with the peers', async () => {
    const { project } = packed
    const strict = `${project}-strict`
    await cp(project, strict, { recursive: true })
    await linkPackages(strict, ['@aws-sdk', '@smithy', '@types', 'aws-cdk-lib', 'constructs', 'undici-types'])
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      module: 'nodenext',
      target: 'es2024',
      noEmit: true,
      types: ['node'],
    }
    await writeFile(join(strict, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...compilerOptions, skipLibCheck: true }, include: ['*.ts'] }))
    await writeFile(
      join(strict, 'all.ts'),
      (await entries()).map((entry, i) => `import * as entry${i} from '${entry}'\nexport const e${i}: object = entry${i}\n`).join(''),
    )
    await writeFile(
      join(strict, 'job.ts'),
      `import { defineJob, seconds, text, type PairDStream } from 'millrace'
export default defineJob({ name: 'lengths', batchInterval: seconds(5) }, (ssc) => {
  const pairs: PairDStream<string, number> = ssc.kinesisStream('lines', text()).mapToPair((line) => [line, line.length])
  pairs.reduceByKey((a, b) => a + b).saveAsJsonFiles('lengths')
  // @ts-expect-error a Map is not a key: the declarations are really checked
  ssc.kinesisStream('lines', text()).keyBy(() => new Map())
})
`,
    )
    expect(await command(strict, bin('tsc'), ['-p', '.'])).toBe('')
    for (const entry of NEEDS_PEERS) {
      expect(await command(strict, process.execPath, ['-e', `import('${entry}').then((m) => console.log(Object.keys(m).length > 0))`]), entry).toBe('true\n')
    }
  })
})
