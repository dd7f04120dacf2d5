import type { Problem } from '../../shared/errors.js';
import type { TextFinding } from './secrets.js';
import { placesIn } from './source-text.js';

const rules: readonly TextFinding['rule'][] = ['hard-coded-id', 'plaintext-secret'];
const comment = /(?:#|\/\/)\s*infra:allow\b[ \t]*([\w-]*)[ \t]*([^\n\r]*)/g;

/**
 * The findings of a file as problems, without those that a comment allows: `# infra:allow <rule>
 * <reason>` behind what is found, or on the line above it. A waiver without a rule or a reason, or
 * for nothing, is a problem of its own.
 */
export function withoutWaived(
  file: string,
  text: string,
  findings: readonly TextFinding[],
): readonly Problem[] {
  const place = placesIn(text);
  const problems: Problem[] = [];
  const waivers: { readonly rule: string; readonly line: number; used: boolean }[] = [];
  for (const { 1: rule = '', 2: reason = '', index } of text.matchAll(comment)) {
    const at = { file, ...place(index) };
    if (!rules.some((known) => known === rule) || reason.trim() === '') {
      problems.push({
        code: 'waiver-malformed',
        message: 'this waiver says no rule and reason',
        at,
        hint: `# infra:allow ${rules.join('|')} why it is right here`,
      });
      continue;
    }
    const before = text.slice(text.lastIndexOf('\n', index) + 1, index).trim();
    waivers.push({ rule, line: before === '' ? at.line + 1 : at.line, used: false });
  }
  for (const { rule, message, offset } of findings) {
    const at = { file, ...place(offset) };
    const waiver = waivers.find((one) => one.rule === rule && one.line === at.line);
    if (waiver !== undefined) {
      waiver.used = true;
      continue;
    }
    problems.push({ code: rule, message, at, hint: hints[rule] });
  }
  for (const { rule, line, used } of waivers) {
    if (used) continue;
    problems.push({
      code: 'waiver-unused',
      message: `there is no ${rule} here that this waiver would allow`,
      at: { file, line },
      hint: 'take the comment away',
    });
  }
  return problems;
}

const hints: Readonly<Record<TextFinding['rule'], string>> = {
  'hard-coded-id':
    "read it from the foundation's outputs or a data source, or allow it: " +
    '# infra:allow hard-coded-id <reason>',
  'plaintext-secret':
    'take it from Secrets Manager or SSM (variables: in infra.yml), and change it, since it is ' +
    'known now; what is no secret is allowed: # infra:allow plaintext-secret <reason>',
};
