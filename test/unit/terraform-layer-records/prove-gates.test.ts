import { UserError } from '../../../actions/shared/errors.js';
import type { GithubContext } from '../../../actions/shared/github-context.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import {
  proveEnvironments,
  proveGatesByHand,
} from '../../../actions/terraform-layer/apply/prove-gates.js';
import type { EnvironmentConfig } from '../../../actions/terraform-layer/config/infra-config.js';
import type { GithubEnvironment } from '../../../actions/terraform-layer/github/gate.js';
import { githubContext } from '../../support/github-client.js';
import { fakePeople } from '../../support/people.js';
import { silentLogger } from '../../support/silent-logger.js';
import { load, s3Backend } from '../../support/stacks.js';

let environments: readonly EnvironmentConfig[];
beforeAll(async () => {
  const workspace = await load({
    'infra.yml':
      'environments:\n  dev: { apply: auto }\n  staging: { apply: approval }\n' +
      '  production: { apply: approval, gate: dispatch }\n' +
      '  live: { apply: approval, gate: reviews }\n',
    ...Object.fromEntries(
      ['dev', 'staging', 'production', 'live'].map((name) => [
        `environments/${name}/main.tf`,
        s3Backend(name),
      ]),
    ),
  });
  environments = workspace.config.environments;
});

const only = (...names: readonly string[]) =>
  environments.filter(({ name }) => names.includes(name));

const isProtected: GithubEnvironment = {
  ...{ kind: 'found', name: 'staging', reviewers: 1, preventSelfReview: true },
  branches: { kind: 'named', patterns: [{ name: 'main', type: 'branch' }] },
};

interface Case {
  readonly github?: Partial<GithubContext> | null;
  readonly token?: string | undefined;
  readonly confirm?: string;
  readonly onGithub?: GithubEnvironment;
}

/** Codes of what does not hold, and the environments that GitHub was asked about. */
async function proved(
  prove: typeof proveGatesByHand,
  names: readonly string[],
  { github = {}, confirm, onGithub = isProtected, ...rest }: Case = {},
): Promise<{ readonly codes: readonly string[]; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const token = 'token' in rest ? rest.token : 'gh-token';
  const ports = {
    github: github === null ? undefined : githubContext(github),
    secrets: createSecrets(() => undefined),
    log: silentLogger,
  };
  try {
    await prove(only(...names), { githubToken: token, confirm }, ports, () =>
      Promise.resolve({
        defaultBranch: 'main',
        people: fakePeople({}),
        environments: {
          read: (name) => {
            asked.push(name);
            return Promise.resolve(onGithub);
          },
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { codes: error.problems.map(({ code }) => code), asked };
  }
  return { codes: [], asked };
}

describe('a command that changes the world without a change of code', () => {
  const codes = async (names: readonly string[], values?: Case) =>
    (await proved(proveGatesByHand, names, values)).codes;

  it('asks GitHub about the environments alone that need approval', async () => {
    expect(await proved(proveGatesByHand, ['dev', 'staging'])).toEqual({
      codes: [],
      asked: ['staging'],
    });
  });

  it('is refused where nobody would be asked', async () => {
    const missing = { onGithub: { kind: 'missing' } } as const;
    expect(await codes(['staging'], missing)).toEqual(['gate-environment-missing']);
    expect(await codes(['dev'], missing)).toEqual([]);
  });

  it('is refused on another branch than the default one', async () => {
    const branch = { github: { ref: 'refs/heads/topic' } };
    expect(await codes(['staging'], branch)).toEqual(['gate-not-on-default-branch']);
  });

  it('wants the name typed by hand where reviews are the gate: they say nothing of it', async () => {
    expect(await codes(['live'])).toEqual(['gate-not-dispatched']);
    const dispatched = { github: { eventName: 'workflow_dispatch' } };
    expect(await codes(['live'], dispatched)).toEqual(['gate-not-confirmed']);
    expect(await codes(['live', 'production'], { ...dispatched, confirm: 'live' })).toEqual([
      'gate-not-confirmed',
    ]);
    expect(await codes(['live'], { ...dispatched, confirm: 'live' })).toEqual([]);
  });

  it('is refused unseen without a token, and by hand in a terminal', async () => {
    expect(await codes(['dev', 'staging', 'live'], { token: undefined })).toEqual([
      'gate-unseen',
      'gate-unseen',
    ]);
    expect(await codes(['dev'], { token: undefined })).toEqual([]);
    expect(await codes(['dev', 'staging'], { github: null })).toEqual(['confirm-missing']);
    expect(await codes(['staging'], { github: null, confirm: 'staging' })).toEqual([]);
  });
});

it('before a job names an environment, only what GitHub protects is proved', async () => {
  const all = ['dev', 'staging', 'production', 'live'];
  expect(await proved(proveEnvironments, all)).toEqual({ codes: [], asked: ['staging'] });
  expect(await proved(proveEnvironments, all, { github: null })).toEqual({ codes: [], asked: [] });
  const { codes } = await proved(proveEnvironments, all, { token: undefined });
  expect(codes).toEqual(['gate-unseen']);
});
