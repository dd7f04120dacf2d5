import type { Guards } from '../config/infra-config.js';
import type { GuardReason } from '../schedule/outcome.js';
import type { PlanChanges, ResourceChange } from './changes.js';
import { fitsPattern } from './text-pattern.js';

/** GitHub refuses longer names of labels. */
const longestLabel = 50;

const labelStart = 'allow-destroy:';

/** Labels and inputs that a hint spells out; more would bury what to do. */
const namedInHint = 5;

/**
 * What guards say against a plan. `prevent-destroy` looks at what is destroyed or replaced, deposed
 * objects included: an old object that is cleaned up is as gone as any. What is only forgotten
 * stays in the world, can be imported again, and so is not guarded. `max-destroys` counts the same
 * resources. What `allowed` names (globs over type or address) is neither refused nor counted.
 */
export function guardFindings(
  changes: PlanChanges,
  guards: Guards,
  allowed: readonly string[],
): readonly GuardReason[] {
  const patterns = allowed.filter(namesSomething);
  const going = changes.resources.filter(
    (resource) => isDestroyed(resource) && !fitsAny(patterns, resource),
  );
  const guarded = going.filter((resource) => fitsAny(guards.preventDestroy, resource));
  const findings: GuardReason[] = [];
  if (guarded.length > 0) {
    findings.push({
      kind: 'guard',
      guard: 'prevent-destroy',
      addresses: guarded.map(nameOf),
      hint: `to allow it, ${waysToAllow(guarded)}`,
    });
  }
  if (going.length > guards.maxDestroys) {
    findings.push({
      kind: 'guard',
      guard: 'max-destroys',
      addresses: going.map(nameOf),
      hint:
        `${going.length} would go, and guards.max-destroys in infra.yml allows ` +
        `${guards.maxDestroys}: raise it, or name what may go (globs are allowed) with the input ` +
        `allow-destroy or with labels "${labelStart} <type or address>" on the pull request; ` +
        'what is named does not count',
    });
  }
  return findings;
}

/**
 * Globs that a pull request's labels allow: `allow-destroy: aws_s3_bucket.logs`. Who set a label,
 * and whether that person may, is for the caller to check.
 */
export function allowedByLabels(labels: readonly string[]): readonly string[] {
  return labels.flatMap((label) => {
    const text = label.trim();
    if (!text.toLowerCase().startsWith(labelStart)) return [];
    const pattern = text.slice(labelStart.length).trim();
    return namesSomething(pattern) ? [pattern] : [];
  });
}

/** A lone star names nothing: what is allowed must be said. */
function namesSomething(pattern: string): boolean {
  return /[A-Za-z0-9]{2}/.test(pattern);
}

function isDestroyed({ kind }: ResourceChange): boolean {
  return kind === 'destroy' || kind === 'replace';
}

function fitsAny(patterns: readonly string[], { type, address }: ResourceChange): boolean {
  return patterns.some((pattern) => fitsPattern(pattern, type) || fitsPattern(pattern, address));
}

function nameOf({ address, deposed }: ResourceChange): string {
  return deposed === undefined ? address : `${address} (deposed ${deposed})`;
}

function waysToAllow(resources: readonly ResourceChange[]): string {
  const addresses = [...new Set(resources.map(({ address }) => address))];
  const named = addresses.slice(0, namedInHint);
  const rest = addresses.length - named.length;
  const labels = named.map((address) => `${labelStart} ${address}`);
  const fitting = labels.filter((label) => label.length <= longestLabel);
  const more = rest === 0 ? '' : `, and ${rest} more`;
  const input = `run it with the input allow-destroy: ${named.join(', ')}${more}`;
  // A comma splits the input's items, and not every address fits into a label's name.
  if (fitting.length < labels.length) return input;
  const labelText = fitting.map((label) => `"${label}"`).join(', ');
  const word = labels.length + rest === 1 ? 'the label' : 'the labels';
  return `set ${word} ${labelText}${more} on the pull request, or ${input}`;
}
