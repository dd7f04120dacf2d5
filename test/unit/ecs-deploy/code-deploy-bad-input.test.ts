import { readInputs } from '../../../actions/ecs-deploy/inputs.js';
import { plan } from '../../../actions/ecs-deploy/plan.js';
import { observe } from '../../../actions/ecs-deploy/observe.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import { envFrom } from '../../../actions/shared/env.js';
import { UserError } from '../../../actions/shared/errors.js';
import { APPLICATION, CODE_DEPLOY_SERVICE, GROUP, groupInput } from '../../support/codedeploy.js';
import { codeDeployWorld, origin, type CodeDeployWorld } from '../../support/codedeploy-deploys.js';
import { deployInputs, deployWorld, pushImage, serviceWithContract } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

let world: CodeDeployWorld;
let tag: string;

beforeEach(async () => {
  world = await codeDeployWorld();
  ({ tag } = pushImage(world.fixture, 'shop/web:v1'));
  world.calls.clear();
});

afterEach(() => {
  for (const operation of ['RegisterTaskDefinition', 'UpdateService', 'CreateDeployment']) {
    expect(world.calls.get(operation)).toBeUndefined();
  }
});

/** The codes of the problems, with their messages and hints. */
async function refused(run: Promise<unknown>): Promise<readonly string[]> {
  try {
    await run;
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(({ code, message, hint = '' }) => `${code}: ${message} ${hint}`);
  }
  throw new Error('it was not refused');
}

const deploy = (codeDeploy: Parameters<CodeDeployWorld['deploy']>[1] = {}) =>
  world.deploy(tag, { dryRun: true, ...codeDeploy });

async function secondService(): Promise<void> {
  const definition = await world.fixture.define(world.fixture.push('shop/web:1'));
  await world.fixture.create(definition, { ...CODE_DEPLOY_SERVICE, serviceName: 'api' });
}

describe('the deployment group', () => {
  it('is the one that names the service', async () => {
    expect((await deploy()).message).toContain(`create-deployment in ${APPLICATION}/${GROUP}`);
  });

  it('is the contract’s, without a search', async () => {
    world.parameters.set(
      '/dev/shop/web/deploy',
      JSON.stringify({
        ...(JSON.parse(world.parameters.get('/dev/shop/web/deploy') ?? '{}') as object),
        codeDeploy: { application: APPLICATION, deploymentGroup: GROUP },
      }),
    );
    expect((await deploy()).message).toContain(`${APPLICATION}/${GROUP}`);
    expect(world.calls.get('ListApplications')).toBeUndefined();
  });

  it('is the input’s before the contract’s', async () => {
    await secondService();
    const ecsServices = [{ clusterName: 'main', serviceName: 'api' }];
    await world.call(
      'CreateDeploymentGroup',
      groupInput({ deploymentGroupName: 'b', ecsServices }),
    );
    const inputs = { application: APPLICATION, deploymentGroup: 'b' };
    expect(await refused(deploy({ codeDeploy: inputs }))).toEqual([
      expect.stringMatching(/^deployment-group-mismatch: .*deploys main\/api, not main\/web/),
    ]);
  });

  it('that is not there is named, with those that are', async () => {
    const inputs = { application: APPLICATION, deploymentGroup: 'shop-web-dve' };
    expect(await refused(deploy({ codeDeploy: inputs }))).toEqual([
      expect.stringMatching(/^deployment-group-missing: .*did you mean "shop-web-dev"/),
    ]);
  });

  it('of an application that is not there', async () => {
    expect(await refused(deploy({ codeDeploy: { application: 'shop' } }))).toEqual([
      expect.stringMatching(/^codedeploy-application-missing: .*there: shop-web/),
    ]);
  });

  it('that nobody made', async () => {
    const key = { applicationName: APPLICATION, deploymentGroupName: GROUP };
    await world.call('DeleteDeploymentGroup', key);
    expect(await refused(deploy())).toEqual([
      expect.stringMatching(/^deployment-group-missing: no CodeDeploy deployment group names/),
    ]);
  });

  it('that is one of several, named all', async () => {
    await world.call('CreateDeploymentGroup', groupInput({ deploymentGroupName: 'second' }));
    expect(await refused(deploy())).toEqual([
      expect.stringMatching(
        /^deployment-group-ambiguous: .*shop-web\/second, shop-web\/shop-web-dev/,
      ),
    ]);
  });
});

