import type { Problem } from '../../actions/shared/errors.js';

/** What the sources call this repository, whoever owns it (docs/adr/0002). */
export const placeholder = 'org/infra-actions';

/** What takes the place of the references to this repository's own actions and workflows. */
export interface ReferenceTarget {
  /** `owner/name` on GitHub. */
  readonly repository: string;
  /** Such as `v1.2.3`. */
  readonly tag: string;
  /** Full SHA of the commit that holds the bundles. */
  readonly bundlesCommit: string;
}

export interface ReferenceChange {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

export interface Rewritten {
  readonly text: string;
  readonly changes: readonly ReferenceChange[];
  readonly problems: readonly Problem[];
}

const rewrittenFiles = [
  /^(README|SECURITY)\.md$/,
  /^\.github\/.+\.ya?ml$/,
  /^actions\/[^/]+\/README\.md$/,
  /^docs\/(?!adr\/).+\.md$/,
  /^examples\/.+\.(md|ya?ml)$/,
  /^terraform\/.+\.md$/,
];

/**
 * Whether a release rewrites the references in a file: what consumers read, copy or call. Code is
 * not rewritten, since the bundles are made from it; nor is what tells of the placeholder itself.
 */
export function isRewritten(file: string): boolean {
  return rewrittenFiles.some((pattern) => pattern.test(file));
}

/** The forms in which the sources refer to it: `uses:`, a module's source, a raw file, its name. */
const reference =
  /(?<![\w.-])org\/infra-actions(?:(?<used>(?:\/[\w./-]+)?)@v\d+(?![\w.])|(?<module>\.git(?:\/\/[\w./-]*)?\?ref=)v\d+(?![\w.])|\/v\d+(?=\/)|(?![\w-]))/g;
const anyUse = /\buses:\s*org\/infra-actions(?<path>[\w./-]*)@(?<ref>[\w./-]+)/;

/**
 * A file with its references to this repository made exact. A step's `uses:` in a workflow of this
 * repository gets the commit that holds the bundles, so that consumers who require full SHAs can
 * call it; all else gets the release's tag, which an immutable release locks.
 *
 * Problems: `reference-not-pinnable` (a ref other than the placeholder's `@v1`, or a reusable
 * workflow that calls another one, whose commit would have to hold its own SHA).
 */
export function rewriteReferences(file: string, text: string, target: ReferenceTarget): Rewritten {
  const isWorkflow = /^\.github\/workflows\//.test(file);
  const changes: ReferenceChange[] = [];
  const problems: Problem[] = [];
  const lines = text.split('\n').map((before, index) => {
    const line = index + 1;
    const use = isWorkflow ? anyUse.exec(before)?.groups : undefined;
    if (use !== undefined) problems.push(...problemsOf(use, { file, line }));
    const after = before.replaceAll(reference, (...match: unknown[]) =>
      replacement(match.at(-1) as Record<string, string | undefined>, {
        target,
        original: String(match[0]),
        pinned: use !== undefined,
      }),
    );
    if (after !== before) changes.push({ file, line, before: before.trim(), after: after.trim() });
    return after;
  });
  return { text: lines.join('\n'), changes, problems };
}

function replacement(
  groups: Readonly<Record<string, string | undefined>>,
  {
    target,
    original,
    pinned,
  }: { readonly target: ReferenceTarget; readonly original: string; readonly pinned: boolean },
): string {
  const { repository, tag, bundlesCommit } = target;
  if (groups['used'] !== undefined) {
    const used = `${repository}${groups['used']}`;
    return pinned ? `${used}@${bundlesCommit} # ${tag}` : `${used}@${tag}`;
  }
  if (groups['module'] !== undefined) return `${repository}${groups['module']}${tag}`;
  return original === placeholder ? repository : `${repository}/${tag}`;
}

function problemsOf(
  use: Readonly<Record<string, string | undefined>>,
  at: { readonly file: string; readonly line: number },
): readonly Problem[] {
  const { path = '', ref = '' } = use;
  const found = `${placeholder}${path}@${ref}`;
  if (path.startsWith('/.github/workflows/')) {
    return [
      {
        code: 'reference-not-pinnable',
        message: `${found}: a reusable workflow of this repository calls another one`,
        at,
        hint: 'its commit would have to hold its own SHA: call the action instead',
      },
    ];
  }
  if (/^v\d+$/.test(ref)) return [];
  return [
    {
      code: 'reference-not-pinnable',
      message: `${found} is not in the form that a release rewrites`,
      at,
      hint: `write ${placeholder}${path}@v1`,
    },
  ];
}
