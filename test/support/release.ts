import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyRelease, type Release } from '../../scripts/release/apply.js';
import type { Workshop } from '../../scripts/release/commits.js';
import { gitIn, type Git } from '../../scripts/release/git.js';
import { observe } from '../../scripts/release/observe.js';
import { planRelease } from '../../scripts/release/plan.js';
import type { ReleaseRequest } from '../../scripts/release/request.js';
import { gitRepository, type TestRepository } from './git-repository.js';

const root = join(import.meta.dirname, '..', '..');

/** A repository in the shape of this one: an action, a reusable workflow, a change note. */
export async function releasableRepository(): Promise<TestRepository> {
  const version = { name: 'infra-actions', version: '1.2.3' };
  return gitRepository({
    '.gitignore': await readFile(join(root, '.gitignore'), 'utf8'),
    '.gitattributes': await readFile(join(root, '.gitattributes'), 'utf8'),
    'package.json': `${JSON.stringify(version, null, 2)}\n`,
    'package-lock.json': `${JSON.stringify({ ...version, packages: { '': version } }, null, 2)}\n`,
    'CHANGELOG.md': '# Changelog\n\n## 1.2.3\n\nOld.\n',
    'README.md': '# Actions\n\n<!-- The exact `uses:` lines stand here in a release. -->\n',
    '.changeset/quiet-cats.md': '---\n"infra-actions": minor\n---\n\nCats are quiet.\n',
    'actions/ecr-push/action.yml':
      'name: push\ndescription: Pushes.\nruns:\n  using: node24\n  main: dist/main/index.js\n',
    'actions/ecr-push/main.ts': `console.log('pushed by the bundle');\n`,
    'docs/adr/0002.md': 'The form `org/infra-actions/<action>@v1`.\n',
    '.github/workflows/deploy.yml':
      'on:\n  workflow_call:\njobs:\n  deploy:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: org/infra-actions/ecr-push@v1\n',
  });
}

/** Bundles by a word of the source, with a line end that git must not change. */
export function quickWorkshop(): Workshop & { readonly built: readonly string[] } {
  const built: string[] = [];
  return {
    built,
    install: () => Promise.resolve(),
    build: async (directory) => {
      built.push(directory);
      const source = await readFile(join(directory, 'actions/ecr-push/main.ts'), 'utf8');
      const dist = join(directory, 'actions/ecr-push/dist');
      await mkdir(join(dist, 'main'), { recursive: true });
      await writeFile(join(dist, 'main/index.js'), `/* bundle */\r\n${source}`);
      await writeFile(join(dist, '.build-hash'), directory);
    },
  };
}

/** What `make release` does, in a repository of a test. */
export async function makeRelease(
  directory: string,
  workshop: Workshop,
  asked: Partial<Omit<ReleaseRequest, 'isDryRun'>> = {},
  told: (kind: string) => void = () => undefined,
): Promise<Release> {
  const git: Git = gitIn(directory);
  const request = { version: undefined, commit: 'HEAD', repository: 'acme/actions', ...asked };
  const plan = planRelease(request, await observe(git, request));
  return applyRelease(git, workshop, plan, ({ kind }) => told(kind));
}
