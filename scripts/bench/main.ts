/** Prints the measurements that this project watches, one after another on an otherwise idle machine. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const benchmarks = [
  {
    title: 'Discovery and graph of 1,000 and 10,000 stacks',
    script: 'discovery.ts',
    args: ['1000', '10000'],
  },
  { title: 'A layered apply of 30 stacks', script: 'makespan.ts', args: [] },
  {
    title: 'A reviewable plan of 8 and of 30 stacks, against plain init, plan and show',
    script: 'plan.ts',
    args: [],
  },
  {
    title: 'API calls and wall time of a deploy, at ten times the speed',
    script: 'deploy-cost.ts',
    args: [],
  },
  {
    title: 'An image that was built before is found, against building it again',
    script: 'find-image.ts',
    args: [],
  },
  {
    title: 'Throughput, memory and calls of promotions between two registries',
    script: 'promote.ts',
    args: [],
  },
  { title: 'Cold start of each bundle', script: 'cold-start.ts', args: [] },
  {
    title: 'How late the end of a rollout is told, in virtual time',
    script: 'deploy-lag.ts',
    args: [],
  },
];

for (const { title, script, args } of benchmarks) {
  console.log(`\n## ${title}\n`);
  const result = spawnSync(
    join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'tsx'),
    [join(import.meta.dirname, script), ...args],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.status !== 0) process.exitCode = 1;
}
