import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import {
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import { createJobRole } from '../support/aws-role.js';
import {
  filesWith,
  killMain,
  makeRepository,
  manifestOf,
  runPush,
  tagsOf,
  type PushStep,
} from '../support/ecr-push.js';
import {
  dockerSave,
  layerTar,
  multiPlatformLayout,
  ociLayout,
  tarOf,
  type TestImage,
} from '../support/ecr.js';
import { ecrOf } from '../support/ecr-registry.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { withGithub } from '../support/runner.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await startTestEmulator();
});
afterAll(() => emulator.stop());
beforeEach(() => emulator.reset());

const name = 'shop/service-a';
const tag = 'sha-0123456789ab';

async function workspaceWith(image: TestImage | Buffer): Promise<string> {
  const workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'workspace-'));
  const content = Buffer.isBuffer(image) ? image : tarOf(image);
  await writeFile(path.join(workspace, 'image.tar'), content);
  return workspace;
}

interface Options {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
  readonly workspace?: string;
}

async function push(image: TestImage | Buffer, options: Options = {}): Promise<PushStep> {
  return runPush(emulator, {
    workspace: await workspaceWith(image),
    ...options,
    inputs: { repository: name, archive: 'image.tar', ...options.inputs },
  });
}

describe('an OCI archive, without any engine', () => {
  // Holds no engine.
  const env = { PATH: '/nowhere' };

  it('arrives with its digest under every tag, and is handed on', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    const { step, leftBehind } = await push(image, { env, inputs: { tags: `v1,${tag}` } });

    expect(step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest, [tag]: image.digest });
    expect(step.outputs).toEqual({
      repository: name,
      tag: 'v1',
      tags: `v1\n${tag}`,
      digest: image.digest,
      image: `${emulator.registryHost}/${name}@${image.digest}`,
      images: `${emulator.registryHost}/${name}@${image.digest}`,
      outcome: 'pushed',
      key: '',
      registry: emulator.registryHost,
      registries: emulator.registryHost,
      'account-id': '123456789012',
      'docker-config': '',
      'auth-file': '',
      'scan-status': '',
      'scan-findings': '',
    });
    expect(step.outputsWithSecrets).toEqual([]);
    expect(step.summary).toContain(image.digest);
    expect(leftBehind).toEqual([]);
  });

  it('goes to where the target file says, as Terraform’s output has written it', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    const workspace = await workspaceWith(image);
    const target = `"${emulator.registryHost}/${name}:v1"\n`;
    await writeFile(path.join(workspace, 'container_image.txt'), target);
    const { step } = await runPush(emulator, {
      ...{ workspace, env },
      inputs: { archive: 'image.tar', 'target-file': 'container_image.txt' },
    });
    expect(step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
  });

  it('is tagged with the commit where no tag is given', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    await push(image, { env });
    expect(await tagsOf(emulator, name)).toEqual({ [tag]: image.digest });
  });

  it('is already there the second time: nothing is sent', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    await push(image);
    const before = await emulator.calls();
    const { step } = await push(image);
    const after = await emulator.calls();
    expect(step.conclusion).toBe('success');
    expect(step.outputs['digest']).toBe(image.digest);
    for (const operation of ['InitiateLayerUpload', 'UploadLayerPart', 'PutImage']) {
      expect(after[`ecr.${operation}`]).toBe(before[`ecr.${operation}`]);
    }
  });

  it('sends only the layers that are new', async () => {
    await makeRepository(emulator, name, 'MUTABLE');
    await push(ociLayout());
    const before = (await emulator.calls())['ecr.CompleteLayerUpload'] ?? 0;
    await push(multiPlatformLayout());
    // The layer and the first platform's configuration are there.
    expect((await emulator.calls())['ecr.CompleteLayerUpload']).toBe(before + 1);
  });

  it('of several platforms arrives whole', async () => {
    await makeRepository(emulator, name);
    const image = multiPlatformLayout();
    const { step } = await push(image, { inputs: { tags: 'v1' } });
    expect(step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
    expect(await manifestOf(emulator, name, 'v1')).toMatchObject({ manifests: [{}, {}] });
  });

  it('of more than one part arrives whole', async () => {
    await makeRepository(emulator, name);
    // Does not compress: three parts of 10 MiB.
    const layer = Buffer.alloc(25 * 1024 * 1024);
    let state = 1;
    for (let index = 0; index < layer.length; index += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      layer.writeUInt32LE(state, index);
    }
    const image = ociLayout({ layer });
    const { step } = await push(image, { inputs: { tags: 'v1' } });
    expect(step.conclusion).toBe('success');
    expect((await emulator.calls())['ecr.UploadLayerPart']).toBe(4);
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
  });
});

