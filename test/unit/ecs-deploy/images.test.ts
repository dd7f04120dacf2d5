import { manifestDigests } from '../../../actions/ecs-deploy/images/manifest.js';
import {
  checkDigest,
  checkImage,
  isProblem,
} from '../../../actions/ecs-deploy/images/image-check.js';
import { compareRunningImages } from '../../../actions/ecs-deploy/images/image-proof.js';
import {
  parseImageReference,
  type ImageReference,
} from '../../../actions/ecs-deploy/images/image-reference.js';
import { checkArchitectures } from '../../../actions/ecs-deploy/images/architecture.js';
import type { PublicRegistries } from '../../../actions/ecs-deploy/registry/ports.js';
import type { Images } from '../../../actions/ecs-deploy/ports.js';
import { OperationError } from '../../../actions/shared/errors.js';
import type { Logger } from '../../../actions/shared/log.js';

const v1 = `sha256:${'1'.repeat(64)}`;
const v2 = `sha256:${'2'.repeat(64)}`;
const localHost = '127.0.0.1:5000';
const ecrHost = '222222222222.dkr.ecr.us-east-1.amazonaws.com';

/** ECR with one repository, shop/web, that holds v1. */
function images(changes: Partial<Images> = {}): Images {
  return {
    repositoryUri: ({ name, registryId }) =>
      Promise.resolve(
        name === 'shop/web'
          ? `${registryId === undefined ? localHost : ecrHost}/shop/web`
          : undefined,
      ),
    findDigest: (_, image) =>
      Promise.resolve(('tag' in image ? image.tag === 'v1' : image.digest === v1) ? v1 : undefined),
    newestTags: () => Promise.resolve(['v1', 'v0']),
    platformDigests: () => Promise.resolve([]),
    platforms: () => Promise.resolve(undefined),
    ...changes,
  };
}

const unreadable = new OperationError('registry-unreadable', 'it answers 500');

/** One that gives away `multi`. */
const registries: PublicRegistries = {
  find: ({ repository }) => {
    if (repository.endsWith('multi')) {
      const platforms = [{ os: 'linux', architecture: 'arm64' }];
      return Promise.resolve({ digest: v1, manifestDigests: [v2], platforms });
    }
    return Promise.reject(unreadable);
  },
};

function quietLogger(warnings: string[]): Logger {
  const ignore = (): void => undefined;
  return {
    info: ignore,
    debug: ignore,
    notice: ignore,
    error: ignore,
    warning: (message) => void warnings.push(message),
    group: (_, body) => body(),
  };
}

