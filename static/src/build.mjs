// Builds static/build/: one style sheet and script per entry file, and the icons that templates name.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import esbuild from 'esbuild'

const src = dirname(fileURLToPath(import.meta.url))
const out = join(src, '..', 'build')
const watch = process.argv.includes('--watch')
const require = createRequire(import.meta.url)

function icons() {
  const folder = join(dirname(require.resolve('lucide-static/package.json')), 'icons')
  const names = readFileSync(join(src, 'icons.txt'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean)
    .sort()
  const shapes = {}
  for (const name of names) {
    const svg = readFileSync(join(folder, `${name}.svg`), 'utf8') // an unknown name stops the build
    shapes[name] = svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '').replace(/\s*\n\s*/g, '')
  }
  writeFileSync(join(out, 'icons.json'), JSON.stringify(shapes))
}

function styles() {
  const cli = join(dirname(require.resolve('@tailwindcss/cli/package.json')), 'dist', 'index.mjs')
  const entries = readdirSync(join(src, 'css')).filter((name) => name.endsWith('.entry.pcss'))
  for (const entry of entries) {
    const target = join(out, entry.replace('.entry.pcss', '.css'))
    const args = [cli, '-i', join(src, 'css', entry), '-o', target, '--minify']
    if (watch) spawn(process.execPath, [...args, '--watch=always'], { stdio: 'inherit' })
    else {
      const run = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
      if (run.status !== 0) {
        process.stderr.write(run.stderr)
        process.exit(1)
      }
    }
  }
}

async function scripts() {
  const entryPoints = readdirSync(join(src, 'js'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(src, 'js', name))
  const options = { entryPoints, outdir: out, bundle: true, minify: !watch, format: 'iife', target: 'es2022' }
  if (watch) await (await esbuild.context(options)).watch()
  else await esbuild.build(options)
}

mkdirSync(out, { recursive: true })
icons()
await scripts()
styles()
if (!watch) {
  for (const name of readdirSync(out).sort()) {
    const body = readFileSync(join(out, name))
    const kib = (bytes) => (bytes / 1024).toFixed(1).padStart(6)
    console.log(`${basename(name).padEnd(12)} ${kib(body.length)} KiB ${kib(gzipSync(body).length)} KiB gzip`)
  }
}
