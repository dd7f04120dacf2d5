import { AwsError } from '../../emulator/aws-error.js';
import { openCodeDeploy } from '../../actions/ecs-deploy/aws/code-deploy.js';
import { openRevisions } from '../../actions/ecs-deploy/aws/revisions.js';
import type { DefinitionEdits } from '../../actions/ecs-deploy/definition/edits.js';
import { openCounts } from '../../actions/ecs-deploy/aws/counts.js';
import { openEcsCalls } from '../../actions/ecs-deploy/aws/ecs-calls.js';
import { openEcs } from '../../actions/ecs-deploy/aws/ecs.js';
import { openTasks } from '../../actions/ecs-deploy/aws/tasks.js';
import type {
  ScalingLimits,
  ServiceCounts,
} from '../../actions/ecs-deploy/commands/scale/ports.js';
import type { Contract } from '../../actions/ecs-deploy/contract.js';
import { parseImageReference } from '../../actions/ecs-deploy/images/image-reference.js';
import type { CommonInputs, DeployInputs } from '../../actions/ecs-deploy/inputs.js';
import type { CodeDeployInputs } from '../../actions/ecs-deploy/inputs/code-deploy.js';
import type { RolloutInputs } from '../../actions/ecs-deploy/inputs/rollout.js';
import type { WantedImage } from '../../actions/ecs-deploy/inputs/images.js';
import type {
  DeployPorts,
  Images,
  LogRequest,
  Logs,
  Parameters,
  Repository,
} from '../../actions/ecs-deploy/ports.js';
import type { PublicRegistries } from '../../actions/ecs-deploy/registry/ports.js';
import type { HttpAnswer } from '../../actions/ecs-deploy/rollout/smoke-check.js';
import type { Trigger } from '../../actions/ecs-deploy/tasks/schedules.js';
import type { Clock } from '../../actions/shared/clock.js';
import { OperationError } from '../../actions/shared/errors.js';
import type { Logger } from '../../actions/shared/log.js';
import { fakeAccount, type FakeAccount } from './ecs-account.js';
import { type EcsFixture, NETWORK, REGISTRY } from './ecs-emulator.js';

interface LogEntry {
  readonly level: 'info' | 'debug' | 'notice' | 'warning' | 'error';
  readonly message: string;
  /** By the deploy's clock. */
  readonly atMs: number;
}

/** Everything that a deploy touches, in this process and in virtual time. */
export interface DeployWorld {
  readonly fixture: EcsFixture;
  readonly ports: DeployPorts;
  readonly log: readonly LogEntry[];
  readonly parameters: Map<string, string>;
  readonly files: Map<string, string>;
  /** Calls per ECS operation. */
  readonly calls: Map<string, number>;
  readonly controller: AbortController;
  /** What there is besides ECS and ECR: everything, unless the test says otherwise. */
  readonly account: FakeAccount;
  /** The scalable target of the service. */
  readonly scaling: FixtureScaling;
  /** Schedules and rules that were enabled. */
  readonly enabled: readonly Trigger[];
  whenEnabling(hook: (trigger: Trigger) => Promise<void>): void;
  /** Answers HTTP requests; without it none gets an answer. */
  whenAsked(hook: (url: string) => Promise<HttpAnswer>): void;
  /** Runs before each call: throw an AwsError to make it fail. */
  intercept(hook: (operation: string) => void): void;
  /** Runs each time the deploy sleeps, before the time moves on. */
  whileSleeping(hook: () => Promise<void> | void): void;
}

