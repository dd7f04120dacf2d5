import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pythonEnvironment } from './aws/backends/python-environment.js';
import type { FaultRule } from './aws/faults.js';
import type { OwnedService } from './aws/index.js';
import { ACCOUNT_ID, startAws } from './aws/index.js';
import type { VirtualClock } from './clock.js';
import { createClock } from './clock.js';
import { createCodeDeploy } from './codedeploy/index.js';
import { createEcs, type EcsService } from './ecs/index.js';
import type { GithubEmulator } from './github/index.js';
import { startGithub } from './github/index.js';
import { startSlack, type SlackEmulator } from './slack/index.js';

export type { FaultRule } from './aws/faults.js';
export type { GithubEmulator } from './github/index.js';
export type { VirtualClock } from './clock.js';

export interface EmulatorOptions {
  /** Holds the backends' logs and working files; made when it is missing. */
  readonly directory: string;
  /** Virtual seconds per real second, for ECS; 1 when absent. */
  readonly speed?: number;
  /** Region of the services that the emulator owns; eu-west-1 when absent. */
  readonly region?: string;
  /** Port of the AWS endpoint; a free one when absent. */
  readonly awsPort?: number;
  /** Port of the GitHub endpoint; a free one when absent. */
  readonly githubPort?: number;
  /** Where the backends are installed; `.cache` of the repository when absent. */
  readonly cacheDirectory?: string;
  readonly log?: (line: string) => void;
}

/** AWS, GitHub and a webhook of Slack on this machine. */
export interface Emulator {
  /** One endpoint for all of AWS (`AWS_ENDPOINT_URL`). */
  readonly awsUrl: string;
  readonly githubUrl: string;
  /** `127.0.0.1:port`: the registry, in references and for `docker login`. */
  readonly registryHost: string;
  readonly region: string;
  readonly accountId: string;
  readonly directory: string;
  readonly clock: VirtualClock;
  readonly github: GithubEmulator;
  /** An incoming webhook of Slack. */
  readonly slack: SlackEmulator;
  readonly ecs: OwnedService;
  /** Environment for Terraform; on top of PATH and whatever else the caller keeps. */
  terraformEnvironment(): Record<string, string>;
  /** Environment for programs that use the AWS SDK for JavaScript. */
  nodeEnvironment(): Record<string, string>;
  /** Calls since the start, reset or `clearCalls`, per `<service>.<Operation>`. */
  calls(): Record<string, number>;
  clearCalls(): void;
  addFaults(rules: readonly FaultRule[], seed?: number): void;
  clearFaults(): void;
  /** Empties AWS, GitHub and Slack, counters and rules; ports and the clock stay. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

const ROOT = path.dirname(import.meta.dirname);

/**
 * Starts the emulator, installing its backends first where they are missing.
 *
 * Throws an Error that says what is missing when there is no Python that can run them.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const region = options.region ?? 'eu-west-1';
  const log = options.log ?? (() => undefined);
  const directory = path.resolve(options.directory);
  await mkdir(directory, { recursive: true });
  const python = await pythonEnvironment({
    requirementsFile: path.join(import.meta.dirname, 'requirements.txt'),
    cacheDirectory: options.cacheDirectory ?? path.join(ROOT, '.cache'),
    log,
  });
  const clock = createClock({
    speed: options.speed ?? 1,
    onError: (error) => log(`an event of the clock failed: ${String(error)}`),
  });
  let ecs: EcsService | undefined;
  const github = await startGithub({ port: options.githubPort ?? 0, log });
  const slack = await startSlack();
  try {
    const aws = await startAws({
      directory,
      port: options.awsPort ?? 0,
      region,
      clock,
      python,
      issuers: () => [github.issuer],
      createEcs: (ports) => {
        ecs = createEcs({
          ...ports,
          onBackgroundError: (error) => log(`ECS in the background: ${String(error)}`),
        });
        return ecs;
      },
      createCodeDeploy: ({ region, accountId }) => {
        if (ecs === undefined) throw new Error('ECS is not up yet');
        return createCodeDeploy({
          clock,
          region,
          accountId,
          taskSets: ecs.taskSets,
          onBackgroundError: (error) => log(`CodeDeploy in the background: ${String(error)}`),
        });
      },
      resetOthers: () => {
        github.reset();
        slack.reset();
      },
      log,
    });
    const environment = (): Record<string, string> => ({
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    return {
      awsUrl: aws.url,
      githubUrl: github.url,
      registryHost: aws.registryHost,
      region,
      accountId: ACCOUNT_ID,
      directory,
      clock,
      github,
      slack,
      ecs: aws.ecs,
      terraformEnvironment: environment,
      nodeEnvironment: environment,
      calls: () => aws.calls.counts(),
      clearCalls: () => aws.calls.clear(),
      addFaults: (rules, seed) => aws.faults.add(rules, seed),
      clearFaults: () => aws.faults.clear(),
      reset: () => aws.reset(),
      async stop() {
        await Promise.all([aws.stop(), github.close(), slack.close()]);
      },
    };
  } catch (error) {
    await Promise.all([github.close(), slack.close()]);
    throw error;
  }
}
