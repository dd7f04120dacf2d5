import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { envFrom } from '../../../actions/shared/env.js';
import { readGithubContext } from '../../../actions/shared/github-context.js';
import { sha } from '../../support/github.js';
import {
  mergeGroupEvent,
  pullRequestEvent,
  pushEvent,
  withDirectory,
  workflowDispatchEvent,
} from '../../support/runner.js';

async function read(payload: unknown, env: Parameters<typeof envFrom>[0] = {}) {
  return withDirectory(async (directory) => {
    const file = path.join(directory, 'event.json');
    await writeFile(file, JSON.stringify(payload));
    return readGithubContext(
      envFrom({ GITHUB_REPOSITORY: 'acme/infra', GITHUB_EVENT_PATH: file, ...env }),
    );
  });
}

const repository = 'acme/infra';

describe("the job's context", () => {
  it('is none outside GitHub Actions', () => {
    expect(readGithubContext(envFrom({}))).toBeUndefined();
  });

  it('has the pull request, and whether it comes from a fork', async () => {
    const event = (from?: string) =>
      pullRequestEvent({
        ...{ repository, number: 7, base: { ref: 'main', sha: sha('1') } },
        head: { ref: 'f', sha: sha('2'), ...(from === undefined ? {} : { repository: from }) },
      }).payload;
    expect(await read(event())).toMatchObject({
      pullRequest: {
        ...{ number: 7, headSha: sha('2'), headRef: 'f' },
        ...{ baseRef: 'main', author: 'octocat', fromFork: false },
      },
      mergeGroup: undefined,
      defaultBranch: 'main',
    });
    expect(await read(event('mallory/infra'))).toMatchObject({ pullRequest: { fromFork: true } });
  });

  it('has the merge group, with the last pull request in it', async () => {
    const { payload } = mergeGroupEvent({
      ...{ repository, number: 104, headSha: sha('5'), baseSha: sha('1') },
    });
    expect(await read(payload)).toMatchObject({
      pullRequest: undefined,
      mergeGroup: { headSha: sha('5'), baseSha: sha('1'), baseRef: 'main', pullNumber: 104 },
    });
    const other = {
      ...payload,
      merge_group: { ...(payload['merge_group'] as object), head_ref: 'x' },
    };
    expect((await read(other))?.mergeGroup?.pullNumber).toBeUndefined();
  });

  it('knows the default branch and where the action was taken from', async () => {
    const dispatch = workflowDispatchEvent({ repository, sha: sha('1'), defaultBranch: 'trunk' });
    expect(await read(dispatch.payload)).toMatchObject({
      defaultBranch: 'trunk',
      actionRepository: undefined,
    });
    const { payload } = pushEvent({ repository, after: sha('1') });
    expect(await read(payload, { GITHUB_ACTION_REPOSITORY: 'acme/infra-actions' })).toMatchObject({
      defaultBranch: 'main',
      actionRepository: 'acme/infra-actions',
    });
  });

  it('is not made of a payload that GitHub does not write', async () => {
    await expect(read({ pull_request: { number: 'x' } })).rejects.toMatchObject({
      problems: [{ code: 'event-payload-malformed' }],
    });
  });
});
