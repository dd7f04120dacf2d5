import { actRequirement, legs } from '../support/consumer-runs.js';
import { openDeployConsumer, roleOf, type DeployConsumer } from '../support/deploy-consumer.js';
import { tagsOf } from '../support/ecr-push.js';
import { describeWhere } from '../support/requirement.js';

describeWhere(actRequirement, 'deploy-service.yml, called by a service', () => {
  let consumer: DeployConsumer;

  beforeAll(async () => {
    consumer = await openDeployConsumer();
  });
  afterAll(() => consumer.stop());

  it('deploys to every environment, and has nothing to select, where no branches are named', async () => {
    const result = await consumer.push(
      await consumer.service({ 'branch-environments': '' }),
      'refs/heads/main',
    );
    expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
      legs: ['build success', 'deploy dev success', 'deploy staging success'],
      exitCode: 0,
    });
  });

  describe('with branches that have environments', () => {
    it('a branch deploys to its own', async () => {
      const before = await consumer.revisions();
      const result = await consumer.push(await consumer.service(), 'refs/heads/develop');
      expect({ legs: [...legs(result)].sort(), exitCode: result.exitCode }).toEqual({
        legs: ['build success', 'deploy dev success', 'select success'],
        exitCode: 0,
      });
      const after = await consumer.revisions();
      expect(after.map((one, index) => one === before[index])).toEqual([false, true]);
    });

    it.each(['refs/heads/topic', 'refs/tags/main'])(
      '%s deploys nothing, and says so',
      async (ref) => {
        const before = await consumer.revisions();
        const result = await consumer.push(await consumer.service(), ref);
        expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
          legs: ['select success'],
          exitCode: 0,
        });
        expect(result.log.join('\n')).toMatch(/nothing is deployed|deploys nothing/);
        expect(await consumer.revisions()).toEqual(before);
      },
    );

    it('any other branch deploys where * says so', async () => {
      const map = { 'branch-environments': '{"main": ["dev", "staging"], "*": ["dev"]}' };
      const result = await consumer.push(await consumer.service(map), 'refs/heads/topic/a');
      expect(legs(result)).toEqual(['select success', 'build success', 'deploy dev success']);
    });

    it('a map that cannot be meant is refused with all that is wrong, before anything runs', async () => {
      const result = await consumer.push(
        await consumer.service({
          'branch-environments': '{"main": ["prod"]}',
          accounts: '{"dev": {"id": "1"}}',
        }),
        'refs/heads/main',
      );
      expect({ legs: legs(result), exitCode: result.exitCode }).toEqual({
        legs: ['select failure'],
        exitCode: 1,
      });
      const log = result.log.join('\n');
      expect(log).toContain('"branch-environments" names an environment');
      expect(log).toContain('"accounts" knows');
    });
  });

  describe('for a pull request', () => {
    const preview = { preview: true, 'read-role': roleOf('read') };

    it('only tests, where no preview is asked for', async () => {
      const result = await consumer.pull(
        await consumer.service({ 'test-command': 'test -e version.txt' }),
      );
      expect([...legs(result)].sort()).toEqual(['select success', 'test success']);
    });

    it('pushes its image under its own tag and says what each environment would get', async () => {
      const before = await consumer.revisions();
      const repository = await consumer.service(preview);
      const result = await consumer.pull(repository);
      expect({ legs: [...legs(result)].sort(), exitCode: result.exitCode }).toEqual({
        legs: ['build success', 'preview dev success', 'preview staging success', 'select success'],
        exitCode: 0,
      });
      const looked = result.jobs.filter(({ id }) => id.endsWith('preview'));
      expect(looked.map(({ outputs }) => outputs['outcome'])).toEqual(['dry-run', 'dry-run']);
      const tag = `pr-7-${repository.git('rev-parse', 'HEAD').slice(0, 12)}`;
      expect(await tagsOf(consumer.aws, 'shop/web')).toHaveProperty([tag]);
      expect(await consumer.revisions()).toEqual(before);
    });

    it('deploys to the environment of previews', async () => {
      const result = await consumer.pull(
        await consumer.service({ preview: true, 'preview-environment': 'dev' }),
      );
      expect(legs(result)).toEqual(['select success', 'build success', 'deploy dev success']);
    });

    it('gives a fork no preview', async () => {
      const result = await consumer.pull(await consumer.service(preview), 'somebody/web');
      expect(legs(result)).toEqual(['select success']);
    });
  });
});
