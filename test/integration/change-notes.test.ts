import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRepository } from '../support/git-repository.js';
import { releasableRepository } from '../support/release.js';

const root = join(import.meta.dirname, '..', '..');
const note = { '.changeset/loud-dogs.md': '---\n"infra-actions": patch\n---\n\nDogs.\n' };

/** As the job "change note" of pull-request.yml asks. */
describe('the change note of a pull request', () => {
  let repository: TestRepository;
  const asks = async (files: Readonly<Record<string, string>>): Promise<boolean> => {
    repository.run('checkout', '--quiet', '-B', 'change', 'main');
    await repository.commit(files);
    const program = join(root, 'node_modules', '.bin', 'changeset');
    const result = spawnSync(program, ['status', '--since=main'], {
      cwd: repository.root,
      encoding: 'utf8',
    });
    return result.status !== 0;
  };

  beforeAll(async () => {
    repository = await releasableRepository();
    const config = await readFile(join(root, '.changeset', 'config.json'), 'utf8');
    await repository.commit({ '.changeset/config.json': config });
  });
  afterAll(() => repository.remove());

  it.each([
    'actions/ecr-push/main.ts',
    'actions/shared/env.ts',
    '.github/workflows/deploy.yml',
    'terraform/modules/vpc/main.tf',
  ])('is asked for where %s changes', async (file) => {
    expect(await asks({ [file]: 'changed\n' })).toBe(true);
    expect(await asks({ [file]: 'changed\n', ...note })).toBe(false);
  });

  it.each([
    'README.md',
    'scripts/build.ts',
    'test/unit/a.test.ts',
    '.github/workflows/ci.yml',
    '.github/workflows/release.yml',
    '.github/dependabot.yml',
  ])('is not asked for where %s changes', async (file) => {
    expect(await asks({ [file]: 'changed\n' })).toBe(false);
  });
});