describe('a docker save archive', () => {
  it('arrives compressed, with the same digest each time', async () => {
    await makeRepository(emulator, name);
    const first = await push(dockerSave(), { inputs: { tags: 'v1' } });
    const second = await push(dockerSave(), { inputs: { tags: 'v1' } });
    expect([first.step.conclusion, second.step.conclusion]).toEqual(['success', 'success']);
    expect(second.step.outputs['digest']).toBe(first.step.outputs['digest']);
    expect(await tagsOf(emulator, name)).toEqual({ v1: first.step.outputs['digest'] });
  });
});

describe('tags', () => {
  it('an immutable one on another image is an error that names both, before anything is sent', async () => {
    await makeRepository(emulator, name);
    const [old, other] = [ociLayout(), ociLayout({ layer: layerTar('other') })];
    await push(old, { inputs: { tags: 'v1' } });
    const { step, log } = await push(other, { inputs: { tags: 'v1,v2' } });
    expect(step.conclusion).toBe('failure');
    expect(log).toContain(old.digest);
    expect(log).toContain(other.digest);
    expect(await tagsOf(emulator, name)).toEqual({ v1: old.digest });
  });

  it('a mutable one moves', async () => {
    await makeRepository(emulator, name, 'MUTABLE');
    const other = ociLayout({ layer: layerTar('other') });
    await push(ociLayout(), { inputs: { tags: 'latest' } });
    await push(other, { inputs: { tags: 'latest' } });
    expect(await tagsOf(emulator, name)).toEqual({ latest: other.digest });
  });

  it('pushed by two runs at once: one image, both succeed', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    const [one, two] = await Promise.all([push(image), push(image)]);
    expect([one.step.conclusion, two.step.conclusion]).toEqual(['success', 'success']);
    expect(await tagsOf(emulator, name)).toEqual({ [tag]: image.digest });
  });
});

describe('a repository', () => {
  it('that is missing is an error, and nothing is made', async () => {
    const { step, log } = await push(ociLayout());
    expect(step.conclusion).toBe('failure');
    expect(log).toContain('create-repository: true');
    expect((await emulator.calls())['ecr.CreateRepository']).toBeUndefined();
  });

  it('is made where that is allowed, with tags that cannot be moved', async () => {
    const image = ociLayout();
    const create = { 'create-repository': 'true', tags: 'v1' };
    expect((await push(image, { inputs: create })).step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
    const other = await push(ociLayout({ layer: layerTar('other') }), { inputs: create });
    expect(other.step.conclusion).toBe('failure');
  });

  it('of another account is an error', async () => {
    const { step, log } = await push(ociLayout(), {
      inputs: { repository: `999999999999.dkr.ecr.eu-west-1.amazonaws.com/${name}` },
    });
    expect(step.conclusion).toBe('failure');
    expect(log).toContain('999999999999');
    expect(log).toContain('123456789012');
  });
});

describe('a dry run', () => {
  it('checks, says what it would do, and does nothing', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    const { step } = await push(image, { inputs: { 'dry-run': 'true', tags: 'v1' } });
    expect(step.conclusion).toBe('success');
    expect(step.outputs['digest']).toBe(image.digest);
    expect(step.summary).toContain('put the tag v1');
    expect(await tagsOf(emulator, name)).toEqual({});
    expect((await emulator.calls())['ecr.InitiateLayerUpload']).toBeUndefined();
  });
});

