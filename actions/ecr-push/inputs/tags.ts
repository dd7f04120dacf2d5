import { suggestion, type InputReader } from '../../shared/inputs.js';
import { parseTagRule, plainTagRules, type TagRule } from '../tag-rules.js';
import { tagProblems } from '../tags.js';

/** Reads `tags` and `tag-rules`, after the tag of the target file; without all, the commit's own. */
export function readTags(
  reader: InputReader,
  sha: string,
  targetTag: string | undefined,
): { readonly tags: readonly string[]; readonly tagRules: readonly TagRule[] } {
  const given = reader.list('tags');
  const tags = targetTag === undefined || given.includes(targetTag) ? given : [targetTag, ...given];
  const texts = reader.list('tag-rules');
  for (const problem of tagProblems(given)) {
    reader.problem('tags', problem.code, problem.message, problem.hint);
  }
  const tagRules = texts.flatMap((text) => {
    const rule = parseTagRule(text);
    if (rule === undefined) {
      const allowed = [...plainTagRules, 'environment:<name>'];
      reader.problem(
        'tag-rules',
        'input-not-allowed',
        `${JSON.stringify(text)} is none of ${allowed.join(', ')}`,
        suggestion(text, plainTagRules),
      );
    }
    return rule === undefined ? [] : [rule];
  });
  if (tags.length > 0 || texts.length > 0) return { tags, tagRules };
  if (sha === '') {
    reader.problem('tags', 'input-required', 'is required where there is no commit to name');
  }
  return { tags, tagRules: [{ kind: 'sha' }] };
}
