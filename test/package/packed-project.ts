import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { command } from './command.ts'

export const root: string = resolve(import.meta.dirname, '../..')

/** Returns the path of a command of the project's devDependencies. */
export function bin(name: string): string {
  return join(root, 'node_modules/.bin', name)
}

export interface PackedProject {
  /** The package as it would be published. */
  readonly tarball: string
  /** A project that has it installed, and nothing else. */
  readonly project: string
  remove(): Promise<void>
}

/** Packs the package and installs it into a project of its own. */
export async function packedProject(): Promise<PackedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-package-'))
  const name = (await command(root, 'npm', ['pack', '--silent', '--pack-destination', folder])).trim().split('\n').at(-1) ?? ''
  const [tarball, project] = [join(folder, name), join(folder, 'project')]
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }))
  await command(project, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--omit=peer', '--ignore-scripts', tarball])
  return { tarball, project, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Lets a project use packages that are installed here: what it would install itself, without the download. */
export async function linkPackages(project: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const to = join(project, 'node_modules', name)
    await mkdir(dirname(to), { recursive: true })
    await symlink(join(root, 'node_modules', name), to)
  }
}
