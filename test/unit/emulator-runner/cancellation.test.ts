import { readFile } from 'node:fs/promises';
import { createJob, fixtureAction, runProbe, withDirectory } from '../../support/runner.js';

/** Aborts as soon as the action says that it is ready. */
function abortingWhenReady() {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onLine: (line: string) => {
      if (line === 'ready') controller.abort();
    },
  };
}

const waiting = "setInterval(() => {}, 1000); console.log('ready');";
const times = { interruptSeconds: 0.3, terminateSeconds: 0.3, streamSeconds: 0.3 };

describe('cancellation', () => {
  it('interrupts an action that cleans up, and calls it cancelled whatever it exits with', async () => {
    const result = await runProbe(
      {
        main: `process.on('SIGINT', () => { console.log('cleaning'); process.exit(0); }); ${waiting}`,
        post: "console.log('post')",
      },
      { ...abortingWhenReady(), times },
    );
    expect(result).toMatchObject({
      conclusion: 'cancelled',
      exitCode: 0,
      main: { signalsSent: ['SIGINT'] },
      log: ['ready', 'cleaning', 'post'],
    });
  });

  it('goes on to SIGTERM, then SIGKILL, and still runs post', async () => {
    const ignoring = "for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => console.log(s));";
    const result = await runProbe(
      { main: `${ignoring} ${waiting}`, post: "console.log('post')" },
      { ...abortingWhenReady(), times },
    );
    expect(result.main).toMatchObject({
      endedBy: 'SIGKILL',
      signalsSent: ['SIGINT', 'SIGTERM', 'SIGKILL'],
    });
    expect(result.log).toEqual(['ready', 'SIGINT', 'SIGTERM', 'post']);
    expect(result.conclusion).toBe('cancelled');
  });

  it('gives post the time that is left after a cancellation, and no more', async () => {
    const result = await runProbe(
      { main: waiting, post: waiting },
      { ...abortingWhenReady(), times: { ...times, cancelGraceSeconds: 0.5 } },
    );
    expect(result.post).toMatchObject({ conclusion: 'cancelled', endedBy: 'SIGINT' });
  });

  it('signals the entry process only, not what it started', async () => {
    const child = `
      import { spawn } from 'node:child_process';
      const code = "process.on('SIGINT', () => console.log('child got it'));"
        + "setTimeout(() => { console.log('child done'); process.exit(); }, 300);"
        + "console.log('ready')";
      const child = spawn(process.execPath, ['-e', code], { stdio: 'inherit' });
      process.on('SIGINT', () => console.log('entry got it'));
      child.on('exit', () => process.exit(0));`;
    const result = await runProbe(
      { main: child },
      { ...abortingWhenReady(), times: { ...times, interruptSeconds: 5 } },
    );
    expect(result.log).toEqual(['ready', 'entry got it', 'child done']);
    expect(result.main?.signalsSent).toEqual(['SIGINT']);
  });

  it('runs nothing of a job that was cancelled before', async () => {
    const result = await runProbe(
      { main: "console.log('main')", post: "console.log('post')" },
      { signal: AbortSignal.abort() },
    );
    expect(result).toMatchObject({ conclusion: 'skipped', log: [] });
  });
});

describe('what an action leaves behind', () => {
  const leaving = `
    import { spawn } from 'node:child_process';
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true, stdio: STDIO,
    });
    child.unref();
    console.log(child.pid);`;

  it('ends and names processes that outlive the job', async () => {
    const result = await runProbe({ main: leaving.replace('STDIO', "'ignore'") });
    const pid = Number(result.log[0]);
    expect(result.orphans.map((orphan) => orphan.pid)).toEqual([pid]);
    expect(result.main?.outputHeldOpen).toBe(false);
    // Empty for a process that has ended and that nobody has waited for.
    expect(await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).toBe('');
  });

  it('does not wait for ever for output that something holds open', async () => {
    const result = await runProbe({ main: leaving.replace('STDIO', "'inherit'") }, { times });
    expect(result).toMatchObject({ conclusion: 'success', main: { outputHeldOpen: true } });
    expect(result.orphans).toHaveLength(1);
  });

  it('lets post finish what main left running, before it is ended', async () => {
    await withDirectory(async (workspace) => {
      const job = await createJob({ workspace, times });
      await job.run({
        actionDirectory: fixtureAction('probe'),
        inputs: {
          'main-script': leaving.replace('STDIO', "'ignore'"),
          'post-script': "console.log('post')",
        },
      });
      const { steps, orphans } = await job.finish();
      expect(steps[0]?.post?.log).toEqual(['post']);
      expect(orphans).toHaveLength(1);
    });
  });
});
