import { parseRepository } from '../repository.js';
import { tagProblems } from '../tags.js';

/** What the input `source` names. */
export interface SourceReference {
  /** As the workflow wrote it, for people. */
  readonly text: string;
  /** Of the repository. */
  readonly name: string;
  /** Absent: that of the credentials which read it. */
  readonly accountId?: string;
  /** Absent: the region of the target. */
  readonly region?: string;
  /** One of `tag` and `digest` is there; where both are, the digest says which image it is. */
  readonly tag?: string;
  readonly digest?: string;
}

export type SourceReferenceProblem = 'malformed' | 'without-version';

/** Reads `[<registry>/]<repository>[:<tag>][@sha256:<digest>]`; there is no default tag. */
export function parseSourceReference(
  text: string,
): { readonly reference: SourceReference } | { readonly problem: SourceReferenceProblem } {
  // A tag and a digest hold no slash, and the host of a private registry has no port.
  const match = /^([^:@]+)(?::([^:@/]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text);
  const [, path = '', tag, digest] = match ?? [];
  const repository = parseRepository(path);
  const isTagWrong = tag !== undefined && tagProblems([tag]).some(isAboutLetters);
  if (repository === undefined || isTagWrong) return { problem: 'malformed' };
  if (tag === undefined && digest === undefined) return { problem: 'without-version' };
  return {
    reference: {
      text,
      ...repository,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    },
  };
}

/** A tag that this action reserves is none to put, but one to take from. */
function isAboutLetters({ code }: { readonly code: string }): boolean {
  return code === 'tag-not-allowed';
}
