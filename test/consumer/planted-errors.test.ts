import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { workflowTools, type Tool } from '../../scripts/tools.js';
import { callProblems } from '../../scripts/workflows/call-problems.js';
import { parserProblems } from '../../scripts/workflows/github-parser.js';
import { readFrom } from '../../scripts/workflows/release-references.js';
import {
  calledAction,
  calledPath,
  calledWorkflow,
  plantedErrors,
  type PlantedError,
} from '../support/planted-errors.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

type Check = keyof PlantedError['seen'];
const checks: readonly Check[] = ['actionlint', 'zizmor', 'parser', 'calls'];

const installed = await Promise.all(
  workflowTools.map(async (tool) => ({ tool, found: await tool.install() })),
);
const missing = installed.flatMap(({ found }) => (found.kind === 'missing' ? [found.reason] : []));
const requirement: Requirement =
  missing.length === 0 ? { met: true } : { met: false, reason: missing.join('; ') };

const planted = plantedErrors.map((error, index) => ({
  ...error,
  path: error.path ?? `.github/workflows/e${String(index + 1).padStart(2, '0')}.yml`,
}));

describeWhere(requirement, 'a mistake in a workflow', () => {
  let root: string;
  /** What each check says, by file. */
  const said: Record<Check, Map<string, readonly string[]>> = {
    actionlint: new Map(),
    zizmor: new Map(),
    parser: new Map(),
    calls: new Map(),
  };

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'planted-'));
    const files = {
      [calledPath]: calledWorkflow,
      'actions/greet/action.yml': calledAction,
      '.github/zizmor.yml': await readFile(
        path.join(import.meta.dirname, '../../.github/zizmor.yml'),
        'utf8',
      ),
      ...Object.fromEntries(planted.map((error) => [error.path, error.text])),
    };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true });
      await writeFile(path.join(root, name), text);
    }
    spawnSync('git', ['init', '--quiet'], { cwd: root });
    for (const { filepath, message } of z
      .array(z.object({ filepath: z.string(), message: z.string() }))
      .parse(run('actionlint', ['-format', '{{json .}}']))) {
      add('actionlint', filepath, message);
    }
    for (const { ident, locations } of zizmorFindings.parse(
      run('zizmor', ['--offline', '--no-progress', '--format=json', '.github', 'actions']),
    )) {
      for (const { symbolic } of locations) add('zizmor', symbolic.key.Local.verbatim_path, ident);
    }
    const readOwn = readFrom(root);
    for (const { path: file, text } of planted) {
      for (const { message } of await parserProblems(file, text, readOwn)) {
        add('parser', file, message);
      }
      for (const { message } of await callProblems(file, text, readOwn)) {
        add('calls', file, message);
      }
    }
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  function add(check: Check, file: string, message: string): void {
    const name = path.relative(root, path.resolve(root, file));
    said[check].set(name, [...(said[check].get(name) ?? []), message]);
  }

  /** Runs a tool with its own way of saying it is there, in the folder of the errors. */
  function run(name: string, args: readonly string[]): unknown {
    const one = installed.find(({ tool }: { tool: Tool }) => tool.name === name)?.found;
    if (one?.kind !== 'found') throw new Error(`no ${name}`);
    const result = spawnSync(one.path, [...(one.args ?? []), ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    return JSON.parse(result.stdout) as unknown;
  }

  it.each(planted)('is seen: $what', ({ path: file, seen }) => {
    for (const check of checks) {
      const messages = said[check].get(file) ?? [];
      const wanted = seen[check];
      if (wanted !== undefined) {
        expect({ check, messages: messages.join('\n') }).toEqual({
          check,
          messages: expect.stringContaining(wanted) as unknown,
        });
      } else if (check !== 'zizmor') {
        expect({ check, messages }).toEqual({ check, messages: [] });
      }
    }
  });

  it('is not what a workflow and an action without one are said to have', async () => {
    for (const check of checks) expect(said[check].get(calledPath) ?? []).toEqual([]);
    const action = 'actions/greet/action.yml';
    expect(await parserProblems(action, calledAction, readFrom(root))).toEqual([]);
  });
});

const zizmorFindings = z.array(
  z.object({
    ident: z.string(),
    locations: z.array(
      z.object({
        symbolic: z.object({ key: z.object({ Local: z.object({ verbatim_path: z.string() }) }) }),
      }),
    ),
  }),
);
