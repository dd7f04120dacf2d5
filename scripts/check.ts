/**
 * Runs every check, here as in CI. All of them run, and what failed is listed at the end.
 *
 * Usage: tsx scripts/check.ts [name…]
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { putTerraformOnPath } from './local-terraform.js';
import { workflowTools, type Tool } from './tools.js';

interface Check {
  readonly name: string;
  readonly run: () => Promise<CheckResult>;
}

type CheckResult =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly output: string }
  | { readonly kind: 'not-possible'; readonly reason: string };

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Longest first, so that none of them is left to run alone at the end. */
const checks: readonly Check[] = [
  command('lint', bin('eslint'), ['.', '--max-warnings=0']),
  command('types', bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']),
  unitTests(1),
  unitTests(2),
  command('terraform', 'bash', ['scripts/check-terraform.sh']),
  command('format', bin('prettier'), ['--check', '--log-level', 'warn', '.']),
  command('docs', bin('tsx'), ['scripts/docs.ts', '--check']),
  command('boundaries', bin('depcruise'), [
    '--config',
    '.dependency-cruiser.cjs',
    'actions',
    'cli',
    'emulator',
    'scripts',
    'test',
  ]),
  command('dead code', bin('knip'), []),
  command('workflows', bin('tsx'), ['scripts/check-workflows.ts']),
  ...workflowTools.map(toolCheck),
  command('vendored modules', bin('tsx'), ['scripts/vendor-modules.ts', '--check']),
];

await putTerraformOnPath();
const wanted = process.argv.slice(2);
const started = Date.now();
const outcomes: { readonly name: string; readonly result: CheckResult }[] = [];
const waiting = checks.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
// A core each, and two where there is one: some wait for the network.
const lanes = Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const since = Date.now();
    const result = await check.run();
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    console.log(`${mark(result)} ${check.name} (${seconds} s)`);
    outcomes.push({ name: check.name, result });
  }
});
await Promise.all(lanes);

for (const { name, result } of outcomes) {
  if (result.kind === 'failed') console.log(`\n--- ${name}\n${result.output.trimEnd()}`);
  if (result.kind === 'not-possible') console.log(`\n--- ${name}: not checked: ${result.reason}`);
}
const inCi = (process.env['CI'] ?? '') !== '';
const bad = outcomes.filter(
  ({ result }) => result.kind === 'failed' || (inCi && result.kind === 'not-possible'),
);
const seconds = ((Date.now() - started) / 1000).toFixed(0);
console.log(
  bad.length === 0
    ? `check: all ${outcomes.length} passed in ${seconds} s`
    : `check: ${bad.map(({ name }) => name).join(', ')} failed (${seconds} s)`,
);
process.exitCode = bad.length === 0 ? 0 : 1;

function mark(result: CheckResult): string {
  switch (result.kind) {
    case 'passed':
      return 'ok     ';
    case 'failed':
      return 'FAILED ';
    case 'not-possible':
      return 'skipped';
  }
}

function command(name: string, program: string, args: readonly string[]): Check {
  return { name, run: () => run(program, args) };
}

function unitTests(half: 1 | 2): Check {
  return command(`unit and contract tests, half ${half}`, bin('tsx'), [
    'scripts/test.ts',
    '--selectProjects',
    'unit',
    'contract',
    `--shard=${half}/2`,
    '--maxWorkers=1',
  ]);
}

function toolCheck(tool: Tool): Check {
  return {
    name: tool.name,
    run: async () => {
      const found = await tool.install();
      if (found.kind === 'missing') return { kind: 'not-possible', reason: found.reason };
      return run(found.path, [...(found.args ?? []), ...tool.args]);
    },
  };
}

function run(program: string, args: readonly string[]): Promise<CheckResult> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', (error) => resolve({ kind: 'failed', output: error.message }));
    child.on('close', (code) =>
      resolve(code === 0 ? { kind: 'passed' } : { kind: 'failed', output }),
    );
  });
}
