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
  canAdminsBypass: z.boolean().default(true),
  branchPolicy: z.enum(['protected-branches', 'custom']).nullable().default(null),
  /** What `custom` admits. */
  branchPatterns: z
    .array(z.strictObject({ name: z.string(), type: z.enum(['branch', 'tag']).default('branch') }))
    .default([]),
});

/** Absent: as GitHub makes a repository. */
export const settingsSchema = z.strictObject({
  requiredChecks: z.array(z.string()).default([]),
  protectedByChecks: z.array(z.string()).nullable().default(null),
  mergeQueue: z.boolean().default(false),
  actions: z
    .strictObject({
      enabled: z.boolean().default(true),
      allowed: z.enum(['all', 'local_only', 'selected']).default('all'),
      githubOwnedAllowed: z.boolean().default(true),
      verifiedAllowed: z.boolean().default(false),
      patternsAllowed: z.array(z.string()).default([]),
      shaPinningRequired: z.boolean().default(false),
    })
    .prefault({}),
  subjectClaimKeys: z.array(z.string().regex(/^\w+$/)).nullable().default(null),
  immutableSubject: z.boolean().default(false),
});

const artifactSchema = z.strictObject({
  runId: z.number().int(),
  name: z.string(),
  sizeBytes: z.number().int().default(0),
  /** Default: that of `text`. */
  digest: z.string().optional(),
  expired: z.boolean().default(false),
  headSha: z.string().default('0'.repeat(40)),
  headBranch: z.string().default('main'),
  /** Default: the repository itself. */
  headRepository: fullName.optional(),
  /** The file itself; its size is then taken from it. */
  text: z.string().optional(),
});

const runJobSchema = z.strictObject({
  /** Of a reusable workflow `<job that calls> / <job>`. */
  name: z.string(),
  attempt: z.number().int().default(1),
  status: z.enum(['queued', 'in_progress', 'waiting', 'completed']).default('completed'),
  /** Default: `success` where it is completed. */
  conclusion: z.enum(['success', 'failure', 'cancelled', 'skipped', 'timed_out']).optional(),
});

const runApprovalSchema = z.strictObject({
  environments: z.array(z.string()),
  state: z.enum(['approved', 'rejected', 'pending']).default('approved'),
  user: z.string().default('octocat'),
  comment: z.string().default(''),
});

/** A workflow's run; one with the id of another replaces what it names. */
export const runSeedSchema = z.strictObject({
  repository: fullName,
  id: z.number().int(),
  name: z.string().default('workflow'),
  path: z.string().default('.github/workflows/workflow.yml'),
  event: z.string().default('push'),
  headSha: sha,
  headBranch: z.string().nullable().default('main'),
  /** Default: the repository itself; a fork must have been seeded. */
  headRepository: fullName.optional(),
  number: z.number().int().default(1),
  attempt: z.number().int().default(1),
  referencedWorkflows: z
    .array(z.strictObject({ path: z.string(), sha: z.string().default('0'.repeat(40)) }))
    .default([]),
  actor: z.string().default('octocat'),
  status: z.enum(['queued', 'in_progress', 'waiting', 'completed']).default('completed'),
  /** Default: `success` where it is completed. */
  conclusion: z.string().nullable().optional(),
  createdAt: z.iso.datetime().optional(),
  /** Of all attempts. Absent: those that are known already. */
  jobs: z.array(runJobSchema).optional(),
  /** What people said to environments that waited in it; absent: as for the jobs. */
  approvals: z.array(runApprovalSchema).optional(),
});

const reviewSchema = z.strictObject({
  pullNumber: z.number().int(),
  author: z.string(),
  state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']),
  /** Default: the pull request's head. */
  commitSha: sha.optional(),
  submittedAt: z.iso.datetime().optional(),
  body: z.string().default(''),
});

const labelEventSchema = z.strictObject({
  issueNumber: z.number().int(),
  label: z.string(),
  actor: z.string(),
  event: z.enum(['labeled', 'unlabeled']).default('labeled'),
  createdAt: z.iso.datetime().optional(),
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
  settings: settingsSchema.optional(),
  artifacts: z.array(artifactSchema).default([]),
  reviews: z.array(reviewSchema).default([]),
  /** They put the label on, or take it off, as well. */
  labelEvents: z.array(labelEventSchema).default([]),
  /** Login → role; who is not named has `read` in a public repository, and `none` else. */
  roles: z.record(z.string(), z.enum(['admin', 'maintain', 'write', 'triage', 'read'])).default({}),
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
  /** Who pushed the head, and when; default: the author, now. `null`: GitHub does not know. */
  pushed: z
    .strictObject({ by: z.string().optional(), at: z.iso.datetime().optional() })
    .nullable()
    .default({}),
  files: z.array(fileSchema).optional(),
  commits: z.array(sha).optional(),
  /** Closes it, and moves the base branch to the merge commit. */
  merged: z
    .strictObject({
      sha,
      by: z.string().default('octocat'),
      /** `squash` and `rebase` leave the head out of the base branch. */
      method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
      /** What a rebase put before `sha`, oldest first: the pull request introduced them too. */
      rebased: z.array(sha).default([]),
    })
    .optional(),
});

export type RepositorySeed = z.input<typeof repositorySeedSchema>;
export type PullSeed = z.input<typeof pullSeedSchema>;
export type RunSeed = z.input<typeof runSeedSchema>;
