/** What a release offers to callers. */
export interface Offered {
  /** Names of the actions, such as `ecs-deploy`. */
  readonly actions: readonly string[];
  /** Paths of the reusable workflows, such as `.github/workflows/terraform-plan.yml`. */
  readonly workflows: readonly string[];
}

/** Where the README of a release gets its exact lines. */
export const usesMarker = '<!-- The exact `uses:` lines stand here in a release. -->';

/**
 * One exact `uses:` line for each action and each reusable workflow.
 *
 * `workflowsCommit` is undefined inside the commit that it would name: the tag stands for it there,
 * which an immutable release locks (GitHub's documentation, "Immutable releases").
 */
export function usesLines(
  { actions, workflows }: Offered,
  release: {
    readonly repository: string;
    readonly tag: string;
    readonly actionsCommit: string;
    readonly workflowsCommit?: string;
  },
): readonly string[] {
  const { repository, tag, actionsCommit, workflowsCommit } = release;
  return [
    ...actions.map((name) => `uses: ${repository}/${name}@${actionsCommit} # ${tag}`),
    ...workflows.map((path) =>
      workflowsCommit === undefined
        ? `uses: ${repository}/${path}@${tag}`
        : `uses: ${repository}/${path}@${workflowsCommit} # ${tag}`,
    ),
  ];
}

/** The README of a release: its exact lines take the marker's place. */
export function withUsesLines(readme: string, lines: readonly string[]): string {
  return readme.replace(usesMarker, () => ['```yaml', ...lines, '```'].join('\n'));
}
