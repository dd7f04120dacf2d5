import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { globSync } from 'tinyglobby';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

interface Action {
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly runs: Readonly<Record<string, string>>;
}

const manifests = globSync('actions/*/action.yml', { cwd: root }).sort();

describe.each(manifests.map((path) => [basename(dirname(path)), path]))('%s', (name, path) => {
  const action = parse(readFileSync(join(root, path), 'utf8')) as Action;
  const sources = globSync(`actions/${name}/**/*.ts`, { cwd: root, ignore: '**/dist/**' }).map(
    (source) => readFileSync(join(root, source), 'utf8'),
  );
  /** Inputs that several actions read, by the function that reads them. */
  const shared = Object.entries({
    'readAwsInputs(': 'actions/shared/aws-access.ts',
    'readNotify(': 'actions/shared/notify/notify-inputs.ts',
  });

  it('reads the inputs that it declares, and no others', () => {
    const readers =
      /reader(?:\s*\.\s*)(?:text|required|oneOf|boolean|integer|number|list|keyValues|matching)\(\s*'([a-z-]+)'/g;
    const inputs = readFileSync(join(root, 'actions', name, 'inputs.ts'), 'utf8');
    const readersOfInputs = sources.filter((source) => source.includes('InputReader'));
    const read = new Set(
      [
        ...readersOfInputs,
        ...shared
          .filter(([reads]) => inputs.includes(reads))
          .map(([, source]) => readFileSync(join(root, source), 'utf8')),
      ].flatMap((source) => [
        ...[...source.matchAll(readers)].flatMap((match) => match[1] ?? []),
        ...[...source.matchAll(/read[A-Z]\w*\(\s*reader,\s*'([a-z-]+)'/g)].flatMap(
          (match) => match[1] ?? [],
        ),
      ]),
    );
    expect([...read].sort()).toEqual(Object.keys(action.inputs ?? {}).sort());
  });

  it('sets every output that it declares', () => {
    const text = sources.join('\n');
    const missing = Object.keys(action.outputs ?? {}).filter(
      (output) =>
        !text.includes(`'${output}'`) && !new RegExp(`\\b${output}\\b\\s*[:,]`).test(text),
    );
    expect(missing).toEqual([]);
  });

  it('runs bundles of its own entries on node24', () => {
    expect(action.runs['using']).toBe('node24');
    for (const key of ['main', 'post']) {
      const entry = action.runs[key];
      if (entry === undefined) continue;
      expect(entry).toBe(`dist/${key}/index.js`);
      expect(globSync(`actions/${name}/${key}.ts`, { cwd: root })).toHaveLength(1);
    }
  });

  it('wires everything in a main of under 40 lines', () => {
    const main = readFileSync(join(root, 'actions', name, 'main.ts'), 'utf8');
    expect(main.trimEnd().split('\n').length).toBeLessThan(40);
  });
});

describe('reusable workflows', () => {
  const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map((path) => ({
    path,
    document: parse(readFileSync(join(root, path), 'utf8')) as Workflow,
  }));

  interface Workflow {
    readonly permissions?: unknown;
    readonly jobs: Readonly<
      Record<
        string,
        {
          readonly permissions?: unknown;
          readonly steps?: readonly {
            readonly uses?: string;
            readonly with?: Readonly<Record<string, unknown>>;
          }[];
        }
      >
    >;
  }

  it.each(workflows.map(({ path, document }) => [path, document] as const))(
    '%s grants nothing at the top, and each job names what it needs',
    (_path, document) => {
      expect(document.permissions).toEqual({});
      for (const job of Object.values(document.jobs)) expect(job.permissions).toBeDefined();
    },
  );

  it('give our own actions only inputs that they have', () => {
    const unknown = workflows.flatMap(({ path, document }) =>
      Object.values(document.jobs)
        .flatMap((job) => job.steps ?? [])
        .flatMap((step) => {
          const name = /^org\/infra-actions\/([a-z-]+)@v1$/.exec(step.uses ?? '')?.[1];
          if (name === undefined) return [];
          const source = readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8');
          const inputs = Object.keys((parse(source) as Action).inputs ?? {});
          return Object.keys(step.with ?? {})
            .filter((input) => !inputs.includes(input))
            .map((input) => `${path}: ${name} has no input ${input}`);
        }),
    );
    expect(unknown).toEqual([]);
  });
});
