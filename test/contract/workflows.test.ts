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
const inputsOf = (action: string): readonly string[] => {
  const { inputs } = read(`actions/${action}/action.yml`) as {
    readonly inputs: Readonly<Record<string, unknown>>;
  };
  return Object.keys(inputs);
};
/** The jobs of a reusable workflow that use an action, with what they pass to it. */
const jobsWith = (workflow: string, action: string) => {
  const { jobs } = read(`.github/workflows/${workflow}.yml`) as {
    readonly jobs: Readonly<Record<string, Job>>;
  };
  return Object.values(jobs).flatMap((job) =>
    job.steps.flatMap((step) =>
      step.uses?.includes(`/${action}@`) === true ? [{ ...job, passed: step.with ?? {} }] : [],
    ),
  );
};

/** Of every action. */
const notifying = ['slack-webhook', 'slack-webhook-host', 'notify-on'];

/** What a reusable workflow decides itself, or leaves to the action's default. */
const notPassed = new Set([
  ...['allowed-account-ids', 'audience', 'config', 'terraform-releases-url', 'retries', 'dry-run'],
  ...['comment-author', 'comment-key', 'comment', 'prove-gates', 'github-token', 'cost-command'],
  // Of legs, which terraform-apply-waves.yml has.
  ...['stacks-per-runner', 'leg', 'last-leg', 'leg-count', 'gate-job'],
  // Of other commands.
  ...['graph-format', 'drift-issues', 'drift-label', 'time-budget', 'state-operations', 'lock-id'],
]);
const onlyForApply = new Set([
  ...['apply-again', 'confirm', 'review-workflow', 'up-to-date'],
  // Plans of pull requests tell no chat.
  ...notifying,
]);

describe.each(['terraform-plan', 'terraform-apply'])('%s.yml', (name) => {
  const layerJobs = jobsWith(name, 'terraform-layer');

  it('passes on every input that a caller may want to set', () => {
    expect(layerJobs.length).toBeGreaterThan(0);
    for (const { passed } of layerJobs) {
      const wanted = inputsOf('terraform-layer').filter(
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

it('terraform-apply.yml tells a chat of approvals too, which its plan knows of', () => {
  for (const { passed } of jobsWith('terraform-apply', 'terraform-layer')) {
    expect(Object.keys(passed)).toEqual(expect.arrayContaining(notifying));
  }
});

describe('deploy-service.yml', () => {
  /** What the contract says already, and what belongs to other commands. */
  const notPassed: Readonly<Record<string, ReadonlySet<string>>> = {
    'ecr-push': new Set([
      ...['command', 'repositories', 'labels', 'secret-files', 'ssh', 'provenance', 'sbom'],
      ...['archive', 'image', 'engine', 'kms-key', 'keep-images', 'pull-account-ids'],
      ...['registries', 'dry-run', 'audience', 'allowed-account-ids', ...notifying],
      // Of other commands.
      ...['source', 'source-role-to-assume', 'referrers'],
    ]),
    'ecs-deploy': new Set([
      ...['cluster', 'service-name', 'task-definition', 'image', 'container', 'verify', 'wait'],
      ...['env-vars', 'remove-env-vars', 'secrets', 'remove-secrets', 'cpu', 'memory', 'overrides'],
      ...['poll-interval-seconds', 'early-end-exits', 'log-lines', 'dry-run', 'audience'],
      ...['codedeploy-application', 'codedeploy-deployment-group', 'if-busy'],
      ...['wait-for-termination', 'pre-deploy-container', 'post-deploy-container'],
      ...['smoke-timeout-seconds', 'smoke-attempts', 'allowed-account-ids', ...notifying],
      // Of other commands.
      ...['hook-id', 'service-deployment-arn', 'decision', 'task-command', 'task-container'],
      ...['task-env-vars', 'task-cpu', 'task-memory', 'task', 'revision', 'desired-count'],
      ...['scale-limits', 'reason'],
    ]),
  };

  it.each(['ecr-push', 'ecs-deploy'])('passes on what a caller may want to set of %s', (action) => {
    const [job, ...others] = jobsWith('deploy-service', action);
    expect(others).toEqual([]);
    const passed = Object.keys(job?.passed ?? {});
    const wanted = inputsOf(action).filter((input) => notPassed[action]?.has(input) !== true);
    expect(passed.sort()).toEqual([...wanted].sort());
  });
});

describe('operate-service.yml', () => {
  const [job] = jobsWith('operate-service', 'ecs-deploy');

  it('passes only inputs that the action has', () => {
    const known = inputsOf('ecs-deploy');
    expect(Object.keys(job?.passed ?? {}).filter((input) => !known.includes(input))).toEqual([]);
  });

  it('waits for no deploy that it may have to stop', () => {
    expect(job).toBeDefined();
    expect(job?.concurrency).toBeUndefined();
  });
});
