import { randomBytes } from 'node:crypto';
import { mkdtemp, realpath } from 'node:fs/promises';
import path from 'node:path';
import {
  BatchGetImageCommand,
  ListImageReferrersCommand,
  SetRepositoryPolicyCommand,
  type ECRClient,
} from '@aws-sdk/client-ecr';
import { createJobRole } from '../support/aws-role.js';
import {
  killMain,
  makeRepository,
  runPush,
  tagsOf,
  type PushStep,
  type PushStepOptions,
} from '../support/ecr-push.js';
import {
  createRepository,
  ecrOf,
  pushableImage,
  pushableIndex,
  registryClient,
  type PushableManifest,
  type RegistryClient,
} from '../support/ecr-registry.js';
import { startTestEmulator, type TestEmulator } from '../support/emulator.js';
import { withGithub } from '../support/runner.js';

const sourceAccount = '111111111111';
const targetAccount = '123456789012';
const sourceHost = `${sourceAccount}.dkr.ecr.us-east-1.amazonaws.com`;
const name = 'shop/service-a';
const subject = 'repo:acme/service-a:ref:refs/heads/main';

let emulator: TestEmulator;
/** Two platforms and an attestation in one index, signed twice: by a referrer, and by a tag. */
let image: PushableManifest;
let signature: PushableManifest;
let bySignatureTag: PushableManifest;
let source: RegistryClient;
let roles: { readonly source: string; readonly target: string };
let workspace: string;

beforeAll(async () => {
  emulator = await startTestEmulator();
  workspace = await mkdtemp(path.join(await realpath(emulator.directory), 'workspace-'));
});
afterAll(() => emulator.stop());

const target = (): ECRClient => ecrOf(emulator);
const sourceEcr = (): ECRClient =>
  ecrOf(emulator, { accountId: sourceAccount, region: 'us-east-1' });

beforeEach(async () => {
  await emulator.reset();
  const uri = await createRepository(sourceEcr(), name);
  source = await registryClient(sourceEcr(), uri.slice(0, uri.indexOf('/')));
  const content = (): { content: string } => ({ content: randomBytes(512).toString('base64') });
  const parts = ['amd64', 'arm64', 'attestation'].map((part) => pushableImage([part], content()));
  image = pushableIndex(...parts);
  signature = pushableImage(['signature'], { subject: image, artifactType: 'application/x.sig' });
  bySignatureTag = pushableImage(['cosign'], content());
  for (const part of parts) await source.push(name, part.digest, part);
  await source.push(name, 'v1', image);
  await source.push(name, signature.digest, signature);
  await source.push(name, signatureTag(), bySignatureTag);
  roles = {
    source: await createJobRole(emulator, 'read', subject, sourceAccount),
    target: await createJobRole(emulator, 'push', subject, targetAccount),
  };
});

const signatureTag = (): string => `${image.digest.replace(':', '-')}.sig`;

const makeTarget = (): Promise<void> => makeRepository(emulator, name);
const tagsOfTarget = (): ReturnType<typeof tagsOf> => tagsOf(emulator, name);

/** A run with no credentials but those of the two roles. */
async function promote(
  inputs: Readonly<Record<string, string>> = {},
  options: Partial<PushStepOptions> = {},
): Promise<PushStep> {
  const job = await withGithub(
    { githubUrl: emulator.githubUrl, idToken: true },
    { workspace, repository: 'acme/service-a' },
  );
  return runPush(emulator, {
    workspace,
    job,
    env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', PATH: '/nowhere' },
    ...options,
    inputs: {
      command: 'promote',
      source: `${sourceHost}/${name}@${image.digest}`,
      'source-role-to-assume': roles.source,
      'role-to-assume': roles.target,
      repository: name,
      tags: 'release-1',
      ...inputs,
    },
  });
}

