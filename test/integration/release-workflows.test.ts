import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { glob } from 'tinyglobby';
import { isRewritten, placeholder, rewriteReferences } from '../../scripts/release/references.js';
import { writeRootFolders } from '../../scripts/release/tree.js';
import { workflowTools } from '../../scripts/tools.js';
import { describeWhere, type Requirement } from '../support/requirement.js';

const root = join(import.meta.dirname, '..', '..');
const target = { repository: 'acme/actions', tag: 'v1.3.0', bundlesCommit: 'a'.repeat(40) };
const checkers = ['actionlint', 'zizmor'];

const tools = await Promise.all(
  workflowTools
    .filter(({ name }) => checkers.includes(name))
    .map(async (tool) => ({ ...tool, installed: await tool.install() })),
);
const requirement: Requirement = tools.every(({ installed }) => installed.kind === 'found')
  ? { met: true }
  : { met: false, reason: 'actionlint and zizmor' };

describeWhere(requirement, 'the workflows of a release', () => {
  let tree: string;

  /** What a checker says of the tree; empty where it finds nothing. */
  const findings = async (name: string): Promise<string> => {
    const tool = tools.find((one) => one.name === name);
    if (tool?.installed.kind !== 'found') throw new Error(`${name} is missing`);
    const workflows = await glob('**/.github/workflows/*.yml', { cwd: tree, dot: true });
    const { path, args = [] } = tool.installed;
    const files = name === 'actionlint' ? workflows : [];
    const result = spawnSync(path, [...args, ...tool.args, ...files], {
      cwd: tree,
      encoding: 'utf8',
    });
    return result.status === 0 ? '' : `${result.stdout}${result.stderr}`;
  };

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'release-workflows-'));
    const patterns = ['.github/**', 'actions/*/action.yml', 'examples/*/.github/**'];
    for (const path of await glob(patterns, { cwd: root, dot: true })) {
      await mkdir(dirname(join(tree, path)), { recursive: true });
      await cp(join(root, path), join(tree, path));
      if (!isRewritten(path)) continue;
      const { text } = rewriteReferences(path, await readFile(join(root, path), 'utf8'), target);
      await writeFile(join(tree, path), text);
    }
    await writeRootFolders(tree);
  });
  afterAll(() => rm(tree, { recursive: true, force: true }));

  it.each(checkers)('are found faultless by %s', async (name) => {
    expect(await findings(name)).toBe('');
  });

  it('name every remote action by a full SHA, as callers may require', async () => {
    for (const path of await glob('.github/workflows/*.yml', { cwd: tree, dot: true })) {
      const text = await readFile(join(tree, path), 'utf8');
      const used = [...text.matchAll(/^\s*(?:- )?uses: (\S+)/gm)].map(([, name]) => name ?? '');
      expect(used.filter((name) => !/@[0-9a-f]{40}$/.test(name))).toEqual([]);
      expect(text).not.toContain(placeholder);
    }
  });

  it('would be found faulty with an action that is not pinned', async () => {
    const path = join(tree, '.github/workflows/deploy-service.yml');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(/acme\/actions\/ecr-push@\S+/, 'other/actions/ecr-push@v1'));
    expect(await findings('zizmor')).toContain('unpinned-uses');
    await writeFile(path, text);
  });
});