/** A world around an emulated ECS; `random` decides the jitter. */
export function deployWorld(fixture: EcsFixture, random: () => number = () => 1): DeployWorld {
  const log: LogEntry[] = [];
  const parameters = new Map<string, string>();
  const files = new Map<string, string>();
  const calls = new Map<string, number>();
  const controller = new AbortController();
  const account = fakeAccount();
  let interceptor: (operation: string) => void = () => undefined;
  let sleeper: () => Promise<void> | void = () => undefined;
  const clock: Clock = {
    now: () => fixture.clock.now(),
    async sleep(milliseconds, signal) {
      await sleeper();
      signal?.throwIfAborted();
      const whole = Math.floor(milliseconds / 250) * 0.25;
      if (whole > 0) await fixture.advance(whole, undefined, 0.25);
      const rest = milliseconds / 1000 - whole;
      if (rest > 0) await fixture.advance(rest, undefined, rest);
    },
  };
  const onCall = (operation: string): void => {
    calls.set(operation, (calls.get(operation) ?? 0) + 1);
    interceptor(operation);
  };
  const config = inProcessConfig(fixture, onCall);
  const ecsCalls = openEcsCalls(config);
  const revisions = openRevisions(ecsCalls, config);
  const scaling: FixtureScaling = { limits: undefined, readable: true };
  const enabled: Trigger[] = [];
  let enable = (trigger: Trigger): Promise<void> => {
    enabled.push(trigger);
    return Promise.resolve();
  };
  let answer = (url: string): Promise<HttpAnswer> => Promise.reject(new Error(`no answer: ${url}`));
  return {
    fixture,
    log,
    scaling,
    enabled,
    whenEnabling: (hook) => (enable = hook),
    whenAsked: (hook) => (answer = hook),
    parameters,
    files,
    calls,
    controller,
    account,
    intercept: (hook) => (interceptor = hook),
    whileSleeping: (hook) => (sleeper = hook),
    ports: {
      ecs: openEcs(ecsCalls),
      codeDeploy: openCodeDeploy(config),
      parameters: memoryParameters(parameters),
      images: registryImages(fixture),
      registries: closedRegistries,
      logs: fixtureLogs(fixture),
      lookups: account.lookups,
      revisions: {
        ...revisions,
        usedBySchedules: () => Promise.resolve(account.schedules),
        usedByRules: () => Promise.resolve(account.rules),
      },
      tasks: openTasks(ecsCalls),
      schedules: { enable: (trigger) => enable(trigger) },
      counts: fixtureCounts(fixture, scaling, onCall),
      http: { get: (url) => answer(url) },
      redact: (text) => text.replaceAll('hunter2', '***'),
      begun: () => undefined,
      clock,
      log: recordingLogger(log, clock),
      readFile: (path) => Promise.resolve(files.get(path)),
      random,
      signal: controller.signal,
    },
  };
}

/**
 * A configuration for the real SDK client that reaches the emulated ECS without a socket: our
 * adapter, the SDK's serialisation and its retries are all in use.
 */
export function inProcessConfig(
  fixture: EcsFixture,
  onCall: (operation: string) => void = () => undefined,
  /** Runs when ECS has answered: throw to lose the answer. */
  onAnswer: (operation: string) => void = () => undefined,
) {
  return {
    region: 'eu-west-1',
    retryMode: 'standard' as const,
    maxAttempts: 1,
    credentials: () =>
      Promise.resolve({
        accessKeyId: 'test',
        secretAccessKey: 'test',
        sessionToken: 'test',
        expiration: new Date(Date.now() + 3_600_000),
      }),
    requestHandler: {
      async handle(request: { headers: Record<string, string>; body: unknown }) {
        const [service = '', operation = ''] = (request.headers['x-amz-target'] ?? '').split('.');
        const aws = service.startsWith('CodeDeploy') ? fixture.codeDeploy : fixture.ecs;
        try {
          onCall(operation);
          const input = JSON.parse(textOf(request.body)) as Record<string, unknown>;
          const output = await aws.handle(operation, input);
          onAnswer(operation);
          return httpResponse(200, output);
        } catch (thrown) {
          if (!(thrown instanceof AwsError)) throw thrown;
          return httpResponse(thrown.httpStatus, {
            __type: thrown.code,
            message: thrown.message,
            ...thrown.fields,
          });
        }
      },
    },
  };
}

function httpResponse(statusCode: number, body: unknown): { response: object } {
  return {
    response: {
      statusCode,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: Buffer.from(JSON.stringify(body)),
    },
  };
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body as Uint8Array);
}

function memoryParameters(values: Map<string, string>): Parameters {
  return {
    children: (path) =>
      Promise.resolve(
        new Map(
          [...values].filter(
            ([name]) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/'),
          ),
        ),
      ),
    get: (name) => Promise.resolve(values.get(name)),
    put: (name, value) => {
      values.set(name, value);
      return Promise.resolve();
    },
    remove: (name) => {
      values.delete(name);
      return Promise.resolve();
    },
  };
}

