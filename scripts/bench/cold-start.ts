/**
 * CPU time of each bundle from its start to its first error, an input that is missing, beside a
 * bare node. The runs take turns, so that all meet the same machine.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const rounds = 15;

const preload =
  'data:text/javascript,' +
  encodeURIComponent(
    `import { writeSync } from 'node:fs';
     process.on('exit', () => {
       const { user, system } = process.cpuUsage();
       writeSync(3, String((user + system) / 1000));
     });`,
  );

const directory = mkdtempSync(join(tmpdir(), 'cold-start-'));
const subjects = [
  { name: 'bare node', args: ['--eval', '0'] },
  ...['terraform-layer', 'ecr-push', 'ecs-deploy'].map((name) => ({
    name,
    args: [join(root, 'actions', name, 'dist', 'main', 'index.js')],
  })),
];
for (const { name, args } of subjects) {
  const [bundle = ''] = args;
  if (bundle.startsWith('/') && !existsSync(bundle)) throw new Error(`${name} is not built`);
}

const milliseconds = new Map(subjects.map(({ name }) => [name, [] as number[]]));
for (let round = 0; round < rounds; round += 1) {
  for (const { name, args } of subjects) {
    const result = spawnSync(process.execPath, ['--import', preload, ...args], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], RUNNER_TEMP: directory },
    });
    milliseconds.get(name)?.push(Number(result.output[3]?.toString() ?? 'NaN'));
  }
}
rmSync(directory, { recursive: true, force: true });
for (const [name, values] of milliseconds) {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  console.log(`${name.padEnd(18)} ${median.toFixed(0).padStart(5)} ms CPU (median of ${rounds})`);
}
