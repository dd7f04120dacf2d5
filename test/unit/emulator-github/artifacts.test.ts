import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DefaultArtifactClient } from '@actions/artifact';
import { withArtifactClient } from '../../support/actions-artifact.js';
import { call, seedInfra, sha } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';
import { startGithub } from '../../../emulator/github/index.js';
import { withDirectory } from '../../support/runner.js';

const repository = 'acme/infra';
let github: GithubEmulator;

beforeAll(async () => {
  github = await startGithub();
});
beforeEach(() => {
  github.reset();
  seedInfra(github);
});
afterAll(async () => {
  await github.close();
});

async function inJob<T>(
  body: (client: DefaultArtifactClient, directory: string) => Promise<T>,
  run: { readonly id?: number; readonly serverUrl?: string } = {},
): Promise<T> {
  const runtimeToken = await github.registerResultsJob({
    repository,
    id: run.id ?? 7,
    event: 'pull_request',
    headSha: sha('1'),
    headBranch: 'feature',
  });
  return withDirectory((directory) =>
    withArtifactClient(
      github,
      { runtimeToken, workspace: directory, ...(run.serverUrl && { serverUrl: run.serverUrl }) },
      (client) => body(client, directory),
    ),
  );
}

/** Uploads one file and gives its id and digest. */
async function upload(
  client: DefaultArtifactClient,
  directory: string,
  text: string,
  options: { readonly skipArchive: boolean },
): Promise<{ readonly id: number; readonly digest: string }> {
  await writeFile(path.join(directory, 'record.json'), text);
  const { id, digest } = await client.uploadArtifact(
    'record',
    [path.join(directory, 'record.json')],
    directory,
    options,
  );
  return { id: id ?? 0, digest: digest ?? '' };
}

describe('the artifact service, as @actions/artifact calls it', () => {
  it('keeps an archive that the same run fetches by id, with its digest', async () => {
    await inJob(async (client, directory) => {
      const { id, digest } = await upload(client, directory, 'hello', { skipArchive: false });
      const into = path.join(directory, 'into');
      const fetched = await client.downloadArtifact(id, {
        path: into,
        expectedHash: `sha256:${digest}`,
      });
      expect(fetched.digestMismatch).toBe(false);
      expect(await readFile(path.join(into, 'record.json'), 'utf8')).toBe('hello');
    });
  });

  it('keeps a single file as it is, which another run fetches with a token', async () => {
    const { id, digest } = await inJob((client, directory) =>
      upload(client, directory, '{"a":1}', { skipArchive: true }),
    );
    await inJob(
      async (client, directory) => {
        const fetch = (expectedHash: string) =>
          client.downloadArtifact(id, {
            path: directory,
            expectedHash,
            findBy: {
              token: github.token,
              workflowRunId: 7,
              repositoryOwner: 'acme',
              repositoryName: 'infra',
            },
          });
        expect((await fetch(`sha256:${digest}`)).digestMismatch).toBe(false);
        expect(await readFile(path.join(directory, 'record.json'), 'utf8')).toBe('{"a":1}');
        expect((await fetch('sha256:other')).digestMismatch).toBe(true);
      },
      { id: 8 },
    );
  });

  it('takes more than one block of a large file', async () => {
    await inJob(async (client, directory) => {
      const text = 'x'.repeat(9 * 1024 * 1024);
      const { id } = await upload(client, directory, text, { skipArchive: true });
      const artifact = github.state().repositories[0]?.artifacts.find((found) => found.id === id);
      expect(artifact?.sizeBytes).toBe(text.length);
    });
  });

  it('lists, gets and deletes within the run', async () => {
    await inJob(async (client, directory) => {
      const { id, digest } = await upload(client, directory, 'hello', { skipArchive: true });
      expect((await client.listArtifacts()).artifacts).toMatchObject([{ id, name: 'record.json' }]);
      expect((await client.getArtifact('record.json')).artifact).toMatchObject({
        id,
        size: 5,
        digest: `sha256:${digest}`,
      });
      expect(await client.deleteArtifact('record.json')).toEqual({ id });
      expect((await client.listArtifacts()).artifacts).toEqual([]);
    });
  });

  it('refuses a name that the run already has', async () => {
    await inJob(async (client, directory) => {
      await upload(client, directory, 'hello', { skipArchive: true });
      await expect(upload(client, directory, 'again', { skipArchive: true })).rejects.toThrow(
        /409.*already exists/,
      );
    });
  });

  it('refuses a token that no job has', async () => {
    const forged = `e30.${Buffer.from('{"scp":"Actions.Results:7:job"}').toString('base64url')}.x`;
    await withArtifactClient(github, { runtimeToken: forged, workspace: '/' }, async (client) => {
      await expect(client.listArtifacts()).rejects.toThrow(/401/);
    });
  });
});

describe('artifacts over the REST API', () => {
  const root = `/repos/${repository}/actions`;

  it('are listed with the run that made them, and fetched through a signed address', async () => {
    const { id } = await inJob((client, directory) =>
      upload(client, directory, '{"a":1}', { skipArchive: true }),
    );
    const listed = await call(github, 'GET', `${root}/artifacts?name=record.json`);
    expect(listed.body).toMatchObject({
      total_count: 1,
      artifacts: [{ id, workflow_run: { id: 7, head_repository_id: 456789, head_sha: sha('1') } }],
    });
    expect((await call(github, 'GET', `${root}/artifacts/${id}`)).body).toMatchObject({ id });
    const redirect = await fetch(`${github.url}${root}/artifacts/${id}/zip`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${github.token}` },
    });
    expect(redirect.status).toBe(302);
    const location = redirect.headers.get('location') ?? '';
    expect(await (await fetch(location)).text()).toBe('{"a":1}');
    const part = await fetch(location, { headers: { range: 'bytes=1-3' } });
    expect([part.status, await part.text()]).toEqual([206, '"a"']);
    expect((await fetch(location.replace(/sig=.*/, 'sig=other'))).status).toBe(403);
  });

  it('are gone once they have expired', async () => {
    github.seedRepository({
      repository,
      artifacts: [{ runId: 5, name: 'old', text: '{}', expired: true }],
    });
    const id = github.state().repositories[0]?.artifacts[0]?.id ?? 0;
    expect((await call(github, 'GET', `${root}/artifacts/${id}/zip`)).status).toBe(410);
    expect((await call(github, 'GET', `${root}/artifacts/1/zip`)).status).toBe(404);
  });
});
