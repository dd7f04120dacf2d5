import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { layerRuns } from '../support/layer-runs.js';
import {
  place,
  readState,
  rootModule,
  writeRepository,
  type LayerStep,
} from '../support/terraform-repository.js';

const layers = layerRuns({ environment: 'dev' });
let github: Server;
let githubUrl: string;
let repositories: string;
const token = 'ghs_modules0123456789';
const encoded = Buffer.from(`x-access-token:${token}`).toString('base64');
/** Headers of the requests that git made. */
let authorizations: (string | undefined)[] = [];

beforeAll(async () => {
  repositories = path.join(layers.emulator.directory, 'git');
  await makeModuleRepository();
  github = createServer(serveGit);
  await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
  githubUrl = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => github.close(resolve)));
beforeEach(() => {
  authorizations = [];
});

async function repository(): Promise<string> {
  return writeRepository(layers.emulator, {
    'infra.yml': 'version: 1\nenvironments:\n  dev: { apply: auto }\n',
    [place('01-base', 'dev')]: rootModule(
      'dev',
      'base',
      [],
      `module "greeting" {
  source = "git::${githubUrl}/org/modules.git//greeting?ref=main"
}
resource "terraform_data" "environment" {
  input = "x"
  provisioner "local-exec" {
    command = "env > environment.txt"
  }
}
output "greeting" {
  value = module.greeting.text
}`,
    ),
  });
}

function run(
  workspace: string,
  command: string,
  inputs: Readonly<Record<string, string>>,
): Promise<LayerStep> {
  return layers.run(workspace, command, inputs, {
    job: { urls: { server: githubUrl } },
    env: { HOME: layers.emulator.directory },
  });
}

describe('a module of a private repository', () => {
  it('is fetched with the token, which only init gets, and which never shows', async () => {
    const workspace = await repository();
    const { step, log, leftBehind } = await run(workspace, 'apply', {
      'modules-token': token,
      'registry-tokens': 'registry.example.com=reg-0123456789',
    });
    expect(step.conclusion).toBe('success');
    expect(await readState(layers.emulator, 'dev/base.tfstate')).toMatchObject({
      outputs: { greeting: { value: 'hello' } },
    });
    expect(new Set(authorizations)).toEqual(new Set([`basic ${encoded}`]));

    const shown = [log, step.summary, JSON.stringify(step.outputs)].join('\n');
    expect(shown).not.toContain(token);
    expect(shown).not.toContain(encoded);
    expect(shown).not.toContain('reg-0123456789');
    expect(leftBehind).toEqual([]);
    const duringApply = await readFile(
      path.join(workspace, path.dirname(place('01-base', 'dev')), 'environment.txt'),
      'utf8',
    );
    expect(duringApply).toContain('TF_TOKEN_registry_example_com=reg-0123456789');
    expect(duringApply).not.toMatch(/GIT_CONFIG|INPUT_/);
    expect(duringApply).not.toContain(token);
    const kept = spawnSync('grep', ['-rlE', `${token}|${encoded}`, layers.emulator.directory], {
      encoding: 'utf8',
    });
    expect({ status: kept.status, files: kept.stdout }).toEqual({ status: 1, files: '' });
  });

  it('is validated with the token too', async () => {
    const workspace = await repository();
    execFileSync('terraform', ['fmt', '-recursive'], { cwd: workspace, stdio: 'ignore' });
    const { step } = await run(workspace, 'check', { 'modules-token': token });
    expect(step.conclusion).toBe('success');
    expect(new Set(authorizations)).toEqual(new Set([`basic ${encoded}`]));
  });

  it('is not fetched without, and nobody is asked for a password', async () => {
    const { step, statuses } = await run(await repository(), 'plan', {});
    expect(step.conclusion).toBe('failure');
    expect(statuses).toEqual({ '01-base/dev': 'failed' });
    expect(new Set(authorizations)).toEqual(new Set([undefined]));
  });
});

/** A bare repository with one module. */
async function makeModuleRepository(): Promise<void> {
  const work = path.join(repositories, 'work');
  await mkdir(path.join(work, 'greeting'), { recursive: true });
  await writeFile(
    path.join(work, 'greeting', 'main.tf'),
    'output "text" {\n  value = "hello"\n}\n',
  );
  const git = (...args: readonly string[]): void => {
    execFileSync('git', args, { cwd: work, stdio: 'ignore' });
  };
  git('init', '--initial-branch=main');
  git('add', '.');
  git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-m', 'A module');
  await mkdir(path.join(repositories, 'org'));
  git('clone', '--bare', '.', path.join(repositories, 'org', 'modules.git'));
}

/** Git over HTTP as GitHub serves it: by git's own backend, to those with the header alone. */
function serveGit(request: IncomingMessage, response: ServerResponse): void {
  const { authorization } = request.headers;
  authorizations.push(authorization);
  if (authorization !== `basic ${encoded}`) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="GitHub"' }).end();
    return;
  }
  const url = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: repositories,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    const headers = answer.subarray(0, end).toString().split('\r\n');
    for (const header of headers) {
      const [name = '', value = ''] = header.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(answer.subarray(end + 4));
  });
}
