import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBuildContext, type BuildContext } from '../../../actions/ecr-push/build-context.js';
import type { BuildSource } from '../../../actions/ecr-push/inputs/source.js';
import { buildSource } from '../../support/ecr-push-inputs.js';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'context-'));
  mkdirSync(join(workspace, 'app'));
});
afterEach(() => rmSync(workspace, { recursive: true }));

function find(changes: Partial<BuildSource>): Promise<BuildContext> {
  return findBuildContext(buildSource({ context: 'app', ...changes }), workspace);
}

it.each(['Dockerfile', 'Containerfile'])('finds the %s of the context', async (name) => {
  writeFileSync(join(workspace, 'app', name), 'FROM scratch\n');
  expect(await find({})).toEqual({
    directory: join(workspace, 'app'),
    dockerfile: join(workspace, 'app', name),
  });
});

it('takes a file from the workspace', async () => {
  writeFileSync(join(workspace, 'prod.Dockerfile'), 'FROM scratch\n');
  expect((await find({ file: 'prod.Dockerfile' })).dockerfile).toBe(
    join(workspace, 'prod.Dockerfile'),
  );
});

it('names what the context holds where there is no Dockerfile, likely ones first', async () => {
  writeFileSync(join(workspace, 'app', 'main.py'), '');
  writeFileSync(join(workspace, 'app', 'Dockerfile.prod'), '');
  await expect(find({})).rejects.toMatchObject({
    problems: [
      {
        code: 'dockerfile-not-found',
        at: { input: 'context' },
        hint: expect.stringContaining('Dockerfile.prod, main.py') as unknown,
      },
    ],
  });
  await expect(find({ file: 'app' })).rejects.toMatchObject({
    problems: [{ code: 'dockerfile-not-found', at: { input: 'file' } }],
  });
});

it('refuses a context that is not there', async () => {
  await expect(find({ context: 'nowhere' })).rejects.toMatchObject({
    problems: [{ code: 'context-not-found' }],
  });
});
