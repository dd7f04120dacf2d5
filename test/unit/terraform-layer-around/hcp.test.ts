import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperationError, UserError, type Problem } from '../../../actions/shared/errors.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import type { Stack } from '../../../actions/terraform-layer/stacks/workspace.js';
import {
  hcpApi,
  httpRequest,
  type HcpApi,
  type HttpRequest,
} from '../../../actions/terraform-layer/terraform/hcp-api.js';
import { discardSavedRun } from '../../../actions/terraform-layer/terraform/hcp-runs.js';
import { checkHcpStacks } from '../../../actions/terraform-layer/terraform/hcp-stacks.js';
import { hostToken, type HostToken } from '../../../actions/terraform-layer/terraform/hcp-token.js';
import { silentLogger } from '../../support/silent-logger.js';
import { load } from '../../support/stacks.js';

interface Seen {
  readonly url: string;
  readonly authorization: string | undefined;
}

/** What a host answers, by path; each request takes the next of several. */
type Answers = Readonly<Record<string, readonly (readonly [status: number, body: unknown])[]>>;

let server: Server;
let port: number;
let answers: Answers;
let seen: Seen[];
beforeAll(async () => {
  server = createServer((request, response) => {
    const url = request.url ?? '';
    const before = seen.filter((entry) => entry.url === url).length;
    seen.push({ url, authorization: request.headers.authorization });
    const all = answers[url] ?? [[404, {}]];
    const [status, body] = all[Math.min(before, all.length - 1)] ?? [404, {}];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  seen = [];
});

/** Takes the TLS away on the way to the server above. */
const send: HttpRequest = (url, options) =>
  httpRequest(url.replace(/^https:\/\/[^/]+/, `http://127.0.0.1:${port}`), options);

const discovery = { '/.well-known/terraform.json': [[200, { 'tfe.v2': '/api/v2/' }]] } as const;
const place = '/api/v2/organizations/acme/workspaces/';

function workspace(executionMode: string, vcsRepo: unknown = null): unknown {
  return { data: { attributes: { 'execution-mode': executionMode, 'vcs-repo': vcsRepo } } };
}

describe('the API', () => {
  const api = (): HcpApi => hcpApi(send, { retries: 2, firstPauseMilliseconds: 1 });
  const at = { host: 'app.terraform.io', organization: 'acme', name: 'aws-network-dev' };

  it('is found by discovery, once, and asked with the token', async () => {
    answers = { ...discovery, [`${place}aws-network-dev`]: [[200, workspace('local')]] };
    const client = api();
    const answer = {
      kind: 'found',
      workspace: { executionMode: 'local', hasVcsConnection: false },
    };
    expect(await client.workspace(at, 'the-token')).toEqual(answer);
    expect(await client.workspace(at, 'the-token')).toEqual(answer);
    expect(seen).toEqual([
      { url: '/.well-known/terraform.json', authorization: undefined },
      { url: `${place}aws-network-dev`, authorization: 'Bearer the-token' },
      { url: `${place}aws-network-dev`, authorization: 'Bearer the-token' },
    ]);
  });

  it('tells a refused token from a workspace that is not to be seen', async () => {
    answers = { ...discovery, [`${place}aws-network-dev`]: [[401, {}]] };
    expect(await api().workspace(at, 't')).toEqual({ kind: 'token-refused' });
    answers = discovery;
    expect(await api().workspace(at, 't')).toEqual({ kind: 'not-found' });
  });

  it('is asked again where it has too much to do, and not for ever', async () => {
    answers = {
      ...discovery,
      [`${place}aws-network-dev`]: [
        [429, {}],
        [502, {}],
        [200, workspace('agent', { identifier: 'acme/infra' })],
      ],
    };
    expect(await api().workspace(at, 't')).toEqual({
      kind: 'found',
      workspace: { executionMode: 'agent', hasVcsConnection: true },
    });
    answers = { ...discovery, [`${place}aws-network-dev`]: [[503, {}]] };
    await expect(api().workspace(at, 't')).rejects.toMatchObject({ code: 'hcp-unreachable' });
  });

  it('gets no token over plain HTTP, or where a host does not offer it', async () => {
    answers = {
      '/.well-known/terraform.json': [[200, { 'tfe.v2': 'http://elsewhere.example.com/' }]],
    };
    await expect(api().workspace(at, 't')).rejects.toMatchObject({ code: 'hcp-unreachable' });
    answers = { '/.well-known/terraform.json': [[200, { 'modules.v1': '/x' }]] };
    await expect(api().workspace(at, 't')).rejects.toBeInstanceOf(OperationError);
    expect(seen.every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

describe('a run that was only to be shown', () => {
  let directory: string;
  let stack: Stack;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'hcp-run-'));
    const found = (await load({ 'layers/01-base/environments/dev/main.tf': '' })).stacks[0];
    if (found === undefined) throw new Error('there is no stack');
    stack = found;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function discard(planFile: string): Promise<void> {
    const file = path.join(directory, 'plan');
    await writeFile(file, planFile);
    await discardSavedRun(stack, file, {
      api: hcpApi(send, { retries: 0 }),
      tokenOf: () => Promise.resolve({ kind: 'token', token: 'the-token' }),
      secrets: createSecrets(() => undefined),
      log: silentLogger,
    });
  }

  const bookmark = '{"remote_plan_format":1,"run_id":"run-1","hostname":"app.terraform.io"}';

  it('is discarded, so that nobody confirms it over there', async () => {
    answers = { ...discovery, '/api/v2/runs/run-1/actions/discard': [[202, {}]] };
    await discard(bookmark);
    expect(seen.at(-1)).toEqual({
      url: '/api/v2/runs/run-1/actions/discard',
      authorization: 'Bearer the-token',
    });
  });

  it('stays where it cannot be, without a failure', async () => {
    answers = { ...discovery, '/api/v2/runs/run-1/actions/discard': [[409, {}]] };
    await discard(bookmark);
    answers = { '/.well-known/terraform.json': [[503, {}]] };
    await discard(bookmark);
    expect(seen.length).toBeGreaterThan(2);
  });

  it('is none where the plan was made here', async () => {
    answers = {};
    await discard('PK\u0003\u0004');
    await discard('{"run_id":"run-1"}');
    expect(seen).toEqual([]);
  });
});

describe('the token of a host', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'hcp-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  it('comes from the environment first, in either spelling', async () => {
    expect(await hostToken('my-tfe.example.com', { TF_TOKEN_my__tfe_example_com: 'a' })).toEqual({
      kind: 'token',
      token: 'a',
    });
    const token = await hostToken('my-tfe.example.com', { 'TF_TOKEN_my-tfe_example_com': 'b' });
    expect(token).toEqual({ kind: 'token', token: 'b' });
  });

  it('comes from the CLI configuration, as setup-terraform writes it', async () => {
    const file = path.join(home, 'terraform.rc');
    await writeFile(
      file,
      'credentials "other.example.com" {\n  token = "no"\n}\ncredentials "app.terraform.io" {\n  token = "yes"\n}\n',
    );
    const environment = { HOME: home, TF_CLI_CONFIG_FILE: file };
    expect(await hostToken('app.terraform.io', environment)).toEqual({
      kind: 'token',
      token: 'yes',
    });
    expect(await hostToken('appxterraform.io', environment)).toEqual({ kind: 'none' });
    await writeFile(file, '{"credentials":{"app.terraform.io":{"token":"json"}}}');
    expect(await hostToken('app.terraform.io', environment)).toMatchObject({ token: 'json' });
  });

  it('may be with a helper, which only Terraform asks', async () => {
    await writeFile(path.join(home, '.terraformrc'), 'credentials_helper "vault" {\n}\n');
    expect(await hostToken('app.terraform.io', { HOME: home })).toEqual({ kind: 'helper' });
  });
});

describe('stacks in HCP Terraform', () => {
  const backend = (type: 'cloud' | 'remote', name: string): string => {
    const body = `organization = "acme"\n    workspaces {\n      name = "${name}"\n    }`;
    return type === 'cloud'
      ? `terraform {\n  cloud {\n    ${body}\n  }\n}\n`
      : `terraform {\n  backend "remote" {\n    ${body}\n  }\n}\n`;
  };
  const token: HostToken = { kind: 'token', token: 'the-token' };

  async function check(
    stacks: Readonly<Record<string, 'cloud' | 'remote' | 'local'>>,
    found: HostToken = token,
  ): Promise<{ readonly remote: readonly string[]; readonly masked: readonly string[] }> {
    const tree = Object.fromEntries(
      Object.entries(stacks).map(([name, type]) => [
        `layers/${name}/environments/dev/main.tf`,
        type === 'local' ? 'resource "terraform_data" "x" {}\n' : backend(type, name),
      ]),
    );
    const loaded = (await load(tree)).stacks;
    const masked: string[] = [];
    const ids = await checkHcpStacks(loaded, {
      api: hcpApi(send, { retries: 0 }),
      tokenOf: () => Promise.resolve(found),
      secrets: createSecrets((value) => masked.push(value)),
      log: silentLogger,
    });
    const displayId = (id: string): string =>
      loaded.find((stack: Stack) => stack.id === id)?.displayId ?? id;
    return { remote: [...ids].map(displayId), masked };
  }

  async function problemsOf(checking: Promise<unknown>): Promise<readonly Problem[]> {
    try {
      await checking;
    } catch (error) {
      if (error instanceof UserError) return error.problems;
      throw error;
    }
    throw new Error('the stacks were accepted');
  }

  it('run here with local execution, and there by a saved plan from a cloud block', async () => {
    answers = {
      ...discovery,
      [`${place}01-here`]: [[200, workspace('local')]],
      [`${place}02-there`]: [[200, workspace('remote')]],
      [`${place}03-agents`]: [[200, workspace('agent')]],
      [`${place}04-old`]: [[200, workspace('local', { identifier: 'acme/infra' })]],
    };
    const { remote, masked } = await check({
      '01-here': 'cloud',
      '02-there': 'cloud',
      '03-agents': 'cloud',
      '04-old': 'remote',
      '05-none': 'local',
    });
    expect(remote).toEqual(['02-there/dev', '03-agents/dev']);
    expect(masked).toEqual(['the-token']);
  });

  it('are refused, all at once, where no plan could be reviewed and then applied', async () => {
    answers = {
      ...discovery,
      [`${place}01-old`]: [[200, workspace('remote')]],
      [`${place}02-vcs`]: [[200, workspace('remote', { identifier: 'acme/infra' })]],
      [`${place}03-refused`]: [[401, {}]],
    };
    const problems = await problemsOf(
      check({ '01-old': 'remote', '02-vcs': 'cloud', '03-refused': 'cloud' }),
    );
    expect(problems.map(({ code, at }) => [code, at])).toEqual([
      [
        'remote-execution-unsupported',
        { file: 'layers/01-old/environments/dev/main.tf', line: 2, column: 1 },
      ],
      ['hcp-vcs-workspace', { file: 'layers/02-vcs/environments/dev/main.tf', line: 2, column: 1 }],
      [
        'hcp-token-refused',
        { file: 'layers/03-refused/environments/dev/main.tf', line: 2, column: 1 },
      ],
    ]);
  });

  it('need a token, which is missed once a host', async () => {
    answers = {};
    const problems = await problemsOf(
      check({ '01-a': 'cloud', '02-b': 'remote' }, { kind: 'none' }),
    );
    expect(problems.map(({ code }) => code)).toEqual(['hcp-token-missing']);
    expect(seen).toEqual([]);
  });

  it('are left to Terraform where nothing can be known before', async () => {
    answers = { '/.well-known/terraform.json': [[500, {}]] };
    expect((await check({ '01-a': 'cloud' })).remote).toEqual([]);
    expect((await check({ '01-a': 'remote' }, { kind: 'helper' })).remote).toEqual([]);
    answers = discovery;
    expect((await check({ '01-not-made-yet': 'cloud' })).remote).toEqual([]);
  });
});
