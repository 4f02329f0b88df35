#!/usr/bin/env node
// The command line. So plain that a Node of any age can read it, and gets a sentence and not a syntax error: no import but of what it starts, no await.
const NEEDED = [22, 18]
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(`millrace: this is Node ${process.versions.node}, and millrace needs ${NEEDED.join('.')} or newer: install Node 24, or put it first in PATH`)
  process.exitCode = 2
} else void import('./start.mjs')
