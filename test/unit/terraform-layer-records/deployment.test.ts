import {
  githubDeployments,
  openDeployment,
} from '../../../actions/terraform-layer/github/deployment.js';
import { clientOf } from '../../support/github-client.js';
import { call, sha, withGithubEmulator } from '../../support/github.js';
import type { GithubEmulator } from '../../support/github.js';
import { keepingLogger } from '../../support/log-lines.js';

const runUrl = 'https://github.com/acme/infra/actions/runs/99';
const request = { environment: 'dev', sha: sha('1'), runId: '99', runUrl, stacks: ['a/dev'] };

async function open(github: GithubEmulator, change: Partial<typeof request> = {}, token?: string) {
  const log = keepingLogger();
  const deployments = githubDeployments(await clientOf(github, token));
  const opened = await openDeployment({ ...request, ...change }, { deployments, log });
  return { ...opened, levels: log.kept.map(({ level }) => level) };
}

function deploymentsIn(github: GithubEmulator) {
  return (github.state().repositories[0]?.deployments ?? []).map(({ payload, statuses }) => ({
    payload,
    states: statuses.map(({ state }) => state),
  }));
}

/** What GitHub files for a job with `environment:`. */
async function deploymentOfJob(github: GithubEmulator, run: string): Promise<void> {
  const root = '/repos/acme/infra/deployments';
  const { body } = await call(github, 'POST', root, { body: { ref: 'main', environment: 'dev' } });
  const { id } = body as { id: number };
  await call(github, 'POST', `${root}/${id}/statuses`, {
    body: {
      state: 'in_progress',
      log_url: `https://github.com/acme/infra/actions/runs/${run}/job/1`,
    },
  });
}

describe('the deployment of an apply', () => {
  it('shows how it goes and ends, with its stacks', async () => {
    await withGithubEmulator(async (github) => {
      const opened = await open(github);
      expect(opened.owner).toBe('ours');
      await opened.finish('success', 'x'.repeat(300));
      expect(deploymentsIn(github)).toEqual([
        {
          payload: { infraActionsRun: '99', stacks: ['a/dev'], stackCount: 1 },
          states: ['in_progress', 'success'],
        },
      ]);
    });
  });

  it("is the job's own where the job names the environment: never a second", async () => {
    await withGithubEmulator(async (github) => {
      await deploymentOfJob(github, '99');
      const opened = await open(github);
      expect(opened.owner).toBe('job');
      await opened.finish('failure', 'no');
      expect(deploymentsIn(github)).toMatchObject([{ states: ['in_progress'] }]);
    });
  });

  it('of another run is none of ours, though its number begins alike', async () => {
    await withGithubEmulator(async (github) => {
      await deploymentOfJob(github, '991');
      expect((await open(github)).owner).toBe('ours');
      expect(deploymentsIn(github)).toHaveLength(2);
    });
  });

  it('goes on in a re-run of the run', async () => {
    await withGithubEmulator(async (github) => {
      await (await open(github)).finish('failure', 'no');
      await (await open(github)).finish('success', 'yes');
      expect(deploymentsIn(github)).toMatchObject([
        { states: ['in_progress', 'failure', 'in_progress', 'success'] },
      ]);
    });
  });

  it('is left out, with a notice, where the token may not', async () => {
    await withGithubEmulator(async (github) => {
      const opened = await open(github, {}, github.addToken({ access: 'read' }));
      expect(opened).toMatchObject({ owner: 'none', levels: ['notice'] });
      await opened.finish('success', 'yes');
      expect(deploymentsIn(github)).toEqual([]);
    });
  });

  it('names as many stacks as a payload bears', async () => {
    await withGithubEmulator(async (github) => {
      await open(github, { stacks: Array.from({ length: 500 }, (_, index) => `s${index}/dev`) });
      const payload = deploymentsIn(github)[0]?.payload as { stacks: string[]; stackCount: number };
      expect([payload.stacks.length, payload.stackCount]).toEqual([100, 500]);
    });
  });
});
