import type { SourceImage } from '../../../actions/ecr-push/promote/image-graph.js';
import type { TargetPlan } from '../../../actions/ecr-push/promote/plan.js';
import { readImage } from '../../../actions/ecr-push/promote/read-source.js';
import { reportPromotion } from '../../../actions/ecr-push/promote/report.js';
import type {
  PromotedRepository,
  PromotionResult,
} from '../../../actions/ecr-push/promote/result.js';
import { fakeSource } from '../../support/promotion.js';

const source = fakeSource();
const root = source.addIndex([source.addManifest(['a']), source.addManifest(['b'])]);
source.addReferrer(root, 'signature');
let image: SourceImage;
beforeAll(async () => {
  image = await readImage(source, root, true);
});

function repository(
  plan: Partial<TargetPlan> = {},
  changes: Partial<PromotedRepository> = {},
): PromotedRepository {
  return {
    repository: 'shop/web',
    registry: '222222222222.dkr.ecr.eu-west-1.amazonaws.com',
    plan: {
      repository: 'shop/web',
      isSource: false,
      prepare: [],
      blobs: [],
      blobsKept: 4,
      manifests: [],
      companionTags: [],
      writeTags: [],
      keepTags: [],
      ...plan,
    },
    outcomes: new Map([['v1', 'written']]),
    sizeBytes: 2_000,
    seconds: 1.25,
    ...changes,
  };
}

function result(changes: Partial<PromotionResult> = {}): PromotionResult {
  return {
    dryRun: false,
    from: 'shop/web:sha-1',
    sourceAccountId: '111111111111',
    sourceRegion: 'us-east-1',
    image,
    accountId: '222222222222',
    tags: ['v1', 'latest'],
    repositories: [repository()],
    notes: [],
    ...changes,
  };
}

const written = (): Partial<TargetPlan> => ({ writeTags: [{ tag: 'v1', manifest: root }] });

it('hands on digest, tags, and the image in every repository', () => {
  const repositories = [repository(written()), repository({}, { repository: 'shop/other' })];
  const host = '222222222222.dkr.ecr.eu-west-1.amazonaws.com';
  expect(reportPromotion(result({ repositories })).outputs).toMatchObject({
    repository: 'shop/web',
    tag: 'v1',
    tags: 'v1\nlatest',
    digest: root.digest,
    image: `${host}/shop/web@${root.digest}`,
    images: `${host}/shop/web@${root.digest}\n${host}/shop/other@${root.digest}`,
    outcome: 'promoted',
    registry: host,
    'account-id': '222222222222',
    key: '',
  });
});

it('tells a promotion that had nothing to do from one that had, and from a dry run', () => {
  const outcome = (changes: Partial<PromotionResult>): string | undefined =>
    reportPromotion(result(changes)).outputs['outcome'];
  expect(outcome({ repositories: [repository({ keepTags: ['v1'] })] })).toBe('kept');
  expect(outcome({ repositories: [repository(written())] })).toBe('promoted');
  expect(outcome({ dryRun: true, repositories: [repository(written())] })).toBe('dry-run');
});

it('names no image of a repository that a dry run would make', () => {
  const missing = repository(written(), { registry: '', seconds: undefined, sizeBytes: undefined });
  const { outputs } = reportPromotion(result({ dryRun: true, repositories: [missing] }));
  expect(outputs).toMatchObject({ image: '', images: '', digest: root.digest });
});

it('says where from, what was sent, and for how long', () => {
  const blobs = [{ digest: 'sha256:1', sizeBytes: 3_000_000 }];
  const { markdown } = reportPromotion(result({ repositories: [repository({ blobs })] }));
  for (const text of [
    ...['`shop/web:sha-1`', '111111111111', 'us-east-1', root.digest, '`v1`', '`latest`'],
    ...['`linux/amd64`', '`linux/arm64`', '1 layer (3.0 MB), 4 already there', '1.3 s'],
  ]) {
    expect(markdown).toContain(text);
  }
});

it('shows what others have written as it is, and pings nobody', () => {
  const hostile = source.addIndex([], {
    manifests: [{ ...source.addBlob('x'), platform: { os: '@acme|#1', architecture: '<b>' } }],
  });
  const { markdown } = reportPromotion(
    result({ image: { ...image, root: hostile }, from: 'a\n| @acme' }),
  );
  expect(markdown).not.toMatch(/(^|[^`\w|\\/ ])@acme/m);
  expect(markdown).toContain('`@acme\\|#1/<b>`');
});