describe('trouble on the way', () => {
  it('5xx, throttling and broken connections do not stop a push', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    await emulator.addFaults(
      { service: 'ecr', operation: 'UploadLayerPart', kind: 'error', status: 500, times: 1 },
      { service: 'ecr', operation: 'CompleteLayerUpload', kind: 'reset', times: 1 },
      { service: 'ecr', operation: 'PutImage', kind: 'throttle', times: 2 },
    );
    const { step } = await push(image, { inputs: { tags: 'v1' } });
    expect(step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
  });

  it('after a failure no tag names half an image, and the next run succeeds', async () => {
    await makeRepository(emulator, name);
    const image = ociLayout();
    await emulator.addFaults({
      service: 'ecr',
      operation: 'CompleteLayerUpload',
      kind: 'error',
      status: 400,
      code: 'UploadNotFoundException',
      times: 1,
    });
    const failed = await push(image, { inputs: { tags: 'v1' } });
    expect(failed.step.conclusion).toBe('failure');
    expect(await tagsOf(emulator, name)).toEqual({});
    expect(failed.leftBehind).toEqual([]);
    const again = await push(image, { inputs: { tags: 'v1' } });
    expect(again.step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toEqual({ v1: image.digest });
  });

  it('a cancelled push stops, fails, and leaves nothing behind', async () => {
    await makeRepository(emulator, name);
    await emulator.addFaults({ service: 'ecr', operation: 'UploadLayerPart', kind: 'timeout' });
    const controller = new AbortController();
    const { step, leftBehind } = await push(ociLayout(), {
      signal: controller.signal,
      onLine: (line) => {
        if (line.includes('verify the digests')) setTimeout(() => controller.abort(), 500);
      },
    });
    expect(step.conclusion).toBe('cancelled');
    expect(step.main?.signalsSent).toEqual(['SIGINT']);
    expect(leftBehind).toEqual([]);
    expect(await tagsOf(emulator, name)).toEqual({});
  });

  it('a killed push leaves nothing behind', async () => {
    await makeRepository(emulator, name);
    await emulator.addFaults({ service: 'ecr', operation: 'UploadLayerPart', kind: 'timeout' });
    const workspace = await workspaceWith(dockerSave());
    let killed = false;
    const { step, leftBehind } = await runPush(emulator, {
      workspace,
      inputs: { repository: name, archive: 'image.tar' },
      onLine: (line) => {
        if (line.includes('verify the digests')) killed = killMain(workspace);
      },
    });
    expect(killed).toBe(true);
    expect(step.conclusion).toBe('failure');
    expect(leftBehind).toEqual([]);
  });
});

describe('a role, by OIDC', () => {
  const role = 'arn:aws:iam::123456789012:role/shop-dev-push';
  // No key of the emulator's: only the role can open AWS.
  const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };

  async function pushAs(subject: string, idToken = true): Promise<PushStep> {
    await createJobRole(emulator, 'shop-dev-push', subject);
    await makeRepository(emulator, name);
    const workspace = await workspaceWith(ociLayout());
    const job = await withGithub(
      { githubUrl: emulator.githubUrl, idToken },
      { workspace, repository: 'acme/service-a' },
    );
    return runPush(emulator, {
      workspace,
      env,
      job,
      inputs: { repository: name, archive: 'image.tar', 'role-to-assume': role },
    });
  }

  it('pushes, and no secret is in what it hands on', async () => {
    const { step } = await pushAs('repo:acme/service-a:ref:refs/heads/main');
    expect(step.conclusion).toBe('success');
    expect(step.outputsWithSecrets).toEqual([]);
    expect(step.env).toEqual({});
    expect((await emulator.calls())['sts.AssumeRoleWithWebIdentity']).toBe(1);
  });

  it('whose session ends in the middle of a push is asked for another', async () => {
    // Each is tried again after pauses that are seconds altogether.
    await emulator.addFaults(
      ...['InitiateLayerUpload', 'UploadLayerPart', 'CompleteLayerUpload', 'PutImage'].map(
        (operation) => ({ service: 'ecr', operation, kind: 'throttle', times: 4 }) as const,
      ),
    );
    await emulator.control('POST', 'sessions', { endAfterSeconds: 3, tellSeconds: 301 });
    const { step } = await pushAs('repo:acme/service-a:ref:refs/heads/main');
    await emulator.control('DELETE', 'sessions');
    expect(step.conclusion).toBe('success');
    expect((await emulator.calls())['sts.AssumeRoleWithWebIdentity']).toBeGreaterThan(1);
  });

  it('that does not trust this job is told at once, with what the token says', async () => {
    const { step, log } = await pushAs('repo:acme/other:ref:refs/heads/main');
    expect(step.conclusion).toBe('failure');
    expect(log).toContain(role);
    expect(log).toContain('repo:acme/service-a:ref:refs/heads/main');
    expect((await emulator.calls())['sts.AssumeRoleWithWebIdentity']).toBe(1);
  });

  it('without the permission to ask for a token is told before AWS is asked', async () => {
    const { step, log } = await pushAs('repo:acme/service-a:ref:refs/heads/main', false);
    expect(step.conclusion).toBe('failure');
    expect(log).toContain('id-token: write');
    expect((await emulator.calls())['sts.AssumeRoleWithWebIdentity']).toBeUndefined();
  });
});

