/**
 * The makespan of a layered apply of 30 stacks (real Terraform, `terraform_data`, local states)
 * against what no scheduler can beat: the longest chain, and the sum of all stacks shared by as
 * many as run at once.
 *
 * Usage: makespan.ts [rounds]
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../actions/shared/clock.js';
import { processEnv } from '../../actions/shared/env.js';
import type { Logger } from '../../actions/shared/log.js';
import { runProcess } from '../../actions/shared/process.js';
import { runQuery } from '../../actions/shared/query.js';
import { createSecrets } from '../../actions/shared/secrets.js';
import { observe, readRepository, type Ports } from '../../actions/terraform-layer/effects.js';
import { readInputs } from '../../actions/terraform-layer/inputs.js';
import { perform } from '../../actions/terraform-layer/perform.js';
import { planRun } from '../../actions/terraform-layer/plan.js';
import type { StackOutcome } from '../../actions/terraform-layer/schedule/outcome.js';
import type { Edge } from '../../actions/terraform-layer/stacks/workspace.js';

const layers = 5;
const perLayer = 6;

interface Measured {
  /** `nothing`: the apply after the one that made everything. */
  readonly changes: 'everything' | 'nothing';
  readonly wall: number;
  readonly sum: number;
  readonly criticalPath: number;
}

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? 3);
  for (const { title, parallelism, waits } of [
    { title: 'stacks that compute, 2 at once', parallelism: 2, waits: false },
    { title: 'stacks that wait for AWS (0.5 to 3 s each), 6 at once', parallelism: 6, waits: true },
  ]) {
    const runs: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      runs.push(...(await measure(parallelism, waits)));
    }
    for (const changes of ['everything', 'nothing'] as const) {
      const alike = runs
        .filter((run) => run.changes === changes)
        .sort((left, right) => left.wall - right.wall);
      const median = alike[Math.floor(alike.length / 2)];
      if (median === undefined) throw new Error('no rounds');
      const bound = Math.max(median.criticalPath, median.sum / parallelism);
      console.log(
        [
          `${title}, ${changes} changes: ${seconds(median.wall)}`,
          `sum ${seconds(median.sum)}`,
          `critical path ${seconds(median.criticalPath)}`,
          `lower bound ${seconds(bound)}`,
          `makespan ${(median.wall / bound).toFixed(2)} of it`,
        ].join(', '),
      );
    }
  }
}

async function measure(parallelism: number, waits: boolean): Promise<readonly Measured[]> {
  const root = mkdtempSync(path.join(tmpdir(), 'makespan-'));
  try {
    generate(root, waits);
    const values: Readonly<Record<string, string>> = {
      command: 'apply',
      environment: 'dev',
      parallelism: String(parallelism),
    };
    const inputs = readInputs((name) => values[name] ?? '', processEnv);
    const ports = portsOf(root);
    const repository = await readRepository(inputs, ports);
    const observed = await observe(inputs, repository, ports, undefined);
    const plan = planRun(inputs, observed);
    const run = { ...ports, startedAt: Date.now() };
    const measured: Measured[] = [];
    for (const changes of ['everything', 'nothing'] as const) {
      const began = performance.now();
      const outcomes = await perform(plan, inputs, run, observed.history);
      const wall = performance.now() - began;
      const wanted = changes === 'everything' ? 'applied' : 'unchanged';
      const failed = outcomes.find(({ end }) => end.status !== wanted);
      if (failed !== undefined) {
        throw new Error(
          `${failed.stack.displayId}: ${failed.end.status}\n${failed.lines.join('\n')}`,
        );
      }
      measured.push({
        changes,
        wall,
        sum: outcomes.reduce((total, { milliseconds }) => total + milliseconds, 0),
        criticalPath: longestChain(outcomes, plan.workspace.edges),
      });
    }
    return measured;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Five layers of six stacks; each but the first reads two of the layer before. */
function generate(root: string, waits: boolean): void {
  const state = (layer: number, part: number): string =>
    path.join(root, 'states', `${layer}-${part}.tfstate`);
  for (let layer = 0; layer < layers; layer += 1) {
    for (let part = 0; part < perLayer; part += 1) {
      const directory = path.join(root, `layers/0${layer + 1}-part-${part}/environments/dev`);
      mkdirSync(directory, { recursive: true });
      const reads = layer === 0 ? [] : [part, (part + 1) % perLayer];
      const pause = waits ? 0.5 + ((layer * 7 + part * 5) % 6) / 2 : 0;
      writeFileSync(
        path.join(directory, 'main.tf'),
        [
          `terraform {\n  backend "local" {\n    path = "${state(layer, part)}"\n  }\n}`,
          ...reads.map(
            (read) =>
              `data "terraform_remote_state" "r${read}" {\n  backend = "local"\n  config = {\n    path = "${state(layer - 1, read)}"\n  }\n}`,
          ),
          `resource "terraform_data" "item" {\n  count = 5\n  input = ${layer}\n}`,
          ...(pause === 0
            ? []
            : [
                `resource "terraform_data" "slow" {\n  provisioner "local-exec" {\n    command = "sleep ${pause}"\n  }\n}`,
              ]),
          'output "item" {\n  value = terraform_data.item[0].output\n}',
        ].join('\n'),
      );
    }
  }
}

/**
 * What has to happen one after the other: plan and apply of each stack of a chain, and the init of
 * its first. The others need no upstream to be initialised.
 */
function longestChain(outcomes: readonly StackOutcome[], edges: readonly Edge[]): number {
  const inits = new Map(
    outcomes.map(({ stack, stepMilliseconds }) => [stack.id, stepMilliseconds?.init ?? 0]),
  );
  const times = new Map(
    outcomes.map(({ stack, milliseconds }) => [
      stack.id,
      milliseconds - (inits.get(stack.id) ?? 0),
    ]),
  );
  const known = new Map<string, number>();
  const lengthOf = (id: string): number => {
    const cached = known.get(id);
    if (cached !== undefined) return cached;
    const before = edges.filter(({ from }) => from === id).map(({ to }) => lengthOf(to));
    const first = before.length === 0 ? (inits.get(id) ?? 0) : 0;
    const length = first + (times.get(id) ?? 0) + Math.max(0, ...before);
    known.set(id, length);
    return length;
  };
  return Math.max(...[...times.keys()].map(lengthOf));
}

function portsOf(root: string): Ports {
  const log: Logger = {
    info: () => undefined,
    debug: () => undefined,
    notice: () => undefined,
    warning: () => undefined,
    error: () => undefined,
    group: (_title, body) => body(),
  };
  return {
    env: processEnv,
    log,
    secrets: createSecrets(() => undefined),
    signal: new AbortController().signal,
    clock: systemClock,
    machine: { cores: availableParallelism(), freeBytes: freemem() },
    runProcess,
    runQuery,
    fetchIdToken: () => Promise.reject(new Error('nothing here needs a token')),
    github: undefined,
    root,
    temporaryDirectory: path.join(root, 'temporary'),
    credentialProcess: [],
    onRunDirectory: () => undefined,
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

await main();
