import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSecrets } from '../../../actions/shared/secrets.js';
import { envFrom } from '../../../actions/shared/env.js';
import { systemClock, type Clock } from '../../../actions/shared/clock.js';
import {
  awsSession,
  credentialProcessAnswer,
  readSessionRequest,
} from '../../../actions/terraform-layer/terraform/aws-session.js';
import { writeAwsProfile } from '../../../actions/terraform-layer/terraform/aws-profile.js';
import { commonEnvironment } from '../../../actions/terraform-layer/terraform/child-environment.js';
import { noteChild, waitForChildren } from '../../../actions/terraform-layer/terraform/children.js';
import {
  collectorEnvironment,
  defaultParallelism,
} from '../../../actions/terraform-layer/terraform/collector.js';
import {
  heldLock,
  lockLogEnvironment,
} from '../../../actions/terraform-layer/terraform/held-lock.js';
import { bringToRest } from '../../../actions/terraform-layer/terraform/rest.js';
import { variableNames } from '../../../actions/terraform-layer/terraform/declared-variables.js';
import {
  PluginCache,
  providerSetKey,
} from '../../../actions/terraform-layer/terraform/plugin-cache.js';
import type { ChildRequest } from '../../../actions/shared/process.js';
import { memorySidecar } from '../../support/sidecars.js';
import { silentLogger } from '../../support/silent-logger.js';

const gibibyte = 1024 ** 3;

/** A clock whose pauses pass at once. */
function clockOf(onSleep: () => void): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: (milliseconds) => {
      now += milliseconds;
      onSleep();
      return Promise.resolve();
    },
  };
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'terraform-runtime-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('how many stacks at a time', () => {
  it.each([
    [2, 16, 2],
    [8, 2, 2],
    [4, 0.5, 1],
  ])('%d cores and %d GB free carry %d', (cores, free, expected) => {
    expect(defaultParallelism({ cores, freeBytes: free * gibibyte })).toBe(expected);
  });
});

describe("Go's collector", () => {
  const own = { gogc: undefined, memoryLimit: undefined };

  it('is off below a limit where there is memory', () => {
    expect(collectorEnvironment({ freeBytes: 16 * gibibyte }, 2, own)).toEqual({
      GOGC: 'off',
      GOMEMLIMIT: '1200MiB',
    });
  });

  it.each([
    [64, 2, '1200MiB'],
    [4, 2, '819MiB'],
    [2, 2, '409MiB'],
    [7, 11, '260MiB'],
  ])('shares %d GB among %d stacks at a time: %s', (free, parallelism, limit) => {
    expect(collectorEnvironment({ freeBytes: free * gibibyte }, parallelism, own)).toEqual({
      GOGC: 'off',
      GOMEMLIMIT: limit,
    });
  });

  it('has no limit that could lie below what is alive, where memory is short', () => {
    expect(collectorEnvironment({ freeBytes: 1 * gibibyte }, 2, own)).toEqual({ GOGC: '400' });
    expect(collectorEnvironment({ freeBytes: 7 * gibibyte }, 12, own)).toEqual({ GOGC: '400' });
  });

  it('has a limit wherever stacks are as many as memory carries', () => {
    for (const free of [0.7, 1, 2, 3.5, 7, 16, 64]) {
      const machine = { cores: 64, freeBytes: free * gibibyte };
      const parallelism = defaultParallelism(machine);
      expect(collectorEnvironment(machine, parallelism, own)).toHaveProperty('GOMEMLIMIT');
    }
  });

  it("is the user's where they set it", () => {
    const set = { gogc: '50', memoryLimit: undefined };
    expect(collectorEnvironment({ freeBytes: 16 * gibibyte }, 2, set)).toEqual({});
  });
});