async function isWhole(): Promise<boolean> {
  const { manifests } = JSON.parse(image.manifest) as { manifests: { digest: string }[] };
  const digests = [image, signature, bySignatureTag, ...manifests].map(({ digest }) => digest);
  const answer = await target().send(
    new BatchGetImageCommand({
      repositoryName: name,
      imageIds: digests.map((imageDigest) => ({ imageDigest })),
    }),
  );
  return answer.images?.length === digests.length;
}

const written = ['InitiateLayerUpload', 'UploadLayerPart', 'PutImage', 'CreateRepository'];

async function writes(): Promise<readonly number[]> {
  const calls = await emulator.calls();
  return written.map((operation) => calls[`ecr.${operation}`] ?? 0);
}

describe('from one account and region to another, each with its own role', () => {
  it('copies all platforms, attestations and signatures with the same digest, without an engine', async () => {
    await makeTarget();
    const { step, leftBehind } = await promote();
    expect(step.conclusion).toBe('success');
    const reference = `${emulator.registryHost}/${name}@${image.digest}`;
    expect(step.outputs).toMatchObject({
      repository: name,
      tag: 'release-1',
      tags: 'release-1',
      digest: image.digest,
      image: reference,
      images: reference,
      outcome: 'promoted',
      'account-id': targetAccount,
    });
    expect(step.outputsWithSecrets).toEqual([]);
    expect(leftBehind).toEqual([]);
    expect(await tagsOfTarget()).toEqual({
      'release-1': image.digest,
      [signatureTag()]: bySignatureTag.digest,
    });
    expect(await isWhole()).toBe(true);
    const { referrers } = await target().send(
      new ListImageReferrersCommand({
        repositoryName: name,
        subjectId: { imageDigest: image.digest },
      }),
    );
    expect(referrers).toMatchObject([{ digest: signature.digest }]);
    for (const text of [sourceAccount, image.digest, 'linux/amd64', 'linux/arm64']) {
      expect(step.summary).toContain(text);
    }
    // Nobody needs a token of a registry, let alone a login.
    expect((await emulator.calls())['ecr.GetAuthorizationToken']).toBe(1);
  });

  it('sends no blob the second time', async () => {
    await makeTarget();
    await promote();
    const before = await emulator.calls();
    const { step } = await promote();
    const after = await emulator.calls();
    expect(step.outputs).toMatchObject({ outcome: 'kept', digest: image.digest });
    for (const operation of [...written, 'CompleteLayerUpload', 'GetDownloadUrlForLayer']) {
      expect(after[`ecr.${operation}`]).toBe(before[`ecr.${operation}`]);
    }
    expect(after['registry.DownloadLayer']).toBe(before['registry.DownloadLayer']);
  });

  it('resolves a tag to its digest, and keeps the tag where none is given', async () => {
    await makeTarget();
    const { step, log } = await promote({ source: `${sourceHost}/${name}:v1`, tags: '' });
    expect(step.outputs).toMatchObject({ tag: 'v1', digest: image.digest });
    expect(log).toContain(`${sourceHost}/${name}:v1 is ${image.digest}`);
  });

  it('leaves signatures where they are, if told so', async () => {
    await makeTarget();
    const { step } = await promote({ referrers: 'false' });
    expect(step.conclusion).toBe('success');
    expect(await tagsOfTarget()).toEqual({ 'release-1': image.digest });
    expect(await isWhole()).toBe(false);
  });

  it('copies a layer of several parts', async () => {
    await makeTarget();
    const large = pushableImage(['large'], { layers: [randomBytes(25 * 1024 * 1024)] });
    await source.push(name, 'large', large);
    const { step } = await promote({ source: `${sourceHost}/${name}:large` });
    expect(step.outputs).toMatchObject({ digest: large.digest, outcome: 'promoted' });
    // Three parts of 10 MiB, and one of the configuration; each is one request to the source.
    expect((await emulator.calls())['ecr.UploadLayerPart']).toBe(4);
    expect((await emulator.calls())['registry.DownloadLayer']).toBe(4);
  });

  it('makes the repository where that is allowed', async () => {
    const { step } = await promote({ 'create-repository': 'true' });
    expect(step.conclusion).toBe('success');
    expect(await tagsOfTarget()).toMatchObject({ 'release-1': image.digest });
  });
});

