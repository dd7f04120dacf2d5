import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { githubComments } from '../../../actions/shared/github-comments.js';
import { createSecrets } from '../../../actions/shared/secrets.js';
import {
  endUnfinished,
  forgetUnfinished,
  noteUnfinished,
  readUnfinished,
} from '../../../actions/terraform-layer/apply/unfinished.js';
import {
  githubDeployments,
  openDeployment,
} from '../../../actions/terraform-layer/github/deployment.js';
import { clientOf } from '../../support/github-client.js';
import { sha, withGithubEmulator } from '../../support/github.js';
import { keepingLogger } from '../../support/log-lines.js';
import { withDirectory } from '../../support/runner.js';

const runUrl = 'https://github.com/acme/infra/actions/runs/99';
const unfinished = {
  ...{ runUrl, sha: sha('1'), environments: ['dev'] },
  deployments: [{ id: 7, environment: 'dev' }],
};

it('what an apply has left open is read by the post step, until it has told by itself', async () => {
  await withDirectory(async (directory) => {
    expect(await readUnfinished(directory)).toBeUndefined();
    await noteUnfinished(directory, unfinished);
    expect(await readUnfinished(directory)).toEqual(unfinished);
    await forgetUnfinished(directory);
    expect(await readUnfinished(directory)).toBeUndefined();
    await writeFile(path.join(directory, 'unfinished-apply.json'), '{"runUrl"');
    expect(await readUnfinished(directory)).toBeUndefined();
  });
});

it('its deployments end in an error, and its pull requests hear of it', async () => {
  await withGithubEmulator(async (github) => {
    github.seedPull({
      ...{ repository: 'acme/infra', number: 1, base: { ref: 'main', sha: sha('1') } },
      head: { ref: 'f', sha: sha('2') },
    });
    const client = await clientOf(github);
    const [deployments, comments] = [githubDeployments(client), githubComments(client)];
    const log = keepingLogger();
    const request = { environment: 'dev', sha: sha('1'), runId: '99', runUrl, stacks: [] };
    const { id = 0 } = await openDeployment(request, { deployments, log });
    const author = 'github-actions[bot]';
    await endUnfinished(
      {
        ...unfinished,
        // One of them is gone: the other ends all the same.
        deployments: [...unfinished.deployments, { id, environment: 'dev' }],
        tell: { pullNumbers: [1], key: 'k', author, startedAt: 1 },
      },
      { deployments, comments, log, secrets: createSecrets(() => undefined) },
    );
    const [state] = github.state().repositories;
    expect(state?.deployments.map(({ statuses }) => statuses.map((one) => one.state))).toEqual([
      ['in_progress', 'error'],
    ]);
    expect(state?.comments.map(({ body }) => body).join()).toContain('broke off');
  });
});
