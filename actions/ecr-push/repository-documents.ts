/** The tag by which a rerun knows a repository that it may finish. */
export const madeHereTag = { Key: 'made-by', Value: 'infra-actions/ecr-push' } as const;

/**
 * A lifecycle policy that keeps the newest images (ECR user guide, "Lifecycle policy properties"):
 * the one of this project's Terraform module `ecr`.
 */
export function lifecyclePolicy(keptImages: number): string {
  return JSON.stringify({
    rules: [
      {
        rulePriority: 1,
        description: `Keep the newest ${keptImages} images`,
        selection: {
          tagStatus: 'any',
          countType: 'imageCountMoreThan',
          countNumber: keptImages,
        },
        action: { type: 'expire' },
      },
    ],
  });
}

/**
 * A repository policy that lets other accounts pull (ECR user guide, "Private repository policy
 * examples"); `partition` is that of the repository's own ARN.
 */
export function pullPolicy(accountIds: readonly string[], partition: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'PullFromOtherAccounts',
        Effect: 'Allow',
        Principal: {
          AWS: accountIds.toSorted().map((id) => `arn:${partition}:iam::${id}:root`),
        },
        Action: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:DescribeImages',
          'ecr:GetDownloadUrlForLayer',
        ],
      },
    ],
  });
}

/** True where a policy speaks of every account. */
export function namesAllAccounts(
  policy: string | undefined,
  accountIds: readonly string[],
): boolean {
  return accountIds.every((id) => policy?.includes(id) === true);
}
