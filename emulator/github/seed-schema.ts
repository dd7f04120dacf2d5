import { z } from 'zod';

const sha = z.string().regex(/^[0-9a-f]{40}$/, 'a SHA of 40 hexadecimal digits');
const fullName = z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'owner/name');

export const fileSchema = z.strictObject({
  filename: z.string(),
  status: z.enum(['added', 'removed', 'modified', 'renamed', 'changed']).default('modified'),
  additions: z.number().int().default(1),
  deletions: z.number().int().default(0),
  patch: z.string().optional(),
  previousFilename: z.string().optional(),
});

export const commitSchema = z.strictObject({
  sha,
  treeSha: sha.optional(),
  parents: z.array(sha).default([]),
  message: z.string().default('Commit'),
  author: z.string().default('octocat'),
  date: z.iso.datetime({ offset: true }).optional(),
  files: z.array(fileSchema).default([]),
});

export const issueSchema = z.strictObject({
  number: z.number().int().optional(),
  title: z.string(),
  body: z.string().nullable().default(null),
  author: z.string().default('octocat'),
  labels: z.array(z.string()).default([]),
  state: z.enum(['open', 'closed']).default('open'),
});

const environmentSchema = z.strictObject({
  name: z.string(),
  /** Logins of the required reviewers; none: no such rule. */
  reviewers: z.array(z.string()).default([]),
  preventSelfReview: z.boolean().default(false),
  waitTimerMinutes: z.number().int().default(0),
  branchPolicy: z.enum(['protected-branches', 'custom']).nullable().default(null),
});

const artifactSchema = z.strictObject({
  runId: z.number().int(),
  name: z.string(),
  sizeBytes: z.number().int().default(0),
  digest: z.string().default(`sha256:${'0'.repeat(64)}`),
  expired: z.boolean().default(false),
  headSha: z.string().default('0'.repeat(40)),
  headBranch: z.string().default('main'),
});

const commentSchema = z.strictObject({
  issueNumber: z.number().int(),
  body: z.string(),
  author: z.string().default('octocat'),
});

/** A repository, or more of one that is already there. */
export const repositorySeedSchema = z.strictObject({
  repository: fullName,
  id: z.number().int().optional(),
  ownerId: z.number().int().optional(),
  ownerType: z.enum(['Organization', 'User']).default('Organization'),
  private: z.boolean().default(true),
  defaultBranch: z.string().default('main'),
  commits: z.array(commitSchema).default([]),
  /** Branch name → SHA. */
  branches: z.record(z.string(), sha).default({}),
  issues: z.array(issueSchema).default([]),
  comments: z.array(commentSchema).default([]),
  environments: z.array(environmentSchema).default([]),
  artifacts: z.array(artifactSchema).default([]),
});

/** A pull request; one with the number of another replaces what it names. */
export const pullSeedSchema = z.strictObject({
  repository: fullName,
  number: z.number().int().optional(),
  title: z.string().optional(),
  body: z.string().nullable().optional(),
  author: z.string().optional(),
  state: z.enum(['open', 'closed']).optional(),
  draft: z.boolean().optional(),
  labels: z.array(z.string()).optional(),
  /** `repository`: of a fork, which must have been seeded. */
  head: z.strictObject({ ref: z.string(), sha, repository: fullName.optional() }).optional(),
  base: z.strictObject({ ref: z.string(), sha }).optional(),
  files: z.array(fileSchema).optional(),
  commits: z.array(sha).optional(),
  /** Closes it, and moves the base branch to the merge commit. */
  merged: z.strictObject({ sha, by: z.string().default('octocat') }).optional(),
});

export type RepositorySeed = z.input<typeof repositorySeedSchema>;
export type PullSeed = z.input<typeof pullSeedSchema>;
