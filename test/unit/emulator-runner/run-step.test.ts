import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  fixtureAction,
  pullRequestEvent,
  runProbe,
  runStep,
  withDirectory,
} from '../../support/runner.js';

/** Prints environment variables as JSON lines. */
function printing(...names: string[]): string {
  return `console.log(JSON.stringify(${JSON.stringify(names)}.map((n) => process.env[n] ?? null)))`;
}

function printed(log: readonly string[]): unknown {
  return JSON.parse(log[0] ?? '') as unknown;
}

const append = `
  import { appendFileSync } from 'node:fs';
  const append = (name, text) => appendFileSync(process.env['GITHUB_' + name], text);
`;

describe('runStep: inputs and environment', () => {
  it('gives inputs, defaults and evaluated expressions as INPUT_*', async () => {
    const { log } = await runProbe(
      { main: printing('INPUT_GITHUB-TOKEN', 'INPUT_WITH_SPACE', 'INPUT_NUMBER', 'INPUT_OLD') },
      { token: 'ghs_1234', inputs: { 'With Space': true } },
    );
    expect(printed(log)).toEqual(['***', 'true', '30', '']);
  });

  it('does not give the token as an environment variable, as GitHub does not', async () => {
    const { log } = await runProbe({ main: printing('GITHUB_TOKEN') }, { token: 'ghs_1234' });
    expect(printed(log)).toEqual([null]);
  });

  it('warns of inputs that the action does not have, and of deprecated ones', async () => {
    const result = await runProbe({}, { inputs: { wrong: 'x', old: 'y' } });
    expect(result.annotations.map(({ level }) => level)).toEqual(['warning', 'warning']);
    expect(result.annotations[0]?.message).toContain("'wrong'");
    expect(result.annotations[1]?.message).toContain("'old'");
    expect(result.conclusion).toBe('success');
  });

  it('passes no variable of its own environment but those of a bare machine', async () => {
    process.env['EMULATOR_RUNNER_LEAK'] = 'x';
    try {
      const names = ['EMULATOR_RUNNER_LEAK', 'NODE_OPTIONS', 'HOME'];
      const { log } = await runProbe({ main: printing(...names) });
      expect(printed(log)).toEqual([null, null, process.env['HOME'] ?? null]);
    } finally {
      delete process.env['EMULATOR_RUNNER_LEAK'];
    }
  });

  it('lets no env of the job or step change what the runner sets', async () => {
    const { log } = await runProbe(
      { main: printing('GITHUB_REF', 'CI', 'OWN') },
      { env: { GITHUB_REF: 'refs/heads/evil', CI: 'no', OWN: '1' } },
    );
    expect(printed(log)).toEqual(['refs/heads/main', 'true', '1']);
  });

  it('describes a pull request as GitHub does, payload included', async () => {
    const event = pullRequestEvent({
      repository: 'acme/infra',
      number: 7,
      title: 'T',
      head: { ref: 'feature', sha: 'a'.repeat(40) },
      base: { ref: 'main', sha: 'b'.repeat(40) },
      mergeSha: 'c'.repeat(40),
    });
    const variables = ['EVENT_NAME', 'REF', 'REF_NAME', 'SHA', 'HEAD_REF', 'BASE_REF'];
    const main = `${printing(...variables.map((name) => `GITHUB_${name}`))};
      const { readFileSync } = await import('node:fs');
      const payload = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'));
      console.log(payload.pull_request.head.sha, payload.number, payload.repository.full_name);`;
    const { log } = await runProbe({ main }, { event });
    expect(printed(log)).toEqual([
      ...['pull_request', 'refs/pull/7/merge', '7/merge'],
      ...['c'.repeat(40), 'feature', 'main'],
    ]);
    expect(log[1]).toBe(`${'a'.repeat(40)} 7 acme/infra`);
  });

  it('offers OIDC only where the job has it, and masks the request token', async () => {
    const main = printing('ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN');
    expect(printed((await runProbe({ main })).log)).toEqual([null, null]);
    const oidc = { requestUrl: 'http://localhost/token?x=1', requestToken: 'request-token' };
    const { log, rawLog } = await runProbe({ main }, { oidc });
    expect(printed(log)).toEqual(['http://localhost/token?x=1', '***']);
    expect(rawLog[0]).toContain('request-token');
  });

  it('runs in the workspace, with temporary directories that are gone afterwards', async () => {
    const { log } = await runProbe({
      main: `const fs = await import('node:fs');
        fs.writeFileSync(process.env.RUNNER_TEMP + '/x', '');
        console.log(process.cwd() === process.env.GITHUB_WORKSPACE);
        console.log(process.env.RUNNER_TEMP);`,
      post: `const fs = await import('node:fs');
        console.log(fs.existsSync(process.env.RUNNER_TEMP + '/x'));`,
    });
    const [inWorkspace, temporary = '', stillThere] = log;
    expect([inWorkspace, stillThere]).toEqual(['true', 'true']);
    await expect(mkdir(temporary)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('runStep: results', () => {
  it('reads outputs, summary, environment and path, also those of several lines', async () => {
    const result = await runProbe({
      main: `${append}
        append('OUTPUT', 'answer<<X\\na\\nb\\nX\\nother=1\\n');
        append('STEP_SUMMARY', '# Title\\n');
        append('ENV', 'LATER=yes\\n');
        append('PATH', '/opt/tool\\n');`,
      post: `${append} append('STEP_SUMMARY', 'from post');`,
    });
    expect(result).toMatchObject({
      conclusion: 'success',
      exitCode: 0,
      outputs: { answer: 'a\nb', other: '1' },
      summary: '# Title\n\nfrom post',
      env: { LATER: 'yes' },
      path: ['/opt/tool'],
    });
  });

  it('masks the summary, and names the outputs that GitHub would drop', async () => {
    const result = await runProbe({
      main: `${append} console.log('::add-mask::s3cret');
        append('STEP_SUMMARY', 'it is s3cret'); append('OUTPUT', 'answer=s3cret\\nfine=1\\n');`,
    });
    expect(result.summary).toBe('it is ***');
    expect(result.outputsWithSecrets).toEqual(['answer']);
    expect(result.maskCount).toBe(1);
  });

  it('fails with the exit code, and with an uncaught error', async () => {
    expect(await runProbe({ main: 'process.exit(3)' })).toMatchObject({
      conclusion: 'failure',
      exitCode: 3,
    });
    expect(await runProbe({ main: 'throw new Error("x")' })).toMatchObject({
      conclusion: 'failure',
      exitCode: 1,
    });
  });

  it('does not fail for an error command alone', async () => {
    const result = await runProbe({ main: 'console.log("::error::x")' });
    expect(result).toMatchObject({ conclusion: 'success', annotations: [{ level: 'error' }] });
  });

  it('fails for a command file that it cannot read', async () => {
    const result = await runProbe({ main: `${append} append('OUTPUT', 'a<<EOF\\nno end\\n');` });
    expect(result).toMatchObject({ conclusion: 'failure', exitCode: 0, outputs: {} });
    expect(result.annotations.map(({ level }) => level)).toEqual(['error', 'error']);
  });

  it('refuses NODE_OPTIONS for later steps', async () => {
    const result = await runProbe({
      main: `${append} append('ENV', 'NODE_OPTIONS=-r x\\nA=1\\n');`,
    });
    expect(result.env).toEqual({ A: '1' });
    expect(result.annotations).toMatchObject([{ level: 'error' }]);
  });

  it('drops a summary that is too large, without failing the step', async () => {
    const result = await runProbe({
      main: `${append} append('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1));`,
    });
    expect(result).toMatchObject({
      conclusion: 'success',
      summary: '',
      annotations: [{ level: 'error' }],
    });
  });

  it('reads lines of both streams, whatever their line breaks and chunks', async () => {
    const { log } = await runProbe({
      main: `process.stdout.write('a\\r\\nb\\rc\\nhé'.slice(0, -1));
        process.stdout.write(Buffer.from([0xc3]));
        setTimeout(() => process.stdout.write(Buffer.from([0xa9])), 20);
        console.error('::warning::from stderr');`,
    });
    expect(log.filter((line) => !line.startsWith('##'))).toEqual(['a', 'b', 'c', 'hé']);
    expect(log).toContain('##[warning]from stderr');
  });

  it('passes each masked line on as it comes', async () => {
    const lines: string[] = [];
    await runProbe(
      { main: 'console.log("key-1")', post: 'console.log("bye")' },
      { secrets: ['key-1'], onLine: (line, { id, phase }) => lines.push(`${id} ${phase} ${line}`) },
    );
    expect(lines).toEqual(['probe main ***', 'probe post bye']);
  });
});

describe('runStep: post', () => {
  const saving = `${append} append('STATE', 'lock<<X\\nid 1\\nline 2\\nX\\n');`;
  const post = 'console.log(JSON.stringify([process.env.STATE_lock]))';

  it('gives the saved state to post', async () => {
    const result = await runProbe({ main: saving, post });
    expect(result.post?.log).toEqual(['["id 1\\nline 2"]']);
  });

  it('runs post after a failure', async () => {
    const result = await runProbe({ main: `${saving} process.exit(1)`, post });
    expect(result.conclusion).toBe('failure');
    expect(result.post?.log).toEqual(['["id 1\\nline 2"]']);
  });

  it('fails a step whose post fails', async () => {
    const result = await runProbe({ post: 'process.exit(1)' });
    expect(result).toMatchObject({ conclusion: 'failure', main: { conclusion: 'success' } });
  });
});

describe('runStep: what is wrong before anything runs', () => {
  const refused = async (definition: string | undefined): Promise<unknown> =>
    withDirectory(async (directory) => {
      if (definition !== undefined) await writeFile(path.join(directory, 'action.yml'), definition);
      return runStep({ workspace: directory, actionDirectory: directory }).catch(
        (error: unknown) => error,
      );
    });

  it.each([
    ['no action.yml', undefined, 'action-not-found'],
    ['YAML that does not parse', 'name: [', 'action-invalid'],
    ['no runs', 'name: x', 'action-invalid'],
    ['a composite action', 'name: x\nruns: { using: composite, steps: [] }', 'action-unsupported'],
    ['pre', 'name: x\nruns: { using: node24, main: m.js, pre: p.js }', 'action-unsupported'],
    ['no bundle', 'name: x\nruns: { using: node24, main: dist/index.js }', 'bundle-not-built'],
  ])('%s', async (_what, definition, code) => {
    expect(await refused(definition)).toMatchObject({ name: 'RunnerError', code });
  });

  it('says how to build a missing bundle', async () => {
    const error = await refused('name: x\nruns: { using: node24, main: dist/index.js }');
    expect(error).toHaveProperty('message', expect.stringContaining('make build'));
  });

  it('a workspace that does not exist', async () => {
    await expect(
      runStep({ workspace: '/nowhere/at/all', actionDirectory: fixtureAction('probe') }),
    ).rejects.toMatchObject({ code: 'workspace-not-found' });
  });
});