describe('what is wrong is told before AWS is asked', () => {
  it.each([
    ['several inputs', { repository: 'Shop', tags: 'a/b', engine: 'x' }, ['Shop', 'a/b', '"x"']],
    ['no such archive', { archive: 'none.tar' }, ['none.tar', 'does not exist']],
  ])('%s', async (_what, inputs, texts) => {
    const { step, log } = await push(ociLayout(), { inputs });
    expect(step.conclusion).toBe('failure');
    for (const text of texts) expect(log).toContain(text);
    expect(await emulator.calls()).toEqual({});
  });

  it('a damaged archive', async () => {
    const { step } = await push(tarOf(ociLayout()).subarray(0, 520));
    expect(step.conclusion).toBe('failure');
    expect(await emulator.calls()).toEqual({});
  });

  it('no engine, each with its reason, and no Dockerfile, both at once', async () => {
    const workspace = await workspaceWith(ociLayout());
    const { step, log } = await runPush(emulator, {
      workspace,
      inputs: { repository: name },
      env: { PATH: '/nowhere' },
    });
    expect(step.conclusion).toBe('failure');
    for (const text of ['no Dockerfile', 'image.tar', 'docker: ', 'podman: ', 'buildah: ']) {
      expect(log).toContain(text);
    }
    expect(await emulator.calls()).toEqual({});
  });

  it('no credentials', async () => {
    const { step, log } = await push(ociLayout(), {
      env: {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        AWS_CONFIG_FILE: '/nowhere',
        AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
      },
    });
    expect(step.conclusion).toBe('failure');
    expect(log).toContain('role-to-assume');
    expect(log).toContain('id-token: write');
  });

  it('credentials of another account than allowed', async () => {
    const { step, log } = await push(ociLayout(), {
      inputs: { 'allowed-account-ids': '999999999999' },
    });
    expect(step.conclusion).toBe('failure');
    expect(log).toContain('123456789012');
    expect(Object.keys(await emulator.calls())).toEqual(['sts.GetCallerIdentity']);
  });
});

