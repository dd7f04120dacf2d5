import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderJson } from '../../actions/terraform-layer/graph/render.js';
import { loadWorkspace } from '../../actions/terraform-layer/stacks/load-workspace.js';
import { generateStacks } from './generated-stacks.js';

/** What one cold run took: a fresh process, the parser's start included, module loading not. */
interface Measurement {
  readonly stacks: number;
  readonly edges: number;
  readonly wallMilliseconds: number;
  readonly cpuMilliseconds: number;
  readonly peakMegabytes: number;
}

const rounds = 3;

/**
 * Prints discovery and graph of generated repositories, one line a size: the best of three runs,
 * each in a process of its own. Sizes are the arguments; default 1000.
 */
async function main(): Promise<void> {
  const [command, root] = process.argv.slice(2);
  if (command === '--measure' && root !== undefined) {
    process.stdout.write(JSON.stringify(await measure(root)));
    return;
  }
  const sizes = process.argv.slice(2).map(Number);
  for (const size of sizes.length > 0 ? sizes : [1000]) {
    const { stacks, edges, wallMilliseconds, cpuMilliseconds, peakMegabytes } = best(size);
    process.stdout.write(
      `discovery and graph, ${stacks} stacks, ${edges} edges: ` +
        `${wallMilliseconds} ms wall, ${cpuMilliseconds} ms CPU, peak ${peakMegabytes} MB\n`,
    );
  }
}

function best(size: number): Measurement {
  const root = mkdtempSync(path.join(os.tmpdir(), 'bench-discovery-'));
  try {
    generateStacks(root, size);
    const runs = Array.from({ length: rounds }, () => measureInProcess(root));
    return runs.reduce((a, b) => (b.wallMilliseconds < a.wallMilliseconds ? b : a));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function measureInProcess(root: string): Measurement {
  const script = fileURLToPath(import.meta.url);
  const output = execFileSync(process.execPath, ['--import', 'tsx', script, '--measure', root], {
    encoding: 'utf8',
  });
  return JSON.parse(output) as Measurement;
}

async function measure(root: string): Promise<Measurement> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const workspace = await loadWorkspace({ root });
  renderJson(workspace);
  const wall = performance.now() - start;
  const used = process.cpuUsage(cpu);
  return {
    stacks: workspace.stacks.length,
    edges: workspace.edges.length,
    wallMilliseconds: Math.round(wall),
    cpuMilliseconds: Math.round((used.user + used.system) / 1000),
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

await main();
