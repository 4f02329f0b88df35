// Packs the package as it would be published, lets the linters for packages look at it, and installs it into a project of its own.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const bin = (name: string): string => join(root, 'node_modules/.bin', name)
const run = promisify(execFile)

/** Runs a command with the project's Node first in the path; its output is in the error when it fails. */
async function command(cwd: string, file: string, args: readonly string[]): Promise<string> {
  // What npm sets for its scripts would make an npm in here think it works on the outer project.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST|^NODE_ENV$/.test(name)))
  try {
    const { stdout } = await run(file, args, { cwd, env: { ...env, PATH: `${dirname(process.execPath)}:${env['PATH']}` }, maxBuffer: 64 << 20 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${file} ${args.join(' ')} failed\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error })
  }
}

let folder: string
let tarball: string
let project: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-package-'))
  const name = (await command(root, 'npm', ['pack', '--silent', '--pack-destination', folder])).trim().split('\n').at(-1) ?? ''
  tarball = join(folder, name)
  project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  await command(project, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--omit=peer', '--ignore-scripts', tarball])
})

afterAll(() => rm(folder, { recursive: true, force: true }))

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
    expect(await command(root, bin('publint'), ['run', '--strict', tarball])).toContain('All good!')
  })

  it('has types that resolve everywhere (attw)', async () => {
    expect(await command(root, bin('attw'), ['--profile', 'esm-only', '--no-emoji', tarball])).not.toMatch(/problem/i)
  })

  it('installs next to nothing', async () => {
    const installed = (await readdir(join(project, 'node_modules'))).filter((name) => !name.startsWith('.') && !name.startsWith('@'))
    expect(installed.filter((name) => !/^(millrace|msgpackr|msgpackr-extract|node-gyp-build-optional-packages|detect-libc)$/.test(name))).toEqual([])
  })

  it('lets every entry be imported without the peers that it does not need', async () => {
    for (const entry of await entries()) {
      if (NEEDS_PEERS.includes(entry)) continue
      expect(await command(project, process.execPath, ['-e', `import('${entry}').then((m) => console.log(Object.keys(m).length > 0))`]), entry).toBe('true\n')
    }
  })

  it('compiles in a strict project, with the peers', async () => {
    const strict = join(folder, 'strict')
    await cp(project, strict, { recursive: true })
    for (const peer of ['@aws-sdk', '@smithy', '@types', 'aws-cdk-lib', 'constructs', 'undici-types']) {
      await symlink(join(root, 'node_modules', peer), join(strict, 'node_modules', peer))
    }
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
