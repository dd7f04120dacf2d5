import { UserError } from '../../actions/shared/errors.js';
import { commitBundles, commitReferences, type Workshop } from './commits.js';
import type { Git } from './git.js';
import { observe } from './observe.js';
import { readOrigin } from './origin.js';

export type Verdict =
  | { readonly kind: 'same'; readonly commit: string }
  | {
      readonly kind: 'different';
      readonly tagged: string;
      readonly rebuilt: string;
      /** Those that differ, in either; empty where only messages or dates do. */
      readonly files: readonly string[];
    };

/**
 * Makes the commits of a release again from the source commit that its tag names, and holds the tag
 * against them: a SHA of git covers every byte of every file, and all that came before.
 *
 * @throws UserError `tag-unknown`, `not-a-release`
 */
export async function verifyRelease(git: Git, workshop: Workshop, tag: string): Promise<Verdict> {
  const tagged = await git.ask(['rev-parse', '--verify', `refs/tags/${tag}^{commit}`]);
  if (tagged === undefined) {
    throw new UserError({
      code: 'tag-unknown',
      message: `${JSON.stringify(tag)} is no tag of this repository`,
      at: { input: 'TAG' },
      hint: 'git fetch --tags',
    });
  }
  const origin = await readOrigin(git, tagged);
  const isVersion = /^v\d+\.\d+\.\d+$/.test(tag);
  if (origin === undefined || !isVersion) {
    throw new UserError({
      code: 'not-a-release',
      message: isVersion
        ? `the commit of ${tag} does not name the source that it was made from`
        : `${tag} is not the tag of a version, such as v1.2.3`,
      at: { input: 'TAG' },
    });
  }
  const observed = await observe(git, {
    commit: origin.sourceCommit,
    repository: origin.repository,
  });
  const source = { ...observed, version: tag.slice(1), tag, origin };
  const bundles = await commitBundles(git, workshop, source);
  const rebuilt = await commitReferences(git, source, bundles);
  if (rebuilt === tagged) return { kind: 'same', commit: tagged };
  return { kind: 'different', tagged, rebuilt, files: await differences(git, tagged, rebuilt) };
}

/** Of the bundles first: where those differ, their commit does, and so every file that names it. */
async function differences(git: Git, tagged: string, rebuilt: string): Promise<readonly string[]> {
  const between = async (one: string, other: string): Promise<readonly string[]> => {
    const listed = await git.ask(['diff', '--name-only', '--no-renames', '-z', one, other]);
    return (listed ?? '').split('\0').filter((file) => file !== '');
  };
  const inBundles = await between(`${tagged}~1`, `${rebuilt}~1`);
  return inBundles.length > 0 ? inBundles : between(tagged, rebuilt);
}
