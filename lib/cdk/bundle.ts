import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AssetHashType, DockerImage, aws_lambda as lambda } from 'aws-cdk-lib'
import type { BuildOptions, BuildResult } from 'esbuild'
import { describeLoadError } from '../values/describe-load-error.ts'
import { MillraceError } from '../values/errors.ts'
import { copyPackage } from './copy-package.ts'
import { findAssets } from './find-assets.ts'
import { loadJob } from './load-job.ts'
import { sourceModules } from './source-modules.ts'

export type JobFunction = 'receive' | 'run'

const MAKERS = { receive: 'makeReceiveHandler', run: 'makeRunHandler' } as const
const FILES = { receive: '../aws/make-receive-handler', run: '../aws/make-run-handler' } as const

/** This file is lib/cdk/bundle.ts in a checkout and dist/cdk/bundle.js in the package; what it bundles lies beside it in the same form. */
const SELF = fileURLToPath(import.meta.url)
const ENDING = SELF.slice(SELF.lastIndexOf('.'))
const beside = (path: string): string => join(dirname(SELF), `${path}${ENDING}`)
/** In a checkout the package's name means its sources; see docs/decisions/0002-source-condition.md. 'module' is esbuild's own default, which naming others replaces. */
const CONDITIONS = ENDING === '.ts' ? ['millrace-source', 'module'] : ['module']

/** Packages that read files beside their code (WebAssembly): they go along as they are, where a job uses them. */
const UNBUNDLED = ['@platformatic/kafka'] as const

/** Packages that are CommonJS find `require` in an ES module; a name that no bundled code uses. */
const REQUIRE = "import{createRequire as __millraceRequire}from'node:module';const require=__millraceRequire(import.meta.url);"

/**
 * Returns the code of a function: its handler, made around the job, bundled by esbuild in this process. No Docker, no child process.
 * NodejsFunction's own bundling takes an entry file only; here the entry is two imports, and the files of `asset` go with it.
 * `wrap`, for tests that break the ports: a module that exports `wrap(ports)`.
 */
export function bundle(entry: string, kind: JobFunction, wrap?: string): lambda.Code {
  return lambda.Code.fromAsset(dirname(resolve(entry)), {
    // The content decides, so nothing is uploaded again that has not changed.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('unused'),
      command: ['millrace', resolve(entry), kind, ...(wrap === undefined ? [] : [resolve(wrap)])], // never run: it keeps the bundles apart in CDK's cache
      local: {
        tryBundle: (folder) => {
          writeBundle(entry, kind, folder, wrap)
          return true
        },
      },
    },
  })
}

/** Bundles into a folder, and returns what esbuild tells about it. */
export function writeBundle(entry: string, kind: JobFunction, folder: string, wrap?: string): BuildResult {
  const build = loadEsbuild()
  const job = resolve(entry)
  const common = {
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    conditions: CONDITIONS,
    absWorkingDir: process.cwd(),
    logLevel: 'silent',
  } as const satisfies BuildOptions
  const run = (options: BuildOptions): BuildResult => {
    try {
      return build(options)
    } catch (cause) {
      throw new MillraceError('USAGE', `StreamingJob: '${entry}' cannot be bundled: ${describeLoadError(cause)}`, { cause })
    }
  }
  const sources = kind === 'receive' ? sourceModules(loadJob(entry)) : []
  const result = run({
    ...common,
    stdin: {
      contents: [
        `import job from ${JSON.stringify(job)}`,
        `import { ${MAKERS[kind]} as make } from ${JSON.stringify(beside(FILES[kind]))}`,
        ...(wrap === undefined ? [] : [`import { wrap } from ${JSON.stringify(resolve(wrap))}`]),
        // Receive knows the kinds of sources that the program has, and no others.
        ...sources.map(({ name, file }) => `import { ${name} } from ${JSON.stringify(beside(file))}`),
        `export const handler = make(job${kind === 'receive' ? `, [${sources.map(({ name }) => name).join(', ')}]` : ''}${wrap === undefined ? '' : ', wrap'})`,
      ].join('\n'),
      resolveDir: dirname(job),
      sourcefile: `${kind}.js`,
    },
    outfile: join(folder, 'index.mjs'),
    // ES modules where a package has both: only what is used stays.
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    // lib/values/in-receive.ts: what only tasks compute is not in receive.
    ...(kind === 'receive' ? { define: { 'import.meta.inReceive': 'true' } } : {}),
    banner: { js: REQUIRE },
    legalComments: 'none',
    metafile: true,
    external: [...UNBUNDLED],
  })
  nameSources(join(folder, 'index.mjs.map'))
  const outside = Object.values(result.metafile?.outputs ?? {}).flatMap(({ imports }) => imports.map(({ path }) => path))
  for (const name of UNBUNDLED) if (outside.includes(name)) copyPackage(name, dirname(job), folder)
  const own = run({ ...common, entryPoints: [job], packages: 'external', minifyWhitespace: true, minifySyntax: true, write: false })
  for (const path of findAssets(entry, own.outputFiles?.[0]?.text ?? '')) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    copyFileSync(join(process.cwd(), path), join(folder, path))
  }
  return result
}

/** Lets a source map name files as the project does: esbuild names them as seen from the folder of the bundle, which is another one every time. */
function nameSources(file: string): void {
  const map = JSON.parse(readFileSync(file, 'utf8')) as { sources: string[] }
  map.sources = map.sources.map((source) => relative(process.cwd(), resolve(dirname(file), source)).replaceAll('\\', '/'))
  writeFileSync(file, JSON.stringify(map))
}

function loadEsbuild(): (options: BuildOptions) => BuildResult {
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')]) {
    try {
      return (createRequire(from)('esbuild') as { readonly buildSync: (options: BuildOptions) => BuildResult }).buildSync
    } catch {
      // Not there: the next place.
    }
  }
  throw new MillraceError(
    'USAGE',
    `StreamingJob: esbuild, which bundles the functions, is not installed in ${relative(process.cwd(), '.') || process.cwd()}; npm install --save-dev esbuild`,
  )
}
