#!/usr/bin/env bash
# Publishes a release that "make release" made and a second machine rebuilt: the tag, the immutable
# release, the major tag, and the pull request that brings the version to the default branch. Each
# step looks whether it is done, so that a run that failed halfway is simply run again.
#
# Needs gh with a token, git with a remote "origin" that it may push to, and:
#   TAG MAJOR_TAG RELEASE_COMMIT VERSION_COMMIT DEFAULT_BRANCH REPOSITORY NOTES_FILE
set -euo pipefail
: "${TAG:?}" "${MAJOR_TAG:?}" "${RELEASE_COMMIT:?}" "${VERSION_COMMIT:?}"
: "${DEFAULT_BRANCH:?}" "${REPOSITORY:?}" "${NOTES_FILE:?}"

say() { echo "publish: $1"; }
fail() {
  echo "::error::$1"
  exit 1
}
remote_ref() { git ls-remote origin "$1" | cut -f1; }

# Nothing is published before this is known: a release made without it stays changeable for ever
# (GitHub's documentation, "Immutable releases").
enabled="$(gh api "repos/$REPOSITORY/immutable-releases" --jq .enabled || echo unknown)"
[ "$enabled" = true ] ||
  fail "release immutability is not known to be on: Settings, General, Releases, and the App needs administration: read"

standing="$(remote_ref "refs/tags/$TAG")"
if [ -z "$standing" ]; then
  git push origin "$RELEASE_COMMIT:refs/tags/$TAG"
elif [ "$standing" != "$RELEASE_COMMIT" ]; then
  fail "$TAG stands already, at $standing: a tag is never made again, release the next version"
else
  say "$TAG stands"
fi

draft="$(gh release view "$TAG" --repo "$REPOSITORY" --json isDraft --jq .isDraft 2>/dev/null || echo none)"
if [ "$draft" = none ]; then
  gh release create "$TAG" --repo "$REPOSITORY" --draft --verify-tag --title "$TAG" --notes-file "$NOTES_FILE"
  draft=true
fi
if [ "$draft" = true ]; then
  gh release edit "$TAG" --repo "$REPOSITORY" --draft=false --verify-tag
else
  say "the release stands"
fi
immutable="$(gh api "repos/$REPOSITORY/releases/tags/$TAG" --jq .immutable)"
[ "$immutable" = true ] || fail "the release of $TAG is not immutable: $MAJOR_TAG is left where it is"

# An old run that is run again must not take the major tag back.
newest="$(git ls-remote --tags --refs origin "refs/tags/$MAJOR_TAG.*" | sed 's,.*refs/tags/,,' | sort -V | tail -n 1)"
if [ "$newest" != "$TAG" ]; then
  say "$newest is newer: $MAJOR_TAG is left where it is"
elif [ "$(remote_ref "refs/tags/$MAJOR_TAG")" != "$RELEASE_COMMIT" ]; then
  git push --force origin "$RELEASE_COMMIT:refs/tags/$MAJOR_TAG"
fi

# The version, the changelog and the used change notes, for the default branch.
git fetch --quiet origin "+refs/heads/$DEFAULT_BRANCH:refs/remotes/origin/$DEFAULT_BRANCH"
branch="release/$TAG"
pulls="$(gh pr list --repo "$REPOSITORY" --head "$branch" --state all --json number --jq length)"
if git merge-base --is-ancestor "$VERSION_COMMIT" "refs/remotes/origin/$DEFAULT_BRANCH" || [ "$pulls" != 0 ]; then
  say "the version's pull request stands"
else
  git push --force origin "$VERSION_COMMIT:refs/heads/$branch"
  gh pr create --repo "$REPOSITORY" --head "$branch" --base "$DEFAULT_BRANCH" --title "Version $TAG" \
    --body "The version and the changelog of $TAG, which is released. Merge it before the next release."
fi
say "$TAG is published"
