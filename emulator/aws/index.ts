import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { VirtualClock } from '../clock.js';
import { ministack, moto } from './backends/definitions.js';
import type { Backend } from './backends/process.js';
import { startBackend } from './backends/process.js';
import type { Handler } from './call.js';
import { formInput, jsonInput } from './call.js';
import type { Calls } from './calls.js';
import { createCalls } from './calls.js';
import { createControl } from './control.js';
import type { Images } from './ecr/images.js';
import { createImages } from './ecr/images.js';
import { createEcrService } from './ecr/service.js';
import type { Faults } from './faults.js';
import { createFaults } from './faults.js';
import { createFront } from './front.js';
import { createApplicationAutoscaling } from './gaps/application-autoscaling.js';
import { createEcsEventTargets } from './gaps/ecs-event-targets.js';
import { createRoleSimulation } from './gaps/role-simulation.js';
import { createEfsPolicies } from './gaps/efs-policies.js';
import { createElasticache } from './gaps/elasticache.js';
import { createS3PolicyConditions } from './gaps/s3-policy-conditions.js';
import { createRuleDescriptions } from './gaps/security-group-rule-descriptions.js';
import { createSqsPolicies } from './gaps/sqs-policies.js';
import type { LogWriter } from './log-writer.js';
import { createLogWriter } from './log-writer.js';
import { createRestOperations } from './rest-operations.js';
import { createIam } from './sts/iam.js';
import { createSessions } from './sts/sessions.js';
import { STS_NAMESPACE, createSts } from './sts/sts.js';
import type { TokenIssuer } from './sts/web-identity.js';

/** The account of callers that name no other. */
export const ACCOUNT_ID = '123456789012';

