import { createJob, fixtureAction, withDirectory } from '../../support/runner.js';
import type { Job, JobOptions, JobResult, StepOptions, StepResult } from '../../support/runner.js';

const append = `
  import { appendFileSync } from 'node:fs';
  const append = (name, text) => appendFileSync(process.env['GITHUB_' + name], text);
`;

interface ProbeJob {
  readonly step: (id: string, main: string, options?: Partial<StepOptions>) => Promise<StepResult>;
  readonly job: Job;
}

async function inJob(
  body: (job: ProbeJob) => Promise<void>,
  options: Partial<JobOptions> = {},
): Promise<JobResult> {
  return withDirectory(async (workspace) => {
    const job = await createJob({ workspace, ...options });
    const step: ProbeJob['step'] = (id, main, stepOptions = {}) =>
      job.run({
        id,
        actionDirectory: fixtureAction('probe'),
        inputs: { 'main-script': main, 'post-script': `console.log('post of ${id}')` },
        ...stepOptions,
      });
    try {
      await body({ step, job });
    } catch (error) {
      await job.finish();
      throw error;
    }
    return job.finish();
  });
}

describe('createJob', () => {
  it('carries environment, path and masks from step to step', async () => {
    await inJob(
      async ({ step }) => {
        await step(
          'first',
          `${append} append('ENV', 'FROM_FIRST=1\\nJOB=changed\\n');
          append('PATH', '/first\\n/second\\n'); console.log('::add-mask::s3cret');`,
        );
        const second = await step(
          'second',
          `console.log(process.env.FROM_FIRST, process.env.JOB, process.env.STEP);
          console.log(process.env.PATH.split(':').slice(0, 2).join());
          console.log('s3cret', process.env.GITHUB_ACTION);`,
          { env: { STEP: 'own' } },
        );
        expect(second.log).toEqual(['1 changed own', '/second,/first', '*** second']);
      },
      { env: { JOB: 'given' } },
    );
  });

  it('gives no step the state, outputs or env of another', async () => {
    await inJob(async ({ step }) => {
      await step('first', `${append} append('OUTPUT', 'answer=1\\n');`, { env: { ONLY: 'here' } });
      const second = await step('second', 'console.log(process.env.ONLY)');
      expect(second).toMatchObject({ outputs: {}, log: ['undefined'] });
    });
  });

  it('runs posts last, in reverse order, and only of steps that ran', async () => {
    const posts: string[] = [];
    const { steps } = await inJob(
      async ({ step }) => {
        await step('first', '');
        await step('second', 'process.exit(1)');
        await step('third', '');
      },
      { onLine: (line) => posts.push(line) },
    );
    expect(posts).toEqual(['post of second', 'post of first']);
    expect(steps.map(({ conclusion }) => conclusion)).toEqual(['success', 'failure', 'skipped']);
  });

  it('runs the steps of a failed job that ask for it', async () => {
    const { conclusion, steps } = await inJob(async ({ step }) => {
      await step('first', 'process.exit(1)');
      await step('always', '', { if: 'always()' });
      await step('on-failure', '', { if: 'failure()' });
      await step('on-cancel', '', { if: 'cancelled()' });
    });
    expect(conclusion).toBe('failure');
    expect(steps.map(({ conclusion: each }) => each)).toEqual([
      ...['failure', 'success', 'success', 'skipped'],
    ]);
  });

  it('cancels the job when a step is cancelled', async () => {
    const controller = new AbortController();
    const { conclusion, steps } = await inJob(
      async ({ step }) => {
        const main = "setInterval(() => {}, 1000); console.log('ready')";
        await step('first', main, { signal: controller.signal });
        await step('second', '');
        await step('cleanup', "console.log('cleaned')", { if: 'always()' });
      },
      {
        onLine: (line) => {
          if (line === 'ready') controller.abort();
        },
      },
    );
    expect(conclusion).toBe('cancelled');
    expect(steps.map((step) => step.conclusion)).toEqual(['cancelled', 'skipped', 'success']);
    expect(steps[2]?.log).toEqual(['cleaned', 'post of cleanup']);
  });

  it('is over once it has finished', async () => {
    let finished: Job | undefined;
    await inJob(({ job }) => {
      finished = job;
      return Promise.resolve();
    });
    await expect(finished?.finish()).rejects.toMatchObject({ code: 'job-finished' });
    await expect(finished?.run({ actionDirectory: fixtureAction('probe') })).rejects.toMatchObject({
      code: 'job-finished',
    });
  });
});