describe('inside one registry', () => {
  const own = { 'source-role-to-assume': '' };

  beforeEach(async () => {
    await makeTarget();
    await promote();
  });

  it('puts a tag on the image with one call, and copies nothing', async () => {
    const before = await writes();
    const { step } = await promote({ ...own, source: `${name}:release-1`, tags: 'production' });
    expect(step.outputs).toMatchObject({ outcome: 'promoted', digest: image.digest });
    const after = await writes();
    expect(after).toEqual(before.map((count, index) => (index === 2 ? count + 1 : count)));
    expect(await tagsOfTarget()).toMatchObject({ production: image.digest });
  });

  it('copies into another repository', async () => {
    await createRepository(target(), 'shop/released');
    const source = `${name}@${image.digest}`;
    const { step } = await promote({ ...own, source, repository: 'shop/released' });
    expect(step.outputs).toMatchObject({
      repository: 'shop/released',
      digest: image.digest,
      outcome: 'promoted',
    });
  });
});

describe('an immutable tag', () => {
  it('on another image is an error that names both, before anything is sent', async () => {
    await makeTarget();
    await promote();
    const other = pushableImage(['other']);
    await source.push(name, 'v2', other);
    const before = await writes();
    const { step, log } = await promote({ source: `${sourceHost}/${name}:v2` });
    expect(step.conclusion).toBe('failure');
    expect(log).toContain(image.digest);
    expect(log).toContain(other.digest);
    expect(await writes()).toEqual(before);
  });
});

it('a dry run says what it would do, and does nothing', async () => {
  await makeTarget();
  const before = await writes();
  const { step } = await promote({ 'dry-run': 'true' });
  expect(step.outputs).toMatchObject({ outcome: 'dry-run', digest: image.digest });
  expect(step.summary).toContain('put the tag release-1');
  expect(step.summary).toMatch(/copy \d+ layers/);
  expect(await writes()).toEqual(before);
});

