/** What a command ends with; the same in `infra --help`. */
export const exitCodes = {
  fine: 0,
  problems: 1,
  usage: 2,
  failed: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
