import { runCommand } from '../../../actions/ecs-deploy/commands.js';
import { parseImageReference } from '../../../actions/ecs-deploy/images/image-reference.js';
import { pinnedIn, pinTags } from '../../../actions/ecs-deploy/images/pinned-tag.js';
import type { PublicImage } from '../../../actions/ecs-deploy/registry/ports.js';
import type { Report } from '../../../actions/ecs-deploy/report.js';
import { OperationError } from '../../../actions/shared/errors.js';
import {
  deployInputs,
  deployWorld,
  serviceWithContract,
  type DeployWorld,
} from '../../support/ecs.js';
import { ecsFixture } from '../../support/ecs-emulator.js';

const v1 = `sha256:${'1'.repeat(64)}`;
const v2 = `sha256:${'2'.repeat(64)}`;
const origin = { commit: 'c0ffee', run: undefined };

let world: DeployWorld;
/** Digests by tag; `undefined`: the registry is down. */
let registry: Readonly<Record<string, string>> | undefined;

beforeEach(async () => {
  world = deployWorld(await ecsFixture());
  await serviceWithContract(world);
  registry = { stable: v1, next: v2 };
});

function find(reference: {
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}) {
  const digest = reference.digest ?? registry?.[reference.tag ?? ''];
  if (registry === undefined || digest === undefined) {
    return Promise.reject(new OperationError('registry-unreadable', 'ghcr.io: it answers 429'));
  }
  const found: PublicImage = { digest, manifestDigests: [], platforms: undefined };
  return Promise.resolve(found);
}

function deploy(text: string): Promise<Report> {
  const reference = parseImageReference(text);
  if (reference === undefined) throw new Error(text);
  const inputs = deployInputs({ image: { kind: 'reference', reference } });
  return runCommand({ ...world.ports, registries: { find } }, inputs, origin);
}

async function runningImage(): Promise<unknown> {
  const { taskDefinition = '' } = await world.fixture.service();
  const found = await world.ports.ecs.describeTaskDefinition(taskDefinition);
  return found?.definition['containerDefinitions'];
}

describe('an image of another registry', () => {
  it('stays at its digest while the registry is down, and is not rolled out anew', async () => {
    expect((await deploy('ghcr.io/acme/web:stable')).outputs['outcome']).toBe('succeeded');
    registry = undefined;
    const report = await deploy('ghcr.io/acme/web:stable');
    expect(report.outputs).toMatchObject({ outcome: 'no-op', 'image-digest': v1 });
  });

  it('stays there too after a deploy by that digest', async () => {
    await deploy('ghcr.io/acme/web:stable');
    expect((await deploy(`ghcr.io/acme/web@${v1}`)).outputs['outcome']).toBe('no-op');
    registry = undefined;
    expect((await deploy('ghcr.io/acme/web:stable')).outputs['outcome']).toBe('no-op');
  });

  it.each(['ghcr.io/acme/web:next', 'ghcr.io/acme/other:stable'])(
    'that is another one (%s) is not taken for it',
    async (text) => {
      await deploy('ghcr.io/acme/web:stable');
      registry = undefined;
      await deploy(text);
      expect(await runningImage()).toMatchObject([{ image: text }]);
    },
  );

  it('moves with its tag while the registry answers', async () => {
    await deploy('ghcr.io/acme/web:stable');
    registry = { stable: v2 };
    await deploy('ghcr.io/acme/web:stable');
    expect(await runningImage()).toMatchObject([{ image: `ghcr.io/acme/web@${v2}` }]);
  });
});

describe('the record of a pinned tag', () => {
  const running = (digest: string) => ({
    arn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
    definition: { containerDefinitions: [{ name: 'app', image: `ghcr.io/acme/web@${digest}` }] },
    tags: [{ key: 'infra-actions:image:app', value: `stable@${v1}` }],
  });

  it('says what runs, unless another image has come since by another way', () => {
    expect(pinnedIn(running(v1), 'app')).toEqual({
      ...{ repositoryUri: 'ghcr.io/acme/web', tag: 'stable', digest: v1 },
    });
    expect(pinnedIn(running(v2), 'app')).toBeUndefined();
    expect(pinnedIn(running(v1), 'sidecar')).toBeUndefined();
  });

  it('is written where there is one, and taken away where there is none', () => {
    expect(pinTags({ app: { digest: v1, pinnedTag: 'stable' }, sidecar: { digest: v2 } })).toEqual({
      'infra-actions:image:app': `stable@${v1}`,
      'infra-actions:image:sidecar': undefined,
    });
    expect(pinTags({ ['a'.repeat(109)]: { digest: v1, pinnedTag: 'stable' } })).toEqual({});
  });
});
