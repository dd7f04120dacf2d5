import { commitTag, isImmutable, settleTags, tagProblems } from '../../../actions/ecr-push/tags.js';
import { anyDigest, remoteImage, repository } from '../../support/ecr.js';

describe('tagProblems', () => {
  it.each(['latest', 'sha-0123456789ab', 'v1.2.3', '_x', 'A'.repeat(128)])('allows %s', (tag) => {
    expect(tagProblems([tag])).toEqual([]);
  });

  it('names every tag that is not allowed, and every one given twice', () => {
    const problems = tagProblems(['feature/x', '.hidden', '-x', 'A'.repeat(129), 'ü', 'a', 'a']);
    expect(problems.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 5 }, () => 'tag-not-allowed'),
      'tag-twice',
    ]);
  });
});

it('a commit is tagged with the first 12 characters of its id', () => {
  expect(commitTag('0123456789abcdef0123456789abcdef01234567')).toBe('sha-0123456789ab');
});

describe('isImmutable', () => {
  const exclusions = { mutabilityExclusions: ['latest', 'dev-*', '*.tmp'] };
  it.each([
    ['MUTABLE', 'v1', false],
    ['IMMUTABLE', 'v1', true],
    ['IMMUTABLE_WITH_EXCLUSION', 'v1', true],
    ['IMMUTABLE_WITH_EXCLUSION', 'latest', false],
    ['IMMUTABLE_WITH_EXCLUSION', 'dev-7', false],
    ['IMMUTABLE_WITH_EXCLUSION', 'latest-1', true],
    ['IMMUTABLE_WITH_EXCLUSION', 'xtmp', true],
    ['MUTABLE_WITH_EXCLUSION', 'dev-7', true],
    ['MUTABLE_WITH_EXCLUSION', 'v1', false],
  ] as const)('%s: %s is %s', (tagMutability, tag, expected) => {
    expect(isImmutable(tag, repository({ tagMutability, ...exclusions }))).toBe(expected);
  });
});

describe('settleTags', () => {
  const immutable = repository({ tagMutability: 'IMMUTABLE' });
  const remote = new Map([
    ['v1', remoteImage('1', { configDigest: anyDigest('c') })],
    ['v2', remoteImage('2')],
  ]);

  it('writes what is absent, keeps what names this image, and refuses what names another', () => {
    const settled = settleTags({ digest: anyDigest('1') }, ['v1', 'v2', 'v3'], immutable, remote);
    expect(settled.present).toEqual([{ tag: 'v1', digest: anyDigest('1') }]);
    expect(settled.write).toEqual(['v3']);
    expect(settled.conflicts.map(({ code }) => code)).toEqual(['tag-immutable']);
    expect(settled.conflicts[0]?.message).toContain(anyDigest('1'));
    expect(settled.conflicts[0]?.message).toContain(anyDigest('2'));
  });

  it('moves a tag that may move', () => {
    const settled = settleTags({ digest: anyDigest('1') }, ['v2'], repository(), remote);
    expect(settled).toEqual({ write: ['v2'], present: [], conflicts: [] });
  });

  it('knows a built image by its configuration, or by its manifest', () => {
    for (const imageId of [anyDigest('c'), anyDigest('1')]) {
      const { present } = settleTags({ imageId }, ['v1'], immutable, remote);
      expect(present).toEqual([{ tag: 'v1', digest: anyDigest('1') }]);
    }
    const { conflicts } = settleTags({ imageId: anyDigest('d') }, ['v1'], immutable, remote);
    expect(conflicts).toHaveLength(1);
  });
});