/** ECR, as the images pushed to the fixture say. */
function registryImages(fixture: EcsFixture): Images {
  const pushed = ({ name }: Repository): (readonly [reference: string, digest: string])[] =>
    [...fixture.images].flatMap(([reference, image]) =>
      image.kind === 'found' && reference.startsWith(`${REGISTRY}/${name}:`)
        ? [[reference, image.digest] as const]
        : [],
    );
  return {
    repositoryUri: (repository) =>
      Promise.resolve(
        pushed(repository).length === 0 ? undefined : `${REGISTRY}/${repository.name}`,
      ),
    findDigest: (repository, image) =>
      Promise.resolve(
        pushed(repository).find(([reference, digest]) =>
          'tag' in image ? reference.endsWith(`:${image.tag}`) : digest === image.digest,
        )?.[1],
      ),
    newestTags: (repository, limit) =>
      Promise.resolve(
        pushed(repository)
          .map(([reference]) => reference.slice(reference.lastIndexOf(':') + 1))
          .reverse()
          .slice(0, limit),
      ),
    platformDigests: () => Promise.resolve([]),
    platforms: (repository, digest) => {
      const image = [...fixture.images].find(
        ([reference, one]) =>
          one.kind === 'found' &&
          one.digest === digest &&
          reference.startsWith(`${REGISTRY}/${repository.name}`),
      )?.[1];
      if (image?.kind !== 'found' || image.platforms.length === 0)
        return Promise.resolve(undefined);
      return Promise.resolve(
        image.platforms.map((platform) => {
          const [os = '', architecture = ''] = platform.split('/');
          return { os, architecture };
        }),
      );
    },
  };
}

/** No registry but ECR gives anything away. */
const closedRegistries: PublicRegistries = {
  find: () => Promise.reject(new OperationError('registry-unreadable', 'it is not in ECR')),
};

/** CloudWatch's streams; a token is the number of lines that were read. */
function fixtureLogs(fixture: EcsFixture): Logs {
  const linesOf = (request: Omit<LogRequest, 'limit'>): readonly string[] =>
    fixture.logs
      .filter(({ group, stream }) => group === request.group && stream === request.stream)
      .flatMap(({ lines }) => lines);
  return {
    lastLines: (request) => Promise.resolve(linesOf(request).slice(-request.limit)),
    linesFrom: (request, token) => {
      const lines = linesOf(request);
      return Promise.resolve({
        lines: lines.slice(Number(token ?? 0)),
        token: lines.length === 0 ? token : String(lines.length),
      });
    },
  };
}

export interface FixtureScaling {
  limits: ScalingLimits | undefined;
  readable: boolean;
}

/** Application Auto Scaling as one target, with the real adapter for ECS itself. */
function fixtureCounts(
  fixture: EcsFixture,
  scaling: FixtureScaling,
  onCall: (operation: string) => void,
): ServiceCounts {
  const config = inProcessConfig(fixture, onCall);
  const counts = openCounts(openEcsCalls(config), config);
  return {
    setDesiredCount: (cluster, service, count) => counts.setDesiredCount(cluster, service, count),
    limitsOf: () =>
      scaling.readable
        ? Promise.resolve(scaling.limits)
        : Promise.reject(new OperationError('aws-access-denied', 'this role may not look')),
    setLimits: (_cluster, _service, { min, max }) => {
      onCall('RegisterScalableTarget');
      scaling.limits = { suspended: false, scheduledSuspended: false, ...scaling.limits, min, max };
      return Promise.resolve();
    },
    suspendPolicies: () => {
      onCall('RegisterScalableTarget');
      scaling.limits = {
        min: 0,
        max: 0,
        scheduledSuspended: false,
        ...scaling.limits,
        suspended: true,
      };
      return Promise.resolve();
    },
  };
}

function recordingLogger(entries: LogEntry[], clock: Clock): Logger {
  const record =
    (level: LogEntry['level']) =>
    (message: string): void => {
      entries.push({ level, message, atMs: clock.now() });
    };
  return {
    info: record('info'),
    debug: record('debug'),
    notice: record('notice'),
    warning: record('warning'),
    error: record('error'),
    group: (title, body) => {
      record('info')(title);
      return body();
    },
  };
}

