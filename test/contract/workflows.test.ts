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

describe('drift.yml', () => {
  const [job, ...others] = jobsWith('drift', 'terraform-layer');
  /** Of plans of a change and of other commands. */
  const ofOthers = new Set([
    ...['allow-destroy', 'policy-command', 'review-records', 'comment', 'comment-key'],
    ...['comment-author', 'prove-gates', 'cost-command', 'graph-format', 'state-operations'],
    ...['lock-id', 'apply-again', 'confirm', 'review-workflow', 'up-to-date', 'dry-run'],
    ...['stacks-per-runner', 'leg', 'last-leg', 'leg-count', 'gate-job'],
    // What a reusable workflow decides itself.
    ...['allowed-account-ids', 'audience', 'config', 'terraform-releases-url', 'retries'],
  ]);

  it('passes on what a caller may want to set', () => {
    expect(others).toEqual([]);
    const wanted = inputsOf('terraform-layer').filter((input) => !ofOthers.has(input));
    expect(Object.keys(job?.passed ?? {}).sort()).toEqual([...wanted].sort());
  });

  it('plans, and can reach no role of an environment', () => {
    expect(job?.passed['command']).toBe('drift');
    expect(job).not.toHaveProperty('environment');
    expect(job?.permissions).toEqual({
      contents: 'read',
      'id-token': 'write',
      issues: 'write',
    });
  });
});

describe('promote-image.yml', () => {
  const [job, ...others] = jobsWith('promote-image', 'ecr-push');

  it('copies what was approved, behind the approval of each target', () => {
    expect(others).toEqual([]);
    expect(job?.passed).toMatchObject({
      command: 'promote',
      source: "${{ format('{0}@{1}', inputs.source, inputs.digest) }}",
    });
    expect(job).toMatchObject({
      environment: '${{ matrix.environment }}',
      strategy: { 'max-parallel': 1, 'fail-fast': true },
    });
  });

  it('passes only inputs that the action has', () => {
    const known = inputsOf('ecr-push');
    expect(Object.keys(job?.passed ?? {}).filter((input) => !known.includes(input))).toEqual([]);
  });
});

describe('code-quality.yml', () => {
  const { jobs } = read('.github/workflows/code-quality.yml') as {
    readonly jobs: Readonly<Record<string, Job & { readonly needs?: readonly string[] }>>;
  };

  it('has no access to anything but the code', () => {
    for (const [name, { permissions }] of Object.entries(jobs)) {
      expect(permissions).toEqual(name === 'result' ? {} : { contents: 'read' });
    }
    expect(JSON.stringify(jobs)).not.toContain('secrets.');
  });

  it('has one job to require, which waits for all others', () => {
    const others = Object.keys(jobs).filter((name) => name !== 'result');
    expect([...(jobs['result']?.needs ?? [])].sort()).toEqual(others.sort());
  });
});

describe('deploy-service.yml', () => {
  /** What the contract says already, and what belongs to other commands. */
  const notPassed: Readonly<Record<string, ReadonlySet<string>>> = {
    'ecr-push': new Set([
      ...['command', 'repositories', 'labels', 'secret-files', 'ssh', 'provenance', 'sbom'],
      ...['archive', 'image', 'engine', 'kms-key', 'keep-images', 'pull-account-ids'],
      ...['registries', 'dry-run', 'audience', 'allowed-account-ids'],
      // Of other commands.
      ...['source', 'source-role-to-assume', 'referrers'],
    ]),
    'ecs-deploy': new Set([
      ...['cluster', 'service-name', 'task-definition', 'image', 'container', 'verify', 'wait'],
      ...['env-vars', 'remove-env-vars', 'secrets', 'remove-secrets', 'cpu', 'memory', 'overrides'],
      ...['poll-interval-seconds', 'early-end-exits', 'log-lines', 'dry-run', 'audience'],
      ...['codedeploy-application', 'codedeploy-deployment-group', 'if-busy'],
      ...['wait-for-termination', 'pre-deploy-container', 'post-deploy-container'],
      ...['smoke-timeout-seconds', 'smoke-attempts', 'allowed-account-ids'],
      // Of other commands.
      ...['hook-id', 'service-deployment-arn', 'decision', 'task-command', 'task-container'],
      ...['task-env-vars', 'task-cpu', 'task-memory', 'task', 'revision', 'desired-count'],
      ...['scale-limits', 'reason'],
    ]),
  };

  it.each(['ecr-push', 'ecs-deploy'])('passes on what a caller may want to set of %s', (action) => {
    // Besides the one that promotes into other accounts, and the one that only looks.
    const [job, ...others] = jobsWith('deploy-service', action).filter(
      ({ passed }) => passed['command'] !== 'promote' && passed['dry-run'] !== true,
    );
    expect(others).toEqual([]);
    const passed = Object.keys(job?.passed ?? {});
    const wanted = inputsOf(action).filter((input) => notPassed[action]?.has(input) !== true);
    expect(passed.sort()).toEqual([...wanted].sort());
  });
});

describe('the jobs of deploy-service.yml', () => {
  const { jobs } = read('.github/workflows/deploy-service.yml') as {
    readonly jobs: Readonly<Record<string, Job & { readonly environment?: unknown }>>;
  };

  it('can ask for a token of AWS only where they run no command of the service', () => {
    const withCommands = Object.entries(jobs).filter(([, { steps }]) =>
      steps.some((step) => JSON.stringify(step).includes('-command }}')),
    );
    expect(withCommands.map(([name]) => name).sort()).toEqual(['artifacts', 'test']);
    for (const [, { permissions }] of withCommands) {
      expect(permissions).toEqual({ contents: 'read' });
    }
  });

  it('wait for an approval where something is changed, and nowhere else', () => {
    const gated = Object.entries(jobs).filter(([, job]) => 'environment' in job);
    expect(gated.map(([name]) => name)).toEqual(['deploy']);
    const [looking] = jobsWith('deploy-service', 'ecs-deploy').filter(
      ({ passed }) => passed['dry-run'] === true,
    );
    expect(looking?.passed['role-to-assume']).toContain('inputs.read-role');
    expect(looking?.passed['role-to-assume']).not.toContain('deploy-role');
  });

  it('deploy environment after environment, and no further after a failure', () => {
    expect(jobs['deploy']).toMatchObject({ strategy: { 'max-parallel': 1, 'fail-fast': true } });
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