describe('a repository that is made', () => {
  const inputs = {
    tags: 'v1',
    'create-repository': 'true',
    'keep-images': 'true',
    'pull-account-ids': '222222222222',
    'kms-key': 'alias/images',
  };

  it('is immutable, scanned, encrypted, cleaned up and open to who may pull', async () => {
    const { step } = await push(ociLayout(), { inputs });
    expect(step.conclusion).toBe('success');
    const ecr = ecrOf(emulator);
    const repositoryName = name;
    const { repositories } = await ecr.send(
      new DescribeRepositoriesCommand({ repositoryNames: [name] }),
    );
    expect(repositories?.[0]).toMatchObject({
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS', kmsKey: 'alias/images' },
    });
    const lifecycle = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
    expect(lifecycle.lifecyclePolicyText).toContain('"countNumber":10');
    const policy = await ecr.send(new GetRepositoryPolicyCommand({ repositoryName }));
    expect(policy.policyText).toContain('222222222222');
  });

  it('lets those tags move that are to, and no other', async () => {
    const options = (tags: string) => ({
      inputs: { tags, 'tag-rules': 'latest,environment:dev', 'create-repository': 'true' },
    });
    const first = await push(ociLayout(), options('v1'));
    expect(first.step.conclusion).toBe('success');
    expect(first.log).toContain('no tag can be moved but latest, env-*');
    const other = ociLayout({ layer: layerTar('other') });
    const second = await push(other, options('v2'));
    expect(second.step.conclusion).toBe('success');
    expect(await tagsOf(emulator, name)).toMatchObject({
      ...{ v2: other.digest, latest: other.digest, 'env-dev': other.digest },
    });
    const third = await push(ociLayout({ layer: layerTar('third') }), options('v1'));
    expect(third.step.conclusion).toBe('failure');
  });

  it('is finished by a rerun where the first run came to no end', async () => {
    await emulator.addFaults({
      service: 'ecr',
      operation: 'SetRepositoryPolicy',
      kind: 'error',
      status: 400,
      times: 1,
    });
    const first = await push(ociLayout(), { inputs });
    expect(first.step.conclusion).toBe('failure');
    const second = await push(ociLayout(), { inputs });
    expect(second.step.conclusion).toBe('success');
    const policy = await ecrOf(emulator).send(
      new GetRepositoryPolicyCommand({ repositoryName: name }),
    );
    expect(policy.policyText).toContain('222222222222');
    expect(await tagsOf(emulator, name)).toEqual({ v1: second.step.outputs['digest'] });
  });
});

describe('tags and repositories', () => {
  it('come from rules, in every repository', async () => {
    await makeRepository(emulator, name);
    await makeRepository(emulator, 'shop/copy');
    const image = ociLayout();
    const { step, log } = await push(image, {
      inputs: { repositories: 'shop/copy', 'tag-rules': 'sha, environment:dev, pr' },
    });
    expect(step.conclusion).toBe('success');
    const expected = { [tag]: image.digest, 'env-dev': image.digest };
    expect(await tagsOf(emulator, name)).toEqual(expected);
    expect(await tagsOf(emulator, 'shop/copy')).toEqual(expected);
    expect(step.outputs['images']?.split('\n')).toHaveLength(2);
    expect(log).toContain('the tag rule pr gives no tag');
  });
});

describe('login', () => {
  it('serves later steps, and nothing of it is left when the job ends', async () => {
    const workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'workspace-'));
    const { step, log, leftBehind } = await runPush(emulator, {
      workspace,
      inputs: { command: 'login' },
    });
    expect(step.conclusion).toBe('success');
    expect(step.outputs).toMatchObject({
      registry: emulator.registryHost,
      'account-id': '123456789012',
      repository: '',
    });
    const { DOCKER_CONFIG = '', REGISTRY_AUTH_FILE = '' } = step.env;
    expect(DOCKER_CONFIG).toBe(step.outputs['docker-config']);
    expect(REGISTRY_AUTH_FILE).toBe(step.outputs['auth-file']);
    // "AWS:" in base64: the login itself is in no variable, output or line of the log.
    expect(JSON.stringify([step.env, step.outputs, step.summary, log])).not.toContain('QVdTO');
    expect(leftBehind).toEqual([]);
    expect(existsSync(DOCKER_CONFIG)).toBe(false);
  });

  it('is there between the step and the end of the job', async () => {
    const workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'workspace-'));
    const seen: string[] = [];
    const { step } = await runPush(emulator, {
      workspace,
      inputs: { command: 'login' },
      afterwards: (temporary) => {
        seen.push(...filesWith(temporary, 'QVdTO'));
      },
    });
    expect(step.conclusion).toBe('success');
    expect(seen.map((file) => path.basename(file)).sort()).toEqual(['auth.json', 'config.json']);
  });
});
