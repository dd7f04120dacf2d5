import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Job {
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string };
  readonly steps: readonly {
    readonly uses?: string;
    readonly with?: Readonly<Record<string, unknown>>;
  }[];
}

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): unknown => parse(readFileSync(join(root, path), 'utf8'));
const { inputs } = read('actions/terraform-layer/action.yml') as {
  readonly inputs: Readonly<Record<string, unknown>>;
};

/** What a reusable workflow decides itself, or leaves to the action's default. */
const notPassed = new Set([
  ...['allowed-account-ids', 'audience', 'config', 'terraform-releases-url', 'retries', 'dry-run'],
  ...['comment-author', 'comment-key', 'comment', 'prove-gates', 'github-token', 'cost-command'],
  // Of other commands.
  ...['graph-format', 'drift-issues', 'drift-label', 'time-budget', 'state-operations', 'lock-id'],
]);
const onlyForApply = new Set(['apply-again', 'confirm', 'review-workflow', 'up-to-date']);

describe.each(['terraform-plan', 'terraform-apply'])('%s.yml', (name) => {
  const { jobs } = read(`.github/workflows/${name}.yml`) as {
    readonly jobs: Readonly<Record<string, Job>>;
  };
  const layerJobs = Object.values(jobs).flatMap((job) =>
    job.steps.flatMap((step) =>
      step.uses?.includes('/terraform-layer@') === true
        ? [{ ...job, passed: step.with ?? {} }]
        : [],
    ),
  );

  it('passes on every input that a caller may want to set', () => {
    expect(layerJobs.length).toBeGreaterThan(0);
    for (const { passed } of layerJobs) {
      const wanted = Object.keys(inputs).filter(
        (input) =>
          !notPassed.has(input) && (passed['command'] === 'apply' || !onlyForApply.has(input)),
      );
      expect(wanted.filter((input) => !(input in passed))).toEqual([]);
    }
  });

  it('keeps callers for other directories apart where one job waits for another', () => {
    const groups = layerJobs.flatMap(({ concurrency }) => concurrency?.group ?? []);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toContain('${{ inputs.working-directory }}');
  });

  it('may read the pull request that it is asked to apply again', () => {
    for (const { passed, permissions } of layerJobs) {
      if (!('apply-again' in passed)) continue;
      expect(permissions['pull-requests']).toMatch(/read|write/);
    }
  });
});
