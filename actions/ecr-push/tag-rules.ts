import { createHash } from 'node:crypto';
import semver from 'semver';
import type { Problem } from '../shared/errors.js';
import { moves, movesByName } from './moving-tags.js';
import { commitTag, tagLengthLimit, tagProblems } from './tags.js';

/** Rules without a name of their own, as `tag-rules` writes them. */
export const plainTagRules = [
  'sha',
  'branch',
  'pr',
  'semver',
  'semver-minor',
  'semver-major',
  'latest',
] as const;

/** How a tag is made from what is known of the job. */
export type TagRule =
  | { readonly kind: (typeof plainTagRules)[number] }
  | { readonly kind: 'environment'; readonly name: string };

/** Reads one rule; `environment:<name>` carries the name. */
export function parseTagRule(text: string): TagRule | undefined {
  const plain = plainTagRules.find((kind) => kind === text);
  if (plain !== undefined) return { kind: plain };
  const name = /^environment:(.+)$/.exec(text)?.[1]?.trim();
  return name === undefined || name === '' ? undefined : { kind: 'environment', name };
}

/** What the rules look at. */
export interface TagFacts {
  /** The commit of the job; empty where there is none. */
  readonly sha: string;
  /** As `GITHUB_REF` says it: `refs/heads/…`, `refs/tags/…`, `refs/pull/…`. */
  readonly ref: string;
  readonly pullRequest: number | undefined;
  readonly inMergeQueue: boolean;
  /** Tags of git on the commit. */
  readonly gitTags: readonly string[];
}

