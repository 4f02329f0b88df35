import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** A file of the page, as it is sent. */
export interface Asset {
  readonly type: string
  readonly gzip: Buffer
}

export interface Assets {
  readonly html: Asset
  readonly files: ReadonlyMap<string, Asset>
}

/** Sources run as they are in a checkout; the package has what tsc made of them. */
const ENDING = import.meta.filename.endsWith('.ts') ? 'ts' : 'js'

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

/** The one script that stands in the page. */
export const IMPORT_MAP: string = JSON.stringify({
  imports: { preact: '/vendor/preact.js', 'preact/hooks': '/vendor/hooks.js', htm: '/vendor/htm.js', uplot: '/vendor/uplot.js' },
})

let made: Assets | undefined

/** Returns all that the page is made of; none of it comes from elsewhere. Made when somebody looks: a run does not wait for it. */
export function assets(): Assets {
  return (made ??= make())
}

function make(): Assets {
  const require = createRequire(import.meta.url)
  const folderOf = (name: string): string => dirname(require.resolve(`${name}/package.json`))
  const preact = folderOf('preact')
  const uplot = dirname(require.resolve('uplot'))
  const files = new Map<string, Asset>()
  const add = (path: string, type: string, text: string): void => void files.set(path, { type, gzip: gzipSync(text, { level: 9 }) })
  const bare = (text: string): string => text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
  add('/vendor/preact.js', SCRIPT, bare(readFileSync(join(preact, 'dist/preact.mjs'), 'utf8')))
  add('/vendor/hooks.js', SCRIPT, bare(readFileSync(join(preact, 'hooks/dist/hooks.mjs'), 'utf8')))
  add('/vendor/htm.js', SCRIPT, readFileSync(require.resolve('htm').replace(/htm\.(js|mjs)$/, 'htm.module.js'), 'utf8'))
  // The minified build declares one variable; as a module it exports it.
  add('/vendor/uplot.js', SCRIPT, `${readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8')}\nexport default uPlot\n`)
  add('/vendor/uplot.css', STYLE, readFileSync(join(uplot, 'uPlot.min.css'), 'utf8'))
  const client = join(import.meta.dirname, 'client')
  for (const name of readdirSync(client)) {
    const text = (): string => readFileSync(join(client, name), 'utf8')
    if (name.endsWith('.css')) add(`/client/${name}`, STYLE, lean(text()))
    else if (name.endsWith('.svg')) add(`/client/${name}`, 'image/svg+xml', text())
    else if (name.endsWith(`.${ENDING}`) && !name.endsWith('.d.ts')) add(`/client/${name}`, SCRIPT, lean(ENDING === 'ts' ? strip(text()) : bare(text())))
  }
  return { html: { type: 'text/html; charset=utf-8', gzip: gzipSync(page(IMPORT_MAP), { level: 9 }) }, files }
}

/** Lines stay where they are, so errors name the source's. Node warns that this is experimental, which is no business of whoever runs a job. */
function strip(source: string): string {
  const warn = process.emitWarning
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = warn
  }
}

/** Without what only its readers need: comments in lines of their own, and indentation. Lines stay where they are. */
function lean(source: string): string {
  return source.replace(/^\s*\/\*\*[^]*?\*\/$/gm, (comment) => comment.replace(/[^\n]/g, '')).replace(/^[ \t]*(?:\/\/.*)?|[ \t]+$/gm, '')
}

function page(importMap: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Millrace</title>
<link rel="icon" href="/client/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/vendor/uplot.css">
<link rel="stylesheet" href="/client/page.css">
<script type="importmap">${importMap}</script>
</head>
<body>
<div id="app"></div>
<noscript>This page draws itself with JavaScript; what it shows is what millrace status prints.</noscript>
<script type="module" src="/client/main.${ENDING}"></script>
</body>
</html>
`
}
