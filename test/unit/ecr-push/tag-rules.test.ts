import fc from 'fast-check';
import {
  chooseTags,
  cleanTag,
  parseTagRule,
  type TagFacts,
  type TagRule,
} from '../../../actions/ecr-push/tag-rules.js';
import { exclusionFilters } from '../../../actions/ecr-push/moving-tags.js';
import { isImmutable, tagProblems } from '../../../actions/ecr-push/tags.js';
import { repository } from '../../support/ecr.js';

const onMain: TagFacts = {
  sha: '0123456789abcdef0123456789abcdef01234567',
  ref: 'refs/heads/main',
  pullRequest: undefined,
  inMergeQueue: false,
  gitTags: [],
};

function rules(...texts: readonly string[]): readonly TagRule[] {
  return texts.flatMap((text) => {
    const rule = parseTagRule(text);
    return rule === undefined ? [] : [rule];
  });
}

function tags(texts: readonly string[], facts: Partial<TagFacts> = {}): readonly string[] {
  return chooseTags([], rules(...texts), { ...onMain, ...facts }).tags;
}

function codes(texts: readonly string[], facts: Partial<TagFacts> = {}): readonly string[] {
  return chooseTags([], rules(...texts), { ...onMain, ...facts }).problems.map(({ code }) => code);
}

it('knows its rules, and no other', () => {
  expect(parseTagRule('sha')).toEqual({ kind: 'sha' });
  expect(parseTagRule('environment:production')).toEqual({
    kind: 'environment',
    name: 'production',
  });
  for (const text of ['', 'Sha', 'environment', 'environment:', 'tag']) {
    expect(parseTagRule(text)).toBeUndefined();
  }
});

it('tags the commit, the branch and the environment', () => {
  expect(tags(['sha', 'branch', 'environment:dev'])).toEqual([
    'sha-0123456789ab',
    'main',
    'env-dev',
  ]);
});

it('tags with latest only where it is asked for', () => {
  expect(tags(['sha', 'branch', 'pr', 'semver', 'environment:dev'])).not.toContain('latest');
  expect(tags(['latest'])).toEqual(['latest']);
});

it('tags a pull request by its number, never by the name of its branch', () => {
  const facts = { ref: 'refs/pull/12/merge', pullRequest: 12 };
  expect(tags(['pr', 'branch'], facts)).toEqual(['pr-12']);
  expect(tags(['pr', 'branch'], { ...facts, ref: 'refs/heads/main' })).toEqual(['pr-12']);
});

it('takes no branch of a merge queue for one', () => {
  expect(
    codes(['branch'], { ref: 'refs/heads/gh-readonly-queue/main/pr-1-a', inMergeQueue: true }),
  ).toEqual(['tag-rules-empty']);
});

describe('versions', () => {
  it('come from the git tags on the commit, with and without v', () => {
    expect(tags(['semver'], { gitTags: ['v1.2.3', '1.2.3', 'v1.2.4-rc.1', 'nightly'] })).toEqual([
      '1.2.4-rc.1',
      '1.2.3',
    ]);
  });

  it('give shorter tags for the newest that is no pre-release', () => {
    const gitTags = ['v1.2.3', 'v1.10.0', 'v2.0.0-rc.1'];
    expect(tags(['semver-minor', 'semver-major'], { gitTags })).toEqual(['1.10', '1']);
    expect(codes(['semver-major'], { gitTags: ['v2.0.0-rc.1'] })).toEqual(['tag-rules-empty']);
  });

  it('leave build metadata out, which no tag can hold', () => {
    expect(tags(['semver'], { gitTags: ['v1.2.3+a', 'v1.2.3+b'] })).toEqual(['1.2.3']);
  });
});

describe('a branch', () => {
  it('is cleaned, and that is told', () => {
    const chosen = chooseTags([], rules('branch'), { ...onMain, ref: 'refs/heads/feature/a b' });
    expect(chosen.tags).toEqual(['feature-a-b']);
    expect(chosen.notes).toHaveLength(1);
  });

  it.each(['latest', 'sha-0123456789ab', 'pr-7', 'env-prod', 'v1.2.3', '1.2', 'key-a', '///'])(
    'named %s is refused, since that tag says something else',
    (branch) =>
      expect(codes(['branch'], { ref: `refs/heads/${branch}` })).toEqual(['tag-reserved']),
  );
});

it('puts given tags first, each once, and tells what came twice', () => {
  const chosen = chooseTags(['v1', 'main'], rules('branch', 'sha'), onMain);
  expect(chosen.tags).toEqual(['v1', 'main', 'sha-0123456789ab']);
  expect(chosen.notes).toEqual(['the tag main comes from tags and branch']);
});

it('tells each rule that gives nothing, and fails where none gives a tag', () => {
  expect(codes(['pr', 'semver'])).toEqual(['tag-rules-empty']);
  expect(chooseTags([], rules('pr', 'sha'), onMain).notes).toHaveLength(1);
});

it('any name is cleaned to a tag that is allowed, or to nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      const tag = cleanTag(name);
      expect(tag === '' ? [] : tagProblems([tag])).toEqual([]);
    }),
  );
});

it('long names that differ at their end stay apart', () => {
  expect(cleanTag(`${'a'.repeat(200)}b`)).not.toBe(cleanTag(`${'a'.repeat(200)}c`));
});

it('says which tags each next image takes over', () => {
  const facts = { ...onMain, gitTags: ['v1.2.3'] };
  const all = ['sha', 'branch', 'semver', 'semver-minor', 'semver-major', 'environment:dev'];
  expect(chooseTags([], rules(...all), facts).moving).toEqual(['main', '1.2', '1', 'env-dev']);
  expect(chooseTags(['v1', 'latest', 'env-dev'], [], facts).moving).toEqual(['latest', 'env-dev']);
});

it('excepts from immutable tags what moves, and never commits, versions or keys', () => {
  const moving = ['main', 'latest', '1.2', '1', 'env-a', 'env-b'];
  const filters = exclusionFilters(moving);
  expect(filters).toEqual(['main', 'latest', '1.2', '1', 'env-*']);
  const made = repository({
    tagMutability: 'IMMUTABLE_WITH_EXCLUSION',
    mutabilityExclusions: filters,
  });
  const fixed = ['sha-0123456789ab', '1.2.3', `key-${'0'.repeat(32)}`, 'pr-1', 'main-2'];
  expect(moving.filter((tag) => isImmutable(tag, made))).toEqual([]);
  expect(fixed.filter((tag) => !isImmutable(tag, made))).toEqual([]);
});
