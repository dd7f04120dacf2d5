import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { envFrom } from '../../../actions/shared/env.js';
import { OperationError, UserError } from '../../../actions/shared/errors.js';
import { runProcess } from '../../../actions/shared/process.js';
import {
  downloadTerraform,
  type ReleaseSource,
} from '../../../actions/terraform-layer/terraform/download.js';
import {
  findTerraform,
  type TerraformProgram,
} from '../../../actions/terraform-layer/terraform/find.js';
import { runnerToolStore } from '../../../actions/terraform-layer/terraform/tool-store.js';
import { parseVersionConstraint } from '../../../actions/terraform-layer/terraform/version-constraint.js';
import { silentLogger } from '../../support/silent-logger.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'find-terraform-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A program that says its version as Terraform does. */
async function program(place: string, name: string, version: string): Promise<string> {
  await mkdir(path.join(directory, place), { recursive: true });
  const file = path.join(directory, place, name);
  await writeFile(file, `#!/bin/sh\necho '{"terraform_version":"${version}"}'\n`);
  await chmod(file, 0o755);
  return file;
}

function constraint(text: string): NonNullable<ReturnType<typeof parseVersionConstraint>> {
  const parsed = parseVersionConstraint(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function find(
  wanted: string,
  places: readonly string[],
  download: Parameters<typeof findTerraform>[0]['download'] = () =>
    Promise.reject(new Error('nothing may be downloaded')),
): Promise<TerraformProgram> {
  return findTerraform({
    wanted: constraint(wanted),
    searchPath: places.map((place) => path.join(directory, place)).join(path.delimiter),
    environment: { PATH: process.env['PATH'] ?? '' },
    runProcess,
    log: silentLogger,
    download,
  });
}

describe('Terraform on the PATH', () => {
  it('is used where its version fits', async () => {
    const file = await program('a', 'terraform', '1.11.4');
    expect(await find('>= 1.11', ['a'])).toEqual({
      name: 'terraform',
      path: file,
      version: '1.11.4',
    });
  });

  it('is passed over where it does not fit, also for a later one', async () => {
    await program('a', 'terraform', '1.5.7');
    const file = await program('b', 'terraform', '1.12.1');
    expect((await find('>= 1.11', ['a', 'b'])).path).toBe(file);
  });

  it('is passed over where it does not run', async () => {
    const broken = await program('a', 'terraform', '');
    await writeFile(broken, '#!/bin/sh\nexit 1\n');
    await program('b', 'tofu', '1.11.0');
    expect((await find('>= 1.11', ['a', 'b'])).name).toBe('tofu');
  });

  it('may be OpenTofu where only that one fits', async () => {
    await program('a', 'terraform', '1.5.7');
    await program('a', 'tofu', '1.11.2');
    expect((await find('>= 1.11', ['a'])).name).toBe('tofu');
  });

  it('must be OpenTofu where that is asked for', async () => {
    await program('a', 'terraform', '1.11.4');
    await expect(find('tofu >= 1.11', ['a'])).rejects.toMatchObject({
      problems: [{ code: 'tofu-not-found', at: { input: 'terraform-version' } }],
    });
  });

  it('is downloaded where none fits', async () => {
    const found = await find('>= 1.11', ['a'], () =>
      Promise.resolve({ directory: '/tools', version: '1.11.4' }),
    );
    expect(found).toEqual({ name: 'terraform', path: '/tools/terraform', version: '1.11.4' });
  });
});

describe('a download', () => {
  let server: Server;
  let source: ReleaseSource;
  let served: Map<string, Buffer | string>;
  const requests: string[] = [];

  beforeEach(async () => {
    served = new Map();
    requests.length = 0;
    server = createServer((request, response) => {
      requests.push(request.url ?? '');
      const body = served.get(request.url ?? '');
      response.statusCode = body === undefined ? 404 : 200;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    source = { baseUrl: `http://127.0.0.1:${port}`, platform: 'linux', architecture: 'x64' };
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function release(version: string, checksum?: string): Promise<void> {
    await program('zip', 'terraform', version);
    const zip = path.join(directory, `${version}.zip`);
    execFileSync('python3', ['-m', 'zipfile', '-c', zip, path.join(directory, 'zip', 'terraform')]);
    const content = await readFile(zip);
    const digest = checksum ?? createHash('sha256').update(content).digest('hex');
    const name = `terraform_${version}_linux_amd64.zip`;
    served.set(`/terraform/${version}/${name}`, content);
    served.set(
      `/terraform/${version}/terraform_${version}_SHA256SUMS`,
      `${'0'.repeat(64)}  terraform_${version}_darwin_arm64.zip\n${digest}  ${name}\n`,
    );
  }

  async function download(wanted: string): Promise<{ directory: string; version: string }> {
    const store = await runnerToolStore(
      envFrom({ RUNNER_TOOL_CACHE: path.join(directory, 'tools'), RUNNER_TEMP: directory }),
    );
    // The toolkit reads the environment itself, where an earlier test may have set other places.
    process.env['RUNNER_TOOL_CACHE'] = path.join(directory, 'tools');
    process.env['RUNNER_TEMP'] = directory;
    return downloadTerraform(constraint(wanted), source, store, silentLogger);
  }

  it('is checked, unpacked, and kept for the next run', async () => {
    await release('1.12.3');
    const found = await download('1.12.3');
    expect(await readFile(path.join(found.directory, 'terraform'), 'utf8')).toContain('1.12.3');
    const asked = requests.length;
    expect(await download('1.12.3')).toEqual(found);
    expect(requests).toHaveLength(asked);
  });

  it('takes the tested version where the constraint allows it', async () => {
    await release('1.11.4');
    expect((await download('>= 1.11')).version).toBe('1.11.4');
    expect(requests).not.toContain('/terraform/index.json');
  });

  it('takes the newest release that fits otherwise', async () => {
    await release('1.13.2');
    served.set(
      '/terraform/index.json',
      JSON.stringify({
        versions: { '1.13.2': {}, '1.13.0': {}, '1.14.0-rc1': {}, '1.14.0': {} },
      }),
    );
    expect((await download('~> 1.13.0')).version).toBe('1.13.2');
  });

  it('is refused where its checksum is another', async () => {
    await release('1.12.3', 'a'.repeat(64));
    const error: unknown = await download('1.12.3').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationError);
    expect(error).toMatchObject({
      code: 'terraform-checksum-mismatch',
      details: { expected: 'a'.repeat(64) },
    });
  });

  it.each(['1.99.0', '~> 1.99.0'])('names a version that there is not: %s', async (wanted) => {
    served.set('/terraform/index.json', JSON.stringify({ versions: { '1.13.0': {} } }));
    const error: unknown = await download(wanted).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ problems: [{ code: 'terraform-version-not-found' }] });
  });
});