it('the problems of group and AppSpec come together', async () => {
  const inputs = { application: 'shop', appSpec: '.aws/appspec.yaml' };
  expect(await refused(deploy({ codeDeploy: inputs }))).toEqual([
    expect.stringContaining('codedeploy-application-missing'),
    expect.stringContaining('appspec-missing'),
  ]);
});

it('a container of the AppSpec that the task definition does not have', async () => {
  world.files.set(
    'appspec.json',
    JSON.stringify({
      version: 0,
      Resources: [
        {
          TargetService: {
            Type: 'AWS::ECS::Service',
            Properties: {
              TaskDefinition: '<TASK_DEFINITION>',
              LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 80 },
            },
          },
        },
      ],
    }),
  );
  expect(await refused(deploy({ codeDeploy: { appSpec: 'appspec.json' } }))).toEqual([
    expect.stringContaining('container-missing'),
  ]);
});

it('inputs of CodeDeploy for a service that it does not deploy', async () => {
  const rolling = deployWorld(await ecsFixture());
  await serviceWithContract(rolling);
  const reference = parseImageReference(pushImage(rolling.fixture, 'shop/web:v1').tag);
  if (reference === undefined) throw new Error('no reference');
  const base = deployInputs({ image: { kind: 'reference', reference } });
  const inputs = { ...base, codeDeploy: { ...base.codeDeploy, appSpec: 'a.yaml', config: 'x' } };
  const planned = observe(rolling.ports, inputs, origin).then((seen) => plan(seen, inputs));
  expect(await refused(planned)).toEqual([
    expect.stringContaining('input-not-for-service'),
    expect.stringContaining('input-not-for-service'),
  ]);
});

it.each([
  ['the controller EXTERNAL', { controller: 'EXTERNAL' }, /EXTERNAL.*supported: ECS, CODE_DEPLOY/],
  ['DAEMON scheduling', { scheduling: 'DAEMON' }, /DAEMON/],
  ['Express Mode', { managedBy: 'ECS' }, /Express Mode/],
])('a service with %s is refused by name', async (_, change, message) => {
  const reference = parseImageReference(tag);
  if (reference === undefined) throw new Error('no reference');
  const inputs = deployInputs({ image: { kind: 'reference', reference } });
  const observed = await observe(world.ports, inputs, origin);
  const service = { ...observed.service, ...change };
  const planned = Promise.resolve().then(() => plan({ ...observed, service }, inputs));
  expect(await refused(planned)).toEqual([
    expect.stringMatching(new RegExp(`^service-unsupported: .*${message.source}`)),
  ]);
});

describe('inputs', () => {
  const base: Readonly<Record<string, string>> = {
    project: 'shop',
    environment: 'dev',
    service: 'web',
    image: 'a/b:c',
  };
  const read = (more: Readonly<Record<string, string>>): Promise<unknown> =>
    Promise.resolve().then(() =>
      readInputs(
        (name) => ({ ...base, ...more })[name] ?? '',
        envFrom({ AWS_REGION: 'eu-west-1' }),
      ),
    );

  it('are read', async () => {
    const inputs = await read({
      'codedeploy-application': 'shop',
      'codedeploy-deployment-group': 'web',
      'codedeploy-config': 'half',
      appspec: '.aws/appspec-v1-dev.yaml',
      'if-busy': 'fail',
      'wait-for-termination': 'true',
    });
    expect(inputs).toMatchObject({
      codeDeploy: {
        application: 'shop',
        deploymentGroup: 'web',
        config: 'half',
        appSpec: '.aws/appspec-v1-dev.yaml',
        ifBusy: 'fail',
        waitForTermination: true,
      },
    });
  });

  it('are refused together', async () => {
    const problems = await refused(read({ appspec: 'appspec.txt', 'if-busy': 'hurry' }));
    expect(problems).toEqual([
      expect.stringContaining('input-malformed'),
      expect.stringContaining('input-not-allowed'),
    ]);
  });

  it('are not for other commands', async () => {
    const problems = await refused(read({ command: 'status', image: '', appspec: 'a.yaml' }));
    expect(problems).toEqual([expect.stringContaining('input-not-for-command')]);
  });
});
