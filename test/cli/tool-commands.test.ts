// Command lines of the tools on AWS that are refused before AWS is asked, and what is missing.
import { describe, expect, it } from 'vitest'
import { useAws } from '../../lib/cli/aws-options.ts'
import { COMMANDS } from '../../lib/cli/commands.ts'
import { loadClients } from '../../lib/cli/load-clients.ts'
import { main } from '../../lib/cli/main.ts'

async function run(args: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', '']
  const stdin = (async function* (): AsyncGenerator<Uint8Array> {})()
  const code = await main(args, { stdin, stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (err += text) }, now: () => 0 })
  return { code, out, err }
}

describe('a command line that cannot be understood', () => {
  const ON_A_JOB = ['status', 'watch', 'pause', 'resume', 'rollback']
  it.each<[args: string, message: RegExp]>([
    ...ON_A_JOB.map((name): [string, RegExp] => [name, new RegExp(`${name} needs the name of a job, e\\.g\\. millrace ${name} word-count`)]),
    ...ON_A_JOB.map((name): [string, RegExp] => [`${name} a b`, new RegExp(`${name} takes one job, and got 'a' and 'b'`)]),
    ...ON_A_JOB.map((name): [string, RegExp] => [`${name} a --frob`, new RegExp(`Unknown option '--frob'; millrace ${name} --help lists the options`)]),
    ['status a --local --profile p', /--local and --profile name two places; give one of them/],
    ['watch a --rows some', /--rows some is not a whole number from 0 on/],
    ['watch a --last 1001', /--last 1001 is not a whole number from 0 to 1000/],
    ['watch a --for 10', /--for 10 is not a duration/],
    ['produce', /produce needs the name of a job, or --stream NAME/],
    ['produce a', /produce needs an input: --input FILE, or --input - for the standard input/],
    ['produce a --stream s --input -', /produce takes a job or --stream, and got 'a' and --stream s; give one of them/],
    ['produce --stream s --input - --input x', /--stream s reads the standard input or files, not both/],
    ['produce --stream s --input nope', /--input nope cannot be read/],
    ['produce a --input - --rate 0', /--rate 0 is not a number above 0/],
    ['skip', /skip needs the name of a job on AWS, or the file of a job that millrace run has run/],
    ['skip a b', /skip takes one job, and got 'a' and 'b'/],
    ['skip a --state s', /--state is for runs of millrace run, and a is the name of a job on AWS/],
    ['retry functions/word-count.ts', /retry is for a job on AWS, and functions\/word-count\.ts is a file: start the run again/],
    ['skip functions/word-count.ts --local', /--local is for jobs on AWS, and functions\/word-count\.ts is a file/],
  ])('%s', async (args, message) => {
    const { code, out, err } = await run(args.split(' '))
    expect(err).toMatch(message)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })
})

it.each(COMMANDS.map(({ name }) => name))('millrace %s --help tells its options', async (name) => {
  const { code, out } = await run([name, '--help'])
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^usage: millrace ${name} `))
  expect(out).toMatch(/^ {2}--help {17}this text$/m)
  for (const line of out.split('\n')) expect(line.length).toBeLessThan(150)
})

describe('where the tools look', () => {
  it.each<[what: string, values: Parameters<typeof useAws>[0], before: NodeJS.ProcessEnv, after: NodeJS.ProcessEnv, endpoint: string | undefined]>([
    ['AWS as it is', {}, { AWS_PROFILE: 'p', AWS_REGION: 'r' }, { AWS_PROFILE: 'p', AWS_REGION: 'r' }, undefined],
    ['a region', { region: 'x' }, { AWS_REGION: 'r' }, { AWS_REGION: 'x' }, undefined],
    [
      'a profile, whatever keys are set',
      { profile: 'q' },
      { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' },
      { AWS_PROFILE: 'q' },
      undefined,
    ],
    [
      'LocalStack, without the keys and the region of AWS',
      { local: true },
      { AWS_PROFILE: 'p', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' },
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566', AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      'http://127.0.0.1:4566',
    ],
    [
      'LocalStack on another port',
      { local: true },
      { LOCALSTACK_PORT: '4577' },
      {
        LOCALSTACK_PORT: '4577',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:4577',
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
      'http://127.0.0.1:4577',
    ],
    [
      'LocalStack elsewhere',
      { local: true, region: 'eu-west-1' },
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4577' },
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:4577', AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      'http://127.0.0.1:4577',
    ],
  ])('%s', (_what, values, before, after, endpoint) => {
    const env = { ...before }
    expect(useAws(values, env)).toEqual({ endpoint })
    expect(env).toEqual(after)
  })
})

describe('clients that are not installed', () => {
  it('are all named, with the command that installs them', async () => {
    const load = (name: string) => (): Promise<unknown> => import(name)
    await expect(loadClients('status', [load('@aws-sdk/client-nope'), load('node:path'), load('@aws-sdk/client-neither')])).rejects.toThrow(
      'millrace status needs @aws-sdk/client-nope and @aws-sdk/client-neither, which are not installed: npm install @aws-sdk/client-nope @aws-sdk/client-neither',
    )
  })

  it('are not confused with what else goes wrong', async () => {
    await expect(loadClients('status', [() => Promise.reject(new Error('else'))])).rejects.toThrow('else')
    expect(await loadClients('status', [async () => 1, async () => 'a'])).toEqual([1, 'a'])
  })
})