describe('the plugin cache', () => {
  it('is filled by one init alone, and then read by many at once', async () => {
    const cache = new PluginCache();
    let running = 0;
    const most: number[] = [];
    const init = (lockFile: string): Promise<undefined> =>
      cache.init({ lockFile, configuration: [] }, async () => {
        running += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        most.push(running);
        running -= 1;
        return { ok: true, value: undefined };
      });
    await Promise.all(['a', 'a', 'a', 'a'].map(init));
    expect(most[0]).toBe(1);
    expect(Math.max(...most)).toBe(3);
    most.length = 0;
    await Promise.all(['a', 'b', 'a'].map(init));
    expect(Math.max(...most)).toBe(1);
  });

  it('is not counted as filled by an init that failed', async () => {
    const cache = new PluginCache();
    let running = 0;
    let most = 0;
    const init = (): Promise<undefined> =>
      cache.init({ lockFile: 'a', configuration: [] }, async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
        return { ok: false, value: undefined };
      });
    await Promise.all([init(), init()]);
    expect(most).toBe(1);
  });

  it('tells sets of providers apart by the lock file, or by what can name one', () => {
    const key = (configuration: string, lockFile?: string): string =>
      providerSetKey({ lockFile, configuration: [configuration] });
    expect(key('resource "aws_vpc" "a" {\n  cidr = 1\n}')).toBe(key('resource "aws_vpc" "b" {}'));
    expect(key('resource "aws_vpc" "a" {}')).not.toBe(key('resource "random_id" "a" {}'));
    expect(key('  source = "org/x/aws"')).not.toBe(key('  source = "org/y/aws"'));
    expect(key('anything', 'lock')).toBe(key('something else', 'lock'));
  });
});