export interface ChosenTags {
  /** Each once, those that were given first. */
  readonly tags: readonly string[];
  /** Those of them that each next image takes over. */
  readonly moving: readonly string[];
  /** What a reader should know: a name that was cleaned, a rule that gave nothing. */
  readonly notes: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Makes the tags of a push from the tags given and from rules.
 *
 * The branch of a pull request gives no tag: who opens one from a fork chooses that name. A branch
 * may not be tagged as what another rule means by a tag.
 *
 * @returns problems `tag-reserved`, `tag-rules-empty`, `tag-not-allowed`
 */
export function chooseTags(
  given: readonly string[],
  rules: readonly TagRule[],
  facts: TagFacts,
): ChosenTags {
  const notes: string[] = [];
  const problems: Problem[] = [];
  const moving = new Set(given.filter((tag) => movesByName(tag)));
  const sources = new Map<string, string[]>(given.map((tag) => [tag, ['tags']]));
  for (const rule of rules) {
    const made = makeTags(rule, facts);
    if (made.kind === 'none')
      notes.push(`the tag rule ${ruleName(rule)} gives no tag: ${made.why}`);
    else if (made.kind === 'problem') problems.push(made.problem);
    else {
      for (const { tag, note } of made.tags) {
        if (note !== undefined) notes.push(note);
        if (moves(rule)) moving.add(tag);
        sources.set(tag, [...(sources.get(tag) ?? []), ruleName(rule)]);
      }
    }
  }
  for (const [tag, from] of sources) {
    if (from.length > 1) notes.push(`the tag ${tag} comes from ${from.join(' and ')}`);
  }
  const tags = [...sources.keys()];
  problems.push(
    ...tagProblems(
      tags.filter((tag) => !given.includes(tag)),
      'tag-rules',
    ),
  );
  if (tags.length === 0 && problems.length === 0) {
    problems.push({
      code: 'tag-rules-empty',
      message: `no tag rule gives a tag here (${notes.join('; ')})`,
      at: { input: 'tag-rules' },
      hint: 'add the rule sha, which gives one for every commit',
    });
  }
  return { tags, moving: [...moving], notes, problems };
}

type Made =
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | {
      readonly kind: 'tags';
      readonly tags: readonly { readonly tag: string; readonly note?: string }[];
    };

function makeTags(rule: TagRule, facts: TagFacts): Made {
  switch (rule.kind) {
    case 'sha':
      return facts.sha === ''
        ? { kind: 'none', why: 'this job has no commit' }
        : one(commitTag(facts.sha));
    case 'pr':
      return facts.pullRequest === undefined
        ? { kind: 'none', why: 'this is no pull request' }
        : one(`pr-${facts.pullRequest}`);
    case 'latest':
      return one('latest');
    case 'environment': {
      const tag = cleanTag(`env-${rule.name}`);
      return {
        kind: 'tags',
        tags: [
          tag === `env-${rule.name}`
            ? { tag }
            : { tag, note: `the environment ${rule.name} is tagged ${tag}` },
        ],
      };
    }
    case 'branch':
      return branchTag(facts);
    case 'semver':
    case 'semver-minor':
    case 'semver-major':
      return versionTags(rule.kind, facts.gitTags);
  }
}

function branchTag(facts: TagFacts): Made {
  if (facts.inMergeQueue) return { kind: 'none', why: 'a merge queue makes its branches itself' };
  const branch = /^refs\/heads\/(.+)$/s.exec(facts.ref)?.[1];
  if (branch === undefined || facts.pullRequest !== undefined) {
    return { kind: 'none', why: 'this job runs for no branch' };
  }
  const tag = cleanTag(branch);
  const meaning = reservedMeaning(tag);
  if (tag === '' || meaning !== undefined) {
    return {
      kind: 'problem',
      problem: {
        code: 'tag-reserved',
        message:
          tag === ''
            ? `the branch ${JSON.stringify(branch)} has no character that a tag may have`
            : `the branch ${JSON.stringify(branch)} would be tagged ${tag}, which stands for ${meaning ?? ''}`,
        at: { input: 'tag-rules' },
        hint: 'leave out the rule branch, or give the branch another name',
      },
    };
  }
  return {
    kind: 'tags',
    tags: [
      tag === branch
        ? { tag }
        : {
            tag,
            note: `the branch ${JSON.stringify(branch)} is tagged ${tag}, as a branch of that very name would be`,
          },
    ],
  };
}

/** Semantic Versioning 2.0.0; a `v` before it is usual in git. Pre-releases move no shorter tag. */
function versionTags(
  kind: 'semver' | 'semver-minor' | 'semver-major',
  gitTags: readonly string[],
): Made {
  const versions = semver.rsort(
    gitTags.flatMap((tag) => {
      const version = semver.parse(tag);
      return version === null ? [] : [version];
    }),
  );
  if (versions.length === 0) return { kind: 'none', why: 'no git tag on the commit is a version' };
  // Build metadata is no part of a tag's alphabet, and says nothing about precedence.
  if (kind === 'semver') {
    return {
      kind: 'tags',
      tags: [...new Set(versions.map(({ version }) => version))].map((tag) => ({ tag })),
    };
  }
  const newest = versions.find(({ prerelease }) => prerelease.length === 0);
  if (newest === undefined) return { kind: 'none', why: 'the version is a pre-release' };
  return one(kind === 'semver-minor' ? `${newest.major}.${newest.minor}` : String(newest.major));
}

/** What a tag of that shape says elsewhere; `undefined` where it is free. */
export function reservedMeaning(tag: string): string | undefined {
  if (tag === 'latest') return 'the newest image';
  if (/^sha-[0-9a-f]{7,40}$/.test(tag)) return 'a commit';
  if (/^pr-\d+$/.test(tag)) return 'a pull request';
  if (tag.startsWith('env-')) return 'an environment';
  if (/^v?\d+(\.\d+){0,2}(-.*)?$/.test(tag)) return 'a version';
  return tag.startsWith('key-') ? 'the content of an image' : undefined;
}

/**
 * Cleans a name to what a tag may be: other characters become `-`, and what is too long is cut and
 * ends in a digest of the whole, so that two long names stay apart.
 */
export function cleanTag(name: string): string {
  const cleaned = name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[.-]+/, '');
  if (cleaned.length <= tagLengthLimit) return cleaned;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${cleaned.slice(0, tagLengthLimit - 9)}-${digest}`;
}

function one(tag: string): Made {
  return { kind: 'tags', tags: [{ tag }] };
}

function ruleName(rule: TagRule): string {
  return rule.kind === 'environment' ? `environment:${rule.name}` : rule.kind;
}