/** A service of the JSON 1.1 protocol that the emulator owns whole. */
export interface OwnedService {
  handle(operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  reset(): void;
  dump(): unknown;
}

/** ECS, which can also be told what becomes of hooks and alarms. */
export interface OwnedEcs extends OwnedService {
  control(what: 'hooks' | 'alarms', body: unknown): unknown;
}

/** CodeDeploy, which can also be told what becomes of its hooks and alarms. */
export interface OwnedCodeDeploy extends OwnedService {
  readonly control: Readonly<Record<string, (body: unknown) => unknown>>;
}

/** What an owned service gets of the rest of the emulator. */
export interface ServicePorts {
  readonly clock: VirtualClock;
  readonly region: string;
  readonly accountId: string;
  readonly images: Images;
  readonly logs: LogWriter;
}

export interface AwsOptions {
  readonly directory: string;
  readonly port: number;
  readonly region: string;
  readonly clock: VirtualClock;
  /** A Python that has the backends installed. */
  readonly python: string;
  readonly issuers: () => readonly TokenIssuer[];
  readonly createEcs: (ports: ServicePorts) => OwnedEcs;
  /** Called once, after `createEcs`. */
  readonly createCodeDeploy: (ports: ServicePorts) => OwnedCodeDeploy;
  readonly resetOthers: () => void;
  readonly log: (line: string) => void;
}

/** The AWS side of the emulator. */
export interface Aws {
  /** The endpoint of all services. */
  readonly url: string;
  /** `host:port` of the registry, the first part of image references. */
  readonly registryHost: string;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly ecs: OwnedService;
  /** Empties every service, counter and rule; the clock goes on. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts both backends side by side and the front that answers for all of AWS. */
export async function startAws(options: AwsOptions): Promise<Aws> {
  const { region, directory, clock } = options;
  const backends = await startBackends(options);
  const [motoBackend, ministackBackend] = backends;
  try {
    const sessions = createSessions(ACCOUNT_ID);
    const calls = createCalls();
    const faults = createFaults();
    const address = { url: '', host: '' };
    const ecr = createEcrService({
      backend: ministackBackend,
      main: { accountId: ACCOUNT_ID, region },
      mainHost: () => address.host,
      ...{ clock, calls, faults, log: options.log },
    });
    const iam = createIam(motoBackend);
    const sts = createSts({ iam, sessions, issuers: options.issuers });

    const s3Policies = createS3PolicyConditions();
    const ecs = { current: undefined as OwnedEcs | undefined };
    const codeDeploy = { current: undefined as OwnedCodeDeploy | undefined };
    const handlers: Handler[] = [
      {
        handles: (identity) => identity.service === 'ecs',
        async answer(call) {
          if (!ecs.current) throw new Error('ECS is not up yet');
          const result = await ecs.current.handle(call.identity.operation, jsonInput(call));
          return { kind: 'json', result };
        },
        reset: () => ecs.current?.reset(),
      },
      {
        handles: (identity) => identity.service === 'codedeploy',
        async answer(call) {
          if (!codeDeploy.current) throw new Error('CodeDeploy is not up yet');
          const result = await codeDeploy.current.handle(call.identity.operation, jsonInput(call));
          return { kind: 'json', result };
        },
        reset: () => codeDeploy.current?.reset(),
      },
      {
        handles: (identity) => identity.service === 'sts' && sts.owns(identity.operation),
        async answer(call) {
          const { operation } = call.identity;
          const result = await sts.handle(operation, formInput(call), call.caller);
          return { kind: 'query', namespace: STS_NAMESPACE, result };
        },
        reset: () => sessions.clear(),
      },
      ecr.handler,
      createApplicationAutoscaling({
        accountId: ACCOUNT_ID,
        region,
        nowMs: () => clock.now(),
        async ecsServiceExists(cluster, service) {
          const input = { cluster, services: [service] };
          const found = await ecs.current?.handle('DescribeServices', input).catch(() => undefined);
          const services = (found?.['services'] ?? []) as { status?: string }[];
          return services.some(({ status }) => status === 'ACTIVE');
        },
      }),
      createEcsEventTargets({
        accountId: ACCOUNT_ID,
        region,
        nowMs: () => clock.now(),
        async runTask(input) {
          if (!ecs.current) throw new Error('ECS is not up yet');
          return ecs.current.handle('RunTask', input);
        },
        log: options.log,
      }),
      createRoleSimulation(iam),
      createRuleDescriptions(),
      createSqsPolicies(),
      createElasticache(),
      createEfsPolicies(),
      s3Policies,
    ];

    async function reset(): Promise<void> {
      for (const handler of handlers) handler.reset();
      calls.clear();
      faults.clear();
      options.resetOthers();
      await Promise.all([
        expectOk(motoBackend, '/moto-api/reset'),
        expectOk(ministackBackend, '/_ministack/reset'),
      ]);
    }

    const control = createControl({
      calls,
      faults,
      sessions,
      clock,
      reset,
      dumpEcs: () => ecs.current?.dump() ?? {},
      controlEcs: (what, body) => ecs.current?.control(what, body) ?? {},
      more: () => ({
        'GET codedeploy': () => codeDeploy.current?.dump() ?? {},
        ...codeDeploy.current?.control,
        ...ecr.control,
      }),
      status: () =>
        Promise.resolve({
          url: address.url,
          region,
          accountId: ACCOUNT_ID,
          clock: { now: new Date(clock.now()).toISOString(), speed: clock.speed() },
          backends: backends.map(({ name, port, pid }) => ({ name, port, pid })),
        }),
    });

    const front = createFront({
      region,
      sites: [control, ...ecr.sites],
      guards: [s3Policies],
      handlers,
      backendFor: (service) => (service === 'ecr' ? ministackBackend : motoBackend),
      rest: createRestOperations(modelDirectory(options.python)),
      sessions,
      calls,
      faults,
      log: options.log,
    });
    const port = await front.listen(options.port);
    address.host = `127.0.0.1:${port}`;
    address.url = `http://${address.host}`;
    const images = createImages((host) => ecr.registries.atHost(host));
    const logs = createLogWriter(motoBackend, region, ACCOUNT_ID);
    const servicePorts = { clock, region, accountId: ACCOUNT_ID, images, logs };
    ecs.current = options.createEcs(servicePorts);
    codeDeploy.current = options.createCodeDeploy(servicePorts);
    options.log(`AWS answers at ${address.url}, logs of its backends are in ${directory}`);

    return {
      url: address.url,
      registryHost: address.host,
      calls,
      faults,
      ecs: ecs.current,
      reset,
      async stop() {
        await Promise.all([front.stop(), ecr.registries.stop()]);
        await Promise.all(backends.map((backend) => backend.stop()));
      },
    };
  } catch (error) {
    await Promise.all(backends.map((backend) => backend.stop()));
    throw error;
  }
}

async function startBackends(options: AwsOptions): Promise<[Backend, Backend]> {
  const workingDirectory = path.join(options.directory, 'backends');
  await mkdir(workingDirectory, { recursive: true });
  const where = {
    python: options.python,
    logDirectory: options.directory,
    workingDirectory,
    log: options.log,
  };
  const started = await Promise.allSettled([
    startBackend(moto(), where),
    startBackend(ministack(ACCOUNT_ID, options.region), where),
  ]);
  const [first, second] = started;
  if (first.status === 'fulfilled' && second.status === 'fulfilled') {
    return [first.value, second.value];
  }
  for (const result of started) if (result.status === 'fulfilled') await result.value.stop();
  const failed = first.status === 'rejected' ? first : second;
  throw failed.status === 'rejected' ? failed.reason : new Error('a backend did not start');
}

/** botocore, which both backends bring along, publishes the models of all services. */
function modelDirectory(python: string): string {
  const library = path.join(path.dirname(path.dirname(python)), 'lib');
  const version = readdirSync(library).find((name) => /^python3\.\d+$/.test(name)) ?? 'python3';
  return path.join(library, version, 'site-packages', 'botocore', 'data');
}

async function expectOk(backend: Backend, resetPath: string): Promise<void> {
  const response = await backend.send({ method: 'POST', path: resetPath });
  if (response.status >= 300) {
    throw new Error(`${backend.name} answered ${response.status} to its reset`);
  }
}
