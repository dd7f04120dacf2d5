import { createLocalJWKSet, jwtVerify } from 'jose';
import { withGithubEmulator } from '../../support/github.js';
import { pullRequestEvent, runProbe, withDirectory, withGithub } from '../../support/runner.js';

const event = pullRequestEvent({
  repository: 'acme/infra',
  number: 1,
  head: { ref: 'feature', sha: 'a'.repeat(40) },
  base: { ref: 'main', sha: 'b'.repeat(40) },
});

describe('withGithub', () => {
  it('lets an action comment, and fetch a token that says which job it is', async () => {
    await withGithubEmulator(async (github) => {
      github.seedRepository({ repository: 'acme/infra', issues: [{ number: 1, title: 'T' }] });
      await withDirectory(async (workspace) => {
        const job = await withGithub(
          { githubUrl: github.url, jobWorkflowRef: 'acme/x/.github/workflows/plan.yml@v1' },
          { workspace, event, runId: '77' },
        );
        const { conclusion, rawLog } = await runProbe(
          {
            main: `
              const bearer = (token) => ({ headers: { authorization: 'Bearer ' + token } });
              const { GITHUB_API_URL, GITHUB_REPOSITORY, ...env } = process.env;
              const created = await fetch(
                GITHUB_API_URL + '/repos/' + GITHUB_REPOSITORY + '/issues/1/comments',
                { method: 'POST', body: '{"body":"hello"}', ...bearer(env['INPUT_GITHUB-TOKEN']) },
              );
              if (created.status !== 201) throw new Error(await created.text());
              const issued = await fetch(
                env.ACTIONS_ID_TOKEN_REQUEST_URL + '&audience=sts.amazonaws.com',
                bearer(env.ACTIONS_ID_TOKEN_REQUEST_TOKEN),
              );
              console.log((await issued.json()).value);`,
          },
          job,
        );
        expect(conclusion).toBe('success');
        expect(github.state().repositories[0]?.comments).toMatchObject([{ body: 'hello' }]);
        const keys = createLocalJWKSet(github.issuer.jwks());
        const { payload } = await jwtVerify(rawLog[0] ?? '', keys);
        expect(payload).toMatchObject({
          sub: 'repo:acme/infra:pull_request',
          head_ref: 'feature',
          base_ref: 'main',
          run_id: '77',
          job_workflow_ref: 'acme/x/.github/workflows/plan.yml@v1',
        });
      });
    });
  });

  it('tells steps where artifacts go, and which repository the action was taken from', async () => {
    await withGithubEmulator(async (github) => {
      await withDirectory(async (workspace) => {
        const job = await withGithub({ githubUrl: github.url }, { workspace, event, runId: '77' });
        const { rawLog } = await runProbe(
          {
            main: `
              const { ACTIONS_RESULTS_URL, ACTIONS_RUNTIME_TOKEN, ...env } = process.env;
              const [, claims] = ACTIONS_RUNTIME_TOKEN.split('.');
              console.log(ACTIONS_RESULTS_URL);
              console.log(JSON.parse(Buffer.from(claims, 'base64url')).scp);
              console.log(env.GITHUB_ACTION_REPOSITORY);`,
          },
          { ...job, actionRepository: 'acme/infra-actions' },
        );
        expect(rawLog.slice(0, 3)).toEqual([
          github.url,
          expect.stringMatching(/ Actions\.Results:77:job$/),
          'acme/infra-actions',
        ]);
      });
    });
  });

  it('gives a job without id-token: write nothing to ask with', async () => {
    await withGithubEmulator(async (github) => {
      const job = await withGithub({ githubUrl: github.url, idToken: false }, { workspace: '/' });
      expect(job).not.toHaveProperty('oidc');
    });
  });

  it('says why GitHub refused a job', async () => {
    await withGithubEmulator(async (github) => {
      await expect(
        withGithub({ githubUrl: github.url }, { workspace: '/', repository: 'no-owner' }),
      ).rejects.toMatchObject({ code: 'github-refused' });
    });
  });
});
