import { openEcsCalls } from '../../../actions/ecs-deploy/aws/ecs-calls.js';
import { openEcs } from '../../../actions/ecs-deploy/aws/ecs.js';
import { toService } from '../../../actions/ecs-deploy/aws/ecs-views.js';
import { inProcessConfig } from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

describe('a service as the port shows it', () => {
  it('has all its deployments, the newest first, over pages of a hundred', async () => {
    const fixture = await ecsFixture();
    await fixture.create(await fixture.define(fixture.push('web:v1')));
    for (let count = 0; count < 101; count += 1) {
      await fixture.advance(1);
      await fixture.update({ forceNewDeployment: true });
    }
    const ecs = openEcs(openEcsCalls(inProcessConfig(fixture)));
    const found = await ecs.listServiceDeployments('main', 'web', 0);
    expect(found).toHaveLength(102);
    const times = found.map(({ createdAtMs }) => createdAtMs);
    expect(times).toEqual([...times].sort((left, right) => right - left));
  });

  it('has the network of its task set where CodeDeploy deploys it', () => {
    const awsvpcConfiguration = { subnets: ['subnet-1'], securityGroups: ['sg-1'] };
    const { wiring } = toService({
      taskSets: [
        {
          status: 'PRIMARY',
          launchType: 'FARGATE',
          platformVersion: '1.4.0',
          networkConfiguration: { awsvpcConfiguration },
        },
      ],
    });
    expect(wiring).toMatchObject({
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      network: awsvpcConfiguration,
    });
  });
});