describe('an AWS session of a child', () => {
  const request = {
    roleArn: 'arn:aws:iam::123456789012:role/r',
    region: 'eu-west-1',
    audience: 'sts.amazonaws.com',
  };

  it('is asked for by a private profile, and keys in the environment do not win over it', async () => {
    const profile = await writeAwsProfile({
      directory,
      name: 'dev',
      request,
      credentialProcess: ['/opt/node js/node', "/it's here/index.js"],
    });
    const file = profile.environment['AWS_CONFIG_FILE'] ?? '';
    const config = await readFile(file, 'utf8');
    expect(config).toContain('[profile infra-dev]');
    // A bare word leads: Go's SDK strips quotes around the whole line.
    expect(config).toContain(
      `credential_process = env '/opt/node js/node' '/it'\\''s here/index.js'`,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(profile.environment).toMatchObject({
      AWS_PROFILE: 'infra-dev',
      AWS_ACCESS_KEY_ID: undefined,
      AWS_WEB_IDENTITY_TOKEN_FILE: undefined,
    });
    expect(await readSessionRequest(path.join(directory, 'dev', 'request.json'))).toEqual(
      profile.request,
    );
  });

  it('is kept until ten minutes before its end', async () => {
    const cacheFile = path.join(directory, 'session.json');
    const expiration = new Date('2026-01-01T01:00:00Z');
    const kept = {
      roleArn: request.roleArn,
      accessKeyId: 'AKIA',
      secretAccessKey: 'secret-key',
      sessionToken: 'session-token',
      expiration,
    };
    await writeFile(cacheFile, JSON.stringify(kept));
    const asked: string[] = [];
    const session = (now: string, roleArn = request.roleArn): Promise<unknown> =>
      awsSession(
        { ...request, roleArn, cacheFile },
        {
          fetchIdToken: (audience) => {
            asked.push(audience);
            return Promise.reject(new Error('no token here'));
          },
          secrets: createSecrets(() => undefined),
          github: undefined,
          now: () => new Date(now).getTime(),
        },
      );
    await expect(session('2026-01-01T00:49:00Z')).resolves.toMatchObject({ accessKeyId: 'AKIA' });
    expect(asked).toEqual([]);
    await expect(session('2026-01-01T00:51:00Z')).rejects.toThrow('no token here');
    const another = 'arn:aws:iam::123456789012:role/other';
    await expect(session('2026-01-01T00:00:00Z', another)).rejects.toThrow('no token here');
    expect(asked).toEqual(['sts.amazonaws.com', 'sts.amazonaws.com']);
  });

  it('is told to expire early, so that it is renewed while it works', () => {
    const answer = credentialProcessAnswer({
      accessKeyId: 'a',
      secretAccessKey: 'b',
      sessionToken: 'c',
      expiration: new Date('2026-01-01T01:00:00Z'),
    });
    expect(JSON.parse(answer)).toEqual({
      Version: 1,
      AccessKeyId: 'a',
      SecretAccessKey: 'b',
      SessionToken: 'c',
      Expiration: '2026-01-01T00:55:00.000Z',
    });
  });
});

describe("a child's environment", () => {
  const prepare = (env: Readonly<Record<string, string>>) =>
    commonEnvironment({
      env: envFrom({ HOME: directory, RUNNER_TEMP: directory, ...env }),
      log: silentLogger,
      machine: { cores: 2, freeBytes: gibibyte },
      parallelism: 2,
      runDirectory: directory,
    });

  it('leaves out a CLI config that does not exist', async () => {
    const { changes } = await prepare({ TF_CLI_CONFIG_FILE: path.join(directory, 'missing') });
    expect(changes).toHaveProperty('TF_CLI_CONFIG_FILE', undefined);
  });

  it('keeps one that does, and its plugin cache', async () => {
    const file = path.join(directory, 'config.tfrc');
    await writeFile(file, 'plugin_cache_dir = "/cache"\n');
    const { changes, pluginCacheDirectory } = await prepare({ TF_CLI_CONFIG_FILE: file });
    expect(changes).not.toHaveProperty('TF_CLI_CONFIG_FILE');
    expect(pluginCacheDirectory).toBeUndefined();
  });

  it('shares a plugin cache between the steps of a job', async () => {
    const { pluginCacheDirectory } = await prepare({});
    expect(pluginCacheDirectory).toBe(path.join(directory, 'terraform-plugin-cache'));
  });
});

describe('children that outlive the step', () => {
  const child = {
    processId: 42,
    stack: 'a/dev',
    command: 'apply',
    directory: 'layers/a',
    lockLog: '/nowhere',
  };

  it('are waited for until they end', async () => {
    await noteChild(directory, child);
    let sleeps = 0;
    const told: string[] = [];
    const left = await waitForChildren({
      directory,
      isRunning: () => sleeps < 3,
      clock: clockOf(() => {
        sleeps += 1;
      }),
      timeoutSeconds: 240,
      onWaiting: (children) => told.push(...children.map(({ stack }) => stack)),
    });
    expect(left).toEqual([]);
    expect(sleeps).toBe(3);
    expect(told).toEqual(['a/dev']);
  });

  it('are named where they do not end in time', async () => {
    await noteChild(directory, child);
    const left = await waitForChildren({
      directory,
      isRunning: () => true,
      clock: clockOf(() => undefined),
      timeoutSeconds: 240,
      onWaiting: () => undefined,
    });
    expect(left).toEqual([child]);
  });

  it('are forgotten once they have ended in time', async () => {
    const forget = await noteChild(directory, child);
    await forget();
    const left = await waitForChildren({
      directory,
      isRunning: () => true,
      clock: clockOf(() => undefined),
      timeoutSeconds: 1,
      onWaiting: () => undefined,
    });
    expect(left).toEqual([]);
  });
});

describe('a lock that stays', () => {
  const line = (what: string, id: string): string =>
    `2026-11-21T11:45:12Z [INFO]  backend-s3: ${what} remote state (S3 Native only): tf_backend.lock.id=${id} tf_backend.operation=x\n`;

  it('is the one that was taken and not given back', () => {
    expect(heldLock(line('Locked', 'a'))).toBe('a');
    expect(heldLock(line('Locked', 'a') + line('Unlocked', 'a'))).toBeUndefined();
    expect(heldLock(line('Locked', 'a') + line('Unlocked', 'a') + line('Locked', 'b'))).toBe('b');
    expect(heldLock('nothing about locks')).toBeUndefined();
  });

  it('is not looked for where the user logs elsewhere', () => {
    const ofUser = { TF_LOG: 'DEBUG' };
    expect(lockLogEnvironment('/log', ofUser, '/bin/terraform')).toEqual({});
    const ours = { TF_LOG_CORE: 'INFO', TF_LOG_PATH: '/log' };
    expect(lockLogEnvironment('/log', {}, '/bin/terraform')).toEqual(ours);
    expect(lockLogEnvironment('/log', {}, '/bin/tofu')).toEqual({ ...ours, TF_LOG_CORE: 'DEBUG' });
  });

  it('is named by the post step, with the command that releases it', async () => {
    const lockLog = path.join(directory, 'core.log');
    await writeFile(lockLog, line('Locked', '0caaf468-1b01'));
    const noted = {
      processId: 42,
      stack: 'a/dev',
      command: 'apply',
      directory: 'layers/a',
      lockLog,
    };
    await noteChild(path.join(directory, 'children'), noted);
    const warnings: string[] = [];
    await bringToRest(directory, {
      isRunning: () => false,
      clock: systemClock,
      log: { ...silentLogger, warning: (message) => warnings.push(message) },
      signal: new AbortController().signal,
      runProcess: () => Promise.reject(new Error('nothing is known of how to run Terraform')),
      environmentWith: () => ({}),
      sidecarOf: () => undefined,
    });
    expect(warnings).toEqual([
      expect.stringContaining('terraform -chdir=layers/a force-unlock 0caaf468-1b01'),
    ]);
  });
});

describe('the post step of a command on a state that was killed', () => {
  const lockId = '0caaf468-1b01';
  const line = (what: string): string =>
    `[INFO]  backend-s3: ${what} remote state (S3 Native only): tf_backend.lock.id=${lockId} x=y\n`;

  async function rest(
    log: string,
    exitCode: number,
    program = '/bin/terraform',
  ): Promise<{
    readonly asked: readonly ChildRequest[];
    readonly left: readonly string[];
    readonly warnings: readonly string[];
  }> {
    const lockLog = path.join(directory, 'core.log');
    await writeFile(lockLog, log);
    const place = { bucket: 'b', key: 'k', encryption: { kind: 'bucket-default' as const } };
    await noteChild(path.join(directory, 'children'), {
      ...{ processId: 42, stack: 'a/dev', command: 'state mv', directory: 'layers/a', lockLog },
      rest: {
        ...{ program, directory: '/r/layers/a', environment: {}, early: [] },
        ...{ withoutEnvironment: [], startedAt: 0 },
        state: {
          ...{ kind: 's3', region: 'r' },
          place: { ...place, checksums: true, locks: { file: true } },
        },
      },
    });
    const sidecar = memorySidecar();
    sidecar.objects.set(`lock/${lockId}`, 'x');
    sidecar.objects.set('lock/other', 'x');
    const asked: ChildRequest[] = [];
    const warnings: string[] = [];
    await bringToRest(directory, {
      isRunning: () => false,
      clock: clockOf(() => undefined),
      log: { ...silentLogger, warning: (message) => warnings.push(message) },
      signal: new AbortController().signal,
      runProcess: (request) => {
        asked.push(request);
        const answer = { exitCode, stdout: '', stderr: 'no', interrupted: false };
        return Promise.resolve({ ...answer, endedBySignal: undefined });
      },
      environmentWith: () => ({}),
      sidecarOf: () => sidecar,
    });
    return { asked, left: [...sidecar.objects.keys()], warnings };
  }

  it('releases the lock that it took, and takes back its word', async () => {
    const { asked, left } = await rest(line('Locked'), 0);
    expect(asked.map(({ args }) => args)).toEqual([
      ['force-unlock', '-no-color', '-force', lockId],
    ]);
    expect(asked[0]?.cwd).toBe('/r/layers/a');
    expect(left).toEqual(['lock/other']);
  });

  it('takes back the word of a lock that it gave back itself', async () => {
    const { asked, left } = await rest(line('Locked') + line('Unlocked'), 0);
    expect(asked).toEqual([]);
    expect(left).toEqual(['lock/other']);
  });

  it('leaves the word of a lock that stands, and names the command that releases it', async () => {
    const { left, warnings } = await rest(line('Locked'), 1, '/bin/tofu');
    expect(left).toEqual([`lock/${lockId}`, 'lock/other']);
    expect(warnings.join()).toContain(`: tofu -chdir=layers/a force-unlock ${lockId}`);
  });
});

describe('declared variables', () => {
  it('are found in both syntaxes', () => {
    expect(
      variableNames('variable "a" {\n}\n  variable "b-c" { default = 1 }\n# variable x'),
    ).toEqual(['a', 'b-c']);
    expect(variableNames('{"variable": {"a": {}, "b": {}}}')).toEqual(['a', 'b']);
    expect(variableNames('{broken')).toEqual([]);
  });
});