describe('trouble on the way', () => {
  it('5xx, throttling, broken connections and expired addresses do not stop it', async () => {
    await makeTarget();
    await emulator.addFaults(
      { service: 'registry', operation: 'DownloadLayer', kind: 'error', status: 403, times: 1 },
      { service: 'registry', operation: 'DownloadLayer', kind: 'error', status: 503, times: 1 },
      {
        ...{ service: 'registry', operation: 'DownloadLayer', kind: 'reset', times: 2 },
        ...{ when: 'after', afterBytes: 10 },
      },
      { service: 'ecr', operation: 'UploadLayerPart', kind: 'reset', when: 'after', times: 1 },
      { service: 'ecr', operation: 'PutImage', kind: 'throttle', times: 2 },
      { service: 'ecr', operation: 'ListImageReferrers', kind: 'error', times: 1 },
    );
    const { step } = await promote();
    expect(step.conclusion).toBe('success');
    expect(await isWhole()).toBe(true);
  });

  it.each([
    ['a layer that cannot be read', { service: 'registry', operation: 'DownloadLayer' }],
    ['a layer that cannot be sent', { service: 'ecr', operation: 'CompleteLayerUpload' }],
    ['a manifest that is refused', { service: 'ecr', operation: 'PutImage' }],
    ['a token that has expired', { code: 'ExpiredTokenException', operation: 'UploadLayerPart' }],
  ])('after %s no tag names half an image, and the next run succeeds', async (_what, fault) => {
    await makeTarget();
    await emulator.addFaults({ status: 400, kind: 'error', ...fault });
    const failed = await promote();
    expect(failed.step.conclusion).toBe('failure');
    expect(await tagsOfTarget()).toEqual({});
    expect(failed.leftBehind).toEqual([]);
    await emulator.control('DELETE', 'faults');
    expect((await promote()).step.conclusion).toBe('success');
    expect(await isWhole()).toBe(true);
  });

  it('a promotion that is killed leaves nothing behind, and the next sends only the rest', async () => {
    await makeTarget();
    await emulator.addFaults({ service: 'ecr', operation: 'PutImage', kind: 'timeout' });
    let killed = false;
    let arrived = 0;
    const { step, leftBehind } = await promote(
      {},
      {
        onLine: (line) => {
          if (line.includes(': sent, ')) arrived += 1;
          if (arrived === 5) killed ||= killMain(workspace);
        },
      },
    );
    expect([killed, step.conclusion]).toEqual([true, 'failure']);
    expect(leftBehind).toEqual([]);
    expect(await tagsOfTarget()).toEqual({});
    await emulator.control('DELETE', 'faults');
    const { log } = await promote();
    expect(log.match(/: sent, /g)?.length ?? 0).toBeLessThan(6);
    expect(await isWhole()).toBe(true);
  });

  it('sessions of both roles that end while it copies are renewed', async () => {
    await makeTarget();
    // Six attempts at a layer take 7.75 s; these make four of each of the two layers fail.
    const slow = { service: 'registry', operation: 'DownloadLayer', kind: 'error' } as const;
    await emulator.addFaults({ ...slow, status: 503, times: 8 });
    await source.push(name, 'small', pushableImage(['small']));
    await emulator.control('POST', 'sessions', { endAfterSeconds: 3, tellSeconds: 301 });
    const { step } = await promote({ source: `${sourceHost}/${name}:small` });
    await emulator.control('DELETE', 'sessions');
    expect(step.conclusion).toBe('success');
    expect((await emulator.calls())['sts.AssumeRoleWithWebIdentity']).toBeGreaterThan(2);
  });

  it('two runs at once both succeed with one image', async () => {
    await makeTarget();
    const results = await Promise.all([promote(), promote()]);
    expect(results.map(({ step }) => step.conclusion)).toEqual(['success', 'success']);
    expect(await tagsOfTarget()).toMatchObject({ 'release-1': image.digest });
    expect(await isWhole()).toBe(true);
  });
});

describe('what is wrong', () => {
  it('with source and target is told at once, before anything is written', async () => {
    const before = await writes();
    const { step, log } = await promote({ source: `${sourceHost}/${name}:nothing` });
    expect(step.conclusion).toBe('failure');
    expect(log).toContain(`${sourceHost}/${name}:nothing`);
    expect(log).toContain(`there is no repository ${name}`);
    expect(await writes()).toEqual(before);
  });

  it('with the inputs is told before AWS is asked', async () => {
    const before = await emulator.calls();
    const { step, log } = await promote({ source: name, context: 'app', tags: 'a/b' });
    expect(step.conclusion).toBe('failure');
    for (const text of ['input "source"', 'input "context"', 'input "tags"']) {
      expect(log).toContain(text);
    }
    expect(await emulator.calls()).toEqual(before);
  });

  it('where the role of the target may not read the source, until its repository lets it', async () => {
    await makeTarget();
    const own = { 'source-role-to-assume': '' };
    const refused = await promote(own);
    expect(refused.step.conclusion).toBe('failure');
    expect(refused.log).toContain('ecr:BatchGetImage');
    const policy = {
      Effect: 'Allow',
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      Principal: { AWS: `arn:aws:iam::${targetAccount}:root` },
    };
    await sourceEcr().send(
      new SetRepositoryPolicyCommand({
        repositoryName: name,
        policyText: JSON.stringify({ Version: '2012-10-17', Statement: [policy] }),
      }),
    );
    expect((await promote(own)).step.conclusion).toBe('success');
    expect(await isWhole()).toBe(true);
  });
});