function reference(text: string): ImageReference {
  const parsed = parseImageReference(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

async function check(text: string, changes: Partial<Images> = {}) {
  const warnings: string[] = [];
  const ports = { images: images(changes), registries, log: quietLogger(warnings) };
  const result = await checkImage(ports, reference(text), 'image');
  return { result, warnings };
}

describe('an image in ECR', () => {
  it.each([`${ecrHost}/shop/web`, `${localHost}/shop/web`])(
    'of %s is pinned to the digest of its tag',
    async (uri) => {
      const { result } = await check(`${uri}:v1`);
      expect(result).toMatchObject({ image: `${uri}@${v1}`, digest: v1 });
    },
  );

  it('is asked for in the account and region that its host names', async () => {
    const { result } = await check(`${ecrHost}/shop/web:v1`);
    expect(result).toMatchObject({
      repository: { name: 'shop/web', registryId: '222222222222', region: 'us-east-1' },
    });
  });

  it.each([`${localHost}/shop/web:v2`, `${localHost}/shop/web@${v2}`])(
    'that is not there (%s) is a problem, with the newest tags',
    async (text) => {
      const { result } = await check(text);
      expect(result).toMatchObject({
        code: 'image-missing',
        at: { input: 'image' },
        hint: 'newest tags: v1, v0',
      });
    },
  );

  it('of a repository that is not there is a problem of its own', async () => {
    const { result } = await check(`${ecrHost}/shop/wbe:v2`, {
      findDigest: () => Promise.resolve(undefined),
    });
    expect(result).toMatchObject({ code: 'repository-missing' });
  });

  it('that is not there is refused where the role may not see more', async () => {
    const denied = (): never => {
      throw new OperationError('aws-access-denied', 'may not call ecr:DescribeRepositories');
    };
    const { result } = await check(`${ecrHost}/shop/web:v2`, {
      repositoryUri: denied,
      newestTags: denied,
    });
    expect(result).toMatchObject({ code: 'image-missing' });
  });

  it('is deployed as given where the role may not look, with a warning', async () => {
    const denied = (): never => {
      throw new OperationError('aws-access-denied', 'may not call ecr:DescribeImages');
    };
    const { result, warnings } = await check(`${ecrHost}/shop/web:v1`, { findDigest: denied });
    expect(result).toMatchObject({ image: `${ecrHost}/shop/web:v1`, digest: undefined });
    expect(warnings).toHaveLength(1);
  });
});

describe('an image of another registry', () => {
  it.each(['public.ecr.aws/a/b:v1', 'busybox:stable', '127.0.0.1:6000/shop/web:v1'])(
    '%s is deployed as given, with a warning that its tag may move',
    async (text) => {
      const { result, warnings } = await check(text);
      expect(result).toMatchObject({ image: text, digest: undefined });
      expect(warnings).toHaveLength(1);
    },
  );

  it('needs no warning by digest', async () => {
    const { result, warnings } = await check(`busybox@${v1}`);
    expect(result).toMatchObject({ image: `busybox@${v1}`, digest: v1 });
    expect(warnings).toEqual([]);
  });
});

describe('an image of a registry that says what it has', () => {
  it('is deployed by its digest', async () => {
    const { result, warnings } = await check('ghcr.io/acme/multi:stable');
    expect(result).toMatchObject({ image: `ghcr.io/acme/multi@${v1}`, digest: v1 });
    expect(warnings).toEqual([]);
  });

  it('is deployed by its digest where the role may not ask ECR', async () => {
    const denied = (): never => {
      throw new OperationError('aws-access-denied', 'may not call ecr:DescribeRepositories');
    };
    const { result, warnings } = await check('ghcr.io/acme/multi:stable', {
      repositoryUri: denied,
    });
    expect(result).toMatchObject({ digest: v1 });
    expect(warnings).toEqual([]);
  });

  it('must be there for the CPU architecture of the task', async () => {
    const { result } = await check('ghcr.io/acme/multi:stable');
    if (isProblem(result)) throw new Error(result.message);
    const ports = { images: images() };
    const task = { requiresCompatibilities: ['FARGATE'] };
    const arm = { ...task, runtimePlatform: { cpuArchitecture: 'ARM64' } };
    expect((await checkArchitectures(ports, arm, { app: result })).problems).toEqual([]);
    expect((await checkArchitectures(ports, task, { app: result })).problems).toMatchObject([
      { code: 'image-architecture' },
    ]);
  });
});

describe('a digest', () => {
  const ports = () => ({ images: images(), registries, log: quietLogger([]) });

  it.each(['shop/web', `${localHost}/shop/web`])('is found in %s', async (repository) => {
    expect(await checkDigest(ports(), repository, v1)).toMatchObject({
      image: `${localHost}/shop/web@${v1}`,
    });
  });

  it('that is not there is a problem of its input', async () => {
    expect(await checkDigest(ports(), 'shop/web', v2)).toMatchObject({
      code: 'image-missing',
      at: { input: 'image-digest' },
    });
  });

  it('in a repository that is not there is a problem', async () => {
    const result = await checkDigest(ports(), 'shop/nope', v1);
    expect(isProblem(result)).toBe(true);
  });
});

describe('what runs', () => {
  const deployment = { targetRevisionArn: 'revision' } as Parameters<
    typeof compareRunningImages
  >[2];
  const wanted = {
    app: { image: `${localHost}/shop/web@${v1}`, digest: v1, repository: { name: 'shop/web' } },
  };

  function compare(digest: string | undefined, changes: Partial<Images> = {}) {
    const image = `${localHost}/shop/web@${digest ?? ''}`;
    const ecs = {
      describeServiceRevisions: () =>
        Promise.resolve([
          {
            arn: 'revision',
            taskDefinitionArn: 'web:2',
            images: [{ container: 'app', image, digest }],
          },
        ]),
    } as unknown as Parameters<typeof compareRunningImages>[0]['ecs'];
    return compareRunningImages({ ecs, images: images(changes) }, wanted, deployment);
  }

  it('is the digest that was asked for', async () => {
    expect(await compare(v1)).toEqual({ kind: 'same' });
  });

  it('is the same where it is one platform of the index that was asked for', async () => {
    const index = { platformDigests: () => Promise.resolve([v2]) };
    expect(await compare(v2, index)).toEqual({ kind: 'same' });
  });

  it('is different where it is not', async () => {
    expect(await compare(v2)).toEqual({
      kind: 'different',
      differences: [{ container: 'app', wanted: v1, running: v2 }],
    });
  });

  it('is unknown where ECS names no digest', async () => {
    expect(await compare(undefined)).toMatchObject({ kind: 'unknown' });
  });
});

it('the platforms of an index are read from its manifest', () => {
  expect(manifestDigests(JSON.stringify({ manifests: [{ digest: v1 }, { digest: v2 }] }))).toEqual([
    v1,
    v2,
  ]);
  expect(manifestDigests(JSON.stringify({ config: { digest: v1 } }))).toEqual([]);
});