/** Pushes an image and makes it known by digest too, as a registry does. */
export function pushImage(
  fixture: EcsFixture,
  name: string,
  env: Record<string, string> = {},
): { readonly tag: string; readonly digest: string; readonly reference: string } {
  const tag = fixture.push(name, env);
  const image = fixture.images.get(tag);
  if (image?.kind !== 'found') throw new Error('not pushed');
  const reference = `${tag.slice(0, tag.lastIndexOf(':'))}@${image.digest}`;
  fixture.images.set(reference, image);
  return { tag, digest: image.digest, reference };
}

export const contractKey = { project: 'shop', environment: 'dev', service: 'web' };
export const contractParameter = '/dev/shop/web/deploy';
export const releaseParameter = '/dev/shop/web/release/current';

/** The contract of the service that `serviceWithContract` makes. */
export function contract(changes: Partial<Contract> = {}): Contract {
  return {
    version: 1,
    ...contractKey,
    cluster: 'main',
    serviceName: 'web',
    strategy: 'rolling',
    templateFamily: 'web-template',
    liveFamily: 'web',
    container: 'app',
    repository: 'shop/web',
    desiredCount: 2,
    logGroup: '/ecs/web',
    ...changes,
  };
}

/**
 * What Terraform leaves: the template, the service with its placeholder and no task, the contract.
 */
export async function serviceWithContract(
  world: DeployWorld,
  options: {
    readonly service?: object;
    readonly contract?: Partial<Contract>;
    /** Further fields of the template's container. */
    readonly container?: object;
    readonly sidecars?: object[];
  } = {},
): Promise<void> {
  const { fixture, parameters } = world;
  const placeholder = 'placeholder.invalid/set-by-ecs-deploy:none';
  const template = await fixture.define(placeholder, {
    family: 'web-template',
    ...(options.container === undefined ? {} : { container: options.container }),
    ...(options.sidecars === undefined ? {} : { sidecars: options.sidecars }),
  });
  await fixture.create(template, {
    desiredCount: 0,
    networkConfiguration: NETWORK,
    deploymentConfiguration: {
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
    },
    ...options.service,
  });
  await fixture.advance(30);
  parameters.set(contractParameter, JSON.stringify(contract(options.contract)));
}

/** No change to the definition, as inputs and as edits. */
export const noEdits = {
  environment: [],
  removeEnvironment: [],
  secrets: [],
  removeSecrets: [],
  cpu: undefined,
  memory: undefined,
  overrides: undefined,
} satisfies DefinitionEdits;

/** The input `image`, by tag or digest. */
export function wantedImage(text: string): WantedImage {
  const reference = parseImageReference(text);
  if (reference === undefined) throw new Error(`no image reference: ${text}`);
  return { kind: 'reference', reference };
}

/** What every command that follows a rollout reads, by contract. */
export function rolloutInputs(): CommonInputs &
  RolloutInputs & { readonly dryRun: boolean; readonly codeDeploy: CodeDeployInputs } {
  return {
    aws: {
      region: 'eu-west-1',
      roleArn: undefined,
      audience: 'sts.amazonaws.com',
      allowedAccountIds: [],
    },
    target: { kind: 'contract', key: contractKey },
    logLines: 20,
    dryRun: false,
    wait: true,
    pollIntervalSeconds: 5,
    timeoutMinutes: 30,
    earlyEnd: true,
    earlyEndExits: 3,
    onCancel: 'rollback',
    onPause: 'end',
    codeDeploy: {
      application: undefined,
      deploymentGroup: undefined,
      config: undefined,
      appSpec: undefined,
      ifBusy: 'wait',
      waitForTermination: false,
    },
  };
}

/** Inputs of a deploy by contract. */
export function deployInputs(changes: Partial<DeployInputs> = {}): DeployInputs {
  return {
    command: 'deploy',
    ...rolloutInputs(),
    image: undefined,
    container: undefined,
    images: {},
    targets: [rolloutInputs().target],
    allOrNothing: false,
    around: {
      preDeploy: undefined,
      postDeploy: undefined,
      taskTimeoutMinutes: 30,
      smoke: undefined,
    },
    edits: noEdits,
    verify: true,
    keepRevisions: undefined,
    ...changes,
  };
}
