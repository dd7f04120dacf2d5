import { RegisterTaskDefinitionRequest$ } from '@aws-sdk/client-ecs';
import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { definitionChanges } from '../../../actions/ecs-deploy/definition/differences.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import type { JsonObject } from '../../../actions/ecs-deploy/model.js';
import { modelPaths, valuePaths } from '../../support/api-model.js';
import { deployInputs, deployWorld, noEdits, pushImage } from '../../support/ecs.js';
import { ecsFixture, NETWORK } from '../../support/ecs-emulator.js';
import { runningDefinitions } from '../../support/task-definitions/running.js';
import { surroundingDefinitions } from '../../support/task-definitions/surroundings.js';
import { taskDefinitions } from '../../support/task-definitions/tasks.js';

/** Definitions that together have every field of the API. */
const all = Object.entries({
  ...taskDefinitions,
  ...runningDefinitions,
  ...surroundingDefinitions,
});

/** What DescribeTaskDefinition adds (API reference, "TaskDefinition"). */
function withoutOwnFields(described: JsonObject): JsonObject {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _attributes,
    compatibilities: _compatibilities,
    registeredAt: _at,
    registeredBy: _by,
    ...rest
  } = described;
  return rest;
}

/** The definition with what the deploys below ask for: an image, and one variable. */
function asAsked(described: JsonObject, image: string): JsonObject {
  const containers = described['containerDefinitions'] as readonly JsonObject[];
  return {
    ...described,
    containerDefinitions: containers.map((container) =>
      container['name'] === 'app'
        ? {
            ...container,
            image,
            environment: [
              ...(container['environment'] as readonly JsonObject[]),
              { name: 'ADDED', value: '' },
            ],
          }
        : container,
    ),
  };
}

/** Registers the definition, deploys it with `asAsked`, and gives all that was seen on the way. */
async function deployed(definition: JsonObject) {
  const world = deployWorld(await ecsFixture());
  const { fixture } = world;
  const service = await fixture.define('public.ecr.aws/docker/library/busybox:stable');
  await fixture.create(service, { desiredCount: 0, networkConfiguration: NETWORK });
  await fixture.call('RegisterTaskDefinition', { family: 'table', ...definition });
  const describe = async (revision: string) => {
    const answer = await fixture.call('DescribeTaskDefinition', {
      taskDefinition: revision,
      include: ['TAGS'],
    });
    return answer as { readonly taskDefinition: JsonObject; readonly tags: readonly JsonObject[] };
  };
  const described = await describe('table:1');
  const sent: JsonObject[] = [];
  const { ecs } = world.ports;
  const ports = {
    ...world.ports,
    ecs: {
      ...ecs,
      registerTaskDefinition: (...args: Parameters<typeof ecs.registerTaskDefinition>) => {
        sent.push(args[0]);
        return ecs.registerTaskDefinition(...args);
      },
    },
  };
  const image = pushImage(fixture, 'shop/web:v2');
  const reference = parseImageReference(image.tag);
  if (reference === undefined) throw new Error('no reference');
  const report = await runCommand(
    ports,
    deployInputs({
      target: {
        kind: 'plain',
        cluster: 'main',
        serviceName: 'web',
        taskDefinition: { kind: 'registered', reference: 'table:1' },
      },
      image: { kind: 'reference', reference },
      container: 'app',
      edits: {
        ...noEdits,
        environment: [{ container: undefined, name: 'ADDED', value: '' }],
      },
      // Whether the service of this test could run each of them is no question here.
      verify: false,
      wait: false,
    }),
    { commit: undefined, run: undefined },
  );
  return { described, sent, image, report, registered: await describe('table:2') };
}

it('has 60 definitions or more', () => {
  expect(all.length).toBeGreaterThanOrEqual(60);
  expect(new Set(all.map(([name]) => name)).size).toBe(all.length);
});

it('has every field of the API model in one of them', () => {
  const present = new Set(all.flatMap(([, one]) => valuePaths({ family: 'web', ...one })));
  const model = modelPaths(RegisterTaskDefinitionRequest$);
  expect(model.length).toBeGreaterThan(120);
  expect(model.filter((path) => !present.has(path))).toEqual([]);
});

describe.each(all)('%s', (_, definition) => {
  it('comes back as it was registered, and is the same in meaning', async () => {
    const { described } = await deployed(definition);
    const { tags = [], ...fields } = definition;
    expect(described.taskDefinition).toMatchObject(fields);
    expect(described.tags).toEqual(tags);
    expect(definitionChanges({ family: 'table', ...fields }, described.taskDefinition)).toEqual([]);
  });

  it('is registered by a deploy with what was asked, and nothing else', async () => {
    const { described, sent, image, registered, report } = await deployed(definition);
    expect(report.outputs['outcome']).toBe('started');
    const expected = asAsked(withoutOwnFields(described.taskDefinition), image.reference);
    expect(sent).toEqual([expected]);
    expect(withoutOwnFields(registered.taskDefinition)).toEqual(expected);
    expect(registered.tags).toEqual(expect.arrayContaining([...described.tags]));
  });
});
