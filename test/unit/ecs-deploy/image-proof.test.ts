import { compareImages } from '../../../actions/ecs-deploy/images/image-proof.js';
import type { ResolvedImage } from '../../../actions/ecs-deploy/images/image-check.js';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const repository = { name: 'shop/web' };
const wanted: Readonly<Record<string, ResolvedImage>> = {
  app: { image: `host/shop/web@${digest('a')}`, digest: digest('a'), repository },
};
/** An index `a` that lists the manifest `b`. */
const ports = {
  images: {
    repositoryUri: () => Promise.resolve(undefined),
    findDigest: () => Promise.resolve(undefined),
    newestTags: () => Promise.resolve([]),
    platforms: () => Promise.resolve(undefined),
    platformDigests: () => Promise.resolve([digest('b')]),
  },
};
const running = (letter: string | undefined, container = 'app') => ({
  container,
  image: 'host/shop/web',
  digest: letter === undefined ? undefined : digest(letter),
});

it('every task has to run what was asked for', async () => {
  expect(await compareImages(ports, wanted, [running('a'), running('a')])).toEqual({
    kind: 'same',
  });
  expect(await compareImages(ports, wanted, [running('a'), running('c')])).toEqual({
    kind: 'different',
    differences: [{ container: 'app', wanted: digest('a'), running: digest('c') }],
  });
});

it('the manifest of one platform is the same image as its index', async () => {
  expect(await compareImages(ports, wanted, [running('b')])).toEqual({ kind: 'same' });
});

it('without a digest, or without a task, nothing is proven', async () => {
  for (const images of [[], [running(undefined)], [running('c', 'sidecar')]]) {
    expect(await compareImages(ports, wanted, images)).toMatchObject({ kind: 'unknown' });
  }
});

it('of another registry, what its index lists is the same image, if it was read', async () => {
  const image = { image: `busybox@${digest('a')}`, digest: digest('a'), repository: undefined };
  const elsewhere = { digest: digest('a'), manifestDigests: [digest('b')], platforms: undefined };
  const known = { app: { ...image, elsewhere } };
  expect(await compareImages(ports, known, [running('b')])).toEqual({ kind: 'same' });
  expect(await compareImages(ports, known, [running('c')])).toMatchObject({ kind: 'different' });
  expect(await compareImages(ports, { app: image }, [running('b')])).toMatchObject({
    kind: 'unknown',
  });
});
