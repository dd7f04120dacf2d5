import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commentLimit } from '../../actions/shared/sticky-comment.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import {
  place,
  runLayer,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());

const gibibyte = 1024 ** 3;

/** Notes the most memory that a Node process had, when it ends. */
const noteMemory = `
  import { appendFileSync } from 'node:fs';
  process.on('exit', () => {
    const { maxRSS } = process.resourceUsage();
    appendFileSync(process.env.MEMORY_FILE, String(maxRSS * 1024) + '\\n');
  });
`;

async function plan(
  workspace: string,
  command: string,
  layers: string,
): Promise<LayerStep & { readonly peakBytes: number }> {
  const preload = path.join(emulator.directory, 'note-memory.mjs');
  const memoryFile = path.join(emulator.directory, `memory-${command}-${layers}`);
  await writeFile(preload, noteMemory);
  const result = await runLayer(emulator, {
    workspace,
    inputs: { command, layers },
    env: {
      NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
      MEMORY_FILE: memoryFile,
    },
  });
  const noted = (await readFile(memoryFile, 'utf8')).trim().split('\n').map(Number);
  return { ...result, peakBytes: Math.max(...noted) };
}

const localState = 'terraform {\n  backend "local" {}\n}\n';

describe('a plan of any size', () => {
  it('of 10,000 resources, each with a secret, is reported within the limits', async () => {
    const workspace = await writeRepository(emulator, {
      [place('01-many', 'dev')]: `${localState}
resource "terraform_data" "item" {
  count = 10000
  input = {
    name  = "item-\${count.index}"
    token = sensitive("token-of-item-\${count.index}")
    copy  = "the \${nonsensitive(sensitive("token-of-item-\${count.index}"))} of it"
  }
}
`,
    });
    const { step, statuses, peakBytes } = await plan(workspace, 'plan', '01-many');
    expect(step.conclusion).toBe('success');
    expect(statuses).toEqual({ '01-many/dev': 'changes' });
    expect(JSON.parse(step.outputs['stacks'] ?? '')).toMatchObject([{ add: 10_000 }]);
    expect(step.summary).toMatch(/… and \d+ more/);
    expect(step.summary).toContain('the (sensitive) of it');
    expect(step.summary).not.toContain('token-of-item');
    expect(step.log.join('\n')).not.toContain('token-of-item');
    expect(Buffer.byteLength(step.summary)).toBeLessThan(1024 * 1024);
    expect(peakBytes).toBeLessThan(gibibyte);
  });

  it('with an attribute of 5 MB shows the lines of it that change', async () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index} ${'x'.repeat(40)}`);
    const huge = path.join(path.dirname(place('01-huge', 'dev')), 'huge.txt');
    const workspace = await writeRepository(emulator, {
      [place('01-huge', 'dev')]: `${localState}
resource "terraform_data" "huge" {
  input = file("\${path.module}/huge.txt")
}
`,
      [huge]: lines.join('\n'),
    });
    expect((await plan(workspace, 'apply', '01-huge')).step.conclusion).toBe('success');
    lines[50_000] = 'this one is new';
    await writeFile(path.join(workspace, huge), lines.join('\n'));

    const { step, peakBytes } = await plan(workspace, 'plan', '01-huge');
    expect(step.conclusion).toBe('success');
    expect(step.summary).toMatch(/^-\s+line 50000 x+$/m);
    expect(step.summary).toMatch(/^\+\s+this one is new$/m);
    expect(step.summary.length).toBeLessThan(commentLimit);
    expect(step.log.join('\n').length).toBeLessThan(commentLimit);
    expect(peakBytes).toBeLessThan(gibibyte);
  });
});
