import type { EnvironmentConfig } from '../../../actions/terraform-layer/config/infra-config.js';
import { judgeGate, type GithubEnvironment } from '../../../actions/terraform-layer/github/gate.js';
import type { Finding } from '../finding.js';
import type { Seen } from './observe-repository.js';

/** An environment that something needs on GitHub, and why. */
export type NeededEnvironment =
  /** Of `infra.yml` or of the layout. */
  | { readonly kind: 'configured'; readonly name: string; readonly config: EnvironmentConfig }
  /** A service is deployed to it; which of them ask for an approval, nothing says. */
  | { readonly kind: 'deployed'; readonly name: string }
  /** A workflow of ours refuses to run without its reviewers. */
  | { readonly kind: 'approved'; readonly name: string; readonly by: string };

/**
 * Whether environments protect what they are meant to protect, by the very judgement that an apply
 * makes. What GitHub does not show is `not-checked`.
 */
export function judgeEnvironments(
  needed: readonly NeededEnvironment[],
  seen: ReadonlyMap<string, Seen<GithubEnvironment>>,
  defaultBranch: string,
): readonly Finding[] {
  return needed.flatMap((environment): readonly Finding[] => {
    const observed = seen.get(environment.name);
    if (observed?.kind !== 'seen') {
      return [
        {
          status: 'not-checked',
          area: 'github',
          code: 'environment-not-seen',
          message: `how the environment "${environment.name}" is protected`,
          hint: `needs a token with ${observed?.needs ?? 'Actions: read'}`,
        },
      ];
    }
    const found = judge(environment, observed.value, defaultBranch);
    return found.length > 0 ? found : [fine(environment)];
  });
}

function judge(
  needed: NeededEnvironment,
  environment: GithubEnvironment,
  defaultBranch: string,
): readonly Finding[] {
  const { name } = needed;
  const say = (status: 'warning' | 'problem', code: string, message: string, hint: string) => ({
    ...{ status, code, message, hint },
    area: 'github' as const,
  });
  const isGated = needed.kind === 'configured' && needed.config.apply === 'approval';
  if (needed.kind === 'configured' && isGated) {
    const { config } = needed;
    // Reviews and a typed confirmation are proved at each apply; there is nothing to set up.
    if (config.gate !== 'environment') return [];
    const run = { eventName: 'push', ref: `refs/heads/${defaultBranch}`, confirm: undefined };
    const observed = { gate: 'environment', environment } as const;
    const { problems } = judgeGate(config, observed, defaultBranch, run);
    return [
      ...problems.map(({ code, message, hint = '' }) => say('problem', code, message, hint)),
      ...weaknesses(environment, say),
    ];
  }
  if (environment.kind !== 'found') {
    const byWhom = needed.kind === 'approved' ? needed.by : undefined;
    return [
      byWhom === undefined
        ? say(
            'warning',
            'environment-missing',
            `there is no environment "${name}": the first job that names it creates it, open to every branch`,
            `create it under Settings → Environments, with the deployment branch "${defaultBranch}"`,
          )
        : say(
            'problem',
            'environment-missing',
            `there is no environment "${name}", without which ${byWhom} refuses to run`,
            'create it under Settings → Environments, with required reviewers',
          ),
    ];
  }
  if (needed.kind === 'approved') {
    if (environment.reviewers > 0) return weaknesses(environment, say);
    return [
      say(
        'problem',
        'gate-environment-without-reviewers',
        `the environment "${name}" has no required reviewers, without which ${needed.by} refuses to run`,
        'add them under Settings → Environments',
      ),
    ];
  }
  if (environment.branches.kind !== 'any') return [];
  return [
    say(
      'warning',
      'environment-open-to-branches',
      `the environment "${name}" admits every branch: a branch can bring its own workflow and use the environment's role`,
      `under Settings → Environments, choose "Selected branches and tags", and there "${defaultBranch}" alone`,
    ),
  ];
}

/** What leaves a gate standing, and weaker than it looks (GitHub docs, "Managing environments"). */
function weaknesses(
  environment: GithubEnvironment,
  say: (status: 'warning', code: string, message: string, hint: string) => Finding,
): readonly Finding[] {
  if (environment.kind !== 'found' || environment.reviewers === 0) return [];
  const { name } = environment;
  const findings: Finding[] = [];
  if (!environment.preventSelfReview) {
    findings.push(
      say(
        'warning',
        'environment-self-review',
        `whoever starts a run may approve it for "${name}"`,
        'turn "Prevent self-review" on under Settings → Environments',
      ),
    );
  }
  if (environment.adminsBypass === true) {
    findings.push(
      say(
        'warning',
        'environment-admins-bypass',
        `admins may start jobs of "${name}" without an approval`,
        'turn "Allow administrators to bypass configured protection rules" off under Settings → Environments',
      ),
    );
  }
  return findings;
}

function fine(needed: NeededEnvironment): Finding {
  const gate =
    needed.kind !== 'configured' || needed.config.apply !== 'approval'
      ? 'is set up'
      : needed.config.gate === 'environment'
        ? `asks for an approval, and admits the default branch alone`
        : `has the gate "${needed.config.gate}", which each apply proves`;
  return {
    status: 'ok',
    area: 'github',
    code: 'environment-fits',
    message: `the environment "${needed.name}" ${gate}`,
  };
}
