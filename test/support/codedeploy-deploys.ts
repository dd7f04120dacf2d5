import { runCommand } from '../../actions/ecs-deploy/commands.js';
import { parseImageReference } from '../../actions/ecs-deploy/images/image-reference.js';
import type { DeployInputs } from '../../actions/ecs-deploy/inputs.js';
import type { CodeDeployInputs } from '../../actions/ecs-deploy/inputs/code-deploy.js';
import type { Report } from '../../actions/ecs-deploy/report.js';
import { APPLICATION, CODE_DEPLOY_SERVICE, groupInput, taskSet } from './codedeploy.js';
import {
  deployInputs,
  deployWorld,
  pushImage,
  serviceWithContract,
  type DeployWorld,
} from './ecs.js';
import { ecsFixture } from './ecs-emulator.js';

export const origin = { commit: 'c0ffee', run: 'https://github.com/acme/shop/actions/runs/7' };

/** A service that CodeDeploy deploys, and what a test does to it. */
export interface CodeDeployWorld extends DeployWorld {
  deploy(tag: string, changes?: Changes): Promise<Report>;
  call(operation: string, input?: object): Promise<Record<string, unknown>>;
  control(route: string, body: object): void;
  /** Runs once, at the first sleep of the deploy in which `when` holds. */
  onceWhile(when: () => Promise<boolean> | boolean, run: () => unknown): void;
  /** The id of the group's newest deployment. */
  newestDeployment(): Promise<string>;
}

interface Changes extends Omit<Partial<DeployInputs>, 'codeDeploy'> {
  readonly codeDeploy?: Partial<CodeDeployInputs>;
}

/** What Terraform leaves: template, service with 0 tasks, contract, application, deployment group. */
export async function codeDeployWorld(
  options: {
    readonly group?: object;
    readonly contract?: Parameters<typeof serviceWithContract>[1];
  } = {},
): Promise<CodeDeployWorld> {
  const world = deployWorld(await ecsFixture());
  const { fixture } = world;
  await serviceWithContract(world, {
    ...options.contract,
    service: { ...CODE_DEPLOY_SERVICE, ...options.contract?.service },
    contract: { strategy: 'code-deploy', ...options.contract?.contract },
  });
  const call = (operation: string, input: object = {}): Promise<Record<string, unknown>> =>
    fixture.codeDeploy.handle(operation, { ...input });
  await call('CreateApplication', { applicationName: APPLICATION, computePlatform: 'ECS' });
  await call('CreateDeploymentGroup', groupInput(options.group));
  return {
    ...world,
    call,
    deploy: (tag, { codeDeploy, ...changes } = {}) => {
      const reference = parseImageReference(tag);
      if (reference === undefined) throw new Error(`no image reference: ${tag}`);
      const inputs = deployInputs({ image: { kind: 'reference', reference }, ...changes });
      return runCommand(
        world.ports,
        { ...inputs, codeDeploy: { ...inputs.codeDeploy, ...codeDeploy } },
        origin,
      );
    },
    control: (route, body) => {
      fixture.codeDeploy.control[`POST codedeploy/${route}`]?.(body);
    },
    onceWhile(when, run) {
      let done = false;
      world.whileSleeping(async () => {
        if (done || !(await when())) return;
        done = true;
        await run();
      });
    },
    async newestDeployment() {
      const output = await call('ListDeployments');
      return (output['deployments'] as string[])[0] ?? '';
    },
  };
}

/** The same, with a first release that runs and whose deployment is over. */
export async function runningCodeDeployWorld(
  options: Parameters<typeof codeDeployWorld>[0] = {},
): Promise<CodeDeployWorld> {
  const world = await codeDeployWorld(options);
  const image = pushImage(world.fixture, 'shop/web:v1');
  const report = await world.deploy(image.tag);
  if (report.outputs['outcome'] !== 'succeeded') throw new Error(report.message);
  await world.fixture.advance(400, undefined, 5);
  world.calls.clear();
  (world.log as unknown[]).length = 0;
  return world;
}

/** All that the deploy has logged. */
export function messages(world: CodeDeployWorld): string {
  return world.log.map(({ message }) => message).join('\n');
}

/** An AppSpec file with hooks, as a repository holds it. */
export function withHooks(world: CodeDeployWorld, hooks: Readonly<Record<string, string>>): string {
  const path = '.aws/appspec-v1-dev.yaml';
  world.files.set(
    path,
    [
      'version: 0.0',
      'Resources:',
      '  - TargetService:',
      '      Type: AWS::ECS::Service',
      '      Properties:',
      '        TaskDefinition: <TASK_DEFINITION>',
      '        LoadBalancerInfo:',
      '          ContainerName: "app"',
      '          ContainerPort: 8080',
      'Hooks:',
      ...Object.entries(hooks).map(([event, name]) => `  - ${event}: "${name}"`),
      '',
    ].join('\n'),
  );
  return path;
}

/** The ARN of the task definition that the primary task set runs. */
export async function primary(world: CodeDeployWorld): Promise<string> {
  return taskSet(await world.fixture.service(), 'PRIMARY').taskDefinition ?? '';
}
