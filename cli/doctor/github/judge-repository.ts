import type { Call } from '../check-workflows.js';
import type { WorkflowFile } from '../../workflows/caller.js';
import type { Finding } from '../finding.js';
import { isExpression } from '../values.js';
import type {
  ActionsPolicy,
  BranchRules,
  ObservedRepository,
  Seen,
  SubjectTemplate,
} from './observe-repository.js';

/** What the repository's workflows use. */
export interface Usage {
  readonly calls: readonly Call[];
  readonly files: readonly WorkflowFile[];
  /** Whether roles are assumed by OIDC. */
  readonly usesOidc: boolean;
}

/** Whether the repository's settings on GitHub fit what its workflows use. */
export function judgeRepository(
  { rules, policy, subject, defaultBranch }: Omit<ObservedRepository, 'environments'>,
  usage: Usage,
): readonly Finding[] {
  return [
    ...judged(rules, `the required checks of "${defaultBranch}"`, (value) =>
      judgeRules(value, usage, defaultBranch),
    ),
    ...judged(policy, 'which actions and reusable workflows may run', (value) =>
      judgePolicy(value, usage),
    ),
    ...(usage.usesOidc
      ? judged(subject, "the form of the OIDC token's subject", judgeSubject)
      : []),
  ];
}

function judged<T>(
  seen: Seen<T>,
  what: string,
  judge: (value: T) => readonly Finding[],
): readonly Finding[] {
  if (seen.kind === 'seen') return judge(seen.value);
  const hint = `needs a token with ${seen.needs}`;
  return [{ status: 'not-checked', area: 'github', code: 'setting-not-seen', message: what, hint }];
}

function say(status: 'warning' | 'problem', code: string, message: string, hint: string): Finding {
  return { status, area: 'github', code, message, hint };
}

function ok(code: string, message: string): Finding {
  return { status: 'ok', area: 'github', code, message };
}

function judgeRules(
  { requiredChecks, mergeQueue }: BranchRules,
  { calls }: Usage,
  defaultBranch: string,
): readonly Finding[] {
  return calls
    .filter(({ called, job }) => called.name === 'terraform-plan' && !isExpression(job.name))
    .flatMap(({ file, job }) => {
      const check = `${job.name} / result`;
      const findings = [
        requiredChecks.includes(check)
          ? ok('check-required', `"${check}" is a required check of "${defaultBranch}"`)
          : say(
              'warning',
              'check-not-required',
              `"${check}" is no required check of "${defaultBranch}": a change can be merged that no plan has shown`,
              'require it under Settings → Rules → Rulesets, "Require status checks to pass"',
            ),
      ];
      if (mergeQueue && !file.triggers.has('merge_group')) {
        findings.push(
          say(
            'problem',
            'merge-queue-without-plan',
            `"${defaultBranch}" has a merge queue, and ${file.yaml.file} does not run on merge_group: nothing would get through the queue`,
            'add merge_group to its "on"',
          ),
        );
      }
      return findings;
    });
}

function judgePolicy(policy: ActionsPolicy, usage: Usage): readonly Finding[] {
  const place = 'Settings → Actions → General';
  if (!policy.enabled) {
    return [
      say(
        'problem',
        'actions-disabled',
        'Actions is off: no workflow runs',
        `turn it on in ${place}`,
      ),
    ];
  }
  const refused = neededActions(usage).filter((uses) => !isAllowed(uses, policy));
  const unpinned = policy.shaPinningRequired ? unpinnedSteps(usage.files) : [];
  const findings = [
    ...(refused.length === 0
      ? []
      : [
          say(
            'problem',
            'actions-not-allowed',
            `the repository's policy does not let these run: ${refused.join(', ')}`,
            `in ${place}, allow ${[...new Set(refused.map(patternFor))].join(', ')}`,
          ),
        ]),
    ...unpinned.map(({ uses, at }) => ({
      ...say(
        'problem',
        'action-not-pinned',
        `the repository asks for actions pinned by a full SHA, and "${uses}" is not`,
        'write the full SHA of its release; reusable workflows may keep their tag',
      ),
      at,
    })),
  ];
  return findings.length > 0
    ? findings
    : [ok('actions-allowed', 'Actions may run what the workflows use')];
}

/** What callers name, and what the called workflows use in turn, as `owner/…@ref`. */
function neededActions({ calls, files }: Usage): readonly string[] {
  const called = calls.flatMap(({ job, called: { uses }, owner }) => [
    ...(job.uses === undefined ? [] : [job.uses]),
    ...uses.map((one) => one.replace(/^org\//, `${owner}/`)),
  ]);
  const direct = files.flatMap(({ jobs }) =>
    jobs.flatMap(({ steps }) => steps.map(({ uses }) => uses)),
  );
  return [...new Set([...called, ...direct])].filter((uses) => !uses.startsWith('.')).sort();
}

/**
 * Patterns as GitHub docs have them, "Allowing select actions and reusable workflows to run": `*`
 * stands for any text, and `!` takes back what another pattern allows.
 */
function isAllowed(uses: string, policy: ActionsPolicy): boolean {
  if (policy.allowed === 'all') return true;
  // Those of the own organisation are allowed then; which that is, the owner alone does not say.
  if (policy.allowed === 'local_only') return !isOfGithub(uses);
  const matches = (pattern: string): boolean =>
    new RegExp(
      `^${pattern
        .split('*')
        .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*')}$`,
      'i',
    ).test(uses);
  const refusing = policy.patternsAllowed.filter((pattern) => pattern.startsWith('!'));
  if (refusing.some((pattern) => matches(pattern.slice(1)))) return false;
  return (
    (isOfGithub(uses) && policy.githubOwnedAllowed) ||
    policy.patternsAllowed.some((pattern) => matches(pattern))
  );
}

function isOfGithub(uses: string): boolean {
  return /^(?:actions|github)\//.test(uses);
}

function patternFor(uses: string): string {
  const [owner = '', name = ''] = uses.replace(/@.*$/, '').split('/');
  return isOfGithub(uses) ? 'actions created by GitHub' : `"${owner}/${name}/*"`;
}

function unpinnedSteps(files: readonly WorkflowFile[]) {
  return files.flatMap(({ yaml, jobs }) =>
    jobs.flatMap(({ id, steps }) =>
      steps
        .filter(({ uses }) => /^[^.]+\/.*@/.test(uses) && !/@[0-9a-f]{40}$/.test(uses))
        .map(({ uses, index }) => ({
          uses,
          at: yaml.at(['jobs', id, 'steps', index, 'uses']),
        })),
    ),
  );
}

/** GitHub docs, "OpenID Connect reference": what `repo:…` and `context` make of the subject. */
function judgeSubject({ claimKeys, immutable }: SubjectTemplate): readonly Finding[] {
  if (claimKeys === undefined || (claimKeys.length === 2 && isDefault(claimKeys))) {
    const form = immutable ? 'repo:owner@id/name@id:…' : 'repo:owner/name:…';
    return [ok('subject-known', `the OIDC token's subject has the form ${form}`)];
  }
  return [
    say(
      'warning',
      'subject-customised',
      `the OIDC token's subject is made of ${claimKeys.join(', ')}: a role that trusts the default form refuses it`,
      'write the trust policies for this form, or take the template back (REST: "Set the customization template for an OIDC subject claim")',
    ),
  ];
}

function isDefault([repository, context]: readonly string[]): boolean {
  return repository === 'repo' && context === 'context';
}
